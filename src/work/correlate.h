/* The verb "correlate": what an event shares with others, rarest first. */
#ifndef KZ_WORK_CORRELATE_H
#define KZ_WORK_CORRELATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/uuid.h"
#include "model/viewer.h"
#include "store/lookup.h"
#include "work/house.h"

struct kz_related {
  uint64_t id;
  struct kz_uuid uuid;
  kz_str info;
  int32_t date_days;
  kz_str org; /* name of the creator */
};

struct kz_shared {
  kz_str value;              /* folded */
  kz_str type;               /* of this event's attribute */
  uint64_t attribute;        /* of this event, the first that has it */
  uint64_t total;            /* other events that have it */
  struct kz_related *events; /* the first of them, by id */
  size_t event_count;
};

struct kz_correlation {
  struct kz_related event; /* the one asked about */
  struct kz_shared *shared;
  size_t count;
};

/* The values that an event shares with others, as the store has them
 * (store/lookup.h), without those that are excluded from correlation. */
KZ_MUST_USE kz_rc kz_correlate_values(struct kz_house *house,
                                      const struct kz_view *view,
                                      const struct kz_viewer *viewer,
                                      uint64_t event, struct kz_arena *arena,
                                      struct kz_shared_value **ret_values,
                                      size_t *ret_count, struct kz_err *err);

/* Correlates the event of an id or uuid; all in `arena`. Of each value at most
 * `listed` other events are described. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_correlate(struct kz_house *house,
                               const struct kz_viewer *viewer, kz_str ref,
                               size_t listed, struct kz_arena *arena,
                               struct kz_correlation *ret_correlation,
                               struct kz_err *err);

#endif
