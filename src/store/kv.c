/* RocksDB 7.8 through its C API. Tuning follows docs/decisions/0001: small
 * memory until there is data, LZ4 on the way down, zstd at the bottom, bloom
 * filters of 10 bits, synced group commits. Bulk files are made with zstd at
 * once, because keys grow with their ids and an ingested file falls straight to
 * the bottom level: it is never compacted again. */
#include "store/kv.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rocksdb/c.h>

#include "base/crash.h"

enum {
  BLOCK_CACHE_BYTES = 96 << 20,
  MEMTABLE_BYTES = 16 << 20,
  BLOCK_BYTES = 16 << 10,
  ZSTD_LEVEL = 1, /* records of 2 M attributes: 3 saves 1.6 % more */
  BULK_FILES_MAX = 16,
  PATH_BYTES = 4096,
};

struct kz_kv {
  rocksdb_t *db;
  rocksdb_options_t *options;
  rocksdb_options_t *bulk_options;
  rocksdb_block_based_table_options_t *table;
  rocksdb_cache_t *cache;
  rocksdb_readoptions_t *read;
  rocksdb_writeoptions_t *synced;
  rocksdb_writeoptions_t *unsynced;
  char path[PATH_BYTES];
  uint64_t bulk_serial;
};

struct kz_kv_iter {
  rocksdb_iterator_t *it;
  rocksdb_readoptions_t *read;
  size_t prefix_len;
  char prefix[32];
  char upper[32];
};

struct kz_kv_txn {
  struct kz_kv *kv;
  rocksdb_writebatch_wi_t *batch;
};

struct kz_kv_bulk {
  struct kz_kv *kv;
  rocksdb_sstfilewriter_t *writer;
  rocksdb_envoptions_t *env;
  char family;
  size_t file_count;
  char *files[BULK_FILES_MAX];
};

static kz_rc explain(char *text, const char *doing, struct kz_err *err) {
  kz_rc rc = KZ_E_IO;
  if (strstr(text, "No space left") || strstr(text, "NoSpace") ||
      strstr(text, "disk quota")) {
    rc = KZ_E_FULL;
  } else if (strstr(text, "lock ") || strstr(text, "LOCK")) {
    rc = KZ_E_BUSY;
  } else if (strncmp(text, "Corruption", 10) == 0) {
    rc = KZ_E_CORRUPT;
  } else if (strstr(text, "does not exist (create_if_missing is false)")) {
    rc = KZ_NOT_FOUND;
  }
  kz_err_set(err, rc, "%s: %s", doing, text);
  rocksdb_free(text);
  return rc;
}

static rocksdb_options_t *make_options(struct kz_kv *kv, bool bulk) {
  rocksdb_options_t *o = rocksdb_options_create();
  rocksdb_options_set_block_based_table_factory(o, kv->table);
  rocksdb_options_set_compression(o, bulk ? rocksdb_zstd_compression
                                          : rocksdb_lz4_compression);
  if (bulk) {
    rocksdb_options_set_compression_options(o, -14, ZSTD_LEVEL, 0, 0);
    return o;
  }
  rocksdb_options_set_bottommost_compression(o, rocksdb_zstd_compression);
  rocksdb_options_set_bottommost_compression_options(o, -14, ZSTD_LEVEL, 0, 0,
                                                     1);
  rocksdb_options_set_write_buffer_size(o, MEMTABLE_BYTES);
  rocksdb_options_set_max_background_jobs(o, 2);
  rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
  rocksdb_options_set_max_open_files(o, 512);
  rocksdb_options_set_keep_log_file_num(o, 2);
  rocksdb_options_set_max_log_file_size(o, 1 << 20);
  rocksdb_options_set_info_log_level(o, 2 /* warnings */);
  rocksdb_options_set_recycle_log_file_num(o, 0);
  rocksdb_options_set_wal_recovery_mode(
      o, rocksdb_tolerate_corrupted_tail_records_recovery);
  return o;
}

