/* The store's own counters, one record that every commit renews. */
#ifndef KZ_STORE_META_H
#define KZ_STORE_META_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/keys.h"
#include "store/kv.h"

enum { KZ_STORE_VERSION = 1 };

struct kz_meta {
  uint64_t version;    /* of the format on disk */
  uint64_t generation; /* commits so far */
  uint64_t next_event;
  uint64_t next_child; /* attributes, objects, ... share one id space */
  uint64_t next_note;
};

static inline struct kz_key kz_meta_key(void) {
  return kz_key_meta('s');
}

/* Reads the counters as of a snapshot (NULL: now); a store without any gives
 * those of an empty store. KZ_E_UNSUPPORTED for a newer format. */
KZ_MUST_USE kz_rc kz_meta_load(struct kz_kv *kv,
                               const struct kz_kv_snapshot *snapshot,
                               struct kz_meta *ret_meta, struct kz_err *err);
void kz_meta_encode(const struct kz_meta *meta, struct kz_buf *out);

#endif
