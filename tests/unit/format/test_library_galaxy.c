#include "test.h"

#include "format/library_galaxy.h"

enum { ARENA = 4 << 20 };

#define UUID(n) "5b0e4d3c-0000-4000-8000-00000000000" n

static kz_str text_of(const struct kz_jsonv *d, const char *name) {
  return kz_jsonv_text(d, kz_str_of(name));
}

static void a_galaxy_is_read(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *d = NULL;
  assert_int_equal(
      kz_library_galaxy_read(
          KZ_STR("{\"uuid\":\"" UUID(
              "1") "\",\"name\":\"N\",\"type\":\"t\","
                   "\"version\":4,\"x\":1,\"kill_chain_order\":{\"a\":[\"b\","
                   "\"c\"]}}"),
          arena, &d, NULL),
      KZ_OK);
  assert_true(kz_str_eq(text_of(d, "name"), KZ_STR("N")));
  assert_int_equal(kz_jsonv_u64(d, KZ_STR("version"), 0), 4);
  assert_null(kz_jsonv_get(d, KZ_STR("x")));
  const struct kz_jsonv *order = kz_jsonv_get(d, KZ_STR("kill_chain_order"));
  assert_int_equal(kz_jsonv_get(order, KZ_STR("a"))->count, 2);
}

static const char clusters[] =
    "{\"type\":\"t\",\"name\":\"N\",\"version\":2,\"source\":\"s\",\"uuid\":"
    "\"" UUID("2") "\",\"authors\":[\"A\",\"B\"],\"values\":[\n"
                   "{\"value\":\"one\",\"uuid\":\"" UUID(
                       "3") "\",\"meta\":{\"k\":[\"1\",2,"
                            "true,{\"no\":1}],\"single\":\"x\",\"empty\":[],"
                            "\"nested\":{\"a\":1}},"
                            "\"related\":[{\"dest-uuid\":\"" UUID(
                                "4") "\",\"type\":\"uses\",\"tags\":"
                                     "[\"a\"]},{\"dest-uuid\":\"\",\"type\":"
                                     "\"uses\"}]},\n"
                                     "{\"value\":\"two\",\"uuid\":\"" UUID(
                                         "4") "\"}]}";

static void clusters_are_read(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_library_clusters found;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_library_clusters_read(kz_str_of(clusters), arena, &found, &err),
      KZ_OK);
  assert_int_equal(found.count, 2);
  assert_int_equal(found.version, 2);
  const struct kz_jsonv *d = found.clusters[0].document;
  assert_true(
      kz_str_eq(text_of(d, "tag_name"), KZ_STR("misp-galaxy:t=\"one\"")));
  assert_int_equal(kz_jsonv_get(d, KZ_STR("authors"))->count, 2);
  const struct kz_jsonv *meta = kz_jsonv_get(d, KZ_STR("meta"));
  assert_int_equal(meta->count, 2);
  assert_int_equal(kz_jsonv_get(meta, KZ_STR("k"))->count, 3);
  assert_int_equal(kz_jsonv_get(meta, KZ_STR("single"))->count, 1);
  assert_int_equal(found.clusters[0].relations->count, 1);
  assert_null(found.clusters[1].relations);
}

static void what_is_wrong_has_its_place(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *words;
  } cases[] = {
      {"{\"type\":\"t\"}", "line 1, column 1 (byte 0): \"values\" is missing"},
      {"{\"type\":\"a=b\",\"values\":[]}", "not fit for a tag"},
      {"{\"type\":\"t\",\"values\":[\n{\"uuid\":\"" UUID("1") "\"}]}",
       "line 2, column 1 (byte 23): \"value\" is missing"},
      {"{\"type\":\"t\",\"values\":[\n{\"value\":\"v\",\"uuid\":\"x\"}]}",
       "\"uuid\": not a uuid"},
      {"{\"type\":\"t\",\"values\":[7]}", "an object is due"},
      {"{\"type\":\"t\",\"values\":[{\"value\":\"v\",\"uuid\":\"" UUID(
           "1") "\""
                ",\"related\":[{\"dest-uuid\":\"" UUID("1") "\"}]}]}",
       "\"type\" is missing"},
      {"{\"type\":\"t\",\"values\":[", "line 1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    KZ_ARENA(arena, ARENA);
    struct kz_library_clusters found;
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(
        kz_library_clusters_read(kz_str_of(cases[i].text), arena, &found, &err),
        KZ_E_INPUT);
    assert_non_null(strstr(err.text, cases[i].words));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_galaxy_is_read),
      cmocka_unit_test(clusters_are_read),
      cmocka_unit_test(what_is_wrong_has_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
