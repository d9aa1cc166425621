#include "test.h"

#include "base/clock.h"
#include "scene.h"
#include "work/ask.h"

enum { ARENA = 64 << 20 };

static struct kz_ask *ask(const struct scene *s, const struct kz_viewer *viewer,
                          const char *text, bool whole) {
  struct kz_ask *asked = NULL;
  assert_int_equal(kz_ask_new(s->house, viewer, kz_str_of(text),
                              (struct kz_ask_options){.whole = whole}, &asked,
                              NULL),
                   KZ_OK);
  return asked;
}

/* The entry of a value; fails when it is not there. */
static size_t find(const struct kz_ask *a, const char *value) {
  for (size_t i = 0; i < kz_ask_count(a); i++) {
    if (kz_str_eq(kz_ask_at(a, i).value, kz_str_of(value))) {
      return i;
    }
  }
  fail_msg("%s is not in the answer", value);
  return 0;
}

static void known_and_unknown_values_are_told_apart(void **state) {
  (void)state;
  SCENE(s);
  struct kz_ask *a =
      ask(&s, &scene_owner,
          "C2は evil[.]example と 192[.]0[.]2[.]1。 new.example も", false);
  assert_int_equal(kz_ask_count(a), 3);
  const struct kz_asked evil = kz_ask_at(a, find(a, "evil.example"));
  assert_non_null(evil.summary);
  assert_int_equal(evil.summary->events, 2);
  assert_int_equal(evil.kind, KZ_KIND_NAME);
  assert_true(kz_str_eq(evil.source->text, KZ_STR("evil[.]example")));
  assert_null(kz_ask_at(a, find(a, "new.example")).summary);
  kz_ask_free(a);
}

static void each_time_is_named_for_what_it_is(void **state) {
  (void)state;
  SCENE(s);
  struct kz_ask *a = ask(&s, &scene_owner, "192.0.2.1", false);
  const struct kz_value_summary *summary = kz_ask_at(a, 0).summary;
  int32_t days = 0;
  assert_int_equal(summary->events, 3);
  assert_int_equal(kz_clock_parse_date(KZ_STR("2026-01-10"), &days), KZ_OK);
  assert_int_equal(summary->first_date_days, days);
  assert_int_equal(kz_clock_parse_date(KZ_STR("2026-03-01"), &days), KZ_OK);
  assert_int_equal(summary->last_date_days, days);
  assert_int_equal(summary->first_time_us, 1768046400 * KZ_SECOND_US);
  assert_int_equal(summary->last_time_us, 1772366400 * KZ_SECOND_US);
  assert_true(summary->first_known_us > summary->last_time_us ||
              summary->first_known_us > 0);
  assert_int_equal(summary->correlating, 3);
  kz_ask_free(a);
}

static void details_have_types_tags_and_sightings(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_ask_detail detail;
  struct kz_ask *a = ask(&s, &scene_owner, "192.0.2.1", false);
  assert_true(kz_ask_at(a, 0).is_detailed);
  assert_int_equal(kz_ask_detail(a, 0, arena, &detail, NULL), KZ_OK);
  assert_int_equal(detail.type_count, 2);
  assert_int_equal(detail.tag_count, 3);
  assert_int_equal(detail.sightings, 1);
  assert_int_equal(detail.last_sighting_us, 1768100000 * KZ_SECOND_US);
  assert_int_equal(detail.false_positives, 1);
  kz_ask_free(a);
}

static void a_guest_is_told_what_he_may_see(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_ask_detail detail;
  struct kz_ask *a = ask(&s, &scene_guest, "192.0.2.1", false);
  assert_int_equal(kz_ask_at(a, 0).summary->events, 2);
  assert_int_equal(kz_ask_detail(a, 0, arena, &detail, NULL), KZ_OK);
  kz_ask_free(a);
  a = ask(&s, &scene_guest, "for the owner only", true);
  for (size_t i = 0; i < kz_ask_count(a); i++) {
    assert_null(kz_ask_at(a, i).summary);
  }
  kz_ask_free(a);
}

static void a_name_with_its_hash_is_two_values(void **state) {
  (void)state;
  SCENE(s);
  struct kz_ask *a = ask(&s, &scene_owner,
                         "other.exe|d41d8cd98f00b204e9800998ecf8427e\n"
                         "D41D8CD98F00B204E9800998ECF8427E\n",
                         false);
  assert_int_equal(kz_ask_count(a), 2);
  assert_null(kz_ask_at(a, find(a, "other.exe")).summary);
  const struct kz_asked hash =
      kz_ask_at(a, find(a, "d41d8cd98f00b204e9800998ecf8427e"));
  assert_non_null(hash.summary);
  assert_int_equal(hash.kind, KZ_KIND_HASH);
  kz_ask_free(a);
}

static void a_line_may_be_a_value_as_it_is(void **state) {
  (void)state;
  SCENE(s);
  struct kz_ask *a = ask(&s, &scene_owner, "For The Owner Only\n", true);
  assert_int_equal(kz_ask_count(a), 1);
  assert_non_null(kz_ask_at(a, 0).summary);
  kz_ask_free(a);
  a = ask(&s, &scene_owner, "For The Owner Only\n", false);
  assert_int_equal(kz_ask_count(a), 0);
  kz_ask_free(a);
}

static void many_values_keep_their_order_and_lose_none(void **state) {
  (void)state;
  enum { VALUES = 12000 };
  SCENE(s);
  KZ_BUF(text, 1 << 20);
  for (unsigned i = 0; i < VALUES; i++) {
    kz_buf_add_format(&text, "10.1.%u.%u\n", i / 250, i % 250);
  }
  kz_buf_add_str(&text, KZ_STR("192.0.2.1\n"));
  kz_buf_add_byte(&text, '\0');
  struct kz_ask *a = ask(&s, &scene_owner, text.ptr, false);
  assert_int_equal(kz_ask_count(a), VALUES + 1);
  assert_true(kz_str_eq(kz_ask_at(a, 0).value, KZ_STR("10.1.0.0")));
  assert_null(kz_ask_at(a, VALUES - 1).summary);
  assert_non_null(kz_ask_at(a, VALUES).summary);
  kz_ask_free(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_and_unknown_values_are_told_apart),
      cmocka_unit_test(each_time_is_named_for_what_it_is),
      cmocka_unit_test(details_have_types_tags_and_sightings),
      cmocka_unit_test(a_guest_is_told_what_he_may_see),
      cmocka_unit_test(a_name_with_its_hash_is_two_values),
      cmocka_unit_test(a_line_may_be_a_value_as_it_is),
      cmocka_unit_test(many_values_keep_their_order_and_lose_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
