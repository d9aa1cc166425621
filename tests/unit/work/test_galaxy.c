#include "test.h"

#include "scene.h"
#include "work/cluster.h"
#include "work/galaxy.h"

enum { ARENA = 64 << 20 };

#define UUID(n) "5b0e4d3c-0000-4000-8000-00000000000" n
#define GALAXY                                                                 \
  "{\"uuid\":\"" UUID("1") "\",\"name\":\"N\",\"type\":\"t\",\"version\":1}"
#define CLUSTER(value, n, more)                                                \
  "{\"value\":\"" value "\",\"uuid\":\"" UUID(n) "\"" more "}"
#define LEADS_TO(n)                                                            \
  ",\"related\":[{\"dest-uuid\":\"" UUID(n) "\",\"type\":\"uses\"}]"
#define CLUSTERS(version, values)                                              \
  "{\"type\":\"t\",\"name\":\"N\",\"version\":" version ",\"values\":[" values \
  "]}"

static kz_rc take(struct scene *s, enum kz_library_kind kind, const char *text,
                  struct kz_err *err) {
  KZ_ARENA(arena, ARENA);
  struct kz_library_taken taken;
  const struct kz_library_file file = {.kind = kind,
                                       .key = KZ_STR("n"),
                                       .path = KZ_STR("n.json"),
                                       .text = kz_str_of(text)};
  return kind == KZ_LIBRARY_GALAXY
             ? kz_galaxy_take(s->house->galaxies, &file, arena, &taken, err)
             : kz_clusters_take(s->house->galaxies, &file, arena, &taken, err);
}

static void load(struct scene *s, const char *text) {
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(take(s, KZ_LIBRARY_GALAXY, GALAXY, &err), KZ_OK);
  assert_int_equal(take(s, KZ_LIBRARY_CLUSTERS, text, &err), KZ_OK);
}

static uint64_t by_tag(struct scene *s, const char *value) {
  char name[100];
  uint64_t id = 0;
  (void)snprintf(name, sizeof name, "misp-galaxy:t=\"%s\"", value);
  return kz_shelf_by_name(kz_clusters_shelf(s->house->galaxies),
                          kz_str_of(name), &id) == KZ_OK
             ? id
             : 0;
}

static size_t count_relations(struct scene *s, uint64_t cluster) {
  KZ_ARENA(arena, ARENA);
  struct kz_card *cards = NULL;
  size_t count = 0;
  assert_int_equal(kz_shelf_cards(kz_relations_shelf(s->house->galaxies),
                                  cluster, arena, &cards, &count),
                   KZ_OK);
  return count;
}

static void clusters_need_their_galaxy(void **state) {
  (void)state;
  SCENE(s);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      take(&s, KZ_LIBRARY_CLUSTERS, CLUSTERS("1", CLUSTER("a", "2", "")), &err),
      KZ_E_INPUT);
  assert_string_equal(err.text, "there is no galaxy of type \"t\"");
}

static void a_new_version_keeps_ids_and_drops_what_left(void **state) {
  (void)state;
  SCENE(s);
  load(&s, CLUSTERS("1", CLUSTER("a", "2", LEADS_TO("3")) "," CLUSTER(
                             "b", "3", LEADS_TO("2"))));
  uint64_t a = by_tag(&s, "a");
  uint64_t b = by_tag(&s, "b");
  assert_true(a != 0 && b != 0);
  assert_int_equal(count_relations(&s, a), 1);
  load(&s, CLUSTERS("2", CLUSTER("a2", "2", "") "," CLUSTER("c", "4",
                                                            LEADS_TO("2"))));
  assert_int_equal(by_tag(&s, "a"), 0);
  assert_int_equal(by_tag(&s, "a2"), a);
  assert_int_equal(count_relations(&s, a), 0);
  assert_int_equal(by_tag(&s, "b"), 0);
  assert_int_equal(count_relations(&s, b), 0);
  assert_int_equal(count_relations(&s, by_tag(&s, "c")), 1);
  assert_int_equal(kz_shelf_count(kz_relations_shelf(s.house->galaxies)), 1);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      take(&s, KZ_LIBRARY_CLUSTERS, CLUSTERS("1", CLUSTER("x", "5", "")), &err),
      KZ_UNCHANGED);
}

static void a_uuid_twice_in_a_file_counts_once(void **state) {
  (void)state;
  SCENE(s);
  load(&s, CLUSTERS("1", CLUSTER("a", "2", "") "," CLUSTER("b", "2", "")));
  assert_int_equal(kz_shelf_count(kz_clusters_shelf(s.house->galaxies)), 1);
  assert_true(by_tag(&s, "a") != 0);
}

/* --- custom clusters -------------------------------------------------------
 */

static struct kz_jsonv *parse(struct kz_arena *arena, const char *text) {
  struct kz_jsonv *v = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(text), arena, &v, NULL), KZ_OK);
  return v;
}

#define CUSTOM                                                                 \
  "{\"galaxy_id\":1,\"type\":\"t\",\"value\":\"mine\",\"default\":false,"      \
  "\"org_id\":7,\"distribution\":0}"
#define RELATION(n)                                                            \
  "{\"referenced_galaxy_cluster_uuid\":\"" UUID(                               \
      n) "\",\"referenced_galaxy_cluster_type\":\"uses\",\"org_id\":7}"

