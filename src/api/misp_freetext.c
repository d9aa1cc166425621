/* MISP saves in the background unless it is told not to, and then answers with
 * what it found before anything was left out; here all is saved when the answer
 * comes, and the answers are MISP's. */
#include "api/misp_freetext.h"

#include "api/misp_find.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_view.h"
#include "format/misp_settle.h"
#include "format/misp_write.h"
#include "store/edit.h"
#include "work/freetext.h"

#define STYLE ((struct kz_misp_style){.ids = true})

/* An import on its way to the writer. */
struct import {
  uint64_t event;
  struct kz_freetext_item *items;
  size_t item_count;
  struct kz_attribute *attributes; /* those to be saved */
  size_t count;
  bool tells_all; /* and not what was saved */
  uint8_t distribution;
  uint64_t group;
  struct kz_edit_report report;
};

static kz_rc apply(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct import *import = ctx;
  return kz_edit_add_attributes(txn, import->event, import->attributes,
                                import->count, false, &import->report, err);
}

static enum kz_freetext_heed read_heed(const struct kz_misp_call *call) {
  kz_str name = KZ_STR("adhereToWarninglists");
  return kz_str_eq(kz_misp_param_text(call, name), KZ_STR("soft"))
             ? KZ_FREETEXT_SOFT
         : kz_misp_param_flag(call, name, false) ? KZ_FREETEXT_DROP
                                                 : KZ_FREETEXT_ALL;
}

/* Fills the attribute; false when MISP would not take the value. */
static bool make(struct kz_misp_call *call, const struct import *import,
                 const struct kz_freetext_item *item, struct kz_attribute *a) {
  kz_str field = KZ_STR_NONE;
  *a = (struct kz_attribute){
      .given = KZ_GAVE_TYPE | KZ_GAVE_VALUE | KZ_GAVE_TO_IDS | KZ_GAVE_COMMENT |
               KZ_GAVE_DISTRIBUTION | KZ_GAVE_GROUP,
      .type = item->type,
      .value = item->value,
      .to_ids = item->to_ids,
      .comment = item->comment,
      .distribution = import->distribution,
      .sharing_group_id = import->group,
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
  };
  return kz_misp_settle(a, call->work, &field, NULL) == KZ_OK;
}

static kz_rc prepare(struct kz_misp_call *call, struct import *import,
                     struct kz_err *err) {
  uint64_t distribution =
      kz_misp_param_number(call, KZ_STR("distribution"), KZ_DIST_INHERIT);
  import->distribution = distribution <= KZ_DIST_INHERIT
                             ? (uint8_t)distribution
                             : (uint8_t)KZ_DIST_INHERIT;
  if (import->distribution == KZ_DIST_GROUP) {
    import->group = kz_misp_param_number(call, KZ_STR("sharing_group_id"), 0);
    if (!kz_viewer_sees_child(&call->eye.user->viewer, UINT32_MAX,
                              KZ_DIST_GROUP, import->group)) {
      return kz_err_set(err, KZ_E_INPUT,
                        "Invalid Sharing Group or not "
                        "authorised.");
    }
  }
  import->attributes = kz_arena_array(call->work, import->item_count + 1,
                                      sizeof *import->attributes);
  if (!import->attributes) {
    return kz_err_set(err, KZ_E_MEMORY, "free text: out of memory");
  }
  for (size_t i = 0; i < import->item_count; i++) {
    const struct kz_freetext_item *item = &import->items[i];
    if (!item->is_dropped &&
        make(call, import, item, &import->attributes[import->count])) {
      import->count++;
    }
  }
  return KZ_OK;
}

/* --- answers ---------------------------------------------------------------
 */

