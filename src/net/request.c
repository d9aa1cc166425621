/* A path is split at its slashes before anything is decoded, so an encoded
 * slash is a byte of a value ("/api/ask/http%3A%2F%2Fx.test") and cannot make a
 * new segment. Dot segments are looked for after decoding, so "%2e%2e" is one
 * too. They are refused and not resolved: no honest client sends them (they
 * resolve before sending), and what is not resolved cannot be resolved wrongly.
 */
#include "net/request.h"

#include "base/utf8.h"

static const kz_str method_names[] = {
    [KZ_METHOD_GET] = {"GET", 3},         [KZ_METHOD_HEAD] = {"HEAD", 4},
    [KZ_METHOD_POST] = {"POST", 4},       [KZ_METHOD_PUT] = {"PUT", 3},
    [KZ_METHOD_PATCH] = {"PATCH", 5},     [KZ_METHOD_DELETE] = {"DELETE", 6},
    [KZ_METHOD_OPTIONS] = {"OPTIONS", 7}, [KZ_METHOD_OTHER] = {"OTHER", 5},
};

enum kz_method kz_method_of(kz_str word) {
  for (unsigned m = KZ_METHOD_GET; m < KZ_METHOD_OTHER; m++) {
    if (kz_str_eq(word, method_names[m])) {
      return (enum kz_method)m;
    }
  }
  return KZ_METHOD_OTHER;
}

kz_str kz_method_name(enum kz_method method) {
  return method_names[method];
}

kz_str kz_request_query(const struct kz_request *request, kz_str name) {
  for (size_t i = 0; i < request->query_count; i++) {
    if (kz_str_eq(request->query[i].name, name)) {
      return request->query[i].value;
    }
  }
  return KZ_STR_NONE;
}

kz_str kz_request_header(const struct kz_request *request, kz_str name) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (kz_str_eq_nocase(request->headers[i].name, name)) {
      return request->headers[i].value;
    }
  }
  return KZ_STR_NONE;
}

static unsigned hex_digit(char c) {
  if (kz_is_digit(c)) {
    return (unsigned)(c - '0');
  }
  return (unsigned)(kz_to_lower(c) - 'a') + 10;
}

/* Takes one character's worth off the front; false for a bad %xx. */
static bool decode_byte(kz_str *rest, bool is_form, char *ret) {
  char c = rest->ptr[0];
  size_t used = 1;
  if (c == '%') {
    if (rest->len < 3 || !kz_is_hex(rest->ptr[1]) || !kz_is_hex(rest->ptr[2])) {
      return false;
    }
    c = (char)(hex_digit(rest->ptr[1]) << 4 | hex_digit(rest->ptr[2]));
    used = 3;
  } else if (c == '+' && is_form) {
    c = ' ';
  }
  *rest = kz_str_from(*rest, used);
  *ret = c;
  return true;
}

static bool is_allowed(char c, bool is_form) {
  unsigned char byte = (unsigned char)c;
  bool is_break = c == '\t' || c == '\n' || c == '\r';
  return (byte >= 0x20 && byte != 0x7f) || (is_form && is_break);
}

/* `out` has room for all of `text`. */
static kz_rc decode_into(kz_str text, bool is_form, char *out, kz_str *ret,
                         struct kz_err *err) {
  size_t len = 0;
  kz_str rest = text;
  while (rest.len > 0) {
    char c = 0;
    if (!decode_byte(&rest, is_form, &c)) {
      return kz_err_set(err, KZ_E_INPUT,
                        "a %% in the address is not followed by two hex "
                        "digits");
    }
    if (!is_allowed(c, is_form)) {
      return kz_err_set(err, KZ_E_INPUT,
                        "the address contains the control byte 0x%02x",
                        (unsigned)(unsigned char)c);
    }
    out[len++] = c;
  }
  kz_str decoded = {out, len};
  if (!kz_utf8_is_valid(decoded)) {
    return kz_err_set(err, KZ_E_INPUT, "the address is not UTF-8");
  }
  *ret = decoded;
  return KZ_OK;
}

/* Letters, digits and marks that stand for themselves in either form. */
static bool is_plain(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '%' || c == '+' || c <= 0x20 || c >= 0x7f) {
      return false;
    }
  }
  return true;
}

kz_rc kz_percent_decode(kz_str text, bool is_form, struct kz_arena *arena,
                        kz_str *ret, struct kz_err *err) {
  if (is_plain(text)) {
    *ret = text;
    return KZ_OK;
  }
  char *out = kz_arena_text(arena, text.len);
  if (!out) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  return decode_into(text, is_form, out, ret, err);
}

static size_t count_byte(kz_str s, char c) {
  size_t count = 0;
  for (size_t i = 0; i < s.len; i++) {
    count += s.ptr[i] == c;
  }
  return count;
}

kz_rc kz_query_parse(kz_str text, struct kz_arena *arena,
                     const struct kz_param **ret_params, size_t *ret_count,
                     struct kz_err *err) {
  if (text.len == 0) {
    *ret_params = NULL;
    *ret_count = 0;
    return KZ_OK;
  }
  size_t pieces = count_byte(text, '&') + 1;
  if (pieces > KZ_REQUEST_PARAMS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "more than %d parameters",
                      KZ_REQUEST_PARAMS_MAX);
  }
  struct kz_param *params = kz_arena_array(arena, pieces, sizeof *params);
  if (!params) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  size_t count = 0;
  kz_str rest = text;
  kz_str piece = KZ_STR_NONE;
  while (kz_str_next(&rest, '&', &piece)) {
    if (piece.len == 0) {
      continue;
    }
    size_t equals = kz_str_find_byte(piece, '=');
    kz_str value =
        equals == SIZE_MAX ? KZ_STR("") : kz_str_from(piece, equals + 1);
    struct kz_param *param = &params[count++];
    kz_rc rc = kz_percent_decode(kz_str_head(piece, equals), true, arena,
                                 &param->name, err);
    if (rc == KZ_OK) {
      rc = kz_percent_decode(value, true, arena, &param->value, err);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  }
  *ret_params = params;
  *ret_count = count;
  return KZ_OK;
}

