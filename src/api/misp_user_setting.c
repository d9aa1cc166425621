#include "api/misp_user_setting.h"

#include "api/misp_fields.h"
#include "api/misp_reach.h"
#include "api/misp_shape.h"
#include "work/user_setting.h"

static struct kz_shelf *shelf_of(const struct kz_misp_call *call) {
  return kz_people_settings(call->eye.house->people);
}

static void write_setting(struct kz_jsonw *w, const struct kz_jsonv *document) {
  const struct kz_jsonv *value = kz_jsonv_get(document, KZ_STR("value"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("UserSetting"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"),
                          kz_jsonv_u64(document, KZ_STR("id"), 0));
  kz_jsonw_member_str(w, KZ_STR("setting"),
                      kz_jsonv_text(document, KZ_STR("setting")));
  kz_jsonw_key(w, KZ_STR("value"));
  if (value) {
    kz_jsonv_write(value, w);
  } else {
    kz_jsonw_null(w);
  }
  kz_jsonw_member_u64_str(w, KZ_STR("user_id"),
                          kz_jsonv_u64(document, KZ_STR("user_id"), 0));
  kz_jsonw_member_u64_str(w, KZ_STR("timestamp"),
                          kz_jsonv_u64(document, KZ_STR("timestamp"), 0));
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static void reply_setting(struct kz_misp_call *call, uint64_t id) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_shelf_get(shelf_of(call), id, call->work, &document, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "user setting", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  write_setting(&out.w, document);
  kz_misp_send(call, &out);
}

kz_rc kz_misp_write_user_settings(struct kz_misp_call *call, struct kz_jsonw *w,
                                  uint64_t user, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(shelf_of(call), user, call->work, &cards, &count);
  kz_jsonw_key(w, KZ_STR("UserSetting"));
  if (rc != KZ_OK || count == 0) {
    kz_jsonw_array(w);
    kz_jsonw_array_end(w);
    return rc;
  }
  kz_jsonw_object(w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf_of(call), cards[i].id, call->work, &document, err);
    const struct kz_jsonv *value = kz_jsonv_get(document, KZ_STR("value"));
    if (rc == KZ_OK && value) {
      kz_jsonw_key(w, cards[i].name);
      kz_jsonv_write(value, w);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_object_end(w);
  return rc;
}

/* --- which one is meant ----------------------------------------------------
 */

/* Whose settings: of the user that is named, who must be within reach, or the
 * caller's. The refusal is sent otherwise. */
static bool choose_user(struct kz_misp_call *call, kz_str ref,
                        uint64_t *ret_user) {
  const struct kz_err err = KZ_ERR_NONE;
  const struct kz_user *user = NULL;
  if (kz_misp_reach_user(call, ref, &user) != KZ_OK) {
    kz_misp_fail(call, "User", KZ_NOT_FOUND, &err);
    return false;
  }
  *ret_user = user->id;
  kz_user_unref(user);
  return true;
}

struct asked {
  uint64_t user;
  kz_str name;
};

/* {setting, user_id} of the body, or /user/setting of the path. */
static bool read_asked(struct kz_misp_call *call, const struct kz_jsonv *from,
                       struct asked *ret) {
  kz_str ref = kz_jsonv_text(from, KZ_STR("user_id"));
  ret->name = kz_jsonv_text(from, KZ_STR("setting"));
  if (ret->name.len == 0 && call->arg_count == 2) {
    ref = kz_misp_arg(call, 0);
    ret->name = kz_misp_arg(call, 1);
  }
  return choose_user(call, ref, &ret->user);
}

/* By id, as an argument, or as read_asked; the refusal is sent otherwise. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  struct asked asked;
  uint64_t id = 0;
  if (!kz_misp_body_tree(call, "UserSetting", &from)) {
    return false;
  }
  kz_rc rc = KZ_OK;
  if (call->arg_count == 1) {
    rc = kz_shelf_by_ref(shelf_of(call), kz_misp_arg(call, 0), &id);
    if (rc == KZ_OK) {
      rc = kz_shelf_get(shelf_of(call), id, call->work, &document, &err);
    }
    if (rc == KZ_OK &&
        !choose_user(call, kz_jsonv_text(document, KZ_STR("user_id")),
                     &asked.user)) {
      return false;
    }
  } else if (read_asked(call, from, &asked)) {
    rc = kz_user_setting_find(shelf_of(call), asked.user, asked.name,
                              call->work, &id, &err);
  } else {
    return false;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "user setting", rc, &err);
    return false;
  }
  *ret_id = id;
  return true;
}

/* --- actions ---------------------------------------------------------------
 */

void kz_misp_user_setting_view(struct kz_misp_call *call) {
  uint64_t id = 0;
  if (find(call, &id)) {
    reply_setting(call, id);
  }
}

void kz_misp_user_setting_get(struct kz_misp_call *call) {
  kz_misp_user_setting_view(call);
}

void kz_misp_user_setting_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  const struct kz_user *who = call->eye.user;
  kz_rc rc = kz_shelf_cards(shelf_of(call), kz_misp_is_admin(who) ? 0 : who->id,
                            call->work, &cards, &count);
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf_of(call), cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK) {
      write_setting(&out.w, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "user setting", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* A value is any JSON, also as a text that holds some. */
static struct kz_jsonv *value_of(struct kz_misp_call *call,
                                 const struct kz_jsonv *from) {
  struct kz_jsonv *value = kz_jsonv_get(from, KZ_STR("value"));
  struct kz_jsonv *parsed = NULL;
  struct kz_jsonv *copy = kz_jsonv_new(call->work, KZ_JSON_NULL);
  kz_str text = kz_str_trim(kz_jsonv_text(from, KZ_STR("value")));
  if (text.len > 0 && (text.ptr[0] == '{' || text.ptr[0] == '[') &&
      kz_jsonv_parse(text, call->work, &parsed, NULL) == KZ_OK) {
    return parsed;
  }
  if (copy && value) {
    *copy = *value;
    copy->next = NULL;
  }
  return copy;
}

void kz_misp_user_setting_set(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct asked asked;
  uint64_t id = 0;
  if (call->eye.user->read_only) {
    kz_misp_not_allowed(call);
    return;
  }
  if (!kz_misp_body_tree(call, "UserSetting", &from) ||
      !read_asked(call, from, &asked)) {
    return;
  }
  struct kz_jsonv *value = value_of(call, from);
  kz_rc rc = value ? kz_user_setting_put(shelf_of(call), asked.user, asked.name,
                                         value, call->work, &id, &err)
                   : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "save", "UserSetting", rc, &err);
    return;
  }
  reply_setting(call, id);
}

void kz_misp_user_setting_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  if (call->eye.user->read_only) {
    kz_misp_not_allowed(call);
    return;
  }
  if (!find(call, &id)) {
    return;
  }
  kz_rc rc = kz_shelf_remove(shelf_of(call), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "user setting", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Setting deleted."), id);
}
