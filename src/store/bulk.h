/* The bulk path: a batch of prepared new events becomes sorted files that the
 * store takes in by one atomic call. */
#ifndef KZ_STORE_BULK_H
#define KZ_STORE_BULK_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/actor.h"
#include "store/dict.h"
#include "store/kv.h"
#include "store/meta.h"
#include "store/prepare.h"
#include "store/view.h"

/* Marks as refused each event of the batch of which a uuid (its own or a
 * child's) may be known already, in the view or earlier in the batch. Those
 * must go through kz_edit_import_event. */
KZ_MUST_USE kz_rc kz_bulk_sift(struct kz_prepared *batch,
                               const struct kz_view *view, struct kz_err *err);

/* Gives the events that are not refused their ids, writes and takes them in.
 * On success `*meta` is the new state, and batch->delta, with final ids and
 * without refused events, is what the index must apply. On failure nothing has
 * changed but ids in the batch. */
KZ_MUST_USE kz_rc kz_bulk_commit(struct kz_kv *kv, struct kz_dict *dict,
                                 struct kz_prepared *batch,
                                 const struct kz_actor *actor,
                                 struct kz_meta *meta, struct kz_err *err);

#endif
