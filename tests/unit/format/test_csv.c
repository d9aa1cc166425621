#include "test.h"

#include <string.h>

#include "base/clock.h"
#include "format/csv.h"

enum { CEILING = 1 << 20 };

static void expect_field(enum kz_csv_manner manner, const char *text,
                         const char *expected) {
  KZ_BUF(out, CEILING);
  struct kz_csv csv;
  kz_csv_init(&csv, &out, manner);
  kz_csv_field(&csv, kz_str_of(text));
  kz_buf_add_byte(&out, '\0');
  assert_string_equal(out.ptr, expected);
}

static void ours_quotes_only_where_needed(void **state) {
  (void)state;
  expect_field(KZ_CSV_OURS, "", "");
  expect_field(KZ_CSV_OURS, "plain text", "plain text");
  expect_field(KZ_CSV_OURS, "a,b", "\"a,b\"");
  expect_field(KZ_CSV_OURS, "a\"b\"", "\"a\"\"b\"\"\"");
  expect_field(KZ_CSV_OURS, "a\nb", "\"a\nb\"");
}

static void ours_runs_no_formula(void **state) {
  (void)state;
  expect_field(KZ_CSV_OURS, "=1+1", "'=1+1");
  expect_field(KZ_CSV_OURS, "+49", "'+49");
  expect_field(KZ_CSV_OURS, "-1", "'-1");
  expect_field(KZ_CSV_OURS, "@SUM", "'@SUM");
  expect_field(KZ_CSV_OURS, "=A(\"x\",1)", "\"'=A(\"\"x\"\",1)\"");
}

static void misps_quotes_texts_and_leaves_numbers(void **state) {
  (void)state;
  static const char *const numbers[] = {"0",  "12", "-3",  "+4",   "1.5",
                                        ".5", "5.", "1e3", "2E-5", "1.e+7"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    expect_field(KZ_CSV_MISP, numbers[i], numbers[i]);
  }
  expect_field(KZ_CSV_MISP, "", "\"\"");
  expect_field(KZ_CSV_MISP, "192.0.2.1", "\"192.0.2.1\"");
  expect_field(KZ_CSV_MISP, "1e", "\"1e\"");
  expect_field(KZ_CSV_MISP, "-", "\"-\"");
  expect_field(KZ_CSV_MISP, ".", "\".\"");
  expect_field(KZ_CSV_MISP, "=1+1", "\"=1+1\"");
  expect_field(KZ_CSV_MISP, "a\"b", "\"a\"\"b\"");
}

static void every_column_is_found_by_name(void **state) {
  (void)state;
  for (int i = 0; i < KZ_CSV_COLUMN_COUNT; i++) {
    enum kz_csv_column column = KZ_CSV_COLUMN_COUNT;
    kz_str name = kz_csv_column_name((enum kz_csv_column)i);
    assert_int_equal(kz_csv_column_by_name(name, &column), KZ_OK);
    assert_int_equal(column, i);
  }
  enum kz_csv_column column;
  assert_int_equal(kz_csv_column_by_name(KZ_STR("timestamp"), &column), KZ_OK);
  assert_int_equal(column, KZ_CSV_DATE);
  assert_int_equal(kz_csv_column_by_name(KZ_STR("x"), &column), KZ_NOT_FOUND);
}

