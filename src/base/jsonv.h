/* A small JSON document as a tree in an arena: for settings, library entries
 * and request bodies that are read member by member and written again.
 *
 * What is large or many (events, logs) is read with base/json.h instead: a
 * tree costs some 80 bytes a value. Names and texts are copied into the arena,
 * so the tree outlives what it was read from. Members keep their order; of two
 * with one name the last counts. One thread at a time. */
#ifndef KZ_BASE_JSONV_H
#define KZ_BASE_JSONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "base/rc.h"
#include "base/str.h"

enum { KZ_JSONV_DEPTH_MAX = 32 };

/* A value. OBJECT and ARRAY have children, STRING and NUMBER a text. */
struct kz_jsonv {
  enum kz_json_kind kind; /* never an END or a KEY */
  kz_str name;            /* of a member; empty in an array */
  kz_str text;
  struct kz_jsonv *first;
  struct kz_jsonv *last;
  struct kz_jsonv *next;
  size_t count; /* children */
  size_t at;    /* where it stood: the byte behind its first token */
};

/* Reads one whole document into `arena`. KZ_E_INPUT and KZ_E_LIMIT (depth)
 * with line and column; KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_jsonv_parse(kz_str text, struct kz_arena *arena,
                                 struct kz_jsonv **ret_value,
                                 struct kz_err *err);
/* Writes the value (without its name) where one is due. */
void kz_jsonv_write(const struct kz_jsonv *value, struct kz_jsonw *w);

/* An empty object or array. NULL when out of memory. */
struct kz_jsonv *kz_jsonv_new(struct kz_arena *arena, enum kz_json_kind kind);

/* The member of that name; NULL when there is none or `object` is none. */
struct kz_jsonv *kz_jsonv_get(const struct kz_jsonv *object, kz_str name);

/* The member as text: of a string or number; KZ_STR_NONE otherwise. */
kz_str kz_jsonv_text(const struct kz_jsonv *object, kz_str name);
/* The member as a number, also of a string of digits ("5"). */
uint64_t kz_jsonv_u64(const struct kz_jsonv *object, kz_str name,
                      uint64_t otherwise);
/* The member as a flag: true, 1, "1", "true" or false, 0, "0", "", "false". */
bool kz_jsonv_flag(const struct kz_jsonv *object, kz_str name, bool otherwise);

/* Replaces the member of that name, or adds it at the end. Texts are borrowed.
 * `value` may not be in a tree already. False when out of memory. */
bool kz_jsonv_set(struct kz_jsonv *object, kz_str name, struct kz_jsonv *value,
                  struct kz_arena *arena);
bool kz_jsonv_set_str(struct kz_jsonv *object, kz_str name, kz_str text,
                      struct kz_arena *arena);
bool kz_jsonv_set_u64(struct kz_jsonv *object, kz_str name, uint64_t number,
                      struct kz_arena *arena);
bool kz_jsonv_set_bool(struct kz_jsonv *object, kz_str name, bool flag,
                       struct kz_arena *arena);
/* Takes the member away, if it is there. */
void kz_jsonv_drop(struct kz_jsonv *object, kz_str name);
/* Adds at the end of an array. */
void kz_jsonv_push(struct kz_jsonv *array, struct kz_jsonv *value);

#endif
