/* One pass, byte by byte, with a table that sends the rare bytes aside; ASCII
 * prose goes through at memory speed. The origin of each byte is kept as a
 * plain array: a list of the places where source and plain text diverge would
 * be smaller, but hostile text diverges everywhere, and a piece is bounded. */
#include "text/plain.h"

#include "base/utf8.h"
#include "text/bracket.h"
#include "text/fold.h"
#include "text/reference.h"

enum {
  CUT_MAX = KZ_PLAIN_BYTES / 4, /* how far back a piece may be cut */
  HEAD_MAX = 65536,             /* where a mail's headers are looked for */
  SPACES_MAX = 2,               /* around a defanging bracket */
};

/* What may stand left of a defanged dot: a letter, digit or what labels
 * have. */
static bool is_label_byte(char c) {
  return kz_is_alnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static void put(struct kz_plain *plain, char c, size_t from) {
  plain->text[plain->len] = c;
  plain->origin[plain->len] = (uint32_t)from;
  plain->len += 1;
}

static char last_of(const struct kz_plain *plain) {
  return kz_plain_before(plain, plain->len);
}

static kz_str rest_at(const struct kz_plain *plain, size_t at) {
  return kz_str_from(plain->source, at);
}

/* The character at `at`, folded; 0 where there is none. */
static uint32_t peek(const struct kz_plain *plain, size_t at) {
  uint32_t point = 0;
  return kz_utf8_decode(rest_at(plain, at), &point) > 0 ? kz_fold_point(point)
                                                        : 0;
}

static bool is_alnum_point(uint32_t point) {
  return point < 0x80 && kz_is_alnum((char)point);
}

/* Characters that are not there for the reader. */
static bool is_invisible(uint32_t point) {
  return point == 0xAD || point == 0x34F || point == 0x61C || point == 0x180E ||
         (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) ||
         (point >= 0xFE00 && point <= 0xFE0F) || point == 0xFEFF;
}

static bool is_blank(uint32_t point) {
  return point == 0xA0 || (point >= 0x2000 && point <= 0x200A) ||
         point == 0x202F || point == 0x205F;
}

/* Hyphens, and the dashes that typesetting makes of them. */
static bool is_hyphen(uint32_t point) {
  return (point >= 0x2010 && point <= 0x2013) || point == 0x2212;
}

/* Signs outside ASCII that are part of no value. Letters of all scripts and
 * their marks are not among them. */
static bool is_sign(uint32_t point) {
  if (point < 0xC0) {
    return point != 0xAA && point != 0xB5 && point != 0xBA;
  }
  if (point < 0x2000) {
    return point == 0xD7 || point == 0xF7;
  }
  if (point < 0x3000) {
    return point < 0x2C00 || (point >= 0x2E00 && point < 0x2E80);
  }
  return (point < 0x3005) || (point >= 0x3008 && point < 0x3021) ||
         point == 0x3030 || point == 0x30FB || point == 0x303D ||
         (point >= 0xE000 && point < 0xF900) ||
         (point >= 0xFE10 && point < 0xFE70) || point >= 0xFFE0;
}

static void put_letter(struct kz_plain *plain, uint32_t point, size_t from) {
  char bytes[KZ_UTF8_MAX];
  size_t len = kz_utf8_encode(point, bytes);
  for (size_t i = 0; i < len; i++) {
    put(plain, bytes[i], from);
  }
}

/* An ideographic full stop: between ASCII letters or digits it may be a dot,
 * and the scanner, which sees the whole run, decides. */
static void put_stop(struct kz_plain *plain, size_t from, size_t next) {
  bool may_be_dot =
      kz_is_alnum(last_of(plain)) && is_alnum_point(peek(plain, next));
  put(plain, may_be_dot ? KZ_PLAIN_SOFT_DOT : KZ_PLAIN_BREAK, from);
}

/* Any folded character outside ASCII; `next` is what follows it. */
static void put_wide(struct kz_plain *plain, uint32_t point, size_t from,
                     size_t next) {
  if (is_invisible(point)) {
    return;
  }
  if (point == 0x3002) {
    put_stop(plain, from, next);
  } else if (is_blank(point)) {
    put(plain, ' ', from);
  } else if (is_hyphen(point)) {
    put(plain, '-', from);
  } else if (point == 0x2024 || point == 0xFE52) {
    put(plain, '.', from);
  } else if (is_sign(point)) {
    put(plain, KZ_PLAIN_BREAK, from);
  } else {
    put_letter(plain, point, from);
  }
}

static void put_point(struct kz_plain *plain, uint32_t point, size_t from,
                      size_t next) {
  if (point >= 0x80) {
    put_wide(plain, point, from, next);
  } else if (point == '\n' || point == '\r') {
    put(plain, '\n', from);
  } else {
    put(plain, point < ' ' || point == 0x7F ? ' ' : (char)point, from);
  }
}

/* How many blanks of one line stand at `at`, up to SPACES_MAX. */
static size_t count_blanks(const struct kz_plain *plain, size_t at) {
  size_t n = 0;
  while (n < SPACES_MAX && (peek(plain, at + n) == ' ')) {
    n++;
  }
  return n;
}

/* Takes back blanks before a bracket that turned out to be a dot or an at;
 * returns where in the source the first of them stood, or `from`. */
static size_t take_blanks_back(struct kz_plain *plain, size_t from) {
  size_t n = 0;
  while (n < SPACES_MAX && n < plain->len &&
         plain->text[plain->len - n - 1] == ' ') {
    n++;
  }
  if (n == 0 || n == plain->len ||
      !is_label_byte(plain->text[plain->len - n - 1])) {
    return from;
  }
  plain->len -= n;
  return plain->origin[plain->len];
}

/* A defanged dot or at needs something on both sides, white space between or
 * not. Returns what follows it in the source; 0 when it is none. */
static size_t put_joint(struct kz_plain *plain, char joint, size_t from,
                        size_t next) {
  size_t blanks = count_blanks(plain, next);
  uint32_t after = peek(plain, next + blanks);
  bool is_joined =
      is_alnum_point(after) || (blanks == 0 && after >= 0x80) ||
      (blanks == 0 && (after == '_' || after == '[' || after == '('));
  if (!is_joined) {
    return 0;
  }
  size_t len = plain->len;
  size_t start = take_blanks_back(plain, from);
  if (!is_label_byte(last_of(plain))) {
    plain->len = len;
    return 0;
  }
  put(plain, joint, start);
  return next + blanks;
}

static bool is_h(char c) {
  return c == 'h' || c == 'H';
}

static bool is_p(uint32_t point) {
  return point == 'p' || point == 'P';
}

/* What a bracket stands for, where it stands in the right place: what follows
 * it in the source, or 0. */
static size_t put_bracket(struct kz_plain *plain, size_t at) {
  kz_str text = KZ_STR_NONE;
  size_t len = kz_bracket_read(rest_at(plain, at), &text);
  if (len == 0) {
    return 0;
  }
  size_t next = at + len;
  if (text.ptr[0] == '.' || text.ptr[0] == '@') {
    return put_joint(plain, text.ptr[0], at, next);
  }
  if (kz_str_eq(text, KZ_STR("tt")) &&
      !(is_h(last_of(plain)) && is_p(peek(plain, next)))) {
    return 0;
  }
  bool is_scheme = text.ptr[0] == 'h';
  uint32_t after = peek(plain, next);
  if (is_scheme && after != ':' && !is_alnum_point(after)) {
    return 0;
  }
  for (size_t i = 0; i < text.len; i++) {
    put(plain, text.ptr[i], at);
  }
  return next;
}

/* "evil[.com" and "evil.]com": half of a bracket is left; "<wbr>": a place to
 * break a long word. Returns what follows in the source, or 0. */
static size_t put_half_bracket(struct kz_plain *plain, char c, size_t at) {
  if (c == '<') {
    static const kz_str breaks[] = {{"<wbr>", 5}, {"<wbr/>", 6}};
    for (size_t i = 0; i < 2; i++) {
      if (kz_str_starts(rest_at(plain, at), breaks[i])) {
        return at + breaks[i].len;
      }
    }
    return 0;
  }
  if (c == '[' && peek(plain, at + 1) == '.' && kz_is_alnum(last_of(plain)) &&
      is_alnum_point(peek(plain, at + 2))) {
    put(plain, '.', at);
    return at + 2;
  }
  bool closes = c == ']' && last_of(plain) == '.' && plain->len > 1 &&
                is_label_byte(plain->text[plain->len - 2]) &&
                is_alnum_point(peek(plain, at + 1));
  return closes ? at + 1 : 0;
}

static size_t put_backslash(struct kz_plain *plain, size_t at) {
  uint32_t point = 0;
  if (plain->is_json) {
    size_t len = kz_reference_json(rest_at(plain, at), &point);
    if (len > 0) {
      put_point(plain, point, at, at + len);
      return at + len;
    }
  }
  uint32_t next = peek(plain, at + 1);
  if (next == '/') {
    put(plain, '/', at);
    return at + 2;
  }
  if (next == '.' && is_label_byte(last_of(plain)) &&
      is_alnum_point(peek(plain, at + 2))) {
    put(plain, '.', at);
    return at + 2;
  }
  return 0;
}

static size_t put_reference(struct kz_plain *plain, char c, size_t at) {
  uint32_t point = 0;
  size_t len = c == '&' ? kz_reference_html(rest_at(plain, at), &point)
                        : kz_reference_quoted(rest_at(plain, at), &point);
  if (len > 0 && point != 0) {
    put_point(plain, kz_fold_point(point), at, at + len);
  }
  return len > 0 ? at + len : 0;
}

/* "h**p" */
static size_t put_stars(struct kz_plain *plain, size_t at) {
  if (!is_h(last_of(plain)) || peek(plain, at + 1) != '*' ||
      !is_p(peek(plain, at + 2))) {
    return 0;
  }
  put(plain, 't', at);
  put(plain, 't', at);
  return at + 2;
}

/* The folded ASCII character `c`, `len` bytes at `at`; returns what follows it
 * in the source. */
static size_t put_ascii(struct kz_plain *plain, char c, size_t at, size_t len) {
  size_t next = 0;
  switch (c) {
  case '[':
  case '(':
  case '{':
  case '<':
    next = put_bracket(plain, at);
    if (next == 0 && len == 1) {
      next = put_half_bracket(plain, c, at);
    }
    break;
  case ']':
    next = put_half_bracket(plain, c, at);
    break;
  case '\\':
    next = put_backslash(plain, at);
    break;
  case '*':
    next = put_stars(plain, at);
    break;
  case '=':
    next = plain->is_quoted ? put_reference(plain, c, at) : 0;
    break;
  case '&':
    next = put_reference(plain, c, at);
    break;
  default:
    break;
  }
  if (next == 0) {
    put_point(plain, (uint32_t)(unsigned char)c, at, at + len);
    next = at + len;
  }
  return next;
}

/* One character of the source, whatever it is; returns what follows it. */
static size_t put_next(struct kz_plain *plain, size_t at) {
  uint32_t point = 0;
  size_t len = kz_utf8_decode(rest_at(plain, at), &point);
  if (len == 0) {
    put(plain, KZ_PLAIN_BREAK, at);
    return at + 1;
  }
  /* Two Japanese brackets defang as well as ASCII's. */
  if (point == 0x3010 || point == 0x3014) {
    size_t next = put_bracket(plain, at);
    if (next > 0) {
      return next;
    }
  }
  point = kz_fold_point(point);
  if (point < 0x80) {
    return put_ascii(plain, (char)point, at, len);
  }
  put_wide(plain, point, at, at + len);
  return at + len;
}

/* ASCII that is copied as it stands; signs that may begin or end a reference
 * or a defanging bracket are looked at. */
static bool is_ordinary(char c) {
  static const bool is_looked_at[128] = {
      ['['] = true, [']'] = true,  ['('] = true, ['{'] = true, ['<'] = true,
      ['&'] = true, ['\\'] = true, ['*'] = true, ['='] = true, [0x7F] = true,
  };
  return c == '\n' || (c >= ' ' && !is_looked_at[(unsigned char)c]);
}

/* Ends the piece behind a line or a blank, and puts the rest back. */
static void cut(struct kz_plain *plain, size_t at) {
  size_t floor = plain->len > CUT_MAX ? plain->len - CUT_MAX : 0;
  size_t blank = 0;
  plain->origin[plain->len] = (uint32_t)at;
  plain->next = at;
  for (size_t i = plain->len; i > floor; i--) {
    char c = plain->text[i - 1];
    if (c == '\n') {
      blank = i;
      break;
    }
    if (blank == 0 && (c == ' ' || c == KZ_PLAIN_BREAK)) {
      blank = i;
    }
  }
  if (blank > 0) {
    plain->len = blank;
    plain->next = plain->origin[blank];
  }
}

static void end_piece(struct kz_plain *plain) {
  for (size_t i = plain->len;
       i < plain->len + KZ_PLAIN_SLACK && i < sizeof plain->text; i++) {
    plain->text[i] = '\n';
  }
}

bool kz_plain_next(struct kz_plain *plain) {
  size_t at = plain->next;
  if (at >= plain->source.len) {
    return false;
  }
  plain->len = 0;
  while (at < plain->source.len &&
         plain->len < KZ_PLAIN_BYTES - KZ_PLAIN_SLACK) {
    char c = plain->source.ptr[at];
    if (is_ordinary(c)) {
      put(plain, c, at);
      at++;
    } else {
      at = put_next(plain, at);
    }
  }
  if (at < plain->source.len) {
    cut(plain, at);
  } else {
    plain->origin[plain->len] = (uint32_t)at;
    plain->next = at;
  }
  end_piece(plain);
  return true;
}

/* A text that begins as a JSON object or an array of strings, objects or
 * arrays does. Markdown links and defanged dots begin with '[' too. */
static bool looks_like_json(kz_str source) {
  kz_str text = kz_str_trim(kz_str_head(source, HEAD_MAX));
  if (text.len < 2 || (text.ptr[0] != '{' && text.ptr[0] != '[')) {
    return false;
  }
  kz_str inner = kz_str_trim(kz_str_from(text, 1));
  char first = inner.len > 0 ? inner.ptr[0] : '\0';
  return first == '"' || (text.ptr[0] == '[' && (first == '{' || first == '['));
}

/* A mail says in its headers that it is quoted-printable. */
static bool says_quoted(kz_str source) {
  kz_str head = kz_str_head(source, HEAD_MAX);
  kz_str line;
  while (kz_str_next_line(&head, &line)) {
    static const kz_str name = {"content-transfer-encoding:", 26};
    if (line.len > name.len &&
        kz_str_eq_nocase(kz_str_head(line, name.len), name)) {
      kz_str value = kz_str_trim(kz_str_from(line, name.len));
      if (kz_str_eq_nocase(value, KZ_STR("quoted-printable"))) {
        return true;
      }
    }
  }
  return false;
}

void kz_plain_open(struct kz_plain *plain, kz_str source) {
  plain->source = source;
  plain->next = 0;
  plain->len = 0;
  plain->is_json = looks_like_json(source);
  plain->is_quoted = says_quoted(source);
}
