/* The native API's verbs about the program and its store itself. */
#ifndef KZ_API_NATIVE_KEEP_H
#define KZ_API_NATIVE_KEEP_H

#include "net/route.h"

kz_route_handler kz_native_health;
kz_route_handler kz_native_stats;
kz_route_handler kz_native_metrics;
kz_route_handler kz_native_openapi;
kz_route_handler kz_native_backup;
kz_route_handler kz_native_key_reset;
kz_route_handler kz_native_settle;

#endif
