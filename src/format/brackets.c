/* 64 bytes become five words of 64 bits: quotes, backslashes, opening and
 * closing brackets, line ends. What is inside strings is the running parity of
 * the quotes; mostly the block then costs two population counts. Blocks where
 * something may have to stop, or a string is broken by a line end, are gone
 * through byte by byte. SSE2 is part of every x86-64, so nothing is chosen at
 * run time; wider vectors gained nothing, the scan waits for memory. */
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

enum kz_brackets_stop kz_brackets_scan_plain(struct kz_brackets *brackets,
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

#ifdef __SSE2__
#include <emmintrin.h>

enum { BLOCK = 64, VECTOR = 16 };

struct block_bits { /* bit 0: the first byte */
  uint64_t quotes;
  uint64_t backslashes;
  uint64_t opens;
  uint64_t closes;
  uint64_t line_ends;
};

static inline uint64_t equal_bits(__m128i bytes, char c) {
  return (uint64_t)(uint32_t)_mm_movemask_epi8(
      _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

static inline struct block_bits look_at(const char *at) {
  struct block_bits bits = {0};
  for (unsigned i = 0; i < BLOCK; i += VECTOR) {
    __m128i bytes = _mm_loadu_si128((const void *)(at + i));
    /* '[' and '{', and ']' and '}', differ in the one bit that makes letters
     * small; nothing else falls together with them. */
    __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    bits.quotes |= equal_bits(bytes, '"') << i;
    bits.backslashes |= equal_bits(bytes, '\\') << i;
    bits.opens |= equal_bits(small, '{') << i;
    bits.closes |= equal_bits(small, '}') << i;
    bits.line_ends |= equal_bits(bytes, '\n') << i;
  }
  return bits;
}

/* Bit n of the result: the parity of bits 0..n. */
static inline uint64_t running_parity(uint64_t bits) {
  for (unsigned shift = 1; shift < BLOCK; shift *= 2) {
    bits ^= bits << shift;
  }
  return bits;
}

/* The bytes that a backslash before them makes harmless. Goes from backslash
 * to backslash: a backslash that is itself escaped escapes nothing. */
static inline uint64_t escaped_bits(uint64_t backslashes, bool first_is,
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
static inline bool take_block(struct kz_brackets *b, const char *at,
                              uint64_t offset) {
  struct block_bits bits = look_at(at);
  bool next_is_escaped = false;
  uint64_t escaped = 0;
  if (bits.backslashes != 0 || b->is_escaped) {
    escaped = escaped_bits(bits.backslashes, b->is_escaped, &next_is_escaped);
  }
  uint64_t inside = running_parity(bits.quotes & ~escaped);
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

enum kz_brackets_stop kz_brackets_scan(struct kz_brackets *brackets,
                                       const char **at, const char *end,
                                       uint64_t offset) {
  const char *start = *at;
  while (end - *at >= BLOCK) {
    uint64_t here = offset + (uint64_t)(*at - start);
    if (take_block(brackets, *at, here)) {
      *at += BLOCK;
      continue;
    }
    const char *block_end = *at + BLOCK;
    enum kz_brackets_stop stop =
        kz_brackets_scan_plain(brackets, at, block_end, here);
    if (stop != KZ_BRACKETS_END) {
      return stop;
    }
  }
  return kz_brackets_scan_plain(brackets, at, end,
                                offset + (uint64_t)(*at - start));
}
#else
enum kz_brackets_stop kz_brackets_scan(struct kz_brackets *brackets,
                                       const char **at, const char *end,
                                       uint64_t offset) {
  return kz_brackets_scan_plain(brackets, at, end, offset);
}
#endif
