/* One step reads one token, with the comma before it; after a key, with the
 * colon too. What is due next is one of eight states, and a bit for each open
 * object or array says which of both it is, so the depth of the text costs no
 * recursion and no memory. Skipping is the same step without unescaping:
 * nothing can be valid for the one and not for the other.
 *
 * The text is mapped a window ahead by SIMD: a bit for each byte that ends a
 * run of text, a bit for each byte outside of ASCII. The end of a string is
 * then one load, one shift and one count of zeros away. Scanning string by
 * string took 1.4 times as long; listing the set bits first, as simdjson
 * does, 1.2 times (docs/decisions/0003).
 *
 * Almost all tokens of compact JSON are read by `read_easy`, which takes what
 * is beyond doubt and leaves all decisions to `read_token`. A string with
 * escapes or outside of ASCII goes through `pass_hard_text`, which validates;
 * unescaping is a second pass over what is known to be good, so that skipping
 * needs no checker of its own. */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>

#include "base/json_scan.h"
#include "base/utf8.h"

enum state {
  TOP,           /* the top-level value is due */
  MEMBER,        /* the value of a key is due */
  FIRST_KEY,     /* a key, or the end of the object */
  AFTER_MEMBER,  /* a comma and a key, or the end of the object */
  FIRST_ELEMENT, /* a value, or the end of the array */
  NEXT_ELEMENT,  /* a value: the comma is read */
  AFTER_ELEMENT, /* a comma and a value, or the end of the array */
  DONE,          /* the top-level value is complete */
};

