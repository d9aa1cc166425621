/* Whole events: added, imported, edited, published, deleted. */
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "store/edit.h"
#include "store/scope.h"

enum { SCRATCH = 0x7fffffff };

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
}

/* Takes the children out that cannot stay: a uuid that is known elsewhere or
 * stands twice in the event itself. */
struct sift {
  struct kz_txn *txn;
  struct kz_edit_report *report;
  struct kz_arena *arena;
  struct kz_uuid *seen; /* open addressing, nil: free */
  size_t room;
};

static bool see(struct sift *s, const struct kz_uuid *uuid) {
  for (size_t at = kz_uuid_hash(uuid) & (s->room - 1);;
       at = (at + 1) & (s->room - 1)) {
    if (kz_uuid_is_nil(&s->seen[at])) {
      s->seen[at] = *uuid;
      return true;
    }
    if (kz_uuid_eq(&s->seen[at], uuid)) {
      return false;
    }
  }
}

/* KZ_OK: the child may stay. KZ_UNCHANGED: it was refused. */
static kz_rc sift_one(struct sift *s, const char *noun, struct kz_uuid *uuid,
                      size_t index, struct kz_err *err) {
  struct kz_err why = KZ_ERR_NONE;
  struct kz_found found;
  if (kz_uuid_is_nil(uuid) && kz_uuid_make(uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
  }
  if (!see(s, uuid)) {
    kz_err_set(&why, KZ_E_CONFLICT, "its uuid stands twice in the event");
  } else {
    kz_rc rc = kz_txn_find_uuid(s->txn, uuid, &found, err);
    if (rc == KZ_NOT_FOUND) {
      return KZ_OK;
    }
    if (rc != KZ_OK) {
      return rc;
    }
    kz_err_set(&why, KZ_E_CONFLICT, "its uuid stands already in another event");
  }
  kz_rc rc = kz_scope_refuse(s->report, noun, uuid, index, &why);
  return rc == KZ_OK ? KZ_UNCHANGED : rc;
}

static kz_rc sift_sightings(struct sift *s, struct kz_attribute *a,
                            struct kz_err *err) {
  size_t kept = 0;
  for (size_t i = 0; i < a->sighting_count; i++) {
    kz_rc rc = sift_one(s, "sighting", &a->sightings[i].uuid, i, err);
    if (rc < 0) {
      return rc;
    }
    if (rc == KZ_OK) {
      a->sightings[kept++] = a->sightings[i];
    }
  }
  a->sighting_count = kept;
  return KZ_OK;
}

static kz_rc sift_attributes(struct sift *s, struct kz_attribute *list,
                             size_t *count, struct kz_err *err) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++) {
    kz_rc rc = sift_one(s, "attribute", &list[i].uuid, i, err);
    if (rc < 0) {
      return rc;
    }
    if (rc == KZ_OK) {
      rc = sift_sightings(s, &list[i], err);
    }
    if (rc < 0) {
      return rc;
    }
    if (rc == KZ_OK) {
      list[kept++] = list[i];
    }
  }
  *count = kept;
  return KZ_OK;
}

static kz_rc sift_references(struct sift *s, struct kz_object *o,
                             struct kz_err *err) {
  size_t kept = 0;
  for (size_t i = 0; i < o->reference_count; i++) {
    kz_rc rc = sift_one(s, "reference", &o->references[i].uuid, i, err);
    if (rc < 0) {
      return rc;
    }
    if (rc == KZ_OK) {
      o->references[kept++] = o->references[i];
    }
  }
  o->reference_count = kept;
  return KZ_OK;
}

static kz_rc sift_objects(struct sift *s, struct kz_event *e,
                          struct kz_err *err) {
  size_t kept = 0;
  for (size_t i = 0; i < e->object_count; i++) {
    struct kz_object *o = &e->objects[i];
    kz_rc rc = sift_one(s, "object", &o->uuid, i, err);
    if (rc == KZ_OK) {
      rc = sift_attributes(s, o->attributes, &o->attribute_count, err);
    }
    if (rc == KZ_OK) {
      rc = sift_references(s, o, err);
    }
    if (rc < 0) {
      return rc;
    }
    if (rc == KZ_OK) {
      e->objects[kept++] = *o;
    }
  }
  e->object_count = kept;
  return KZ_OK;
}

