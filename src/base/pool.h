/* A fixed number of threads that run jobs in the order they are submitted.
 *
 * A group counts the jobs that somebody wants to wait for. Do not submit to or
 * wait on a pool from one of its own jobs: with all threads waiting, nobody
 * works. */
#ifndef KZ_BASE_POOL_H
#define KZ_BASE_POOL_H

#include <pthread.h>
#include <stddef.h>

#include "base/err.h"
#include "base/rc.h"

struct kz_pool;

enum { KZ_POOL_THREADS_MAX = 256 };

typedef void kz_pool_job(void *ctx);

/* Counts unfinished jobs; lives until they are waited for. */
struct kz_group {
  pthread_mutex_t lock;
  pthread_cond_t none_left;
  size_t left;
};

void kz_group_init(struct kz_group *group);
void kz_group_done(struct kz_group *group);
/* Returns when each job submitted with this group has ended. */
void kz_group_wait(struct kz_group *group);

/* Starts `threads` (1..KZ_POOL_THREADS_MAX; 0: one a core) that take jobs from
 * a queue of `waiting` jobs at most. The caller owns the pool. */
KZ_MUST_USE kz_rc kz_pool_new(size_t threads, size_t waiting,
                              struct kz_pool **ret, struct kz_err *err);

/* Runs the jobs that were submitted, ends the threads and frees. Nobody may
 * submit any more. NULL is fine. */
void kz_pool_free(struct kz_pool *pool);

/* Has `job(ctx)` run on one of the threads; waits while the queue is full.
 * `group` may be NULL. KZ_E_MEMORY: the job will not run. */
KZ_MUST_USE kz_rc kz_pool_submit(struct kz_pool *pool, struct kz_group *group,
                                 kz_pool_job *job, void *ctx);

size_t kz_pool_threads(const struct kz_pool *pool);

#endif
