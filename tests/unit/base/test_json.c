#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "json_cases.h"

enum { MEGABYTE = 1 << 20, TOKENS = 64 };

/* A copy that ends where its memory ends, for the sanitizer. */
static char *exact_copy(kz_str text) {
  char *copy = malloc(text.len > 0 ? text.len : 1);
  assert_non_null(copy);
  if (text.len > 0) {
    memcpy(copy, text.ptr, text.len);
  }
  return copy;
}

/* Reads to the end; the code that ended it. */
static kz_rc read_all(struct kz_json *json, size_t *ret_tokens) {
  struct kz_json_token token;
  kz_rc rc = kz_json_next(json, &token);
  for (*ret_tokens = 0; rc == KZ_OK; rc = kz_json_next(json, &token)) {
    *ret_tokens += 1;
  }
  return rc;
}

/* next, skip and raw must say the same of the text, and at the same place. */
static void assert_validity(kz_str text, bool is_valid, const char *label) {
  char *copy = exact_copy(text);
  kz_str exact = {copy, text.len};
  KZ_ARENA(arena, MEGABYTE);
  struct kz_json read;
  kz_json_init(&read, exact, arena, KZ_JSON_LIMITS);
  size_t tokens = 0;
  kz_rc rc = read_all(&read, &tokens);
  if (rc != (is_valid ? KZ_END : KZ_E_INPUT)) {
    fail_msg("%s: %.200s", label, kz_rc_name(rc));
  }
  struct kz_json skipped;
  kz_json_init(&skipped, exact, NULL, KZ_JSON_LIMITS);
  struct kz_json_token token;
  if (kz_json_skip(&skipped, NULL) == KZ_OK) {
    assert_int_equal(kz_json_next(&skipped, &token), rc);
  }
  assert_int_equal(kz_json_where(&skipped).byte, kz_json_where(&read).byte);
  assert_int_equal(kz_json_is_valid(exact, KZ_JSON_LIMITS), is_valid);
  free(copy);
}

/* The same value far into a text, among members that are read the easy way. */
static void assert_validity_inside(kz_str value, bool is_valid,
                                   const char *label) {
  KZ_BUF(text, MEGABYTE);
  for (size_t members = 0; members < 200; members += 97) {
    kz_buf_clear(&text);
    kz_buf_add_str(&text, KZ_STR("{\"first\":\"a\""));
    for (size_t i = 0; i < members; i++) {
      kz_buf_add_str(&text, KZ_STR(",\"some key\":\"some value of it\""));
    }
    kz_buf_add_str(&text, KZ_STR(",\"k\":"));
    kz_buf_add_str(&text, value);
    for (size_t i = 0; i < members; i++) {
      kz_buf_add_str(&text, KZ_STR(",\"key after\":\"some value of it\""));
    }
    kz_buf_add_byte(&text, '}');
    assert_validity(kz_buf_str(&text), is_valid, label);
  }
}

static void valid_texts_are_accepted(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof valid_cases / sizeof valid_cases[0]; i++) {
    assert_validity(valid_cases[i], true, valid_cases[i].ptr);
    assert_validity_inside(valid_cases[i], true, valid_cases[i].ptr);
  }
}

static void invalid_texts_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof invalid_cases / sizeof invalid_cases[0]; i++) {
    assert_validity(invalid_cases[i], false, invalid_cases[i].ptr);
    assert_validity_inside(invalid_cases[i], false, invalid_cases[i].ptr);
  }
}

static void every_valid_text_is_invalid_when_cut_short(void **state) {
  (void)state;
  kz_str text =
      KZ_STR("{\"a\":[1,-2.5e+3,true,null,{}],\"b\\n\\u00e9\":\"\\ud83d"
             "\\ude00 \xE3\x81\x82\",\"c\":{\"d\":[[]]}}");
  assert_validity(text, true, "whole");
  for (size_t len = 0; len < text.len; len++) {
    assert_validity(kz_str_head(text, len), false, "cut");
  }
}

static void no_empty_text_is_valid(void **state) {
  (void)state;
  assert_validity(KZ_STR(""), false, "empty");
  assert_validity(KZ_STR_NONE, false, "none");
  assert_validity(KZ_STR(" \n "), false, "blank");
  assert_validity(KZ_STR("\xEF\xBB\xBF{}"), false, "byte order mark");
}

