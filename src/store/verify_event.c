#include "store/verify_event.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/wire.h"
#include "store/keys.h"
#include "store/record.h"
#include "store/reindex.h"

enum { OBJECTS_MAX = 1 << 28 };

/* What is counted while the children of an event are walked. */
struct census {
  struct kz_verifying *v;
  uint64_t event;
  struct kz_intmap *objects; /* id: 1 when its record was seen, else 0 */
  uint64_t live;             /* attributes that are not deleted */
  uint64_t sightings;        /* that attributes speak of */
  uint64_t sightings_seen;
  struct kz_err *err;
};

static void note(const struct census *c, const char *what, uint64_t id) {
  kz_verify_note(c->v->report, "event %llu: %s %llu",
                 (unsigned long long)c->event, what, (unsigned long long)id);
}

/* The extent that holds a child, from the store when it is not the last one.
 */
static kz_rc find_extent(struct kz_verifying *v, uint64_t child,
                         struct kz_err *err) {
  if (child - v->extent.first < v->extent.count) {
    return KZ_OK;
  }
  struct kz_key prefix = kz_key_family(KZ_FAMILY_EXTENT);
  struct kz_key key = kz_key_one(KZ_FAMILY_EXTENT, child);
  struct kz_kv_iter *iter = kz_kv_iter_new(v->reading.kv, v->reading.snapshot,
                                           kz_key_str(&prefix), false);
  if (!iter) {
    return kz_err_set(err, KZ_E_MEMORY, "verify: out of memory");
  }
  kz_kv_iter_seek_back(iter, kz_key_str(&key));
  kz_str found;
  kz_str value;
  v->extent = (struct kz_verify_extent){.count = 0};
  if (kz_kv_iter_at(iter, &found, &value) && found.len == 9) {
    struct kz_reader in = kz_reader_of(value);
    v->extent.first = kz_key_read_u64(found, 1);
    v->extent.event = kz_read_varint(&in);
    v->extent.count = kz_read_varint(&in);
  }
  kz_rc rc = kz_kv_iter_check(iter, err);
  kz_kv_iter_free(iter);
  return rc;
}

static kz_rc check_extent(struct census *c, uint64_t child) {
  struct kz_verifying *v = c->v;
  kz_rc rc = find_extent(v, child, c->err);
  if (rc == KZ_OK && (child - v->extent.first >= v->extent.count ||
                      v->extent.event != c->event)) {
    note(c, "no extent leads to", child);
  }
  return rc;
}

static kz_rc take_attribute(void *ctx, const struct kz_attribute *a,
                            struct kz_err *err) {
  struct census *c = ctx;
  c->live += !a->deleted;
  c->sightings += a->sighting_count;
  c->v->report->attributes++;
  if (a->object_id != 0 &&
      kz_intmap_add(c->objects, a->object_id, 0, NULL) < 0) {
    return kz_err_set(err, KZ_E_MEMORY, "verify: out of memory");
  }
  return check_extent(c, a->id);
}

static bool has_attribute(const struct census *c, uint64_t id) {
  const struct kz_delta *d = &c->v->delta;
  size_t from = 0;
  size_t to = d->row_count;
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    if (d->rows[middle].attribute < id) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from < d->row_count && d->rows[from].attribute == id;
}

static kz_rc take_reference(struct census *c, uint64_t id, kz_str value) {
  struct kz_reference reference;
  uint64_t object = 0;
  uint64_t seen = 0;
  kz_rc rc = kz_record_get_reference(value, c->v->reading.dict, id, &reference,
                                     &object, c->err);
  if (rc == KZ_OK && (!kz_intmap_get(c->objects, object, &seen) || !seen)) {
    note(c, "there is no object for reference", id);
  }
  return rc == KZ_OK ? check_extent(c, id) : rc;
}

