#include "test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/jsonw.h"

enum { MEGABYTE = 1 << 20 };

static void assert_written(const struct kz_buf *buf, const char *expected) {
  assert_false(kz_buf_failed(buf));
  if (!kz_str_eq(kz_buf_str(buf), kz_str_of(expected))) {
    fail_msg("%.*s is not %s", KZ_STR_ARG(kz_buf_str(buf)), expected);
  }
}

static void assert_string_is_written(kz_str value, const char *expected) {
  KZ_BUF(buf, MEGABYTE);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  kz_jsonw_str(&w, value);
  assert_written(&buf, expected);
}

static void commas_and_colons_stand_where_they_belong(void **state) {
  (void)state;
  KZ_BUF(buf, MEGABYTE);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  kz_jsonw_object(&w);
  kz_jsonw_key(&w, KZ_STR("a"));
  kz_jsonw_array(&w);
  kz_jsonw_u64(&w, 1);
  kz_jsonw_i64(&w, -2);
  kz_jsonw_array(&w);
  kz_jsonw_array_end(&w);
  kz_jsonw_object(&w);
  kz_jsonw_object_end(&w);
  kz_jsonw_null(&w);
  kz_jsonw_bool(&w, true);
  kz_jsonw_str(&w, KZ_STR("x"));
  kz_jsonw_u64_str(&w, 5);
  kz_jsonw_raw(&w, KZ_STR("{\"raw\":[]}"));
  kz_jsonw_double(&w, 0.5);
  kz_jsonw_array_end(&w);
  kz_jsonw_member_bool(&w, KZ_STR("b"), false);
  kz_jsonw_key(&w, KZ_STR("c"));
  kz_jsonw_raw(&w, KZ_STR("7"));
  kz_jsonw_object_end(&w);
  assert_written(&buf, "{\"a\":[1,-2,[],{},null,true,\"x\",\"5\",{\"raw\":[]},"
                       "0.5],\"b\":false,\"c\":7}");
}

static void members_are_keys_and_values(void **state) {
  (void)state;
  KZ_BUF(buf, MEGABYTE);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR(""), KZ_STR_NONE);
  kz_jsonw_member_u64(&w, KZ_STR("u"), UINT64_MAX);
  kz_jsonw_member_i64(&w, KZ_STR("i"), INT64_MIN);
  kz_jsonw_member_u64_str(&w, KZ_STR("s"), 0);
  kz_jsonw_object_end(&w);
  assert_written(&buf, "{\"\":\"\",\"u\":18446744073709551615,"
                       "\"i\":-9223372036854775808,\"s\":\"0\"}");
}

static void top_level_values_may_follow_one_another(void **state) {
  (void)state;
  KZ_BUF(buf, MEGABYTE);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  for (uint64_t i = 0; i < 3; i++) {
    kz_jsonw_object(&w);
    kz_jsonw_member_u64(&w, KZ_STR("i"), i);
    kz_jsonw_object_end(&w);
    kz_buf_add_byte(&buf, '\n');
  }
  assert_written(&buf, "{\"i\":0}\n{\"i\":1}\n{\"i\":2}\n");
}

static void only_what_must_be_escaped_is_and_shortly(void **state) {
  (void)state;
  assert_string_is_written(KZ_STR("\"\\/\b\f\n\r\t"),
                           "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
  assert_string_is_written(KZ_STR("\x00\x01\x1F\x7F"),
                           "\"\\u0000\\u0001\\u001f\x7F\"");
  assert_string_is_written(KZ_STR("\xE6\xA8\x99\xE7\x9A\x84\n\xF0\x9F\x98\x80"),
                           "\"\xE6\xA8\x99\xE7\x9A\x84\\n\xF0\x9F\x98\x80\"");
}

static void bytes_that_are_not_utf8_are_replaced_one_by_one(void **state) {
  (void)state;
#define BAD "\xEF\xBF\xBD"
  assert_string_is_written(KZ_STR("\xFF"), "\"" BAD "\"");
  assert_string_is_written(KZ_STR("a\xE3\x81z"), "\"a" BAD BAD "z\"");
  assert_string_is_written(KZ_STR("\xC3\"\xA9"), "\"" BAD "\\\"" BAD "\"");
  assert_string_is_written(KZ_STR("\xED\xA0\x80\xC3\xA9"),
                           "\"" BAD BAD BAD "\xC3\xA9\"");
#undef BAD
}

static void assert_double_is_written(double value, const char *expected) {
  KZ_BUF(buf, MEGABYTE);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  kz_jsonw_double(&w, value);
  assert_written(&buf, expected);
}

static void doubles_have_the_fewest_digits(void **state) {
  (void)state;
  assert_double_is_written(0, "0");
  assert_double_is_written(-0.0, "-0");
  assert_double_is_written(0.1, "0.1");
  assert_double_is_written(-2.5, "-2.5");
  assert_double_is_written(1e21, "1e+21");
  assert_double_is_written(0.1 + 0.2, "0.30000000000000004");
  assert_double_is_written(1.0 / 3, "0.3333333333333333");
  assert_double_is_written(DBL_MAX, "1.7976931348623157e+308");
  assert_double_is_written(-DBL_MIN, "-2.2250738585072014e-308");
  assert_double_is_written(DBL_TRUE_MIN, "5e-324");
  assert_double_is_written((double)NAN, "null");
  assert_double_is_written((double)INFINITY, "null");
  assert_double_is_written((double)-INFINITY, "null");
}

static void doubles_read_back_the_same(void **state) {
  (void)state;
  uint64_t bits = 1;
  for (int i = 0; i < 20000; i++) {
    bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) {
      continue;
    }
    KZ_BUF(buf, 64);
    struct kz_jsonw w;
    kz_jsonw_init(&w, &buf);
    kz_jsonw_double(&w, value);
    kz_str text = kz_buf_str(&buf);
    assert_true(kz_json_is_valid(text, KZ_JSON_LIMITS));
    assert_true(kz_buf_add_byte(&buf, '\0'));
    double back = strtod(buf.ptr, NULL);
    assert_memory_equal(&back, &value, sizeof value);
  }
}

