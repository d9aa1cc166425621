#include "store/txn.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/wire.h"
#include "store/record.h"
#include "store/reindex.h"
#include "store/txn_inner.h"

enum {
  DELTA_TEXT_MAX = 0x7fffffff,
  ADDED_MAX = 1 << 24, /* uuids in one group */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
}

struct kz_txn *kz_txn_new(struct kz_kv *kv, struct kz_dict *dict) {
  struct kz_txn *txn = calloc(1, sizeof *txn);
  if (!txn) {
    return NULL;
  }
  txn->kv = kv;
  txn->dict = dict;
  txn->changes = kz_kv_txn_new(kv);
  txn->scratch = kz_arena_new(KZ_TXN_SCRATCH_MAX);
  txn->told = kz_arena_new(KZ_TXN_SCRATCH_MAX);
  if (!txn->changes || !txn->scratch || !txn->told ||
      kz_delta_init(&txn->delta, DELTA_TEXT_MAX) != KZ_OK) {
    kz_txn_free(txn);
    return NULL;
  }
  return txn;
}

void kz_txn_free(struct kz_txn *txn) {
  if (txn) {
    kz_kv_txn_free(txn->changes);
    kz_arena_free(txn->scratch);
    kz_arena_free(txn->told);
    free(txn->noted);
    kz_delta_done(&txn->delta);
    kz_intmap_free(txn->added_by_hash);
    kz_intmap_free(txn->similar);
    free(txn->touched);
    free(txn->added);
    free(txn->renewed);
    free(txn);
  }
}

kz_rc kz_txn_begin(struct kz_txn *txn, const struct kz_meta *meta,
                   const struct kz_view *view, int64_t now_us,
                   struct kz_err *err) {
  kz_delta_clear(&txn->delta);
  kz_kv_txn_free(txn->changes); /* what a failed commit left behind */
  txn->changes = kz_kv_txn_new(txn->kv);
  kz_intmap_free(txn->similar);
  txn->similar = NULL;
  txn->similar_rows = 0;
  kz_intmap_free(txn->added_by_hash);
  txn->added_by_hash = kz_intmap_new(ADDED_MAX);
  txn->meta = *meta;
  txn->meta.generation++;
  txn->view = view;
  txn->now_us = now_us;
  txn->touched_count = 0;
  txn->added_count = 0;
  txn->renewed_count = 0;
  txn->past = 0;
  txn->notes = false;
  txn->noted_count = 0;
  txn->told_count = 0;
  kz_arena_reset(txn->told);
  return txn->changes && txn->added_by_hash ? KZ_OK : no_memory(err);
}

void kz_txn_mark(struct kz_txn *txn) {
  kz_kv_txn_mark(txn->changes);
  txn->mark = (struct kz_txn_mark){
      .meta = txn->meta,
      .kills = txn->delta.kill_count,
      .rows = txn->delta.row_count,
      .others = txn->delta.other_count,
      .entries = txn->delta.entry_count,
      .touched = txn->touched_count,
      .added = txn->added_count,
      .renewed = txn->renewed_count,
      .past = txn->past,
      .noted = txn->noted_count,
      .told = txn->told_count,
      .notes = txn->notes,
  };
}

/* Backwards, so that the map is what it was. */
static void forget_uuids(struct kz_txn *txn, size_t count) {
  while (txn->added_count > count) {
    const struct kz_txn_added *a = &txn->added[--txn->added_count];
    /* The key is there: replacing its value cannot fail. */
    (void)!kz_intmap_put(txn->added_by_hash, a->hash, a->before);
  }
}

void kz_txn_rollback(struct kz_txn *txn) {
  kz_kv_txn_rollback(txn->changes);
  txn->meta = txn->mark.meta;
  txn->delta.kill_count = txn->mark.kills;
  txn->delta.row_count = txn->mark.rows;
  txn->delta.other_count = txn->mark.others;
  txn->delta.entry_count = txn->mark.entries;
  txn->touched_count = txn->mark.touched;
  txn->renewed_count = txn->mark.renewed;
  txn->past = txn->mark.past;
  txn->noted_count = txn->mark.noted;
  txn->told_count = txn->mark.told;
  txn->notes = txn->mark.notes;
  forget_uuids(txn, txn->mark.added);
  if (txn->similar_rows > txn->delta.row_count) {
    txn->similar_rows = 0;
    kz_intmap_free(txn->similar);
    txn->similar = NULL; /* made anew when it is asked */
  }
}

