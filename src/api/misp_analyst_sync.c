/* What another server asks of analyst data: names and times first, then what it
 * lacks. */
#include "api/misp_analyst.h"
#include "api/misp_opinions.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "store/store.h"

static kz_str modified_of(const struct kz_jsonv *document) {
  return kz_jsonv_text(document, KZ_STR("modified"));
}

/* Whether the organisation that made the document is among those named, "!name"
 * meaning the others. */
static bool is_of(const struct kz_misp_call *call,
                  const struct kz_misp_terms *names,
                  const struct kz_jsonv *document) {
  struct kz_dict *dict = kz_store_dict(call->eye.house->store);
  struct kz_org org = {.name = KZ_STR_NONE};
  uint32_t id = 0;
  bool is_wanted = names->any_count == 0;
  if (!names->is_given) {
    return true;
  }
  if (kz_dict_org_find(dict, kz_jsonv_text(document, KZ_STR("orgc_uuid")),
                       &id) != KZ_OK ||
      kz_dict_org_get(dict, id, &org) != KZ_OK) {
    return is_wanted;
  }
  for (size_t i = 0; i < names->any_count; i++) {
    is_wanted = is_wanted || kz_str_eq(names->any[i], org.name);
  }
  for (size_t i = 0; i < names->none_count; i++) {
    is_wanted = is_wanted && !kz_str_eq(names->none[i], org.name);
  }
  return is_wanted;
}

/* {"Note":{uuid:modified, ...}, ...} */
static void write_minimal(struct kz_misp_call *call, struct kz_jsonw *w,
                          struct kz_jsonv **documents, size_t count,
                          const struct kz_misp_terms *orgs) {
  kz_jsonw_object(w);
  for (int type = 0; type < KZ_ANALYST_TYPES; type++) {
    kz_jsonw_key(w, kz_analyst_type_name((enum kz_analyst_type)type));
    kz_jsonw_object(w);
    for (size_t i = 0; i < count; i++) {
      const struct kz_jsonv *document = documents[i];
      bool inherits =
          kz_jsonv_u64(document, KZ_STR("distribution"), 0) == KZ_DIST_INHERIT;
      if (kz_analyst_type_of(document) == (enum kz_analyst_type)type &&
          !inherits && kz_misp_sees_opinion(&call->eye, document) &&
          is_of(call, orgs, document)) {
        kz_jsonw_member_str(w, kz_jsonv_text(document, KZ_STR("uuid")),
                            modified_of(document));
      }
    }
    kz_jsonw_object_end(w);
  }
  kz_jsonw_object_end(w);
}

void kz_misp_analyst_index_minimal(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv **documents = NULL;
  struct kz_misp_terms orgs;
  size_t count = 0;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_param_terms(call, KZ_STR("orgc_name"), &orgs, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_analyst_of(call->eye.house->analyst, KZ_STR_NONE, call->work,
                       &documents, &count, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Analyst data", rc, &err);
    return;
  }
  write_minimal(call, &out.w, documents, count, &orgs);
  kz_misp_send(call, &out);
}

/* Whether we want what a peer offers: unknown, or from elsewhere and older. */
static bool wants(struct kz_misp_call *call, kz_str uuid, kz_str modified) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *known = NULL;
  kz_rc rc =
      kz_analyst_get(call->eye.house->analyst, uuid, call->work, &known, &err);
  return rc == KZ_NOT_FOUND ||
         (rc == KZ_OK && kz_jsonv_flag(known, KZ_STR("locked"), false) &&
          kz_analyst_is_newer(modified, modified_of(known)));
}

void kz_misp_analyst_filter(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *offer = NULL;
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &offer, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Analyst data", rc, &err);
    return;
  }
  kz_jsonw_object(&out.w);
  for (int type = 0; type < KZ_ANALYST_TYPES; type++) {
    kz_str name = kz_analyst_type_name((enum kz_analyst_type)type);
    const struct kz_jsonv *list = kz_jsonv_get(offer, name);
    kz_jsonw_key(&out.w, name);
    kz_jsonw_object(&out.w);
    for (const struct kz_jsonv *at = list ? list->first : NULL; at;
         at = at->next) {
      struct kz_uuid uuid;
      if (kz_uuid_parse(at->name, &uuid) == KZ_OK &&
          wants(call, at->name, at->text)) {
        kz_jsonw_member_str(&out.w, at->name, at->text);
      }
    }
    kz_jsonw_object_end(&out.w);
  }
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* {"Note":{...}}, or what hangs on a thing in one body. */
void kz_misp_analyst_push(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *sent = NULL;
  struct kz_analyst_piece pieces[KZ_ANALYST_TYPES];
  size_t count = 0;
  uint64_t id = 0;
  kz_str field = KZ_STR_NONE;
  struct kz_analyst_author author = kz_misp_author(&call->eye);
  if (!author.for_others) {
    kz_misp_not_allowed(call);
    return;
  }
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &sent, &err);
  for (int type = 0; rc == KZ_OK && type < KZ_ANALYST_TYPES; type++) {
    const struct kz_jsonv *one =
        kz_jsonv_get(sent, kz_analyst_type_name((enum kz_analyst_type)type));
    if (one) {
      pieces[count++] = (struct kz_analyst_piece){
          .type = (enum kz_analyst_type)type, .sent = one};
    }
  }
  if (rc == KZ_OK) {
    rc = kz_analyst_add(call->eye.house->analyst, &author, pieces, count,
                        KZ_ANALYST_NEWER, call->work, &id, &field, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_not_saved(call, KZ_STR("Could not save analyst data"), field,
                      kz_str_of(err.text[0] ? err.text : kz_rc_name(rc)));
    return;
  }
  kz_misp_done(call, KZ_STR("Analyst data imported."), id);
}
