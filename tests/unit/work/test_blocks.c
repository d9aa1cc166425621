#include "test.h"

#include "scene.h"
#include "work/blocks.h"

enum { ARENA = 16 << 20 };

static struct kz_uuid uuid_of(const char *text) {
  struct kz_uuid uuid = KZ_UUID_NIL;
  assert_int_equal(kz_uuid_parse(kz_str_of(text), &uuid), KZ_OK);
  return uuid;
}

static void what_is_on_a_list_may_not_come_in(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  const struct kz_uuid event = uuid_of(SCENE_UUID("1"));
  const struct kz_org org = {.has_uuid = true,
                             .uuid = uuid_of(SCENE_UUID("a"))};
  const struct kz_org none = {.has_uuid = false};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_blocks *blocks = s.house->blocks;
  assert_int_equal(kz_blocks_check(blocks, &event, &org, &err), KZ_OK);
  assert_int_equal(
      kz_blocks_put(blocks, KZ_BLOCK_EVENT, &event, NULL, arena, NULL), KZ_OK);
  assert_int_equal(
      kz_blocks_put(blocks, KZ_BLOCK_EVENT, &event, NULL, arena, NULL), KZ_OK);
  assert_int_equal(kz_shelf_count(kz_blocks_shelf(blocks, KZ_BLOCK_EVENT)), 1);
  assert_int_equal(kz_blocks_check(blocks, &event, &none, &err), KZ_E_DENIED);
  assert_string_equal(err.text, "Event blocked by event blocklist.");
  assert_int_equal(kz_blocks_check(blocks, &KZ_UUID_NIL, &org, &err), KZ_OK);
  assert_int_equal(
      kz_blocks_put(blocks, KZ_BLOCK_ORG, &org.uuid, NULL, arena, NULL), KZ_OK);
  scene_reopen(&s);
  blocks = s.house->blocks;
  assert_int_equal(kz_blocks_check(blocks, &KZ_UUID_NIL, &org, &err),
                   KZ_E_DENIED);
  assert_string_equal(err.text, "Event blocked by organisation blocklist.");
}

static void an_import_leaves_out_what_is_blocked(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  const struct kz_uuid event = uuid_of(SCENE_UUID("1"));
  assert_int_equal(
      kz_blocks_put(s.house->blocks, KZ_BLOCK_EVENT, &event, NULL, arena, NULL),
      KZ_OK);
  struct kz_ingest_report *report =
      scene_import(&s, "events.json", kz_str_of(scene_events));
  assert_int_equal(report->events, 2);
  assert_int_equal(report->error_count, 1);
  assert_non_null(strstr(report->errors[0].message.ptr, "event blocklist"));
  kz_ingest_report_done(report);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_on_a_list_may_not_come_in),
      cmocka_unit_test(an_import_leaves_out_what_is_blocked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
