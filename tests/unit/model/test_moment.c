#include "test.h"

#include "model/moment.h"

static void assert_moment(const char *text, const char *expected) {
  struct kz_moment moment;
  char out[KZ_MOMENT_TEXT];
  if (kz_moment_parse(kz_str_of(text), &moment) != KZ_OK) {
    fail_msg("'%s' is refused", text);
  }
  kz_moment_format(&moment, out);
  kz_str got = {out, sizeof out};
  if (!kz_str_eq(got, kz_str_of(expected))) {
    fail_msg("'%s' became %.*s", text, KZ_STR_ARG(got));
  }
}

static void iso_8601_is_read_in_its_usual_forms(void **state) {
  (void)state;
  assert_moment("2020-01-31", "2020-01-31T00:00:00.000000+0000");
  assert_moment("20200131", "2020-01-31T00:00:00.000000+0000");
  assert_moment("2020/01/31", "2020-01-31T00:00:00.000000+0000");
  assert_moment("2020-01-31T09:08", "2020-01-31T09:08:00.000000+0000");
  assert_moment("20200131T090807", "2020-01-31T09:08:07.000000+0000");
  assert_moment("2020-01-31 09:08:07Z", "2020-01-31T09:08:07.000000+0000");
  assert_moment("2020-01-31t09:08:07.5", "2020-01-31T09:08:07.500000+0000");
  assert_moment("2020-01-31T09:08:07,123456789",
                "2020-01-31T09:08:07.123456+0000");
  assert_moment("2020-01-31T09:08:07 UTC", "2020-01-31T09:08:07.000000+0000");
  assert_moment("2020-01-31T09:08:07+02:30", "2020-01-31T09:08:07.000000+0230");
  assert_moment("2020-01-31T09:08:07-0930", "2020-01-31T09:08:07.000000-0930");
  assert_moment("2020-01-31T09:08:07 +09", "2020-01-31T09:08:07.000000+0900");
  assert_moment("2000-02-29", "2000-02-29T00:00:00.000000+0000");
  assert_moment("0001-01-01", "0001-01-01T00:00:00.000000+0000");
}

static void days_and_times_that_do_not_exist_are_refused(void **state) {
  (void)state;
  static const char *const strangers[] = {
      "",
      "2020",
      "2020-01",
      "2020-13-01",
      "2020-00-01",
      "2020-01-00",
      "2020-02-30",
      "1900-02-29",
      "0000-01-01",
      "2020-1-1",
      "2020-0131",
      "2020-01/31",
      "2020-01-31T",
      "2020-01-31T24:00",
      "2020-01-31T09:60",
      "2020-01-31T09:08:60",
      "2020-01-31T09:08:07.",
      "2020-01-31T09:08:07x",
      "2020-01-31T09:08:07+24:00",
      "2020-01-31T09:08:07+02:60",
      "2020-01-31T09:08:07+2",
      "2020-01-31x",
      "2020-01-31 ",
      "31.01.2020",
      "yesterday",
  };
  for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
    struct kz_moment moment;
    if (kz_moment_parse(kz_str_of(strangers[i]), &moment) != KZ_E_INPUT) {
      fail_msg("'%s' is taken for a time", strangers[i]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(iso_8601_is_read_in_its_usual_forms),
      cmocka_unit_test(days_and_times_that_do_not_exist_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
