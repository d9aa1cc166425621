#include "test.h"

#include "format/library_file.h"

static void files_are_known_by_the_end_of_their_path(void **state) {
  (void)state;
  static const struct {
    const char *path;
    enum kz_library_kind kind;
    const char *key;
  } cases[] = {
      {"/x/misp-galaxy/galaxies/tool.json", KZ_LIBRARY_GALAXY, "tool"},
      {"clusters/tool.json", KZ_LIBRARY_CLUSTERS, "tool"},
      {"a/tlp/machinetag.json", KZ_LIBRARY_TAXONOMY, "tlp"},
      {"a/lists/dns/list.json", KZ_LIBRARY_WARNINGLIST, "dns"},
      {"misp-noticelist-main/lists/gdpr/list.json", KZ_LIBRARY_NOTICELIST,
       "gdpr"},
      {"o/objects/file/definition.json", KZ_LIBRARY_TEMPLATE, "file"},
      {"o/relationships/definition.json", KZ_LIBRARY_RELATIONSHIPS,
       "relationships"},
      {"misp-decaying-models/models/nids.json", KZ_LIBRARY_MODEL, "nids"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    enum kz_library_kind kind = KZ_LIBRARY_KINDS;
    kz_str key;
    assert_true(kz_library_sort(kz_str_of(cases[i].path), &kind, &key));
    assert_int_equal(kind, cases[i].kind);
    assert_true(kz_str_eq(key, kz_str_of(cases[i].key)));
  }
}

static void other_files_are_not(void **state) {
  (void)state;
  static const char *const paths[] = {
      "",
      "/",
      "machinetag.json",
      "galaxies/.json",
      "galaxies/.hidden.json",
      "galaxies/tool.txt",
      "list.json",
      "x/list.json",
      "objects/definition.json",
      "models/nids.json",
      "a/b.json",
      "MANIFEST.json",
  };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    enum kz_library_kind kind;
    kz_str key;
    assert_false(kz_library_sort(kz_str_of(paths[i]), &kind, &key));
  }
}

static void a_noticelist_is_known_by_its_member(void **state) {
  (void)state;
  assert_true(kz_library_is_notice(KZ_STR("{\"a\":[1,{}],\"notice\":[]}")));
  assert_false(kz_library_is_notice(KZ_STR("{\"a\":\"notice\"}")));
  assert_false(kz_library_is_notice(KZ_STR("[\"notice\"]")));
  assert_false(kz_library_is_notice(KZ_STR("{\"a\":")));
}

static void what_is_wrong_has_its_place(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 20);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *object = NULL;
  struct kz_jsonv *list = NULL;
  kz_str found;
  kz_str text = KZ_STR("{\"a\": 1,\n \"b\": [\n  {\"c\": \"\"}]}");
  assert_int_equal(kz_library_read(text, arena, &object, &err), KZ_OK);
  assert_int_equal(kz_library_array(text, object, "x", &list, &err), KZ_OK);
  assert_null(list);
  assert_int_equal(kz_library_array(text, object, "a", &list, &err),
                   KZ_E_INPUT);
  assert_string_equal(err.text,
                      "line 1, column 7 (byte 6): \"a\": a list is due");
  assert_int_equal(kz_library_array(text, object, "b", &list, &err), KZ_OK);
  assert_int_equal(list->count, 1);
  assert_int_equal(kz_library_text(text, list->first, "d", &found, &err),
                   KZ_E_INPUT);
  assert_string_equal(err.text, "line 3, column 3 (byte 19): \"d\" is missing");
  assert_int_equal(kz_library_text(text, list->first, "c", &found, &err),
                   KZ_E_INPUT);
  assert_string_equal(err.text,
                      "line 3, column 10 (byte 26): \"c\": a text is due");
}

static void a_file_holds_one_object(void **state) {
  (void)state;
  KZ_ARENA(arena, 1 << 20);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *object = NULL;
  assert_int_equal(kz_library_read(KZ_STR("[]"), arena, &object, &err),
                   KZ_E_INPUT);
  assert_string_equal(err.text, "line 1, column 1 (byte 0): an object is due");
  assert_int_equal(kz_library_read(KZ_STR("{\n\"a\":}"), arena, &object, &err),
                   KZ_E_INPUT);
  assert_non_null(strstr(err.text, "line 2, column 5 (byte 6)"));
  assert_int_equal(kz_library_read(KZ_STR(""), arena, &object, &err),
                   KZ_E_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_are_known_by_the_end_of_their_path),
      cmocka_unit_test(other_files_are_not),
      cmocka_unit_test(a_noticelist_is_known_by_its_member),
      cmocka_unit_test(what_is_wrong_has_its_place),
      cmocka_unit_test(a_file_holds_one_object),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
