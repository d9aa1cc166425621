/* MISP's API at the root of the server, so far as analysts' scripts use it:
 * events, attributes, objects, references, tags, sightings, event reports and
 * restSearch. Paths, texts and statuses are MISP's; docs/user/misp-api.md lists
 * what is there. */
#ifndef KZ_API_MISP_H
#define KZ_API_MISP_H

#include "net/reply.h"
#include "net/request.h"
#include "net/route.h"
#include "work/house.h"
#include "work/people.h"

/* The rows of the root. They need a key, and the `ctx` of their handlers is a
 * struct kz_call. */
const struct kz_route_table *kz_misp_routes(void);

/* Answers a request of `user` for one of those rows; what the handlers call. */
void kz_misp_answer(struct kz_house *house, const struct kz_user *user,
                    const struct kz_request *request, struct kz_reply *reply);

#endif
