#include "test.h"

#include "scene.h"
#include "work/filter.h"
#include "work/result.h"

enum { ARENA = 64 << 20 };

/* How many rows match; SIZE_MAX when the question is refused with `rc`. */
static size_t count_as(const struct scene *s, const struct kz_viewer *viewer,
                       const char *question, kz_rc *rc) {
  KZ_ARENA(arena, ARENA);
  const struct kz_param *params = NULL;
  size_t count = 0;
  struct kz_search search;
  struct kz_result result;
  struct kz_dict *dict = kz_store_dict(s->house->store);
  if (question[0] == '{') {
    *rc = kz_search_of_json(dict, kz_str_of(question), arena, &search, NULL);
  } else {
    assert_int_equal(
        kz_query_parse(kz_str_of(question), arena, &params, &count, NULL),
        KZ_OK);
    *rc = kz_search_of_params(dict, params, count, arena, &search, NULL);
  }
  if (*rc == KZ_OK) {
    *rc = kz_result_page(s->house, viewer, &search, arena, &result, NULL);
  }
  return *rc == KZ_OK ? (size_t)result.total : SIZE_MAX;
}

struct question {
  const char *text;
  size_t total;
};

static void check_all(const struct question *questions, size_t count) {
  SCENE(s);
  for (size_t i = 0; i < count; i++) {
    kz_rc rc = KZ_OK;
    size_t total = count_as(&s, &scene_owner, questions[i].text, &rc);
    if (total != questions[i].total) {
      fail_msg("%s: %zu instead of %zu (%s)", questions[i].text, total,
               questions[i].total, kz_rc_name(rc));
    }
  }
}

#define CHECK_ALL(list) check_all((list), sizeof(list) / sizeof *(list))

static void filters_find_what_they_name(void **state) {
  (void)state;
  static const struct question questions[] = {
      {"", 8},
      {"type=ip-dst", 2},
      {"type=ip-dst,ip-src", 4},
      {"type=ip-dst&type=domain", 3},
      {"type=ip-%25", 4},
      {"type=!ip-dst", 6},
      {"category=Payload delivery", 1},
      {"tag=tlp:amber", 5},
      {"tag=TLP:%25", 7},
      {"tag=!tlp:amber", 3},
      {"tag=tlp:%25&tag=!kind:c2", 6},
      {"tag_own=kind:c2", 1},
      {"tag=nobody:knows", 0},
      {"tag=!nobody:knows", 8},
      {"org=Alpha", 6},
      {"org=beta", 2},
      {"org=" SCENE_UUID("b"), 2},
      {"org=!Alpha", 2},
      {"to_ids=1", 5},
      {"to_ids=false", 3},
      {"published=true", 5},
      {"in_object=yes", 1},
      {"sighted=1", 1},
      {"threat_level=high", 5},
      {"analysis=completed", 5},
      {"event=2", 2},
      {"event=" SCENE_UUID("2"), 2},
      {"uuid=5b0e4d3c-0000-4000-8000-000000000301", 1},
      {"info=campaign", 7},
      {"deleted=only", 1},
      {"deleted=both", 9},
  };
  CHECK_ALL(questions);
}

static void values_are_found_however_they_are_written(void **state) {
  (void)state;
  static const struct question questions[] = {
      {"value=evil[.]example", 2},
      {"value=EVIL.example", 2},
      {"value=hxxp://www.evil[.]example/a.php&deleted=both", 1},
      {"value=192[.]0[.]2[.]1", 3},
      {"value=evil.exe|d41d8cd98f00b204e9800998ecf8427e", 1},
      {"value=D41D8CD98F00B204E9800998ECF8427E", 1},
      {"value=other.exe|d41d8cd98f00b204e9800998ecf8427e", 0},
      {"prefix=evil.", 3},
      {"suffix=.example", 2},
      {"substring=vil[.]exa", 2},
      {"regex=^evil\\.(exe|example)$", 3},
      {"within=192.0.2.0/24", 3},
      {"within=0.0.0.0/0", 4},
      {"around=198.51.100.7", 1},
      {"around=198.51.100.0/25", 1},
      {"around=198.51.0.0/16", 0},
      {"under=*.example.", 2},
      {"under=evil.example&deleted=both", 3},
  };
  CHECK_ALL(questions);
}

