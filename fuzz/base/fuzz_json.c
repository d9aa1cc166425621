/* Any bytes: reading, skipping and each way of scanning must agree on them, and
 * what is valid must come back the same from the writer. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_scan.h"
#include "base/jsonw.h"
#include "base/utf8.h"

enum { ARENA = 16 << 20, SMALL_DEPTH = 5, SMALL_STRING = 70 };

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

/* --- one reading --- */

struct reading {
  kz_rc rc;
  uint64_t byte;
  struct kz_buf tokens;
};

static void note(struct kz_buf *out, const struct kz_json_token *token) {
  kz_buf_add_byte(out, (char)('a' + (int)token->kind));
  kz_buf_add_u64(out, token->text.len);
  kz_buf_add_byte(out, ' ');
  kz_buf_add_str(out, token->text);
}

/* `scan` instead of the fastest, which only its name in the struct allows. */
static void read_text(kz_str text, struct kz_json_limits limits,
                      const struct kz_json_scan *scan, struct reading *ret) {
  KZ_ARENA(arena, ARENA);
  struct kz_json json;
  kz_json_init(&json, text, arena, limits);
  json.scan = scan;
  kz_buf_init(&ret->tokens, ARENA);
  struct kz_json_token token;
  ret->rc = kz_json_next(&json, &token);
  for (; ret->rc == KZ_OK; ret->rc = kz_json_next(&json, &token)) {
    must(kz_utf8_is_valid(token.text));
    note(&ret->tokens, &token);
  }
  ret->byte = kz_json_where(&json).byte;
  struct kz_err err = KZ_ERR_NONE;
  must(kz_json_explain(&json, &err) == ret->rc);
  must(ret->byte <= text.len);
}

static void must_be_same(const struct reading *a, const struct reading *b) {
  must(a->rc == b->rc && a->byte == b->byte);
  must(kz_str_eq(kz_buf_str(&a->tokens), kz_buf_str(&b->tokens)));
}

static void check_skip(kz_str text, struct kz_json_limits limits,
                       const struct reading *sure) {
  struct kz_json json;
  kz_json_init(&json, text, NULL, limits);
  kz_str raw = KZ_STR_NONE;
  kz_rc rc = kz_json_raw(&json, &raw);
  if (rc == KZ_OK) {
    must(raw.ptr >= text.ptr && raw.len <= text.len);
    struct kz_json_token token;
    rc = kz_json_next(&json, &token);
  }
  must(rc == sure->rc && kz_json_where(&json).byte == sure->byte);
}

/* Skips every member's value, and every second element. */
static void check_shallow_skip(kz_str text, struct kz_json_limits limits,
                               const struct reading *sure) {
  KZ_ARENA(arena, ARENA);
  struct kz_json json;
  kz_json_init(&json, text, arena, limits);
  struct kz_json_token token;
  kz_rc rc = kz_json_next(&json, &token);
  for (size_t i = 0; rc == KZ_OK; i++) {
    if (token.kind == KZ_JSON_KEY || (i > 0 && i % 2 == 0)) {
      rc = kz_json_skip(&json, &token);
    }
    if (rc == KZ_OK) {
      rc = kz_json_next(&json, &token);
    }
  }
  must(rc == sure->rc && kz_json_where(&json).byte == sure->byte);
}

/* --- there and back --- */

static void write_token(struct kz_jsonw *w, const struct kz_json_token *token) {
  switch (token->kind) {
  case KZ_JSON_OBJECT:
    kz_jsonw_object(w);
    break;
  case KZ_JSON_OBJECT_END:
    kz_jsonw_object_end(w);
    break;
  case KZ_JSON_ARRAY:
    kz_jsonw_array(w);
    break;
  case KZ_JSON_ARRAY_END:
    kz_jsonw_array_end(w);
    break;
  case KZ_JSON_KEY:
    kz_jsonw_key(w, token->text);
    break;
  case KZ_JSON_STRING:
    kz_jsonw_str(w, token->text);
    break;
  case KZ_JSON_NUMBER:
    kz_jsonw_raw(w, token->text);
    break;
  case KZ_JSON_TRUE:
  case KZ_JSON_FALSE:
    kz_jsonw_bool(w, token->kind == KZ_JSON_TRUE);
    break;
  case KZ_JSON_NULL:
    kz_jsonw_null(w);
    break;
  }
}

static void check_writer(kz_str text, const struct reading *sure) {
  KZ_ARENA(arena, ARENA);
  KZ_BUF(copy, ARENA);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &copy);
  struct kz_json json;
  kz_json_init(&json, text, arena, KZ_JSON_LIMITS);
  struct kz_json_token token;
  while (kz_json_next(&json, &token) == KZ_OK) {
    write_token(&w, &token);
  }
  must(!kz_buf_failed(&copy));
  struct reading again;
  read_text(kz_buf_str(&copy), KZ_JSON_LIMITS, kz_json_scan(0), &again);
  must(again.rc == KZ_END);
  must(kz_str_eq(kz_buf_str(&again.tokens), kz_buf_str(&sure->tokens)));
  kz_buf_done(&again.tokens);
}

/* Bytes that need not be UTF-8 become a string that is. */
static void check_written_string(kz_str text) {
  KZ_BUF(written, ARENA);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &written);
  kz_jsonw_str(&w, text);
  must(!kz_buf_failed(&written));
  KZ_ARENA(arena, ARENA);
  struct kz_json json;
  kz_json_init(&json, kz_buf_str(&written), arena, KZ_JSON_LIMITS);
  struct kz_json_token token;
  must(kz_json_next(&json, &token) == KZ_OK && token.kind == KZ_JSON_STRING);
  must(!kz_utf8_is_valid(text) || kz_str_eq(token.text, text));
  must(kz_json_next(&json, &token) == KZ_END);
}

static void check_reading(kz_str text, struct kz_json_limits limits) {
  struct reading sure;
  read_text(text, limits, kz_json_scan(0), &sure);
  for (size_t i = 1; kz_json_scan(i); i++) {
    struct reading other;
    read_text(text, limits, kz_json_scan(i), &other);
    must_be_same(&sure, &other);
    kz_buf_done(&other.tokens);
  }
  check_skip(text, limits, &sure);
  check_shallow_skip(text, limits, &sure);
  if (sure.rc == KZ_END && limits.depth > SMALL_DEPTH) {
    check_writer(text, &sure);
  }
  kz_buf_done(&sure.tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  check_reading(text, KZ_JSON_LIMITS);
  check_reading(text, (struct kz_json_limits){SMALL_DEPTH, SMALL_STRING});
  check_written_string(text);
  return 0;
}
