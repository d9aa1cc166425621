/* The kinds are tried in an order in which the first bytes or the length rule
 * out most. Nothing but a URL may be longer than SHORT_MAX, so long text costs
 * a look at its front. */
#include "model/kind.h"

#include <stdint.h>

#include "model/addr.h"
#include "model/ascii.h"

enum {
  SHORT_MAX = 320, /* bytes: 64 before the '@', 255 after it */
  NAME_MAX = 253,
  LABEL_MAX = 63,
};

static bool is_plausible_top(kz_str label) {
  if (label.len < 2) {
    return false;
  }
  if (kz_str_starts(label, KZ_STR("xn--"))) {
    return label.len > 4;
  }
  for (size_t i = 0; i < label.len; i++) {
    if (label.ptr[i] < 'a' || label.ptr[i] > 'z') {
      return false;
    }
  }
  return true;
}

bool kz_kind_is_name(kz_str folded) {
  kz_str rest = folded;
  size_t dot = kz_str_find_byte(rest, '.');
  if (dot == SIZE_MAX || folded.len > NAME_MAX || !kz_ascii_is_name(folded) ||
      kz_ascii_has_upper(folded)) {
    return false;
  }
  while (dot != SIZE_MAX) {
    if (dot == 0 || dot > LABEL_MAX) {
      return false;
    }
    rest = kz_str_from(rest, dot + 1);
    dot = kz_str_find_byte(rest, '.');
  }
  return rest.len <= LABEL_MAX && is_plausible_top(rest);
}

static bool is_scheme_byte(char c) {
  return (c >= 'a' && c <= 'z') || kz_is_digit(c) || c == '+' || c == '-' ||
         c == '.';
}

/* scheme "://" and at least one byte of authority that is no blank. */
static bool is_url(kz_str text) {
  enum { SCHEME_MAX = 32 };
  size_t n = kz_str_find_byte(kz_str_head(text, SCHEME_MAX + 1), ':');
  if (n == SIZE_MAX || n == 0 || kz_is_digit(text.ptr[0]) ||
      !kz_str_starts(kz_str_from(text, n), KZ_STR("://"))) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (!is_scheme_byte(text.ptr[i])) {
      return false;
    }
  }
  kz_str rest = kz_str_from(text, n + 3);
  if (rest.len == 0) {
    return false;
  }
  char c = rest.ptr[0];
  return (unsigned char)c > ' ' && c != '/' && c != '?' && c != '#';
}

static bool is_email(kz_str text, size_t at) {
  if (at == 0) {
    return false;
  }
  for (size_t i = 0; i < at; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' || c == ',' ||
        c == ';' || c == ':' || c == '/') {
      return false;
    }
  }
  return kz_kind_is_name(kz_str_from(text, at + 1));
}

static bool is_hash(kz_str text) {
  switch (text.len) {
  case 32:
  case 40:
  case 48:
  case 56:
  case 64:
  case 96:
  case 128:
    break;
  default:
    return false;
  }
  return kz_ascii_is_lower_hex(text);
}

static bool are_digits(kz_str text, size_t at_least) {
  for (size_t i = 0; i < text.len; i++) {
    if (!kz_is_digit(text.ptr[i])) {
      return false;
    }
  }
  return text.len >= at_least;
}

/* "cve-2021-44228" */
static bool is_cve(kz_str text) {
  enum { CVE_MAX = 24 };
  return text.len <= CVE_MAX && kz_str_starts(text, KZ_STR("cve-")) &&
         are_digits(kz_str_head(kz_str_from(text, 4), 4), 4) && text.len > 9 &&
         text.ptr[8] == '-' && are_digits(kz_str_from(text, 9), 4);
}

static enum kz_kind kind_of_addr(kz_str text) {
  struct kz_addr addr;
  if (kz_addr_parse(text, &addr) != KZ_OK) {
    return KZ_KIND_TEXT;
  }
  bool is_network = kz_str_find_byte(text, '/') != SIZE_MAX;
  if (addr.length == 4) {
    return is_network ? KZ_KIND_CIDR4 : KZ_KIND_IPV4;
  }
  return is_network ? KZ_KIND_CIDR6 : KZ_KIND_IPV6;
}

enum kz_kind kz_kind_of(kz_str folded) {
  if (folded.len < 2) {
    return KZ_KIND_TEXT;
  }
  if (is_url(folded)) {
    return KZ_KIND_URL;
  }
  if (folded.len > SHORT_MAX) {
    return KZ_KIND_TEXT;
  }
  if (kz_is_hex(folded.ptr[0]) || folded.ptr[0] == ':') {
    if (is_hash(folded)) {
      return KZ_KIND_HASH;
    }
    enum kz_kind kind = kind_of_addr(folded);
    if (kind != KZ_KIND_TEXT) {
      return kind;
    }
  }
  if (kz_kind_is_name(folded)) {
    return KZ_KIND_NAME;
  }
  if (is_cve(folded)) {
    return KZ_KIND_CVE;
  }
  size_t at = kz_str_find_byte(folded, '@');
  return at != SIZE_MAX && is_email(folded, at) ? KZ_KIND_EMAIL : KZ_KIND_TEXT;
}

#define TEXT(literal)                                                          \
  { "" literal, sizeof(literal) - 1 }

static const kz_str names[KZ_KIND_COUNT] = {
    [KZ_KIND_TEXT] = TEXT("text"),   [KZ_KIND_IPV4] = TEXT("ipv4"),
    [KZ_KIND_IPV6] = TEXT("ipv6"),   [KZ_KIND_CIDR4] = TEXT("cidr4"),
    [KZ_KIND_CIDR6] = TEXT("cidr6"), [KZ_KIND_NAME] = TEXT("domain"),
    [KZ_KIND_URL] = TEXT("url"),     [KZ_KIND_EMAIL] = TEXT("email"),
    [KZ_KIND_HASH] = TEXT("hash"),   [KZ_KIND_CVE] = TEXT("cve"),
};

kz_str kz_kind_name(enum kz_kind kind) {
  return kind < KZ_KIND_COUNT ? names[kind] : names[KZ_KIND_TEXT];
}

kz_rc kz_kind_by_name(kz_str name, enum kz_kind *ret) {
  for (unsigned i = 0; i < KZ_KIND_COUNT; i++) {
    if (kz_str_eq(names[i], name)) {
      *ret = (enum kz_kind)i;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}
