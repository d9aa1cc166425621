#include "test.h"

#include <stdlib.h>

#include "base/random.h"
#include "store/value_scan.h"

enum { ROUNDS = 3000, TEXT_MAX = 700 };

/* A text of few letters in memory of its own size, so that a read past its
 * end is seen. */
static kz_str make_text(struct kz_random *r, unsigned letters, char **ret) {
  size_t len = (size_t)kz_random_below(r, TEXT_MAX);
  char *text = malloc(len + 1);
  assert_non_null(text);
  for (size_t i = 0; i < len; i++) {
    text[i] = (char)('a' + (int)kz_random_below(r, letters));
  }
  *ret = text;
  return (kz_str){text, len};
}

static size_t find_slowly(kz_str needle, kz_str text, size_t from) {
  for (size_t i = from; i + needle.len <= text.len; i++) {
    if (memcmp(text.ptr + i, needle.ptr, needle.len) == 0) {
      return i;
    }
  }
  return SIZE_MAX;
}

static void all_ways_find_what_comparing_everywhere_finds(void **state) {
  (void)state;
  struct kz_random r;
  size_t ways = 0;
  const struct kz_scan_way *way = kz_scan_ways(&ways);
  kz_random_init(&r, 1);
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct kz_needle needle;
    char *bytes = NULL;
    kz_str text = make_text(&r, 2 + round % 5, &bytes);
    char want[40];
    size_t len = 1 + (size_t)kz_random_below(&r, round % 2 ? 4 : 40);
    for (size_t i = 0; i < len; i++) {
      want[i] = (char)('a' + (int)kz_random_below(&r, 2 + round % 5));
    }
    if (round % 3 == 0 && text.len >= len) {
      memcpy(bytes + text.len - len, want, len); /* at the very end */
    }
    assert_true(kz_needle_of_text(&needle, (kz_str){want, len}));
    size_t from = (size_t)kz_random_below(&r, text.len + 2);
    for (size_t i = 0; i < ways; i++) {
      size_t found = way[i].find(&needle, text, from);
      assert_int_equal(found, find_slowly((kz_str){want, len}, text, from));
    }
    free(bytes);
  }
}

static char digit(unsigned char byte, bool low) {
  return "0123456789abcdef"[low ? byte & 15 : byte >> 4];
}

/* Where the digits stand, counted in half bytes; SIZE_MAX: nowhere. */
static size_t find_digits(kz_str digits, const unsigned char *text, size_t len,
                          bool from_low) {
  for (size_t half = from_low; half + digits.len <= 2 * len; half += 2) {
    size_t k = 0;
    while (k < digits.len &&
           digit(text[(half + k) / 2], (half + k) % 2) == digits.ptr[k]) {
      k++;
    }
    if (k == digits.len) {
      return half / 2;
    }
  }
  return SIZE_MAX;
}

static void digits_are_found_in_raw_bytes_at_both_halves(void **state) {
  (void)state;
  struct kz_random r;
  size_t ways = 0;
  const struct kz_scan_way *way = kz_scan_ways(&ways);
  kz_random_init(&r, 2);
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct kz_needle needle;
    size_t len = (size_t)kz_random_below(&r, 400);
    unsigned char *bytes = malloc(len + 1);
    char want[9];
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
      bytes[i] = (unsigned char)kz_random_next(&r) & 0x73;
    }
    size_t digits = 1 + (size_t)kz_random_below(&r, 6);
    for (size_t i = 0; i < digits; i++) {
      want[i] = digit((unsigned char)kz_random_next(&r) & 0x73, i % 2);
    }
    bool from_low = round % 2;
    assert_true(kz_needle_of_digits(&needle, (kz_str){want, digits}, from_low));
    size_t expected = find_digits((kz_str){want, digits}, bytes, len, from_low);
    for (size_t i = 0; i < ways; i++) {
      kz_str text = {(const char *)bytes, len};
      assert_int_equal(way[i].find(&needle, text, 0), expected);
    }
    free(bytes);
  }
}

static void the_plain_way_is_always_there(void **state) {
  (void)state;
  size_t ways = 0;
  const struct kz_scan_way *way = kz_scan_ways(&ways);
  assert_true(ways >= 1);
  assert_string_equal(way[ways - 1].name, "plain");
  assert_true(kz_scan_best() == way[0].find);
}

static void what_is_no_needle_is_refused(void **state) {
  (void)state;
  struct kz_needle needle;
  char *text = calloc(1, KZ_NEEDLE_MAX + 1);
  assert_non_null(text);
  assert_false(kz_needle_of_text(&needle, KZ_STR("")));
  assert_true(kz_needle_of_text(&needle, (kz_str){text, KZ_NEEDLE_MAX}));
  assert_false(kz_needle_of_text(&needle, (kz_str){text, KZ_NEEDLE_MAX + 1}));
  assert_false(kz_needle_of_digits(&needle, KZ_STR(""), false));
  assert_false(kz_needle_of_digits(&needle, KZ_STR("12g4"), false));
  assert_false(kz_needle_of_digits(&needle, KZ_STR("AB"), false));
  free(text);
}

static void a_needle_fits_only_where_there_is_room(void **state) {
  (void)state;
  struct kz_needle needle;
  assert_true(kz_needle_of_text(&needle, KZ_STR("abc")));
  assert_true(kz_needle_fits(&needle, KZ_STR("abcd")));
  assert_false(kz_needle_fits(&needle, KZ_STR("ab")));
  assert_false(kz_needle_fits(&needle, KZ_STR("xabc")));
  assert_true(kz_needle_of_digits(&needle, KZ_STR("1"), true));
  assert_true(kz_needle_fits(&needle, KZ_STR("\x21")));
  assert_false(kz_needle_fits(&needle, KZ_STR("\x12")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_ways_find_what_comparing_everywhere_finds),
      cmocka_unit_test(digits_are_found_in_raw_bytes_at_both_halves),
      cmocka_unit_test(the_plain_way_is_always_there),
      cmocka_unit_test(what_is_no_needle_is_refused),
      cmocka_unit_test(a_needle_fits_only_where_there_is_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
