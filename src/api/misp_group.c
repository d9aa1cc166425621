/* A group is shown to who is in it or owns it; to all others it is as if it
 * were not there. */
#include "api/misp_group.h"

#include "api/misp_fields.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "store/sight.h"
#include "work/blocks.h"
#include "work/org.h"
#include "work/sharing.h"

#define ADDED "Organisation added to the sharing group."
#define REMOVED "Organisation removed from the sharing group."
#define SERVER_ADDED "Server added to the sharing group."
#define SERVER_REMOVED "Server removed from the sharing group."

static const struct kz_misp_field fields[] = {
    {"name", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"releasability", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"description", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"uuid", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"organisation_uuid", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"org_id", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"sync_user_id", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"active", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, "1"},
    {"created", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"modified", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"local", KZ_MISP_FORM_FLAG, KZ_MISP_OURS, "1"},
    {"roaming", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static struct kz_groups *groups_of(const struct kz_misp_call *call) {
  return call->eye.house->groups;
}

static uint64_t id_of(const struct kz_jsonv *document) {
  return kz_jsonv_u64(document, KZ_STR("id"), 0);
}

static bool owns(const struct kz_user *user, const struct kz_jsonv *document) {
  return kz_misp_is_admin(user) ||
         kz_jsonv_u64(document, KZ_STR("org_id"), 0) == user->org.id;
}

static bool sees(const struct kz_misp_eye *eye,
                 const struct kz_jsonv *document) {
  return owns(eye->user, document) ||
         kz_groups_has(eye->house->groups, id_of(document), eye->user->org.id);
}

/* --- writing ---------------------------------------------------------------
 */

static void write_org(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                      uint64_t id) {
  struct kz_org org = {.id = 0};
  char uuid[KZ_UUID_TEXT];
  kz_jsonw_key(w, KZ_STR("Organisation"));
  kz_jsonw_object(w);
  if (id <= UINT32_MAX && kz_dict_org_get(kz_store_dict(eye->house->store),
                                          (uint32_t)id, &org) == KZ_OK) {
    kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
    kz_jsonw_member_str(w, KZ_STR("name"), org.name);
    kz_jsonw_member_str(w, KZ_STR("uuid"),
                        org.has_uuid ? kz_uuid_format(&org.uuid, uuid)
                                     : KZ_STR(""));
  }
  kz_jsonw_object_end(w);
}

static const struct kz_jsonv *first_of(const struct kz_jsonv *document,
                                       const char *name) {
  const struct kz_jsonv *list = kz_jsonv_get(document, kz_str_of(name));
  return list && list->kind == KZ_JSON_ARRAY ? list->first : NULL;
}

static void write_orgs(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                       const struct kz_jsonv *document) {
  uint64_t number = 0;
  kz_jsonw_key(w, KZ_STR("SharingGroupOrg"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *e = first_of(document, "SharingGroupOrg"); e;
       e = e->next) {
    uint64_t org = kz_jsonv_u64(e, KZ_STR("org_id"), 0);
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), ++number);
    kz_jsonw_member_u64_str(w, KZ_STR("sharing_group_id"), id_of(document));
    kz_jsonw_member_u64_str(w, KZ_STR("org_id"), org);
    kz_jsonw_member_bool(w, KZ_STR("extend"),
                         kz_jsonv_flag(e, KZ_STR("extend"), false));
    write_org(w, eye, org);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void write_server(struct kz_jsonw *w, uint64_t server) {
  kz_jsonw_key(w, KZ_STR("Server"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), server);
  if (server == 0) {
    kz_jsonw_member_str(w, KZ_STR("url"), KZ_STR(""));
    kz_jsonw_member_str(w, KZ_STR("name"), KZ_STR("Local instance"));
  }
  kz_jsonw_object_end(w);
}

static void write_servers(struct kz_jsonw *w, const struct kz_jsonv *document) {
  uint64_t number = 0;
  kz_jsonw_key(w, KZ_STR("SharingGroupServer"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *e = first_of(document, "SharingGroupServer"); e;
       e = e->next) {
    uint64_t server = kz_jsonv_u64(e, KZ_STR("server_id"), 0);
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), ++number);
    kz_jsonw_member_u64_str(w, KZ_STR("sharing_group_id"), id_of(document));
    kz_jsonw_member_u64_str(w, KZ_STR("server_id"), server);
    kz_jsonw_member_bool(w, KZ_STR("all_orgs"),
                         kz_jsonv_flag(e, KZ_STR("all_orgs"), false));
    write_server(w, server);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void write_members(struct kz_jsonw *w, const struct kz_jsonv *document) {
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id_of(document));
  kz_misp_fields_write(w, document, fields, FIELD_COUNT);
}

static void write_lists(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                        const struct kz_jsonv *document) {
  write_org(w, eye, kz_jsonv_u64(document, KZ_STR("org_id"), 0));
  write_orgs(w, eye, document);
  write_servers(w, document);
}

static void write_group(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                        const struct kz_jsonv *document) {
  bool may_change = owns(eye->user, document) &&
                    kz_user_may(eye->user, KZ_PERM_SHARING_GROUP);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("SharingGroup"));
  kz_jsonw_object(w);
  write_members(w, document);
  kz_jsonw_object_end(w);
  write_lists(w, eye, document);
  kz_jsonw_member_bool(w, KZ_STR("editable"), may_change);
  kz_jsonw_member_bool(w, KZ_STR("deletable"), may_change);
  kz_jsonw_object_end(w);
}

void kz_misp_write_group_member(struct kz_jsonw *w,
                                const struct kz_misp_eye *eye, uint64_t group,
                                struct kz_arena *arena) {
  struct kz_jsonv *document = NULL;
  if (group == 0 || kz_shelf_get(kz_groups_shelf(eye->house->groups), group,
                                 arena, &document, NULL) != KZ_OK) {
    return;
  }
  kz_jsonw_key(w, KZ_STR("SharingGroup"));
  kz_jsonw_object(w);
  write_members(w, document);
  write_lists(w, eye, document);
  kz_jsonw_object_end(w);
}

/* How the caller names sharing groups in what he sends. */
static struct kz_sharing sharing_of(const struct kz_misp_call *call,
                                    bool is_partial) {
  const struct kz_user *user = call->eye.user;
  return (struct kz_sharing){
      .groups = groups_of(call),
      .org = user->org.id,
      .sees_all = kz_misp_is_admin(user),
      .may_add = kz_user_may(user, KZ_PERM_SHARING_GROUP),
      .is_partial = is_partial,
      .arena = call->work,
  };
}

kz_rc kz_misp_admit_event(const struct kz_misp_call *call,
                          struct kz_event *event, bool is_partial,
                          struct kz_err *err) {
  struct kz_sharing sharing = sharing_of(call, is_partial);
  kz_rc rc = is_partial ? KZ_OK
                        : kz_blocks_check(call->eye.house->blocks, &event->uuid,
                                          &event->orgc, err);
  return rc == KZ_OK ? kz_sharing_event(&sharing, event, err) : rc;
}

kz_rc kz_misp_admit_attributes(const struct kz_misp_call *call,
                               struct kz_attribute *attributes, size_t count,
                               bool is_partial, struct kz_err *err) {
  struct kz_sharing sharing = sharing_of(call, is_partial);
  return kz_sharing_attributes(&sharing, attributes, count, err);
}

kz_rc kz_misp_admit_object(const struct kz_misp_call *call,
                           struct kz_object *object, bool is_partial,
                           struct kz_err *err) {
  struct kz_sharing sharing = sharing_of(call, is_partial);
  return kz_sharing_object(&sharing, object, err);
}

kz_rc kz_misp_admit_report(const struct kz_misp_call *call,
                           struct kz_report *report, bool is_partial,
                           struct kz_err *err) {
  struct kz_sharing sharing = sharing_of(call, is_partial);
  return kz_sharing_report(&sharing, report, err);
}

/* --- reading ---------------------------------------------------------------
 */

/* The group that `ref` means and the caller sees; otherwise the refusal is
 * sent. */
static bool find(struct kz_misp_call *call, kz_str ref,
                 struct kz_jsonv **ret_document) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_groups_get(groups_of(call), ref, call->work, ret_document, &err);
  if (rc == KZ_OK && !sees(&call->eye, *ret_document)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "SharingGroup", rc, &err);
  }
  return rc == KZ_OK;
}

