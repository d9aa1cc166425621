#include "api/misp_attribute.h"

#include <string.h>

#include "api/misp_body.h"
#include "api/misp_find.h"
#include "api/misp_group.h"
#include "api/misp_hook.h"
#include "api/misp_opinions.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_tidy.h"
#include "api/misp_view.h"
#include "api/misp_warned.h"
#include "format/misp_settle.h"
#include "format/misp_write.h"
#include "store/edit.h"

#define STYLE ((struct kz_misp_style){.ids = true})

/* A change of attributes on its way to the writer. */
struct change {
  uint64_t event;
  uint64_t id;
  struct kz_attribute *attributes;
  size_t count;
  bool update_similar;
  bool hard;
  struct kz_edit_report report;
};

static kz_rc apply_add(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_add_attributes(txn, c->event, c->attributes, c->count,
                                c->update_similar, &c->report, err);
}

static kz_rc apply_edit(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_attribute(txn, c->event, c->id, c->attributes, err);
}

static kz_rc apply_delete(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_delete_attribute(txn, c->event, c->id, c->hard, err);
}

static kz_rc apply_restore(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_restore_attribute(txn, c->event, c->id, err);
}

static bool find(struct kz_misp_call *call, struct kz_misp_place *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_misp_find(call, KZ_THING_ATTRIBUTE, kz_misp_arg(call, 0), ret, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Attribute", rc, &err);
  }
  return rc == KZ_OK;
}

void kz_misp_attribute_view(struct kz_misp_call *call) {
  struct kz_misp_place place;
  if (find(call, &place)) {
    kz_misp_reply_attribute(call, place.event, place.id);
  }
}

/* --- adding ----------------------------------------------------------------
 */

static void write_error(struct kz_jsonw *w, size_t index, kz_str field,
                        kz_str words) {
  KZ_BUF(name, 64);
  kz_buf_add_format(&name, "attribute_%zu", index);
  kz_jsonw_key(w, kz_buf_str(&name));
  kz_jsonw_object(w);
  kz_jsonw_key(w, field.len > 0 ? field : KZ_STR("value"));
  kz_jsonw_array(w);
  kz_jsonw_str(w, words);
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

static bool is_refused(const struct change *c, size_t index) {
  for (size_t i = 0; i < c->report.refusal_count; i++) {
    if (c->report.refusals[i].index == index) {
      return true;
    }
  }
  return false;
}

static size_t count_added(const struct change *c) {
  return c->count - (c->report.refusal_count < c->count
                         ? c->report.refusal_count
                         : c->count);
}

static kz_rc write_added(struct kz_misp_call *call, struct kz_jsonw *w,
                         const struct change *c, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < c->count; i++) {
    struct kz_attribute a;
    if (is_refused(c, i)) {
      continue;
    }
    rc = kz_misp_read_one(&call->eye, c->event, c->attributes[i].id,
                          &KZ_MISP_LOOK, call->work, &a, err);
    if (rc == KZ_OK) {
      kz_misp_write_attribute(w, &a, c->event, STYLE);
    }
  }
  return rc;
}

