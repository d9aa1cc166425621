/* Background jobs and feeds over the native API. */
#ifndef KZ_API_NATIVE_ERRAND_H
#define KZ_API_NATIVE_ERRAND_H

#include "net/route.h"

void kz_native_errand_list(void *ctx, const struct kz_request *request,
                           const struct kz_route_match *match,
                           struct kz_reply *reply);
void kz_native_errand_view(void *ctx, const struct kz_request *request,
                           const struct kz_route_match *match,
                           struct kz_reply *reply);
void kz_native_errand_cancel(void *ctx, const struct kz_request *request,
                             const struct kz_route_match *match,
                             struct kz_reply *reply);
void kz_native_feed_list(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply);

#endif
