/* A machine over bytes: the writer that feeds it makes valid JSON, so what is
 * not valid is passed over rather than explained. */
#include "format/xml.h"

#include <string.h>

#include "base/utf8.h"

enum state {
  STATE_VALUE, /* white space and punctuation between values */
  STATE_STRING,
  STATE_ESCAPE,  /* behind a backslash */
  STATE_UNICODE, /* digits of \uXXXX */
  STATE_WORD,    /* a number, true, false, null */
};

static bool is_xml_char(uint32_t point) {
  return point == '\t' || point == '\n' || point == '\r' ||
         (point >= 0x20 && point < 0xd800) ||
         (point >= 0xe000 && point < 0xfffe) ||
         (point >= 0x10000 && point <= 0x10ffff);
}

static void add_point(struct kz_buf *out, uint32_t point) {
  char bytes[KZ_UTF8_MAX];
  switch (point) {
  case '&':
    kz_buf_add_str(out, KZ_STR("&amp;"));
    return;
  case '<':
    kz_buf_add_str(out, KZ_STR("&lt;"));
    return;
  case '>':
    kz_buf_add_str(out, KZ_STR("&gt;"));
    return;
  case '"':
    kz_buf_add_str(out, KZ_STR("&quot;"));
    return;
  case '\'':
    kz_buf_add_str(out, KZ_STR("&#39;"));
    return;
  case '\r': /* a reader would make a line end of it */
    kz_buf_add_str(out, KZ_STR("&#13;"));
    return;
  }
  size_t len =
      kz_utf8_encode(is_xml_char(point) ? point : KZ_UTF8_REPLACEMENT, bytes);
  kz_buf_add(out, bytes, len);
}

void kz_xml_text(struct kz_buf *out, kz_str text) {
  while (text.len > 0) {
    uint32_t point = KZ_UTF8_REPLACEMENT;
    size_t len = kz_utf8_decode(text, &point);
    add_point(out, point);
    text = kz_str_from(text, len > 0 ? len : 1);
  }
}

void kz_xml_init(struct kz_xml *xml, struct kz_buf *out) {
  memset(xml, 0, sizeof *xml);
  xml->out = out;
}

/* --- elements --------------------------------------------------------------
 */

static bool is_element_name(kz_str name) {
  if (name.len == 0 || (!kz_is_alpha(name.ptr[0]) && name.ptr[0] != '_')) {
    return false;
  }
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    if (!kz_is_alnum(c) && c != '_' && c != '-' && c != '.') {
      return false;
    }
  }
  return !kz_str_eq_nocase(kz_str_head(name, 3), KZ_STR("xml"));
}

/* The element of the value that begins; empty: none is due. */
static kz_str name_of_value(const struct kz_xml *xml) {
  if (xml->depth == 0) {
    return KZ_STR_NONE;
  }
  unsigned at = xml->depth - 1;
  return xml->level[at].is_object
             ? (kz_str){xml->name, xml->name_len}
             : (kz_str){xml->level[at].name, xml->level[at].name_len};
}

/* Whether the value that begins is left out: inside an object it needs a name.
 */
static bool is_left_out(const struct kz_xml *xml) {
  return xml->skipped > 0 ||
         (xml->depth > 0 && xml->level[xml->depth - 1].is_object &&
          xml->name_len == 0);
}

static void add_tag(struct kz_xml *xml, const char *open, kz_str name) {
  if (name.len > 0) {
    kz_buf_add_str(xml->out, kz_str_of(open));
    kz_buf_add_str(xml->out, name);
    kz_buf_add_byte(xml->out, '>');
  }
}

static void open_level(struct kz_xml *xml, bool is_object) {
  if (is_left_out(xml) || xml->depth == KZ_XML_DEPTH_MAX) {
    xml->skipped++;
    return;
  }
  kz_str name = name_of_value(xml);
  if (is_object) {
    add_tag(xml, "<", name);
  }
  xml->level[xml->depth].is_object = is_object;
  xml->level[xml->depth].name_len = (uint8_t)name.len;
  if (name.len > 0) {
    memmove(xml->level[xml->depth].name, name.ptr, name.len);
  }
  xml->depth++;
  xml->name_len = 0;
}

static void close_level(struct kz_xml *xml) {
  if (xml->skipped > 0) {
    xml->skipped--;
    return;
  }
  if (xml->depth == 0) {
    return;
  }
  xml->depth--;
  if (xml->level[xml->depth].is_object) {
    add_tag(
        xml, "</",
        (kz_str){xml->level[xml->depth].name, xml->level[xml->depth].name_len});
  }
}

/* --- scalars ---------------------------------------------------------------
 */

static void end_word(struct kz_xml *xml) {
  kz_str word = {xml->word, xml->word_len};
  xml->state = STATE_VALUE;
  if (is_left_out(xml)) {
    return;
  }
  kz_str name = name_of_value(xml);
  add_tag(xml, "<", name);
  if (kz_str_eq(word, KZ_STR("true"))) {
    kz_buf_add_byte(xml->out, '1');
  } else if (kz_str_eq(word, KZ_STR("false"))) {
    kz_buf_add_byte(xml->out, '0');
  } else if (!kz_str_eq(word, KZ_STR("null"))) {
    kz_xml_text(xml->out, word);
  }
  add_tag(xml, "</", name);
}

