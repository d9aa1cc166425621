/* From an attribute to its row in the index. */
#ifndef KZ_STORE_ROW_H
#define KZ_STORE_ROW_H

#include "base/arena.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/events.h"
#include "store/segment_build.h"

/* Fills the row of an attribute of event `event_id` whose tags have ids. The
 * folded texts live in `arena`. `with_sightings` says whether it has any. The
 * row names the object it lies in, whose rule kz_row_limit must add.
 * KZ_E_MEMORY is the one failure. */
KZ_MUST_USE kz_rc kz_row_of(const struct kz_attribute *attribute,
                            uint64_t event_id, bool with_sightings,
                            struct kz_arena *arena, struct kz_row *ret_row);

/* Gives the row the rule of its object, which it then names no more. A rule
 * that hides nothing is none. */
void kz_row_limit(struct kz_row *row, uint8_t object_distribution,
                  uint64_t object_group);

/* Whether a child of that distribution is not for all who see its event. */
static inline bool kz_row_is_limited(uint8_t distribution) {
  return distribution == KZ_DIST_ORG || distribution == KZ_DIST_GROUP;
}

/* The parts of a value as the index knows them, folded into `arena`. Returns
 * the number of parts (1 or 2), 0 when out of memory. */
unsigned kz_row_parts(kz_type type, kz_str value, struct kz_arena *arena,
                      kz_str ret_parts[2]);

/* The entry of an event's header whose tags and organisations have ids; its
 * tags are copied into `arena`, its info is borrowed. */
KZ_MUST_USE kz_rc kz_row_of_event(const struct kz_event *event,
                                  struct kz_arena *arena,
                                  struct kz_event_entry *ret_entry);

/* Seconds of a time for the index, clamped to what 32 bits hold. */
uint32_t kz_row_seconds(int64_t us);
/* The same rounded up, of the time at which the store learnt something: "known
 * by T" never shows what came after T. */
uint32_t kz_row_known(int64_t us);

static inline uint16_t kz_row_code(kz_type type, kz_category category) {
  return (uint16_t)(type * 16u + category);
}

#endif
