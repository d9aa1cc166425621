#include "format/library_warninglist.h"

#include "format/library_file.h"

/* What is being read. */
struct reading {
  kz_str text;
  struct kz_arena *arena;
  const struct kz_jsonv *object;
  struct kz_warninglist *list;
  struct kz_err *err;
};

static kz_rc no_memory(const struct reading *r) {
  return kz_err_set(r->err, KZ_E_MEMORY, "warninglist: out of memory");
}

/* A text that may be missing, but may be nothing else. */
static kz_rc read_text(const struct reading *r, const char *name, kz_str *ret) {
  const struct kz_jsonv *value = kz_jsonv_get(r->object, kz_str_of(name));
  if (!value || value->kind == KZ_JSON_NULL) {
    return KZ_OK;
  }
  if (value->kind != KZ_JSON_STRING) {
    return kz_library_wrong(r->text, value, r->err, "\"%s\": a text is due",
                            name);
  }
  *ret = value->text;
  return KZ_OK;
}

static kz_rc read_way(const struct reading *r) {
  kz_str way = KZ_STR("string");
  kz_str category = KZ_STR("false_positive");
  kz_rc rc = read_text(r, "type", &way);
  if (rc == KZ_OK) {
    rc = read_text(r, "category", &category);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (kz_warn_way_by_name(way, &r->list->way) != KZ_OK) {
    return kz_library_wrong(r->text, kz_jsonv_get(r->object, KZ_STR("type")),
                            r->err,
                            "\"type\": string, substring, hostname, cidr or "
                            "regex is due");
  }
  r->list->is_known = kz_str_eq(category, KZ_STR("known"));
  if (!r->list->is_known && !kz_str_eq(category, KZ_STR("false_positive"))) {
    return kz_library_wrong(r->text,
                            kz_jsonv_get(r->object, KZ_STR("category")), r->err,
                            "\"category\": false_positive or known is due");
  }
  return KZ_OK;
}

static kz_rc read_types(const struct reading *r) {
  struct kz_jsonv *array = NULL;
  kz_rc rc = kz_library_array(r->text, r->object, "matching_attributes", &array,
                              r->err);
  if (rc != KZ_OK) {
    return rc;
  }
  size_t count = array ? array->count : 0;
  kz_str *names = kz_arena_array(r->arena, count + 1, sizeof *names);
  if (!names) {
    return no_memory(r);
  }
  const struct kz_jsonv *value = array ? array->first : NULL;
  for (size_t i = 0; value; value = value->next, i++) {
    if (value->kind != KZ_JSON_STRING) {
      return kz_library_wrong(r->text, value, r->err,
                              "\"matching_attributes\": a text is due");
    }
    names[i] = value->text;
  }
  kz_warninglist_set_types(r->list, names, count);
  return KZ_OK;
}

static kz_rc read_entry(const struct reading *r, const struct kz_jsonv *value,
                        struct kz_warn_entry *ret) {
  if (value->kind == KZ_JSON_OBJECT) {
    ret->value = kz_jsonv_text(value, KZ_STR("value"));
    ret->comment = kz_jsonv_text(value, KZ_STR("comment"));
  } else {
    ret->value = value->text;
  }
  bool is_text = value->kind == KZ_JSON_STRING ||
                 value->kind == KZ_JSON_NUMBER ||
                 (value->kind == KZ_JSON_OBJECT && ret->value.ptr);
  return is_text ? KZ_OK
                 : kz_library_wrong(r->text, value, r->err,
                                    "\"list\": a text is due");
}

static kz_rc read_entries(const struct reading *r,
                          const struct kz_jsonv **ret_entries) {
  struct kz_jsonv *array = NULL;
  kz_rc rc = kz_library_array(r->text, r->object, "list", &array, r->err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (!array) {
    return kz_library_wrong(r->text, r->object, r->err, "\"list\" is missing");
  }
  struct kz_warn_entry *entries =
      kz_arena_array(r->arena, array->count + 1, sizeof *entries);
  if (!entries) {
    return no_memory(r);
  }
  size_t count = 0;
  for (const struct kz_jsonv *value = array->first; value;
       value = value->next) {
    rc = read_entry(r, value, &entries[count++]);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  r->list->entries = entries;
  r->list->entry_count = count;
  *ret_entries = array;
  return KZ_OK;
}

kz_rc kz_library_warninglist(kz_str text, struct kz_arena *arena,
                             struct kz_warninglist *ret,
                             const struct kz_jsonv **ret_entries,
                             struct kz_err *err) {
  struct kz_warninglist list = {.version = 0};
  struct kz_jsonv *object = NULL;
  const struct kz_jsonv *entries = NULL;
  kz_rc rc = kz_library_read(text, arena, &object, err);
  if (rc != KZ_OK) {
    return rc;
  }
  const struct reading r = {text, arena, object, &list, err};
  rc = kz_library_text(text, object, "name", &list.name, err);
  if (rc == KZ_OK) {
    rc = read_text(&r, "description", &list.description);
  }
  if (rc == KZ_OK) {
    list.version = kz_jsonv_u64(object, KZ_STR("version"), 1);
    rc = read_way(&r);
  }
  if (rc == KZ_OK) {
    rc = read_types(&r);
  }
  if (rc == KZ_OK) {
    rc = read_entries(&r, &entries);
  }
  if (rc == KZ_OK) {
    *ret = list;
    if (ret_entries) {
      *ret_entries = entries;
    }
  }
  return rc;
}
