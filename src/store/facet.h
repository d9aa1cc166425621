/* Facets: exact counts of an answer by type, category, tag, organisation,
 * month and to_ids.
 *
 * A tag's count is the number of attributes that carry it themselves or whose
 * event does: what a search with that tag added would find. */
#ifndef KZ_STORE_FACET_H
#define KZ_STORE_FACET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/type.h"
#include "store/query.h"

struct kz_facet_count {
  uint64_t key; /* tag id, organisation id, month (year * 12 + month - 1) */
  uint64_t count;
};

struct kz_facets {
  uint64_t total;
  uint64_t events; /* with at least one hit */
  uint64_t to_ids;
  uint64_t types[KZ_TYPE_COUNT];
  uint64_t categories[KZ_CATEGORY_COUNT];
  struct kz_facet_count *tags; /* count > 0; highest first, then key */
  size_t tag_count;
  struct kz_facet_count *orgs; /* creators; highest first, then key */
  size_t org_count;
  struct kz_facet_count *months; /* of event dates, ascending by key */
  size_t month_count;
};

/* Counts; the arrays live in `arena`. `threads` > 1 shares the segments'
 * blocks among so many threads. */
KZ_MUST_USE kz_rc kz_facets_count(const struct kz_answer *answer,
                                  struct kz_dict *dict, unsigned threads,
                                  struct kz_arena *arena,
                                  struct kz_facets *ret_facets,
                                  struct kz_err *err);

#endif