static void begin_string(struct kz_xml *xml, bool is_key) {
  xml->state = STATE_STRING;
  xml->is_key = is_key;
  if (is_key) {
    xml->name_len = 0;
    xml->is_no_name = false;
  } else if (!is_left_out(xml)) {
    add_tag(xml, "<", name_of_value(xml));
  }
}

static void end_string(struct kz_xml *xml) {
  xml->state = STATE_VALUE;
  if (xml->is_key) {
    kz_str name = {xml->name, xml->name_len};
    if (!is_element_name(name)) {
      xml->name_len = 0;
    }
  } else if (!is_left_out(xml)) {
    add_tag(xml, "</", name_of_value(xml));
  }
}

static void take_point(struct kz_xml *xml, uint32_t point) {
  if (!xml->is_key) {
    if (!is_left_out(xml)) {
      add_point(xml->out, point);
    }
    return;
  }
  bool fits =
      !xml->is_no_name && point < 0x80 && xml->name_len + 1 < KZ_XML_NAME_MAX;
  if (fits) {
    xml->name[xml->name_len++] = (char)point;
  } else {
    xml->is_no_name = true;
    xml->name_len = 0;
  }
}

/* A \uXXXX: halves of a pair are put together. */
static void take_unit(struct kz_xml *xml, uint32_t unit) {
  if (unit >= 0xd800 && unit < 0xdc00) {
    if (xml->high) {
      take_point(xml, KZ_UTF8_REPLACEMENT);
    }
    xml->high = unit;
    return;
  }
  if (unit >= 0xdc00 && unit < 0xe000) {
    uint32_t high = xml->high;
    xml->high = 0;
    take_point(xml, high ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00)
                         : KZ_UTF8_REPLACEMENT);
    return;
  }
  if (xml->high) {
    take_point(xml, KZ_UTF8_REPLACEMENT);
    xml->high = 0;
  }
  take_point(xml, unit);
}

static void end_high(struct kz_xml *xml) {
  if (xml->high) {
    xml->high = 0;
    take_point(xml, KZ_UTF8_REPLACEMENT);
  }
}

static size_t length_by_lead(unsigned char lead) {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

/* Bytes above ASCII wait until their character is whole. */
static void take_high_byte(struct kz_xml *xml, char c) {
  xml->tail[xml->tail_len++] = c;
  if (xml->tail_len < length_by_lead((unsigned char)xml->tail[0])) {
    return;
  }
  uint32_t point = KZ_UTF8_REPLACEMENT;
  (void)kz_utf8_decode((kz_str){xml->tail, xml->tail_len}, &point);
  xml->tail_len = 0;
  take_point(xml, point);
}

static void take_string_byte(struct kz_xml *xml, char c) {
  if ((unsigned char)c >= 0x80) {
    end_high(xml);
    take_high_byte(xml, c);
    return;
  }
  xml->tail_len = 0;
  if (c == '\\') {
    xml->state = STATE_ESCAPE;
    return;
  }
  end_high(xml);
  if (c == '"') {
    end_string(xml);
  } else {
    take_point(xml, (unsigned char)c);
  }
}

static void take_escape(struct kz_xml *xml, char c) {
  static const char from[] = "bfnrt";
  static const char to[] = "\b\f\n\r\t";
  xml->state = STATE_STRING;
  if (c == 'u') {
    xml->state = STATE_UNICODE;
    xml->unit = 0;
    xml->digits = 0;
    return;
  }
  const char *at = c ? strchr(from, c) : NULL;
  take_unit(xml, (unsigned char)(at ? to[at - from] : c));
}

static void take_digit(struct kz_xml *xml, char c) {
  uint32_t value = kz_is_digit(c) ? (uint32_t)(c - '0')
                                  : (uint32_t)(kz_to_lower(c) - 'a' + 10) & 15;
  xml->unit = xml->unit << 4 | value;
  if (++xml->digits == 4) {
    xml->state = STATE_STRING;
    take_unit(xml, xml->unit);
  }
}

static void take_between(struct kz_xml *xml, char c) {
  switch (c) {
  case '{':
  case '[':
    open_level(xml, c == '{');
    xml->is_key_due = c == '{' && xml->skipped == 0;
    return;
  case '}':
  case ']':
    close_level(xml);
    xml->is_key_due = false;
    return;
  case ',':
    xml->is_key_due = xml->skipped == 0 && xml->depth > 0 &&
                      xml->level[xml->depth - 1].is_object;
    return;
  case ':':
    xml->is_key_due = false;
    return;
  case '"':
    begin_string(xml, xml->is_key_due);
    return;
  case ' ':
  case '\t':
  case '\n':
  case '\r':
    return;
  }
  xml->state = STATE_WORD;
  xml->word_len = 0;
  xml->word[xml->word_len++] = c;
}

static bool ends_word(char c) {
  return c == ',' || c == '}' || c == ']' || kz_is_space(c);
}

void kz_xml_feed(struct kz_xml *xml, kz_str json) {
  for (size_t i = 0; i < json.len; i++) {
    char c = json.ptr[i];
    switch ((enum state)xml->state) {
    case STATE_STRING:
      take_string_byte(xml, c);
      break;
    case STATE_ESCAPE:
      take_escape(xml, c);
      break;
    case STATE_UNICODE:
      take_digit(xml, c);
      break;
    case STATE_WORD:
      if (ends_word(c)) {
        end_word(xml);
        take_between(xml, c);
      } else if (xml->word_len < sizeof xml->word) {
        xml->word[xml->word_len++] = c;
      }
      break;
    case STATE_VALUE:
      take_between(xml, c);
      break;
    }
  }
}
