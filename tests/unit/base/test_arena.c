#include "test.h"

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"

static void ceiling_stops_one_job_only(void **state) {
  (void)state;
  KZ_ARENA(small, 64);
  KZ_ARENA(other, 64);
  assert_non_null(kz_arena_alloc(small, 48));
  assert_null(kz_arena_alloc(small, 48));
  assert_non_null(kz_arena_alloc(other, 48));
}

static void what_is_allocated_is_zeroed_also_after_a_reset(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  char zero[100] = {0};
  for (int round = 0; round < 2; round++) {
    char *bytes = kz_arena_alloc(arena, sizeof zero);
    assert_non_null(bytes);
    assert_memory_equal(bytes, zero, sizeof zero);
    memset(bytes, 'x', sizeof zero);
    kz_arena_reset(arena);
  }
}

static void allocations_are_aligned_for_any_type(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  for (size_t size = 1; size < 40; size++) {
    assert_non_null(kz_arena_text(arena, size));
    void *p = kz_arena_alloc(arena, size);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
  }
}

static void pieces_keep_their_bytes_while_the_arena_grows(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 20);
  enum { PIECES = 1000 };
  uint32_t *pieces[PIECES];
  for (uint32_t i = 0; i < PIECES; i++) {
    pieces[i] = kz_arena_alloc(arena, sizeof *pieces[i] * (1 + i % 50));
    assert_non_null(pieces[i]);
    *pieces[i] = i;
  }
  for (uint32_t i = 0; i < PIECES; i++) {
    assert_int_equal(*pieces[i], i);
  }
}

static void the_whole_ceiling_can_be_used(void **state) {
  (void)state;
  KZ_ARENA(arena, 100000);
  size_t got = 0;
  while (kz_arena_text(arena, 1)) {
    got++;
  }
  assert_int_equal(got, 100000);
  assert_int_equal(kz_arena_used(arena), 100000);
}

static void a_reset_gives_the_ceiling_back(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 3; i++) {
      assert_non_null(kz_arena_alloc(arena, 10000));
    }
    kz_arena_reset(arena);
  }
  assert_true(kz_arena_used(arena) <= 1 << 16);
}

static void an_array_whose_size_wraps_is_refused(void **state) {
  (void)state;
  KZ_ARENA(arena, SIZE_MAX);
  assert_null(kz_arena_array(arena, SIZE_MAX / 2, 3));
  assert_null(kz_arena_alloc(arena, SIZE_MAX));
  assert_non_null(kz_arena_array(arena, 10, 10));
}

static void dup_copies_and_leaves_the_output_alone_on_failure(void **state) {
  (void)state;
  KZ_ARENA(arena, 8);
  char source[] = "hello";
  kz_str copy = KZ_STR("before");
  assert_int_equal(kz_arena_dup(arena, kz_str_of(source), &copy), KZ_OK);
  source[0] = 'j';
  assert_true(kz_str_eq(copy, KZ_STR("hello")));
  assert_int_equal(kz_arena_dup(arena, KZ_STR("world"), &copy), KZ_E_MEMORY);
  assert_true(kz_str_eq(copy, KZ_STR("hello")));
}

static void freeing_nothing_is_fine(void **state) {
  (void)state;
  kz_arena_free(NULL);
  KZ_ARENA(empty, 10);
  kz_arena_reset(empty);
  assert_int_equal(kz_arena_used(empty), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ceiling_stops_one_job_only),
      cmocka_unit_test(what_is_allocated_is_zeroed_also_after_a_reset),
      cmocka_unit_test(allocations_are_aligned_for_any_type),
      cmocka_unit_test(pieces_keep_their_bytes_while_the_arena_grows),
      cmocka_unit_test(the_whole_ceiling_can_be_used),
      cmocka_unit_test(a_reset_gives_the_ceiling_back),
      cmocka_unit_test(an_array_whose_size_wraps_is_refused),
      cmocka_unit_test(dup_copies_and_leaves_the_output_alone_on_failure),
      cmocka_unit_test(freeing_nothing_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
