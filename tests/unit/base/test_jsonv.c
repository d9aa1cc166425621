#include "test.h"

#include "base/jsonv.h"

enum { ARENA = 1 << 20 };

static struct kz_jsonv *parse(struct kz_arena *arena, const char *text) {
  struct kz_jsonv *v = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(text), arena, &v, NULL), KZ_OK);
  return v;
}

static void assert_written(const struct kz_jsonv *v, const char *expected) {
  KZ_BUF(out, ARENA);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_jsonv_write(v, &w);
  assert_true(kz_str_eq(kz_buf_str(&out), kz_str_of(expected)));
}

static void what_is_read_is_written_again(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{}",
      "[]",
      "[[],{},[{\"a\":[]}]]",
      "{\"a\":1,\"b\":[true,false,null,\"x\\n\"],\"c\":{\"d\":-1.5e3}}",
      "\"alone\"",
  };
  KZ_ARENA(arena, ARENA);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    assert_written(parse(arena, texts[i]), texts[i]);
  }
}

static void members_are_read_in_each_spelling(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *v =
      parse(arena, "{\"n\":7,\"s\":\"8\",\"t\":true,\"one\":\"1\",\"no\":\"0\","
                   "\"null\":null,\"two\":1,\"two\":2}");
  assert_int_equal(kz_jsonv_u64(v, KZ_STR("n"), 0), 7);
  assert_int_equal(kz_jsonv_u64(v, KZ_STR("s"), 0), 8);
  assert_int_equal(kz_jsonv_u64(v, KZ_STR("two"), 0), 2);
  assert_int_equal(kz_jsonv_u64(v, KZ_STR("absent"), 5), 5);
  assert_true(kz_jsonv_flag(v, KZ_STR("t"), false));
  assert_true(kz_jsonv_flag(v, KZ_STR("one"), false));
  assert_false(kz_jsonv_flag(v, KZ_STR("no"), true));
  assert_true(kz_jsonv_flag(v, KZ_STR("null"), true));
  assert_true(kz_str_eq(kz_jsonv_text(v, KZ_STR("s")), KZ_STR("8")));
  assert_int_equal(kz_jsonv_text(v, KZ_STR("t")).len, 0);
  assert_null(kz_jsonv_get(NULL, KZ_STR("x")));
}

static void members_are_replaced_added_and_dropped(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *v = parse(arena, "{\"a\":1,\"b\":2,\"c\":3}");
  assert_true(kz_jsonv_set_str(v, KZ_STR("b"), KZ_STR("two"), arena));
  assert_true(kz_jsonv_set_bool(v, KZ_STR("d"), true, arena));
  assert_true(kz_jsonv_set_u64(v, KZ_STR("e"), 12, arena));
  kz_jsonv_drop(v, KZ_STR("a"));
  assert_written(v, "{\"b\":\"two\",\"c\":3,\"d\":true,\"e\":12}");
  kz_jsonv_drop(v, KZ_STR("e"));
  assert_true(kz_jsonv_set_u64(v, KZ_STR("f"), 1, arena));
  assert_written(v, "{\"b\":\"two\",\"c\":3,\"d\":true,\"f\":1}");
  assert_int_equal(v->count, 4);
}

static void bad_text_and_depth_are_told_with_the_place(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *v = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_jsonv_parse(KZ_STR("{\"a\":}"), arena, &v, &err),
                   KZ_E_INPUT);
  assert_non_null(strstr(err.text, "line 1"));
  char deep[KZ_JSONV_DEPTH_MAX + 2];
  memset(deep, '[', sizeof deep);
  assert_int_equal(kz_jsonv_parse((kz_str){deep, sizeof deep}, arena, &v, &err),
                   KZ_E_LIMIT);
  assert_null(v);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_read_is_written_again),
      cmocka_unit_test(members_are_read_in_each_spelling),
      cmocka_unit_test(members_are_replaced_added_and_dropped),
      cmocka_unit_test(bad_text_and_depth_are_told_with_the_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
