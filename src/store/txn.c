#include "store/txn.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/wire.h"
#include "store/record.h"
#include "store/reindex.h"

enum {
  DELTA_TEXT_MAX = 0x7fffffff,
  ADDED_MAX = 1 << 24, /* uuids in one group */
  SCRATCH_MAX = 0x7fffffff,
};

struct added {
  struct kz_uuid uuid;
  struct kz_found found;
};

/* Lengths to go back to when a job fails. */
struct mark {
  struct kz_meta meta;
  size_t kills;
  size_t rows;
  size_t others;
  size_t entries;
  size_t touched;
  size_t added;
  uint32_t past;
  bool notes;
};

struct kz_txn {
  struct kz_kv *kv;
  struct kz_dict *dict;
  struct kz_kv_txn *changes;
  struct kz_meta meta;
  const struct kz_view *view;
  int64_t now_us;
  struct kz_delta delta;
  struct kz_arena *scratch; /* for one call */
  uint64_t *touched;
  size_t touched_count;
  size_t touched_room;
  struct added *added;
  size_t added_count;
  size_t added_room;
  struct kz_intmap *added_by_hash;
  uint32_t past; /* number of the next earlier version in this commit */
  bool notes;    /* something that the index does not see has changed */
  struct mark mark;
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
  txn->scratch = kz_arena_new(SCRATCH_MAX);
  if (!txn->changes || !txn->scratch ||
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
    kz_delta_done(&txn->delta);
    kz_intmap_free(txn->added_by_hash);
    free(txn->touched);
    free(txn->added);
    free(txn);
  }
}

kz_rc kz_txn_begin(struct kz_txn *txn, const struct kz_meta *meta,
                   const struct kz_view *view, int64_t now_us,
                   struct kz_err *err) {
  kz_delta_clear(&txn->delta);
  kz_kv_txn_free(txn->changes); /* what a failed commit left behind */
  txn->changes = kz_kv_txn_new(txn->kv);
  kz_intmap_free(txn->added_by_hash);
  txn->added_by_hash = kz_intmap_new(ADDED_MAX);
  txn->meta = *meta;
  txn->meta.generation++;
  txn->view = view;
  txn->now_us = now_us;
  txn->touched_count = 0;
  txn->added_count = 0;
  txn->past = 0;
  txn->notes = false;
  return txn->changes && txn->added_by_hash ? KZ_OK : no_memory(err);
}

void kz_txn_mark(struct kz_txn *txn) {
  kz_kv_txn_mark(txn->changes);
  txn->mark = (struct mark){
      .meta = txn->meta,
      .kills = txn->delta.kill_count,
      .rows = txn->delta.row_count,
      .others = txn->delta.other_count,
      .entries = txn->delta.entry_count,
      .touched = txn->touched_count,
      .added = txn->added_count,
      .past = txn->past,
      .notes = txn->notes,
  };
}

