/* A value of the family is: kind, id, second id, when it was replaced, and the
 * record's bytes as they were (txn.c writes them). A removed event leaves whole
 * chunks, so one entry may hold several attributes. */
#include "store/past.h"

#include "base/wire.h"
#include "store/keys.h"
#include "store/record.h"

enum { SCRATCH_MAX = 0x7fffffff, KEY_BYTES = 21 };

struct walk {
  struct kz_dict *dict;
  struct kz_arena *arena;
  uint64_t event;
  kz_past_visit *visit;
  void *ctx;
};

static kz_rc damaged(const struct walk *w, struct kz_err *err) {
  return kz_err_set(err, KZ_E_CORRUPT,
                    "event %llu: an earlier version is damaged",
                    (unsigned long long)w->event);
}

static kz_rc visit_chunk(const struct walk *w, struct kz_past *past,
                         kz_str bytes, struct kz_err *err) {
  struct kz_chunk_walk walk;
  struct kz_attribute attribute;
  kz_rc rc = kz_chunk_walk_init(&walk, w->dict, w->arena, past->id, bytes, err);
  while (rc == KZ_OK) {
    rc = kz_chunk_walk_next(&walk, &attribute, NULL, err);
    if (rc == KZ_OK) {
      past->id = attribute.id;
      past->attribute = &attribute;
      rc = w->visit(w->ctx, past, err);
    }
  }
  return rc == KZ_END ? KZ_OK : rc;
}

static kz_rc visit_header(const struct walk *w, struct kz_past *past,
                          kz_str bytes, struct kz_err *err) {
  struct kz_event header;
  kz_rc rc = kz_record_get_event(bytes, w->dict, w->arena, past->id, &header,
                                 NULL, err);
  past->header = &header;
  return rc == KZ_OK ? w->visit(w->ctx, past, err) : rc;
}

static kz_rc visit_object(const struct walk *w, struct kz_past *past,
                          kz_str bytes, struct kz_err *err) {
  struct kz_object object;
  kz_rc rc = kz_record_get_object(bytes, w->dict, past->id, &object, err);
  past->object = &object;
  return rc == KZ_OK ? w->visit(w->ctx, past, err) : rc;
}

static kz_rc visit_reference(const struct walk *w, struct kz_past *past,
                             kz_str bytes, struct kz_err *err) {
  struct kz_reference reference;
  uint64_t object = 0;
  kz_rc rc = kz_record_get_reference(bytes, w->dict, past->id, &reference,
                                     &object, err);
  past->reference = &reference;
  return rc == KZ_OK ? w->visit(w->ctx, past, err) : rc;
}

static kz_rc visit_report(const struct walk *w, struct kz_past *past,
                          kz_str bytes, struct kz_err *err) {
  struct kz_report report;
  kz_rc rc =
      kz_record_get_report(bytes, w->dict, w->arena, past->id, &report, err);
  past->report = &report;
  return rc == KZ_OK ? w->visit(w->ctx, past, err) : rc;
}

static kz_rc visit_sighting(const struct walk *w, struct kz_past *past,
                            uint64_t sub, kz_str bytes, struct kz_err *err) {
  struct kz_sighting sighting;
  kz_rc rc = kz_record_get_sighting(bytes, w->dict, sub, &sighting, err);
  past->id = sub;
  past->sighting = &sighting;
  return rc == KZ_OK ? w->visit(w->ctx, past, err) : rc;
}

static kz_rc visit_entry(const struct walk *w, kz_str key, kz_str value,
                         struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  uint8_t kind = kz_read_u8(&in);
  struct kz_past past = {.id = kz_read_varint(&in)};
  uint64_t sub = kz_read_varint(&in);
  past.until_us = kz_read_svarint(&in);
  kz_str bytes = {(const char *)in.ptr, kz_reader_left(&in)};
  if (key.len != KEY_BYTES || in.failed) {
    return damaged(w, err);
  }
  past.generation = kz_key_read_u64(key, 9);
  past.number = kz_get_be32(key.ptr + 17);
  switch (kind) {
  case KZ_FAMILY_EVENT:
    return visit_header(w, &past, bytes, err);
  case KZ_CHILD_ATTRIBUTES:
    return visit_chunk(w, &past, bytes, err);
  case KZ_CHILD_DATA:
    return KZ_OK; /* belongs to its attribute, which has an entry */
  case KZ_CHILD_OBJECT:
    return visit_object(w, &past, bytes, err);
  case KZ_CHILD_REFERENCE:
    return visit_reference(w, &past, bytes, err);
  case KZ_CHILD_REPORT:
    return visit_report(w, &past, bytes, err);
  case KZ_CHILD_SIGHTING:
    return visit_sighting(w, &past, sub, bytes, err);
  default:
    return damaged(w, err);
  }
}

kz_rc kz_past_walk(const struct kz_reading *r, uint64_t event,
                   kz_past_visit *visit, void *ctx, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH_MAX);
  struct kz_key prefix = kz_key_one(KZ_FAMILY_PAST, event);
  struct kz_kv_iter *iter =
      r->txn ? kz_kv_txn_iter_new(r->txn, kz_key_str(&prefix))
             : kz_kv_iter_new(r->kv, r->snapshot, kz_key_str(&prefix), false);
  if (!arena || !iter) {
    kz_kv_iter_free(iter);
    return kz_err_set(err, KZ_E_MEMORY, "history: out of memory");
  }
  struct walk w = {.dict = r->dict,
                   .arena = arena,
                   .event = event,
                   .visit = visit,
                   .ctx = ctx};
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    kz_arena_reset(arena);
    rc = visit_entry(&w, key, value, err);
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc;
}
