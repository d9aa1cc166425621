/* Load on a server that runs: clients over keep-alive connections, each with
 * one request under way, send the bodies of a file in turn until the time is
 * up. A client does as little as may be: a request is one piece of memory made
 * beforehand, of the answer only the head and the end are looked at.
 *
 * usage: bench_load PORT KEY PATH BODIES [SECONDS [CLIENTS]]
 *
 * BODIES holds one JSON body a line. Any answer but 200 ends it with 1. */
#define _GNU_SOURCE /* memmem */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum {
  CLIENTS_MAX = 64,
  SAMPLES_MAX = 1 << 20, /* latencies kept of one client */
  BODIES_MAX = 1 << 16,
  BODY_MAX = 1 << 16,   /* bytes of one */
  ANSWER_MAX = 1 << 22, /* bytes of one, head included */
};

struct request {
  char *text;
  size_t len;
};

struct load {
  uint16_t port;
  int64_t until_us;
  struct request *requests;
  size_t count;
};

struct client {
  pthread_t thread;
  const struct load *load;
  size_t next; /* request */
  uint32_t *samples;
  size_t count;
  uint64_t bytes; /* of answers */
  char *answer;
};

static _Noreturn void fail(const char *why) {
  (void)fprintf(stderr, "bench_load: %s\n", why);
  exit(1);
}

static void read_requests(struct load *load, char **words) {
  FILE *file = fopen(words[4], "r");
  char *line = NULL;
  size_t room = 0;
  ssize_t len = 0;
  load->requests = calloc(BODIES_MAX, sizeof *load->requests);
  if (!file || !load->requests) {
    fail("the bodies cannot be read");
  }
  while (load->count < BODIES_MAX && (len = getline(&line, &room, file)) > 1) {
    struct request *r = &load->requests[load->count++];
    int body = (int)(line[len - 1] == '\n' ? len - 1 : len);
    int size = BODY_MAX + 1024;
    r->text = body <= BODY_MAX ? malloc((size_t)size) : NULL;
    if (!r->text) {
      fail("a body is too long");
    }
    r->len = (size_t)snprintf(
        r->text, (size_t)size,
        "POST %.500s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %.80s\r\n"
        "Accept: application/json\r\nContent-Type: application/json\r\n"
        "Content-Length: %d\r\n\r\n%.*s",
        words[3], words[2], body, body, line);
  }
  free(line);
  (void)fclose(file);
  if (load->count == 0) {
    fail("there are no bodies");
  }
}

static int dial(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    fail("no connection");
  }
  return fd;
}

/* The length the head of an answer promises, or -1: it comes in chunks. */
static long promised(kz_str head) {
  static const char name[] = "content-length:";
  for (size_t i = 0; i + sizeof name <= head.len; i++) {
    if (strncasecmp(head.ptr + i, name, sizeof name - 1) == 0) {
      return strtol(head.ptr + i + sizeof name - 1, NULL, 10);
    }
  }
  return -1;
}

/* Whether the bytes so far are a whole answer. The last chunk of a stream is
 * the only thing that ends so: JSON has no bare line break. */
static bool is_whole(const char *bytes, size_t len) {
  static const char last[] = "\r\n0\r\n\r\n";
  const char *end = memmem(bytes, len, "\r\n\r\n", 4);
  if (!end) {
    return false;
  }
  size_t head = (size_t)(end - bytes) + 4;
  long body = promised((kz_str){bytes, head});
  if (body >= 0) {
    return len >= head + (size_t)body;
  }
  return len >= head + sizeof last - 1 &&
         memcmp(bytes + len - (sizeof last - 1), last, sizeof last - 1) == 0;
}

static void ask(struct client *c, int fd) {
  const struct request *r = &c->load->requests[c->next++ % c->load->count];
  size_t len = 0;
  if (send(fd, r->text, r->len, MSG_NOSIGNAL) != (ssize_t)r->len) {
    fail("a request could not be sent");
  }
  while (!is_whole(c->answer, len)) {
    ssize_t got = recv(fd, c->answer + len, ANSWER_MAX - len, 0);
    if (got <= 0) {
      fail(len == ANSWER_MAX ? "an answer is too long"
                             : "a connection was closed");
    }
    len += (size_t)got;
  }
  if (len < 12 || memcmp(c->answer + 8, " 200", 4) != 0) {
    (void)fprintf(stderr, "%.*s\n", (int)(len < 400 ? len : 400), c->answer);
    fail("an answer is not 200");
  }
  c->bytes += len;
}

static void *run_client(void *ctx) {
  struct client *c = ctx;
  int fd = dial(c->load->port);
  for (int64_t now = kz_clock_monotonic_us(); now < c->load->until_us;) {
    ask(c, fd);
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

static void run_load(struct load *load, int seconds, size_t clients) {
  static struct client all[CLIENTS_MAX];
  int64_t began_us = kz_clock_monotonic_us();
  load->until_us = began_us + seconds * KZ_SECOND_US;
  for (size_t i = 0; i < clients; i++) {
    all[i] = (struct client){
        .load = load,
        .next = i * load->count / clients,
        .samples = calloc(SAMPLES_MAX, sizeof *all[i].samples),
        .answer = malloc(ANSWER_MAX),
    };
    if (!all[i].samples || !all[i].answer ||
        pthread_create(&all[i].thread, NULL, run_client, &all[i]) != 0) {
      fail("a client could not be started");
    }
  }
  uint32_t *samples = calloc(clients * SAMPLES_MAX, sizeof *samples);
  size_t total = 0;
  size_t kept = 0;
  uint64_t bytes = 0;
  for (size_t i = 0; i < clients; i++) {
    (void)pthread_join(all[i].thread, NULL);
    size_t n = all[i].count < SAMPLES_MAX ? all[i].count : SAMPLES_MAX;
    if (samples) {
      memcpy(samples + kept, all[i].samples, n * sizeof *samples);
      kept += n;
    }
    total += all[i].count;
    bytes += all[i].bytes;
  }
  double wall = (double)(kz_clock_monotonic_us() - began_us) / 1e6;
  struct rusage usage = {0};
  (void)getrusage(RUSAGE_SELF, &usage);
  double own = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  if (kept == 0) {
    fail("no answer came");
  }
  qsort(samples, kept, sizeof *samples, by_size);
  printf("{\"bench\":\"load\",\"clients\":%zu,\"per_second\":%.0f,"
         "\"p50_us\":%u,\"p99_us\":%u,\"answer_bytes\":%.0f,"
         "\"client_us_each\":%.1f}\n",
         clients, (double)total / wall, samples[kept / 2],
         samples[kept * 99 / 100], (double)bytes / (double)total,
         own * 1e6 / (double)total);
  free(samples);
}

int main(int argc, char **argv) {
  int seconds = argc > 5 ? atoi(argv[5]) : 5;
  size_t clients = argc > 6 ? (size_t)atoi(argv[6]) : 8;
  if (argc < 5 || seconds < 1 || clients < 1 || clients > CLIENTS_MAX) {
    (void)fprintf(stderr, "usage: bench_load PORT KEY PATH BODIES "
                          "[SECONDS [CLIENTS]]\n");
    return 2;
  }
  struct load load = {.port = (uint16_t)atoi(argv[1])};
  read_requests(&load, argv);
  run_load(&load, seconds, clients);
  return 0;
}
