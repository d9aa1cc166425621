#include "test.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/pool.h"

enum { JOBS = 1000 };

static void count_up(void *ctx) {
  _Atomic unsigned *count = ctx;
  atomic_fetch_add(count, 1);
}

static void a_group_waits_for_all_of_its_jobs(void **state) {
  (void)state;
  struct kz_pool *pool = NULL;
  assert_int_equal(kz_pool_new(3, 5, &pool, NULL), KZ_OK);
  assert_int_equal(kz_pool_threads(pool), 3);
  _Atomic unsigned count = 0;
  struct kz_group group;
  kz_group_init(&group);
  kz_group_wait(&group); /* nothing to wait for */
  for (unsigned round = 1; round <= 3; round++) {
    for (unsigned i = 0; i < JOBS; i++) {
      assert_int_equal(kz_pool_submit(pool, &group, count_up, &count), KZ_OK);
    }
    kz_group_wait(&group);
    assert_int_equal(count, round * JOBS);
  }
  kz_group_done(&group);
  kz_pool_free(pool);
}

static void freeing_a_pool_runs_what_was_submitted(void **state) {
  (void)state;
  struct kz_pool *pool = NULL;
  assert_int_equal(kz_pool_new(1, JOBS, &pool, NULL), KZ_OK);
  _Atomic unsigned count = 0;
  for (unsigned i = 0; i < JOBS; i++) {
    assert_int_equal(kz_pool_submit(pool, NULL, count_up, &count), KZ_OK);
  }
  kz_pool_free(pool);
  assert_int_equal(count, JOBS);
}

static void look_at_signals(void *ctx) {
  bool *is_blocked = ctx;
  sigset_t now;
  (void)pthread_sigmask(SIG_BLOCK, NULL, &now);
  *is_blocked = sigismember(&now, SIGTERM) == 1;
}

static void the_threads_leave_signals_to_others(void **state) {
  (void)state;
  struct kz_pool *pool = NULL;
  bool in_pool = false;
  bool here = true;
  assert_int_equal(kz_pool_new(0, 1, &pool, NULL), KZ_OK);
  assert_true(kz_pool_threads(pool) >= 1);
  assert_int_equal(kz_pool_submit(pool, NULL, look_at_signals, &in_pool),
                   KZ_OK);
  kz_pool_free(pool);
  look_at_signals(&here);
  assert_true(in_pool);
  assert_false(here);
}

static void too_many_threads_are_refused(void **state) {
  (void)state;
  struct kz_pool *pool = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_pool_new(KZ_POOL_THREADS_MAX + 1, 1, &pool, &err),
                   KZ_E_LIMIT);
  assert_null(pool);
  kz_pool_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_group_waits_for_all_of_its_jobs),
      cmocka_unit_test(freeing_a_pool_runs_what_was_submitted),
      cmocka_unit_test(the_threads_leave_signals_to_others),
      cmocka_unit_test(too_many_threads_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
