/* Long text is validated 32 bytes at a time with AVX2 where the machine has it,
 * after Keiser and Lemire, "Validating UTF-8 in less than one instruction per
 * byte" (2021): three table look-ups by half bytes give, for each byte, the set
 * of errors that it and the byte before it could be; what all three agree on is
 * one. Shorter text and other machines take the plain way. */
#include "base/utf8.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
  WIDE = 32,       /* bytes of one step */
  WIDE_LEAST = 64, /* bytes from which the wide way wins */
};

/* What may follow a first byte: its continuation bytes and the range of the
 * first of them. `more` is 0 for a byte that cannot come first. */
struct shape {
  uint8_t more;
  uint8_t low;
  uint8_t high;
};

static struct shape shape_of(uint8_t first) {
  if (first < 0xC2 || first > 0xF4) {
    return (struct shape){0, 0, 0};
  }
  if (first < 0xE0) {
    return (struct shape){1, 0x80, 0xBF};
  }
  if (first < 0xF0) {
    uint8_t low = first == 0xE0 ? 0xA0 : 0x80;  /* no overlong forms */
    uint8_t high = first == 0xED ? 0x9F : 0xBF; /* no surrogates */
    return (struct shape){2, low, high};
  }
  uint8_t low = first == 0xF0 ? 0x90 : 0x80;
  uint8_t high = first == 0xF4 ? 0x8F : 0xBF; /* not above U+10FFFF */
  return (struct shape){3, low, high};
}

size_t kz_utf8_decode(kz_str s, uint32_t *ret_point) {
  if (s.len == 0) {
    return 0;
  }
  const uint8_t *at = (const uint8_t *)s.ptr;
  if (at[0] < 0x80) {
    *ret_point = at[0];
    return 1;
  }
  struct shape shape = shape_of(at[0]);
  if (shape.more == 0 || shape.more >= s.len || at[1] < shape.low ||
      at[1] > shape.high) {
    return 0;
  }
  uint32_t point = at[0] & (0x3Fu >> shape.more);
  for (size_t i = 1; i <= shape.more; i++) {
    if ((at[i] & 0xC0) != 0x80) {
      return 0;
    }
    point = (point << 6) | (at[i] & 0x3Fu);
  }
  *ret_point = point;
  return (size_t)shape.more + 1;
}

size_t kz_utf8_encode(uint32_t point, char out[KZ_UTF8_MAX]) {
  bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point > 0x10FFFF || is_surrogate) {
    return 0;
  }
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  for (size_t i = more; i > 0; i--) {
    out[i] = (char)(0x80 | (point & 0x3F));
    point >>= 6;
  }
  out[0] = (char)((0xFF00u >> (more + 1)) | point);
  return more + 1;
}

static bool is_ascii8(const char *at) {
  uint64_t bytes = 0;
  memcpy(&bytes, at, sizeof bytes);
  return (bytes & UINT64_C(0x8080808080808080)) == 0;
}

size_t kz_utf8_valid_prefix(kz_str s) {
  size_t at = 0;
  while (at < s.len) {
    if (s.len - at >= 8 && is_ascii8(s.ptr + at)) {
      at += 8;
      continue;
    }
    uint32_t point = 0;
    size_t len = kz_utf8_decode(kz_str_from(s, at), &point);
    if (len == 0) {
      break;
    }
    at += len;
  }
  return at;
}

size_t kz_utf8_length(kz_str s) {
  size_t count = 0;
  for (size_t i = 0; i < s.len; i++) {
    count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
  }
  return count;
}

#if defined(__x86_64__)

/* One bit an error that two neighbours can make. */
enum {
  SHORT = 1 << 0,     /* a first byte without its continuation */
  STRAY = 1 << 1,     /* a continuation after ASCII */
  LONG3 = 1 << 2,     /* E0 80..9F: fits two bytes */
  LARGE = 1 << 3,     /* F4 90.. or F5.. 90..: above U+10FFFF */
  SURROGATE = 1 << 4, /* ED A0..BF */
  LONG2 = 1 << 5,     /* C0, C1: fits one byte */
  LONG4 = 1 << 6,     /* F0 80..8F fits three bytes; F5.. 80..8F is too large */
  PAIR = 1 << 7,      /* two continuations: right only as third or fourth */
  ANY_LOW = SHORT | STRAY | PAIR,
  CONTINUES = STRAY | LONG2 | PAIR,
};