void kz_txn_rollback(struct kz_txn *txn) {
  kz_kv_txn_rollback(txn->changes);
  txn->meta = txn->mark.meta;
  txn->delta.kill_count = txn->mark.kills;
  txn->delta.row_count = txn->mark.rows;
  txn->delta.other_count = txn->mark.others;
  txn->delta.entry_count = txn->mark.entries;
  txn->touched_count = txn->mark.touched;
  txn->added_count = txn->mark.added;
  txn->past = txn->mark.past;
  txn->notes = txn->mark.notes;
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

static kz_rc touch(struct kz_txn *txn, uint64_t event) {
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

static kz_rc note_uuid(struct kz_txn *txn, const struct kz_uuid *uuid,
                       enum kz_thing thing, uint64_t event, uint64_t id) {
  if (txn->added_count == txn->added_room) {
    size_t room = txn->added_room ? txn->added_room * 2 : 64;
    struct added *added = reallocarray(txn->added, room, sizeof *added);
    if (!added) {
      return KZ_E_MEMORY;
    }
    txn->added = added;
    txn->added_room = room;
  }
  txn->added[txn->added_count] = (struct added){
      .uuid = *uuid, .found = {.thing = thing, .event = event, .id = id}};
  return kz_intmap_put(txn->added_by_hash, kz_uuid_hash(uuid),
                       txn->added_count++);
}

static void put(struct kz_txn *txn, struct kz_key key, kz_str value) {
  kz_kv_txn_put(txn->changes, kz_key_str(&key), value);
}

static void erase(struct kz_txn *txn, struct kz_key key) {
  kz_kv_txn_delete(txn->changes, kz_key_str(&key));
}

static void put_extent(struct kz_txn *txn, uint64_t first, uint64_t event,
                       uint64_t count) {
  char value[2 * KZ_VARINT_MAX];
  size_t len = kz_put_varint(value, event);
  len += kz_put_varint(value + len, count);
  put(txn, kz_key_one(KZ_FAMILY_EXTENT, first), (kz_str){value, len});
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

/* Adds the rows of a prepared event with their final ids. */
static kz_rc take_delta(struct kz_txn *txn, const struct kz_prepared *batch,
                        const struct kz_prepared_event *p, size_t index,
                        uint64_t event, uint64_t base, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < p->row_count; i++) {
    struct kz_row row = batch->delta.rows[p->first_row + i];
    row.event = event;
    row.attribute += base;
    rc = kz_delta_row(&txn->delta, &row);
  }
  for (size_t i = 0; rc == KZ_OK && i < p->other_count; i++) {
    struct kz_row_other other = batch->delta.others[p->first_other + i];
    other.id = other.thing == KZ_THING_EVENT ? event : other.id + base;
    other.event = event;
    if (txn->delta.other_count == txn->delta.other_room) {
      rc = kz_delta_other(&txn->delta, &KZ_UUID_NIL, 0, 0, other.thing);
      if (rc != KZ_OK) {
        break;
      }
      txn->delta.other_count--;
    }
    txn->delta.others[txn->delta.other_count++] = other;
  }
  struct kz_event_entry entry = batch->delta.entries[index];
  entry.id = event;
  if (rc == KZ_OK) {
    rc = kz_delta_entry(&txn->delta, &entry);
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
    put(txn, key, (kz_str){batch->bytes.ptr + r->at, (size_t)r->len});
  }
  put(txn, kz_key_one(KZ_FAMILY_EVENT, event),
      (kz_str){batch->bytes.ptr + p->header_at, (size_t)p->header_len});
  kz_rc rc = take_delta(txn, batch, p, index, event, base, err);
  if (rc == KZ_OK &&
      (touch(txn, event) != KZ_OK ||
       note_uuid(txn, &p->uuid, KZ_THING_EVENT, event, event) != KZ_OK)) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    *ret_event = event;
  }
  return rc;
}

/* Keeps an earlier version: kind, id, sub id, the record's bytes. */
static void keep_past(struct kz_txn *txn, uint64_t event, char kind,
                      uint64_t id, uint64_t sub, kz_str bytes) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  kz_write_u8(&value, (uint8_t)kind);
  kz_write_varint(&value, id);
  kz_write_varint(&value, sub);
  kz_write_svarint(&value, txn->now_us);
  kz_buf_add_str(&value, bytes);
  if (!kz_buf_failed(&value)) {
    put(txn, kz_key_past(event, txn->meta.generation, txn->past++),
        kz_buf_str(&value));
  }
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
    keep_past(txn, e.id, KZ_FAMILY_EVENT, e.id, 0, kz_buf_str(&old));
  }
  if (rc < 0) {
    return rc;
  }
  put(txn, kz_key_one(KZ_FAMILY_EVENT, e.id), kz_buf_str(&value));
  if (touch(txn, e.id) != KZ_OK || kz_delta_event(&txn->delta, &e) != KZ_OK) {
    return no_memory(err);
  }
  return KZ_OK;
}

/* One chunk, being rewritten. */
struct rewrite {
  struct kz_txn *txn;
  uint64_t event;
  uint64_t id;                          /* of the attribute that changes */
  const struct kz_attribute *attribute; /* NULL: it goes */
  bool has_data;
  struct kz_chunk chunk;
  bool placed; /* the changed attribute has been dealt with */
  bool found;  /* there was an earlier version */
};

static kz_rc write_chunk(struct rewrite *w) {
  if (w->chunk.count == 0) {
    return KZ_OK;
  }
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  uint64_t first = w->chunk.first_id;
  kz_chunk_close(&w->chunk, &value);
  if (kz_buf_failed(&value)) {
    return KZ_E_LIMIT;
  }
  put(w->txn, kz_key_child(w->event, KZ_CHILD_ATTRIBUTES, first),
      kz_buf_str(&value));
  return KZ_OK;
}

