#include "format/library_file.h"

#include <stdarg.h>
#include <stdio.h>

enum { WORDS_BYTES = 400 };

kz_str kz_library_kind_name(enum kz_library_kind kind) {
  static const char *const names[KZ_LIBRARY_KINDS] = {
      [KZ_LIBRARY_TAXONOMY] = "taxonomy",
      [KZ_LIBRARY_GALAXY] = "galaxy",
      [KZ_LIBRARY_CLUSTERS] = "clusters",
      [KZ_LIBRARY_WARNINGLIST] = "warninglist",
      [KZ_LIBRARY_NOTICELIST] = "noticelist",
      [KZ_LIBRARY_TEMPLATE] = "template",
      [KZ_LIBRARY_RELATIONSHIPS] = "relationships",
      [KZ_LIBRARY_MODEL] = "model",
  };
  return kz_str_of(names[kind]);
}

/* Takes the last part off a path. */
static kz_str cut_last(kz_str *path) {
  size_t slash = kz_str_rfind_byte(*path, '/');
  kz_str last = slash == SIZE_MAX ? *path : kz_str_from(*path, slash + 1);
  *path = slash == SIZE_MAX ? KZ_STR_NONE : kz_str_head(*path, slash);
  return last;
}

static bool is_json(kz_str name, kz_str *ret_stem) {
  if (name.len <= 5 || !kz_str_ends(name, KZ_STR(".json")) ||
      name.ptr[0] == '.') {
    return false;
  }
  *ret_stem = kz_str_head(name, name.len - 5);
  return true;
}

/* The files whose own name counts, by the folder they lie in. */
static bool sort_by_folder(kz_str folder, kz_str above,
                           enum kz_library_kind *ret) {
  if (kz_str_eq(folder, KZ_STR("galaxies"))) {
    *ret = KZ_LIBRARY_GALAXY;
  } else if (kz_str_eq(folder, KZ_STR("clusters"))) {
    *ret = KZ_LIBRARY_CLUSTERS;
  } else if (kz_str_eq(folder, KZ_STR("models")) &&
             kz_str_find(above, KZ_STR("decaying")) != SIZE_MAX) {
    *ret = KZ_LIBRARY_MODEL;
  } else {
    return false;
  }
  return true;
}

bool kz_library_sort(kz_str path, enum kz_library_kind *ret_kind,
                     kz_str *ret_key) {
  kz_str above = path;
  kz_str name = cut_last(&above);
  kz_str folder = cut_last(&above);
  kz_str grand = cut_last(&above);
  kz_str stem;
  if (!is_json(name, &stem) || folder.len == 0) {
    return false;
  }
  if (sort_by_folder(folder, grand, ret_kind)) {
    *ret_key = stem;
    return true;
  }
  *ret_key = folder;
  if (kz_str_eq(name, KZ_STR("machinetag.json"))) {
    *ret_kind = KZ_LIBRARY_TAXONOMY;
  } else if (kz_str_eq(name, KZ_STR("list.json")) &&
             kz_str_eq(grand, KZ_STR("lists"))) {
    *ret_kind = kz_str_find(path, KZ_STR("noticelist")) != SIZE_MAX
                    ? KZ_LIBRARY_NOTICELIST
                    : KZ_LIBRARY_WARNINGLIST;
  } else if (kz_str_eq(name, KZ_STR("definition.json")) &&
             kz_str_eq(grand, KZ_STR("objects"))) {
    *ret_kind = KZ_LIBRARY_TEMPLATE;
  } else if (kz_str_eq(name, KZ_STR("definition.json")) &&
             kz_str_eq(folder, KZ_STR("relationships"))) {
    *ret_kind = KZ_LIBRARY_RELATIONSHIPS;
  } else {
    return false;
  }
  return true;
}

bool kz_library_is_notice(kz_str text) {
  struct kz_json json;
  struct kz_json_token token;
  kz_json_init(&json, text, NULL, KZ_JSON_LIMITS);
  kz_rc rc = kz_json_next(&json, &token);
  while (rc == KZ_OK && kz_json_next(&json, &token) == KZ_OK &&
         token.kind == KZ_JSON_KEY) {
    if (kz_str_eq(token.text, KZ_STR("notice"))) {
      return true;
    }
    rc = kz_json_skip(&json, &token);
  }
  return false;
}

kz_rc kz_library_read(kz_str text, struct kz_arena *arena,
                      struct kz_jsonv **ret_object, struct kz_err *err) {
  struct kz_jsonv *object = NULL;
  kz_rc rc = kz_jsonv_parse(text, arena, &object, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (object->kind != KZ_JSON_OBJECT) {
    return kz_library_wrong(text, object, err, "an object is due");
  }
  *ret_object = object;
  return KZ_OK;
}

kz_rc kz_library_wrong(kz_str text, const struct kz_jsonv *value,
                       struct kz_err *err, const char *format, ...) {
  char words[WORDS_BYTES];
  size_t byte = value->at > 0 ? value->at - 1 : 0;
  size_t line = 1;
  size_t begin = 0;
  va_list args;
  va_start(args, format);
  (void)vsnprintf(words, sizeof words, format, args);
  va_end(args);
  for (size_t i = 0; i < byte && i < text.len; i++) {
    if (text.ptr[i] == '\n') {
      line++;
      begin = i + 1;
    }
  }
  return kz_err_set(err, KZ_E_INPUT, "line %zu, column %zu (byte %zu): %s",
                    line, byte - begin + 1, byte, words);
}

kz_rc kz_library_text(kz_str text, const struct kz_jsonv *object,
                      const char *name, kz_str *ret, struct kz_err *err) {
  const struct kz_jsonv *value = kz_jsonv_get(object, kz_str_of(name));
  if (!value) {
    return kz_library_wrong(text, object, err, "\"%s\" is missing", name);
  }
  if (value->kind != KZ_JSON_STRING || value->text.len == 0) {
    return kz_library_wrong(text, value, err, "\"%s\": a text is due", name);
  }
  *ret = value->text;
  return KZ_OK;
}

kz_rc kz_library_array(kz_str text, const struct kz_jsonv *object,
                       const char *name, struct kz_jsonv **ret,
                       struct kz_err *err) {
  struct kz_jsonv *value = kz_jsonv_get(object, kz_str_of(name));
  if (value && value->kind != KZ_JSON_ARRAY && value->kind != KZ_JSON_NULL) {
    return kz_library_wrong(text, value, err, "\"%s\": a list is due", name);
  }
  *ret = value && value->kind == KZ_JSON_ARRAY ? value : NULL;
  return KZ_OK;
}