static void reply_group(struct kz_misp_call *call,
                        const struct kz_jsonv *document) {
  KZ_MISP_OUT(out);
  write_group(&out.w, &call->eye, document);
  kz_misp_send(call, &out);
}

void kz_misp_group_view(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  if (find(call, kz_misp_arg(call, 0), &document)) {
    reply_group(call, document);
  }
}

void kz_misp_group_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_shelf *shelf = kz_groups_shelf(groups_of(call));
  kz_rc rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("response"));
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK && sees(&call->eye, document)) {
      write_group(&out.w, &call->eye, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&out.w);
  kz_jsonw_object_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "SharingGroup", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* --- changing --------------------------------------------------------------
 */

/* What the members of a group see is another thing now. */
static kz_rc settle(struct kz_misp_call *call, kz_rc rc, struct kz_err *err) {
  return rc == KZ_OK ? kz_people_refresh(call->eye.house->people, err) : rc;
}

/* The number of the organisation that an entry names: org_id, or a nested
 * "Organisation"; 0: it is not known. */
static uint32_t entry_org(struct kz_misp_call *call,
                          const struct kz_jsonv *entry) {
  uint32_t id = 0;
  const struct kz_jsonv *org = kz_jsonv_get(entry, KZ_STR("Organisation"));
  const kz_str refs[] = {kz_jsonv_text(entry, KZ_STR("org_id")),
                         kz_jsonv_text(entry, KZ_STR("uuid")),
                         kz_jsonv_text(org, KZ_STR("uuid")),
                         kz_jsonv_text(org, KZ_STR("name"))};
  for (size_t i = 0; id == 0 && i < sizeof refs / sizeof refs[0]; i++) {
    if (refs[i].len > 0 &&
        kz_org_find(call->eye.house->orgs, refs[i], &id) != KZ_OK) {
      id = 0;
    }
  }
  return id;
}

/* Takes the organisations that were sent into the group, beside those in it. */
static kz_rc take_orgs(struct kz_misp_call *call, uint64_t id,
                       const struct kz_jsonv *from, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (const struct kz_jsonv *e = first_of(from, "SharingGroupOrg");
       rc >= 0 && e; e = e->next) {
    uint32_t org = entry_org(call, e);
    rc = org == 0 ? kz_err_set(err, KZ_E_INPUT,
                               "SharingGroupOrg: there is no such organisation")
                  : kz_groups_add_org(groups_of(call), id, org,
                                      kz_jsonv_flag(e, KZ_STR("extend"), false),
                                      err);
  }
  return rc < 0 ? rc : KZ_OK;
}

static kz_rc take_servers(struct kz_misp_call *call, uint64_t id,
                          const struct kz_jsonv *from, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (const struct kz_jsonv *e = first_of(from, "SharingGroupServer");
       rc >= 0 && e; e = e->next) {
    rc = kz_groups_add_server(groups_of(call), id,
                              kz_jsonv_u64(e, KZ_STR("server_id"), 0),
                              kz_jsonv_flag(e, KZ_STR("all_orgs"), false), err);
  }
  return rc < 0 ? rc : KZ_OK;
}

static kz_rc save(struct kz_misp_call *call, uint64_t *id,
                  struct kz_jsonv *document, const struct kz_jsonv *from,
                  struct kz_err *err) {
  kz_rc rc =
      kz_misp_fields_take(document, from, fields, FIELD_COUNT, call->work);
  if (rc == KZ_OK) {
    rc = kz_groups_save(groups_of(call), id, document, call->work, err);
  }
  if (rc == KZ_OK) {
    rc = take_orgs(call, *id, from, err);
  }
  return rc == KZ_OK ? take_servers(call, *id, from, err) : rc;
}

static void reply_saved(struct kz_misp_call *call, const char *verb, kz_rc rc,
                        uint64_t id, struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  rc = settle(call, rc, err);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(kz_groups_shelf(groups_of(call)), id, call->work,
                      &document, err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, verb, "SharingGroup", rc, err);
    return;
  }
  reply_group(call, document);
}

