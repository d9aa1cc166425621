#include "test.h"

#include "model/ascii.h"

static bool is_hex(char c) {
  return kz_is_hex(c);
}

static bool is_lower_hex(char c) {
  return kz_is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_name(char c) {
  return kz_is_alnum(c) || c == '.' || c == '-' || c == '_';
}

static bool is_not_upper(char c) {
  return c < 'A' || c > 'Z';
}

static bool has_no_upper(kz_str text) {
  return !kz_ascii_has_upper(text);
}

struct question {
  bool (*of_text)(kz_str text);
  bool (*of_byte)(char c);
};

static const struct question questions[] = {
    {kz_ascii_is_hex, is_hex},
    {kz_ascii_is_lower_hex, is_lower_hex},
    {kz_ascii_is_name, is_name},
    {has_no_upper, is_not_upper},
};

/* Every byte at every place of texts of every length up to three words. */
static void one_byte_decides_wherever_it_stands(void **state) {
  (void)state;
  enum { LONGEST = 24 };
  char text[LONGEST];
  for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
    memset(text, 'a', sizeof text);
    for (size_t len = 1; len <= LONGEST; len++) {
      for (size_t at = 0; at < len; at++) {
        for (int c = -128; c < 128; c++) {
          text[at] = (char)c;
          assert_int_equal(questions[q].of_text((kz_str){text, len}),
                           questions[q].of_byte((char)c));
        }
        text[at] = 'a';
      }
    }
  }
}

static void the_empty_text_has_nothing_wrong(void **state) {
  (void)state;
  for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
    assert_true(questions[q].of_text(KZ_STR_NONE));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_byte_decides_wherever_it_stands),
      cmocka_unit_test(the_empty_text_has_nothing_wrong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
