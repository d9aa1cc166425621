#include "api/misp_template.h"

#include "api/misp_catalog.h"
#include "api/misp_library.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_tidy.h"
#include "work/template.h"

enum { MEMBER_BYTES = 16 << 20 };

static struct kz_catalog *catalog_of(const struct kz_misp_call *call) {
  return call->eye.house->templates;
}

static void write_list(struct kz_jsonw *w, const struct kz_jsonv *object,
                       const char *name) {
  const struct kz_jsonv *value = kz_jsonv_get(object, kz_str_of(name));
  if (value && value->kind == KZ_JSON_ARRAY) {
    kz_jsonw_key(w, kz_str_of(name));
    kz_jsonv_write(value, w);
  }
}

/* "ObjectTemplate":{...} */
static void write_head(struct kz_jsonw *w, uint64_t id,
                       const struct kz_jsonv *t) {
  static const char *const texts[] = {"uuid", "name", "meta-category",
                                      "description"};
  kz_jsonw_key(w, KZ_STR("ObjectTemplate"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_u64_str(w, KZ_STR("user_id"), 1);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), 1);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    kz_str name = kz_str_of(texts[i]);
    kz_jsonw_member_str(w, name, kz_jsonv_text(t, name));
  }
  kz_jsonw_member_u64_str(w, KZ_STR("version"),
                          kz_jsonv_u64(t, KZ_STR("version"), 0));
  kz_jsonw_key(w, KZ_STR("requirements"));
  kz_jsonw_object(w);
  write_list(w, t, "requiredOneOf");
  write_list(w, t, "required");
  kz_jsonw_object_end(w);
  kz_jsonw_member_bool(w, KZ_STR("fixed"), true);
  kz_jsonw_member_bool(w, KZ_STR("active"), true);
  kz_jsonw_object_end(w);
}

static void write_elements(struct kz_jsonw *w, uint64_t id,
                           const struct kz_jsonv *t) {
  static const char *const lists[] = {"categories", "sane_default",
                                      "values_list"};
  const struct kz_jsonv *all = kz_jsonv_get(t, KZ_STR("attributes"));
  const struct kz_jsonv *one = all ? all->first : NULL;
  kz_jsonw_key(w, KZ_STR("ObjectTemplateElement"));
  kz_jsonw_array(w);
  for (uint64_t i = 1; one; one = one->next, i++) {
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), i);
    kz_jsonw_member_u64_str(w, KZ_STR("object_template_id"), id);
    kz_jsonw_member_str(w, KZ_STR("object_relation"), one->name);
    kz_jsonw_member_str(w, KZ_STR("type"),
                        kz_jsonv_text(one, KZ_STR("misp-attribute")));
    kz_jsonw_member_u64_str(w, KZ_STR("ui-priority"),
                            kz_jsonv_u64(one, KZ_STR("ui-priority"), 0));
    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
      write_list(w, one, lists[k]);
    }
    kz_jsonw_member_str(w, KZ_STR("description"),
                        kz_jsonv_text(one, KZ_STR("description")));
    kz_jsonw_member_bool(
        w, KZ_STR("disable_correlation"),
        kz_jsonv_flag(one, KZ_STR("disable_correlation"), false));
    kz_jsonw_member_bool(w, KZ_STR("multiple"),
                         kz_jsonv_flag(one, KZ_STR("multiple"), false));
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void write_one(struct kz_jsonw *w, uint64_t id, const struct kz_jsonv *t,
                      bool is_whole) {
  kz_jsonw_object(w);
  write_head(w, id, t);
  if (is_whole) {
    write_elements(w, id, t);
  }
  kz_jsonw_object_end(w);
}

static struct kz_misp_catalog face_of(const struct kz_misp_call *call) {
  return (struct kz_misp_catalog){.catalog = catalog_of(call),
                                  .noun = "Object template",
                                  .write = write_one};
}

void kz_misp_template_index(struct kz_misp_call *call) {
  const struct kz_misp_catalog face = face_of(call);
  kz_misp_catalog_index(call, &face);
}

void kz_misp_template_view(struct kz_misp_call *call) {
  const struct kz_misp_catalog face = face_of(call);
  kz_misp_catalog_view(call, &face);
}

/* The file as it was, but for white space. */
void kz_misp_template_raw(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *t = NULL;
  uint64_t id = 0;
  kz_rc rc = kz_catalog_find(catalog_of(call), kz_misp_arg(call, 0), call->work,
                             &id, &t, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Object template", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonv_drop(t, KZ_STR("id"));
  kz_jsonv_write(t, &out.w);
  kz_misp_send(call, &out);
}

/* MISP answers with a list of what was updated. */
void kz_misp_template_update(struct kz_misp_call *call) {
  struct kz_house *house = call->eye.house;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_library_report report;
  if (!kz_misp_is_admin(call->eye.user)) {
    kz_misp_not_allowed(call);
    return;
  }
  kz_rc rc = house->libraries && house->libraries[0]
                 ? kz_library_update(house, house->libraries,
                                     KZ_LIBRARY_BIT(KZ_LIBRARY_TEMPLATE),
                                     call->work, &report, &err)
                 : kz_err_set(&err, KZ_E_INPUT,
                              "No folder of libraries is configured (setting "
                              "\"libraries\").");
  if (rc != KZ_OK) {
    kz_misp_not_saved(call, KZ_STR("Could not update"), KZ_STR_NONE,
                      kz_str_of(err.text));
    return;
  }
  const struct kz_library_count *count = &report.counts[KZ_LIBRARY_TEMPLATE];
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  if (count->taken > 0 || count->broken > 0) {
    kz_jsonw_object(&out.w);
    kz_jsonw_member_u64(&out.w, KZ_STR("updated"), count->taken);
    kz_jsonw_member_u64(&out.w, KZ_STR("unchanged"), count->unchanged);
    kz_jsonw_member_u64(&out.w, KZ_STR("broken"), count->broken);
    kz_jsonw_object_end(&out.w);
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* --- objects ---------------------------------------------------------------
 */

struct telling {
  struct kz_jsonw w;
  size_t count;
};

static void tell(void *ctx, kz_str words) {
  struct telling *t = ctx;
  kz_jsonw_str(&t->w, words);
  t->count++;
}

void kz_misp_template_warn(struct kz_misp_call *call, struct kz_object *object,
                           struct kz_arena *arena) {
  struct kz_jsonv *template = NULL;
  struct telling telling = {.count = 0};
  uint64_t id = 0;
  KZ_BUF(member, MEMBER_BYTES);
  kz_str kept = KZ_STR_NONE;
  if (object->template_uuid.len == 0 ||
      kz_catalog_find(catalog_of(call), object->template_uuid, arena, &id,
                      &template, NULL) != KZ_OK) {
    return;
  }
  kz_buf_add_str(&member, KZ_STR("\"warnings\":"));
  kz_jsonw_init(&telling.w, &member);
  kz_jsonw_array(&telling.w);
  kz_template_judge(template, object, tell, &telling);
  kz_jsonw_array_end(&telling.w);
  if (telling.count > 0 && !kz_buf_failed(&member) &&
      kz_arena_dup(arena, kz_buf_str(&member), &kept) == KZ_OK) {
    object->extra = kz_misp_join_members(object->extra, kept, arena);
  }
}
