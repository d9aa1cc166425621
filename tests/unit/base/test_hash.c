#include "test.h"

#include "base/hash.h"

/* As libxxhash 0.8.1 computes them. */
static void hashes_on_disk_never_change(void **state) {
  (void)state;
  assert_true(kz_hash64(NULL, 0) == UINT64_C(0x2d06800538d394c2));
  assert_true(kz_hash_str(KZ_STR("abc")) == UINT64_C(0x78af5f94892f3950));
  char long_text[1000];
  for (size_t i = 0; i < sizeof long_text; i++) {
    long_text[i] = (char)('a' + i % 26);
  }
  assert_true(kz_hash64(long_text, sizeof long_text) ==
              UINT64_C(0xe153425558d7da5d));
}

static void a_seed_gives_another_hash(void **state) {
  (void)state;
  assert_true(kz_hash64_seeded("abc", 3, 0) == kz_hash64("abc", 3));
  assert_true(kz_hash64_seeded("abc", 3, 1) != kz_hash64("abc", 3));
}

static void mixing_spreads_neighbours_over_all_bits(void **state) {
  (void)state;
  for (uint64_t n = 0; n < 1000; n++) {
    int changed = __builtin_popcountll(kz_hash_mix(n) ^ kz_hash_mix(n + 1));
    assert_true(changed >= 10 && changed <= 54);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hashes_on_disk_never_change),
      cmocka_unit_test(a_seed_gives_another_hash),
      cmocka_unit_test(mixing_spreads_neighbours_over_all_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