static void make_tables(struct kz_kv *kv) {
  kv->table = rocksdb_block_based_options_create();
  kv->cache = rocksdb_cache_create_lru(BLOCK_CACHE_BYTES);
  rocksdb_block_based_options_set_block_cache(kv->table, kv->cache);
  rocksdb_block_based_options_set_block_size(kv->table, BLOCK_BYTES);
  rocksdb_block_based_options_set_format_version(kv->table, 5);
  rocksdb_block_based_options_set_filter_policy(
      kv->table, rocksdb_filterpolicy_create_bloom_full(10));
}

kz_rc kz_kv_open(const char *path, bool create, struct kz_kv **ret_kv,
                 struct kz_err *err) {
  struct kz_kv *kv = calloc(1, sizeof *kv);
  if (!kv || strlen(path) >= sizeof kv->path) {
    free(kv);
    return kz_err_set(err, KZ_E_LIMIT, "store path is too long: %s", path);
  }
  memcpy(kv->path, path, strlen(path) + 1);
  make_tables(kv);
  kv->options = make_options(kv, false);
  kv->bulk_options = make_options(kv, true);
  rocksdb_options_set_create_if_missing(kv->options, create);
  kv->read = rocksdb_readoptions_create();
  kv->synced = rocksdb_writeoptions_create();
  rocksdb_writeoptions_set_sync(kv->synced, 1);
  kv->unsynced = rocksdb_writeoptions_create();
  char *text = NULL;
  kv->db = rocksdb_open(kv->options, path, &text);
  if (text) {
    kz_rc rc = explain(text, "open store", err);
    kz_kv_close(kv);
    return rc;
  }
  *ret_kv = kv;
  return KZ_OK;
}

void kz_kv_close(struct kz_kv *kv) {
  if (!kv) {
    return;
  }
  if (kv->db) {
    rocksdb_close(kv->db);
  }
  rocksdb_writeoptions_destroy(kv->unsynced);
  rocksdb_writeoptions_destroy(kv->synced);
  rocksdb_readoptions_destroy(kv->read);
  rocksdb_options_destroy(kv->bulk_options);
  rocksdb_options_destroy(kv->options);
  rocksdb_block_based_options_destroy(kv->table);
  rocksdb_cache_destroy(kv->cache);
  free(kv);
}

static kz_rc take_value(char *value, size_t len, char *text, struct kz_buf *out,
                        struct kz_err *err) {
  if (text) {
    return explain(text, "read store", err);
  }
  kz_buf_clear(out);
  if (!value) {
    return KZ_NOT_FOUND;
  }
  bool good = kz_buf_add(out, value, len);
  rocksdb_free(value);
  return good ? KZ_OK
              : kz_err_set(err, KZ_E_MEMORY,
                           "a stored value of %zu bytes does not fit", len);
}

kz_rc kz_kv_get(struct kz_kv *kv, const struct kz_kv_snapshot *snapshot,
                kz_str key, struct kz_buf *out, struct kz_err *err) {
  rocksdb_readoptions_t *read = kv->read;
  if (snapshot) {
    read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(read,
                                     (const rocksdb_snapshot_t *)snapshot);
  }
  char *text = NULL;
  size_t len = 0;
  char *value = rocksdb_get(kv->db, read, key.ptr, key.len, &len, &text);
  if (snapshot) {
    rocksdb_readoptions_destroy(read);
  }
  return take_value(value, len, text, out, err);
}

struct kz_kv_snapshot *kz_kv_snapshot_new(struct kz_kv *kv) {
  return (struct kz_kv_snapshot *)(uintptr_t)rocksdb_create_snapshot(kv->db);
}

void kz_kv_snapshot_free(struct kz_kv *kv, struct kz_kv_snapshot *snapshot) {
  if (snapshot) {
    rocksdb_release_snapshot(kv->db, (const rocksdb_snapshot_t *)snapshot);
  }
}

/* The smallest key after all that begin with the prefix; its length, 0 when
 * there is none. */
static size_t upper_bound(const char *prefix, size_t len, char *out) {
  memcpy(out, prefix, len);
  while (len > 0 && (unsigned char)out[len - 1] == 0xff) {
    len--;
  }
  if (len > 0) {
    out[len - 1] = (char)((unsigned char)out[len - 1] + 1);
  }
  return len;
}

