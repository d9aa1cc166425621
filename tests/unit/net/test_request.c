#include "test.h"

#include "net/request.h"

static void assert_str(kz_str got, const char *expected) {
  assert_int_equal(got.len, strlen(expected));
  assert_true(kz_str_eq(got, kz_str_of(expected)));
}

static kz_rc parse(const char *target, struct kz_request *request) {
  return kz_target_parse(kz_str_of(target), request, NULL);
}

static void path_is_split_before_it_is_decoded(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("/api/ask/http%3A%2F%2Fx.test%2Fa", &r), KZ_OK);
  assert_int_equal(r.segment_count, 3);
  assert_str(r.segments[0], "api");
  assert_str(r.segments[2], "http://x.test/a");
  assert_str(r.path, "/api/ask/http%3A%2F%2Fx.test%2Fa");
}

static void nothing_is_decoded_twice(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("/%252e%252e/a+b?c=%2526", &r), KZ_OK);
  assert_str(r.segments[0], "%2e%2e");
  assert_str(r.segments[1], "a+b");
  assert_str(kz_request_query(&r, KZ_STR("c")), "%26");
}

static void root_and_final_slash_add_no_segment(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("/", &r), KZ_OK);
  assert_int_equal(r.segment_count, 0);
  assert_int_equal(parse("/events/", &r), KZ_OK);
  assert_int_equal(r.segment_count, 1);
  assert_int_equal(parse("/?a", &r), KZ_OK);
  assert_int_equal(r.segment_count, 0);
  assert_int_equal(r.query_count, 1);
}

static void path_tricks_are_refused(void **state) {
  (void)state;
  static const char *const tricks[] = {
      "",          "a",         "*",      "//",        "//etc/passwd", "/a//b",
      "/..",       "/../x",     "/a/..",  "/a/../b",   "/a/.",         "/./a",
      "/%2e%2e/a", "/.%2e",     "/%2E",   "/a/%2e%2e", "/a%00",        "/%00",
      "/a%0ab",    "/a%0d%0ab", "/a%7f",  "/%",        "/%4",          "/%zz",
      "/%c0%ae",   "/%ff",      "/a\x01", "/a\xff",    "/%ed%a0%80",   "///",
  };
  for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
    KZ_ARENA(arena, 1 << 16);
    struct kz_request r = {.arena = arena};
    assert_int_equal(parse(tricks[i], &r), KZ_E_INPUT);
    assert_int_equal(r.segment_count, 0);
    assert_null(r.path.ptr);
  }
}

static void three_dots_and_dotted_names_are_names(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("/.../a..b/.hidden", &r), KZ_OK);
  assert_int_equal(r.segment_count, 3);
}

static void absolute_target_means_its_path(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("http://host:1/a/b?x=1", &r), KZ_OK);
  assert_str(r.path, "/a/b");
  assert_int_equal(parse("HTTPS://host", &r), KZ_OK);
  assert_str(r.path, "/");
  assert_int_equal(parse("http://host/../a", &r), KZ_E_INPUT);
}

static void too_many_segments_are_a_limit(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  char target[2 * (KZ_REQUEST_SEGMENTS_MAX + 1) + 1] = "";
  for (size_t i = 0; i <= KZ_REQUEST_SEGMENTS_MAX; i++) {
    target[2 * i] = '/';
    target[2 * i + 1] = 'a';
  }
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse(target, &r), KZ_E_LIMIT);
  target[2 * (size_t)KZ_REQUEST_SEGMENTS_MAX] = '\0';
  assert_int_equal(parse(target, &r), KZ_OK);
  assert_int_equal(r.segment_count, KZ_REQUEST_SEGMENTS_MAX);
}

static void query_keeps_order_and_knows_absent_from_empty(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("/s?a=1&b&a=2&&c=&d=x%3Dy=z+w", &r), KZ_OK);
  assert_int_equal(r.query_count, 5);
  assert_str(kz_request_query(&r, KZ_STR("a")), "1");
  assert_str(r.query[2].value, "2");
  assert_non_null(kz_request_query(&r, KZ_STR("b")).ptr);
  assert_str(kz_request_query(&r, KZ_STR("c")), "");
  assert_str(kz_request_query(&r, KZ_STR("d")), "x=y=z w");
  assert_null(kz_request_query(&r, KZ_STR("e")).ptr);
}

static void query_that_is_not_text_is_refused(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("/?a=%", &r), KZ_E_INPUT);
  assert_int_equal(parse("/?a=%00", &r), KZ_E_INPUT);
  assert_int_equal(parse("/?%ff=1", &r), KZ_E_INPUT);
  assert_int_equal(parse("/?a=%e3%81%82&b=%0A", &r), KZ_OK);
  assert_str(kz_request_query(&r, KZ_STR("a")), "\xe3\x81\x82");
}

