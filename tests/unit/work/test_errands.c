#include "test.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "scene.h"
#include "work/errands.h"

enum { ARENA = 16 << 20, SOON_US = 20 * 1000 * 1000 };

static atomic_uint runs;
static atomic_uint at_once;
static atomic_uint most_at_once;
static atomic_bool hold;

static kz_rc count_run(void *ctx, struct kz_errand *errand,
                       struct kz_err *err) {
  (void)ctx;
  (void)err;
  unsigned now = atomic_fetch_add(&at_once, 1) + 1;
  if (now > atomic_load(&most_at_once)) {
    atomic_store(&most_at_once, now);
  }
  kz_errand_set_total(errand, 10);
  kz_errand_add_done(errand, 4);
  kz_errand_log(errand, "subject %llu",
                (unsigned long long)kz_errand_subject(errand));
  while (atomic_load(&hold) && !kz_errand_is_stopped(errand)) {
    usleep(1000);
  }
  atomic_fetch_sub(&at_once, 1);
  if (kz_errand_is_stopped(errand)) {
    return KZ_E_STOPPED;
  }
  atomic_fetch_add(&runs, 1);
  return KZ_OK;
}

static kz_rc fail_run(void *ctx, struct kz_errand *errand, struct kz_err *err) {
  (void)ctx;
  (void)errand;
  return kz_err_set(err, KZ_E_IO, "it went wrong");
}

static const struct kz_errand_kind kinds[] = {{"count", count_run},
                                              {"fail", fail_run}};

static void begin(struct kz_errands *errands) {
  assert_int_equal(kz_errands_start(errands, kinds, 2, NULL, 3, NULL), KZ_OK);
}

static uint64_t ask(struct kz_errands *errands, const char *kind,
                    uint64_t subject) {
  const struct kz_errand_order order = {.kind = kind, .subject = subject};
  uint64_t id = 0;
  assert_int_equal(kz_errands_add(errands, &order, &id, NULL), KZ_OK);
  return id;
}

static enum kz_errand_state state_of(struct kz_errands *errands, uint64_t id) {
  KZ_ARENA(arena, ARENA);
  struct kz_errand_view view;
  assert_int_equal(kz_errands_view(errands, id, arena, &view, NULL), KZ_OK);
  return view.state;
}

static void wait_until_running(struct kz_errands *errands, uint64_t id) {
  for (int i = 0; i < 5000 && state_of(errands, id) == KZ_ERRAND_WAITING; i++) {
    usleep(1000);
  }
  assert_int_equal(state_of(errands, id), KZ_ERRAND_RUNNING);
}

static void reset(bool holds) {
  atomic_store(&runs, 0);
  atomic_store(&at_once, 0);
  atomic_store(&most_at_once, 0);
  atomic_store(&hold, holds);
}

static void what_is_asked_for_is_done_and_remembered(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_errands *errands = s.house->errands;
  struct kz_errand_view view;
  reset(false);
  begin(errands);
  uint64_t good = ask(errands, "count", 7);
  uint64_t bad = ask(errands, "fail", 7);
  uint64_t strange = ask(errands, "unheard of", 0);
  assert_int_equal(kz_errands_wait(errands, good, SOON_US), KZ_OK);
  assert_int_equal(kz_errands_wait(errands, bad, SOON_US), KZ_OK);
  assert_int_equal(kz_errands_wait(errands, strange, SOON_US), KZ_OK);
  assert_int_equal(kz_errands_view(errands, good, arena, &view, NULL), KZ_OK);
  assert_int_equal(view.state, KZ_ERRAND_DONE);
  assert_int_equal(view.done, 4);
  assert_int_equal(view.total, 10);
  assert_true(kz_str_eq(view.message, KZ_STR("subject 7")));
  assert_true(view.began_us >= view.asked_us && view.ended_us >= view.began_us);
  assert_int_equal(kz_errands_view(errands, bad, arena, &view, NULL), KZ_OK);
  assert_int_equal(view.state, KZ_ERRAND_FAILED);
  assert_true(kz_str_eq(view.message, KZ_STR("it went wrong")));
  assert_int_equal(state_of(errands, strange), KZ_ERRAND_FAILED);
  assert_int_equal(kz_errands_view(errands, 99, arena, &view, NULL),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_errands_open_count(errands), 0);
}

