#include "api/misp_fields.h"

#include "api/misp_shape.h"
#include "base/clock.h"

static struct kz_jsonv *unwrap(struct kz_jsonv *body, kz_str name) {
  struct kz_jsonv *inner = kz_jsonv_get(body, name);
  return inner && inner->kind == KZ_JSON_OBJECT ? inner : body;
}

bool kz_misp_body_tree(struct kz_misp_call *call, const char *noun,
                       struct kz_jsonv **ret_from) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *body = NULL;
  kz_rc rc = KZ_OK;
  if (kz_str_trim(call->request->body).len > 0) {
    rc = kz_jsonv_parse(call->request->body, call->work, &body, &err);
  } else {
    body = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
    rc = body ? KZ_OK : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  }
  /* PHP knows no difference between an empty list and an empty object. */
  if (rc == KZ_OK && body->kind == KZ_JSON_ARRAY && body->count == 0) {
    body->kind = KZ_JSON_OBJECT;
  }
  if (rc == KZ_OK && body->kind != KZ_JSON_OBJECT) {
    rc = kz_err_set(&err, KZ_E_INPUT, "an object is due");
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, noun, rc, &err);
    return false;
  }
  *ret_from = unwrap(unwrap(body, KZ_STR("request")), kz_str_of(noun));
  return true;
}

static bool is_scalar(const struct kz_jsonv *v) {
  return v->kind != KZ_JSON_OBJECT && v->kind != KZ_JSON_ARRAY;
}

static kz_str text_of(const struct kz_jsonv *v) {
  return v->kind == KZ_JSON_STRING || v->kind == KZ_JSON_NUMBER ? v->text
         : v->kind == KZ_JSON_TRUE                              ? KZ_STR("1")
                                                                : KZ_STR("");
}

/* The list that a value stands for; NULL when it is none. */
static struct kz_jsonv *list_of(const struct kz_jsonv *v,
                                struct kz_arena *arena) {
  struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  if (!list) {
    return NULL;
  }
  if (v->kind == KZ_JSON_ARRAY) {
    list->first = v->first;
    list->last = v->last;
    list->count = v->count;
    return list;
  }
  struct kz_jsonv *parsed = NULL;
  kz_str text = kz_str_trim(text_of(v));
  if (text.len == 0) {
    return list;
  }
  if (text.ptr[0] == '[' &&
      kz_jsonv_parse(text, arena, &parsed, NULL) == KZ_OK) {
    return parsed;
  }
  kz_str piece;
  while (kz_str_next(&text, '\n', &piece)) {
    struct kz_jsonv *item = kz_jsonv_new(arena, KZ_JSON_STRING);
    if (!item) {
      return NULL;
    }
    item->text = kz_str_trim(piece);
    kz_jsonv_push(list, item);
  }
  return list;
}

static bool take(struct kz_jsonv *to, const struct kz_jsonv *from, kz_str name,
                 enum kz_misp_form form, struct kz_arena *arena) {
  if (form == KZ_MISP_FORM_LIST) {
    return from->kind == KZ_JSON_OBJECT ||
           kz_jsonv_set(to, name, list_of(from, arena), arena);
  }
  if (!is_scalar(from)) {
    return true;
  }
  if (form == KZ_MISP_FORM_FLAG) {
    kz_str text = text_of(from);
    bool flag = text.len > 0 && !kz_str_eq(text, KZ_STR("0")) &&
                !kz_str_eq_nocase(text, KZ_STR("false"));
    return kz_jsonv_set_bool(to, name, flag, arena);
  }
  return kz_jsonv_set_str(to, name, text_of(from), arena);
}

kz_rc kz_misp_fields_take(struct kz_jsonv *to, const struct kz_jsonv *from,
                          const struct kz_misp_field *fields, size_t count,
                          struct kz_arena *arena) {
  for (size_t i = 0; i < count; i++) {
    kz_str name = kz_str_of(fields[i].name);
    const struct kz_jsonv *given = kz_jsonv_get(from, name);
    if (given && fields[i].whose == KZ_MISP_THEIRS &&
        !take(to, given, name, fields[i].form, arena)) {
      return KZ_E_MEMORY;
    }
  }
  return KZ_OK;
}

kz_rc kz_misp_take_time(struct kz_jsonv *to, const struct kz_jsonv *from,
                        const char *name, struct kz_arena *arena,
                        struct kz_err *err) {
  int64_t us = 0;
  kz_str member = kz_str_of(name);
  kz_str text = kz_str_trim(kz_jsonv_text(from, member));
  if (!kz_jsonv_get(from, member)) {
    return KZ_OK;
  }
  if (text.len == 0 || kz_str_eq(text, KZ_STR("0"))) {
    kz_jsonv_drop(to, member);
    return KZ_OK;
  }
  if (kz_clock_parse_when(text, kz_clock_now_us(), &us) != KZ_OK || us < 0) {
    return kz_err_set(err, KZ_E_INPUT, "%s: no date or time", name);
  }
  return kz_jsonv_set_u64(to, member, (uint64_t)(us / KZ_SECOND_US), arena)
             ? KZ_OK
             : kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

static void write_field(struct kz_jsonw *w, const struct kz_jsonv *document,
                        const struct kz_misp_field *field) {
  kz_str name = kz_str_of(field->name);
  const struct kz_jsonv *v = kz_jsonv_get(document, name);
  kz_str text = kz_jsonv_text(document, name);
  kz_str unless = kz_str_of(field->unless);
  switch (field->form) {
  case KZ_MISP_FORM_SECRET:
    break;
  case KZ_MISP_FORM_FLAG:
    kz_jsonw_member_bool(w, name,
                         kz_jsonv_flag(document, name, unless.len > 0));
    break;
  case KZ_MISP_FORM_LIST:
    kz_jsonw_key(w, name);
    if (v && v->kind == KZ_JSON_ARRAY) {
      kz_jsonv_write(v, w);
    } else {
      kz_jsonw_array(w);
      kz_jsonw_array_end(w);
    }
    break;
  case KZ_MISP_FORM_NULL_TEXT:
    if (text.len == 0) {
      kz_jsonw_key(w, name);
      kz_jsonw_null(w);
      break;
    }
    kz_jsonw_member_str(w, name, text);
    break;
  case KZ_MISP_FORM_TEXT:
  case KZ_MISP_FORM_DIGITS:
    kz_jsonw_member_str(w, name, text.len > 0 ? text : unless);
    break;
  }
}

void kz_misp_fields_write(struct kz_jsonw *w, const struct kz_jsonv *document,
                          const struct kz_misp_field *fields, size_t count) {
  for (size_t i = 0; i < count; i++) {
    write_field(w, document, &fields[i]);
  }
}

void kz_misp_fields_refuse(struct kz_misp_call *call, const char *verb,
                           const char *noun, kz_rc rc,
                           const struct kz_err *err) {
  KZ_BUF(message, KZ_ERR_TEXT);
  kz_str words = kz_str_of(err->text);
  kz_str field = KZ_STR_NONE;
  if (rc != KZ_E_INPUT && rc != KZ_E_CONFLICT) {
    kz_misp_fail(call, noun, rc, err);
    return;
  }
  size_t colon = kz_str_find(words, KZ_STR(": "));
  if (colon != SIZE_MAX &&
      kz_str_find_byte(kz_str_head(words, colon), ' ') == SIZE_MAX) {
    field = kz_str_head(words, colon);
    words = kz_str_from(words, colon + 2);
  }
  kz_buf_add_format(&message, "Could not %s %s", verb, noun);
  kz_misp_not_saved(call, kz_buf_str(&message), field, words);
}
