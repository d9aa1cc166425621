#include "store/writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/queue.h"
#include "store/bulk.h"

enum {
  QUEUE_JOBS = 1024,
  GROUP_JOBS = 64,       /* committed together */
  BULK_FROM_ROWS = 8192, /* smaller batches go through the log */
};

/* A job lives on the stack of the thread that waits for it. */
struct job {
  kz_writer_job *run; /* NULL: a batch */
  void *ctx;
  struct kz_prepared *batch;
  struct kz_actor actor; /* for whom */
  kz_rc rc;
  struct kz_err err;
  bool done;
};

struct kz_writer {
  struct kz_kv *kv;
  struct kz_dict *dict;
  struct kz_index *index;
  struct kz_queue *queue;
  struct kz_txn *txn;
  struct kz_meta meta;
  bool behind; /* the index missed a commit */
  pthread_t thread;
  bool has_thread;
  pthread_mutex_t lock; /* guards done flags and the counter */
  pthread_cond_t finished;
  uint64_t commits;
};

static void finish(struct kz_writer *w, struct job **jobs, size_t count) {
  pthread_mutex_lock(&w->lock);
  for (size_t i = 0; i < count; i++) {
    jobs[i]->done = true;
  }
  pthread_cond_broadcast(&w->finished);
  pthread_mutex_unlock(&w->lock);
}

static void count_commit(struct kz_writer *w) {
  pthread_mutex_lock(&w->lock);
  w->commits++;
  pthread_mutex_unlock(&w->lock);
}

/* Brings the index to the commit; a failure leaves it behind. */
static kz_rc show(struct kz_writer *w, const struct kz_delta *delta,
                  struct kz_err *err) {
  kz_crash_point(delta->bulk ? "after-ingest" : "after-commit");
  kz_rc rc = kz_index_apply(w->index, delta, err);
  kz_crash_point("after-apply");
  if (rc != KZ_OK) {
    w->behind = true;
    kz_err_prefix(err, "stored, but not yet searchable");
  }
  count_commit(w);
  return rc;
}

static kz_rc catch_up(struct kz_writer *w, struct kz_err *err) {
  if (!w->behind) {
    return KZ_OK;
  }
  kz_rc rc = kz_index_catch_up(w->index, err);
  w->behind = rc != KZ_OK;
  return rc;
}

static void run_job(struct kz_writer *w, struct job *job) {
  kz_txn_mark(w->txn);
  job->rc = job->run(job->ctx, w->txn, &job->err);
  if (job->rc == KZ_OK) {
    job->rc = kz_txn_audit(w->txn, &job->actor, &job->err);
  }
  if (job->rc != KZ_OK) {
    kz_txn_rollback(w->txn);
  }
}

/* After a failed commit, all jobs of the group that had succeeded fail. */
static void fail_all(struct job **jobs, size_t count, kz_rc rc,
                     const struct kz_err *err) {
  for (size_t i = 0; i < count; i++) {
    if (jobs[i]->rc == KZ_OK) {
      jobs[i]->rc = rc;
      jobs[i]->err = *err;
    }
  }
}

static kz_rc commit_group(struct kz_writer *w, struct kz_err *err) {
  if (kz_txn_is_empty(w->txn)) {
    return KZ_OK;
  }
  struct kz_delta *delta = NULL;
  kz_rc rc = kz_txn_commit(w->txn, &w->meta, &delta, err);
  return rc == KZ_OK ? show(w, delta, err) : rc;
}

/* Runs the jobs that wait, up to a batch or GROUP_JOBS; a batch that was taken
 * off the queue is handed back. */
static struct job *run_group(struct kz_writer *w, struct job *first) {
  struct job *jobs[GROUP_JOBS];
  size_t count = 0;
  struct job *batch = NULL;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = catch_up(w, &err);
  struct kz_view *view = kz_index_view(w->index);
  if (rc == KZ_OK) {
    rc = kz_txn_begin(w->txn, &w->meta, view, kz_clock_now_us(), &err);
  }
  for (struct job *job = first; job && count < GROUP_JOBS;) {
    jobs[count++] = job;
    if (rc == KZ_OK) {
      run_job(w, job);
    } else {
      job->rc = KZ_OK; /* failed below with the group */
    }
    void *next = NULL;
    job = NULL;
    if (count < GROUP_JOBS &&
        kz_queue_pop_within(w->queue, 0, &next) == KZ_OK) {
      job = next;
      if (!job->run) {
        batch = job;
        job = NULL;
      }
    }
  }
  if (rc == KZ_OK) {
    rc = commit_group(w, &err);
  }
  if (rc != KZ_OK) {
    fail_all(jobs, count, rc, &err);
  }
  kz_view_unref(view);
  finish(w, jobs, count);
  return batch;
}

