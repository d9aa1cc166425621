/* A small HTTP client for the program's own server, over its Unix socket: how a
 * command runs its verb inside the process that owns the store. */
#ifndef KZ_NET_CLIENT_H
#define KZ_NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "net/request.h"

struct kz_buf;

struct kz_client_call {
  const char *socket_path;
  enum kz_method method;
  const char *target; /* path and query, percent-encoded: "/api/stats?x=1" */
  const struct kz_param *headers;
  size_t header_count;
  kz_str body;
  /* Takes the answer's body as it comes, already unpacked; the status is known
   * by then. Not KZ_OK ends the call with that code. */
  kz_rc (*sink)(void *ctx, unsigned status, kz_str part);
  /* Asked about once a second: whether to give up (KZ_E_STOPPED). NULL: never.
   */
  bool (*is_cancelled)(void *ctx);
  void *ctx;
};

/* Makes the call and waits for its end, however long that takes. KZ_OK with
 * any status. KZ_NOT_FOUND: nobody listens at the socket, so no server runs;
 * KZ_E_DENIED: it is another user's; KZ_E_IO: the answer broke off. */
KZ_MUST_USE kz_rc kz_client_run(const struct kz_client_call *call,
                                unsigned *ret_status, struct kz_err *err);

/* Appends `text` with everything but letters, digits and "-._~"
 * percent-encoded: one segment of a path or one value of a query. */
void kz_client_escape(kz_str text, struct kz_buf *out);

#endif
