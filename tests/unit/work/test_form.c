#include "test.h"

#include "scene.h"
#include "work/feeds.h"
#include "work/peers.h"

enum { ARENA = 4 << 20 };

static struct kz_jsonv *parse(struct kz_arena *arena, const char *json) {
  struct kz_jsonv *value = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(json), arena, &value, NULL), KZ_OK);
  return value;
}

static void fields_are_taken_as_clients_type_them(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *feed = NULL;
  const struct kz_form *form = &kz_feed_form;
  assert_int_equal(
      kz_binder_fill(s.house->feeds, 0,
                     parse(arena, "{\"name\":\"n\",\"url\":\"http://f.example/"
                                  "\",\"enabled\":\"1\",\"distribution\":\"3\","
                                  "\"settings\":{\"csv\":{\"value\":\"1\"}},"
                                  "\"stranger\":7}"),
                     arena, &feed, NULL),
      KZ_OK);
  assert_true(kz_form_flag(form, feed, "enabled"));
  assert_int_equal(kz_form_number(form, feed, "distribution"), 3);
  assert_true(kz_str_eq(kz_form_text(form, feed, "settings"),
                        KZ_STR("{\"csv\":{\"value\":\"1\"}}")));
  assert_null(kz_jsonv_get(feed, KZ_STR("stranger")));
  assert_true(
      kz_str_eq(kz_form_text(form, feed, "source_format"), KZ_STR("misp")));
  assert_int_equal(kz_binder_fill(s.house->feeds, 1,
                                  parse(arena, "{\"enabled\":false,"
                                               "\"settings\":null}"),
                                  arena, &feed, NULL),
                   KZ_OK);
  assert_false(kz_form_flag(form, feed, "enabled"));
  assert_true(kz_str_eq(kz_form_text(form, feed, "name"), KZ_STR("n")));
  assert_non_null(
      strstr(kz_form_text(form, feed, "settings").ptr, "delimiter"));
}

static void what_makes_no_sense_is_refused_with_its_field(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  static const struct {
    const char *json;
    const char *field;
  } cases[] = {
      {"{}", "name: "},
      {"{\"name\":\"n\"}", "url: "},
      {"{\"name\":\"n\",\"url\":\"ftp://f.example/\"}", "url: "},
      {"{\"name\":\"n\",\"url\":\"http://a b/\"}", "url: "},
      {"{\"name\":\"n\",\"url\":\"http://u:p@f.example/\"}", "url: "},
      {"{\"name\":\"n\",\"url\":\"data\",\"input_source\":\"local\"}", "url: "},
      {"{\"name\":\"n\",\"url\":\"http://f.example\",\"source_format\":\"x\"}",
       "source_format: "},
      {"{\"name\":[],\"url\":\"http://f.example\"}", "name: "},
      {"{\"name\":\"n\",\"distribution\":\"x\"}", "distribution: "},
      {"{\"name\":\"n\",\"settings\":\"{\"}", "settings: "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct kz_err err = KZ_ERR_NONE;
    struct kz_jsonv *feed = NULL;
    assert_int_equal(kz_binder_fill(s.house->feeds, 0,
                                    parse(arena, cases[i].json), arena, &feed,
                                    &err),
                     KZ_E_INPUT);
    assert_int_equal(strncmp(err.text, cases[i].field, strlen(cases[i].field)),
                     0);
  }
  assert_int_equal(kz_shelf_count(kz_binder_shelf(s.house->feeds)), 0);
}

static void secrets_are_kept_but_never_shown(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *peer = NULL;
  const char *key = "0123456789012345678901234567890123456789";
  char json[256];
  (void)snprintf(json, sizeof json,
                 "{\"name\":\"p\",\"url\":\"https://p.example\","
                 "\"authkey\":\"%s\"}",
                 key);
  assert_int_equal(
      kz_binder_fill(s.house->peers, 0, parse(arena, json), arena, &peer, NULL),
      KZ_OK);
  assert_int_equal(kz_binder_fill(s.house->peers, 1,
                                  parse(arena, "{\"name\":\"q\"}"), arena,
                                  &peer, NULL),
                   KZ_OK);
  assert_true(
      kz_str_eq(kz_form_text(&kz_peer_form, peer, "authkey"), kz_str_of(key)));
  KZ_BUF(text, 1 << 16);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &text);
  kz_jsonw_object(&w);
  kz_form_write(&kz_peer_form, peer, &w);
  kz_jsonw_object_end(&w);
  assert_int_equal(kz_str_find(kz_buf_str(&text), kz_str_of(key)), SIZE_MAX);
  assert_true(kz_str_find(kz_buf_str(&text), KZ_STR("\"name\":\"q\"")) !=
              SIZE_MAX);
}

static void well_known_feeds_are_loaded_once_and_switched_off(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  size_t added = 0;
  struct kz_jsonv *feed = NULL;
  assert_int_equal(kz_feeds_load_known(s.house->feeds, &added, NULL), KZ_OK);
  assert_true(added > 2);
  assert_int_equal(kz_feeds_load_known(s.house->feeds, &added, NULL), KZ_OK);
  assert_int_equal(added, 0);
  for (uint64_t id = 1; id <= kz_shelf_count(kz_binder_shelf(s.house->feeds));
       id++) {
    assert_int_equal(
        kz_shelf_get(kz_binder_shelf(s.house->feeds), id, arena, &feed, NULL),
        KZ_OK);
    assert_false(kz_form_flag(&kz_feed_form, feed, "enabled"));
    assert_false(kz_form_flag(&kz_feed_form, feed, "caching_enabled"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_are_taken_as_clients_type_them),
      cmocka_unit_test(what_makes_no_sense_is_refused_with_its_field),
      cmocka_unit_test(secrets_are_kept_but_never_shown),
      cmocka_unit_test(well_known_feeds_are_loaded_once_and_switched_off),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