static kz_rc add_to_chunk(struct rewrite *w, const struct kz_attribute *a,
                          bool has_data, struct kz_err *err) {
  struct kz_attribute copy = *a;
  copy.data = has_data ? KZ_STR("") : KZ_STR_NONE;
  kz_rc rc = w->chunk.count > 2 * KZ_CHUNK_ATTRIBUTES ? write_chunk(w) : KZ_OK;
  return rc == KZ_OK ? kz_chunk_add(&w->chunk, w->txn->dict, &copy, err) : rc;
}

static kz_rc place(struct rewrite *w, struct kz_err *err) {
  w->placed = true;
  return w->attribute ? add_to_chunk(w, w->attribute, w->has_data, err) : KZ_OK;
}

static kz_rc keep_past_attribute(struct rewrite *w,
                                 const struct kz_attribute *old,
                                 struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  struct kz_chunk chunk;
  kz_chunk_init(&chunk);
  kz_rc rc = kz_chunk_add(&chunk, w->txn->dict, old, err);
  if (rc == KZ_OK) {
    kz_chunk_close(&chunk, &value);
    keep_past(w->txn, w->event, KZ_CHILD_ATTRIBUTES, old->id, 0,
              kz_buf_str(&value));
  }
  kz_chunk_done(&chunk);
  return rc;
}

/* Copies the attributes of a chunk's value, with the changed one in place. */
static kz_rc copy_chunk(struct rewrite *w, uint64_t first, kz_str value,
                        struct kz_err *err) {
  struct kz_chunk_walk walk;
  kz_rc rc = kz_chunk_walk_init(&walk, w->txn->dict, w->txn->scratch, first,
                                value, err);
  while (rc == KZ_OK) {
    struct kz_attribute a;
    bool has_data = false;
    rc = kz_chunk_walk_next(&walk, &a, &has_data, err);
    if (rc != KZ_OK) {
      break;
    }
    if (!w->placed && a.id >= w->id) {
      rc = place(w, err);
    }
    if (rc == KZ_OK && a.id == w->id) {
      w->found = true;
      rc = keep_past_attribute(w, &a, err);
    } else if (rc == KZ_OK) {
      rc = add_to_chunk(w, &a, has_data, err);
    }
  }
  return rc == KZ_END ? KZ_OK : rc;
}

/* Whether a new attribute at the end of this chunk should open a new one. */
static bool is_appended_to_full(const struct rewrite *w, kz_str value) {
  struct kz_reader in = kz_reader_of(value);
  uint64_t count = kz_read_varint(&in);
  return w->attribute &&
         (count >= KZ_CHUNK_ATTRIBUTES || value.len >= KZ_CHUNK_BYTES);
}

static kz_rc last_id_of(struct rewrite *w, uint64_t first, kz_str value,
                        uint64_t *ret_last, struct kz_err *err) {
  struct kz_chunk_walk walk;
  kz_rc rc = kz_chunk_walk_init(&walk, w->txn->dict, w->txn->scratch, first,
                                value, err);
  struct kz_attribute a;
  while (rc == KZ_OK) {
    rc = kz_chunk_walk_next(&walk, &a, NULL, err);
    if (rc == KZ_OK) {
      *ret_last = a.id;
    }
  }
  return rc == KZ_END ? KZ_OK : rc;
}

/* Finds the chunk that holds or precedes the id and rewrites it. */
static kz_rc rewrite(struct rewrite *w, struct kz_err *err) {
  kz_arena_reset(w->txn->scratch);
  struct kz_key prefix = kz_key_children(w->event, KZ_CHILD_ATTRIBUTES);
  struct kz_key wanted = kz_key_child(w->event, KZ_CHILD_ATTRIBUTES, w->id);
  struct kz_kv_iter *iter =
      kz_kv_txn_iter_new(w->txn->changes, kz_key_str(&prefix));
  if (!iter) {
    return no_memory(err);
  }
  kz_kv_iter_seek_back(iter, kz_key_str(&wanted));
  kz_str key;
  kz_str value;
  kz_rc rc = KZ_OK;
  if (kz_kv_iter_at(iter, &key, &value) && key.len == 18) {
    uint64_t first = kz_key_read_u64(key, 10);
    uint64_t last = first;
    kz_str copy;
    rc = kz_arena_dup(w->txn->scratch, value, &copy);
    if (rc == KZ_OK && is_appended_to_full(w, copy)) {
      rc = last_id_of(w, first, copy, &last, err);
    } else {
      last = w->id;
    }
    if (rc == KZ_OK && last >= w->id) {
      erase(w->txn, kz_key_child(w->event, KZ_CHILD_ATTRIBUTES, first));
      rc = copy_chunk(w, first, copy, err);
    }
  }
  kz_kv_iter_free(iter);
  if (rc == KZ_OK && !w->placed) {
    rc = place(w, err);
  }
  return rc == KZ_OK ? write_chunk(w) : rc;
}