static kz_rc sift_reports(struct sift *s, struct kz_event *e,
                          struct kz_err *err) {
  size_t kept = 0;
  for (size_t i = 0; i < e->report_count; i++) {
    kz_rc rc = sift_one(s, "event report", &e->reports[i].uuid, i, err);
    if (rc < 0) {
      return rc;
    }
    if (rc == KZ_OK) {
      e->reports[kept++] = e->reports[i];
    }
  }
  e->report_count = kept;
  return KZ_OK;
}

static bool is_similar(const struct kz_attribute *a,
                       const struct kz_attribute *b) {
  return a->type == b->type && a->category == b->category &&
         kz_str_eq(a->value, b->value);
}

/* (value, type, category) stands once outside objects: later ones go. */
static kz_rc sift_values(struct sift *s, struct kz_event *e,
                         struct kz_err *err) {
  const struct kz_err why = {
      .rc = KZ_E_CONFLICT,
      .text = "A similar attribute already exists for this event.",
  };
  struct kz_attribute **seen = kz_arena_array(s->arena, s->room, sizeof *seen);
  size_t kept = 0;
  kz_rc rc = seen ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < e->attribute_count; i++) {
    struct kz_attribute *a = &e->attributes[i];
    size_t at =
        kz_hash64_seeded(a->value.ptr, a->value.len, a->type) & (s->room - 1);
    while (!a->deleted && seen[at] && !is_similar(seen[at], a)) {
      at = (at + 1) & (s->room - 1);
    }
    if (!a->deleted && seen[at]) {
      rc = kz_scope_refuse(s->report, "attribute", &a->uuid, i, &why);
      continue;
    }
    e->attributes[kept] = *a;
    seen[at] = a->deleted ? seen[at] : &e->attributes[kept];
    kept++;
  }
  e->attribute_count = rc == KZ_OK ? kept : e->attribute_count;
  return rc;
}

static size_t count_with_sightings(const struct kz_attribute *list,
                                   size_t count) {
  size_t n = count;
  for (size_t i = 0; i < count; i++) {
    n += list[i].sighting_count;
  }
  return n;
}

static size_t count_uuids(const struct kz_event *e) {
  size_t n = count_with_sightings(e->attributes, e->attribute_count) +
             e->object_count + e->report_count;
  for (size_t i = 0; i < e->object_count; i++) {
    const struct kz_object *o = &e->objects[i];
    n += count_with_sightings(o->attributes, o->attribute_count) +
         o->reference_count;
  }
  return n;
}

static kz_rc sift_event(struct kz_txn *txn, struct kz_event *e,
                        struct kz_edit_report *report, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct sift s = {.txn = txn, .report = report, .arena = arena, .room = 64};
  while (s.room < count_uuids(e) * 2 + 2) {
    s.room *= 2;
  }
  s.seen = arena ? kz_arena_array(arena, s.room, sizeof *s.seen) : NULL;
  if (!s.seen) {
    return no_memory(err);
  }
  kz_rc rc = sift_attributes(&s, e->attributes, &e->attribute_count, err);
  if (rc == KZ_OK) {
    rc = sift_values(&s, e, err);
  }
  if (rc == KZ_OK) {
    rc = sift_objects(&s, e, err);
  }
  return rc == KZ_OK ? sift_reports(&s, e, err) : rc;
}

static void stamp_attributes(struct kz_attribute *list, size_t count,
                             int64_t stamp, int64_t now) {
  for (size_t i = 0; i < count; i++) {
    struct kz_attribute *a = &list[i];
    a->timestamp_us = a->timestamp_us > 0 ? a->timestamp_us : stamp;
    a->known_at_us = a->known_at_us > 0 ? a->known_at_us : now;
    for (size_t k = 0; k < a->sighting_count; k++) {
      struct kz_sighting *s = &a->sightings[k];
      s->seen_us = s->seen_us > 0 ? s->seen_us : stamp;
      s->known_at_us = s->known_at_us > 0 ? s->known_at_us : now;
    }
  }
}

