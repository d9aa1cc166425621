/* The usual string needs no escape: it is scanned once and copied once, with
 * its quotes, the comma before and the colon after it into one piece of room.
 */
#include "base/jsonw.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/utf8.h"

enum {
  DOUBLE_TEXT = 32, /* bytes: "-1.2345678901234567e-308" and a NUL */
  DOUBLE_DIGITS = 17,
};

void kz_jsonw_init(struct kz_jsonw *w, struct kz_buf *out) {
  *w = (struct kz_jsonw){.out = out, .scan = kz_json_scan(0)};
}

static uint64_t bit_of_depth(const struct kz_jsonw *w) {
  return UINT64_C(1) << (w->depth - 1);
}

static bool is_in_object(const struct kz_jsonw *w) {
  return w->depth > 0 && (w->objects & bit_of_depth(w)) != 0;
}

/* Notes that a key or element comes; whether a comma must stand before it. */
static bool needs_comma(struct kz_jsonw *w) {
  if (w->depth == 0) {
    return false;
  }
  bool is_filled = (w->filled & bit_of_depth(w)) != 0;
  w->filled |= bit_of_depth(w);
  return is_filled;
}

/* Notes that a value comes; whether a comma must stand before it. */
static bool begin_value(struct kz_jsonw *w) {
  assert(w->after_key == is_in_object(w));
  if (w->after_key) {
    w->after_key = false;
    return false;
  }
  return needs_comma(w);
}

static void write_value(struct kz_jsonw *w, kz_str text) {
  if (begin_value(w)) {
    kz_buf_add_byte(w->out, ',');
  }
  kz_buf_add_str(w->out, text);
}

/* --- strings --- */

