#include "work/form.h"

#include <pthread.h>
#include <stdlib.h>

enum { TEXT_MAX = 64 << 10, NOTE_BYTES = 64 << 20 };

struct kz_binder {
  const struct kz_form *form;
  struct kz_shelf *shelf;
  pthread_mutex_t lock; /* from reading a document to writing it */
};

static const struct kz_form_field *find_field(const struct kz_form *form,
                                              const char *name) {
  for (size_t i = 0; i < form->count; i++) {
    if (strcmp(form->fields[i].name, name) == 0) {
      return &form->fields[i];
    }
  }
  return NULL;
}

static kz_str default_of(const struct kz_form *form, const char *name) {
  const struct kz_form_field *field = find_field(form, name);
  return field ? kz_str_of(field->otherwise) : KZ_STR("");
}

kz_str kz_form_text(const struct kz_form *form, const struct kz_jsonv *document,
                    const char *name) {
  const struct kz_jsonv *value = kz_jsonv_get(document, kz_str_of(name));
  return value && value->kind == KZ_JSON_STRING ? value->text
                                                : default_of(form, name);
}

bool kz_form_flag(const struct kz_form *form, const struct kz_jsonv *document,
                  const char *name) {
  return kz_jsonv_flag(document, kz_str_of(name),
                       kz_str_eq(default_of(form, name), KZ_STR("1")));
}

uint64_t kz_form_number(const struct kz_form *form,
                        const struct kz_jsonv *document, const char *name) {
  uint64_t otherwise = 0;
  if (kz_str_u64(default_of(form, name), &otherwise) != KZ_OK) {
    otherwise = 0;
  }
  return kz_jsonv_u64(document, kz_str_of(name), otherwise);
}

void kz_form_write(const struct kz_form *form, const struct kz_jsonv *document,
                   struct kz_jsonw *w) {
  kz_jsonw_member_u64_str(w, KZ_STR("id"),
                          kz_jsonv_u64(document, KZ_STR("id"), 0));
  for (size_t i = 0; i < form->count; i++) {
    const char *name = form->fields[i].name;
    switch (form->fields[i].type) {
    case KZ_FORM_TEXT:
    case KZ_FORM_PACKED:
      kz_jsonw_member_str(w, kz_str_of(name),
                          kz_form_text(form, document, name));
      break;
    case KZ_FORM_FLAG:
      kz_jsonw_member_bool(w, kz_str_of(name),
                           kz_form_flag(form, document, name));
      break;
    case KZ_FORM_NUMBER:
      kz_jsonw_member_u64_str(w, kz_str_of(name),
                              kz_form_number(form, document, name));
      break;
    case KZ_FORM_SECRET:
      break;
    }
  }
}

/* --- filling in ------------------------------------------------------------
 */

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

static kz_rc set_text(const struct kz_form_field *field,
                      const struct kz_jsonv *value, struct kz_jsonv *document,
                      struct kz_arena *arena, struct kz_err *err) {
  bool is_text = value->kind == KZ_JSON_STRING || value->kind == KZ_JSON_NUMBER;
  kz_str text;
  if (!is_text || value->text.len > TEXT_MAX ||
      kz_str_find_byte(value->text, '\0') != SIZE_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "%s: a text is due", field->name);
  }
  if (kz_arena_dup(arena, value->text, &text) != KZ_OK ||
      !kz_jsonv_set_str(document, kz_str_of(field->name), text, arena)) {
    return no_memory(err);
  }
  return KZ_OK;
}

static kz_rc set_number(const struct kz_form_field *field,
                        const struct kz_jsonv *value, struct kz_jsonv *document,
                        struct kz_arena *arena, struct kz_err *err) {
  uint64_t number = 0;
  if (value->kind != KZ_JSON_FALSE && value->text.len > 0 &&
      kz_str_u64(value->text, &number) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "%s: a number is due", field->name);
  }
  return kz_jsonv_set_u64(document, kz_str_of(field->name), number, arena)
             ? KZ_OK
             : no_memory(err);
}

/* JSON comes as it is or as a text that holds it. */
static kz_rc set_packed(const struct kz_form_field *field,
                        const struct kz_jsonv *value, struct kz_jsonv *document,
                        struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *read = NULL;
  if (value->kind == KZ_JSON_STRING || value->kind == KZ_JSON_NUMBER) {
    if (value->text.len > 0 &&
        kz_jsonv_parse(value->text, arena, &read, NULL) != KZ_OK) {
      return kz_err_set(err, KZ_E_INPUT, "%s: JSON is due", field->name);
    }
    return set_text(field, value, document, arena, err);
  }
  KZ_BUF(text, TEXT_MAX);
  struct kz_jsonw w;
  kz_str kept;
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(value, &w);
  if (kz_buf_failed(&text) ||
      kz_arena_dup(arena, kz_buf_str(&text), &kept) != KZ_OK ||
      !kz_jsonv_set_str(document, kz_str_of(field->name), kept, arena)) {
    return kz_err_set(err, KZ_E_INPUT, "%s: too long", field->name);
  }
  return KZ_OK;
}

