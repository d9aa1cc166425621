#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "store/index.h"
#include "store/keys.h"
#include "store/meta.h"

enum { PATH_BYTES = 4096, NOTE_BYTES_MAX = 1 << 30 };

static const char marker_head[] = "kizashi store, format ";
static const char marker_text[] = "kizashi store, format 1\n";

struct kz_store {
  char path[PATH_BYTES];
  int lock; /* descriptor that holds the lock; -1: none */
  struct kz_kv *kv;
  struct kz_dict *dict;
  struct kz_index *index;
  struct kz_writer *writer;
};

static kz_rc join(char *out, const char *folder, const char *name,
                  struct kz_err *err) {
  int n = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
  return n > 0 && n < PATH_BYTES
             ? KZ_OK
             : kz_err_set(err, KZ_E_LIMIT, "path is too long: %s", folder);
}

/* Says whose the lock is, as far as the lock file tells. */
static kz_rc busy(int fd, const char *path, struct kz_err *err) {
  char owner[32] = "";
  ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
  owner[n > 0 ? strcspn(owner, "\n") : 0] = '\0';
  return kz_err_set(err, KZ_E_BUSY,
                    "store %s is in use by process %s: stop that one, or run "
                    "this command while it serves (it answers on its socket)",
                    path, n > 0 ? owner : "(unknown)");
}

static kz_rc take_lock(struct kz_store *store, struct kz_err *err) {
  char path[PATH_BYTES];
  kz_rc rc = join(path, store->path, "lock", err);
  if (rc != KZ_OK) {
    return rc;
  }
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) {
    return kz_file_explain(path, "open", errno, err);
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    rc = busy(fd, store->path, err);
    close(fd);
    return rc;
  }
  char owner[32];
  int n = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, (size_t)n, 0) != n) {
    rc = kz_file_explain(path, "write", errno, err);
    close(fd);
    return rc;
  }
  store->lock = fd;
  return KZ_OK;
}

