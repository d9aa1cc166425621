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
    {.text = {"/^(noc|abuse)\\@.*\\..*$/i", 24}, .list = 2},
    {.text = {"/((?:\\+|00)44)?01632960([0-9]{3})/g", 35}, .list = 3},
    {.text = {"/(?<=a)b/", 9}, .list = 4}, /* look-behind */
    {.text = {"bare[0-9]+", 10}, .list = 5},
    {.text = {"", 0}, .list = 6},
};

static void expressions_are_found(void **state) {
  (void)state;
  struct kz_pattern_set *set = NULL;
  size_t left_out = 0;
  assert_int_equal(kz_pattern_set_new(patterns, 5, &set, &left_out), KZ_OK);
  assert_int_equal(left_out, 2);
  struct kz_pattern_scratch *scratch = kz_pattern_scratch_new(set);
  assert_non_null(scratch);
  static const struct {
    const char *text;
    unsigned lists;
  } cases[] = {
      {"ABUSE@host.example", 4}, {"no-abuse@host.example", 0},
      {"+4401632960123", 8},     {"01632960123", 8},
      {"0163296012", 0},         {"Bare1", 0},
      {"bare1 bare2", 32},       {"", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct seen seen = {0};
    kz_pattern_set_find(set, scratch, kz_str_of(cases[i].text), on_match,
                        &seen);
    assert_int_equal(seen.lists, cases[i].lists);
    assert_int_equal(seen.count, cases[i].lists != 0); /* each once */
  }
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
  kz_pattern_set_find(set, scratch, KZ_STR("a"), on_match, &seen);
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
      cmocka_unit_test(expressions_are_found),
      cmocka_unit_test(an_empty_set_finds_nothing),
      cmocka_unit_test(what_is_no_expression_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
