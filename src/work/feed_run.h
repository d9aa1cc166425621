/* Feeds as errands: fetching and caching in the background, what came of it
 * kept with the feed, and when it is due again. */
#ifndef KZ_WORK_FEED_RUN_H
#define KZ_WORK_FEED_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "work/errands.h"
#include "work/house.h"

#define KZ_FEED_FETCH "feed-fetch"
#define KZ_FEED_CACHE "feed-cache"

enum { KZ_FEED_RUNS = 60 /* that are kept for a sparkline */ };

/* Errands; `ctx` is the house, the subject a feed. */
KZ_MUST_USE kz_rc kz_feed_run_fetch(void *ctx, struct kz_errand *errand,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_feed_run_cache(void *ctx, struct kz_errand *errand,
                                    struct kz_err *err);

/* Asks for an errand over each feed that `wants` it. */
typedef bool kz_feed_wants(void *ctx, const struct kz_jsonv *document);
KZ_MUST_USE kz_rc kz_feed_order(struct kz_house *house, const char *kind,
                                kz_feed_wants *wants, void *ctx, uint64_t user,
                                size_t *ret_count, struct kz_err *err);

/* Asks for the fetches and cachings that are due. A feed's own interval is
 * stretched by up to a tenth, so that many of one interval do not all come at
 * once. */
KZ_MUST_USE kz_rc kz_feed_order_due(struct kz_house *house, int64_t now_us,
                                    struct kz_err *err);
/* When a feed is due that was tried at `tried_us` (0: never). */
int64_t kz_feed_due_us(uint64_t feed, int64_t tried_us, uint64_t interval_min);

#endif
