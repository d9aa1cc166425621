/* eventDelegations/...: another organisation takes an event over. */
#ifndef KZ_API_MISP_DELEGATION_H
#define KZ_API_MISP_DELEGATION_H

#include "api/misp_call.h"

kz_misp_action kz_misp_delegation_index;
kz_misp_action kz_misp_delegation_view;
kz_misp_action kz_misp_delegation_ask;
kz_misp_action kz_misp_delegation_accept;
kz_misp_action kz_misp_delegation_discard;

#endif
