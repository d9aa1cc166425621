#include "test.h"

#include "model/defang.h"

static void assert_text(const char *from, kz_str got, const char *expected) {
  if (!kz_str_eq(got, kz_str_of(expected))) {
    fail_msg("'%s' became '%.*s'", from, KZ_STR_ARG(got));
  }
}

static kz_str refang(const char *token, struct kz_arena *arena) {
  kz_str plain = KZ_STR_NONE;
  assert_int_equal(kz_refang(kz_str_of(token), arena, &plain), KZ_OK);
  return plain;
}

static kz_str defang(const char *value, struct kz_arena *arena) {
  kz_str harmless = KZ_STR_NONE;
  assert_int_equal(kz_defang(kz_str_of(value), arena, &harmless), KZ_OK);
  return harmless;
}

static void all_usual_ways_are_undone(void **state) {
  (void)state;
  static const char *const ways[][2] = {
      {"evil[.]example", "evil.example"},
      {"evil(.)example", "evil.example"},
      {"evil{.}example", "evil.example"},
      {"evil[dot]example", "evil.example"},
      {"evil(DOT)example", "evil.example"},
      {"evil{dot}example", "evil.example"},
      {"evil\\.example", "evil.example"},
      {"192[.]0[.]2[.]1", "192.0.2.1"},
      {"192.0.2.1[:]80", "192.0.2.1:80"},
      {"192[.]0[.]2[.]0[/]24", "192.0.2.0/24"},
      {"hxxp://evil.example", "http://evil.example"},
      {"hXXp://evil.example", "http://evil.example"},
      {"HXXPS://evil.example", "httpS://evil.example"},
      {"hxxps[://]evil[.]example/a", "https://evil.example/a"},
      {"hxxp[:]//evil[.]example", "http://evil.example"},
      {"hxxp(:)//evil", "http://evil"},
      {"hxxp:[/][/]evil", "http://evil"},
      {"[hxxp://]evil.example", "http://evil.example"},
      {"hxtp://x", "http://x"},
      {"htxp://x", "http://x"},
      {"h[tt]p://x", "http://x"},
      {"h[xx]ps://x", "https://x"},
      {"h**p://x", "http://x"},
      {"meow://x", "http://x"},
      {"fxp://x", "ftp://x"},
      {"user[@]evil[.]example", "user@evil.example"},
      {"user[at]evil[dot]example", "user@evil.example"},
      {"user(at)evil(dot)example", "user@evil.example"},
      {"user{@}evil.example", "user@evil.example"},
      {"evil[[.]]example", "evil.example"},
      {"evil[\\.]example", "evil.example"},
      {"evil\\[.]example", "evil.example"},
      {"evil\\\\.example", "evil.example"},
  };
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    KZ_ARENA(arena, 1 << 16);
    assert_text(ways[i][0], refang(ways[i][0], arena), ways[i][1]);
  }
}

static void text_without_any_is_returned_as_it_is(void **state) {
  (void)state;
  static const char *const plain[] = {
      "",
      "evil.example",
      "http://evil.example/(x)[1]{y}",
      "C:\\Users\\.ssh",
      "\\\\.\\pipe\\x",
      "[2001:db8::1]:80",
      "f(x)",
      "evil dot example",
      "hxxp.example",
      "meow.example/x",
      "fxp",
      "[]",
      "]",
      "\uff0e",
  };
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    KZ_ARENA(arena, 1 << 16);
    kz_str token = kz_str_of(plain[i]);
    kz_str same = refang(plain[i], arena);
    assert_ptr_equal(same.ptr, token.ptr);
    assert_int_equal(same.len, token.len);
  }
}

static void nesting_costs_one_pass(void **state) {
  (void)state;
  enum { DEPTH = 200000 };
  static char text[2 * DEPTH + 1];
  KZ_ARENA(arena, 1 << 20);
  memset(text, '[', DEPTH);
  text[DEPTH] = '.';
  memset(text + DEPTH + 1, ']', DEPTH);
  kz_str plain = KZ_STR_NONE;
  assert_int_equal(kz_refang((kz_str){text, sizeof text}, arena, &plain),
                   KZ_OK);
  assert_text("nested", plain, ".");
}

