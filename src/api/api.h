/* The faces of the program over HTTP: the native API under /api and MISP's at
 * the root. One handler for the server and for the command line, which calls
 * it without a network when no server runs. */
#ifndef KZ_API_API_H
#define KZ_API_API_H

#include "base/err.h"
#include "base/rc.h"
#include "net/reply.h"
#include "net/request.h"
#include "work/house.h"

struct kz_api;

/* Makes the faces of a house, which must outlive them. The caller owns it. */
KZ_MUST_USE kz_rc kz_api_new(struct kz_house *house, struct kz_api **ret_api,
                             struct kz_err *err);
void kz_api_free(struct kz_api *api);

/* Answers a request; `ctx` is the struct kz_api. A kz_serve_handler. */
void kz_api_handle(void *ctx, const struct kz_request *request,
                   struct kz_reply *reply);
/* A kz_serve_quick. */
bool kz_api_is_quick(void *ctx, const struct kz_request *request);

#endif
