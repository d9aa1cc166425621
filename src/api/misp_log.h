/* admin/logs and audit_logs: who changed what. */
#ifndef KZ_API_MISP_LOG_H
#define KZ_API_MISP_LOG_H

#include "api/misp_call.h"

kz_misp_action kz_misp_log_index;

#endif
