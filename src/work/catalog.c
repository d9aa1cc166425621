#include "work/catalog.h"

#include <pthread.h>
#include <stdlib.h>

enum { OWN_BYTES = 16 << 20 };

struct kz_catalog {
  const struct kz_catalog_form *form;
  struct kz_shelf *shelf;
  pthread_mutex_t changing;
};

static kz_rc no_memory(const struct kz_catalog *catalog, struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory",
                    catalog->form->shape.noun);
}

/* Puts the documents that the program brings into an empty catalog. */
static kz_rc fill(struct kz_catalog *catalog, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < catalog->form->own_count; i++) {
    KZ_ARENA(arena, OWN_BYTES);
    struct kz_library_taken taken;
    const struct kz_library_file file = {.kind = catalog->form->kind,
                                         .path = KZ_STR("its own"),
                                         .text =
                                             kz_str_of(catalog->form->own[i])};
    rc = arena ? kz_catalog_take(catalog, &file, arena, &taken, err)
               : no_memory(catalog, err);
  }
  return rc;
}

kz_rc kz_catalog_open(struct kz_store *store,
                      const struct kz_catalog_form *form,
                      struct kz_catalog **ret_catalog, struct kz_err *err) {
  struct kz_catalog *catalog = calloc(1, sizeof *catalog);
  if (!catalog) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", form->shape.noun);
  }
  catalog->form = form;
  pthread_mutex_init(&catalog->changing, NULL);
  kz_rc rc = kz_shelf_open(store, &form->shape, &catalog->shelf, err);
  if (rc == KZ_OK && kz_shelf_count(catalog->shelf) == 0) {
    rc = fill(catalog, err);
  }
  if (rc != KZ_OK) {
    kz_catalog_close(catalog);
    return rc;
  }
  *ret_catalog = catalog;
  return KZ_OK;
}

void kz_catalog_close(struct kz_catalog *catalog) {
  if (catalog) {
    kz_shelf_close(catalog->shelf);
    pthread_mutex_destroy(&catalog->changing);
    free(catalog);
  }
}

struct kz_shelf *kz_catalog_shelf(struct kz_catalog *catalog) {
  return catalog->shelf;
}

/* The id of the document that `object` is a version of; 0: it is new. */
static uint64_t find_old(const struct kz_catalog *catalog,
                         const struct kz_jsonv *object) {
  struct kz_uuid uuid;
  uint64_t id = 0;
  if (kz_uuid_parse(kz_jsonv_text(object, KZ_STR("uuid")), &uuid) == KZ_OK) {
    return kz_shelf_by_uuid(catalog->shelf, &uuid, &id) == KZ_OK ? id : 0;
  }
  kz_str name = kz_jsonv_text(object, KZ_STR("name"));
  return kz_shelf_by_name(catalog->shelf, name, &id) == KZ_OK ? id : 0;
}

/* The user's flags, as they are in `old` (NULL: off). */
static bool keep_flags(const struct kz_catalog *catalog,
                       const struct kz_jsonv *old, struct kz_jsonv *object,
                       struct kz_arena *arena) {
  bool good = true;
  for (size_t i = 0; i < catalog->form->flag_count; i++) {
    kz_str name = kz_str_of(catalog->form->flags[i]);
    bool on = old && kz_jsonv_flag(old, name, false);
    good = good && kz_jsonv_set_bool(object, name, on, arena);
  }
  return good;
}

static kz_rc put(struct kz_catalog *catalog, struct kz_jsonv *object,
                 struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *old = NULL;
  uint64_t id = find_old(catalog, object);
  kz_rc rc = id ? kz_shelf_get(catalog->shelf, id, arena, &old, err) : KZ_OK;
  if (rc != KZ_OK) {
    return rc;
  }
  kz_str version = KZ_STR("version");
  if (old && kz_jsonv_u64(old, version, 0) > kz_jsonv_u64(object, version, 0)) {
    return KZ_UNCHANGED;
  }
  kz_jsonv_drop(object, KZ_STR("id"));
  return keep_flags(catalog, old, object, arena)
             ? kz_shelf_put(catalog->shelf, &id, object, arena, err)
             : no_memory(catalog, err);
}

kz_rc kz_catalog_take(struct kz_catalog *catalog,
                      const struct kz_library_file *file,
                      struct kz_arena *arena, struct kz_library_taken *ret,
                      struct kz_err *err) {
  struct kz_jsonv *object = NULL;
  struct kz_library_taken taken = {.entries = 0};
  kz_rc rc = kz_library_read(file->text, arena, &object, err);
  if (rc == KZ_OK) {
    rc = kz_library_text(file->text, object, "name", &taken.name, err);
  }
  if (rc == KZ_OK) {
    rc = catalog->form->check(file->text, object, &taken.entries, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  taken.version = kz_jsonv_u64(object, KZ_STR("version"), 0);
  pthread_mutex_lock(&catalog->changing);
  rc = put(catalog, object, arena, err);
  pthread_mutex_unlock(&catalog->changing);
  if (rc == KZ_OK) {
    *ret = taken;
  }
  return rc;
}

kz_rc kz_catalog_find(struct kz_catalog *catalog, kz_str ref,
                      struct kz_arena *arena, uint64_t *ret_id,
                      struct kz_jsonv **ret_document, struct kz_err *err) {
  uint64_t id = 0;
  if (kz_shelf_by_ref(catalog->shelf, ref, &id) != KZ_OK &&
      kz_shelf_by_name(catalog->shelf, ref, &id) != KZ_OK) {
    return KZ_NOT_FOUND;
  }
  kz_rc rc = kz_shelf_get(catalog->shelf, id, arena, ret_document, err);
  if (rc == KZ_OK) {
    *ret_id = id;
  }
  return rc;
}

static kz_rc set(struct kz_catalog *catalog, uint64_t id, const char *flag,
                 bool on, struct kz_arena *arena, struct kz_jsonv **document,
                 struct kz_err *err) {
  kz_rc rc = kz_shelf_get(catalog->shelf, id, arena, document, err);
  if (rc != KZ_OK) {
    return rc;
  }
  return kz_jsonv_set_bool(*document, kz_str_of(flag), on, arena)
             ? kz_shelf_put(catalog->shelf, &id, *document, arena, err)
             : no_memory(catalog, err);
}

kz_rc kz_catalog_set(struct kz_catalog *catalog, uint64_t id, const char *flag,
                     bool on, struct kz_arena *arena,
                     struct kz_jsonv **ret_document, struct kz_err *err) {
  pthread_mutex_lock(&catalog->changing);
  kz_rc rc = set(catalog, id, flag, on, arena, ret_document, err);
  pthread_mutex_unlock(&catalog->changing);
  return rc;
}
