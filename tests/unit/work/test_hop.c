#include "test.h"

#include "base/clock.h"
#include "scene.h"
#include "work/peers.h"
#include "work/sync_hop.h"
#include "work/sync_pull.h"

static struct kz_attribute attribute(uint8_t distribution) {
  return (struct kz_attribute){.distribution = distribution,
                               .value = KZ_STR("x")};
}

static void a_hop_in_lessens_and_locks(void **state) {
  (void)state;
  struct kz_attribute inside[] = {attribute(2), attribute(5)};
  struct kz_attribute rows[] = {attribute(0), attribute(1), attribute(2),
                                attribute(3), attribute(5)};
  struct kz_object object = {
      .distribution = 2, .attributes = inside, .attribute_count = 2};
  struct kz_report report = {.distribution = 1};
  struct kz_event event = {.distribution = 2,
                           .attributes = rows,
                           .attribute_count = 5,
                           .objects = &object,
                           .object_count = 1,
                           .reports = &report,
                           .report_count = 1};
  kz_hop_in(&event, false);
  assert_true(event.locked);
  assert_int_equal(event.distribution, 1);
  const uint8_t expected[] = {0, 0, 1, 3, 5};
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(rows[i].distribution, expected[i]);
  }
  assert_int_equal(object.distribution, 1);
  assert_int_equal(inside[0].distribution, 1);
  assert_int_equal(report.distribution, 0);
  event.locked = false;
  kz_hop_in(&event, true);
  assert_true(event.locked);
  assert_int_equal(event.distribution, 1);
}

static void a_hop_out_takes_away_what_does_not_leave(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_hop hop = {.groups = s.house->groups, .peer = 7, .remote_org = 3};
  struct kz_tag_use tags[] = {
      {.tag = {.name = KZ_STR("out"), .exportable = true}},
      {.tag = {.name = KZ_STR("local"), .exportable = true}, .local = true},
      {.tag = {.name = KZ_STR("kept"), .exportable = false}},
  };
  struct kz_attribute rows[] = {attribute(0), attribute(1), attribute(2),
                                attribute(3), attribute(4), attribute(5)};
  struct kz_object objects[] = {{.distribution = 1}, {.distribution = 2}};
  struct kz_event event = {.distribution = 2,
                           .tags = tags,
                           .tag_count = 3,
                           .attributes = rows,
                           .attribute_count = 6,
                           .objects = objects,
                           .object_count = 2,
                           .creator_email = KZ_STR("a@b.example"),
                           .org = {.id = 1, .name = KZ_STR("Ours")}};
  rows[5].sighting_count = 3;
  assert_true(kz_hop_leaves(&hop, 2, 0));
  assert_false(kz_hop_leaves(&hop, 1, 0));
  assert_false(kz_hop_leaves(&hop, 0, 0));
  kz_hop_out(&hop, &event);
  assert_int_equal(event.distribution, 1);
  assert_int_equal(event.tag_count, 1);
  assert_int_equal(event.attribute_count, 3);
  assert_int_equal(rows[0].distribution, 1);
  assert_int_equal(rows[1].distribution, 3);
  assert_int_equal(rows[2].distribution, 5);
  assert_int_equal(rows[2].sighting_count, 0);
  assert_int_equal(event.object_count, 1);
  assert_null(event.creator_email.ptr);
  assert_int_equal(event.org.name.len, 0);
  assert_true(event.locked);
  hop.is_internal = true;
  assert_true(kz_hop_leaves(&hop, 1, 0));
  assert_false(kz_hop_leaves(&hop, 0, 0));
}

static void groups_reach_the_servers_they_name(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, 4 << 20);
  static const struct {
    const char *json;
    bool reaches;
  } cases[] = {
      {"{\"name\":\"a\",\"SharingGroupOrg\":[{\"org_id\":1}],"
       "\"SharingGroupServer\":[{\"server_id\":0,\"all_orgs\":false}]}",
       false},
      {"{\"name\":\"b\",\"SharingGroupOrg\":[{\"org_id\":1}],"
       "\"SharingGroupServer\":[{\"server_id\":7,\"all_orgs\":false}]}",
       true},
      {"{\"name\":\"c\",\"SharingGroupOrg\":[],"
       "\"SharingGroupServer\":[{\"server_id\":7,\"all_orgs\":true}]}",
       true},
      {"{\"name\":\"d\",\"SharingGroupOrg\":[],"
       "\"SharingGroupServer\":[{\"server_id\":7,\"all_orgs\":false}]}",
       false},
      {"{\"name\":\"e\",\"roaming\":true,\"SharingGroupOrg\":[{\"org_id\":1}],"
       "\"SharingGroupServer\":[{\"server_id\":0,\"all_orgs\":true}]}",
       true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct kz_hop hop = {.groups = s.house->groups, .peer = 7, .remote_org = 1};
    struct kz_jsonv *group = NULL;
    uint64_t id = 0;
    assert_int_equal(
        kz_jsonv_parse(kz_str_of(cases[i].json), arena, &group, NULL), KZ_OK);
    assert_int_equal(kz_groups_save(s.house->groups, &id, group, arena, NULL),
                     KZ_OK);
    assert_int_equal(kz_hop_leaves(&hop, 4, id), cases[i].reaches);
  }
}

static void servers_that_are_due_are_asked_for_once(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, 4 << 20);
  static const char *const more[] = {"\"pull\":true,\"pull_interval\":\"5\"",
                                     "\"pull\":false,\"pull_interval\":\"5\"",
                                     "\"pull\":true"};
  for (size_t i = 0; i < 3; i++) {
    struct kz_jsonv *from = NULL;
    struct kz_jsonv *made = NULL;
    char json[300];
    (void)snprintf(json, sizeof json,
                   "{\"name\":\"n\",\"url\":\"https://p.example\",\"authkey\":"
                   "\"0123456789012345678901234567890123456789\",%s}",
                   more[i]);
    assert_int_equal(kz_jsonv_parse(kz_str_of(json), arena, &from, NULL),
                     KZ_OK);
    assert_int_equal(
        kz_binder_fill(s.house->peers, 0, from, arena, &made, NULL), KZ_OK);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(kz_sync_order_due(s.house, kz_clock_now_us(), NULL),
                     KZ_OK);
    assert_int_equal(kz_errands_open_count(s.house->errands), 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hop_in_lessens_and_locks),
      cmocka_unit_test(a_hop_out_takes_away_what_does_not_leave),
      cmocka_unit_test(groups_reach_the_servers_they_name),
      cmocka_unit_test(servers_that_are_due_are_asked_for_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
