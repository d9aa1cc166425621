#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "wire.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

enum { BODY_MAX = 100000, BODIES_MAX = 150000, PER_ADDRESS = 20 };

static struct wire_marks marks;
static struct kz_serve *serve;

static int start(void **state) {
  (void)state;
  struct kz_serve_config config = wire_config(&marks);
  config.body_max = BODY_MAX;
  config.bodies_max = BODIES_MAX;
  config.max_per_address = PER_ADDRESS;
  config.header_us = KZ_SECOND_US / 2;
  config.body_us = KZ_SECOND_US / 2;
  config.idle_us = KZ_SECOND_US;
  serve = wire_start(&config);
  return 0;
}

static int stop(void **state) {
  (void)state;
  kz_serve_stop(serve, KZ_SECOND_US);
  return 0;
}

static int dial(void) {
  return wire_dial(kz_serve_port(serve));
}

/* Sends, reads a status, and sees the connection closed. */
static unsigned ask_and_be_closed(const char *text) {
  int fd = dial();
  unsigned status = wire_ask(fd, text, NULL);
  assert_true(wire_is_closed(fd));
  (void)close(fd);
  return status;
}

static void unfinished_head_is_408(void **state) {
  (void)state;
  int64_t began_us = kz_clock_monotonic_us();
  assert_int_equal(ask_and_be_closed("GET /hello HTTP/1.1\r\nHost: x\r\n"),
                   408);
  assert_int_equal(ask_and_be_closed("GET /hel"), 408);
  int64_t took_us = kz_clock_monotonic_us() - began_us;
  assert_true(took_us > KZ_SECOND_US / 2 && took_us < 4 * KZ_SECOND_US);
}

/* A byte each 50 ms is never silent for long, and still is too slow. */
static unsigned drip(const char *text) {
  int fd = dial();
  struct timeval short_wait = {.tv_usec = 50000};
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &short_wait, sizeof short_wait);
  char answer[64] = "";
  ssize_t got = -1;
  for (size_t i = 0; i < 200 && got < 0; i++) {
    wire_send_bytes(fd, (kz_str){i < strlen(text) ? text + i : "x", 1});
    got = recv(fd, answer, sizeof answer - 1, 0);
  }
  (void)close(fd);
  return got >= 12 ? (unsigned)atoi(answer + 9) : 0;
}

static void dripping_client_is_cut_all_the_same(void **state) {
  (void)state;
  struct kz_serve_stats before;
  struct kz_serve_stats after;
  kz_serve_stats(serve, &before);
  assert_int_equal(drip("GET /hello HTTP/1.1\r\nX: "), 408);
  kz_serve_stats(serve, &after);
  assert_int_equal(after.timed_out - before.timed_out, 1);
}

static void body_that_does_not_come_is_408(void **state) {
  (void)state;
  assert_int_equal(ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: 10\r\n\r\nabc"),
                   408);
}

static void waiting_connections_are_closed_without_a_word(void **state) {
  (void)state;
  char byte = 0;
  int fresh = dial();
  int used = dial();
  assert_int_equal(wire_ask(used, GET("/hello"), NULL), 200);
  assert_int_equal(recv(fresh, &byte, 1, 0), 0);
  assert_int_equal(recv(used, &byte, 1, 0), 0);
  (void)close(fresh);
  (void)close(used);
}

static void slow_handler_is_not_a_slow_client(void **state) {
  (void)state;
  int fd = dial();
  assert_int_equal(wire_ask(fd, GET("/slow?ms=1500"), NULL), 200);
  (void)close(fd);
}

static unsigned post(int fd, size_t len, const char *more_headers) {
  KZ_BUF(text, 32 << 20);
  (void)kz_buf_add_format(&text,
                          "POST /echo HTTP/1.1\r\nHost: x\r\n%s"
                          "Content-Length: %zu\r\n\r\n",
                          more_headers, len);
  char *room = kz_buf_room(&text, len);
  assert_non_null(room);
  memset(room, 'b', len);
  text.len += len;
  wire_send_bytes(fd, kz_buf_str(&text));
  struct wire_reply reply;
  wire_read(fd, false, &reply);
  unsigned status = reply.status;
  wire_reply_done(&reply);
  return status;
}

static void body_of_the_limit_is_taken_and_one_byte_more_is_413(void **state) {
  (void)state;
  int handled = atomic_load(&marks.handled);
  int fd = dial();
  assert_int_equal(post(fd, BODY_MAX, ""), 200);
  assert_int_equal(post(fd, BODY_MAX + 1, ""), 413);
  assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
  assert_int_equal(atomic_load(&marks.handled), handled + 2);
  (void)close(fd);
}