/* The attribute with dictionary ids in its tags, which live in the delta. */
static kz_rc with_tag_ids(struct kz_txn *txn, const struct kz_attribute *in,
                          struct kz_attribute *out, struct kz_err *err) {
  *out = *in;
  struct kz_tag_use *tags =
      kz_arena_array(txn->delta.arena, in->tag_count + 1, sizeof *tags);
  kz_rc rc = tags ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < in->tag_count; i++) {
    tags[i] = in->tags[i];
    rc = kz_dict_tag(txn->dict, &tags[i].tag, &tags[i].tag.id, err);
  }
  out->tags = tags;
  return rc;
}

kz_rc kz_txn_put_attribute(struct kz_txn *txn, uint64_t event,
                           const struct kz_attribute *attribute, bool has_data,
                           struct kz_err *err) {
  struct kz_attribute a;
  kz_rc rc = with_tag_ids(txn, attribute, &a, err);
  struct rewrite w = {
      .txn = txn,
      .event = event,
      .id = attribute->id,
      .attribute = &a,
      .has_data = has_data || attribute->data.ptr,
  };
  kz_chunk_init(&w.chunk);
  if (rc == KZ_OK) {
    rc = rewrite(&w, err);
  }
  kz_chunk_done(&w.chunk);
  if (rc != KZ_OK) {
    return rc;
  }
  if (attribute->data.ptr) {
    put(txn, kz_key_child(event, KZ_CHILD_DATA, a.id), attribute->data);
  }
  if (w.found) {
    rc = kz_delta_kill(&txn->delta, event, a.id);
  } else {
    rc = note_uuid(txn, &a.uuid, KZ_THING_ATTRIBUTE, event, a.id);
  }
  if (rc == KZ_OK) {
    rc = kz_delta_attribute(&txn->delta, &a, event, a.sighting_count > 0);
  }
  if (rc == KZ_OK) {
    rc = touch(txn, event);
  }
  return rc == KZ_OK ? KZ_OK : no_memory(err);
}

kz_rc kz_txn_remove_attribute(struct kz_txn *txn, uint64_t event,
                              uint64_t attribute, struct kz_err *err) {
  struct rewrite w = {.txn = txn, .event = event, .id = attribute};
  kz_chunk_init(&w.chunk);
  kz_rc rc = rewrite(&w, err);
  kz_chunk_done(&w.chunk);
  if (rc == KZ_OK && !w.found) {
    return KZ_NOT_FOUND;
  }
  erase(txn, kz_key_child(event, KZ_CHILD_DATA, attribute));
  struct kz_key prefix = kz_key_child(event, KZ_CHILD_SIGHTING, attribute);
  struct kz_kv_iter *iter =
      rc == KZ_OK ? kz_kv_txn_iter_new(txn->changes, kz_key_str(&prefix))
                  : NULL;
  kz_str key;
  for (; iter && kz_kv_iter_at(iter, &key, NULL); kz_kv_iter_next(iter)) {
    kz_kv_txn_delete(txn->changes, key);
  }
  kz_kv_iter_free(iter);
  if (rc == KZ_OK &&
      (kz_delta_kill(&txn->delta, event, attribute) != KZ_OK ||
       kz_delta_withdraw(&txn->delta, event, attribute) != KZ_OK ||
       touch(txn, event) != KZ_OK)) {
    rc = no_memory(err);
  }
  return rc;
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
    keep_past(txn, event, kind, id, sub, kz_buf_str(&old));
  } else if (note_uuid(txn, uuid, thing, event, sub ? sub : id) != KZ_OK ||
             kz_delta_other(&txn->delta, uuid, event, sub ? sub : id, thing) !=
                 KZ_OK) {
    return no_memory(err);
  }
  put(txn, key, value);
  return touch(txn, event) == KZ_OK ? KZ_OK : no_memory(err);
}