static struct kz_kv_iter *make_iter(const struct kz_kv_snapshot *snapshot,
                                    kz_str prefix, bool bulk) {
  struct kz_kv_iter *iter = calloc(1, sizeof *iter);
  assert(prefix.len <= sizeof iter->prefix);
  if (!iter) {
    return NULL;
  }
  memcpy(iter->prefix, prefix.ptr, prefix.len);
  iter->prefix_len = prefix.len;
  iter->read = rocksdb_readoptions_create();
  if (snapshot) {
    rocksdb_readoptions_set_snapshot(iter->read,
                                     (const rocksdb_snapshot_t *)snapshot);
  }
  size_t upper = upper_bound(prefix.ptr, prefix.len, iter->upper);
  if (upper > 0) {
    rocksdb_readoptions_set_iterate_upper_bound(iter->read, iter->upper, upper);
  }
  if (bulk) {
    rocksdb_readoptions_set_fill_cache(iter->read, 0);
  }
  return iter;
}

struct kz_kv_iter *kz_kv_iter_new(struct kz_kv *kv,
                                  const struct kz_kv_snapshot *snapshot,
                                  kz_str prefix, bool bulk) {
  struct kz_kv_iter *iter = make_iter(snapshot, prefix, bulk);
  if (iter) {
    iter->it = rocksdb_create_iterator(kv->db, iter->read);
    rocksdb_iter_seek(iter->it, iter->prefix, iter->prefix_len);
  }
  return iter;
}

struct kz_kv_iter *kz_kv_txn_iter_new(struct kz_kv_txn *txn, kz_str prefix) {
  struct kz_kv_iter *iter = make_iter(NULL, prefix, false);
  if (iter) {
    iter->it = rocksdb_writebatch_wi_create_iterator_with_base(
        txn->batch, rocksdb_create_iterator(txn->kv->db, iter->read));
    rocksdb_iter_seek(iter->it, iter->prefix, iter->prefix_len);
  }
  return iter;
}

void kz_kv_iter_free(struct kz_kv_iter *iter) {
  if (iter) {
    rocksdb_iter_destroy(iter->it);
    rocksdb_readoptions_destroy(iter->read);
    free(iter);
  }
}

void kz_kv_iter_turn(struct kz_kv_iter *iter, kz_str prefix) {
  assert(prefix.len <= sizeof iter->prefix);
  memcpy(iter->prefix, prefix.ptr, prefix.len);
  iter->prefix_len = prefix.len;
}

void kz_kv_iter_seek(struct kz_kv_iter *iter, kz_str key) {
  rocksdb_iter_seek(iter->it, key.ptr, key.len);
}

void kz_kv_iter_seek_back(struct kz_kv_iter *iter, kz_str key) {
  rocksdb_iter_seek_for_prev(iter->it, key.ptr, key.len);
}

bool kz_kv_iter_at(const struct kz_kv_iter *iter, kz_str *ret_key,
                   kz_str *ret_value) {
  if (!rocksdb_iter_valid(iter->it)) {
    return false;
  }
  kz_str key;
  key.ptr = rocksdb_iter_key(iter->it, &key.len);
  if (key.len < iter->prefix_len ||
      memcmp(key.ptr, iter->prefix, iter->prefix_len) != 0) {
    return false;
  }
  *ret_key = key;
  if (ret_value) {
    ret_value->ptr = rocksdb_iter_value(iter->it, &ret_value->len);
  }
  return true;
}

void kz_kv_iter_next(struct kz_kv_iter *iter) {
  rocksdb_iter_next(iter->it);
}

kz_rc kz_kv_iter_check(const struct kz_kv_iter *iter, struct kz_err *err) {
  char *text = NULL;
  rocksdb_iter_get_error(iter->it, &text);
  return text ? explain(text, "scan store", err) : KZ_OK;
}

struct kz_kv_txn *kz_kv_txn_new(struct kz_kv *kv) {
  struct kz_kv_txn *txn = calloc(1, sizeof *txn);
  if (txn) {
    txn->kv = kv;
    txn->batch = rocksdb_writebatch_wi_create(0, 1);
  }
  return txn;
}

