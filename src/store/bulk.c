/* New events have higher ids than all that is stored, so the files of a batch
 * overlap nothing (but for counters and dictionaries, which are tiny) and fall
 * to the bottom level as they are. */
#include "store/bulk.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/wire.h"
#include "store/audit.h"
#include "store/keys.h"
#include "store/order.h"
#include "store/reindex.h"

enum { SMALL_BYTES = 1 << 20 };

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "bulk load: out of memory");
}

/* All uuid hashes of the batch with the event that brings each. */
static size_t collect(const struct kz_prepared *batch, struct kz_pair *pairs) {
  size_t n = 0;
  for (size_t e = 0; e < batch->count; e++) {
    const struct kz_prepared_event *p = &batch->events[e];
    for (size_t i = 0; i < p->row_count; i++) {
      pairs[n++] = (struct kz_pair){
          .key = batch->delta.rows[p->first_row + i].uuid_hash, .payload = e};
    }
    for (size_t i = 0; i < p->other_count; i++) {
      pairs[n++] = (struct kz_pair){
          .key = batch->delta.others[p->first_other + i].uuid_hash,
          .payload = e,
      };
    }
  }
  return n;
}

kz_rc kz_bulk_sift(struct kz_prepared *batch, const struct kz_view *view,
                   struct kz_err *err) {
  size_t room = batch->delta.row_count + batch->delta.other_count + 1;
  struct kz_pair *pairs = calloc(room, sizeof *pairs);
  struct kz_pair *scratch = calloc(room, sizeof *scratch);
  if (!pairs || !scratch) {
    free(pairs);
    free(scratch);
    return no_memory(err);
  }
  size_t n = collect(batch, pairs);
  kz_order_pairs(pairs, scratch, n);
  for (size_t i = 0; i < n; i++) {
    bool twice = i > 0 && pairs[i].key == pairs[i - 1].key;
    if (twice ||
        (view->part_count > 0 && kz_view_may_have_uuid(view, pairs[i].key))) {
      batch->events[pairs[i].payload].refused = true;
    }
  }
  free(pairs);
  free(scratch);
  return KZ_OK;
}

/* Final ids for events and, below them, rows and others; refused ones are
 * taken out of the delta. */
static void give_ids(struct kz_prepared *batch, struct kz_meta *meta) {
  struct kz_delta *d = &batch->delta;
  size_t rows = 0;
  size_t others = 0;
  size_t entries = 0;
  for (size_t e = 0; e < batch->count; e++) {
    struct kz_prepared_event *p = &batch->events[e];
    if (p->refused) {
      continue;
    }
    p->id = meta->next_event++;
    p->base = meta->next_child - 1;
    meta->next_child += p->children;
    for (size_t i = 0; i < p->row_count; i++) {
      d->rows[rows] = d->rows[p->first_row + i];
      d->rows[rows].event = p->id;
      d->rows[rows++].attribute += p->base;
    }
    for (size_t i = 0; i < p->other_count; i++) {
      struct kz_row_other *other = &d->others[others++];
      *other = d->others[p->first_other + i];
      other->event = p->id;
      other->id = other->thing == KZ_THING_EVENT ? p->id : other->id + p->base;
    }
    d->entries[entries] = d->entries[e];
    d->entries[entries++].id = p->id;
  }
  d->row_count = rows;
  d->other_count = others;
  d->entry_count = entries;
}

static kz_rc put(struct kz_kv_bulk *bulk, struct kz_key key, kz_str value,
                 struct kz_err *err) {
  return kz_kv_bulk_put(bulk, kz_key_str(&key), value, err);
}

static kz_rc put_children(struct kz_kv_bulk *bulk,
                          const struct kz_prepared *batch, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t e = 0; rc == KZ_OK && e < batch->count; e++) {
    const struct kz_prepared_event *p = &batch->events[e];
    for (size_t i = 0; !p->refused && rc == KZ_OK && i < p->record_count; i++) {
      const struct kz_prepared_record *r = &batch->records[p->first_record + i];
      struct kz_key key =
          r->kind == KZ_CHILD_SIGHTING
              ? kz_key_sighting(p->id, p->base + r->id, p->base + r->sub)
              : kz_key_child(p->id, r->kind, p->base + r->id);
      rc = put(bulk, key, (kz_str){batch->bytes.ptr + r->at, (size_t)r->len},
               err);
    }
  }
  return rc;
}

static kz_rc put_entry(void *ctx, kz_str key, kz_str value,
                       struct kz_err *err) {
  return kz_kv_bulk_put(ctx, key, value, err);
}