static void a_search_has_misps_columns(void **state) {
  (void)state;
  struct kz_tag_use tags[2] = {{.tag.name = KZ_STR("a")},
                               {.tag.name = KZ_STR("b")}};
  const struct kz_event event = {.id = 3,
                                 .info = KZ_STR("i"),
                                 .orgc.name = KZ_STR("c"),
                                 .threat_level = 2,
                                 .distribution = 3,
                                 .date_days = 18785,
                                 .timestamp_us = 9 * KZ_SECOND_US,
                                 .tags = tags,
                                 .tag_count = 1};
  const struct kz_object object = {.name = KZ_STR("file"),
                                   .meta_category = KZ_STR("m")};
  struct kz_attribute attribute = {.value = KZ_STR("v,"),
                                   .to_ids = true,
                                   .timestamp_us = 5 * KZ_SECOND_US,
                                   .tags = tags,
                                   .tag_count = 2};
  assert_int_equal(kz_type_by_name(KZ_STR("text"), &attribute.type), KZ_OK);
  attribute.category = kz_type_default_category(attribute.type);
  KZ_BUF(out, CEILING);
  struct kz_csv csv;
  kz_csv_init(&csv, &out, KZ_CSV_MISP);
  kz_csv_header(&csv, KZ_CSV_ALL_COLUMNS);
  kz_csv_row(&csv, &(struct kz_export_row){&event, &object, &attribute},
             KZ_CSV_ALL_COLUMNS);
  kz_csv_row(&csv, &(struct kz_export_row){&event, NULL, &attribute},
             KZ_CSV_PLAIN_COLUMNS);
  kz_buf_add_byte(&out, '\0');
  assert_string_equal(
      out.ptr,
      "uuid,event_id,category,type,value,comment,to_ids,date,object_relation,"
      "attribute_tag,object_uuid,object_name,object_meta_category,event_info,"
      "event_member_org,event_source_org,event_distribution,"
      "event_threat_level_id,event_analysis,event_date,event_tag,"
      "event_timestamp\n"
      "\"00000000-0000-0000-0000-000000000000\",3,\"Other\",\"text\",\"v,\","
      "\"\",1,5,\"\",\"a,b\",\"00000000-0000-0000-0000-000000000000\",\"file\","
      "\"m\",\"i\",\"\",\"c\",3,\"Medium\",0,\"2021-06-07\",\"a\",9\n"
      "\"00000000-0000-0000-0000-000000000000\",3,\"Other\",\"text\",\"v,\","
      "\"\",1,5,\"\",\"a,b\",\"\",\"\",\"\"\n");
}

static void chosen_columns_alone_are_written(void **state) {
  (void)state;
  const struct kz_event event = {.id = 3};
  const struct kz_attribute attribute = {.value = KZ_STR("v")};
  KZ_BUF(out, CEILING);
  struct kz_csv csv;
  kz_csv_init(&csv, &out, KZ_CSV_OURS);
  uint32_t columns = 1u << KZ_CSV_VALUE | 1u << KZ_CSV_EVENT_ID;
  kz_csv_header(&csv, columns);
  kz_csv_row(&csv, &(struct kz_export_row){&event, NULL, &attribute}, columns);
  kz_buf_add_byte(&out, '\0');
  assert_string_equal(out.ptr, "event_id,value\r\n3,v\r\n");
}

static void decay_has_a_column_each_of_score_and_verdict(void **state) {
  (void)state;
  KZ_BUF(out, CEILING);
  struct kz_csv csv;
  const struct kz_event event = {.id = 3};
  struct kz_attribute a = {
      .extra = KZ_STR("\"x\":1,\"decay_score\":[{\"score\":12.5,\"decayed\":"
                      "true},{\"score\":90,\"decayed\":false}]")};
  const struct kz_export_row row = {.event = &event, .attribute = &a};
  kz_csv_init(&csv, &out, KZ_CSV_MISP);
  kz_csv_header(&csv, KZ_CSV_DECAY_COLUMNS);
  kz_csv_row(&csv, &row, KZ_CSV_DECAY_COLUMNS);
  a.extra = KZ_STR_NONE;
  kz_csv_row(&csv, &row, KZ_CSV_DECAY_COLUMNS);
  assert_true(kz_str_eq(kz_buf_str(&out),
                        KZ_STR("decay_score_score,decay_score_decayed\n"
                               "\"12.5,90\",\"1,0\"\n\"\",\"\"\n")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decay_has_a_column_each_of_score_and_verdict),
      cmocka_unit_test(ours_quotes_only_where_needed),
      cmocka_unit_test(ours_runs_no_formula),
      cmocka_unit_test(misps_quotes_texts_and_leaves_numbers),
      cmocka_unit_test(every_column_is_found_by_name),
      cmocka_unit_test(a_search_has_misps_columns),
      cmocka_unit_test(chosen_columns_alone_are_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