static void times_are_days_spans_and_moments(void **state) {
  (void)state;
  static const struct question questions[] = {
      {"date=2026-01-10", 5},
      {"date_from=2026-02-01", 3},
      {"date_from=2026-01-10&date_to=2026-02-20", 7},
      {"date_to=2026-01-09", 0},
      {"timestamp_from=2026-02-20T12:00:01Z", 2},
      {"timestamp_to=2026-01-10", 5},
      {"timestamp_to=1768046400", 1},
      {"event_timestamp_from=1772366400", 1},
      {"known_at=2020-01-01", 0},
      {"known_from=1h", 8},
  };
  CHECK_ALL(questions);
}

static void objects_nest_and_or_and_not(void **state) {
  (void)state;
  static const struct question questions[] = {
      {"{}", 8},
      {"{\"type\":[\"ip-dst\",\"domain\"],\"to_ids\":true}", 2},
      {"{\"or\":[{\"type\":\"domain\"},{\"org\":\"Beta\"}]}", 3},
      {"{\"and\":[{\"tag\":\"tlp:amber\"},{\"not\":{\"type\":\"text\"}}]}", 4},
      {"{\"not\":{\"or\":[{\"event\":1},{\"event\":2}]}}", 1},
      {"{\"or\":[]}", 0},
      {"{\"and\":[],\"type\":null}", 8},
      {"{\"value\":[\"evil[.]example\",\"192.0.2.1\"],\"event\":1}", 2},
      {"{\"limit\":1,\"page\":3,\"sort\":\"-timestamp\"}", 8},
      {"type=domain&where={\"or\":[{\"event\":1},{\"event\":3}]}", 1},
  };
  CHECK_ALL(questions);
}

#define NOT_2(inner) "{\"not\":{\"not\":" inner "}}"
#define NOT_4(inner) NOT_2(NOT_2(inner))

static void nonsense_is_refused(void **state) {
  (void)state;
  static const char *const questions[] = {
      "type=no-such-type",
      "category=Nonsense",
      "colour=red",
      "to_ids=perhaps",
      "date=2026-02-30",
      "timestamp=yesterday",
      "within=evil.example",
      "under=",
      "value=",
      "uuid=7",
      "event=x",
      "limit=-1",
      "page=0",
      "sort=value",
      "deleted=maybe",
      "regex=(",
      "limit=10001",
      "{",
      "[]",
      "{} {}",
      "{\"not\":[]}",
      "{\"or\":{}}",
      "{\"or\":[1]}",
      "{\"type\":{\"a\":1}}",
      "{\"or\":[{\"limit\":1}]}",
      NOT_4(NOT_4("{}")),
  };
  SCENE(s);
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
    kz_rc rc = KZ_OK;
    size_t total = count_as(&s, &scene_owner, questions[i], &rc);
    if (total != SIZE_MAX || (rc != KZ_E_INPUT && rc != KZ_E_LIMIT)) {
      fail_msg("%s: %s", questions[i], kz_rc_name(rc));
    }
  }
}

static void the_words_of_a_refusal_name_the_filter(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_search search;
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_param params[] = {{KZ_STR("type"), KZ_STR("ip-dts")}};
  assert_int_equal(kz_search_of_params(NULL, params, 1, arena, &search, &err),
                   KZ_E_INPUT);
  assert_string_equal(err.text, "type: \"ip-dts\" is none that there is");
}

static void a_guest_finds_only_what_is_for_him(void **state) {
  (void)state;
  SCENE(s);
  kz_rc rc = KZ_OK;
  assert_int_equal(count_as(&s, &scene_guest, "", &rc), 6);
  assert_int_equal(count_as(&s, &scene_guest, "value=192.0.2.1", &rc), 2);
  assert_int_equal(count_as(&s, &scene_guest, "event=3", &rc), 0);
  assert_int_equal(count_as(&s, &scene_guest, "substring=owner", &rc), 0);
}

