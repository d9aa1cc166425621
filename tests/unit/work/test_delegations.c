#include "test.h"

#include "scene.h"
#include "work/delegations.h"

enum { ARENA = 16 << 20 };

static uint32_t org_id(const struct scene *s, const char *name) {
  uint32_t id = 0;
  assert_int_equal(
      kz_dict_org_find(kz_store_dict(s->house->store), kz_str_of(name), &id),
      KZ_OK);
  return id;
}

static void assert_asked(const struct scene *s, uint32_t org, size_t expected) {
  KZ_ARENA(arena, ARENA);
  const uint64_t *events = NULL;
  size_t count = 0;
  assert_int_equal(
      kz_delegations_of(s->house->delegations, org, arena, &events, &count),
      KZ_OK);
  assert_int_equal(count, expected);
}

static void an_event_goes_to_who_accepts(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_delegation one = {.event = 3,
                              .org = org_id(&s, "Beta"),
                              .requester = org_id(&s, "Alpha"),
                              .distribution = KZ_DIST_COMMUNITY,
                              .message = KZ_STR("please")};
  struct kz_delegation twin = one;
  struct kz_delegation read;
  struct kz_org beta;
  assert_int_equal(kz_delegations_ask(s.house->delegations, &one, arena, NULL),
                   KZ_OK);
  assert_int_equal(kz_delegations_ask(s.house->delegations, &twin, arena, NULL),
                   KZ_E_CONFLICT);
  assert_asked(&s, one.org, 1);
  assert_asked(&s, one.requester, 0);
  scene_reopen(&s);
  assert_asked(&s, one.org, 1);
  assert_int_equal(
      kz_delegations_get(s.house->delegations, one.id, arena, &read, NULL),
      KZ_OK);
  assert_int_equal(read.event, 3);
  assert_int_equal(read.distribution, KZ_DIST_COMMUNITY);
  assert_true(kz_str_eq(read.message, KZ_STR("please")));
  assert_int_equal(
      kz_dict_org_get(kz_store_dict(s.house->store), one.org, &beta), KZ_OK);
  assert_int_equal(kz_delegations_accept(s.house->delegations, &read, &beta,
                                         KZ_STR("b@example.org"), NULL),
                   KZ_OK);
  assert_int_equal(kz_delegations_accept(s.house->delegations, &read, &beta,
                                         KZ_STR("b@example.org"), NULL),
                   KZ_NOT_FOUND);
  assert_asked(&s, one.org, 0);
  struct kz_view *view = kz_store_view(s.house->store);
  struct kz_event_entry entry;
  assert_int_equal(kz_events_get(view->events, 3, &entry), KZ_OK);
  assert_int_equal(entry.org, one.org);
  assert_int_equal(entry.orgc, one.org);
  assert_int_equal(entry.distribution, KZ_DIST_COMMUNITY);
  kz_view_unref(view);
}

static void a_request_may_be_discarded(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_delegation one = {.event = 1,
                              .org = org_id(&s, "Beta"),
                              .requester = org_id(&s, "Alpha"),
                              .distribution = -1};
  assert_int_equal(kz_delegations_ask(s.house->delegations, &one, arena, NULL),
                   KZ_OK);
  assert_int_equal(kz_delegations_discard(s.house->delegations, one.id, NULL),
                   KZ_OK);
  assert_asked(&s, one.org, 0);
  assert_int_equal(kz_delegations_ask(s.house->delegations, &one, arena, NULL),
                   KZ_OK);
  assert_int_equal(one.id, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_event_goes_to_who_accepts),
      cmocka_unit_test(a_request_may_be_discarded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
