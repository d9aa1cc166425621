/* Delegations: an organisation asks another one to take an event over, so that
 * it is published in that one's name. While the request waits, the other
 * organisation sees the event.
 *
 * A request is a document on a shelf: event_id, org_id (who is asked),
 * requester_org_id, message, distribution (-1: as the other likes),
 * sharing_group_id. Who may ask, accept or discard is the caller's to decide.
 * Any thread. */
#ifndef KZ_WORK_DELEGATIONS_H
#define KZ_WORK_DELEGATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/store.h"
#include "work/shelf.h"

struct kz_delegations;

struct kz_delegation {
  uint64_t id;
  uint64_t event;
  uint32_t org;       /* who is asked */
  uint32_t requester; /* who asks */
  int distribution;   /* -1: not said */
  uint64_t group;
  kz_str message;
};

KZ_MUST_USE kz_rc kz_delegations_open(struct kz_store *store,
                                      struct kz_delegations **ret,
                                      struct kz_err *err);
void kz_delegations_close(struct kz_delegations *delegations);

/* The request of an id, its texts in `arena`; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_delegations_get(struct kz_delegations *delegations,
                                     uint64_t id, struct kz_arena *arena,
                                     struct kz_delegation *ret,
                                     struct kz_err *err);

/* All requests in order of ids; or with `event` (not 0) of that event. */
KZ_MUST_USE kz_rc kz_delegations_list(struct kz_delegations *delegations,
                                      uint64_t event, struct kz_arena *arena,
                                      struct kz_delegation **ret,
                                      size_t *ret_count, struct kz_err *err);

/* The events that an organisation is asked to take: ids, ascending. */
KZ_MUST_USE kz_rc kz_delegations_of(struct kz_delegations *delegations,
                                    uint32_t org, struct kz_arena *arena,
                                    const uint64_t **ret_events,
                                    size_t *ret_count);

/* Keeps a request and gives it an id. KZ_E_CONFLICT when the event has one. */
KZ_MUST_USE kz_rc kz_delegations_ask(struct kz_delegations *delegations,
                                     struct kz_delegation *delegation,
                                     struct kz_arena *arena,
                                     struct kz_err *err);

/* Gives the event to `org` in one commit with the end of the request. The user
 * who accepts is its creator from then on. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_delegations_accept(struct kz_delegations *delegations,
                                        const struct kz_delegation *delegation,
                                        const struct kz_org *org, kz_str email,
                                        struct kz_err *err);
KZ_MUST_USE kz_rc kz_delegations_discard(struct kz_delegations *delegations,
                                         uint64_t id, struct kz_err *err);

#endif
