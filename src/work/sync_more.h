/* What is exchanged beside events: sightings, proposals, analyst data, custom
 * clusters. A server
 * that does not know one of them is passed over with a line in the log. */
#ifndef KZ_WORK_SYNC_MORE_H
#define KZ_WORK_SYNC_MORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "work/sync_link.h"

/* Takes in what was sighted there in these events (uuids), which are here. */
KZ_MUST_USE kz_rc kz_sync_take_sightings(struct kz_link *link,
                                         const kz_str *events, size_t count,
                                         struct kz_err *err);
/* Takes in proposals about events that are here, of the last 90 days. */
KZ_MUST_USE kz_rc kz_sync_take_proposals(struct kz_link *link,
                                         struct kz_err *err);
/* Takes in notes, opinions and relationships. */
KZ_MUST_USE kz_rc kz_sync_take_analyst(struct kz_link *link,
                                       struct kz_err *err);

/* Takes in custom clusters; an errand runs. */
KZ_MUST_USE kz_rc kz_sync_take_clusters(struct kz_link *link,
                                        struct kz_err *err);

/* Gives what was sighted here in an event (by number) that is there too. */
KZ_MUST_USE kz_rc kz_sync_give_sightings(struct kz_link *link, uint64_t event,
                                         struct kz_err *err);
/* Gives notes, opinions and relationships that may leave. */
KZ_MUST_USE kz_rc kz_sync_give_analyst(struct kz_link *link,
                                       struct kz_err *err);
/* Gives custom clusters that may leave and are not there as new; an errand
 * runs. */
KZ_MUST_USE kz_rc kz_sync_give_clusters(struct kz_link *link,
                                        struct kz_err *err);

#endif
