#include "api/misp_shape.h"

#include "base/log.h"

enum { ANSWER_BYTES = 1 << 30 };

void kz_misp_out_init(struct kz_misp_out *out) {
  kz_buf_init(&out->buf, ANSWER_BYTES);
  kz_jsonw_init(&out->w, &out->buf);
}

void kz_misp_out_done(struct kz_misp_out *out) {
  kz_buf_done(&out->buf);
}

void kz_misp_send(struct kz_misp_call *call, struct kz_misp_out *out) {
  kz_reply_take(call->reply, KZ_STR("application/json"), &out->buf);
}

static void write_words(struct kz_misp_call *call, struct kz_jsonw *w,
                        kz_str message) {
  kz_jsonw_member_str(w, KZ_STR("name"), message);
  kz_jsonw_member_str(w, KZ_STR("message"), message);
  kz_jsonw_member_str(w, KZ_STR("url"), call->request->path);
}

void kz_misp_done(struct kz_misp_call *call, kz_str message, uint64_t id) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_bool(&out.w, KZ_STR("saved"), true);
  kz_jsonw_member_bool(&out.w, KZ_STR("success"), true);
  write_words(call, &out.w, message);
  if (id > 0) {
    kz_jsonw_member_u64_str(&out.w, KZ_STR("id"), id);
  }
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_refuse(struct kz_misp_call *call, unsigned status,
                    kz_str message) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  write_words(call, &out.w, message);
  kz_jsonw_object_end(&out.w);
  kz_reply_status(call->reply, status);
  kz_misp_send(call, &out);
}

void kz_misp_not_saved(struct kz_misp_call *call, kz_str message, kz_str field,
                       kz_str words) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_bool(&out.w, KZ_STR("saved"), false);
  write_words(call, &out.w, message);
  kz_jsonw_key(&out.w, KZ_STR("errors"));
  if (field.len > 0) {
    kz_jsonw_object(&out.w);
    kz_jsonw_key(&out.w, field);
    kz_jsonw_array(&out.w);
    kz_jsonw_str(&out.w, words);
    kz_jsonw_array_end(&out.w);
    kz_jsonw_object_end(&out.w);
  } else {
    kz_jsonw_str(&out.w, words);
  }
  kz_jsonw_object_end(&out.w);
  kz_reply_status(call->reply, 403);
  kz_misp_send(call, &out);
}

static unsigned status_of(kz_rc rc) {
  switch (rc) {
  case KZ_NOT_FOUND:
    return 404;
  case KZ_E_INPUT:
  case KZ_E_DENIED:
  case KZ_E_CONFLICT:
  case KZ_UNCHANGED:
    return 403;
  case KZ_E_UNSUPPORTED:
    return 400;
  case KZ_E_LIMIT:
    return 413;
  case KZ_E_BUSY:
  case KZ_E_STOPPED:
  case KZ_E_FULL:
    return 503;
  case KZ_OK:
  case KZ_END:
  case KZ_E_MEMORY:
  case KZ_E_IO:
  case KZ_E_CORRUPT:
  case KZ_E_INTERNAL:
    break;
  }
  return 500;
}

void kz_misp_fail(struct kz_misp_call *call, const char *noun, kz_rc rc,
                  const struct kz_err *err) {
  unsigned status = status_of(rc);
  KZ_BUF(words, KZ_ERR_TEXT * 2);
  if (status == 404) {
    kz_buf_add_str(&words, KZ_STR("Invalid "));
    for (const char *at = noun; *at; at++) {
      kz_buf_add_byte(&words, kz_to_lower(*at));
    }
  } else if (status >= 500 && status != 503) {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("misp"), kz_log_err(err));
    kz_buf_add_str(&words, KZ_STR("An internal error has occurred."));
  } else {
    kz_buf_add_str(&words,
                   kz_str_of(err->text[0] ? err->text : kz_rc_name(rc)));
  }
  kz_misp_refuse(call, status, kz_buf_str(&words));
}

void kz_misp_not_yours(struct kz_misp_call *call) {
  kz_misp_refuse(call, 403, KZ_STR("You do not have permission to do that."));
}

void kz_misp_not_allowed(struct kz_misp_call *call) {
  kz_misp_refuse(call, 403,
                 KZ_STR("You do not have permission to use this "
                        "functionality."));
}
