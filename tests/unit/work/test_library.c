#include "test.h"

#include "base/file.h"
#include "scene.h"
#include "work/library.h"
#include "work/library_update.h"
#include "work/taxonomy.h"

enum { ARENA = 64 << 20 };

/* Writes "folder/dir/name" with its folder. */
static void write_file(const struct temp *temp, const char *dir,
                       const char *name, const char *text) {
  char folder[512];
  char path[1024];
  (void)temp_path(temp, dir, folder);
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_int_equal(kz_folder_make(folder, 0700, NULL), KZ_OK);
  assert_int_equal(kz_file_write(path, kz_str_of(text), 0600, NULL), KZ_OK);
}

static struct kz_library_report update(struct scene *s, const char *path,
                                       struct kz_arena *arena) {
  struct kz_library_report report;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_library_update(s->house, path, KZ_LIBRARY_ALL, arena, &report, &err),
      KZ_OK);
  return report;
}

#define COLOURS(version, more)                                                 \
  "{\"namespace\":\"colour\",\"version\":" version                             \
  ",\"exclusive\":true,\"predicates\":[{\"value\":\"red\"},{\"value\":"        \
  "\"blue\",\"colour\":\"#0000ff\"}" more "]}"

static void what_is_as_it_was_is_passed_over(void **state) {
  (void)state;
  SCENE(s);
  TEMP(temp);
  KZ_ARENA(arena, ARENA);
  write_file(&temp, "colour", "machinetag.json", COLOURS("1", ""));
  struct kz_library_count c =
      update(&s, temp.path, arena).counts[KZ_LIBRARY_TAXONOMY];
  assert_int_equal(c.files, 1);
  assert_int_equal(c.taken, 1);
  c = update(&s, temp.path, arena).counts[KZ_LIBRARY_TAXONOMY];
  assert_int_equal(c.taken, 0);
  assert_int_equal(c.unchanged, 1);
  assert_int_equal(kz_library_forget(s.house->library, KZ_LIBRARY_TAXONOMY,
                                     KZ_STR("colour"), NULL),
                   KZ_OK);
  c = update(&s, temp.path, arena).counts[KZ_LIBRARY_TAXONOMY];
  assert_int_equal(c.taken, 1);
}

static void a_broken_file_leaves_the_old_version_in_force(void **state) {
  (void)state;
  SCENE(s);
  TEMP(temp);
  KZ_ARENA(arena, ARENA);
  struct kz_taxonomy_tag tag;
  write_file(&temp, "colour", "machinetag.json", COLOURS("1", ""));
  write_file(&temp, "size", "machinetag.json",
             "{\"namespace\":\"size\",\"predicates\":[{\"value\":\"small\"}]}");
  (void)update(&s, temp.path, arena);
  write_file(&temp, "colour", "machinetag.json", COLOURS("2", ",\n{\"v\":1}"));
  struct kz_library_report report = update(&s, temp.path, arena);
  assert_int_equal(report.counts[KZ_LIBRARY_TAXONOMY].broken, 1);
  assert_int_equal(report.counts[KZ_LIBRARY_TAXONOMY].unchanged, 1);
  assert_int_equal(report.problem_count, 1);
  assert_true(
      kz_str_ends(report.problems[0].file, KZ_STR("/colour/machinetag.json")));
  assert_true(kz_str_starts(report.problems[0].words,
                            KZ_STR("line 2, column 1 (byte ")));
  assert_int_equal(
      kz_taxonomy_tag(s.house->taxonomies, KZ_STR("colour:blue"), &tag), KZ_OK);
  write_file(&temp, "colour", "machinetag.json",
             COLOURS("3", ",{\"value\":\"green\"}"));
  report = update(&s, temp.path, arena);
  assert_int_equal(report.counts[KZ_LIBRARY_TAXONOMY].taken, 1);
  assert_int_equal(
      kz_taxonomy_tag(s.house->taxonomies, KZ_STR("colour:green"), &tag),
      KZ_OK);
}

static void an_older_version_does_not_replace_a_newer_one(void **state) {
  (void)state;
  SCENE(s);
  TEMP(temp);
  KZ_ARENA(arena, ARENA);
  struct kz_taxonomy_tag tag;
  write_file(&temp, "colour", "machinetag.json",
             COLOURS("5", ",{\"value\":\"green\"}"));
  (void)update(&s, temp.path, arena);
  write_file(&temp, "colour", "machinetag.json", COLOURS("4", ""));
  struct kz_library_report report = update(&s, temp.path, arena);
  assert_int_equal(report.counts[KZ_LIBRARY_TAXONOMY].unchanged, 1);
  assert_int_equal(
      kz_taxonomy_tag(s.house->taxonomies, KZ_STR("colour:green"), &tag),
      KZ_OK);
}

static void a_path_that_is_nothing_is_told_of(void **state) {
  (void)state;
  SCENE(s);
  TEMP(temp);
  KZ_ARENA(arena, ARENA);
  struct kz_library_report report;
  char path[512];
  assert_int_equal(kz_library_update(s.house, temp_path(&temp, "none", path),
                                     KZ_LIBRARY_ALL, arena, &report, NULL),
                   KZ_NOT_FOUND);
  write_file(&temp, "x", "text", "no archive");
  assert_int_equal(kz_library_update(s.house, temp_path(&temp, "x/text", path),
                                     KZ_LIBRARY_ALL, arena, &report, NULL),
                   KZ_E_INPUT);
}

