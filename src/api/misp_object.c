#include "api/misp_object.h"

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
#include "format/misp_write.h"
#include "store/edit.h"

#define STYLE ((struct kz_misp_style){.ids = true})

/* A change of an object or a reference on its way to the writer. */
struct change {
  uint64_t event;
  uint64_t id;
  struct kz_object *object;
  struct kz_reference *reference;
  bool refuse_similar;
  bool hard;
  struct kz_edit_report report;
};

static kz_rc apply_add(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_add_object(txn, c->event, c->object, c->refuse_similar,
                            &c->report, err);
}

static kz_rc apply_edit(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_object(txn, c->event, c->id, c->object, &c->report, err);
}

static kz_rc apply_delete(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_delete_object(txn, c->event, c->id, c->hard, err);
}

static kz_rc apply_add_reference(void *ctx, struct kz_txn *txn,
                                 struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_add_reference(txn, c->event, c->id, c->reference, err);
}

static kz_rc apply_delete_reference(void *ctx, struct kz_txn *txn,
                                    struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_delete_reference(txn, c->event, c->id, c->hard, err);
}

static bool find(struct kz_misp_call *call, enum kz_thing thing,
                 const char *noun, kz_str ref, struct kz_misp_place *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_find(call, thing, ref, ret, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, noun, rc, &err);
  }
  return rc == KZ_OK;
}

static bool read_params(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
  }
  return rc == KZ_OK;
}

/* Whether the body, or the "Object" in it, asks to stop at a duplicate. */
static bool breaks_on_duplicate(struct kz_misp_call *call) {
  if (kz_misp_param_flag(call, KZ_STR("breakOnDuplicate"), false)) {
    return true;
  }
  const struct kz_misp_param *inner = kz_misp_param(call, KZ_STR("Object"));
  kz_str raw = KZ_STR_NONE;
  if (!inner || inner->raw.len < 2) {
    return false;
  }
  kz_str members = {inner->raw.ptr + 1, inner->raw.len - 2};
  return kz_misp_has_member(members, KZ_STR("breakOnDuplicate"), &raw) &&
         (kz_str_eq(raw, KZ_STR("true")) || kz_str_eq(raw, KZ_STR("1")));
}

void kz_misp_object_view(struct kz_misp_call *call) {
  struct kz_misp_place place;
  if (find(call, KZ_THING_OBJECT, "Object", kz_misp_arg(call, 0), &place)) {
    kz_misp_tell(call, KZ_NOTICE_OBJECT, KZ_NOTICE_EDIT, place.event, place.id);
    kz_misp_reply_object(call, place.event, place.id);
  }
}

static void refuse_change(struct kz_misp_call *call,
                          const struct kz_misp_body *body, kz_str what,
                          kz_rc rc, const struct kz_err *err) {
  if (rc == KZ_E_CONFLICT) {
    kz_misp_not_saved(call, what, KZ_STR_NONE, kz_str_of(err->text));
  } else {
    kz_misp_body_refuse(call, body, what, rc, err);
  }
}

