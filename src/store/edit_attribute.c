/* Attributes, their tags and sightings. */
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

static kz_rc add_one(struct kz_scope *scope, struct kz_attribute *a,
                     bool update_similar, struct kz_edit_report *report,
                     struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = kz_scope_find(scope, &a->uuid, KZ_THING_ATTRIBUTE, &id, err);
  if (rc == KZ_OK) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "its uuid stands already in the "
                      "event");
  }
  if (rc == KZ_NOT_FOUND && a->object_id == 0 && !a->deleted) {
    rc = kz_scope_similar(scope, a, &id, err);
    if (rc == KZ_OK && update_similar) {
      a->id = id;
      report->changed++;
      return kz_scope_change_attribute(scope, id, a, err);
    }
    if (rc == KZ_OK) {
      return kz_err_set(err, KZ_E_CONFLICT,
                        "A similar attribute already exists for this event.");
    }
  }
  if (rc == KZ_NOT_FOUND) {
    rc = kz_scope_add_attribute(scope, a, err);
    report->attributes += rc == KZ_OK;
  }
  return rc;
}

kz_rc kz_edit_add_attributes(struct kz_txn *txn, uint64_t event,
                             struct kz_attribute *attributes, size_t count,
                             bool update_similar, struct kz_edit_report *report,
                             struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  report->event = event;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    kz_rc one = add_one(&scope, &attributes[i], update_similar, report, &why);
    if (one == KZ_E_CONFLICT || one == KZ_E_LIMIT) {
      rc = kz_scope_refuse(report, "attribute", &attributes[i].uuid, i, &why);
    } else if (one < 0) {
      rc = kz_err_set(err, one, "%s", why.text);
    }
  }
  if (rc == KZ_OK && report->attributes + report->changed > 0) {
    rc = kz_scope_bump(&scope, err);
  }
  return rc;
}

/* Opens the event, changes one attribute, bumps the event. */
static kz_rc change(struct kz_txn *txn, uint64_t event, uint64_t attribute,
                    const struct kz_attribute *changes, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = kz_scope_change_attribute(&scope, attribute, changes, err);
  if (rc == KZ_NOT_FOUND) {
    return missing("attribute", attribute, err);
  }
  return rc == KZ_OK ? kz_scope_bump(&scope, err) : rc;
}

kz_rc kz_edit_attribute(struct kz_txn *txn, uint64_t event, uint64_t attribute,
                        const struct kz_attribute *changes,
                        struct kz_err *err) {
  return change(txn, event, attribute, changes, err);
}

