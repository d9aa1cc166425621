#include "work/hook.h"

#include "net/mail.h"

const struct kz_shelf_shape kz_hook_shape = {
    .kind = KZ_SHELF_HOOK, .noun = "hook", .name = "name"};

static kz_rc check_mail(const struct kz_jsonv *d, struct kz_err *err) {
  const struct kz_jsonv *to = kz_jsonv_get(d, KZ_STR("to"));
  if (!to || to->kind != KZ_JSON_ARRAY || to->count == 0 || to->count > 100) {
    return kz_err_set(err, KZ_E_INPUT, "to: one to 100 addresses");
  }
  for (const struct kz_jsonv *a = to->first; a; a = a->next) {
    if (a->kind != KZ_JSON_STRING || !kz_mail_is_address(a->text)) {
      return kz_err_set(err, KZ_E_INPUT, "to: \"%.*s\" is no address",
                        KZ_STR_ARG(kz_str_head(a->text, 100)));
    }
  }
  return KZ_OK;
}

static kz_rc check_webhook(const struct kz_jsonv *d, struct kz_err *err) {
  kz_str url = kz_jsonv_text(d, KZ_STR("url"));
  bool is_web = kz_str_starts(url, KZ_STR("http://")) ||
                kz_str_starts(url, KZ_STR("https://"));
  for (size_t i = 0; is_web && i < url.len; i++) {
    is_web = url.ptr[i] > ' ' && url.ptr[i] < 0x7f;
  }
  return is_web && url.len <= 2000
             ? KZ_OK
             : kz_err_set(err, KZ_E_INPUT, "url: http:// or https://");
}

kz_rc kz_hook_check(const struct kz_jsonv *d, struct kz_err *err) {
  kz_str kind = kz_jsonv_text(d, KZ_STR("kind"));
  const struct kz_jsonv *on = kz_jsonv_get(d, KZ_STR("on"));
  kz_str name = kz_jsonv_text(d, KZ_STR("name"));
  if (!d || d->kind != KZ_JSON_OBJECT || name.len == 0 || name.len > 200) {
    return kz_err_set(err, KZ_E_INPUT, "name: 1 to 200 bytes");
  }
  if (!on || on->kind != KZ_JSON_ARRAY || on->count == 0) {
    return kz_err_set(err, KZ_E_INPUT, "on: a list of notices, or \"*\"");
  }
  if (kz_str_eq(kind, KZ_STR("mail"))) {
    return check_mail(d, err);
  }
  if (kz_str_eq(kind, KZ_STR("webhook"))) {
    return check_webhook(d, err);
  }
  return kz_err_set(err, KZ_E_INPUT, "kind: webhook or mail");
}

bool kz_hook_wants(const struct kz_jsonv *hook, kz_str notice) {
  const struct kz_jsonv *on = kz_jsonv_get(hook, KZ_STR("on"));
  if (!kz_jsonv_flag(hook, KZ_STR("enabled"), true) || !on) {
    return false;
  }
  for (const struct kz_jsonv *name = on->first; name; name = name->next) {
    if (kz_str_eq(name->text, notice) || kz_str_eq(name->text, KZ_STR("*"))) {
      return true;
    }
  }
  return false;
}

/* --- templates -------------------------------------------------------------
 */

static kz_str value_of(kz_str name, const struct kz_hook_values *v,
                       bool *ret_known) {
  const struct kz_jsonv *event = kz_jsonv_get(v->message, KZ_STR("Event"));
  *ret_known = true;
  if (kz_str_eq(name, KZ_STR("name"))) {
    return v->name;
  }
  if (kz_str_eq(name, KZ_STR("url"))) {
    return v->url;
  }
  if (kz_str_eq(name, KZ_STR("action"))) {
    size_t dot = kz_str_find_byte(v->name, '.');
    return dot == SIZE_MAX ? v->name : kz_str_from(v->name, dot + 1);
  }
  if (kz_str_eq(name, KZ_STR("value"))) {
    return kz_jsonv_text(kz_jsonv_get(v->message, KZ_STR("Attribute")),
                         KZ_STR("value"));
  }
  if (kz_str_eq(name, KZ_STR("event.id"))) {
    return kz_jsonv_text(event, KZ_STR("id"));
  }
  if (kz_str_eq(name, KZ_STR("event.uuid"))) {
    return kz_jsonv_text(event, KZ_STR("uuid"));
  }
  if (kz_str_eq(name, KZ_STR("event.info"))) {
    return kz_jsonv_text(event, KZ_STR("info"));
  }
  *ret_known = false;
  return KZ_STR_NONE;
}

static void add_escaped(struct kz_buf *out, kz_str value, bool is_json) {
  if (is_json) {
    KZ_BUF(quoted, out->max);
    struct kz_jsonw w;
    kz_jsonw_init(&w, &quoted);
    kz_jsonw_str(&w, value);
    kz_buf_add_str(out, quoted.len > 2
                            ? (kz_str){quoted.ptr + 1, quoted.len - 2}
                            : KZ_STR_NONE);
    return;
  }
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.ptr[i];
    kz_buf_add_byte(out, (c < ' ' && c != '\n') || c == 0x7f ? ' ' : (char)c);
  }
}

void kz_hook_fill(kz_str text, const struct kz_hook_values *values,
                  bool is_json, struct kz_buf *out) {
  while (text.len > 0) {
    size_t open = kz_str_find(text, KZ_STR("{{"));
    size_t close = kz_str_find(kz_str_from(text, open == SIZE_MAX ? 0 : open),
                               KZ_STR("}}"));
    if (open == SIZE_MAX || close == SIZE_MAX) {
      kz_buf_add_str(out, text);
      return;
    }
    kz_str name = kz_str_head(kz_str_from(text, open + 2), close - 2);
    bool is_known = false;
    kz_buf_add_str(out, kz_str_head(text, open));
    if (kz_str_eq(name, KZ_STR("json"))) {
      kz_buf_add_str(out, values->json);
    } else {
      kz_str value = value_of(name, values, &is_known);
      if (is_known) {
        add_escaped(out, value, is_json);
      } else {
        kz_buf_add_str(out, kz_str_head(kz_str_from(text, open), close + 2));
      }
    }
    text = kz_str_from(text, open + close + 2);
  }
}
