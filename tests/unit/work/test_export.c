#include "test.h"

#include "base/json.h"
#include "scene.h"
#include "work/export.h"

enum { ALL = 1 << 30, LARGE = 5000, ARENA = 64 << 20, PIECE_MAX = 4 << 20 };

static kz_rc drain(struct kz_export *export, struct kz_buf *out) {
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK) {
    KZ_BUF(piece, ALL);
    rc = kz_export_fill(export, &piece, NULL);
    assert_true(piece.len <= PIECE_MAX);
    kz_buf_add_str(out, kz_buf_str(&piece));
  }
  kz_export_free(export);
  return rc;
}

static void export_as(const struct scene *s, const struct kz_viewer *viewer,
                      const struct kz_search *search, const char *name,
                      struct kz_buf *out) {
  struct kz_export *export = NULL;
  struct kz_export_format format;
  assert_int_equal(kz_export_format(kz_str_of(name), &format, NULL), KZ_OK);
  assert_int_equal(
      kz_export_new(s->house, viewer, search, &format, &export, NULL), KZ_OK);
  assert_int_equal(drain(export, out), KZ_END);
  assert_false(kz_buf_failed(out));
}

static size_t count_of(kz_str text, const char *what) {
  size_t count = 0;
  size_t at = kz_str_find(text, kz_str_of(what));
  while (at != SIZE_MAX) {
    count++;
    text = kz_str_from(text, at + strlen(what));
    at = kz_str_find(text, kz_str_of(what));
  }
  return count;
}

static const struct kz_search everything = {.where = NULL};

static void text_is_the_values_one_a_line(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  export_as(&s, &scene_owner, &everything, "text", &out);
  assert_true(kz_str_eq(kz_buf_str(&out),
                        KZ_STR("192.0.2.1\nevil.example\n"
                               "evil.exe|d41d8cd98f00b204e9800998ecf8427e\n"
                               "for the owner only\n198.51.100.0/24\n"
                               "192.0.2.1\nevil.example\n192.0.2.1\n")));
}

static void csv_has_a_header_and_a_line_for_each(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  export_as(&s, &scene_owner, &everything, "csv", &out);
  assert_int_equal(count_of(kz_buf_str(&out), "\r\n"), 9);
  assert_true(kz_str_starts(kz_buf_str(&out), KZ_STR("uuid,event_id,")));
  assert_int_equal(count_of(kz_buf_str(&out), ",network,"), 1);
}

static void attributes_come_in_one_response(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  export_as(&s, &scene_owner, &everything, "attributes", &out);
  assert_true(kz_json_is_valid(kz_buf_str(&out), KZ_JSON_LIMITS));
  assert_int_equal(count_of(kz_buf_str(&out), "\"value\":"), 8);
}

static void limit_and_offset_count_rows(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  const struct kz_search some = {.offset = 1, .limit = 2, .gave_limit = true};
  export_as(&s, &scene_owner, &some, "text", &out);
  assert_true(kz_str_eq(kz_buf_str(&out),
                        KZ_STR("evil.example\n"
                               "evil.exe|d41d8cd98f00b204e9800998ecf8427e\n")));
}

static void whole_events_carry_what_was_deleted(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  KZ_BUF(live, ALL);
  export_as(&s, &scene_owner, &everything, "misp", &out);
  assert_true(kz_json_is_valid(kz_buf_str(&out), KZ_JSON_LIMITS));
  assert_int_equal(count_of(kz_buf_str(&out), "\"value\":"), 9);
  assert_int_equal(count_of(kz_buf_str(&out), "{\"Event\":"), 3);
  const struct kz_search only_live = {.gave_deleted = true};
  export_as(&s, &scene_owner, &only_live, "misp", &live);
  assert_int_equal(count_of(kz_buf_str(&live), "\"value\":"), 8);
}

static void a_guest_gets_no_hidden_event_and_no_hidden_row(void **state) {
  (void)state;
  static const char *const formats[] = {"misp", "ndjson", "attributes", "csv",
                                        "text"};
  SCENE(s);
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    KZ_BUF(out, ALL);
    export_as(&s, &scene_guest, &everything, formats[i], &out);
    assert_true(count_of(kz_buf_str(&out), "evil.example") >= 2);
    assert_int_equal(count_of(kz_buf_str(&out), "Kept inside"), 0);
    assert_int_equal(count_of(kz_buf_str(&out), "for the owner only"), 0);
  }
}

