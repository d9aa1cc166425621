/* A strict JSON pull parser (RFC 8259) over text that is in memory.
 *
 * The caller asks for one token after another; nothing is built. Strings come
 * unescaped: without a backslash they point into the text, otherwise into the
 * arena; \u0000 is a NUL byte like any other. UTF-8 is validated (RFC 3629; no
 * surrogates, no overlong forms), lone \u surrogates and a byte order mark are
 * refused, depth and string length are limited. Duplicate keys are passed on;
 * the last one wins by the caller's assignment. After a failure every further
 * call fails in the same way. One thread at a time. */
#ifndef KZ_BASE_JSON_H
#define KZ_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum kz_json_kind {
  KZ_JSON_OBJECT,     /* { */
  KZ_JSON_OBJECT_END, /* } */
  KZ_JSON_ARRAY,      /* [ */
  KZ_JSON_ARRAY_END,  /* ] */
  KZ_JSON_KEY,        /* text: the member's name */
  KZ_JSON_STRING,     /* text: unescaped */
  KZ_JSON_NUMBER,     /* text: as it stands in the input */
  KZ_JSON_TRUE,
  KZ_JSON_FALSE,
  KZ_JSON_NULL,
};

struct kz_json_token {
  enum kz_json_kind kind;
  kz_str text; /* empty but for keys, strings and numbers */
};

struct kz_json_limits {
  size_t depth;  /* open objects and arrays, at most KZ_JSON_DEPTH_MAX */
  size_t string; /* bytes of one string or number as it stands in the text */
};

enum {
  KZ_JSON_DEPTH_MAX = 1024,
  KZ_JSON_MAP_WORDS = 16, /* of a map of the text ahead, see json.c */
};
#define KZ_JSON_LIMITS                                                         \
  ((struct kz_json_limits){.depth = 64, .string = (size_t)256 << 20})

/* Where something stands: line and column from 1 (column in bytes), byte from
 * 0. */
struct kz_json_place {
  uint64_t line;
  uint64_t column;
  uint64_t byte;
};

struct kz_json_scan;

/* Private to json.c; here so that it can live on the stack. */
struct kz_json {
  const char *start;
  const char *at;
  const char *end;
  const struct kz_json_scan *scan;
  struct kz_arena *arena;
  struct kz_json_limits limits;
  size_t depth;
  uint8_t state;
  kz_rc rc;
  const char *problem;
  const char *problem_at;
  uint64_t open[KZ_JSON_DEPTH_MAX / 64]; /* bit 1: an object, 0: an array */
  const char *map_start;
  size_t map_size;
  const char *easy_end;
  uint64_t ends[KZ_JSON_MAP_WORDS + 1];
  uint64_t high[KZ_JSON_MAP_WORDS + 1];
};

/* Begins at the start of `text`. Both `text` and `arena` must outlive all
 * tokens. `arena` only takes strings that have escapes; it may be NULL where
 * all is skipped or taken raw. A depth above KZ_JSON_DEPTH_MAX means that. */
void kz_json_init(struct kz_json *json, kz_str text, struct kz_arena *arena,
                  struct kz_json_limits limits);

/* The next token. KZ_END after the one top-level value and nothing but white
 * space; KZ_E_INPUT, KZ_E_LIMIT or KZ_E_MEMORY (arena full) on failure. The
 * colon after a key is read with the key. */
KZ_MUST_USE kz_rc kz_json_next(struct kz_json *json,
                               struct kz_json_token *ret_token);

/* Passes over what the token that was just read belongs to, so that a caller
 * who does not want it can skip any token: with a KEY its value, with OBJECT or
 * ARRAY the rest up to its end, with any other nothing, as that value is read
 * already. With NULL it passes over the value that comes next where one is due
 * (at the start, after a key, in an array); KZ_END when the array has no more,
 * whose end is then the next token. Validates as strictly as kz_json_next. */
KZ_MUST_USE kz_rc kz_json_skip(struct kz_json *json,
                               const struct kz_json_token *token);

/* Like kz_json_skip with NULL; `*ret_raw` is the text of the value as it stands
 * in the input (validated, without white space around it). */
KZ_MUST_USE kz_rc kz_json_raw(struct kz_json *json, kz_str *ret_raw);

/* Where the parser stands now (after the last token), or where the failure is.
 * Lines end with \n. Costs a scan of the text before that place. */
struct kz_json_place kz_json_where(const struct kz_json *json);

/* The byte of the text that is read next: cheap, unlike kz_json_where. After an
 * opening bracket the bracket is the byte before. */
static inline size_t kz_json_offset(const struct kz_json *json) {
  return (size_t)(json->at - json->start);
}

/* What is wrong, without its place; static. NULL while nothing is. */
static inline const char *kz_json_problem(const struct kz_json *json) {
  return json->problem;
}

/* Writes "line L, column C (byte B): problem" and returns the failure's code.
 * Without a failure `err` is untouched and KZ_OK or KZ_END returned. */
kz_rc kz_json_explain(const struct kz_json *json, struct kz_err *err);

/* Whether `text` is one whole JSON value. */
bool kz_json_is_valid(kz_str text, struct kz_json_limits limits);

#endif
