#include "test.h"

#include "net/reply.h"

struct closing {
  int closed;
  kz_rc how;
};

static kz_rc fill(void *ctx, struct kz_buf *out) {
  (void)ctx;
  (void)out;
  return KZ_END;
}

static void close_stream(void *ctx, kz_rc how) {
  struct closing *closing = ctx;
  closing->closed++;
  closing->how = how;
}

static void framing_headers_and_split_values_fail_the_reply(void **state) {
  (void)state;
  static const struct kz_param bad[] = {
      {{"content-length", 14}, {"5", 1}},
      {{"Transfer-Encoding", 17}, {"x", 1}},
      {{"Connection", 10}, {"close", 5}},
      {{"X", 1}, {"a\r\nSet-Cookie: b", 16}},
      {{"X Y", 3}, {"a", 1}},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    KZ_ARENA(arena, 4096);
    struct kz_reply reply;
    kz_reply_init(&reply, arena);
    kz_reply_header(&reply, bad[i].name, bad[i].value);
    assert_true(reply.failed);
    assert_int_equal(reply.header_count, 0);
  }
}

static void too_many_headers_fail_the_reply(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  for (size_t i = 0; i < KZ_REPLY_HEADERS_MAX; i++) {
    kz_reply_header(&reply, KZ_STR("Link"), KZ_STR("a"));
  }
  assert_false(reply.failed);
  kz_reply_header(&reply, KZ_STR("Link"), KZ_STR("a"));
  assert_true(reply.failed);
}

static void second_body_replaces_the_first_and_its_type(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct closing closing = {0};
  struct kz_stream stream = {&closing, fill, close_stream};
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  kz_reply_stream(&reply, KZ_STR("text/csv"), &stream);
  kz_reply_text(&reply, KZ_STR("text/plain"), KZ_STR("hello"));
  assert_int_equal(closing.closed, 1);
  assert_int_equal(reply.header_count, 1);
  assert_true(kz_str_eq(reply.headers[0].value, KZ_STR("text/plain")));
  kz_reply_done(&reply, KZ_END);
  assert_int_equal(closing.closed, 1);
}

static void stream_that_never_began_is_closed_once(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct closing closing = {0};
  struct kz_stream stream = {&closing, fill, close_stream};
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  kz_reply_stream(&reply, KZ_STR(""), &stream);
  kz_reply_done(&reply, KZ_E_STOPPED);
  assert_int_equal(closing.closed, 1);
  assert_int_equal(closing.how, KZ_E_STOPPED);
}

static void taken_buffer_is_empty_and_its_failure_counts(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  KZ_BUF(buf, 4);
  (void)kz_buf_add_str(&buf, KZ_STR("abc"));
  (void)kz_buf_add_str(&buf, KZ_STR("defg"));
  kz_reply_take(&reply, KZ_STR("text/plain"), &buf);
  assert_true(reply.failed);
  assert_int_equal(buf.len, 0);
  assert_null(buf.ptr);
  kz_reply_done(&reply, KZ_END);
}

static void error_replaces_all_that_was_there(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  kz_reply_header(&reply, KZ_STR("ETag"), KZ_STR("x"));
  kz_reply_status(&reply, 99);
  assert_true(reply.failed);
  kz_reply_error(&reply, 403, KZ_STR("not \"yours\""));
  assert_false(reply.failed);
  assert_int_equal(reply.status, 403);
  assert_false(kz_reply_has(&reply, KZ_STR("ETag")));
  assert_true(
      kz_str_eq(reply.text,
                KZ_STR("{\"status\":403,\"message\":\"not \\\"yours\\\"\"}")));
  kz_reply_done(&reply, KZ_END);
}

static unsigned status_with_tag(const char *if_none_match,
                                enum kz_method method) {
  KZ_ARENA(arena, 1 << 16);
  struct kz_param header = {KZ_STR("if-none-match"), kz_str_of(if_none_match)};
  struct kz_request request = {.method = method,
                               .headers = &header,
                               .header_count = if_none_match ? 1 : 0};
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  bool is_known = kz_reply_etag(&reply, &request, KZ_STR("g7"));
  assert_int_equal(is_known, reply.status == 304);
  assert_true(kz_str_eq(reply.headers[0].value, KZ_STR("W/\"g7\"")));
  return reply.status;
}

static void known_tag_is_304_for_reads_only(void **state) {
  (void)state;
  assert_int_equal(status_with_tag(NULL, KZ_METHOD_GET), 200);
  assert_int_equal(status_with_tag("\"g6\"", KZ_METHOD_GET), 200);
  assert_int_equal(status_with_tag("\"g6\", W/\"g7\"", KZ_METHOD_GET), 304);
  assert_int_equal(status_with_tag("\"g7\"", KZ_METHOD_HEAD), 304);
  assert_int_equal(status_with_tag("*", KZ_METHOD_GET), 304);
  assert_int_equal(status_with_tag("\"g7\"", KZ_METHOD_POST), 200);
}

static bool is_packable(kz_str type, bool is_coded) {
  KZ_ARENA(arena, 1 << 16);
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  kz_reply_text(&reply, type, KZ_STR("x"));
  if (is_coded) {
    kz_reply_header(&reply, KZ_STR("Content-Encoding"), KZ_STR("br"));
  }
  return kz_reply_is_packable(&reply);
}

static void text_is_packed_and_pictures_are_not(void **state) {
  (void)state;
  assert_true(is_packable(KZ_STR("application/json"), false));
  assert_true(is_packable(KZ_STR("application/taxii+json;version=2.1"), false));
  assert_true(is_packable(KZ_STR("text/html; charset=utf-8"), false));
  assert_true(is_packable(KZ_STR("image/svg+xml"), false));
  assert_false(is_packable(KZ_STR("image/png"), false));
  assert_false(is_packable(KZ_STR("application/zip"), false));
  assert_false(is_packable(KZ_STR("application/json"), true));
  assert_false(is_packable(KZ_STR(""), false));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(framing_headers_and_split_values_fail_the_reply),
      cmocka_unit_test(too_many_headers_fail_the_reply),
      cmocka_unit_test(second_body_replaces_the_first_and_its_type),
      cmocka_unit_test(stream_that_never_began_is_closed_once),
      cmocka_unit_test(taken_buffer_is_empty_and_its_failure_counts),
      cmocka_unit_test(error_replaces_all_that_was_there),
      cmocka_unit_test(known_tag_is_304_for_reads_only),
      cmocka_unit_test(text_is_packed_and_pictures_are_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
