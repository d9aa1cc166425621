#include "test.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "net/client.h"
#include "net/coding.h"
#include "wire.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static struct wire_marks marks;
static struct kz_serve *serve;
static char folder[] = "/tmp/kizashi-serve-XXXXXX";
static char socket_path[64];

static int start(void **state) {
  (void)state;
  if (!mkdtemp(folder)) {
    return -1;
  }
  (void)snprintf(socket_path, sizeof socket_path, "%s/socket", folder);
  struct kz_serve_config config = wire_config(&marks);
  config.unix_path = socket_path;
  serve = wire_start(&config);
  return 0;
}

static int stop(void **state) {
  (void)state;
  kz_serve_stop(serve, KZ_SECOND_US);
  return rmdir(folder); /* works only when the socket is gone */
}

static void connection_is_kept_for_many_requests(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  for (int i = 0; i < 100; i++) {
    KZ_BUF(body, 64);
    assert_int_equal(wire_ask(fd, GET("/hello"), &body), 200);
    assert_true(kz_str_eq(kz_buf_str(&body), KZ_STR("hello")));
  }
  (void)close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  KZ_BUF(all, 1 << 20);
  for (int i = 0; i < 50; i++) {
    (void)kz_buf_add_format(&all,
                            "POST /echo HTTP/1.1\r\nHost: x\r\n"
                            "Content-Length: 4\r\n\r\n%04d",
                            i);
  }
  wire_send_bytes(fd, kz_buf_str(&all));
  for (int i = 0; i < 50; i++) {
    char expected[5];
    struct wire_reply reply;
    wire_read(fd, false, &reply);
    (void)snprintf(expected, sizeof expected, "%04d", i);
    assert_int_equal(reply.status, 200);
    assert_true(kz_str_eq(kz_buf_str(&reply.body), kz_str_of(expected)));
    wire_reply_done(&reply);
  }
  (void)close(fd);
}

struct echo_client {
  pthread_t thread;
  int id;
  int wrong;
};

/* Bodies of many sizes, so that some come in one part and some in many. */
static void *run_echo_client(void *ctx) {
  struct echo_client *c = ctx;
  int fd = wire_dial(kz_serve_port(serve));
  for (int i = 0; i < 100; i++) {
    KZ_BUF(text, 1 << 20);
    KZ_BUF(sent, 1 << 20);
    size_t len = (size_t)(c->id * 7919 + i * 104729) % 60000;
    while (sent.len < len) {
      (void)kz_buf_add_format(&sent, "client %d request %d,", c->id, i);
    }
    (void)kz_buf_add_format(&text,
                            "POST /echo HTTP/1.1\r\nHost: x\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            sent.len);
    (void)kz_buf_add_str(&text, kz_buf_str(&sent));
    wire_send_bytes(fd, kz_buf_str(&text));
    struct wire_reply reply;
    wire_read(fd, false, &reply);
    c->wrong += reply.status != 200 ||
                !kz_str_eq(kz_buf_str(&reply.body), kz_buf_str(&sent));
    wire_reply_done(&reply);
  }
  (void)close(fd);
  return NULL;
}

static void many_clients_get_each_their_own_answer(void **state) {
  (void)state;
  struct echo_client clients[24] = {0};
  for (int i = 0; i < 24; i++) {
    clients[i].id = i;
    assert_int_equal(
        pthread_create(&clients[i].thread, NULL, run_echo_client, &clients[i]),
        0);
  }
  for (int i = 0; i < 24; i++) {
    (void)pthread_join(clients[i].thread, NULL);
    assert_int_equal(clients[i].wrong, 0);
  }
}

static void head_is_answered_like_get_without_the_body(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  struct wire_reply reply;
  wire_send(fd, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  wire_read(fd, true, &reply);
  assert_int_equal(reply.status, 200);
  assert_true(kz_str_eq(wire_header(&reply, "Content-Length"), KZ_STR("5")));
  wire_reply_done(&reply);
  int closed = atomic_load(&marks.stream_closed);
  wire_send(fd, "HEAD /stream?n=1000 HTTP/1.1\r\nHost: x\r\n\r\n");
  wire_read(fd, true, &reply);
  assert_int_equal(reply.status, 200);
  assert_int_equal(atomic_load(&marks.stream_closed), closed + 1);
  assert_int_equal(atomic_load(&marks.stream_how), KZ_END);
  wire_reply_done(&reply);
  assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
  (void)close(fd);
}

static void chunked_body_is_put_together(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  KZ_BUF(body, 64);
  assert_int_equal(wire_ask(fd,
                            "POST /echo HTTP/1.1\r\nHost: x\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n"
                            "5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\n"
                            "X-Trailer: a\r\n\r\n",
                            &body),
                   200);
  assert_true(kz_str_eq(kz_buf_str(&body), KZ_STR("hello world")));
  assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
  (void)close(fd);
}

static void reply_is_packed_only_for_those_who_accept_it(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  KZ_BUF(plain, WIRE_REPLY_MAX);
  KZ_BUF(unpacked, WIRE_REPLY_MAX);
  assert_int_equal(wire_ask(fd, GET("/json?n=5000"), &plain), 200);
  struct wire_reply reply;
  wire_send(fd, "GET /json?n=5000 HTTP/1.1\r\nHost: x\r\n"
                "Accept-Encoding: br, gzip\r\n\r\n");
  wire_read(fd, false, &reply);
  assert_true(
      kz_str_eq(wire_header(&reply, "Content-Encoding"), KZ_STR("gzip")));
  assert_true(
      kz_str_eq(wire_header(&reply, "Vary"), KZ_STR("Accept-Encoding")));
  assert_true(reply.body.len < plain.len / 4);
  assert_int_equal(
      kz_unpack(kz_buf_str(&reply.body), KZ_CODING_GZIP, &unpacked, NULL),
      KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&unpacked), kz_buf_str(&plain)));
  wire_reply_done(&reply);
  wire_send(fd, "GET /json?n=5 HTTP/1.1\r\nHost: x\r\n"
                "Accept-Encoding: gzip\r\n\r\n");
  wire_read(fd, false, &reply);
  assert_null(wire_header(&reply, "Content-Encoding").ptr);
  wire_reply_done(&reply);
  (void)close(fd);
}

