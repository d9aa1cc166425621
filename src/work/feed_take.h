/* Taking a feed in: new and newer events of a MISP feed; the values of a list,
 * as a new event each time or as one event that is kept like the list. */
#ifndef KZ_WORK_FEED_TAKE_H
#define KZ_WORK_FEED_TAKE_H

#include "work/feed_source.h"

/* KZ_UNCHANGED when the feed has not changed since the last time. */
KZ_MUST_USE kz_rc kz_feed_take(struct kz_feed *feed,
                               struct kz_feed_stamp *ret_stamp,
                               struct kz_feed_result *ret, struct kz_err *err);

/* What is in a feed, without taking it in: the first `limit` values or heads
 * of events as JSON, and how many there are. */
KZ_MUST_USE kz_rc kz_feed_preview(struct kz_feed *feed, size_t limit,
                                  struct kz_jsonw *w, struct kz_err *err);

/* Writes the feed's cache; `ret_count` is how many values it holds. */
KZ_MUST_USE kz_rc kz_feed_cache(struct kz_feed *feed, size_t *ret_count,
                                struct kz_err *err);

#endif
