/* Phase and time are one 64-bit word, changed by compare-and-swap: either the
 * library's thread moves a connection on or expire cuts it, never both, so a
 * 408 cannot land in the middle of a reply. The lock guards the list, and that
 * a listed socket is still open. */
#define _GNU_SOURCE /* struct ucred */
#include "net/conn.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/clock.h"

enum { PHASE_BITS = 3 };

static uint64_t pack(enum kz_phase phase, int64_t since_us) {
  return (uint64_t)since_us << PHASE_BITS | (uint64_t)phase;
}

static enum kz_phase phase_of(uint64_t state) {
  return (enum kz_phase)(state & ((1U << PHASE_BITS) - 1));
}

static int64_t since_of(uint64_t state) {
  return (int64_t)(state >> PHASE_BITS);
}

void kz_conns_init(struct kz_conns *conns, const struct kz_conns_limits *limits,
                   struct kz_meter *meter) {
  *conns = (struct kz_conns){.limits = *limits, .meter = meter};
  (void)pthread_mutex_init(&conns->lock, NULL);
}

void kz_conns_done(struct kz_conns *conns) {
  (void)pthread_mutex_destroy(&conns->lock);
}

static void read_local_peer(struct kz_conn *conn) {
  struct ucred peer = {.uid = UINT32_MAX};
  socklen_t len = sizeof peer;
  conn->is_local = true;
  (void)getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
  conn->local_uid = peer.uid;
}

static void read_peer(struct kz_conn *conn) {
  struct sockaddr_storage address = {0};
  socklen_t len = sizeof address;
  conn->local_uid = UINT32_MAX;
  if (getpeername(conn->fd, (struct sockaddr *)&address, &len) != 0) {
    return;
  }
  if (address.ss_family == AF_UNIX) {
    read_local_peer(conn);
  } else if (address.ss_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, &address, sizeof v4);
    conn->address.s6_addr[10] = 0xff;
    conn->address.s6_addr[11] = 0xff;
    memcpy(&conn->address.s6_addr[12], &v4.sin_addr, sizeof v4.sin_addr);
  } else if (address.ss_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, &address, sizeof v6);
    conn->address = v6.sin6_addr;
  }
}

static void write_peer(struct kz_conn *conn) {
  if (conn->is_local) {
    return;
  }
  bool is_v4 = IN6_IS_ADDR_V4MAPPED(&conn->address);
  const uint8_t *bytes = conn->address.s6_addr + (is_v4 ? 12 : 0);
  (void)inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes, conn->peer,
                  sizeof conn->peer);
}

/* An IPv6 client owns its whole /64 and may use any address of it. */
static bool is_same_client(const struct kz_conn *a, const struct kz_conn *b) {
  bool is_v4 = IN6_IS_ADDR_V4MAPPED(&a->address);
  return memcmp(&a->address, &b->address, is_v4 ? 16 : 8) == 0 &&
         IN6_IS_ADDR_V4MAPPED(&b->address) == is_v4;
}

static size_t count_same(const struct kz_conns *conns,
                         const struct kz_conn *conn) {
  size_t count = 0;
  for (const struct kz_conn *c = conns->newest; c; c = c->older) {
    count += !c->is_local && is_same_client(c, conn);
  }
  return count;
}

static void cut(struct kz_conn *conn) {
  atomic_store(&conn->state, pack(KZ_PHASE_CUT, 0));
  (void)shutdown(conn->fd, SHUT_RDWR);
}

struct kz_conn *kz_conns_add(struct kz_conns *conns, int fd, bool is_tls) {
  struct kz_conn *conn = calloc(1, sizeof *conn);
  if (!conn) {
    return NULL;
  }
  conn->fd = fd;
  conn->is_tls = is_tls;
  read_peer(conn);
  write_peer(conn);
  (void)kz_conn_enter(conn, KZ_PHASE_OPENED);
  (void)pthread_mutex_lock(&conns->lock);
  bool is_one_too_many =
      !conn->is_local && count_same(conns, conn) >= conns->limits.per_address;
  conn->older = conns->newest;
  if (conns->newest) {
    conns->newest->newer = conn;
  }
  conns->newest = conn;
  if (is_one_too_many) {
    cut(conn);
    atomic_fetch_add(&conns->meter->connections_refused, 1);
  }
  (void)pthread_mutex_unlock(&conns->lock);
  atomic_fetch_add(&conns->meter->connections_ever, 1);
  return conn;
}