static void write_errors(struct kz_jsonw *w, const struct change *c,
                         const struct kz_misp_body *body) {
  kz_jsonw_key(w, KZ_STR("errors"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < body->wrong_count; i++) {
    kz_str words = body->wrong[i].skipped
                       ? KZ_STR("A similar attribute already exists for this "
                                "event.")
                       : body->wrong[i].words;
    write_error(w, body->wrong[i].index, body->wrong[i].field, words);
  }
  for (size_t i = 0; i < c->report.refusal_count; i++) {
    const struct kz_edit_refusal *refusal = &c->report.refusals[i];
    write_error(w, kz_misp_body_sent_index(body, refusal->index),
                KZ_STR("value"), kz_str_of(refusal->message));
  }
  kz_jsonw_object_end(w);
}

/* {"Attribute":[...],"errors":{...}}; one sent alone in a list comes back as an
 * object. */
static void reply_list(struct kz_misp_call *call, const struct change *c,
                       const struct kz_misp_body *body) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  size_t errors = body->wrong_count + c->report.refusal_count;
  bool is_alone = c->count + body->wrong_count == 1 && errors == 0;
  kz_misp_renew(call);
  kz_jsonw_object(&out.w);
  kz_rc rc = KZ_OK;
  if (count_added(c) > 0) {
    kz_jsonw_key(&out.w, KZ_STR("Attribute"));
    if (!is_alone) {
      kz_jsonw_array(&out.w);
    }
    rc = write_added(call, &out.w, c, &err);
    if (!is_alone && rc == KZ_OK) {
      kz_jsonw_array_end(&out.w);
    }
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Attribute", rc, &err);
    return;
  }
  if (errors > 0) {
    write_errors(&out.w, c, body);
  }
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

static void reply_added(struct kz_misp_call *call, const struct change *c,
                        const struct kz_misp_body *body, bool is_list) {
  if (is_list) {
    reply_list(call, c, body);
    return;
  }
  if (c->report.refusal_count > 0) {
    kz_misp_not_saved(call, KZ_STR("Could not add Attribute"), KZ_STR("value"),
                      kz_str_of(c->report.refusals[0].message));
    return;
  }
  kz_misp_reply_attribute(call, c->event, c->attributes[0].id);
}

void kz_misp_attribute_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_attributes read;
  struct change change = {.id = 0};
  kz_rc rc =
      kz_misp_find_event(call, kz_misp_arg(call, 0), &change.event, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  if (!kz_misp_may_edit(call, change.event)) {
    return;
  }
  KZ_MISP_BODY(body, call, false);
  rc = body.reader
           ? kz_misp_read_attributes(body.reader, &body.input, &read, &err)
           : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, &body, KZ_STR("Could not add Attribute"), rc,
                        &err);
    return;
  }
  kz_misp_tidy_attributes(call, read.items, read.count);
  rc = kz_misp_admit_attributes(call, read.items, read.count, false, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_enforce_warnings(call, read.items, &read.count, &body, &err);
  }
  if (rc != KZ_OK || (read.count == 0 && !read.is_list)) {
    kz_misp_body_refuse(call, &body, KZ_STR("Could not add Attribute"),
                        rc == KZ_OK ? KZ_E_INPUT : rc, &err);
    return;
  }
  change.attributes = read.items;
  change.count = read.count;
  change.update_similar =
      !kz_misp_param_flag(call, KZ_STR("breakOnDuplicate"), true);
  struct kz_misp_taken taken = {.count = 0};
  rc =
      kz_misp_take_attributes(&taken, read.items, read.count, call->work, &err);
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_add, &change, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_keep_taken(call, &taken, &err);
  }
  for (size_t i = 0; rc == KZ_OK && i < read.count; i++) {
    if (read.items[i].id > 0) {
      kz_misp_tell(call, KZ_NOTICE_ATTRIBUTE, KZ_NOTICE_ADD, change.event,
                   read.items[i].id);
    }
  }
  if (rc == KZ_OK) {
    reply_added(call, &change, &body, read.is_list);
  } else {
    kz_misp_fail(call, "Event", rc, &err);
  }
  kz_edit_report_done(&change.report);
}

/* --- changing --------------------------------------------------------------
 */

kz_rc kz_misp_settle_edit(struct kz_misp_call *call,
                          const struct kz_attribute *old,
                          struct kz_attribute *changes, kz_str *ret_field,
                          struct kz_err *err) {
  enum { MAKING = KZ_GAVE_TYPE | KZ_GAVE_VALUE | KZ_GAVE_CATEGORY };
  uint32_t given = changes->given;
  if ((given & KZ_GAVE_TIMESTAMP) &&
      changes->timestamp_us <= old->timestamp_us) {
    changes->given &= ~(uint32_t)KZ_GAVE_TIMESTAMP;
  }
  if (!(given & MAKING)) {
    return KZ_OK;
  }
  changes->type = given & KZ_GAVE_TYPE ? changes->type : old->type;
  changes->value = given & KZ_GAVE_VALUE ? changes->value : old->value;
  changes->category =
      given & KZ_GAVE_CATEGORY ? changes->category : old->category;
  changes->to_ids = given & KZ_GAVE_TO_IDS ? changes->to_ids : old->to_ids;
  changes->given |= MAKING | KZ_GAVE_TO_IDS;
  return kz_misp_settle(changes, call->work, ret_field, err);
}

