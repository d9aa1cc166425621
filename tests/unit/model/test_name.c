#include "test.h"

#include "model/name.h"

static void top_levels_are_known_or_not(void **state) {
  (void)state;
  assert_true(kz_name_tld_known(KZ_STR("example.com")));
  assert_true(kz_name_tld_known(KZ_STR("com")));
  assert_true(kz_name_tld_known(KZ_STR("www.example.co.jp")));
  assert_true(kz_name_tld_known(KZ_STR("a.xn--p1ai")));
  assert_false(kz_name_tld_known(KZ_STR("setup.exe")));
  assert_false(kz_name_tld_known(KZ_STR("192.0.2.1")));
  assert_false(kz_name_tld_known(KZ_STR("evil.example")));
  assert_false(kz_name_tld_known(KZ_STR("")));
  assert_false(kz_name_tld_known(KZ_STR("com.")));
  assert_false(kz_name_tld_known((kz_str){"a.c\0m", 5}));
}

static void assert_registrable(const char *name, const char *expected) {
  kz_str got = kz_name_registrable(kz_str_of(name));
  if (!kz_str_eq(got, kz_str_of(expected))) {
    fail_msg("%s: '%.*s'", name, KZ_STR_ARG(got));
  }
}

static void the_registrable_domain_is_below_the_public_suffix(void **state) {
  (void)state;
  assert_registrable("example.com", "example.com");
  assert_registrable("a.b.example.com", "example.com");
  assert_registrable("www.bbc.co.uk", "bbc.co.uk");
  assert_registrable("co.uk", "");
  assert_registrable("com", "");
  assert_registrable("a.b.evil.example", "evil.example");
  assert_registrable("x.evil.github.io", "evil.github.io");
  assert_registrable("192.0.2.1", "");
  assert_registrable("2001:db8::1", "");
  assert_registrable("", "");
}

static void names_of_all_scripts_have_an_ascii_form(void **state) {
  (void)state;
  static const char *const names[][2] = {
      {"example.com", "example.com"},
      {"EXAMPLE.com", "EXAMPLE.com"},
      {"b\u00fccher.example", "xn--bcher-kva.example"},
      {"B\u00dcCHER.example", "xn--bcher-kva.example"},
      {"\u65e5\u672c\u8a9e.example", "xn--wgv71a119e.example"},
      {"evil\u3002example", "evil.example"},
      {"\uff45vil.example", "evil.example"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    KZ_ARENA(arena, 1 << 12);
    kz_str ascii = KZ_STR_NONE;
    assert_int_equal(kz_name_to_ascii(kz_str_of(names[i][0]), arena, &ascii),
                     KZ_OK);
    if (!kz_str_eq(ascii, kz_str_of(names[i][1]))) {
      fail_msg("%s became %.*s", names[i][0], KZ_STR_ARG(ascii));
    }
  }
}

static void what_has_no_ascii_form_is_refused(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 12);
  kz_str ascii = KZ_STR("untouched");
  char longest[1400];
  for (size_t i = 0; i < sizeof longest; i += 2) {
    memcpy(longest + i, "\u00fc", 2);
  }
  assert_int_equal(
      kz_name_to_ascii((kz_str){longest, sizeof longest}, arena, &ascii),
      KZ_E_INPUT);
  assert_int_equal(kz_name_to_ascii((kz_str){longest, 200}, arena, &ascii),
                   KZ_E_INPUT);
  assert_int_equal(kz_name_to_ascii((kz_str){"\u00fc\0x", 4}, arena, &ascii),
                   KZ_E_INPUT);
  assert_int_equal(kz_name_to_ascii(KZ_STR("\xff\xfe.example"), arena, &ascii),
                   KZ_E_INPUT);
  assert_true(kz_str_eq(ascii, KZ_STR("untouched")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(top_levels_are_known_or_not),
      cmocka_unit_test(the_registrable_domain_is_below_the_public_suffix),
      cmocka_unit_test(names_of_all_scripts_have_an_ascii_form),
      cmocka_unit_test(what_has_no_ascii_form_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
