#include "text/address.h"

#include <string.h>

#include "model/addr.h"

enum {
  V4_TEXT = 15,
  V6_TEXT = 45,
  PORT_MAX = 65535,
  LOOK_BACK = 24, /* bytes between "version" and its number */
};

static bool is_wordish(char c) {
  return kz_is_alnum(c) || c == '_';
}

/* Reads digits at `at`, at most `most`; more are no number. */
static size_t read_number(const struct kz_plain *plain, size_t at, size_t most,
                          unsigned *ret) {
  unsigned number = 0;
  size_t n = 0;
  while (n <= most && kz_is_digit(plain->text[at + n])) {
    number = number * 10 + (unsigned)(plain->text[at + n] - '0');
    n++;
  }
  *ret = number;
  return n <= most ? n : 0;
}

uint16_t kz_address_port(const struct kz_plain *plain, size_t at,
                         size_t *ret_end) {
  unsigned port = 0;
  if (plain->text[at] != ':') {
    return 0;
  }
  size_t n = read_number(plain, at + 1, 5, &port);
  char after = plain->text[at + 1 + n];
  if (n == 0 || port == 0 || port > PORT_MAX || is_wordish(after) ||
      (after == ':' && kz_is_hex(plain->text[at + 2 + n]))) {
    return 0;
  }
  *ret_end = at + 1 + n;
  return (uint16_t)port;
}

/* The prefix length of "/24" at `at`; SIZE_MAX when it is a path or nothing. */
static size_t find_prefix_end(const struct kz_plain *plain, size_t at,
                              unsigned most) {
  unsigned bits = 0;
  if (plain->text[at] != '/') {
    return SIZE_MAX;
  }
  size_t n = read_number(plain, at + 1, 3, &bits);
  char after = plain->text[at + 1 + n];
  bool goes_on = is_wordish(after) || after == '/' ||
                 (after == '.' && kz_is_alnum(plain->text[at + 2 + n]));
  bool is_padded = n > 1 && plain->text[at + 1] == '0';
  return n == 0 || bits > most || is_padded || goes_on ? SIZE_MAX : at + 1 + n;
}

/* The words that make a version of four numbers. */
static bool ends_with_version(kz_str before) {
  static const kz_str words[] = {
      {"version", 7}, {"versions", 8}, {"ver", 3},      {"v", 1},
      {"build", 5},   {"release", 7},  {"firmware", 8}, {"rev", 3},
  };
  static const kz_str japanese[] = {
      {"\xE3\x83\x90\xE3\x83\xBC\xE3\x82\xB8\xE3\x83\xA7\xE3\x83\xB3", 15},
      {"\xE3\x83\x93\xE3\x83\xAB\xE3\x83\x89", 9}, /* birudo */
  };
  size_t n = 0;
  while (n < before.len && kz_is_alpha(before.ptr[before.len - n - 1])) {
    n++;
  }
  kz_str word = kz_str_from(before, before.len - n);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (kz_str_eq_nocase(word, words[i])) {
      return true;
    }
  }
  return kz_str_ends(before, japanese[0]) || kz_str_ends(before, japanese[1]);
}

/* "Chrome/99.0.0.0": a product of a user agent, whose versions end in zeros.
 */
static bool is_product(const struct kz_plain *plain, size_t start, size_t end) {
  return start > 1 && plain->text[start - 1] == '/' &&
         kz_is_alpha(plain->text[start - 2]) && end - start > 4 &&
         memcmp(plain->text + end - 4, ".0.0", 4) == 0;
}

static bool is_version(const struct kz_plain *plain, size_t start, size_t end) {
  size_t from = start > LOOK_BACK ? start - LOOK_BACK : 0;
  size_t to = start;
  while (to > from && memchr(" :.=\"", plain->text[to - 1], 5)) {
    to--;
  }
  return ends_with_version((kz_str){plain->text + from, to - from}) ||
         is_product(plain, start, end);
}

