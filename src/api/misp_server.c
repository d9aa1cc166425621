#include "api/misp_server.h"

#include "api/misp_shape.h"
#include "format/misp_write.h"
#include "model/type.h"

/* The MISP that clients may take us for: PyMISP compares it with its own. */
static const kz_str version = {"2.5.34", 6};

void kz_misp_server_version(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_jsonw *w = &out.w;
  bool is_admin = kz_misp_is_admin(call->eye.user);
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("version"), version);
  kz_jsonw_member_str(w, KZ_STR("pymisp_recommended_version"), version);
  kz_jsonw_member_bool(w, KZ_STR("perm_sync"), is_admin);
  kz_jsonw_member_bool(w, KZ_STR("perm_sighting"),
                       kz_misp_may_write(call->eye.user));
  kz_jsonw_member_bool(w, KZ_STR("perm_galaxy_editor"), is_admin);
  kz_jsonw_member_bool(w, KZ_STR("perm_analyst_data"), is_admin);
  kz_jsonw_member_str(w, KZ_STR("uuid"), KZ_STR("-"));
  kz_jsonw_key(w, KZ_STR("request_encoding"));
  kz_jsonw_array(w);
  kz_jsonw_str(w, KZ_STR("gzip"));
  kz_jsonw_str(w, KZ_STR("br"));
  kz_jsonw_array_end(w);
  kz_jsonw_member_bool(w, KZ_STR("filter_sightings"), true);
  kz_jsonw_object_end(w);
  kz_misp_send(call, &out);
}

void kz_misp_server_pymisp_version(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_str(&out.w, KZ_STR("version"), version);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* MISP's default roles. */
static kz_str role_name(unsigned role) {
  static const char *const names[] = {
      "", "admin", "Org Admin", "User", "Publisher", "Sync user", "Read Only"};
  return kz_str_of(role < sizeof names / sizeof names[0] ? names[role] : "");
}

static void write_role(struct kz_jsonw *w, const struct kz_user *user) {
  bool is_admin = kz_misp_is_admin(user);
  bool may_write = kz_misp_may_write(user);
  const struct {
    const char *name;
    bool is_given;
  } perms[] = {
      {"perm_add", may_write},
      {"perm_modify", may_write},
      {"perm_modify_org", may_write},
      {"perm_publish", kz_misp_may_publish(user)},
      {"perm_sync", is_admin},
      {"perm_admin", is_admin},
      {"perm_site_admin", is_admin},
      {"perm_auth", true},
      {"perm_tagger", may_write},
      {"perm_tag_editor", kz_misp_may_edit_tags(user)},
      {"perm_sighting", may_write},
  };
  kz_jsonw_key(w, KZ_STR("Role"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), user->role);
  kz_jsonw_member_str(w, KZ_STR("name"), role_name(user->role));
  for (size_t i = 0; i < sizeof perms / sizeof perms[0]; i++) {
    kz_jsonw_member_bool(w, kz_str_of(perms[i].name), perms[i].is_given);
  }
  kz_jsonw_object_end(w);
}

static void write_user(struct kz_jsonw *w, const struct kz_user *user) {
  kz_jsonw_key(w, KZ_STR("User"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), user->id);
  kz_jsonw_member_str(w, KZ_STR("email"), user->email);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), user->org.id);
  kz_jsonw_member_u64_str(w, KZ_STR("role_id"), user->role);
  kz_jsonw_member_bool(w, KZ_STR("autoalert"), false);
  kz_jsonw_member_bool(w, KZ_STR("contactalert"), false);
  kz_jsonw_member_bool(w, KZ_STR("disabled"), false);
  kz_jsonw_member_bool(w, KZ_STR("termsaccepted"), true);
  kz_jsonw_object_end(w);
}

/* Everybody sees himself; there are no other users over the API yet. */
void kz_misp_user_view(struct kz_misp_call *call) {
  const struct kz_user *user = call->eye.user;
  kz_str ref = kz_misp_arg(call, 0);
  uint64_t id = 0;
  if (!kz_str_eq(ref, KZ_STR("me")) &&
      (kz_str_u64(ref, &id) != KZ_OK || id != user->id)) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid user"));
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  write_user(&out.w, user);
  write_role(&out.w, user);
  kz_jsonw_key(&out.w, KZ_STR("UserSetting"));
  kz_jsonw_array(&out.w);
  kz_jsonw_array_end(&out.w);
  kz_misp_write_org_member(&out.w, KZ_STR("Organisation"), &user->org,
                           (struct kz_misp_style){.ids = true});
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

static void write_defaults(struct kz_jsonw *w) {
  kz_jsonw_key(w, KZ_STR("sane_defaults"));
  kz_jsonw_object(w);
  for (unsigned i = 0; i < KZ_TYPE_COUNT; i++) {
    kz_type type = (kz_type)i;
    kz_jsonw_key(w, kz_type_name(type));
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("default_category"),
                        kz_category_name(kz_type_default_category(type)));
    kz_jsonw_member_u64(w, KZ_STR("to_ids"),
                        kz_type_default_to_ids(type) ? 1 : 0);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_object_end(w);
}

/* The types that a category permits, or all when it is KZ_CATEGORY_COUNT. */
static void write_types(struct kz_jsonw *w, kz_str key, unsigned category) {
  kz_jsonw_key(w, key);
  kz_jsonw_array(w);
  for (unsigned i = 0; i < KZ_TYPE_COUNT; i++) {
    if (category == KZ_CATEGORY_COUNT ||
        kz_type_fits((kz_type)i, (kz_category)category)) {
      kz_jsonw_str(w, kz_type_name((kz_type)i));
    }
  }
  kz_jsonw_array_end(w);
}

void kz_misp_describe_types(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_jsonw *w = &out.w;
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("result"));
  kz_jsonw_object(w);
  write_defaults(w);
  write_types(w, KZ_STR("types"), KZ_CATEGORY_COUNT);
  kz_jsonw_key(w, KZ_STR("categories"));
  kz_jsonw_array(w);
  for (unsigned i = 0; i < KZ_CATEGORY_COUNT; i++) {
    kz_jsonw_str(w, kz_category_name((kz_category)i));
  }
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("category_type_mappings"));
  kz_jsonw_object(w);
  for (unsigned i = 0; i < KZ_CATEGORY_COUNT; i++) {
    write_types(w, kz_category_name((kz_category)i), i);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  kz_misp_send(call, &out);
}