static void every_character_is_accepted_raw_and_escaped(void **state) {
  (void)state;
  for (uint32_t point = 0; point <= 0x10FFFF;
       point += point < 0x300 ? 1 : 251) {
    if (point >= 0xD800 && point <= 0xDFFF) {
      continue;
    }
    char escaped[32];
    if (point > 0xFFFF) {
      (void)snprintf(escaped, sizeof escaped, "\"\\u%04x\\u%04X\"",
                     0xD800 + ((point - 0x10000) >> 10),
                     0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      (void)snprintf(escaped, sizeof escaped, "\"\\u%04x\"", point);
    }
    KZ_ARENA(arena, 4096);
    struct kz_json json;
    kz_json_init(&json, kz_str_of(escaped), arena, KZ_JSON_LIMITS);
    struct kz_json_token token;
    assert_int_equal(kz_json_next(&json, &token), KZ_OK);
    uint32_t decoded = 0;
    assert_int_equal(kz_utf8_decode(token.text, &decoded), token.text.len);
    assert_int_equal(decoded, point);
    char raw[8] = {'"', [1] = 0};
    memcpy(raw + 1, token.text.ptr, token.text.len);
    raw[1 + token.text.len] = '"';
    bool is_plain = point >= 0x20 && point != '"' && point != '\\';
    assert_int_equal(
        kz_json_is_valid((kz_str){raw, token.text.len + 2}, KZ_JSON_LIMITS),
        is_plain);
  }
}

struct expected {
  enum kz_json_kind kind;
  kz_str text;
};

static void assert_tokens(kz_str text, const struct expected *expected,
                          size_t count) {
  KZ_ARENA(arena, MEGABYTE);
  struct kz_json json;
  kz_json_init(&json, text, arena, KZ_JSON_LIMITS);
  struct kz_json_token token;
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(kz_json_next(&json, &token), KZ_OK);
    assert_int_equal(token.kind, expected[i].kind);
    assert_int_equal(token.text.len, expected[i].text.len);
    assert_memory_equal(token.text.ptr ? token.text.ptr : "",
                        expected[i].text.ptr ? expected[i].text.ptr : "",
                        token.text.len);
  }
  assert_int_equal(kz_json_next(&json, &token), KZ_END);
  assert_int_equal(kz_json_next(&json, &token), KZ_END);
}

static void tokens_come_in_order_with_their_text(void **state) {
  (void)state;
  static const struct expected expected[] = {
      {KZ_JSON_OBJECT, {NULL, 0}},     {KZ_JSON_KEY, {"a", 1}},
      {KZ_JSON_ARRAY, {NULL, 0}},      {KZ_JSON_NUMBER, {"-1.50E+2", 8}},
      {KZ_JSON_TRUE, {NULL, 0}},       {KZ_JSON_FALSE, {NULL, 0}},
      {KZ_JSON_NULL, {NULL, 0}},       {KZ_JSON_STRING, {"", 0}},
      {KZ_JSON_ARRAY_END, {NULL, 0}},  {KZ_JSON_KEY, {"a", 1}},
      {KZ_JSON_OBJECT, {NULL, 0}},     {KZ_JSON_OBJECT_END, {NULL, 0}},
      {KZ_JSON_KEY, {"", 0}},          {KZ_JSON_STRING, {"b", 1}},
      {KZ_JSON_OBJECT_END, {NULL, 0}},
  };
  size_t count = sizeof expected / sizeof expected[0];
  assert_tokens(KZ_STR("{\"a\":[-1.50E+2,true,false,null,\"\"],\"a\":{},\"\":"
                       "\"b\"}"),
                expected, count);
  assert_tokens(
      KZ_STR("\r\n{ \"a\" :\t[ -1.50E+2 , true , false,\n null , \"\" "
             "] , \"a\" : { } ,\n\"\"  :  \"b\" }\n\n"),
      expected, count);
}

static void escapes_become_what_they_stand_for(void **state) {
  (void)state;
  static const struct expected expected[] = {
      {KZ_JSON_STRING, {"\" \\ / \b \f \n \r \t", 15}},
  };
  assert_tokens(KZ_STR("\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t\""), expected, 1);
  static const struct expected unicode[] = {
      {KZ_JSON_STRING, {"A\0\xC3\xA9\xE3\x81\x82\xF0\x9F\x98\x80!", 12}},
  };
  assert_tokens(KZ_STR("\"\\u0041\\u0000\\u00e9\\u3042\\uD83D\\uDE00!\""),
                unicode, 1);
}

