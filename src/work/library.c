/* Files are told apart by digest, not by time or version alone: a checkout
 * touches every file, and a version is sometimes forgotten. */
#include "work/library.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"

enum {
  DIGEST_BYTES = 16,
  READERS = 1, /* raised when files mean something else to the program */
  NAME_BYTES = 8192,
  RECORD_BYTES = 1 << 20,
};

struct kz_library {
  struct kz_shelf *records;
  pthread_mutex_t updating;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_LIBRARY, .noun = "library file", .name = "file"};

kz_rc kz_library_open(struct kz_store *store, struct kz_library **ret_library,
                      struct kz_err *err) {
  struct kz_library *library = calloc(1, sizeof *library);
  if (!library) {
    return kz_err_set(err, KZ_E_MEMORY, "libraries: out of memory");
  }
  pthread_mutex_init(&library->updating, NULL);
  kz_rc rc = kz_shelf_open(store, &shape, &library->records, err);
  if (rc != KZ_OK) {
    kz_library_close(library);
    return rc;
  }
  *ret_library = library;
  return KZ_OK;
}

void kz_library_close(struct kz_library *library) {
  if (library) {
    kz_shelf_close(library->records);
    pthread_mutex_destroy(&library->updating);
    free(library);
  }
}

void kz_library_lock(struct kz_library *library) {
  pthread_mutex_lock(&library->updating);
}

void kz_library_unlock(struct kz_library *library) {
  pthread_mutex_unlock(&library->updating);
}

struct kz_shelf *kz_library_records(struct kz_library *library) {
  return library->records;
}

static void write_name(enum kz_library_kind kind, kz_str key,
                       struct kz_buf *out) {
  kz_buf_add_str(out, kz_library_kind_name(kind));
  kz_buf_add_byte(out, '/');
  kz_buf_add_str(out, key);
}

/* The id of a file's record; 0: there is none. */
static uint64_t find_record(const struct kz_library *library,
                            enum kz_library_kind kind, kz_str key) {
  KZ_BUF(name, NAME_BYTES);
  uint64_t id = 0;
  write_name(kind, key, &name);
  return kz_shelf_by_name(library->records, kz_buf_str(&name), &id) == KZ_OK
             ? id
             : 0;
}

kz_rc kz_library_forget(struct kz_library *library, enum kz_library_kind kind,
                        kz_str key, struct kz_err *err) {
  uint64_t id = find_record(library, kind, key);
  return id == 0 ? KZ_OK : kz_shelf_remove(library->records, id, err);
}

void kz_library_digest(kz_str text, char ret[KZ_LIBRARY_DIGEST]) {
  unsigned char digest[DIGEST_BYTES];
  (void)crypto_generichash(digest, sizeof digest,
                           (const unsigned char *)text.ptr, text.len, NULL, 0);
  digest[0] ^= READERS;
  (void)sodium_bin2hex(ret, KZ_LIBRARY_DIGEST, digest, sizeof digest);
}

bool kz_library_is_known(struct kz_library *library,
                         const struct kz_library_file *file,
                         const char *digest) {
  KZ_ARENA(arena, RECORD_BYTES);
  struct kz_jsonv *record = NULL;
  uint64_t id = find_record(library, file->kind, file->key);
  return id != 0 && arena &&
         kz_shelf_get(library->records, id, arena, &record, NULL) == KZ_OK &&
         kz_str_eq(kz_jsonv_text(record, KZ_STR("digest")), kz_str_of(digest));
}

/* A copy of a text as a member. */
static bool set_text(struct kz_jsonv *d, const char *name, kz_str text,
                     struct kz_arena *arena) {
  kz_str copy;
  return kz_arena_dup(arena, text, &copy) == KZ_OK &&
         kz_jsonv_set_str(d, kz_str_of(name), copy, arena);
}

kz_rc kz_library_note(struct kz_library *library,
                      const struct kz_library_file *file, const char *digest,
                      const struct kz_library_taken *taken,
                      struct kz_arena *arena, struct kz_shelf_change *ret) {
  KZ_BUF(name, NAME_BYTES);
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  write_name(file->kind, file->key, &name);
  bool good = d && !kz_buf_failed(&name) &&
              set_text(d, "file", kz_buf_str(&name), arena) &&
              set_text(d, "kind", kz_library_kind_name(file->kind), arena) &&
              set_text(d, "key", file->key, arena) &&
              set_text(d, "name", taken->name, arena) &&
              kz_jsonv_set_u64(d, KZ_STR("version"), taken->version, arena) &&
              kz_jsonv_set_u64(d, KZ_STR("entries"), taken->entries, arena) &&
              set_text(d, "digest", kz_str_of(digest), arena) &&
              set_text(d, "source", file->path, arena) &&
              kz_jsonv_set_u64(d, KZ_STR("taken"), now, arena);
  if (!good) {
    return KZ_E_MEMORY;
  }
  *ret = (struct kz_shelf_change){
      .shelf = library->records,
      .id = find_record(library, file->kind, file->key),
      .document = d,
      .arena = arena};
  return KZ_OK;
}
