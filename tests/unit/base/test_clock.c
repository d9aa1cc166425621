#include "test.h"

#include "base/clock.h"

static void assert_time(kz_str text, int64_t expected_us) {
  int64_t us = INT64_MIN;
  assert_int_equal(kz_clock_parse_time(text, &us), KZ_OK);
  assert_true(us == expected_us);
}

static void every_day_of_the_calendar_goes_there_and_back(void **state) {
  (void)state;
  struct kz_date expected = {1, 1, 1};
  static const uint32_t lengths[] = {31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};
  for (int32_t days = KZ_DAYS_MIN; days <= KZ_DAYS_MAX; days++) {
    struct kz_date date = kz_clock_date(days);
    assert_true(date.year == expected.year && date.month == expected.month &&
                date.day == expected.day);
    int32_t back = 0;
    assert_int_equal(kz_clock_days(date, &back), KZ_OK);
    assert_int_equal(back, days);
    bool is_leap =
        (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
    expected.day++;
    if (expected.day >
        lengths[expected.month - 1] + (expected.month == 2 && is_leap)) {
      expected.day = 1;
      expected.month++;
    }
    if (expected.month > 12) {
      expected.month = 1;
      expected.year++;
    }
  }
  assert_int_equal(expected.year, 10000);
}

static void known_dates_have_their_known_numbers(void **state) {
  (void)state;
  int32_t days = -1;
  assert_int_equal(kz_clock_parse_date(KZ_STR("1970-01-01"), &days), KZ_OK);
  assert_int_equal(days, 0);
  assert_int_equal(kz_clock_parse_date(KZ_STR("2000-03-01"), &days), KZ_OK);
  assert_int_equal(days, 11017);
  assert_int_equal(kz_clock_parse_date(KZ_STR("0001-01-01"), &days), KZ_OK);
  assert_int_equal(days, KZ_DAYS_MIN);
  assert_int_equal(kz_clock_parse_date(KZ_STR("9999-12-31"), &days), KZ_OK);
  assert_int_equal(days, KZ_DAYS_MAX);
}

static void dates_that_do_not_exist_are_refused(void **state) {
  (void)state;
  kz_str bad[] = {
      KZ_STR("2023-02-29"),  KZ_STR("1900-02-29"), KZ_STR("2020-04-31"),
      KZ_STR("2020-13-01"),  KZ_STR("2020-00-01"), KZ_STR("2020-01-00"),
      KZ_STR("0000-01-01"),  KZ_STR("2020-1-1"),   KZ_STR("20200101"),
      KZ_STR("2020-01-011"), KZ_STR(""),           KZ_STR_NONE,
      KZ_STR("2020/01/01"),  KZ_STR("-020-01-01"), KZ_STR("2020-01-01 ")};
  int32_t days = 7;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_clock_parse_date(bad[i], &days), KZ_E_INPUT);
    assert_int_equal(days, 7);
  }
}

static void times_are_read_in_all_their_forms(void **state) {
  (void)state;
  const int64_t us = INT64_C(1578112234323242);
  const int64_t whole_us = INT64_C(1578112234000000);
  assert_time(KZ_STR("2020-01-04T04:30:34.323242+00:00"), us);
  assert_time(KZ_STR("2020-01-04T04:30:34.323242Z"), us);
  assert_time(KZ_STR("2020-01-04t04:30:34,323242z"), us);
  assert_time(KZ_STR("2020-01-04 04:30:34.323242"), us);
  assert_time(KZ_STR("2020-01-04T04:30:34.323242999999999999999Z"), us);
  assert_time(KZ_STR("2020-01-04T13:30:34.323242+09:00"), us);
  assert_time(KZ_STR("2020-01-03T23:00:34.323242-0530"), us);
  assert_time(KZ_STR("2020-01-04T05:30:34.323242+01"), us);
  assert_time(KZ_STR("2020-01-04T04:30:34"), whole_us);
  assert_time(KZ_STR("2020-01-04T04:30:34.3Z"), whole_us + 300000);
  assert_time(KZ_STR("2020-01-04T04:30Z"), whole_us - 34 * KZ_SECOND_US);
  assert_time(KZ_STR("2020-01-04"), INT64_C(1578096000000000));
  assert_time(KZ_STR("2016-12-31T23:59:60Z"), INT64_C(1483228800000000));
  assert_time(KZ_STR("1969-12-31T23:59:59.999999Z"), -1);
  assert_time(KZ_STR("0001-01-01T00:00:00Z"), KZ_TIME_MIN_US);
  assert_time(KZ_STR("9999-12-31T23:59:59.999999Z"), KZ_TIME_MAX_US);
}

