/* The brackets are undone with the output as a stack: a closing bracket looks
 * back at what was written since the opening one. So one pass reaches the end
 * of "[[.]]", which replacing from left to right would need two for, and
 * hostile nesting costs no more than its length. The result is never longer
 * than the input. */
#include "model/defang.h"

#include <stdbool.h>
#include <string.h>

#include "model/kind.h"

/* Everything, in all brackets. */
enum { WIDE = 1u << 8 };

struct way {
  kz_str inner; /* lower case */
  kz_str plain;
  unsigned bit;         /* which of MISP's ways; 0: only ours */
  const char *brackets; /* in which MISP takes it */
};

#define TEXT(literal)                                                          \
  { "" literal, sizeof(literal) - 1 }

static const struct way ways[] = {
    {TEXT("."), TEXT("."), KZ_REFANG_DOT, "["},
    {TEXT("dot"), TEXT("."), KZ_REFANG_DOT, "[("},
    {TEXT("@"), TEXT("@"), KZ_REFANG_AT, "["},
    {TEXT("at"), TEXT("@"), KZ_REFANG_AT, "["},
    {TEXT(":"), TEXT(":"), KZ_REFANG_COLON, "["},
    {TEXT("hxxp://"), TEXT("http://"), KZ_REFANG_SCHEME, "["},
    {TEXT("://"), TEXT("://"), 0, ""},
    {TEXT("/"), TEXT("/"), 0, ""},
};

struct scheme {
  kz_str defanged; /* lower case */
  kz_str plain;
  unsigned bit;
};

static const struct scheme schemes[] = {
    {TEXT("hxxp"), TEXT("http"), KZ_REFANG_SCHEME},
    {TEXT("hxtp"), TEXT("http"), KZ_REFANG_SCHEME},
    {TEXT("htxp"), TEXT("http"), KZ_REFANG_SCHEME},
    {TEXT("meow"), TEXT("http"), KZ_REFANG_SCHEME},
    {TEXT("h[tt]p"), TEXT("http"), KZ_REFANG_SCHEME},
    {TEXT("h[xx]p"), TEXT("http"), 0},
    {TEXT("h**p"), TEXT("http"), 0},
    {TEXT("hzzp"), TEXT("http"), 0},
    {TEXT("fxp"), TEXT("ftp"), 0},
};

enum {
  WAY_COUNT = sizeof ways / sizeof *ways,
  SCHEME_COUNT = sizeof schemes / sizeof *schemes,
};

static bool applies(unsigned bit, unsigned which) {
  return (which & (bit | WIDE)) != 0;
}

static char opener_of(char closer) {
  switch (closer) {
  case ']':
    return '[';
  case ')':
    return '(';
  case '}':
    return '{';
  default:
    return '\0';
  }
}

/* The way that `written` ends with, its opening bracket included; NULL. */
static const struct way *find_way(kz_str written, char opener, unsigned which) {
  for (size_t i = 0; i < WAY_COUNT; i++) {
    const struct way *way = &ways[i];
    size_t len = way->inner.len;
    if (written.len <= len || written.ptr[written.len - len - 1] != opener ||
        !applies(way->bit, which) ||
        (!(which & WIDE) && !strchr(way->brackets, opener))) {
      continue;
    }
    if (kz_str_eq_nocase(kz_str_from(written, written.len - len), way->inner)) {
      return way;
    }
  }
  return NULL;
}

/* Undoes brackets in place; returns the new length. */
static size_t open_brackets(char *text, size_t len, unsigned which) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) {
    char opener = opener_of(text[i]);
    const struct way *way =
        opener ? find_way((kz_str){text, n}, opener, which) : NULL;
    if (way) {
      n -= way->inner.len + 1;
      memmove(text + n, way->plain.ptr, way->plain.len);
      n += way->plain.len;
    } else {
      text[n++] = text[i];
    }
  }
  return n;
}

/* Turns "evil\.example" into "evil.example" in place, but only where a
 * backslash stands before dots and nothing else: a path keeps its own. */
static size_t drop_backslashes(char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    char next = i + 1 < len ? text[i + 1] : '\0';
    if (text[i] == '\\' && next != '.' && next != '\\') {
      return len;
    }
  }
  size_t n = 0;
  for (size_t i = 0; i < len; i++) {
    if (text[i] != '\\') {
      text[n++] = text[i];
    }
  }
  return n;
}

/* The defanged scheme in front of `text` ("hxxps:"); NULL. What looks like one
 * but is not followed by a colon is a name ("meow.example"). */
static const struct scheme *find_scheme(kz_str text, unsigned which) {
  for (size_t i = 0; i < SCHEME_COUNT; i++) {
    const struct scheme *scheme = &schemes[i];
    size_t len = scheme->defanged.len;
    if (!applies(scheme->bit, which) ||
        !kz_str_eq_nocase(kz_str_head(text, len), scheme->defanged)) {
      continue;
    }
    kz_str after = kz_str_from(text, len);
    if (after.len > 0 && kz_to_lower(after.ptr[0]) == 's') {
      after = kz_str_from(after, 1);
    }
    if (after.len > 0 && after.ptr[0] == ':') {
      return scheme;
    }
  }
  return NULL;
}

