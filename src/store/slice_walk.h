/* Walks the slices (runs of rows of one event) that hold a set bit.
 *
 * A hit's slice is found by galloping from the one before, so a walk costs a
 * few nanoseconds a slice that is hit, however many there are. */
#ifndef KZ_STORE_SLICE_WALK_H
#define KZ_STORE_SLICE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "store/bitset.h"
#include "store/segment.h"

struct kz_slice_walk {
  const struct kz_segment *segment;
  const uint64_t *bits;
  uint32_t row;   /* where to look for the next hit */
  uint32_t slice; /* one that begins at or before it */
};

/* The slice that holds `row`, which is at or after the start of `slice`. */
static inline uint32_t kz_slice_gallop(const struct kz_segment *segment,
                                       uint32_t slice, uint32_t row) {
  if (segment->slices - slice > 2 && row < segment->slice_start[slice + 2]) {
    return slice + (row >= segment->slice_start[slice + 1]);
  }
  uint32_t step = 1;
  uint32_t low = slice;
  while (segment->slices - low > step &&
         segment->slice_start[low + step] <= row) {
    low += step;
    step *= 2;
  }
  uint32_t high = segment->slices - low > step ? low + step : segment->slices;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (segment->slice_start[middle] <= row) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/* The next slice with a hit and its first hit; false when there is none. */
static inline bool kz_slice_next(struct kz_slice_walk *walk,
                                 uint32_t *ret_slice, uint32_t *ret_row) {
  const struct kz_segment *s = walk->segment;
  uint32_t row = kz_bitset_next(walk->bits, walk->row, s->rows);
  if (row >= s->rows) {
    return false;
  }
  walk->slice = kz_slice_gallop(s, walk->slice, row);
  walk->row = s->slice_start[walk->slice + 1];
  *ret_slice = walk->slice;
  *ret_row = row;
  return true;
}

#endif
