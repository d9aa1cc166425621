/* Hooks: what changes is told to others, by a thread of its own. ZeroMQ gets
 * it in MISP's topics; webhooks and mail (work/courier.h) as they are set.
 *
 * Telling never waits and never fails: what comes faster than it can be made
 * into messages is dropped and counted, as ZeroMQ's subscribers expect. What a
 * webhook or mail is due is kept in the store until it is delivered. */
#ifndef KZ_WORK_HOOKS_H
#define KZ_WORK_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "work/house.h"
#include "work/notice.h"

struct kz_courier;
struct kz_hooks;

/* Begins the thread; close them before the house. The publisher listens on a
 * socket beside the store (STORE/zmq) that only the owner may open, and on
 * Plugin.ZeroMQ_host and _port when Plugin.ZeroMQ_enable is on; changes of
 * these settings act within a second. */
KZ_MUST_USE kz_rc kz_hooks_start(struct kz_house *house,
                                 struct kz_hooks **ret_hooks,
                                 struct kz_err *err);
void kz_hooks_close(struct kz_hooks *hooks); /* NULL is fine */

/* Any thread; NULL is fine, there nobody listens. */
void kz_hooks_tell(struct kz_hooks *hooks, const struct kz_notice *notice);

/* Tells of an event as if it were published now. KZ_E_BUSY with words when the
 * queue is full or nobody could hear it: the publisher does not listen. */
KZ_MUST_USE kz_rc kz_hooks_push(struct kz_hooks *hooks, uint64_t event,
                                struct kz_err *err);

/* The courier of webhooks and mail. */
struct kz_courier *kz_hooks_courier(struct kz_hooks *hooks);

struct kz_hooks_status {
  bool is_running;
  bool is_on_tcp; /* ZeroMQ listens there */
  uint64_t told;
  uint64_t dropped;
  uint64_t published; /* messages */
  int64_t started_us;
};
void kz_hooks_status(struct kz_hooks *hooks, struct kz_hooks_status *ret);

#endif
