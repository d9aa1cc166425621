/* users/register and what administrators do with it. */
#ifndef KZ_API_MISP_REGISTRATION_H
#define KZ_API_MISP_REGISTRATION_H

#include "api/misp_call.h"

kz_misp_action kz_misp_register; /* nobody needs a key for it */
kz_misp_action kz_misp_registration_index;
kz_misp_action kz_misp_registration_accept;
kz_misp_action kz_misp_registration_discard;

#endif
