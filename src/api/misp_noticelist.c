#include "api/misp_noticelist.h"

#include "api/misp_catalog.h"
#include "api/misp_library.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "work/noticelist.h"

/* A member as it stands; an empty list when there is none. */
static void write_list(struct kz_jsonw *w, const struct kz_jsonv *list,
                       const char *name) {
  const struct kz_jsonv *value = kz_jsonv_get(list, kz_str_of(name));
  kz_jsonw_key(w, kz_str_of(name));
  if (value) {
    kz_jsonv_write(value, w);
  } else {
    kz_jsonw_array(w);
    kz_jsonw_array_end(w);
  }
}

static void write_entries(struct kz_jsonw *w, uint64_t id,
                          const struct kz_jsonv *list) {
  const struct kz_jsonv *notices = kz_jsonv_get(list, KZ_STR("notice"));
  const struct kz_jsonv *notice = notices ? notices->first : NULL;
  kz_jsonw_key(w, KZ_STR("NoticelistEntry"));
  kz_jsonw_array(w);
  for (uint64_t i = 1; notice; notice = notice->next, i++) {
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), i);
    kz_jsonw_member_u64_str(w, KZ_STR("noticelist_id"), id);
    kz_jsonw_key(w, KZ_STR("data"));
    kz_jsonv_write(notice, w);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

/* {"Noticelist":{...}}, with its entries when they are wanted. */
static void write_one(struct kz_jsonw *w, uint64_t id,
                      const struct kz_jsonv *list, bool is_whole) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Noticelist"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_str(w, KZ_STR("name"), kz_jsonv_text(list, KZ_STR("name")));
  kz_jsonw_member_str(w, KZ_STR("expanded_name"),
                      kz_jsonv_text(list, KZ_STR("expanded_name")));
  write_list(w, list, "ref");
  write_list(w, list, "geographical_area");
  kz_jsonw_member_u64_str(w, KZ_STR("version"),
                          kz_jsonv_u64(list, KZ_STR("version"), 0));
  kz_jsonw_member_bool(w, KZ_STR("enabled"),
                       kz_jsonv_flag(list, KZ_STR("enabled"), false));
  if (is_whole) {
    write_entries(w, id, list);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static struct kz_misp_catalog face_of(const struct kz_misp_call *call) {
  return (struct kz_misp_catalog){.catalog = call->eye.house->noticelists,
                                  .noun = "Noticelist",
                                  .write = write_one};
}

void kz_misp_noticelist_index(struct kz_misp_call *call) {
  const struct kz_misp_catalog face = face_of(call);
  kz_misp_catalog_index(call, &face);
}

void kz_misp_noticelist_view(struct kz_misp_call *call) {
  const struct kz_misp_catalog face = face_of(call);
  kz_misp_catalog_view(call, &face);
}

void kz_misp_noticelist_enable(struct kz_misp_call *call) {
  const struct kz_misp_catalog face = face_of(call);
  kz_str how = kz_misp_arg(call, 1);
  if (!kz_misp_is_admin(call->eye.user)) {
    kz_misp_not_allowed(call);
    return;
  }
  kz_misp_catalog_enable(call, &face,
                         kz_str_eq(how, KZ_STR("true")) ||
                             kz_str_eq(how, KZ_STR("1")));
}

void kz_misp_noticelist_update(struct kz_misp_call *call) {
  kz_misp_library_update(
      call, &(struct kz_misp_update){
                .kinds = KZ_LIBRARY_BIT(KZ_LIBRARY_NOTICELIST),
                .noun = "noticelists",
                .current = "All noticelists are up to date already."});
}
