/* A connection to another server: its address, our key there, what we may do.
 */
#ifndef KZ_WORK_SYNC_LINK_H
#define KZ_WORK_SYNC_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "net/fetch.h"
#include "work/errands.h"
#include "work/house.h"
#include "work/peers.h"
#include "work/rules.h"

enum { KZ_LINK_HEADERS = 4 };

struct kz_link {
  struct kz_house *house;
  struct kz_arena *arena;
  struct kz_errand *errand; /* NULL: nobody waits */
  uint64_t id;
  kz_str name;
  kz_str url;        /* without a slash at the end */
  struct kz_org org; /* ours: owner of what is pulled */
  uint32_t remote_org;
  bool push;
  bool pull;
  bool push_sightings;
  bool push_analyst;
  bool pull_analyst;
  bool pull_clusters;
  bool push_clusters;
  bool unpublishes;
  bool is_internal; /* no hops between the two */
  struct kz_rules push_rules;
  const struct kz_jsonv *pull_rules;
  kz_str etag; /* of the last list of events that was pulled whole */
  struct kz_param headers[KZ_LINK_HEADERS];
  size_t header_count;
  struct kz_fetch *fetch;
};

/* Opens the connection to server `id`; nothing is sent yet. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_link_open(struct kz_house *house, uint64_t id,
                               struct kz_arena *arena, struct kz_errand *errand,
                               struct kz_link *ret, struct kz_err *err);
void kz_link_done(struct kz_link *link);

/* The URL of a path there ("events/index"), in the link's arena. */
KZ_MUST_USE kz_rc kz_link_url(const struct kz_link *link, kz_str path,
                              kz_str *ret_url, struct kz_err *err);

/* Asks for a path: POST when `body` has a ptr, GET otherwise. Any status is
 * KZ_OK. */
KZ_MUST_USE kz_rc kz_link_ask(struct kz_link *link, const char *path,
                              kz_str body, unsigned *ret_status,
                              struct kz_buf *out, struct kz_err *err);
/* The same, and the answer as a tree; another status than 200 is KZ_E_IO or,
 * of 401 and 403, KZ_E_DENIED with the server's words. */
KZ_MUST_USE kz_rc kz_link_tree(struct kz_link *link, const char *path,
                               kz_str body, struct kz_jsonv **ret,
                               struct kz_err *err);

#endif
