/* Popcounts are what facets are made of, and the baseline of x86-64 has no
 * instruction for them: hence the ways. AND and OR run at the speed of memory
 * in any width, so they are written once. A way of its own for AVX2 was
 * rejected: it has no popcount, and the scalar instruction counts 8 bytes a
 * cycle. */
#include "store/bitset.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { WORD = 64 };

/* Four words at a time without a promise of alignment. */
typedef uint64_t quad __attribute__((vector_size(32), aligned(8), may_alias));

void kz_bitset_and(uint64_t *to, const uint64_t *with, size_t words) {
  size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    *(quad *)(to + i) &= *(const quad *)(with + i);
  }
  for (; i < words; i++) {
    to[i] &= with[i];
  }
}

void kz_bitset_or(uint64_t *to, const uint64_t *with, size_t words) {
  size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    *(quad *)(to + i) |= *(const quad *)(with + i);
  }
  for (; i < words; i++) {
    to[i] |= with[i];
  }
}

void kz_bitset_and_not(uint64_t *to, const uint64_t *without, size_t words) {
  size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    *(quad *)(to + i) &= ~*(const quad *)(without + i);
  }
  for (; i < words; i++) {
    to[i] &= ~without[i];
  }
}

bool kz_bitset_is_empty(const uint64_t *bits, size_t words) {
  for (size_t i = 0; i < words; i++) {
    if (bits[i]) {
      return false;
    }
  }
  return true;
}

/* The bits of word `word` that lie in [from, to). */
static inline uint64_t mask_of(size_t word, uint32_t from, uint32_t to) {
  uint64_t mask = ~UINT64_C(0);
  if (word == from / WORD) {
    mask <<= from % WORD;
  }
  if (word == (to - 1) / WORD) {
    mask &= ~UINT64_C(0) >> (WORD - 1 - (to - 1) % WORD);
  }
  return mask;
}

void kz_bitset_set_range(uint64_t *bits, uint32_t from, uint32_t to) {
  for (size_t w = from / WORD; from < to && w <= (to - 1) / WORD; w++) {
    bits[w] |= mask_of(w, from, to);
  }
}

void kz_bitset_clear_range(uint64_t *bits, uint32_t from, uint32_t to) {
  for (size_t w = from / WORD; from < to && w <= (to - 1) / WORD; w++) {
    bits[w] &= ~mask_of(w, from, to);
  }
}

uint64_t kz_bitset_count_range(const uint64_t *bits, uint32_t from,
                               uint32_t to) {
  const struct kz_bitset_way *way = kz_bitset_way();
  if (from >= to) {
    return 0;
  }
  size_t first = from / WORD;
  size_t last = (to - 1) / WORD;
  uint64_t ends[2] = {bits[first] & mask_of(first, from, to), 0};
  if (first == last) {
    return way->count(ends, 1);
  }
  ends[1] = bits[last] & mask_of(last, from, to);
  return way->count(ends, 2) + way->count(bits + first + 1, last - first - 1);
}

/* --- the ways --------------------------------------------------------------
 */

/* The plain way and the one with a popcount instruction are one text that is
 * compiled twice. */
static inline __attribute__((always_inline)) uint64_t
count_words(const uint64_t *bits, size_t words) {
  uint64_t n = 0;
  for (size_t i = 0; i < words; i++) {
    n += (unsigned)__builtin_popcountll(bits[i]);
  }
  return n;
}

static inline __attribute__((always_inline)) uint64_t
count_words_both(const uint64_t *a, const uint64_t *b, size_t words) {
  uint64_t n = 0;
  for (size_t i = 0; i < words; i++) {
    n += (unsigned)__builtin_popcountll(a[i] & b[i]);
  }
  return n;
}

static inline __attribute__((always_inline)) uint32_t
count_one_range(const uint64_t *bits, uint32_t from, uint32_t to) {
  if (from >= to) {
    return 0;
  }
  size_t first = from / WORD;
  size_t last = (to - 1) / WORD;
  unsigned n =
      (unsigned)__builtin_popcountll(bits[first] & mask_of(first, from, to));
  for (size_t w = first + 1; w < last; w++) {
    n += (unsigned)__builtin_popcountll(bits[w]);
  }
  if (last > first) {
    n += (unsigned)__builtin_popcountll(bits[last] & mask_of(last, from, to));
  }
  return n;
}

static inline __attribute__((always_inline)) uint64_t
word_in_range(const uint32_t *values, size_t count, uint32_t from,
              uint32_t span) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) {
    word |= (uint64_t)(values[i] - from <= span) << i;
  }
  return word;
}

static uint64_t count_plain(const uint64_t *bits, size_t words) {
  return count_words(bits, words);
}

static uint64_t count_both_plain(const uint64_t *a, const uint64_t *b,
                                 size_t words) {
  return count_words_both(a, b, words);
}

static void count_ranges_plain(const uint64_t *bits, const uint32_t *starts,
                               size_t ranges, uint32_t *counts) {
  for (size_t i = 0; i < ranges; i++) {
    counts[i] = count_one_range(bits, starts[i], starts[i + 1]);
  }
}

