#include "store/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/row.h"

kz_rc kz_scope_open(struct kz_scope *scope, struct kz_txn *txn, uint64_t id,
                    struct kz_arena *arena, struct kz_err *err) {
  *scope = (struct kz_scope){.txn = txn, .arena = arena};
  struct kz_reading r = kz_txn_reading(txn, arena);
  kz_rc rc = kz_read_header(&r, id, &scope->header, &scope->live, err);
  return rc == KZ_NOT_FOUND ? kz_err_set(err, rc, "there is no event %llu",
                                         (unsigned long long)id)
                            : rc;
}

kz_rc kz_scope_write(struct kz_scope *scope, struct kz_err *err) {
  return kz_txn_put_header(scope->txn, &scope->header, scope->live, err);
}

int64_t kz_scope_stamp_us(const struct kz_txn *txn) {
  return kz_txn_now_us(txn) / KZ_SECOND_US * KZ_SECOND_US;
}

kz_rc kz_scope_bump(struct kz_scope *scope, struct kz_err *err) {
  int64_t now = kz_scope_stamp_us(scope->txn);
  if (now > scope->header.timestamp_us) {
    scope->header.timestamp_us = now;
  }
  scope->header.published = false;
  return kz_scope_write(scope, err);
}

kz_rc kz_scope_find(struct kz_scope *scope, const struct kz_uuid *uuid,
                    enum kz_thing thing, uint64_t *ret_id, struct kz_err *err) {
  struct kz_found found;
  if (kz_uuid_is_nil(uuid)) {
    return KZ_NOT_FOUND;
  }
  kz_rc rc = kz_txn_find_uuid(scope->txn, uuid, &found, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (found.event != scope->header.id || found.thing != thing) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "its uuid stands already in event %llu",
                      (unsigned long long)found.event);
  }
  *ret_id = found.id;
  return KZ_OK;
}

kz_rc kz_scope_refuse(struct kz_edit_report *report, const char *noun,
                      const struct kz_uuid *uuid, size_t index,
                      const struct kz_err *why) {
  if (!report) {
    return KZ_OK;
  }
  if (report->refusal_count == report->refusal_room) {
    size_t room = report->refusal_room ? report->refusal_room * 2 : 8;
    struct kz_edit_refusal *list =
        reallocarray(report->refusals, room, sizeof *list);
    if (!list) {
      return KZ_E_MEMORY;
    }
    report->refusals = list;
    report->refusal_room = room;
  }
  struct kz_edit_refusal *r = &report->refusals[report->refusal_count++];
  *r = (struct kz_edit_refusal){
      .noun = noun, .uuid = *uuid, .index = index, .rc = why->rc};
  size_t len = strnlen(why->text, sizeof r->message - 1);
  memcpy(r->message, why->text, len);
  return KZ_OK;
}

void kz_edit_report_done(struct kz_edit_report *report) {
  free(report->refusals);
  *report = (struct kz_edit_report){.event = 0};
}

