/* Feeds over MISP's API. */
#ifndef KZ_API_MISP_FEED_H
#define KZ_API_MISP_FEED_H

#include "api/misp_call.h"

kz_misp_action kz_misp_feed_index;
kz_misp_action kz_misp_feed_view;
kz_misp_action kz_misp_feed_add;
kz_misp_action kz_misp_feed_edit;
kz_misp_action kz_misp_feed_delete;
kz_misp_action kz_misp_feed_enable;
kz_misp_action kz_misp_feed_disable;
kz_misp_action kz_misp_feed_load;
kz_misp_action kz_misp_feed_fetch;
kz_misp_action kz_misp_feed_fetch_all;
kz_misp_action kz_misp_feed_cache;
kz_misp_action kz_misp_feed_search;
kz_misp_action kz_misp_feed_compare;
kz_misp_action kz_misp_feed_preview;

#endif
