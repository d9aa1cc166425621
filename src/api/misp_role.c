#include "api/misp_role.h"

#include "api/misp_fields.h"
#include "api/misp_shape.h"
#include "work/role.h"

/* What a role has beside its permissions. */
static const struct kz_misp_field fields[] = {
    {"name", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"created", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_OURS, NULL},
    {"modified", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_OURS, NULL},
    {"default_role", KZ_MISP_FORM_FLAG, KZ_MISP_OURS, NULL},
    {"memory_limit", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"max_execution_time", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"restricted_to_site_admin", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"enforce_rate_limit", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"rate_limit_count", KZ_MISP_FORM_DIGITS, KZ_MISP_THEIRS, "0"},
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0], NAME_BYTES = 100 };

/* MISP's older word for the first permissions: a number and its name. */
static void write_level(struct kz_jsonw *w, uint32_t perms) {
  static const char *const names[] = {"read_only", "manage_own_events",
                                      "manage_org_events",
                                      "manage_and_publish"};
  size_t level = perms & KZ_PERM_PUBLISH      ? 3
                 : perms & KZ_PERM_MODIFY_ORG ? 2
                 : perms & KZ_PERM_MODIFY     ? 1
                                              : 0;
  kz_jsonw_member_u64_str(w, KZ_STR("permission"), level);
  kz_jsonw_member_str(w, KZ_STR("permission_description"),
                      kz_str_of(names[level]));
}

static void write_members(struct kz_jsonw *w, const struct kz_jsonv *document,
                          uint32_t perms) {
  kz_jsonw_key(w, KZ_STR("Role"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"),
                          kz_jsonv_u64(document, KZ_STR("id"), 0));
  kz_misp_fields_write(w, document, fields, FIELD_COUNT);
  for (unsigned i = 0; i < KZ_PERM_COUNT; i++) {
    kz_jsonw_member_bool(w, kz_perm_name(i), perms >> i & 1);
  }
  write_level(w, perms);
  kz_jsonw_object_end(w);
}

kz_rc kz_misp_write_role(struct kz_misp_call *call, struct kz_jsonw *w,
                         const struct kz_user *user, struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_shelf_get(call->eye.house->roles, user->role.id, call->work,
                          &document, err);
  if (rc == KZ_OK) {
    write_members(w, document, user->role.perms);
  }
  return rc;
}

static void reply_role(struct kz_misp_call *call,
                       const struct kz_jsonv *document) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  write_members(&out.w, document, kz_role_read(document).perms);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_role_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_shelf *roles = call->eye.house->roles;
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(roles, 0, call->work, &cards, &count);
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(roles, cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK) {
      kz_jsonw_object(&out.w);
      write_members(&out.w, document, kz_role_read(document).perms);
      kz_jsonw_object_end(&out.w);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Role", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* The role of the first argument and its document; otherwise the refusal is
 * sent. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret_document) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_shelf *roles = call->eye.house->roles;
  kz_rc rc = kz_shelf_by_ref(roles, kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(roles, *ret_id, call->work, ret_document, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Role", rc, &err);
  }
  return rc == KZ_OK;
}

void kz_misp_role_view(struct kz_misp_call *call) {
  uint64_t id = 0;
  struct kz_jsonv *document = NULL;
  if (find(call, &id, &document)) {
    reply_role(call, document);
  }
}

static kz_rc take(struct kz_jsonv *document, const struct kz_jsonv *from,
                  struct kz_arena *arena, struct kz_err *err) {
  kz_rc rc = kz_misp_fields_take(document, from, fields, FIELD_COUNT, arena);
  for (unsigned i = 0; rc == KZ_OK && i < KZ_PERM_COUNT; i++) {
    const struct kz_misp_field perm = {
        .name = kz_perm_name(i).ptr, /* a literal */
        .form = KZ_MISP_FORM_FLAG,
        .whose = KZ_MISP_THEIRS,
    };
    rc = kz_misp_fields_take(document, from, &perm, 1, arena);
  }
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "out of memory");
  }
  kz_str name = kz_str_trim(kz_jsonv_text(document, KZ_STR("name")));
  if (name.len == 0 || name.len > NAME_BYTES) {
    return kz_err_set(err, KZ_E_INPUT, "name: please choose a name");
  }
  return KZ_OK;
}

static void save(struct kz_misp_call *call, const char *verb, uint64_t id,
                 struct kz_jsonv *document) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  uint64_t known = 0;
  uint32_t perms = kz_role_read(document).perms;
  struct kz_shelf *roles = call->eye.house->roles;
  if (!kz_misp_body_tree(call, "Role", &from)) {
    return;
  }
  kz_rc rc = take(document, from, call->work, &err);
  if (rc == KZ_OK &&
      kz_shelf_by_name(roles, kz_jsonv_text(document, KZ_STR("name")),
                       &known) == KZ_OK &&
      known != id) {
    rc = kz_err_set(&err, KZ_E_CONFLICT, "name: there is such a role already");
  }
  bool is_new = id == 0;
  bool was_high = perms & KZ_PERM_SITE_ADMIN;
  if (rc == KZ_OK && was_high &&
      !(kz_role_read(document).perms & KZ_PERM_SITE_ADMIN) &&
      kz_people_count_of(call->eye.house->people, 0, id) > 0) {
    rc = kz_err_set(&err, KZ_E_CONFLICT,
                    "perm_site_admin: site administrators have this role");
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(roles, &id, document, call->work, &err);
  }
  if (rc == KZ_OK && !is_new) {
    rc = kz_people_refresh(call->eye.house->people, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, verb, "Role", rc, &err);
    return;
  }
  reply_role(call, document);
}

void kz_misp_role_add(struct kz_misp_call *call) {
  struct kz_jsonv *document = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  if (!document) {
    kz_misp_refuse(call, 503, KZ_STR("out of memory"));
    return;
  }
  save(call, "add", 0, document);
}

void kz_misp_role_edit(struct kz_misp_call *call) {
  uint64_t id = 0;
  struct kz_jsonv *document = NULL;
  if (find(call, &id, &document)) {
    save(call, "edit", id, document);
  }
}

void kz_misp_role_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  struct kz_jsonv *document = NULL;
  if (!find(call, &id, &document)) {
    return;
  }
  if (kz_people_count_of(call->eye.house->people, 0, id) > 0 ||
      kz_jsonv_flag(document, KZ_STR("default_role"), false)) {
    kz_misp_not_saved(call, KZ_STR("Role could not be deleted."), KZ_STR_NONE,
                      KZ_STR("It is the default role, or users have it."));
    return;
  }
  kz_rc rc = kz_shelf_remove(call->eye.house->roles, id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Role", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Role deleted"), id);
}

void kz_misp_role_set_default(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  struct kz_jsonv *document = NULL;
  if (!find(call, &id, &document)) {
    return;
  }
  kz_rc rc = kz_role_set_default(call->eye.house->roles, id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Role", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Default role set."), 0);
}
