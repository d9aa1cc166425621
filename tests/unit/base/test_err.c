#include "test.h"

#include <string.h>

#include "base/err.h"

static void set_keeps_the_words_and_hands_the_code_back(void **state) {
  (void)state;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_err_set(&err, KZ_E_IO, "read %s", "a.json"), KZ_E_IO);
  assert_int_equal(err.rc, KZ_E_IO);
  assert_string_equal(err.text, "read a.json");
}

static void prefixes_stand_outermost_first(void **state) {
  (void)state;
  struct kz_err err = KZ_ERR_NONE;
  kz_err_set(&err, KZ_E_INPUT, "line 3");
  assert_int_equal(kz_err_prefix(&err, "%s", "a.json"), KZ_E_INPUT);
  assert_int_equal(kz_err_prefix(&err, "import"), KZ_E_INPUT);
  assert_string_equal(err.text, "import: a.json: line 3");
}

static void the_old_words_may_be_an_argument(void **state) {
  (void)state;
  struct kz_err err = KZ_ERR_NONE;
  kz_err_set(&err, KZ_E_IO, "inner");
  kz_err_set(&err, KZ_E_CORRUPT, "<%s>", err.text);
  assert_string_equal(err.text, "<inner>");
}

static void nobody_needs_to_read_it(void **state) {
  (void)state;
  assert_int_equal(kz_err_set(NULL, KZ_E_FULL, "x"), KZ_E_FULL);
  assert_int_equal(kz_err_prefix(NULL, "x"), KZ_E_INTERNAL);
}

static void long_text_is_cut_between_characters(void **state) {
  (void)state;
  struct kz_err err = KZ_ERR_NONE;
  for (int shift = 0; shift < 3; shift++) {
    kz_err_set(&err, KZ_E_INPUT, "%.*s", shift, "abc");
    for (int i = 0; i < 300; i++) {
      char before[KZ_ERR_TEXT];
      memcpy(before, err.text, sizeof before);
      kz_err_set(&err, KZ_E_INPUT, "%s\u3042", before);
    }
    size_t len = strlen(err.text);
    assert_true(len > KZ_ERR_TEXT - 5 && len < KZ_ERR_TEXT);
    assert_int_equal((len - (size_t)shift) % 3, 0);
    assert_memory_equal(err.text + len - 3, "\u3042", 3);
  }
}

static void every_code_has_a_name_of_its_own(void **state) {
  (void)state;
  assert_string_equal(kz_rc_name(KZ_OK), "ok");
  assert_string_equal(kz_rc_name(KZ_E_INPUT), "input");
  for (int a = KZ_E_INTERNAL; a <= KZ_UNCHANGED; a++) {
    assert_string_not_equal(kz_rc_name((kz_rc)a), "unknown");
    for (int b = KZ_E_INTERNAL; b < a; b++) {
      assert_string_not_equal(kz_rc_name((kz_rc)a), kz_rc_name((kz_rc)b));
    }
  }
  assert_string_equal(kz_rc_name((kz_rc)99), "unknown");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(set_keeps_the_words_and_hands_the_code_back),
      cmocka_unit_test(prefixes_stand_outermost_first),
      cmocka_unit_test(the_old_words_may_be_an_argument),
      cmocka_unit_test(nobody_needs_to_read_it),
      cmocka_unit_test(long_text_is_cut_between_characters),
      cmocka_unit_test(every_code_has_a_name_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
