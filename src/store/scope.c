#include "store/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/row.h"

enum { SCRATCH = 0x7fffffff };

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
    /* Which one is not for everybody to know. */
    return kz_err_set(err, KZ_E_CONFLICT,
                      "its uuid stands already in another event");
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

kz_rc kz_scope_complete(struct kz_scope *scope, struct kz_attribute *a,
                        struct kz_err *err) {
  if (kz_uuid_is_nil(&a->uuid) && kz_uuid_make(&a->uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
  }
  a->timestamp_us =
      a->timestamp_us > 0 ? a->timestamp_us : kz_scope_stamp_us(scope->txn);
  a->known_at_us =
      a->known_at_us > 0 ? a->known_at_us : kz_txn_now_us(scope->txn);
  a->id = kz_txn_new_children(scope->txn, scope->header.id, 1);
  return KZ_OK;
}

kz_rc kz_scope_put_sighting(struct kz_scope *scope, uint64_t attribute,
                            struct kz_sighting *s, struct kz_err *err) {
  if (kz_uuid_is_nil(&s->uuid) && kz_uuid_make(&s->uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
  }
  s->seen_us = s->seen_us > 0 ? s->seen_us : kz_scope_stamp_us(scope->txn);
  s->known_at_us =
      s->known_at_us > 0 ? s->known_at_us : kz_txn_now_us(scope->txn);
  s->id = kz_txn_new_children(scope->txn, scope->header.id, 1);
  return kz_txn_put_sighting(scope->txn, scope->header.id, attribute, s, err);
}

kz_rc kz_scope_new_sightings(struct kz_scope *scope, struct kz_attribute *a,
                             struct kz_err *err) {
  size_t kept = 0;
  for (size_t i = 0; i < a->sighting_count; i++) {
    uint64_t known = 0;
    kz_rc rc = kz_scope_find(scope, &a->sightings[i].uuid, KZ_THING_SIGHTING,
                             &known, NULL);
    if (rc == KZ_NOT_FOUND) {
      a->sightings[kept++] = a->sightings[i];
    } else if (rc != KZ_OK && rc != KZ_E_CONFLICT) {
      return kz_err_set(err, rc, "a sighting cannot be looked for");
    }
  }
  a->sighting_count = kept;
  return KZ_OK;
}

kz_rc kz_scope_add_attribute(struct kz_scope *scope, struct kz_attribute *a,
                             struct kz_err *err) {
  kz_rc rc = kz_scope_complete(scope, a, err);
  if (rc == KZ_OK) {
    rc = kz_scope_new_sightings(scope, a, err);
  }
  if (rc == KZ_OK) {
    rc = kz_txn_put_attribute(scope->txn, scope->header.id, a, false, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < a->sighting_count; i++) {
    rc = kz_scope_put_sighting(scope, a->id, &a->sightings[i], err);
  }
  scope->live += rc == KZ_OK && !a->deleted;
  return rc;
}

void kz_scope_merge_fields(struct kz_attribute *a,
                           const struct kz_attribute *c) {
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
  kz_scope_merge_fields(&a, changes);
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
  KZ_ARENA(arena, SCRATCH);
  struct kz_reading r = kz_txn_reading(scope->txn, arena);
  struct kz_attribute a;
  kz_rc rc = arena ? kz_read_attribute(&r, scope->header.id, id,
                                       (struct kz_read_options){0}, &a, err)
                   : kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
  if (rc != KZ_OK) {
    return rc;
  }
  bool same = !a.deleted && a.object_id == 0 && a.type == wanted->type &&
              a.category == wanted->category &&
              kz_str_eq(a.value, wanted->value);
  return same ? KZ_OK : KZ_NOT_FOUND;
}

/* The first of the postings from..to whose row is >= `row`. */
static uint32_t posting_at(const struct kz_segment *s, uint32_t from,
                           uint32_t to, uint32_t row) {
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    if ((s->posting[middle] & ~KZ_POSTING_SILENT) < row) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

static bool has_flag(const struct kz_segment *s, enum kz_flag flag,
                     uint32_t row) {
  return (s->flags[flag][row / 64] >> (row % 64) & 1) != 0;
}

/* Looks through the postings of the first part in one slice. */
static kz_rc similar_in_slice(struct kz_scope *scope,
                              const struct kz_part *part, uint32_t slice,
                              uint32_t value, const struct kz_attribute *wanted,
                              uint64_t *ret_id, struct kz_err *err) {
  const struct kz_segment *s = part->segment;
  uint16_t code = kz_row_code(wanted->type, wanted->category);
  uint32_t end = s->value_post_at[value + 1];
  for (uint32_t i =
           posting_at(s, s->value_post_at[value], end, s->slice_start[slice]);
       i < end; i++) {
    uint32_t row = s->posting[i] & ~KZ_POSTING_SILENT;
    if (row >= s->slice_start[slice + 1]) {
      break;
    }
    if (s->code[row] != code || kz_dead_has(part->dead, row) ||
        has_flag(s, KZ_FLAG_OBJECT, row) || has_flag(s, KZ_FLAG_DELETED, row)) {
      continue;
    }
    *ret_id = kz_segment_attribute(s, slice, row);
    kz_rc rc = is_same(scope, *ret_id, wanted, err);
    if (rc != KZ_NOT_FOUND) {
      return rc;
    }
  }
  return KZ_NOT_FOUND;
}

static kz_rc similar_in(struct kz_scope *scope, const struct kz_part *part,
                        kz_str folded, const struct kz_attribute *wanted,
                        uint64_t *ret_id, struct kz_err *err) {
  const struct kz_segment *s = part->segment;
  uint32_t value = 0;
  uint64_t event = scope->header.id;
  kz_rc rc = KZ_NOT_FOUND;
  if (event < s->head->first_event || event > s->head->last_event ||
      kz_segment_value(s, folded, kz_value_hash(folded), &value) != KZ_OK) {
    return rc;
  }
  for (uint32_t slice = kz_segment_slice_at(s, event);
       rc == KZ_NOT_FOUND && slice < s->slices &&
       s->slice_event[slice] == event;
       slice++) {
    rc = similar_in_slice(scope, part, slice, value, wanted, ret_id, err);
  }
  return rc;
}

/* What is looked for among what the transaction has written. */
struct wanted {
  struct kz_scope *scope;
  const struct kz_attribute *attribute;
  uint64_t id;
};

static kz_rc visit_similar(void *ctx, uint64_t id, struct kz_err *err) {
  struct wanted *w = ctx;
  w->id = id;
  return is_same(w->scope, id, w->attribute, err);
}

kz_rc kz_scope_similar(struct kz_scope *scope,
                       const struct kz_attribute *attribute, uint64_t *ret_id,
                       struct kz_err *err) {
  const struct kz_view *view = kz_txn_view(scope->txn);
  KZ_ARENA(arena, SCRATCH);
  kz_str parts[2];
  if (!arena ||
      kz_row_parts(attribute->type, attribute->value, arena, parts) == 0) {
    return kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
  }
  for (size_t i = view->part_count; i > 0; i--) {
    kz_rc rc = similar_in(scope, &view->parts[i - 1], parts[0], attribute,
                          ret_id, err);
    if (rc != KZ_NOT_FOUND) {
      return rc;
    }
  }
  struct wanted wanted = {.scope = scope, .attribute = attribute};
  kz_rc rc =
      kz_txn_similar(scope->txn, scope->header.id,
                     kz_row_code(attribute->type, attribute->category),
                     kz_value_hash(parts[0]), visit_similar, &wanted, err);
  if (rc == KZ_OK) {
    *ret_id = wanted.id;
  }
  return rc;
}
