#include "test.h"

#include <unistd.h>

#include "base/clock.h"
#include "scene.h"
#include "work/feed_cache.h"
#include "work/feed_run.h"
#include "work/feeds.h"
#include "work/rules.h"

enum { ARENA = 16 << 20 };

static bool allows(const struct kz_rules *rules, const char *tag,
                   const char *org) {
  const struct kz_tag_use use = {.tag = {.name = kz_str_of(tag)}};
  struct kz_org orgc = {.name = kz_str_of(org), .has_uuid = true};
  assert_int_equal(
      kz_uuid_parse(KZ_STR("5b0e4d3c-0000-4000-8000-0000000000aa"), &orgc.uuid),
      KZ_OK);
  return kz_rules_allow(rules, &use, tag[0] ? 1 : 0, &orgc);
}

static struct kz_rules read_rules(struct scene *s, struct kz_arena *arena,
                                  const char *json) {
  struct kz_rules rules;
  assert_int_equal(kz_rules_read(kz_str_of(json),
                                 kz_store_dict(s->house->store), arena, &rules,
                                 NULL),
                   KZ_OK);
  return rules;
}

static void rules_want_and_refuse(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_rules rules = read_rules(&s, arena, "");
  assert_true(allows(&rules, "", "Beta"));
  rules = read_rules(&s, arena,
                     "{\"tags\":{\"OR\":[\"tlp:clear\"],\"NOT\":[\"old\"]}}");
  assert_true(allows(&rules, "TLP:CLEAR", "Beta"));
  assert_false(allows(&rules, "tlp:red", "Beta"));
  assert_false(allows(&rules, "", "Beta"));
  rules = read_rules(&s, arena, "{\"tags\":{\"NOT\":[\"old\"]}}");
  assert_false(allows(&rules, "old", "Beta"));
  assert_true(allows(&rules, "new", "Beta"));
  rules = read_rules(
      &s, arena,
      "{\"orgs\":{\"OR\":[\"5b0e4d3c-0000-4000-8000-0000000000AA\"]}}");
  assert_true(allows(&rules, "", "Beta"));
  /* A number is the organisation that has it here. */
  rules = read_rules(&s, arena, "{\"orgs\":{\"NOT\":[\"1\"]}}");
  assert_false(allows(&rules, "", "ORGNAME"));
  assert_true(allows(&rules, "", "Beta"));
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_rules_read(KZ_STR("{"), kz_store_dict(s.house->store),
                                 arena, &rules, &err),
                   KZ_E_INPUT);
}

static void caches_are_searched_and_compared(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_feed_sums a = {.count = 0};
  struct kz_feed_sums b = {.count = 0};
  struct kz_uuid event;
  struct kz_uuid expected;
  assert_int_equal(kz_feed_sums_add_value(&a, KZ_STR("one.example")), KZ_OK);
  assert_int_equal(kz_feed_sums_add_value(&a, KZ_STR("one.example")), KZ_OK);
  assert_int_equal(kz_feed_sums_add_value(&a, KZ_STR("x.exe|abc")), KZ_OK);
  assert_int_equal(
      kz_feed_sums_add_csv(&b, KZ_STR("value,uuid\n"
                                      "900150983cd24fb0d6963f7d28e17f72,"
                                      "5b0e4d3c-0000-4000-8000-0000000000aa\r\n"
                                      "900150983cd24fb0d6963f7d28e17f7z,x\n"
                                      "d41d8cd98f00b204e9800998ecf8427e\n")),
      KZ_OK);
  assert_int_equal(kz_feed_cache_write(temp.path, 1, &a, NULL), KZ_OK);
  assert_int_equal(kz_feed_cache_write(temp.path, 2, &b, NULL), KZ_OK);
  assert_int_equal(kz_feed_cache_count(temp.path, 1), 4);
  assert_int_equal(kz_feed_cache_count(temp.path, 2), 1);
  assert_int_equal(kz_feed_cache_count(temp.path, 3), 0);
  assert_int_equal(kz_feed_cache_find(temp.path, 1, KZ_STR("x.exe"), &event),
                   KZ_OK);
  assert_true(kz_uuid_is_nil(&event));
  assert_int_equal(kz_feed_cache_find(temp.path, 2, KZ_STR("abc"), &event),
                   KZ_OK);
  assert_int_equal(
      kz_uuid_parse(KZ_STR("5b0e4d3c-0000-4000-8000-0000000000aa"), &expected),
      KZ_OK);
  assert_true(kz_uuid_eq(&event, &expected));
  assert_int_equal(kz_feed_cache_find(temp.path, 1, KZ_STR("two"), &event),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_feed_cache_overlap(temp.path, 1, 2), 1);
  assert_int_equal(kz_feed_cache_overlap(temp.path, 1, 3), 0);
  kz_feed_cache_remove(temp.path, 1);
  assert_int_equal(kz_feed_cache_count(temp.path, 1), 0);
  kz_feed_sums_done(&a);
  kz_feed_sums_done(&b);
}

static void a_damaged_cache_is_no_cache(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct kz_feed_sums sums = {.count = 0};
  struct kz_uuid event;
  assert_int_equal(kz_feed_sums_add_value(&sums, KZ_STR("abc")), KZ_OK);
  assert_int_equal(kz_feed_cache_write(temp.path, 1, &sums, NULL), KZ_OK);
  assert_int_equal(truncate(temp_path(&temp, "feeds/1.sums", path), 20), 0);
  assert_int_equal(kz_feed_cache_find(temp.path, 1, KZ_STR("abc"), &event),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_feed_cache_count(temp.path, 1), 0);
  kz_feed_sums_done(&sums);
}

static void feeds_are_due_after_their_interval_and_a_jitter(void **state) {
  (void)state;
  const int64_t minute = 60 * KZ_SECOND_US;
  bool differ = false;
  for (uint64_t feed = 1; feed <= 100; feed++) {
    int64_t due = kz_feed_due_us(feed, 1000 * minute, 60);
    assert_true(due >= 1060 * minute && due < 1066 * minute);
    differ = differ || due != kz_feed_due_us(1, 1000 * minute, 60);
  }
  assert_true(differ);
}

static void what_is_due_is_asked_for_once(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  static const char *const feeds[] = {
      "{\"name\":\"a\",\"url\":\"http://a.example\",\"enabled\":true,"
      "\"fetch_interval\":\"5\"}",
      "{\"name\":\"b\",\"url\":\"http://b.example\",\"enabled\":false,"
      "\"fetch_interval\":\"5\"}",
      "{\"name\":\"c\",\"url\":\"http://c.example\",\"enabled\":true}",
      "{\"name\":\"d\",\"url\":\"http://d.example\",\"caching_enabled\":true,"
      "\"cache_interval\":5}",
  };
  for (size_t i = 0; i < 4; i++) {
    struct kz_jsonv *from = NULL;
    struct kz_jsonv *made = NULL;
    assert_int_equal(kz_jsonv_parse(kz_str_of(feeds[i]), arena, &from, NULL),
                     KZ_OK);
    assert_int_equal(
        kz_binder_fill(s.house->feeds, 0, from, arena, &made, NULL), KZ_OK);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(kz_feed_order_due(s.house, kz_clock_now_us(), NULL),
                     KZ_OK);
    assert_int_equal(kz_errands_open_count(s.house->errands), 2);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules_want_and_refuse),
      cmocka_unit_test(caches_are_searched_and_compared),
      cmocka_unit_test(a_damaged_cache_is_no_cache),
      cmocka_unit_test(feeds_are_due_after_their_interval_and_a_jitter),
      cmocka_unit_test(what_is_due_is_asked_for_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
