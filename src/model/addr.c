/* Reading goes byte by byte without copies: addresses are the most frequent
 * values after names and hashes. inet_pton was rejected: it wants a NUL and
 * knows no prefixes. */
#include "model/addr.h"

#include <stdbool.h>
#include <string.h>

enum { V4_BYTES = 4, V6_BYTES = 16, GROUPS = 8 };

/* Takes a decimal number of at most three digits without leading zeros off the
 * front of `*rest`. */
static bool take_number(kz_str *rest, unsigned max, unsigned *ret) {
  unsigned number = 0;
  size_t n = 0;
  while (n < rest->len && n < 4 && kz_is_digit(rest->ptr[n])) {
    number = number * 10 + (unsigned)(rest->ptr[n] - '0');
    n++;
  }
  if (n == 0 || n > 3 || number > max || (n > 1 && rest->ptr[0] == '0')) {
    return false;
  }
  *rest = kz_str_from(*rest, n);
  *ret = number;
  return true;
}

/* Takes "a.b.c.d"; no number has a zero in front or more than three digits,
 * because after a zero and after three digits only a dot or the end fits. */
static bool take_v4(kz_str *rest, uint8_t *ret_bytes) {
  size_t at = 0;
  for (size_t i = 0; i < V4_BYTES; i++) {
    if (i > 0 && (at == rest->len || rest->ptr[at++] != '.')) {
      return false;
    }
    size_t start = at;
    unsigned number = 0;
    while (at < rest->len && at - start < 3 && kz_is_digit(rest->ptr[at]) &&
           (at == start || number > 0)) {
      number = number * 10 + (unsigned)(rest->ptr[at] - '0');
      at++;
    }
    if (at == start || number > 255) {
      return false;
    }
    ret_bytes[i] = (uint8_t)number;
  }
  *rest = kz_str_from(*rest, at);
  return true;
}

static unsigned hex_digit(char c) {
  return kz_is_digit(c) ? (unsigned)(c - '0')
                        : (unsigned)(kz_to_lower(c) - 'a') + 10;
}

/* Takes one to four hex digits; 0 digits and five are refused. */
static bool take_group(kz_str *rest, uint8_t ret_bytes[2]) {
  unsigned group = 0;
  size_t n = 0;
  while (n < rest->len && n < 5 && kz_is_hex(rest->ptr[n])) {
    group = group << 4 | hex_digit(rest->ptr[n]);
    n++;
  }
  if (n == 0 || n > 4) {
    return false;
  }
  ret_bytes[0] = (uint8_t)(group >> 8);
  ret_bytes[1] = (uint8_t)group;
  *rest = kz_str_from(*rest, n);
  return true;
}

static bool is_v4_ahead(kz_str rest) {
  size_t n = 0;
  while (n < rest.len && n < 4 && kz_is_digit(rest.ptr[n])) {
    n++;
  }
  return n > 0 && n < rest.len && rest.ptr[n] == '.';
}

static bool is_over(kz_str rest) {
  return rest.len == 0 || rest.ptr[0] == '/';
}

/* Reads groups up to a "::", a '/' or the end; `*ret_used` counts bytes. */
static bool take_groups(kz_str *rest, uint8_t *bytes, size_t room,
                        size_t *ret_used) {
  size_t used = 0;
  while (true) {
    if (room - used >= V4_BYTES && is_v4_ahead(*rest)) {
      *ret_used = used + V4_BYTES;
      return take_v4(rest, bytes + used) && is_over(*rest);
    }
    if (room - used < 2 || !take_group(rest, bytes + used)) {
      return false;
    }
    used += 2;
    if (rest->len < 2 || rest->ptr[0] != ':' || rest->ptr[1] == ':') {
      break;
    }
    *rest = kz_str_from(*rest, 1);
  }
  *ret_used = used;
  return true;
}

static bool take_v6(kz_str *rest, uint8_t ret_bytes[V6_BYTES]) {
  uint8_t head[V6_BYTES] = {0};
  uint8_t tail[V6_BYTES] = {0};
  size_t head_used = 0;
  size_t tail_used = 0;
  if (!kz_str_starts(*rest, KZ_STR("::")) &&
      !take_groups(rest, head, V6_BYTES, &head_used)) {
    return false;
  }
  if (kz_str_starts(*rest, KZ_STR("::"))) {
    *rest = kz_str_from(*rest, 2);
    size_t room = head_used > V6_BYTES - 2 ? 0 : V6_BYTES - 2 - head_used;
    if (head_used == V6_BYTES ||
        (!is_over(*rest) && !take_groups(rest, tail, room, &tail_used))) {
      return false;
    }
  } else if (head_used != V6_BYTES) {
    return false;
  }
  memcpy(ret_bytes, head, V6_BYTES);
  memcpy(ret_bytes + V6_BYTES - tail_used, tail, tail_used);
  return true;
}

