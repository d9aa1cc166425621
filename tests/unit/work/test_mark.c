#include "test.h"

#include "base/clock.h"
#include "scene.h"
#include "work/correlate.h"
#include "work/mark.h"

enum { ARENA = 8 << 20 };

static kz_rc put(struct kz_marks *marks, const char *value, uint64_t until,
                 uint64_t *ret_id) {
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  uint64_t id = 0;
  assert_true(kz_jsonv_set_str(d, KZ_STR("value"), kz_str_of(value), arena));
  assert_true(kz_jsonv_set_u64(d, KZ_STR("until"), until, arena));
  kz_rc rc = kz_marks_put(marks, &id, d, arena, NULL);
  if (ret_id) {
    *ret_id = id;
  }
  return rc;
}

static bool has(struct kz_marks *marks, const char *value) {
  return kz_marks_find(marks, kz_str_of(value), NULL);
}

static void reopen(struct scene *s) {
  char path[512];
  char key[KZ_KEY_TEXT];
  kz_house_close(s->house);
  assert_int_equal(kz_house_open(temp_path(&s->temp, "store", path), false, key,
                                 &s->house, NULL),
                   KZ_OK);
}

static void values_and_patterns_are_found_in_any_case(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  assert_false(has(s.house->exclusions, "a"));
  assert_int_equal(put(s.house->exclusions, "Exact.Example", 0, NULL), KZ_OK);
  assert_int_equal(put(s.house->exclusions, "start%", 0, NULL), KZ_OK);
  assert_int_equal(put(s.house->exclusions, "%.end.example", 0, NULL), KZ_OK);
  assert_int_equal(put(s.house->exclusions, "%IN%", 0, NULL), KZ_OK);
  for (int round = 0; round < 2; round++) {
    struct kz_marks *m = s.house->exclusions;
    assert_true(has(m, "exact.EXAMPLE"));
    assert_false(has(m, "exact.example2"));
    assert_true(has(m, "STARTS"));
    assert_false(has(m, "a start"));
    assert_true(has(m, "a.end.example"));
    assert_false(has(m, "a.end.example."));
    assert_true(has(m, "windows"));
    assert_false(has(m, ""));
    reopen(&s);
  }
}

static void what_makes_no_sense_is_refused(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_marks *m = s.house->exclusions;
  assert_int_equal(put(m, "", 0, NULL), KZ_E_INPUT);
  assert_int_equal(put(m, "%%", 0, NULL), KZ_E_INPUT);
  assert_int_equal(put(m, "a", 0, NULL), KZ_OK);
  assert_int_equal(put(m, "a", 0, NULL), KZ_E_CONFLICT);
}

static void a_mark_ends_by_itself_or_when_it_is_removed(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_marks *m = s.house->false_positives;
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  uint64_t id = 0;
  assert_int_equal(put(m, "gone.example", now - 1, NULL), KZ_OK);
  assert_int_equal(put(m, "here.example", now + 1000, &id), KZ_OK);
  assert_int_equal(put(m, "100%", 0, NULL), KZ_OK); /* no pattern here */
  assert_false(has(m, "gone.example"));
  assert_true(has(m, "here.example"));
  assert_true(has(m, "100%"));
  assert_false(has(m, "100 per cent"));
  uint64_t found = 0;
  assert_true(kz_marks_find_any(m, KZ_TYPE_DOMAIN_IP,
                                KZ_STR("here.example|192.0.2.1"), &found));
  assert_int_equal(found, id);
  assert_false(kz_marks_find_any(m, KZ_TYPE_TEXT,
                                 KZ_STR("here.example|192.0.2.1"), NULL));
  assert_int_equal(kz_marks_remove(m, id, NULL), KZ_OK);
  assert_false(has(m, "here.example"));
}

static void excluded_values_do_not_correlate(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_correlation c;
  assert_int_equal(
      kz_correlate(s.house, &scene_owner, KZ_STR("1"), 10, arena, &c, NULL),
      KZ_OK);
  size_t before = c.count;
  bool was_there = false;
  for (size_t i = 0; i < c.count; i++) {
    was_there |= kz_str_eq(c.shared[i].value, KZ_STR("evil.example"));
  }
  assert_true(was_there);
  assert_int_equal(put(s.house->exclusions, "%evil%", 0, NULL), KZ_OK);
  assert_int_equal(
      kz_correlate(s.house, &scene_owner, KZ_STR("1"), 10, arena, &c, NULL),
      KZ_OK);
  assert_true(c.count < before);
  for (size_t i = 0; i < c.count; i++) {
    assert_false(kz_str_eq(c.shared[i].value, KZ_STR("evil.example")));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_and_patterns_are_found_in_any_case),
      cmocka_unit_test(what_makes_no_sense_is_refused),
      cmocka_unit_test(a_mark_ends_by_itself_or_when_it_is_removed),
      cmocka_unit_test(excluded_values_do_not_correlate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
