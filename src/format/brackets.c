/* 64 bytes become five words of 64 bits: quotes, backslashes, opening and
 * closing brackets, line ends. What is inside strings is the running parity of
 * the quotes; mostly the block then costs two population counts. Blocks where
 * something may have to stop, or a string is broken by a line end, are gone
 * through byte by byte. How the bytes become words is written once for SSE2,
 * which every x86-64 has, and once for AVX2; everything around it is shared and
 * inlined into both. */
#include "format/brackets.h"

#include <string.h>

/* Takes one byte that is at `at`; true when the depth has become 0. */
static bool take(struct kz_brackets *b, char c, uint64_t offset) {
  b->is_line_start = false;
  if (c == '\n') {
    b->in_string = false;
    b->is_escaped = false;
    b->is_line_start = true;
    b->lines++;
    b->line_start = offset + 1;
  } else if (b->is_escaped) {
    b->is_escaped = false;
  } else if (c == '\\') {
    b->is_escaped = b->in_string;
  } else if (c == '"') {
    b->in_string = !b->in_string;
  } else if (!b->in_string && (c == '{' || c == '[')) {
    b->depth++;
  } else if (!b->in_string && (c == '}' || c == ']')) {
    b->depth -= b->depth > 0;
    return b->depth == 0;
  }
  return false;
}

static enum kz_brackets_stop scan_plain(struct kz_brackets *brackets,
                                        const char **at, const char *end,
                                        uint64_t offset) {
  const char *start = *at;
  for (; *at < end; (*at)++) {
    if (brackets->is_line_start && **at == '{') {
      return KZ_BRACKETS_LINE;
    }
    if (take(brackets, **at, offset + (uint64_t)(*at - start))) {
      (*at)++;
      return KZ_BRACKETS_CLOSED;
    }
  }
  return KZ_BRACKETS_END;
}

#ifdef __x86_64__
#include <immintrin.h>

enum { BLOCK = 64 };

#define SHARED static inline __attribute__((always_inline))
#define FOR_AVX2 __attribute__((target("avx2,popcnt,bmi,pclmul")))

struct block_bits { /* bit 0: the first byte */
  uint64_t quotes;
  uint64_t backslashes;
  uint64_t opens;
  uint64_t closes;
  uint64_t line_ends;
};

/* What differs between the instruction sets. */
struct way {
  struct block_bits (*look)(const char *at);
  uint64_t (*parity)(uint64_t bits); /* bit n: the parity of bits 0..n */
};

SHARED uint64_t equal_sse2(__m128i bytes, char c) {
  return (uint64_t)(uint32_t)_mm_movemask_epi8(
      _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

/* '[' and '{', and ']' and '}', differ in the one bit that makes letters small;
 * nothing else falls together with them. */
SHARED struct block_bits look_sse2(const char *at) {
  struct block_bits bits = {0};
  for (size_t i = 0; i < BLOCK; i += sizeof(__m128i)) {
    __m128i bytes = _mm_loadu_si128((const void *)(at + i));
    __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    bits.quotes |= equal_sse2(bytes, '"') << i;
    bits.backslashes |= equal_sse2(bytes, '\\') << i;
    bits.opens |= equal_sse2(small, '{') << i;
    bits.closes |= equal_sse2(small, '}') << i;
    bits.line_ends |= equal_sse2(bytes, '\n') << i;
  }
  return bits;
}

SHARED uint64_t parity_sse2(uint64_t bits) {
  for (unsigned shift = 1; shift < BLOCK; shift *= 2) {
    bits ^= bits << shift;
  }
  return bits;
}

FOR_AVX2 SHARED uint64_t equal_avx2(__m256i bytes, char c) {
  return (uint64_t)(uint32_t)_mm256_movemask_epi8(
      _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c)));
}

FOR_AVX2 SHARED struct block_bits look_avx2(const char *at) {
  struct block_bits bits = {0};
  for (size_t i = 0; i < BLOCK; i += sizeof(__m256i)) {
    __m256i bytes = _mm256_loadu_si256((const void *)(at + i));
    __m256i small = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    bits.quotes |= equal_avx2(bytes, '"') << i;
    bits.backslashes |= equal_avx2(bytes, '\\') << i;
    bits.opens |= equal_avx2(small, '{') << i;
    bits.closes |= equal_avx2(small, '}') << i;
    bits.line_ends |= equal_avx2(bytes, '\n') << i;
  }
  return bits;
}

/* To multiply by all ones without carries is to add up from below. */
FOR_AVX2 SHARED uint64_t parity_avx2(uint64_t bits) {
  __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)bits),
                                         _mm_set1_epi8(-1), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

