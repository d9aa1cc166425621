/* Who is connected, and how long each may take.
 *
 * The HTTP library only knows silence: a client that sends one byte now and
 * then would keep its connection for ever. Here every connection carries the
 * phase it is in and since when, and kz_conns_expire cuts those that overstay:
 * it shuts the socket down, the library sees the end and closes it. */
#ifndef KZ_NET_CONN_H
#define KZ_NET_CONN_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"
#include "net/meter.h"

enum kz_phase {
  KZ_PHASE_OPENED, /* nothing understood yet */
  KZ_PHASE_IDLE,   /* between two requests */
  KZ_PHASE_HEADERS,
  KZ_PHASE_BODY,
  KZ_PHASE_BUSY, /* the server's turn: no limit here */
  KZ_PHASE_CUT,  /* for good */
};

struct kz_conn {
  struct kz_conn *older;
  struct kz_conn *newer;
  int fd; /* the library's; valid while the connection is listed */
  bool is_tls;
  bool is_local;
  uint32_t local_uid;
  struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d; all zero when local */
  char peer[INET6_ADDRSTRLEN];
  _Atomic uint64_t state;      /* phase and since when, see conn.c */
  _Atomic uint64_t body_bytes; /* received in this body */
};

struct kz_conns_limits {
  size_t per_address;
  int64_t header_us; /* from the connection's or the request's begin to the end
                        of the headers */
  int64_t idle_us;
  int64_t body_us; /* plus a second for each KZ_CONN_BODY_RATE bytes */
};

enum { KZ_CONN_BODY_RATE = 16 << 10 /* bytes a second; slower is too slow */ };

struct kz_conns {
  pthread_mutex_t lock;
  struct kz_conn *newest;
  struct kz_conns_limits limits;
  struct kz_meter *meter;
};

void kz_conns_init(struct kz_conns *conns, const struct kz_conns_limits *limits,
                   struct kz_meter *meter);
void kz_conns_done(struct kz_conns *conns);

/* Lists a connection of that socket; NULL when out of memory. An address with
 * too many gets one that is cut at once. The caller gives it back with
 * _remove, before the socket is closed. */
struct kz_conn *kz_conns_add(struct kz_conns *conns, int fd, bool is_tls);
void kz_conns_remove(struct kz_conns *conns, struct kz_conn *conn);

/* Begins a phase; false when the connection was cut: leave it then. */
bool kz_conn_enter(struct kz_conn *conn, enum kz_phase phase);

/* Writes a reply without a body ("413 Content Too Large") past the library,
 * which has nothing to write while a request is being read. Not over TLS. */
void kz_conn_say(const struct kz_conn *conn, const char *status);

/* Cuts what overstayed; a client that was in the middle of a request is told
 * 408 if that is possible. */
void kz_conns_expire(struct kz_conns *conns, int64_t now_us);

/* Cuts the connections without a request, or all. */
void kz_conns_cut(struct kz_conns *conns, bool all);

#endif
