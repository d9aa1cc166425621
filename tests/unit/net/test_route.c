#include "test.h"

#include "base/json.h"
#include "net/route.h"

static void handle(void *ctx, const struct kz_request *request,
                   const struct kz_route_match *match, struct kz_reply *reply) {
  (void)ctx;
  (void)request;
  (void)match;
  (void)reply;
}

static const struct kz_route_param search_params[] = {
    {"value", KZ_ROUTE_IN_BODY, "string", true, "What to look for"},
    {"limit", KZ_ROUTE_IN_BODY, "integer", false, "Rows of a page"},
    {"pretty", KZ_ROUTE_IN_QUERY, "boolean", false, "For people"},
};

static const struct kz_route rows[] = {
    {KZ_METHOD_GET, "/", handle, false, false, NULL, "The page", NULL, 0},
    {KZ_METHOD_GET, "/files/{path*}", handle, false, false, NULL, NULL, NULL,
     0},
    {KZ_METHOD_GET, "/api/events/{id}", handle, true, false, "events",
     "One event", NULL, 0},
    {KZ_METHOD_DELETE, "/api/events/{id}", handle, true, false, "events",
     "Delete it", NULL, 0},
    {KZ_METHOD_GET, "/api/events/index", handle, true, false, "events", "All",
     NULL, 0},
    {KZ_METHOD_POST, "/api/search", handle, true, false, "search", "Search",
     search_params, 3},
    {KZ_METHOD_GET, "/api/{a}/x/{b}", handle, true, true, NULL, "Two names",
     NULL, 0},
};
static const struct kz_route_table table = {rows, sizeof rows / sizeof rows[0]};

static enum kz_route_found find(enum kz_method method, const char *target,
                                struct kz_arena *arena,
                                struct kz_route_match *match) {
  struct kz_request request = {.arena = arena, .method = method};
  assert_int_equal(kz_target_parse(kz_str_of(target), &request, NULL), KZ_OK);
  return kz_route_find(&table, &request, match);
}

static void text_is_preferred_to_a_name_whatever_the_order(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_route_match match = {0};
  assert_int_equal(find(KZ_METHOD_GET, "/api/events/index", arena, &match),
                   KZ_ROUTE_FOUND);
  assert_ptr_equal(match.route, &rows[4]);
  assert_int_equal(find(KZ_METHOD_GET, "/api/events/7", arena, &match),
                   KZ_ROUTE_FOUND);
  assert_ptr_equal(match.route, &rows[2]);
}

static void captures_are_decoded_segments(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_route_match match = {0};
  assert_int_equal(find(KZ_METHOD_GET, "/api/a%2Fb/x/%e3%81%82", arena, &match),
                   KZ_ROUTE_FOUND);
  assert_int_equal(match.capture_count, 2);
  assert_true(kz_str_eq(kz_route_capture(&match, KZ_STR("a")), KZ_STR("a/b")));
  assert_true(
      kz_str_eq(kz_route_capture(&match, KZ_STR("b")), KZ_STR("\xe3\x81\x82")));
  assert_null(kz_route_capture(&match, KZ_STR("c")).ptr);
}

static void rest_takes_any_number_of_segments(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_route_match match = {0};
  assert_int_equal(find(KZ_METHOD_GET, "/files/a/b%20c/d", arena, &match),
                   KZ_ROUTE_FOUND);
  assert_int_equal(match.rest, 1);
  assert_true(
      kz_str_eq(kz_route_capture(&match, KZ_STR("path")), KZ_STR("a/b%20c/d")));
  assert_int_equal(find(KZ_METHOD_GET, "/files", arena, &match),
                   KZ_ROUTE_FOUND);
  assert_int_equal(kz_route_capture(&match, KZ_STR("path")).len, 0);
}