static void deep_values_keep_their_commas(void **state) {
  (void)state;
  KZ_BUF(buf, MEGABYTE);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  for (int i = 0; i < KZ_JSONW_DEPTH_MAX; i++) {
    kz_jsonw_array(&w);
    kz_jsonw_u64(&w, 1);
  }
  for (int i = 0; i < KZ_JSONW_DEPTH_MAX; i++) {
    kz_jsonw_u64(&w, 2);
    kz_jsonw_array_end(&w);
  }
  assert_int_equal(buf.len, (size_t)(KZ_JSONW_DEPTH_MAX * 6 - 1));
  assert_true(kz_json_is_valid(kz_buf_str(&buf), KZ_JSON_LIMITS));
}

static void a_full_buffer_is_told_at_the_end(void **state) {
  (void)state;
  KZ_BUF(buf, 9);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("a"), KZ_STR("b"));
  kz_jsonw_object_end(&w);
  assert_written(&buf, "{\"a\":\"b\"}");
  kz_buf_clear(&buf);
  kz_jsonw_init(&w, &buf);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("a"), KZ_STR("bc"));
  kz_jsonw_object_end(&w);
  assert_true(kz_buf_failed(&buf));
}

static void the_buffer_may_be_drained_between_calls(void **state) {
  (void)state;
  KZ_BUF(buf, 16);
  KZ_BUF(all, MEGABYTE);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &buf);
  kz_jsonw_array(&w);
  for (uint64_t i = 0; i < 1000; i++) {
    kz_jsonw_u64(&w, i);
    assert_true(kz_buf_add_str(&all, kz_buf_str(&buf)));
    kz_buf_clear(&buf);
  }
  kz_jsonw_array_end(&w);
  assert_true(kz_buf_add_str(&all, kz_buf_str(&buf)));
  assert_true(kz_json_is_valid(kz_buf_str(&all), KZ_JSON_LIMITS));
  assert_int_equal(all.len, 1 + 10 + 90 * 2 + 900 * 3 + 999 + 1);
}

/* Every byte at every distance from the end of a string. */
static void strings_come_back_through_the_parser(void **state) {
  (void)state;
  char text[200];
  for (size_t at = 0; at < sizeof text; at += 13) {
    for (int c = 0; c < 0x80; c++) {
      memset(text, 'x', sizeof text);
      text[at] = (char)c;
      text[sizeof text - 1] = (char)c;
      kz_str value = {text, sizeof text};
      KZ_BUF(buf, MEGABYTE);
      struct kz_jsonw w;
      kz_jsonw_init(&w, &buf);
      kz_jsonw_str(&w, value);
      KZ_ARENA(arena, MEGABYTE);
      struct kz_json json;
      kz_json_init(&json, kz_buf_str(&buf), arena, KZ_JSON_LIMITS);
      struct kz_json_token token;
      assert_int_equal(kz_json_next(&json, &token), KZ_OK);
      assert_true(kz_str_eq(token.text, value));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(commas_and_colons_stand_where_they_belong),
      cmocka_unit_test(members_are_keys_and_values),
      cmocka_unit_test(top_level_values_may_follow_one_another),
      cmocka_unit_test(only_what_must_be_escaped_is_and_shortly),
      cmocka_unit_test(bytes_that_are_not_utf8_are_replaced_one_by_one),
      cmocka_unit_test(doubles_have_the_fewest_digits),
      cmocka_unit_test(doubles_read_back_the_same),
      cmocka_unit_test(deep_values_keep_their_commas),
      cmocka_unit_test(a_full_buffer_is_told_at_the_end),
      cmocka_unit_test(the_buffer_may_be_drained_between_calls),
      cmocka_unit_test(strings_come_back_through_the_parser),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
