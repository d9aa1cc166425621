/* Three orders, each with one letter behind the family's: 't' in time, which
 * holds the entries; 'i' by subject and id; 'r' the ranges of batches by their
 * last event, so that the first at or after an event is the one that may have
 * brought it. */
#include "store/audit.h"

#include "base/wire.h"
#include "store/keys.h"

enum {
  TIME_KEY_BYTES = 14,
  INDEX_KEY_BYTES = 23,
  RANGE_KEY_BYTES = 10,
  DETAIL_MAX = 1 << 20,
  ENTRY_MAX = DETAIL_MAX + 256,
};

kz_str kz_audit_action_name(enum kz_audit_action action) {
  static const char *const names[KZ_AUDIT_ACTIONS] = {
      [KZ_AUDIT_ADD] = "add",
      [KZ_AUDIT_EDIT] = "edit",
      [KZ_AUDIT_REMOVE] = "delete",
      [KZ_AUDIT_PUBLISH] = "publish",
      [KZ_AUDIT_UNPUBLISH] = "unpublish",
      [KZ_AUDIT_LOGIN] = "login",
      [KZ_AUDIT_LOGIN_FAILED] = "login_failed",
      [KZ_AUDIT_LOGOUT] = "logout",
  };
  unsigned which = (unsigned)action;
  return kz_str_of(which < KZ_AUDIT_ACTIONS ? names[which] : NULL);
}

void kz_audit_encode(const struct kz_audit *entry, struct kz_buf *out) {
  kz_write_u8(out, (uint8_t)entry->subject);
  kz_write_u8(out, (uint8_t)entry->action);
  kz_write_svarint(out, entry->time_us);
  kz_write_varint(out, entry->actor.user);
  kz_write_varint(out, entry->actor.org);
  kz_write_varint(out, entry->actor.key);
  kz_write_str(out, kz_str_of(entry->actor.address));
  kz_write_varint(out, entry->id);
  kz_write_varint(out, entry->count);
  kz_write_varint(out, entry->added);
  kz_write_varint(out, entry->changed);
  kz_write_varint(out, entry->removed);
  kz_write_varint(out, entry->others);
  kz_write_varint(out, entry->past_first);
  kz_write_varint(out, entry->past_end);
  kz_write_str(out, entry->detail);
}

kz_rc kz_audit_decode(kz_str key, kz_str value, struct kz_audit *ret,
                      struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  struct kz_audit e = {.subject = (char)kz_read_u8(&in)};
  e.action = (enum kz_audit_action)kz_read_u8(&in);
  e.time_us = kz_read_svarint(&in);
  uint64_t user = kz_read_varint(&in);
  uint64_t org = kz_read_varint(&in);
  uint64_t api_key = kz_read_varint(&in);
  e.actor = kz_actor_of(user, (uint32_t)org, api_key, kz_read_str(&in));
  e.id = kz_read_varint(&in);
  e.count = kz_read_varint(&in);
  e.added = kz_read_varint(&in);
  e.changed = kz_read_varint(&in);
  e.removed = kz_read_varint(&in);
  e.others = kz_read_varint(&in);
  e.past_first = (uint32_t)kz_read_varint(&in);
  e.past_end = (uint32_t)kz_read_varint(&in);
  e.detail = kz_read_str(&in);
  if (key.len != TIME_KEY_BYTES || !kz_reader_done(&in) ||
      (unsigned)e.action >= KZ_AUDIT_ACTIONS) {
    return kz_err_set(err, KZ_E_CORRUPT, "the audit log: a damaged entry");
  }
  e.generation = kz_key_read_u64(key, 2);
  e.number = kz_get_be32(key.ptr + 10);
  *ret = e;
  return KZ_OK;
}

static struct kz_kv_iter *iter_of(const struct kz_reading *r,
                                  struct kz_key prefix) {
  return r->txn
             ? kz_kv_txn_iter_new(r->txn, kz_key_str(&prefix))
             : kz_kv_iter_new(r->kv, r->snapshot, kz_key_str(&prefix), false);
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "the audit log: out of memory");
}

kz_rc kz_audit_walk(const struct kz_reading *r, uint64_t generation,
                    uint32_t number, kz_audit_visit *visit, void *ctx,
                    struct kz_err *err) {
  struct kz_kv_iter *iter = iter_of(r, kz_key_audit('t'));
  if (!iter) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && (generation > 0 || number > 0)) {
    kz_str key;
    kz_str value;
    struct kz_audit entry;
    struct kz_key from = number > 0
                             ? kz_key_audit_entry(generation, number - 1)
                             : kz_key_audit_entry(generation - 1, UINT32_MAX);
    kz_kv_iter_seek_back(iter, kz_key_str(&from));
    if (!kz_kv_iter_at(iter, &key, &value)) {
      rc = kz_kv_iter_check(iter, err);
      break;
    }
    rc = kz_audit_decode(key, value, &entry, err);
    if (rc == KZ_OK) {
      generation = entry.generation;
      number = entry.number;
      rc = visit(ctx, &entry, err);
    }
  }
  kz_kv_iter_free(iter);
  return rc == KZ_END ? KZ_OK : rc;
}