/* Whose the new group is; its uuid may be the sender's. A member of no group
 * could not use it, so the creator is in it unless he said who is. */
static kz_rc begin(struct kz_misp_call *call, const struct kz_jsonv *from,
                   struct kz_jsonv *document) {
  const struct kz_user *user = call->eye.user;
  char text[KZ_UUID_TEXT];
  kz_str uuid = KZ_STR("");
  kz_str given = kz_jsonv_text(from, KZ_STR("uuid"));
  if (user->org.has_uuid &&
      kz_arena_dup(call->work, kz_uuid_format(&user->org.uuid, text), &uuid) !=
          KZ_OK) {
    return KZ_E_MEMORY;
  }
  return kz_jsonv_set_u64(document, KZ_STR("org_id"), user->org.id,
                          call->work) &&
                 kz_jsonv_set_str(document, KZ_STR("organisation_uuid"), uuid,
                                  call->work) &&
                 (given.len == 0 ||
                  kz_jsonv_set_str(document, KZ_STR("uuid"), given, call->work))
             ? KZ_OK
             : KZ_E_MEMORY;
}

void kz_misp_group_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  const struct kz_user *user = call->eye.user;
  uint64_t id = 0;
  if (!kz_misp_body_tree(call, "SharingGroup", &from)) {
    return;
  }
  struct kz_jsonv *document = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  kz_rc rc = document ? begin(call, from, document) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = save(call, &id, document, from, &err);
  }
  if (rc == KZ_OK && !kz_misp_is_admin(user)) {
    rc = kz_groups_add_org(groups_of(call), id, user->org.id, true, &err);
    rc = rc == KZ_UNCHANGED ? KZ_OK : rc;
  }
  reply_saved(call, "add", rc, id, &err);
}

