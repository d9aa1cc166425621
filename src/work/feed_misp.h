/* MISP's feeds: the manifest says which events are new or newer; these are
 * fetched several at a time into one file, which is imported in bulk. */
#ifndef KZ_WORK_FEED_MISP_H
#define KZ_WORK_FEED_MISP_H

#include "work/feed_source.h"
#include "work/spool.h"

KZ_MUST_USE kz_rc kz_feed_misp_take(struct kz_feed *feed,
                                    struct kz_feed_stamp *ret_stamp,
                                    struct kz_feed_result *ret,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_feed_misp_preview(struct kz_feed *feed, size_t limit,
                                       struct kz_jsonw *w, struct kz_err *err);

/* Adds up what a spool brought. */
void kz_feed_count(const struct kz_spool_counts *counts,
                   struct kz_feed_result *result);

/* The number here of an event of that uuid; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_feed_misp_find(struct kz_house *house,
                                    const struct kz_uuid *uuid,
                                    uint64_t *ret_event);

#endif
