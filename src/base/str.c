#define _GNU_SOURCE /* memmem, memrchr */
#include "base/str.h"

int kz_str_cmp(kz_str a, kz_str b) {
  size_t shorter = a.len < b.len ? a.len : b.len;
  int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
  if (order != 0) {
    return order;
  }
  return (a.len > b.len) - (a.len < b.len);
}

bool kz_str_eq_nocase(kz_str a, kz_str b) {
  if (a.len != b.len) {
    return false;
  }
  for (size_t i = 0; i < a.len; i++) {
    if (kz_to_lower(a.ptr[i]) != kz_to_lower(b.ptr[i])) {
      return false;
    }
  }
  return true;
}

bool kz_str_starts(kz_str s, kz_str prefix) {
  return kz_str_eq(kz_str_head(s, prefix.len), prefix);
}

bool kz_str_ends(kz_str s, kz_str suffix) {
  return s.len >= suffix.len &&
         kz_str_eq(kz_str_from(s, s.len - suffix.len), suffix);
}

static size_t offset_in(kz_str s, const void *found) {
  return found ? (size_t)((const char *)found - s.ptr) : SIZE_MAX;
}

size_t kz_str_find_byte(kz_str s, char c) {
  return s.len == 0 ? SIZE_MAX : offset_in(s, memchr(s.ptr, c, s.len));
}

size_t kz_str_rfind_byte(kz_str s, char c) {
  return s.len == 0 ? SIZE_MAX : offset_in(s, memrchr(s.ptr, c, s.len));
}

size_t kz_str_find(kz_str s, kz_str needle) {
  if (needle.len == 0) {
    return 0;
  }
  if (needle.len > s.len) {
    return SIZE_MAX;
  }
  return offset_in(s, memmem(s.ptr, s.len, needle.ptr, needle.len));
}

kz_str kz_str_trim(kz_str s) {
  while (s.len > 0 && kz_is_space(s.ptr[0])) {
    s = kz_str_from(s, 1);
  }
  while (s.len > 0 && kz_is_space(s.ptr[s.len - 1])) {
    s.len--;
  }
  return s;
}

bool kz_str_next(kz_str *rest, char separator, kz_str *ret_piece) {
  if (rest->len == 0) {
    return false;
  }
  size_t at = kz_str_find_byte(*rest, separator);
  *ret_piece = kz_str_head(*rest, at);
  *rest = at == SIZE_MAX ? kz_str_from(*rest, at) : kz_str_from(*rest, at + 1);
  return true;
}

bool kz_str_next_line(kz_str *rest, kz_str *ret_line) {
  if (!kz_str_next(rest, '\n', ret_line)) {
    return false;
  }
  if (ret_line->len > 0 && ret_line->ptr[ret_line->len - 1] == '\r') {
    ret_line->len--;
  }
  return true;
}

/* Digits up to and including `max`. */
static kz_rc parse_digits(kz_str s, uint64_t max, uint64_t *ret) {
  if (s.len == 0) {
    return KZ_E_INPUT;
  }
  uint64_t number = 0;
  for (size_t i = 0; i < s.len; i++) {
    if (!kz_is_digit(s.ptr[i])) {
      return KZ_E_INPUT;
    }
    uint64_t digit = (uint64_t)(s.ptr[i] - '0');
    if (number > (max - digit) / 10) {
      return KZ_E_INPUT;
    }
    number = number * 10 + digit;
  }
  *ret = number;
  return KZ_OK;
}

kz_rc kz_str_u64(kz_str s, uint64_t *ret) {
  return parse_digits(s, UINT64_MAX, ret);
}

kz_rc kz_str_i64(kz_str s, int64_t *ret) {
  bool negative = s.len > 0 && s.ptr[0] == '-';
  uint64_t max = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
  uint64_t size = 0;
  kz_rc rc = parse_digits(negative ? kz_str_from(s, 1) : s, max, &size);
  if (rc != KZ_OK) {
    return rc;
  }
  /* Two's complement in unsigned arithmetic: INT64_MIN has no positive. */
  *ret = (int64_t)(negative ? UINT64_C(0) - size : size);
  return KZ_OK;
}
