/* The store: everything below one folder, opened and closed together.
 *
 *   DIR/kizashi.store   a line that says what this folder is
 *   DIR/lock            held while a process owns the store
 *   DIR/records/        RocksDB
 *   DIR/index/          segments and manifest, derived
 *
 * One process owns a store at a time. All functions but open and close may be
 * called from any thread. */
#ifndef KZ_STORE_STORE_H
#define KZ_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "store/dict.h"
#include "store/prepare.h"
#include "store/read.h"
#include "store/txn.h"
#include "store/view.h"
#include "store/writer.h"

struct kz_store;

/* Opens the store in folder `path`, made when it is missing and `create`.
 * KZ_NOT_FOUND, KZ_E_BUSY (another process owns it: the words name it),
 * KZ_E_UNSUPPORTED (a newer format). The index is caught up when this returns.
 */
KZ_MUST_USE kz_rc kz_store_open(const char *path, bool create,
                                struct kz_store **ret_store,
                                struct kz_err *err);
/* Finishes changes, saves the index and closes. NULL is fine. */
void kz_store_close(struct kz_store *store);

const char *kz_store_path(const struct kz_store *store);
struct kz_dict *kz_store_dict(const struct kz_store *store);

/* The current view; give it back with kz_view_unref. */
struct kz_view *kz_store_view(struct kz_store *store);

/* Reads as of a view into `arena`. */
struct kz_reading kz_store_reading(const struct kz_store *store,
                                   const struct kz_view *view,
                                   struct kz_arena *arena);

/* Changes: see store/writer.h. Events that a batch brought and that are marked
 * `refused` afterwards may be known: the caller reads them anew from their
 * source and gives each to kz_edit_import_event (store/edit.h). */
KZ_MUST_USE kz_rc kz_store_run(struct kz_store *store, kz_writer_job *job,
                               void *ctx, struct kz_err *err);
KZ_MUST_USE kz_rc kz_store_take(struct kz_store *store,
                                struct kz_prepared *batch, struct kz_err *err);

/* A small document (kz_txn_put_note); KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_store_note(struct kz_store *store, char kind, uint64_t id,
                                struct kz_buf *out, struct kz_err *err);
/* All documents of a kind in order of ids. */
typedef kz_rc kz_store_note_visit(void *ctx, uint64_t id, kz_str bytes,
                                  struct kz_err *err);
KZ_MUST_USE kz_rc kz_store_notes(struct kz_store *store, char kind,
                                 kz_store_note_visit *visit, void *ctx,
                                 struct kz_err *err);

/* Merges and saves the index now; returns when settled. */
KZ_MUST_USE kz_rc kz_store_settle(struct kz_store *store, struct kz_err *err);

/* A consistent copy into the new folder `path` while others write; the copy
 * is a store of its own. */
KZ_MUST_USE kz_rc kz_store_backup(struct kz_store *store, const char *path,
                                  struct kz_err *err);

/* Throws the derived index away and builds it anew from the records. The store
 * in `path` must be closed. */
KZ_MUST_USE kz_rc kz_store_repair(const char *path, struct kz_err *err);

/* What is in it. */
struct kz_store_stats {
  uint64_t generation;
  uint64_t events;
  uint64_t attributes; /* deleted ones included */
  uint64_t values;     /* distinct, summed over segments */
  uint64_t tags;
  uint64_t organisations;
  uint64_t segments;
  uint64_t record_bytes; /* on disk */
  uint64_t index_bytes;
  uint64_t commits; /* since the start */
  uint64_t waiting; /* changes in the queue */
};
void kz_store_stats(struct kz_store *store, struct kz_store_stats *ret_stats);

#endif
