#include "format/sql_value.h"

#include <string.h>

static bool is_word_byte(char c) {
  return kz_is_alnum(c) || c == '_' || c == '$';
}

/* --- blank -----------------------------------------------------------------
 */

static enum kz_sql_got skip_line(struct kz_sql_cursor *c) {
  char *end = memchr(c->at, '\n', (size_t)(c->end - c->at));
  if (!end && !c->is_last) {
    return KZ_SQL_MORE;
  }
  c->at = end ? end + 1 : c->end;
  return KZ_SQL_GOT;
}

static enum kz_sql_got skip_comment(struct kz_sql_cursor *c) {
  char *at = c->at + 2;
  while (at < c->end) {
    char *star = memchr(at, '*', (size_t)(c->end - at));
    if (!star || star + 1 == c->end) {
      return KZ_SQL_MORE;
    }
    if (star[1] == '/') {
      c->at = star + 2;
      return KZ_SQL_GOT;
    }
    at = star + 1;
  }
  return KZ_SQL_MORE;
}

enum kz_sql_got kz_sql_skip_blank(struct kz_sql_cursor *c) {
  for (;;) {
    while (c->at < c->end && kz_is_space(*c->at)) {
      c->at++;
    }
    if (c->at == c->end) {
      return KZ_SQL_GOT;
    }
    enum kz_sql_got got = KZ_SQL_GOT;
    bool has_two = c->at + 1 < c->end;
    if (!has_two && (*c->at == '/' || *c->at == '-')) {
      return c->is_last ? KZ_SQL_GOT : KZ_SQL_MORE;
    }
    if (*c->at == '#' || (*c->at == '-' && c->at[1] == '-')) {
      got = skip_line(c);
    } else if (*c->at == '/' && c->at[1] == '*') {
      got = skip_comment(c);
    } else {
      return KZ_SQL_GOT;
    }
    if (got != KZ_SQL_GOT) {
      return got;
    }
  }
}

/* The same where something must follow. */
static enum kz_sql_got find_next(struct kz_sql_cursor *c) {
  enum kz_sql_got got = kz_sql_skip_blank(c);
  return got == KZ_SQL_GOT && c->at == c->end ? KZ_SQL_MORE : got;
}

/* --- words and names -------------------------------------------------------
 */

enum kz_sql_got kz_sql_read_word(struct kz_sql_cursor *c, kz_str *ret_word) {
  char *at = c->at;
  while (at < c->end && is_word_byte(*at)) {
    at++;
  }
  if (at == c->end && !c->is_last) {
    return KZ_SQL_MORE;
  }
  if (at == c->at) {
    return KZ_SQL_BAD;
  }
  *ret_word = (kz_str){c->at, (size_t)(at - c->at)};
  c->at = at;
  return KZ_SQL_GOT;
}

/* `name`, "name" or name. */
static enum kz_sql_got read_name(struct kz_sql_cursor *c, kz_str *ret_name) {
  enum kz_sql_got got = find_next(c);
  if (got != KZ_SQL_GOT) {
    return got;
  }
  if (*c->at != '`' && *c->at != '"') {
    return kz_sql_read_word(c, ret_name);
  }
  char *from = c->at + 1;
  char *to = memchr(from, *c->at, (size_t)(c->end - from));
  if (!to) {
    return KZ_SQL_MORE;
  }
  *ret_name = (kz_str){from, (size_t)(to - from)};
  c->at = to + 1;
  return KZ_SQL_GOT;
}

/* The table's name, perhaps behind its database's. */
static enum kz_sql_got read_table_name(struct kz_sql_cursor *c,
                                       kz_str *ret_name) {
  enum kz_sql_got got = read_name(c, ret_name);
  got = got == KZ_SQL_GOT ? find_next(c) : got;
  if (got == KZ_SQL_GOT && *c->at == '.') {
    c->at++;
    got = read_name(c, ret_name);
  }
  return got;
}

/* --- values ----------------------------------------------------------------
 */

/* A string whose opening quote is at the cursor. */
static enum kz_sql_got read_string(struct kz_sql_cursor *c,
                                   struct kz_sql_value *ret) {
  char quote = *c->at;
  char *from = c->at + 1;
  enum kz_sql_kind kind = KZ_SQL_PLAIN;
  for (char *at = from; at < c->end; at++) {
    if (*at == '\\') {
      kind = kind == KZ_SQL_DOUBLED ? kind : KZ_SQL_ESCAPED;
      at++;
    } else if (*at == quote) {
      if (at + 1 == c->end && !c->is_last) {
        return KZ_SQL_MORE;
      }
      if (at + 1 < c->end && at[1] == quote) {
        kind = KZ_SQL_DOUBLED;
        at++;
        continue;
      }
      *ret = (struct kz_sql_value){kind, quote, from, (size_t)(at - from)};
      c->at = at + 1;
      return KZ_SQL_GOT;
    }
  }
  return KZ_SQL_MORE;
}

