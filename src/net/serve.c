/* One libmicrohttpd daemon an I/O thread, none of which listens: a thread of
 * our own, the door, accepts and hands each connection to the next daemon.
 * Rejected: the library's own pool of listening threads. It cannot stop
 * listening without a race that aborts the process (MHD_quiesce_daemon against
 * a thread at its connection limit), and knows no time limit but silence. The
 * door also expires connections (net/conn.h).
 *
 * Order of stopping: the door, so that nothing new comes; idle connections;
 * then requests until the grace is over; then everything is cut, and we wait
 * for the exchanges to end, because a daemon must not be stopped while it has a
 * suspended connection. */
#define _GNU_SOURCE /* accept4 */
#include "net/serve.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/exchange.h"
#include "net/listen.h"

enum {
  IO_THREADS_MAX = 64,
  TICK_MS = 200,          /* how often connections are looked at */
  ACCEPT_BATCH = 64,      /* accepted from one socket before the other's turn */
  HEAD_MEMORY = 64 << 10, /* bytes a connection: what a head must fit in, and
                             the largest piece of a stream sent at once */
  STOP_POLL_MS = 5,
};

struct kz_serve {
  struct kz_serve_config config;
  struct kz_host host;
  struct MHD_Daemon *daemons[IO_THREADS_MAX];
  struct MHD_Daemon *local_daemon;
  size_t daemon_count;
  size_t next_daemon;
  int tcp_fd;
  int unix_fd;
  int wake_fd;
  uint16_t port;
  pthread_t door;
  bool has_door;
  char *unix_path;
  char *tls_cert; /* NUL-terminated */
  char *tls_key;
};

struct kz_serve_config kz_serve_defaults(void) {
  return (struct kz_serve_config){
      .io_threads = 2,
      .workers = 8,
      .local_workers = 8,
      .max_connections = 2048,
      .max_per_address = 256,
      .body_max = (size_t)256 << 20,
      .bodies_max = (size_t)1 << 30,
      .arena_max = (size_t)64 << 20,
      .header_us = 10 * KZ_SECOND_US,
      .idle_us = 60 * KZ_SECOND_US,
      .body_us = 30 * KZ_SECOND_US,
  };
}

static void hand_over(struct kz_serve *serve, int fd, bool is_local) {
  struct sockaddr_storage address = {0};
  socklen_t len = sizeof address;
  (void)getpeername(fd, (struct sockaddr *)&address, &len);
  struct MHD_Daemon *daemon = serve->local_daemon;
  if (!is_local) {
    daemon = serve->daemons[serve->next_daemon];
    serve->next_daemon = (serve->next_daemon + 1) % serve->daemon_count;
  }
  /* On failure the library has closed the socket. */
  (void)MHD_add_connection(daemon, fd, (struct sockaddr *)&address, len);
}

/* False when accepting makes no sense before the next tick (no descriptors
 * left). */
static bool accept_some(struct kz_serve *serve, int listener, bool is_local) {
  for (int i = 0; i < ACCEPT_BATCH; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    }
    hand_over(serve, fd, is_local);
  }
  return true;
}

/* TCP waits while the house is full; the owner of the machine does not. */
static void *keep_door(void *ctx) {
  struct kz_serve *serve = ctx;
  bool is_short = false;
  int64_t next_tick_us = 0;
  for (;;) {
    bool is_full = atomic_load(&serve->host.meter.connections) >=
                   serve->config.max_connections;
    struct pollfd waits[] = {
        {.fd = serve->wake_fd, .events = POLLIN},
        {.fd = is_short ? -1 : serve->unix_fd, .events = POLLIN},
        {.fd = is_short || is_full ? -1 : serve->tcp_fd, .events = POLLIN},
    };
    (void)poll(waits, sizeof waits / sizeof waits[0], TICK_MS);
    if (waits[0].revents != 0) {
      return NULL;
    }
    is_short = false;
    if (waits[1].revents != 0) {
      is_short = !accept_some(serve, serve->unix_fd, true);
    }
    if (waits[2].revents != 0) {
      is_short = !accept_some(serve, serve->tcp_fd, false) || is_short;
    }
    int64_t now_us = kz_clock_monotonic_us();
    if (now_us >= next_tick_us) {
      kz_conns_expire(&serve->host.conns, now_us);
      next_tick_us = now_us + TICK_MS * INT64_C(1000);
    }
  }
}