void kz_conns_remove(struct kz_conns *conns, struct kz_conn *conn) {
  (void)pthread_mutex_lock(&conns->lock);
  if (conn->newer) {
    conn->newer->older = conn->older;
  } else {
    conns->newest = conn->older;
  }
  if (conn->older) {
    conn->older->newer = conn->newer;
  }
  (void)pthread_mutex_unlock(&conns->lock);
  free(conn);
}

bool kz_conn_enter(struct kz_conn *conn, enum kz_phase phase) {
  uint64_t next = pack(phase, kz_clock_monotonic_us());
  uint64_t state = atomic_load(&conn->state);
  do {
    if (phase_of(state) == KZ_PHASE_CUT) {
      return false;
    }
  } while (!atomic_compare_exchange_weak(&conn->state, &state, next));
  return true;
}

static int64_t allowance(const struct kz_conns_limits *limits,
                         const struct kz_conn *conn, enum kz_phase phase) {
  switch (phase) {
  case KZ_PHASE_OPENED:
  case KZ_PHASE_HEADERS:
    return limits->header_us;
  case KZ_PHASE_IDLE:
    return limits->idle_us;
  case KZ_PHASE_BODY:
    return limits->body_us +
           (int64_t)(atomic_load(&conn->body_bytes) / KZ_CONN_BODY_RATE) *
               KZ_SECOND_US;
  case KZ_PHASE_BUSY:
  case KZ_PHASE_CUT:
    return INT64_MAX;
  }
  return INT64_MAX;
}

/* Whether a client that has just connected sent anything: browsers open
 * connections ahead of need and must not find a 408 in them later. */
static bool has_sent(const struct kz_conn *conn) {
  struct tcp_info info = {0};
  socklen_t len = sizeof info;
  return getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
         info.tcpi_bytes_received > 0;
}

void kz_conn_say(const struct kz_conn *conn, const char *status) {
  char text[128];
  int len = snprintf(text, sizeof text,
                     "HTTP/1.1 %s\r\nConnection: close\r\n"
                     "Content-Length: 0\r\n\r\n",
                     status);
  if (!conn->is_tls && len > 0 && (size_t)len < sizeof text) {
    (void)send(conn->fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

static void tell_late(const struct kz_conn *conn, enum kz_phase phase) {
  if (phase == KZ_PHASE_HEADERS || phase == KZ_PHASE_BODY ||
      (phase == KZ_PHASE_OPENED && has_sent(conn))) {
    kz_conn_say(conn, "408 Request Timeout");
  }
}

static void expire_one(struct kz_conns *conns, struct kz_conn *conn,
                       int64_t now_us) {
  uint64_t state = atomic_load(&conn->state);
  enum kz_phase phase = phase_of(state);
  if (now_us - since_of(state) <= allowance(&conns->limits, conn, phase) ||
      !atomic_compare_exchange_strong(&conn->state, &state,
                                      pack(KZ_PHASE_CUT, 0))) {
    return;
  }
  if (phase != KZ_PHASE_IDLE) {
    atomic_fetch_add(&conns->meter->timed_out, 1);
  }
  tell_late(conn, phase);
  (void)shutdown(conn->fd, SHUT_RDWR);
}

void kz_conns_expire(struct kz_conns *conns, int64_t now_us) {
  (void)pthread_mutex_lock(&conns->lock);
  for (struct kz_conn *c = conns->newest; c; c = c->older) {
    expire_one(conns, c, now_us);
  }
  (void)pthread_mutex_unlock(&conns->lock);
}

void kz_conns_cut(struct kz_conns *conns, bool all) {
  (void)pthread_mutex_lock(&conns->lock);
  for (struct kz_conn *c = conns->newest; c; c = c->older) {
    uint64_t state = atomic_load(&c->state);
    enum kz_phase phase = phase_of(state);
    bool is_waiting = phase == KZ_PHASE_OPENED || phase == KZ_PHASE_IDLE;
    if (all) {
      cut(c);
    } else if (is_waiting && atomic_compare_exchange_strong(
                                 &c->state, &state, pack(KZ_PHASE_CUT, 0))) {
      (void)shutdown(c->fd, SHUT_RDWR);
    }
  }
  (void)pthread_mutex_unlock(&conns->lock);
}
