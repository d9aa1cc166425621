#include "test.h"

#include <string.h>

#include "base/random.h"

/* The published numbers of xoshiro256** for the state 1, 2, 3, 4. */
static void the_generator_is_the_published_one(void **state) {
  (void)state;
  struct kz_random random = {.state = {1, 2, 3, 4}};
  assert_true(kz_random_next(&random) == UINT64_C(11520));
  assert_true(kz_random_next(&random) == UINT64_C(0));
  assert_true(kz_random_next(&random) == UINT64_C(1509978240));
  assert_true(kz_random_next(&random) == UINT64_C(1215971899390074240));
}

/* The published numbers of splitmix64 for the seed 1234567. */
static void the_seed_is_spread_by_splitmix64(void **state) {
  (void)state;
  struct kz_random random;
  kz_random_init(&random, 1234567);
  assert_true(random.state[0] == UINT64_C(6457827717110365317));
  assert_true(random.state[1] == UINT64_C(3203168211198807973));
  assert_true(random.state[2] == UINT64_C(9817491932198370423));
  assert_true(random.state[3] == UINT64_C(4593380528125082431));
}

static void numbers_below_a_bound_are_even(void **state) {
  (void)state;
  struct kz_random random;
  kz_random_init(&random, 1);
  unsigned counts[6] = {0};
  for (unsigned i = 0; i < 60000; i++) {
    uint64_t n = kz_random_below(&random, 6);
    assert_true(n < 6);
    counts[n]++;
  }
  for (size_t i = 0; i < 6; i++) {
    assert_in_range(counts[i], 9600, 10400);
  }
  assert_int_equal(kz_random_below(&random, 0), 0);
  assert_int_equal(kz_random_below(&random, 1), 0);
}

static void unit_numbers_stay_within_zero_and_one(void **state) {
  (void)state;
  struct kz_random random;
  kz_random_init(&random, 2);
  double sum = 0;
  for (unsigned i = 0; i < 10000; i++) {
    double n = kz_random_unit(&random);
    assert_true(n >= 0 && n < 1);
    sum += n;
  }
  assert_true(sum > 4900 && sum < 5100);
}

static void secrets_differ_from_one_another(void **state) {
  (void)state;
  uint8_t a[32] = {0};
  uint8_t b[32] = {0};
  assert_int_equal(kz_random_secret(a, sizeof a), KZ_OK);
  assert_int_equal(kz_random_secret(b, sizeof b), KZ_OK);
  assert_true(memcmp(a, b, sizeof a) != 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_generator_is_the_published_one),
      cmocka_unit_test(the_seed_is_spread_by_splitmix64),
      cmocka_unit_test(numbers_below_a_bound_are_even),
      cmocka_unit_test(unit_numbers_stay_within_zero_and_one),
      cmocka_unit_test(secrets_differ_from_one_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
