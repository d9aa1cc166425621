/* What one hop between servers does to an event: MISP's rule that "connected
 * communities" reach one server further and "this community" does not, and what
 * is no business of the other side. */
#ifndef KZ_WORK_SYNC_HOP_H
#define KZ_WORK_SYNC_HOP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/dict.h"
#include "work/groups.h"

/* An event that was pulled: 2 becomes 1 and 1 becomes 0, in it and in all that
 * lies in it; not between internal servers. It is locked: others made it. */
void kz_hop_in(struct kz_event *event, bool is_internal);

/* Who it goes to. */
struct kz_hop {
  struct kz_groups *groups;
  uint64_t peer;       /* the server */
  uint32_t remote_org; /* whose it is */
  bool is_internal;
  uint64_t asked_group; /* what was found out last */
  bool reaches;
};

/* Whether an event of this distribution leaves at all. A sharing group reaches
 * a server whose organisation is in it and that it names, or any such when it
 * is roaming or names none. */
bool kz_hop_leaves(struct kz_hop *hop, uint8_t distribution, uint64_t group);

/* An event on its way out: what does not leave is taken away, 2 becomes 1,
 * local tags, those that are not exportable, sightings, our organisation and
 * the e-mail address go. */
void kz_hop_out(struct kz_hop *hop, struct kz_event *event);

/* Puts the sharing groups of an event and of what lies in it beside them as
 * members "SharingGroup", so that the other side can make them; `within`: only
 * of what lies in it. */
KZ_MUST_USE kz_rc kz_hop_groups(struct kz_groups *groups, struct kz_dict *dict,
                                struct kz_event *event, bool within,
                                struct kz_arena *arena, struct kz_err *err);

#endif
