#include "test.h"

#include "scene.h"
#include "work/groups.h"

enum { ARENA = 16 << 20 };

struct naming {
  const char *name;
  uint32_t id;
};

static kz_rc name_org(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct naming *n = ctx;
  const struct kz_org org = {.name = kz_str_of(n->name)};
  return kz_dict_org(kz_txn_dict(txn), &org, &n->id, err);
}

static uint32_t org_of(const struct scene *s, const char *name) {
  struct naming n = {.name = name};
  assert_int_equal(kz_store_run(s->house->store, name_org, &n, NULL), KZ_OK);
  return n.id;
}

static kz_rc try_save(struct kz_groups *groups, uint64_t *id, const char *text,
                      struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *v = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(text), arena, &v, NULL), KZ_OK);
  return kz_groups_save(groups, id, v, arena, err);
}

static uint64_t save(struct kz_groups *groups, const char *text,
                     struct kz_arena *arena) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  if (try_save(groups, &id, text, arena, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  return id;
}

/* The groups of an organisation as text: "1 3". */
static kz_str groups_of(struct kz_groups *groups, uint32_t org,
                        struct kz_arena *arena) {
  const uint64_t *ids = NULL;
  size_t count = 0;
  size_t len = 0;
  char *text = kz_arena_text(arena, 256);
  assert_int_equal(kz_groups_of(groups, org, arena, &ids, &count), KZ_OK);
  for (size_t i = 0; i < count; i++) {
    len += (size_t)snprintf(text + len, 256 - len, "%s%u", i ? " " : "",
                            (unsigned)ids[i]);
  }
  return (kz_str){text, len};
}

#define assert_groups(groups, org, expected)                                   \
  assert_true(kz_str_eq(groups_of(groups, org, arena), KZ_STR(expected)))

static void organisations_are_in_the_groups_that_name_them(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  uint32_t a = org_of(&s, "Org A");
  uint32_t b = org_of(&s, "Org B");
  struct kz_groups *groups = s.house->groups;
  assert_int_equal(save(groups, "{\"name\":\"one\"}", arena), 1);
  assert_int_equal(save(groups, "{\"name\":\"two\"}", arena), 2);
  assert_int_equal(save(groups, "{\"name\":\"three\"}", arena), 3);
  assert_groups(groups, a, "");
  uint64_t version = kz_groups_version(groups);
  assert_int_equal(kz_groups_add_org(groups, 3, a, false, NULL), KZ_OK);
  assert_int_equal(kz_groups_add_org(groups, 1, a, true, NULL), KZ_OK);
  assert_int_equal(kz_groups_add_org(groups, 1, b, false, NULL), KZ_OK);
  assert_int_equal(kz_groups_add_org(groups, 1, b, false, NULL), KZ_UNCHANGED);
  assert_int_equal(kz_groups_add_org(groups, 9, b, false, NULL), KZ_NOT_FOUND);
  assert_true(kz_groups_version(groups) > version);
  assert_groups(groups, a, "1 3");
  assert_groups(groups, b, "1");
  assert_groups(groups, 0, "");
  assert_true(kz_groups_has(groups, 3, a));
  assert_false(kz_groups_has(groups, 3, b));
  assert_true(kz_groups_may_extend(groups, 1, a));
  assert_false(kz_groups_may_extend(groups, 1, b));
  assert_int_equal(kz_groups_remove_org(groups, 1, a, NULL), KZ_OK);
  assert_int_equal(kz_groups_remove_org(groups, 1, a, NULL), KZ_NOT_FOUND);
  assert_groups(groups, a, "3");
  assert_int_equal(kz_groups_remove(groups, 3, NULL), KZ_OK);
  assert_groups(groups, a, "");
  scene_reopen(&s);
  assert_groups(s.house->groups, b, "1");
}

static void a_group_may_take_all_of_this_server(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  uint32_t a = org_of(&s, "Org A");
  struct kz_groups *groups = s.house->groups;
  uint64_t id = save(groups, "{\"name\":\"one\"}", arena);
  assert_int_equal(kz_groups_add_server(groups, id, 7, true, NULL), KZ_OK);
  assert_groups(groups, a, "");
  assert_int_equal(kz_groups_add_server(groups, id, 0, false, NULL), KZ_OK);
  assert_groups(groups, a, "");
  assert_int_equal(kz_groups_add_server(groups, id, 0, true, NULL), KZ_OK);
  assert_groups(groups, a, "1");
  assert_int_equal(kz_groups_remove_server(groups, id, 0, NULL), KZ_OK);
  assert_groups(groups, a, "");
}

static void what_is_no_group_is_refused(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_groups *groups = s.house->groups;
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  (void)save(groups, "{\"name\":\"one\"}", arena);
  assert_int_equal(try_save(groups, &id, "{}", arena, &err), KZ_E_INPUT);
  assert_int_equal(try_save(groups, &id, "{\"name\":\"one\"}", arena, &err),
                   KZ_E_CONFLICT);
  assert_int_equal(
      try_save(groups, &id, "{\"name\":\"two\",\"uuid\":\"x\"}", arena, &err),
      KZ_E_INPUT);
  assert_int_equal(
      try_save(groups, &id,
               "{\"name\":\"two\",\"SharingGroupOrg\":[{\"org_id\":999}]}",
               arena, &err),
      KZ_E_INPUT);
  assert_non_null(strstr(err.text, "no organisation 999"));
  assert_int_equal(kz_shelf_count(kz_groups_shelf(groups)), 1);
}

static void a_group_that_was_sent_is_known_by_its_uuid(void **state) {
  (void)state;
  static const char sent[] =
      "{\"uuid\":\"5b0e4d3c-0000-4000-8000-0000000000aa\",\"id\":\"77\","
      "\"name\":\"theirs\",\"org_id\":\"99\",\"SharingGroupOrg\":["
      "{\"org_id\":\"55\",\"extend\":true,\"Organisation\":{\"name\":\"Org "
      "A\"}},{\"org_id\":\"56\",\"Organisation\":{\"name\":\"Org New\","
      "\"uuid\":\"5b0e4d3c-0000-4000-8000-0000000000bb\"}}]}";
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  uint32_t a = org_of(&s, "Org A");
  uint32_t b = org_of(&s, "Org B");
  struct kz_groups *groups = s.house->groups;
  struct kz_jsonv *v = NULL;
  uint64_t id = 0;
  assert_int_equal(kz_jsonv_parse(kz_str_of(sent), arena, &v, NULL), KZ_OK);
  assert_int_equal(kz_groups_take(groups, v, a, false, arena, &id, NULL),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_groups_take(groups, v, b, true, arena, &id, NULL),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_groups_take(groups, v, a, true, arena, &id, NULL), KZ_OK);
  assert_int_equal(id, 1);
  assert_int_equal(kz_groups_take(groups, v, b, false, arena, &id, NULL),
                   KZ_OK);
  assert_int_equal(kz_shelf_count(kz_groups_shelf(groups)), 1);
  assert_groups(groups, a, "1");
  assert_groups(groups, b, "");
  struct kz_uuid uuid;
  assert_int_equal(
      kz_uuid_parse(KZ_STR("5b0e4d3c-0000-4000-8000-0000000000bb"), &uuid),
      KZ_OK);
  uint32_t fresh = 0;
  assert_int_equal(
      kz_dict_org_find(kz_store_dict(s.house->store),
                       KZ_STR("5b0e4d3c-0000-4000-8000-0000000000bb"), &fresh),
      KZ_OK);
  assert_groups(groups, fresh, "1");
}

static const struct kz_event_entry *entry_of(const struct kz_view *view,
                                             uint64_t id,
                                             struct kz_event_entry *entry) {
  assert_int_equal(kz_events_get(view->events, id, entry), KZ_OK);
  return entry;
}

/* Numbers of another server's groups mean nothing here; a group that comes with
 * the event does. */
static void an_import_brings_its_groups(void **state) {
  (void)state;
  static const char file[] =
      "{\"response\":[{\"Event\":{\"uuid\":\"" SCENE_UUID(
          "1") "\",\"info\":\"a\","
               "\"distribution\":\"4\",\"sharing_group_id\":\"88\","
               "\"SharingGroup\":{"
               "\"uuid\":\"" SCENE_UUID(
                   "7") "\",\"name\":\"theirs\",\"SharingGroupOrg\":[{"
                        "\"Organisation\":{\"name\":\"Org A\"}}]}}},"
                        "{\"Event\":{\"uuid\":\"" SCENE_UUID(
                            "2") "\",\"info\":\"b\","
                                 "\"distribution\":\"4\",\"sharing_group_id\":"
                                 "\"1\"}}]}";
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  uint32_t a = org_of(&s, "Org A");
  kz_ingest_report_done(scene_import(&s, "a.json", kz_str_of(file)));
  struct kz_view *view = kz_store_view(s.house->store);
  struct kz_event_entry entry;
  assert_int_equal(entry_of(view, 1, &entry)->group, 1);
  assert_int_equal(entry_of(view, 1, &entry)->distribution, KZ_DIST_GROUP);
  assert_int_equal(entry_of(view, 2, &entry)->group, 0);
  assert_groups(s.house->groups, a, "1");
  struct kz_reading r = kz_store_reading(s.house->store, view, arena);
  struct kz_event header;
  assert_int_equal(kz_read_header(&r, 1, &header, NULL, NULL), KZ_OK);
  assert_int_equal(header.extra.len, 0);
  kz_view_unref(view);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(organisations_are_in_the_groups_that_name_them),
      cmocka_unit_test(a_group_may_take_all_of_this_server),
      cmocka_unit_test(what_is_no_group_is_refused),
      cmocka_unit_test(a_group_that_was_sent_is_known_by_its_uuid),
      cmocka_unit_test(an_import_brings_its_groups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
