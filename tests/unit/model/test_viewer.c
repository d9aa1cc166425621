#include "test.h"

#include "model/event.h"
#include "model/viewer.h"

enum { MINE = 5, THEIRS = 9 };

static const uint64_t groups[] = {3, 7, 20};
static const struct kz_viewer member = {
    .org = MINE, .groups = groups, .group_count = 3};

static void the_owner_of_the_machine_sees_all(void **state) {
  (void)state;
  struct kz_viewer owner = KZ_VIEWER_OWNER;
  for (uint8_t d = 0; d <= KZ_DIST_INHERIT; d++) {
    assert_true(kz_viewer_sees_event(&owner, THEIRS, d, 0));
    assert_true(kz_viewer_sees_child(&owner, THEIRS, d, 0));
  }
}

static void ones_own_events_are_always_seen(void **state) {
  (void)state;
  assert_true(kz_viewer_sees_event(&member, MINE, KZ_DIST_ORG, 0));
  assert_true(kz_viewer_sees_event(&member, MINE, KZ_DIST_GROUP, 99));
  assert_true(kz_viewer_sees_child(&member, MINE, KZ_DIST_ORG, 0));
}

static void others_events_are_seen_by_their_distribution(void **state) {
  (void)state;
  assert_false(kz_viewer_sees_event(&member, THEIRS, KZ_DIST_ORG, 0));
  assert_true(kz_viewer_sees_event(&member, THEIRS, KZ_DIST_COMMUNITY, 0));
  assert_true(kz_viewer_sees_event(&member, THEIRS, KZ_DIST_CONNECTED, 0));
  assert_true(kz_viewer_sees_event(&member, THEIRS, KZ_DIST_ALL, 0));
  assert_false(kz_viewer_sees_event(&member, THEIRS, KZ_DIST_INHERIT, 0));
  assert_false(kz_viewer_sees_event(&member, THEIRS, 200, 0));
}

static void groups_open_what_they_were_given(void **state) {
  (void)state;
  for (uint64_t group = 0; group < 25; group++) {
    bool in = group == 3 || group == 7 || group == 20;
    assert_int_equal(
        kz_viewer_sees_event(&member, THEIRS, KZ_DIST_GROUP, group), in);
    assert_int_equal(
        kz_viewer_sees_child(&member, THEIRS, KZ_DIST_GROUP, group), in);
  }
}

static void children_may_inherit_or_be_closer_held(void **state) {
  (void)state;
  assert_true(kz_viewer_sees_child(&member, THEIRS, KZ_DIST_INHERIT, 0));
  assert_true(kz_viewer_sees_child(&member, THEIRS, KZ_DIST_COMMUNITY, 0));
  assert_false(kz_viewer_sees_child(&member, THEIRS, KZ_DIST_ORG, 0));
}

static void a_viewer_without_organisation_owns_nothing(void **state) {
  (void)state;
  struct kz_viewer nobody = {0};
  assert_false(kz_viewer_sees_event(&nobody, 0, KZ_DIST_ORG, 0));
  assert_false(kz_viewer_sees_event(&nobody, 0, KZ_DIST_GROUP, 0));
  assert_true(kz_viewer_sees_event(&nobody, 0, KZ_DIST_ALL, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_owner_of_the_machine_sees_all),
      cmocka_unit_test(ones_own_events_are_always_seen),
      cmocka_unit_test(others_events_are_seen_by_their_distribution),
      cmocka_unit_test(groups_open_what_they_were_given),
      cmocka_unit_test(children_may_inherit_or_be_closer_held),
      cmocka_unit_test(a_viewer_without_organisation_owns_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