/* Times that were not given become the transaction's moment. */
static void stamp_event(struct kz_txn *txn, struct kz_event *e) {
  int64_t now = kz_txn_now_us(txn);
  int64_t stamp = kz_scope_stamp_us(txn);
  e->timestamp_us = e->timestamp_us > 0 ? e->timestamp_us : stamp;
  e->known_at_us = e->known_at_us > 0 ? e->known_at_us : now;
  if (!(e->given & KZ_GAVE_DATE)) {
    e->date_days = kz_clock_day_of(stamp);
  }
  stamp_attributes(e->attributes, e->attribute_count, stamp, now);
  for (size_t i = 0; i < e->object_count; i++) {
    struct kz_object *o = &e->objects[i];
    o->timestamp_us = o->timestamp_us > 0 ? o->timestamp_us : stamp;
    o->known_at_us = o->known_at_us > 0 ? o->known_at_us : now;
    stamp_attributes(o->attributes, o->attribute_count, stamp, now);
    for (size_t k = 0; k < o->reference_count; k++) {
      struct kz_reference *r = &o->references[k];
      r->timestamp_us = r->timestamp_us > 0 ? r->timestamp_us : stamp;
    }
  }
  for (size_t i = 0; i < e->report_count; i++) {
    struct kz_report *r = &e->reports[i];
    r->timestamp_us = r->timestamp_us > 0 ? r->timestamp_us : stamp;
    r->known_at_us = r->known_at_us > 0 ? r->known_at_us : now;
  }
}

static kz_rc put_new(struct kz_txn *txn, struct kz_event *e,
                     struct kz_edit_report *report, struct kz_err *err) {
  struct kz_prepared batch;
  kz_rc rc = kz_prepare_init(&batch, kz_txn_dict(txn));
  if (rc != KZ_OK) {
    return no_memory(err);
  }
  rc = kz_prepare_add(&batch, e, NULL, err);
  if (rc == KZ_OK) {
    rc = kz_txn_put_prepared(txn, &batch, 0, &report->event, err);
  }
  if (rc == KZ_OK) {
    report->is_new = true;
    report->attributes += batch.events[0].row_count;
    report->objects += batch.events[0].objects;
    e->id = report->event;
  }
  kz_prepare_done(&batch);
  return rc;
}

kz_rc kz_edit_add_event(struct kz_txn *txn, struct kz_event *event,
                        struct kz_edit_report *report, struct kz_err *err) {
  struct kz_found found;
  if (kz_uuid_is_nil(&event->uuid)) {
    if (kz_uuid_make(&event->uuid) != KZ_OK) {
      return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
    }
  } else {
    kz_rc rc = kz_txn_find_uuid(txn, &event->uuid, &found, err);
    if (rc == KZ_OK) {
      report->event = found.event;
      return kz_err_set(err, KZ_E_CONFLICT,
                        "its uuid stands already in event %llu",
                        (unsigned long long)found.event);
    }
    if (rc != KZ_NOT_FOUND) {
      return rc;
    }
  }
  kz_rc rc = sift_event(txn, event, report, err);
  if (rc != KZ_OK) {
    return rc;
  }
  stamp_event(txn, event);
  return put_new(txn, event, report, err);
}

static void merge_header(struct kz_event *h, const struct kz_event *c) {
  uint32_t g = c->given;
  h->info = g & KZ_GAVE_VALUE ? c->info : h->info;
  h->date_days = g & KZ_GAVE_DATE ? c->date_days : h->date_days;
  h->threat_level = g & KZ_GAVE_THREAT ? c->threat_level : h->threat_level;
  h->analysis = g & KZ_GAVE_ANALYSIS ? c->analysis : h->analysis;
  h->distribution =
      g & KZ_GAVE_DISTRIBUTION ? c->distribution : h->distribution;
  h->sharing_group_id =
      g & KZ_GAVE_GROUP ? c->sharing_group_id : h->sharing_group_id;
  h->disable_correlation =
      g & KZ_GAVE_CORRELATION ? c->disable_correlation : h->disable_correlation;
  h->proposal_email_lock = g & KZ_GAVE_PROPOSAL_LOCK ? c->proposal_email_lock
                                                     : h->proposal_email_lock;
  h->locked = g & KZ_GAVE_LOCKED ? c->locked : h->locked;
  h->publish_timestamp_us = g & KZ_GAVE_PUBLISH_TIME ? c->publish_timestamp_us
                                                     : h->publish_timestamp_us;
  h->sighting_timestamp_us = g & KZ_GAVE_SIGHTING_TIME
                                 ? c->sighting_timestamp_us
                                 : h->sighting_timestamp_us;
  if (g & KZ_GAVE_EXTENDS) {
    h->has_extends = c->has_extends;
    h->extends = c->extends;
  }
  if (g & KZ_GAVE_TAGS) {
    h->tags = c->tags;
    h->tag_count = c->tag_count;
  }
  h->extra = c->extra.ptr ? c->extra : h->extra;
}

