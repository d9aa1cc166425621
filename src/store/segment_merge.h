/* Makes one segment of several. */
#ifndef KZ_STORE_SEGMENT_MERGE_H
#define KZ_STORE_SEGMENT_MERGE_H

#include <stddef.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/segment.h"

struct kz_part; /* store/view.h */

/* Merges the rows that are not dead. The result is byte for byte what
 * kz_segment_build makes of those rows and the parts' other uuids. When a row
 * (event, attribute) lives in several parts, the last part's counts.
 *
 * In memory when `path` is NULL, else in that new file (not synced). Large
 * temporary arrays lie in unlinked files in the folder `temporary`, so a merge
 * costs page cache and not memory; NULL keeps them in memory. KZ_E_LIMIT when
 * the result would have more rows or values than a segment may. The caller owns
 * the segment. */
KZ_MUST_USE kz_rc kz_segment_merge(const struct kz_part *parts, size_t count,
                                   const char *path, const char *temporary,
                                   struct kz_segment **ret_segment,
                                   struct kz_err *err);

#endif
