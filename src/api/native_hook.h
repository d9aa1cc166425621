/* /api/hooks: webhooks and mail. Administrators only. */
#ifndef KZ_API_NATIVE_HOOK_H
#define KZ_API_NATIVE_HOOK_H

#include "net/route.h"

kz_route_handler kz_native_hook_list;
kz_route_handler kz_native_hook_add;
kz_route_handler kz_native_hook_edit;
kz_route_handler kz_native_hook_remove;
kz_route_handler kz_native_hook_test;
kz_route_handler kz_native_hook_deliveries;

#endif