static kz_rc visit_entry(const struct kz_reading *r, uint64_t generation,
                         uint32_t number, kz_audit_visit *visit, void *ctx,
                         struct kz_err *err) {
  KZ_BUF(value, ENTRY_MAX);
  struct kz_audit entry;
  struct kz_key key = kz_key_audit_entry(generation, number);
  kz_rc rc = r->txn
                 ? kz_kv_txn_get(r->txn, kz_key_str(&key), &value, err)
                 : kz_kv_get(r->kv, r->snapshot, kz_key_str(&key), &value, err);
  if (rc == KZ_NOT_FOUND) {
    return kz_err_set(err, KZ_E_CORRUPT, "the audit log: an entry is missing");
  }
  if (rc == KZ_OK) {
    rc = kz_audit_decode(kz_key_str(&key), kz_buf_str(&value), &entry, err);
  }
  return rc == KZ_OK ? visit(ctx, &entry, err) : rc;
}

/* The batch that brought the event, if one did. */
static kz_rc visit_range(const struct kz_reading *r, uint64_t event,
                         kz_audit_visit *visit, void *ctx, struct kz_err *err) {
  struct kz_kv_iter *iter = iter_of(r, kz_key_audit('r'));
  if (!iter) {
    return no_memory(err);
  }
  struct kz_key from = kz_key_audit_range(event);
  kz_str key;
  kz_str value;
  kz_kv_iter_seek(iter, kz_key_str(&from));
  bool found = kz_kv_iter_at(iter, &key, &value) && key.len == RANGE_KEY_BYTES;
  kz_rc rc = found ? KZ_OK : kz_kv_iter_check(iter, err);
  struct kz_reader in = kz_reader_of(found ? value : KZ_STR_NONE);
  uint64_t first = kz_read_varint(&in);
  uint64_t generation = kz_read_varint(&in);
  uint64_t number = kz_read_varint(&in);
  kz_kv_iter_free(iter);
  if (rc != KZ_OK || !found || in.failed || first > event) {
    return rc;
  }
  return visit_entry(r, generation, (uint32_t)number, visit, ctx, err);
}

kz_rc kz_audit_of(const struct kz_reading *r, char subject, uint64_t id,
                  kz_audit_visit *visit, void *ctx, struct kz_err *err) {
  kz_rc rc =
      subject == KZ_AUDIT_EVENT ? visit_range(r, id, visit, ctx, err) : KZ_OK;
  struct kz_kv_iter *iter = iter_of(r, kz_key_audit_subject(subject, id));
  if (!iter) {
    return no_memory(err);
  }
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    if (key.len == INDEX_KEY_BYTES) {
      rc = visit_entry(r, kz_key_read_u64(key, 11), kz_get_be32(key.ptr + 19),
                       visit, ctx, err);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc == KZ_END ? KZ_OK : rc;
}

void kz_audit_encode_range(const struct kz_audit *entry, struct kz_buf *out) {
  kz_write_varint(out, entry->id);
  kz_write_varint(out, entry->generation);
  kz_write_varint(out, entry->number);
}

kz_rc kz_audit_put_batch(struct kz_kv_bulk *bulk, const struct kz_actor *actor,
                         const struct kz_audit *entry, struct kz_err *err) {
  KZ_BUF(range, ENTRY_MAX);
  KZ_BUF(value, ENTRY_MAX);
  struct kz_audit whole = *entry;
  whole.actor = *actor;
  kz_audit_encode_range(&whole, &range);
  kz_audit_encode(&whole, &value);
  if (kz_buf_failed(&range) || kz_buf_failed(&value)) {
    return no_memory(err);
  }
  struct kz_key last = kz_key_audit_range(entry->id + entry->count - 1);
  struct kz_key time = kz_key_audit_entry(entry->generation, entry->number);
  kz_rc rc = kz_kv_bulk_put(bulk, kz_key_str(&last), kz_buf_str(&range), err);
  return rc == KZ_OK
             ? kz_kv_bulk_put(bulk, kz_key_str(&time), kz_buf_str(&value), err)
             : rc;
}