bool kz_txn_is_empty(const struct kz_txn *txn) {
  return txn->touched_count == 0 && !txn->notes;
}

struct kz_reading kz_txn_reading(struct kz_txn *txn, struct kz_arena *arena) {
  return (struct kz_reading){
      .kv = txn->kv,
      .txn = txn->changes,
      .dict = txn->dict,
      .arena = arena,
  };
}

const struct kz_view *kz_txn_view(const struct kz_txn *txn) {
  return txn->view;
}

struct kz_dict *kz_txn_dict(const struct kz_txn *txn) {
  return txn->dict;
}

int64_t kz_txn_now_us(const struct kz_txn *txn) {
  return txn->now_us;
}

kz_rc kz_txn_touch(struct kz_txn *txn, uint64_t event) {
  if (txn->touched_count > 0 && txn->touched[txn->touched_count - 1] == event) {
    return KZ_OK;
  }
  if (txn->touched_count == txn->touched_room) {
    size_t room = txn->touched_room ? txn->touched_room * 2 : 64;
    uint64_t *touched = reallocarray(txn->touched, room, sizeof *touched);
    if (!touched) {
      return KZ_E_MEMORY;
    }
    txn->touched = touched;
    txn->touched_room = room;
  }
  txn->touched[txn->touched_count++] = event;
  return KZ_OK;
}

kz_rc kz_txn_note_uuid(struct kz_txn *txn, uint64_t hash, enum kz_thing thing,
                       uint64_t event, uint64_t id) {
  if (txn->added_count == txn->added_room) {
    size_t room = txn->added_room ? txn->added_room * 2 : 64;
    struct kz_txn_added *added = reallocarray(txn->added, room, sizeof *added);
    if (!added) {
      return KZ_E_MEMORY;
    }
    txn->added = added;
    txn->added_room = room;
  }
  uint64_t before = UINT64_MAX;
  (void)kz_intmap_get(txn->added_by_hash, hash, &before);
  txn->added[txn->added_count] = (struct kz_txn_added){
      .hash = hash,
      .before = before,
      .found = {.thing = thing, .event = event, .id = id},
  };
  return kz_intmap_put(txn->added_by_hash, hash, txn->added_count++);
}

void kz_txn_put_key(struct kz_txn *txn, struct kz_key key, kz_str value) {
  kz_kv_txn_put(txn->changes, kz_key_str(&key), value);
}

void kz_txn_erase_key(struct kz_txn *txn, struct kz_key key) {
  kz_kv_txn_delete(txn->changes, kz_key_str(&key));
}

static void put_extent(struct kz_txn *txn, uint64_t first, uint64_t event,
                       uint64_t count) {
  char value[2 * KZ_VARINT_MAX];
  size_t len = kz_put_varint(value, event);
  len += kz_put_varint(value + len, count);
  kz_txn_put_key(txn, kz_key_one(KZ_FAMILY_EXTENT, first),
                 (kz_str){value, len});
}

uint64_t kz_txn_new_children(struct kz_txn *txn, uint64_t event,
                             uint64_t count) {
  uint64_t first = txn->meta.next_child;
  if (count > 0) {
    put_extent(txn, first, event, count);
    txn->meta.next_child += count;
  }
  return first;
}

static const uint32_t *copy_tags(struct kz_arena *arena, const uint32_t *tags,
                                 uint32_t count) {
  uint32_t *copy = kz_arena_array(arena, (size_t)count + 1, sizeof *copy);
  if (copy && count > 0) {
    memcpy(copy, tags, count * sizeof *copy);
  }
  return copy;
}

/* Adds a row of a prepared event with its final ids. The batch may be gone
 * before the commit: texts and tags are copied. */