/* One key below the event that is not a chunk of attributes. */
static kz_rc take_child(struct census *c, kz_str key, kz_str value) {
  uint64_t id = kz_key_read_u64(key, 10);
  switch ((enum kz_child)key.ptr[9]) {
  case KZ_CHILD_ATTRIBUTES:
    return KZ_OK; /* walked before */
  case KZ_CHILD_DATA:
    if (!has_attribute(c, id)) {
      note(c, "there is a file but no attribute", id);
    }
    return KZ_OK;
  case KZ_CHILD_OBJECT:
    return kz_intmap_put(c->objects, id, 1) == KZ_OK ? check_extent(c, id)
                                                     : KZ_E_MEMORY;
  case KZ_CHILD_REFERENCE:
    return take_reference(c, id, value);
  case KZ_CHILD_SIGHTING:
    c->sightings_seen++;
    if (!has_attribute(c, id)) {
      note(c, "there is a sighting but no attribute", id);
    }
    return key.len == 26 ? check_extent(c, kz_key_read_u64(key, 18)) : KZ_OK;
  case KZ_CHILD_REPORT:
    return check_extent(c, id);
  }
  note(c, "there is a child of unknown kind", id);
  return KZ_OK;
}

static kz_rc walk_children(struct census *c) {
  const struct kz_reading *r = &c->v->reading;
  struct kz_key prefix = kz_key_one(KZ_FAMILY_CHILD, c->event);
  struct kz_kv_iter *iter =
      kz_kv_iter_new(r->kv, r->snapshot, kz_key_str(&prefix), true);
  if (!iter) {
    return KZ_E_MEMORY;
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    if (key.len < 18) {
      note(c, "a key is damaged; bytes:", key.len);
      continue;
    }
    rc = take_child(c, key, value);
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, c->err);
  }
  kz_kv_iter_free(iter);
  return rc;
}

static kz_rc count_children(struct census *c) {
  kz_rc rc =
      kz_read_attributes(&c->v->reading, c->event, (struct kz_read_options){0},
                         take_attribute, c, c->err);
  if (rc == KZ_OK) {
    rc = walk_children(c);
  }
  for (size_t i = 0; rc == KZ_OK && i < kz_intmap_count(c->objects); i++) {
    if (kz_intmap_value(c->objects, i) == 0) {
      note(c, "attributes belong to a missing object",
           kz_intmap_key(c->objects, i));
    }
  }
  return rc;
}

static kz_rc check_records(struct kz_verifying *v, uint64_t event,
                           struct kz_err *err) {
  struct census c = {.v = v, .event = event, .err = err};
  struct kz_event header;
  uint64_t attributes = 0;
  kz_arena_reset(v->reading.arena);
  kz_rc rc = kz_read_header(&v->reading, event, &header, &attributes, err);
  c.objects = kz_intmap_new(OBJECTS_MAX);
  if (rc == KZ_OK) {
    rc = c.objects ? count_children(&c) : KZ_E_MEMORY;
  }
  kz_intmap_free(c.objects);
  if (rc == KZ_OK && c.live != attributes) {
    note(&c, "its header counts attributes wrongly:", attributes);
  }
  if (rc == KZ_OK && c.sightings != c.sightings_seen) {
    note(&c, "its attributes count sightings wrongly:", c.sightings);
  }
  return rc;
}

kz_rc kz_verify_event(struct kz_verifying *v, uint64_t event,
                      struct kz_err *err) {
  struct kz_err why = KZ_ERR_NONE;
  const struct kz_reading *r = &v->reading;
  kz_delta_clear(&v->delta);
  kz_rc rc =
      kz_reindex_event(r->kv, r->snapshot, r->dict, event, &v->delta, &why);
  if (rc == KZ_OK) {
    kz_delta_order(&v->delta);
    rc = check_records(v, event, &why);
  }
  if (rc == KZ_OK && !v->is_damaged) {
    rc = kz_verify_rows(v, event);
  }
  if (rc == KZ_E_CORRUPT || rc == KZ_NOT_FOUND) {
    kz_verify_note(v->report, "event %llu: %s", (unsigned long long)event,
                   why.text);
    return KZ_OK;
  }
  return rc == KZ_OK ? KZ_OK : kz_err_set(err, rc, "verify: %s", why.text);
}