kz_rc kz_scope_add_attribute(struct kz_scope *scope, struct kz_attribute *a,
                             struct kz_err *err) {
  int64_t stamp = kz_scope_stamp_us(scope->txn);
  if (kz_uuid_is_nil(&a->uuid) && kz_uuid_make(&a->uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
  }
  a->timestamp_us = a->timestamp_us > 0 ? a->timestamp_us : stamp;
  a->known_at_us =
      a->known_at_us > 0 ? a->known_at_us : kz_txn_now_us(scope->txn);
  a->id = kz_txn_new_children(scope->txn, scope->header.id, 1);
  size_t sightings = a->sighting_count;
  kz_rc rc = kz_txn_put_attribute(scope->txn, scope->header.id, a, false, err);
  for (size_t i = 0; rc == KZ_OK && i < sightings; i++) {
    struct kz_sighting *s = &a->sightings[i];
    s->id = kz_txn_new_children(scope->txn, scope->header.id, 1);
    rc = kz_txn_put_sighting(scope->txn, scope->header.id, a->id, s, err);
  }
  scope->live += rc == KZ_OK && !a->deleted;
  return rc;
}

/* Replaces what was given; the rest stays. */
static void merge_fields(struct kz_attribute *a, const struct kz_attribute *c) {
  uint32_t g = c->given;
  a->value = g & KZ_GAVE_VALUE ? c->value : a->value;
  a->type = g & KZ_GAVE_TYPE ? c->type : a->type;
  a->category = g & KZ_GAVE_CATEGORY ? c->category : a->category;
  a->to_ids = g & KZ_GAVE_TO_IDS ? c->to_ids : a->to_ids;
  a->distribution =
      g & KZ_GAVE_DISTRIBUTION ? c->distribution : a->distribution;
  a->sharing_group_id =
      g & KZ_GAVE_GROUP ? c->sharing_group_id : a->sharing_group_id;
  a->comment = g & KZ_GAVE_COMMENT ? c->comment : a->comment;
  a->deleted = g & KZ_GAVE_DELETED ? c->deleted : a->deleted;
  a->disable_correlation =
      g & KZ_GAVE_CORRELATION ? c->disable_correlation : a->disable_correlation;
  a->first_seen_us =
      g & KZ_GAVE_FIRST_SEEN ? c->first_seen_us : a->first_seen_us;
  a->last_seen_us = g & KZ_GAVE_LAST_SEEN ? c->last_seen_us : a->last_seen_us;
  a->relation = g & KZ_GAVE_RELATION ? c->relation : a->relation;
  a->data = g & KZ_GAVE_DATA ? c->data : KZ_STR_NONE;
  if (g & KZ_GAVE_TAGS) {
    a->tags = c->tags;
    a->tag_count = c->tag_count;
  }
  a->extra = c->extra.ptr ? c->extra : a->extra;
}

kz_rc kz_scope_change_attribute(struct kz_scope *scope, uint64_t attribute,
                                const struct kz_attribute *changes,
                                struct kz_err *err) {
  struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
  struct kz_attribute a;
  kz_rc rc =
      kz_read_attribute(&r, scope->header.id, attribute,
                        (struct kz_read_options){.with_data = true}, &a, err);
  if (rc != KZ_OK) {
    return rc;
  }
  bool was_live = !a.deleted;
  bool has_data = a.data.ptr != NULL;
  merge_fields(&a, changes);
  a.timestamp_us = changes->given & KZ_GAVE_TIMESTAMP
                       ? changes->timestamp_us
                       : kz_scope_stamp_us(scope->txn);
  rc = kz_txn_put_attribute(scope->txn, scope->header.id, &a, has_data, err);
  if (rc == KZ_OK) {
    scope->live += !a.deleted;
    scope->live -= was_live;
  }
  return rc;
}

/* Whether the record has just this value and stands outside objects. */
static kz_rc is_same(struct kz_scope *scope, uint64_t id,
                     const struct kz_attribute *wanted, struct kz_err *err) {
  struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
  struct kz_attribute a;
  kz_rc rc = kz_read_attribute(&r, scope->header.id, id,
                               (struct kz_read_options){0}, &a, err);
  if (rc != KZ_OK) {
    return rc;
  }
  bool same = !a.deleted && a.object_id == 0 && a.type == wanted->type &&
              a.category == wanted->category &&
              kz_str_eq(a.value, wanted->value);
  return same ? KZ_OK : KZ_NOT_FOUND;
}

/* Looks through the postings of the first part in one segment. */
static kz_rc similar_in(struct kz_scope *scope, const struct kz_part *part,
                        kz_str folded, const struct kz_attribute *wanted,
                        uint64_t *ret_id, struct kz_err *err) {
  const struct kz_segment *s = part->segment;
  uint32_t value = 0;
  uint64_t event = scope->header.id;
  if (event < s->head->first_event || event > s->head->last_event ||
      kz_segment_value(s, folded, kz_value_hash(folded), &value) != KZ_OK) {
    return KZ_NOT_FOUND;
  }
  uint16_t code = kz_row_code(wanted->type, wanted->category);
  for (uint32_t slice = kz_segment_slice_at(s, event);
       slice < s->slices && s->slice_event[slice] == event; slice++) {
    for (uint32_t i = s->value_post_at[value]; i < s->value_post_at[value + 1];
         i++) {
      uint32_t row = s->posting[i] & ~KZ_POSTING_SILENT;
      if (row < s->slice_start[slice] || row >= s->slice_start[slice + 1] ||
          s->code[row] != code || kz_dead_has(part->dead, row)) {
        continue;
      }
      *ret_id = kz_segment_attribute(s, slice, row);
      kz_rc rc = is_same(scope, *ret_id, wanted, err);
      if (rc != KZ_NOT_FOUND) {
        return rc;
      }
    }
  }
  return KZ_NOT_FOUND;
}

kz_rc kz_scope_similar(struct kz_scope *scope,
                       const struct kz_attribute *attribute, uint64_t *ret_id,
                       struct kz_err *err) {
  const struct kz_view *view = kz_txn_view(scope->txn);
  kz_str parts[2];
  if (kz_row_parts(attribute->type, attribute->value, scope->arena, parts) ==
      0) {
    return kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
  }
  for (size_t i = view->part_count; i > 0; i--) {
    kz_rc rc = similar_in(scope, &view->parts[i - 1], parts[0], attribute,
                          ret_id, err);
    if (rc != KZ_NOT_FOUND) {
      return rc;
    }
  }
  uint64_t hash = kz_value_hash(parts[0]);
  uint16_t code = kz_row_code(attribute->type, attribute->category);
  const struct kz_row *rows = NULL;
  size_t count = kz_txn_rows(scope->txn, &rows);
  for (size_t i = count; i > 0; i--) {
    const struct kz_row *row = &rows[i - 1];
    if (row->event == scope->header.id && row->code == code &&
        row->part_count > 0 && row->hash[0] == hash) {
      *ret_id = row->attribute;
      kz_rc rc = is_same(scope, row->attribute, attribute, err);
      if (rc != KZ_NOT_FOUND) {
        return rc;
      }
    }
  }
  return KZ_NOT_FOUND;
}

/* One attribute of a merge: added, replaced when newer, or left. */
static kz_rc merge_attribute(struct kz_scope *scope, struct kz_attribute *a,
                             uint64_t object, struct kz_edit_report *report,
                             struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = kz_scope_find(scope, &a->uuid, KZ_THING_ATTRIBUTE, &id, err);
  if (rc == KZ_NOT_FOUND && object == 0) {
    rc = kz_scope_similar(scope, a, &id, err);
    if (rc == KZ_OK) {
      return kz_err_set(err, KZ_UNCHANGED,
                        "A similar attribute already exists for this event.");
    }
  }
  if (rc == KZ_NOT_FOUND) {
    a->object_id = object;
    rc = kz_scope_add_attribute(scope, a, err);
    report->attributes += rc == KZ_OK;
    return rc;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
  struct kz_attribute old;
  rc = kz_read_attribute(&r, scope->header.id, id, (struct kz_read_options){0},
                         &old, err);
  if (rc == KZ_OK && a->given & KZ_GAVE_TIMESTAMP &&
      a->timestamp_us <= old.timestamp_us) {
    return KZ_UNCHANGED;
  }
  if (rc == KZ_OK) {
    rc = kz_scope_change_attribute(scope, id, a, err);
    report->changed += rc == KZ_OK;
  }
  return rc;
}

/* A refusal of one child does not end the merge; other failures do. */
static kz_rc go_on(kz_rc rc, struct kz_edit_report *report, const char *noun,
                   const struct kz_uuid *uuid, size_t index, struct kz_err *why,
                   struct kz_err *err) {
  if (rc == KZ_E_CONFLICT || rc == KZ_E_INPUT || rc == KZ_E_LIMIT) {
    rc = kz_scope_refuse(report, noun, uuid, index, why);
  }
  if (rc < 0 && err) {
    *err = *why;
    err->rc = rc;
  }
  return rc < 0 ? rc : KZ_OK;
}

kz_rc kz_scope_merge_attributes(struct kz_scope *scope,
                                struct kz_attribute *attributes, size_t count,
                                uint64_t object, struct kz_edit_report *report,
                                struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    rc = merge_attribute(scope, &attributes[i], object, report, &why);
    rc = go_on(rc, report, "attribute", &attributes[i].uuid, i, &why, err);
  }
  return rc;
}

static kz_rc merge_reference(struct kz_scope *scope, struct kz_reference *r,
                             uint64_t object, struct kz_edit_report *report,
                             struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = kz_scope_find(scope, &r->uuid, KZ_THING_REFERENCE, &id, err);
  if (rc == KZ_OK) {
    r->id = id;
    report->changed++;
  } else if (rc == KZ_NOT_FOUND) {
    rc = KZ_OK;
    if (kz_uuid_is_nil(&r->uuid)) {
      rc = kz_uuid_make(&r->uuid);
    }
    r->id = kz_txn_new_children(scope->txn, scope->header.id, 1);
  }
  if (r->timestamp_us <= 0) {
    r->timestamp_us = kz_scope_stamp_us(scope->txn);
  }
  return rc == KZ_OK ? kz_txn_put_reference(scope->txn, scope->header.id, r,
                                            object, err)
                     : rc;
}

/* The object's own record; its id in `*ret_id`. */
static kz_rc merge_object_record(struct kz_scope *scope, struct kz_object *o,
                                 uint64_t *ret_id,
                                 struct kz_edit_report *report,
                                 struct kz_err *err) {
  kz_rc rc = kz_scope_find(scope, &o->uuid, KZ_THING_OBJECT, ret_id, err);
  if (rc == KZ_OK) {
    struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
    struct kz_object old;
    rc = kz_read_object(&r, scope->header.id, *ret_id, &old, err);
    if (rc != KZ_OK || o->timestamp_us <= old.timestamp_us) {
      return rc;
    }
    o->known_at_us = old.known_at_us;
    report->changed++;
  } else if (rc == KZ_NOT_FOUND) {
    if (kz_uuid_is_nil(&o->uuid) && kz_uuid_make(&o->uuid) != KZ_OK) {
      return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
    }
    *ret_id = kz_txn_new_children(scope->txn, scope->header.id, 1);
    o->known_at_us =
        o->known_at_us > 0 ? o->known_at_us : kz_txn_now_us(scope->txn);
    report->objects++;
  } else {
    return rc;
  }
  o->id = *ret_id;
  if (o->timestamp_us <= 0) {
    o->timestamp_us = kz_scope_stamp_us(scope->txn);
  }
  return kz_txn_put_object(scope->txn, scope->header.id, o, err);
}

static kz_rc merge_object(struct kz_scope *scope, struct kz_object *o,
                          struct kz_edit_report *report, struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = merge_object_record(scope, o, &id, report, err);
  if (rc == KZ_OK) {
    rc = kz_scope_merge_attributes(scope, o->attributes, o->attribute_count, id,
                                   report, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < o->reference_count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    rc = merge_reference(scope, &o->references[i], id, report, &why);
    rc = go_on(rc, report, "reference", &o->references[i].uuid, i, &why, err);
  }
  return rc;
}

kz_rc kz_scope_merge_objects(struct kz_scope *scope, struct kz_object *objects,
                             size_t count, struct kz_edit_report *report,
                             struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    rc = merge_object(scope, &objects[i], report, &why);
    rc = go_on(rc, report, "object", &objects[i].uuid, i, &why, err);
  }
  return rc;
}

static kz_rc merge_report(struct kz_scope *scope, struct kz_report *r,
                          struct kz_edit_report *report, struct kz_err *err) {
  kz_rc rc = kz_scope_find(scope, &r->uuid, KZ_THING_REPORT, &r->id, err);
  if (rc == KZ_OK) {
    struct kz_reading reading = kz_txn_reading(scope->txn, scope->arena);
    struct kz_report old;
    rc = kz_read_report(&reading, scope->header.id, r->id, &old, err);
    if (rc != KZ_OK || r->timestamp_us <= old.timestamp_us) {
      return rc == KZ_OK ? KZ_UNCHANGED : rc;
    }
    r->known_at_us = old.known_at_us;
    report->changed++;
  } else if (rc == KZ_NOT_FOUND) {
    if (kz_uuid_is_nil(&r->uuid) && kz_uuid_make(&r->uuid) != KZ_OK) {
      return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
    }
    r->id = kz_txn_new_children(scope->txn, scope->header.id, 1);
    r->known_at_us =
        r->known_at_us > 0 ? r->known_at_us : kz_txn_now_us(scope->txn);
  } else {
    return rc;
  }
  if (r->timestamp_us <= 0) {
    r->timestamp_us = kz_scope_stamp_us(scope->txn);
  }
  return kz_txn_put_report(scope->txn, scope->header.id, r, err);
}

kz_rc kz_scope_merge_reports(struct kz_scope *scope, struct kz_report *reports,
                             size_t count, struct kz_edit_report *report,
                             struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    rc = merge_report(scope, &reports[i], report, &why);
    rc = go_on(rc, report, "event report", &reports[i].uuid, i, &why, err);
  }
  return rc;
}