static void stream_is_packed_too(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  struct wire_reply reply;
  KZ_BUF(unpacked, WIRE_REPLY_MAX);
  wire_send(fd, "GET /lines?n=3000 HTTP/1.1\r\nHost: x\r\n"
                "Accept-Encoding: gzip\r\n\r\n");
  wire_read(fd, false, &reply);
  assert_int_equal(reply.status, 200);
  assert_false(reply.is_cut);
  assert_int_equal(
      kz_unpack(kz_buf_str(&reply.body), KZ_CODING_GZIP, &unpacked, NULL),
      KZ_OK);
  assert_true(kz_str_starts(kz_buf_str(&unpacked), KZ_STR("line 1\nline 2\n")));
  assert_true(kz_str_ends(kz_buf_str(&unpacked), KZ_STR("\nline 3000\n")));
  wire_reply_done(&reply);
  (void)close(fd);
}

static unsigned post_packed(const char *coding, kz_str bytes,
                            struct kz_buf *ret_body) {
  int fd = wire_dial(kz_serve_port(serve));
  KZ_BUF(text, WIRE_REPLY_MAX);
  (void)kz_buf_add_format(&text,
                          "POST /echo HTTP/1.1\r\nHost: x\r\n"
                          "Content-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                          coding, bytes.len);
  (void)kz_buf_add_str(&text, bytes);
  (void)kz_buf_add_byte(&text, '\0');
  wire_send_bytes(fd, kz_str_head(kz_buf_str(&text), text.len - 1));
  struct wire_reply reply;
  wire_read(fd, false, &reply);
  unsigned status = reply.status;
  (void)kz_buf_add_str(ret_body, kz_buf_str(&reply.body));
  wire_reply_done(&reply);
  (void)close(fd);
  return status;
}

static void packed_body_is_unpacked_and_a_damaged_one_refused(void **state) {
  (void)state;
  struct kz_gzip *gzip = kz_gzip_new();
  KZ_BUF(packed, 4096);
  assert_int_equal(
      kz_gzip_add(gzip, KZ_STR("packed text"), KZ_GZIP_END, &packed), KZ_OK);
  kz_gzip_free(gzip);
  KZ_BUF(body, 4096);
  assert_int_equal(post_packed("gzip", kz_buf_str(&packed), &body), 200);
  assert_true(kz_str_eq(kz_buf_str(&body), KZ_STR("packed text")));
  kz_str half = kz_str_head(kz_buf_str(&packed), packed.len / 2);
  assert_int_equal(post_packed("gzip", half, &body), 400);
  assert_int_equal(post_packed("br", KZ_STR("not brotli"), &body), 400);
  assert_int_equal(post_packed("zstd", KZ_STR("x"), &body), 415);
}

static void gzip_bomb_is_refused(void **state) {
  (void)state;
  struct kz_gzip *gzip = kz_gzip_new();
  char *zeros = calloc(1, 1 << 20);
  KZ_BUF(packed, 8 << 20);
  for (int i = 0; i < 256; i++) {
    assert_int_equal(kz_gzip_add(gzip, (kz_str){zeros, 1 << 20},
                                 i == 255 ? KZ_GZIP_END : KZ_GZIP_KEEP,
                                 &packed),
                     KZ_OK);
  }
  kz_gzip_free(gzip);
  free(zeros);
  KZ_BUF(body, 4096);
  int handled = atomic_load(&marks.handled);
  assert_int_equal(post_packed("gzip", kz_buf_str(&packed), &body), 413);
  assert_int_equal(atomic_load(&marks.handled), handled);
}

static void path_tricks_never_reach_the_handler(void **state) {
  (void)state;
  static const char *const targets[] = {
      "/../hello",    "/%2e%2e/hello", "/./hello", "//hello", "/hello/..",
      "/hello%00",    "/%zz",          "/a//b",    "hello",   "*",
      "/hello?a=%00", "/%c0%afhello",  "/hello/.", "/%2e",    "http://h/../etc",
  };
  int handled = atomic_load(&marks.handled);
  int fd = wire_dial(kz_serve_port(serve));
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    char text[256];
    (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
                   targets[i]);
    assert_int_equal(wire_ask(fd, text, NULL), 400);
  }
  assert_int_equal(atomic_load(&marks.handled), handled);
  assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
  (void)close(fd);
}

