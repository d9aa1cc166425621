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

struct stopping {
  pthread_t thread;
  struct kz_serve *serve;
  int64_t grace_us;
  int64_t took_us;
};

static void *run_stop(void *ctx) {
  struct stopping *s = ctx;
  int64_t began_us = kz_clock_monotonic_us();
  kz_serve_stop(s->serve, s->grace_us);
  s->took_us = kz_clock_monotonic_us() - began_us;
  return NULL;
}

static void begin_stop(struct stopping *s, struct kz_serve *serve,
                       int64_t grace_us) {
  s->serve = serve;
  s->grace_us = grace_us;
  assert_int_equal(pthread_create(&s->thread, NULL, run_stop, s), 0);
}

static void end_stop(struct stopping *s) {
  (void)pthread_join(s->thread, NULL);
}

static struct kz_serve *start(struct wire_marks *marks) {
  struct kz_serve_config config = wire_config(marks);
  return wire_start(&config);
}

static void idle_server_stops_at_once(void **state) {
  (void)state;
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  int idle = wire_dial(kz_serve_port(serve));
  assert_int_equal(wire_ask(idle, GET("/hello"), NULL), 200);
  int fresh = wire_dial(kz_serve_port(serve));
  struct stopping s = {0};
  begin_stop(&s, serve, 20 * KZ_SECOND_US);
  end_stop(&s);
  assert_true(s.took_us < 2 * KZ_SECOND_US);
  assert_true(wire_is_closed(idle));
  assert_true(wire_is_closed(fresh));
  (void)close(idle);
  (void)close(fresh);
}

static void running_stream_is_finished_within_the_grace(void **state) {
  (void)state;
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  int fd = wire_dial(kz_serve_port(serve));
  wire_send(fd, GET("/stream?n=800"));
  char first = 0;
  assert_int_equal(recv(fd, &first, 1, MSG_PEEK), 1);
  struct stopping s = {0};
  begin_stop(&s, serve, 20 * KZ_SECOND_US);
  wire_nap_ms(200);
  struct wire_reply reply;
  wire_read(fd, false, &reply);
  assert_int_equal(reply.status, 200);
  assert_false(reply.is_cut);
  assert_int_equal(reply.body.len, 800 * 65536);
  assert_true(wire_is_closed(fd));
  end_stop(&s);
  assert_int_equal(atomic_load(&marks.stream_how), KZ_END);
  wire_reply_done(&reply);
  (void)close(fd);
}

static void stream_that_outlasts_the_grace_is_cut_and_closed(void **state) {
  (void)state;
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  int fd = wire_dial(kz_serve_port(serve));
  wire_send(fd, GET("/stream?n=1000000"));
  char first = 0;
  assert_int_equal(recv(fd, &first, 1, MSG_PEEK), 1);
  struct stopping s = {0};
  begin_stop(&s, serve, KZ_SECOND_US / 4);
  end_stop(&s);
  assert_true(s.took_us >= KZ_SECOND_US / 4 && s.took_us < 5 * KZ_SECOND_US);
  assert_int_equal(atomic_load(&marks.stream_closed), 1);
  assert_int_equal(atomic_load(&marks.stream_how), KZ_E_STOPPED);
  (void)close(fd);
}

static void requests_in_the_grace_are_answered_and_closed(void **state) {
  (void)state;
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  uint16_t port = kz_serve_port(serve);
  int fd = wire_dial(port);
  wire_send(fd, GET("/slow?ms=500"));
  wire_nap_ms(100);
  struct stopping s = {0};
  begin_stop(&s, serve, 20 * KZ_SECOND_US);
  struct wire_reply reply;
  wire_read(fd, false, &reply);
  assert_int_equal(reply.status, 200);
  assert_true(kz_str_eq(wire_header(&reply, "Connection"), KZ_STR("close")));
  assert_true(wire_is_closed(fd));
  end_stop(&s);
  assert_true(s.took_us < 5 * KZ_SECOND_US);
  wire_reply_done(&reply);
  (void)close(fd);
}