static bool is_dots(kz_str segment) {
  return kz_str_eq(segment, KZ_STR(".")) || kz_str_eq(segment, KZ_STR(".."));
}

/* `path` begins with a slash. */
static kz_rc split_path(kz_str path, struct kz_arena *arena,
                        const kz_str **ret_segments, size_t *ret_count,
                        struct kz_err *err) {
  kz_str rest = kz_str_from(path, 1);
  if (kz_str_ends(rest, KZ_STR("/"))) {
    rest.len--;
    if (rest.len == 0) {
      return kz_err_set(err, KZ_E_INPUT, "the path has an empty segment");
    }
  }
  size_t most = rest.len == 0 ? 0 : count_byte(rest, '/') + 1;
  if (most > KZ_REQUEST_SEGMENTS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "the path has more than %d segments",
                      KZ_REQUEST_SEGMENTS_MAX);
  }
  kz_str *segments = kz_arena_array(arena, most, sizeof *segments);
  if (!segments) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  for (size_t i = 0; i < most; i++) {
    size_t slash = kz_str_find_byte(rest, '/');
    kz_str raw = kz_str_head(rest, slash);
    rest = kz_str_from(rest, raw.len + 1);
    kz_rc rc = kz_percent_decode(raw, false, arena, &segments[i], err);
    if (rc != KZ_OK) {
      return rc;
    }
    if (segments[i].len == 0 || is_dots(segments[i])) {
      return kz_err_set(err, KZ_E_INPUT,
                        segments[i].len == 0
                            ? "the path has an empty segment"
                            : "the path has a segment of dots");
    }
  }
  *ret_segments = segments;
  *ret_count = most;
  return KZ_OK;
}

/* Drops "http://host" off an absolute target; a target that names no path asks
 * for the root. */
static kz_str drop_authority(kz_str target) {
  kz_str after = KZ_STR_NONE;
  if (kz_str_eq_nocase(kz_str_head(target, 7), KZ_STR("http://"))) {
    after = kz_str_from(target, 7);
  } else if (kz_str_eq_nocase(kz_str_head(target, 8), KZ_STR("https://"))) {
    after = kz_str_from(target, 8);
  } else {
    return target;
  }
  for (size_t i = 0; i < after.len; i++) {
    if (after.ptr[i] == '/') {
      return kz_str_from(after, i);
    }
    if (after.ptr[i] == '?') {
      break;
    }
  }
  return KZ_STR("/");
}

kz_rc kz_target_parse(kz_str target, struct kz_request *request,
                      struct kz_err *err) {
  kz_str rest = drop_authority(target);
  if (!kz_str_starts(rest, KZ_STR("/"))) {
    return kz_err_set(err, KZ_E_INPUT, "the path does not begin with a slash");
  }
  struct kz_request parsed = *request;
  size_t mark = kz_str_find_byte(rest, '?');
  parsed.path = kz_str_head(rest, mark);
  kz_rc rc = split_path(parsed.path, parsed.arena, &parsed.segments,
                        &parsed.segment_count, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_str query = mark == SIZE_MAX ? KZ_STR_NONE : kz_str_from(rest, mark + 1);
  rc = kz_query_parse(query, parsed.arena, &parsed.query, &parsed.query_count,
                      err);
  if (rc == KZ_OK) {
    *request = parsed;
  }
  return rc;
}

/* A token of RFC 9110. */
static bool is_token(kz_str s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    bool is_mark = c != '\0' && strchr("!#$%&'*+-.^_`|~", c);
    if (!kz_is_alnum(c) && !is_mark) {
      return false;
    }
  }
  return s.len > 0;
}

static bool has_control_byte(kz_str s) {
  for (size_t i = 0; i < s.len; i++) {
    unsigned char byte = (unsigned char)s.ptr[i];
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
      return true;
    }
  }
  return false;
}

kz_rc kz_headers_check(const struct kz_param *headers, size_t count,
                       struct kz_err *err) {
  size_t lengths = 0;
  size_t transfers = 0;
  for (size_t i = 0; i < count; i++) {
    kz_str name = headers[i].name;
    kz_str value = headers[i].value;
    if (!is_token(name) || has_control_byte(value)) {
      return kz_err_set(err, KZ_E_INPUT, "header %zu is not well formed",
                        i + 1);
    }
    lengths += kz_str_eq_nocase(name, KZ_STR("Content-Length"));
    if (kz_str_eq_nocase(name, KZ_STR("Transfer-Encoding"))) {
      transfers++;
      if (!kz_str_eq_nocase(value, KZ_STR("chunked"))) {
        return kz_err_set(err, KZ_E_UNSUPPORTED,
                          "the only Transfer-Encoding taken is chunked");
      }
    }
  }
  if (lengths + transfers > 1) {
    return kz_err_set(err, KZ_E_INPUT,
                      "the length of the body is given more than once");
  }
  return KZ_OK;
}
