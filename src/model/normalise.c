/* Every way first asks whether anything would change: most values of an import
 * are normal already and must not cost an allocation. */
#include "model/normalise.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "model/ascii.h"
#include "model/check.h"
#include "model/moment.h"
#include "model/name.h"

static bool is_blank(char c) {
  return kz_is_space(c) || c == '\0';
}

/* Without the bytes at both ends that `is_waste` names. */
static kz_str strip(kz_str text, bool (*is_waste)(char)) {
  size_t start = 0;
  size_t end = text.len;
  while (start < end && is_waste(text.ptr[start])) {
    start++;
  }
  while (end > start && is_waste(text.ptr[end - 1])) {
    end--;
  }
  return kz_str_from(kz_str_head(text, end), start);
}

kz_str kz_normalise_trim(kz_str value) {
  return strip(value, is_blank);
}

static bool has_lower(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] >= 'a' && text.ptr[i] <= 'z') {
      return true;
    }
  }
  return false;
}

/* Lower case from byte `from` on. */
static kz_rc lower_from(kz_str value, size_t from, struct kz_arena *arena,
                        kz_str *ret) {
  if (!kz_ascii_has_upper(kz_str_from(value, from))) {
    *ret = value;
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, value.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  memcpy(out, value.ptr, from);
  for (size_t i = from; i < value.len; i++) {
    out[i] = kz_to_lower(value.ptr[i]);
  }
  *ret = (kz_str){out, value.len};
  return KZ_OK;
}

static kz_rc upper(kz_str value, struct kz_arena *arena, kz_str *ret) {
  if (!has_lower(value)) {
    *ret = value;
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, value.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < value.len; i++) {
    out[i] = kz_to_upper(value.ptr[i]);
  }
  *ret = (kz_str){out, value.len};
  return KZ_OK;
}

/* "a" + mark + "b" in the arena. */
static kz_rc join(kz_str a, char mark, kz_str b, struct kz_arena *arena,
                  kz_str *ret) {
  char *out = kz_arena_text(arena, a.len + 1 + b.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  if (a.len > 0) {
    memcpy(out, a.ptr, a.len);
  }
  out[a.len] = mark;
  if (b.len > 0) {
    memcpy(out + a.len + 1, b.ptr, b.len);
  }
  *ret = (kz_str){out, a.len + 1 + b.len};
  return KZ_OK;
}

/* The bytes that `is_kept` keeps, folded by `fold`. */
static kz_rc keep_only(kz_str value, bool (*is_kept)(char), char (*fold)(char),
                       struct kz_arena *arena, kz_str *ret) {
  size_t same = 0;
  while (same < value.len && is_kept(value.ptr[same]) &&
         fold(value.ptr[same]) == value.ptr[same]) {
    same++;
  }
  if (same == value.len) {
    *ret = value;
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, value.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  memcpy(out, value.ptr, same);
  size_t n = same;
  for (size_t i = same; i < value.len; i++) {
    if (is_kept(value.ptr[i])) {
      out[n++] = fold(value.ptr[i]);
    }
  }
  *ret = (kz_str){out, n};
  return KZ_OK;
}

static char as_it_is(char c) {
  return c;
}

static bool is_phone_byte(char c) {
  return kz_is_digit(c) || c == '+';
}

static bool is_no_colon(char c) {
  return c != ':';
}

static bool is_no_mac_mark(char c) {
  return c != '.' && c != ':' && c != '-' && c != ' ';
}

static kz_rc normalise_hash_part(kz_str value, struct kz_arena *arena,
                                 kz_str *ret) {
  size_t bar = kz_str_find_byte(value, '|');
  if (bar == SIZE_MAX) {
    *ret = value;
    return KZ_OK;
  }
  return lower_from(value, bar, arena, ret);
}

/* An address or network. IPv4 has one spelling only, so an address without
 * slash or colon is not even read; what is no address is left alone, and so is
 * a prefix that is none. */
static kz_rc normalise_ip(kz_str value, struct kz_arena *arena, kz_str *ret) {
  size_t slash = kz_str_find_byte(value, '/');
  kz_str text = kz_str_head(value, slash);
  kz_str prefix = kz_str_from(value, slash);
  bool is_v6 = kz_str_find_byte(text, ':') != SIZE_MAX;
  struct kz_addr addr;
  *ret = value;
  if ((!is_v6 && prefix.len == 0) || kz_addr_parse(text, &addr) != KZ_OK) {
    return KZ_OK;
  }
  if (kz_str_eq(prefix, is_v6 ? KZ_STR("/128") : KZ_STR("/32"))) {
    prefix = KZ_STR_NONE;
  }
  char canonical[KZ_ADDR_TEXT];
  kz_str now = text;
  if (is_v6) {
    now = (kz_str){canonical, kz_addr_format(&addr, canonical)};
  }
  if (kz_str_eq(now, text)) {
    *ret = kz_str_head(value, text.len + prefix.len);
    return KZ_OK;
  }
  if (prefix.len == 0) {
    return kz_arena_dup(arena, now, ret);
  }
  return join(now, '/', kz_str_from(prefix, 1), arena, ret);
}

/* Where the port begins in the spellings of an IPv6 address with port that
 * have a mark of their own; `*ret_mark` is that mark's length. */
static size_t find_port_mark(kz_str value, size_t *ret_mark) {
  static const char *const marks[] = {".", " port ", "p", "#"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    kz_str mark = kz_str_of(marks[i]);
    size_t at = kz_str_find(value, mark);
    if (at != SIZE_MAX) {
      *ret_mark = mark.len;
      return at;
    }
  }
  *ret_mark = 1; /* 2001:db8::1:80: the last colon, as MISP guesses */
  return kz_str_rfind_byte(value, ':');
}

static kz_str without_colons_before(kz_str text) {
  while (text.len > 0 && text.ptr[0] == ':') {
    text = kz_str_from(text, 1);
  }
  return text;
}

/* Splits an address with port; false when there is no port to be seen. */
static bool split_port(kz_str value, kz_str *ret_ip, kz_str *ret_port) {
  size_t mark = 1;
  size_t at = kz_str_find_byte(value, '|');
  if (at == SIZE_MAX) {
    at = kz_str_find_byte(value, ':');
    bool is_v6 = at != kz_str_rfind_byte(value, ':');
    size_t close = kz_str_find_byte(value, ']');
    if (is_v6 && value.ptr[0] == '[' && close != SIZE_MAX) {
      *ret_ip = kz_str_from(kz_str_head(value, close), 1);
      *ret_port = without_colons_before(kz_str_from(value, close + 1));
      return true;
    }
    if (is_v6) {
      at = find_port_mark(value, &mark);
    }
  }
  if (at == SIZE_MAX) {
    return false;
  }
  *ret_ip = kz_str_head(value, at);
  *ret_port = kz_str_from(value, at + mark);
  return true;
}

static kz_rc normalise_ip_port(kz_str value, struct kz_arena *arena,
                               kz_str *ret) {
  kz_str ip;
  kz_str port;
  if (!split_port(value, &ip, &port)) {
    *ret = value;
    return KZ_OK;
  }
  kz_str canonical;
  port = kz_normalise_trim(port);
  if (normalise_ip(kz_normalise_trim(ip), arena, &canonical) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  if (canonical.ptr == value.ptr && canonical.len + 1 + port.len == value.len &&
      value.ptr[canonical.len] == '|') {
    *ret = value;
    return KZ_OK;
  }
  return join(canonical, '|', port, arena, ret);
}

static bool is_dot_or_blank(char c) {
  return c == '.' || is_blank(c);
}

static kz_str without_dots_around(kz_str name) {
  return strip(name, is_dot_or_blank);
}

static kz_rc normalise_domain(kz_str value, struct kz_arena *arena,
                              kz_str *ret) {
  kz_str name;
  if (lower_from(without_dots_around(value), 0, arena, &name) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  *ret = name;
  if (kz_check_is_name(name)) {
    return KZ_OK;
  }
  kz_str ascii;
  kz_rc rc = kz_name_to_ascii(name, arena, &ascii);
  if (rc == KZ_OK && kz_check_is_name(without_dots_around(ascii))) {
    *ret = without_dots_around(ascii);
  }
  return rc == KZ_E_MEMORY ? rc : KZ_OK;
}

static kz_rc normalise_domain_ip(kz_str value, struct kz_arena *arena,
                                 kz_str *ret) {
  size_t bar = kz_str_find_byte(value, '|');
  kz_str domain;
  kz_str ip;
  if (bar == SIZE_MAX) {
    return lower_from(value, 0, arena, ret);
  }
  if (normalise_domain(kz_str_head(value, bar), arena, &domain) != KZ_OK ||
      lower_from(kz_str_from(value, bar + 1), 0, arena, &ip) != KZ_OK ||
      normalise_ip(ip, arena, &ip) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  bool in_place = domain.ptr == value.ptr && domain.len == bar && ip.len > 0 &&
                  ip.ptr == value.ptr + bar + 1;
  if (in_place) {
    *ret = kz_str_head(value, bar + 1 + ip.len);
    return KZ_OK;
  }
  return join(domain, '|', ip, arena, ret);
}

static kz_rc normalise_name_port(kz_str value, struct kz_arena *arena,
                                 kz_str *ret) {
  kz_str lower;
  if (lower_from(value, 0, arena, &lower) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  *ret = lower;
  if (kz_str_find_byte(lower, ':') == SIZE_MAX) {
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, lower.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < lower.len; i++) {
    out[i] = lower.ptr[i] == ':' ? '|' : lower.ptr[i];
  }
  *ret = (kz_str){out, lower.len};
  return KZ_OK;
}

/* Longer hex text is no address of either width and stays as it is. */
static kz_rc normalise_mac(kz_str value, struct kz_arena *arena, kz_str *ret) {
  enum { DIGITS_MAX = 16, TEXT_MAX = 64 };
  kz_str digits;
  *ret = value;
  if (value.len > TEXT_MAX) {
    return KZ_OK;
  }
  if (keep_only(value, is_no_mac_mark, kz_to_lower, arena, &digits) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  if (!kz_ascii_is_hex(digits) || digits.len > DIGITS_MAX) {
    return KZ_OK;
  }
  char pairs[TEXT_MAX];
  size_t n = 0;
  for (size_t i = 0; i < digits.len; i++) {
    if (i > 0 && i % 2 == 0) {
      pairs[n++] = ':';
    }
    pairs[n++] = digits.ptr[i];
  }
  kz_str now = {pairs, n};
  return kz_str_eq(now, value) ? KZ_OK : kz_arena_dup(arena, now, ret);
}

static bool has_international_zeros(kz_str phone) {
  return kz_str_starts(phone, KZ_STR("00"));
}

/* "00" in front means "+"; "(0)" is dialled inside the country only. The zeros
 * are looked for again at the end, because "-0049" hides them at first. */
static kz_rc normalise_phone(kz_str value, struct kz_arena *arena,
                             kz_str *ret) {
  size_t same = 0;
  while (same < value.len && is_phone_byte(value.ptr[same])) {
    same++;
  }
  *ret = value;
  if (same == value.len && !has_international_zeros(value)) {
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, value.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  size_t n = 0;
  kz_str rest = value;
  while (rest.len > 0) {
    bool inland = kz_str_starts(rest, KZ_STR("(0)"));
    if (!inland && is_phone_byte(rest.ptr[0])) {
      out[n++] = rest.ptr[0];
    }
    rest = kz_str_from(rest, inland ? 3 : 1);
  }
  *ret = (kz_str){out, n};
  if (has_international_zeros(*ret)) {
    out[1] = '+';
    *ret = kz_str_from(*ret, 1);
  }
  return KZ_OK;
}

/* Plain hyphens for en dashes. */
static kz_rc mend_dashes(kz_str value, struct kz_arena *arena, kz_str *ret) {
  const kz_str dash = KZ_STR("\xe2\x80\x93");
  *ret = value;
  if (kz_str_find(value, dash) == SIZE_MAX) {
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, value.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  size_t n = 0;
  kz_str rest = value;
  while (rest.len > 0) {
    bool is_dash = kz_str_starts(rest, dash);
    out[n++] = is_dash ? '-' : rest.ptr[0];
    rest = kz_str_from(rest, is_dash ? dash.len : 1);
  }
  *ret = (kz_str){out, n};
  return KZ_OK;
}

static kz_rc normalise_vulnerability(kz_str value, struct kz_arena *arena,
                                     kz_str *ret) {
  if (mend_dashes(value, arena, ret) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  kz_str source = kz_str_head(*ret, kz_str_find_byte(*ret, '-'));
  if (kz_str_eq_nocase(source, KZ_STR("cve")) ||
      kz_str_eq_nocase(source, KZ_STR("gcve"))) {
    return upper(*ret, arena, ret);
  }
  return KZ_OK;
}

static kz_rc normalise_weakness(kz_str value, struct kz_arena *arena,
                                kz_str *ret) {
  if (mend_dashes(value, arena, ret) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  return upper(*ret, arena, ret);
}

static kz_str normalise_boolean(kz_str value) {
  if (kz_str_eq_nocase(value, KZ_STR("true"))) {
    return KZ_STR("1");
  }
  return kz_str_eq_nocase(value, KZ_STR("false")) ? KZ_STR("0") : value;
}

static kz_rc normalise_moment(kz_str value, struct kz_arena *arena,
                              kz_str *ret) {
  struct kz_moment moment;
  char text[KZ_MOMENT_TEXT];
  *ret = value;
  if (kz_moment_parse(value, &moment) != KZ_OK) {
    return KZ_OK;
  }
  kz_moment_format(&moment, text);
  kz_str now = {text, sizeof text};
  return kz_str_eq(now, value) ? KZ_OK : kz_arena_dup(arena, now, ret);
}

/* "AS65536" and "1.0" (asdot, RFC 5396) are both 65536. */
static kz_rc normalise_as(kz_str value, struct kz_arena *arena, kz_str *ret) {
  kz_str number = value;
  *ret = value;
  if (kz_str_eq_nocase(kz_str_head(number, 2), KZ_STR("as"))) {
    number = kz_str_from(number, 2);
  }
  if (number.len == 0 || !kz_is_digit(number.ptr[0])) {
    return KZ_OK;
  }
  size_t dot = kz_str_find_byte(number, '.');
  if (dot == SIZE_MAX) {
    *ret = number;
    return KZ_OK;
  }
  uint64_t high = 0;
  uint64_t low = 0;
  if (kz_str_u64(kz_str_head(number, dot), &high) != KZ_OK ||
      kz_str_u64(kz_str_from(number, dot + 1), &low) != KZ_OK ||
      high > UINT32_MAX || low > UINT32_MAX) {
    return KZ_OK;
  }
  char text[24];
  int len = snprintf(text, sizeof text, "%" PRIu64, high * 65536 + low);
  return kz_arena_dup(arena, (kz_str){text, (size_t)len}, ret);
}

kz_rc kz_normalise(enum kz_normal how, kz_str value, struct kz_arena *arena,
                   kz_str *ret) {
  switch (how) {
  case KZ_NORMAL_KEEP:
    *ret = value;
    return KZ_OK;
  case KZ_NORMAL_LOWER:
    return lower_from(value, 0, arena, ret);
  case KZ_NORMAL_UPPER:
    return upper(value, arena, ret);
  case KZ_NORMAL_HASH_PART:
    return normalise_hash_part(value, arena, ret);
  case KZ_NORMAL_FINGERPRINT:
    return keep_only(value, is_no_colon, kz_to_lower, arena, ret);
  case KZ_NORMAL_IP:
    return normalise_ip(value, arena, ret);
  case KZ_NORMAL_IP_PORT:
    return normalise_ip_port(value, arena, ret);
  case KZ_NORMAL_DOMAIN:
    return normalise_domain(value, arena, ret);
  case KZ_NORMAL_DOMAIN_IP:
    return normalise_domain_ip(value, arena, ret);
  case KZ_NORMAL_NAME_PORT:
    return normalise_name_port(value, arena, ret);
  case KZ_NORMAL_MAC:
    return normalise_mac(value, arena, ret);
  case KZ_NORMAL_DIGITS:
    return keep_only(value, kz_is_digit, as_it_is, arena, ret);
  case KZ_NORMAL_ALNUM_UPPER:
    return keep_only(value, kz_is_alnum, kz_to_upper, arena, ret);
  case KZ_NORMAL_PHONE:
    return normalise_phone(value, arena, ret);
  case KZ_NORMAL_VULNERABILITY:
    return normalise_vulnerability(value, arena, ret);
  case KZ_NORMAL_WEAKNESS:
    return normalise_weakness(value, arena, ret);
  case KZ_NORMAL_BOOLEAN:
    *ret = normalise_boolean(value);
    return KZ_OK;
  case KZ_NORMAL_MOMENT:
    return normalise_moment(value, arena, ret);
  case KZ_NORMAL_AS:
    return normalise_as(value, arena, ret);
  }
  return KZ_E_INTERNAL;
}
