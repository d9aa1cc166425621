#include "base/pool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/queue.h"

struct kz_pool {
  struct kz_queue *queue; /* of struct task, owned */
  size_t count;
  pthread_t threads[KZ_POOL_THREADS_MAX];
};

struct task {
  kz_pool_job *job;
  void *ctx;
  struct kz_group *group;
};

void kz_group_init(struct kz_group *group) {
  *group = (struct kz_group){.lock = PTHREAD_MUTEX_INITIALIZER,
                             .none_left = PTHREAD_COND_INITIALIZER};
}

void kz_group_done(struct kz_group *group) {
  (void)pthread_cond_destroy(&group->none_left);
  (void)pthread_mutex_destroy(&group->lock);
}

static void enter_group(struct kz_group *group) {
  if (group) {
    (void)pthread_mutex_lock(&group->lock);
    group->left++;
    (void)pthread_mutex_unlock(&group->lock);
  }
}

/* Wakes with the lock held: the one who waits may end the group's life as soon
 * as it is let go. */
static void leave_group(struct kz_group *group) {
  if (group) {
    (void)pthread_mutex_lock(&group->lock);
    group->left--;
    if (group->left == 0) {
      (void)pthread_cond_broadcast(&group->none_left);
    }
    (void)pthread_mutex_unlock(&group->lock);
  }
}

void kz_group_wait(struct kz_group *group) {
  (void)pthread_mutex_lock(&group->lock);
  while (group->left > 0) {
    (void)pthread_cond_wait(&group->none_left, &group->lock);
  }
  (void)pthread_mutex_unlock(&group->lock);
}

static void *work(void *ctx) {
  struct kz_queue *queue = ctx;
  void *item = NULL;
  while (kz_queue_pop(queue, &item) == KZ_OK) {
    struct task task = *(struct task *)item;
    free(item);
    task.job(task.ctx);
    leave_group(task.group);
  }
  return NULL;
}

/* The program's signals go to the threads it started itself, not to these. */
static int start_thread(struct kz_pool *pool) {
  sigset_t all;
  sigset_t before;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, &before);
  int error_number =
      pthread_create(&pool->threads[pool->count], NULL, work, pool->queue);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error_number == 0) {
    pool->count++;
  }
  return error_number;
}

static size_t count_cores(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (cores < 1) {
    return 1;
  }
  return cores < KZ_POOL_THREADS_MAX ? (size_t)cores : KZ_POOL_THREADS_MAX;
}

kz_rc kz_pool_new(size_t threads, size_t waiting, struct kz_pool **ret,
                  struct kz_err *err) {
  size_t wanted = threads ? threads : count_cores();
  if (wanted > KZ_POOL_THREADS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "more than %d threads",
                      KZ_POOL_THREADS_MAX);
  }
  struct kz_pool *pool = calloc(1, sizeof *pool);
  if (pool) {
    pool->queue = kz_queue_new(waiting);
  }
  if (!pool || !pool->queue) {
    free(pool);
    return kz_err_set(err, KZ_E_MEMORY, "start threads: out of memory");
  }
  while (pool->count < wanted) {
    int error_number = start_thread(pool);
    if (error_number != 0) {
      kz_pool_free(pool);
      return kz_err_set(err, KZ_E_MEMORY, "start a thread: %s",
                        strerror(error_number));
    }
  }
  *ret = pool;
  return KZ_OK;
}

void kz_pool_free(struct kz_pool *pool) {
  if (!pool) {
    return;
  }
  kz_queue_close(pool->queue);
  for (size_t i = 0; i < pool->count; i++) {
    (void)pthread_join(pool->threads[i], NULL);
  }
  kz_queue_free(pool->queue);
  free(pool);
}

kz_rc kz_pool_submit(struct kz_pool *pool, struct kz_group *group,
                     kz_pool_job *job, void *ctx) {
  struct task *task = malloc(sizeof *task);
  if (!task) {
    return KZ_E_MEMORY;
  }
  *task = (struct task){.job = job, .ctx = ctx, .group = group};
  enter_group(group);
  kz_rc rc = kz_queue_push(pool->queue, task);
  if (rc != KZ_OK) {
    leave_group(group);
    free(task);
  }
  return rc;
}

size_t kz_pool_threads(const struct kz_pool *pool) {
  return pool->count;
}
