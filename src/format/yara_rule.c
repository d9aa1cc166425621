/* Only the outside of rules is read. In YARA a '/' that begins no comment
 * always begins a regular expression (division is '\'), which ends at the next
 * '/' without a backslash, on the same line; strings end on their line too. */
#include "format/yara_rule.h"

enum { NAME_MAX_BYTES = 128 };

struct reader {
  kz_str text;
  size_t at;
};

static char look(const struct reader *r, size_t ahead) {
  return r->at + ahead < r->text.len ? r->text.ptr[r->at + ahead] : '\0';
}

/* To behind the closing quote or slash; false: none on this line. */
static bool skip_quoted(struct reader *r, char end) {
  for (r->at++; r->at < r->text.len; r->at++) {
    char c = r->text.ptr[r->at];
    if (c == '\n' || c == '\r') {
      return false;
    }
    if (c == '\\') {
      r->at++;
      if (look(r, 0) == '\n' || look(r, 0) == '\r') {
        return false;
      }
    } else if (c == end) {
      r->at++;
      return true;
    }
  }
  return false;
}

/* Passes over a comment; false: it has no end. A comment on the last line ends
 * with the text, as a line end follows it. */
static bool skip_comment(struct reader *r) {
  kz_str rest = kz_str_from(r->text, r->at + 2);
  bool is_block = look(r, 1) == '*';
  size_t end =
      is_block ? kz_str_find(rest, KZ_STR("*/")) : kz_str_find_byte(rest, '\n');
  if (end == SIZE_MAX) {
    r->at = r->text.len;
    return !is_block;
  }
  r->at += 2 + end + (is_block ? 2 : 1);
  return true;
}

static bool is_comment(const struct reader *r) {
  return look(r, 0) == '/' && (look(r, 1) == '/' || look(r, 1) == '*');
}

/* White space and comments between tokens. */
static bool skip_space(struct reader *r) {
  while (r->at < r->text.len) {
    if (kz_is_space(r->text.ptr[r->at])) {
      r->at++;
    } else if (!is_comment(r)) {
      return true;
    } else if (!skip_comment(r)) {
      return false;
    }
  }
  return true;
}

static kz_str take_word(struct reader *r) {
  size_t start = r->at;
  while (kz_is_alnum(look(r, 0)) || look(r, 0) == '_') {
    r->at++;
  }
  return kz_str_head(kz_str_from(r->text, start), r->at - start);
}

/* From the '{' of a rule to behind its '}'. */
static bool skip_body(struct reader *r) {
  size_t depth = 0;
  while (r->at < r->text.len) {
    char c = r->text.ptr[r->at];
    bool is_good = true;
    if (is_comment(r)) {
      is_good = skip_comment(r);
    } else if (c == '"' || c == '/') {
      is_good = skip_quoted(r, c);
    } else {
      r->at++;
      depth += c == '{';
      depth -= c == '}' && depth > 0;
      if (c == '}' && depth == 0) {
        return true;
      }
    }
    if (!is_good) {
      return false;
    }
  }
  return false;
}

static bool read_import(struct reader *r) {
  static const char *const modules[] = {"pe", "elf", "math", "hash", "time"};
  if (!skip_space(r) || look(r, 0) != '"') {
    return false;
  }
  size_t start = r->at + 1;
  if (!skip_quoted(r, '"')) {
    return false;
  }
  kz_str name = kz_str_head(kz_str_from(r->text, start), r->at - 1 - start);
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    if (kz_str_eq(name, kz_str_of(modules[i]))) {
      return true;
    }
  }
  return false;
}

static bool add_name(struct kz_yara_names *names, kz_str name) {
  if (name.len == 0 || name.len > NAME_MAX_BYTES || kz_is_digit(name.ptr[0]) ||
      names->count == KZ_YARA_RULES_MAX ||
      kz_str_starts(name, KZ_STR("MISP_e"))) {
    return false; /* the last are ours */
  }
  for (size_t i = 0; i < names->count; i++) {
    if (kz_str_eq(names->names[i], name)) {
      return false;
    }
  }
  names->names[names->count++] = name;
  return true;
}

/* Behind "rule": the name, tags and the body. */
static bool read_rule(struct reader *r, struct kz_yara_names *names) {
  if (!skip_space(r) || !add_name(names, take_word(r)) || !skip_space(r)) {
    return false;
  }
  if (look(r, 0) == ':') {
    r->at++;
    while (skip_space(r) && look(r, 0) != '{') {
      if (take_word(r).len == 0) {
        return false;
      }
    }
  }
  return look(r, 0) == '{' && skip_body(r);
}

bool kz_yara_read(kz_str text, struct kz_yara_names *ret) {
  struct reader r = {.text = text};
  ret->count = 0;
  if (text.len > KZ_YARA_BYTES_MAX ||
      kz_str_find_byte(text, '\0') != SIZE_MAX) {
    return false;
  }
  for (;;) {
    if (!skip_space(&r)) {
      return false;
    }
    if (r.at == text.len) {
      return ret->count > 0;
    }
    kz_str word = take_word(&r);
    bool is_good = false;
    if (kz_str_eq(word, KZ_STR("import"))) {
      is_good = read_import(&r);
    } else if (kz_str_eq(word, KZ_STR("private"))) {
      is_good = skip_space(&r) && kz_str_eq(take_word(&r), KZ_STR("rule")) &&
                read_rule(&r, ret);
    } else if (kz_str_eq(word, KZ_STR("rule"))) {
      is_good = read_rule(&r, ret);
    }
    if (!is_good) {
      return false;
    }
  }
}

bool kz_yara_is_hex(kz_str text) {
  kz_str inner = kz_str_trim(text);
  size_t digits = 0;
  size_t wild = 0; /* '?' since the last digit */
  bool is_begun = false;
  if (inner.len < 4 || inner.ptr[0] != '{' || inner.ptr[inner.len - 1] != '}') {
    return false;
  }
  inner = kz_str_trim(kz_str_head(kz_str_from(inner, 1), inner.len - 2));
  for (size_t i = 0; i < inner.len; i++) {
    char c = inner.ptr[i];
    if (c == ' ' && digits % 2 == 0) {
      continue;
    }
    if (!kz_is_hex(c) && c != '?') {
      return false;
    }
    if (c == '?' && (!is_begun || digits == 1)) {
      return false;
    }
    is_begun = true;
    wild = c == '?' ? wild + 1 : 0;
    digits++;
  }
  return digits >= 8 && digits % 2 == 0 && wild == 0;
}
