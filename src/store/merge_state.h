/* What the steps of a merge share: the inputs and, once known, the new number
 * of each of their rows and values. The steps are segment_merge.c (rows),
 * merge_values.c, merge_orders.c and merge_uuids.c, run in this order. */
#ifndef KZ_STORE_MERGE_STATE_H
#define KZ_STORE_MERGE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/draft.h"
#include "store/race.h"
#include "store/view.h"

/* In row_of and value_of: it is not in the result. */
#define KZ_MERGE_GONE UINT32_MAX

struct kz_merge {
  struct kz_draft draft;
  const struct kz_part *parts;
  size_t count;
  struct kz_runner *heap; /* room for a race of all parts */
  uint32_t *row_of;       /* new ordinals, one part after the other */
  const size_t *row_base; /* [count] where a part begins in row_of */
  uint32_t *value_of;     /* new value numbers, the same way */
  const size_t *value_base;
};

static inline kz_rc kz_merge_no_room(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY,
                    "index: no memory or disk for merging segments");
}

#endif
