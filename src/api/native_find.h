/* The native API's questions: search, facets, events, correlate, export. */
#ifndef KZ_API_NATIVE_FIND_H
#define KZ_API_NATIVE_FIND_H

#include "net/route.h"

kz_route_handler kz_native_search;
kz_route_handler kz_native_facets;
kz_route_handler kz_native_event;
kz_route_handler kz_native_correlate;
kz_route_handler kz_native_export;

#endif
