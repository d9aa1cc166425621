/* warninglists/...: the lists, switching them, asking them, updating them. */
#ifndef KZ_API_MISP_WARNINGLIST_H
#define KZ_API_MISP_WARNINGLIST_H

#include "api/misp_call.h"

kz_misp_action kz_misp_warninglist_index;
kz_misp_action kz_misp_warninglist_view;
kz_misp_action kz_misp_warninglist_switch; /* toggleEnable */
kz_misp_action kz_misp_warninglist_check;  /* checkValue */
kz_misp_action kz_misp_warninglist_update;

#endif
