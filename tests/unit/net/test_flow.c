#include "test.h"

#include <stdio.h>

#include "net/coding.h"
#include "net/flow.h"

/* A stream of `pieces` numbers, and what became of it. */
struct source {
  int pieces;
  int filled;
  int fails_at; /* 0: never */
  int closed;
  kz_rc how;
  int gone;
  pthread_mutex_t lock;
  pthread_cond_t woken;
  bool is_parked;
};

static kz_rc fill(void *ctx, struct kz_buf *out) {
  struct source *s = ctx;
  s->filled++;
  if (s->filled == s->fails_at) {
    return KZ_E_CORRUPT;
  }
  (void)kz_buf_add_format(out, "piece %d\n", s->filled);
  return s->filled == s->pieces ? KZ_END : KZ_OK;
}

static void close_stream(void *ctx, kz_rc how) {
  struct source *s = ctx;
  s->closed++;
  s->how = how;
}

static void park(void *ctx) {
  struct source *s = ctx;
  (void)pthread_mutex_lock(&s->lock);
  s->is_parked = true;
  (void)pthread_mutex_unlock(&s->lock);
}

static void wake(void *ctx) {
  struct source *s = ctx;
  (void)pthread_mutex_lock(&s->lock);
  s->is_parked = false;
  (void)pthread_cond_signal(&s->woken);
  (void)pthread_mutex_unlock(&s->lock);
}

static void gone(void *ctx) {
  struct source *s = ctx;
  (void)pthread_mutex_lock(&s->lock);
  s->gone++;
  (void)pthread_cond_signal(&s->woken);
  (void)pthread_mutex_unlock(&s->lock);
}

struct setting {
  struct source source;
  struct kz_pool *pool;
  _Atomic bool stop;
  struct kz_flow *flow;
};

static void set_up(struct setting *s, int pieces, bool is_packed) {
  s->source.pieces = pieces;
  (void)pthread_mutex_init(&s->source.lock, NULL);
  (void)pthread_cond_init(&s->source.woken, NULL);
  assert_int_equal(kz_pool_new(2, 16, &s->pool, NULL), KZ_OK);
  struct kz_flow_config config = {
      .stream = {&s->source, fill, close_stream},
      .is_packed = is_packed,
      .workers = s->pool,
      .stop = &s->stop,
      .park = park,
      .wake = wake,
      .gone = gone,
      .ctx = &s->source,
  };
  s->flow = kz_flow_new(&config);
  assert_non_null(s->flow);
}

static void tear_down(struct setting *s) {
  kz_flow_leave(s->flow);
  kz_pool_free(s->pool);
  assert_int_equal(s->source.closed, 1);
  assert_int_equal(s->source.gone, 1);
}

static void wait_until_woken(struct source *s) {
  (void)pthread_mutex_lock(&s->lock);
  while (s->is_parked) {
    (void)pthread_cond_wait(&s->woken, &s->lock);
  }
  (void)pthread_mutex_unlock(&s->lock);
}

/* Reads to the end in small bites. */
static kz_rc read_all(struct setting *s, struct kz_buf *out) {
  char bite[5];
  size_t len = 0;
  for (;;) {
    kz_rc rc = kz_flow_read(s->flow, bite, sizeof bite, &len);
    if (rc == KZ_UNCHANGED) {
      wait_until_woken(&s->source);
    } else if (rc == KZ_OK) {
      (void)kz_buf_add(out, bite, len);
    } else {
      return rc;
    }
  }
}

static void pieces_arrive_whole_and_in_order(void **state) {
  (void)state;
  struct setting s = {0};
  set_up(&s, 1000, false);
  kz_str whole = KZ_STR_NONE;
  assert_int_equal(kz_flow_begin(s.flow, &whole), KZ_OK);
  KZ_BUF(got, 1 << 20);
  KZ_BUF(expected, 1 << 20);
  for (int i = 1; i <= 1000; i++) {
    (void)kz_buf_add_format(&expected, "piece %d\n", i);
  }
  assert_int_equal(read_all(&s, &got), KZ_END);
  assert_true(kz_str_eq(kz_buf_str(&got), kz_buf_str(&expected)));
  tear_down(&s);
  assert_int_equal(s.source.how, KZ_END);
}

static void packed_pieces_are_one_gzip_stream(void **state) {
  (void)state;
  struct setting s = {0};
  set_up(&s, 300, true);
  kz_str whole = KZ_STR_NONE;
  assert_int_equal(kz_flow_begin(s.flow, &whole), KZ_OK);
  KZ_BUF(got, 1 << 20);
  KZ_BUF(plain, 1 << 20);
  assert_int_equal(read_all(&s, &got), KZ_END);
  assert_int_equal(kz_unpack(kz_buf_str(&got), KZ_CODING_GZIP, &plain, NULL),
                   KZ_OK);
  assert_true(kz_str_ends(kz_buf_str(&plain), KZ_STR("\npiece 300\n")));
  tear_down(&s);
}

static void stream_of_one_piece_is_whole_at_once(void **state) {
  (void)state;
  struct setting s = {0};
  set_up(&s, 1, false);
  kz_str whole = KZ_STR_NONE;
  assert_int_equal(kz_flow_begin(s.flow, &whole), KZ_END);
  assert_true(kz_str_eq(whole, KZ_STR("piece 1\n")));
  tear_down(&s);
}

static void maker_is_never_more_than_one_piece_ahead(void **state) {
  (void)state;
  struct setting s = {0};
  set_up(&s, 1000, false);
  kz_str whole = KZ_STR_NONE;
  assert_int_equal(kz_flow_begin(s.flow, &whole), KZ_OK);
  char bite[64];
  size_t len = 0;
  assert_int_equal(kz_flow_read(s.flow, bite, 1, &len), KZ_OK);
  kz_flow_leave(s.flow);
  kz_pool_free(s.pool);
  assert_true(s.source.filled <= 2);
  assert_int_equal(s.source.closed, 1);
  assert_int_equal(s.source.gone, 1);
  assert_int_equal(s.source.how, KZ_E_IO);
}

static void failure_comes_after_what_was_made_before(void **state) {
  (void)state;
  struct setting s = {0};
  set_up(&s, 10, false);
  s.source.fails_at = 3;
  kz_str whole = KZ_STR_NONE;
  assert_int_equal(kz_flow_begin(s.flow, &whole), KZ_OK);
  KZ_BUF(got, 1 << 20);
  assert_int_equal(read_all(&s, &got), KZ_E_CORRUPT);
  assert_true(kz_str_eq(kz_buf_str(&got), KZ_STR("piece 1\npiece 2\n")));
  tear_down(&s);
  assert_int_equal(s.source.how, KZ_E_CORRUPT);
}

static void stopping_ends_the_stream_before_its_next_piece(void **state) {
  (void)state;
  struct setting s = {0};
  set_up(&s, 1000, false);
  atomic_store(&s.stop, true);
  kz_str whole = KZ_STR_NONE;
  assert_int_equal(kz_flow_begin(s.flow, &whole), KZ_E_STOPPED);
  assert_int_equal(s.source.filled, 0);
  tear_down(&s);
  assert_int_equal(s.source.how, KZ_E_STOPPED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_arrive_whole_and_in_order),
      cmocka_unit_test(packed_pieces_are_one_gzip_stream),
      cmocka_unit_test(stream_of_one_piece_is_whole_at_once),
      cmocka_unit_test(maker_is_never_more_than_one_piece_ahead),
      cmocka_unit_test(failure_comes_after_what_was_made_before),
      cmocka_unit_test(stopping_ends_the_stream_before_its_next_piece),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
