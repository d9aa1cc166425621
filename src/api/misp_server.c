#include "api/misp_server.h"

#include "api/misp_shape.h"
#include "model/type.h"

/* The MISP that clients may take us for: PyMISP compares it with its own. */
static const kz_str version = {"2.5.34", 6};

void kz_misp_server_version(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_jsonw *w = &out.w;
  const struct kz_user *user = call->eye.user;
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("version"), version);
  kz_jsonw_member_str(w, KZ_STR("pymisp_recommended_version"), version);
  kz_jsonw_member_bool(w, KZ_STR("perm_sync"), kz_user_may(user, KZ_PERM_SYNC));
  kz_jsonw_member_bool(w, KZ_STR("perm_sighting"),
                       kz_user_may(user, KZ_PERM_SIGHTING));
  kz_jsonw_member_bool(w, KZ_STR("perm_galaxy_editor"),
                       kz_user_may(user, KZ_PERM_GALAXY_EDITOR));
  kz_jsonw_member_bool(w, KZ_STR("perm_analyst_data"),
                       kz_user_may(user, KZ_PERM_ANALYST_DATA));
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
