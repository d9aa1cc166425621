/* sightings/...: who has seen a value, or not, and when. */
#ifndef KZ_API_MISP_SIGHTING_H
#define KZ_API_MISP_SIGHTING_H

#include "api/misp_call.h"

kz_misp_action kz_misp_sighting_add;
kz_misp_action kz_misp_sighting_list;
kz_misp_action kz_misp_sighting_delete;
kz_misp_action kz_misp_sighting_search;

/* For synchronisation: which of a list of uuids are not known, and taking in
 * many at once (misp_sighting_sync.c). */
kz_misp_action kz_misp_sighting_filter;
kz_misp_action kz_misp_sighting_bulk;

#endif