enum {
  WORD_BITS = 64,
  LOOK_AHEAD = 57, /* bits of a word that is loaded from any byte */
  EASY_REACH = 66, /* bytes that read_easy may look at after its first */
  HEX_DIGITS = 4,  /* of a \u escape */
  HIGH_FIRST = 0xD800,
  LOW_FIRST = 0xDC00,
  LOW_LAST = 0xDFFF,
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NEVER_INLINE static __attribute__((noinline))

void kz_json_init(struct kz_json *json, kz_str text, struct kz_arena *arena,
                  struct kz_json_limits limits) {
  const char *start = text.ptr ? text.ptr : "";
  json->start = start;
  json->at = start;
  json->end = start + text.len;
  json->scan = kz_json_scan(0);
  json->arena = arena;
  json->limits = limits;
  if (limits.depth > KZ_JSON_DEPTH_MAX) {
    json->limits.depth = KZ_JSON_DEPTH_MAX;
  }
  json->depth = 0;
  json->state = TOP;
  json->rc = KZ_OK;
  json->problem = NULL;
  json->problem_at = NULL;
  json->map_start = start;
  json->map_size = 0;
  json->easy_end = start;
}

/* Steps return where they got to. NULL means that json->rc says why not. */
NEVER_INLINE const char *fail(struct kz_json *json, kz_rc rc, const char *at,
                              const char *problem) {
  json->rc = rc;
  json->easy_end = json->start;
  json->problem_at = at;
  json->problem = problem;
  return NULL;
}

/* What is due is not there; `at` may be the end of the text. */
NEVER_INLINE const char *refuse(struct kz_json *json, const char *at,
                                const char *problem) {
  if (at == json->end) {
    problem = "the text ends too early";
  }
  return fail(json, KZ_E_INPUT, at, problem);
}

NEVER_INLINE const char *pass_long_space(const struct kz_json *json,
                                         const char *at) {
  return json->scan->space(at, json->end);
}

/* Maps the text from `at`. The map's size is a block less than it holds, so
 * that a whole look ahead is always in it. Where the text ends in the window,
 * the zeros that the last block is filled up with mark its end. */
NEVER_INLINE void map_text(struct kz_json *json, const char *at) {
  size_t left = (size_t)(json->end - at);
  size_t blocks = left / KZ_JSON_BLOCK;
  size_t most = (KZ_JSON_MAP_WORDS - 1) * (size_t)KZ_JSON_BLOCK;
  json->map_start = at;
  json->easy_end = at;
  if (json->limits.string >= KZ_JSON_BLOCK && left > EASY_REACH) {
    json->easy_end += (left < most ? left : most) - EASY_REACH;
  }
  if (blocks >= KZ_JSON_MAP_WORDS) {
    json->scan->mark(at, KZ_JSON_MAP_WORDS, json->ends, json->high);
    json->map_size = most;
    return;
  }
  json->scan->mark(at, blocks, json->ends, json->high);
  char last[KZ_JSON_BLOCK] = {0};
  memcpy(last, at + blocks * KZ_JSON_BLOCK, left % KZ_JSON_BLOCK);
  json->scan->mark(last, 1, json->ends + blocks, json->high + blocks);
  json->ends[blocks + 1] = 0;
  json->high[blocks + 1] = 0;
  json->map_size = left + 1;
}

/* The bits of a map from `bit` on, at least LOOK_AHEAD of them. */
ALWAYS_INLINE uint64_t bits_from(const uint64_t *map, size_t bit) {
  uint64_t word = 0;
  memcpy(&word, (const char *)map + bit / 8, sizeof word);
  return word >> (bit % 8);
}

/* The run of text from `at`. */
ALWAYS_INLINE struct kz_json_run pass_text(struct kz_json *json,
                                           const char *at) {
  uint64_t high = 0;
  for (;; at += LOOK_AHEAD) {
    size_t bit = (size_t)(at - json->map_start); /* huge before the map */
    if (bit >= json->map_size) {
      map_text(json, at);
      bit = 0;
    }
    uint64_t ends = bits_from(json->ends, bit);
    uint64_t ahead = bits_from(json->high, bit);
    if (ends != 0) {
      high |= ahead & (ends - 1) & ~ends; /* before the end */
      return (struct kz_json_run){at + __builtin_ctzll(ends), high == 0};
    }
    high |= ahead;
  }
}

ALWAYS_INLINE const char *pass_space(const struct kz_json *json,
                                     const char *at) {
  if (at < json->end && (unsigned char)*at <= ' ') {
    return pass_long_space(json, at);
  }
  return at;
}

/* --- strings --- */

static int hex_value(char c) {
  if (kz_is_digit(c)) {
    return c - '0';
  }
  return kz_is_hex(c) ? kz_to_lower(c) - 'a' + 10 : -1;
}

/* The number in four hexadecimal digits, or -1. */
static int read_hex(const char *at, const char *end) {
  if (end - at < HEX_DIGITS) {
    return -1;
  }
  int number = 0;
  for (int i = 0; i < HEX_DIGITS; i++) {
    int digit = hex_value(at[i]);
    if (digit < 0) {
      return -1;
    }
    number = number * 16 + digit;
  }
  return number;
}

static bool is_surrogate(int unit) {
  return unit >= HIGH_FIRST && unit <= LOW_LAST;
}

/* The character of the \u escape, or pair of them, at the backslash `*at`,
 * which is moved past it; -1 and not moved when there is none. */
static int32_t read_unicode(const char **at, const char *end) {
  const char *digits = *at + 2;
  int unit = read_hex(digits, end);
  if (unit < 0 || !is_surrogate(unit)) {
    *at = unit < 0 ? *at : digits + HEX_DIGITS;
    return unit;
  }
  const char *second = digits + HEX_DIGITS;
  if (unit >= LOW_FIRST || end - second < 2 || second[0] != '\\' ||
      second[1] != 'u') {
    return -1;
  }
  int low = read_hex(second + 2, end);
  if (low < LOW_FIRST || low > LOW_LAST) {
    return -1;
  }
  *at = second + 2 + HEX_DIGITS;
  return 0x10000 + ((unit - HIGH_FIRST) << 10) + (low - LOW_FIRST);
}

/* The byte that a backslash and `c` stand for, or -1. */
static int read_short_escape(char c) {
  switch (c) {
  case '"':
  case '\\':
  case '/':
    return c;
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default:
    return -1;
  }
}

/* Validates the escape at the backslash `at`. */
static const char *pass_escape(struct kz_json *json, const char *at) {
  if (json->end - at < 2) {
    return refuse(json, json->end, "");
  }
  if (at[1] == 'u') {
    const char *after = at;
    if (read_unicode(&after, json->end) < 0) {
      return fail(json, KZ_E_INPUT, at,
                  "\\u needs four hexadecimal digits, and a surrogate its "
                  "other half");
    }
    return after;
  }
  if (read_short_escape(at[1]) < 0) {
    return fail(json, KZ_E_INPUT, at, "there is no such escape");
  }
  return at + 2;
}

/* Validates on to the closing quote of a string that is not plain ASCII, from
 * any run of it; returns where the quote is. */
NEVER_INLINE const char *pass_hard_text(struct kz_json *json, const char *at,
                                        bool *ret_escaped) {
  while (at) {
    struct kz_json_run run = pass_text(json, at);
    kz_str bytes = {at, (size_t)(run.end - at)};
    if (!run.is_ascii && !kz_utf8_is_valid(bytes)) {
      return fail(json, KZ_E_INPUT, at + kz_utf8_valid_prefix(bytes),
                  "this is not UTF-8");
    }
    at = run.end;
    if (at == json->end) {
      return fail(json, KZ_E_INPUT, at, "the text ends inside a string");
    }
    if (*at == '"') {
      return at;
    }
    if (*at != '\\') {
      return fail(json, KZ_E_INPUT, at, "a control character in a string");
    }
    *ret_escaped = true;
    at = pass_escape(json, at);
  }
  return NULL;
}

/* Writes what the escape at the backslash `*at` stands for. It is valid. */
static size_t write_escape(const char **at, const char *end, char *out) {
  if ((*at)[1] == 'u') {
    return kz_utf8_encode((uint32_t)read_unicode(at, end), out);
  }
  *out = (char)read_short_escape((*at)[1]);
  *at += 2;
  return 1;
}

/* `raw` is valid and has an escape. Every escape is at least as long as what it
 * stands for. On failure the text's pointer is NULL. */
NEVER_INLINE kz_str unescape(struct kz_json *json, kz_str raw) {
  char *text = json->arena ? kz_arena_text(json->arena, raw.len) : NULL;
  if (!text) {
    fail(json, KZ_E_MEMORY, raw.ptr - 1, "no memory is left for this string");
    return KZ_STR_NONE;
  }
  const char *at = raw.ptr;
  const char *end = raw.ptr + raw.len;
  char *out = text;
  while (at < end) {
    const char *run_end = pass_text(json, at).end;
    size_t len = (size_t)(run_end - at);
    memcpy(out, at, len);
    out += len;
    at = run_end;
    if (at < end) {
      out += write_escape(&at, end, out);
    }
  }
  return (kz_str){text, (size_t)(out - text)};
}

/* The string whose opening quote is at `at`; unescaped only when wanted. */
ALWAYS_INLINE const char *read_string(struct kz_json *json, const char *at,
                                      bool wants_text, kz_str *ret_text) {
  const char *start = at + 1;
  struct kz_json_run run = pass_text(json, start);
  const char *close = run.end;
  bool is_easy = close < json->end && *close == '"' && run.is_ascii;
  bool has_escape = false;
  if (__builtin_expect(!is_easy, false)) {
    close = pass_hard_text(json, start, &has_escape);
    if (!close) {
      return NULL;
    }
  }
  kz_str text = {start, (size_t)(close - start)};
  if (text.len > json->limits.string) {
    return fail(json, KZ_E_LIMIT, at, "a string is longer than allowed");
  }
  if (wants_text && !is_easy && has_escape) {
    text = unescape(json, text);
    if (!text.ptr) {
      return NULL;
    }
  }
  *ret_text = text;
  return close + 1;
}

/* --- the other values --- */

static const char *pass_digits(const char *at, const char *end) {
  while (at < end && kz_is_digit(*at)) {
    at++;
  }
  return at;
}

/* At least one digit. */
static const char *need_digits(struct kz_json *json, const char *at) {
  const char *after = pass_digits(at, json->end);
  return after > at ? after : refuse(json, at, "a digit is missing");
}

static const char *pass_fraction(struct kz_json *json, const char *at) {
  if (at && at < json->end && *at == '.') {
    at = need_digits(json, at + 1);
  }
  if (at && at < json->end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < json->end && (*at == '+' || *at == '-')) {
      at++;
    }
    at = need_digits(json, at);
  }
  return at;
}

