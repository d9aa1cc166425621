/* admin/logs/... and audit_logs/...: the audit log in MISP's two shapes. */
#ifndef KZ_API_MISP_LOG_H
#define KZ_API_MISP_LOG_H

#include "api/misp_call.h"

kz_misp_action kz_misp_log_index;
kz_misp_action kz_misp_audit_log_index;

#endif
