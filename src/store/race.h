/* A race finds the least of the heads of several sorted inputs, over and over:
 * the heart of every merge here.
 *
 * Runners are numbered; each shows a 64-bit key, and where keys are equal the
 * caller's tie rule decides, then the number. A binary heap: with two runners a
 * step is one comparison. One thread. */
#ifndef KZ_STORE_RACE_H
#define KZ_STORE_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kz_runner {
  uint64_t key;
  uint32_t number;
};

/* Negative when the head of runner `a` comes first, positive when that of `b`
 * does, 0 when they are equal (then the lower number leads). */
typedef int kz_race_tie(const void *ctx, uint32_t a, uint32_t b);

struct kz_race {
  struct kz_runner *heap;
  size_t count;
  kz_race_tie *tie;
  const void *ctx;
};

/* A race without runners. `heap` has room for as many as will enter and must
 * live as long as the race. */
void kz_race_init(struct kz_race *race, struct kz_runner *heap,
                  kz_race_tie *tie, const void *ctx);

/* A runner joins with the key of its head. */
void kz_race_enter(struct kz_race *race, uint32_t number, uint64_t key);

/* The one with the least head; NULL when none is left. */
static inline const struct kz_runner *
kz_race_leader(const struct kz_race *race) {
  return race->count > 0 ? &race->heap[0] : NULL;
}

/* The one that would lead if the leader left; NULL when there is none. */
const struct kz_runner *kz_race_second(const struct kz_race *race);

/* The leader's head has changed to one that is not less. */
void kz_race_advance(struct kz_race *race, uint64_t key);

/* The leader's input has ended. */
void kz_race_leave(struct kz_race *race);

#endif
