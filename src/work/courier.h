/* The courier delivers what hooks are due (work/hook.h): each delivery is a
 * document in the store, so a restart loses none. One that fails is tried
 * again after 10 s, then twice as long each time up to an hour, ten times in
 * all; then it stays, with what was wrong, until 1,000 newer ones failed.
 * A thread of its own: a slow receiver holds up nobody else. */
#ifndef KZ_WORK_COURIER_H
#define KZ_WORK_COURIER_H

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "work/house.h"
#include "work/shelf.h"

struct kz_courier;

KZ_MUST_USE kz_rc kz_courier_start(struct kz_house *house,
                                   struct kz_courier **ret_courier,
                                   struct kz_err *err);
void kz_courier_close(struct kz_courier *courier); /* NULL is fine */

/* The hooks, and the deliveries that wait or failed. */
struct kz_shelf *kz_courier_hooks(struct kz_courier *courier);
struct kz_shelf *kz_courier_deliveries(struct kz_courier *courier);

/* Makes a delivery for each hook that wants the notice. `message` is its JSON.
 */
KZ_MUST_USE kz_rc kz_courier_send(struct kz_courier *courier, kz_str notice,
                                  kz_str message, struct kz_err *err);
/* What a watch found. */
struct kz_courier_news {
  kz_str notice;  /* "watch.hits" */
  kz_str message; /* JSON, for hooks */
  kz_str url;
  uint64_t org;   /* whose it is; a hook with a member org_id takes no other */
  kz_str mail_to; /* "": no mail but that of hooks */
  kz_str subject; /* of that mail, and its text */
  kz_str text;
};
/* The deliveries of news as changes that the caller makes, in one commit with
 * others of his; then he rings. Beyond `room` there are none. */
KZ_MUST_USE kz_rc kz_courier_draw(struct kz_courier *courier,
                                  const struct kz_courier_news *news,
                                  struct kz_arena *arena,
                                  struct kz_shelf_change *changes, size_t room,
                                  size_t *count, struct kz_err *err);
void kz_courier_ring(struct kz_courier *courier);

/* One for this hook, whatever it wants: a test. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_courier_test(struct kz_courier *courier, uint64_t hook,
                                  struct kz_err *err);

#endif
