/* Counts by number: how often each tag, organisation, day was met.
 *
 * Numbers of dictionaries are dense, so a tally is an array that grows to the
 * largest number met. One thread at a time; tallies of several threads are
 * added up. */
#ifndef KZ_STORE_TALLY_H
#define KZ_STORE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than a dictionary holds: a larger number is damage, and is left out. */
enum { KZ_TALLY_MAX = 1 << 25 };

struct kz_tally {
  uint64_t *counts; /* by number */
  size_t size;
  bool failed; /* out of memory: some are missing */
};

/* Makes `number` count; false when it cannot. */
bool kz_tally_grow(struct kz_tally *tally, uint32_t number);
void kz_tally_done(struct kz_tally *tally);

static inline void kz_tally_add(struct kz_tally *tally, uint32_t number,
                                uint64_t count) {
  if (number < tally->size || kz_tally_grow(tally, number)) {
    tally->counts[number] += count;
  }
}

/* Adds all of `other`. */
void kz_tally_merge(struct kz_tally *tally, const struct kz_tally *other);

#endif