/* --- the rules of taxonomies -----------------------------------------------
 */

static bool forbids(struct scene *s, const char *joining, const char *present) {
  kz_str names[] = {KZ_STR("other:tag"), kz_str_of(present)};
  return kz_taxonomy_forbids(s->house->taxonomies, kz_str_of(joining), names,
                             2);
}

static void rules_hold_while_a_taxonomy_is_enabled(void **state) {
  (void)state;
  SCENE(s);
  TEMP(temp);
  KZ_ARENA(arena, ARENA);
  KZ_BUF(missing, 1000);
  struct kz_taxonomies *t = s.house->taxonomies;
  uint64_t id = 0;
  write_file(&temp, "colour", "machinetag.json", COLOURS("1", ""));
  (void)update(&s, temp.path, arena);
  assert_int_equal(kz_taxonomy_find(t, KZ_STR("colour"), &id), KZ_OK);
  assert_false(forbids(&s, "colour:red", "colour:blue"));
  assert_int_equal(kz_taxonomy_set(t, id, "enabled", true, NULL), KZ_OK);
  assert_true(forbids(&s, "colour:red", "colour:blue"));
  assert_true(forbids(&s, "Colour:RED", "colour:blue"));
  assert_false(forbids(&s, "colour:red", "colour:red"));
  assert_false(forbids(&s, "colour:unknown", "colour:blue"));
  assert_int_equal(kz_taxonomy_missing(t, NULL, 0, &missing), 0);
  assert_int_equal(kz_taxonomy_set(t, id, "required", true, NULL), KZ_OK);
  assert_int_equal(kz_taxonomy_missing(t, NULL, 0, &missing), 1);
  assert_true(kz_str_eq(kz_buf_str(&missing), KZ_STR("colour")));
  kz_str blue = KZ_STR("colour:blue");
  assert_int_equal(kz_taxonomy_missing(t, &blue, 1, &missing), 0);
  write_file(&temp, "colour", "machinetag.json", COLOURS("2", ""));
  (void)update(&s, temp.path, arena);
  assert_true(forbids(&s, "colour:red", "colour:blue")); /* still enabled */
  assert_int_equal(kz_taxonomy_remove(t, id, NULL), KZ_OK);
  assert_false(forbids(&s, "colour:red", "colour:blue"));
  assert_int_equal(kz_taxonomy_missing(t, NULL, 0, &missing), 0);
  assert_int_equal(kz_taxonomy_set(t, id, "enabled", true, NULL), KZ_NOT_FOUND);
}

static void a_predicate_may_be_exclusive_alone(void **state) {
  (void)state;
  SCENE(s);
  TEMP(temp);
  KZ_ARENA(arena, ARENA);
  struct kz_taxonomy_tag tag;
  uint64_t id = 0;
  write_file(&temp, "m", "machinetag.json",
             "{\"namespace\":\"m\",\"predicates\":[{\"value\":\"one\","
             "\"exclusive\":true,\"numerical_value\":3},{\"value\":\"many\"}],"
             "\"values\":[{\"predicate\":\"one\",\"entry\":[{\"value\":\"a\"},"
             "{\"value\":\"b\",\"numerical_value\":9}]},{\"predicate\":"
             "\"many\",\"entry\":[{\"value\":\"a\"},{\"value\":\"b\"}]}]}");
  (void)update(&s, temp.path, arena);
  assert_int_equal(kz_taxonomy_find(s.house->taxonomies, KZ_STR("m"), &id),
                   KZ_OK);
  assert_int_equal(
      kz_taxonomy_set(s.house->taxonomies, id, "enabled", true, NULL), KZ_OK);
  assert_true(forbids(&s, "m:one=\"a\"", "m:one=\"b\""));
  assert_false(forbids(&s, "m:many=\"a\"", "m:many=\"b\""));
  assert_false(forbids(&s, "m:many=\"a\"", "m:one=\"b\""));
  assert_int_equal(
      kz_taxonomy_tag(s.house->taxonomies, KZ_STR("m:one=\"b\""), &tag), KZ_OK);
  assert_true(tag.has_number);
  assert_int_equal(tag.number, 9);
  assert_int_equal(
      kz_taxonomy_tag(s.house->taxonomies, KZ_STR("m:one=\"a\""), &tag), KZ_OK);
  assert_int_equal(tag.number, 3);
  assert_int_equal(
      kz_taxonomy_tag(s.house->taxonomies, KZ_STR("m:many=\"a\""), &tag),
      KZ_OK);
  assert_false(tag.has_number);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_as_it_was_is_passed_over),
      cmocka_unit_test(a_broken_file_leaves_the_old_version_in_force),
      cmocka_unit_test(an_older_version_does_not_replace_a_newer_one),
      cmocka_unit_test(a_path_that_is_nothing_is_told_of),
      cmocka_unit_test(rules_hold_while_a_taxonomy_is_enabled),
      cmocka_unit_test(a_predicate_may_be_exclusive_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
