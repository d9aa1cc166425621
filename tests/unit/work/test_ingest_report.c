#include <string.h>

#include "test.h"

#include "work/ingest_report.h"

static void a_report_outlives_who_named_the_file(void **state) {
  (void)state;
  struct kz_arena *arena = NULL;
  struct kz_ingest_report *report = kz_ingest_report_new(&arena);
  assert_non_null(report);
  char name[] = "one.sql";
  for (int i = 0; i < 3; i++) {
    kz_ingest_report_tell(report, kz_str_of(name), NULL, "wrong");
  }
  memcpy(name, "two", 3);
  kz_ingest_report_tell(report, kz_str_of(name), NULL, "wrong");
  memset(name, 'x', sizeof name - 1);
  assert_int_equal(report->listed, 4);
  for (size_t i = 0; i < 3; i++) {
    assert_true(kz_str_eq(report->errors[i].file, KZ_STR("one.sql")));
  }
  assert_ptr_equal(report->errors[0].file.ptr, report->errors[2].file.ptr);
  assert_true(kz_str_eq(report->errors[3].file, KZ_STR("two.sql")));
  kz_ingest_report_done(report);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_report_outlives_who_named_the_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