static kz_rc remove_hard(struct kz_txn *txn, uint64_t event, uint64_t attribute,
                         struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  struct kz_attribute old;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_reading r = kz_txn_reading(txn, arena);
  rc = kz_read_attribute(&r, event, attribute, (struct kz_read_options){0},
                         &old, err);
  if (rc == KZ_OK) {
    rc = kz_txn_remove_attribute(txn, event, attribute, err);
  }
  if (rc == KZ_NOT_FOUND) {
    return missing("attribute", attribute, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  scope.live -= !old.deleted;
  return kz_scope_bump(&scope, err);
}

kz_rc kz_edit_delete_attribute(struct kz_txn *txn, uint64_t event,
                               uint64_t attribute, bool hard,
                               struct kz_err *err) {
  const struct kz_attribute deleted = {.given = KZ_GAVE_DELETED,
                                       .deleted = true};
  return hard ? remove_hard(txn, event, attribute, err)
              : change(txn, event, attribute, &deleted, err);
}

kz_rc kz_edit_restore_attribute(struct kz_txn *txn, uint64_t event,
                                uint64_t attribute, struct kz_err *err) {
  const struct kz_attribute restored = {.given = KZ_GAVE_DELETED,
                                        .deleted = false};
  return change(txn, event, attribute, &restored, err);
}

/* --- tags ------------------------------------------------------------------
 */

static size_t find_tag(const struct kz_tag_use *tags, size_t count,
                       uint32_t id) {
  size_t i = 0;
  while (i < count && tags[i].tag.id != id) {
    i++;
  }
  return i;
}

/* The list with one more; KZ_UNCHANGED when it is there with the same
 * locality. */
static kz_rc with_tag(struct kz_arena *arena, struct kz_tag_use **tags,
                      size_t *count, const struct kz_tag_use *tag,
                      struct kz_err *err) {
  size_t at = find_tag(*tags, *count, tag->tag.id);
  if (at < *count) {
    return KZ_UNCHANGED;
  }
  struct kz_tag_use *more = kz_arena_array(arena, *count + 1, sizeof *more);
  if (!more) {
    return no_memory(err);
  }
  if (*count > 0) {
    memcpy(more, *tags, *count * sizeof *more);
  }
  more[(*count)++] = *tag;
  *tags = more;
  return KZ_OK;
}

static kz_rc without_tag(struct kz_tag_use *tags, size_t *count, uint32_t id,
                         bool *ret_local) {
  size_t at = find_tag(tags, *count, id);
  if (at == *count) {
    return KZ_UNCHANGED;
  }
  *ret_local = tags[at].local;
  memmove(tags + at, tags + at + 1, (*count - at - 1) * sizeof *tags);
  (*count)--;
  return KZ_OK;
}

/* What a change of tags does to the list of one thing. */
struct retag {
  const struct kz_tag_use *add; /* NULL: `remove` */
  uint32_t remove;
  bool local;
};

static kz_rc apply(struct retag *t, struct kz_arena *arena,
                   struct kz_tag_use **tags, size_t *count,
                   struct kz_err *err) {
  if (t->add) {
    t->local = t->add->local;
    return with_tag(arena, tags, count, t->add, err);
  }
  return without_tag(*tags, count, t->remove, &t->local);
}

static kz_rc retag_attribute(struct kz_scope *scope, uint64_t id,
                             struct retag *t, struct kz_err *err) {
  struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
  struct kz_attribute a;
  kz_rc rc =
      kz_read_attribute(&r, scope->header.id, id,
                        (struct kz_read_options){.with_data = true}, &a, err);
  if (rc == KZ_NOT_FOUND) {
    return missing("attribute", id, err);
  }
  if (rc == KZ_OK) {
    rc = apply(t, scope->arena, &a.tags, &a.tag_count, err);
  }
  if (rc == KZ_OK && !t->local) {
    a.timestamp_us = kz_scope_stamp_us(scope->txn);
  }
  bool has_data = rc == KZ_OK && a.data.ptr;
  a.data = KZ_STR_NONE;
  return rc == KZ_OK ? kz_txn_put_attribute(scope->txn, scope->header.id, &a,
                                            has_data, err)
                     : rc;
}

static kz_rc retag_report(struct kz_scope *scope, uint64_t id, struct retag *t,
                          struct kz_err *err) {
  struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
  struct kz_report report;
  kz_rc rc = kz_read_report(&r, scope->header.id, id, &report, err);
  if (rc == KZ_NOT_FOUND) {
    return missing("event report", id, err);
  }
  if (rc == KZ_OK) {
    rc = apply(t, scope->arena, &report.tags, &report.tag_count, err);
  }
  return rc == KZ_OK
             ? kz_txn_put_report(scope->txn, scope->header.id, &report, err)
             : rc;
}

static kz_rc retag(struct kz_txn *txn, uint64_t event, enum kz_thing thing,
                   uint64_t id, struct retag *t, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (thing == KZ_THING_ATTRIBUTE) {
    rc = retag_attribute(&scope, id, t, err);
  } else if (thing == KZ_THING_REPORT) {
    rc = retag_report(&scope, id, t, err);
  } else if (thing == KZ_THING_EVENT) {
    rc = apply(t, arena, &scope.header.tags, &scope.header.tag_count, err);
  } else {
    return kz_err_set(err, KZ_E_INPUT, "Invalid Target.");
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (t->local) {
    return thing == KZ_THING_EVENT ? kz_scope_write(&scope, err) : KZ_OK;
  }
  return kz_scope_bump(&scope, err);
}

kz_rc kz_edit_attach_tag(struct kz_txn *txn, uint64_t event,
                         enum kz_thing thing, uint64_t id,
                         const struct kz_tag_use *tag, struct kz_err *err) {
  struct kz_tag_use use = *tag;
  kz_rc rc = kz_dict_tag(kz_txn_dict(txn), &tag->tag, &use.tag.id, err);
  struct retag t = {.add = &use};
  return rc == KZ_OK ? retag(txn, event, thing, id, &t, err) : rc;
}

kz_rc kz_edit_detach_tag(struct kz_txn *txn, uint64_t event,
                         enum kz_thing thing, uint64_t id, uint32_t tag,
                         struct kz_err *err) {
  struct retag t = {.remove = tag};
  return retag(txn, event, thing, id, &t, err);
}

/* --- sightings -------------------------------------------------------------
 */

/* Rewrites the attribute with another number of sightings. */
static kz_rc recount(struct kz_scope *scope, uint64_t attribute, int by,
                     struct kz_err *err) {
  struct kz_reading r = kz_txn_reading(scope->txn, scope->arena);
  struct kz_attribute a;
  kz_rc rc =
      kz_read_attribute(&r, scope->header.id, attribute,
                        (struct kz_read_options){.with_data = true}, &a, err);
  if (rc == KZ_NOT_FOUND) {
    return missing("attribute", attribute, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  bool has_data = a.data.ptr != NULL;
  a.data = KZ_STR_NONE;
  a.sighting_count =
      by < 0 && a.sighting_count == 0 ? 0 : a.sighting_count + (size_t)by;
  return kz_txn_put_attribute(scope->txn, scope->header.id, &a, has_data, err);
}

kz_rc kz_edit_add_sighting(struct kz_txn *txn, uint64_t event,
                           uint64_t attribute, struct kz_sighting *sighting,
                           struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  uint64_t known = 0;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_scope_find(&scope, &sighting->uuid, KZ_THING_SIGHTING, &known, err);
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc == KZ_OK ? KZ_UNCHANGED : rc;
  }
  if (rc == KZ_OK) {
    rc = recount(&scope, attribute, 1, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  rc = kz_scope_put_sighting(&scope, attribute, sighting, err);
  if (rc == KZ_OK && sighting->seen_us > scope.header.sighting_timestamp_us) {
    scope.header.sighting_timestamp_us = sighting->seen_us;
    rc = kz_scope_write(&scope, err);
  }
  return rc;
}

kz_rc kz_edit_sightings(void *bulk, struct kz_txn *txn, struct kz_err *err) {
  struct kz_edit_bulk *b = bulk;
  kz_rc rc = KZ_OK;
  b->saved = 0;
  for (size_t i = 0; rc >= 0 && i < b->count; i++) {
    rc = kz_edit_add_sighting(txn, b->event, b->attributes[i], &b->sightings[i],
                              err);
    b->saved += rc == KZ_OK;
  }
  return rc < 0 ? rc : KZ_OK;
}

kz_rc kz_edit_delete_sighting(struct kz_txn *txn, uint64_t event,
                              uint64_t attribute, uint64_t sighting,
                              struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_scope scope;
  kz_rc rc =
      arena ? kz_scope_open(&scope, txn, event, arena, err) : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_txn_remove_child(txn, event, KZ_CHILD_SIGHTING, attribute, sighting,
                             err);
  }
  if (rc == KZ_NOT_FOUND) {
    return missing("sighting", sighting, err);
  }
  return rc == KZ_OK ? recount(&scope, attribute, -1, err) : rc;
}
