#include "test.h"

#include "scene.h"
#include "work/shelf.h"

enum { ARENA = 16 << 20 };

static const struct kz_shelf_shape shape = {

    .kind = KZ_SHELF_CLUSTER,
    .noun = "thing",
    .name = "name",
    .parent = "galaxy_id"};

static struct kz_shelf *open_shelf(struct scene *s) {
  struct kz_shelf *shelf = NULL;
  assert_int_equal(kz_shelf_open(s->house->store, &shape, &shelf, NULL), KZ_OK);
  return shelf;
}

static uint64_t put(struct kz_shelf *shelf, struct kz_arena *arena, uint64_t id,
                    const char *text) {
  struct kz_jsonv *v = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(text), arena, &v, NULL), KZ_OK);
  assert_int_equal(kz_shelf_put(shelf, &id, v, arena, NULL), KZ_OK);
  return id;
}

static void documents_are_found_again_after_a_restart(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_uuid uuid;
  struct kz_jsonv *v = NULL;
  uint64_t id = 0;
  struct kz_shelf *shelf = open_shelf(&s);
  assert_int_equal(put(shelf, arena, 0,
                       "{\"name\":\"a\",\"galaxy_id\":\"7\",\"uuid\":"
                       "\"5b0e4d3c-0000-4000-8000-0000000000aa\"}"),
                   1);
  assert_int_equal(put(shelf, arena, 0, "{\"name\":\"b\",\"galaxy_id\":8}"), 2);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(kz_shelf_count(shelf), 2);
    assert_int_equal(kz_shelf_by_name(shelf, KZ_STR("b"), &id), KZ_OK);
    assert_int_equal(id, 2);
    assert_int_equal(
        kz_uuid_parse(KZ_STR("5b0e4d3c-0000-4000-8000-0000000000aa"), &uuid),
        KZ_OK);
    assert_int_equal(kz_shelf_by_uuid(shelf, &uuid, &id), KZ_OK);
    assert_int_equal(id, 1);
    assert_int_equal(kz_shelf_get(shelf, 2, arena, &v, NULL), KZ_OK);
    assert_int_equal(kz_jsonv_u64(v, KZ_STR("id"), 0), 2);
    kz_shelf_close(shelf);
    shelf = open_shelf(&s);
  }
  kz_shelf_close(shelf);
}

static void removed_ones_are_gone_and_their_ids_stay_unused(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_card *cards = NULL;
  size_t count = 0;
  uint64_t id = 0;
  struct kz_shelf *shelf = open_shelf(&s);
  for (int i = 0; i < 5; i++) {
    put(shelf, arena, 0, "{\"name\":\"x\",\"galaxy_id\":3}");
  }
  assert_int_equal(kz_shelf_remove(shelf, 2, NULL), KZ_OK);
  assert_int_equal(kz_shelf_remove(shelf, 5, NULL), KZ_OK);
  assert_int_equal(kz_shelf_by_ref(shelf, KZ_STR("2"), &id), KZ_NOT_FOUND);
  assert_int_equal(kz_shelf_by_ref(shelf, KZ_STR("3"), &id), KZ_OK);
  assert_int_equal(put(shelf, arena, 0, "{\"galaxy_id\":4}"), 6);
  assert_int_equal(put(shelf, arena, 2, "{\"name\":\"back\"}"), 2);
  assert_int_equal(kz_shelf_cards(shelf, 0, arena, &cards, &count), KZ_OK);
  assert_int_equal(count, 5);
  assert_int_equal(cards[1].id, 2);
  assert_true(kz_str_eq(cards[1].name, KZ_STR("back")));
  assert_int_equal(kz_shelf_cards(shelf, 3, arena, &cards, &count), KZ_OK);
  assert_int_equal(count, 3);
  kz_shelf_close(shelf);
}

static void a_new_name_replaces_the_old_one(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  uint64_t id = 0;
  struct kz_shelf *shelf = open_shelf(&s);
  put(shelf, arena, 0, "{\"name\":\"old\"}");
  put(shelf, arena, 1, "{\"name\":\"new\"}");
  assert_int_equal(kz_shelf_by_name(shelf, KZ_STR("old"), &id), KZ_NOT_FOUND);
  assert_int_equal(kz_shelf_by_name(shelf, KZ_STR("new"), &id), KZ_OK);
  assert_int_equal(kz_shelf_count(shelf), 1);
  kz_shelf_close(shelf);
}

static void
those_of_one_name_or_parent_are_found_whatever_is_removed(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_card *cards = NULL;
  size_t count = 0;
  uint64_t id = 0;
  struct kz_shelf *shelf = open_shelf(&s);
  for (int i = 0; i < 6; i++) {
    put(shelf, arena, 0,
        i % 2 ? "{\"name\":\"odd\",\"galaxy_id\":9}"
              : "{\"name\":\"even\",\"galaxy_id\":8}");
  }
  put(shelf, arena, 4, "{\"name\":\"even\",\"galaxy_id\":8}"); /* was odd */
  assert_int_equal(kz_shelf_remove(shelf, 3, NULL), KZ_OK);
  assert_int_equal(kz_shelf_named(shelf, KZ_STR("even"), arena, &cards, &count),
                   KZ_OK);
  assert_int_equal(count, 3);
  assert_int_equal(cards[0].id, 1);
  assert_int_equal(cards[1].id, 4);
  assert_int_equal(cards[2].id, 5);
  assert_int_equal(kz_shelf_cards(shelf, 9, arena, &cards, &count), KZ_OK);
  assert_int_equal(count, 2);
  assert_int_equal(cards[1].id, 6);
  assert_int_equal(kz_shelf_remove(shelf, 6, NULL), KZ_OK);
  assert_int_equal(kz_shelf_by_name(shelf, KZ_STR("odd"), &id), KZ_OK);
  assert_int_equal(id, 2);
  assert_int_equal(kz_shelf_remove(shelf, 2, NULL), KZ_OK);
  assert_int_equal(kz_shelf_named(shelf, KZ_STR("odd"), arena, &cards, &count),
                   KZ_OK);
  assert_int_equal(count, 0);
  kz_shelf_close(shelf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(documents_are_found_again_after_a_restart),
      cmocka_unit_test(removed_ones_are_gone_and_their_ids_stay_unused),
      cmocka_unit_test(a_new_name_replaces_the_old_one),
      cmocka_unit_test(
          those_of_one_name_or_parent_are_found_whatever_is_removed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
