/* The questions whose time is promised, put to a view.
 *
 * Who makes the view gives samples of what is in it; the figures come out as
 * members of one JSON object. Used by bench_facets.c (an index made of invented
 * rows) and bench_store.c (a store as it is used). */
#ifndef KZ_BENCH_STORE_QUESTIONS_H
#define KZ_BENCH_STORE_QUESTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "store/dict.h"
#include "store/view.h"

struct bench_samples {
  const kz_str *values; /* folded value parts, in random order */
  size_t value_count;
  const uint64_t *events; /* that have records */
  size_t event_count;
  const uint64_t *tags; /* frequent and rare ones */
  size_t tag_count;
  const uint64_t *orgs;
  size_t org_count;
  int32_t first_day; /* of the events' dates */
  int32_t last_day;
};

/* Appends `"figure":number,` for each figure; stops the program with words
 * when a question fails. */
void bench_ask(const struct kz_view *view, struct kz_dict *dict,
               const struct bench_samples *samples, struct kz_buf *out);

#endif