static void strings_without_escapes_point_into_the_text(void **state) {
  (void)state;
  kz_str text = KZ_STR("[\"abc\",\"a\xE3\x81\x82\"]");
  struct kz_json json;
  kz_json_init(&json, text, NULL, KZ_JSON_LIMITS);
  struct kz_json_token token;
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_ptr_equal(token.text.ptr, text.ptr + 2);
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_ptr_equal(token.text.ptr, text.ptr + 8);
}

/* Every length and place in the window, with an escape at every distance. */
static void strings_of_any_length_come_back_whole(void **state) {
  (void)state;
  KZ_BUF(text, MEGABYTE);
  for (size_t len = 0; len < 300; len++) {
    kz_buf_clear(&text);
    for (size_t i = 0; i < 20; i++) {
      kz_buf_add_format(&text, "%s\"%0*d\\n%0*d\":\"%0*d\xC3\xA9\"",
                        i == 0 ? "{" : ",", (int)len, 0, (int)(300 - len), 0,
                        (int)len, 0);
    }
    kz_buf_add_byte(&text, '}');
    KZ_ARENA(arena, MEGABYTE);
    struct kz_json json;
    kz_json_init(&json, kz_buf_str(&text), arena, KZ_JSON_LIMITS);
    struct kz_json_token token;
    assert_int_equal(kz_json_next(&json, &token), KZ_OK);
    for (size_t i = 0; i < 20; i++) {
      size_t width = len > 0 ? len : 1;
      size_t rest = 300 - len;
      assert_int_equal(kz_json_next(&json, &token), KZ_OK);
      assert_int_equal(token.text.len, width + 1 + rest);
      assert_int_equal(kz_str_find_byte(token.text, '\n'), width);
      assert_int_equal(kz_json_next(&json, &token), KZ_OK);
      assert_int_equal(token.text.len, width + 2);
      assert_memory_equal(token.text.ptr + width, "\xC3\xA9", 2);
    }
    assert_int_equal(kz_json_next(&json, &token), KZ_OK);
    assert_int_equal(kz_json_next(&json, &token), KZ_END);
  }
}

static void assert_failure(kz_str text, struct kz_json_limits limits, kz_rc rc,
                           const char *words) {
  KZ_ARENA(arena, MEGABYTE);
  struct kz_json json;
  kz_json_init(&json, text, arena, limits);
  size_t tokens = 0;
  assert_int_equal(read_all(&json, &tokens), rc);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_json_explain(&json, &err), rc);
  assert_int_equal(err.rc, rc);
  assert_string_equal(err.text, words);
  struct kz_json_token token = {KZ_JSON_TRUE, KZ_STR("untouched")};
  assert_int_equal(kz_json_next(&json, &token), rc);
  assert_int_equal(kz_json_skip(&json, NULL), rc);
  assert_int_equal(kz_json_raw(&json, &token.text), rc);
  assert_int_equal(token.text.len, 9);
  struct kz_json_place place = kz_json_where(&json);
  struct kz_json skipped;
  kz_json_init(&skipped, text, NULL, limits);
  if (kz_json_skip(&skipped, NULL) == KZ_OK) {
    assert_int_equal(kz_json_next(&skipped, &token), rc);
  }
  assert_int_equal(kz_json_where(&skipped).byte, place.byte);
}

static void failures_name_line_column_and_byte(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
    assert_failure(failures[i].text, KZ_JSON_LIMITS, KZ_E_INPUT,
                   failures[i].words);
  }
}

static void no_failure_leaves_the_words_alone(void **state) {
  (void)state;
  struct kz_json json;
  kz_json_init(&json, KZ_STR("[\n  1]"), NULL, KZ_JSON_LIMITS);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_json_explain(&json, &err), KZ_OK);
  struct kz_json_token token;
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  struct kz_json_place place = kz_json_where(&json);
  assert_int_equal(place.line, 2);
  assert_int_equal(place.column, 4);
  assert_int_equal(place.byte, 5);
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_next(&json, &token), KZ_END);
  assert_int_equal(kz_json_explain(&json, &err), KZ_END);
  assert_string_equal(err.text, "");
}

