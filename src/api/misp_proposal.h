/* shadowAttributes/...: what those propose who may not change an event. */
#ifndef KZ_API_MISP_PROPOSAL_H
#define KZ_API_MISP_PROPOSAL_H

#include "api/misp_call.h"

kz_misp_action kz_misp_proposal_add;
kz_misp_action kz_misp_proposal_edit;   /* proposes a change */
kz_misp_action kz_misp_proposal_delete; /* proposes a deletion */
kz_misp_action kz_misp_proposal_view;
kz_misp_action kz_misp_proposal_index;
kz_misp_action kz_misp_proposal_accept;
kz_misp_action kz_misp_proposal_discard;

#endif