/* The bytes that a backslash before them makes harmless. Goes from backslash
 * to backslash: a backslash that is itself escaped escapes nothing. */
SHARED uint64_t escaped_bits(uint64_t backslashes, bool first_is,
                             bool *ret_next_is) {
  uint64_t escaped = first_is ? 1 : 0;
  *ret_next_is = false;
  uint64_t left = backslashes & ~escaped;
  while (left != 0) {
    uint64_t lowest = left & (~left + 1);
    uint64_t next = lowest << 1;
    *ret_next_is = next == 0;
    escaped |= next;
    left &= ~(lowest | next);
  }
  return escaped;
}

/* Takes a whole block unless something in it may be a reason to stop, or is
 * not as JSON has it; then nothing is taken. */
SHARED bool take_block(struct kz_brackets *b, const char *at, uint64_t offset,
                       const struct way *way) {
  struct block_bits bits = way->look(at);
  bool next_is_escaped = false;
  uint64_t escaped = 0;
  if (bits.backslashes != 0 || b->is_escaped) {
    escaped = escaped_bits(bits.backslashes, b->is_escaped, &next_is_escaped);
  }
  uint64_t inside = way->parity(bits.quotes & ~escaped);
  inside = b->in_string ? ~inside : inside;
  uint64_t line_starts = bits.line_ends << 1 | (b->is_line_start ? 1 : 0);
  uint64_t opens = bits.opens & ~inside;
  uint64_t closes = bits.closes & ~inside;
  size_t close_count = (size_t)__builtin_popcountll(closes);
  if ((bits.line_ends & inside) != 0 || (line_starts & bits.opens) != 0 ||
      (bits.backslashes & ~inside) != 0 || close_count >= b->depth) {
    return false;
  }
  b->depth += (size_t)__builtin_popcountll(opens) - close_count;
  b->in_string = inside >> (BLOCK - 1) != 0;
  b->is_escaped = next_is_escaped;
  b->is_line_start = bits.line_ends >> (BLOCK - 1) != 0;
  if (bits.line_ends != 0) {
    unsigned last = BLOCK - 1 - (unsigned)__builtin_clzll(bits.line_ends);
    b->lines += (uint64_t)__builtin_popcountll(bits.line_ends);
    b->line_start = offset + last + 1;
  }
  return true;
}

SHARED enum kz_brackets_stop scan_blocks(struct kz_brackets *brackets,
                                         const char **at, const char *end,
                                         uint64_t offset,
                                         const struct way *way) {
  const char *start = *at;
  struct kz_brackets b = *brackets; /* in registers */
  enum kz_brackets_stop stop = KZ_BRACKETS_END;
  while (stop == KZ_BRACKETS_END && *at < end) {
    uint64_t here = offset + (uint64_t)(*at - start);
    if (end - *at >= BLOCK && take_block(&b, *at, here, way)) {
      *at += BLOCK;
      continue;
    }
    const char *block_end = end - *at >= BLOCK ? *at + BLOCK : end;
    *brackets = b;
    stop = scan_plain(brackets, at, block_end, here);
    b = *brackets;
  }
  *brackets = b;
  return stop;
}

static enum kz_brackets_stop scan_sse2(struct kz_brackets *brackets,
                                       const char **at, const char *end,
                                       uint64_t offset) {
  const struct way way = {look_sse2, parity_sse2};
  return scan_blocks(brackets, at, end, offset, &way);
}

FOR_AVX2 static enum kz_brackets_stop scan_avx2(struct kz_brackets *brackets,
                                                const char **at,
                                                const char *end,
                                                uint64_t offset) {
  const struct way way = {look_avx2, parity_avx2};
  return scan_blocks(brackets, at, end, offset, &way);
}

static bool is_wide(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("pclmul");
}

kz_brackets_way *kz_brackets_way_of_rank(size_t rank) {
  kz_brackets_way *const ways[] = {scan_avx2, scan_sse2, scan_plain};
  enum { COUNT = sizeof ways / sizeof *ways };
  size_t first = is_wide() ? 0 : 1;
  return rank < COUNT - first ? ways[first + rank] : NULL;
}
#else
kz_brackets_way *kz_brackets_way_of_rank(size_t rank) {
  return rank == 0 ? scan_plain : NULL;
}
#endif

enum kz_brackets_stop kz_brackets_scan(struct kz_brackets *brackets,
                                       const char **at, const char *end,
                                       uint64_t offset) {
  return kz_brackets_way_of_rank(0)(brackets, at, end, offset);
}
