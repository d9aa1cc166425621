/* Communities that one may ask to join: a list of what is known of them. */
#ifndef KZ_API_MISP_COMMUNITY_H
#define KZ_API_MISP_COMMUNITY_H

#include "api/misp_call.h"

kz_misp_action kz_misp_community_index;
kz_misp_action kz_misp_community_view;

#endif
