/* The one door to RocksDB: ordered keys and values with atomic, durable
 * commits, read snapshots and sorted bulk ingest.
 *
 * All families live in one column family and are told apart by the first key
 * byte (store/keys.h), because the C API makes an ingest atomic only within
 * one column family. Reads may come from any thread; a transaction and a bulk
 * load belong to the writer thread. */
#ifndef KZ_STORE_KV_H
#define KZ_STORE_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_kv;
struct kz_kv_snapshot;
struct kz_kv_iter;
struct kz_kv_txn;
struct kz_kv_bulk;

/* Opens (or makes, when `create`) the database in folder `path`. KZ_E_BUSY
 * when another process owns it, KZ_NOT_FOUND when there is none. */
KZ_MUST_USE kz_rc kz_kv_open(const char *path, bool create,
                             struct kz_kv **ret_kv, struct kz_err *err);
/* Closes; all snapshots, iterators, transactions must be gone. NULL is fine. */
void kz_kv_close(struct kz_kv *kv);

/* Reads one value into `out` (cleared first). `snapshot` NULL: the newest.
 * KZ_NOT_FOUND when there is no such key. */
KZ_MUST_USE kz_rc kz_kv_get(struct kz_kv *kv,
                            const struct kz_kv_snapshot *snapshot, kz_str key,
                            struct kz_buf *out, struct kz_err *err);

struct kz_kv_snapshot *kz_kv_snapshot_new(struct kz_kv *kv);
void kz_kv_snapshot_free(struct kz_kv *kv, struct kz_kv_snapshot *snapshot);

/* Walks the keys that begin with `prefix` in ascending order. The iterator
 * sees one moment. `bulk`: a long scan that should not fill the cache. */
struct kz_kv_iter *kz_kv_iter_new(struct kz_kv *kv,
                                  const struct kz_kv_snapshot *snapshot,
                                  kz_str prefix, bool bulk);
/* The same, over what a transaction has written so far on top of the
 * database. */
struct kz_kv_iter *kz_kv_txn_iter_new(struct kz_kv_txn *txn, kz_str prefix);
void kz_kv_iter_free(struct kz_kv_iter *iter);
/* From now on for the keys with this prefix, which begins with the one it was
 * made with; seek before the next look. A walk through many prefixes costs much
 * less with one iterator than with one each. */
void kz_kv_iter_turn(struct kz_kv_iter *iter, kz_str prefix);
/* To the first key >= `key`, or to the last key <= `key` of the prefix. */
void kz_kv_iter_seek(struct kz_kv_iter *iter, kz_str key);
void kz_kv_iter_seek_back(struct kz_kv_iter *iter, kz_str key);
/* The entry the iterator stands on, borrowed until it moves; false at the end
 * of the prefix or after a failure (then kz_kv_iter_check tells). */
bool kz_kv_iter_at(const struct kz_kv_iter *iter, kz_str *ret_key,
                   kz_str *ret_value);
void kz_kv_iter_next(struct kz_kv_iter *iter);
KZ_MUST_USE kz_rc kz_kv_iter_check(const struct kz_kv_iter *iter,
                                   struct kz_err *err);

/* A set of changes that becomes visible and durable at once. It reads its own
 * writes. */
struct kz_kv_txn *kz_kv_txn_new(struct kz_kv *kv);
void kz_kv_txn_free(struct kz_kv_txn *txn);
void kz_kv_txn_put(struct kz_kv_txn *txn, kz_str key, kz_str value);
void kz_kv_txn_delete(struct kz_kv_txn *txn, kz_str key);
KZ_MUST_USE kz_rc kz_kv_txn_get(struct kz_kv_txn *txn, kz_str key,
                                struct kz_buf *out, struct kz_err *err);
/* Marks a place; rolling back forgets all that came after the last mark. */
void kz_kv_txn_mark(struct kz_kv_txn *txn);
void kz_kv_txn_rollback(struct kz_kv_txn *txn);
/* Writes and syncs the log. The transaction is empty afterwards. KZ_E_FULL
 * when the disk has no room: nothing is applied. */
KZ_MUST_USE kz_rc kz_kv_txn_commit(struct kz_kv_txn *txn, struct kz_err *err);

/* Bulk load: sorted keys go into files beside the database that are taken in
 * by one atomic call. Keys that are new are also seen by snapshots from before
 * it: who reads one knows which numbers existed then. (Otherwise RocksDB would
 * have to number each key and rewrite each file later to clear the numbers,
 * which cost a fifth of an import.) */
struct kz_kv_bulk *kz_kv_bulk_new(struct kz_kv *kv);
/* Removes files that were not taken in. */
void kz_kv_bulk_free(struct kz_kv_bulk *bulk);
/* Keys must ascend strictly inside one family (first byte); a new family
 * begins a new file and must not come back. */
KZ_MUST_USE kz_rc kz_kv_bulk_put(struct kz_kv_bulk *bulk, kz_str key,
                                 kz_str value, struct kz_err *err);
KZ_MUST_USE kz_rc kz_kv_bulk_commit(struct kz_kv_bulk *bulk,
                                    struct kz_err *err);

/* Deletes all keys in [from, to). Not part of any transaction, not synced:
 * only for what may come back after a crash (the change log). */
KZ_MUST_USE kz_rc kz_kv_delete_range(struct kz_kv *kv, kz_str from, kz_str to,
                                     struct kz_err *err);

/* A consistent copy (hard links where the file system has them) into the new
 * folder `path`, while others write. */
KZ_MUST_USE kz_rc kz_kv_checkpoint(struct kz_kv *kv, const char *path,
                                   struct kz_err *err);

/* Reads everything with checksums. `ret_keys` counts the keys read. */
KZ_MUST_USE kz_rc kz_kv_verify(struct kz_kv *kv, uint64_t *ret_keys,
                               struct kz_err *err);

/* Writes memory to files, so that the log is short. */
KZ_MUST_USE kz_rc kz_kv_flush(struct kz_kv *kv, struct kz_err *err);

/* Bytes of live table files on disk. */
uint64_t kz_kv_disk_bytes(struct kz_kv *kv);

#endif
