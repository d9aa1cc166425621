#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/dead.h"

enum { ROWS = 300000, WORDS = (ROWS + 63) / 64 };

static void no_set_means_none_is_dead(void **state) {
  (void)state;
  uint64_t words[2] = {UINT64_MAX, 5};
  assert_false(kz_dead_has(NULL, 0));
  assert_false(kz_dead_has(NULL, UINT32_MAX));
  kz_dead_clear_from(NULL, words, 2);
  assert_true(words[0] == UINT64_MAX && words[1] == 5);
  assert_null(kz_dead_ref(NULL));
  kz_dead_unref(NULL);
}

static void rows_are_dead_that_were_killed_and_no_other(void **state) {
  (void)state;
  struct kz_random random;
  kz_random_init(&random, 1);
  bool *model = calloc(ROWS, sizeof *model);
  assert_non_null(model);
  struct kz_dead *dead = NULL;
  size_t killed = 0;
  for (int commit = 0; commit < 40; commit++) {
    uint32_t rows[200];
    size_t count = (size_t)kz_random_below(&random, 200);
    for (size_t i = 0; i < count; i++) {
      rows[i] = (uint32_t)kz_random_below(&random, commit % 2 ? ROWS : 500);
      killed += !model[rows[i]];
      model[rows[i]] = true;
    }
    struct kz_dead *next = kz_dead_with(dead, ROWS, rows, count);
    assert_non_null(next);
    kz_dead_unref(dead);
    dead = next;
    assert_int_equal(dead->count, killed);
  }
  for (uint32_t i = 0; i < ROWS; i++) {
    assert_int_equal(kz_dead_has(dead, i), model[i]);
  }
  kz_dead_unref(dead);
  free(model);
}

static void an_older_set_keeps_its_moment(void **state) {
  (void)state;
  const uint32_t first[] = {1, 70000};
  const uint32_t second[] = {2, 1, 299999};
  struct kz_dead *old = kz_dead_with(NULL, ROWS, first, 2);
  struct kz_dead *new = kz_dead_with(old, ROWS, second, 3);
  struct kz_dead *kept = kz_dead_ref(old);
  assert_int_equal(old->count, 2);
  assert_int_equal(new->count, 4);
  assert_false(kz_dead_has(old, 2));
  assert_false(kz_dead_has(old, 299999));
  assert_true(kz_dead_has(new, 1) && kz_dead_has(new, 70000));
  assert_ptr_equal(old->blocks[1], new->blocks[1]); /* shared */
  assert_ptr_not_equal(old->blocks[0], new->blocks[0]);
  kz_dead_unref(old);
  kz_dead_unref(new);
  assert_true(kz_dead_has(kept, 70000));
  kz_dead_unref(kept);
}

static void dead_rows_are_cleared_from_a_bitset(void **state) {
  (void)state;
  struct kz_random random;
  kz_random_init(&random, 2);
  uint64_t *words = malloc(WORDS * sizeof *words);
  uint32_t rows[1000];
  assert_non_null(words);
  memset(words, 0xff, WORDS * sizeof *words);
  for (size_t i = 0; i < 1000; i++) {
    rows[i] = (uint32_t)kz_random_below(&random, ROWS);
  }
  struct kz_dead *dead = kz_dead_with(NULL, ROWS, rows, 1000);
  kz_dead_clear_from(dead, words, WORDS);
  for (uint32_t i = 0; i < ROWS; i++) {
    assert_int_equal(words[i / 64] >> (i % 64) & 1, !kz_dead_has(dead, i));
  }
  kz_dead_unref(dead);
  free(words);
}

static void every_row_may_be_dead(void **state) {
  (void)state;
  enum { FEW = 65 };
  uint32_t rows[FEW];
  for (uint32_t i = 0; i < FEW; i++) {
    rows[i] = FEW - 1 - i;
  }
  struct kz_dead *dead = kz_dead_with(NULL, FEW, rows, FEW);
  assert_int_equal(dead->count, FEW);
  uint64_t words[2] = {UINT64_MAX, 1};
  kz_dead_clear_from(dead, words, 2);
  assert_true(words[0] == 0 && words[1] == 0);
  kz_dead_unref(dead);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_set_means_none_is_dead),
      cmocka_unit_test(rows_are_dead_that_were_killed_and_no_other),
      cmocka_unit_test(an_older_set_keeps_its_moment),
      cmocka_unit_test(dead_rows_are_cleared_from_a_bitset),
      cmocka_unit_test(every_row_may_be_dead),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
