/* noticelists/...: what to bear in mind when something is shared. */
#ifndef KZ_API_MISP_NOTICELIST_H
#define KZ_API_MISP_NOTICELIST_H

#include "api/misp_call.h"

kz_misp_action kz_misp_noticelist_index;
kz_misp_action kz_misp_noticelist_view;
kz_misp_action kz_misp_noticelist_enable; /* id[/true] */
kz_misp_action kz_misp_noticelist_update;

#endif