/* A small batch, by the log. */
static kz_rc take_small(struct kz_writer *w, struct job *job,
                        const struct kz_view *view, struct kz_err *err) {
  struct kz_prepared *batch = job->batch;
  kz_rc rc = kz_txn_begin(w->txn, &w->meta, view, kz_clock_now_us(), err);
  if (rc == KZ_OK) {
    kz_txn_mark(w->txn);
  }
  for (size_t i = 0; rc == KZ_OK && i < batch->count; i++) {
    if (!batch->events[i].refused) {
      rc = kz_txn_put_prepared(w->txn, batch, i, &batch->events[i].id, err);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_txn_audit_batch(w->txn, &job->actor, err);
  }
  return rc == KZ_OK ? commit_group(w, err) : rc;
}

static kz_rc take_large(struct kz_writer *w, struct job *job,
                        struct kz_err *err) {
  kz_rc rc =
      kz_bulk_commit(w->kv, w->dict, job->batch, &job->actor, &w->meta, err);
  if (rc == KZ_OK) {
    rc = show(w, &job->batch->delta, err);
  }
  return rc == KZ_UNCHANGED ? KZ_OK : rc;
}

static void run_batch(struct kz_writer *w, struct job *job) {
  kz_rc rc = catch_up(w, &job->err);
  struct kz_view *view = kz_index_view(w->index);
  if (rc == KZ_OK) {
    rc = kz_bulk_sift(job->batch, view, &job->err);
  }
  if (rc == KZ_OK) {
    rc = job->batch->delta.row_count >= BULK_FROM_ROWS
             ? take_large(w, job, &job->err)
             : take_small(w, job, view, &job->err);
  }
  kz_view_unref(view);
  job->rc = rc;
  finish(w, &job, 1);
}

static void *run(void *ctx) {
  struct kz_writer *w = ctx;
  void *item = NULL;
  while (kz_queue_pop(w->queue, &item) == KZ_OK) {
    struct job *job = item;
    if (job->run) {
      job = run_group(w, job);
    }
    if (job) {
      run_batch(w, job);
    }
  }
  return NULL;
}

kz_rc kz_writer_new(struct kz_kv *kv, struct kz_dict *dict,
                    struct kz_index *index, struct kz_writer **ret_writer,
                    struct kz_err *err) {
  struct kz_writer *w = calloc(1, sizeof *w);
  if (!w) {
    return kz_err_set(err, KZ_E_MEMORY, "writer: out of memory");
  }
  w->kv = kv;
  w->dict = dict;
  w->index = index;
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->finished, NULL);
  w->queue = kz_queue_new(QUEUE_JOBS);
  w->txn = kz_txn_new(kv, dict);
  kz_rc rc = w->queue && w->txn
                 ? kz_meta_load(kv, NULL, &w->meta, err)
                 : kz_err_set(err, KZ_E_MEMORY, "writer: out of memory");
  if (rc == KZ_OK) {
    w->has_thread = pthread_create(&w->thread, NULL, run, w) == 0;
    rc = w->has_thread ? KZ_OK
                       : kz_err_set(err, KZ_E_INTERNAL, "writer: no thread");
  }
  if (rc != KZ_OK) {
    kz_writer_free(w);
    return rc;
  }
  *ret_writer = w;
  return KZ_OK;
}

void kz_writer_free(struct kz_writer *w) {
  if (!w) {
    return;
  }
  if (w->has_thread) {
    kz_queue_close(w->queue);
    pthread_join(w->thread, NULL);
  }
  kz_queue_free(w->queue);
  kz_txn_free(w->txn);
  pthread_cond_destroy(&w->finished);
  pthread_mutex_destroy(&w->lock);
  free(w);
}

/* Queues the job and waits for its end. */
static kz_rc await(struct kz_writer *w, struct job *job, struct kz_err *err) {
  if (kz_queue_push(w->queue, job) != KZ_OK) {
    return kz_err_set(err, KZ_E_STOPPED, "the store is closing");
  }
  pthread_mutex_lock(&w->lock);
  while (!job->done) {
    pthread_cond_wait(&w->finished, &w->lock);
  }
  pthread_mutex_unlock(&w->lock);
  if (job->rc != KZ_OK && err) {
    *err = job->err;
    err->rc = job->rc;
  }
  return job->rc;
}

kz_rc kz_writer_run(struct kz_writer *writer, kz_writer_job *run_it, void *ctx,
                    struct kz_err *err) {
  struct job job = {.run = run_it, .ctx = ctx, .actor = kz_actor_now()};
  return await(writer, &job, err);
}

kz_rc kz_writer_take(struct kz_writer *writer, struct kz_prepared *batch,
                     struct kz_err *err) {
  struct job job = {.batch = batch, .actor = kz_actor_now()};
  return await(writer, &job, err);
}

uint64_t kz_writer_commits(struct kz_writer *writer) {
  pthread_mutex_lock(&writer->lock);
  uint64_t commits = writer->commits;
  pthread_mutex_unlock(&writer->lock);
  return commits;
}

size_t kz_writer_waiting(struct kz_writer *writer) {
  return kz_queue_count(writer->queue);
}
