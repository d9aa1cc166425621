/* Which events come in from a feed or server, or go out to one: by tags and by
 * the organisation that made them.
 *
 *   {"tags":{"OR":[...],"NOT":[...]},"orgs":{"OR":[...],"NOT":[...]}}
 *
 * An entry is a name, an organisation's uuid, or the number that either has
 * here. With nothing in OR all are wanted. Pure but for the dictionary that
 * numbers are looked up in. */
#ifndef KZ_WORK_RULES_H
#define KZ_WORK_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"
#include "store/dict.h"

struct kz_rule_list {
  kz_str *any; /* wanted */
  size_t any_count;
  kz_str *none; /* not wanted */
  size_t none_count;
};

struct kz_rules {
  struct kz_rule_list tags;
  struct kz_rule_list orgs;
};

/* Reads rules into `arena`; "" is none. KZ_E_INPUT when it is not JSON. */
KZ_MUST_USE kz_rc kz_rules_read(kz_str json, struct kz_dict *dict,
                                struct kz_arena *arena,
                                struct kz_rules *ret_rules, struct kz_err *err);

/* Whether an event with these tags and this creator passes. */
bool kz_rules_allow(const struct kz_rules *rules, const struct kz_tag_use *tags,
                    size_t tag_count, const struct kz_org *orgc);

#endif
