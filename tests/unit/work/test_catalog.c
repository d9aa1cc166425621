#include "test.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "scene.h"
#include "work/decay.h"
#include "work/noticelist.h"
#include "work/taxonomy.h"
#include "work/template.h"

enum { ARENA = 8 << 20 };

#define DAY_US (INT64_C(86400) * KZ_SECOND_US)

static kz_rc take(struct kz_catalog *catalog, enum kz_library_kind kind,
                  const char *text, struct kz_err *err) {
  KZ_ARENA(arena, ARENA);
  struct kz_library_taken taken;
  const struct kz_library_file file = {.kind = kind,
                                       .key = KZ_STR("k"),
                                       .path = KZ_STR("k"),
                                       .text = kz_str_of(text)};
  return kz_catalog_take(catalog, &file, arena, &taken, err);
}

static void what_the_program_brings_is_there_and_can_be_replaced(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_catalog *lists = s.house->noticelists;
  struct kz_jsonv *list = NULL;
  uint64_t id = 0;
  assert_int_equal(
      kz_catalog_find(lists, KZ_STR("gdpr"), arena, &id, &list, NULL), KZ_OK);
  assert_false(kz_jsonv_flag(list, KZ_STR("enabled"), true));
  assert_int_equal(
      kz_catalog_set(lists, id, "enabled", true, arena, &list, NULL), KZ_OK);
  assert_int_equal(take(lists, KZ_LIBRARY_NOTICELIST,
                        "{\"name\":\"gdpr\",\"version\":2,\"enabled\":false,"
                        "\"id\":77,\"notice\":[{}]}",
                        NULL),
                   KZ_OK);
  assert_int_equal(kz_catalog_find(lists, KZ_STR("1"), arena, &id, &list, NULL),
                   KZ_OK);
  assert_int_equal(kz_jsonv_u64(list, KZ_STR("version"), 0), 2);
  assert_true(kz_jsonv_flag(list, KZ_STR("enabled"), false)); /* the user's */
  assert_int_equal(take(lists, KZ_LIBRARY_NOTICELIST,
                        "{\"name\":\"gdpr\",\"version\":1,\"notice\":[]}",
                        NULL),
                   KZ_UNCHANGED);
  assert_int_equal(kz_shelf_count(kz_catalog_shelf(lists)), 1);
}

