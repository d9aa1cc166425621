/* objects/... and objectReferences/... */
#ifndef KZ_API_MISP_OBJECT_H
#define KZ_API_MISP_OBJECT_H

#include "api/misp_call.h"

kz_misp_action kz_misp_object_view;
kz_misp_action kz_misp_object_add;
kz_misp_action kz_misp_object_edit;
kz_misp_action kz_misp_object_delete;
kz_misp_action kz_misp_reference_add;
kz_misp_action kz_misp_reference_delete;

#endif
