#include "text/bracket.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "text/fold.h"

enum {
  INNER_MAX = 24, /* bytes between the brackets, white space left out */
  LOOK_MAX = 64,
};

struct word {
  kz_str inner; /* lower case, narrow */
  kz_str plain;
};

#define TEXT(literal)                                                          \
  { "" literal, sizeof(literal) - 1 }

static const struct word words[] = {
    {TEXT("."), TEXT(".")},
    {TEXT(","), TEXT(".")},
    {TEXT("\xE3\x80\x82"), TEXT(".")}, /* ideographic full stop */
    {TEXT("dot"), TEXT(".")},
    {TEXT("d0t"), TEXT(".")},
    {TEXT("punkt"), TEXT(".")},
    {TEXT("\xE3\x83\x89\xE3\x83\x83\xE3\x83\x88"), TEXT(".")}, /* dotto */
    {TEXT("@"), TEXT("@")},
    {TEXT("at"), TEXT("@")},
    {TEXT("\xE3\x82\xA2\xE3\x83\x83\xE3\x83\x88"), TEXT("@")}, /* atto */
    {TEXT("\xE3\x82\xA2\xE3\x83\x83\xE3\x83\x88\xE3\x83\x9E\xE3\x83\xBC"
          "\xE3\x82\xAF"),
     TEXT("@")}, /* attomaaku */
    {TEXT(":"), TEXT(":")},
    {TEXT("colon"), TEXT(":")},
    {TEXT("/"), TEXT("/")},
    {TEXT("slash"), TEXT("/")},
    {TEXT("//"), TEXT("//")},
    {TEXT("://"), TEXT("://")},
    {TEXT(":/"), TEXT(":/")},
    {TEXT("tt"), TEXT("tt")},
    {TEXT("xx"), TEXT("tt")},
    {TEXT("http"), TEXT("http")},
    {TEXT("https"), TEXT("https")},
    {TEXT("hxxp"), TEXT("http")},
    {TEXT("hxxps"), TEXT("https")},
    {TEXT("http://"), TEXT("http://")},
    {TEXT("https://"), TEXT("https://")},
    {TEXT("hxxp://"), TEXT("http://")},
    {TEXT("hxxps://"), TEXT("https://")},
};

static uint32_t closer_of(uint32_t opener) {
  switch (opener) {
  case '[':
    return ']';
  case '(':
    return ')';
  case '{':
    return '}';
  case '<':
    return '>';
  case 0x3010: /* black lenticular bracket */
    return 0x3011;
  case 0x3014: /* tortoise shell bracket */
    return 0x3015;
  default:
    return 0;
  }
}

/* Takes one folded character off the front of `*rest`; 0 at its end. */
static uint32_t take(kz_str *rest) {
  uint32_t point = 0;
  size_t len = kz_utf8_decode(*rest, &point);
  *rest = kz_str_from(*rest, len);
  return len > 0 ? kz_fold_point(point) : 0;
}

/* Whether a word of ours begins so: most brackets are done with here. */
static bool may_begin(uint32_t point) {
  return point >= 0x80 ||
         (point != 0 && strchr(".,@:/acdhpstxACDHPSTX", (int)point));
}

static const struct word *find_word(kz_str inner) {
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (kz_str_eq_nocase(words[i].inner, inner)) {
      return &words[i];
    }
  }
  return NULL;
}

size_t kz_bracket_read(kz_str text, kz_str *ret_plain) {
  char inner[INNER_MAX];
  size_t len = 0;
  kz_str rest = kz_str_head(text, LOOK_MAX);
  kz_str look = rest;
  uint32_t closer = closer_of(take(&rest));
  if (closer == 0) {
    return 0;
  }
  for (;;) {
    uint32_t point = take(&rest);
    if (point == 0 || point == '\n') {
      return 0;
    }
    if (point == closer) {
      break;
    }
    if (point == ' ' || point == '\t' || point == 0xA0) {
      continue;
    }
    if (len > INNER_MAX - KZ_UTF8_MAX || (len == 0 && !may_begin(point))) {
      return 0;
    }
    len += kz_utf8_encode(point, inner + len);
  }
  const struct word *word = find_word((kz_str){inner, len});
  if (!word) {
    return 0;
  }
  *ret_plain = word->plain;
  return look.len - rest.len;
}
