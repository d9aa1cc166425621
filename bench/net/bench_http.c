/* What the HTTP server costs by itself: requests a second for 78 bytes of JSON
 * over keep-alive connections, answered by a worker and answered at once
 * ("quick"), and a stream of 1 GB. The server runs in a child process, so that
 * its processor time and memory can be told from the clients'.
 *
 * usage: bench_http [SECONDS [CLIENTS]] */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/serve.h"

enum {
  CLIENTS_MAX = 64,
  SAMPLES_MAX = 1 << 20, /* latencies kept of one client */
  STREAM_PIECES = 16384, /* of 64 KiB: 1 GiB */
};

static const char answer[] =
    "{\"found\":[{\"value\":\"192.0.2.1\",\"events\":3,"
    "\"first_seen\":\"2026-01-01\"}],\"n\":1}";
static const char ask[] = "GET /api/ask HTTP/1.1\r\nHost: x\r\n\r\n";

static kz_rc fill(void *ctx, struct kz_buf *out) {
  unsigned *left = ctx;
  char *room = kz_buf_room(out, KZ_STREAM_CHUNK);
  if (!room) {
    return KZ_E_MEMORY;
  }
  memset(room, 'x', KZ_STREAM_CHUNK);
  out->len += KZ_STREAM_CHUNK;
  *left -= 1;
  return *left == 0 ? KZ_END : KZ_OK;
}

static void close_stream(void *ctx, kz_rc how) {
  (void)ctx;
  (void)how;
}

static void handle(void *ctx, const struct kz_request *request,
                   struct kz_reply *reply) {
  (void)ctx;
  if (!kz_str_eq(request->path, KZ_STR("/stream"))) {
    kz_reply_text(reply, KZ_STR("application/json"), kz_str_of(answer));
    return;
  }
  unsigned *left = kz_arena_alloc(request->arena, sizeof *left);
  *left = STREAM_PIECES;
  struct kz_stream stream = {.ctx = left, .fill = fill, .close = close_stream};
  kz_reply_stream(reply, KZ_STR("text/plain"), &stream);
}

static bool always(void *ctx, const struct kz_request *request) {
  (void)ctx;
  (void)request;
  return true;
}

/* The child: tells its port, serves until told to stop. */
static void serve(bool is_quick, int port_to, int stop_from) {
  struct kz_serve_config config = kz_serve_defaults();
  config.host = "127.0.0.1";
  config.handle = handle;
  config.quick = is_quick ? always : NULL;
  struct kz_serve *server = NULL;
  if (kz_serve_start(&config, &server, NULL) != KZ_OK) {
    _exit(1);
  }
  uint16_t port = kz_serve_port(server);
  char stop = 0;
  if (write(port_to, &port, sizeof port) != sizeof port ||
      read(stop_from, &stop, 1) < 0) {
    _exit(1);
  }
  kz_serve_stop(server, 0);
  _exit(0);
}

struct server {
  pid_t pid;
  uint16_t port;
  int stop_to;
};

static struct server start_server(bool is_quick) {
  int port[2];
  int stop[2];
  struct server s = {0};
  if (pipe(port) != 0 || pipe(stop) != 0) {
    exit(1);
  }
  s.pid = fork();
  if (s.pid == 0) {
    (void)close(stop[1]);
    serve(is_quick, port[1], stop[0]);
  }
  (void)close(port[1]);
  (void)close(stop[0]);
  if (read(port[0], &s.port, sizeof s.port) != sizeof s.port) {
    exit(1);
  }
  (void)close(port[0]);
  s.stop_to = stop[1];
  return s;
}

static struct rusage stop_server(const struct server *s) {
  struct rusage usage = {0};
  (void)close(s->stop_to);
  (void)wait4(s->pid, NULL, 0, &usage);
  return usage;
}

static double seconds_of(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int dial(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    exit(1);
  }
  return fd;
}

struct client {
  pthread_t thread;
  uint16_t port;
  int64_t until_us;
  uint32_t *samples;
  size_t count;
};

