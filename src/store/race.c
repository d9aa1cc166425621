#include "store/race.h"

#include <assert.h>

static bool goes_first(const struct kz_race *race, const struct kz_runner *a,
                       const struct kz_runner *b) {
  if (a->key != b->key) {
    return a->key < b->key;
  }
  int order = race->tie(race->ctx, a->number, b->number);
  return order != 0 ? order < 0 : a->number < b->number;
}

static void swap(struct kz_runner *a, struct kz_runner *b) {
  struct kz_runner kept = *a;
  *a = *b;
  *b = kept;
}

static void sink(struct kz_race *race) {
  size_t at = 0;
  while (true) {
    size_t child = 2 * at + 1;
    if (child >= race->count) {
      return;
    }
    if (child + 1 < race->count &&
        goes_first(race, &race->heap[child + 1], &race->heap[child])) {
      child++;
    }
    if (!goes_first(race, &race->heap[child], &race->heap[at])) {
      return;
    }
    swap(&race->heap[child], &race->heap[at]);
    at = child;
  }
}

void kz_race_init(struct kz_race *race, struct kz_runner *heap,
                  kz_race_tie *tie, const void *ctx) {
  *race = (struct kz_race){.heap = heap, .tie = tie, .ctx = ctx};
}

void kz_race_enter(struct kz_race *race, uint32_t number, uint64_t key) {
  size_t at = race->count++;
  race->heap[at] = (struct kz_runner){.key = key, .number = number};
  while (at > 0 &&
         goes_first(race, &race->heap[at], &race->heap[(at - 1) / 2])) {
    swap(&race->heap[at], &race->heap[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
}

const struct kz_runner *kz_race_second(const struct kz_race *race) {
  if (race->count < 3) {
    return race->count == 2 ? &race->heap[1] : NULL;
  }
  return goes_first(race, &race->heap[2], &race->heap[1]) ? &race->heap[2]
                                                          : &race->heap[1];
}

void kz_race_advance(struct kz_race *race, uint64_t key) {
  assert(race->count > 0);
  race->heap[0].key = key;
  sink(race);
}

void kz_race_leave(struct kz_race *race) {
  assert(race->count > 0);
  race->heap[0] = race->heap[--race->count];
  sink(race);
}