static void write_types(struct kz_jsonw *w,
                        const struct kz_freetext_item *item) {
  kz_jsonw_key(w, KZ_STR("types"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < item->type_count; i++) {
    kz_str name = kz_type_name(item->types[i]);
    kz_jsonw_member_str(w, name, name);
  }
  kz_jsonw_object_end(w);
}

/* What was found, with the types each might have. */
static void reply_meta(struct kz_misp_call *call, const struct import *import) {
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; i < import->item_count; i++) {
    const struct kz_freetext_item *item = &import->items[i];
    if (item->is_dropped) {
      continue;
    }
    kz_jsonw_object(&out.w);
    write_types(&out.w, item);
    kz_jsonw_member_str(&out.w, KZ_STR("default_type"),
                        kz_type_name(item->type));
    kz_jsonw_member_str(&out.w, KZ_STR("value"), item->value);
    kz_jsonw_member_str(&out.w, KZ_STR("original_value"), item->original);
    kz_jsonw_member_str(&out.w, KZ_STR("comment"), item->comment);
    kz_jsonw_member_bool(&out.w, KZ_STR("to_ids"), item->to_ids);
    kz_jsonw_member_str(&out.w, KZ_STR("default_category"),
                        kz_category_name(kz_type_default_category(item->type)));
    kz_jsonw_object_end(&out.w);
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

static void write_found(struct kz_jsonw *w, const struct import *import) {
  for (size_t i = 0; i < import->item_count; i++) {
    const struct kz_freetext_item *item = &import->items[i];
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("type"), kz_type_name(item->type));
    kz_jsonw_member_str(w, KZ_STR("category"),
                        kz_category_name(kz_type_default_category(item->type)));
    kz_jsonw_member_str(w, KZ_STR("value"), item->value);
    kz_jsonw_member_bool(w, KZ_STR("to_ids"), item->to_ids);
    kz_jsonw_member_str(w, KZ_STR("comment"), item->comment);
    kz_jsonw_member_u64_str(w, KZ_STR("event_id"), import->event);
    kz_jsonw_member_u64_str(w, KZ_STR("distribution"), import->distribution);
    kz_jsonw_object_end(w);
  }
}

static bool is_refused(const struct import *import, size_t index) {
  for (size_t i = 0; i < import->report.refusal_count; i++) {
    if (import->report.refusals[i].index == index) {
      return true;
    }
  }
  return false;
}

static kz_rc write_saved(struct kz_misp_call *call, struct kz_jsonw *w,
                         const struct import *import, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < import->count; i++) {
    struct kz_attribute a;
    if (is_refused(import, i)) {
      continue;
    }
    rc = kz_misp_read_one(&call->eye, import->event, import->attributes[i].id,
                          &KZ_MISP_LOOK, call->work, &a, err);
    if (rc == KZ_OK) {
      kz_misp_write_attribute(w, &a, import->event, STYLE);
    }
  }
  return rc;
}

static void reply(struct kz_misp_call *call, const struct import *import) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = KZ_OK;
  kz_misp_renew(call);
  kz_jsonw_array(&out.w);
  if (import->tells_all) {
    write_found(&out.w, import);
  } else {
    rc = write_saved(call, &out.w, import, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_freetext_import(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct import import = {.count = 0};
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_find_event(call, kz_misp_arg(call, 0), &import.event, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  if (!kz_misp_may_edit(call, import.event)) {
    return;
  }
  import.tells_all =
      !kz_misp_param_flag(call, KZ_STR("disable_background_processing"), false);
  rc = kz_freetext(call->eye.house, kz_misp_param_text(call, KZ_STR("value")),
                   read_heed(call), call->work, &import.items,
                   &import.item_count, &err);
  if (rc == KZ_OK &&
      (kz_misp_param_flag(call, KZ_STR("returnMetaAttributes"), false) ||
       kz_misp_param_flag(call, KZ_STR("return_meta_attributes"), false))) {
    reply_meta(call, &import);
    return;
  }
  if (rc == KZ_OK) {
    rc = prepare(call, &import, &err);
  }
  if (rc == KZ_OK && import.count > 0) {
    rc = kz_store_run(call->eye.house->store, apply, &import, &err);
  }
  if (rc == KZ_OK) {
    reply(call, &import);
  } else {
    kz_misp_fail(call, "Event", rc, &err);
  }
  kz_edit_report_done(&import.report);
}
