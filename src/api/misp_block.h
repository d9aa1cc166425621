/* eventBlocklists/... and orgBlocklists/... */
#ifndef KZ_API_MISP_BLOCK_H
#define KZ_API_MISP_BLOCK_H

#include "api/misp_call.h"

kz_misp_action kz_misp_event_block_index;
kz_misp_action kz_misp_event_block_add;
kz_misp_action kz_misp_event_block_edit;
kz_misp_action kz_misp_event_block_delete;
kz_misp_action kz_misp_org_block_index;
kz_misp_action kz_misp_org_block_add;
kz_misp_action kz_misp_org_block_edit;
kz_misp_action kz_misp_org_block_delete;

#endif
