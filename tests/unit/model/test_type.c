#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "model/type.h"

static void every_name_leads_back_to_its_number(void **state) {
  (void)state;
  for (kz_type i = 0; i < KZ_TYPE_COUNT; i++) {
    kz_type found = KZ_TYPE_COUNT;
    assert_int_equal(kz_type_by_name(kz_type_name(i), &found), KZ_OK);
    assert_int_equal(found, i);
  }
  for (kz_category i = 0; i < KZ_CATEGORY_COUNT; i++) {
    kz_category found = KZ_CATEGORY_COUNT;
    assert_int_equal(kz_category_by_name(kz_category_name(i), &found), KZ_OK);
    assert_int_equal(found, i);
  }
}

static void names_must_be_exact(void **state) {
  (void)state;
  static const char *const strangers[] = {
      "",
      "a",
      "as",
      "MD5",
      "md5 ",
      "md",
      "ip",
      "filename|md6",
      "unknown",
      "place-port-of-onward-foreign-destination2",
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  };
  for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
    kz_type type = 7;
    kz_str name = kz_str_of(strangers[i]);
    assert_int_equal(kz_type_by_name(name, &type), KZ_NOT_FOUND);
    assert_int_equal(type, 7);
  }
  kz_category category = 0;
  assert_int_equal(kz_category_by_name(KZ_STR("other"), &category),
                   KZ_NOT_FOUND);
}

static void the_numbers_on_disk_never_change(void **state) {
  (void)state;
  assert_int_equal(KZ_TYPE_COUNT, 194);
  assert_int_equal(KZ_CATEGORY_COUNT, 16);
  assert_int_equal(KZ_TYPE_MD5, 0);
  assert_int_equal(KZ_TYPE_IP_DST, 9);
  assert_int_equal(KZ_TYPE_URL, 22);
  assert_int_equal(KZ_TYPE_ONION_ADDRESS, 193);
  assert_int_equal(KZ_CATEGORY_NETWORK_ACTIVITY, 7);
}

static void there_are_486_pairs_of_category_and_type(void **state) {
  (void)state;
  size_t pairs = 0;
  for (kz_type t = 0; t < KZ_TYPE_COUNT; t++) {
    assert_true(kz_type_fits(t, kz_type_default_category(t)));
    for (kz_category c = 0; c < KZ_CATEGORY_COUNT; c++) {
      pairs += kz_type_fits(t, c);
    }
  }
  assert_int_equal(pairs, 486);
}

static void composites_are_the_types_with_a_bar_and_samples(void **state) {
  (void)state;
  for (kz_type t = 0; t < KZ_TYPE_COUNT; t++) {
    bool has_bar = kz_str_find_byte(kz_type_name(t), '|') != SIZE_MAX;
    assert_int_equal(kz_type_is_composite(t),
                     has_bar || t == KZ_TYPE_MALWARE_SAMPLE);
  }
}

static void twelve_types_do_not_correlate(void **state) {
  (void)state;
  size_t silent = 0;
  size_t first_only = 0;
  for (kz_type t = 0; t < KZ_TYPE_COUNT; t++) {
    silent += !kz_type_correlates(t);
    first_only += kz_type_correlates_first_only(t);
  }
  assert_int_equal(silent, 12);
  assert_int_equal(first_only, 3);
  assert_false(kz_type_correlates(KZ_TYPE_COMMENT));
  assert_true(kz_type_correlates_first_only(KZ_TYPE_IP_DST_PORT));
  assert_false(kz_type_correlates_first_only(KZ_TYPE_DOMAIN_IP));
}

static void two_types_carry_files(void **state) {
  (void)state;
  for (kz_type t = 0; t < KZ_TYPE_COUNT; t++) {
    assert_int_equal(kz_type_is_attachment(t),
                     t == KZ_TYPE_ATTACHMENT || t == KZ_TYPE_MALWARE_SAMPLE);
  }
}

/* --- MISP's own table, where the shared data is at hand --- */

