/* Flat bitsets over the rows of a segment, and columns turned into them.
 *
 * A bitset is an array of 64-bit words that its owner allocates; bit i is row
 * i. What is worth it exists in several ways: for the processor's wide
 * registers, picked at run time, and plainly. Pure functions, any thread. */
#ifndef KZ_STORE_BITSET_H
#define KZ_STORE_BITSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One way to do the heavy work; all ways give the same. */
struct kz_bitset_way {
  const char *name;
  /* How many bits are set in `words` words; in both of two. */
  uint64_t (*count)(const uint64_t *bits, size_t words);
  uint64_t (*count_both)(const uint64_t *a, const uint64_t *b, size_t words);
  /* counts[i] = bits set in [starts[i], starts[i + 1]), for ranges with
   * ascending ends. */
  void (*count_ranges)(const uint64_t *bits, const uint32_t *starts,
                       size_t ranges, uint32_t *counts);
  /* Sets bit i, for each i < count, when values[i] - from <= span (wrapping):
   * when it lies in [from, from + span]. Other bits stay. */
  void (*set_in_range)(const uint32_t *values, size_t count, uint32_t from,
                       uint32_t span, uint64_t *bits);
};

/* The ways this machine can go, the best first; the last is plain. */
const struct kz_bitset_way *kz_bitset_ways(size_t *ret_count);
/* The best. */
const struct kz_bitset_way *kz_bitset_way(void);

/* to &= with, to |= with, to &= ~without. */
void kz_bitset_and(uint64_t *to, const uint64_t *with, size_t words);
void kz_bitset_or(uint64_t *to, const uint64_t *with, size_t words);
void kz_bitset_and_not(uint64_t *to, const uint64_t *without, size_t words);
bool kz_bitset_is_empty(const uint64_t *bits, size_t words);

/* Sets or clears the bits [from, to). */
void kz_bitset_set_range(uint64_t *bits, uint32_t from, uint32_t to);
void kz_bitset_clear_range(uint64_t *bits, uint32_t from, uint32_t to);
/* How many bits are set in [from, to). */
uint64_t kz_bitset_count_range(const uint64_t *bits, uint32_t from,
                               uint32_t to);

/* The first set bit in [from, to); `to` when there is none. */
static inline uint32_t kz_bitset_next(const uint64_t *bits, uint32_t from,
                                      uint32_t to) {
  if (from >= to) {
    return to;
  }
  size_t last = (to - 1) / 64;
  size_t w = from / 64;
  uint64_t word = bits[w] & ~UINT64_C(0) << (from % 64);
  while (word == 0 && w < last) {
    word = bits[++w];
  }
  if (word == 0) {
    return to;
  }
  size_t at = w * 64 + (unsigned)__builtin_ctzll(word);
  return at < to ? (uint32_t)at : to;
}

static inline void kz_bitset_set(uint64_t *bits, uint32_t row) {
  bits[row / 64] |= UINT64_C(1) << (row % 64);
}

static inline bool kz_bitset_has(const uint64_t *bits, uint32_t row) {
  return (bits[row / 64] >> (row % 64) & 1) != 0;
}

#endif
