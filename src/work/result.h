/* The verb "search": runs what was asked and reads what was found. */
#ifndef KZ_WORK_RESULT_H
#define KZ_WORK_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "model/viewer.h"
#include "store/facet.h"
#include "work/house.h"
#include "work/search.h"

/* An attribute that was found, with what one wants to know of its event. */
struct kz_result_row {
  struct kz_attribute attribute;
  uint64_t event;
  struct kz_uuid event_uuid;
  kz_str event_info;
  int32_t event_date_days;
  kz_str event_org;         /* name of the creator */
  const kz_str *event_tags; /* names */
  size_t event_tag_count;
};

struct kz_result {
  uint64_t total; /* of all that match */
  struct kz_result_row *rows;
  size_t count;
};

/* One page, in `arena`. KZ_E_LIMIT when it is larger than KZ_SEARCH_ROWS_MAX
 * or lies too deep in an order by time. */
KZ_MUST_USE kz_rc kz_result_page(struct kz_house *house,
                                 const struct kz_viewer *viewer,
                                 const struct kz_search *search,
                                 struct kz_arena *arena,
                                 struct kz_result *ret_result,
                                 struct kz_err *err);

/* The rows of hits in the view they were found in. */
KZ_MUST_USE kz_rc kz_result_rows(struct kz_house *house,
                                 const struct kz_view *view,
                                 const struct kz_hit *hits, size_t count,
                                 struct kz_arena *arena,
                                 struct kz_result_row **ret_rows,
                                 struct kz_err *err);

/* The counts of all that match, in `arena`. */
KZ_MUST_USE kz_rc kz_result_facets(struct kz_house *house,
                                   const struct kz_viewer *viewer,
                                   const struct kz_search *search,
                                   struct kz_arena *arena,
                                   struct kz_facets *ret_facets,
                                   struct kz_err *err);

#endif
