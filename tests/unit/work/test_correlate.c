#include "test.h"

#include "scene.h"
#include "work/correlate.h"
#include "work/show.h"
#include "work/stats.h"

enum { ARENA = 64 << 20 };

static void the_rarest_comes_first_with_its_events(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_correlation c;
  assert_int_equal(
      kz_correlate(s.house, &scene_owner, KZ_STR("1"), 10, arena, &c, NULL),
      KZ_OK);
  assert_int_equal(c.count, 2);
  assert_true(kz_str_eq(c.shared[0].value, KZ_STR("evil.example")));
  assert_true(kz_str_eq(c.shared[0].type, KZ_STR("domain")));
  assert_int_equal(c.shared[0].total, 1);
  assert_true(kz_str_eq(c.shared[0].events[0].info, KZ_STR("Campaign two")));
  assert_true(kz_str_eq(c.shared[0].events[0].org, KZ_STR("Beta")));
  assert_true(kz_str_eq(c.shared[1].value, KZ_STR("192.0.2.1")));
  assert_int_equal(c.shared[1].total, 2);
}

static void only_so_many_events_are_described(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_correlation c;
  assert_int_equal(kz_correlate(s.house, &scene_owner, KZ_STR(SCENE_UUID("3")),
                                1, arena, &c, NULL),
                   KZ_OK);
  assert_int_equal(c.count, 1);
  assert_int_equal(c.shared[0].total, 2);
  assert_int_equal(c.shared[0].event_count, 1);
}

static void a_guest_correlates_with_what_he_sees(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_correlation c;
  assert_int_equal(
      kz_correlate(s.house, &scene_guest, KZ_STR("1"), 10, arena, &c, NULL),
      KZ_OK);
  assert_int_equal(c.count, 2);
  assert_int_equal(c.shared[0].total, 1);
  assert_int_equal(c.shared[1].total, 1);
  assert_int_equal(
      kz_correlate(s.house, &scene_guest, KZ_STR("3"), 10, arena, &c, NULL),
      KZ_NOT_FOUND);
}

static void a_hidden_event_is_told_of_like_a_missing_one(void **state) {
  (void)state;
  SCENE(s);
  struct kz_view *view = kz_store_view(s.house->store);
  struct kz_err hidden = KZ_ERR_NONE;
  struct kz_err missing = KZ_ERR_NONE;
  uint64_t id = 0;
  assert_int_equal(
      kz_show_find(view, &scene_owner, KZ_STR(SCENE_UUID("3")), &id, NULL),
      KZ_OK);
  assert_int_equal(id, 3);
  assert_int_equal(kz_show_find(view, &scene_guest, KZ_STR("3"), &id, &hidden),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_show_find(view, &scene_owner, KZ_STR("7"), &id, &missing),
                   KZ_NOT_FOUND);
  assert_string_equal(hidden.text, "there is no event \"3\"");
  assert_string_equal(missing.text, "there is no event \"7\"");
  kz_view_unref(view);
}

static void stats_count_what_was_imported(void **state) {
  (void)state;
  SCENE(s);
  struct kz_stats stats;
  kz_stats_read(s.house, &stats);
  assert_int_equal(stats.store.events, 3);
  assert_int_equal(stats.store.attributes, 9);
  assert_int_equal(stats.store.tags, 3);
  assert_true(stats.resident_bytes > stats.private_bytes);
  assert_true(stats.private_bytes > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rarest_comes_first_with_its_events),
      cmocka_unit_test(only_so_many_events_are_described),
      cmocka_unit_test(a_guest_correlates_with_what_he_sees),
      cmocka_unit_test(a_hidden_event_is_told_of_like_a_missing_one),
      cmocka_unit_test(stats_count_what_was_imported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