static kz_rc edit(struct kz_misp_call *call, struct kz_misp_body *body,
                  struct change *change, kz_str *ret_field,
                  struct kz_err *err) {
  struct kz_misp_attributes read;
  struct kz_attribute old;
  if (!body->reader) {
    return KZ_E_MEMORY;
  }
  kz_rc rc = kz_misp_read_attributes(body->reader, &body->input, &read, err);
  if (rc == KZ_OK && read.count != 1) {
    rc = kz_err_set(err, KZ_E_INPUT, "not one attribute");
  }
  struct kz_reading r = kz_misp_reading(&call->eye, call->work);
  if (rc == KZ_OK) {
    rc = kz_read_attribute(&r, change->event, change->id,
                           (struct kz_read_options){0}, &old, err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_settle_edit(call, &old, read.items, ret_field, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  kz_misp_tidy_attributes(call, read.items, 1);
  read.items->type =
      read.items->given & KZ_GAVE_TYPE ? read.items->type : old.type;
  rc = kz_misp_admit_attributes(call, read.items, read.count, true, err);
  if (rc == KZ_OK) {
    rc = kz_misp_enforce_warnings(call, read.items, &read.count, body, err);
  }
  if (rc != KZ_OK || read.count == 0) {
    return rc == KZ_OK ? KZ_E_INPUT : rc;
  }
  change->attributes = read.items;
  read.items[0].uuid = old.uuid;
  struct kz_misp_taken taken = {.count = 0};
  rc = kz_misp_take_attributes(&taken, read.items, 1, call->work, err);
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_edit, change, err);
  }
  return rc == KZ_OK || rc == KZ_UNCHANGED
             ? kz_misp_keep_taken(call, &taken, err)
             : rc;
}

void kz_misp_attribute_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_place place;
  kz_str field = KZ_STR_NONE;
  if (!find(call, &place) || !kz_misp_may_edit(call, place.event)) {
    return;
  }
  KZ_MISP_BODY(body, call, true);
  struct change change = {.event = place.event, .id = place.id};
  kz_rc rc = edit(call, &body, &change, &field, &err);
  if (rc == KZ_E_INPUT && field.len > 0) {
    kz_misp_not_saved(call, KZ_STR("Could not edit Attribute"), field,
                      kz_str_of(err.text));
  } else if (rc != KZ_OK && rc != KZ_UNCHANGED) {
    kz_misp_body_refuse(call, &body, KZ_STR("Could not edit Attribute"), rc,
                        &err);
  } else {
    kz_misp_tell(call, KZ_NOTICE_ATTRIBUTE, KZ_NOTICE_EDIT, place.event,
                 place.id);
    kz_misp_reply_attribute(call, place.event, place.id);
  }
}

void kz_misp_attribute_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_place place;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  if (!find(call, &place) || !kz_misp_may_edit(call, place.event)) {
    return;
  }
  struct change change = {
      .event = place.event,
      .id = place.id,
      .hard = kz_misp_param_flag(call, KZ_STR("hard"), false) ||
              kz_str_eq(kz_misp_arg(call, 1), KZ_STR("1")),
  };
  rc = kz_store_run(call->eye.house->store, apply_delete, &change, &err);
  if (rc < 0 || rc == KZ_NOT_FOUND) {
    kz_misp_fail(call, "Attribute", rc, &err);
    return;
  }
  kz_misp_tell(call, KZ_NOTICE_ATTRIBUTE, KZ_NOTICE_DELETE, place.event,
               place.id);
  kz_misp_done(call, KZ_STR("Attribute deleted."), 0);
}

void kz_misp_attribute_restore(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_place place;
  if (!find(call, &place) || !kz_misp_may_edit(call, place.event)) {
    return;
  }
  struct change change = {.event = place.event, .id = place.id};
  kz_rc rc = kz_store_run(call->eye.house->store, apply_restore, &change, &err);
  if (rc < 0 || rc == KZ_NOT_FOUND) {
    kz_misp_fail(call, "Attribute", rc, &err);
    return;
  }
  kz_misp_reply_attribute(call, place.event, place.id);
}
