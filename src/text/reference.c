#include "text/reference.h"

#include <stdbool.h>

struct name {
  kz_str text;
  uint32_t point;
};

#define TEXT(literal)                                                          \
  { "" literal, sizeof(literal) - 1 }

static const struct name names[] = {
    {TEXT("amp;"), '&'},
    {TEXT("lt;"), '<'},
    {TEXT("gt;"), '>'},
    {TEXT("quot;"), '"'},
    {TEXT("apos;"), '\''},
    {TEXT("nbsp;"), 0xA0},
    {TEXT("period;"), '.'},
    {TEXT("colon;"), ':'},
    {TEXT("sol;"), '/'},
    {TEXT("commat;"), '@'},
    {TEXT("lsqb;"), '['},
    {TEXT("rsqb;"), ']'},
    {TEXT("lbrack;"), '['},
    {TEXT("rbrack;"), ']'},
    {TEXT("shy;"), 0xAD},
    {TEXT("hyphen;"), 0x2010},
    {TEXT("ZeroWidthSpace;"), 0x200B},
};

enum { POINT_LAST = 0x10FFFF, NO_DIGIT = 99 };

static uint32_t digit_of(char c) {
  if (kz_is_digit(c)) {
    return (uint32_t)(c - '0');
  }
  return kz_is_hex(c) ? (uint32_t)(kz_to_lower(c) - 'a') + 10 : NO_DIGIT;
}

/* Reads digits off the front of `text`, at most `most`; returns how many. */
static size_t read_digits(kz_str text, uint32_t base, size_t most,
                          uint32_t *ret) {
  uint32_t number = 0;
  size_t n = 0;
  while (n < text.len && n < most && digit_of(text.ptr[n]) < base) {
    number = number * base + digit_of(text.ptr[n]);
    n++;
  }
  *ret = number;
  return n;
}

/* "&#46;" and "&#x2e;": `text` begins behind the "&#". */
static size_t read_number(kz_str text, uint32_t *ret_point) {
  enum { DIGITS_MAX = 7 };
  bool is_hex = text.len > 0 && kz_to_lower(text.ptr[0]) == 'x';
  kz_str digits = kz_str_from(text, is_hex ? 1 : 0);
  uint32_t point = 0;
  size_t n = read_digits(digits, is_hex ? 16 : 10, DIGITS_MAX, &point);
  if (n == 0 || n >= digits.len || digits.ptr[n] != ';' || point > POINT_LAST ||
      point == 0) {
    return 0;
  }
  *ret_point = point;
  return n + 1 + (is_hex ? 1 : 0);
}

size_t kz_reference_html(kz_str text, uint32_t *ret_point) {
  kz_str rest = kz_str_from(text, 1);
  if (rest.len > 0 && rest.ptr[0] == '#') {
    size_t n = read_number(kz_str_from(rest, 1), ret_point);
    return n > 0 ? n + 2 : 0;
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (kz_str_starts(rest, names[i].text)) {
      *ret_point = names[i].point;
      return names[i].text.len + 1;
    }
  }
  return 0;
}

/* The four digits behind "\u"; false when they are not there. */
static bool read_unit(kz_str text, uint32_t *ret) {
  return kz_str_starts(text, KZ_STR("\\u")) &&
         read_digits(kz_str_from(text, 2), 16, 4, ret) == 4;
}

static size_t read_unicode(kz_str text, uint32_t *ret_point) {
  enum { UNIT = 6 }; /* bytes of "\u002e" */
  uint32_t high = 0;
  uint32_t low = 0;
  if (!read_unit(text, &high)) {
    return 0;
  }
  if (high >= 0xD800 && high < 0xDC00 &&
      read_unit(kz_str_from(text, UNIT), &low) && low >= 0xDC00 &&
      low < 0xE000) {
    *ret_point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return 2 * (size_t)UNIT;
  }
  *ret_point = high;
  return UNIT;
}

size_t kz_reference_json(kz_str text, uint32_t *ret_point) {
  if (text.len < 2) {
    return 0;
  }
  switch (text.ptr[1]) {
  case '"':
  case '\\':
  case '/':
    *ret_point = (uint32_t)(unsigned char)text.ptr[1];
    return 2;
  case 'n':
  case 'r':
    *ret_point = '\n';
    return 2;
  case 't':
  case 'b':
  case 'f':
    *ret_point = ' ';
    return 2;
  case 'u':
    return read_unicode(text, ret_point);
  default:
    return 0;
  }
}

size_t kz_reference_quoted(kz_str text, uint32_t *ret_point) {
  kz_str rest = kz_str_from(text, 1);
  if (kz_str_starts(rest, KZ_STR("\r\n")) ||
      kz_str_starts(rest, KZ_STR("\n"))) {
    *ret_point = 0;
    return rest.ptr[0] == '\r' ? 3 : 2;
  }
  uint32_t byte = 0;
  if (read_digits(rest, 16, 2, &byte) < 2 || byte >= 0x80 || byte == 0) {
    return 0;
  }
  *ret_point = byte;
  return 3;
}
