#include "test.h"

#include <stdio.h>

#include "base/map.h"

enum { MANY = 20000, KEY_BYTES = 1 << 20 };

static kz_str key_of(unsigned i, char out[16]) {
  (void)snprintf(out, 16, "key %u", i);
  return kz_str_of(out);
}

static void
text_keys_are_found_and_walked_in_the_order_they_came(void **state) {
  (void)state;
  struct kz_strmap *map = kz_strmap_new(MANY, KEY_BYTES);
  char text[16];
  uint64_t value = 0;
  for (unsigned i = 0; i < MANY; i++) {
    size_t index = 0;
    assert_false(kz_strmap_get(map, key_of(i, text), &value));
    assert_int_equal(kz_strmap_add(map, key_of(i, text), i * 3, &index), KZ_OK);
    assert_int_equal(index, i);
  }
  assert_int_equal(kz_strmap_count(map), MANY);
  for (unsigned i = 0; i < MANY; i++) {
    assert_true(kz_strmap_get(map, key_of(i, text), &value));
    assert_int_equal(value, i * 3);
    assert_true(kz_str_eq(kz_strmap_key(map, i), key_of(i, text)));
    assert_int_equal(kz_strmap_value(map, i), i * 3);
  }
  kz_strmap_free(map);
}

static void adding_again_changes_nothing_but_putting_does(void **state) {
  (void)state;
  struct kz_strmap *map = kz_strmap_new(10, KEY_BYTES);
  size_t index = 9;
  uint64_t value = 0;
  assert_int_equal(kz_strmap_put(map, KZ_STR("a"), 1), KZ_OK);
  assert_int_equal(kz_strmap_add(map, KZ_STR("a"), 2, &index), KZ_UNCHANGED);
  assert_int_equal(index, 0);
  assert_int_equal(kz_strmap_add(map, KZ_STR("a"), 2, NULL), KZ_UNCHANGED);
  assert_true(kz_strmap_get(map, KZ_STR("a"), &value));
  assert_int_equal(value, 1);
  assert_int_equal(kz_strmap_put(map, KZ_STR("a"), 3), KZ_OK);
  assert_true(kz_strmap_get(map, KZ_STR("a"), &value));
  assert_int_equal(value, 3);
  assert_int_equal(kz_strmap_count(map), 1);
  kz_strmap_free(map);
}

static void the_empty_text_and_nul_bytes_are_keys(void **state) {
  (void)state;
  struct kz_strmap *map = kz_strmap_new(10, KEY_BYTES);
  uint64_t value = 0;
  assert_int_equal(kz_strmap_add(map, KZ_STR_NONE, 1, NULL), KZ_OK);
  assert_int_equal(kz_strmap_add(map, KZ_STR("\0"), 2, NULL), KZ_OK);
  assert_int_equal(kz_strmap_add(map, KZ_STR("\0\0"), 3, NULL), KZ_OK);
  assert_true(kz_strmap_get(map, KZ_STR(""), &value));
  assert_int_equal(value, 1);
  assert_true(kz_strmap_get(map, KZ_STR("\0"), &value));
  assert_int_equal(value, 2);
  kz_strmap_free(map);
}

static void a_table_keeps_its_own_copy_of_a_key(void **state) {
  (void)state;
  struct kz_strmap *map = kz_strmap_new(10, KEY_BYTES);
  char key[] = "abc";
  assert_int_equal(kz_strmap_add(map, kz_str_of(key), 1, NULL), KZ_OK);
  key[0] = 'x';
  assert_true(kz_str_eq(kz_strmap_key(map, 0), KZ_STR("abc")));
  kz_strmap_free(map);
}

static void a_full_table_refuses_new_keys_only(void **state) {
  (void)state;
  struct kz_strmap *map = kz_strmap_new(2, KEY_BYTES);
  uint64_t value = 0;
  assert_int_equal(kz_strmap_put(map, KZ_STR("a"), 1), KZ_OK);
  assert_int_equal(kz_strmap_put(map, KZ_STR("b"), 2), KZ_OK);
  assert_int_equal(kz_strmap_put(map, KZ_STR("c"), 3), KZ_E_LIMIT);
  assert_int_equal(kz_strmap_put(map, KZ_STR("a"), 4), KZ_OK);
  assert_false(kz_strmap_get(map, KZ_STR("c"), &value));
  kz_strmap_free(map);
  map = kz_strmap_new(10, 4);
  assert_int_equal(kz_strmap_put(map, KZ_STR("abc"), 1), KZ_OK);
  assert_int_equal(kz_strmap_put(map, KZ_STR("de"), 2), KZ_E_MEMORY);
  assert_int_equal(kz_strmap_count(map), 1);
  assert_false(kz_strmap_get(map, KZ_STR("de"), &value));
  kz_strmap_free(map);
}

static void numbers_are_keys_as_well(void **state) {
  (void)state;
  struct kz_intmap *map = kz_intmap_new(MANY + 1);
  uint64_t value = 0;
  for (uint64_t i = 0; i < MANY; i++) {
    assert_false(kz_intmap_get(map, i << 40, &value));
    assert_int_equal(kz_intmap_add(map, i << 40, i, NULL), KZ_OK);
  }
  assert_int_equal(kz_intmap_put(map, UINT64_MAX, 5), KZ_OK);
  assert_int_equal(kz_intmap_put(map, UINT64_MAX, 6), KZ_OK);
  assert_int_equal(kz_intmap_put(map, 77, 6), KZ_E_LIMIT);
  assert_int_equal(kz_intmap_add(map, 0, 9, NULL), KZ_UNCHANGED);
  assert_int_equal(kz_intmap_count(map), MANY + 1);
  for (uint64_t i = 0; i < MANY; i++) {
    assert_true(kz_intmap_get(map, i << 40, &value));
    assert_int_equal(value, i);
    assert_true(kz_intmap_key(map, i) == i << 40);
  }
  assert_int_equal(kz_intmap_value(map, MANY), 6);
  kz_intmap_set(map, MANY, 8);
  assert_true(kz_intmap_get(map, UINT64_MAX, &value));
  assert_int_equal(value, 8);
  kz_intmap_free(map);
}

static void freeing_nothing_is_fine(void **state) {
  (void)state;
  kz_strmap_free(NULL);
  kz_intmap_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_keys_are_found_and_walked_in_the_order_they_came),
      cmocka_unit_test(adding_again_changes_nothing_but_putting_does),
      cmocka_unit_test(the_empty_text_and_nul_bytes_are_keys),
      cmocka_unit_test(a_table_keeps_its_own_copy_of_a_key),
      cmocka_unit_test(a_full_table_refuses_new_keys_only),
      cmocka_unit_test(numbers_are_keys_as_well),
      cmocka_unit_test(freeing_nothing_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
