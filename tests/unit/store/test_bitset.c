#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/bitset.h"
#include "store/crew.h"
#include "store/tally.h"

enum { WORDS = 37, BITS = WORDS * 64, ROUNDS = 500 };

struct sets {
  struct kz_random random;
  uint64_t a[WORDS];
  uint64_t b[WORDS];
};

/* Full, empty and mixed words. */
static void fill(struct sets *s, uint64_t *bits) {
  for (size_t i = 0; i < WORDS; i++) {
    uint64_t word = kz_random_next(&s->random);
    uint64_t kind = kz_random_below(&s->random, 4);
    bits[i] = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : word;
  }
}

static uint64_t count_slowly(const uint64_t *bits, uint32_t from, uint32_t to) {
  uint64_t n = 0;
  for (uint32_t i = from; i < to; i++) {
    n += kz_bitset_has(bits, i);
  }
  return n;
}

static void all_ways_count_the_same(void **state) {
  (void)state;
  struct sets s;
  size_t ways = 0;
  const struct kz_bitset_way *way = kz_bitset_ways(&ways);
  kz_random_init(&s.random, 1);
  for (unsigned round = 0; round < ROUNDS; round++) {
    uint64_t both[WORDS];
    fill(&s, s.a);
    fill(&s, s.b);
    memcpy(both, s.a, sizeof both);
    kz_bitset_and(both, s.b, WORDS);
    size_t words = (size_t)kz_random_below(&s.random, WORDS + 1);
    uint32_t bits = (uint32_t)words * 64;
    for (size_t i = 0; i < ways; i++) {
      assert_int_equal(way[i].count(s.a, words), count_slowly(s.a, 0, bits));
      assert_int_equal(way[i].count_both(s.a, s.b, words),
                       count_slowly(both, 0, bits));
    }
  }
}

static void all_ways_count_ranges_the_same(void **state) {
  (void)state;
  struct sets s;
  size_t ways = 0;
  const struct kz_bitset_way *way = kz_bitset_ways(&ways);
  kz_random_init(&s.random, 2);
  for (unsigned round = 0; round < ROUNDS; round++) {
    uint32_t starts[50] = {0};
    uint32_t counts[49];
    uint32_t most = round % 2 ? 100 : 5;
    fill(&s, s.a);
    for (size_t i = 1; i < 50; i++) {
      uint32_t next =
          starts[i - 1] + (uint32_t)kz_random_below(&s.random, most);
      starts[i] = next < BITS ? next : BITS;
    }
    for (size_t i = 0; i < ways; i++) {
      way[i].count_ranges(s.a, starts, 49, counts);
      for (size_t k = 0; k < 49; k++) {
        assert_int_equal(counts[k],
                         count_slowly(s.a, starts[k], starts[k + 1]));
        assert_int_equal(kz_bitset_count_range(s.a, starts[k], starts[k + 1]),
                         counts[k]);
      }
    }
  }
}

static void all_ways_find_numbers_in_a_range(void **state) {
  (void)state;
  struct sets s;
  static const uint32_t edges[] = {0, 1, 100, INT32_MAX, UINT32_MAX};
  size_t ways = 0;
  const struct kz_bitset_way *way = kz_bitset_ways(&ways);
  kz_random_init(&s.random, 3);
  for (unsigned round = 0; round < ROUNDS; round++) {
    uint32_t numbers[300];
    size_t count = (size_t)kz_random_below(&s.random, 300);
    uint32_t from = edges[kz_random_below(&s.random, 5)];
    uint32_t span = edges[kz_random_below(&s.random, 5)];
    for (size_t i = 0; i < count; i++) {
      numbers[i] = edges[kz_random_below(&s.random, 5)] +
                   (uint32_t)kz_random_below(&s.random, 3) - 1;
    }
    for (size_t i = 0; i < ways; i++) {
      uint64_t bits[6] = {1}; /* a bit that is set stays */
      way[i].set_in_range(numbers, count, from, span, bits);
      for (uint32_t k = 0; k < 300; k++) {
        bool in = k < count && numbers[k] - from <= span;
        assert_int_equal(kz_bitset_has(bits, k), in || k == 0);
      }
    }
  }
}

