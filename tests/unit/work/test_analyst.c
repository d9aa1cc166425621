#include "test.h"

#include "scene.h"
#include "work/analyst.h"
#include "work/opinions.h"

enum { ARENA = 64 << 20 };

#define THING "5b0e4d3c-0000-4000-8000-000000000001"
#define OURS "5b0e4d3c-0000-4000-8000-0000000000a1"
#define THEIRS "5b0e4d3c-0000-4000-8000-0000000000a2"

static struct kz_analyst_author author_of(const char *org, bool for_others) {
  struct kz_analyst_author author = {.email = KZ_STR("a@b.example"),
                                     .for_others = for_others};
  assert_int_equal(kz_uuid_parse(kz_str_of(org), &author.org), KZ_OK);
  return author;
}

/* Adds a note that was sent as `text`. */
static kz_rc add(struct scene *s, struct kz_arena *arena,
                 const struct kz_analyst_author *author, const char *text,
                 uint64_t *ret_id) {
  struct kz_jsonv *sent = NULL;
  kz_str field = KZ_STR_NONE;
  assert_int_equal(kz_jsonv_parse(kz_str_of(text), arena, &sent, NULL), KZ_OK);
  const struct kz_analyst_piece piece = {.type = KZ_ANALYST_NOTE,
                                         .sent = sent,
                                         .object_uuid = KZ_STR(THING),
                                         .object_type = KZ_STR("Event")};
  return kz_analyst_add(s->house->analyst, author, &piece, 1, KZ_ANALYST_NEW,
                        arena, ret_id, &field, NULL);
}

static struct kz_jsonv *get(struct scene *s, struct kz_arena *arena,
                            uint64_t id) {
  char ref[24];
  struct kz_jsonv *document = NULL;
  (void)snprintf(ref, sizeof ref, "%llu", (unsigned long long)id);
  assert_int_equal(
      kz_analyst_get(s->house->analyst, kz_str_of(ref), arena, &document, NULL),
      KZ_OK);
  return document;
}

static void each_distribution_has_its_viewers(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  const uint64_t groups[] = {7};
  const struct kz_viewer stranger = {.org = 9};
  const struct kz_viewer member = {
      .org = 9, .groups = groups, .group_count = 1};
  static const struct {
    const char *sent;
    bool stranger_sees;
    bool member_sees;
  } cases[] = {
      {"{\"note\":\"x\",\"distribution\":0}", false, false},
      {"{\"note\":\"x\",\"distribution\":\"1\"}", true, true},
      {"{\"note\":\"x\",\"distribution\":2}", true, true},
      {"{\"note\":\"x\",\"distribution\":3}", true, true},
      {"{\"note\":\"x\",\"distribution\":4,\"sharing_group_id\":7}", false,
       true},
      {"{\"note\":\"x\",\"distribution\":4,\"sharing_group_id\":8}", false,
       false},
      {"{\"note\":\"x\",\"distribution\":5}", true, true},
  };
  struct kz_analyst_author ours = author_of(OURS, false);
  struct kz_analyst_author theirs = author_of(THEIRS, false);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t id = 0;
    assert_int_equal(add(&s, arena, &ours, cases[i].sent, &id), KZ_OK);
    const struct kz_jsonv *note = get(&s, arena, id);
    assert_int_equal(kz_analyst_sees(&stranger, &theirs.org, note),
                     cases[i].stranger_sees);
    assert_int_equal(kz_analyst_sees(&member, &theirs.org, note),
                     cases[i].member_sees);
    assert_true(kz_analyst_sees(&stranger, &ours.org, note));
    assert_true(kz_analyst_sees(&scene_owner, &theirs.org, note));
  }
}

static void nobody_speaks_for_others_or_changes_what_is_theirs(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *sent = NULL;
  kz_str field = KZ_STR_NONE;
  uint64_t id = 0;
  struct kz_analyst_author ours = author_of(OURS, false);
  struct kz_analyst_author theirs = author_of(THEIRS, false);
  struct kz_analyst_author sync = author_of(OURS, true);
  static const char text[] = "{\"note\":\"x\",\"orgc_uuid\":\"" THEIRS "\"}";
  assert_int_equal(add(&s, arena, &ours, text, &id), KZ_OK);
  assert_true(kz_analyst_is_his(&ours, get(&s, arena, id)));
  assert_false(kz_analyst_is_his(&theirs, get(&s, arena, id)));
  assert_int_equal(
      kz_jsonv_parse(KZ_STR("{\"note\":\"y\"}"), arena, &sent, NULL), KZ_OK);
  assert_int_equal(
      kz_analyst_edit(s.house->analyst, &theirs, id, sent, arena, &field, NULL),
      KZ_E_DENIED);
  assert_true(kz_str_eq(kz_jsonv_text(get(&s, arena, id), KZ_STR("note")),
                        KZ_STR("x")));
  assert_int_equal(add(&s, arena, &sync, text, &id), KZ_OK);
  assert_true(kz_analyst_is_his(&theirs, get(&s, arena, id)));
}

static void what_is_not_valid_is_named(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  static const char *const cases[] = {
      "{}",
      "{\"note\":\"\"}",
      "{\"note\":\"x\",\"distribution\":6}",
      "{\"note\":\"x\",\"distribution\":4}",
      "{\"note\":\"x\",\"uuid\":\"y\"}",
      "{\"note\":\"x\",\"uuid\":\"" THING "\"}",
      "{\"note\":\"x\",\"Opinion\":[{\"opinion\":500}]}",
      "[]"};
  struct kz_analyst_author ours = author_of(OURS, false);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t id = 0;
    assert_int_equal(add(&s, arena, &ours, cases[i], &id), KZ_E_INPUT);
  }
  assert_true(kz_analyst_is_empty(s.house->analyst));
}

static void they_are_taken_out_of_events_that_go_elsewhere(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_attribute a = {
      .extra = KZ_STR("\"Note\":[{\"note\":\"x\"}],\"a\":[1, 2]")};
  struct kz_attribute within = {.extra = KZ_STR("\"Opinion\":[]")};
  struct kz_object o = {
      .extra = KZ_STR("\"b\":{}"), .attributes = &within, .attribute_count = 1};
  struct kz_event event = {.extra =
                               KZ_STR("\"Relationship\":[{}],\"Note\":[{}]"),
                           .attributes = &a,
                           .attribute_count = 1,
                           .objects = &o,
                           .object_count = 1};
  assert_int_equal(kz_opinions_drop_all(&event, arena, NULL), KZ_OK);
  assert_int_equal(event.extra.len, 0);
  assert_int_equal(within.extra.len, 0);
  assert_true(kz_str_eq(a.extra, KZ_STR("\"a\":[1,2]")));
  assert_true(kz_str_eq(o.extra, KZ_STR("\"b\":{}")));
  event.extra =
      KZ_STR("\"Note\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]"
             "]]]]]]]]]]]]]]]]]]]]]]]]");
  assert_int_equal(kz_opinions_drop_all(&event, arena, NULL), KZ_OK);
  assert_int_equal(event.extra.len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_distribution_has_its_viewers),
      cmocka_unit_test(nobody_speaks_for_others_or_changes_what_is_theirs),
      cmocka_unit_test(what_is_not_valid_is_named),
      cmocka_unit_test(they_are_taken_out_of_events_that_go_elsewhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
