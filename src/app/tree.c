#include "app/tree.h"

enum { DEPTH_MAX = 64 };

static struct kz_tree *append(struct kz_tree *parent, struct kz_tree **last,
                              struct kz_arena *arena) {
  struct kz_tree *node = kz_arena_alloc(arena, sizeof *node);
  if (node && parent) {
    if (*last) {
      (*last)->next = node;
    } else {
      parent->first = node;
    }
    *last = node;
    parent->count++;
  }
  return node;
}

kz_rc kz_tree_read(kz_str text, struct kz_arena *arena,
                   struct kz_tree **ret_tree) {
  struct kz_json json;
  struct kz_json_token token;
  struct kz_tree *open[DEPTH_MAX];
  struct kz_tree *last[DEPTH_MAX] = {NULL};
  size_t depth = 0;
  kz_str name = KZ_STR_NONE;
  kz_json_init(&json, text, arena, KZ_JSON_LIMITS);
  kz_rc rc = KZ_OK;
  struct kz_tree *root = NULL;
  while ((rc = kz_json_next(&json, &token)) == KZ_OK) {
    if (token.kind == KZ_JSON_KEY) {
      name = token.text;
      continue;
    }
    if (token.kind == KZ_JSON_OBJECT_END || token.kind == KZ_JSON_ARRAY_END) {
      depth--;
      continue;
    }
    struct kz_tree *node = append(depth > 0 ? open[depth - 1] : NULL,
                                  depth > 0 ? &last[depth - 1] : NULL, arena);
    if (!node || depth >= DEPTH_MAX) {
      return KZ_E_MEMORY;
    }
    root = root ? root : node;
    node->kind = token.kind;
    node->name = name;
    node->text = token.text;
    name = KZ_STR_NONE;
    if (token.kind == KZ_JSON_OBJECT || token.kind == KZ_JSON_ARRAY) {
      last[depth] = NULL;
      open[depth++] = node;
    }
  }
  if (rc != KZ_END) {
    return rc;
  }
  *ret_tree = root;
  return KZ_OK;
}

const struct kz_tree *kz_tree_member(const struct kz_tree *tree,
                                     const char *name) {
  const struct kz_tree *node =
      tree && tree->kind == KZ_JSON_OBJECT ? tree->first : NULL;
  while (node && !kz_str_eq(node->name, kz_str_of(name))) {
    node = node->next;
  }
  return node;
}

kz_str kz_tree_text(const struct kz_tree *tree) {
  if (!tree) {
    return KZ_STR("");
  }
  switch (tree->kind) {
  case KZ_JSON_STRING:
  case KZ_JSON_NUMBER:
    return tree->text;
  case KZ_JSON_TRUE:
    return KZ_STR("true");
  case KZ_JSON_FALSE:
    return KZ_STR("false");
  case KZ_JSON_OBJECT:
  case KZ_JSON_OBJECT_END:
  case KZ_JSON_ARRAY:
  case KZ_JSON_ARRAY_END:
  case KZ_JSON_KEY:
  case KZ_JSON_NULL:
    break;
  }
  return KZ_STR("");
}