static const char *read_number(struct kz_json *json, const char *start,
                               struct kz_json_token *ret_token) {
  const char *at = *start == '-' ? start + 1 : start;
  if (at < json->end && *at == '0') {
    at++;
    if (at < json->end && kz_is_digit(*at)) {
      return fail(json, KZ_E_INPUT, at, "a number begins with a needless 0");
    }
  } else {
    at = need_digits(json, at);
  }
  at = pass_fraction(json, at);
  if (!at) {
    return NULL;
  }
  if ((size_t)(at - start) > json->limits.string) {
    return fail(json, KZ_E_LIMIT, start, "a number is longer than allowed");
  }
  *ret_token =
      (struct kz_json_token){KZ_JSON_NUMBER, {start, (size_t)(at - start)}};
  return at;
}

/* The literal at the front of `left` bytes; returns its length, or 0. */
ALWAYS_INLINE size_t match_literal(const char *at, size_t left,
                                   enum kz_json_kind *ret_kind) {
  if (left >= 4 && memcmp(at, "null", 4) == 0) {
    *ret_kind = KZ_JSON_NULL;
    return 4;
  }
  if (left >= 4 && memcmp(at, "true", 4) == 0) {
    *ret_kind = KZ_JSON_TRUE;
    return 4;
  }
  if (left >= 5 && memcmp(at, "false", 5) == 0) {
    *ret_kind = KZ_JSON_FALSE;
    return 5;
  }
  return 0;
}

