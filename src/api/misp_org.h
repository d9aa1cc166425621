/* organisations/... and admin/organisations/... */
#ifndef KZ_API_MISP_ORG_H
#define KZ_API_MISP_ORG_H

#include "api/misp_call.h"

kz_misp_action kz_misp_org_index;
kz_misp_action kz_misp_org_view;
kz_misp_action kz_misp_org_add;
kz_misp_action kz_misp_org_edit;
kz_misp_action kz_misp_org_delete;

#endif
