/* An HTTP/1.1 server over TCP (with TLS when given a certificate) and over a
 * Unix socket for the program's own command line.
 *
 * A few I/O threads move bytes; handlers and streams run on workers, so a slow
 * answer holds up nobody else, and the Unix socket has workers of its own, so
 * the owner of the machine always gets through. A handler is called when the
 * whole body is there, within limits, its Content-Encoding undone.
 *
 * What is refused before a handler sees it: 400 (target, headers, packing), 408
 * (slow), 413 and 415 (body), 414 and 431 (head), 500 (a failed reply), 501
 * (another Transfer-Encoding), 503 (no memory, stopping). Paths and methods are
 * the router's business (net/route.h). No Server header is sent. */
#ifndef KZ_NET_SERVE_H
#define KZ_NET_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "net/meter.h"
#include "net/reply.h"
#include "net/request.h"

struct kz_serve;

/* Writes the reply to a request. Runs on any worker, many at a time. */
typedef void kz_serve_handler(void *ctx, const struct kz_request *request,
                              struct kz_reply *reply);

/* Whether this request is surely answered within a millisecond without waiting
 * for anything: then it is answered on the I/O thread, which saves two changes
 * of thread. Called when the body is there, before it is unpacked. */
typedef bool kz_serve_quick(void *ctx, const struct kz_request *request);

struct kz_serve_config {
  const char *host;      /* address or name to listen on; NULL: no TCP */
  uint16_t port;         /* 0: a free one, see kz_serve_port */
  const char *unix_path; /* made with mode 0600; NULL: none */
  kz_str tls_cert;       /* PEM, the chain; empty: no TLS */
  kz_str tls_key;        /* PEM */
  size_t io_threads;
  size_t workers;       /* for TCP */
  size_t local_workers; /* for the Unix socket */
  size_t max_connections;
  size_t max_per_address; /* an IPv6 client's /64 is one address */
  size_t body_max;        /* bytes of one body, as received and unpacked */
  size_t bodies_max;      /* bytes received and held for all requests */
  size_t arena_max;       /* bytes of one request's arena */
  int64_t header_us;      /* to send the head of a request */
  int64_t idle_us;        /* between requests, and without reading a reply */
  int64_t body_us;        /* to send a body; a second more each 16 KiB */
  kz_serve_handler *handle;
  kz_serve_quick *quick; /* NULL: nothing is */
  void *ctx;             /* given to both */
};

/* Everything but where to listen and the handler. */
struct kz_serve_config kz_serve_defaults(void);

/* Listens and answers from now on, on threads of its own. Of the config, ctx
 * must outlive the server, the rest is copied. On failure nothing is left
 * behind: KZ_E_BUSY when somebody listens there already, KZ_E_INPUT for a
 * certificate that does not load, KZ_E_IO. */
KZ_MUST_USE kz_rc kz_serve_start(const struct kz_serve_config *config,
                                 struct kz_serve **ret, struct kz_err *err);

/* The TCP port it listens on, 0 without TCP. */
uint16_t kz_serve_port(const struct kz_serve *serve);

/* Stops and frees: takes no new connections, lets requests finish for up to
 * `grace_us`, then cuts the rest and returns when the last handler has. NULL is
 * fine. */
void kz_serve_stop(struct kz_serve *serve, int64_t grace_us);

/* Whether the grace is over: a long handler asks now and then and gives up. */
bool kz_serve_is_stopping(const struct kz_serve *serve);

void kz_serve_stats(const struct kz_serve *serve, struct kz_serve_stats *ret);

#endif
