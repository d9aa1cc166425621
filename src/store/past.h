/* The past: earlier versions of what is or was in an event. */
#ifndef KZ_STORE_PAST_H
#define KZ_STORE_PAST_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/read.h"

/* One earlier version: which of the pointers is set says what it was of. */
struct kz_past {
  uint64_t generation; /* of the commit that replaced or removed it */
  uint32_t number;     /* in the generation */
  int64_t until_us;    /* when that was */
  uint64_t id;
  const struct kz_event *header;
  const struct kz_attribute *attribute;
  const struct kz_object *object;
  const struct kz_reference *reference;
  const struct kz_report *report;
  const struct kz_sighting *sighting;
};

/* Calls `visit` for each earlier version in event `event`, oldest first. What
 * is given lives as long as the call. */
typedef kz_rc kz_past_visit(void *ctx, const struct kz_past *past,
                            struct kz_err *err);
KZ_MUST_USE kz_rc kz_past_walk(const struct kz_reading *r, uint64_t event,
                               kz_past_visit *visit, void *ctx,
                               struct kz_err *err);

#endif