static void lines_imported_again_are_the_same_events(void **state) {
  (void)state;
  SCENE(s);
  EMPTY_SCENE(copy);
  KZ_BUF(out, ALL);
  KZ_BUF(again, ALL);
  export_as(&s, &scene_owner, &everything, "ndjson", &out);
  assert_int_equal(count_of(kz_buf_str(&out), "\n"), 3);
  struct kz_ingest_report *report =
      scene_import(&copy, "copy.ndjson", kz_buf_str(&out));
  assert_int_equal(report->events, 3);
  assert_int_equal(report->attributes, 9);
  assert_int_equal(report->error_count, 0);
  kz_ingest_report_done(report);
  export_as(&copy, &scene_owner, &everything, "text", &again);
  assert_int_equal(count_of(kz_buf_str(&again), "\n"), 8);
}

/* One event of many attributes, each fifth in one of two objects. */
static void write_large(struct kz_buf *out) {
  kz_buf_add_str(out, KZ_STR("{\"Event\":{\"uuid\":\"" SCENE_UUID(
                          "9") "\","
                               "\"info\":\"large\",\"date\":\"2026-01-01\","
                               "\"timestamp\":\"1768046400\",\"Attribute\":["));
  for (unsigned i = 0; i < LARGE; i++) {
    kz_buf_add_format(out,
                      "%s{\"uuid\":\"5b0e4d3c-0000-4000-8000-1%011u\","
                      "\"type\":\"text\",\"category\":\"Other\","
                      "\"value\":\"row %u\"}",
                      i ? "," : "", i, i);
  }
  kz_buf_add_str(out, KZ_STR("],\"Object\":["));
  for (unsigned o = 0; o < 2; o++) {
    kz_buf_add_format(out,
                      "%s{\"uuid\":\"5b0e4d3c-0000-4000-8000-2%011u\","
                      "\"name\":\"thing\",\"Attribute\":[",
                      o ? "," : "", o);
    for (unsigned i = 0; i < LARGE / 5; i++) {
      kz_buf_add_format(out,
                        "%s{\"uuid\":\"5b0e4d3c-0000-4000-8000-3%u%010u\","
                        "\"type\":\"text\",\"category\":\"Other\","
                        "\"object_relation\":\"part\","
                        "\"value\":\"part %u of %u\"}",
                        i ? "," : "", o, i, i, o);
    }
    kz_buf_add_str(out, KZ_STR("]}"));
  }
  kz_buf_add_str(out, KZ_STR("]}}"));
}

static void a_large_event_passes_in_pieces(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  EMPTY_SCENE(copy);
  KZ_BUF(text, ALL);
  KZ_BUF(out, ALL);
  struct kz_export *export = NULL;
  write_large(&text);
  kz_ingest_report_done(scene_import(&s, "large.json", kz_buf_str(&text)));
  assert_int_equal(kz_export_event(s.house, &scene_owner,
                                   KZ_STR(SCENE_UUID("9")), KZ_DELETED_NO,
                                   &export, NULL),
                   KZ_OK);
  assert_int_equal(drain(export, &out), KZ_END);
  assert_true(kz_json_is_valid(kz_buf_str(&out), KZ_JSON_LIMITS));
  struct kz_ingest_report *report =
      scene_import(&copy, "copy.json", kz_buf_str(&out));
  assert_int_equal(report->attributes, LARGE + 2 * (LARGE / 5));
  assert_int_equal(report->objects, 2);
  assert_int_equal(report->error_count, 0);
  kz_ingest_report_done(report);
  kz_buf_clear(&out);
  export_as(&s, &scene_owner, &everything, "text", &out);
  assert_int_equal(count_of(kz_buf_str(&out), "\n"), LARGE + 2 * (LARGE / 5));
  assert_int_equal(count_of(kz_buf_str(&out), "\npart 7 of 1\n"), 1);
}