static void write_escape(struct kz_buf *out, char c) {
  static const char letters[] = {
      ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
      ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
  };
  static const char digits[] = "0123456789abcdef";
  unsigned char byte = (unsigned char)c;
  if (letters[byte] != 0) {
    kz_buf_add(out, (char[]){'\\', letters[byte]}, 2);
    return;
  }
  const char text[] = {
      '\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 0x0F]};
  kz_buf_add(out, text, sizeof text);
}

static void write_repaired(struct kz_buf *out, kz_str text) {
  while (text.len > 0) {
    size_t valid = kz_utf8_valid_prefix(text);
    kz_buf_add(out, text.ptr, valid);
    if (valid < text.len) {
      kz_buf_add_str(out, KZ_STR("\xEF\xBF\xBD")); /* U+FFFD */
      valid++;
    }
    text = kz_str_from(text, valid);
  }
}

static void write_byte_unless_0(struct kz_buf *out, char c) {
  if (c) {
    kz_buf_add_byte(out, c);
  }
}

static void write_hard_string(struct kz_jsonw *w, kz_str text, char before,
                              char after) {
  write_byte_unless_0(w->out, before);
  kz_buf_add_byte(w->out, '"');
  while (text.len > 0) {
    const char *end = w->scan->text(text.ptr, text.ptr + text.len).end;
    size_t len = (size_t)(end - text.ptr);
    write_repaired(w->out, kz_str_head(text, len));
    if (len < text.len) {
      write_escape(w->out, *end);
      len++;
    }
    text = kz_str_from(text, len);
  }
  kz_buf_add_byte(w->out, '"');
  write_byte_unless_0(w->out, after);
}

static bool is_easy(const struct kz_jsonw *w, kz_str text) {
  const char *end = text.ptr + text.len;
  struct kz_json_run run = w->scan->text(text.ptr, end);
  return run.end == end && (run.is_ascii || kz_utf8_is_valid(text));
}

/* `before` and `after` are a byte, or 0 for none. */
static void write_string(struct kz_jsonw *w, kz_str text, char before,
                         char after) {
  if (text.len > 0 && !is_easy(w, text)) {
    write_hard_string(w, text, before, after);
    return;
  }
  size_t around = 2 + (size_t)(before != '\0') + (size_t)(after != '\0');
  char *to = kz_buf_room(w->out, around + text.len);
  if (!to) {
    return;
  }
  if (before) {
    *to++ = before;
  }
  *to++ = '"';
  if (text.len > 0) {
    memcpy(to, text.ptr, text.len);
    to += text.len;
  }
  *to++ = '"';
  if (after) {
    *to = after;
  }
  w->out->len += around + text.len;
}

void kz_jsonw_key(struct kz_jsonw *w, kz_str key) {
  assert(is_in_object(w) && !w->after_key);
  char before = needs_comma(w) ? ',' : '\0';
  write_string(w, key, before, ':');
  w->after_key = true;
}

void kz_jsonw_str(struct kz_jsonw *w, kz_str value) {
  char before = begin_value(w) ? ',' : '\0';
  write_string(w, value, before, '\0');
}

/* --- objects and arrays --- */

static void open_container(struct kz_jsonw *w, bool is_object) {
  assert(w->depth < KZ_JSONW_DEPTH_MAX);
  write_value(w, is_object ? KZ_STR("{") : KZ_STR("["));
  w->depth++;
  uint64_t bit = bit_of_depth(w);
  w->filled &= ~bit;
  w->objects = is_object ? w->objects | bit : w->objects & ~bit;
}

void kz_jsonw_object(struct kz_jsonw *w) {
  open_container(w, true);
}

void kz_jsonw_array(struct kz_jsonw *w) {
  open_container(w, false);
}

void kz_jsonw_object_end(struct kz_jsonw *w) {
  assert(is_in_object(w) && !w->after_key);
  w->depth--;
  kz_buf_add_byte(w->out, '}');
}

void kz_jsonw_array_end(struct kz_jsonw *w) {
  assert(w->depth > 0 && !is_in_object(w));
  w->depth--;
  kz_buf_add_byte(w->out, ']');
}

/* --- other values --- */

void kz_jsonw_bool(struct kz_jsonw *w, bool value) {
  write_value(w, value ? KZ_STR("true") : KZ_STR("false"));
}

void kz_jsonw_null(struct kz_jsonw *w) {
  write_value(w, KZ_STR("null"));
}

void kz_jsonw_u64(struct kz_jsonw *w, uint64_t value) {
  write_value(w, KZ_STR_NONE);
  kz_buf_add_u64(w->out, value);
}

void kz_jsonw_i64(struct kz_jsonw *w, int64_t value) {
  write_value(w, value < 0 ? KZ_STR("-") : KZ_STR_NONE);
  /* In unsigned arithmetic, as INT64_MIN has no positive. */
  kz_buf_add_u64(w->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void kz_jsonw_double(struct kz_jsonw *w, double value) {
  if (!isfinite(value)) {
    kz_jsonw_null(w);
    return;
  }
  /* Fifteen digits always survive, except where the exponent is at its end. */
  int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
  char text[DOUBLE_TEXT];
  int len = 0;
  do {
    len = snprintf(text, sizeof text, "%.*g", digits, value);
    digits++;
  } while (digits <= DOUBLE_DIGITS && strtod(text, NULL) != value);
  char *comma = strchr(text, ','); /* the point of some locales */
  if (comma) {
    *comma = '.';
  }
  write_value(w, (kz_str){text, (size_t)len});
}

void kz_jsonw_u64_str(struct kz_jsonw *w, uint64_t value) {
  write_value(w, KZ_STR("\""));
  kz_buf_add_u64(w->out, value);
  kz_buf_add_byte(w->out, '"');
}

void kz_jsonw_raw(struct kz_jsonw *w, kz_str json) {
  write_value(w, json);
}

/* --- members --- */

void kz_jsonw_raw_members(struct kz_jsonw *w, kz_str members) {
  assert(is_in_object(w) && !w->after_key);
  if (members.len == 0) {
    return;
  }
  if (needs_comma(w)) {
    kz_buf_add_byte(w->out, ',');
  }
  kz_buf_add_str(w->out, members);
}

void kz_jsonw_member_str(struct kz_jsonw *w, kz_str key, kz_str value) {
  kz_jsonw_key(w, key);
  kz_jsonw_str(w, value);
}

void kz_jsonw_member_bool(struct kz_jsonw *w, kz_str key, bool value) {
  kz_jsonw_key(w, key);
  kz_jsonw_bool(w, value);
}

void kz_jsonw_member_u64(struct kz_jsonw *w, kz_str key, uint64_t value) {
  kz_jsonw_key(w, key);
  kz_jsonw_u64(w, value);
}

void kz_jsonw_member_i64(struct kz_jsonw *w, kz_str key, int64_t value) {
  kz_jsonw_key(w, key);
  kz_jsonw_i64(w, value);
}

void kz_jsonw_member_u64_str(struct kz_jsonw *w, kz_str key, uint64_t value) {
  kz_jsonw_key(w, key);
  kz_jsonw_u64_str(w, value);
}