static void custom_ones_survive_updates(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_galaxies *g = s.house->galaxies;
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  load(&s, CLUSTERS("1", CLUSTER("a", "2", "")));
  struct kz_jsonv *d = parse(arena, CUSTOM);
  assert_int_equal(
      kz_cluster_save(g, &id, d,
                      parse(arena, "[" RELATION("2") "," RELATION("3") "]"),
                      arena, &err),
      KZ_OK);
  assert_int_equal(count_relations(&s, id), 2);
  load(&s, CLUSTERS("2", CLUSTER("b", "3", "")));
  struct kz_jsonv *found = NULL;
  assert_int_equal(kz_shelf_get(kz_clusters_shelf(g), id, arena, &found, &err),
                   KZ_OK);
  assert_int_equal(count_relations(&s, id), 2);
  assert_int_equal(kz_cluster_save(g, &id, found, NULL, arena, &err), KZ_OK);
  assert_int_equal(count_relations(&s, id), 2);
  assert_int_equal(
      kz_cluster_save(g, &id, found, parse(arena, "[]"), arena, &err), KZ_OK);
  assert_int_equal(count_relations(&s, id), 0);
  assert_int_equal(kz_cluster_remove(g, id, &err), KZ_OK);
  assert_int_equal(kz_cluster_remove(g, id, &err), KZ_NOT_FOUND);
}

static void what_a_library_brought_stays(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_galaxies *g = s.house->galaxies;
  struct kz_err err = KZ_ERR_NONE;
  load(&s, CLUSTERS("1", CLUSTER("a", "2", LEADS_TO("2"))));
  uint64_t id = by_tag(&s, "a");
  uint64_t relation = 1;
  assert_int_equal(kz_cluster_remove(g, id, &err), KZ_NOT_FOUND);
  assert_int_equal(
      kz_cluster_save(g, &id, parse(arena, CUSTOM), NULL, arena, &err),
      KZ_NOT_FOUND);
  assert_int_equal(kz_relation_remove(g, relation, &err), KZ_NOT_FOUND);
  uint64_t none = 0;
  struct kz_jsonv *same = parse(arena, CUSTOM);
  assert_true(kz_jsonv_set_str(same, KZ_STR("uuid"), KZ_STR(UUID("2")), arena));
  assert_int_equal(kz_cluster_save(g, &none, same, NULL, arena, &err),
                   KZ_E_CONFLICT);
  assert_int_equal(kz_cluster_save(g, &none, parse(arena, "{\"type\":\"t\"}"),
                                   NULL, arena, &err),
                   KZ_E_INPUT);
}

static void visibility_is_that_of_events(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  const uint64_t groups[] = {5};
  const struct kz_viewer owner = {.org = 7};
  const struct kz_viewer other = {.org = 8};
  const struct kz_viewer member = {
      .org = 9, .groups = groups, .group_count = 1};
  struct kz_jsonv *own = parse(arena, CUSTOM);
  assert_true(kz_cluster_is_visible(own, &owner));
  assert_false(kz_cluster_is_visible(own, &other));
  assert_true(kz_cluster_is_visible(own, &KZ_VIEWER_OWNER));
  struct kz_jsonv *all =
      parse(arena, "{\"org_id\":\"7\",\"distribution\":\"1\"}");
  assert_true(kz_cluster_is_visible(all, &other));
  struct kz_jsonv *grouped =
      parse(arena, "{\"org_id\":7,\"distribution\":4,\"sharing_group_id\":5}");
  assert_true(kz_cluster_is_visible(grouped, &member));
  assert_false(kz_cluster_is_visible(grouped, &other));
  struct kz_jsonv *strange =
      parse(arena, "{\"org_id\":7,\"distribution\":257}");
  assert_false(kz_cluster_is_visible(strange, &other));
  assert_true(
      kz_cluster_is_visible(parse(arena, "{\"default\":true}"), &other));
}

static void a_galaxy_goes_with_all_of_it(void **state) {
  (void)state;
  SCENE(s);
  struct kz_galaxies *g = s.house->galaxies;
  load(&s, CLUSTERS("1", CLUSTER("a", "2", LEADS_TO("3")) "," CLUSTER(
                             "b", "3", LEADS_TO("2"))));
  assert_int_equal(kz_galaxy_remove(g, 1, NULL), KZ_OK);
  assert_int_equal(kz_shelf_count(kz_galaxies_shelf(g)), 0);
  assert_int_equal(kz_shelf_count(kz_clusters_shelf(g)), 0);
  assert_int_equal(kz_shelf_count(kz_relations_shelf(g)), 0);
  assert_int_equal(kz_galaxy_remove(g, 1, NULL), KZ_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clusters_need_their_galaxy),
      cmocka_unit_test(a_new_version_keeps_ids_and_drops_what_left),
      cmocka_unit_test(a_uuid_twice_in_a_file_counts_once),
      cmocka_unit_test(custom_ones_survive_updates),
      cmocka_unit_test(what_a_library_brought_stays),
      cmocka_unit_test(visibility_is_that_of_events),
      cmocka_unit_test(a_galaxy_goes_with_all_of_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
