/* UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF). Pure
 * functions. */
#ifndef KZ_BASE_UTF8_H
#define KZ_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
  KZ_UTF8_MAX = 4,              /* bytes of the longest character */
  KZ_UTF8_REPLACEMENT = 0xFFFD, /* shown for what is not UTF-8 */
};

/* Whether the whole text is UTF-8; the fastest way of this machine. */
bool kz_utf8_is_valid(kz_str s);

/* The same in plain C: what kz_utf8_is_valid must agree with, and where it is
 * on machines without AVX2. Returns how many bytes from the start are valid
 * characters; s.len when all are. */
size_t kz_utf8_valid_prefix(kz_str s);

/* Reads the character at the front of `s`: its number to `*ret_point`, its
 * bytes (1..4) returned. 0 when `s` is empty or does not begin with one;
 * `*ret_point` is untouched then. */
size_t kz_utf8_decode(kz_str s, uint32_t *ret_point);

/* Writes the character; returns its bytes, 0 for a surrogate or a number above
 * 0x10FFFF (nothing is written). */
size_t kz_utf8_encode(uint32_t point, char out[KZ_UTF8_MAX]);

/* How many characters valid text has. */
size_t kz_utf8_length(kz_str s);

#endif
