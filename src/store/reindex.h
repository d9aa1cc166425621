/* From records back to the index: what the index must know of an event, read
 * from the store. Used to catch up after a crash, to rebuild, and to verify.
 */
#ifndef KZ_STORE_REINDEX_H
#define KZ_STORE_REINDEX_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/delta.h"
#include "store/dict.h"
#include "store/kv.h"

/* Adds all rows, uuids and the entry of event `id` to `delta` as they are in
 * `snapshot` (NULL: newest). KZ_NOT_FOUND when there is no such event (nothing
 * is added). */
KZ_MUST_USE kz_rc kz_reindex_event(struct kz_kv *kv,
                                   const struct kz_kv_snapshot *snapshot,
                                   struct kz_dict *dict, uint64_t id,
                                   struct kz_delta *delta, struct kz_err *err);

/* Runs of event ids that commits after `generation` touched, sorted and
 * joined. malloc'ed, the caller frees. `*ret_last` is the newest generation
 * of the store; KZ_NOT_FOUND when the change log does not reach back so far.
 */
struct kz_run {
  uint64_t first;
  uint64_t count;
};
KZ_MUST_USE kz_rc kz_reindex_changes(struct kz_kv *kv, uint64_t generation,
                                     struct kz_run **ret_runs,
                                     size_t *ret_count, uint64_t *ret_last,
                                     struct kz_err *err);

/* The value of a change record: runs of ascending event ids. `ids` is sorted
 * in place. */
KZ_MUST_USE kz_rc kz_reindex_put_change(struct kz_buf *out, uint64_t *ids,
                                        size_t count);

#endif