static void enormous_body_is_refused_before_it_is_sent(void **state) {
  (void)state;
  assert_int_equal(ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: 99999999999\r\n\r\nabc"),
                   413);
  assert_int_equal(
      ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                        "Content-Length: 99999999999999999999999\r\n\r\nabc"),
      413);
}

static void chunks_without_end_are_cut(void **state) {
  (void)state;
  int fd = dial();
  wire_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n"
                "Transfer-Encoding: chunked\r\n\r\n");
  KZ_BUF(chunk, 1 << 20);
  (void)kz_buf_add_str(&chunk, KZ_STR("10000\r\n"));
  char *room = kz_buf_room(&chunk, 0x10000);
  memset(room, 'c', 0x10000);
  chunk.len += 0x10000;
  (void)kz_buf_add_str(&chunk, KZ_STR("\r\n"));
  for (int i = 0; i < 200; i++) {
    wire_send_bytes(fd, kz_buf_str(&chunk));
  }
  assert_true(wire_is_closed(fd));
  (void)close(fd);
}

static void chunks_over_the_limit_that_end_are_413(void **state) {
  (void)state;
  int fd = dial();
  KZ_BUF(text, 1 << 20);
  (void)kz_buf_add_str(&text, KZ_STR("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Transfer-Encoding: chunked\r\n\r\n"
                                     "20000\r\n"));
  char *room = kz_buf_room(&text, 0x20000);
  memset(room, 'c', 0x20000);
  text.len += 0x20000;
  (void)kz_buf_add_str(&text, KZ_STR("\r\n0\r\n\r\n"));
  wire_send_bytes(fd, kz_buf_str(&text));
  struct wire_reply reply;
  wire_read(fd, false, &reply);
  assert_int_equal(reply.status, 413);
  wire_reply_done(&reply);
  assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
  (void)close(fd);
}

static void client_that_waits_for_100_learns_its_413_at_once(void **state) {
  (void)state;
  int fd = dial();
  assert_int_equal(wire_ask(fd,
                            "POST /echo HTTP/1.1\r\nHost: x\r\n"
                            "Expect: 100-continue\r\n"
                            "Content-Length: 100001\r\n\r\n",
                            NULL),
                   413);
  (void)close(fd);
  fd = dial();
  assert_int_equal(wire_ask(fd,
                            "POST /echo HTTP/1.1\r\nHost: x\r\n"
                            "Expect: 100-continue\r\n"
                            "Content-Length: 2\r\n\r\n",
                            NULL),
                   100);
  assert_int_equal(wire_ask(fd, "ok", NULL), 200);
  (void)close(fd);
}

static void bodies_together_have_a_limit_too(void **state) {
  (void)state;
  int first = dial();
  int second = dial();
  KZ_BUF(part, 1 << 20);
  (void)kz_buf_add_str(&part, KZ_STR("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: 100000\r\n\r\n"));
  char *room = kz_buf_room(&part, BODY_MAX - 1);
  memset(room, 'd', BODY_MAX - 1);
  part.len += BODY_MAX - 1;
  wire_send_bytes(first, kz_buf_str(&part));
  wire_nap_ms(100);
  assert_int_equal(post(second, BODY_MAX, ""), 503);
  assert_int_equal(wire_ask(first, "d", NULL), 200);
  wire_nap_ms(100); /* it is let go after its reply was sent */
  assert_int_equal(post(second, BODY_MAX, ""), 200);
  (void)close(first);
  (void)close(second);
}

static void doubtful_framing_is_refused_and_closed(void **state) {
  (void)state;
  int handled = atomic_load(&marks.handled);
  assert_int_equal(ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: 3\r\n"
                                     "Transfer-Encoding: chunked\r\n\r\n"
                                     "0\r\n\r\n"),
                   400);
  assert_int_equal(ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: 3\r\n"
                                     "Content-Length: 4\r\n\r\nabc"),
                   400);
  assert_int_equal(ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Transfer-Encoding: gzip, chunked\r\n\r\n"
                                     "0\r\n\r\n"),
                   501);
  assert_int_equal(ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: +3\r\n\r\nabc"),
                   400);
  assert_int_equal(ask_and_be_closed("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Transfer-Encoding: chunked\r\n\r\n"
                                     "zz\r\n\r\n"),
                   400);
  assert_int_equal(ask_and_be_closed("GET /hello HTTP/1.1\r\n\r\n"), 400);
  assert_int_equal(atomic_load(&marks.handled), handled);
}

static unsigned ask_with_long(const char *before, const char *after,
                              size_t len) {
  KZ_BUF(text, 1 << 20);
  (void)kz_buf_add_str(&text, kz_str_of(before));
  while (text.len < len) {
    (void)kz_buf_add_byte(&text, 'a');
  }
  (void)kz_buf_add_str(&text, kz_str_of(after));
  int fd = dial();
  wire_send_bytes(fd, kz_buf_str(&text));
  struct wire_reply reply;
  wire_read(fd, false, &reply);
  unsigned status = reply.status;
  wire_reply_done(&reply);
  (void)close(fd);
  return status;
}

