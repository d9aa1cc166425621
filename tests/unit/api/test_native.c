#include "test.h"

#include "api/api.h"
#include "base/json.h"
#include "scene.h"

enum { ARENA = 256 << 20, BODY = 64 << 20 };

struct answer {
  unsigned status;
  struct kz_buf body;
};

static void drop(struct answer *a) {
  kz_buf_done(&a->body);
}
#define ANSWER(name) __attribute__((cleanup(drop))) struct answer name

static void take_body(struct kz_reply *reply, struct kz_buf *out) {
  kz_rc rc = reply->kind == KZ_BODY_STREAM ? KZ_OK : KZ_END;
  if (reply->kind == KZ_BODY_TEXT || reply->kind == KZ_BODY_OWNED) {
    kz_buf_add_str(out, reply->text);
  }
  while (rc == KZ_OK) {
    KZ_BUF(piece, KZ_STREAM_CHUNK_MAX);
    rc = reply->stream.fill(reply->stream.ctx, &piece);
    kz_buf_add_str(out, kz_buf_str(&piece));
  }
  assert_int_equal(rc, KZ_END);
}

/* One request; over TCP from 192.0.2.99 unless `is_local`. */
static struct answer send(struct kz_api *api, bool is_local, const char *key,
                          const char *line, const char *body) {
  KZ_ARENA(arena, ARENA);
  struct answer a = {.body = {.max = BODY}};
  const struct kz_param headers[] = {
      {KZ_STR("Authorization"), kz_str_of(key)},
      {KZ_STR("Content-Type"),
       body[0] == '{' ? KZ_STR("application/json") : KZ_STR("text/plain")}};
  kz_str rest = kz_str_of(line);
  kz_str method = KZ_STR_NONE;
  assert_true(kz_str_next(&rest, ' ', &method));
  struct kz_request request = {
      .method = kz_method_of(method),
      .headers = headers,
      .header_count = 2,
      .body = kz_str_of(body),
      .peer = is_local ? KZ_STR("") : KZ_STR("192.0.2.99"),
      .is_local = is_local,
      .arena = arena,
  };
  struct kz_reply reply;
  assert_int_equal(kz_target_parse(rest, &request, NULL), KZ_OK);
  kz_reply_init(&reply, arena);
  kz_api_handle(api, &request, &reply);
  assert_false(reply.failed);
  a.status = reply.status;
  take_body(&reply, &a.body);
  kz_reply_done(&reply, KZ_END);
  return a;
}

static bool has(const struct answer *a, const char *what) {
  return kz_str_find(kz_buf_str(&a->body), kz_str_of(what)) != SIZE_MAX;
}

static bool is_json(const struct answer *a) {
  return kz_json_is_valid(kz_buf_str(&a->body), KZ_JSON_LIMITS);
}

struct stage {
  struct scene scene;
  struct kz_api *api;
};

static struct stage set_stage(void) {
  struct stage stage = {.scene = scene_make()};
  assert_int_equal(kz_api_new(stage.scene.house, &stage.api, NULL), KZ_OK);
  return stage;
}
static void clear_stage(struct stage *stage) {
  kz_api_free(stage->api);
  scene_done(&stage->scene);
}
#define STAGE(name)                                                            \
  __attribute__((cleanup(clear_stage))) struct stage name = set_stage()

static void every_row_but_health_wants_a_key(void **state) {
  (void)state;
  static const char *const lines[] = {
      "POST /api/ask",    "GET /api/search",       "POST /api/search",
      "GET /api/facets",  "GET /api/events/1",     "GET /api/correlate/1",
      "GET /api/export",  "POST /api/import",      "GET /api/stats",
      "GET /api/metrics", "GET /api/openapi.json", "POST /api/backup",
      "POST /api/verify", "POST /api/key/reset",   "POST /api/settle"};
  STAGE(stage);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    ANSWER(a) = send(stage.api, false, "", lines[i], "");
    assert_int_equal(a.status, 401);
    assert_true(has(&a, "{\"error\":{\"code\":\"denied\""));
  }
  ANSWER(health) = send(stage.api, false, "", "GET /api/health", "");
  assert_int_equal(health.status, 200);
}

