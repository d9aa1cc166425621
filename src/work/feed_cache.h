/* What is in feeds without taking it in: for each cached feed a file of sorted
 * MD5 sums of its values, as MISP's feeds publish them, below STORE/feeds/.
 *
 * Derived data: a lost file is made again by the next caching. Any thread; a
 * file is replaced as a whole. */
#ifndef KZ_WORK_FEED_CACHE_H
#define KZ_WORK_FEED_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/uuid.h"

enum { KZ_FEED_SUM = 16 /* bytes */ };

/* What is gathered for one feed. */
struct kz_feed_sums {
  struct kz_feed_sum {
    uint8_t sum[KZ_FEED_SUM];
    uint32_t event; /* index of the uuid, from 1; 0: none */
  } * sums;
  size_t count;
  size_t room;
  struct kz_uuid *events;
  size_t event_count;
  size_t event_room;
};
void kz_feed_sums_done(struct kz_feed_sums *sums);

/* Adds the sums of a value and, of a composite, of its parts. */
KZ_MUST_USE kz_rc kz_feed_sums_add_value(struct kz_feed_sums *sums,
                                         kz_str value);
/* Adds the lines "md5,event-uuid" of a feed's hashes.csv; other lines are
 * passed over. */
KZ_MUST_USE kz_rc kz_feed_sums_add_csv(struct kz_feed_sums *sums, kz_str text);

/* Writes the file of a feed; `sums` is sorted and each sum kept once. */
KZ_MUST_USE kz_rc kz_feed_cache_write(const char *store, uint64_t feed,
                                      struct kz_feed_sums *sums,
                                      struct kz_err *err);
void kz_feed_cache_remove(const char *store, uint64_t feed);

/* Whether a value is in the cache of a feed and, when the feed says so, in
 * which of its events (nil otherwise). KZ_NOT_FOUND: not, or no cache. */
KZ_MUST_USE kz_rc kz_feed_cache_find(const char *store, uint64_t feed,
                                     kz_str value, struct kz_uuid *ret_event);
/* How many values are in a feed's cache; 0 without one. */
size_t kz_feed_cache_count(const char *store, uint64_t feed);
/* How many values two feeds share. */
size_t kz_feed_cache_overlap(const char *store, uint64_t a, uint64_t b);

#endif
