/* Pulling: events of another server that are new or newer there.
 *
 * The list of what there is costs one conditional request; the events are
 * fetched several at a time, gathered in a spool and imported in bulk. */
#ifndef KZ_WORK_SYNC_PULL_H
#define KZ_WORK_SYNC_PULL_H

#include "base/err.h"
#include "base/rc.h"
#include "work/errands.h"
#include "work/house.h"

#define KZ_SYNC_PULL "sync-pull"

/* An errand; `ctx` is the house, the subject a server, the detail "full" or "",
 * "update" (only events that we have) or the uuid or number there of one
 * event. */
KZ_MUST_USE kz_rc kz_sync_pull(void *ctx, struct kz_errand *errand,
                               struct kz_err *err);

/* Asks for pulling from the servers that are pulled from and due: a server's
 * own interval after the last pull, stretched by up to a tenth. */
KZ_MUST_USE kz_rc kz_sync_order_due(struct kz_house *house, int64_t now_us,
                                    struct kz_err *err);

#endif
