#include "test.h"

#include "format/misp_member.h"

static void every_name_finds_its_own_number(void **state) {
  (void)state;
  for (int i = 1; i < KZ_MEMBER_TOTAL; i++) {
    enum kz_member member = (enum kz_member)i;
    kz_str name = kz_member_name(member);
    assert_true(name.len > 0);
    assert_int_equal(kz_member_by_name(name), member);
  }
}

static void another_name_has_no_number(void **state) {
  (void)state;
  static const char *const names[] = {
      "",     "UUID",   "uui",    "uuidd",          "Galaxy",
      "valu", "values", "Valuee", "distributioN",   "ShadowAttribute",
      "i",    "\xff",   "type ",  "meta_category_", "CryptographicKey"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_int_equal(kz_member_by_name(kz_str_of(names[i])), KZ_MEMBER_NONE);
  }
}

static void a_long_name_is_looked_at_safely(void **state) {
  (void)state;
  static char name[100000];
  memset(name, 'x', sizeof name);
  assert_int_equal(kz_member_by_name((kz_str){name, sizeof name}),
                   KZ_MEMBER_NONE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_name_finds_its_own_number),
      cmocka_unit_test(another_name_has_no_number),
      cmocka_unit_test(a_long_name_is_looked_at_safely),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
