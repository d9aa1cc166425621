#include "test.h"

#include <stdlib.h>

#include "base/random.h"
#include "base/utf8.h"

static void every_character_encodes_and_decodes_to_itself(void **state) {
  (void)state;
  for (uint32_t point = 0; point <= 0x10FFFF; point++) {
    char bytes[KZ_UTF8_MAX];
    size_t len = kz_utf8_encode(point, bytes);
    if (point >= 0xD800 && point <= 0xDFFF) {
      assert_int_equal(len, 0);
      continue;
    }
    uint32_t back = 0;
    assert_true(len >= 1);
    assert_int_equal(kz_utf8_decode((kz_str){bytes, len}, &back), len);
    assert_int_equal(back, point);
    assert_int_equal(kz_utf8_decode((kz_str){bytes, len - 1}, &back), 0);
  }
  char unused[KZ_UTF8_MAX];
  assert_int_equal(kz_utf8_encode(0x110000, unused), 0);
}

static void what_rfc_3629_forbids_is_refused(void **state) {
  (void)state;
  kz_str bad[] = {
      KZ_STR("\x80"),
      KZ_STR("\xBF"),
      KZ_STR("\xC0\x80"),
      KZ_STR("\xC1\xBF"),
      KZ_STR("\xC2"),
      KZ_STR("\xC2 "),
      KZ_STR("\xE0\x9F\xBF"),
      KZ_STR("\xE3\x81"),
      KZ_STR("\xED\xA0\x80"),
      KZ_STR("\xED\xBF\xBF"),
      KZ_STR("\xF0\x8F\xBF\xBF"),
      KZ_STR("\xF4\x90\x80\x80"),
      KZ_STR("\xF5\x80\x80\x80"),
      KZ_STR("\xFF"),
      KZ_STR("\xE3\x81\x82\x80"),
      KZ_STR("\xF0\x9F\x98"),
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(kz_utf8_is_valid(bad[i]));
    assert_true(kz_utf8_valid_prefix(bad[i]) < bad[i].len);
  }
}

static void the_valid_prefix_ends_where_the_damage_begins(void **state) {
  (void)state;
  assert_int_equal(kz_utf8_valid_prefix(KZ_STR("abc\xFFxyz")), 3);
  assert_int_equal(kz_utf8_valid_prefix(KZ_STR("12345678\xE3\x81")), 8);
  assert_int_equal(kz_utf8_valid_prefix(KZ_STR_NONE), 0);
  assert_true(kz_utf8_is_valid(KZ_STR_NONE));
}

static void length_counts_characters(void **state) {
  (void)state;
  assert_int_equal(kz_utf8_length(KZ_STR("a\u00e4\u3042\U0001F600")), 4);
  assert_int_equal(kz_utf8_length(KZ_STR_NONE), 0);
}

static void assert_ways_agree(kz_str s) {
  assert_int_equal(kz_utf8_is_valid(s), kz_utf8_valid_prefix(s) == s.len);
}

/* Puts each sequence of two to four odd bytes at each place around the border
 * of two wide steps of a long text. */
static void both_ways_agree_on_every_pair_at_every_border(void **state) {
  (void)state;
  char text[128];
  for (size_t at = 30; at < 34; at++) {
    for (unsigned pair = 0; pair < 1 << 16; pair++) {
      memset(text, 'a', sizeof text);
      text[at] = (char)(pair >> 8);
      text[at + 1] = (char)pair;
      assert_ways_agree((kz_str){text, sizeof text});
      text[at + 2] = (char)0x80;
      assert_ways_agree((kz_str){text, sizeof text});
      text[at + 3] = (char)0x80;
      assert_ways_agree((kz_str){text, sizeof text});
    }
  }
}

static void both_ways_agree_when_text_is_cut_or_damaged(void **state) {
  (void)state;
  struct kz_random random;
  kz_random_init(&random, 3);
  for (unsigned round = 0; round < 20000; round++) {
    size_t len = 0;
    char *text = malloc(300); /* on the heap: its end is watched */
    assert_non_null(text);
    size_t wanted = 64 + kz_random_below(&random, 200);
    while (len < wanted) {
      uint32_t limit = kz_random_below(&random, 2) ? 0x80 : 0x10000;
      len +=
          kz_utf8_encode((uint32_t)kz_random_below(&random, limit), text + len);
    }
    if (round % 2) {
      text[kz_random_below(&random, len)] = (char)kz_random_next(&random);
    }
    char *exact = realloc(text, len);
    assert_non_null(exact);
    assert_ways_agree((kz_str){exact, len});
    assert_ways_agree((kz_str){exact, len - kz_random_below(&random, 4)});
    free(exact);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_character_encodes_and_decodes_to_itself),
      cmocka_unit_test(what_rfc_3629_forbids_is_refused),
      cmocka_unit_test(the_valid_prefix_ends_where_the_damage_begins),
      cmocka_unit_test(length_counts_characters),
      cmocka_unit_test(both_ways_agree_on_every_pair_at_every_border),
      cmocka_unit_test(both_ways_agree_when_text_is_cut_or_damaged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
