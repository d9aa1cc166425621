/* restSearch over events, attributes and objects, as json, csv, text or count.
 * Answers are made while they are sent (api/misp_flow.h). */
#ifndef KZ_API_MISP_SEARCH_H
#define KZ_API_MISP_SEARCH_H

#include "api/misp_call.h"

kz_misp_action kz_misp_event_search;
kz_misp_action kz_misp_attribute_search;
kz_misp_action kz_misp_object_search;

#endif
