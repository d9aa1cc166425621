/* correlation_exclusions/...: values that do not correlate. */
#ifndef KZ_API_MISP_EXCLUSION_H
#define KZ_API_MISP_EXCLUSION_H

#include "api/misp_call.h"

kz_misp_action kz_misp_exclusion_index;
kz_misp_action kz_misp_exclusion_view;
kz_misp_action kz_misp_exclusion_add;
kz_misp_action kz_misp_exclusion_edit;
kz_misp_action kz_misp_exclusion_delete;
kz_misp_action kz_misp_exclusion_clean;

#endif