static void one_subject_is_worked_on_once_at_a_time(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_errands *errands = s.house->errands;
  reset(true);
  begin(errands);
  uint64_t first = ask(errands, "count", 1);
  wait_until_running(errands, first);
  uint64_t second = ask(errands, "count", 1);
  assert_int_equal(ask(errands, "count", 1), second);
  uint64_t other = ask(errands, "count", 2);
  wait_until_running(errands, other);
  for (int i = 0; i < 5000 && atomic_load(&at_once) < 2; i++) {
    usleep(1000); /* running is said before it runs */
  }
  assert_int_equal(state_of(errands, second), KZ_ERRAND_WAITING);
  atomic_store(&hold, false);
  assert_int_equal(kz_errands_wait(errands, second, SOON_US), KZ_OK);
  assert_int_equal(kz_errands_wait(errands, other, SOON_US), KZ_OK);
  assert_int_equal(atomic_load(&runs), 3);
  assert_int_equal(atomic_load(&most_at_once), 2);
}

static void errands_are_cancelled(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_errands *errands = s.house->errands;
  reset(true);
  begin(errands);
  uint64_t first = ask(errands, "count", 1);
  uint64_t second = ask(errands, "count", 1);
  wait_until_running(errands, first);
  if (second != first) {
    assert_int_equal(kz_errands_cancel(errands, second, NULL), KZ_OK);
    assert_int_equal(state_of(errands, second), KZ_ERRAND_CANCELLED);
  }
  assert_int_equal(kz_errands_cancel(errands, first, NULL), KZ_OK);
  assert_int_equal(kz_errands_wait(errands, first, SOON_US), KZ_OK);
  assert_int_equal(state_of(errands, first), KZ_ERRAND_CANCELLED);
  assert_int_equal(kz_errands_cancel(errands, first, NULL), KZ_UNCHANGED);
  assert_int_equal(kz_errands_cancel(errands, 99, NULL), KZ_NOT_FOUND);
  assert_int_equal(atomic_load(&runs), 0);
}

static void what_did_not_end_is_begun_anew_after_a_restart(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  char path[512];
  char key[KZ_KEY_TEXT];
  reset(true);
  begin(s.house->errands);
  uint64_t running = ask(s.house->errands, "count", 1);
  wait_until_running(s.house->errands, running);
  uint64_t waiting = ask(s.house->errands, "count", 1);
  kz_house_close(s.house);
  assert_int_equal(kz_house_open(temp_path(&s.temp, "store", path), false, key,
                                 &s.house, NULL),
                   KZ_OK);
  assert_int_equal(kz_errands_open_count(s.house->errands), 2);
  assert_int_equal(state_of(s.house->errands, running), KZ_ERRAND_WAITING);
  atomic_store(&hold, false);
  begin(s.house->errands);
  assert_int_equal(kz_errands_wait(s.house->errands, waiting, SOON_US), KZ_OK);
  assert_int_equal(kz_errands_wait(s.house->errands, running, SOON_US), KZ_OK);
  assert_int_equal(atomic_load(&runs), 2);
}

static void ended_ones_are_kept_up_to_a_number(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_errands *errands = NULL;
  struct kz_errand_view *views = NULL;
  size_t count = 0;
  reset(false);
  assert_int_equal(kz_errands_open(s.house->store, 10, &errands, NULL), KZ_OK);
  begin(errands);
  uint64_t last = 0;
  for (uint64_t i = 1; i <= 200; i++) {
    last = ask(errands, "count", i);
    assert_int_equal(kz_errands_wait(errands, last, SOON_US), KZ_OK);
  }
  assert_int_equal(kz_errands_list(errands, 1000, arena, &views, &count, NULL),
                   KZ_OK);
  assert_true(count >= 10 && count <= 10 + 64 + 1);
  assert_int_equal(views[0].id, last);
  kz_errands_close(errands);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_asked_for_is_done_and_remembered),
      cmocka_unit_test(one_subject_is_worked_on_once_at_a_time),
      cmocka_unit_test(errands_are_cancelled),
      cmocka_unit_test(what_did_not_end_is_begun_anew_after_a_restart),
      cmocka_unit_test(ended_ones_are_kept_up_to_a_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