/* A stream is closed after its last byte was sent, so perhaps a little later
 * than the client has it. */
static void wait_for_closed_stream(int closed_before) {
  for (int i = 0; i < 400 && atomic_load(&marks.stream_closed) == closed_before;
       i++) {
    wire_nap_ms(10);
  }
  assert_int_equal(atomic_load(&marks.stream_closed), closed_before + 1);
}

static void
first_failure_of_a_stream_is_500_and_a_later_one_cuts(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  struct wire_reply reply;
  int closed = atomic_load(&marks.stream_closed);
  assert_int_equal(wire_ask(fd, GET("/fail"), NULL), 500);
  wait_for_closed_stream(closed);
  assert_int_equal(atomic_load(&marks.stream_how), KZ_E_CORRUPT);
  wire_send(fd, GET("/fail-late"));
  wire_read(fd, false, &reply);
  assert_int_equal(reply.status, 200);
  assert_true(reply.is_cut);
  assert_int_equal(reply.body.len, 2 * 65536);
  wire_reply_done(&reply);
  (void)close(fd);
}

static void failed_reply_is_500(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  KZ_BUF(body, 1024);
  assert_int_equal(wire_ask(fd, GET("/broken"), &body), 500);
  assert_true(kz_str_starts(kz_buf_str(&body), KZ_STR("{\"status\":500,")));
  assert_int_equal(wire_ask(fd, GET("/nothing"), NULL), 404);
  (void)close(fd);
}

static void short_stream_has_a_length(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  struct wire_reply reply;
  wire_send(fd, GET("/lines?n=1"));
  wire_read(fd, false, &reply);
  assert_true(kz_str_eq(wire_header(&reply, "Content-Length"), KZ_STR("7")));
  assert_true(kz_str_eq(kz_buf_str(&reply.body), KZ_STR("line 1\n")));
  wire_reply_done(&reply);
  (void)close(fd);
}