static const char *read_literal(struct kz_json *json, const char *at,
                                struct kz_json_token *ret_token) {
  enum kz_json_kind kind = KZ_JSON_NULL;
  size_t len = match_literal(at, (size_t)(json->end - at), &kind);
  if (len == 0) {
    return fail(json, KZ_E_INPUT, at, "a value was expected");
  }
  *ret_token = (struct kz_json_token){kind, KZ_STR_NONE};
  return at + len;
}

static bool is_in_object(const struct kz_json *json) {
  size_t top = json->depth - 1;
  return (json->open[top / WORD_BITS] >> (top % WORD_BITS)) & 1;
}

static const char *open_container(struct kz_json *json, const char *at,
                                  struct kz_json_token *ret_token) {
  if (json->depth >= json->limits.depth) {
    return fail(json, KZ_E_LIMIT, at, "nested deeper than allowed");
  }
  bool is_object = *at == '{';
  uint64_t bit = UINT64_C(1) << (json->depth % WORD_BITS);
  uint64_t *word = &json->open[json->depth / WORD_BITS];
  *word = is_object ? *word | bit : *word & ~bit;
  json->depth++;
  json->state = is_object ? FIRST_KEY : FIRST_ELEMENT;
  *ret_token = (struct kz_json_token){
      is_object ? KZ_JSON_OBJECT : KZ_JSON_ARRAY, KZ_STR_NONE};
  return at + 1;
}

static const char *close_container(struct kz_json *json, const char *at,
                                   struct kz_json_token *ret_token) {
  enum kz_json_kind kind = *at == '}' ? KZ_JSON_OBJECT_END : KZ_JSON_ARRAY_END;
  *ret_token = (struct kz_json_token){kind, KZ_STR_NONE};
  json->depth--;
  if (json->depth == 0) {
    json->state = DONE;
  } else {
    json->state = is_in_object(json) ? AFTER_MEMBER : AFTER_ELEMENT;
  }
  return at + 1;
}

/* --- one step --- */

/* The value at `at`; a complete one leads to the state `after`. */
ALWAYS_INLINE const char *read_value(struct kz_json *json, const char *at,
                                     bool wants_text, enum state after,
                                     struct kz_json_token *ret_token) {
  if (at == json->end) {
    return refuse(json, at, "");
  }
  kz_str text = KZ_STR_NONE;
  if (*at == '"') {
    at = read_string(json, at, wants_text, &text);
    if (at) {
      *ret_token = (struct kz_json_token){KZ_JSON_STRING, text};
      json->state = (uint8_t)after;
    }
    return at;
  }
  if (*at == '{' || *at == '[') {
    return open_container(json, at, ret_token);
  }
  at = *at == '-' || kz_is_digit(*at) ? read_number(json, at, ret_token)
                                      : read_literal(json, at, ret_token);
  if (at) {
    json->state = (uint8_t)after;
  }
  return at;
}

