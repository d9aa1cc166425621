/* Headers are copied into the request's arena with a NUL behind them, because
 * C libraries want one. A reply keeps nothing of its own besides the bytes of a
 * buffer it took. */
#include "net/reply.h"

#include "base/jsonw.h"

enum {
  STATUS_MIN = 200,
  STATUS_MAX = 599,
  ERROR_MAX = 16 << 10, /* bytes of an error's body */
};

void kz_reply_init(struct kz_reply *reply, struct kz_arena *arena) {
  *reply = (struct kz_reply){.arena = arena, .status = STATUS_MIN};
}

static void drop_body(struct kz_reply *reply, kz_rc how) {
  if (reply->kind == KZ_BODY_STREAM) {
    reply->stream.close(reply->stream.ctx, how);
  }
  kz_buf_done(&reply->owned);
  reply->text = KZ_STR_NONE;
  reply->kind = KZ_BODY_NONE;
}

void kz_reply_done(struct kz_reply *reply, kz_rc how) {
  drop_body(reply, how);
}

void kz_reply_status(struct kz_reply *reply, unsigned status) {
  if (status < STATUS_MIN || status > STATUS_MAX) {
    reply->failed = true;
    return;
  }
  reply->status = status;
}

static bool dup_text(struct kz_arena *arena, kz_str text, kz_str *ret) {
  char *copy = kz_arena_text(arena, text.len + 1);
  if (!copy) {
    return false;
  }
  if (text.len > 0) {
    memcpy(copy, text.ptr, text.len);
  }
  copy[text.len] = '\0';
  *ret = (kz_str){copy, text.len};
  return true;
}

/* The server frames the message; a handler that could would split replies. */
static bool is_framing(kz_str name) {
  return kz_str_eq_nocase(name, KZ_STR("Content-Length")) ||
         kz_str_eq_nocase(name, KZ_STR("Transfer-Encoding")) ||
         kz_str_eq_nocase(name, KZ_STR("Connection"));
}

void kz_reply_header(struct kz_reply *reply, kz_str name, kz_str value) {
  struct kz_param header = {name, value};
  bool is_bad = reply->header_count == KZ_REPLY_HEADERS_MAX ||
                is_framing(name) || kz_headers_check(&header, 1, NULL) != KZ_OK;
  if (is_bad || !dup_text(reply->arena, name, &header.name) ||
      !dup_text(reply->arena, value, &header.value)) {
    reply->failed = true;
    return;
  }
  reply->headers[reply->header_count++] = header;
}

/* A second body brings its own type. */
static void set_type(struct kz_reply *reply, kz_str type) {
  size_t kept = 0;
  for (size_t i = 0; i < reply->header_count; i++) {
    if (!kz_str_eq_nocase(reply->headers[i].name, KZ_STR("Content-Type"))) {
      reply->headers[kept++] = reply->headers[i];
    }
  }
  reply->header_count = kept;
  if (type.len > 0) {
    kz_reply_header(reply, KZ_STR("Content-Type"), type);
  }
}

void kz_reply_text(struct kz_reply *reply, kz_str type, kz_str text) {
  drop_body(reply, KZ_E_STOPPED);
  reply->kind = KZ_BODY_TEXT;
  reply->text = text;
  set_type(reply, type);
}

void kz_reply_take(struct kz_reply *reply, kz_str type, struct kz_buf *buf) {
  drop_body(reply, KZ_E_STOPPED);
  reply->failed = reply->failed || kz_buf_failed(buf);
  reply->kind = KZ_BODY_OWNED;
  reply->owned = *buf;
  reply->text = kz_buf_str(&reply->owned);
  *buf = (struct kz_buf){.max = buf->max};
  set_type(reply, type);
}

void kz_reply_stream(struct kz_reply *reply, kz_str type,
                     const struct kz_stream *stream) {
  drop_body(reply, KZ_E_STOPPED);
  reply->kind = KZ_BODY_STREAM;
  reply->stream = *stream;
  set_type(reply, type);
}

void kz_reply_error(struct kz_reply *reply, unsigned status, kz_str message) {
  drop_body(reply, KZ_E_STOPPED);
  reply->header_count = 0;
  reply->failed = false;
  kz_reply_status(reply, status);
  KZ_BUF(body, ERROR_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_member_u64(&w, KZ_STR("status"), status);
  kz_jsonw_member_str(&w, KZ_STR("message"), message);
  kz_jsonw_object_end(&w);
  kz_reply_take(reply, KZ_STR("application/json"), &body);
}

static kz_str find_header(const struct kz_reply *reply, kz_str name) {
  for (size_t i = 0; i < reply->header_count; i++) {
    if (kz_str_eq_nocase(reply->headers[i].name, name)) {
      return reply->headers[i].value;
    }
  }
  return KZ_STR_NONE;
}

bool kz_reply_has(const struct kz_reply *reply, kz_str name) {
  return find_header(reply, name).ptr != NULL;
}

/* A weak tag of the same name matches: GET may compare weakly (RFC 9110). */
static bool names_tag(kz_str list, kz_str quoted) {
  kz_str item = KZ_STR_NONE;
  while (kz_str_next(&list, ',', &item)) {
    kz_str tag = kz_str_trim(item);
    if (kz_str_starts(tag, KZ_STR("W/"))) {
      tag = kz_str_from(tag, 2);
    }
    if (kz_str_eq(tag, quoted) || kz_str_eq(tag, KZ_STR("*"))) {
      return true;
    }
  }
  return false;
}

bool kz_reply_etag(struct kz_reply *reply, const struct kz_request *request,
                   kz_str tag) {
  KZ_BUF(weak, ERROR_MAX);
  (void)kz_buf_add_format(&weak, "W/\"%.*s\"", KZ_STR_ARG(tag));
  if (kz_buf_failed(&weak)) {
    reply->failed = true;
    return false;
  }
  kz_reply_header(reply, KZ_STR("ETag"), kz_buf_str(&weak));
  bool is_read =
      request->method == KZ_METHOD_GET || request->method == KZ_METHOD_HEAD;
  kz_str known = kz_request_header(request, KZ_STR("If-None-Match"));
  kz_str quoted = kz_str_from(kz_buf_str(&weak), 2);
  if (!is_read || !names_tag(known, quoted)) {
    return false;
  }
  reply->status = 304;
  return true;
}

bool kz_reply_is_packable(const struct kz_reply *reply) {
  static const char *const families[] = {
      "text/", "image/svg", "json", "xml", "javascript", "csv", "taxii"};
  kz_str type = find_header(reply, KZ_STR("Content-Type"));
  if (kz_reply_has(reply, KZ_STR("Content-Encoding"))) {
    return false;
  }
  for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
    if (kz_str_find(type, kz_str_of(families[i])) != SIZE_MAX) {
      return true;
    }
  }
  return false;
}
