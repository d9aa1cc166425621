/* Rows know the rule of the object they lie in. Rows that a transaction brings
 * name their object; its rule is looked up once all jobs of the group have
 * said what they want. An object whose rule changes brings the rows of all its
 * attributes: one walk over each event that has such objects. */
#include <stdlib.h>

#include "store/object_rules.h"
#include "store/record.h"
#include "store/row.h"
#include "store/txn.h"
#include "store/txn_inner.h"

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
}

/* The object as the transaction has it now; only its rule is of use after.
 * KZ_NOT_FOUND. */
static kz_rc find_rule(struct kz_txn *txn, uint64_t event, uint64_t id,
                       struct kz_object_rule *ret, struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  struct kz_object object;
  struct kz_key key = kz_key_child(event, KZ_CHILD_OBJECT, id);
  kz_rc rc = kz_kv_txn_get(txn->changes, kz_key_str(&key), &value, err);
  if (rc == KZ_OK) {
    rc = kz_record_get_object(kz_buf_str(&value), txn->dict, id, &object, err);
  }
  if (rc == KZ_OK) {
    *ret = (struct kz_object_rule){.object = id,
                                   .group = object.sharing_group_id,
                                   .distribution = object.distribution};
  }
  return rc;
}

static kz_rc note(struct kz_txn *txn, uint64_t event, uint64_t object,
                  struct kz_err *err) {
  if (txn->renewed_count == txn->renewed_room) {
    size_t room = txn->renewed_room ? txn->renewed_room * 2 : 16;
    struct kz_txn_renewed *list =
        reallocarray(txn->renewed, room, sizeof *list);
    if (!list) {
      return no_memory(err);
    }
    txn->renewed = list;
    txn->renewed_room = room;
  }
  txn->renewed[txn->renewed_count++] =
      (struct kz_txn_renewed){.event = event, .object = object};
  return KZ_OK;
}

static bool hides(const struct kz_object_rule *rule) {
  return kz_row_is_limited(rule->distribution);
}

kz_rc kz_txn_watch_object(struct kz_txn *txn, uint64_t event,
                          const struct kz_object *object, struct kz_err *err) {
  struct kz_object_rule old;
  const struct kz_object_rule now = {.group = object->sharing_group_id,
                                     .distribution = object->distribution};
  kz_rc rc = find_rule(txn, event, object->id, &old, err);
  if (rc != KZ_OK) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc; /* a new one has no rows yet */
  }
  bool same = hides(&old) == hides(&now) &&
              (!hides(&now) || (old.distribution == now.distribution &&
                                old.group == now.group));
  return same ? KZ_OK : note(txn, event, object->id, err);
}

static int compare_renewed(const void *a, const void *b) {
  const struct kz_txn_renewed *x = a;
  const struct kz_txn_renewed *y = b;
  if (x->event != y->event) {
    return x->event < y->event ? -1 : 1;
  }
  return (x->object > y->object) - (x->object < y->object);
}

/* The noted objects of one event. */
struct renewal {
  struct kz_txn *txn;
  const struct kz_txn_renewed *from;
  size_t count;
};

static kz_rc renew_row(void *ctx, const struct kz_attribute *a,
                       struct kz_err *err) {
  struct renewal *r = ctx;
  struct kz_delta *delta = &r->txn->delta;
  const struct kz_txn_renewed key = {.event = r->from->event,
                                     .object = a->object_id};
  if (a->object_id == 0 ||
      !bsearch(&key, r->from, r->count, sizeof key, compare_renewed)) {
    return KZ_OK;
  }
  kz_rc rc = kz_delta_kill(delta, key.event, a->id);
  if (rc == KZ_OK) {
    rc = kz_delta_attribute(delta, a, key.event, a->sighting_count > 0);
  }
  return rc == KZ_OK ? KZ_OK : no_memory(err);
}

static kz_rc renew_event(struct renewal *r, struct kz_err *err) {
  KZ_ARENA(arena, KZ_TXN_SCRATCH_MAX);
  struct kz_reading reading = kz_txn_reading(r->txn, arena);
  return arena ? kz_read_attributes(&reading, r->from->event,
                                    (struct kz_read_options){0}, renew_row, r,
                                    err)
               : no_memory(err);
}

static kz_rc renew_all(struct kz_txn *txn, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  if (txn->renewed_count > 1) {
    qsort(txn->renewed, txn->renewed_count, sizeof *txn->renewed,
          compare_renewed);
  }
  for (size_t i = 0; rc == KZ_OK && i < txn->renewed_count;) {
    struct renewal r = {.txn = txn, .from = &txn->renewed[i]};
    while (i < txn->renewed_count && txn->renewed[i].event == r.from->event) {
      r.count++;
      i++;
    }
    rc = renew_event(&r, err);
  }
  return rc;
}

kz_rc kz_txn_limit_rows(struct kz_txn *txn, struct kz_err *err) {
  struct kz_object_rule last = {.object = 0}; /* ids are of one space */
  kz_rc rc = renew_all(txn, err);
  for (size_t i = 0; rc == KZ_OK && i < txn->delta.row_count; i++) {
    struct kz_row *row = &txn->delta.rows[i];
    if (row->object == 0) {
      continue;
    }
    if (row->object != last.object) {
      rc = find_rule(txn, row->event, row->object, &last, err);
      if (rc == KZ_NOT_FOUND) { /* verify tells of it */
        last = (struct kz_object_rule){.object = row->object,
                                       .distribution = KZ_DIST_INHERIT};
        rc = KZ_OK;
      }
    }
    if (rc == KZ_OK) {
      kz_row_limit(row, last.distribution, last.group);
    }
  }
  return rc;
}
