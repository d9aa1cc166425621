/* Logging in and out with a password, and what a user changes of that. */
#ifndef KZ_API_NATIVE_PEOPLE_H
#define KZ_API_NATIVE_PEOPLE_H

#include "net/route.h"

kz_route_handler kz_native_login; /* needs no key */
kz_route_handler kz_native_logout;
kz_route_handler kz_native_me;
kz_route_handler kz_native_password;
kz_route_handler kz_native_totp;
kz_route_handler kz_native_totp_confirm;
kz_route_handler kz_native_totp_remove;

#endif