/* The key at `at` and its colon. */
ALWAYS_INLINE const char *read_key(struct kz_json *json, const char *at,
                                   bool wants_text,
                                   struct kz_json_token *ret_token) {
  if (at == json->end || *at != '"') {
    return refuse(json, at, "a key in quotes was expected");
  }
  kz_str text = KZ_STR_NONE;
  at = read_string(json, at, wants_text, &text);
  if (!at) {
    return NULL;
  }
  at = pass_space(json, at);
  if (at == json->end || *at != ':') {
    return refuse(json, at, "a colon was expected");
  }
  *ret_token = (struct kz_json_token){KZ_JSON_KEY, text};
  json->state = MEMBER;
  return at + 1;
}

/* What follows the top-level value. */
static const char *finish(struct kz_json *json, const char *at) {
  if (at < json->end) {
    return fail(json, KZ_E_INPUT, at, "something follows the value");
  }
  json->at = at;
  json->rc = KZ_END;
  return NULL;
}

ALWAYS_INLINE bool is_byte(const struct kz_json *json, const char *at, char c) {
  return at < json->end && *at == c;
}

ALWAYS_INLINE const char *read_token(struct kz_json *json, const char *at,
                                     bool wants_text,
                                     struct kz_json_token *ret_token) {
  at = pass_space(json, at);
  enum state after = AFTER_ELEMENT;
  switch ((enum state)json->state) {
  case AFTER_MEMBER:
    if (is_byte(json, at, ',')) {
      at = pass_space(json, at + 1);
      return read_key(json, at, wants_text, ret_token);
    }
    return is_byte(json, at, '}')
               ? close_container(json, at, ret_token)
               : refuse(json, at, "a comma or } was expected");
  case FIRST_KEY:
    return is_byte(json, at, '}') ? close_container(json, at, ret_token)
                                  : read_key(json, at, wants_text, ret_token);
  case MEMBER:
    after = AFTER_MEMBER;
    break;
  case FIRST_ELEMENT:
    if (is_byte(json, at, ']')) {
      return close_container(json, at, ret_token);
    }
    break;
  case NEXT_ELEMENT:
    break;
  case AFTER_ELEMENT:
    if (is_byte(json, at, ']')) {
      return close_container(json, at, ret_token);
    }
    if (!is_byte(json, at, ',')) {
      return refuse(json, at, "a comma or ] was expected");
    }
    at = pass_space(json, at + 1);
    break;
  case TOP:
    after = DONE;
    break;
  case DONE:
    return finish(json, at);
  }
  return read_value(json, at, wants_text, after, ret_token);
}

/* The end of a string of at most a look ahead, ASCII and without escapes, or
 * NULL when it is another. `start` is in the map. */
ALWAYS_INLINE const char *find_easy_end(const struct kz_json *json,
                                        const char *start) {
  size_t bit = (size_t)(start - json->map_start);
  uint64_t ends = bits_from(json->ends, bit);
  uint64_t before = ends ^ (ends - 1); /* with the end, which is ASCII */
  if (ends == 0 || (bits_from(json->high, bit) & before) != 0) {
    return NULL;
  }
  const char *end = start + __builtin_ctzll(ends);
  return *end == '"' ? end : NULL;
}

/* Reads what most tokens are: a key, or a member's literal or string, without
 * white space, well before the end of the map. Returns NULL and has changed
 * nothing when the token is another. */
ALWAYS_INLINE const char *read_easy(struct kz_json *json, const char *at,
                                    struct kz_json_token *ret_token) {
  if (at >= json->easy_end) {
    return NULL;
  }
  bool is_key = json->state == AFTER_MEMBER;
  if (is_key ? *at++ != ',' : json->state != MEMBER) {
    return NULL;
  }
  if (*at != '"') {
    enum kz_json_kind kind = KZ_JSON_NULL;
    size_t len = is_key ? 0 : match_literal(at, EASY_REACH, &kind);
    if (len == 0) {
      return NULL;
    }
    *ret_token = (struct kz_json_token){kind, KZ_STR_NONE};
    json->state = AFTER_MEMBER;
    return at + len;
  }
  const char *start = at + 1;
  const char *end = find_easy_end(json, start);
  if (!end || (is_key && end[1] != ':')) {
    return NULL;
  }
  ret_token->kind = is_key ? KZ_JSON_KEY : KZ_JSON_STRING;
  ret_token->text.ptr = start;
  ret_token->text.len = (size_t)(end - start);
  json->state = is_key ? MEMBER : AFTER_MEMBER;
  return is_key ? end + 2 : end + 1;
}