bool kz_address_find_v4(const struct kz_plain *plain, size_t start,
                        size_t limit, struct kz_hit *ret) {
  struct kz_addr addr;
  size_t end = start;
  while (end < limit && end - start <= V4_TEXT + 1 &&
         (kz_is_digit(plain->text[end]) || plain->text[end] == '.')) {
    end++;
  }
  while (end > start && plain->text[end - 1] == '.') {
    end--;
  }
  kz_str text = {plain->text + start, end - start};
  if (kz_addr_parse(text, &addr) != KZ_OK || addr.bytes[0] == 255 ||
      is_wordish(plain->text[end]) ||
      (plain->text[end] == '.' && kz_is_alnum(plain->text[end + 1])) ||
      is_version(plain, start, end)) {
    return false;
  }
  size_t prefix_end = find_prefix_end(plain, end, 32);
  if (prefix_end != SIZE_MAX) {
    kz_hit_set(ret, plain, start, prefix_end, KZ_TYPE_IP_DST, KZ_KIND_CIDR4);
    return true;
  }
  kz_hit_set(ret, plain, start, end, KZ_TYPE_IP_DST, KZ_KIND_IPV4);
  ret->port = kz_address_port(plain, end, &ret->next);
  return true;
}

/* Three groups that could be a time, six or eight pairs that could be a MAC
 * address, "a::b" that could be a scope: what is left when a reader would see
 * an address in it. */
static bool looks_like_v6(kz_str text) {
  size_t groups = 0;
  size_t pairs = 0;
  size_t longest = 0;
  bool has_digit = false;
  bool is_short = kz_str_find(text, KZ_STR("::")) != SIZE_MAX;
  for (size_t i = 0; i < text.len;) {
    size_t n = 0;
    while (i + n < text.len && text.ptr[i + n] != ':') {
      has_digit |= kz_is_digit(text.ptr[i + n]);
      n++;
    }
    groups += n > 0;
    pairs += n == 2;
    longest = n > longest ? n : longest;
    i += n + 1;
  }
  if (!is_short) {
    return pairs < groups;
  }
  return has_digit && (text.ptr[0] == ':' || longest > 2 || groups > 2);
}

/* Where the address's bytes end: digits, colons, and the dots of an IPv4
 * address at its end. */
static size_t end_of_v6(const struct kz_plain *plain, size_t start) {
  size_t end = start;
  while (kz_is_hex(plain->text[end]) || plain->text[end] == ':' ||
         (plain->text[end] == '.' && end > start &&
          kz_is_digit(plain->text[end - 1]) &&
          kz_is_digit(plain->text[end + 1]))) {
    end++;
  }
  return end;
}

/* Leaves out an interface ("%eth0") behind the address. */
static size_t skip_zone(const struct kz_plain *plain, size_t at) {
  if (plain->text[at] != '%') {
    return at;
  }
  size_t end = at + 1;
  while (kz_is_run_byte(plain->text[end]) && end - at < V6_TEXT) {
    end++;
  }
  return end;
}

bool kz_address_find_v6(const struct kz_plain *plain, size_t start,
                        size_t *ret_tried, struct kz_hit *ret) {
  struct kz_addr addr;
  char before = kz_plain_before(plain, start);
  size_t end = end_of_v6(plain, start);
  *ret_tried = end;
  if (is_wordish(plain->text[end]) || is_wordish(before) || before == ':') {
    return false;
  }
  while (end > start + 2 && plain->text[end - 1] == ':' &&
         plain->text[end - 2] != ':') {
    end--;
  }
  kz_str text = {plain->text + start, end - start};
  if (text.len > V6_TEXT || !looks_like_v6(text) ||
      kz_addr_parse(text, &addr) != KZ_OK || addr.length != 16) {
    return false;
  }
  size_t prefix_end = find_prefix_end(plain, end, 128);
  if (prefix_end != SIZE_MAX) {
    kz_hit_set(ret, plain, start, prefix_end, KZ_TYPE_IP_DST, KZ_KIND_CIDR6);
    return true;
  }
  kz_hit_set(ret, plain, start, end, KZ_TYPE_IP_DST, KZ_KIND_IPV6);
  ret->next = skip_zone(plain, end);
  if (before == '[' && plain->text[ret->next] == ']') {
    ret->port = kz_address_port(plain, ret->next + 1, &ret->next);
  }
  return true;
}