static bool is_number_byte(char c) {
  return kz_is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' ||
         c == 'E';
}

static enum kz_sql_got read_number(struct kz_sql_cursor *c,
                                   struct kz_sql_value *ret) {
  char *from = c->at;
  char *at = from;
  bool is_hex = c->end - from > 1 && from[0] == '0' && from[1] == 'x';
  at += is_hex ? 2 : 0;
  while (at < c->end && (is_hex ? kz_is_hex(*at) : is_number_byte(*at))) {
    at++;
  }
  if (at == c->end) {
    return KZ_SQL_MORE; /* a bracket at least must follow */
  }
  *ret = is_hex ? (struct kz_sql_value){KZ_SQL_HEX, '\0', from + 2,
                                        (size_t)(at - from) - 2}
                : (struct kz_sql_value){KZ_SQL_PLAIN, '\0', from,
                                        (size_t)(at - from)};
  c->at = at;
  return KZ_SQL_GOT;
}

/* NULL, TRUE, FALSE, or what introduces a string: _binary, x, b, N. */
static enum kz_sql_got read_worded(struct kz_sql_cursor *c,
                                   struct kz_sql_value *ret) {
  kz_str word = KZ_STR_NONE;
  enum kz_sql_got got = kz_sql_read_word(c, &word);
  if (got != KZ_SQL_GOT) {
    return got;
  }
  if (kz_str_eq_nocase(word, KZ_STR("null")) ||
      kz_str_eq_nocase(word, KZ_STR("default"))) {
    *ret = (struct kz_sql_value){.kind = KZ_SQL_NULL};
    return KZ_SQL_GOT;
  }
  bool is_true = kz_str_eq_nocase(word, KZ_STR("true"));
  if (is_true || kz_str_eq_nocase(word, KZ_STR("false"))) {
    *ret = (struct kz_sql_value){.kind = is_true ? KZ_SQL_TRUE : KZ_SQL_FALSE};
    return KZ_SQL_GOT;
  }
  bool is_hex = kz_str_eq_nocase(word, KZ_STR("x"));
  if (!is_hex && word.ptr[0] != '_' && !kz_str_eq_nocase(word, KZ_STR("b")) &&
      !kz_str_eq_nocase(word, KZ_STR("n"))) {
    return KZ_SQL_BAD;
  }
  got = find_next(c);
  if (got != KZ_SQL_GOT) {
    return got;
  }
  if (kz_is_digit(*c->at)) { /* _binary 0x00 */
    return read_number(c, ret);
  }
  if (*c->at != '\'' && *c->at != '"') {
    return KZ_SQL_BAD;
  }
  got = read_string(c, ret);
  if (got == KZ_SQL_GOT && is_hex) {
    ret->kind = KZ_SQL_HEX;
  }
  return got;
}

static enum kz_sql_got read_value(struct kz_sql_cursor *c,
                                  struct kz_sql_value *ret) {
  enum kz_sql_got got = find_next(c);
  if (got != KZ_SQL_GOT) {
    return got;
  }
  if (*c->at == '\'' || *c->at == '"') {
    return read_string(c, ret);
  }
  if (is_number_byte(*c->at) && *c->at != 'e' && *c->at != 'E') {
    return read_number(c, ret);
  }
  return read_worded(c, ret);
}

enum kz_sql_got kz_sql_read_row(struct kz_sql_cursor *c,
                                struct kz_sql_value *values, size_t most,
                                size_t *ret_count) {
  size_t count = 0;
  c->at++; /* the bracket */
  for (;;) {
    if (count == most) {
      return KZ_SQL_BAD;
    }
    enum kz_sql_got got = read_value(c, &values[count]);
    got = got == KZ_SQL_GOT ? find_next(c) : got;
    if (got != KZ_SQL_GOT) {
      return got;
    }
    count++;
    char next = *c->at++;
    if (next == ')') {
      *ret_count = count;
      return KZ_SQL_GOT;
    }
    if (next != ',') {
      return KZ_SQL_BAD;
    }
  }
}

static char unescaped(char c) {
  switch (c) {
  case '0':
    return '\0';
  case 'b':
    return '\b';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  case 'Z':
    return '\x1a';
  default: /* the byte itself */
    return c;
  }
}

