#include "test.h"

#include <string.h>

#include "base/random.h"
#include "format/brackets.h"

/* How many bytes the value at the start of `text` has; 0 when it is open. */
static size_t length_of(const char *text) {
  struct kz_brackets b = {0};
  const char *at = text;
  enum kz_brackets_stop stop =
      kz_brackets_scan(&b, &at, text + strlen(text), 0);
  return stop == KZ_BRACKETS_CLOSED ? (size_t)(at - text) : 0;
}

static void a_value_ends_with_its_last_bracket(void **state) {
  (void)state;
  assert_int_equal(length_of("{}x"), 2);
  assert_int_equal(length_of("{\"a\":[1,{\"b\":[]}]},"), 18);
  assert_int_equal(length_of("[[]"), 0);
}

static void brackets_in_strings_do_not_count(void **state) {
  (void)state;
  assert_int_equal(length_of("{\"a}\":\"]\"}"), 10);
  assert_int_equal(length_of("{\"a\":\"\\\"}\"}"), 11);
  assert_int_equal(length_of("{\"a\":\"\\\\\"}}"), 10);
}

static void a_line_end_closes_a_broken_string(void **state) {
  (void)state;
  assert_int_equal(length_of("{\"a\":\"x\n}"), 9);
}

static void lines_are_counted(void **state) {
  (void)state;
  const char text[] = "{\n\"a\":\n1";
  struct kz_brackets b = {0};
  const char *at = text;
  assert_int_equal(kz_brackets_scan(&b, &at, text + sizeof text - 1, 100),
                   KZ_BRACKETS_END);
  assert_int_equal(b.lines, 2);
  assert_int_equal(b.line_start, 107);
}

static void a_brace_that_begins_a_line_is_told(void **state) {
  (void)state;
  const char text[] = "{\"a\":\n{\"b\":1}}";
  struct kz_brackets b = {0};
  const char *at = text;
  const char *end = text + sizeof text - 1;
  assert_int_equal(kz_brackets_scan(&b, &at, end, 0), KZ_BRACKETS_LINE);
  assert_int_equal(at - text, 6);
  b.is_line_start = false;
  assert_int_equal(kz_brackets_scan(&b, &at, end, 6), KZ_BRACKETS_CLOSED);
  assert_ptr_equal(at, end);
}

/* Goes through `text` in pieces and adds up what was told on the way. */
static uint64_t walk(kz_brackets_way *way, const char *text, size_t len,
                     size_t piece, struct kz_brackets *ret) {
  uint64_t told = 0;
  *ret = (struct kz_brackets){0};
  for (size_t from = 0; from < len; from += piece) {
    const char *at = text + from;
    const char *end = text + (from + piece < len ? from + piece : len);
    while (at < end) {
      enum kz_brackets_stop stop = way(ret, &at, end, (uint64_t)(at - text));
      if (stop == KZ_BRACKETS_END) {
        continue;
      }
      told = told * 31 + (uint64_t)stop * 7 + (uint64_t)(at - text);
      ret->is_line_start = false;
      ret->depth += stop == KZ_BRACKETS_CLOSED ? 3 : 0;
    }
  }
  return told;
}

static kz_brackets_way *plain_way(void) {
  size_t rank = 0;
  while (kz_brackets_way_of_rank(rank + 1)) {
    rank++;
  }
  return kz_brackets_way_of_rank(rank);
}

static void assert_same(const struct kz_brackets *found,
                        const struct kz_brackets *plain) {
  assert_int_equal(found->depth, plain->depth);
  assert_int_equal(found->in_string, plain->in_string);
  assert_int_equal(found->is_escaped, plain->is_escaped);
  assert_int_equal(found->is_line_start, plain->is_line_start);
  assert_int_equal(found->lines, plain->lines);
  assert_int_equal(found->line_start, plain->line_start);
}

/* In one go and in pieces. */
static void compare_ways(const char *text, size_t len, size_t piece) {
  struct kz_brackets plain;
  uint64_t told = walk(plain_way(), text, len, len, &plain);
  for (size_t rank = 0; kz_brackets_way_of_rank(rank); rank++) {
    struct kz_brackets found;
    kz_brackets_way *way = kz_brackets_way_of_rank(rank);
    assert_int_equal(walk(way, text, len, len, &found), told);
    assert_same(&found, &plain);
    assert_int_equal(walk(way, text, len, piece, &found), told);
    assert_same(&found, &plain);
  }
}

static void all_ways_tell_the_same(void **state) {
  (void)state;
  static const char bytes[] =
      "{}[]\"\"\\\n{}[]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,:";
  enum { LENGTH = 700, ROUNDS = 3000 };
  struct kz_random random;
  kz_random_init(&random, 42);
  for (int round = 0; round < ROUNDS; round++) {
    char text[LENGTH];
    size_t choice = round % 3 == 0 ? 12 : sizeof bytes - 1;
    for (size_t i = 0; i < LENGTH; i++) {
      text[i] = bytes[kz_random_below(&random, choice)];
    }
    compare_ways(text, LENGTH, 1 + (size_t)kz_random_below(&random, LENGTH));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_value_ends_with_its_last_bracket),
      cmocka_unit_test(brackets_in_strings_do_not_count),
      cmocka_unit_test(a_line_end_closes_a_broken_string),
      cmocka_unit_test(lines_are_counted),
      cmocka_unit_test(a_brace_that_begins_a_line_is_told),
      cmocka_unit_test(all_ways_tell_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
