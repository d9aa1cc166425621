#include "test.h"

#include <stdio.h>

#include "insight/word_set.h"

struct seen {
  size_t count;
  uint32_t lists[8];
};

static void on_word(void *ctx, uint32_t list, kz_str word) {
  struct seen *seen = ctx;
  assert_true(word.len > 0);
  assert_true(seen->count < 8);
  seen->lists[seen->count++] = list;
}

static struct seen find(const struct kz_word_set *set, const char *text) {
  struct seen seen = {0};
  kz_word_set_find(set, kz_str_of(text), on_word, &seen);
  return seen;
}

static void a_word_is_found_in_each_of_its_lists(void **state) {
  (void)state;
  struct kz_word_set *set = kz_word_set_new(4, 30);
  assert_non_null(set);
  assert_int_equal(kz_word_set_add(set, KZ_STR("one.example"), 1), KZ_OK);
  assert_int_equal(kz_word_set_add(set, KZ_STR("two.example"), 1), KZ_OK);
  assert_int_equal(kz_word_set_add(set, KZ_STR("one.example"), 2), KZ_OK);
  assert_int_equal(find(set, "one.example").count, 2);
  assert_int_equal(find(set, "two.example").count, 1);
  assert_int_equal(find(set, "two.exampl").count, 0);
  assert_int_equal(find(set, "").count, 0);
  kz_word_set_free(set);
}

static void what_has_no_room_is_refused(void **state) {
  (void)state;
  struct kz_word_set *set = kz_word_set_new(2, 10);
  assert_int_equal(kz_word_set_add(set, KZ_STR("0123456789a"), 1), KZ_E_LIMIT);
  assert_int_equal(kz_word_set_add(set, KZ_STR("0123456789"), 1), KZ_OK);
  assert_int_equal(kz_word_set_add(set, KZ_STR("0123456789"), 2), KZ_OK);
  assert_int_equal(kz_word_set_add(set, KZ_STR("0123456789"), 3), KZ_E_LIMIT);
  assert_int_equal(find(set, "0123456789").count, 2);
  kz_word_set_free(set);
  assert_null(kz_word_set_new(SIZE_MAX / 2, 1));
}

static void many_words_stay_apart(void **state) {
  (void)state;
  enum { COUNT = 20000 };
  struct kz_word_set *set = kz_word_set_new(COUNT, COUNT * 8);
  char word[16];
  for (uint32_t i = 0; i < COUNT; i++) {
    int len = snprintf(word, sizeof word, "w%u", i);
    assert_int_equal(kz_word_set_add(set, (kz_str){word, (size_t)len}, i),
                     KZ_OK);
  }
  for (uint32_t i = 0; i < COUNT; i++) {
    snprintf(word, sizeof word, "w%u", i);
    struct seen seen = find(set, word);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.lists[0], i);
  }
  kz_word_set_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_word_is_found_in_each_of_its_lists),
      cmocka_unit_test(what_has_no_room_is_refused),
      cmocka_unit_test(many_words_stay_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
