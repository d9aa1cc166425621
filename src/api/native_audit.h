/* /api/audit and /api/history: who changed what. */
#ifndef KZ_API_NATIVE_AUDIT_H
#define KZ_API_NATIVE_AUDIT_H

#include "net/route.h"

kz_route_handler kz_native_audit;
kz_route_handler kz_native_audit_export;
kz_route_handler kz_native_history;

#endif
