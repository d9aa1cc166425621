#include "test.h"

#include "base/buf.h"
#include "format/library_taxonomy.h"

enum { ARENA = 1 << 20 };

static const char good[] =
    "{\"namespace\":\"n\",\"version\":3,\"exclusive\":true,\"refs\":[\"a\",1],"
    "\"predicates\":[{\"value\":\"p\",\"expanded\":\"P\",\"exclusive\":true},"
    "{\"value\":\"q\",\"colour\":\"#010203\",\"numerical_value\":7}],"
    "\"values\":[{\"predicate\":\"p\",\"entry\":[{\"value\":\"x\","
    "\"numerical_value\":\"5\"},{\"value\":\"y\"}]}]}";

static struct kz_jsonv *read_good(struct kz_arena *arena, kz_str text) {
  struct kz_jsonv *document = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_library_taxonomy_read(text, arena, &document, &err),
                   KZ_OK);
  return document;
}

static void expect_tags(const struct kz_jsonv *document) {
  static const char *const names[] = {"n:p=\"x\"", "n:p=\"y\"", "n:q"};
  struct kz_taxonomy_walk walk = {.document = document};
  for (size_t i = 0; i < 3; i++) {
    KZ_BUF(name, 100);
    assert_true(kz_taxonomy_next(&walk));
    kz_taxonomy_name(&walk, &name);
    assert_true(kz_str_eq(kz_buf_str(&name), kz_str_of(names[i])));
    assert_int_equal(walk.predicate_index, i == 2);
  }
  assert_false(kz_taxonomy_next(&walk));
}

static void a_file_is_read_and_its_tags_are_walked(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *d = read_good(arena, kz_str_of(good));
  assert_int_equal(kz_jsonv_u64(d, KZ_STR("version"), 0), 3);
  assert_true(kz_jsonv_flag(d, KZ_STR("exclusive"), false));
  const struct kz_jsonv *p = kz_jsonv_get(d, KZ_STR("predicates"))->first;
  assert_true(kz_jsonv_flag(p, KZ_STR("exclusive"), false));
  const struct kz_jsonv *x = kz_jsonv_get(p, KZ_STR("entries"))->first;
  assert_int_equal(kz_jsonv_u64(x, KZ_STR("numerical_value"), 0), 5);
  expect_tags(d);
}

static void what_is_written_reads_the_same(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  KZ_BUF(once, ARENA);
  KZ_BUF(twice, ARENA);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &once);
  kz_library_taxonomy_write(read_good(arena, kz_str_of(good)), &w);
  struct kz_jsonv *again = read_good(arena, kz_buf_str(&once));
  expect_tags(again);
  kz_jsonw_init(&w, &twice);
  kz_library_taxonomy_write(again, &w);
  assert_true(kz_str_eq(kz_buf_str(&once), kz_buf_str(&twice)));
}

static void broken_files_are_refused_with_their_place(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *words;
  } cases[] = {
      {"{\"version\":1}",
       "line 1, column 1 (byte 0): \"namespace\" is missing"},
      {"{\"namespace\":\"a:b\"}", "no ':' may be in it"},
      {"{\"namespace\":\"a\",\n\"predicates\":3}",
       "line 2, column 14 (byte 31): \"predicates\": a list is due"},
      {"{\"namespace\":\"a\",\"predicates\":[\n7]}",
       "line 2, column 1 (byte 32): an object is due"},
      {"{\"namespace\":\"a\",\"predicates\":[{\"value\":\"x\\\"y\"}]}",
       "not fit for a tag"},
      {"{\"namespace\":\"a\",\"predicates\":[{\"value\":\"x\"}],\n"
       "\"values\":[{\"predicate\":\"z\",\"entry\":[]}]}",
       "line 2, column 11 (byte 57): there is no predicate \"z\""},
      {"{\"namespace\":\"a\",", "line 1"},
      {"", "line 1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    KZ_ARENA(arena, ARENA);
    struct kz_jsonv *document = NULL;
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(kz_library_taxonomy_read(kz_str_of(cases[i].text), arena,
                                              &document, &err),
                     KZ_E_INPUT);
    assert_non_null(strstr(err.text, cases[i].words));
    assert_null(document);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_is_read_and_its_tags_are_walked),
      cmocka_unit_test(what_is_written_reads_the_same),
      cmocka_unit_test(broken_files_are_refused_with_their_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