kz_rc kz_txn_put_object(struct kz_txn *txn, uint64_t event,
                        const struct kz_object *object, struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = kz_record_put_object(&value, txn->dict, object, err);
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
  keep_past(txn, event, (char)kind, id, sub, kz_buf_str(&old));
  erase(txn, key);
  return touch(txn, event) == KZ_OK ? KZ_OK : no_memory(err);
}

kz_rc kz_txn_remove_event(struct kz_txn *txn, uint64_t event,
                          struct kz_err *err) {
  KZ_BUF(old, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = get(txn, kz_key_one(KZ_FAMILY_EVENT, event), &old, err);
  if (rc != KZ_OK) {
    return rc;
  }
  keep_past(txn, event, KZ_FAMILY_EVENT, event, 0, kz_buf_str(&old));
  erase(txn, kz_key_one(KZ_FAMILY_EVENT, event));
  struct kz_key prefix = kz_key_one(KZ_FAMILY_CHILD, event);
  struct kz_kv_iter *iter =
      kz_kv_txn_iter_new(txn->changes, kz_key_str(&prefix));
  if (!iter) {
    return no_memory(err);
  }
  kz_str key;
  kz_str value;
  for (; kz_kv_iter_at(iter, &key, &value); kz_kv_iter_next(iter)) {
    uint64_t id = key.len >= 18 ? kz_key_read_u64(key, 10) : 0;
    uint64_t sub = key.len >= 26 ? kz_key_read_u64(key, 18) : 0;
    keep_past(txn, event, key.ptr[9], id, sub, value);
    kz_kv_txn_delete(txn->changes, key);
  }
  rc = kz_kv_iter_check(iter, err);
  kz_kv_iter_free(iter);
  for (size_t i = 0, n = txn->delta.row_count; rc == KZ_OK && i < n; i++) {
    if (txn->delta.rows[i].event == event) {
      rc = kz_delta_withdraw(&txn->delta, event, txn->delta.rows[i].attribute);
    }
  }
  if (rc == KZ_OK &&
      (kz_delta_kill(&txn->delta, event, 0) != KZ_OK ||
       kz_delta_entry(&txn->delta, &(struct kz_event_entry){.id = event}) !=
           KZ_OK ||
       touch(txn, event) != KZ_OK)) {
    rc = no_memory(err);
  }
  return rc;
}

/* Whether the record that an index entry points to has this uuid. */
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
    break;
  }
  return rc;
}

static kz_rc check_candidate(void *ctx, enum kz_thing thing, uint64_t event,
                             uint64_t id) {
  struct uuid_check *check = ctx;
  struct kz_uuid uuid = KZ_UUID_NIL;
  KZ_ARENA(arena, SCRATCH_MAX);
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
  uint64_t at = 0;
  kz_rc rc = KZ_NOT_FOUND;
  if (kz_intmap_get(txn->added_by_hash, kz_uuid_hash(uuid), &at) &&
      at < txn->added_count && kz_uuid_eq(&txn->added[at].uuid, uuid)) {
    const struct kz_found *f = &txn->added[at].found;
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

size_t kz_txn_rows(const struct kz_txn *txn, const struct kz_row **ret_rows) {
  *ret_rows = txn->delta.rows;
  return txn->delta.row_count;
}

kz_rc kz_txn_put_note(struct kz_txn *txn, char kind, uint64_t id, kz_str bytes,
                      uint64_t *ret_id, struct kz_err *err) {
  if (bytes.len > KZ_CHUNK_BYTES_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "a document is too large");
  }
  id = id ? id : txn->meta.next_note++;
  put(txn, kz_key_note(kind, id), bytes);
  txn->notes = true;
  if (ret_id) {
    *ret_id = id;
  }
  return KZ_OK;
}

void kz_txn_remove_note(struct kz_txn *txn, char kind, uint64_t id) {
  erase(txn, kz_key_note(kind, id));
  txn->notes = true;
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
  kz_rc rc = kz_reindex_put_change(&change, txn->touched, txn->touched_count);
  if (rc != KZ_OK) {
    return no_memory(err);
  }
  put(txn, kz_key_one(KZ_FAMILY_CHANGE, txn->meta.generation),
      kz_buf_str(&change));
  kz_meta_encode(&txn->meta, &counters);
  put(txn, kz_meta_key(), kz_buf_str(&counters));
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
