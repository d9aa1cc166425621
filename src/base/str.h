/* A borrowed piece of text: a pointer and a length.
 *
 * Never NUL-terminated by contract, never owned: whoever made the bytes says
 * how long they live. All functions are pure and know nothing of locales. */
#ifndef KZ_BASE_STR_H
#define KZ_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rc.h"

typedef struct kz_str {
  const char *ptr;
  size_t len;
} kz_str;

/* KZ_STR("literal"): its bytes without the NUL. */
#define KZ_STR(literal) ((kz_str){"" literal, sizeof(literal) - 1})
#define KZ_STR_NONE ((kz_str){NULL, 0})
/* For printf: printf("%.*s", KZ_STR_ARG(s)). */
#define KZ_STR_ARG(s)                                                          \
  (int)((s).len > 4096 ? 4096 : (s).len), (s).ptr ? (s).ptr : ""

/* The text up to the NUL; NULL gives the empty string. */
static inline kz_str kz_str_of(const char *nul_terminated) {
  return (kz_str){nul_terminated, nul_terminated ? strlen(nul_terminated) : 0};
}

static inline bool kz_str_eq(kz_str a, kz_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The bytes from `from` (at most the length) to the end. */
static inline kz_str kz_str_from(kz_str s, size_t from) {
  size_t n = from < s.len ? from : s.len;
  return (kz_str){s.len ? s.ptr + n : s.ptr, s.len - n};
}

/* The first `n` bytes (at most the length). */
static inline kz_str kz_str_head(kz_str s, size_t n) {
  return (kz_str){s.ptr, n < s.len ? n : s.len};
}

/* Byte order: negative, 0 or positive; a prefix comes before the longer. */
int kz_str_cmp(kz_str a, kz_str b);
/* Equality where A-Z equal a-z and all else is bytes. */
bool kz_str_eq_nocase(kz_str a, kz_str b);
bool kz_str_starts(kz_str s, kz_str prefix);
bool kz_str_ends(kz_str s, kz_str suffix);

/* Where `c` or `needle` first stands; SIZE_MAX when nowhere. */
size_t kz_str_find_byte(kz_str s, char c);
size_t kz_str_rfind_byte(kz_str s, char c);
size_t kz_str_find(kz_str s, kz_str needle);

/* Without ASCII white space (space, \t, \r, \n, \v, \f) at both ends. */
kz_str kz_str_trim(kz_str s);

/* Takes the next piece up to `separator` off the front of `*rest`; false when
 * nothing is left. "a,,b" gives "a", "", "b"; "" gives nothing. */
bool kz_str_next(kz_str *rest, char separator, kz_str *ret_piece);
/* The same by lines; "\r\n" counts as one end. */
bool kz_str_next_line(kz_str *rest, kz_str *ret_line);

/* Whole-string decimal numbers, no white space, no overflow: KZ_E_INPUT
 * otherwise and `*ret` untouched. kz_str_i64 takes a leading '-'. */
KZ_MUST_USE kz_rc kz_str_u64(kz_str s, uint64_t *ret);
KZ_MUST_USE kz_rc kz_str_i64(kz_str s, int64_t *ret);

/* ASCII character tests and folding without locale. */
static inline bool kz_is_digit(char c) {
  return c >= '0' && c <= '9';
}
static inline bool kz_is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool kz_is_alnum(char c) {
  return kz_is_digit(c) || kz_is_alpha(c);
}
static inline bool kz_is_hex(char c) {
  return kz_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static inline bool kz_is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline char kz_to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
static inline char kz_to_upper(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

#endif