static void depth_is_limited_exactly(void **state) {
  (void)state;
  struct kz_json_limits limits = {.depth = 3, .string = 100};
  assert_true(kz_json_is_valid(KZ_STR("[[{}]]"), limits));
  assert_failure(KZ_STR("[[{\"a\":[]}]]"), limits, KZ_E_LIMIT,
                 "line 1, column 8 (byte 7): nested deeper than allowed");
  limits.depth = 0;
  assert_true(kz_json_is_valid(KZ_STR("1"), limits));
  assert_false(kz_json_is_valid(KZ_STR("[]"), limits));
}

static void depth_never_passes_what_the_parser_can_hold(void **state) {
  (void)state;
  struct kz_json_limits limits = {.depth = SIZE_MAX, .string = 100};
  static char text[2 * KZ_JSON_DEPTH_MAX + 2];
  for (size_t extra = 0; extra < 2; extra++) {
    size_t depth = KZ_JSON_DEPTH_MAX + extra;
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    assert_int_equal(kz_json_is_valid((kz_str){text, 2 * depth}, limits),
                     extra == 0);
  }
}

static void objects_and_arrays_are_told_apart_at_any_depth(void **state) {
  (void)state;
  KZ_BUF(text, MEGABYTE);
  for (size_t i = 0; i < 200; i++) {
    kz_buf_add_str(&text, i % 3 == 0 ? KZ_STR("[") : KZ_STR("{\"k\":"));
  }
  kz_buf_add_byte(&text, '1');
  for (size_t i = 200; i > 0; i--) {
    kz_buf_add_byte(&text, (i - 1) % 3 == 0 ? ']' : '}');
  }
  struct kz_json_limits limits = {.depth = 200, .string = 100};
  assert_true(kz_json_is_valid(kz_buf_str(&text), limits));
  for (size_t i = 1; i <= 200; i++) {
    char *end = text.ptr + text.len - i;
    *end = *end == ']' ? '}' : ']';
    assert_false(kz_json_is_valid(kz_buf_str(&text), limits));
    *end = *end == ']' ? '}' : ']';
  }
}

static void string_length_is_limited_exactly(void **state) {
  (void)state;
  struct kz_json_limits limits = {.depth = 8, .string = 5};
  assert_true(kz_json_is_valid(KZ_STR("{\"abcde\":\"12345\"}"), limits));
  assert_true(kz_json_is_valid(KZ_STR("[12345,\"a\\nbc\"]"), limits));
  assert_failure(KZ_STR("[\"abcdef\"]"), limits, KZ_E_LIMIT,
                 "line 1, column 2 (byte 1): a string is longer than allowed");
  assert_failure(KZ_STR("[123456]"), limits, KZ_E_LIMIT,
                 "line 1, column 2 (byte 1): a number is longer than allowed");
  assert_failure(KZ_STR("{\"abcdef\":1}"), limits, KZ_E_LIMIT,
                 "line 1, column 2 (byte 1): a string is longer than allowed");
}

static void a_long_string_among_short_ones_is_limited(void **state) {
  (void)state;
  KZ_BUF(text, MEGABYTE);
  for (size_t len = 60; len < 140; len++) {
    kz_buf_clear(&text);
    kz_buf_add_format(&text, "{\"a\":\"b\",\"c\":\"%0*d\",\"%0500d\":1}",
                      (int)len, 0, 0);
    struct kz_json_limits limits = {.depth = 8, .string = 500};
    assert_true(kz_json_is_valid(kz_buf_str(&text), limits));
    limits.string = 499;
    assert_false(kz_json_is_valid(kz_buf_str(&text), limits));
    kz_buf_clear(&text);
    kz_buf_add_format(&text, "{\"a\":\"b\",\"c\":\"%0*d\",\"d\":\"%500s\"}",
                      (int)len, 0, "1");
    limits.string = len - 1;
    assert_false(kz_json_is_valid(kz_buf_str(&text), limits));
  }
}

static void a_full_arena_is_a_failure_at_the_string(void **state) {
  (void)state;
  KZ_ARENA(arena, 16);
  struct kz_json json;
  kz_json_init(&json, KZ_STR("[1,\"twenty bytes and more\\n\"]"), arena,
               KZ_JSON_LIMITS);
  size_t tokens = 0;
  assert_int_equal(read_all(&json, &tokens), KZ_E_MEMORY);
  assert_int_equal(tokens, 2);
  assert_int_equal(kz_json_where(&json).byte, 3);
}