/* Takes one field from `from`, where it is; null gives the default back. */
static kz_rc set_field(const struct kz_form_field *field,
                       const struct kz_jsonv *from, struct kz_jsonv *document,
                       struct kz_arena *arena, struct kz_err *err) {
  kz_str name = kz_str_of(field->name);
  const struct kz_jsonv *value = kz_jsonv_get(from, name);
  if (!value) {
    return KZ_OK;
  }
  if (value->kind == KZ_JSON_NULL) {
    kz_jsonv_drop(document, name);
    return KZ_OK;
  }
  switch (field->type) {
  case KZ_FORM_TEXT:
  case KZ_FORM_SECRET:
    return set_text(field, value, document, arena, err);
  case KZ_FORM_PACKED:
    return set_packed(field, value, document, arena, err);
  case KZ_FORM_NUMBER:
    return set_number(field, value, document, arena, err);
  case KZ_FORM_FLAG:
    break;
  }
  return kz_jsonv_set_bool(document, name, kz_jsonv_flag(from, name, false),
                           arena)
             ? KZ_OK
             : no_memory(err);
}

static kz_rc merge(const struct kz_form *form, const struct kz_jsonv *from,
                   struct kz_jsonv *document, struct kz_arena *arena,
                   struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < form->count; i++) {
    rc = set_field(&form->fields[i], from, document, arena, err);
  }
  return rc;
}

/* --- the binder ------------------------------------------------------------
 */

kz_rc kz_binder_open(struct kz_store *store, const struct kz_form *form,
                     struct kz_binder **ret_binder, struct kz_err *err) {
  struct kz_binder *binder = calloc(1, sizeof *binder);
  if (!binder) {
    return no_memory(err);
  }
  pthread_mutex_init(&binder->lock, NULL);
  binder->form = form;
  kz_rc rc = kz_shelf_open(store, &form->shape, &binder->shelf, err);
  if (rc != KZ_OK) {
    kz_binder_close(binder);
    return rc;
  }
  *ret_binder = binder;
  return KZ_OK;
}

void kz_binder_close(struct kz_binder *binder) {
  if (binder) {
    kz_shelf_close(binder->shelf);
    pthread_mutex_destroy(&binder->lock);
    free(binder);
  }
}

const struct kz_form *kz_binder_form(const struct kz_binder *binder) {
  return binder->form;
}

struct kz_shelf *kz_binder_shelf(struct kz_binder *binder) {
  return binder->shelf;
}

/* With the lock held: the document of an id, or a new one for 0. */
static kz_rc take(struct kz_binder *binder, uint64_t id, struct kz_arena *arena,
                  struct kz_jsonv **ret, struct kz_err *err) {
  if (id != 0) {
    return kz_shelf_get(binder->shelf, id, arena, ret, err);
  }
  *ret = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  return *ret ? KZ_OK : no_memory(err);
}

kz_rc kz_binder_fill(struct kz_binder *binder, uint64_t id,
                     const struct kz_jsonv *from, struct kz_arena *arena,
                     struct kz_jsonv **ret_document, struct kz_err *err) {
  const struct kz_form *form = binder->form;
  struct kz_jsonv *document = NULL;
  pthread_mutex_lock(&binder->lock);
  kz_rc rc = take(binder, id, arena, &document, err);
  if (rc == KZ_OK) {
    rc = merge(form, from, document, arena, err);
  }
  if (rc == KZ_OK && form->check) {
    rc = form->check(document, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(binder->shelf, &id, document, arena, err);
  }
  pthread_mutex_unlock(&binder->lock);
  if (rc == KZ_OK) {
    *ret_document = document;
  }
  return rc;
}

kz_rc kz_binder_note(struct kz_binder *binder, uint64_t id,
                     kz_binder_change *change, void *ctx, struct kz_err *err) {
  KZ_ARENA(arena, NOTE_BYTES);
  struct kz_jsonv *document = NULL;
  if (!arena) {
    return no_memory(err);
  }
  pthread_mutex_lock(&binder->lock);
  kz_rc rc = kz_shelf_get(binder->shelf, id, arena, &document, err);
  if (rc == KZ_OK) {
    rc = change(ctx, document, arena, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(binder->shelf, &id, document, arena, err);
  }
  pthread_mutex_unlock(&binder->lock);
  return rc;
}