static kz_rc take_row(struct kz_txn *txn, const struct kz_row *prepared,
                      uint64_t event, uint64_t base) {
  struct kz_row row = *prepared;
  row.event = event;
  row.attribute += base;
  row.tags = copy_tags(txn->delta.arena, row.tags, row.tag_count);
  kz_rc rc = row.tags ? KZ_OK : KZ_E_MEMORY;
  for (unsigned i = 0; rc == KZ_OK && i < row.part_count; i++) {
    rc = kz_arena_dup(txn->delta.arena, prepared->part[i], &row.part[i]);
  }
  if (rc == KZ_OK) {
    rc = kz_delta_row(&txn->delta, &row);
  }
  return rc == KZ_OK ? kz_txn_note_uuid(txn, row.uuid_hash, KZ_THING_ATTRIBUTE,
                                        event, row.attribute)
                     : rc;
}

static kz_rc take_entry(struct kz_txn *txn,
                        const struct kz_event_entry *prepared, uint64_t event) {
  struct kz_event_entry entry = *prepared;
  entry.id = event;
  entry.tags = copy_tags(txn->delta.arena, entry.tags, entry.tag_count);
  kz_rc rc = entry.tags
                 ? kz_arena_dup(txn->delta.arena, prepared->info, &entry.info)
                 : KZ_E_MEMORY;
  return rc == KZ_OK ? kz_delta_entry(&txn->delta, &entry) : rc;
}

/* Adds the rows of a prepared event with their final ids. */
static kz_rc take_delta(struct kz_txn *txn, const struct kz_prepared *batch,
                        const struct kz_prepared_event *p, size_t index,
                        uint64_t event, uint64_t base, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < p->row_count; i++) {
    rc = take_row(txn, &batch->delta.rows[p->first_row + i], event, base);
  }
  for (size_t i = 0; rc == KZ_OK && i < p->other_count; i++) {
    struct kz_row_other other = batch->delta.others[p->first_other + i];
    other.id = other.thing == KZ_THING_EVENT ? event : other.id + base;
    other.event = event;
    rc = kz_delta_other_hash(&txn->delta, &other);
    if (rc == KZ_OK) {
      rc = kz_txn_note_uuid(txn, other.uuid_hash, other.thing, event, other.id);
    }
  }
  if (rc == KZ_OK) {
    rc = take_entry(txn, &batch->delta.entries[index], event);
  }
  return rc == KZ_OK ? KZ_OK : no_memory(err);
}

kz_rc kz_txn_put_prepared(struct kz_txn *txn, const struct kz_prepared *batch,
                          size_t index, uint64_t *ret_event,
                          struct kz_err *err) {
  const struct kz_prepared_event *p = &batch->events[index];
  uint64_t event = txn->meta.next_event++;
  uint64_t base = kz_txn_new_children(txn, event, p->children) - 1;
  for (size_t i = 0; i < p->record_count; i++) {
    const struct kz_prepared_record *r = &batch->records[p->first_record + i];
    struct kz_key key =
        r->kind == KZ_CHILD_SIGHTING
            ? kz_key_sighting(event, base + r->id, base + r->sub)
            : kz_key_child(event, r->kind, base + r->id);
    kz_txn_put_key(txn, key,
                   (kz_str){batch->bytes.ptr + r->at, (size_t)r->len});
  }
  kz_txn_put_key(
      txn, kz_key_one(KZ_FAMILY_EVENT, event),
      (kz_str){batch->bytes.ptr + p->header_at, (size_t)p->header_len});
  kz_rc rc = take_delta(txn, batch, p, index, event, base, err);
  if (rc == KZ_OK && kz_txn_touch(txn, event) != KZ_OK) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    *ret_event = event;
  }
  return rc;
}

/* Keeps an earlier version: kind, id, sub id, the record's bytes. */
kz_rc kz_txn_keep_past(struct kz_txn *txn, uint64_t event, char kind,
                       uint64_t id, uint64_t sub, kz_str bytes) {
  KZ_BUF(value, (size_t)KZ_CHUNK_BYTES_MAX + 64);
  kz_write_u8(&value, (uint8_t)kind);
  kz_write_varint(&value, id);
  kz_write_varint(&value, sub);
  kz_write_svarint(&value, txn->now_us);
  kz_buf_add_str(&value, bytes);
  if (kz_buf_failed(&value)) {
    return KZ_E_MEMORY;
  }
  kz_txn_put_key(txn, kz_key_past(event, txn->meta.generation, txn->past++),
                 kz_buf_str(&value));
  return KZ_OK;
}

