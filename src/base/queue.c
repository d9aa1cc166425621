#include "base/queue.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct kz_queue {
  pthread_mutex_t lock;
  pthread_cond_t has_items; /* waits by the monotonic clock */
  pthread_cond_t has_room;
  bool is_closed;
  size_t capacity;
  size_t first;
  size_t count;
  void *items[];
};

static bool init_locks(struct kz_queue *queue) {
  pthread_condattr_t attr;
  if (pthread_condattr_init(&attr) != 0) {
    return false;
  }
  bool good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_mutex_init(&queue->lock, NULL) == 0 &&
              pthread_cond_init(&queue->has_items, &attr) == 0 &&
              pthread_cond_init(&queue->has_room, NULL) == 0;
  (void)pthread_condattr_destroy(&attr);
  return good;
}

struct kz_queue *kz_queue_new(size_t capacity) {
  size_t items = capacity ? capacity : 1;
  if (items > (SIZE_MAX - sizeof(struct kz_queue)) / sizeof(void *)) {
    return NULL;
  }
  struct kz_queue *queue = calloc(1, sizeof *queue + items * sizeof(void *));
  if (!queue) {
    return NULL;
  }
  queue->capacity = items;
  if (!init_locks(queue)) {
    free(queue);
    return NULL;
  }
  return queue;
}

void kz_queue_free(struct kz_queue *queue) {
  if (!queue) {
    return;
  }
  (void)pthread_cond_destroy(&queue->has_room);
  (void)pthread_cond_destroy(&queue->has_items);
  (void)pthread_mutex_destroy(&queue->lock);
  free(queue);
}

static kz_rc push(struct kz_queue *queue, void *item, bool waits) {
  kz_rc rc = KZ_OK;
  (void)pthread_mutex_lock(&queue->lock);
  while (waits && !queue->is_closed && queue->count == queue->capacity) {
    (void)pthread_cond_wait(&queue->has_room, &queue->lock);
  }
  if (queue->is_closed) {
    rc = KZ_E_STOPPED;
  } else if (queue->count == queue->capacity) {
    rc = KZ_E_BUSY;
  } else {
    queue->items[(queue->first + queue->count) % queue->capacity] = item;
    queue->count++;
    (void)pthread_cond_signal(&queue->has_items);
  }
  (void)pthread_mutex_unlock(&queue->lock);
  return rc;
}

kz_rc kz_queue_push(struct kz_queue *queue, void *item) {
  return push(queue, item, true);
}

kz_rc kz_queue_try_push(struct kz_queue *queue, void *item) {
  return push(queue, item, false);
}

/* Waits until there is an item, the queue is closed, or, with a `deadline`, it
 * has passed. */
static void wait_for_item(struct kz_queue *queue,
                          const struct timespec *deadline) {
  int code = 0;
  while (!queue->is_closed && queue->count == 0 && code == 0) {
    code = deadline ? pthread_cond_timedwait(&queue->has_items, &queue->lock,
                                             deadline)
                    : pthread_cond_wait(&queue->has_items, &queue->lock);
  }
}

static kz_rc pop(struct kz_queue *queue, const struct timespec *deadline,
                 void **ret_item) {
  kz_rc rc = KZ_OK;
  (void)pthread_mutex_lock(&queue->lock);
  wait_for_item(queue, deadline);
  if (queue->count > 0) {
    *ret_item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    (void)pthread_cond_signal(&queue->has_room);
  } else {
    rc = queue->is_closed ? KZ_END : KZ_NOT_FOUND;
  }
  (void)pthread_mutex_unlock(&queue->lock);
  return rc;
}

kz_rc kz_queue_pop(struct kz_queue *queue, void **ret_item) {
  return pop(queue, NULL, ret_item);
}

kz_rc kz_queue_pop_within(struct kz_queue *queue, int64_t wait_us,
                          void **ret_item) {
  enum { SECOND_US = 1000000, YEAR_S = 365 * 86400 };
  struct timespec deadline = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &deadline);
  wait_us = wait_us > 0 ? wait_us : 0;
  int64_t wait_s = wait_us / SECOND_US;
  deadline.tv_sec += wait_s < YEAR_S ? wait_s : YEAR_S;
  deadline.tv_nsec += wait_us % SECOND_US * 1000;
  if (deadline.tv_nsec >= 1000000000) {
    deadline.tv_nsec -= 1000000000;
    deadline.tv_sec++;
  }
  return pop(queue, &deadline, ret_item);
}

void kz_queue_close(struct kz_queue *queue) {
  (void)pthread_mutex_lock(&queue->lock);
  queue->is_closed = true;
  (void)pthread_cond_broadcast(&queue->has_items);
  (void)pthread_cond_broadcast(&queue->has_room);
  (void)pthread_mutex_unlock(&queue->lock);
}

size_t kz_queue_count(struct kz_queue *queue) {
  (void)pthread_mutex_lock(&queue->lock);
  size_t count = queue->count;
  (void)pthread_mutex_unlock(&queue->lock);
  return count;
}
