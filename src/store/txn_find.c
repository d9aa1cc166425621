/* Finding what the index does not know yet, because the group has just written
 * it: uuids, and values inside one event. */
#include "base/hash.h"
#include "store/row.h"
#include "store/txn.h"
#include "store/txn_inner.h"

enum { SIMILAR_MAX = 1 << 26 /* rows in one group */ };

struct uuid_check {
  struct kz_txn *txn;
  const struct kz_uuid *uuid;
  struct kz_found found;
  struct kz_err *err;
};

static kz_rc read_uuid(const struct kz_reading *r, enum kz_thing thing,
                       uint64_t event, uint64_t id, struct kz_uuid *ret,
                       struct kz_err *err) {
  struct kz_event header;
  struct kz_attribute attribute;
  struct kz_object object;
  struct kz_reference reference;
  struct kz_report report;
  struct kz_sighting sighting;
  uint64_t owner = 0;
  kz_rc rc = KZ_NOT_FOUND;
  switch (thing) {
  case KZ_THING_EVENT:
    rc = kz_read_header(r, event, &header, NULL, err);
    *ret = rc == KZ_OK ? header.uuid : KZ_UUID_NIL;
    break;
  case KZ_THING_ATTRIBUTE:
    rc = kz_read_attribute(r, event, id, (struct kz_read_options){0},
                           &attribute, err);
    *ret = rc == KZ_OK ? attribute.uuid : KZ_UUID_NIL;
    break;
  case KZ_THING_OBJECT:
    rc = kz_read_object(r, event, id, &object, err);
    *ret = rc == KZ_OK ? object.uuid : KZ_UUID_NIL;
    break;
  case KZ_THING_REFERENCE:
    rc = kz_read_reference(r, event, id, &reference, &owner, err);
    *ret = rc == KZ_OK ? reference.uuid : KZ_UUID_NIL;
    break;
  case KZ_THING_REPORT:
    rc = kz_read_report(r, event, id, &report, err);
    *ret = rc == KZ_OK ? report.uuid : KZ_UUID_NIL;
    break;
  case KZ_THING_SIGHTING:
    rc = kz_read_sighting(r, event, id, &sighting, &owner, err);
    *ret = rc == KZ_OK ? sighting.uuid : KZ_UUID_NIL;
    break;
  }
  return rc;
}

static kz_rc check_candidate(void *ctx, enum kz_thing thing, uint64_t event,
                             uint64_t id) {
  struct uuid_check *check = ctx;
  struct kz_uuid uuid = KZ_UUID_NIL;
  KZ_ARENA(arena, KZ_TXN_SCRATCH_MAX);
  if (!arena) {
    return KZ_E_MEMORY;
  }
  struct kz_reading r = kz_txn_reading(check->txn, arena);
  kz_rc rc = read_uuid(&r, thing, event, id, &uuid, check->err);
  if (rc == KZ_OK && !kz_uuid_eq(&uuid, check->uuid)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc == KZ_OK) {
    check->found = (struct kz_found){.thing = thing, .event = event, .id = id};
  }
  return rc;
}

kz_rc kz_txn_find_uuid(struct kz_txn *txn, const struct kz_uuid *uuid,
                       struct kz_found *ret_found, struct kz_err *err) {
  struct uuid_check check = {.txn = txn, .uuid = uuid, .err = err};
  uint64_t at = UINT64_MAX;
  kz_rc rc = KZ_NOT_FOUND;
  (void)kz_intmap_get(txn->added_by_hash, kz_uuid_hash(uuid), &at);
  while (rc == KZ_NOT_FOUND && at < txn->added_count) {
    const struct kz_found *f = &txn->added[at].found;
    at = txn->added[at].before;
    rc = check_candidate(&check, f->thing, f->event, f->id);
  }
  if (rc == KZ_NOT_FOUND) {
    rc = kz_view_uuid(txn->view, uuid, check_candidate, &check);
  }
  if (rc == KZ_OK) {
    *ret_found = check.found;
  }
  return rc;
}

/* Where the search for a row begins in the map; it goes on by ones. */
static uint64_t similar_key(uint64_t event, uint16_t code, uint64_t hash) {
  const uint64_t parts[3] = {event, code, hash};
  return kz_hash64(parts, sizeof parts);
}

/* Brings the map up to the rows that there are. Rows in objects may repeat a
 * value without end and are never asked for: they stay outside. */
static kz_rc map_rows(struct kz_txn *txn) {
  if (!txn->similar) {
    txn->similar = kz_intmap_new(SIMILAR_MAX);
    txn->similar_rows = 0;
  }
  if (!txn->similar) {
    return KZ_E_MEMORY;
  }
  for (; txn->similar_rows < txn->delta.row_count; txn->similar_rows++) {
    const struct kz_row *row = &txn->delta.rows[txn->similar_rows];
    uint64_t key = similar_key(row->event, row->code, row->hash[0]);
    if (row->part_count == 0 ||
        row->flags & (1u << KZ_FLAG_OBJECT | 1u << KZ_FLAG_DELETED)) {
      continue;
    }
    uint64_t there = 0;
    while (kz_intmap_get(txn->similar, key, &there) &&
           txn->delta.rows[there].attribute != row->attribute) {
      key++;
    }
    if (kz_intmap_put(txn->similar, key, txn->similar_rows) != KZ_OK) {
      return KZ_E_MEMORY;
    }
  }
  return KZ_OK;
}

kz_rc kz_txn_similar(struct kz_txn *txn, uint64_t event, uint16_t code,
                     uint64_t value_hash, kz_txn_similar_visit *visit,
                     void *ctx, struct kz_err *err) {
  kz_rc rc = map_rows(txn);
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "change: out of memory");
  }
  rc = KZ_NOT_FOUND;
  uint64_t key = similar_key(event, code, value_hash);
  uint64_t at = 0;
  while (rc == KZ_NOT_FOUND && kz_intmap_get(txn->similar, key++, &at)) {
    const struct kz_row *row = &txn->delta.rows[at];
    if (row->event == event && row->code == code &&
        row->hash[0] == value_hash) {
      rc = visit(ctx, row->attribute, err);
    }
  }
  return rc;
}
