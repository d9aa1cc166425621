#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum { PIECE = 64 << 10, READ_TIMEOUT_S = 20 };

struct source {
  struct wire_marks *marks;
  uint64_t left;
  uint64_t made;
  uint64_t fails_at;
  bool is_lines;
};

void wire_nap_ms(int ms) {
  struct timespec pause = {.tv_sec = ms / 1000,
                           .tv_nsec = (long)(ms % 1000) * 1000000L};
  (void)nanosleep(&pause, NULL);
}

static kz_rc fill(void *ctx, struct kz_buf *out) {
  struct source *s = ctx;
  s->made++;
  if (s->made == s->fails_at) {
    return KZ_E_CORRUPT;
  }
  if (s->is_lines) {
    (void)kz_buf_add_format(out, "line %llu\n", (unsigned long long)s->made);
  } else {
    char *room = kz_buf_room(out, PIECE);
    if (!room) {
      return KZ_E_MEMORY;
    }
    memset(room, 'a' + (int)(s->made % 26), PIECE);
    out->len += PIECE;
  }
  s->left--;
  return s->left == 0 ? KZ_END : KZ_OK;
}

static void close_stream(void *ctx, kz_rc how) {
  struct source *s = ctx;
  atomic_store(&s->marks->stream_how, how);
  atomic_fetch_add(&s->marks->stream_closed, 1);
}

static uint64_t number(const struct kz_request *request, const char *name) {
  uint64_t n = 1;
  (void)!kz_str_u64(kz_request_query(request, kz_str_of(name)), &n);
  return n;
}

static void reply_stream(struct wire_marks *marks,
                         const struct kz_request *request,
                         struct kz_reply *reply, uint64_t fails_at) {
  struct source *s = kz_arena_alloc(request->arena, sizeof *s);
  bool is_lines = kz_str_eq(request->path, KZ_STR("/lines"));
  *s = (struct source){.marks = marks,
                       .left = fails_at ? 10 : number(request, "n"),
                       .fails_at = fails_at,
                       .is_lines = is_lines};
  struct kz_stream stream = {.ctx = s, .fill = fill, .close = close_stream};
  kz_reply_stream(reply, KZ_STR("text/plain"), &stream);
}

static void reply_json(const struct kz_request *request,
                       struct kz_reply *reply) {
  KZ_BUF(out, WIRE_REPLY_MAX);
  uint64_t n = number(request, "n");
  for (uint64_t i = 0; i < n; i++) {
    (void)kz_buf_add_format(&out, "{\"row\":%llu},", (unsigned long long)i);
  }
  kz_reply_take(reply, KZ_STR("application/json"), &out);
}

static void reply_peer(const struct kz_request *request,
                       struct kz_reply *reply) {
  KZ_BUF(out, 256);
  (void)kz_buf_add_format(&out, "%.*s %s %s", KZ_STR_ARG(request->peer),
                          request->is_local ? "local" : "remote",
                          request->is_tls ? "tls" : "plain");
  if (request->is_local && request->local_uid != getuid()) {
    (void)kz_buf_add_str(&out, KZ_STR(" of a stranger"));
  }
  kz_reply_take(reply, KZ_STR("text/plain"), &out);
}

static void reply_slowly(struct wire_marks *marks,
                         const struct kz_request *request,
                         struct kz_reply *reply) {
  if (kz_str_eq(request->path, KZ_STR("/slow"))) {
    wire_nap_ms((int)number(request, "ms"));
    kz_reply_text(reply, KZ_STR("text/plain"), KZ_STR("slow"));
    return;
  }
  while (!kz_serve_is_stopping(request->server)) {
    wire_nap_ms(5);
  }
  atomic_store(&marks->gave_up, 1);
  kz_reply_text(reply, KZ_STR("text/plain"), KZ_STR("stopped"));
}

static void handle(void *ctx, const struct kz_request *request,
                   struct kz_reply *reply) {
  struct wire_marks *marks = ctx;
  kz_str path = request->path;
  atomic_fetch_add(&marks->handled, 1);
  if (kz_str_eq(path, KZ_STR("/hello"))) {
    kz_reply_text(reply, KZ_STR("text/plain"), KZ_STR("hello"));
  } else if (kz_str_eq(path, KZ_STR("/echo"))) {
    kz_reply_text(reply, KZ_STR("application/octet-stream"), request->body);
  } else if (kz_str_eq(path, KZ_STR("/peer"))) {
    reply_peer(request, reply);
  } else if (kz_str_eq(path, KZ_STR("/json"))) {
    reply_json(request, reply);
  } else if (kz_str_eq(path, KZ_STR("/stream")) ||
             kz_str_eq(path, KZ_STR("/lines"))) {
    reply_stream(marks, request, reply, 0);
  } else if (kz_str_eq(path, KZ_STR("/fail"))) {
    reply_stream(marks, request, reply, 1);
  } else if (kz_str_eq(path, KZ_STR("/fail-late"))) {
    reply_stream(marks, request, reply, 3);
  } else if (kz_str_eq(path, KZ_STR("/broken"))) {
    kz_reply_header(reply, KZ_STR("X"), KZ_STR("a\nb"));
  } else if (kz_str_eq(path, KZ_STR("/slow")) ||
             kz_str_eq(path, KZ_STR("/until-stopped"))) {
    reply_slowly(marks, request, reply);
  } else {
    kz_reply_error(reply, 404, KZ_STR("nothing here"));
  }
}