static void a_thin_answer_gives_its_rows_alone(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  KZ_BUF(text, ALL);
  KZ_BUF(out, ALL);
  struct kz_search search;
  const struct kz_param params[] = {{KZ_STR("under"), KZ_STR("example")}};
  write_large(&text);
  kz_ingest_report_done(scene_import(&s, "large.json", kz_buf_str(&text)));
  assert_int_equal(kz_search_of_params(kz_store_dict(s.house->store), params, 1,
                                       arena, &search, NULL),
                   KZ_OK);
  export_as(&s, &scene_owner, &search, "text", &out);
  assert_true(
      kz_str_eq(kz_buf_str(&out), KZ_STR("evil.example\nevil.example\n")));
}

static void formats_are_known_by_name(void **state) {
  (void)state;
  struct kz_export_format format = {.kind = KZ_EXPORT_COUNT};
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_export_format(KZ_STR("pdf"), &format, &err), KZ_E_INPUT);
  assert_int_equal(format.kind, KZ_EXPORT_COUNT);
  assert_int_equal(kz_export_format(KZ_STR("misp"), &format, &err), KZ_OK);
  assert_int_equal(format.kind, KZ_EXPORT_EVENTS);
  for (size_t i = 0; kz_exporter_at(i); i++) {
    const struct kz_exporter *exporter = kz_exporter_at(i);
    assert_int_equal(
        kz_export_format(kz_exporter_name(exporter), &format, &err), KZ_OK);
    assert_int_equal(format.kind, KZ_EXPORT_ROWS);
    assert_ptr_equal(format.exporter, exporter);
  }
}

/* Event 2 is not published, the network of event 1 not to_ids. */
static void what_blocks_takes_what_is_published_for_detection(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  KZ_BUF(asked, ALL);
  export_as(&s, &scene_owner, &everything, "netfilter", &out);
  assert_int_equal(count_of(kz_buf_str(&out), " -j DROP\n"), 3);
  kz_buf_clear(&out);
  export_as(&s, &scene_owner, &everything, "rpz", &out);
  assert_int_equal(count_of(kz_buf_str(&out), "rpz-ip CNAME .\n"), 1);
  assert_int_equal(count_of(kz_buf_str(&out), "\nevil.example CNAME .\n"), 1);
  const struct kz_cond any[] = {{.kind = KZ_COND_TO_IDS, .flag = true},
                                {.kind = KZ_COND_PUBLISHED, .flag = false}};
  const struct kz_cond *const list[] = {&any[0], &any[1]};
  const struct kz_cond both = {
      .kind = KZ_COND_AND, .children = list, .child_count = 2};
  const struct kz_search unpublished = {.where = &both};
  export_as(&s, &scene_owner, &unpublished, "hosts", &asked);
  assert_int_equal(count_of(kz_buf_str(&asked), "0.0.0.0 evil.example\n"), 1);
}

static void xml_holds_whole_events(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  export_as(&s, &scene_owner, &everything, "xml", &out);
  assert_int_equal(count_of(kz_buf_str(&out), "<response><Event>"), 1);
  assert_int_equal(count_of(kz_buf_str(&out), "<Event>"), 3);
  assert_int_equal(count_of(kz_buf_str(&out), "</Event>"), 3);
  assert_int_equal(count_of(kz_buf_str(&out), "<value>"), 9);
  assert_true(kz_str_ends(kz_buf_str(&out), KZ_STR("</response>\n")));
}

static void count_is_a_number(void **state) {
  (void)state;
  SCENE(s);
  KZ_BUF(out, ALL);
  export_as(&s, &scene_owner, &everything, "count", &out);
  assert_true(kz_str_eq(kz_buf_str(&out), KZ_STR("8\n")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_the_values_one_a_line),
      cmocka_unit_test(csv_has_a_header_and_a_line_for_each),
      cmocka_unit_test(attributes_come_in_one_response),
      cmocka_unit_test(limit_and_offset_count_rows),
      cmocka_unit_test(whole_events_carry_what_was_deleted),
      cmocka_unit_test(a_guest_gets_no_hidden_event_and_no_hidden_row),
      cmocka_unit_test(lines_imported_again_are_the_same_events),
      cmocka_unit_test(a_large_event_passes_in_pieces),
      cmocka_unit_test(a_thin_answer_gives_its_rows_alone),
      cmocka_unit_test(formats_are_known_by_name),
      cmocka_unit_test(what_blocks_takes_what_is_published_for_detection),
      cmocka_unit_test(xml_holds_whole_events),
      cmocka_unit_test(count_is_a_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