static void a_value_keeps_what_misp_keeps(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  kz_str got = KZ_STR_NONE;
  kz_str value = KZ_STR("hxxp://a[.]b(.)c[at]d[:]1");
  assert_int_equal(kz_refang_value(value, KZ_REFANG_DOT, arena, &got), KZ_OK);
  assert_text(value.ptr, got, "hxxp://a.b(.)c[at]d[:]1");
  unsigned url = KZ_REFANG_DOT | KZ_REFANG_SCHEME | KZ_REFANG_COLON;
  assert_int_equal(kz_refang_value(value, url, arena, &got), KZ_OK);
  assert_text(value.ptr, got, "http://a.b(.)c[at]d:1");
  assert_int_equal(kz_refang_value(value, KZ_REFANG_AT, arena, &got), KZ_OK);
  assert_text(value.ptr, got, "hxxp://a[.]b(.)c@d[:]1");
}

static void network_values_become_harmless_and_come_back(void **state) {
  (void)state;
  static const char *const values[][2] = {
      {"192.0.2.1", "192[.]0[.]2[.]1"},
      {"192.0.2.0/24", "192[.]0[.]2[.]0/24"},
      {"2001:db8::1", "2001[:]db8::1"},
      {"evil.example", "evil[.]example"},
      {"http://evil.example/a.b?c.d", "hxxp://evil[.]example/a.b?c.d"},
      {"https://u@evil.example:8443", "hxxps://u@evil[.]example:8443"},
      {"ftp://evil.example/x", "fxp://evil[.]example/x"},
      {"ssh://evil.example", "ssh://evil[.]example"},
      {"a.b@evil.example", "a.b[@]evil[.]example"},
  };
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    KZ_ARENA(arena, 1 << 16);
    kz_str harmless = defang(values[i][0], arena);
    kz_str back = KZ_STR_NONE;
    assert_text(values[i][0], harmless, values[i][1]);
    assert_int_equal(kz_refang(harmless, arena, &back), KZ_OK);
    assert_text(values[i][1], back, values[i][0]);
  }
}

static void other_text_is_not_defanged(void **state) {
  (void)state;
  static const char *const texts[] = {"plain text.", "cve-2021-44228",
                                      "0cc175b9c0f1b6a831c399e269772661", ""};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    KZ_ARENA(arena, 1 << 16);
    assert_ptr_equal(defang(texts[i], arena).ptr, texts[i]);
  }
}

static void a_long_url_is_defanged_too(void **state) {
  (void)state;
  char text[2001];
  KZ_ARENA(arena, 1 << 16);
  memset(text, 'a', 2000);
  text[2000] = '\0';
  memcpy(text, "HTTP://evil.example/", 20);
  kz_str harmless = defang(text, arena);
  assert_int_equal(harmless.len, 2002);
  assert_true(kz_str_starts(harmless, KZ_STR("hxxp://evil[.]example/aaa")));
}

static void a_full_arena_is_told(void **state) {
  (void)state;
  KZ_ARENA(arena, 4);
  kz_str got = KZ_STR_NONE;
  assert_int_equal(kz_refang(KZ_STR("evil[.]example"), arena, &got),
                   KZ_E_MEMORY);
  assert_int_equal(kz_defang(KZ_STR("evil.example"), arena, &got), KZ_E_MEMORY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_usual_ways_are_undone),
      cmocka_unit_test(text_without_any_is_returned_as_it_is),
      cmocka_unit_test(nesting_costs_one_pass),
      cmocka_unit_test(a_value_keeps_what_misp_keeps),
      cmocka_unit_test(network_values_become_harmless_and_come_back),
      cmocka_unit_test(other_text_is_not_defanged),
      cmocka_unit_test(a_long_url_is_defanged_too),
      cmocka_unit_test(a_full_arena_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