static void set_in_range_plain(const uint32_t *values, size_t count,
                               uint32_t from, uint32_t span, uint64_t *bits) {
  for (size_t at = 0; at < count; at += WORD) {
    size_t n = count - at < WORD ? count - at : WORD;
    bits[at / WORD] |= word_in_range(values + at, n, from, span);
  }
}

#if defined(__x86_64__)

#define WITH_POPCNT __attribute__((target("popcnt,avx2")))
#define WITH_AVX512                                                            \
  __attribute__((target("popcnt,avx2,avx512f,avx512bw,avx512vpopcntdq")))

WITH_POPCNT static uint64_t count_popcnt(const uint64_t *bits, size_t words) {
  return count_words(bits, words);
}

WITH_POPCNT static uint64_t count_both_popcnt(const uint64_t *a,
                                              const uint64_t *b, size_t words) {
  return count_words_both(a, b, words);
}

WITH_POPCNT static void count_ranges_popcnt(const uint64_t *bits,
                                            const uint32_t *starts,
                                            size_t ranges, uint32_t *counts) {
  for (size_t i = 0; i < ranges; i++) {
    counts[i] = count_one_range(bits, starts[i], starts[i + 1]);
  }
}

/* Which of 8 values lie in the range: an unsigned x <= span is
 * max(x, span) == span. */
WITH_POPCNT static unsigned eight_in_range(const uint32_t *values, __m256i from,
                                           __m256i span) {
  __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)values);
  x = _mm256_sub_epi32(x, from);
  __m256i in = _mm256_cmpeq_epi32(_mm256_max_epu32(x, span), span);
  return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(in));
}

WITH_POPCNT static void set_in_range_avx2(const uint32_t *values, size_t count,
                                          uint32_t from, uint32_t span,
                                          uint64_t *bits) {
  __m256i f = _mm256_set1_epi32((int)from);
  __m256i s = _mm256_set1_epi32((int)span);
  size_t at = 0;
  for (; at + WORD <= count; at += WORD) {
    uint64_t word = 0;
    for (unsigned k = 0; k < WORD; k += 8) {
      word |= (uint64_t)eight_in_range(values + at + k, f, s) << k;
    }
    bits[at / WORD] |= word;
  }
  if (at < count) {
    bits[at / WORD] |= word_in_range(values + at, count - at, from, span);
  }
}

WITH_AVX512 static uint64_t count_avx512(const uint64_t *bits, size_t words) {
  __m512i sum = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 8 <= words; i += 8) {
    __m512i x = _mm512_loadu_si512(bits + i);
    sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(x));
  }
  return (uint64_t)_mm512_reduce_add_epi64(sum) +
         count_words(bits + i, words - i);
}

WITH_AVX512 static uint64_t count_both_avx512(const uint64_t *a,
                                              const uint64_t *b, size_t words) {
  __m512i sum = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 8 <= words; i += 8) {
    __m512i x =
        _mm512_and_si512(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i));
    sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(x));
  }
  return (uint64_t)_mm512_reduce_add_epi64(sum) +
         count_words_both(a + i, b + i, words - i);
}

WITH_AVX512 static void set_in_range_avx512(const uint32_t *values,
                                            size_t count, uint32_t from,
                                            uint32_t span, uint64_t *bits) {
  __m512i f = _mm512_set1_epi32((int)from);
  __m512i s = _mm512_set1_epi32((int)span);
  size_t at = 0;
  for (; at + WORD <= count; at += WORD) {
    uint64_t word = 0;
    for (unsigned k = 0; k < WORD; k += 16) {
      __m512i x = _mm512_sub_epi32(_mm512_loadu_si512(values + at + k), f);
      word |= (uint64_t)_mm512_cmple_epu32_mask(x, s) << k;
    }
    bits[at / WORD] |= word;
  }
  if (at < count) {
    bits[at / WORD] |= word_in_range(values + at, count - at, from, span);
  }
}

static const struct kz_bitset_way ways[] = {
    {"avx512", count_avx512, count_both_avx512, count_ranges_popcnt,
     set_in_range_avx512},
    {"avx2", count_popcnt, count_both_popcnt, count_ranges_popcnt,
     set_in_range_avx2},
    {"plain", count_plain, count_both_plain, count_ranges_plain,
     set_in_range_plain},
};

const struct kz_bitset_way *kz_bitset_ways(size_t *ret_count) {
  size_t first = 2;
  if (__builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vpopcntdq")) {
    first = 0;
  } else if (__builtin_cpu_supports("avx2") &&
             __builtin_cpu_supports("popcnt")) {
    first = 1;
  }
  *ret_count = sizeof ways / sizeof *ways - first;
  return ways + first;
}

#else

static const struct kz_bitset_way plain = {"plain", count_plain,
                                           count_both_plain, count_ranges_plain,
                                           set_in_range_plain};

const struct kz_bitset_way *kz_bitset_ways(size_t *ret_count) {
  *ret_count = 1;
  return &plain;
}

#endif

const struct kz_bitset_way *kz_bitset_way(void) {
  size_t count = 0;
  return kz_bitset_ways(&count);
}
