/* A JSON text as a tree, for showing answers to people. */
#ifndef KZ_APP_TREE_H
#define KZ_APP_TREE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_tree {
  enum kz_json_kind kind; /* OBJECT, ARRAY, STRING, NUMBER, TRUE ... */
  kz_str name;            /* in its object */
  kz_str text;            /* of a string or number */
  struct kz_tree *first;  /* child */
  struct kz_tree *next;   /* sibling */
  size_t count;           /* of children */
};

/* Reads a text into `arena`, from which all texts are borrowed. */
KZ_MUST_USE kz_rc kz_tree_read(kz_str json, struct kz_arena *arena,
                               struct kz_tree **ret_tree);

/* The member of that name, NULL when there is none (or `tree` is NULL). */
const struct kz_tree *kz_tree_member(const struct kz_tree *tree,
                                     const char *name);
/* Its text: strings and numbers as they are, "true", "false", "" otherwise. */
kz_str kz_tree_text(const struct kz_tree *tree);

#endif