static void too_many_parameters_are_a_limit(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  char text[KZ_REQUEST_PARAMS_MAX + 2];
  memset(text, '&', sizeof text);
  const struct kz_param *params = NULL;
  size_t count = 9;
  kz_str most = {text, KZ_REQUEST_PARAMS_MAX - 1};
  kz_str more = {text, KZ_REQUEST_PARAMS_MAX};
  assert_int_equal(kz_query_parse(most, arena, &params, &count, NULL), KZ_OK);
  assert_int_equal(count, 0);
  assert_int_equal(kz_query_parse(more, arena, &params, &count, NULL),
                   KZ_E_LIMIT);
}

static void full_arena_is_out_of_memory_and_not_bad_input(void **state) {
  (void)state;
  KZ_ARENA(arena, 64);
  struct kz_request r = {.arena = arena};
  assert_int_equal(parse("/a/b/c/d/e/f/g/h/i/j", &r), KZ_E_MEMORY);
}

static void headers_are_found_in_any_case(void **state) {
  (void)state;
  struct kz_param headers[] = {{KZ_STR("accept"), KZ_STR("text/csv")},
                               {KZ_STR("ACCEPT"), KZ_STR("second")}};
  struct kz_request r = {.headers = headers, .header_count = 2};
  assert_str(kz_request_header(&r, KZ_STR("Accept")), "text/csv");
  assert_null(kz_request_header(&r, KZ_STR("Accep")).ptr);
}

static void body_may_be_framed_in_one_way_only(void **state) {
  (void)state;
  struct kz_param length = {KZ_STR("Content-Length"), KZ_STR("5")};
  struct kz_param chunked = {KZ_STR("transfer-encoding"), KZ_STR("Chunked")};
  struct kz_param packed = {KZ_STR("Transfer-Encoding"), KZ_STR("gzip")};
  struct kz_param twice[] = {length, length};
  struct kz_param both[] = {length, chunked};
  assert_int_equal(kz_headers_check(&length, 1, NULL), KZ_OK);
  assert_int_equal(kz_headers_check(&chunked, 1, NULL), KZ_OK);
  assert_int_equal(kz_headers_check(&packed, 1, NULL), KZ_E_UNSUPPORTED);
  assert_int_equal(kz_headers_check(twice, 2, NULL), KZ_E_INPUT);
  assert_int_equal(kz_headers_check(both, 2, NULL), KZ_E_INPUT);
}

static void header_with_an_illegal_byte_is_refused(void **state) {
  (void)state;
  struct kz_param bad[] = {
      {KZ_STR("a b"), KZ_STR("x")},  {KZ_STR(""), KZ_STR("x")},
      {KZ_STR("a"), KZ_STR("x\ny")}, {KZ_STR("a"), KZ_STR("x\0y")},
      {KZ_STR("a\0"), KZ_STR("x")},  {KZ_STR("a:"), KZ_STR("x")},
      {KZ_STR("a"), KZ_STR("\x7f")},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(kz_headers_check(&bad[i], 1, NULL), KZ_E_INPUT);
  }
  struct kz_param good = {KZ_STR("X-Tab"), KZ_STR("a\tb\xe9")};
  assert_int_equal(kz_headers_check(&good, 1, NULL), KZ_OK);
}

static void methods_are_case_sensitive_words(void **state) {
  (void)state;
  for (unsigned m = KZ_METHOD_GET; m < KZ_METHOD_OTHER; m++) {
    kz_str name = kz_method_name((enum kz_method)m);
    assert_int_equal(kz_method_of(name), m);
  }
  assert_int_equal(kz_method_of(KZ_STR("get")), KZ_METHOD_OTHER);
  assert_int_equal(kz_method_of(KZ_STR("TRACE")), KZ_METHOD_OTHER);
  assert_int_equal(kz_method_of(KZ_STR("OTHER")), KZ_METHOD_OTHER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(path_is_split_before_it_is_decoded),
      cmocka_unit_test(nothing_is_decoded_twice),
      cmocka_unit_test(root_and_final_slash_add_no_segment),
      cmocka_unit_test(path_tricks_are_refused),
      cmocka_unit_test(three_dots_and_dotted_names_are_names),
      cmocka_unit_test(absolute_target_means_its_path),
      cmocka_unit_test(too_many_segments_are_a_limit),
      cmocka_unit_test(query_keeps_order_and_knows_absent_from_empty),
      cmocka_unit_test(query_that_is_not_text_is_refused),
      cmocka_unit_test(too_many_parameters_are_a_limit),
      cmocka_unit_test(full_arena_is_out_of_memory_and_not_bad_input),
      cmocka_unit_test(headers_are_found_in_any_case),
      cmocka_unit_test(body_may_be_framed_in_one_way_only),
      cmocka_unit_test(header_with_an_illegal_byte_is_refused),
      cmocka_unit_test(methods_are_case_sensitive_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