void kz_kv_txn_free(struct kz_kv_txn *txn) {
  if (txn) {
    rocksdb_writebatch_wi_destroy(txn->batch);
    free(txn);
  }
}

void kz_kv_txn_put(struct kz_kv_txn *txn, kz_str key, kz_str value) {
  rocksdb_writebatch_wi_put(txn->batch, key.ptr, key.len, value.ptr, value.len);
}

void kz_kv_txn_delete(struct kz_kv_txn *txn, kz_str key) {
  rocksdb_writebatch_wi_delete(txn->batch, key.ptr, key.len);
}

kz_rc kz_kv_txn_get(struct kz_kv_txn *txn, kz_str key, struct kz_buf *out,
                    struct kz_err *err) {
  char *text = NULL;
  size_t len = 0;
  char *value = rocksdb_writebatch_wi_get_from_batch_and_db(
      txn->batch, txn->kv->db, txn->kv->read, key.ptr, key.len, &len, &text);
  return take_value(value, len, text, out, err);
}

void kz_kv_txn_mark(struct kz_kv_txn *txn) {
  rocksdb_writebatch_wi_set_save_point(txn->batch);
}

void kz_kv_txn_rollback(struct kz_kv_txn *txn) {
  char *text = NULL;
  rocksdb_writebatch_wi_rollback_to_save_point(txn->batch, &text);
  assert(!text);
}

kz_rc kz_kv_txn_commit(struct kz_kv_txn *txn, struct kz_err *err) {
  char *text = NULL;
  kz_crash_point("before-commit");
  rocksdb_write_writebatch_wi(txn->kv->db, txn->kv->synced, txn->batch, &text);
  rocksdb_writebatch_wi_clear(txn->batch);
  return text ? explain(text, "commit", err) : KZ_OK;
}

struct kz_kv_bulk *kz_kv_bulk_new(struct kz_kv *kv) {
  struct kz_kv_bulk *bulk = calloc(1, sizeof *bulk);
  if (bulk) {
    bulk->kv = kv;
    bulk->env = rocksdb_envoptions_create();
  }
  return bulk;
}

static void close_writer(struct kz_kv_bulk *bulk) {
  if (bulk->writer) {
    rocksdb_sstfilewriter_destroy(bulk->writer);
    bulk->writer = NULL;
  }
}

void kz_kv_bulk_free(struct kz_kv_bulk *bulk) {
  if (!bulk) {
    return;
  }
  close_writer(bulk);
  for (size_t i = 0; i < bulk->file_count; i++) {
    unlink(bulk->files[i]);
    free(bulk->files[i]);
  }
  rocksdb_envoptions_destroy(bulk->env);
  free(bulk);
}

static kz_rc finish_file(struct kz_kv_bulk *bulk, struct kz_err *err) {
  if (!bulk->writer) {
    return KZ_OK;
  }
  char *text = NULL;
  kz_crash_point("bulk-file");
  rocksdb_sstfilewriter_finish(bulk->writer, &text);
  close_writer(bulk);
  return text ? explain(text, "write bulk file", err) : KZ_OK;
}

static kz_rc begin_file(struct kz_kv_bulk *bulk, char family,
                        struct kz_err *err) {
  assert(bulk->file_count < BULK_FILES_MAX);
  char *path = malloc(PATH_BYTES);
  if (!path) {
    return kz_err_set(err, KZ_E_MEMORY, "bulk load: out of memory");
  }
  int n = snprintf(path, PATH_BYTES, "%s/bulk-%" PRIu64 ".tmp", bulk->kv->path,
                   bulk->kv->bulk_serial++);
  if (n < 0 || n >= PATH_BYTES) {
    free(path);
    return kz_err_set(err, KZ_E_LIMIT, "store path is too long");
  }
  bulk->files[bulk->file_count++] = path;
  bulk->family = family;
  bulk->writer =
      rocksdb_sstfilewriter_create(bulk->env, bulk->kv->bulk_options);
  char *text = NULL;
  rocksdb_sstfilewriter_open(bulk->writer, path, &text);
  return text ? explain(text, "create bulk file", err) : KZ_OK;
}