void kz_misp_group_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  if (!find(call, kz_misp_arg(call, 0), &document)) {
    return;
  }
  if (!owns(call->eye.user, document)) {
    kz_misp_not_yours(call);
    return;
  }
  if (!kz_misp_body_tree(call, "SharingGroup", &from)) {
    return;
  }
  uint64_t id = id_of(document);
  kz_rc rc = save(call, &id, document, from, &err);
  reply_saved(call, "edit", rc, id, &err);
}

void kz_misp_group_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  if (!find(call, kz_misp_arg(call, 0), &document)) {
    return;
  }
  if (!owns(call->eye.user, document)) {
    kz_misp_not_yours(call);
    return;
  }
  if (kz_sight_uses_group(call->eye.view, id_of(document))) {
    kz_misp_not_saved(call, KZ_STR("Could not delete SharingGroup"),
                      KZ_STR_NONE,
                      KZ_STR("The sharing group is still in use."));
    return;
  }
  kz_rc rc = kz_groups_remove(groups_of(call), id_of(document), &err);
  rc = settle(call, rc, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "SharingGroup", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("SharingGroup deleted"), 0);
}

/* What addOrg and its like are about: by the body, or by the path. */
static bool find_group(struct kz_misp_call *call,
                       struct kz_jsonv **ret_document) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return false;
  }
  kz_str ref = kz_misp_param_text(call, KZ_STR("sg_id"));
  if (!find(call, ref.len > 0 ? ref : kz_misp_arg(call, 0), ret_document)) {
    return false;
  }
  if (!owns(call->eye.user, *ret_document) &&
      !kz_groups_may_extend(groups_of(call), id_of(*ret_document),
                            call->eye.user->org.id)) {
    kz_misp_not_yours(call);
    return false;
  }
  return true;
}

static bool find_org(struct kz_misp_call *call, uint32_t *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_str ref = kz_misp_param_text(call, KZ_STR("org_id"));
  kz_rc rc = kz_org_find(call->eye.house->orgs,
                         ref.len > 0 ? ref : kz_misp_arg(call, 1), ret);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Organisation", rc, &err);
  }
  return rc == KZ_OK;
}

static void finish(struct kz_misp_call *call, kz_rc rc, uint64_t id,
                   kz_str words, struct kz_err *err) {
  rc = settle(call, rc == KZ_UNCHANGED ? KZ_OK : rc, err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "SharingGroup", rc, err);
    return;
  }
  kz_misp_done(call, words, id);
}

void kz_misp_group_add_org(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  uint32_t org = 0;
  if (find_group(call, &document) && find_org(call, &org)) {
    bool extend = kz_misp_param_flag(call, KZ_STR("extend"), false);
    kz_rc rc =
        kz_groups_add_org(groups_of(call), id_of(document), org, extend, &err);
    finish(call, rc, id_of(document), KZ_STR(ADDED), &err);
  }
}

void kz_misp_group_remove_org(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  uint32_t org = 0;
  if (find_group(call, &document) && find_org(call, &org)) {
    kz_rc rc =
        kz_groups_remove_org(groups_of(call), id_of(document), org, &err);
    finish(call, rc, id_of(document), KZ_STR(REMOVED), &err);
  }
}

void kz_misp_group_add_server(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  if (find_group(call, &document)) {
    kz_rc rc = kz_groups_add_server(
        groups_of(call), id_of(document),
        kz_misp_param_number(call, KZ_STR("server_id"), 0),
        kz_misp_param_flag(call, KZ_STR("all_orgs"), false), &err);
    finish(call, rc, id_of(document), KZ_STR(SERVER_ADDED), &err);
  }
}

void kz_misp_group_remove_server(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  if (find_group(call, &document)) {
    kz_rc rc = kz_groups_remove_server(
        groups_of(call), id_of(document),
        kz_misp_param_number(call, KZ_STR("server_id"), 0), &err);
    finish(call, rc, id_of(document), KZ_STR(SERVER_REMOVED), &err);
  }
}
