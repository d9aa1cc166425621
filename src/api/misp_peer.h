/* Other servers over MISP's API ("servers"). */
#ifndef KZ_API_MISP_PEER_H
#define KZ_API_MISP_PEER_H

#include "api/misp_call.h"

kz_misp_action kz_misp_peer_index;
kz_misp_action kz_misp_peer_view;
kz_misp_action kz_misp_peer_add;
kz_misp_action kz_misp_peer_edit;
kz_misp_action kz_misp_peer_delete;
kz_misp_action kz_misp_peer_config; /* createSync */
kz_misp_action kz_misp_peer_import;
kz_misp_action kz_misp_peer_echo; /* postTest */

#endif
