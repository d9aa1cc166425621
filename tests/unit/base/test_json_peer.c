/* Another parser's opinion: yajl reads the same texts and must find the same.
 *
 * The rule: what we accept yajl accepts, with the same tokens; what we refuse
 * it refuses, but for the laxness listed in `is_known_laxness`. The texts are
 * the tables of test_json.c, the fuzz corpus, and the JSON of the shared data
 * where it is present. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/json.h"
#include "json_cases.h"

#define FILE_MAX ((size_t)64 << 20)

/* As deep as both can: yajl knows no limit. */
static const struct kz_json_limits limits = {.depth = KZ_JSON_DEPTH_MAX,
                                             .string = FILE_MAX};

/* --- the tokens of both, written down in one form --- */

static void note(struct kz_buf *out, char kind, const char *text, size_t len) {
  kz_buf_add_byte(out, kind);
  kz_buf_add_u64(out, len);
  kz_buf_add_byte(out, ' ');
  kz_buf_add(out, text, len);
}

static int on_null(void *out) {
  note(out, 'n', NULL, 0);
  return 1;
}
static int on_bool(void *out, int value) {
  note(out, value ? 't' : 'f', NULL, 0);
  return 1;
}
static int on_number(void *out, const char *text, size_t len) {
  note(out, '0', text, len);
  return 1;
}
static int on_string(void *out, const unsigned char *text, size_t len) {
  note(out, '"', (const char *)text, len);
  return 1;
}
static int on_key(void *out, const unsigned char *text, size_t len) {
  note(out, ':', (const char *)text, len);
  return 1;
}
static int on_object(void *out) {
  note(out, '{', NULL, 0);
  return 1;
}
static int on_object_end(void *out) {
  note(out, '}', NULL, 0);
  return 1;
}
static int on_array(void *out) {
  note(out, '[', NULL, 0);
  return 1;
}
static int on_array_end(void *out) {
  note(out, ']', NULL, 0);
  return 1;
}

static bool read_by_yajl(kz_str text, struct kz_buf *out) {
  static const yajl_callbacks callbacks = {
      .yajl_null = on_null,
      .yajl_boolean = on_bool,
      .yajl_number = on_number,
      .yajl_string = on_string,
      .yajl_start_map = on_object,
      .yajl_map_key = on_key,
      .yajl_end_map = on_object_end,
      .yajl_start_array = on_array,
      .yajl_end_array = on_array_end,
  };
  yajl_handle yajl = yajl_alloc(&callbacks, NULL, out);
  assert_non_null(yajl);
  const unsigned char *bytes = (const unsigned char *)text.ptr;
  bool is_good = yajl_parse(yajl, bytes, text.len) == yajl_status_ok &&
                 yajl_complete_parse(yajl) == yajl_status_ok;
  yajl_free(yajl);
  return is_good;
}

static bool read_by_us(struct kz_json *json, struct kz_buf *out) {
  static const char kinds[] = {
      [KZ_JSON_OBJECT] = '{', [KZ_JSON_OBJECT_END] = '}',
      [KZ_JSON_ARRAY] = '[',  [KZ_JSON_ARRAY_END] = ']',
      [KZ_JSON_KEY] = ':',    [KZ_JSON_STRING] = '"',
      [KZ_JSON_NUMBER] = '0', [KZ_JSON_TRUE] = 't',
      [KZ_JSON_FALSE] = 'f',  [KZ_JSON_NULL] = 'n',
  };
  struct kz_json_token token;
  kz_rc rc = kz_json_next(json, &token);
  for (; rc == KZ_OK; rc = kz_json_next(json, &token)) {
    note(out, kinds[token.kind], token.text.ptr, token.text.len);
  }
  return rc == KZ_END;
}

/* --- the rule --- */