void kz_misp_object_add(struct kz_misp_call *call) {
  static const kz_str what = {"Could not add Object", 20};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_object object;
  struct kz_misp_place place;
  if (!read_params(call) ||
      !find(call, KZ_THING_EVENT, "Event", kz_misp_arg(call, 0), &place) ||
      !kz_misp_may_edit(call, place.event)) {
    return;
  }
  KZ_MISP_BODY(body, call, false);
  kz_rc rc = body.reader
                 ? kz_misp_read_object(body.reader, &body.input, &object, &err)
                 : KZ_E_MEMORY;
  struct change change = {.event = place.event, .object = &object};
  struct kz_misp_taken taken = {.count = 0};
  if (rc == KZ_OK) {
    kz_misp_tidy_object(call, &object);
    change.refuse_similar = breaks_on_duplicate(call);
    rc = kz_misp_enforce_warnings(call, object.attributes,
                                  &object.attribute_count, NULL, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_admit_object(call, &object, false, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_take_object(&taken, &object, call->work, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_add, &change, &err);
  }
  if (rc == KZ_OK && object.id == 0 && change.report.refusal_count > 0) {
    rc = kz_err_set(&err, KZ_E_CONFLICT, "%s",
                    change.report.refusals[0].message);
  }
  kz_edit_report_done(&change.report);
  if (rc == KZ_OK) {
    rc = kz_misp_keep_taken(call, &taken, &err);
  }
  if (rc != KZ_OK) {
    refuse_change(call, &body, what, rc, &err);
    return;
  }
  kz_misp_tell(call, KZ_NOTICE_OBJECT, KZ_NOTICE_ADD, place.event, object.id);
  kz_misp_reply_object(call, place.event, object.id);
}

void kz_misp_object_edit(struct kz_misp_call *call) {
  static const kz_str what = {"Could not edit Object", 21};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_object object;
  struct kz_misp_place place;
  if (!find(call, KZ_THING_OBJECT, "Object", kz_misp_arg(call, 0), &place) ||
      !kz_misp_may_edit(call, place.event)) {
    return;
  }
  KZ_MISP_BODY(body, call, true);
  kz_rc rc = body.reader
                 ? kz_misp_read_object(body.reader, &body.input, &object, &err)
                 : KZ_E_MEMORY;
  struct change change = {
      .event = place.event, .id = place.id, .object = &object};
  struct kz_misp_taken taken = {.count = 0};
  if (rc == KZ_OK) {
    kz_misp_tidy_object(call, &object);
    object.given &= ~(uint32_t)KZ_GAVE_TIMESTAMP;
    rc = kz_misp_enforce_warnings(call, object.attributes,
                                  &object.attribute_count, NULL, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_admit_object(call, &object, true, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_take_object(&taken, &object, call->work, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_edit, &change, &err);
  }
  kz_edit_report_done(&change.report);
  if (rc == KZ_OK || rc == KZ_UNCHANGED) {
    rc = kz_misp_keep_taken(call, &taken, &err);
  }
  if (rc < 0 || rc == KZ_NOT_FOUND) {
    refuse_change(call, &body, what, rc, &err);
    return;
  }
  kz_misp_reply_object(call, place.event, place.id);
}

/* Deletes an object or a reference and says so. */
static void delete_found(struct kz_misp_call *call,
                         const struct kz_misp_place *place, kz_writer_job *job,
                         const char *noun, kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  kz_str second = kz_misp_arg(call, 1);
  struct change change = {
      .event = place->event,
      .id = place->id,
      .hard = kz_misp_param_flag(call, KZ_STR("hard"), false) ||
              kz_str_eq(second, KZ_STR("1")) ||
              kz_str_eq_nocase(second, KZ_STR("true")),
  };
  kz_rc rc = kz_store_run(call->eye.house->store, job, &change, &err);
  if (rc < 0 || rc == KZ_NOT_FOUND) {
    kz_misp_fail(call, noun, rc, &err);
    return;
  }
  if (place->thing == KZ_THING_OBJECT) {
    kz_misp_tell(call, KZ_NOTICE_OBJECT, KZ_NOTICE_DELETE, place->event,
                 place->id);
  }
  kz_misp_done(call, words, 0);
}

void kz_misp_object_delete(struct kz_misp_call *call) {
  struct kz_misp_place place;
  if (read_params(call) &&
      find(call, KZ_THING_OBJECT, "Object", kz_misp_arg(call, 0), &place) &&
      kz_misp_may_edit(call, place.event)) {
    delete_found(call, &place, apply_delete, "Object",
                 KZ_STR("Object deleted"));
  }
}

void kz_misp_reference_delete(struct kz_misp_call *call) {
  struct kz_misp_place place;
  if (read_params(call) &&
      find(call, KZ_THING_REFERENCE, "Object reference", kz_misp_arg(call, 0),
           &place) &&
      kz_misp_may_edit(call, place.event)) {
    delete_found(call, &place, apply_delete_reference, "Object reference",
                 KZ_STR("ObjectReference deleted"));
  }
}

static void reply_reference(struct kz_misp_call *call,
                            const struct kz_misp_place *object, uint64_t id) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_object source;
  struct kz_reference reference;
  uint64_t from = 0;
  kz_misp_renew(call);
  struct kz_reading r = kz_misp_reading(&call->eye, call->work);
  kz_rc rc = kz_read_reference(&r, object->event, id, &reference, &from, &err);
  if (rc == KZ_OK) {
    rc = kz_read_object(&r, object->event, object->id, &source, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Object reference", rc, &err);
    return;
  }
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("ObjectReference"));
  kz_misp_write_reference(&out.w, &reference, &source, object->event, STYLE);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* The uuid of the object that a reference starts from: in the path, bare in the
 * body, or in the body's "ObjectReference". */
static kz_str source_of(struct kz_misp_call *call) {
  kz_str ref = kz_misp_arg(call, 0);
  if (ref.len == 0) {
    ref = kz_misp_param_text(call, KZ_STR("object_uuid"));
  }
  const struct kz_misp_param *inner =
      kz_misp_param(call, KZ_STR("ObjectReference"));
  kz_str raw = KZ_STR_NONE;
  if (ref.len == 0 && inner && inner->raw.len > 2 &&
      kz_misp_has_member((kz_str){inner->raw.ptr + 1, inner->raw.len - 2},
                         KZ_STR("object_uuid"), &raw) &&
      raw.len > 2) {
    ref = (kz_str){raw.ptr + 1, raw.len - 2};
  }
  return ref;
}

void kz_misp_reference_add(struct kz_misp_call *call) {
  static const kz_str what = {"Could not add ObjectReference", 29};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_reference reference;
  struct kz_misp_place place;
  if (!read_params(call) ||
      !find(call, KZ_THING_OBJECT, "Object", source_of(call), &place) ||
      !kz_misp_may_edit(call, place.event)) {
    return;
  }
  KZ_MISP_BODY(body, call, false);
  kz_rc rc = body.reader ? kz_misp_read_reference(body.reader, &body.input,
                                                  &reference, &err)
                         : KZ_E_MEMORY;
  struct change change = {
      .event = place.event, .id = place.id, .reference = &reference};
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_add_reference, &change,
                      &err);
  }
  if (rc != KZ_OK) {
    refuse_change(call, &body, what, rc, &err);
    return;
  }
  reply_reference(call, &place, reference.id);
}
