/* eventReports/...: texts that belong to an event. */
#ifndef KZ_API_MISP_REPORT_H
#define KZ_API_MISP_REPORT_H

#include "api/misp_call.h"

kz_misp_action kz_misp_report_view;
kz_misp_action kz_misp_report_index;
kz_misp_action kz_misp_report_form; /* GET add: which members there are */
kz_misp_action kz_misp_report_add;
kz_misp_action kz_misp_report_edit;
kz_misp_action kz_misp_report_delete;

#endif
