/* analyst_data/...: notes, opinions and relationships. */
#ifndef KZ_API_MISP_ANALYST_H
#define KZ_API_MISP_ANALYST_H

#include "api/misp_call.h"

kz_misp_action kz_misp_analyst_add;
kz_misp_action kz_misp_analyst_view;
kz_misp_action kz_misp_analyst_edit;
kz_misp_action kz_misp_analyst_delete;
kz_misp_action kz_misp_analyst_index;

/* For synchronisation: uuids and times of all, those of a list that are wanted,
 * and taking one in (misp_analyst_sync.c). */
kz_misp_action kz_misp_analyst_index_minimal;
kz_misp_action kz_misp_analyst_filter;
kz_misp_action kz_misp_analyst_push;

#endif