NEVER_INLINE kz_rc next_of_any_kind(struct kz_json *json,
                                    struct kz_json_token *ret_token) {
  if (json->rc != KZ_OK) {
    return json->rc;
  }
  const char *at = read_token(json, json->at, true, ret_token);
  if (!at) {
    return json->rc;
  }
  json->at = at;
  return KZ_OK;
}

kz_rc kz_json_next(struct kz_json *json, struct kz_json_token *ret_token) {
  const char *at = read_easy(json, json->at, ret_token);
  if (!at) {
    return next_of_any_kind(json, ret_token);
  }
  json->at = at;
  return KZ_OK;
}

/* --- whole values --- */

/* Reads tokens until no more than `depth` objects and arrays are open. */
static kz_rc pass_tokens(struct kz_json *json, size_t depth) {
  if (json->rc != KZ_OK) {
    return json->rc;
  }
  const char *at = json->at;
  struct kz_json_token token;
  do {
    const char *after = read_easy(json, at, &token);
    at = after ? after : read_token(json, at, false, &token);
    if (!at) {
      return json->rc;
    }
  } while (json->depth > depth);
  json->at = at;
  return KZ_OK;
}

/* Goes to the value that is due; KZ_END when the array ends instead. */
static kz_rc seek_value(struct kz_json *json) {
  if (json->rc != KZ_OK) {
    return json->rc;
  }
  assert(json->state != FIRST_KEY && json->state != AFTER_MEMBER);
  json->at = pass_space(json, json->at);
  if (json->state != FIRST_ELEMENT && json->state != AFTER_ELEMENT) {
    return KZ_OK;
  }
  if (is_byte(json, json->at, ']')) {
    return KZ_END;
  }
  if (json->state == AFTER_ELEMENT && is_byte(json, json->at, ',')) {
    json->at = pass_space(json, json->at + 1);
    json->state = NEXT_ELEMENT;
  }
  return KZ_OK;
}

kz_rc kz_json_raw(struct kz_json *json, kz_str *ret_raw) {
  kz_rc rc = seek_value(json);
  const char *start = json->at;
  if (rc == KZ_OK) {
    rc = pass_tokens(json, json->depth);
  }
  if (rc == KZ_OK) {
    *ret_raw = (kz_str){start, (size_t)(json->at - start)};
  }
  return rc;
}

kz_rc kz_json_skip(struct kz_json *json, const struct kz_json_token *token) {
  kz_str raw;
  if (!token || token->kind == KZ_JSON_KEY) {
    return kz_json_raw(json, &raw);
  }
  if (token->kind == KZ_JSON_OBJECT || token->kind == KZ_JSON_ARRAY) {
    assert(json->depth > 0);
    return pass_tokens(json, json->depth - 1);
  }
  return json->rc;
}

bool kz_json_is_valid(kz_str text, struct kz_json_limits limits) {
  struct kz_json json;
  kz_json_init(&json, text, NULL, limits);
  struct kz_json_token token;
  return kz_json_skip(&json, NULL) == KZ_OK &&
         kz_json_next(&json, &token) == KZ_END;
}

/* --- places --- */

struct kz_json_place kz_json_where(const struct kz_json *json) {
  const char *at = json->problem ? json->problem_at : json->at;
  struct kz_json_place place = {1, 1, (uint64_t)(at - json->start)};
  kz_str before = {json->start, (size_t)(at - json->start)};
  size_t line_end = kz_str_find_byte(before, '\n');
  while (line_end != SIZE_MAX) {
    place.line++;
    before = kz_str_from(before, line_end + 1);
    line_end = kz_str_find_byte(before, '\n');
  }
  place.column = before.len + 1;
  return place;
}

kz_rc kz_json_explain(const struct kz_json *json, struct kz_err *err) {
  if (!json->problem) {
    return json->rc;
  }
  struct kz_json_place place = kz_json_where(json);
  return kz_err_set(err, json->rc,
                    "line %" PRIu64 ", column %" PRIu64 " (byte %" PRIu64
                    "): %s",
                    place.line, place.column, place.byte, json->problem);
}
