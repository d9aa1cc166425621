/* The native API's false positives: values that somebody called harmless. */
#ifndef KZ_API_NATIVE_FALSE_POSITIVE_H
#define KZ_API_NATIVE_FALSE_POSITIVE_H

#include "base/jsonv.h"
#include "base/jsonw.h"
#include "net/route.h"

void kz_native_false_positive_list(void *ctx, const struct kz_request *request,
                                   const struct kz_route_match *match,
                                   struct kz_reply *reply);
void kz_native_false_positive_add(void *ctx, const struct kz_request *request,
                                  const struct kz_route_match *match,
                                  struct kz_reply *reply);
void kz_native_false_positive_remove(void *ctx,
                                     const struct kz_request *request,
                                     const struct kz_route_match *match,
                                     struct kz_reply *reply);

/* {"id","value","why","by","since","until"} */
void kz_native_write_false_positive(struct kz_jsonw *w, uint64_t id,
                                    const struct kz_jsonv *mark);

#endif
