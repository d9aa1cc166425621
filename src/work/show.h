/* The verb "event": one event whole, as its viewer may see it. */
#ifndef KZ_WORK_SHOW_H
#define KZ_WORK_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"
#include "model/viewer.h"
#include "store/query.h"
#include "store/view.h"
#include "work/sightrule.h"

/* The event of an id or uuid; KZ_NOT_FOUND with words when there is none that
 * the viewer may see: both are told in the same way. */
KZ_MUST_USE kz_rc kz_show_find(const struct kz_view *view,
                               const struct kz_viewer *viewer, kz_str ref,
                               uint64_t *ret_event, struct kz_err *err);

/* Whether the viewer, who sees the event that `owner` holds, sees a child. */
bool kz_show_sees(const struct kz_viewer *viewer, const struct kz_event *event,
                  uint8_t distribution, uint64_t group);

/* Whether the viewer is told who made the event. */
bool kz_show_creator(const struct kz_viewer *viewer,
                     const struct kz_event *event);

/* Whether a child of that state is asked for and for this viewer: what is
 * softly deleted is the owner's business. */
bool kz_show_wants(const struct kz_viewer *viewer, const struct kz_event *event,
                   enum kz_deleted wanted, bool deleted);

/* Takes away what the viewer may not see and what is not asked for, in place:
 * attributes with their sightings, objects with their attributes and
 * references, reports, the address of who made the event. */
void kz_show_filter(const struct kz_viewer *viewer,
                    const struct kz_sightrule *sightings,
                    enum kz_deleted wanted, struct kz_event *event);

#endif
