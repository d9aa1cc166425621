#include "api/misp_org.h"

#include "api/misp_fields.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "format/misp_write.h"
#include "store/store.h"
#include "work/org.h"

enum { DOCUMENT_BYTES = 64 << 20 };

static const struct kz_misp_field fields[] = {
    {"id", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, NULL},
    {"name", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"date_created", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"date_modified", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"description", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_THEIRS, NULL},
    {"type", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"nationality", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"sector", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"created_by", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"uuid", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"contacts", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_THEIRS, NULL},
    {"local", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"restricted_to_domain", KZ_MISP_FORM_LIST, KZ_MISP_THEIRS, NULL},
    {"landingpage", KZ_MISP_FORM_NULL_TEXT, KZ_MISP_THEIRS, NULL},
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static void write_org(struct kz_misp_call *call, struct kz_jsonw *w,
                      const struct kz_jsonv *document) {
  uint32_t id = (uint32_t)kz_jsonv_u64(document, KZ_STR("id"), 0);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Organisation"));
  kz_jsonw_object(w);
  kz_misp_fields_write(w, document, fields, FIELD_COUNT);
  kz_jsonw_member_u64_str(w, KZ_STR("user_count"),
                          kz_people_count_of(call->eye.house->people, id, 0));
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static void reply_org(struct kz_misp_call *call, uint32_t id) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_org_get(call->eye.house->orgs, id, call->work, &document, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Organisation", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  write_org(call, &out.w, document);
  kz_misp_send(call, &out);
}

/* --- lists -----------------------------------------------------------------
 */

struct filter {
  bool local;
  bool external;
  kz_str searchall;
};

static bool is_wanted(const struct filter *filter,
                      const struct kz_jsonv *document) {
  static const char *const searched[] = {"name",   "description", "nationality",
                                         "sector", "type",        "contacts",
                                         "uuid"};
  bool is_local = kz_jsonv_flag(document, KZ_STR("local"), false);
  bool found = filter->searchall.len == 0;
  for (size_t i = 0; !found && i < sizeof searched / sizeof searched[0]; i++) {
    found = kz_misp_contains(kz_jsonv_text(document, kz_str_of(searched[i])),
                             filter->searchall);
  }
  return found && (is_local ? filter->local : filter->external);
}

void kz_misp_org_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_params_body(call, &err);
  KZ_ARENA(arena, DOCUMENT_BYTES);
  if (rc != KZ_OK || !arena) {
    kz_misp_fail(call, "Request", rc == KZ_OK ? KZ_E_MEMORY : rc, &err);
    return;
  }
  kz_str scope = kz_misp_param_text(call, KZ_STR("scope"));
  bool all = kz_str_eq(scope, KZ_STR("all"));
  struct filter filter = {
      .local = all || !kz_str_eq(scope, KZ_STR("external")),
      .external = all || kz_str_eq(scope, KZ_STR("external")),
      .searchall = kz_misp_param_text(call, KZ_STR("searchall")),
  };
  uint32_t count = kz_dict_org_count(kz_store_dict(call->eye.house->store));
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (uint32_t id = 1; rc == KZ_OK && id <= count; id++) {
    struct kz_jsonv *document = NULL;
    kz_arena_reset(arena);
    rc = kz_org_get(call->eye.house->orgs, id, arena, &document, &err);
    if (rc == KZ_OK && is_wanted(&filter, document)) {
      write_org(call, &out.w, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Organisation", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* The organisation of the first argument; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, uint32_t *ret_id) {
  const struct kz_err err = KZ_ERR_NONE;
  if (kz_org_find(call->eye.house->orgs, kz_misp_arg(call, 0), ret_id) !=
      KZ_OK) {
    kz_misp_fail(call, "Organisation", KZ_NOT_FOUND, &err);
    return false;
  }
  return true;
}

void kz_misp_org_view(struct kz_misp_call *call) {
  uint32_t id = 0;
  if (find(call, &id)) {
    reply_org(call, id);
  }
}

/* --- changes ---------------------------------------------------------------
 */

static void save(struct kz_misp_call *call, const char *verb, uint32_t id,
                 struct kz_jsonv *document, const struct kz_jsonv *from) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_misp_fields_take(document, from, fields, FIELD_COUNT, call->work);
  if (rc == KZ_OK) {
    rc = kz_org_save(call->eye.house->orgs, &id, document, call->work, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, verb, "Organisation", rc, &err);
    return;
  }
  reply_org(call, id);
}

void kz_misp_org_add(struct kz_misp_call *call) {
  struct kz_jsonv *from = NULL;
  if (!kz_misp_body_tree(call, "Organisation", &from)) {
    return;
  }
  struct kz_jsonv *document = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  if (!document || !kz_jsonv_set_u64(document, KZ_STR("created_by"),
                                     call->eye.user->id, call->work)) {
    kz_misp_refuse(call, 503, KZ_STR("out of memory"));
    return;
  }
  save(call, "add", 0, document, from);
}

void kz_misp_org_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  uint32_t id = 0;
  if (!find(call, &id) || !kz_misp_body_tree(call, "Organisation", &from)) {
    return;
  }
  kz_rc rc = kz_org_get(call->eye.house->orgs, id, call->work, &document, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Organisation", rc, &err);
    return;
  }
  save(call, "edit", id, document, from);
}

void kz_misp_org_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint32_t id = 0;
  if (!find(call, &id)) {
    return;
  }
  kz_rc rc = kz_org_remove(call->eye.house->orgs, id, &err);
  if (rc == KZ_E_CONFLICT) {
    kz_misp_not_saved(
        call,
        KZ_STR("Organisation could not be deleted. Make sure that there "
               "are no users or events still tied to it."),
        KZ_STR_NONE, kz_str_of(err.text));
    return;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Organisation", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Organisation deleted"), id);
}

void kz_misp_write_orgs(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                        uint32_t org, uint32_t orgc) {
  struct kz_dict *dict = kz_store_dict(eye->house->store);
  struct kz_org found;
  if (kz_dict_org_get(dict, org, &found) == KZ_OK) {
    kz_misp_write_org_member(w, KZ_STR("Org"), &found,
                             (struct kz_misp_style){.ids = true});
  }
  if (kz_dict_org_get(dict, orgc, &found) == KZ_OK) {
    kz_misp_write_org_member(w, KZ_STR("Orgc"), &found,
                             (struct kz_misp_style){.ids = true});
  }
}
