/* Objects with their references, and event reports. */
#include <string.h>

#include "store/edit.h"
#include "store/scope.h"

enum { SCRATCH = 0x7fffffff };

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
}

static kz_rc missing(const char *noun, uint64_t id, struct kz_err *err) {
  return kz_err_set(err, KZ_NOT_FOUND, "there is no %s %llu in this event",
                    noun, (unsigned long long)id);
}

static bool has_like(const struct kz_object *o, const struct kz_attribute *a) {
  for (size_t i = 0; i < o->attribute_count; i++) {
    const struct kz_attribute *b = &o->attributes[i];
    if (!b->deleted && b->type == a->type && b->category == a->category &&
        kz_str_eq(b->relation, a->relation) && kz_str_eq(b->value, a->value)) {
      return true;
    }
  }
  return false;
}

/* MISP: the same template and the same set of attributes. */
static bool is_alike(const struct kz_object *a, const struct kz_object *b) {
  size_t live = 0;
  for (size_t i = 0; i < b->attribute_count; i++) {
    live += !b->attributes[i].deleted;
  }
  if (b->deleted || !kz_str_eq(a->name, b->name) ||
      !kz_str_eq(a->template_uuid, b->template_uuid) ||
      a->attribute_count != live) {
    return false;
  }
  for (size_t i = 0; i < a->attribute_count; i++) {
    if (!has_like(b, &a->attributes[i])) {
      return false;
    }
  }
  return true;
}

static kz_rc refuse_alike(struct kz_scope *scope, const struct kz_object *o,
                          struct kz_err *err) {
  struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
  struct kz_event whole;
  kz_rc rc = kz_read_event(&r, scope->header.id, (struct kz_read_options){0},
                           &whole, err);
  for (size_t i = 0; rc == KZ_OK && i < whole.object_count; i++) {
    if (is_alike(o, &whole.objects[i])) {
      rc = kz_err_set(err, KZ_E_CONFLICT, "Duplicate object found");
    }
  }
  return rc;
}

kz_rc kz_edit_add_object(struct kz_txn *txn, uint64_t event,
                         struct kz_object *object, bool refuse_similar,
                         struct kz_edit_report *report, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  uint64_t known = 0;
  report->event = event;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_scope_find(&scope, &object->uuid, KZ_THING_OBJECT, &known, err);
    rc = rc == KZ_OK ? kz_err_set(err, KZ_E_CONFLICT,
                                  "its uuid stands already in the event")
                     : rc;
  }
  if (rc == KZ_NOT_FOUND) {
    rc = refuse_similar ? refuse_alike(&scope, object, err) : KZ_OK;
  }
  if (rc == KZ_OK) {
    rc = kz_scope_merge_objects(&scope, object, 1, report, err);
  }
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

static kz_rc open_object(struct kz_scope *scope, struct kz_txn *txn,
                         uint64_t event, uint64_t object,
                         struct kz_arena *arena, struct kz_object *ret,
                         struct kz_err *err) {
  kz_rc rc =
      arena ? kz_scope_open(scope, txn, event, arena, err) : no_memory(err);
  struct kz_reading r = kz_txn_reading(txn, arena);
  if (rc == KZ_OK) {
    rc = kz_read_object(&r, event, object, ret, err);
    rc = rc == KZ_NOT_FOUND ? missing("object", object, err) : rc;
  }
  return rc;
}