static void long_handler_learns_that_the_grace_is_over(void **state) {
  (void)state;
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  int fd = wire_dial(kz_serve_port(serve));
  wire_send(fd, GET("/until-stopped"));
  wire_nap_ms(100);
  struct stopping s = {0};
  begin_stop(&s, serve, KZ_SECOND_US / 4);
  end_stop(&s);
  assert_int_equal(atomic_load(&marks.gave_up), 1);
  assert_true(wire_is_closed(fd));
  (void)close(fd);
}

struct hammer {
  pthread_t thread;
  uint16_t port;
  _Atomic bool *is_over;
};

static void *run_hammer(void *ctx) {
  struct hammer *h = ctx;
  static const char many[] = GET("/hello") GET("/lines?n=50") GET("/json?n=90")
      GET("/hello") GET("/lines?n=3");
  while (!atomic_load(h->is_over)) {
    int fd = wire_try_dial(h->port);
    char block[512];
    if (fd >= 0) {
      wire_send(fd, many);
      (void)!recv(fd, block, sizeof block, 0);
      wire_send(fd, many);
      (void)close(fd);
    }
  }
  return NULL;
}

/* Connections come, ask and go before, during and after the stop. */
static void stopping_under_fire_is_clean(void **state) {
  (void)state;
  for (int round = 0; round < 8; round++) {
    struct wire_marks marks = {0};
    struct kz_serve *serve = start(&marks);
    _Atomic bool is_over = false;
    struct hammer hammers[4] = {0};
    for (int i = 0; i < 4; i++) {
      hammers[i].port = kz_serve_port(serve);
      hammers[i].is_over = &is_over;
      assert_int_equal(
          pthread_create(&hammers[i].thread, NULL, run_hammer, &hammers[i]), 0);
    }
    wire_nap_ms(50 + round);
    kz_serve_stop(serve, round % 2 == 0 ? 0 : KZ_SECOND_US / 20);
    atomic_store(&is_over, true);
    for (int i = 0; i < 4; i++) {
      (void)pthread_join(hammers[i].thread, NULL);
    }
  }
}

static void second_server_on_a_port_is_refused(void **state) {
  (void)state;
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  struct kz_serve_config config = wire_config(&marks);
  config.port = kz_serve_port(serve);
  struct kz_serve *second = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_serve_start(&config, &second, &err), KZ_E_BUSY);
  assert_null(second);
  assert_non_null(strstr(err.text, "in use"));
  kz_serve_stop(serve, 0);
}

static void server_may_listen_on_a_unix_socket_alone(void **state) {
  (void)state;
  char folder[] = "/tmp/kizashi-stop-XXXXXX";
  char path[64];
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/socket", folder);
  struct wire_marks marks = {0};
  struct kz_serve_config config = wire_config(&marks);
  config.host = NULL;
  config.unix_path = path;
  struct kz_serve *serve = wire_start(&config);
  assert_int_equal(kz_serve_port(serve), 0);
  assert_int_equal(access(path, F_OK), 0);
  kz_serve_stop(serve, 0);
  assert_int_equal(rmdir(folder), 0);
}

static void stopping_nothing_is_fine(void **state) {
  (void)state;
  kz_serve_stop(NULL, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idle_server_stops_at_once),
      cmocka_unit_test(running_stream_is_finished_within_the_grace),
      cmocka_unit_test(stream_that_outlasts_the_grace_is_cut_and_closed),
      cmocka_unit_test(requests_in_the_grace_are_answered_and_closed),
      cmocka_unit_test(long_handler_learns_that_the_grace_is_over),
      cmocka_unit_test(stopping_under_fire_is_clean),
      cmocka_unit_test(second_server_on_a_port_is_refused),
      cmocka_unit_test(server_may_listen_on_a_unix_socket_alone),
      cmocka_unit_test(stopping_nothing_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