static void times_that_are_not_whole_are_refused(void **state) {
  (void)state;
  kz_str bad[] = {KZ_STR("2020-01-04T"),
                  KZ_STR("2020-01-04T04"),
                  KZ_STR("2020-01-04T24:00:00"),
                  KZ_STR("2020-01-04T04:60:00"),
                  KZ_STR("2020-01-04T04:30:61"),
                  KZ_STR("2020-01-04T04:30:34."),
                  KZ_STR("2020-01-04T04:30:34.Z"),
                  KZ_STR("2020-01-04T04:30:34+"),
                  KZ_STR("2020-01-04T04:30:34+1"),
                  KZ_STR("2020-01-04T04:30:34+01:"),
                  KZ_STR("2020-01-04T04:30:34+24:00"),
                  KZ_STR("2020-01-04T04:30:34+01:60"),
                  KZ_STR("2020-01-04T04:30:34Zx"),
                  KZ_STR("2020-01-04T04:30:34 Z"),
                  KZ_STR("2020-01-04T04:30:34\0"),
                  KZ_STR("0001-01-01T00:00:00+00:01"),
                  KZ_STR("9999-12-31T23:59:59-00:01"),
                  KZ_STR("9999-12-31T23:59:60Z"),
                  KZ_STR("2020-01-04X04:30:34")};
  int64_t us = 7;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_clock_parse_time(bad[i], &us), KZ_E_INPUT);
    assert_int_equal(us, 7);
  }
}

static void epoch_seconds_may_have_a_sign_and_a_fraction(void **state) {
  (void)state;
  int64_t us = 0;
  assert_int_equal(kz_clock_parse_epoch(KZ_STR("1577836800"), &us), KZ_OK);
  assert_true(us == INT64_C(1577836800000000));
  assert_int_equal(kz_clock_parse_epoch(KZ_STR("1577836800.25"), &us), KZ_OK);
  assert_true(us == INT64_C(1577836800250000));
  assert_int_equal(kz_clock_parse_epoch(KZ_STR("-1.5"), &us), KZ_OK);
  assert_true(us == -1500000);
  assert_int_equal(kz_clock_parse_epoch(KZ_STR("253402300799"), &us), KZ_OK);
  kz_str bad[] = {KZ_STR(""),
                  KZ_STR("-"),
                  KZ_STR("1."),
                  KZ_STR(".5"),
                  KZ_STR("1e9"),
                  KZ_STR("+1"),
                  KZ_STR("1.5x"),
                  KZ_STR("253402300800"),
                  KZ_STR("-62135596801"),
                  KZ_STR("99999999999999999999999")};
  us = 7;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_clock_parse_epoch(bad[i], &us), KZ_E_INPUT);
    assert_int_equal(us, 7);
  }
}

static void spans_have_one_number_and_one_unit(void **state) {
  (void)state;
  const struct {
    kz_str text;
    int64_t us;
  } good[] = {{KZ_STR("5d"), 5 * KZ_DAY_US},
              {KZ_STR("12h"), KZ_DAY_US / 2},
              {KZ_STR("30m"), KZ_HOUR_US / 2},
              {KZ_STR("10s"), 10000000},
              {KZ_STR("2w"), 14 * KZ_DAY_US},
              {KZ_STR("0d"), 0},
              {KZ_STR("106751991d"), INT64_C(106751991) * KZ_DAY_US}};
  int64_t us = -1;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal(kz_clock_parse_span(good[i].text, &us), KZ_OK);
    assert_true(us == good[i].us);
  }
  kz_str bad[] = {KZ_STR(""),           KZ_STR("d"),
                  KZ_STR("5"),          KZ_STR("-5d"),
                  KZ_STR("5 d"),        KZ_STR("5dd"),
                  KZ_STR("5y"),         KZ_STR("1.5d"),
                  KZ_STR("106751992d"), KZ_STR("18446744073709551616s")};
  us = 7;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_clock_parse_span(bad[i], &us), KZ_E_INPUT);
    assert_int_equal(us, 7);
  }
}

