#include "api/misp_registration.h"

#include "api/misp_fields.h"
#include "api/misp_shape.h"
#include "base/clock.h"
#include "work/org.h"
#include "work/registration.h"
#include "work/settings.h"

static struct kz_shelf *shelf_of(const struct kz_misp_call *call) {
  return call->eye.house->registrations;
}

void kz_misp_register(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  uint64_t id = 0;
  if (!kz_settings_flag(call->eye.house->settings,
                        KZ_SETTING_allow_self_registration)) {
    kz_misp_refuse(call, 405,
                   KZ_STR("Self registration is not enabled on this "
                          "instance."));
    return;
  }
  if (!kz_misp_body_tree(call, "User", &from)) {
    return;
  }
  kz_rc rc = kz_registration_add(shelf_of(call), from, call->request->peer,
                                 call->work, &id, &err);
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "add", "Registration", rc, &err);
    return;
  }
  kz_misp_done(call,
               KZ_STR("Request sent. The administrators of this community "
                      "have been notified."),
               0);
}

static void write_registration(struct kz_jsonw *w,
                               const struct kz_jsonv *document) {
  const struct kz_jsonv *data = kz_jsonv_get(document, KZ_STR("data"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Inbox"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"),
                          kz_jsonv_u64(document, KZ_STR("id"), 0));
  kz_jsonw_member_str(w, KZ_STR("uuid"),
                      kz_jsonv_text(document, KZ_STR("uuid")));
  kz_jsonw_member_str(w, KZ_STR("title"),
                      kz_jsonv_text(document, KZ_STR("email")));
  kz_jsonw_member_str(w, KZ_STR("type"), KZ_STR("registration"));
  kz_jsonw_member_str(w, KZ_STR("ip"), kz_jsonv_text(document, KZ_STR("ip")));
  kz_jsonw_member_str(w, KZ_STR("comment"),
                      kz_jsonv_text(data, KZ_STR("message")));
  kz_jsonw_member_u64_str(w, KZ_STR("timestamp"),
                          kz_jsonv_u64(document, KZ_STR("timestamp"), 0));
  kz_jsonw_key(w, KZ_STR("data"));
  kz_jsonv_write(data, w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_registration_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(shelf_of(call), 0, call->work, &cards, &count);
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf_of(call), cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK && kz_jsonv_get(document, KZ_STR("data"))) {
      write_registration(&out.w, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "registration", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* --- answers ---------------------------------------------------------------
 */

static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret_document) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_shelf_by_ref(shelf_of(call), kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf_of(call), *ret_id, call->work, ret_document, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "registration", rc, &err);
  }
  return rc == KZ_OK;
}

/* The organisation and role that the administrator chose; the refusal is sent
 * when there is none. */
static bool choose(struct kz_misp_call *call, const struct kz_jsonv *from,
                   uint32_t *ret_org, uint64_t *ret_role) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_shelf *roles = call->eye.house->roles;
  kz_str org = kz_jsonv_text(from, KZ_STR("org_id"));
  kz_str role = kz_jsonv_text(from, KZ_STR("role_id"));
  if (org.len == 0 ||
      kz_org_find(call->eye.house->orgs, org, ret_org) != KZ_OK) {
    kz_misp_refuse(call, 403,
                   KZ_STR("No organisation selected. Supply an Organisation "
                          "ID"));
    return false;
  }
  kz_rc rc = role.len > 0 ? kz_shelf_by_ref(roles, role, ret_role)
                          : kz_role_default(roles, ret_role, &err);
  if (rc != KZ_OK) {
    kz_misp_refuse(call, 403, KZ_STR("No role selected. Supply a Role ID"));
  }
  return rc == KZ_OK;
}

static kz_rc make_user(struct kz_misp_call *call, kz_str email, uint32_t org,
                       uint64_t role, struct kz_err *err) {
  uint64_t id = 0;
  struct kz_arena *arena = call->work;
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  struct kz_jsonv *v = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  if (!v || !kz_jsonv_set_str(v, KZ_STR("email"), email, arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("org_id"), org, arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("role_id"), role, arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("invited_by"), call->eye.user->id, arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("date_created"), now, arena) ||
      !kz_jsonv_set_bool(v, KZ_STR("change_pw"), true, arena)) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  return kz_people_save(call->eye.house->people, &id, v, arena, err);
}

void kz_misp_registration_accept(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  uint32_t org = 0;
  uint64_t role = 0;
  if (!kz_misp_body_tree(call, "User", &from) || !find(call, &id, &document) ||
      !choose(call, from, &org, &role)) {
    return;
  }
  kz_rc rc = make_user(call, kz_jsonv_text(document, KZ_STR("email")), org,
                       role, &err);
  if (rc == KZ_OK) {
    rc = kz_shelf_remove(shelf_of(call), id, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "add", "User", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("1 registration(s) accepted."), 0);
}

void kz_misp_registration_discard(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (!find(call, &id, &document)) {
    return;
  }
  kz_rc rc = kz_shelf_remove(shelf_of(call), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "registration", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("1 registration(s) discarded."), 0);
}
