/* Children are a list: documents here have some dozens of members, where
 * walking costs less than a table would to make. */
#include "base/jsonv.h"

#include <stdio.h>

/* A tree under construction: the containers that are open. */
struct growth {
  struct kz_arena *arena;
  struct kz_jsonv *open[KZ_JSONV_DEPTH_MAX];
  size_t depth;
  struct kz_jsonv *root;
  kz_str name; /* of the next value */
  size_t at;
};

struct kz_jsonv *kz_jsonv_new(struct kz_arena *arena, enum kz_json_kind kind) {
  struct kz_jsonv *value = kz_arena_alloc(arena, sizeof *value);
  if (value) {
    value->kind = kind;
  }
  return value;
}

void kz_jsonv_push(struct kz_jsonv *array, struct kz_jsonv *value) {
  value->next = NULL;
  if (array->last) {
    array->last->next = value;
  } else {
    array->first = value;
  }
  array->last = value;
  array->count++;
}

/* Hangs a value where it belongs; a container is open from now on. */
static kz_rc grow(struct growth *g, const struct kz_json_token *token) {
  struct kz_jsonv *value = kz_jsonv_new(g->arena, token->kind);
  if (!value || kz_arena_dup(g->arena, token->text, &value->text) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  value->name = g->name;
  value->at = g->at;
  g->name = KZ_STR_NONE;
  if (g->depth > 0) {
    kz_jsonv_push(g->open[g->depth - 1], value);
  } else {
    g->root = value;
  }
  if (token->kind == KZ_JSON_OBJECT || token->kind == KZ_JSON_ARRAY) {
    g->open[g->depth++] = value; /* the parser limits the depth */
  }
  return KZ_OK;
}

static kz_rc take(struct growth *g, const struct kz_json_token *token) {
  switch (token->kind) {
  case KZ_JSON_KEY:
    return kz_arena_dup(g->arena, token->text, &g->name);
  case KZ_JSON_OBJECT_END:
  case KZ_JSON_ARRAY_END:
    g->depth--;
    return KZ_OK;
  case KZ_JSON_OBJECT:
  case KZ_JSON_ARRAY:
  case KZ_JSON_STRING:
  case KZ_JSON_NUMBER:
  case KZ_JSON_TRUE:
  case KZ_JSON_FALSE:
  case KZ_JSON_NULL:
    break;
  }
  return grow(g, token);
}

kz_rc kz_jsonv_parse(kz_str text, struct kz_arena *arena,
                     struct kz_jsonv **ret_value, struct kz_err *err) {
  struct kz_json json;
  struct kz_json_token token;
  struct kz_json_limits limits = KZ_JSON_LIMITS;
  struct growth g = {.arena = arena};
  limits.depth = KZ_JSONV_DEPTH_MAX;
  kz_json_init(&json, text, arena, limits);
  kz_rc rc = kz_json_next(&json, &token);
  while (rc == KZ_OK) {
    g.at = kz_json_offset(&json);
    rc = take(&g, &token);
    if (rc != KZ_OK) {
      return kz_err_set(err, rc, "a JSON document: out of memory");
    }
    rc = kz_json_next(&json, &token);
  }
  if (rc != KZ_END) {
    return kz_json_explain(&json, err);
  }
  *ret_value = g.root;
  return KZ_OK;
}

/* Writes what a value is without its children; opens a container. */
static void write_one(const struct kz_jsonv *v, struct kz_jsonw *w) {
  switch (v->kind) {
  case KZ_JSON_OBJECT:
    kz_jsonw_object(w);
    break;
  case KZ_JSON_ARRAY:
    kz_jsonw_array(w);
    break;
  case KZ_JSON_STRING:
    kz_jsonw_str(w, v->text);
    break;
  case KZ_JSON_NUMBER:
    kz_jsonw_raw(w, v->text);
    break;
  case KZ_JSON_TRUE:
  case KZ_JSON_FALSE:
    kz_jsonw_bool(w, v->kind == KZ_JSON_TRUE);
    break;
  case KZ_JSON_NULL:
  case KZ_JSON_OBJECT_END:
  case KZ_JSON_ARRAY_END:
  case KZ_JSON_KEY:
    kz_jsonw_null(w);
    break;
  }
}

static void close_one(const struct kz_jsonv *v, struct kz_jsonw *w) {
  if (v->kind == KZ_JSON_OBJECT) {
    kz_jsonw_object_end(w);
  } else {
    kz_jsonw_array_end(w);
  }
}

void kz_jsonv_write(const struct kz_jsonv *value, struct kz_jsonw *w) {
  const struct kz_jsonv *open[KZ_JSONV_DEPTH_MAX];
  size_t depth = 0;
  const struct kz_jsonv *v = value;
  while (v) {
    if (depth > 0 && open[depth - 1]->kind == KZ_JSON_OBJECT) {
      kz_jsonw_key(w, v->name);
    }
    write_one(v, w);
    bool is_open = v->kind == KZ_JSON_OBJECT || v->kind == KZ_JSON_ARRAY;
    if (is_open && v->first && depth < KZ_JSONV_DEPTH_MAX) {
      open[depth++] = v;
      v = v->first;
      continue;
    }
    if (is_open) {
      close_one(v, w);
    }
    while (depth > 0 && !v->next) {
      v = open[--depth];
      close_one(v, w);
    }
    v = depth > 0 ? v->next : NULL;
  }
}

struct kz_jsonv *kz_jsonv_get(const struct kz_jsonv *object, kz_str name) {
  struct kz_jsonv *found = NULL;
  if (object && object->kind == KZ_JSON_OBJECT) {
    for (struct kz_jsonv *v = object->first; v; v = v->next) {
      found = kz_str_eq(v->name, name) ? v : found;
    }
  }
  return found;
}

kz_str kz_jsonv_text(const struct kz_jsonv *object, kz_str name) {
  const struct kz_jsonv *v = kz_jsonv_get(object, name);
  bool has_text = v && (v->kind == KZ_JSON_STRING || v->kind == KZ_JSON_NUMBER);
  return has_text ? v->text : KZ_STR_NONE;
}

uint64_t kz_jsonv_u64(const struct kz_jsonv *object, kz_str name,
                      uint64_t otherwise) {
  uint64_t number = 0;
  return kz_str_u64(kz_jsonv_text(object, name), &number) == KZ_OK ? number
                                                                   : otherwise;
}

bool kz_jsonv_flag(const struct kz_jsonv *object, kz_str name, bool otherwise) {
  const struct kz_jsonv *v = kz_jsonv_get(object, name);
  if (!v || v->kind == KZ_JSON_NULL) {
    return otherwise;
  }
  if (v->kind == KZ_JSON_TRUE || v->kind == KZ_JSON_FALSE) {
    return v->kind == KZ_JSON_TRUE;
  }
  kz_str text = v->text;
  if (kz_str_eq(text, KZ_STR("1")) || kz_str_eq_nocase(text, KZ_STR("true"))) {
    return true;
  }
  if (text.len == 0 || kz_str_eq(text, KZ_STR("0")) ||
      kz_str_eq_nocase(text, KZ_STR("false"))) {
    return false;
  }
  return otherwise;
}

bool kz_jsonv_set(struct kz_jsonv *object, kz_str name, struct kz_jsonv *value,
                  struct kz_arena *arena) {
  struct kz_jsonv *old = kz_jsonv_get(object, name);
  if (!value) {
    return false;
  }
  if (old) {
    struct kz_jsonv *next = old->next;
    kz_str kept = old->name;
    *old = *value;
    old->next = next;
    old->name = kept;
    return true;
  }
  if (kz_arena_dup(arena, name, &value->name) != KZ_OK) {
    return false;
  }
  kz_jsonv_push(object, value);
  return true;
}

static bool set_text(struct kz_jsonv *object, kz_str name,
                     enum kz_json_kind kind, kz_str text,
                     struct kz_arena *arena) {
  struct kz_jsonv *value = kz_jsonv_new(arena, kind);
  if (value) {
    value->text = text;
  }
  return kz_jsonv_set(object, name, value, arena);
}

bool kz_jsonv_set_str(struct kz_jsonv *object, kz_str name, kz_str text,
                      struct kz_arena *arena) {
  return set_text(object, name, KZ_JSON_STRING, text, arena);
}

bool kz_jsonv_set_u64(struct kz_jsonv *object, kz_str name, uint64_t number,
                      struct kz_arena *arena) {
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
  kz_str text;
  return kz_arena_dup(arena, (kz_str){digits, (size_t)len}, &text) == KZ_OK &&
         set_text(object, name, KZ_JSON_NUMBER, text, arena);
}

bool kz_jsonv_set_bool(struct kz_jsonv *object, kz_str name, bool flag,
                       struct kz_arena *arena) {
  return set_text(object, name, flag ? KZ_JSON_TRUE : KZ_JSON_FALSE,
                  KZ_STR_NONE, arena);
}

void kz_jsonv_drop(struct kz_jsonv *object, kz_str name) {
  struct kz_jsonv *before = NULL;
  for (struct kz_jsonv *v = object->first; v; v = v->next) {
    if (!kz_str_eq(v->name, name)) {
      before = v;
      continue;
    }
    if (before) {
      before->next = v->next;
    } else {
      object->first = v->next;
    }
    object->last = object->last == v ? before : object->last;
    object->count--;
  }
}