static void what_is_the_owners_is_refused_to_a_key(void **state) {
  (void)state;
  static const char *const lines[] = {"POST /api/backup", "POST /api/verify",
                                      "POST /api/key/reset",
                                      "POST /api/settle"};
  STAGE(stage);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    ANSWER(a) = send(stage.api, false, stage.scene.key, lines[i], "");
    assert_int_equal(a.status, 403);
  }
}

static void ask_answers_text_and_json(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(a) = send(stage.api, false, stage.scene.key, "POST /api/ask",
                   "evil[.]example and new.example");
  ANSWER(b) = send(stage.api, true, "", "POST /api/ask?full=1",
                   "{\"text\":\"evil[.]example and new.example\"}");
  ANSWER(none) = send(stage.api, true, "", "POST /api/ask", "");
  ANSWER(bad) = send(stage.api, true, "", "POST /api/ask", "{\"txt\":1}");
  assert_int_equal(a.status, 200);
  assert_true(is_json(&a));
  assert_true(kz_str_starts(kz_buf_str(&a.body),
                            KZ_STR("{\"found\":[{\"value\":\"evil.example\"")));
  assert_true(has(&a, "\"not_found\":[{\"value\":\"new.example\""));
  assert_true(has(&a, "\"event_dates\":{\"first\":\"2026-01-10\","
                      "\"last\":\"2026-02-20\"}"));
  assert_true(kz_str_eq(kz_buf_str(&a.body), kz_buf_str(&b.body)));
  assert_true(kz_str_eq(kz_buf_str(&none.body),
                        KZ_STR("{\"found\":[],\"not_found\":[]}\n")));
  assert_int_equal(bad.status, 400);
}

static void search_is_the_same_by_url_and_by_json(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(a) = send(stage.api, true, "",
                   "GET /api/search?tag=tlp:amber&type=domain", "");
  ANSWER(b) = send(stage.api, true, "", "POST /api/search",
                   "{\"tag\":\"tlp:amber\",\"type\":\"domain\"}");
  ANSWER(bad) = send(stage.api, true, "", "GET /api/search?type=x", "");
  assert_int_equal(a.status, 200);
  assert_true(is_json(&a));
  assert_true(has(&a, "{\"total\":1,"));
  assert_true(has(&a, "\"value\":\"evil.example\""));
  assert_true(kz_str_eq(kz_buf_str(&a.body), kz_buf_str(&b.body)));
  assert_int_equal(bad.status, 400);
  assert_true(has(&bad, "\"code\":\"input\""));
}

static void facets_are_named(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(a) = send(stage.api, true, "", "GET /api/facets", "");
  assert_true(is_json(&a));
  assert_true(has(&a, "{\"total\":8,\"events\":3,"
                      "\"to_ids\":{\"true\":5,\"false\":3}"));
  assert_true(has(&a, "{\"tag\":\"tlp:amber\",\"count\":5}"));
  assert_true(has(&a, "{\"organisation\":\"Alpha\",\"count\":6}"));
  assert_true(has(&a, "{\"month\":\"2026-01\",\"count\":5}"));
  assert_true(has(&a, "{\"type\":\"filename|md5\",\"count\":1}"));
}

static void an_event_is_found_by_id_and_uuid(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(a) = send(stage.api, true, "", "GET /api/events/1", "");
  ANSWER(b) = send(stage.api, true, "", "GET /api/events/" SCENE_UUID("1"), "");
  ANSWER(gone) = send(stage.api, true, "", "GET /api/events/99", "");
  assert_int_equal(a.status, 200);
  assert_true(is_json(&a));
  assert_true(has(&a, "\"info\":\"Campaign one\""));
  assert_false(has(&a, "a.php"));
  assert_true(kz_str_eq(kz_buf_str(&a.body), kz_buf_str(&b.body)));
  assert_int_equal(gone.status, 404);
  ANSWER(all) = send(stage.api, true, "", "GET /api/events/1?deleted=both", "");
  assert_true(has(&all, "a.php"));
}