static void ranges_are_set_and_cleared_to_the_bit(void **state) {
  (void)state;
  struct sets s;
  kz_random_init(&s.random, 4);
  for (unsigned round = 0; round < ROUNDS; round++) {
    uint32_t from = (uint32_t)kz_random_below(&s.random, BITS + 1);
    uint32_t to = (uint32_t)kz_random_below(&s.random, BITS + 1);
    uint64_t before[WORDS];
    fill(&s, s.a);
    memcpy(s.b, s.a, sizeof s.b);
    memcpy(before, s.a, sizeof before);
    kz_bitset_set_range(s.a, from, to);
    kz_bitset_clear_range(s.b, from, to);
    for (uint32_t i = 0; i < BITS; i++) {
      bool in = i >= from && i < to;
      assert_int_equal(kz_bitset_has(s.a, i), in || kz_bitset_has(before, i));
      assert_int_equal(kz_bitset_has(s.b, i), !in && kz_bitset_has(before, i));
    }
  }
}

static void the_next_bit_is_found_inside_a_range(void **state) {
  (void)state;
  struct sets s;
  kz_random_init(&s.random, 5);
  for (unsigned round = 0; round < ROUNDS; round++) {
    memset(s.a, 0, sizeof s.a);
    for (unsigned i = 0; i < 6; i++) {
      kz_bitset_set(s.a, (uint32_t)kz_random_below(&s.random, BITS));
    }
    uint32_t from = (uint32_t)kz_random_below(&s.random, BITS + 1);
    uint32_t to = (uint32_t)kz_random_below(&s.random, BITS + 1);
    uint32_t expected = from;
    while (expected < to && !kz_bitset_has(s.a, expected)) {
      expected++;
    }
    assert_int_equal(kz_bitset_next(s.a, from, to),
                     expected < to ? expected : to);
  }
}

static void sets_are_joined_and_taken_away(void **state) {
  (void)state;
  struct sets s;
  kz_random_init(&s.random, 6);
  fill(&s, s.a);
  fill(&s, s.b);
  uint64_t joined[WORDS];
  uint64_t left[WORDS];
  memcpy(joined, s.a, sizeof joined);
  memcpy(left, s.a, sizeof left);
  kz_bitset_or(joined, s.b, WORDS);
  kz_bitset_and_not(left, s.b, WORDS);
  for (uint32_t i = 0; i < BITS; i++) {
    bool a = kz_bitset_has(s.a, i);
    bool b = kz_bitset_has(s.b, i);
    assert_int_equal(kz_bitset_has(joined, i), a || b);
    assert_int_equal(kz_bitset_has(left, i), a && !b);
  }
  assert_false(kz_bitset_is_empty(s.a, WORDS));
  kz_bitset_and_not(s.a, s.a, WORDS);
  assert_true(kz_bitset_is_empty(s.a, WORDS));
}

static void count_up(void *ctx, unsigned worker, size_t piece) {
  atomic_uint *done = ctx;
  assert_true(worker < 3);
  atomic_fetch_add(&done[piece], 1);
}

static void a_crew_does_each_piece_once(void **state) {
  (void)state;
  atomic_uint done[100] = {0};
  kz_crew_run(3, 100, count_up, done);
  for (size_t i = 0; i < 100; i++) {
    assert_int_equal(atomic_load(&done[i]), 1);
  }
  kz_crew_run(0, 1, count_up, done);
  assert_int_equal(atomic_load(&done[0]), 2);
  kz_crew_run(2, 0, count_up, NULL);
  assert_int_equal(kz_crew_size(0), 1);
  assert_true(kz_crew_size(1000) <= KZ_CREW_MAX);
}

static void a_tally_grows_to_its_largest_number(void **state) {
  (void)state;
  struct kz_tally a = {.counts = NULL};
  struct kz_tally b = {.counts = NULL};
  kz_tally_add(&a, 3, 5);
  kz_tally_add(&b, 3, 2);
  kz_tally_add(&b, 100000, 1);
  kz_tally_add(&b, UINT32_MAX, 1); /* damage: left out */
  kz_tally_merge(&a, &b);
  assert_int_equal(a.counts[3], 7);
  assert_int_equal(a.counts[4], 0);
  assert_int_equal(a.counts[100000], 1);
  assert_true(a.size <= KZ_TALLY_MAX && !a.failed);
  kz_tally_done(&a);
  kz_tally_done(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_ways_count_the_same),
      cmocka_unit_test(all_ways_count_ranges_the_same),
      cmocka_unit_test(all_ways_find_numbers_in_a_range),
      cmocka_unit_test(ranges_are_set_and_cleared_to_the_bit),
      cmocka_unit_test(the_next_bit_is_found_inside_a_range),
      cmocka_unit_test(sets_are_joined_and_taken_away),
      cmocka_unit_test(a_crew_does_each_piece_once),
      cmocka_unit_test(a_tally_grows_to_its_largest_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
