/* The native API's questions: search, facets, events, correlate, export. */
#ifndef KZ_API_NATIVE_FIND_H
#define KZ_API_NATIVE_FIND_H

#include "api/call.h"
#include "base/jsonw.h"
#include "net/route.h"
#include "work/result.h"

kz_route_handler kz_native_search;
kz_route_handler kz_native_facets;
kz_route_handler kz_native_event;
kz_route_handler kz_native_correlate;
kz_route_handler kz_native_export;

/* Answers a question as /api/search does. */
void kz_native_answer_search(const struct kz_call *call,
                             const struct kz_request *request,
                             const struct kz_search *search,
                             struct kz_reply *reply);
/* One row of such an answer. */
void kz_native_write_row(struct kz_jsonw *w, const struct kz_result_row *row);

#endif