/* An answer comes in one packet: it is shorter than any buffer on the way. */
static void *run_client(void *ctx) {
  struct client *c = ctx;
  char answer_text[1024];
  int fd = dial(c->port);
  for (int64_t now = kz_clock_monotonic_us(); now < c->until_us;) {
    if (send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) < 0 ||
        recv(fd, answer_text, sizeof answer_text, 0) <= 0) {
      exit(1);
    }
    int64_t then = kz_clock_monotonic_us();
    if (c->count < SAMPLES_MAX) {
      c->samples[c->count] = (uint32_t)(then - now);
    }
    c->count++;
    now = then;
  }
  (void)close(fd);
  return NULL;
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a;
  uint32_t y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void bench_requests(const char *name, bool is_quick, int seconds,
                           size_t clients) {
  struct server server = start_server(is_quick);
  struct client all[CLIENTS_MAX] = {0};
  int64_t began_us = kz_clock_monotonic_us();
  for (size_t i = 0; i < clients; i++) {
    all[i].port = server.port;
    all[i].until_us = began_us + seconds * KZ_SECOND_US;
    all[i].samples = calloc(SAMPLES_MAX, sizeof *all[i].samples);
    (void)pthread_create(&all[i].thread, NULL, run_client, &all[i]);
  }
  size_t total = 0;
  size_t kept = 0;
  uint32_t *samples = calloc(clients * SAMPLES_MAX, sizeof *samples);
  for (size_t i = 0; i < clients; i++) {
    (void)pthread_join(all[i].thread, NULL);
    size_t n = all[i].count < SAMPLES_MAX ? all[i].count : SAMPLES_MAX;
    memcpy(samples + kept, all[i].samples, n * sizeof *samples);
    kept += n;
    total += all[i].count;
    free(all[i].samples);
  }
  double wall = (double)(kz_clock_monotonic_us() - began_us) / 1e6;
  struct rusage usage = stop_server(&server);
  double cpu = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  qsort(samples, kept, sizeof *samples, by_size);
  printf("\"%s\":{\"clients\":%zu,\"per_second\":%.0f,\"per_cpu_second\":%.0f,"
         "\"p50_us\":%u,\"p99_us\":%u,\"max_resident_kb\":%ld},",
         name, clients, (double)total / wall, (double)total / cpu,
         samples[kept / 2], samples[kept * 99 / 100], usage.ru_maxrss);
  free(samples);
}

static void bench_stream(void) {
  static const char get[] = "GET /stream HTTP/1.1\r\nHost: x\r\n"
                            "Connection: close\r\n\r\n";
  struct server server = start_server(false);
  int64_t began_us = kz_clock_monotonic_us();
  int fd = dial(server.port);
  char *block = malloc(1 << 18);
  double bytes = 0;
  ssize_t got = block ? send(fd, get, sizeof get - 1, 0) : 0;
  while (got > 0) {
    got = recv(fd, block, 1 << 18, 0);
    bytes += got > 0 ? (double)got : 0;
  }
  double wall = (double)(kz_clock_monotonic_us() - began_us) / 1e6;
  free(block);
  (void)close(fd);
  struct rusage usage = stop_server(&server);
  printf("\"stream\":{\"mb\":%.0f,\"seconds\":%.2f,\"max_resident_kb\":%ld}",
         bytes / 1e6, wall, usage.ru_maxrss);
}

int main(int argc, char **argv) {
  int seconds = argc > 1 ? atoi(argv[1]) : 3;
  size_t clients = argc > 2 ? (size_t)atoi(argv[2]) : 16;
  if (seconds < 1 || clients < 1 || clients > CLIENTS_MAX) {
    (void)fprintf(stderr, "usage: bench_http [SECONDS [CLIENTS]]\n");
    return 2;
  }
  (void)setvbuf(stdout, NULL, _IONBF, 0);
  printf("{");
  bench_requests("worker", false, seconds, clients);
  bench_requests("worker_one_client", false, seconds, 1);
  bench_requests("quick", true, seconds, clients);
  bench_requests("quick_one_client", true, seconds, 1);
  bench_stream();
  printf("}\n");
  return 0;
}
