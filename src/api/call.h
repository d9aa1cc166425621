/* One request on its way through the API: what every handler is given as its
 * `ctx` (struct kz_call *), valid until the handler returns. */
#ifndef KZ_API_CALL_H
#define KZ_API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "net/route.h"
#include "work/door.h"
#include "work/house.h"
#include "work/people.h"

struct kz_jobs;

struct kz_call {
  struct kz_house *house;
  struct kz_jobs *jobs;       /* long ones that outlive the call */
  const struct kz_user *user; /* who asks; NULL where no key is needed */
  struct kz_session session;  /* how he came; user 0: by a key */
  struct kz_door *door;       /* where people log in */
  bool is_owner;              /* the machine's owner, over the Unix socket */
  int64_t started_us;         /* when the API was made, monotonic */
  const struct kz_route_table *table; /* all routes, for printing */
};

#endif
