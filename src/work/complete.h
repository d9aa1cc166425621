/* What the sender of an event may leave out, filled in before it is taken in:
 * times, uuids, the owner. Pure but for the clock and random uuids. */
#ifndef KZ_WORK_COMPLETE_H
#define KZ_WORK_COMPLETE_H

#include <stdbool.h>

#include "model/event.h"

/* Since when the store shall say that it knew what is imported. */
enum kz_known_at {
  KZ_KNOWN_NOW,
  KZ_KNOWN_PUBLISH, /* the event's publish_timestamp, else its timestamp */
  KZ_KNOWN_DATE,    /* the event's date */
};

struct kz_completion {
  enum kz_known_at known_at;
  const struct kz_org *org; /* who brings it: its owner, its maker if none is
                               named */
  bool keeps_owner;         /* the event names its owner */
};

void kz_complete_event(const struct kz_completion *completion,
                       struct kz_event *event);

#endif
