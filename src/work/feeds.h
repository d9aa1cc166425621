/* Feeds: lists of events or values that others publish, at a URL or in a folder
 * of this machine. */
#ifndef KZ_WORK_FEEDS_H
#define KZ_WORK_FEEDS_H

#include "work/form.h"

extern const struct kz_form kz_feed_form;

/* Adds those of the well-known feeds whose URL no feed has yet, all switched
 * off; nothing is contacted. */
KZ_MUST_USE kz_rc kz_feeds_load_known(struct kz_binder *feeds,
                                      size_t *ret_added, struct kz_err *err);

#endif