static kz_rc put_headers(struct kz_kv_bulk *bulk,
                         const struct kz_prepared *batch, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t e = 0; rc == KZ_OK && e < batch->count; e++) {
    const struct kz_prepared_event *p = &batch->events[e];
    if (!p->refused) {
      rc = put(bulk, kz_key_one(KZ_FAMILY_EVENT, p->id),
               (kz_str){batch->bytes.ptr + p->header_at, (size_t)p->header_len},
               err);
    }
  }
  return rc;
}

static kz_rc put_counters(struct kz_kv_bulk *bulk, const struct kz_meta *meta,
                          uint64_t first_event, struct kz_err *err) {
  KZ_BUF(change, SMALL_BYTES);
  KZ_BUF(counters, SMALL_BYTES);
  kz_write_varint(&change, first_event);
  kz_write_varint(&change, meta->next_event - first_event);
  kz_meta_encode(meta, &counters);
  kz_rc rc = put(bulk, kz_key_one(KZ_FAMILY_CHANGE, meta->generation),
                 kz_buf_str(&change), err);
  return rc == KZ_OK ? put(bulk, kz_meta_key(), kz_buf_str(&counters), err)
                     : rc;
}

static kz_rc put_extents(struct kz_kv_bulk *bulk,
                         const struct kz_prepared *batch, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t e = 0; rc == KZ_OK && e < batch->count; e++) {
    const struct kz_prepared_event *p = &batch->events[e];
    if (p->refused || p->children == 0) {
      continue;
    }
    char value[2 * KZ_VARINT_MAX];
    size_t len = kz_put_varint(value, p->id);
    len += kz_put_varint(value + len, p->children);
    rc = put(bulk, kz_key_one(KZ_FAMILY_EXTENT, p->base + 1),
             (kz_str){value, len}, err);
  }
  return rc;
}

static kz_rc put_audit(struct kz_kv_bulk *bulk, const struct kz_prepared *batch,
                       const struct kz_actor *actor, const struct kz_meta *meta,
                       uint64_t first_event, struct kz_err *err) {
  uint64_t count = meta->next_event - first_event;
  const struct kz_audit entry = {
      .generation = meta->generation,
      .subject = KZ_AUDIT_EVENTS,
      .action = KZ_AUDIT_ADD,
      .time_us = kz_clock_now_us(),
      .id = first_event,
      .count = count,
      .added = batch->delta.row_count,
      .others = batch->delta.other_count - count,
  };
  return kz_audit_put_batch(bulk, actor, &entry, err);
}

/* What is put beside the batch's own records. */
struct beside {
  const struct kz_actor *actor;
  const struct kz_meta *meta;
  uint64_t first_event;
};

/* Families in the order of their letters, one file each. */
static kz_rc put_all(struct kz_kv_bulk *bulk, struct kz_dict *dict,
                     const struct kz_prepared *batch,
                     const struct beside *beside, struct kz_err *err) {
  const struct kz_meta *meta = beside->meta;
  uint64_t first_event = beside->first_event;
  kz_rc rc = put_children(bulk, batch, err);
  if (rc == KZ_OK) {
    rc = kz_dict_pending(dict, put_entry, bulk, err);
  }
  if (rc == KZ_OK) {
    rc = put_headers(bulk, batch, err);
  }
  if (rc == KZ_OK) {
    rc = put_audit(bulk, batch, beside->actor, meta, first_event, err);
  }
  if (rc == KZ_OK) {
    rc = put_counters(bulk, meta, first_event, err);
  }
  return rc == KZ_OK ? put_extents(bulk, batch, err) : rc;
}

kz_rc kz_bulk_commit(struct kz_kv *kv, struct kz_dict *dict,
                     struct kz_prepared *batch, const struct kz_actor *actor,
                     struct kz_meta *meta, struct kz_err *err) {
  struct kz_meta next = *meta;
  next.generation++;
  uint64_t first_event = next.next_event;
  give_ids(batch, &next);
  if (next.next_event == first_event) {
    return KZ_UNCHANGED;
  }
  const struct beside beside = {actor, &next, first_event};
  struct kz_kv_bulk *bulk = kz_kv_bulk_new(kv);
  kz_rc rc = bulk ? put_all(bulk, dict, batch, &beside, err) : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_kv_bulk_commit(bulk, err);
  }
  kz_kv_bulk_free(bulk);
  if (rc == KZ_OK) {
    kz_dict_saved(dict);
    batch->delta.generation = next.generation;
    batch->delta.bulk = true;
    *meta = next;
  }
  return rc;
}