static void correlate_lists_shared_values(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(a) = send(stage.api, true, "", "GET /api/correlate/1", "");
  assert_true(is_json(&a));
  assert_true(has(&a, "\"total\":2,\"values\":[{\"value\":\"evil.example\""));
  assert_true(has(&a, "\"info\":\"Campaign two\""));
}

static void export_has_the_formats_it_names(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(text) = send(stage.api, true, "",
                      "GET /api/export?format=text&type=ip-dst&event=1", "");
  ANSWER(misp) = send(stage.api, true, "", "POST /api/export",
                      "{\"format\":\"misp\",\"event\":2}");
  ANSWER(bad) = send(stage.api, true, "", "GET /api/export?format=pdf", "");
  assert_true(kz_str_eq(kz_buf_str(&text.body), KZ_STR("192.0.2.1\n")));
  assert_true(is_json(&misp));
  assert_true(has(&misp, "{\"response\":[{\"Event\":"));
  assert_false(has(&misp, "Campaign one"));
  assert_int_equal(bad.status, 400);
}

static void import_ends_with_a_summary(void **state) {
  (void)state;
  STAGE(stage);
  KZ_BUF(body, 1 << 16);
  kz_buf_add_format(&body, "{\"paths\":[\"%s/events.json\"]}",
                    stage.scene.temp.path);
  kz_buf_add_byte(&body, '\0');
  ANSWER(a) =
      send(stage.api, false, stage.scene.key, "POST /api/import", body.ptr);
  assert_int_equal(a.status, 200);
  assert_true(has(
      &a, "{\"summary\":{\"files\":1,\"events\":0,"
          "\"attributes\":0,\"objects\":0,\"updated\":0,"
          "\"skipped\":3,\"repeated\":0,\"error_count\":0,\"errors\":[]}}\n"));
  ANSWER(relative) = send(stage.api, true, "", "POST /api/import",
                          "{\"paths\":[\"events.json\"]}");
  ANSWER(none) = send(stage.api, true, "", "POST /api/import", "{}");
  assert_int_equal(relative.status, 400);
  assert_int_equal(none.status, 400);
}

static void import_names_line_and_byte_of_what_is_broken(void **state) {
  (void)state;
  STAGE(stage);
  char path[512];
  FILE *file = fopen(temp_path(&stage.scene.temp, "broken.json", path), "wb");
  assert_non_null(file);
  assert_true(fputs("{\"Event\":\n{\"info\":}}", file) >= 0);
  assert_int_equal(fclose(file), 0);
  KZ_BUF(body, 1 << 16);
  kz_buf_add_format(&body, "{\"paths\":[\"%s\"],\"known_at\":\"date\"}", path);
  kz_buf_add_byte(&body, '\0');
  ANSWER(a) = send(stage.api, true, "", "POST /api/import", body.ptr);
  assert_true(has(&a, "broken.json\",\"line\":2,\"byte\":"));
}

static void keeping_works_for_the_owner(void **state) {
  (void)state;
  STAGE(stage);
  KZ_BUF(body, 1 << 16);
  kz_buf_add_format(&body, "{\"path\":\"%s/copy\"}", stage.scene.temp.path);
  kz_buf_add_byte(&body, '\0');
  ANSWER(settled) = send(stage.api, true, "", "POST /api/settle", "");
  ANSWER(verified) = send(stage.api, true, "", "POST /api/verify", "");
  ANSWER(copied) = send(stage.api, true, "", "POST /api/backup", body.ptr);
  ANSWER(bad) =
      send(stage.api, true, "", "POST /api/backup", "{\"path\":\"copy\"}");
  assert_int_equal(settled.status, 200);
  assert_true(has(&verified, "\"events\":3,"));
  assert_true(has(&verified, "\"problems\":0,\"listed\":[]"));
  assert_true(is_json(&verified));
  assert_int_equal(copied.status, 200);
  assert_int_equal(bad.status, 400);
}

