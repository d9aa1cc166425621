/* The native API's verb ask. */
#ifndef KZ_API_NATIVE_ASK_H
#define KZ_API_NATIVE_ASK_H

#include "net/route.h"

kz_route_handler kz_native_ask;

#endif
