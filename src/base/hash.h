/* 64-bit hashes.
 *
 * kz_hash64 is part of the on-disk format (value keys are made of it): another
 * function there is another format version. None of them resists somebody who
 * looks for collisions; whoever keys by them compares the bytes. */
#ifndef KZ_BASE_HASH_H
#define KZ_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* XXH3, 64 bits, seed 0, over `len` bytes (NULL is fine when 0). */
uint64_t kz_hash64(const void *ptr, size_t len);

static inline uint64_t kz_hash_str(kz_str s) {
  return kz_hash64(s.ptr, s.len);
}

/* The same with a seed: for tables in memory whose keys come from outside. */
uint64_t kz_hash64_seeded(const void *ptr, size_t len, uint64_t seed);

/* Spreads a number over all 64 bits; different numbers stay different. */
static inline uint64_t kz_hash_mix(uint64_t n) {
  n ^= n >> 30;
  n *= UINT64_C(0xbf58476d1ce4e5b9);
  n ^= n >> 27;
  n *= UINT64_C(0x94d049bb133111eb);
  return n ^ (n >> 31);
}

#endif
