#include "test.h"

#include "base/hash.h"
#include "format/seen.h"

enum { CEILING = 1 << 24 };

static bool is_same(const void *list, uint32_t a, uint32_t b) {
  const uint64_t *numbers = list;
  return numbers[a] == numbers[b];
}

static kz_rc add(struct kz_seen *seen, const uint64_t *list, uint32_t item) {
  return kz_seen_add(seen, kz_hash_mix(list[item]), item, is_same, list);
}

static void an_equal_item_is_seen_once(void **state) {
  (void)state;
  const uint64_t list[] = {7, 8, 7};
  struct kz_seen seen;
  kz_seen_init(&seen, CEILING);
  assert_int_equal(add(&seen, list, 0), KZ_OK);
  assert_int_equal(add(&seen, list, 1), KZ_OK);
  assert_true(kz_seen_has(&seen, kz_hash_mix(7), 2, is_same, list));
  assert_int_equal(add(&seen, list, 2), KZ_UNCHANGED);
  kz_seen_done(&seen);
}

static void items_of_one_hash_are_told_apart(void **state) {
  (void)state;
  const uint64_t list[] = {1, 2, 3, 2};
  struct kz_seen seen;
  kz_seen_init(&seen, CEILING);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(kz_seen_add(&seen, 5, i, is_same, list), KZ_OK);
  }
  assert_int_equal(kz_seen_add(&seen, 5, 3, is_same, list), KZ_UNCHANGED);
  kz_seen_done(&seen);
}

static void growing_forgets_nothing(void **state) {
  (void)state;
  enum { COUNT = 10000 };
  static uint64_t list[COUNT];
  struct kz_seen seen;
  kz_seen_init(&seen, CEILING);
  for (uint32_t i = 0; i < COUNT; i++) {
    list[i] = i * 3;
    assert_int_equal(add(&seen, list, i), KZ_OK);
  }
  for (uint32_t i = 0; i < COUNT; i++) {
    assert_int_equal(add(&seen, list, i), KZ_UNCHANGED);
  }
  kz_seen_done(&seen);
}

static void a_cleared_set_is_empty(void **state) {
  (void)state;
  const uint64_t list[] = {7};
  struct kz_seen seen;
  kz_seen_init(&seen, CEILING);
  for (int i = 0; i < 1000; i++) {
    kz_seen_clear(&seen);
    assert_false(kz_seen_has(&seen, kz_hash_mix(7), 0, is_same, list));
    assert_int_equal(add(&seen, list, 0), KZ_OK);
  }
  seen.round = UINT32_MAX;
  kz_seen_clear(&seen); /* the round numbers begin anew */
  assert_false(kz_seen_has(&seen, kz_hash_mix(7), 0, is_same, list));
  kz_seen_done(&seen);
}

static void the_ceiling_is_kept(void **state) {
  (void)state;
  static uint64_t list[2000];
  struct kz_seen seen;
  kz_seen_init(&seen, 16 * 1024); /* 1,024 slots, half of them used */
  kz_rc rc = KZ_OK;
  uint32_t i = 0;
  for (; i < 2000 && rc == KZ_OK; i++) {
    list[i] = i;
    rc = add(&seen, list, i);
  }
  assert_int_equal(rc, KZ_E_LIMIT);
  assert_int_equal(i, 513);
  kz_seen_done(&seen);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_equal_item_is_seen_once),
      cmocka_unit_test(items_of_one_hash_are_told_apart),
      cmocka_unit_test(growing_forgets_nothing),
      cmocka_unit_test(a_cleared_set_is_empty),
      cmocka_unit_test(the_ceiling_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
