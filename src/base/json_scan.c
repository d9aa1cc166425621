/* SIMD ways look at 64 bytes at once: one word says which of them end the run.
 * Only that step is written for each instruction set; the loops around it are
 * shared and inlined. Plain C goes byte by byte, the obvious way, because it is
 * what the others are compared with; it also does the last bytes of the text.
 */
#include "base/json_scan.h"

static bool ends_text(char c) {
  return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_any_machine(void) {
  return true;
}

static void mark_plain(const char *blocks, size_t count, uint64_t *ret_ends,
                       uint64_t *ret_high) {
  for (size_t i = 0; i < count; i++) {
    uint64_t ends = 0;
    uint64_t high = 0;
    for (size_t bit = 0; bit < KZ_JSON_BLOCK; bit++) {
      char c = blocks[i * KZ_JSON_BLOCK + bit];
      ends |= (uint64_t)ends_text(c) << bit;
      high |= (uint64_t)((unsigned char)c > 0x7F) << bit;
    }
    ret_ends[i] = ends;
    ret_high[i] = high;
  }
}

static struct kz_json_run text_plain(const char *at, const char *end) {
  unsigned char seen = 0;
  while (at < end && !ends_text(*at)) {
    seen |= (unsigned char)*at;
    at++;
  }
  return (struct kz_json_run){at, seen < 0x80};
}

static const char *space_plain(const char *at, const char *end) {
  while (at < end && is_space(*at)) {
    at++;
  }
  return at;
}

#ifdef __x86_64__
#include <immintrin.h>

/* One bit a byte, the first byte lowest. */
struct text_bits {
  uint64_t ends;
  uint64_t high;
};

#define SHARED static inline __attribute__((always_inline))

SHARED void mark_blocks(const char *blocks, size_t count, uint64_t *ret_ends,
                        uint64_t *ret_high,
                        struct text_bits (*look)(const char *)) {
  for (size_t i = 0; i < count; i++) {
    struct text_bits bits = look(blocks + i * KZ_JSON_BLOCK);
    ret_ends[i] = bits.ends;
    ret_high[i] = bits.high;
  }
}

SHARED struct kz_json_run scan_text(const char *at, const char *end,
                                    struct text_bits (*look)(const char *)) {
  uint64_t high = 0;
  for (; end - at >= KZ_JSON_BLOCK; at += KZ_JSON_BLOCK) {
    struct text_bits bits = look(at);
    if (bits.ends != 0) {
      high |= bits.high & (bits.ends - 1) & ~bits.ends; /* before the end */
      at += __builtin_ctzll(bits.ends);
      return (struct kz_json_run){at, high == 0};
    }
    high |= bits.high;
  }
  struct kz_json_run rest = text_plain(at, end);
  return (struct kz_json_run){rest.end, rest.is_ascii && high == 0};
}

SHARED const char *scan_space(const char *at, const char *end,
                              uint64_t (*look)(const char *)) {
  for (; end - at >= KZ_JSON_BLOCK; at += KZ_JSON_BLOCK) {
    uint64_t others = look(at);
    if (others != 0) {
      return at + __builtin_ctzll(others);
    }
  }
  return space_plain(at, end);
}

/* --- SSE2: every 64-bit x86 has it --- */

static inline struct text_bits look_at_text_sse2(const char *block) {
  struct text_bits bits = {0, 0};
  for (int i = 0; i < KZ_JSON_BLOCK; i += 16) {
    __m128i b = _mm_loadu_si128((const void *)(block + i));
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(b, _mm_set1_epi8(0x1F)), b);
    __m128i quote = _mm_cmpeq_epi8(b, _mm_set1_epi8('"'));
    __m128i escape = _mm_cmpeq_epi8(b, _mm_set1_epi8('\\'));
    __m128i ends = _mm_or_si128(low, _mm_or_si128(quote, escape));
    bits.ends |= (uint64_t)(uint32_t)_mm_movemask_epi8(ends) << i;
    bits.high |= (uint64_t)(uint32_t)_mm_movemask_epi8(b) << i;
  }
  return bits;
}

static inline uint64_t look_for_others_sse2(const char *block) {
  uint64_t spaces = 0;
  for (int i = 0; i < KZ_JSON_BLOCK; i += 16) {
    __m128i b = _mm_loadu_si128((const void *)(block + i));
    __m128i blank = _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8(' ')),
                                 _mm_cmpeq_epi8(b, _mm_set1_epi8('\t')));
    __m128i line = _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8('\n')),
                                _mm_cmpeq_epi8(b, _mm_set1_epi8('\r')));
    int mask = _mm_movemask_epi8(_mm_or_si128(blank, line));
    spaces |= (uint64_t)(uint32_t)mask << i;
  }
  return ~spaces;
}

