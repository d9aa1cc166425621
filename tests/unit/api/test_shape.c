#include "test.h"

#include "api/shape.h"

enum { ARENA = 1 << 20 };

static void members_are_read_alone_and_in_lists(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_shape_member m[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
  assert_int_equal(
      kz_shape_read(KZ_STR("{\"a\":true,\"b\":[\"1\",2,\"3\",4,5],\"c\":null}"),
                    arena, m, 3, NULL),
      KZ_OK);
  assert_int_equal(m[0].count, 1);
  assert_true(kz_str_eq(m[0].values[0], KZ_STR("true")));
  assert_int_equal(m[1].count, 5);
  assert_true(kz_str_eq(m[1].values[4], KZ_STR("5")));
  assert_int_equal(m[2].count, 0);
  assert_int_equal(kz_shape_read(KZ_STR(" "), arena, m, 3, NULL), KZ_OK);
}

static void other_bodies_are_refused(void **state) {
  (void)state;
  static const char *const bodies[] = {
      "[]",       "{\"x\":1}", "{\"a\":{}}", "{\"a\":[[]]}",
      "{\"a\":1", "{} {}",     "nonsense"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    KZ_ARENA(arena, ARENA);
    struct kz_shape_member m = {.name = "a"};
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(kz_shape_read(kz_str_of(bodies[i]), arena, &m, 1, &err),
                     KZ_E_INPUT);
    assert_true(err.text[0] != '\0');
  }
}

static void codes_have_a_status(void **state) {
  (void)state;
  assert_int_equal(kz_shape_status(KZ_OK), 200);
  assert_int_equal(kz_shape_status(KZ_NOT_FOUND), 404);
  assert_int_equal(kz_shape_status(KZ_E_INPUT), 400);
  assert_int_equal(kz_shape_status(KZ_E_LIMIT), 413);
  assert_int_equal(kz_shape_status(KZ_E_FULL), 507);
  assert_int_equal(kz_shape_status(KZ_E_CORRUPT), 500);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_are_read_alone_and_in_lists),
      cmocka_unit_test(other_bodies_are_refused),
      cmocka_unit_test(codes_have_a_status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