struct kz_serve_config wire_config(struct wire_marks *marks) {
  struct kz_serve_config config = kz_serve_defaults();
  config.host = "127.0.0.1";
  config.handle = handle;
  config.ctx = marks;
  return config;
}

struct kz_serve *wire_start(const struct kz_serve_config *config) {
  struct kz_serve *serve = NULL;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_serve_start(config, &serve, &err);
  assert_string_equal(err.text, "");
  assert_int_equal(rc, KZ_OK);
  return serve;
}

int wire_try_dial(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct timeval timeout = {.tv_sec = READ_TIMEOUT_S};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    (void)close(fd);
    return -1;
  }
  return fd;
}

int wire_dial(uint16_t port) {
  int fd = wire_try_dial(port);
  assert_true(fd >= 0);
  return fd;
}

/* What the server no longer wants is not the test's concern. */
void wire_send_bytes(int fd, kz_str bytes) {
  while (bytes.len > 0) {
    ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    if (sent <= 0) {
      return;
    }
    bytes = kz_str_from(bytes, (size_t)sent);
  }
}

void wire_send(int fd, const char *text) {
  wire_send_bytes(fd, kz_str_of(text));
}

static bool read_exactly(int fd, size_t len, struct kz_buf *out) {
  while (len > 0) {
    char *room = kz_buf_room(out, len);
    assert_non_null(room);
    ssize_t got = recv(fd, room, len, 0);
    if (got <= 0) {
      return false;
    }
    out->len += (size_t)got;
    len -= (size_t)got;
  }
  return true;
}

static bool read_until(int fd, const char *end, struct kz_buf *out) {
  while (!kz_str_ends(kz_buf_str(out), kz_str_of(end))) {
    if (!read_exactly(fd, 1, out)) {
      return false;
    }
  }
  return true;
}

kz_str wire_header(const struct wire_reply *reply, const char *name) {
  kz_str rest = kz_buf_str(&reply->head);
  kz_str line = KZ_STR_NONE;
  while (kz_str_next_line(&rest, &line)) {
    size_t colon = kz_str_find_byte(line, ':');
    if (colon != SIZE_MAX &&
        kz_str_eq_nocase(kz_str_head(line, colon), kz_str_of(name))) {
      return kz_str_trim(kz_str_from(line, colon + 1));
    }
  }
  return KZ_STR_NONE;
}

static bool read_chunks(int fd, struct kz_buf *body) {
  for (;;) {
    KZ_BUF(line, 64);
    if (!read_until(fd, "\r\n", &line)) {
      return false;
    }
    (void)kz_buf_add_byte(&line, '\0');
    size_t size = strtoul(line.ptr, NULL, 16);
    kz_buf_clear(&line);
    if (!read_exactly(fd, size, body) || !read_exactly(fd, 2, &line)) {
      return false;
    }
    if (size == 0) {
      return true;
    }
  }
}

static bool read_body(int fd, struct wire_reply *reply) {
  uint64_t length = 0;
  if (wire_header(reply, "Transfer-Encoding").ptr) {
    return read_chunks(fd, &reply->body);
  }
  kz_str declared = wire_header(reply, "Content-Length");
  if (declared.ptr) {
    assert_int_equal(kz_str_u64(declared, &length), KZ_OK);
  }
  return read_exactly(fd, (size_t)length, &reply->body);
}

void wire_read(int fd, bool is_head, struct wire_reply *ret) {
  *ret = (struct wire_reply){.head = {.max = 1 << 20},
                             .body = {.max = WIRE_REPLY_MAX}};
  if (!read_until(fd, "\r\n\r\n", &ret->head)) {
    ret->is_cut = true;
    return;
  }
  uint64_t status = 0;
  kz_str line = kz_buf_str(&ret->head);
  assert_true(kz_str_starts(line, KZ_STR("HTTP/1.1 ")));
  assert_int_equal(kz_str_u64(kz_str_head(kz_str_from(line, 9), 3), &status),
                   KZ_OK);
  ret->status = (unsigned)status;
  bool has_body = !is_head && status >= 200 && status != 204 && status != 304;
  ret->is_cut = has_body && !read_body(fd, ret);
}

void wire_reply_done(struct wire_reply *reply) {
  kz_buf_done(&reply->head);
  kz_buf_done(&reply->body);
}

unsigned wire_ask(int fd, const char *text, struct kz_buf *body) {
  struct wire_reply reply;
  wire_send(fd, text);
  wire_read(fd, false, &reply);
  unsigned status = reply.status;
  if (body) {
    kz_buf_done(body);
    *body = reply.body;
    reply.body = (struct kz_buf){0};
  }
  wire_reply_done(&reply);
  return status;
}

bool wire_is_closed(int fd) {
  char byte = 0;
  for (;;) {
    ssize_t got = recv(fd, &byte, 1, 0);
    if (got <= 0) {
      return got == 0 || errno == ECONNRESET;
    }
  }
}