static struct kz_json_token next(struct kz_json *json) {
  struct kz_json_token token = {KZ_JSON_NULL, KZ_STR_NONE};
  assert_int_equal(kz_json_next(json, &token), KZ_OK);
  return token;
}

static void expect(struct kz_json *json, enum kz_json_kind kind) {
  assert_int_equal(next(json).kind, kind);
}

/* "sane_defaults": {"md5": {"default_category": "...", "to_ids": 1}, ...} */
static size_t compare_defaults(struct kz_json *json) {
  size_t count = 0;
  expect(json, KZ_JSON_OBJECT);
  struct kz_json_token token = next(json);
  for (; token.kind == KZ_JSON_KEY; token = next(json), count++) {
    kz_type type = 0;
    assert_int_equal(kz_type_by_name(token.text, &type), KZ_OK);
    expect(json, KZ_JSON_OBJECT);
    for (token = next(json); token.kind == KZ_JSON_KEY; token = next(json)) {
      struct kz_json_token value = next(json);
      if (kz_str_eq(token.text, KZ_STR("to_ids"))) {
        assert_int_equal(kz_type_default_to_ids(type),
                         kz_str_eq(value.text, KZ_STR("1")));
      } else {
        kz_category category = kz_type_default_category(type);
        assert_true(kz_str_eq(kz_category_name(category), value.text));
      }
    }
  }
  return count;
}

/* "category_type_mappings": {"Other": ["comment", ...], ...} */
static size_t compare_mappings(struct kz_json *json) {
  size_t count = 0;
  expect(json, KZ_JSON_OBJECT);
  struct kz_json_token token = next(json);
  for (; token.kind == KZ_JSON_KEY; token = next(json)) {
    kz_category category = 0;
    assert_int_equal(kz_category_by_name(token.text, &category), KZ_OK);
    expect(json, KZ_JSON_ARRAY);
    for (token = next(json); token.kind == KZ_JSON_STRING;
         token = next(json), count++) {
      kz_type type = 0;
      assert_int_equal(kz_type_by_name(token.text, &type), KZ_OK);
      assert_true(kz_type_fits(type, category));
    }
  }
  return count;
}

static void the_tables_are_misps_own(void **state) {
  (void)state;
  const char *shared = getenv("KIZASHI_SHARED");
  const char *root = getenv("KIZASHI_SOURCE_ROOT");
  char path[512];
  KZ_BUF(text, 1 << 20);
  KZ_ARENA(arena, 1 << 16);
  (void)snprintf(path, sizeof path, "%s%s/data/misp-describeTypes.json",
                 shared ? shared : (root ? root : "."),
                 shared ? "" : "/../shared");
  if (kz_file_read(path, &text, NULL) != KZ_OK) {
    print_message("skipped: there is no %s\n", path);
    skip();
  }
  struct kz_json json;
  kz_json_init(&json, kz_buf_str(&text), arena, KZ_JSON_LIMITS);
  expect(&json, KZ_JSON_OBJECT);
  assert_true(kz_str_eq(next(&json).text, KZ_STR("result")));
  expect(&json, KZ_JSON_OBJECT);
  struct kz_json_token token = next(&json);
  for (; token.kind == KZ_JSON_KEY; token = next(&json)) {
    if (kz_str_eq(token.text, KZ_STR("sane_defaults"))) {
      assert_int_equal(compare_defaults(&json), KZ_TYPE_COUNT);
    } else if (kz_str_eq(token.text, KZ_STR("category_type_mappings"))) {
      assert_int_equal(compare_mappings(&json), 486);
    } else {
      assert_int_equal(kz_json_skip(&json, NULL), KZ_OK);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_name_leads_back_to_its_number),
      cmocka_unit_test(names_must_be_exact),
      cmocka_unit_test(the_numbers_on_disk_never_change),
      cmocka_unit_test(there_are_486_pairs_of_category_and_type),
      cmocka_unit_test(composites_are_the_types_with_a_bar_and_samples),
      cmocka_unit_test(twelve_types_do_not_correlate),
      cmocka_unit_test(two_types_carry_files),
      cmocka_unit_test(the_tables_are_misps_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
