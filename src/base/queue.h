/* A bounded queue of pointers between threads, first in, first out.
 *
 * Any number of threads may push and pop. Closing wakes everybody: pushes are
 * refused from then on, what was pushed before can still be popped. */
#ifndef KZ_BASE_QUEUE_H
#define KZ_BASE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

struct kz_queue;

/* `capacity` items, at least 1. The caller owns it. NULL when out of memory. */
struct kz_queue *kz_queue_new(size_t capacity);
/* Frees; nobody may be using it, and what is still in it is the caller's to
 * have popped. NULL is fine. */
void kz_queue_free(struct kz_queue *queue);

/* Waits for room. KZ_E_STOPPED when closed: the item stays the caller's. */
KZ_MUST_USE kz_rc kz_queue_push(struct kz_queue *queue, void *item);
/* The same without waiting: KZ_E_BUSY when full. */
KZ_MUST_USE kz_rc kz_queue_try_push(struct kz_queue *queue, void *item);

/* Waits for an item. KZ_END when closed and empty. */
KZ_MUST_USE kz_rc kz_queue_pop(struct kz_queue *queue, void **ret_item);
/* Waits no longer than `wait_us` (0: not at all): then KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_queue_pop_within(struct kz_queue *queue, int64_t wait_us,
                                      void **ret_item);

void kz_queue_close(struct kz_queue *queue);

/* Items in it at this moment. */
size_t kz_queue_count(struct kz_queue *queue);

#endif