static struct kz_result page_of(const struct scene *s, struct kz_arena *arena,
                                const char *question) {
  const struct kz_param *params = NULL;
  size_t count = 0;
  struct kz_search search;
  struct kz_result result;
  assert_int_equal(
      kz_query_parse(kz_str_of(question), arena, &params, &count, NULL), KZ_OK);
  assert_int_equal(kz_search_of_params(kz_store_dict(s->house->store), params,
                                       count, arena, &search, NULL),
                   KZ_OK);
  assert_int_equal(
      kz_result_page(s->house, &scene_owner, &search, arena, &result, NULL),
      KZ_OK);
  return result;
}

static void pages_follow_each_other_in_order(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_result all = page_of(&s, arena, "sort=-timestamp");
  assert_int_equal(all.count, 8);
  for (size_t i = 1; i < all.count; i++) {
    assert_true(all.rows[i - 1].attribute.timestamp_us >=
                all.rows[i].attribute.timestamp_us);
  }
  struct kz_result third = page_of(&s, arena, "sort=-timestamp&limit=3&page=3");
  assert_int_equal(third.total, 8);
  assert_int_equal(third.count, 2);
  assert_int_equal(third.rows[0].attribute.id, all.rows[6].attribute.id);
  struct kz_result none = page_of(&s, arena, "limit=0");
  assert_int_equal(none.total, 8);
  assert_int_equal(none.count, 0);
}

static void a_row_tells_of_its_event(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_result result = page_of(&s, arena, "type=ip-dst&event=1");
  assert_int_equal(result.count, 1);
  const struct kz_result_row *row = &result.rows[0];
  assert_true(kz_str_eq(row->attribute.value, KZ_STR("192.0.2.1")));
  assert_true(kz_str_eq(row->event_info, KZ_STR("Campaign one")));
  assert_true(kz_str_eq(row->event_org, KZ_STR("Alpha")));
  assert_int_equal(row->event_tag_count, 1);
  assert_true(kz_str_eq(row->event_tags[0], KZ_STR("tlp:amber")));
  assert_int_equal(row->attribute.tag_count, 1);
  assert_true(kz_str_eq(row->attribute.tags[0].tag.name, KZ_STR("kind:c2")));
}

static void facets_count_what_a_search_would_find(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  const struct kz_search search = {.where = NULL};
  struct kz_facets facets;
  assert_int_equal(
      kz_result_facets(s.house, &scene_guest, &search, arena, &facets, NULL),
      KZ_OK);
  assert_int_equal(facets.total, 6);
  assert_int_equal(facets.events, 2);
  assert_int_equal(facets.types[KZ_TYPE_IP_DST], 1);
  assert_int_equal(facets.month_count, 2);
  for (size_t i = 0; i < facets.tag_count; i++) {
    struct kz_tag tag;
    kz_rc rc = kz_dict_tag_get(kz_store_dict(s.house->store),
                               (uint32_t)facets.tags[i].key, &tag);
    KZ_BUF(question, 1024);
    assert_int_equal(rc, KZ_OK);
    kz_buf_add_str(&question, KZ_STR("tag="));
    kz_buf_add_str(&question, tag.name);
    kz_buf_add_byte(&question, '\0');
    assert_int_equal(count_as(&s, &scene_guest, question.ptr, &rc),
                     facets.tags[i].count);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(filters_find_what_they_name),
      cmocka_unit_test(values_are_found_however_they_are_written),
      cmocka_unit_test(times_are_days_spans_and_moments),
      cmocka_unit_test(objects_nest_and_or_and_not),
      cmocka_unit_test(nonsense_is_refused),
      cmocka_unit_test(the_words_of_a_refusal_name_the_filter),
      cmocka_unit_test(a_guest_finds_only_what_is_for_him),
      cmocka_unit_test(pages_follow_each_other_in_order),
      cmocka_unit_test(a_row_tells_of_its_event),
      cmocka_unit_test(facets_count_what_a_search_would_find),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
