/* The native API's saved searches, and what is new to whoever asks. */
#ifndef KZ_API_NATIVE_SAVED_H
#define KZ_API_NATIVE_SAVED_H

#include "net/route.h"

kz_route_handler kz_native_saved_list;
kz_route_handler kz_native_saved_add;
kz_route_handler kz_native_saved_view;
kz_route_handler kz_native_saved_edit;
kz_route_handler kz_native_saved_remove;
kz_route_handler kz_native_saved_run;
kz_route_handler kz_native_changes;
kz_route_handler kz_native_changes_seen;

#endif
