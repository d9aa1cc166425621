#include "test.h"

#include <string.h>

#include "insight/pattern_set.h"

struct seen {
  unsigned lists; /* a bit for each */
  size_t count;
};

static void on_match(void *ctx, uint32_t list, kz_str pattern) {
  struct seen *seen = ctx;
  assert_true(pattern.len > 0);
  seen->lists |= 1u << list;
  seen->count++;
}

static const struct kz_pattern patterns[] = {
    {.text = {"@mail.example", 13}, .list = 0},
    {.text = {"evil.*", 6}, .list = 1}, /* no expression: a piece */
    {.text = {"/^(noc|abuse)\\@.*\\..*$/i", 24}, .list = 2, .is_regex = true},
    {.text = {"/((?:\\+|00)44)?01632960([0-9]{3})/g", 35},
     .list = 3,
     .is_regex = true},
    {.text = {"/(?<=a)b/", 9}, .list = 4, .is_regex = true}, /* look-behind */
    {.text = {"bare[0-9]+", 10}, .list = 5, .is_regex = true},
    {.text = {"", 0}, .list = 6},
};

static void pieces_and_expressions_are_found(void **state) {
  (void)state;
  struct kz_pattern_set *set = NULL;
  size_t left_out = 0;
  assert_int_equal(kz_pattern_set_new(patterns, 7, &set, &left_out), KZ_OK);
  assert_int_equal(left_out, 2);
  struct kz_pattern_scratch *scratch = kz_pattern_scratch_new(set);
  assert_non_null(scratch);
  static const struct {
    const char *text;
    unsigned pieces;
    unsigned regexes;
  } cases[] = {
      {"someone@MAIL.example", 1, 0},
      {"someone@mail.exampl", 0, 0},
      {"an evil.* one", 2, 0},
      {"an evilx one", 0, 0},
      {"ABUSE@host.example", 0, 4},
      {"no-abuse@host.example", 0, 0},
      {"+4401632960123", 0, 8},
      {"01632960123", 0, 8},
      {"0163296012", 0, 0},
      {"Bare1", 0, 0},
      {"bare1", 0, 32},
      {"", 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct seen pieces = {0};
    struct seen regexes = {0};
    kz_str text = kz_str_of(cases[i].text);
    kz_pattern_set_find_pieces(set, scratch, text, on_match, &pieces);
    kz_pattern_set_find_regexes(set, scratch, text, on_match, &regexes);
    assert_int_equal(pieces.lists, cases[i].pieces);
    assert_int_equal(regexes.lists, cases[i].regexes);
  }
  struct seen twice = {0};
  kz_pattern_set_find_pieces(set, scratch, KZ_STR("evil.* evil.* evil.*"),
                             on_match, &twice);
  assert_int_equal(twice.count, 1);
  kz_pattern_scratch_free(scratch);
  kz_pattern_set_free(set);
}

static void an_empty_set_finds_nothing(void **state) {
  (void)state;
  struct kz_pattern_set *set = NULL;
  size_t left_out = 1;
  assert_int_equal(kz_pattern_set_new(NULL, 0, &set, &left_out), KZ_OK);
  assert_int_equal(left_out, 0);
  struct kz_pattern_scratch *scratch = kz_pattern_scratch_new(set);
  struct seen seen = {0};
  kz_pattern_set_find_pieces(set, scratch, KZ_STR("a"), on_match, &seen);
  kz_pattern_set_find_regexes(set, scratch, KZ_STR("a"), on_match, &seen);
  assert_int_equal(seen.count, 0);
  kz_pattern_scratch_free(scratch);
  kz_pattern_set_free(set);
}

static void what_is_no_expression_is_told(void **state) {
  (void)state;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_pattern_check(KZ_STR("/a(b/"), &err), KZ_E_INPUT);
  assert_non_null(strstr(err.text, "regular expression"));
  assert_int_equal(kz_pattern_check(KZ_STR("/a/q"), &err), KZ_E_INPUT);
  assert_non_null(strstr(err.text, "'q'"));
  assert_int_equal(kz_pattern_check(KZ_STR("/(a)\\1/"), &err), KZ_E_INPUT);
  assert_int_equal(kz_pattern_check(KZ_STR(""), &err), KZ_E_INPUT);
  assert_int_equal(kz_pattern_check(KZ_STR("/a\0b/"), &err), KZ_E_INPUT);
  assert_int_equal(kz_pattern_check(KZ_STR("/^a$/im"), &err), KZ_OK);
  assert_int_equal(kz_pattern_check(KZ_STR("/"), &err), KZ_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_and_expressions_are_found),
      cmocka_unit_test(an_empty_set_finds_nothing),
      cmocka_unit_test(what_is_no_expression_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
