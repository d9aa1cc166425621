/* Exact look-ups: where a value stands, and what an event shares with others.
 *
 * Correlation is not stored (docs/decisions/0002): it is read off the postings
 * at the moment of asking. Pure reads of a view, any thread. */
#ifndef KZ_STORE_LOOKUP_H
#define KZ_STORE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/viewer.h"
#include "store/query.h"
#include "store/view.h"

/* Summary of one value over all live attributes that the viewer may see. */
struct kz_value_summary {
  uint64_t attributes;
  uint64_t events;
  uint64_t correlating;    /* events in which it correlates */
  int32_t first_date_days; /* event dates */
  int32_t last_date_days;
  int64_t first_time_us; /* attributes' timestamps */
  int64_t last_time_us;
  int64_t first_known_us; /* when this store learnt it */
  bool sighted;           /* some attribute has sightings */
  bool to_ids;            /* some attribute is to_ids */
};

/* Whether and where a value stands (any case, one part). KZ_NOT_FOUND. Some
 * microseconds; nothing is allocated unless the value is very long. */
KZ_MUST_USE kz_rc kz_lookup_summary(const struct kz_view *view,
                                    const struct kz_viewer *viewer,
                                    kz_str value,
                                    struct kz_value_summary *ret_summary,
                                    struct kz_err *err);

/* The same for many values at once, which is several times faster than one by
 * one: `attributes` is 0 for those that are not found. */
KZ_MUST_USE kz_rc kz_lookup_many(const struct kz_view *view,
                                 const struct kz_viewer *viewer,
                                 const kz_str *values, size_t count,
                                 struct kz_value_summary *ret_summaries,
                                 struct kz_err *err);

/* The attributes where it stands, by (event, attribute), in `arena`; at most
 * `limit` of them, `*ret_total` counts all. */
KZ_MUST_USE kz_rc kz_lookup_hits(const struct kz_view *view,
                                 const struct kz_viewer *viewer, kz_str value,
                                 size_t limit, struct kz_arena *arena,
                                 struct kz_hit **ret_hits, size_t *ret_count,
                                 uint64_t *ret_total, struct kz_err *err);

/* The tags (own and of the events) of the value's attributes, distinct ids in
 * `arena`; and the distinct type codes (type * 16 + category). */
KZ_MUST_USE kz_rc kz_lookup_tags(const struct kz_view *view,
                                 const struct kz_viewer *viewer, kz_str value,
                                 struct kz_arena *arena, uint32_t **ret_tags,
                                 size_t *ret_tag_count, uint16_t **ret_codes,
                                 size_t *ret_code_count, struct kz_err *err);

/* One value that the event shares, and with which other events. */
struct kz_shared_value {
  kz_str value;           /* folded, in the arena */
  uint64_t attribute;     /* first of this event that has it */
  const uint64_t *events; /* the others, ascending, no duplicates */
  size_t event_count;
};

/* What event `event` shares with others by MISP's rule (live attributes that
 * correlate, any type, folded, never inside one event, only what the viewer
 * may see), rarest first, then by value. All in `arena`. */
KZ_MUST_USE kz_rc kz_lookup_correlate(const struct kz_view *view,
                                      struct kz_dict *dict,
                                      const struct kz_viewer *viewer,
                                      uint64_t event, struct kz_arena *arena,
                                      struct kz_shared_value **ret_shared,
                                      size_t *ret_count, struct kz_err *err);

#endif
