#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

enum { MOST_WAYS = 8, TEXT = 4 * KZ_JSON_BLOCK, ROUNDS = 3000 };

static size_t count_ways(void) {
  size_t count = 0;
  while (kz_json_scan(count)) {
    count++;
  }
  return count;
}

static const struct kz_json_scan *plain(void) {
  return kz_json_scan(count_ways() - 1);
}

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

/* In a block of exactly its size, so that a sanitizer sees a read outside. */
static void assert_ways_agree(const char *bytes, size_t len) {
  char *text = malloc(len > 0 ? len : 1);
  assert_non_null(text);
  memcpy(text, bytes, len);
  const struct kz_json_scan *sure = plain();
  size_t blocks = len / KZ_JSON_BLOCK;
  uint64_t ends[2][TEXT / KZ_JSON_BLOCK];
  uint64_t high[2][TEXT / KZ_JSON_BLOCK];
  sure->mark(text, blocks, ends[0], high[0]);
  struct kz_json_run run = sure->text(text, text + len);
  const char *space_end = sure->space(text, text + len);
  for (size_t i = 0; kz_json_scan(i); i++) {
    const struct kz_json_scan *way = kz_json_scan(i);
    struct kz_json_run other = way->text(text, text + len);
    assert_ptr_equal(other.end, run.end);
    assert_int_equal(other.is_ascii, run.is_ascii);
    assert_ptr_equal(way->space(text, text + len), space_end);
    way->mark(text, blocks, ends[1], high[1]);
    assert_memory_equal(ends[1], ends[0], blocks * sizeof ends[0][0]);
    assert_memory_equal(high[1], high[0], blocks * sizeof high[0][0]);
  }
  free(text);
}

static void the_slowest_way_is_plain_and_always_there(void **state) {
  (void)state;
  assert_in_range(count_ways(), 1, MOST_WAYS);
  assert_string_equal(plain()->name, "plain");
  assert_null(kz_json_scan(count_ways()));
}

static void plain_text_stops_where_the_rule_says(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++) {
    char text[3] = {'a', (char)c, 'a'};
    struct kz_json_run run = plain()->text(text, text + 3);
    bool stops = c < 0x20 || c == '"' || c == '\\';
    assert_ptr_equal(run.end, stops ? text + 1 : text + 3);
    assert_int_equal(run.is_ascii, c < 0x80);
  }
}

static void plain_space_is_four_bytes_and_no_other(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++) {
    char text[3] = {' ', (char)c, 'a'};
    bool passes = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    assert_ptr_equal(plain()->space(text, text + 3), text + (passes ? 2 : 1));
  }
}

static void all_ways_agree_on_every_byte_at_every_place(void **state) {
  (void)state;
  char text[TEXT];
  for (int filler = 0; filler < 2; filler++) {
    for (size_t at = 0; at < 2 * KZ_JSON_BLOCK; at++) {
      for (int c = 0; c < 256; c++) {
        memset(text, filler ? ' ' : 'a', sizeof text);
        text[at] = (char)c;
        assert_ways_agree(text, 2 * KZ_JSON_BLOCK);
      }
    }
  }
}

static void all_ways_agree_at_every_length(void **state) {
  (void)state;
  char text[TEXT];
  memset(text, 'a', sizeof text);
  for (size_t len = 0; len <= sizeof text; len++) {
    assert_ways_agree(text, len);
  }
  memset(text, '\n', sizeof text);
  for (size_t len = 0; len <= sizeof text; len++) {
    assert_ways_agree(text, len);
  }
}

static void all_ways_agree_on_random_bytes(void **state) {
  (void)state;
  static const char common[] = "abcdefgh  \t\r\n\"\\\x1F\x20\x7F\x80\xC3\xFF";
  uint32_t seed = 1;
  char text[TEXT];
  for (int round = 0; round < ROUNDS; round++) {
    /* From almost all letters to almost all others. */
    uint32_t odds = next_random(&seed) % 64;
    size_t len = next_random(&seed) % (sizeof text + 1);
    for (size_t i = 0; i < len; i++) {
      size_t pick = next_random(&seed) % (sizeof common - 1);
      text[i] = next_random(&seed) % 64 < odds ? common[pick] : 'x';
    }
    assert_ways_agree(text, len);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_slowest_way_is_plain_and_always_there),
      cmocka_unit_test(plain_text_stops_where_the_rule_says),
      cmocka_unit_test(plain_space_is_four_bytes_and_no_other),
      cmocka_unit_test(all_ways_agree_on_every_byte_at_every_place),
      cmocka_unit_test(all_ways_agree_at_every_length),
      cmocka_unit_test(all_ways_agree_on_random_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
