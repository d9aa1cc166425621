#include "api/misp_form.h"

bool kz_misp_form_may(struct kz_misp_call *call) {
  if (!kz_misp_is_admin(call->eye.user)) {
    kz_misp_not_allowed(call);
    return false;
  }
  return true;
}

bool kz_misp_form_body(struct kz_misp_call *call, const char *noun,
                       struct kz_jsonv **ret_from) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *body = NULL;
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &body, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, noun, rc, &err);
    return false;
  }
  struct kz_jsonv *inner = kz_jsonv_get(body, KZ_STR("request"));
  body = inner && inner->kind == KZ_JSON_OBJECT ? inner : body;
  inner = kz_jsonv_get(body, kz_str_of(noun));
  body = inner && inner->kind == KZ_JSON_OBJECT ? inner : body;
  if (body->kind != KZ_JSON_OBJECT) {
    kz_misp_refuse(call, 403, KZ_STR("An object is due."));
    return false;
  }
  *ret_from = body;
  return true;
}

bool kz_misp_form_find(struct kz_misp_call *call, struct kz_binder *binder,
                       const char *noun, uint64_t *ret_id,
                       struct kz_jsonv **ret_document) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_shelf_by_ref(kz_binder_shelf(binder), kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(kz_binder_shelf(binder), *ret_id, call->work,
                      ret_document, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, noun, rc, &err);
    return false;
  }
  return true;
}

void kz_misp_form_refuse(struct kz_misp_call *call, const char *verb,
                         const char *noun, kz_rc rc, const struct kz_err *err) {
  KZ_BUF(message, KZ_ERR_TEXT);
  kz_str words = kz_str_of(err->text);
  kz_str field = KZ_STR_NONE;
  if (rc != KZ_E_INPUT) {
    kz_misp_fail(call, noun, rc, err);
    return;
  }
  size_t colon = kz_str_find(words, KZ_STR(": "));
  if (colon != SIZE_MAX) {
    field = kz_str_head(words, colon);
    words = kz_str_from(words, colon + 2);
  }
  kz_buf_add_format(&message, "Could not %s %s", verb, noun);
  kz_misp_not_saved(call, kz_buf_str(&message), field, words);
}
