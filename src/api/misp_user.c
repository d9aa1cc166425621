#include "api/misp_user.h"

#include <sodium.h>
#include <stdio.h>

#include "api/misp_fields.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "api/misp_reach.h"
#include "api/misp_role.h"
#include "api/misp_shape.h"
#include "api/misp_user_setting.h"
#include "base/clock.h"
#include "format/misp_write.h"
#include "work/org.h"
#include "work/password.h"
#include "work/settings.h"

enum { DOCUMENT_BYTES = 64 << 20 };

/* What a user may set of himself. */
static const struct kz_misp_field own_fields[] = {
    {"autoalert", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"contactalert", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"gpgkey", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_THEIRS, NULL},
    {"certif_public", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_THEIRS, NULL},
    {"nids_sid", KZ_MISP_FORM_DIGITS, KZ_MISP_THEIRS, "4000000"},
    {"termsaccepted", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"newsread", KZ_MISP_FORM_DIGITS, KZ_MISP_THEIRS, "0"},
    {"notification_daily", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"notification_weekly", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"notification_monthly", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
};
enum { OWN_COUNT = sizeof own_fields / sizeof own_fields[0] };

/* What an administrator may set besides; org_id and role_id are looked up. */
static const struct kz_misp_field fields[] = {
    {"email", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"server_id", KZ_MISP_FORM_DIGITS, KZ_MISP_THEIRS, "0"},
    {"disabled", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"change_pw", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"force_logout", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"invited_by", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"date_created", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"date_modified", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"current_login", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"last_login", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"last_pw_change", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_OURS, NULL},
    {"org_id", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"role_id", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"expiration", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_OURS, NULL},
    {"uuid", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static struct kz_people *people_of(const struct kz_misp_call *call) {
  return call->eye.house->people;
}

/* --- showing ---------------------------------------------------------------
 */

static void write_user(struct kz_jsonw *w, const struct kz_jsonv *document,
                       const char *key) {
  kz_jsonw_key(w, KZ_STR("User"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"),
                          kz_jsonv_u64(document, KZ_STR("id"), 0));
  kz_misp_fields_write(w, document, fields, FIELD_COUNT);
  kz_misp_fields_write(w, document, own_fields, OWN_COUNT);
  if (key) {
    kz_jsonw_member_str(w, KZ_STR("authkey"), kz_str_of(key));
  }
  kz_jsonw_object_end(w);
}

static void reply_user(struct kz_misp_call *call,
                       const struct kz_jsonv *document, const char *key) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  write_user(&out.w, document, key);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

static kz_rc read_document(struct kz_misp_call *call, uint64_t id,
                           struct kz_jsonv **ret, struct kz_err *err) {
  return kz_shelf_get(kz_people_shelf(people_of(call)), id, call->work, ret,
                      err);
}

static kz_rc write_whole(struct kz_misp_call *call, struct kz_jsonw *w,
                         const struct kz_user *user, struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = read_document(call, user->id, &document, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_jsonw_object(w);
  write_user(w, document, NULL);
  rc = kz_misp_write_role(call, w, user, err);
  if (rc == KZ_OK) {
    rc = kz_misp_write_user_settings(call, w, user->id, err);
  }
  kz_misp_write_org_member(w, KZ_STR("Organisation"), &user->org,
                           (struct kz_misp_style){.ids = true});
  kz_jsonw_object_end(w);
  return rc;
}

void kz_misp_user_view(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_user *user = NULL;
  kz_rc rc = kz_misp_reach_user(call, kz_misp_arg(call, 0), &user);
  KZ_MISP_OUT(out);
  if (rc == KZ_OK) {
    rc = write_whole(call, &out.w, user, &err);
    kz_user_unref(user);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "User", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* --- the list --------------------------------------------------------------
 */

static void write_row(struct kz_jsonw *w, const struct kz_user *user,
                      const struct kz_jsonv *document) {
  kz_jsonw_object(w);
  write_user(w, document, NULL);
  kz_jsonw_key(w, KZ_STR("Role"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), user->role.id);
  kz_jsonw_member_str(w, KZ_STR("name"), user->role.name);
  kz_jsonw_member_bool(w, KZ_STR("perm_auth"), kz_user_may(user, KZ_PERM_AUTH));
  kz_jsonw_member_bool(w, KZ_STR("perm_site_admin"),
                       kz_user_may(user, KZ_PERM_SITE_ADMIN));
  kz_jsonw_object_end(w);
  kz_jsonw_key(w, KZ_STR("Organisation"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), user->org.id);
  kz_jsonw_member_str(w, KZ_STR("name"), user->org.name);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

/* Of which organisation and with what in the address users are asked for. */
struct filter {
  kz_str value;
  bool by_org;
  uint32_t org;
};

static struct filter read_filter(struct kz_misp_call *call) {
  struct filter filter = {.value = kz_misp_param_text(call, KZ_STR("value"))};
  kz_str org = kz_misp_param_text(call, KZ_STR("searchorg"));
  filter.by_org = org.len > 0;
  if (filter.by_org &&
      kz_org_find(call->eye.house->orgs, org, &filter.org) != KZ_OK) {
    filter.org = 0;
  }
  return filter;
}

static kz_rc list_user(struct kz_misp_call *call, const struct filter *filter,
                       uint64_t id, struct kz_arena *arena, struct kz_jsonw *w,
                       struct kz_err *err) {
  const struct kz_user *user = NULL;
  struct kz_jsonv *document = NULL;
  if (kz_people_get(people_of(call), id, &user) != KZ_OK) {
    return KZ_OK;
  }
  kz_rc rc = KZ_OK;
  if (kz_misp_may_reach(call->eye.user, user) &&
      (!filter->by_org || user->org.id == filter->org) &&
      (filter->value.len == 0 ||
       kz_misp_contains(user->email, filter->value))) {
    kz_arena_reset(arena);
    rc = kz_shelf_get(kz_people_shelf(people_of(call)), id, arena, &document,
                      err);
    if (rc == KZ_OK) {
      write_row(w, user, document);
    }
  }
  kz_user_unref(user);
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

void kz_misp_user_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(arena, DOCUMENT_BYTES);
  kz_rc rc = arena ? kz_misp_params_body(call, &err) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = kz_shelf_cards(kz_people_shelf(people_of(call)), 0, call->work, &cards,
                        &count);
  }
  const struct filter filter = read_filter(call);
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = list_user(call, &filter, cards[i].id, arena, &out.w, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "User", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* --- changes by administrators ---------------------------------------------
 */

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

static kz_rc take_org(struct kz_misp_call *call, struct kz_jsonv *document,
                      const struct kz_jsonv *from, struct kz_err *err) {
  const struct kz_user *who = call->eye.user;
  kz_str ref = kz_jsonv_text(from, KZ_STR("org_id"));
  uint32_t org = who->org.id;
  if (ref.len == 0 && kz_jsonv_get(document, KZ_STR("org_id"))) {
    return KZ_OK;
  }
  if (ref.len == 0 && kz_misp_is_admin(who)) {
    return kz_err_set(err, KZ_E_INPUT, "org_id: please choose an organisation");
  }
  if (ref.len > 0 && kz_org_find(call->eye.house->orgs, ref, &org) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "org_id: there is no such organisation");
  }
  if (org != who->org.id && !kz_misp_is_admin(who)) {
    return kz_err_set(err, KZ_E_DENIED,
                      "You do not have permission to do that.");
  }
  return kz_jsonv_set_u64(document, KZ_STR("org_id"), org, call->work)
             ? KZ_OK
             : no_memory(err);
}

static kz_rc take_role(struct kz_misp_call *call, struct kz_jsonv *document,
                       const struct kz_jsonv *from, struct kz_err *err) {
  struct kz_shelf *roles = call->eye.house->roles;
  struct kz_role role;
  uint64_t id = 0;
  kz_str ref = kz_jsonv_text(from, KZ_STR("role_id"));
  if (ref.len == 0 && kz_jsonv_get(document, KZ_STR("role_id"))) {
    return KZ_OK;
  }
  kz_rc rc = ref.len > 0 ? kz_shelf_by_ref(roles, ref, &id)
                         : kz_role_default(roles, &id, err);
  if (rc == KZ_NOT_FOUND) {
    rc = kz_shelf_by_name(roles, ref, &id);
  }
  if (rc == KZ_OK) {
    rc = kz_role_get(roles, id, call->work, &role, err);
  }
  if (rc == KZ_NOT_FOUND) {
    return kz_err_set(err, KZ_E_INPUT, "role_id: there is no such role");
  }
  bool is_high = rc == KZ_OK && ((role.perms & KZ_PERM_SITE_ADMIN) != 0 ||
                                 role.restricted_to_site_admin);
  if (is_high && !kz_misp_is_admin(call->eye.user)) {
    return kz_err_set(err, KZ_E_DENIED,
                      "You are not authorised to assign that role to a user.");
  }
  return rc != KZ_OK ||
                 kz_jsonv_set_u64(document, KZ_STR("role_id"), id, call->work)
             ? rc
             : no_memory(err);
}

/* A new password, unless it is the row of stars that an answer had. */
static kz_rc take_password(struct kz_misp_call *call, struct kz_jsonv *document,
                           const struct kz_jsonv *from, struct kz_err *err) {
  kz_str password = kz_jsonv_text(from, KZ_STR("password"));
  kz_str text;
  bool is_stars = true;
  for (size_t i = 0; is_stars && i < password.len; i++) {
    is_stars = password.ptr[i] == '*';
  }
  if (is_stars) {
    return KZ_OK;
  }
  int64_t least =
      kz_settings_number(call->eye.house->settings, KZ_SETTING_password_length);
  kz_rc rc = kz_password_hash(password, (size_t)least, call->work, &text, err);
  if (rc != KZ_OK) {
    return rc;
  }
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  return kz_jsonv_set_str(document, KZ_STR("password"), text, call->work) &&
                 kz_jsonv_set_u64(document, KZ_STR("last_pw_change"), now,
                                  call->work)
             ? KZ_OK
             : no_memory(err);
}

static kz_rc stamp(struct kz_misp_call *call, struct kz_jsonv *document,
                   const char *member, struct kz_err *err) {
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  return kz_jsonv_set_u64(document, kz_str_of(member), now, call->work)
             ? KZ_OK
             : no_memory(err);
}

/* Takes all that an administrator may set, and saves. */
static kz_rc save(struct kz_misp_call *call, uint64_t *id,
                  struct kz_jsonv *document, const struct kz_jsonv *from,
                  struct kz_err *err) {
  kz_rc rc =
      kz_misp_fields_take(document, from, own_fields, OWN_COUNT, call->work);
  if (rc == KZ_OK) {
    rc = kz_misp_fields_take(document, from, fields, FIELD_COUNT, call->work);
  }
  if (rc == KZ_OK) {
    rc = take_org(call, document, from, err);
  }
  if (rc == KZ_OK) {
    rc = take_role(call, document, from, err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_take_time(document, from, "expiration", call->work, err);
  }
  if (rc == KZ_OK) {
    rc = take_password(call, document, from, err);
  }
  if (rc == KZ_OK) {
    rc = stamp(call, document, "date_modified", err);
  }
  return rc == KZ_OK
             ? kz_people_save(people_of(call), id, document, call->work, err)
             : rc;
}

void kz_misp_user_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  uint64_t id = 0;
  char key[KZ_KEY_TEXT];
  if (!kz_misp_body_tree(call, "User", &from)) {
    return;
  }
  struct kz_jsonv *document = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  kz_rc rc = document && kz_jsonv_set_u64(document, KZ_STR("invited_by"),
                                          call->eye.user->id, call->work)
                 ? stamp(call, document, "date_created", &err)
                 : no_memory(&err);
  if (rc == KZ_OK) {
    rc = save(call, &id, document, from, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_people_reset(people_of(call), id, key, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "add", "User", rc, &err);
    return;
  }
  reply_user(call, document, key);
  sodium_memzero(key, sizeof key);
}

/* The user of the first argument, whom the caller may change as an
 * administrator; otherwise the refusal is sent. */
static bool find_to_change(struct kz_misp_call *call, uint64_t *ret_id) {
  const struct kz_err err = KZ_ERR_NONE;
  const struct kz_user *user = NULL;
  if (kz_misp_reach_user(call, kz_misp_arg(call, 0), &user) != KZ_OK) {
    kz_misp_fail(call, "User", KZ_NOT_FOUND, &err);
    return false;
  }
  bool may = kz_misp_is_admin(call->eye.user) ||
             !kz_user_may(user, KZ_PERM_SITE_ADMIN);
  *ret_id = user->id;
  kz_user_unref(user);
  if (!may) {
    kz_misp_not_yours(call);
  }
  return may;
}

void kz_misp_user_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (!find_to_change(call, &id) || !kz_misp_body_tree(call, "User", &from)) {
    return;
  }
  kz_rc rc = read_document(call, id, &document, &err);
  if (rc == KZ_OK) {
    rc = save(call, &id, document, from, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "edit", "User", rc, &err);
    return;
  }
  reply_user(call, document, NULL);
}

void kz_misp_user_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  if (!find_to_change(call, &id)) {
    return;
  }
  kz_rc rc = kz_people_remove(people_of(call), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "delete", "User", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("User deleted."), id);
}

/* --- changes by himself ----------------------------------------------------
 */

/* Whether the caller may change his own account with this key; otherwise the
 * refusal is sent. */
static bool may_change_himself(struct kz_misp_call *call) {
  if (call->eye.user->read_only) {
    kz_misp_not_allowed(call);
    return false;
  }
  return true;
}

void kz_misp_user_edit_self(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  const struct kz_user *user = NULL;
  uint64_t id = call->eye.user->id;
  if (!may_change_himself(call) || !kz_misp_body_tree(call, "User", &from)) {
    return;
  }
  kz_rc rc = kz_misp_reach_user(call, kz_misp_arg(call, 0), &user);
  if (rc == KZ_OK) {
    rc = user->id == id ? KZ_OK : KZ_NOT_FOUND;
    kz_user_unref(user);
  }
  if (rc == KZ_OK) {
    rc = read_document(call, id, &document, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_fields_take(document, from, own_fields, OWN_COUNT, call->work);
  }
  if (rc == KZ_OK) {
    rc = stamp(call, document, "date_modified", &err);
  }
  if (rc == KZ_OK) {
    rc = kz_people_save(people_of(call), &id, document, call->work, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "edit", "User", rc, &err);
    return;
  }
  reply_user(call, document, NULL);
}

void kz_misp_user_change_pw(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  uint64_t id = call->eye.user->id;
  if (!may_change_himself(call) || !kz_misp_body_tree(call, "User", &from)) {
    return;
  }
  kz_rc rc = read_document(call, id, &document, &err);
  if (rc == KZ_OK && kz_jsonv_text(from, KZ_STR("password")).len == 0) {
    rc = kz_err_set(&err, KZ_E_INPUT, "password: please enter a password");
  }
  if (rc == KZ_OK) {
    rc = take_password(call, document, from, &err);
  }
  if (rc == KZ_OK &&
      !kz_jsonv_set_bool(document, KZ_STR("change_pw"), false, call->work)) {
    rc = no_memory(&err);
  }
  if (rc == KZ_OK) {
    rc = kz_people_save(people_of(call), &id, document, call->work, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "edit", "User", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Password Changed."), 0);
}

void kz_misp_user_reset_key(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  char key[KZ_KEY_TEXT];
  KZ_BUF(words, KZ_ERR_TEXT);
  uint64_t id = 0;
  if (!find_to_change(call, &id)) {
    return;
  }
  kz_rc rc = kz_people_reset(people_of(call), id, key, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "User", rc, &err);
    return;
  }
  kz_buf_add_format(&words, "Authkey updated: %s", key);
  kz_misp_done(call, kz_buf_str(&words), 0);
  sodium_memzero(key, sizeof key);
}