/* What yajl 2.1 accepts and RFC 8259 does not. */
static bool is_known_laxness(kz_str text, const struct kz_json *json) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_json_explain(json, &err);
  size_t byte = (size_t)kz_json_where(json).byte;
  char c = byte < text.len ? text.ptr[byte] : '\0';
  bool is_more_space = c == '\v' || c == '\f';
  /* Overlong forms, surrogates and numbers above U+10FFFF. */
  bool is_utf8 = strstr(err.text, "this is not UTF-8") != NULL;
  /* A lone surrogate becomes '?'. */
  bool is_surrogate = strstr(err.text, "a surrogate its other half") != NULL &&
                      byte + 2 < text.len && text.ptr[byte + 1] == 'u' &&
                      kz_to_lower(text.ptr[byte + 2]) == 'd';
  return rc == KZ_E_LIMIT || is_more_space || is_utf8 || is_surrogate;
}

static void assert_same_opinion(kz_str text, const char *label) {
  KZ_BUF(theirs, 2 * FILE_MAX);
  KZ_BUF(ours, 2 * FILE_MAX);
  KZ_ARENA(arena, FILE_MAX);
  struct kz_json json;
  kz_json_init(&json, text, arena, limits);
  bool we_accept = read_by_us(&json, &ours);
  bool they_accept = read_by_yajl(text, &theirs);
  if (we_accept != they_accept &&
      (we_accept || !is_known_laxness(text, &json))) {
    struct kz_err err = KZ_ERR_NONE;
    (void)kz_json_explain(&json, &err);
    fail_msg("%s: we %s: %s", label, we_accept ? "accept" : "refuse", err.text);
  }
  if (we_accept && !kz_str_eq(kz_buf_str(&ours), kz_buf_str(&theirs))) {
    fail_msg("%s: other tokens", label);
  }
}

/* --- the texts --- */

static void tables_get_the_same_opinion(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof valid_cases / sizeof valid_cases[0]; i++) {
    assert_same_opinion(valid_cases[i], valid_cases[i].ptr);
  }
  for (size_t i = 0; i < sizeof invalid_cases / sizeof invalid_cases[0]; i++) {
    assert_same_opinion(invalid_cases[i], invalid_cases[i].ptr);
  }
}

static kz_rc compare_file(void *ctx, const char *path, struct kz_err *err) {
  size_t *count = ctx;
  KZ_BUF(text, FILE_MAX);
  kz_rc rc = kz_file_read(path, &text, err);
  if (rc == KZ_E_LIMIT) {
    return KZ_OK;
  }
  if (rc == KZ_OK) {
    assert_same_opinion(kz_buf_str(&text), path);
    *count += 1;
  }
  return rc;
}

static kz_rc compare_json_file(void *ctx, const char *path,
                               struct kz_err *err) {
  return kz_str_ends(kz_str_of(path), KZ_STR(".json"))
             ? compare_file(ctx, path, err)
             : KZ_OK;
}

static const char *source_root(void) {
  const char *root = getenv("KIZASHI_SOURCE_ROOT");
  return root ? root : ".";
}

static void the_fuzz_corpus_gets_the_same_opinion(void **state) {
  (void)state;
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/fuzz/corpus/json", source_root());
  size_t count = 0;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_folder_walk(path, compare_file, &count, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  assert_true(count >= 60);
}

static void shared_data_get_the_same_opinion(void **state) {
  (void)state;
  char path[4096];
  const char *shared = getenv("KIZASHI_SHARED");
  (void)snprintf(path, sizeof path, "%s%s/data",
                 shared ? shared : source_root(), shared ? "" : "/../shared");
  struct stat st;
  if (stat(path, &st) != 0) {
    print_message("skipped: there is no %s\n", path);
    skip();
  }
  size_t count = 0;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_folder_walk(path, compare_json_file, &count, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  assert_true(count > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_get_the_same_opinion),
      cmocka_unit_test(the_fuzz_corpus_gets_the_same_opinion),
      cmocka_unit_test(shared_data_get_the_same_opinion),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
