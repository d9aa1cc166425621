#include "api/shape.h"

#include "base/clock.h"
#include "base/json.h"
#include "model/event.h"

unsigned kz_shape_status(kz_rc rc) {
  switch (rc) {
  case KZ_OK:
  case KZ_END:
  case KZ_UNCHANGED:
    return 200;
  case KZ_NOT_FOUND:
    return 404;
  case KZ_E_INPUT:
    return 400;
  case KZ_E_LIMIT:
    return 413;
  case KZ_E_DENIED:
    return 403;
  case KZ_E_CONFLICT:
    return 409;
  case KZ_E_FULL:
    return 507;
  case KZ_E_UNSUPPORTED:
    return 501;
  case KZ_E_BUSY:
  case KZ_E_STOPPED:
  case KZ_E_MEMORY:
    return 503;
  case KZ_E_IO:
  case KZ_E_CORRUPT:
  case KZ_E_INTERNAL:
    break;
  }
  return 500;
}

void kz_shape_write_error(struct kz_jsonw *w, kz_rc rc, kz_str message) {
  kz_jsonw_key(w, KZ_STR("error"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("code"), kz_str_of(kz_rc_name(rc)));
  kz_jsonw_member_str(w, KZ_STR("message"), message);
  kz_jsonw_object_end(w);
}

void kz_shape_answer(struct kz_reply *reply, struct kz_buf *json) {
  kz_buf_add_byte(json, '\n');
  kz_reply_take(reply, KZ_STR("application/json"), json);
}

void kz_shape_refuse(struct kz_reply *reply, unsigned status, kz_rc rc,
                     kz_str message) {
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_shape_write_error(&w, rc, message);
  kz_jsonw_object_end(&w);
  kz_reply_status(reply, status);
  kz_shape_answer(reply, &json);
}

void kz_shape_fail(struct kz_reply *reply, kz_rc rc, const struct kz_err *err) {
  kz_shape_refuse(reply, kz_shape_status(rc), rc, kz_str_of(err->text));
}

void kz_shape_time(struct kz_jsonw *w, kz_str key, int64_t us) {
  char text[KZ_TIME_TEXT];
  kz_jsonw_key(w, key);
  if (us == KZ_TIME_NONE) {
    kz_jsonw_null(w);
  } else {
    kz_jsonw_str(w, kz_clock_format_seconds(us, text));
  }
}

void kz_shape_day(struct kz_jsonw *w, kz_str key, int32_t days) {
  char text[KZ_DATE_TEXT];
  kz_jsonw_member_str(w, key, kz_clock_format_date(days, text));
}

void kz_shape_list(struct kz_jsonw *w, kz_str key, const kz_str *texts,
                   size_t count) {
  kz_jsonw_key(w, key);
  kz_jsonw_array(w);
  for (size_t i = 0; i < count; i++) {
    kz_jsonw_str(w, texts[i]);
  }
  kz_jsonw_array_end(w);
}

/* --- bodies ----------------------------------------------------------------
 */

struct body {
  struct kz_json json;
  struct kz_arena *arena;
  size_t room; /* of the member's values */
  struct kz_err *err;
};

static kz_rc explain(struct body *b, kz_rc rc) {
  if (rc == KZ_END) {
    return kz_err_set(b->err, KZ_E_INPUT, "the body is not a JSON object");
  }
  kz_json_explain(&b->json, b->err);
  return rc;
}

static kz_rc next(struct body *b, struct kz_json_token *token) {
  kz_rc rc = kz_json_next(&b->json, token);
  return rc == KZ_OK ? KZ_OK : explain(b, rc);
}

static kz_rc add_value(struct body *b, struct kz_shape_member *member,
                       const struct kz_json_token *token) {
  if (member->count == b->room) {
    size_t room = b->room ? b->room * 2 : 4;
    kz_str *values = kz_arena_array(b->arena, room, sizeof *values);
    if (!values) {
      return kz_err_set(b->err, KZ_E_MEMORY, "the body does not fit");
    }
    for (size_t i = 0; i < member->count; i++) {
      values[i] = member->values[i];
    }
    member->values = values;
    b->room = room;
  }
  switch ((int)token->kind) {
  case KZ_JSON_STRING:
  case KZ_JSON_NUMBER:
    member->values[member->count++] = token->text;
    return KZ_OK;
  case KZ_JSON_TRUE:
    member->values[member->count++] = KZ_STR("true");
    return KZ_OK;
  case KZ_JSON_FALSE:
    member->values[member->count++] = KZ_STR("false");
    return KZ_OK;
  default:
    return kz_err_set(b->err, KZ_E_INPUT, "%s: a plain value is due",
                      member->name);
  }
}

static kz_rc read_member(struct body *b, struct kz_shape_member *member) {
  struct kz_json_token token;
  kz_rc rc = next(b, &token);
  b->room = 0;
  member->count = 0;
  if (rc != KZ_OK || token.kind == KZ_JSON_NULL) {
    return rc;
  }
  if (token.kind != KZ_JSON_ARRAY) {
    return add_value(b, member, &token);
  }
  rc = next(b, &token);
  while (rc == KZ_OK && token.kind != KZ_JSON_ARRAY_END) {
    rc = add_value(b, member, &token);
    if (rc == KZ_OK) {
      rc = next(b, &token);
    }
  }
  return rc;
}

static kz_rc read_named(struct body *b, kz_str name,
                        struct kz_shape_member *members, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (kz_str_eq(name, kz_str_of(members[i].name))) {
      return read_member(b, &members[i]);
    }
  }
  return kz_err_set(b->err, KZ_E_INPUT, "there is no member \"%.*s\"",
                    KZ_STR_ARG(kz_str_head(name, 200)));
}

kz_rc kz_shape_read(kz_str json, struct kz_arena *arena,
                    struct kz_shape_member *members, size_t count,
                    struct kz_err *err) {
  struct body b = {.arena = arena, .err = err};
  struct kz_json_token token;
  if (kz_str_trim(json).len == 0) {
    return KZ_OK;
  }
  kz_json_init(&b.json, json, arena, KZ_JSON_LIMITS);
  kz_rc rc = next(&b, &token);
  if (rc == KZ_OK && token.kind != KZ_JSON_OBJECT) {
    return kz_err_set(err, KZ_E_INPUT, "the body is not a JSON object");
  }
  if (rc == KZ_OK) {
    rc = next(&b, &token);
  }
  while (rc == KZ_OK && token.kind != KZ_JSON_OBJECT_END) {
    rc = read_named(&b, token.text, members, count);
    if (rc == KZ_OK) {
      rc = next(&b, &token);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_json_next(&b.json, &token);
    rc = rc == KZ_OK ? kz_err_set(err, KZ_E_INPUT, "something follows the body")
         : rc == KZ_END ? KZ_OK
                        : explain(&b, rc);
  }
  return rc;
}