static void get_answers_head_too(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_route_match match = {0};
  assert_int_equal(find(KZ_METHOD_HEAD, "/", arena, &match), KZ_ROUTE_FOUND);
  assert_ptr_equal(match.route, &rows[0]);
  assert_int_equal(find(KZ_METHOD_HEAD, "/api/search", arena, &match),
                   KZ_ROUTE_NO_METHOD);
}

static void unknown_path_differs_from_unknown_method(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 16);
  struct kz_route_match match = {0};
  assert_int_equal(find(KZ_METHOD_GET, "/api", arena, &match),
                   KZ_ROUTE_NO_PATH);
  assert_int_equal(find(KZ_METHOD_GET, "/api/events/1/2", arena, &match),
                   KZ_ROUTE_NO_PATH);
  assert_int_equal(find(KZ_METHOD_PUT, "/api/events/1", arena, &match),
                   KZ_ROUTE_NO_METHOD);
  assert_int_equal(find(KZ_METHOD_GET, "/API/search", arena, &match),
                   KZ_ROUTE_NO_PATH);
}

static void assert_refusal(enum kz_method method, const char *target,
                           unsigned status, const char *allow) {
  KZ_ARENA(arena, 1 << 16);
  struct kz_request request = {.arena = arena, .method = method};
  assert_int_equal(kz_target_parse(kz_str_of(target), &request, NULL), KZ_OK);
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  kz_route_refuse(&table, &request, &reply);
  assert_int_equal(reply.status, status);
  assert_int_equal(kz_reply_has(&reply, KZ_STR("Allow")), allow != NULL);
  if (allow) {
    kz_str value = reply.headers[reply.header_count - 1].value;
    assert_true(kz_str_eq(value, kz_str_of(allow)));
  }
  kz_reply_done(&reply, KZ_END);
}

static void refusals_name_the_methods_that_would_do(void **state) {
  (void)state;
  assert_refusal(KZ_METHOD_GET, "/nothing", 404, NULL);
  assert_refusal(KZ_METHOD_PUT, "/api/events/1", 405,
                 "GET, HEAD, DELETE, OPTIONS");
  assert_refusal(KZ_METHOD_OTHER, "/api/search", 405, "POST, OPTIONS");
  assert_refusal(KZ_METHOD_OPTIONS, "/api/search", 204, "POST, OPTIONS");
}

static void
openapi_is_valid_json_and_tells_each_row_with_a_summary(void **state) {
  (void)state;
  KZ_BUF(out, 1 << 20);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  struct kz_route_info info = {"kizashi", "1", "Threat intelligence"};
  kz_route_openapi(&table, &info, &w);
  kz_str text = kz_buf_str(&out);
  assert_true(kz_json_is_valid(text, KZ_JSON_LIMITS));
  static const char *const parts[] = {
      "\"openapi\":\"3.1.0\"",
      "\"/api/events/{id}\":{\"get\":{\"summary\":\"One event\"",
      "\"delete\":{\"summary\":\"Delete it\"",
      "{\"name\":\"id\",\"in\":\"path\",\"required\":true,",
      "{\"name\":\"pretty\",\"in\":\"query\",\"required\":false,",
      "\"value\":{\"type\":\"string\",\"description\":\"What to look for\"}",
      "\"required\":[\"value\"]",
      "\"security\":[{\"key\":[]}]",
      "\"securitySchemes\":{\"key\":{\"type\":\"apiKey\"",
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    assert_int_not_equal(kz_str_find(text, kz_str_of(parts[i])), SIZE_MAX);
  }
  assert_int_equal(kz_str_find(text, KZ_STR("/files")), SIZE_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_preferred_to_a_name_whatever_the_order),
      cmocka_unit_test(captures_are_decoded_segments),
      cmocka_unit_test(rest_takes_any_number_of_segments),
      cmocka_unit_test(get_answers_head_too),
      cmocka_unit_test(unknown_path_differs_from_unknown_method),
      cmocka_unit_test(refusals_name_the_methods_that_would_do),
      cmocka_unit_test(openapi_is_valid_json_and_tells_each_row_with_a_summary),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
