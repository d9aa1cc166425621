/* auth_keys/...: a user's API keys and their terms. */
#ifndef KZ_API_MISP_KEY_H
#define KZ_API_MISP_KEY_H

#include "api/misp_call.h"

kz_misp_action kz_misp_key_index;
kz_misp_action kz_misp_key_view;
kz_misp_action kz_misp_key_add;
kz_misp_action kz_misp_key_edit;
kz_misp_action kz_misp_key_delete;

#endif
