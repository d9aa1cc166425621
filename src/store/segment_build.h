/* Makes a segment from rows. */
#ifndef KZ_STORE_SEGMENT_BUILD_H
#define KZ_STORE_SEGMENT_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "store/segment.h"

/* One attribute as the index sees it. Texts and tags are borrowed. */
struct kz_row {
  uint64_t event;
  uint64_t attribute;
  uint64_t uuid_hash;
  uint64_t group;  /* sharing group, for distribution 4 */
  uint64_t object; /* whose rule must still be looked up; 0: none */
  uint64_t object_group;
  uint32_t time_s;
  uint32_t known_s;
  uint16_t code; /* type * 16 + category */
  uint8_t flags; /* bit (1 << enum kz_flag) */
  uint8_t distribution;
  uint8_t object_distribution; /* KZ_DIST_INHERIT: no object, or no rule */
  uint8_t part_count;          /* 0, 1 or 2 */
  bool silent[2];              /* the part does not correlate */
  kz_str part[2];              /* folded */
  uint64_t hash[2];            /* kz_value_hash of the part */
  const uint32_t *tags;        /* ids, no duplicates */
  uint32_t tag_count;
};

/* Something else with a uuid: an event, object, reference, report, sighting.
 */
struct kz_row_other {
  uint64_t uuid_hash;
  uint64_t event;
  uint64_t id;
  enum kz_thing thing;
};

/* Builds a segment of rows that are sorted by (event, attribute) without
 * duplicates; others come in any order, those given twice count once. In memory
 * when `path` is NULL, else in that new file (not synced; large temporary
 * arrays then lie beside it). The caller owns the segment. */
KZ_MUST_USE kz_rc kz_segment_build(const struct kz_row *rows, size_t row_count,
                                   const struct kz_row_other *others,
                                   size_t other_count, const char *path,
                                   struct kz_segment **ret_segment,
                                   struct kz_err *err);

#endif
