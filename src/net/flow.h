/* A streamed body on its way: one piece is being sent while a worker makes the
 * next, so memory is two pieces however long the body is, and a slow client
 * holds up its own stream only.
 *
 * Knows nothing of the HTTP library: whoever sends is parked and woken by two
 * callbacks. */
#ifndef KZ_NET_FLOW_H
#define KZ_NET_FLOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/pool.h"
#include "base/rc.h"
#include "base/str.h"
#include "net/reply.h"

struct kz_flow;

struct kz_flow_config {
  struct kz_stream stream;
  bool is_packed;           /* with gzip */
  struct kz_pool *workers;  /* where pieces are made */
  const _Atomic bool *stop; /* when set, the stream fails with KZ_E_STOPPED */
  void (*park)(void *ctx);  /* the sender has to wait */
  void (*wake)(void *ctx);  /* and may read again; never before its park */
  void (*gone)(void *ctx);  /* the stream is closed and the flow freed: the
                               last call, from any thread */
  void *ctx;
};

/* Takes the stream over. NULL when out of memory: the stream is closed then,
 * and gone is not called. */
struct kz_flow *kz_flow_new(const struct kz_flow_config *config);

/* Makes the first piece here and now. KZ_OK: there is more to come; KZ_END:
 * `*ret_whole` is the whole body, valid until the flow is left; a failure:
 * nothing was made. */
KZ_MUST_USE kz_rc kz_flow_begin(struct kz_flow *flow, kz_str *ret_whole);

/* The sender takes up to `max` bytes. KZ_OK: `*ret_len` of them, at least one;
 * KZ_UNCHANGED: none now, park was called; KZ_END; or the stream's failure. */
KZ_MUST_USE kz_rc kz_flow_read(struct kz_flow *flow, char *out, size_t max,
                               size_t *ret_len);

/* The sender is gone and reads no more. The flow ends with the piece that is
 * being made. */
void kz_flow_leave(struct kz_flow *flow);

#endif