static size_t resident_bytes(void) {
  unsigned long total = 0;
  unsigned long resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  assert_non_null(f);
  assert_int_equal(fscanf(f, "%lu %lu", &total, &resident), 2);
  (void)fclose(f);
  return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void stream_of_200_mb_takes_constant_memory(void **state) {
  (void)state;
  enum { PIECES = 3200, SLACK = 24 << 20 /* sanitizers keep freed blocks */ };
  int fd = wire_dial(kz_serve_port(serve));
  char *block = malloc(1 << 16);
  size_t before = resident_bytes();
  size_t most = before;
  size_t total = 0;
  wire_send(fd, "GET /stream?n=3200 HTTP/1.1\r\nHost: x\r\n"
                "Connection: close\r\n\r\n");
  for (unsigned i = 0;; i++) {
    ssize_t got = recv(fd, block, 1 << 16, 0);
    if (got <= 0) {
      break;
    }
    total += (size_t)got;
    if (i % 64 == 0) {
      size_t now = resident_bytes();
      most = now > most ? now : most;
    }
  }
  free(block);
  (void)close(fd);
  assert_true(total > (size_t)PIECES * 65536);
  assert_true(total < (size_t)PIECES * 65536 + (1 << 20));
  assert_true(most < before + SLACK);
}

static void client_that_leaves_ends_its_stream(void **state) {
  (void)state;
  int closed = atomic_load(&marks.stream_closed);
  int fd = wire_dial(kz_serve_port(serve));
  char block[4096];
  wire_send(fd, GET("/stream?n=1000000"));
  assert_true(recv(fd, block, sizeof block, 0) > 0);
  (void)close(fd);
  wait_for_closed_stream(closed);
  assert_int_equal(atomic_load(&marks.stream_how), KZ_E_IO);
}

static void slow_answers_hold_up_nobody_else(void **state) {
  (void)state;
  int slow[4];
  for (int i = 0; i < 4; i++) {
    slow[i] = wire_dial(kz_serve_port(serve));
    wire_send(slow[i], GET("/slow?ms=1000"));
  }
  wire_nap_ms(50);
  int64_t began_us = kz_clock_monotonic_us();
  for (int i = 0; i < 20; i++) {
    int fd = wire_dial(kz_serve_port(serve));
    assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
    (void)close(fd);
  }
  assert_true(kz_clock_monotonic_us() - began_us < KZ_SECOND_US / 2);
  for (int i = 0; i < 4; i++) {
    struct wire_reply reply;
    wire_read(slow[i], false, &reply);
    assert_int_equal(reply.status, 200);
    wire_reply_done(&reply);
    (void)close(slow[i]);
  }
}

static void http_1_0_is_answered_and_closed(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  KZ_BUF(body, 1 << 20);
  assert_int_equal(wire_ask(fd, "GET /hello HTTP/1.0\r\n\r\n", &body), 200);
  assert_true(kz_str_eq(kz_buf_str(&body), KZ_STR("hello")));
  assert_true(wire_is_closed(fd));
  (void)close(fd);
}

static void no_server_header_is_sent(void **state) {
  (void)state;
  int fd = wire_dial(kz_serve_port(serve));
  struct wire_reply reply;
  wire_send(fd, GET("/peer"));
  wire_read(fd, false, &reply);
  assert_null(wire_header(&reply, "Server").ptr);
  assert_non_null(wire_header(&reply, "Date").ptr);
  assert_true(
      kz_str_eq(kz_buf_str(&reply.body), KZ_STR("127.0.0.1 remote plain")));
  wire_reply_done(&reply);
  (void)close(fd);
}

/* What the sink of a client call saw. */
struct seen {
  struct kz_buf body;
  unsigned status;
  kz_rc answer;
  bool cancels;
};

static kz_rc sink(void *ctx, unsigned status, kz_str part) {
  struct seen *seen = ctx;
  seen->status = status;
  (void)kz_buf_add_str(&seen->body, part);
  return seen->answer;
}

static bool is_cancelled(void *ctx) {
  return ((struct seen *)ctx)->cancels;
}

static kz_rc call(const char *path, const char *target, struct seen *seen,
                  unsigned *ret_status) {
  struct kz_param header = {KZ_STR("X-Test"), KZ_STR("1")};
  struct kz_client_call c = {.socket_path = path,
                             .method = KZ_METHOD_GET,
                             .target = target,
                             .headers = &header,
                             .header_count = 1,
                             .sink = sink,
                             .is_cancelled = is_cancelled,
                             .ctx = seen};
  return kz_client_run(&c, ret_status, NULL);
}

static void client_reaches_the_unix_socket(void **state) {
  (void)state;
  struct seen seen = {.body = {.max = WIRE_REPLY_MAX}};
  unsigned status = 0;
  assert_int_equal(call(socket_path, "/peer", &seen, &status), KZ_OK);
  assert_int_equal(status, 200);
  assert_int_equal(seen.status, 200);
  assert_true(kz_str_eq(kz_buf_str(&seen.body), KZ_STR(" local plain")));
  kz_buf_clear(&seen.body);
  assert_int_equal(call(socket_path, "/lines?n=500", &seen, &status), KZ_OK);
  assert_true(kz_str_ends(kz_buf_str(&seen.body), KZ_STR("line 500\n")));
  assert_int_equal(call(socket_path, "/none", &seen, &status), KZ_OK);
  assert_int_equal(status, 404);
  kz_buf_done(&seen.body);
}

static void client_sends_a_body_and_an_escaped_path(void **state) {
  (void)state;
  struct seen seen = {.body = {.max = WIRE_REPLY_MAX}};
  unsigned status = 0;
  KZ_BUF(large, 8 << 20);
  while (large.len < (4 << 20)) {
    (void)kz_buf_add_format(&large, "%zu,", large.len);
  }
  struct kz_client_call c = {.socket_path = socket_path,
                             .method = KZ_METHOD_POST,
                             .target = "/echo",
                             .body = kz_buf_str(&large),
                             .sink = sink,
                             .ctx = &seen};
  assert_int_equal(kz_client_run(&c, &status, NULL), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&seen.body), kz_buf_str(&large)));
  kz_buf_done(&seen.body);
  KZ_BUF(escaped, 256);
  kz_client_escape(KZ_STR("a/b c\xe3?~"), &escaped);
  assert_true(kz_str_eq(kz_buf_str(&escaped), KZ_STR("a%2Fb%20c%E3%3F~")));
}