kz_rc kz_edit_object(struct kz_txn *txn, uint64_t event, uint64_t object,
                     struct kz_object *changes, struct kz_edit_report *report,
                     struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_object o;
  report->event = event;
  kz_rc rc = open_object(&scope, txn, event, object, arena, &o, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_scope_change_object(&o, changes);
  o.timestamp_us = changes->given & KZ_GAVE_TIMESTAMP ? changes->timestamp_us
                                                      : kz_scope_stamp_us(txn);
  rc = kz_txn_put_object(txn, event, &o, err);
  if (rc == KZ_OK) {
    rc = kz_scope_merge_attributes(&scope, changes->attributes,
                                   changes->attribute_count, object, report,
                                   err);
  }
  report->changed += rc == KZ_OK;
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

/* Ids of an object's attributes, gathered before any of them changes. */
struct gather {
  uint64_t object;
  uint64_t *ids;
  bool *live;
  size_t count;
  size_t room;
};

static kz_rc gather_id(void *ctx, const struct kz_attribute *a,
                       struct kz_err *err) {
  (void)err;
  struct gather *g = ctx;
  if (a->object_id == g->object && g->count < g->room) {
    g->live[g->count] = !a->deleted;
    g->ids[g->count++] = a->id;
  }
  return KZ_OK;
}

static kz_rc count_id(void *ctx, const struct kz_attribute *a,
                      struct kz_err *err) {
  (void)err;
  struct gather *g = ctx;
  g->room += a->object_id == g->object;
  return KZ_OK;
}

static kz_rc gather_ids(struct kz_scope *scope, struct gather *g,
                        struct kz_err *err) {
  KZ_ARENA(walk, SCRATCH);
  if (!walk) {
    return no_memory(err);
  }
  struct kz_reading r = kz_txn_reading(scope->txn, walk);
  struct kz_read_options none = {0};
  kz_rc rc = kz_read_attributes(&r, scope->header.id, none, count_id, g, err);
  g->ids = kz_arena_array(scope->arena, g->room + 1, sizeof *g->ids);
  g->live = kz_arena_array(scope->arena, g->room + 1, sizeof *g->live);
  if (rc == KZ_OK && (!g->ids || !g->live)) {
    rc = no_memory(err);
  }
  return rc == KZ_OK
             ? kz_read_attributes(&r, scope->header.id, none, gather_id, g, err)
             : rc;
}

static kz_rc delete_attributes(struct kz_scope *scope, uint64_t object,
                               bool hard, struct kz_err *err) {
  struct gather g = {.object = object};
  const struct kz_attribute deleted = {.given = KZ_GAVE_DELETED,
                                       .deleted = true};
  kz_rc rc = gather_ids(scope, &g, err);
  for (size_t i = 0; rc == KZ_OK && i < g.count; i++) {
    if (hard) {
      rc = kz_txn_remove_attribute(scope->txn, scope->header.id, g.ids[i], err);
      scope->live -= rc == KZ_OK && g.live[i];
    } else if (g.live[i]) {
      rc = kz_scope_change_attribute(scope, g.ids[i], &deleted, err);
    }
  }
  return rc;
}

static kz_rc delete_references(struct kz_scope *scope, struct kz_object *o,
                               bool hard, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < o->reference_count; i++) {
    struct kz_reference *r = &o->references[i];
    if (hard) {
      rc = kz_txn_remove_child(scope->txn, scope->header.id, KZ_CHILD_REFERENCE,
                               r->id, 0, err);
    } else if (!r->deleted) {
      r->deleted = true;
      r->timestamp_us = kz_scope_stamp_us(scope->txn);
      rc = kz_txn_put_reference(scope->txn, scope->header.id, r, o->id, err);
    }
  }
  return rc;
}

kz_rc kz_edit_delete_object(struct kz_txn *txn, uint64_t event, uint64_t object,
                            bool hard, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_object o;
  kz_rc rc = open_object(&scope, txn, event, object, arena, &o, err);
  if (rc == KZ_OK) {
    rc = delete_attributes(&scope, object, hard, err);
  }
  if (rc == KZ_OK) {
    rc = delete_references(&scope, &o, hard, err);
  }
  if (rc == KZ_OK && hard) {
    rc = kz_txn_remove_child(txn, event, KZ_CHILD_OBJECT, object, 0, err);
  } else if (rc == KZ_OK) {
    o.deleted = true;
    o.timestamp_us = kz_scope_stamp_us(txn);
    rc = kz_txn_put_object(txn, event, &o, err);
  }
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

kz_rc kz_edit_add_reference(struct kz_txn *txn, uint64_t event, uint64_t object,
                            struct kz_reference *reference,
                            struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_object o;
  uint64_t known = 0;
  kz_rc rc = open_object(&scope, txn, event, object, arena, &o, err);
  if (rc == KZ_OK && kz_uuid_is_nil(&reference->uuid)) {
    rc = kz_uuid_make(&reference->uuid);
  } else if (rc == KZ_OK) {
    rc = kz_scope_find(&scope, &reference->uuid, KZ_THING_REFERENCE, &known,
                       err);
    rc = rc == KZ_OK          ? kz_err_set(err, KZ_E_CONFLICT,
                                           "its uuid stands already in the event")
         : rc == KZ_NOT_FOUND ? KZ_OK
                              : rc;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  reference->id = kz_txn_new_children(txn, event, 1);
  if (reference->timestamp_us <= 0) {
    reference->timestamp_us = kz_scope_stamp_us(txn);
  }
  rc = kz_txn_put_reference(txn, event, reference, object, err);
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

kz_rc kz_edit_delete_reference(struct kz_txn *txn, uint64_t event,
                               uint64_t reference, bool hard,
                               struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_reference r;
  uint64_t object = 0;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  struct kz_reading reading = kz_txn_reading(txn, arena);
  if (rc == KZ_OK) {
    rc = kz_read_reference(&reading, event, reference, &r, &object, err);
    rc = rc == KZ_NOT_FOUND ? missing("reference", reference, err) : rc;
  }
  if (rc == KZ_OK && hard) {
    rc = kz_txn_remove_child(txn, event, KZ_CHILD_REFERENCE, reference, 0, err);
  } else if (rc == KZ_OK) {
    r.deleted = true;
    r.timestamp_us = kz_scope_stamp_us(txn);
    rc = kz_txn_put_reference(txn, event, &r, object, err);
  }
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

kz_rc kz_edit_add_report(struct kz_txn *txn, uint64_t event,
                         struct kz_report *report, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_edit_report ignored = {.event = event};
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_scope_merge_reports(&scope, report, 1, &ignored, err);
  }
  if (rc == KZ_OK && ignored.refusal_count > 0) {
    rc = kz_err_set(err, KZ_E_CONFLICT, "%s", ignored.refusals[0].message);
  }
  kz_edit_report_done(&ignored);
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

static kz_rc open_report(struct kz_scope *scope, struct kz_txn *txn,
                         uint64_t event, uint64_t report,
                         struct kz_arena *arena, struct kz_report *ret,
                         struct kz_err *err) {
  kz_rc rc =
      arena ? kz_scope_open(scope, txn, event, arena, err) : no_memory(err);
  struct kz_reading r = kz_txn_reading(txn, arena);
  if (rc == KZ_OK) {
    rc = kz_read_report(&r, event, report, ret, err);
    rc = rc == KZ_NOT_FOUND ? missing("event report", report, err) : rc;
  }
  return rc;
}

kz_rc kz_edit_report_change(struct kz_txn *txn, uint64_t event, uint64_t report,
                            const struct kz_report *changes,
                            struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_report r;
  kz_rc rc = open_report(&scope, txn, event, report, arena, &r, err);
  if (rc != KZ_OK) {
    return rc;
  }
  uint32_t g = changes->given;
  r.name = changes->name.ptr ? changes->name : r.name;
  r.content = changes->content.ptr ? changes->content : r.content;
  r.distribution =
      g & KZ_GAVE_DISTRIBUTION ? changes->distribution : r.distribution;
  r.sharing_group_id =
      g & KZ_GAVE_GROUP ? changes->sharing_group_id : r.sharing_group_id;
  r.deleted = g & KZ_GAVE_DELETED ? changes->deleted : r.deleted;
  r.timestamp_us =
      g & KZ_GAVE_TIMESTAMP ? changes->timestamp_us : kz_scope_stamp_us(txn);
  rc = kz_txn_put_report(txn, event, &r, err);
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

kz_rc kz_edit_delete_report(struct kz_txn *txn, uint64_t event, uint64_t report,
                            bool hard, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_report r;
  kz_rc rc = open_report(&scope, txn, event, report, arena, &r, err);
  if (rc == KZ_OK && hard) {
    rc = kz_txn_remove_child(txn, event, KZ_CHILD_REPORT, report, 0, err);
  } else if (rc == KZ_OK) {
    r.deleted = true;
    r.timestamp_us = kz_scope_stamp_us(txn);
    rc = kz_txn_put_report(txn, event, &r, err);
  }
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}
