/* The derived index: it owns the current view and renews it.
 *
 * It lives in a folder of segment files and a manifest. Nothing in it is the
 * only copy of anything: opening replays the change log from the manifest's
 * generation, and a missing or damaged folder is rebuilt from the records.
 * kz_index_apply is called by the writer thread only; kz_index_view by any
 * thread; merging and saving happen on a thread of the index's own. */
#ifndef KZ_STORE_INDEX_H
#define KZ_STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/delta.h"
#include "store/dict.h"
#include "store/kv.h"
#include "store/view.h"

struct kz_index;

/* Opens the index of `kv` in folder `path` (made when missing) and brings it
 * to the store's generation. `progress` lines go nowhere: the caller reports.
 */
KZ_MUST_USE kz_rc kz_index_open(const char *path, struct kz_kv *kv,
                                struct kz_dict *dict,
                                struct kz_index **ret_index,
                                struct kz_err *err);
/* Saves what is in memory when `save`, stops the thread and frees. */
void kz_index_close(struct kz_index *index, bool save);

/* The current view; the caller owns a reference. */
struct kz_view *kz_index_view(struct kz_index *index);

/* Makes a new view with the change. After a failure (out of memory, disk
 * full) the index keeps the old view and is behind; kz_index_catch_up mends
 * it. */
KZ_MUST_USE kz_rc kz_index_apply(struct kz_index *index,
                                 const struct kz_delta *delta,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_index_catch_up(struct kz_index *index, struct kz_err *err);

/* Merges until at most a few segments are left and saves; returns when done.
 * For the end of an import and for tests. */
KZ_MUST_USE kz_rc kz_index_settle(struct kz_index *index, struct kz_err *err);

/* Writes memory segments to files and the manifest, then trims the change
 * log. */
KZ_MUST_USE kz_rc kz_index_save(struct kz_index *index, struct kz_err *err);

#endif
