/* The filters of restSearch and events/index as conditions.
 *
 * Some ask about an event, some about an attribute. A search for attributes
 * wants both of each attribute; a search for events wants the event's of the
 * event and the others of at least one of its attributes. A tag or a uuid may
 * be of either. */
#ifndef KZ_API_MISP_PLAN_H
#define KZ_API_MISP_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "api/misp_call.h"
#include "api/misp_sieve.h"
#include "base/err.h"
#include "store/query.h"

enum kz_misp_scope_of {
  KZ_MISP_OF_EVENTS,
  KZ_MISP_OF_ATTRIBUTES,
  KZ_MISP_OF_OBJECTS,
};

enum { KZ_MISP_CONDS_MAX = 256 };

struct kz_misp_plan {
  struct kz_misp_call *call;
  enum kz_misp_scope_of scope;
  const struct kz_cond *of_event[KZ_MISP_CONDS_MAX];
  size_t of_event_count;
  const struct kz_cond *of_attribute[KZ_MISP_CONDS_MAX];
  size_t of_attribute_count;
  const struct kz_cond *of_either[KZ_MISP_CONDS_MAX];
  size_t of_either_count;
  struct kz_misp_sieve sieve; /* of attributes, too */
  enum kz_deleted deleted;
  int to_ids;               /* 0, 1; -1: any */
  const uint32_t *unwanted; /* tags */
  size_t unwanted_count;
  int64_t now_us;
  kz_str galaxy_key; /* of the filter galaxy.KEY that is read */
};

/* Reads the call's parameters. `restrictive`: a format that is for machines,
 * to_ids and published unless something else is said. KZ_E_INPUT with words.
 */
KZ_MUST_USE kz_rc kz_misp_plan_make(struct kz_misp_call *call,
                                    enum kz_misp_scope_of scope,
                                    bool restrictive, struct kz_misp_plan *ret,
                                    struct kz_err *err);

/* Runs it over attributes. */
KZ_MUST_USE kz_rc kz_misp_plan_answer(const struct kz_misp_plan *plan,
                                      struct kz_answer *ret_answer,
                                      struct kz_err *err);

#endif
