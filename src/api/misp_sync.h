/* Exchange of events between servers over MISP's API: what an administrator
 * asks for, and what another server asks. */
#ifndef KZ_API_MISP_SYNC_H
#define KZ_API_MISP_SYNC_H

#include "api/misp_call.h"

kz_misp_action kz_misp_sync_pull;
kz_misp_action kz_misp_sync_push;
kz_misp_action kz_misp_sync_test;
kz_misp_action kz_misp_sync_filter; /* events/filterEventIdsForPush */
kz_misp_action kz_misp_sync_rules;  /* getAvailableSyncFilteringRules */

/* After an event was published: it goes on to the servers that are pushed to.
 * What goes wrong is logged. */
void kz_misp_sync_published(struct kz_misp_call *call, uint64_t event);

/* For a list of events: its ETag as a header of the reply; true when the caller
 * has it already and was answered 304. */
bool kz_misp_sync_is_same(struct kz_misp_call *call, const uint64_t *ids,
                          size_t count);

#endif
