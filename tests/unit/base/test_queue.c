#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/queue.h"

enum { PRODUCERS = 3, CONSUMERS = 3, EACH = 5000 };

static void items_leave_in_the_order_they_came(void **state) {
  (void)state;
  struct kz_queue *queue = kz_queue_new(3);
  int items[6];
  void *item = NULL;
  for (size_t i = 0; i < 6; i++) {
    assert_int_equal(kz_queue_push(queue, &items[i]), KZ_OK);
    assert_int_equal(kz_queue_count(queue), 1);
    assert_int_equal(kz_queue_pop(queue, &item), KZ_OK);
    assert_ptr_equal(item, &items[i]);
  }
  kz_queue_free(queue);
}

static void a_full_queue_is_busy_and_an_empty_one_finds_nothing(void **state) {
  (void)state;
  struct kz_queue *queue = kz_queue_new(2);
  int item = 0;
  void *got = NULL;
  assert_int_equal(kz_queue_pop_within(queue, 0, &got), KZ_NOT_FOUND);
  assert_int_equal(kz_queue_pop_within(queue, -1, &got), KZ_NOT_FOUND);
  assert_int_equal(kz_queue_try_push(queue, &item), KZ_OK);
  assert_int_equal(kz_queue_try_push(queue, &item), KZ_OK);
  assert_int_equal(kz_queue_try_push(queue, &item), KZ_E_BUSY);
  assert_int_equal(kz_queue_pop_within(queue, 0, &got), KZ_OK);
  assert_int_equal(kz_queue_try_push(queue, &item), KZ_OK);
  kz_queue_free(queue);
}

static void a_closed_queue_gives_out_what_it_has_and_ends(void **state) {
  (void)state;
  struct kz_queue *queue = kz_queue_new(2);
  int item = 0;
  void *got = NULL;
  assert_int_equal(kz_queue_push(queue, &item), KZ_OK);
  kz_queue_close(queue);
  assert_int_equal(kz_queue_push(queue, &item), KZ_E_STOPPED);
  assert_int_equal(kz_queue_try_push(queue, &item), KZ_E_STOPPED);
  assert_int_equal(kz_queue_pop(queue, &got), KZ_OK);
  assert_int_equal(kz_queue_pop(queue, &got), KZ_END);
  assert_int_equal(kz_queue_pop_within(queue, KZ_HOUR_US, &got), KZ_END);
  kz_queue_free(queue);
}

static void waiting_ends_in_time(void **state) {
  (void)state;
  struct kz_queue *queue = kz_queue_new(1);
  void *got = NULL;
  int64_t start_us = kz_clock_monotonic_us();
  assert_int_equal(kz_queue_pop_within(queue, 20000, &got), KZ_NOT_FOUND);
  assert_true(kz_clock_monotonic_us() - start_us >= 19000);
  kz_queue_free(queue);
}

struct traffic {
  struct kz_queue *queue;
  _Atomic uint64_t sum;
  _Atomic unsigned popped;
  uint64_t numbers[EACH];
};

static void *produce(void *ctx) {
  struct traffic *traffic = ctx;
  for (size_t i = 0; i < EACH; i++) {
    if (kz_queue_push(traffic->queue, &traffic->numbers[i]) != KZ_OK) {
      break;
    }
  }
  return NULL;
}

static void *consume(void *ctx) {
  struct traffic *traffic = ctx;
  void *item = NULL;
  while (kz_queue_pop(traffic->queue, &item) == KZ_OK) {
    atomic_fetch_add(&traffic->sum, *(uint64_t *)item);
    atomic_fetch_add(&traffic->popped, 1);
  }
  return NULL;
}

static void many_threads_lose_and_double_nothing(void **state) {
  (void)state;
  static struct traffic traffic;
  traffic.queue = kz_queue_new(7);
  uint64_t expected = 0;
  for (size_t i = 0; i < EACH; i++) {
    traffic.numbers[i] = i * i;
    expected += PRODUCERS * i * i;
  }
  pthread_t producers[PRODUCERS];
  pthread_t consumers[CONSUMERS];
  for (size_t i = 0; i < PRODUCERS; i++) {
    assert_int_equal(pthread_create(&producers[i], NULL, produce, &traffic), 0);
    assert_int_equal(pthread_create(&consumers[i], NULL, consume, &traffic), 0);
  }
  for (size_t i = 0; i < PRODUCERS; i++) {
    assert_int_equal(pthread_join(producers[i], NULL), 0);
  }
  kz_queue_close(traffic.queue);
  for (size_t i = 0; i < CONSUMERS; i++) {
    assert_int_equal(pthread_join(consumers[i], NULL), 0);
  }
  assert_int_equal(traffic.popped, PRODUCERS * EACH);
  assert_true(traffic.sum == expected);
  kz_queue_free(traffic.queue);
}

static void closing_wakes_those_who_wait_for_room(void **state) {
  (void)state;
  static struct traffic traffic;
  traffic.queue = kz_queue_new(1);
  pthread_t producer;
  assert_int_equal(pthread_create(&producer, NULL, produce, &traffic), 0);
  while (kz_queue_count(traffic.queue) == 0) {
  }
  kz_queue_close(traffic.queue);
  assert_int_equal(pthread_join(producer, NULL), 0);
  kz_queue_free(traffic.queue);
}

static void sizes_that_cannot_be_are_refused(void **state) {
  (void)state;
  assert_null(kz_queue_new(SIZE_MAX));
  struct kz_queue *queue = kz_queue_new(0);
  assert_int_equal(kz_queue_try_push(queue, queue), KZ_OK);
  assert_int_equal(kz_queue_try_push(queue, queue), KZ_E_BUSY);
  kz_queue_free(queue);
  kz_queue_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(items_leave_in_the_order_they_came),
      cmocka_unit_test(a_full_queue_is_busy_and_an_empty_one_finds_nothing),
      cmocka_unit_test(a_closed_queue_gives_out_what_it_has_and_ends),
      cmocka_unit_test(waiting_ends_in_time),
      cmocka_unit_test(many_threads_lose_and_double_nothing),
      cmocka_unit_test(closing_wakes_those_who_wait_for_room),
      cmocka_unit_test(sizes_that_cannot_be_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
