/* Which events a plan finds. */
#ifndef KZ_API_MISP_MATCH_H
#define KZ_API_MISP_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "api/misp_plan.h"
#include "base/arena.h"
#include "base/err.h"

/* Ids of the events that match and may be seen, ascending, in `arena`. */
KZ_MUST_USE kz_rc kz_misp_plan_events(const struct kz_misp_plan *plan,
                                      struct kz_arena *arena,
                                      uint64_t **ret_ids, size_t *ret_count,
                                      struct kz_err *err);

#endif
