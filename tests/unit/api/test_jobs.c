#include "test.h"

#include <stdatomic.h>
#include <time.h>

#include "api/jobs.h"

/* A job that runs until it is stopped or let go. */
struct work {
  atomic_bool may_end;
  atomic_bool is_stopped;
  atomic_int runs;
  atomic_int frees;
};

static void nap(void) {
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void run(void *ctx) {
  struct work *w = ctx;
  atomic_fetch_add(&w->runs, 1);
  while (!atomic_load(&w->may_end) && !atomic_load(&w->is_stopped)) {
    nap();
  }
}

static kz_rc tell(void *ctx, bool is_done, struct kz_buf *out) {
  (void)ctx;
  return kz_buf_add_byte(out, is_done ? '!' : '.') && !is_done ? KZ_OK : KZ_END;
}

static void stop(void *ctx) {
  struct work *w = ctx;
  atomic_store(&w->is_stopped, true);
}

static void count_free(void *ctx) {
  struct work *w = ctx;
  atomic_fetch_add(&w->frees, 1);
}

static struct kz_stream start(struct kz_jobs *jobs, struct work *w) {
  struct kz_stream stream;
  const struct kz_job job = {
      .ctx = w, .run = run, .tell = tell, .stop = stop, .free = count_free};
  assert_int_equal(kz_jobs_start(jobs, &job, &stream, NULL), KZ_OK);
  return stream;
}

static void a_job_tells_until_it_is_done(void **state) {
  (void)state;
  struct kz_jobs *jobs = kz_jobs_new();
  struct work w = {.may_end = false};
  KZ_BUF(out, 1000);
  struct kz_stream stream = start(jobs, &w);
  assert_int_equal(stream.fill(stream.ctx, &out), KZ_OK);
  atomic_store(&w.may_end, true);
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK) {
    rc = stream.fill(stream.ctx, &out);
  }
  assert_int_equal(rc, KZ_END);
  assert_int_equal(out.ptr[0], '.');
  assert_int_equal(out.ptr[out.len - 1], '!');
  stream.close(stream.ctx, KZ_END);
  kz_jobs_free(jobs);
  assert_int_equal(atomic_load(&w.frees), 1);
}

static void a_job_ends_when_its_client_goes_away(void **state) {
  (void)state;
  struct kz_jobs *jobs = kz_jobs_new();
  struct work w = {.may_end = false};
  struct kz_stream stream = start(jobs, &w);
  stream.close(stream.ctx, KZ_E_IO);
  while (atomic_load(&w.frees) == 0) {
    nap();
  }
  kz_jobs_free(jobs);
  assert_int_equal(atomic_load(&w.runs), 1);
  assert_int_equal(atomic_load(&w.frees), 1);
}

static void the_end_stops_all_and_waits(void **state) {
  (void)state;
  enum { JOBS = 5 };
  struct kz_jobs *jobs = kz_jobs_new();
  struct work works[JOBS] = {{.may_end = false}};
  struct kz_stream streams[JOBS];
  for (int i = 0; i < JOBS; i++) {
    streams[i] = start(jobs, &works[i]);
  }
  for (int i = 0; i < JOBS; i++) {
    streams[i].close(streams[i].ctx, KZ_E_STOPPED);
  }
  kz_jobs_free(jobs);
  for (int i = 0; i < JOBS; i++) {
    assert_int_equal(atomic_load(&works[i].frees), 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_job_tells_until_it_is_done),
      cmocka_unit_test(a_job_ends_when_its_client_goes_away),
      cmocka_unit_test(the_end_stops_all_and_waits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
