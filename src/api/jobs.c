/* A running job is held by its thread and by its stream, whichever ends last
 * frees it. All counts are guarded by the one lock. */
#include "api/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "store/actor.h"

enum { TELL_NS = 250 * 1000 * 1000 /* between two tellings */ };

struct running {
  struct kz_jobs *jobs;
  struct kz_job job;
  struct running *older; /* of those whose thread runs */
  struct running *newer;
  struct kz_actor actor; /* who started it */
  bool is_done;
  unsigned holders;
};

struct kz_jobs {
  pthread_mutex_t lock;
  pthread_cond_t changed; /* some job ended */
  struct running *newest;
  bool is_closing;
};

struct kz_jobs *kz_jobs_new(void) {
  struct kz_jobs *jobs = calloc(1, sizeof *jobs);
  pthread_condattr_t attributes;
  if (jobs) {
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->changed, &attributes);
    pthread_condattr_destroy(&attributes);
  }
  return jobs;
}

void kz_jobs_free(struct kz_jobs *jobs) {
  if (!jobs) {
    return;
  }
  pthread_mutex_lock(&jobs->lock);
  jobs->is_closing = true;
  for (struct running *r = jobs->newest; r; r = r->older) {
    r->job.stop(r->job.ctx);
  }
  while (jobs->newest) {
    pthread_cond_wait(&jobs->changed, &jobs->lock);
  }
  pthread_mutex_unlock(&jobs->lock);
  pthread_cond_destroy(&jobs->changed);
  pthread_mutex_destroy(&jobs->lock);
  free(jobs);
}

/* With the lock held; whether that was the last holder. */
static bool let_go(struct running *r) {
  return --r->holders == 0;
}

static void free_running(struct running *r) {
  r->job.free(r->job.ctx);
  free(r);
}

/* The freeing comes before the list forgets the job: whoever waits for the
 * list to be empty may close what the job used. */
static void *run(void *ctx) {
  struct running *r = ctx;
  struct kz_jobs *jobs = r->jobs;
  kz_actor_set(&r->actor);
  r->job.run(r->job.ctx);
  pthread_mutex_lock(&jobs->lock);
  r->is_done = true;
  if (r->newer) {
    r->newer->older = r->older;
  } else {
    jobs->newest = r->older;
  }
  if (r->older) {
    r->older->newer = r->newer;
  }
  if (let_go(r)) {
    free_running(r);
  }
  pthread_cond_broadcast(&jobs->changed);
  pthread_mutex_unlock(&jobs->lock);
  return NULL;
}

static bool wait_a_little(struct running *r) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += TELL_NS;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&r->jobs->lock);
  int result = 0;
  while (!r->is_done && result != ETIMEDOUT) {
    result = pthread_cond_timedwait(&r->jobs->changed, &r->jobs->lock, &until);
  }
  bool is_done = r->is_done;
  pthread_mutex_unlock(&r->jobs->lock);
  return is_done;
}

static kz_rc fill(void *ctx, struct kz_buf *out) {
  struct running *r = ctx;
  return r->job.tell(r->job.ctx, wait_a_little(r), out);
}

static void close_stream(void *ctx, kz_rc how) {
  struct running *r = ctx;
  struct kz_jobs *jobs = r->jobs;
  (void)how;
  pthread_mutex_lock(&jobs->lock);
  bool is_last = let_go(r);
  if (!is_last) {
    r->job.stop(r->job.ctx);
  }
  pthread_mutex_unlock(&jobs->lock);
  if (is_last) {
    free_running(r);
  }
}

/* Lists the job and starts its thread; false when that fails. */
static bool start(struct kz_jobs *jobs, struct running *r) {
  pthread_t thread;
  pthread_mutex_lock(&jobs->lock);
  bool good = !jobs->is_closing && pthread_create(&thread, NULL, run, r) == 0;
  if (good) {
    pthread_detach(thread);
    r->older = jobs->newest;
    if (r->older) {
      r->older->newer = r;
    }
    jobs->newest = r;
  }
  pthread_mutex_unlock(&jobs->lock);
  return good;
}

kz_rc kz_jobs_start(struct kz_jobs *jobs, const struct kz_job *job,
                    struct kz_stream *ret_stream, struct kz_err *err) {
  struct running *r = calloc(1, sizeof *r);
  if (!r) {
    job->free(job->ctx);
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  *r = (struct running){
      .jobs = jobs, .job = *job, .actor = kz_actor_now(), .holders = 2};
  if (!start(jobs, r)) {
    free_running(r);
    return kz_err_set(err, KZ_E_BUSY, "no thread can be started");
  }
  *ret_stream =
      (struct kz_stream){.ctx = r, .fill = fill, .close = close_stream};
  return KZ_OK;
}