static kz_rc read_marker(const char *path, const char *folder,
                         struct kz_err *err) {
  KZ_BUF(text, PATH_BYTES);
  uint64_t version = 0;
  kz_rc rc = kz_file_read(path, &text, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_str line = kz_str_trim(kz_buf_str(&text));
  if (!kz_str_starts(line, kz_str_of(marker_head)) ||
      kz_str_u64(kz_str_from(line, sizeof marker_head - 1), &version) !=
          KZ_OK) {
    return kz_err_set(err, KZ_E_CORRUPT, "%s is not a kizashi store", folder);
  }
  return version == KZ_STORE_VERSION
             ? KZ_OK
             : kz_err_set(err, KZ_E_UNSUPPORTED,
                          "the store in %s has format %" PRIu64
                          ", this program knows %d: use a newer one",
                          folder, version, KZ_STORE_VERSION);
}

/* A folder is a store when it has the marker; an empty one may become one. */
static kz_rc check_marker(const char *folder, bool create, struct kz_err *err) {
  char path[PATH_BYTES];
  kz_rc rc = join(path, folder, "kizashi.store", err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (access(path, F_OK) == 0) {
    return read_marker(path, folder, err);
  }
  if (!create) {
    return kz_err_set(err, KZ_NOT_FOUND, "there is no store in %s", folder);
  }
  rc = kz_folder_make(folder, 0750, err);
  return rc == KZ_OK ? kz_file_write(path, kz_str_of(marker_text), 0640, err)
                     : rc;
}

/* Files of a bulk load that a crash left behind. */
static kz_rc remove_leftover(void *ctx, const char *path, struct kz_err *err) {
  (void)ctx;
  (void)err;
  kz_str name = kz_str_of(path);
  size_t slash = kz_str_rfind_byte(name, '/');
  kz_str base = slash == SIZE_MAX ? name : kz_str_from(name, slash + 1);
  if (kz_str_starts(base, KZ_STR("bulk-")) &&
      kz_str_ends(base, KZ_STR(".tmp"))) {
    unlink(path);
  }
  return KZ_OK;
}

/* RocksDB starts anew in a folder without a CURRENT, and clears away what it
 * then does not know: never where there is something to lose. */
static kz_rc see_records(void *ctx, const char *path, struct kz_err *err) {
  (void)err;
  bool *has_records = ctx;
  kz_str name = kz_str_of(path);
  *has_records = *has_records || kz_str_ends(name, KZ_STR(".sst")) ||
                 kz_str_ends(name, KZ_STR(".log"));
  return KZ_OK;
}

static kz_rc open_records(struct kz_store *store, const char *path, bool create,
                          struct kz_err *err) {
  bool has_records = false;
  kz_rc rc = KZ_OK;
  if (access(path, F_OK) == 0) {
    rc = kz_folder_walk(path, remove_leftover, NULL, err);
    if (rc == KZ_OK) {
      rc = kz_folder_walk(path, see_records, &has_records, err);
    }
  } else {
    create = true;
  }
  return rc == KZ_OK ? kz_kv_open(path, create && !has_records, &store->kv, err)
                     : rc;
}

static kz_rc open_parts(struct kz_store *store, bool create,
                        struct kz_err *err) {
  char records[PATH_BYTES];
  char index[PATH_BYTES];
  kz_rc rc = join(records, store->path, "records", err);
  if (rc == KZ_OK) {
    rc = join(index, store->path, "index", err);
  }
  if (rc == KZ_OK) {
    rc = open_records(store, records, create, err);
  }
  struct kz_meta meta;
  if (rc == KZ_OK) {
    rc = kz_meta_load(store->kv, NULL, &meta, err);
  }
  if (rc == KZ_OK) {
    rc = kz_dict_open(store->kv, &store->dict, err);
  }
  if (rc == KZ_OK) {
    rc = kz_index_open(index, store->kv, store->dict, &store->index, err);
  }
  if (rc == KZ_OK) {
    rc = kz_writer_new(store->kv, store->dict, store->index, &store->writer,
                       err);
  }
  return rc;
}

kz_rc kz_store_open(const char *path, bool create, struct kz_store **ret_store,
                    struct kz_err *err) {
  struct kz_store *store = calloc(1, sizeof *store);
  if (!store || strlen(path) >= PATH_BYTES - 64) {
    free(store);
    return kz_err_set(err, KZ_E_LIMIT, "store path is too long: %s", path);
  }
  memcpy(store->path, path, strlen(path) + 1);
  store->lock = -1;
  kz_rc rc = check_marker(path, create, err);
  if (rc == KZ_OK) {
    rc = take_lock(store, err);
  }
  if (rc == KZ_OK) {
    rc = open_parts(store, create, err);
  }
  if (rc != KZ_OK) {
    kz_store_close(store);
    return rc;
  }
  *ret_store = store;
  return KZ_OK;
}

void kz_store_close(struct kz_store *store) {
  if (!store) {
    return;
  }
  kz_writer_free(store->writer);
  kz_index_close(store->index, true);
  kz_dict_close(store->dict);
  kz_kv_close(store->kv);
  if (store->lock >= 0) {
    close(store->lock);
  }
  free(store);
}

const char *kz_store_path(const struct kz_store *store) {
  return store->path;
}

struct kz_dict *kz_store_dict(const struct kz_store *store) {
  return store->dict;
}

struct kz_view *kz_store_view(struct kz_store *store) {
  return kz_index_view(store->index);
}

struct kz_reading kz_store_reading(const struct kz_store *store,
                                   const struct kz_view *view,
                                   struct kz_arena *arena) {
  return (struct kz_reading){
      .kv = store->kv,
      .snapshot = view->snapshot,
      .dict = store->dict,
      .arena = arena,
  };
}

kz_rc kz_store_run(struct kz_store *store, kz_writer_job *job, void *ctx,
                   struct kz_err *err) {
  return kz_writer_run(store->writer, job, ctx, err);
}

kz_rc kz_store_take(struct kz_store *store, struct kz_prepared *batch,
                    struct kz_err *err) {
  return kz_writer_take(store->writer, batch, err);
}

kz_rc kz_store_note(struct kz_store *store, char kind, uint64_t id,
                    struct kz_buf *out, struct kz_err *err) {
  struct kz_key key = kz_key_note(kind, id);
  return kz_kv_get(store->kv, NULL, kz_key_str(&key), out, err);
}

kz_rc kz_store_notes(struct kz_store *store, char kind,
                     kz_store_note_visit *visit, void *ctx,
                     struct kz_err *err) {
  struct kz_key prefix = kz_key_family(KZ_FAMILY_NOTE);
  kz_key_byte(&prefix, kind);
  struct kz_kv_iter *iter =
      kz_kv_iter_new(store->kv, NULL, kz_key_str(&prefix), false);
  if (!iter) {
    return kz_err_set(err, KZ_E_MEMORY, "read: out of memory");
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    if (key.len == 10) {
      rc = visit(ctx, kz_key_read_u64(key, 2), value, err);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc;
}

kz_rc kz_store_settle(struct kz_store *store, struct kz_err *err) {
  return kz_index_settle(store->index, err);
}

kz_rc kz_store_backup(struct kz_store *store, const char *path,
                      struct kz_err *err) {
  char records[PATH_BYTES];
  char marker[PATH_BYTES];
  if (access(path, F_OK) == 0) {
    return kz_err_set(err, KZ_E_CONFLICT, "backup: %s exists already", path);
  }
  kz_rc rc = join(records, path, "records", err);
  if (rc == KZ_OK) {
    rc = join(marker, path, "kizashi.store", err);
  }
  if (rc == KZ_OK) {
    rc = kz_folder_make(path, 0750, err);
  }
  if (rc == KZ_OK) {
    rc = kz_kv_checkpoint(store->kv, records, err);
  }
  return rc == KZ_OK ? kz_file_write(marker, kz_str_of(marker_text), 0640, err)
                     : rc;
}

kz_rc kz_store_repair(const char *path, struct kz_err *err) {
  struct kz_store *store = calloc(1, sizeof *store);
  if (!store || strlen(path) >= PATH_BYTES - 64) {
    free(store);
    return kz_err_set(err, KZ_E_LIMIT, "store path is too long: %s", path);
  }
  memcpy(store->path, path, strlen(path) + 1);
  store->lock = -1;
  kz_rc rc = check_marker(path, false, err);
  if (rc == KZ_OK) {
    rc = take_lock(store, err);
  }
  if (rc == KZ_OK) {
    rc = kz_folder_remove(path, "index", err);
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  if (rc == KZ_OK) {
    rc = open_parts(store, false, err);
  }
  kz_store_close(store);
  return rc;
}

void kz_store_stats(struct kz_store *store, struct kz_store_stats *ret_stats) {
  struct kz_view *view = kz_store_view(store);
  struct kz_store_stats stats = {
      .generation = view->generation,
      .events = view->events->count,
      .attributes = kz_view_rows(view),
      .tags = kz_dict_tag_count(store->dict),
      .organisations = kz_dict_org_count(store->dict),
      .segments = view->part_count,
      .record_bytes = kz_kv_disk_bytes(store->kv),
      .commits = kz_writer_commits(store->writer),
      .waiting = kz_writer_waiting(store->writer),
  };
  for (size_t i = 0; i < view->part_count; i++) {
    stats.values += view->parts[i].segment->values;
    stats.index_bytes += view->parts[i].segment->head->bytes;
  }
  kz_view_unref(view);
  *ret_stats = stats;
}