static void client_tells_why_a_call_ended(void **state) {
  (void)state;
  struct seen seen = {.body = {.max = WIRE_REPLY_MAX}};
  unsigned status = 0;
  char nobody[80];
  (void)snprintf(nobody, sizeof nobody, "%s/nobody", folder);
  assert_int_equal(call(nobody, "/", &seen, &status), KZ_NOT_FOUND);
  assert_int_equal(call(socket_path, "/fail-late", &seen, &status), KZ_E_IO);
  seen.answer = KZ_E_FULL;
  assert_int_equal(call(socket_path, "/hello", &seen, &status), KZ_E_FULL);
  seen.answer = KZ_OK;
  seen.cancels = true;
  assert_int_equal(call(socket_path, "/slow?ms=3000", &seen, &status),
                   KZ_E_STOPPED);
  kz_buf_done(&seen.body);
}

static void counters_add_up(void **state) {
  (void)state;
  struct kz_serve_stats before;
  struct kz_serve_stats after;
  int fd = wire_dial(kz_serve_port(serve));
  assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
  kz_serve_stats(serve, &before);
  assert_int_equal(wire_ask(fd,
                            "POST /echo HTTP/1.1\r\nHost: x\r\n"
                            "Content-Length: 3\r\n\r\nabc",
                            NULL),
                   200);
  assert_int_equal(wire_ask(fd, GET("/nothing"), NULL), 404);
  kz_serve_stats(serve, &after);
  assert_int_equal(after.replies[2] - before.replies[2], 1);
  assert_int_equal(after.replies[4] - before.replies[4], 1);
  assert_int_equal(after.bytes_in - before.bytes_in, 3);
  assert_true(after.bytes_out - before.bytes_out >= 3);
  assert_true(after.connections >= 1);
  (void)close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(connection_is_kept_for_many_requests),
      cmocka_unit_test(pipelined_requests_are_answered_in_order),
      cmocka_unit_test(many_clients_get_each_their_own_answer),
      cmocka_unit_test(head_is_answered_like_get_without_the_body),
      cmocka_unit_test(chunked_body_is_put_together),
      cmocka_unit_test(reply_is_packed_only_for_those_who_accept_it),
      cmocka_unit_test(stream_is_packed_too),
      cmocka_unit_test(packed_body_is_unpacked_and_a_damaged_one_refused),
      cmocka_unit_test(gzip_bomb_is_refused),
      cmocka_unit_test(path_tricks_never_reach_the_handler),
      cmocka_unit_test(first_failure_of_a_stream_is_500_and_a_later_one_cuts),
      cmocka_unit_test(failed_reply_is_500),
      cmocka_unit_test(short_stream_has_a_length),
      cmocka_unit_test(stream_of_200_mb_takes_constant_memory),
      cmocka_unit_test(client_that_leaves_ends_its_stream),
      cmocka_unit_test(slow_answers_hold_up_nobody_else),
      cmocka_unit_test(http_1_0_is_answered_and_closed),
      cmocka_unit_test(no_server_header_is_sent),
      cmocka_unit_test(client_reaches_the_unix_socket),
      cmocka_unit_test(client_sends_a_body_and_an_escaped_path),
      cmocka_unit_test(client_tells_why_a_call_ended),
      cmocka_unit_test(counters_add_up),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