static kz_str decode_string(const struct kz_sql_value *value) {
  char *to = value->ptr;
  const char *end = value->ptr + value->len;
  for (const char *at = value->ptr; at < end; at++) {
    bool has_next = at + 1 < end;
    if (*at == '\\' && has_next) {
      at++;
      *to++ = unescaped(*at);
    } else {
      at += *at == value->quote && has_next;
      *to++ = *at;
    }
  }
  return (kz_str){value->ptr, (size_t)(to - value->ptr)};
}

static unsigned digit_of(char c) {
  return kz_is_digit(c) ? (unsigned)(c - '0')
                        : (unsigned)(kz_to_lower(c) - 'a') + 10;
}

/* An odd digit, or what is none, ends it. */
static kz_str decode_hex(const struct kz_sql_value *value) {
  size_t len = 0;
  while (len * 2 + 1 < value->len && kz_is_hex(value->ptr[len * 2]) &&
         kz_is_hex(value->ptr[len * 2 + 1])) {
    unsigned byte =
        digit_of(value->ptr[len * 2]) << 4 | digit_of(value->ptr[len * 2 + 1]);
    value->ptr[len++] = (char)byte;
  }
  return (kz_str){value->ptr, len};
}

kz_str kz_sql_value_text(struct kz_sql_value *value) {
  switch (value->kind) {
  case KZ_SQL_NULL:
    return KZ_STR_NONE;
  case KZ_SQL_TRUE:
    return KZ_STR("1");
  case KZ_SQL_FALSE:
    return KZ_STR("0");
  case KZ_SQL_PLAIN:
    return (kz_str){value->ptr, value->len};
  case KZ_SQL_ESCAPED:
  case KZ_SQL_DOUBLED:
    return decode_string(value);
  case KZ_SQL_HEX:
    return decode_hex(value);
  }
  return KZ_STR_NONE;
}

/* --- heads of statements ---------------------------------------------------
 */

/* What in CREATE TABLE begins something else than a column. */
static bool is_keyword(kz_str word) {
  static const char *const words[] = {"primary", "key",     "unique",
                                      "index",   "foreign", "constraint",
                                      "check",   "spatial", "fulltext"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (kz_str_eq_nocase(word, kz_str_of(words[i]))) {
      return true;
    }
  }
  return false;
}

/* To the comma or bracket that ends a definition, and behind it; `*ret_over`:
 * it was the bracket that closes all. */
static enum kz_sql_got skip_definition(struct kz_sql_cursor *c,
                                       bool *ret_over) {
  size_t depth = 0;
  for (;;) {
    enum kz_sql_got got = find_next(c);
    if (got != KZ_SQL_GOT) {
      return got;
    }
    char byte = *c->at;
    struct kz_sql_value string;
    kz_str name = KZ_STR_NONE;
    if (byte == '\'' || byte == '"') {
      got = read_string(c, &string);
    } else if (byte == '`') {
      got = read_name(c, &name);
    } else {
      c->at++;
    }
    if (got != KZ_SQL_GOT) {
      return got;
    }
    if (depth == 0 && (byte == ',' || byte == ')')) {
      *ret_over = byte == ')';
      return KZ_SQL_GOT;
    }
    depth += byte == '(';
    depth -= byte == ')';
  }
}

/* Words that may stand before a table's name. */
static enum kz_sql_got skip_words(struct kz_sql_cursor *c) {
  static const char *const words[] = {"into",    "ignore",       "low_priority",
                                      "if",      "not",          "exists",
                                      "delayed", "high_priority"};
  for (;;) {
    enum kz_sql_got got = find_next(c);
    if (got != KZ_SQL_GOT || *c->at == '`' || *c->at == '"') {
      return got;
    }
    struct kz_sql_cursor ahead = *c;
    kz_str word = KZ_STR_NONE;
    bool known = false;
    got = kz_sql_read_word(&ahead, &word);
    if (got != KZ_SQL_GOT) {
      return got;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
      known = known || kz_str_eq_nocase(word, kz_str_of(words[i]));
    }
    if (!known) {
      return KZ_SQL_GOT;
    }
    *c = ahead;
  }
}

enum kz_sql_got kz_sql_read_create(struct kz_sql_cursor *c, kz_str *ret_name,
                                   kz_str *columns, size_t *ret_count) {
  size_t count = 0;
  bool is_over = false;
  enum kz_sql_got got = skip_words(c);
  got = got == KZ_SQL_GOT ? read_table_name(c, ret_name) : got;
  got = got == KZ_SQL_GOT ? find_next(c) : got;
  if (got != KZ_SQL_GOT) {
    return got;
  }
  if (*c->at != '(') { /* LIKE, SELECT: not what a dump has */
    return KZ_SQL_BAD;
  }
  c->at++;
  while (!is_over) {
    got = find_next(c);
    if (got != KZ_SQL_GOT) {
      return got;
    }
    bool is_quoted = *c->at == '`' || *c->at == '"';
    kz_str name = KZ_STR_NONE;
    got = read_name(c, &name);
    if (got == KZ_SQL_GOT && (is_quoted || !is_keyword(name))) {
      if (count == KZ_SQL_COLUMNS_MAX) {
        return KZ_SQL_BAD;
      }
      columns[count++] = name;
    }
    got = got == KZ_SQL_GOT ? skip_definition(c, &is_over) : got;
    if (got != KZ_SQL_GOT) {
      return got;
    }
  }
  *ret_count = count;
  return KZ_SQL_GOT;
}

