/* The native API's libraries: what is loaded, and loading. */
#ifndef KZ_API_NATIVE_LIBRARY_H
#define KZ_API_NATIVE_LIBRARY_H

#include "net/route.h"

void kz_native_library_list(void *ctx, const struct kz_request *request,
                            const struct kz_route_match *match,
                            struct kz_reply *reply);
void kz_native_library_update(void *ctx, const struct kz_request *request,
                              const struct kz_route_match *match,
                              struct kz_reply *reply);

#endif