static kz_rc get(struct kz_txn *txn, struct kz_key key, struct kz_buf *out,
                 struct kz_err *err) {
  return kz_kv_txn_get(txn->changes, kz_key_str(&key), out, err);
}

kz_rc kz_txn_put_header(struct kz_txn *txn, const struct kz_event *event,
                        uint64_t attribute_count, struct kz_err *err) {
  KZ_BUF(old, KZ_CHUNK_BYTES_MAX);
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  struct kz_event e = *event;
  kz_arena_reset(txn->scratch);
  struct kz_tag_use *tags =
      kz_arena_array(txn->scratch, e.tag_count + 1, sizeof *tags);
  kz_rc rc =
      tags ? kz_dict_org(txn->dict, &e.org, &e.org.id, err) : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_dict_org(txn->dict, &e.orgc, &e.orgc.id, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < e.tag_count; i++) {
    tags[i] = e.tags[i];
    rc = kz_dict_tag(txn->dict, &tags[i].tag, &tags[i].tag.id, err);
  }
  e.tags = tags;
  if (rc == KZ_OK) {
    rc = kz_record_put_event(&value, txn->dict, &e, attribute_count, err);
  }
  if (rc == KZ_OK) {
    rc = get(txn, kz_key_one(KZ_FAMILY_EVENT, e.id), &old, err);
  }
  if (rc == KZ_OK && !kz_str_eq(kz_buf_str(&old), kz_buf_str(&value))) {
    rc =
        kz_txn_keep_past(txn, e.id, KZ_FAMILY_EVENT, e.id, 0, kz_buf_str(&old));
  }
  if (rc < 0) {
    return rc == KZ_E_MEMORY ? no_memory(err) : rc;
  }
  kz_txn_put_key(txn, kz_key_one(KZ_FAMILY_EVENT, e.id), kz_buf_str(&value));
  if (kz_txn_touch(txn, e.id) != KZ_OK ||
      kz_delta_event(&txn->delta, &e) != KZ_OK) {
    return no_memory(err);
  }
  return KZ_OK;
}