static kz_rc merge_children(struct kz_scope *scope, struct kz_event *e,
                            struct kz_edit_report *report, struct kz_err *err) {
  kz_rc rc = kz_scope_merge_attributes(scope, e->attributes, e->attribute_count,
                                       0, report, err);
  if (rc == KZ_OK) {
    rc =
        kz_scope_merge_objects(scope, e->objects, e->object_count, report, err);
  }
  return rc == KZ_OK ? kz_scope_merge_reports(scope, e->reports,
                                              e->report_count, report, err)
                     : rc;
}

/* Children first: they count the live attributes for the header. */
static kz_rc merge(struct kz_scope *scope, struct kz_event *e,
                   struct kz_edit_report *report, struct kz_err *err) {
  kz_rc rc = merge_children(scope, e, report, err);
  if (rc != KZ_OK) {
    return rc;
  }
  merge_header(&scope->header, e);
  scope->header.published = e->given & KZ_GAVE_PUBLISHED ? e->published : false;
  int64_t stamp = kz_scope_stamp_us(scope->txn);
  scope->header.timestamp_us =
      e->given & KZ_GAVE_TIMESTAMP ? e->timestamp_us : stamp;
  return kz_scope_write(scope, err);
}

kz_rc kz_edit_import_event(struct kz_txn *txn, struct kz_event *event,
                           struct kz_edit_report *report, struct kz_err *err) {
  struct kz_found found;
  kz_rc rc = kz_txn_find_uuid(txn, &event->uuid, &found, err);
  if (rc == KZ_NOT_FOUND) {
    return kz_edit_add_event(txn, event, report, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (found.thing != KZ_THING_EVENT) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "its uuid is that of a part of event %llu",
                      (unsigned long long)found.event);
  }
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  report->event = found.event;
  rc = arena ? kz_scope_open(&scope, txn, found.event, arena, err)
             : no_memory(err);
  if (rc == KZ_OK && event->timestamp_us <= scope.header.timestamp_us) {
    return KZ_UNCHANGED;
  }
  return rc == KZ_OK ? merge(&scope, event, report, err) : rc;
}

kz_rc kz_edit_event(struct kz_txn *txn, uint64_t id, struct kz_event *changes,
                    struct kz_edit_report *report, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  report->event = id;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, id, arena, err) : no_memory(err);
  if (rc == KZ_OK && changes->given & KZ_GAVE_TIMESTAMP &&
      changes->timestamp_us <= scope.header.timestamp_us) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "Event could not be saved: Event in the request not "
                      "newer than the local copy.");
  }
  return rc == KZ_OK ? merge(&scope, changes, report, err) : rc;
}

kz_rc kz_edit_publish(struct kz_txn *txn, uint64_t id, bool published,
                      struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, id, arena, err) : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  scope.header.published = published;
  if (published) {
    scope.header.publish_timestamp_us = kz_scope_stamp_us(txn);
  }
  return kz_scope_write(&scope, err);
}

kz_rc kz_edit_give_event(struct kz_txn *txn, uint64_t id,
                         const struct kz_edit_gift *gift, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, id, arena, err) : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  scope.header.org = *gift->org;
  scope.header.orgc = *gift->org;
  scope.header.creator_email = gift->email;
  if (gift->has_distribution) {
    scope.header.distribution = gift->distribution;
    scope.header.sharing_group_id = gift->sharing_group;
  }
  return kz_scope_bump(&scope, err);
}

kz_rc kz_edit_delete_event(struct kz_txn *txn, uint64_t id,
                           struct kz_err *err) {
  kz_rc rc = kz_txn_remove_event(txn, id, err);
  return rc == KZ_NOT_FOUND ? kz_err_set(err, rc, "there is no event %llu",
                                         (unsigned long long)id)
                            : rc;
}