static void a_new_key_ends_the_old_one(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(reset) = send(stage.api, true, "", "POST /api/key/reset", "");
  assert_int_equal(reset.status, 200);
  kz_str body = kz_buf_str(&reset.body);
  assert_true(kz_str_starts(body, KZ_STR("{\"key\":\"")));
  char fresh[KZ_KEY_TEXT] = "";
  memcpy(fresh, body.ptr + 8, sizeof fresh - 1);
  ANSWER(old) = send(stage.api, false, stage.scene.key, "GET /api/stats", "");
  ANSWER(now) = send(stage.api, false, fresh, "GET /api/stats", "");
  assert_int_equal(old.status, 401);
  assert_int_equal(now.status, 200);
}

static void the_document_has_every_row(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(a) = send(stage.api, true, "", "GET /api/openapi.json", "");
  assert_true(is_json(&a));
  assert_true(has(&a, "\"/api/events/{id}\""));
  assert_true(has(&a, "\"/api/import\""));
  assert_true(has(&a, "\"name\":\"within\",\"in\":\"query\""));
  assert_true(has(&a, "\"name\":\"sort\",\"in\":\"query\""));
}

static void numbers_are_told_to_people_and_machines(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(stats) = send(stage.api, true, "", "GET /api/stats", "");
  ANSWER(metrics) = send(stage.api, true, "", "GET /api/metrics", "");
  assert_true(is_json(&stats));
  assert_true(has(&stats, "\"events\":3,\"attributes\":9,"));
  assert_true(has(&metrics, "\nkizashi_attributes 9\n"));
}

static void other_paths_and_methods_are_refused(void **state) {
  (void)state;
  STAGE(stage);
  ANSWER(path) = send(stage.api, true, "", "GET /api/nothing", "");
  ANSWER(method) = send(stage.api, true, "", "PUT /api/ask", "");
  assert_int_equal(path.status, 404);
  assert_true(has(&path, "{\"error\":{\"code\":\"not_found\""));
  assert_int_equal(method.status, 405);
}

static void many_wrong_keys_are_held_off(void **state) {
  (void)state;
  STAGE(stage);
  unsigned last = 0;
  for (int i = 0; i < 40; i++) {
    ANSWER(a) = send(stage.api, false, "wrong", "GET /api/stats", "");
    last = a.status;
  }
  assert_int_equal(last, 429);
  ANSWER(local) = send(stage.api, true, "", "GET /api/stats", "");
  assert_int_equal(local.status, 200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_but_health_wants_a_key),
      cmocka_unit_test(what_is_the_owners_is_refused_to_a_key),
      cmocka_unit_test(ask_answers_text_and_json),
      cmocka_unit_test(search_is_the_same_by_url_and_by_json),
      cmocka_unit_test(facets_are_named),
      cmocka_unit_test(an_event_is_found_by_id_and_uuid),
      cmocka_unit_test(correlate_lists_shared_values),
      cmocka_unit_test(export_has_the_formats_it_names),
      cmocka_unit_test(import_ends_with_a_summary),
      cmocka_unit_test(import_names_line_and_byte_of_what_is_broken),
      cmocka_unit_test(keeping_works_for_the_owner),
      cmocka_unit_test(a_new_key_ends_the_old_one),
      cmocka_unit_test(the_document_has_every_row),
      cmocka_unit_test(numbers_are_told_to_people_and_machines),
      cmocka_unit_test(other_paths_and_methods_are_refused),
      cmocka_unit_test(many_wrong_keys_are_held_off),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