/* Writes a child's record; keeps the earlier version, notes a new uuid. */
static kz_rc put_child(struct kz_txn *txn, uint64_t event, struct kz_key key,
                       char kind, uint64_t id, uint64_t sub, kz_str value,
                       const struct kz_uuid *uuid, enum kz_thing thing,
                       struct kz_err *err) {
  KZ_BUF(old, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = get(txn, key, &old, err);
  if (rc < 0) {
    return rc;
  }
  if (rc == KZ_OK) {
    if (kz_txn_keep_past(txn, event, kind, id, sub, kz_buf_str(&old)) !=
        KZ_OK) {
      return no_memory(err);
    }
  } else if (kz_txn_note_uuid(txn, kz_uuid_hash(uuid), thing, event,
                              sub ? sub : id) != KZ_OK ||
             kz_delta_other(&txn->delta, uuid, event, sub ? sub : id, thing) !=
                 KZ_OK) {
    return no_memory(err);
  }
  kz_txn_put_key(txn, key, value);
  return kz_txn_touch(txn, event) == KZ_OK ? KZ_OK : no_memory(err);
}

kz_rc kz_txn_put_object(struct kz_txn *txn, uint64_t event,
                        const struct kz_object *object, struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = kz_record_put_object(&value, txn->dict, object, err);
  if (rc == KZ_OK) {
    rc = kz_txn_watch_object(txn, event, object, err);
  }
  return rc == KZ_OK
             ? put_child(txn, event,
                         kz_key_child(event, KZ_CHILD_OBJECT, object->id),
                         KZ_CHILD_OBJECT, object->id, 0, kz_buf_str(&value),
                         &object->uuid, KZ_THING_OBJECT, err)
             : rc;
}

kz_rc kz_txn_put_reference(struct kz_txn *txn, uint64_t event,
                           const struct kz_reference *reference,
                           uint64_t object, struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = kz_record_put_reference(&value, txn->dict, reference, object, err);
  return rc == KZ_OK
             ? put_child(txn, event,
                         kz_key_child(event, KZ_CHILD_REFERENCE, reference->id),
                         KZ_CHILD_REFERENCE, reference->id, 0,
                         kz_buf_str(&value), &reference->uuid,
                         KZ_THING_REFERENCE, err)
             : rc;
}

kz_rc kz_txn_put_report(struct kz_txn *txn, uint64_t event,
                        const struct kz_report *report, struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = kz_record_put_report(&value, txn->dict, report, err);
  return rc == KZ_OK
             ? put_child(txn, event,
                         kz_key_child(event, KZ_CHILD_REPORT, report->id),
                         KZ_CHILD_REPORT, report->id, 0, kz_buf_str(&value),
                         &report->uuid, KZ_THING_REPORT, err)
             : rc;
}

kz_rc kz_txn_put_sighting(struct kz_txn *txn, uint64_t event,
                          uint64_t attribute,
                          const struct kz_sighting *sighting,
                          struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = kz_record_put_sighting(&value, txn->dict, sighting, err);
  return rc == KZ_OK
             ? put_child(
                   txn, event, kz_key_sighting(event, attribute, sighting->id),
                   KZ_CHILD_SIGHTING, attribute, sighting->id,
                   kz_buf_str(&value), &sighting->uuid, KZ_THING_SIGHTING, err)
             : rc;
}

kz_rc kz_txn_remove_child(struct kz_txn *txn, uint64_t event,
                          enum kz_child kind, uint64_t id, uint64_t sub,
                          struct kz_err *err) {
  KZ_BUF(old, KZ_CHUNK_BYTES_MAX);
  struct kz_key key = kind == KZ_CHILD_SIGHTING
                          ? kz_key_sighting(event, id, sub)
                          : kz_key_child(event, kind, id);
  kz_rc rc = get(txn, key, &old, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = kz_txn_keep_past(txn, event, (char)kind, id, sub, kz_buf_str(&old));
  kz_txn_erase_key(txn, key);
  return rc == KZ_OK && kz_txn_touch(txn, event) == KZ_OK ? KZ_OK
                                                          : no_memory(err);
}

/* Calls for each key of the prefix what must be done with it; the keys are
 * gathered before, for a batch must not change under its iterator. */
kz_rc kz_txn_each_key(struct kz_txn *txn, struct kz_key prefix,
                      kz_rc (*each)(struct kz_txn *txn, kz_str key,
                                    struct kz_err *err),
                      struct kz_err *err) {
  KZ_BUF(keys, KZ_TXN_SCRATCH_MAX);
  struct kz_kv_iter *iter =
      kz_kv_txn_iter_new(txn->changes, kz_key_str(&prefix));
  if (!iter) {
    return no_memory(err);
  }
  kz_str key;
  for (; kz_kv_iter_at(iter, &key, NULL); kz_kv_iter_next(iter)) {
    kz_write_str(&keys, key);
  }
  kz_rc rc = kz_kv_iter_check(iter, err);
  kz_kv_iter_free(iter);
  if (rc == KZ_OK && kz_buf_failed(&keys)) {
    rc = no_memory(err);
  }
  struct kz_reader in = kz_reader_of(kz_buf_str(&keys));
  while (rc == KZ_OK && kz_reader_left(&in) > 0) {
    rc = each(txn, kz_read_str(&in), err);
  }
  return rc;
}

/* Moves one child of an event that is being removed into the past. */
static kz_rc bury_child(struct kz_txn *txn, kz_str key, struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  uint64_t event = kz_key_read_u64(key, 1);
  uint64_t id = key.len >= 18 ? kz_key_read_u64(key, 10) : 0;
  uint64_t sub = key.len >= 26 ? kz_key_read_u64(key, 18) : 0;
  kz_rc rc = kz_kv_txn_get(txn->changes, key, &value, err);
  if (rc == KZ_OK && kz_txn_keep_past(txn, event, key.ptr[9], id, sub,
                                      kz_buf_str(&value)) != KZ_OK) {
    rc = no_memory(err);
  }
  kz_kv_txn_delete(txn->changes, key);
  return rc;
}

/* Rows that earlier jobs of the group have added must not come to be. */
static kz_rc withdraw_rows(struct kz_txn *txn, uint64_t event) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0, n = txn->delta.row_count; rc == KZ_OK && i < n; i++) {
    if (txn->delta.rows[i].event == event) {
      rc = kz_delta_withdraw(&txn->delta, event, txn->delta.rows[i].attribute);
    }
  }
  return rc;
}