static void when_understands_whatever_people_write(void **state) {
  (void)state;
  const int64_t now_us = INT64_C(1577836800000000); /* 2020-01-01 */
  int64_t us = 0;
  assert_int_equal(kz_clock_parse_when(KZ_STR("5d"), now_us, &us), KZ_OK);
  assert_true(us == now_us - 5 * KZ_DAY_US);
  assert_int_equal(kz_clock_parse_when(KZ_STR("86400"), now_us, &us), KZ_OK);
  assert_true(us == KZ_DAY_US);
  assert_int_equal(kz_clock_parse_when(KZ_STR("1970-01-03"), now_us, &us),
                   KZ_OK);
  assert_true(us == 2 * KZ_DAY_US);
  assert_int_equal(kz_clock_parse_when(KZ_STR("106751991d"), now_us, &us),
                   KZ_OK);
  assert_true(us == KZ_TIME_MIN_US);
  assert_int_equal(kz_clock_parse_when(KZ_STR("106751991d"), INT64_MIN, &us),
                   KZ_OK);
  assert_true(us == KZ_TIME_MIN_US);
  us = 7;
  assert_int_equal(kz_clock_parse_when(KZ_STR("yesterday"), now_us, &us),
                   KZ_E_INPUT);
  assert_int_equal(us, 7);
}

static void text_is_written_in_each_form(void **state) {
  (void)state;
  char out[KZ_TIME_TEXT];
  char date[KZ_DATE_TEXT];
  int64_t us = INT64_C(1578112234323242);
  assert_int_equal(kz_clock_format_time(us, out).len, 32);
  assert_string_equal(out, "2020-01-04T04:30:34.323242+00:00");
  assert_int_equal(kz_clock_format_seconds(us, out).len, 20);
  assert_string_equal(out, "2020-01-04T04:30:34Z");
  assert_int_equal(kz_clock_format_date(11017, date).len, 10);
  assert_string_equal(date, "2000-03-01");
  kz_clock_format_time(-1, out);
  assert_string_equal(out, "1969-12-31T23:59:59.999999+00:00");
  kz_clock_format_seconds(-1, out);
  assert_string_equal(out, "1969-12-31T23:59:59Z");
}

static void what_lies_outside_of_the_calendar_is_clamped(void **state) {
  (void)state;
  char out[KZ_TIME_TEXT];
  char date[KZ_DATE_TEXT];
  kz_clock_format_time(INT64_MIN, out);
  assert_string_equal(out, "0001-01-01T00:00:00.000000+00:00");
  kz_clock_format_seconds(INT64_MAX, out);
  assert_string_equal(out, "9999-12-31T23:59:59Z");
  kz_clock_format_date(INT32_MIN, date);
  assert_string_equal(date, "0001-01-01");
  assert_int_equal(kz_clock_day_of(INT64_MAX), KZ_DAYS_MAX);
  assert_int_equal(kz_clock_day_of(-1), -1);
  assert_int_equal(kz_clock_day_of(0), 0);
}

static void written_times_are_read_back(void **state) {
  (void)state;
  int64_t step_us = (KZ_TIME_MAX_US - KZ_TIME_MIN_US) / 9973;
  for (int64_t us = KZ_TIME_MIN_US; us < KZ_TIME_MAX_US - step_us;
       us += step_us) {
    char out[KZ_TIME_TEXT];
    assert_time(kz_clock_format_time(us, out), us);
  }
}

static void clocks_run(void **state) {
  (void)state;
  assert_true(kz_clock_now_us() > INT64_C(1700000000000000));
  int64_t before_us = kz_clock_monotonic_us();
  assert_true(kz_clock_monotonic_us() >= before_us);
}

static void moments_are_written_as_sql_has_them(void **state) {
  (void)state;
  char text[KZ_TIME_TEXT];
  assert_true(kz_str_eq(kz_clock_format_sql(INT64_C(1578112234323242), text),
                        KZ_STR("2020-01-04 04:30:34")));
  assert_true(
      kz_str_eq(kz_clock_format_sql(0, text), KZ_STR("1970-01-01 00:00:00")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moments_are_written_as_sql_has_them),
      cmocka_unit_test(every_day_of_the_calendar_goes_there_and_back),
      cmocka_unit_test(known_dates_have_their_known_numbers),
      cmocka_unit_test(dates_that_do_not_exist_are_refused),
      cmocka_unit_test(times_are_read_in_all_their_forms),
      cmocka_unit_test(times_that_are_not_whole_are_refused),
      cmocka_unit_test(epoch_seconds_may_have_a_sign_and_a_fraction),
      cmocka_unit_test(spans_have_one_number_and_one_unit),
      cmocka_unit_test(when_understands_whatever_people_write),
      cmocka_unit_test(text_is_written_in_each_form),
      cmocka_unit_test(what_lies_outside_of_the_calendar_is_clamped),
      cmocka_unit_test(written_times_are_read_back),
      cmocka_unit_test(clocks_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
