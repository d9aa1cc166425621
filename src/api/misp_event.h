/* events/...: one event at a time. (events/index and restSearch: misp_index.h,
 * misp_search.h.) */
#ifndef KZ_API_MISP_EVENT_H
#define KZ_API_MISP_EVENT_H

#include "api/misp_call.h"

kz_misp_action kz_misp_event_view;
kz_misp_action kz_misp_event_add;
kz_misp_action kz_misp_event_edit;
kz_misp_action kz_misp_event_delete;
kz_misp_action kz_misp_event_publish; /* alert, too */
kz_misp_action kz_misp_event_unpublish;

#endif