kz_rc kz_txn_remove_event(struct kz_txn *txn, uint64_t event,
                          struct kz_err *err) {
  KZ_BUF(old, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = get(txn, kz_key_one(KZ_FAMILY_EVENT, event), &old, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc =
      kz_txn_each_key(txn, kz_key_one(KZ_FAMILY_CHILD, event), bury_child, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_txn_erase_key(txn, kz_key_one(KZ_FAMILY_EVENT, event));
  if (kz_txn_keep_past(txn, event, KZ_FAMILY_EVENT, event, 0,
                       kz_buf_str(&old)) != KZ_OK ||
      withdraw_rows(txn, event) != KZ_OK ||
      kz_delta_kill(&txn->delta, event, 0) != KZ_OK ||
      kz_delta_entry(&txn->delta, &(struct kz_event_entry){.id = event}) !=
          KZ_OK ||
      kz_txn_touch(txn, event) != KZ_OK) {
    return no_memory(err);
  }
  return KZ_OK;
}

kz_rc kz_txn_put_note(struct kz_txn *txn, char kind, uint64_t id, kz_str bytes,
                      uint64_t *ret_id, struct kz_err *err) {
  if (bytes.len > KZ_CHUNK_BYTES_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "a document is too large");
  }
  id = id ? id : txn->meta.next_note++;
  kz_rc rc = kz_txn_audit_note(txn, kind, id, bytes, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_txn_put_key(txn, kz_key_note(kind, id), bytes);
  txn->notes = true;
  if (ret_id) {
    *ret_id = id;
  }
  return KZ_OK;
}

kz_rc kz_txn_erase_note(struct kz_txn *txn, char kind, uint64_t id,
                        struct kz_err *err) {
  kz_rc rc = kz_txn_audit_note(txn, kind, id, KZ_STR_NONE, err);
  if (rc == KZ_OK) {
    kz_txn_erase_key(txn, kz_key_note(kind, id));
    txn->notes = true;
  }
  return rc;
}

static kz_rc put_entry(void *ctx, kz_str key, kz_str value,
                       struct kz_err *err) {
  (void)err;
  kz_kv_txn_put(ctx, key, value);
  return KZ_OK;
}

kz_rc kz_txn_commit(struct kz_txn *txn, struct kz_meta *ret_meta,
                    struct kz_delta **ret_delta, struct kz_err *err) {
  KZ_BUF(change, KZ_CHUNK_BYTES_MAX);
  KZ_BUF(counters, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = kz_txn_limit_rows(txn, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (kz_reindex_put_change(&change, txn->touched, txn->touched_count) !=
      KZ_OK) {
    return no_memory(err);
  }
  kz_txn_put_key(txn, kz_key_one(KZ_FAMILY_CHANGE, txn->meta.generation),
                 kz_buf_str(&change));
  kz_meta_encode(&txn->meta, &counters);
  kz_txn_put_key(txn, kz_meta_key(), kz_buf_str(&counters));
  rc = kz_dict_pending(txn->dict, put_entry, txn->changes, err);
  if (rc == KZ_OK) {
    rc = kz_kv_txn_commit(txn->changes, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  kz_dict_saved(txn->dict);
  kz_delta_order(&txn->delta);
  txn->delta.generation = txn->meta.generation;
  *ret_meta = txn->meta;
  *ret_delta = &txn->delta;
  return KZ_OK;
}