/* (`a`, `b`): the cursor is at the bracket. */
static enum kz_sql_got read_columns(struct kz_sql_cursor *c, kz_str *columns,
                                    size_t *ret_count) {
  size_t count = 0;
  char next = '\0';
  c->at++;
  while (next != ')') {
    kz_str name = KZ_STR_NONE;
    enum kz_sql_got got = read_name(c, &name);
    got = got == KZ_SQL_GOT ? find_next(c) : got;
    if (got != KZ_SQL_GOT) {
      return got;
    }
    next = *c->at++;
    if (count == KZ_SQL_COLUMNS_MAX || (next != ',' && next != ')')) {
      return KZ_SQL_BAD;
    }
    columns[count++] = name;
  }
  *ret_count = count;
  return KZ_SQL_GOT;
}

enum kz_sql_got kz_sql_read_insert(struct kz_sql_cursor *c, kz_str *ret_name,
                                   kz_str *columns, size_t *ret_count) {
  size_t count = 0;
  kz_str word = KZ_STR_NONE;
  enum kz_sql_got got = skip_words(c);
  got = got == KZ_SQL_GOT ? read_table_name(c, ret_name) : got;
  got = got == KZ_SQL_GOT ? find_next(c) : got;
  if (got == KZ_SQL_GOT && *c->at == '(') {
    got = read_columns(c, columns, &count);
    got = got == KZ_SQL_GOT ? find_next(c) : got;
  }
  got = got == KZ_SQL_GOT ? kz_sql_read_word(c, &word) : got;
  if (got != KZ_SQL_GOT) {
    return got;
  }
  if (!kz_str_eq_nocase(word, KZ_STR("values")) &&
      !kz_str_eq_nocase(word, KZ_STR("value"))) {
    return KZ_SQL_BAD;
  }
  *ret_count = count;
  return KZ_SQL_GOT;
}

/* --- passing over ----------------------------------------------------------
 */

/* While passing: what the state is after `byte` outside of quotes, where
 * `next` follows. Comments are '*' and '-'. */
static char opened(char byte, char next) {
  if (byte == '\'' || byte == '"' || byte == '`') {
    return byte;
  }
  if (byte == '/' && next == '*') {
    return '*';
  }
  return byte == '#' || (byte == '-' && next == '-') ? '-' : '\0';
}

/* Goes behind the end of what `quote` says we are in; false: not found. */
static bool pass_quoted(struct kz_sql_cursor *c, char quote) {
  while (c->at < c->end) {
    char *at = c->at;
    if (quote == '-') {
      at = memchr(at, '\n', (size_t)(c->end - at));
      c->at = at ? at + 1 : c->end;
      return at != NULL;
    }
    while (at < c->end && *at != quote && *at != '\\') {
      at++;
    }
    c->at = at;
    if (at == c->end) {
      return false;
    }
    bool is_pair = *at == '\\' || quote == '*';
    if (is_pair && at + 1 == c->end) {
      c->at = c->is_last ? c->end : at;
      return false;
    }
    if (quote == '*') {
      c->at = at + 1;
      if (*at == '*' && at[1] == '/') {
        c->at = at + 2;
        return true;
      }
    } else if (*at == '\\') {
      c->at = quote == '`' ? at + 1 : at + 2;
    } else {
      c->at = at + 1;
      return true;
    }
  }
  return false;
}

bool kz_sql_pass(struct kz_sql_cursor *c, char *quote) {
  while (c->at < c->end) {
    if (*quote != '\0') {
      if (!pass_quoted(c, *quote)) {
        return false;
      }
      *quote = '\0';
      continue;
    }
    char byte = *c->at;
    if ((byte == '/' || byte == '-') && c->at + 1 == c->end) {
      c->at += c->is_last;
      return false;
    }
    c->at++;
    if (byte == ';') {
      return true;
    }
    *quote = opened(byte, c->at < c->end ? *c->at : '\0');
    c->at += *quote == '*'; /* so that the star does not end it */
  }
  return false;
}