static void skip_passes_what_a_token_belongs_to(void **state) {
  (void)state;
  struct kz_json json;
  kz_json_init(
      &json, KZ_STR("{\"a\":{\"b\":[1,{\"c\":\"}\"}]},\"d\":[[2],3],\"e\":4}"),
      NULL, KZ_JSON_LIMITS);
  struct kz_json_token token;
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_skip(&json, &token), KZ_OK); /* the value of a */
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_true(kz_str_eq(token.text, KZ_STR("d")));
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(token.kind, KZ_JSON_ARRAY);
  assert_int_equal(kz_json_skip(&json, &token), KZ_OK); /* the rest of d */
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_true(kz_str_eq(token.text, KZ_STR("e")));
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_skip(&json, &token), KZ_OK); /* 4 is read */
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(token.kind, KZ_JSON_OBJECT_END);
  assert_int_equal(kz_json_next(&json, &token), KZ_END);
}

static void skipping_an_opening_token_passes_all_of_it(void **state) {
  (void)state;
  struct kz_json json;
  kz_json_init(&json, KZ_STR(" {\"a\":[{}]} "), NULL, KZ_JSON_LIMITS);
  struct kz_json_token token;
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_skip(&json, &token), KZ_OK);
  assert_int_equal(kz_json_next(&json, &token), KZ_END);
}

static void raw_goes_through_an_array_value_by_value(void **state) {
  (void)state;
  struct kz_json json;
  kz_json_init(&json, KZ_STR("[ {\"a\" : [1, 2]} , \"x\\n\",\n-1.5 ,null ] "),
               NULL, KZ_JSON_LIMITS);
  struct kz_json_token token;
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  static const char *const values[] = {"{\"a\" : [1, 2]}", "\"x\\n\"", "-1.5",
                                       "null"};
  kz_str raw = KZ_STR_NONE;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(kz_json_raw(&json, &raw), KZ_OK);
    assert_true(kz_str_eq(raw, kz_str_of(values[i])));
  }
  assert_int_equal(kz_json_raw(&json, &raw), KZ_END);
  assert_int_equal(kz_json_skip(&json, NULL), KZ_END);
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(token.kind, KZ_JSON_ARRAY_END);
  assert_int_equal(kz_json_raw(&json, &raw), KZ_END);
}

static void raw_takes_the_value_of_a_key_and_the_whole_text(void **state) {
  (void)state;
  struct kz_json json;
  kz_json_init(&json, KZ_STR(" {\"a\" :\n [ ] } "), NULL, KZ_JSON_LIMITS);
  kz_str raw = KZ_STR_NONE;
  assert_int_equal(kz_json_raw(&json, &raw), KZ_OK);
  assert_true(kz_str_eq(raw, KZ_STR("{\"a\" :\n [ ] }")));
  kz_json_init(&json, KZ_STR(" {\"a\" :\n [ ] } "), NULL, KZ_JSON_LIMITS);
  struct kz_json_token token;
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_next(&json, &token), KZ_OK);
  assert_int_equal(kz_json_raw(&json, &raw), KZ_OK);
  assert_true(kz_str_eq(raw, KZ_STR("[ ]")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(valid_texts_are_accepted),
      cmocka_unit_test(invalid_texts_are_refused),
      cmocka_unit_test(every_valid_text_is_invalid_when_cut_short),
      cmocka_unit_test(no_empty_text_is_valid),
      cmocka_unit_test(every_character_is_accepted_raw_and_escaped),
      cmocka_unit_test(tokens_come_in_order_with_their_text),
      cmocka_unit_test(escapes_become_what_they_stand_for),
      cmocka_unit_test(strings_without_escapes_point_into_the_text),
      cmocka_unit_test(strings_of_any_length_come_back_whole),
      cmocka_unit_test(failures_name_line_column_and_byte),
      cmocka_unit_test(no_failure_leaves_the_words_alone),
      cmocka_unit_test(depth_is_limited_exactly),
      cmocka_unit_test(depth_never_passes_what_the_parser_can_hold),
      cmocka_unit_test(objects_and_arrays_are_told_apart_at_any_depth),
      cmocka_unit_test(string_length_is_limited_exactly),
      cmocka_unit_test(a_long_string_among_short_ones_is_limited),
      cmocka_unit_test(a_full_arena_is_a_failure_at_the_string),
      cmocka_unit_test(skip_passes_what_a_token_belongs_to),
      cmocka_unit_test(skipping_an_opening_token_passes_all_of_it),
      cmocka_unit_test(raw_goes_through_an_array_value_by_value),
      cmocka_unit_test(raw_takes_the_value_of_a_key_and_the_whole_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
