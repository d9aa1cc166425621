/* The rules of an event's objects for who sees their attributes.
 *
 * Only objects that are not for all who see the event are kept, so that an
 * event without such objects costs nothing. Owned by one thread. */
#ifndef KZ_STORE_OBJECT_RULES_H
#define KZ_STORE_OBJECT_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/read.h"
#include "store/segment_build.h"

struct kz_object_rule {
  uint64_t object;
  uint64_t group;
  uint8_t distribution;
};

/* Ascending by object; all zero is an empty list. */
struct kz_object_rules {
  struct kz_object_rule *list;
  size_t count;
  size_t room;
};

void kz_object_rules_done(struct kz_object_rules *rules);

/* Notes an object; ids ascend. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_object_rules_add(struct kz_object_rules *rules,
                                      uint64_t object, uint8_t distribution,
                                      uint64_t group);

/* Notes all objects of an event; the reading's arena is not kept. */
KZ_MUST_USE kz_rc kz_object_rules_read(struct kz_object_rules *rules,
                                       const struct kz_reading *reading,
                                       uint64_t event, struct kz_err *err);

/* The rule of an object; NULL: it has none. */
const struct kz_object_rule *
kz_object_rules_find(const struct kz_object_rules *rules, uint64_t object);

/* Limits a row by the rule of the object that it names. */
void kz_object_rules_apply(const struct kz_object_rules *rules,
                           struct kz_row *row);

#endif