static void head_has_a_limit(void **state) {
  (void)state;
  assert_int_equal(
      ask_with_long("GET /", " HTTP/1.1\r\nHost: x\r\n\r\n", 10000), 404);
  assert_int_equal(
      ask_with_long("GET /", " HTTP/1.1\r\nHost: x\r\n\r\n", 200000), 414);
  assert_int_equal(
      ask_with_long("GET / HTTP/1.1\r\nHost: x\r\nX: ", "\r\n\r\n", 200000),
      431);
}

static void too_many_headers_are_431(void **state) {
  (void)state;
  KZ_BUF(text, 1 << 20);
  (void)kz_buf_add_str(&text, KZ_STR("GET /hello HTTP/1.1\r\nHost: x\r\n"));
  for (int i = 0; i < KZ_REQUEST_HEADERS_MAX; i++) {
    (void)kz_buf_add_format(&text, "X%d: y\r\n", i);
  }
  (void)kz_buf_add_str(&text, KZ_STR("\r\n"));
  int fd = dial();
  wire_send_bytes(fd, kz_buf_str(&text));
  struct wire_reply reply;
  wire_read(fd, false, &reply);
  assert_int_equal(reply.status, 431);
  wire_reply_done(&reply);
  (void)close(fd);
}

static void bytes_that_are_no_http_are_refused(void **state) {
  (void)state;
  static const char *const garbage[] = {
      "\x16\x03\x01\x02\x01\x01", /* the start of a TLS handshake */
      "GET\r\n\r\n",
      "\r\n\r\n\r\n\r\nGET",
      "SSH-2.0-OpenSSH\r\n\r\n",
      "GET /hello HTTP/9.9\r\n\r\n",
  };
  int handled = atomic_load(&marks.handled);
  for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
    int fd = dial();
    wire_send(fd, garbage[i]);
    assert_true(wire_is_closed(fd));
    (void)close(fd);
  }
  assert_int_equal(atomic_load(&marks.handled), handled);
}

static void one_address_has_so_many_connections_and_no_more(void **state) {
  (void)state;
  int fds[PER_ADDRESS + 1];
  for (int i = 0; i <= PER_ADDRESS; i++) {
    fds[i] = dial();
    if (i < PER_ADDRESS) {
      assert_int_equal(wire_ask(fds[i], GET("/hello"), NULL), 200);
    }
  }
  assert_true(wire_is_closed(fds[PER_ADDRESS]));
  assert_int_equal(wire_ask(fds[0], GET("/hello"), NULL), 200);
  for (int i = 0; i <= PER_ADDRESS; i++) {
    (void)close(fds[i]);
  }
  wire_nap_ms(200);
  int fd = dial();
  assert_int_equal(wire_ask(fd, GET("/hello"), NULL), 200);
  (void)close(fd);
}

static void client_that_reads_nothing_is_let_go(void **state) {
  (void)state;
  int closed = atomic_load(&marks.stream_closed);
  int fd = dial();
  wire_send(fd, GET("/stream?n=1000000"));
  for (int i = 0; i < 600 && atomic_load(&marks.stream_closed) == closed; i++) {
    wire_nap_ms(10);
  }
  assert_int_equal(atomic_load(&marks.stream_closed), closed + 1);
  (void)close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unfinished_head_is_408),
      cmocka_unit_test(dripping_client_is_cut_all_the_same),
      cmocka_unit_test(body_that_does_not_come_is_408),
      cmocka_unit_test(waiting_connections_are_closed_without_a_word),
      cmocka_unit_test(slow_handler_is_not_a_slow_client),
      cmocka_unit_test(body_of_the_limit_is_taken_and_one_byte_more_is_413),
      cmocka_unit_test(enormous_body_is_refused_before_it_is_sent),
      cmocka_unit_test(chunks_without_end_are_cut),
      cmocka_unit_test(chunks_over_the_limit_that_end_are_413),
      cmocka_unit_test(client_that_waits_for_100_learns_its_413_at_once),
      cmocka_unit_test(bodies_together_have_a_limit_too),
      cmocka_unit_test(doubtful_framing_is_refused_and_closed),
      cmocka_unit_test(head_has_a_limit),
      cmocka_unit_test(too_many_headers_are_431),
      cmocka_unit_test(bytes_that_are_no_http_are_refused),
      cmocka_unit_test(one_address_has_so_many_connections_and_no_more),
      cmocka_unit_test(client_that_reads_nothing_is_let_go),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