/* For text that is not to be undone here: the target is read by
 * kz_target_parse. */
static size_t keep_escapes(void *ctx, struct MHD_Connection *connection,
                           char *text) {
  (void)ctx;
  (void)connection;
  return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct kz_serve *serve, bool is_tls) {
  struct kz_host *host = &serve->host;
  unsigned idle_s = (unsigned)(serve->config.idle_us / KZ_SECOND_US) + 1;
  /* The spare ones are for connections that are closed but not forgotten. */
  unsigned connections = (unsigned)serve->config.max_connections + 64;
  char priorities[] = "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL";
  struct MHD_OptionItem tls[] = {
      {MHD_OPTION_HTTPS_MEM_CERT, 0, serve->tls_cert},
      {MHD_OPTION_HTTPS_MEM_KEY, 0, serve->tls_key},
      {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
      {MHD_OPTION_END, 0, NULL},
  };
  struct MHD_OptionItem *extra = is_tls ? tls : &tls[3];
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
                   MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                   (is_tls ? MHD_USE_TLS : 0U);
  return MHD_start_daemon(
      flags, 0, NULL, NULL, kz_exchange_step, host, MHD_OPTION_URI_LOG_CALLBACK,
      kz_exchange_begin, host, MHD_OPTION_NOTIFY_COMPLETED, kz_exchange_end,
      host, MHD_OPTION_NOTIFY_CONNECTION, kz_exchange_connection, host,
      MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
      MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT,
      idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MEMORY,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, extra, MHD_OPTION_END);
}

static kz_rc start_daemons(struct kz_serve *serve, struct kz_err *err) {
  size_t count = serve->tcp_fd >= 0 ? serve->config.io_threads : 0;
  bool is_tls = serve->tls_cert != NULL;
  for (size_t i = 0; i < count; i++) {
    serve->daemons[i] = start_daemon(serve, is_tls);
    if (!serve->daemons[i]) {
      return kz_err_set(err, is_tls ? KZ_E_INPUT : KZ_E_IO,
                        is_tls ? "the TLS certificate and key do not load"
                               : "cannot start a thread for HTTP");
    }
    serve->daemon_count++;
  }
  if (serve->unix_fd >= 0) {
    serve->local_daemon = start_daemon(serve, false);
    if (!serve->local_daemon) {
      return kz_err_set(err, KZ_E_IO, "cannot start a thread for HTTP");
    }
  }
  return KZ_OK;
}

static kz_rc start_listeners(struct kz_serve *serve, struct kz_err *err) {
  const struct kz_serve_config *config = &serve->config;
  if (config->host) {
    kz_rc rc = kz_listen_tcp(config->host, config->port, &serve->tcp_fd, err);
    if (rc != KZ_OK) {
      return rc;
    }
    serve->port = kz_listen_port(serve->tcp_fd);
  }
  if (config->unix_path) {
    kz_rc rc = kz_listen_unix(config->unix_path, &serve->unix_fd, err);
    if (rc != KZ_OK) {
      return rc;
    }
    serve->unix_path = strdup(config->unix_path);
  }
  serve->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  bool is_good =
      serve->wake_fd >= 0 && (serve->unix_path || !config->unix_path);
  return is_good ? KZ_OK : kz_err_set(err, KZ_E_IO, "%s", strerror(errno));
}

/* A connection has one job at most, besides those that clients who went away
 * left behind: submitting waits for those. */
static kz_rc start_workers(struct kz_serve *serve, struct kz_err *err) {
  struct kz_host *host = &serve->host;
  size_t waiting = serve->config.max_connections * 2;
  kz_rc rc = KZ_OK;
  if (serve->config.host) {
    rc = kz_pool_new(serve->config.workers, waiting, &host->workers, err);
  }
  if (rc == KZ_OK && serve->config.unix_path) {
    rc = kz_pool_new(serve->config.local_workers, waiting, &host->local_workers,
                     err);
  }
  return rc;
}

static kz_rc start_all(struct kz_serve *serve, struct kz_err *err) {
  if (!serve->tls_cert != !serve->tls_key) {
    return kz_err_set(err, KZ_E_INPUT,
                      "TLS needs both a certificate and its key");
  }
  kz_rc rc = start_listeners(serve, err);
  if (rc == KZ_OK) {
    rc = start_workers(serve, err);
  }
  if (rc == KZ_OK) {
    rc = start_daemons(serve, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  int state = pthread_create(&serve->door, NULL, keep_door, serve);
  if (state != 0) {
    return kz_err_set(err, KZ_E_IO, "cannot start a thread: %s",
                      strerror(state));
  }
  serve->has_door = true;
  return KZ_OK;
}

static char *dup_pem(kz_str pem) {
  return pem.len > 0 ? strndup(pem.ptr, pem.len) : NULL;
}

kz_rc kz_serve_start(const struct kz_serve_config *config,
                     struct kz_serve **ret, struct kz_err *err) {
  struct kz_serve *serve = calloc(1, sizeof *serve);
  if (!serve) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  serve->tcp_fd = -1;
  serve->unix_fd = -1;
  serve->wake_fd = -1;
  serve->config = *config;
  serve->host.handle = config->handle;
  serve->host.quick = config->quick;
  serve->host.ctx = config->ctx;
  serve->host.serve = serve;
  serve->host.body_max = config->body_max;
  serve->host.bodies_max = config->bodies_max;
  serve->host.arena_max = config->arena_max;
  if (config->io_threads == 0 || config->io_threads > IO_THREADS_MAX) {
    serve->config.io_threads = config->io_threads == 0 ? 1 : IO_THREADS_MAX;
  }
  struct kz_conns_limits limits = {.per_address = config->max_per_address,
                                   .header_us = config->header_us,
                                   .idle_us = config->idle_us,
                                   .body_us = config->body_us};
  kz_conns_init(&serve->host.conns, &limits, &serve->host.meter);
  serve->tls_cert = dup_pem(config->tls_cert);
  serve->tls_key = dup_pem(config->tls_key);
  kz_rc rc = start_all(serve, err);
  if (rc != KZ_OK) {
    kz_serve_stop(serve, 0);
    return rc;
  }
  *ret = serve;
  return KZ_OK;
}

uint16_t kz_serve_port(const struct kz_serve *serve) {
  return serve->port;
}

bool kz_serve_is_stopping(const struct kz_serve *serve) {
  return atomic_load(&serve->host.is_cut);
}

void kz_serve_stats(const struct kz_serve *serve, struct kz_serve_stats *ret) {
  kz_meter_read(&serve->host.meter, ret);
}

static void close_fd(int *fd) {
  if (*fd >= 0) {
    (void)close(*fd);
    *fd = -1;
  }
}

static void stop_door(struct kz_serve *serve) {
  uint64_t one = 1;
  if (serve->has_door) {
    (void)!write(serve->wake_fd, &one, sizeof one);
    (void)pthread_join(serve->door, NULL);
  }
  close_fd(&serve->tcp_fd);
  if (serve->unix_fd >= 0 && serve->unix_path) {
    (void)unlink(serve->unix_path);
  }
  close_fd(&serve->unix_fd);
  close_fd(&serve->wake_fd);
}

static bool has_exchanges(const struct kz_serve *serve) {
  return atomic_load(&serve->host.meter.in_flight) > 0;
}

static void nap(void) {
  struct timespec pause = {.tv_nsec = STOP_POLL_MS * 1000000L};
  (void)nanosleep(&pause, NULL);
}

/* Gives requests the grace, then cuts until none is left. */
static void end_exchanges(struct kz_serve *serve, int64_t grace_us) {
  struct kz_host *host = &serve->host;
  int64_t deadline_us = kz_clock_monotonic_us() + grace_us;
  atomic_store(&host->is_closing, true);
  while (has_exchanges(serve) && kz_clock_monotonic_us() < deadline_us) {
    kz_conns_cut(&host->conns, false);
    nap();
  }
  atomic_store(&host->is_cut, true);
  while (has_exchanges(serve)) {
    kz_conns_cut(&host->conns, true);
    nap();
  }
}

void kz_serve_stop(struct kz_serve *serve, int64_t grace_us) {
  if (!serve) {
    return;
  }
  stop_door(serve);
  end_exchanges(serve, grace_us);
  for (size_t i = 0; i < serve->daemon_count; i++) {
    MHD_stop_daemon(serve->daemons[i]);
  }
  if (serve->local_daemon) {
    MHD_stop_daemon(serve->local_daemon);
  }
  kz_pool_free(serve->host.workers);
  kz_pool_free(serve->host.local_workers);
  kz_conns_done(&serve->host.conns);
  free(serve->unix_path);
  free(serve->tls_cert);
  free(serve->tls_key);
  free(serve);
}
