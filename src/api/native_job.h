/* The native API's long verbs: import and verify. */
#ifndef KZ_API_NATIVE_JOB_H
#define KZ_API_NATIVE_JOB_H

#include "net/route.h"

kz_route_handler kz_native_import;
kz_route_handler kz_native_verify;

#endif
