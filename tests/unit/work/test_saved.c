#include "test.h"

#include "base/clock.h"
#include "scene.h"
#include "work/saved.h"

enum { ARENA = 8 << 20 };

static struct kz_jsonv *tree(struct kz_arena *arena, const char *json) {
  struct kz_jsonv *value = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(json), arena, &value, NULL), KZ_OK);
  return value;
}

static struct kz_user person(uint64_t id, uint32_t org) {
  struct kz_user user = {.id = id};
  user.org.id = org;
  user.viewer.org = org;
  return user;
}

static kz_rc put(struct scene *s, const struct kz_user *user, uint64_t *id,
                 const char *json) {
  struct kz_jsonv *ignored = NULL;
  KZ_ARENA(arena, ARENA);
  return kz_saved_put(s->house->saved, user, id, tree(arena, json), arena,
                      &ignored, NULL);
}

static size_t listed(struct scene *s, const struct kz_user *user) {
  struct kz_jsonv *list = NULL;
  KZ_ARENA(arena, ARENA);
  assert_int_equal(kz_saved_list(s->house->saved, user, arena, &list, NULL),
                   KZ_OK);
  return list->count;
}

static void what_is_no_search_is_refused(void **state) {
  (void)state;
  SCENE(s);
  const struct kz_user a = person(11, 5);
  static const char *const bad[] = {
      "[]",
      "{}",
      "{\"name\":\"\",\"query\":{}}",
      "{\"name\":\"a\"}",
      "{\"name\":\"a\",\"query\":\"type=domain\"}",
      "{\"name\":\"a\",\"query\":{\"nothing\":\"x\"}}",
      "{\"name\":\"a\",\"query\":{\"type\":\"no-type\"}}",
      "{\"name\":\"a\",\"query\":{},\"share\":\"some\"}",
      "{\"name\":\"a\",\"query\":{},\"user_id\":1}",
      "{\"name\":\"a\",\"query\":{},\"watch\":1}",
      "{\"name\":\"a\",\"query\":{},\"watch\":{\"per_hour\":0}}",
      "{\"name\":\"a\",\"query\":{},\"watch\":{\"per_hour\":\"x\"}}",
      "{\"name\":\"a\",\"query\":{},\"watch\":{\"interval\":604801}}",
      "{\"name\":\"a\",\"query\":{},\"watch\":{\"url\":\"http://a\"}}",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint64_t id = 0;
    assert_int_equal(put(&s, &a, &id, bad[i]), KZ_E_INPUT);
  }
  assert_int_equal(listed(&s, &a), 0);
}

static void sharing_decides_who_sees_it(void **state) {
  (void)state;
  SCENE(s);
  const struct kz_user a = person(11, 5);
  const struct kz_user colleague = person(12, 5);
  const struct kz_user other = person(13, 6);
  uint64_t id = 0;
  uint64_t second = 0;
  struct kz_jsonv *d = NULL;
  KZ_ARENA(arena, ARENA);
  assert_int_equal(
      put(&s, &a, &id, "{\"name\":\"one\",\"query\":{\"type\":\"domain\"}}"),
      KZ_OK);
  assert_int_equal(
      kz_saved_get(s.house->saved, id, &colleague, false, arena, &d, NULL),
      KZ_NOT_FOUND);
  assert_int_equal(
      kz_saved_get(s.house->saved, id + 9, &a, false, arena, &d, NULL),
      KZ_NOT_FOUND);
  assert_int_equal(put(&s, &colleague, &id, "{\"name\":\"x\"}"), KZ_NOT_FOUND);
  assert_int_equal(put(&s, &a, &id, "{\"share\":\"org\"}"), KZ_OK);
  assert_int_equal(listed(&s, &colleague), 1);
  assert_int_equal(listed(&s, &other), 0);
  assert_int_equal(put(&s, &colleague, &id, "{\"name\":\"x\"}"), KZ_E_DENIED);
  assert_int_equal(kz_saved_remove(s.house->saved, &other, id, NULL),
                   KZ_NOT_FOUND);
  assert_int_equal(put(&s, &a, &id, "{\"share\":\"all\"}"), KZ_OK);
  scene_reopen(&s);
  assert_int_equal(listed(&s, &other), 1);
  assert_int_equal(kz_saved_remove(s.house->saved, &other, id, NULL),
                   KZ_E_DENIED);
  assert_int_equal(kz_saved_get(s.house->saved, id, &a, true, arena, &d, NULL),
                   KZ_OK);
  assert_true(kz_str_eq(kz_jsonv_text(d, KZ_STR("name")), KZ_STR("one")));
  assert_int_equal(put(&s, &other, &second, "{\"name\":\"two\",\"query\":{}}"),
                   KZ_OK);
  assert_int_equal(listed(&s, &a), 1);
  assert_int_equal(kz_saved_remove(s.house->saved, &a, id, NULL), KZ_OK);
  assert_int_equal(listed(&s, &a), 0);
}

static uint64_t news(struct scene *s, const struct kz_viewer *viewer,
                     const char *query, const struct kz_look *look) {
  KZ_ARENA(arena, ARENA);
  struct kz_search search;
  struct kz_news found;
  struct kz_view *view = kz_store_view(s->house->store);
  assert_int_equal(kz_search_of_json(kz_store_dict(s->house->store),
                                     kz_str_of(query), arena, &search, NULL),
                   KZ_OK);
  assert_int_equal(kz_look_news(s->house->saved, view, viewer, &search, look, 0,
                                2, arena, &found, NULL),
                   KZ_OK);
  assert_true(found.count <= 2 && found.count <= found.total);
  kz_view_unref(view);
  return found.total;
}

static void new_is_what_came_after_the_look(void **state) {
  (void)state;
  SCENE(s);
  struct kz_look none = {.id = 0};
  struct kz_look now;
  struct kz_view *view = kz_store_view(s.house->store);
  assert_int_equal(kz_look_now(view, &now, NULL), KZ_OK);
  kz_view_unref(view);
  uint64_t all = news(&s, &scene_owner, "{}", &none);
  uint64_t seen = news(&s, &scene_guest, "{}", &none);
  assert_true(all > seen && seen > 0);
  assert_int_equal(news(&s, &scene_owner, "{}", &now), 0);
  now.child = 2; /* all but the first */
  assert_int_equal(news(&s, &scene_owner, "{}", &now), all - 1);
}

static void a_look_is_kept(void **state) {
  (void)state;
  SCENE(s);
  struct kz_look look = {.child = 7, .looked_s = 8, .told_s = 9, .in_hour = 3};
  struct kz_look found;
  KZ_ARENA(arena, ARENA);
  uint64_t id = 0;
  struct kz_jsonv *d = kz_look_document(KZ_STR("user:4"), &look, arena);
  assert_int_equal(kz_shelf_put(s.house->saved->looks, &id, d, arena, NULL),
                   KZ_OK);
  scene_reopen(&s);
  assert_int_equal(
      kz_look_get(s.house->saved, KZ_STR("user:4"), arena, &found, NULL),
      KZ_OK);
  assert_int_equal(found.id, id);
  assert_int_equal(found.child, 7);
  assert_int_equal(found.looked_s, 8);
  assert_int_equal(found.told_s, 9);
  assert_int_equal(found.in_hour, 3);
  assert_int_equal(
      kz_look_get(s.house->saved, KZ_STR("user:5"), arena, &found, NULL),
      KZ_OK);
  assert_int_equal(found.id, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_no_search_is_refused),
      cmocka_unit_test(sharing_decides_who_sees_it),
      cmocka_unit_test(new_is_what_came_after_the_look),
      cmocka_unit_test(a_look_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
