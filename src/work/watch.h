/* Watches: saved searches (work/saved.h) that tell what is new to them. The
 * member "watch" of a search:
 *
 *   {"enabled":true,"mail":true,"interval":3600,"per_hour":12}
 *
 * A hit is new when its attribute was added since the last look; what is seen
 * is what the owner sees at that moment. New hits go to all hooks that want
 * "watch.hits", and with "mail" to the owner's address. There are at least
 * `interval` seconds between two messages (0) and at most `per_hour` (12) in an
 * hour of the clock; what comes meanwhile is in the next one. Message and look
 * are kept in one commit, so over a restart nothing is told twice or lost. */
#ifndef KZ_WORK_WATCH_H
#define KZ_WORK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "work/house.h"

enum { KZ_WATCH_LISTED = 100 /* hits listed in a message */ };

/* What one who looks now and then remembers; zeros at first. */
struct kz_watch_round {
  uint64_t child;   /* up to which attribute the round before went */
  bool has_waiting; /* watches that may not send yet */
  int64_t retry_us; /* when those that failed are looked at again; 0: none */
};

/* Looks once at all watches; nothing to do while nothing was added. Where no
 * hooks run it does nothing. One thread. */
KZ_MUST_USE kz_rc kz_watch_look(struct kz_house *house, int64_t now_us,
                                struct kz_watch_round *round,
                                struct kz_err *err);

#endif