kz_rc kz_addr_parse(kz_str text, struct kz_addr *ret) {
  struct kz_addr addr = {.length = V4_BYTES, .prefix = 32};
  kz_str rest = text;
  /* An IPv6 address has a ':' within its first five bytes. */
  bool is_v6 = kz_str_find_byte(kz_str_head(text, 5), ':') != SIZE_MAX;
  if (is_v6) {
    addr.length = V6_BYTES;
    addr.prefix = 128;
  }
  if (is_v6 ? !take_v6(&rest, addr.bytes) : !take_v4(&rest, addr.bytes)) {
    return KZ_E_INPUT;
  }
  if (rest.len > 0) {
    unsigned prefix = 0;
    if (rest.ptr[0] != '/') {
      return KZ_E_INPUT;
    }
    rest = kz_str_from(rest, 1);
    if (!take_number(&rest, addr.prefix, &prefix) || rest.len > 0) {
      return KZ_E_INPUT;
    }
    addr.prefix = (uint8_t)prefix;
  }
  *ret = addr;
  return KZ_OK;
}

static size_t write_number(unsigned number, char *out) {
  size_t n = 0;
  if (number >= 100) {
    out[n++] = (char)('0' + number / 100);
  }
  if (number >= 10) {
    out[n++] = (char)('0' + number / 10 % 10);
  }
  out[n++] = (char)('0' + number % 10);
  return n;
}

static size_t write_v4(const uint8_t *bytes, char *out) {
  size_t n = 0;
  for (size_t i = 0; i < V4_BYTES; i++) {
    if (i > 0) {
      out[n++] = '.';
    }
    n += write_number(bytes[i], out + n);
  }
  return n;
}

static size_t write_group(const uint8_t *bytes, char *out) {
  static const char digits[] = "0123456789abcdef";
  unsigned group = (unsigned)bytes[0] << 8 | bytes[1];
  size_t n = 0;
  for (unsigned shift = 12; shift > 0; shift -= 4) {
    if (group >> shift != 0) {
      out[n++] = digits[group >> shift & 15];
    }
  }
  out[n++] = digits[group & 15];
  return n;
}

/* The first longest run of two or more zero groups (RFC 5952, 4.2). */
static void find_gap(const uint8_t *bytes, size_t *ret_start, size_t *ret_len) {
  size_t run = 0;
  *ret_start = GROUPS;
  *ret_len = 1;
  for (size_t i = 0; i < GROUPS; i++) {
    bool zero = bytes[2 * i] == 0 && bytes[2 * i + 1] == 0;
    run = zero ? run + 1 : 0;
    if (run > *ret_len) {
      *ret_len = run;
      *ret_start = i + 1 - run;
    }
  }
}

static size_t write_v6(const uint8_t *bytes, char *out) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (memcmp(bytes, mapped, sizeof mapped) == 0) {
    memcpy(out, "::ffff:", 7); /* RFC 5952, 5: IPv4-mapped */
    return 7 + write_v4(bytes + sizeof mapped, out + 7);
  }
  size_t gap = 0;
  size_t gap_len = 0;
  find_gap(bytes, &gap, &gap_len);
  size_t n = 0;
  for (size_t i = 0; i < GROUPS; i++) {
    if (i == gap) {
      out[n++] = ':';
      out[n++] = ':';
      i += gap_len - 1;
      continue;
    }
    if (n > 0 && out[n - 1] != ':') {
      out[n++] = ':';
    }
    n += write_group(bytes + 2 * i, out + n);
  }
  return n;
}

size_t kz_addr_format(const struct kz_addr *addr, char *out) {
  bool is_v4 = addr->length == V4_BYTES;
  size_t n = is_v4 ? write_v4(addr->bytes, out) : write_v6(addr->bytes, out);
  if (addr->prefix < (is_v4 ? 32 : 128)) {
    out[n++] = '/';
    n += write_number(addr->prefix, out + n);
  }
  return n;
}