static void broken_files_are_told_of_with_their_place(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  const struct {
    struct kz_catalog *catalog;
    enum kz_library_kind kind;
    const char *text;
    const char *words;
  } cases[] = {
      {s.house->noticelists, KZ_LIBRARY_NOTICELIST, "{\"name\":\"a\"}",
       "\"notice\" is missing"},
      {s.house->noticelists, KZ_LIBRARY_NOTICELIST,
       "{\"name\":\"a\",\"notice\":[\n5]}", "line 2"},
      {s.house->templates, KZ_LIBRARY_TEMPLATE, "{\"name\":\"a\"}", "\"uuid\""},
      {s.house->templates, KZ_LIBRARY_TEMPLATE,
       "{\"name\":\"a\",\"uuid\":\"u\",\"meta-category\":\"m\"}",
       "\"attributes\""},
      {s.house->templates, KZ_LIBRARY_TEMPLATE,
       "{\"name\":\"a\",\"uuid\":\"u\",\"meta-category\":\"m\","
       "\"attributes\":{\"x\":{}}}",
       "\"misp-attribute\" is missing"},
      {s.house->models, KZ_LIBRARY_MODEL, "{\"name\":\"a\",\"parameters\":[]}",
       "\"parameters\""},
      {s.house->models, KZ_LIBRARY_MODEL, "[]", "an object is due"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(take(cases[i].catalog, cases[i].kind, cases[i].text, &err),
                     KZ_E_INPUT);
    if (!strstr(err.text, cases[i].words)) {
      fail_msg("%s: %s", cases[i].text, err.text);
    }
  }
}

/* --- templates -------------------------------------------------------------
 */

static void note_words(void *ctx, kz_str words) {
  struct kz_buf *out = ctx;
  kz_buf_add_str(out, words);
  kz_buf_add_byte(out, ';');
}

static struct kz_attribute part(const char *relation, kz_type type) {
  return (struct kz_attribute){.relation = kz_str_of(relation), .type = type};
}

static void judged(const struct kz_jsonv *template, struct kz_attribute *list,
                   size_t count, const char *expected) {
  KZ_BUF(out, 4096);
  const struct kz_object object = {.attributes = list,
                                   .attribute_count = count};
  kz_template_judge(template, &object, note_words, &out);
  if (!kz_str_eq(kz_buf_str(&out), kz_str_of(expected))) {
    fail_msg("%.*s", KZ_STR_ARG(kz_buf_str(&out)));
  }
}

static void objects_are_judged_by_their_template(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *template = NULL;
  assert_int_equal(
      kz_jsonv_parse(
          KZ_STR("{\"attributes\":{\"ip\":{\"misp-attribute\":\"ip-dst\","
                 "\"multiple\":true},\"domain\":{\"misp-attribute\":"
                 "\"domain\"},\"text\":{\"misp-attribute\":\"text\"}},"
                 "\"required\":[\"domain\"],\"requiredOneOf\":[\"ip\","
                 "\"text\"]}"),
          arena, &template, NULL),
      KZ_OK);
  struct kz_attribute good[] = {part("domain", KZ_TYPE_DOMAIN),
                                part("ip", KZ_TYPE_IP_DST),
                                part("ip", KZ_TYPE_IP_DST)};
  judged(template, good, 3, "");
  struct kz_attribute wrong[] = {
      part("domain", KZ_TYPE_DOMAIN), part("domain", KZ_TYPE_HOSTNAME),
      part("port", KZ_TYPE_PORT), part("text", KZ_TYPE_TEXT)};
  judged(template, wrong, 4,
         "\"domain\" is of type hostname, domain is due;"
         "the template has no \"port\";\"domain\" is there more than once;");
  wrong[1].deleted = wrong[2].deleted = wrong[3].deleted = true;
  judged(template, wrong, 4,
         "none of those of which one is required is there;");
  judged(template, NULL, 0,
         "the required \"domain\" is missing;"
         "none of those of which one is required is there;");
}

/* --- decay -----------------------------------------------------------------
 */

static const char taxonomy[] =
    "{\"namespace\":\"trust\",\"version\":1,\"description\":\"d\","
    "\"predicates\":[{\"value\":\"level\",\"expanded\":\"l\"}],"
    "\"values\":[{\"predicate\":\"level\",\"entry\":["
    "{\"value\":\"high\",\"expanded\":\"h\",\"numerical_value\":100},"
    "{\"value\":\"low\",\"expanded\":\"l\",\"numerical_value\":20}]}]}";

static void near(double found, double expected) {
  if (fabs(found - expected) > 0.001) {
    fail_msg("%f, %f is due", found, expected);
  }
}

static const struct kz_decay_result *
score(const struct kz_decay_question *q, struct kz_attribute *a,
      const struct kz_tag_use *tags, struct kz_arena *arena, size_t *count) {
  struct kz_decaying *d = NULL;
  const struct kz_decay_result *results = NULL;
  assert_int_equal(kz_decaying_open(q, arena, &d, NULL), KZ_OK);
  *count = kz_decaying_score(d, a, tags, tags ? 1 : 0, &results);
  return results;
}

static void scores_follow_age_tags_and_what_was_asked(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_library_taken taken;
  const struct kz_library_file file = {.kind = KZ_LIBRARY_TAXONOMY,
                                       .key = KZ_STR("trust"),
                                       .path = KZ_STR("trust/machinetag.json"),
                                       .text = kz_str_of(taxonomy)};
  assert_int_equal(
      kz_taxonomy_take(s.house->taxonomies, &file, arena, &taken, NULL), KZ_OK);
  assert_int_equal(
      take(s.house->models, KZ_LIBRARY_MODEL,
           "{\"name\":\"M\",\"uuid\":\"11111111-1111-4111-8111-111111111111\","
           "\"parameters\":{\"lifetime\":\"10\",\"decay_speed\":1,"
           "\"threshold\":30,\"default_base_score\":50,"
           "\"base_score_config\":{\"trust:level\":1}},"
           "\"attribute_types\":[\"ip-dst\"]}",
           NULL),
      KZ_OK);
  int64_t now = 1000 * DAY_US;
  struct kz_attribute a = {.type = KZ_TYPE_IP_DST,
                           .timestamp_us = now - 5 * DAY_US,
                           .first_seen_us = KZ_TIME_NONE,
                           .last_seen_us = KZ_TIME_NONE};
  const kz_str name = KZ_STR("M");
  struct kz_decay_question q = {.catalog = s.house->models,
                                .taxonomies = s.house->taxonomies,
                                .models = &name,
                                .model_count = 1,
                                .now_us = now};
  size_t count = 0;
  const struct kz_decay_result *r = score(&q, &a, NULL, arena, &count);
  assert_int_equal(count, 1);
  near(r->score, 25); /* 50 half way through its life */
  assert_true(r->is_decayed);
  struct kz_tag_use high = {.tag = {.name = KZ_STR("trust:level=\"high\"")}};
  struct kz_tag_use low = {.tag = {.name = KZ_STR("trust:level=\"low\"")}};
  r = score(&q, &a, &high, arena, &count);
  near(r->base_score, 100);
  near(r->score, 50);
  assert_false(r->is_decayed);
  a.tags = &low; /* the attribute's own counts before the event's */
  a.tag_count = 1;
  near(score(&q, &a, &high, arena, &count)->base_score, 20);
  a.tag_count = 0;
  a.last_seen_us = now - DAY_US;
  near(score(&q, &a, NULL, arena, &count)->score, 45);
  struct kz_sighting seen[] = {
      {.kind = KZ_SIGHTING_SEEN, .seen_us = now - 2 * DAY_US},
      {.kind = KZ_SIGHTING_FALSE_POSITIVE, .seen_us = now}};
  a.sightings = seen;
  a.sighting_count = 2;
  near(score(&q, &a, NULL, arena, &count)->score, 40);
  q.has_threshold = true;
  q.threshold = 41;
  assert_true(score(&q, &a, NULL, arena, &count)->is_decayed);
  struct kz_jsonv *overrides = NULL;
  assert_int_equal(
      kz_jsonv_parse(KZ_STR("{\"lifetime\":4}"), arena, &overrides, NULL),
      KZ_OK);
  q.overrides = overrides;
  near(score(&q, &a, NULL, arena, &count)->score, 25);
  a.type = KZ_TYPE_MD5;
  (void)score(&q, &a, NULL, arena, &count);
  assert_int_equal(count, 0);
}

static void only_enabled_models_count_when_none_is_named(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_attribute a = {.type = KZ_TYPE_IP_DST,
                           .last_seen_us = KZ_TIME_NONE};
  const struct kz_decay_question q = {.catalog = s.house->models,
                                      .taxonomies = s.house->taxonomies,
                                      .now_us = 0};
  struct kz_jsonv *model = NULL;
  size_t count = 0;
  (void)score(&q, &a, NULL, arena, &count);
  assert_int_equal(count, 0);
  assert_int_equal(
      kz_catalog_set(s.house->models, 1, "enabled", true, arena, &model, NULL),
      KZ_OK);
  const struct kz_decay_result *r = score(&q, &a, NULL, arena, &count);
  assert_int_equal(count, 1);
  assert_true(kz_str_eq(r->name, KZ_STR("NIDS Simple Decaying Model")));
  near(r->score, 80);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_program_brings_is_there_and_can_be_replaced),
      cmocka_unit_test(broken_files_are_told_of_with_their_place),
      cmocka_unit_test(objects_are_judged_by_their_template),
      cmocka_unit_test(scores_follow_age_tags_and_what_was_asked),
      cmocka_unit_test(only_enabled_models_count_when_none_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
