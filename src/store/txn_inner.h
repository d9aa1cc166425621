/* The inside of a transaction, for the txn*.c files alone. */
#ifndef KZ_STORE_TXN_INNER_H
#define KZ_STORE_TXN_INNER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/audit.h"
#include "store/delta.h"
#include "store/dict.h"
#include "store/keys.h"
#include "store/kv.h"
#include "store/meta.h"
#include "store/prepare.h"
#include "store/read.h"
#include "store/view.h"

enum { KZ_TXN_SCRATCH_MAX = 0x7fffffff };

/* A uuid that the group has brought, by its hash: who asks compares with the
 * record. */
struct kz_txn_added {
  uint64_t hash;
  uint64_t before; /* what the map had for the hash; UINT64_MAX: nothing */
  struct kz_found found;
};

/* An object whose rule has changed: its attributes' rows must be made anew. */
struct kz_txn_renewed {
  uint64_t event;
  uint64_t object;
};

/* A small document that a job has changed, for the audit log. */
struct kz_txn_noted {
  char kind;
  enum kz_audit_action action;
  uint64_t id;
  uint64_t count;
  kz_str detail;
};

/* Lengths to go back to when a job fails. */
struct kz_txn_mark {
  struct kz_meta meta;
  size_t kills;
  size_t rows;
  size_t others;
  size_t entries;
  size_t touched;
  size_t added;
  size_t renewed;
  size_t noted;
  uint32_t told;
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
  struct kz_txn_added *added;
  size_t added_count;
  size_t added_room;
  struct kz_intmap *added_by_hash;
  struct kz_txn_renewed *renewed;
  size_t renewed_count;
  size_t renewed_room;
  struct kz_intmap *similar; /* rows by value; NULL: not asked yet */
  size_t similar_rows;       /* how many rows of the delta it knows */
  struct kz_txn_noted *noted;
  size_t noted_count;
  size_t noted_room;
  struct kz_arena *told; /* what they say; for the group */
  uint32_t told_count;   /* number of the next entry of the audit log */
  uint32_t past;         /* number of the next earlier version in this commit */
  bool notes;            /* something that the index does not see has changed */
  struct kz_txn_mark mark;
};

/* The event's change must be written to the change log. */
KZ_MUST_USE kz_rc kz_txn_touch(struct kz_txn *txn, uint64_t event);
KZ_MUST_USE kz_rc kz_txn_note_uuid(struct kz_txn *txn, uint64_t hash,
                                   enum kz_thing thing, uint64_t event,
                                   uint64_t id);
void kz_txn_put_key(struct kz_txn *txn, struct kz_key key, kz_str value);
void kz_txn_erase_key(struct kz_txn *txn, struct kz_key key);
/* Keeps an earlier version: kind, id, sub id, the record's bytes. */
KZ_MUST_USE kz_rc kz_txn_keep_past(struct kz_txn *txn, uint64_t event,
                                   char kind, uint64_t id, uint64_t sub,
                                   kz_str bytes);
/* Calls `each` for every key with the prefix; it may change that key. */
KZ_MUST_USE kz_rc kz_txn_each_key(struct kz_txn *txn, struct kz_key prefix,
                                  kz_rc (*each)(struct kz_txn *txn, kz_str key,
                                                struct kz_err *err),
                                  struct kz_err *err);
/* Notes an object that is about to be written if its rule is another then. */
KZ_MUST_USE kz_rc kz_txn_watch_object(struct kz_txn *txn, uint64_t event,
                                      const struct kz_object *object,
                                      struct kz_err *err);
/* Before the commit: makes the rows of noted objects anew and gives all rows
 * the rule of their object. */
KZ_MUST_USE kz_rc kz_txn_limit_rows(struct kz_txn *txn, struct kz_err *err);

/* Notes for the audit log a document that is about to be replaced or removed
 * (`after` ptr NULL). */
KZ_MUST_USE kz_rc kz_txn_audit_note(struct kz_txn *txn, char kind, uint64_t id,
                                    kz_str after, struct kz_err *err);

#endif