static void mark_sse2(const char *blocks, size_t count, uint64_t *ret_ends,
                      uint64_t *ret_high) {
  mark_blocks(blocks, count, ret_ends, ret_high, look_at_text_sse2);
}

static struct kz_json_run text_sse2(const char *at, const char *end) {
  return scan_text(at, end, look_at_text_sse2);
}

static const char *space_sse2(const char *at, const char *end) {
  return scan_space(at, end, look_for_others_sse2);
}

/* --- AVX2 --- */

#define AVX2 __attribute__((target("avx2,bmi")))

static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

AVX2 static inline struct text_bits look_at_text_avx2(const char *block) {
  struct text_bits bits = {0, 0};
  for (int i = 0; i < KZ_JSON_BLOCK; i += 32) {
    __m256i b = _mm256_loadu_si256((const void *)(block + i));
    __m256i low =
        _mm256_cmpeq_epi8(_mm256_min_epu8(b, _mm256_set1_epi8(0x1F)), b);
    __m256i quote = _mm256_cmpeq_epi8(b, _mm256_set1_epi8('"'));
    __m256i escape = _mm256_cmpeq_epi8(b, _mm256_set1_epi8('\\'));
    __m256i ends = _mm256_or_si256(low, _mm256_or_si256(quote, escape));
    bits.ends |= (uint64_t)(uint32_t)_mm256_movemask_epi8(ends) << i;
    bits.high |= (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << i;
  }
  return bits;
}

AVX2 static inline uint64_t look_for_others_avx2(const char *block) {
  uint64_t spaces = 0;
  for (int i = 0; i < KZ_JSON_BLOCK; i += 32) {
    __m256i b = _mm256_loadu_si256((const void *)(block + i));
    __m256i blank =
        _mm256_or_si256(_mm256_cmpeq_epi8(b, _mm256_set1_epi8(' ')),
                        _mm256_cmpeq_epi8(b, _mm256_set1_epi8('\t')));
    __m256i line =
        _mm256_or_si256(_mm256_cmpeq_epi8(b, _mm256_set1_epi8('\n')),
                        _mm256_cmpeq_epi8(b, _mm256_set1_epi8('\r')));
    int mask = _mm256_movemask_epi8(_mm256_or_si256(blank, line));
    spaces |= (uint64_t)(uint32_t)mask << i;
  }
  return ~spaces;
}

AVX2 static void mark_avx2(const char *blocks, size_t count, uint64_t *ret_ends,
                           uint64_t *ret_high) {
  mark_blocks(blocks, count, ret_ends, ret_high, look_at_text_avx2);
}

AVX2 static struct kz_json_run text_avx2(const char *at, const char *end) {
  return scan_text(at, end, look_at_text_avx2);
}

AVX2 static const char *space_avx2(const char *at, const char *end) {
  return scan_space(at, end, look_for_others_avx2);
}

/* --- AVX-512 --- */

#define AVX512 __attribute__((target("avx512f,avx512bw,bmi")))

static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi");
}

AVX512 static inline struct text_bits look_at_text_avx512(const char *block) {
  __m512i b = _mm512_loadu_si512((const void *)block);
  uint64_t ends = _mm512_cmplt_epu8_mask(b, _mm512_set1_epi8(0x20)) |
                  _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('"')) |
                  _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('\\'));
  return (struct text_bits){ends, _mm512_movepi8_mask(b)};
}

AVX512 static inline uint64_t look_for_others_avx512(const char *block) {
  __m512i b = _mm512_loadu_si512((const void *)block);
  return ~(_mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8(' ')) |
           _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('\t')) |
           _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('\n')) |
           _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('\r')));
}

AVX512 static void mark_avx512(const char *blocks, size_t count,
                               uint64_t *ret_ends, uint64_t *ret_high) {
  mark_blocks(blocks, count, ret_ends, ret_high, look_at_text_avx512);
}

AVX512 static struct kz_json_run text_avx512(const char *at, const char *end) {
  return scan_text(at, end, look_at_text_avx512);
}

AVX512 static const char *space_avx512(const char *at, const char *end) {
  return scan_space(at, end, look_for_others_avx512);
}
#endif

static const struct kz_json_scan ways[] = {
#ifdef __x86_64__
    {"avx512", has_avx512, mark_avx512, text_avx512, space_avx512},
    {"avx2", has_avx2, mark_avx2, text_avx2, space_avx2},
    {"sse2", is_any_machine, mark_sse2, text_sse2, space_sse2},
#endif
    {"plain", is_any_machine, mark_plain, text_plain, space_plain},
};

const struct kz_json_scan *kz_json_scan(size_t rank) {
  size_t supported = 0;
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    if (ways[i].is_supported() && supported++ == rank) {
      return &ways[i];
    }
  }
  return NULL;
}
