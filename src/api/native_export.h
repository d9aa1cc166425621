/* /api/exports: everything that the caller sees, kept as files. */
#ifndef KZ_API_NATIVE_EXPORT_H
#define KZ_API_NATIVE_EXPORT_H

#include "net/route.h"

kz_route_handler kz_native_export_list;
kz_route_handler kz_native_export_saved;

#endif
