/* attributes/...: one attribute, or several of one event. */
#ifndef KZ_API_MISP_ATTRIBUTE_H
#define KZ_API_MISP_ATTRIBUTE_H

#include "api/misp_call.h"

kz_misp_action kz_misp_attribute_view;
kz_misp_action kz_misp_attribute_add;
kz_misp_action kz_misp_attribute_edit;
kz_misp_action kz_misp_attribute_delete;
kz_misp_action kz_misp_attribute_restore;

#endif
