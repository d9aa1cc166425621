/* Pushing: events that another server has not, or older.
 *
 * It is asked which of them it wants, once for all; those are written and sent
 * several at a time. What it has from elsewhere and newer it does not want,
 * which ends loops between servers. */
#ifndef KZ_WORK_SYNC_PUSH_H
#define KZ_WORK_SYNC_PUSH_H

#include "base/err.h"
#include "base/rc.h"
#include "work/errands.h"
#include "work/house.h"

#define KZ_SYNC_PUSH "sync-push"

/* An errand: the subject is a server, the detail the number of an event here
 * or "" for all that may leave. */
KZ_MUST_USE kz_rc kz_sync_push(void *ctx, struct kz_errand *errand,
                               struct kz_err *err);
/* Asks for pushing an event that was published; nothing without servers that
 * are pushed to. */
KZ_MUST_USE kz_rc kz_sync_order_publish(struct kz_house *house, uint64_t event,
                                        uint64_t user, struct kz_err *err);
/* Asks for pushing everything to all servers that are pushed to but `except`.
 */
KZ_MUST_USE kz_rc kz_sync_order_push(struct kz_house *house, uint64_t except,
                                     struct kz_err *err);

#endif
