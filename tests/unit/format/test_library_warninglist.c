#include "test.h"

#include <string.h>

#include "format/library_warninglist.h"

enum { ARENA = 1 << 20 };

static void a_list_is_read_with_all_its_parts(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_warninglist list;
  const struct kz_jsonv *entries = NULL;
  kz_str text = KZ_STR("{\"name\":\"Harbours\",\"description\":\"d\","
                       "\"version\":20260101,\"type\":\"hostname\","
                       "\"category\":\"known\","
                       "\"matching_attributes\":[\"domain\",\"no-such\"],"
                       "\"list\":[\"a.example\",{\"value\":\"b.example\","
                       "\"comment\":\"c\"},7]}");
  assert_int_equal(kz_library_warninglist(text, arena, &list, &entries, NULL),
                   KZ_OK);
  assert_true(kz_str_eq(list.name, KZ_STR("Harbours")));
  assert_int_equal(list.version, 20260101);
  assert_int_equal(list.way, KZ_WARN_HOSTNAME);
  assert_true(list.is_known);
  assert_false(list.has_all_types);
  assert_true(kz_warninglist_has_type(&list, KZ_TYPE_DOMAIN));
  assert_false(kz_warninglist_has_type(&list, KZ_TYPE_URL));
  assert_int_equal(list.type_count, 2); /* as sent */
  assert_int_equal(list.entry_count, 3);
  assert_int_equal(entries->count, 3);
  assert_true(kz_str_eq(list.entries[0].value, KZ_STR("a.example")));
  assert_true(kz_str_eq(list.entries[1].value, KZ_STR("b.example")));
  assert_true(kz_str_eq(list.entries[1].comment, KZ_STR("c")));
  assert_true(kz_str_eq(list.entries[2].value, KZ_STR("7")));
}

static void what_is_left_out_is_as_misp_has_it(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_warninglist list;
  assert_int_equal(
      kz_library_warninglist(KZ_STR("{\"name\":\"n\",\"list\":[]}"), arena,
                             &list, NULL, NULL),
      KZ_OK);
  assert_int_equal(list.way, KZ_WARN_STRING);
  assert_false(list.is_known);
  assert_true(list.has_all_types);
  assert_int_equal(list.entry_count, 0);
}

static void what_is_wrong_is_told_with_its_place(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"{\"list\":[]}", "\"name\" is missing"},
      {"{\"name\":\"n\"}", "\"list\" is missing"},
      {"{\"name\":\"n\",\n\"list\":{}}", "line 2, column 8"},
      {"{\"name\":\"n\",\"list\":[\"a\",\n[]]}", "line 2, column 1"},
      {"{\"name\":\"n\",\"list\":[{\"comment\":\"c\"}]}", "a text is due"},
      {"{\"name\":\"n\",\"type\":\"other\",\"list\":[]}", "\"type\""},
      {"{\"name\":\"n\",\"type\":5,\"list\":[]}", "\"type\": a text is due"},
      {"{\"name\":\"n\",\"category\":\"x\",\"list\":[]}", "\"category\""},
      {"{\"name\":\"n\",\"matching_attributes\":[1],\"list\":[]}",
       "\"matching_attributes\""},
      {"[]", "an object is due"},
      {"{", "line 1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    KZ_ARENA(arena, ARENA);
    struct kz_warninglist list;
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(kz_library_warninglist(kz_str_of(cases[i][0]), arena,
                                            &list, NULL, &err),
                     KZ_E_INPUT);
    if (!strstr(err.text, cases[i][1])) {
      fail_msg("%s: %s", cases[i][0], err.text);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_list_is_read_with_all_its_parts),
      cmocka_unit_test(what_is_left_out_is_as_misp_has_it),
      cmocka_unit_test(what_is_wrong_is_told_with_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
