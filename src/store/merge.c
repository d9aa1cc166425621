/* Merging children by uuid: what an import or an edit brings is held against
 * what is stored. Attributes are gathered into batches, because each batch
 * rewrites a chunk of records once, however many of its attributes change. */
#include "store/scope.h"

#include <stdlib.h>
#include <string.h>

enum {
  SCRATCH = 0x7fffffff,
  BATCH = 512, /* attributes; looked through from end to end for doubles */
};

/* Attributes on their way into the store. */
struct merge {
  struct kz_scope *scope;
  struct kz_edit_report *report;
  uint64_t object;        /* that new ones belong to; 0: none */
  struct kz_arena *arena; /* for old versions; as long as a batch */
  struct kz_attribute list[BATCH];
  bool has_data[BATCH];
  bool was_live[BATCH];
  struct kz_attribute *incoming[BATCH]; /* whose new sightings come along */
  size_t count;
};

static int compare_attributes(const void *a, const void *b) {
  const struct kz_attribute *x = a;
  const struct kz_attribute *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

/* Writes the batch, then the sightings that came with it. */
static kz_rc flush(struct merge *m, struct kz_err *err) {
  struct kz_scope *scope = m->scope;
  bool ordered = true;
  for (size_t i = 1; ordered && i < m->count; i++) {
    ordered = compare_attributes(&m->list[i - 1], &m->list[i]) < 0;
  }
  kz_rc rc = KZ_OK;
  if (ordered) {
    rc = kz_txn_put_attributes(scope->txn, scope->header.id, m->list,
                               m->has_data, m->count, err);
  }
  for (size_t i = 0; !ordered && rc == KZ_OK && i < m->count; i++) {
    rc = kz_txn_put_attribute(scope->txn, scope->header.id, &m->list[i],
                              m->has_data[i], err);
  }
  for (size_t i = 0; rc == KZ_OK && i < m->count; i++) {
    struct kz_attribute *in = m->incoming[i];
    for (size_t k = 0; rc == KZ_OK && k < in->sighting_count; k++) {
      rc = kz_scope_put_sighting(scope, m->list[i].id, &in->sightings[k], err);
    }
    scope->live += !m->list[i].deleted;
    scope->live -= m->was_live[i];
  }
  m->count = 0;
  kz_arena_reset(m->arena);
  return rc;
}

static void push(struct merge *m, const struct kz_attribute *a,
                 struct kz_attribute *incoming, bool has_data, bool was_live) {
  m->list[m->count] = *a;
  m->incoming[m->count] = incoming;
  m->has_data[m->count] = has_data;
  m->was_live[m->count++] = was_live;
}

/* Whether the batch holds the uuid, or the value where it may stand once. */
static kz_rc find_waiting(const struct merge *m, const struct kz_attribute *a,
                          struct kz_err *err) {
  for (size_t i = 0; i < m->count; i++) {
    const struct kz_attribute *b = &m->list[i];
    if (kz_uuid_eq(&a->uuid, &b->uuid)) {
      return kz_err_set(err, KZ_E_CONFLICT,
                        "its uuid stands twice in the event");
    }
    if (m->object == 0 && !a->deleted && !b->deleted && b->object_id == 0 &&
        a->type == b->type && a->category == b->category &&
        kz_str_eq(a->value, b->value)) {
      return KZ_UNCHANGED;
    }
  }
  return KZ_OK;
}

static kz_rc merge_known(struct merge *m, struct kz_attribute *a, uint64_t id,
                         struct kz_err *err) {
  struct kz_scope *scope = m->scope;
  struct kz_reading r = kz_txn_reading(scope->txn, m->arena);
  struct kz_attribute old;
  kz_rc rc =
      kz_read_attribute(&r, scope->header.id, id,
                        (struct kz_read_options){.with_data = true}, &old, err);
  if (rc == KZ_OK) {
    rc = kz_scope_new_sightings(scope, a, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  bool has_data = old.data.ptr != NULL;
  bool was_live = !old.deleted;
  bool newer =
      !(a->given & KZ_GAVE_TIMESTAMP) || a->timestamp_us > old.timestamp_us;
  if (!newer && a->sighting_count == 0) {
    return KZ_UNCHANGED;
  }
  old.data = KZ_STR_NONE;
  old.sighting_count += a->sighting_count;
  if (newer) {
    kz_scope_merge_fields(&old, a);
    old.timestamp_us = a->given & KZ_GAVE_TIMESTAMP
                           ? a->timestamp_us
                           : kz_scope_stamp_us(scope->txn);
  }
  push(m, &old, a, has_data, was_live);
  m->report->changed += newer;
  return KZ_OK;
}

/* One attribute of a merge: added, replaced when newer, or left. */
static kz_rc merge_attribute(struct merge *m, struct kz_attribute *a,
                             struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = find_waiting(m, a, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = kz_scope_find(m->scope, &a->uuid, KZ_THING_ATTRIBUTE, &id, err);
  if (rc == KZ_OK) {
    return merge_known(m, a, id, err);
  }
  if (rc == KZ_NOT_FOUND && m->object == 0 && !a->deleted) {
    rc = kz_scope_similar(m->scope, a, &id, err);
    if (rc == KZ_OK) {
      return KZ_UNCHANGED;
    }
  }
  if (rc != KZ_NOT_FOUND) {
    return rc;
  }
  a->object_id = m->object;
  rc = kz_scope_complete(m->scope, a, err);
  if (rc == KZ_OK) {
    rc = kz_scope_new_sightings(m->scope, a, err);
  }
  if (rc == KZ_OK) {
    push(m, a, a, false, false);
    m->report->attributes++;
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
  if (count == 0) {
    return KZ_OK;
  }
  struct merge *m = calloc(1, sizeof *m);
  KZ_ARENA(arena, SCRATCH);
  kz_rc rc = m && arena ? KZ_OK
                        : kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
  if (m) {
    m->scope = scope;
    m->report = report;
    m->object = object;
    m->arena = arena;
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    rc = merge_attribute(m, &attributes[i], &why);
    rc = go_on(rc, report, "attribute", &attributes[i].uuid, i, &why, err);
    if (rc == KZ_OK && m->count == BATCH) {
      rc = flush(m, err);
    }
  }
  if (rc == KZ_OK && m->count > 0) {
    rc = flush(m, err);
  }
  free(m);
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

void kz_scope_change_object(struct kz_object *o, const struct kz_object *c) {
  uint32_t g = c->given;
  o->name = g & KZ_GAVE_VALUE ? c->name : o->name;
  o->comment = g & KZ_GAVE_COMMENT ? c->comment : o->comment;
  o->distribution =
      g & KZ_GAVE_DISTRIBUTION ? c->distribution : o->distribution;
  o->sharing_group_id =
      g & KZ_GAVE_GROUP ? c->sharing_group_id : o->sharing_group_id;
  o->deleted = g & KZ_GAVE_DELETED ? c->deleted : o->deleted;
  o->first_seen_us =
      g & KZ_GAVE_FIRST_SEEN ? c->first_seen_us : o->first_seen_us;
  o->last_seen_us = g & KZ_GAVE_LAST_SEEN ? c->last_seen_us : o->last_seen_us;
  o->description = c->description.ptr ? c->description : o->description;
  o->meta_category = c->meta_category.ptr ? c->meta_category : o->meta_category;
  o->template_uuid = c->template_uuid.ptr ? c->template_uuid : o->template_uuid;
  o->template_version =
      c->template_version.ptr ? c->template_version : o->template_version;
}

/* A sender who gives no time means now. */
static bool is_stale(uint32_t given, int64_t sent_us, int64_t known_us) {
  return (given & KZ_GAVE_TIMESTAMP) && sent_us <= known_us;
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
    if (rc != KZ_OK || is_stale(o->given, o->timestamp_us, old.timestamp_us)) {
      return rc;
    }
    kz_scope_change_object(&old, o);
    old.timestamp_us =
        o->timestamp_us > 0 ? o->timestamp_us : kz_scope_stamp_us(scope->txn);
    report->changed++;
    return kz_txn_put_object(scope->txn, scope->header.id, &old, err);
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
    if (rc != KZ_OK || is_stale(r->given, r->timestamp_us, old.timestamp_us)) {
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
