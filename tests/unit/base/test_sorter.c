#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sorter.h"
#include "temp.h"

enum { MEMORY = 1 << 20, RECORDS = 40000 };

static uint32_t random_of(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* Adds `count` records in disorder and takes them in order. */
static void sort_some(const char *folder, uint32_t count, bool wide) {
  struct kz_sorter *s = NULL;
  struct kz_err err = KZ_ERR_NONE;
  uint32_t state = 7;
  uint64_t sum = 0;
  assert_int_equal(kz_sorter_new(folder, MEMORY, &s, &err), KZ_OK);
  char text[4096];
  memset(text, 'x', sizeof text);
  for (uint32_t i = 0; i < count; i++) {
    struct kz_sort_key key = {random_of(&state) % 50, random_of(&state) % 3,
                              random_of(&state) % 100};
    size_t len = wide ? random_of(&state) % sizeof text : 12;
    len = len < 12 ? 12 : len;
    snprintf(text, 12, "%011u", i);
    sum += i + len;
    assert_int_equal(kz_sorter_add(s, &key, (kz_str){text, len}, &err), KZ_OK);
  }
  assert_int_equal(kz_sorter_sort(s, &err), KZ_OK);
  struct kz_sort_key last = {0, 0, 0};
  unsigned long last_number = 0;
  uint32_t taken = 0;
  struct kz_sort_key key;
  kz_str bytes;
  while (kz_sorter_next(s, &key, &bytes, &err) == KZ_OK) {
    unsigned long number = strtoul(bytes.ptr, NULL, 10);
    assert_true(key.a >= last.a);
    assert_true(key.a > last.a || key.b >= last.b);
    bool same = key.a == last.a && key.b == last.b && key.c == last.c;
    assert_true(key.a > last.a || key.b > last.b || key.c >= last.c);
    assert_true(!same || taken == 0 || number > last_number);
    last = key;
    last_number = number;
    sum -= number + bytes.len;
    taken++;
  }
  assert_int_equal(taken, count);
  assert_int_equal(sum, 0);
  assert_int_equal(kz_sorter_count(s), count);
  kz_sorter_free(s);
}

static void order_is_right_in_memory_and_from_disk(void **state) {
  (void)state;
  TEMP(temp);
  const char *folder = temp.path;
  sort_some(folder, 0, false);
  sort_some(folder, 1, false);
  sort_some(folder, 1000, false);
  sort_some(folder, RECORDS, false);
  sort_some(folder, 3000, true);
}

static void long_records_are_refused(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_sorter *s = NULL;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_sort_key key = {0, 0, 0};
  char *bytes = calloc(1, MEMORY);
  assert_non_null(bytes);
  assert_int_equal(kz_sorter_new(temp.path, MEMORY, &s, &err), KZ_OK);
  assert_int_equal(kz_sorter_add(s, &key, (kz_str){bytes, MEMORY}, &err),
                   KZ_E_LIMIT);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(kz_sorter_add(s, &key, (kz_str){bytes, MEMORY / 3}, &err),
                     KZ_OK);
  }
  assert_int_equal(kz_sorter_sort(s, &err), KZ_OK);
  kz_str taken;
  size_t count = 0;
  while (kz_sorter_next(s, &key, &taken, &err) == KZ_OK) {
    assert_int_equal(taken.len, MEMORY / 3);
    count++;
  }
  assert_int_equal(count, 5);
  kz_sorter_free(s);
  free(bytes);
}

static void no_folder_is_told(void **state) {
  (void)state;
  struct kz_sorter *s = NULL;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_sort_key key = {0, 0, 0};
  static char bytes[MEMORY / 3];
  kz_rc rc = KZ_OK;
  assert_int_equal(kz_sorter_new("/nowhere/at/all", MEMORY, &s, &err), KZ_OK);
  for (int i = 0; rc == KZ_OK && i < 9; i++) {
    rc = kz_sorter_add(s, &key, (kz_str){bytes, sizeof bytes}, &err);
  }
  assert_int_equal(rc, KZ_NOT_FOUND);
  assert_non_null(strstr(err.text, "/nowhere/at/all"));
  kz_sorter_free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_is_right_in_memory_and_from_disk),
      cmocka_unit_test(long_records_are_refused),
      cmocka_unit_test(no_folder_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