/* By the high half of the byte before, its low half, and the high half of the
 * byte itself. */
static const uint8_t errors_by_half[3][16] = {
    {STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, PAIR, PAIR, PAIR,
     PAIR, SHORT | LONG2, SHORT, SHORT | LONG3 | SURROGATE,
     SHORT | LARGE | LONG4},
    {ANY_LOW | LONG2 | LONG3 | LONG4, ANY_LOW | LONG2, ANY_LOW, ANY_LOW,
     ANY_LOW | LARGE, ANY_LOW | LARGE | LONG4, ANY_LOW | LARGE | LONG4,
     ANY_LOW | LARGE | LONG4, ANY_LOW | LARGE | LONG4, ANY_LOW | LARGE | LONG4,
     ANY_LOW | LARGE | LONG4, ANY_LOW | LARGE | LONG4, ANY_LOW | LARGE | LONG4,
     ANY_LOW | LARGE | LONG4 | SURROGATE, ANY_LOW | LARGE | LONG4,
     ANY_LOW | LARGE | LONG4},
    {SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
     CONTINUES | LONG3 | LONG4, CONTINUES | LONG3 | LARGE,
     CONTINUES | SURROGATE | LARGE, CONTINUES | SURROGATE | LARGE, SHORT, SHORT,
     SHORT, SHORT},
};

__attribute__((target("avx2"))) static __m256i look_up(size_t table,
                                                       __m256i halves) {
  const __m128i *row = (const __m128i *)(const void *)errors_by_half[table];
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(row)),
                             halves);
}

/* Errors of the 32 bytes `now` that follow the 32 bytes `before`. */
__attribute__((target("avx2"))) static __m256i errors_in(__m256i before,
                                                         __m256i now) {
  const __m256i low_half = _mm256_set1_epi8(0x0F);
  __m256i bridge = _mm256_permute2x128_si256(before, now, 0x21);
  __m256i back1 = _mm256_alignr_epi8(now, bridge, 15);
  __m256i back2 = _mm256_alignr_epi8(now, bridge, 14);
  __m256i back3 = _mm256_alignr_epi8(now, bridge, 13);
  __m256i back1_high = _mm256_and_si256(_mm256_srli_epi16(back1, 4), low_half);
  __m256i now_high = _mm256_and_si256(_mm256_srli_epi16(now, 4), low_half);
  __m256i pairs = _mm256_and_si256(
      _mm256_and_si256(look_up(0, back1_high),
                       look_up(1, _mm256_and_si256(back1, low_half))),
      look_up(2, now_high));
  /* The top bit stands where a third or fourth byte is due. */
  __m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xE0 - 0x80));
  __m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(0xF0 - 0x80));
  __m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth),
                                 _mm256_set1_epi8((char)PAIR));
  return _mm256_xor_si256(due, pairs);
}

__attribute__((target("avx2"))) static bool is_valid_avx2(kz_str s) {
  __m256i before = _mm256_setzero_si256();
  __m256i errors = before;
  size_t at = 0;
  for (; s.len - at >= WIDE; at += WIDE) {
    __m256i now =
        _mm256_loadu_si256((const __m256i *)(const void *)(s.ptr + at));
    if (_mm256_movemask_epi8(_mm256_or_si256(before, now)) != 0) {
      errors = _mm256_or_si256(errors, errors_in(before, now));
    }
    before = now;
  }
  /* At least one zero byte follows, so a character that is cut off shows. */
  char tail[WIDE] = {0};
  memcpy(tail, s.ptr + at, s.len - at);
  __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)tail);
  errors = _mm256_or_si256(errors, errors_in(before, now));
  return _mm256_testz_si256(errors, errors) != 0;
}

bool kz_utf8_is_valid(kz_str s) {
  if (s.len >= WIDE_LEAST && __builtin_cpu_supports("avx2")) {
    return is_valid_avx2(s);
  }
  return kz_utf8_valid_prefix(s) == s.len;
}

#else

bool kz_utf8_is_valid(kz_str s) {
  return kz_utf8_valid_prefix(s) == s.len;
}

#endif