static size_t mend_scheme(char *text, size_t len, unsigned which) {
  const struct scheme *scheme = find_scheme((kz_str){text, len}, which);
  if (!scheme) {
    return len;
  }
  size_t shift = scheme->defanged.len - scheme->plain.len;
  memcpy(text, scheme->plain.ptr, scheme->plain.len);
  memmove(text + scheme->plain.len, text + scheme->defanged.len,
          len - scheme->defanged.len);
  return len - shift;
}

static bool may_be_defanged(kz_str text, unsigned which) {
  if (kz_str_find_byte(text, '[') != SIZE_MAX ||
      kz_str_find_byte(text, '(') != SIZE_MAX) {
    return true;
  }
  if ((which & WIDE) && (kz_str_find_byte(text, '{') != SIZE_MAX ||
                         kz_str_find_byte(text, '\\') != SIZE_MAX)) {
    return true;
  }
  return applies(KZ_REFANG_SCHEME, which) && find_scheme(text, which);
}

static kz_rc refang(kz_str text, unsigned which, struct kz_arena *arena,
                    kz_str *ret) {
  if (!may_be_defanged(text, which)) {
    *ret = text;
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, text.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  memcpy(out, text.ptr, text.len);
  size_t len = open_brackets(out, text.len, which);
  if (which & WIDE) {
    /* A dropped backslash may complete a bracket, "[\.]": once more. */
    len = drop_backslashes(out, len);
    len = open_brackets(out, len, which);
  }
  len = mend_scheme(out, len, which);
  *ret = len == text.len && memcmp(out, text.ptr, len) == 0
             ? text
             : (kz_str){out, len};
  return KZ_OK;
}

kz_rc kz_refang(kz_str token, struct kz_arena *arena, kz_str *ret) {
  return refang(token, WIDE, arena, ret);
}

kz_rc kz_refang_value(kz_str value, unsigned which, struct kz_arena *arena,
                      kz_str *ret) {
  return refang(value, which & (WIDE - 1), arena, ret);
}

/* A value is at most this long, or a URL, or nothing that is defanged. */
enum { KIND_BYTES = 512 };

static enum kz_kind kind_of(kz_str value) {
  char folded[KIND_BYTES];
  kz_str head = kz_str_head(value, KIND_BYTES);
  for (size_t i = 0; i < head.len; i++) {
    folded[i] = kz_to_lower(head.ptr[i]);
  }
  return kz_kind_of((kz_str){folded, head.len});
}

/* Writes `text` with every `mark` as "[mark]", at most `most` of them. */
static char *write_marked(char *out, kz_str text, char mark, size_t most) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] != mark || most == 0) {
      *out++ = text.ptr[i];
      continue;
    }
    *out++ = '[';
    *out++ = mark;
    *out++ = ']';
    most--;
  }
  return out;
}

static char *write_url(char *out, kz_str url) {
  size_t colon = kz_str_find_byte(url, ':');
  kz_str scheme = kz_str_head(url, colon);
  kz_str rest = kz_str_from(url, colon);
  size_t end = 3; /* "://" */
  while (end < rest.len && !strchr("/?#", rest.ptr[end])) {
    end++;
  }
  if (kz_str_eq_nocase(scheme, KZ_STR("http")) ||
      kz_str_eq_nocase(scheme, KZ_STR("https"))) {
    memcpy(out, "hxxp", 4);
    out += 4;
    scheme = kz_str_from(scheme, 4);
  } else if (kz_str_eq_nocase(scheme, KZ_STR("ftp"))) {
    memcpy(out, "fxp", 3);
    out += 3;
    scheme = KZ_STR_NONE;
  }
  out = write_marked(out, scheme, '\0', 0);
  out = write_marked(out, kz_str_head(rest, end), '.', SIZE_MAX);
  return write_marked(out, kz_str_from(rest, end), '\0', 0);
}

static char *write_defanged(char *out, enum kz_kind kind, kz_str value) {
  switch (kind) {
  case KZ_KIND_IPV4:
  case KZ_KIND_CIDR4:
  case KZ_KIND_NAME:
    return write_marked(out, value, '.', SIZE_MAX);
  case KZ_KIND_IPV6:
  case KZ_KIND_CIDR6:
    return write_marked(out, value, ':', 1);
  case KZ_KIND_URL:
    return write_url(out, value);
  case KZ_KIND_EMAIL: {
    size_t at = kz_str_find_byte(value, '@');
    out = write_marked(out, kz_str_head(value, at), '\0', 0);
    char *domain = write_marked(out, KZ_STR("@"), '@', 1);
    return write_marked(domain, kz_str_from(value, at + 1), '.', SIZE_MAX);
  }
  case KZ_KIND_TEXT:
  case KZ_KIND_HASH:
  case KZ_KIND_CVE:
  case KZ_KIND_COUNT:
    break;
  }
  return NULL;
}

kz_rc kz_defang(kz_str value, struct kz_arena *arena, kz_str *ret) {
  enum kz_kind kind = kind_of(value);
  if (kind == KZ_KIND_TEXT || kind == KZ_KIND_HASH || kind == KZ_KIND_CVE) {
    *ret = value;
    return KZ_OK;
  }
  if (value.len > SIZE_MAX / 3) {
    return KZ_E_MEMORY;
  }
  char *out = kz_arena_text(arena, value.len * 3);
  if (!out) {
    return KZ_E_MEMORY;
  }
  char *end = write_defanged(out, kind, value);
  *ret = (kz_str){out, (size_t)(end - out)};
  return KZ_OK;
}
