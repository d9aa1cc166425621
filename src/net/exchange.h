/* One request and its reply, as the HTTP library goes through them: what
 * serve.c registers with libmicrohttpd. Nothing else calls these. */
#ifndef KZ_NET_EXCHANGE_H
#define KZ_NET_EXCHANGE_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "net/conn.h"
#include "net/meter.h"
#include "net/reply.h"
#include "net/request.h"

/* What all exchanges of a server share. It outlives them. */
struct kz_host {
  void (*handle)(void *ctx, const struct kz_request *request,
                 struct kz_reply *reply);
  bool (*quick)(void *ctx, const struct kz_request *request); /* or NULL */
  void *ctx;                                                  /* of both */
  const struct kz_serve *serve;
  size_t body_max;   /* bytes, as in struct kz_serve_config */
  size_t bodies_max; /* bytes */
  size_t arena_max;  /* bytes */
  struct kz_pool *workers;
  struct kz_pool *local_workers;
  struct kz_conns conns;
  struct kz_meter meter;
  _Atomic uint64_t bodies_held; /* bytes */
  _Atomic bool is_closing;      /* no keep-alive from now on */
  _Atomic bool is_cut;          /* the grace is over */
};

/* In the order in which the library calls them: a connection opens; a request
 * line was read (the result goes to the others in *exchange); its headers, each
 * part of its body, its end; it was answered or lost; the connection closes. */
void kz_exchange_connection(void *host, struct MHD_Connection *connection,
                            void **conn,
                            enum MHD_ConnectionNotificationCode what);
void *kz_exchange_begin(void *host, const char *target,
                        struct MHD_Connection *connection);
enum MHD_Result kz_exchange_step(void *host, struct MHD_Connection *connection,
                                 const char *url, const char *method,
                                 const char *version, const char *data,
                                 size_t *size, void **exchange);
void kz_exchange_end(void *host, struct MHD_Connection *connection,
                     void **exchange, enum MHD_RequestTerminationCode why);

#endif
