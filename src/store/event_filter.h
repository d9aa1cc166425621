/* A decision on events, carried to their rows.
 *
 * A filter decides a whole page of the table of events at once, which columns
 * make cheap. Rows of an event lie together, so the rows' bits are made of the
 * places where the decision changes from one slice to the next; nothing is
 * branched on, because neighbours are as good as random. */
#ifndef KZ_STORE_EVENT_FILTER_H
#define KZ_STORE_EVENT_FILTER_H

#include <stdint.h>

#include "store/events.h"
#include "store/segment.h"

enum { KZ_PAGE_WORDS = KZ_PAGE_EVENTS / 64 };

/* Events of a page, bit id % KZ_PAGE_EVENTS. */
struct kz_page_bits {
  uint64_t words[KZ_PAGE_WORDS];
};

/* Sets the bits of the page's events that pass in `*ret`, which is all 0. */
typedef void kz_event_filter(const void *ctx, const struct kz_event_page *page,
                             struct kz_page_bits *ret);

/* Clears the bits of rows whose events do not pass; sets those of rows whose
 * events do. Events that have no page pass nothing. */
void kz_event_filter_keep(const struct kz_segment *segment,
                          const struct kz_events *events,
                          kz_event_filter *filter, const void *ctx,
                          uint64_t *bits);
void kz_event_filter_add(const struct kz_segment *segment,
                         const struct kz_events *events,
                         kz_event_filter *filter, const void *ctx,
                         uint64_t *bits);

/* Sets bit i for each event of a page whose flags have `flag` (one bit). */
void kz_event_filter_flag(const uint8_t flags[KZ_PAGE_EVENTS], uint8_t flag,
                          struct kz_page_bits *ret);

#endif
