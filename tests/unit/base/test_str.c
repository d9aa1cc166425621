#include "test.h"

#include "base/str.h"

static void assert_str(kz_str got, kz_str expected) {
  assert_int_equal(got.len, expected.len);
  assert_true(kz_str_eq(got, expected));
}

static void order_is_by_unsigned_bytes_and_prefixes_come_first(void **state) {
  (void)state;
  assert_true(kz_str_cmp(KZ_STR("a"), KZ_STR("b")) < 0);
  assert_true(kz_str_cmp(KZ_STR("ab"), KZ_STR("a")) > 0);
  assert_true(kz_str_cmp(KZ_STR("a"), KZ_STR("\xff")) < 0);
  assert_int_equal(kz_str_cmp(KZ_STR_NONE, KZ_STR("")), 0);
  assert_true(kz_str_cmp(KZ_STR_NONE, KZ_STR("a")) < 0);
}

static void only_ascii_letters_are_folded(void **state) {
  (void)state;
  assert_true(kz_str_eq_nocase(KZ_STR("ExAmPlE"), KZ_STR("eXaMpLe")));
  assert_false(kz_str_eq_nocase(KZ_STR("["), KZ_STR("{")));
  assert_false(kz_str_eq_nocase(KZ_STR("\u00c4"), KZ_STR("\u00e4")));
  assert_false(kz_str_eq_nocase(KZ_STR("a"), KZ_STR("ab")));
}

static void starts_and_ends_look_at_whole_pieces(void **state) {
  (void)state;
  assert_true(kz_str_starts(KZ_STR("http://x"), KZ_STR("http")));
  assert_false(kz_str_starts(KZ_STR("ht"), KZ_STR("http")));
  assert_true(kz_str_ends(KZ_STR("a.gz"), KZ_STR(".gz")));
  assert_false(kz_str_ends(KZ_STR("gz"), KZ_STR(".gz")));
  assert_true(kz_str_starts(KZ_STR_NONE, KZ_STR_NONE));
  assert_true(kz_str_ends(KZ_STR("a"), KZ_STR_NONE));
}

static void find_tells_the_first_place_or_none(void **state) {
  (void)state;
  kz_str s = KZ_STR("abcabc");
  assert_int_equal(kz_str_find_byte(s, 'c'), 2);
  assert_int_equal(kz_str_rfind_byte(s, 'c'), 5);
  assert_int_equal(kz_str_find(s, KZ_STR("ca")), 2);
  assert_int_equal(kz_str_find(s, KZ_STR("")), 0);
  assert_true(kz_str_find_byte(s, 'x') == SIZE_MAX);
  assert_true(kz_str_rfind_byte(KZ_STR_NONE, 'x') == SIZE_MAX);
  assert_true(kz_str_find(s, KZ_STR("abcabcd")) == SIZE_MAX);
}

static void trim_takes_white_space_at_both_ends_only(void **state) {
  (void)state;
  assert_str(kz_str_trim(KZ_STR(" \t\r\n\v\fa b\n ")), KZ_STR("a b"));
  assert_str(kz_str_trim(KZ_STR("  ")), KZ_STR(""));
  assert_str(kz_str_trim(KZ_STR_NONE), KZ_STR_NONE);
}

static void next_gives_the_pieces_between_separators(void **state) {
  (void)state;
  kz_str rest = KZ_STR("a,,b");
  kz_str piece = KZ_STR_NONE;
  assert_true(kz_str_next(&rest, ',', &piece));
  assert_str(piece, KZ_STR("a"));
  assert_true(kz_str_next(&rest, ',', &piece));
  assert_str(piece, KZ_STR(""));
  assert_true(kz_str_next(&rest, ',', &piece));
  assert_str(piece, KZ_STR("b"));
  assert_false(kz_str_next(&rest, ',', &piece));
  assert_str(piece, KZ_STR("b"));
  rest = KZ_STR("");
  assert_false(kz_str_next(&rest, ',', &piece));
}

static void lines_may_end_in_either_way(void **state) {
  (void)state;
  kz_str rest = KZ_STR("one\r\ntwo\n\nfour\r");
  kz_str line = KZ_STR_NONE;
  kz_str expected[] = {KZ_STR("one"), KZ_STR("two"), KZ_STR(""),
                       KZ_STR("four")};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    assert_true(kz_str_next_line(&rest, &line));
    assert_str(line, expected[i]);
  }
  assert_false(kz_str_next_line(&rest, &line));
}

static void unsigned_numbers_reach_to_their_last_value(void **state) {
  (void)state;
  uint64_t n = 7;
  assert_int_equal(kz_str_u64(KZ_STR("18446744073709551615"), &n), KZ_OK);
  assert_true(n == UINT64_MAX);
  assert_int_equal(kz_str_u64(KZ_STR("0007"), &n), KZ_OK);
  assert_int_equal(n, 7);
  kz_str bad[] = {KZ_STR(""),   KZ_STR("18446744073709551616"),
                  KZ_STR("-1"), KZ_STR("+1"),
                  KZ_STR(" 1"), KZ_STR("1x"),
                  KZ_STR_NONE,  KZ_STR("99999999999999999999999")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_str_u64(bad[i], &n), KZ_E_INPUT);
    assert_int_equal(n, 7);
  }
}

static void signed_numbers_reach_to_both_ends(void **state) {
  (void)state;
  int64_t n = 7;
  assert_int_equal(kz_str_i64(KZ_STR("-9223372036854775808"), &n), KZ_OK);
  assert_true(n == INT64_MIN);
  assert_int_equal(kz_str_i64(KZ_STR("9223372036854775807"), &n), KZ_OK);
  assert_true(n == INT64_MAX);
  assert_int_equal(kz_str_i64(KZ_STR("-0"), &n), KZ_OK);
  assert_int_equal(n, 0);
  kz_str bad[] = {KZ_STR("9223372036854775808"), KZ_STR("-9223372036854775809"),
                  KZ_STR("-"), KZ_STR("--1"), KZ_STR("")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_str_i64(bad[i], &n), KZ_E_INPUT);
    assert_int_equal(n, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_is_by_unsigned_bytes_and_prefixes_come_first),
      cmocka_unit_test(only_ascii_letters_are_folded),
      cmocka_unit_test(starts_and_ends_look_at_whole_pieces),
      cmocka_unit_test(find_tells_the_first_place_or_none),
      cmocka_unit_test(trim_takes_white_space_at_both_ends_only),
      cmocka_unit_test(next_gives_the_pieces_between_separators),
      cmocka_unit_test(lines_may_end_in_either_way),
      cmocka_unit_test(unsigned_numbers_reach_to_their_last_value),
      cmocka_unit_test(signed_numbers_reach_to_both_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