kz_rc kz_kv_bulk_put(struct kz_kv_bulk *bulk, kz_str key, kz_str value,
                     struct kz_err *err) {
  assert(key.len > 0);
  if (!bulk->writer || bulk->family != key.ptr[0]) {
    kz_rc rc = finish_file(bulk, err);
    if (rc == KZ_OK) {
      rc = begin_file(bulk, key.ptr[0], err);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  }
  char *text = NULL;
  rocksdb_sstfilewriter_put(bulk->writer, key.ptr, key.len, value.ptr,
                            value.len, &text);
  return text ? explain(text, "write bulk file", err) : KZ_OK;
}

kz_rc kz_kv_bulk_commit(struct kz_kv_bulk *bulk, struct kz_err *err) {
  kz_rc rc = finish_file(bulk, err);
  if (rc != KZ_OK || bulk->file_count == 0) {
    return rc;
  }
  rocksdb_ingestexternalfileoptions_t *options =
      rocksdb_ingestexternalfileoptions_create();
  rocksdb_ingestexternalfileoptions_set_move_files(options, 1);
  rocksdb_ingestexternalfileoptions_set_snapshot_consistency(options, 0);
  char *text = NULL;
  kz_crash_point("before-ingest");
  rocksdb_ingest_external_file(bulk->kv->db, (const char *const *)bulk->files,
                               bulk->file_count, options, &text);
  rocksdb_ingestexternalfileoptions_destroy(options);
  return text ? explain(text, "take in bulk files", err) : KZ_OK;
}

kz_rc kz_kv_delete_range(struct kz_kv *kv, kz_str from, kz_str to,
                         struct kz_err *err) {
  rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
  rocksdb_writebatch_delete_range(batch, from.ptr, from.len, to.ptr, to.len);
  char *text = NULL;
  rocksdb_write(kv->db, kv->unsynced, batch, &text);
  rocksdb_writebatch_destroy(batch);
  return text ? explain(text, "delete range", err) : KZ_OK;
}

kz_rc kz_kv_checkpoint(struct kz_kv *kv, const char *path, struct kz_err *err) {
  char *text = NULL;
  rocksdb_checkpoint_t *checkpoint =
      rocksdb_checkpoint_object_create(kv->db, &text);
  if (text) {
    return explain(text, "backup", err);
  }
  rocksdb_checkpoint_create(checkpoint, path, 0, &text);
  rocksdb_checkpoint_object_destroy(checkpoint);
  return text ? explain(text, "backup", err) : KZ_OK;
}

kz_rc kz_kv_verify(struct kz_kv *kv, uint64_t *ret_keys, struct kz_err *err) {
  rocksdb_readoptions_t *read = rocksdb_readoptions_create();
  rocksdb_readoptions_set_verify_checksums(read, 1);
  rocksdb_readoptions_set_fill_cache(read, 0);
  rocksdb_readoptions_set_readahead_size(read, 2 << 20);
  rocksdb_iterator_t *it = rocksdb_create_iterator(kv->db, read);
  uint64_t keys = 0;
  for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it);
       rocksdb_iter_next(it)) {
    keys++;
  }
  char *text = NULL;
  rocksdb_iter_get_error(it, &text);
  rocksdb_iter_destroy(it);
  rocksdb_readoptions_destroy(read);
  *ret_keys = keys;
  return text ? explain(text, "verify store", err) : KZ_OK;
}

kz_rc kz_kv_flush(struct kz_kv *kv, struct kz_err *err) {
  rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
  char *text = NULL;
  rocksdb_flush(kv->db, options, &text);
  rocksdb_flushoptions_destroy(options);
  return text ? explain(text, "flush store", err) : KZ_OK;
}

uint64_t kz_kv_disk_bytes(struct kz_kv *kv) {
  uint64_t bytes = 0;
  rocksdb_property_int(kv->db, "rocksdb.live-sst-files-size", &bytes);
  return bytes;
}
