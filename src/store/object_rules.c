#include "store/object_rules.h"

#include <stdlib.h>

#include "store/keys.h"
#include "store/record.h"
#include "store/row.h"

void kz_object_rules_done(struct kz_object_rules *rules) {
  free(rules->list);
  *rules = (struct kz_object_rules){.list = NULL};
}

kz_rc kz_object_rules_add(struct kz_object_rules *rules, uint64_t object,
                          uint8_t distribution, uint64_t group) {
  if (!kz_row_is_limited(distribution)) {
    return KZ_OK;
  }
  if (rules->count == rules->room) {
    size_t room = rules->room ? rules->room * 2 : 16;
    struct kz_object_rule *list = reallocarray(rules->list, room, sizeof *list);
    if (!list) {
      return KZ_E_MEMORY;
    }
    rules->list = list;
    rules->room = room;
  }
  rules->list[rules->count++] = (struct kz_object_rule){
      .object = object, .group = group, .distribution = distribution};
  return KZ_OK;
}

static struct kz_kv_iter *walk(const struct kz_reading *r, uint64_t event) {
  struct kz_key prefix = kz_key_children(event, KZ_CHILD_OBJECT);
  return r->txn
             ? kz_kv_txn_iter_new(r->txn, kz_key_str(&prefix))
             : kz_kv_iter_new(r->kv, r->snapshot, kz_key_str(&prefix), false);
}

kz_rc kz_object_rules_read(struct kz_object_rules *rules,
                           const struct kz_reading *r, uint64_t event,
                           struct kz_err *err) {
  struct kz_kv_iter *iter = walk(r, event);
  kz_rc rc = iter ? KZ_OK : KZ_E_MEMORY;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    struct kz_object object;
    uint64_t id = key.len == 18 ? kz_key_read_u64(key, 10) : 0;
    rc = kz_record_get_object(value, r->dict, id, &object, err);
    if (rc == KZ_OK) {
      rc = kz_object_rules_add(rules, id, object.distribution,
                               object.sharing_group_id);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc == KZ_E_MEMORY
             ? kz_err_set(err, rc, "the rules of objects do not fit")
             : rc;
}

const struct kz_object_rule *
kz_object_rules_find(const struct kz_object_rules *rules, uint64_t object) {
  size_t low = 0;
  size_t high = rules->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (rules->list[middle].object < object) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < rules->count && rules->list[low].object == object
             ? &rules->list[low]
             : NULL;
}

void kz_object_rules_apply(const struct kz_object_rules *rules,
                           struct kz_row *row) {
  const struct kz_object_rule *rule = kz_object_rules_find(rules, row->object);
  if (rule) {
    kz_row_limit(row, rule->distribution, rule->group);
  } else {
    kz_row_limit(row, KZ_DIST_INHERIT, 0);
  }
}
