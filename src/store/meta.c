#include "store/meta.h"

#include "base/wire.h"

enum { META_BYTES = 64 };

kz_rc kz_meta_load(struct kz_kv *kv, const struct kz_kv_snapshot *snapshot,
                   struct kz_meta *ret_meta, struct kz_err *err) {
  KZ_BUF(value, META_BYTES);
  struct kz_key key = kz_meta_key();
  kz_rc rc = kz_kv_get(kv, snapshot, kz_key_str(&key), &value, err);
  struct kz_meta meta = {
      .version = KZ_STORE_VERSION,
      .next_event = 1,
      .next_child = 1,
      .next_note = 1,
  };
  if (rc == KZ_NOT_FOUND) {
    *ret_meta = meta;
    return KZ_OK;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_reader in = kz_reader_of(kz_buf_str(&value));
  meta.version = kz_read_varint(&in);
  if (!in.failed && meta.version > KZ_STORE_VERSION) {
    return kz_err_set(err, KZ_E_UNSUPPORTED,
                      "the store has format version %llu, this program knows "
                      "up to %d: use a newer kizashi",
                      (unsigned long long)meta.version, KZ_STORE_VERSION);
  }
  meta.generation = kz_read_varint(&in);
  meta.next_event = kz_read_varint(&in);
  meta.next_child = kz_read_varint(&in);
  meta.next_note = kz_read_varint(&in);
  if (!kz_reader_done(&in)) {
    return kz_err_set(err, KZ_E_CORRUPT, "the store's counters are damaged");
  }
  *ret_meta = meta;
  return KZ_OK;
}

void kz_meta_encode(const struct kz_meta *meta, struct kz_buf *out) {
  kz_write_varint(out, meta->version);
  kz_write_varint(out, meta->generation);
  kz_write_varint(out, meta->next_event);
  kz_write_varint(out, meta->next_child);
  kz_write_varint(out, meta->next_note);
}
