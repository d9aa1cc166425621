#include "test.h"

#include "work/hook.h"

enum { CEILING = 1 << 22 };

static struct kz_jsonv *parse(struct kz_arena *arena, const char *json) {
  struct kz_jsonv *value = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(json), arena, &value, NULL), KZ_OK);
  return value;
}

static void hooks_are_checked(void **state) {
  (void)state;
  KZ_ARENA(arena, CEILING);
  struct kz_err err = KZ_ERR_NONE;
  static const char *const bad[] = {
      "{\"name\":\"a\",\"kind\":\"webhook\",\"url\":\"http://a\"}",
      "{\"name\":\"a\",\"kind\":\"webhook\",\"on\":[],\"url\":\"http://a\"}",
      "{\"name\":\"a\",\"kind\":\"webhook\",\"on\":[\"*\"],\"url\":\"ftp://"
      "a\"}",
      "{\"name\":\"a\",\"kind\":\"webhook\",\"on\":[\"*\"],"
      "\"url\":\"http://a b\"}",
      "{\"name\":\"a\",\"kind\":\"mail\",\"on\":[\"*\"],\"to\":\"a@b.c\"}",
      "{\"name\":\"a\",\"kind\":\"mail\",\"on\":[\"*\"],\"to\":[1]}",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_hook_check(parse(arena, bad[i]), &err), KZ_E_INPUT);
  }
  const struct kz_jsonv *good =
      parse(arena, "{\"name\":\"a\",\"kind\":\"webhook\",\"on\":"
                   "[\"event.add\"],\"url\":\"https://a.example/b\"}");
  assert_int_equal(kz_hook_check(good, &err), KZ_OK);
  assert_true(kz_hook_wants(good, KZ_STR("event.add")));
  assert_false(kz_hook_wants(good, KZ_STR("event.edit")));
  const struct kz_jsonv *off =
      parse(arena, "{\"enabled\":false,\"on\":[\"*\"]}");
  assert_false(kz_hook_wants(off, KZ_STR("event.add")));
}

static void expect_filled(const char *text, bool is_json,
                          const char *expected) {
  KZ_ARENA(arena, CEILING);
  KZ_BUF(out, CEILING);
  static const char message[] =
      "{\"Event\":{\"id\":\"7\",\"uuid\":\"u\",\"info\":\"a\\\"b\\n\\u0001\"},"
      "\"Attribute\":{\"value\":\"v\"}}";
  const struct kz_hook_values values = {.name = KZ_STR("attribute.add"),
                                        .url = KZ_STR("http://k/7"),
                                        .json = KZ_STR("{}"),
                                        .message = parse(arena, message)};
  kz_hook_fill(kz_str_of(text), &values, is_json, &out);
  kz_buf_add_byte(&out, '\0');
  assert_string_equal(out.ptr, expected);
}

static void templates_are_filled_in(void **state) {
  (void)state;
  expect_filled("{{name}}|{{action}}|{{url}}|{{event.id}}|{{value}}", false,
                "attribute.add|add|http://k/7|7|v");
  expect_filled("[\"{{event.info}}\",{{json}}]", true,
                "[\"a\\\"b\\n\\u0001\",{}]");
  expect_filled("{{event.info}}", false, "a\"b\n ");
}

static void what_is_no_name_stays(void **state) {
  (void)state;
  expect_filled("", false, "");
  expect_filled("{{", false, "{{");
  expect_filled("}}{{x}}{{{name}}}", false, "}}{{x}}{{{name}}}");
  expect_filled("{{event.id", false, "{{event.id");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hooks_are_checked),
      cmocka_unit_test(templates_are_filled_in),
      cmocka_unit_test(what_is_no_name_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
