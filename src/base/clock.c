/* Days are counted from 0001-01-01 inside (no negative numbers on the way) and
 * moved to 1970 at the borders. Parsers take pieces off the front of the text;
 * every number has a fixed count of digits or a checked maximum, so nothing
 * here can overflow. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

enum {
  YEAR_DAYS = 365,
  YEARS4_DAYS = 4 * YEAR_DAYS + 1,
  YEARS100_DAYS = 25 * YEARS4_DAYS - 1,
  YEARS400_DAYS = 4 * YEARS100_DAYS + 1,
  YEAR_MAX = 9999,
  FRACTION_DIGITS = 6,
};

/* Days of a common year before each month, and before the next year. */
static const int32_t days_before[13] = {0,   31,  59,  90,  120, 151, 181,
                                        212, 243, 273, 304, 334, 365};

static int64_t read_clock_us(clockid_t id) {
  struct timespec now = {0};
  (void)clock_gettime(id, &now); /* cannot fail for these two ids */
  return (int64_t)now.tv_sec * KZ_SECOND_US + now.tv_nsec / 1000;
}

int64_t kz_clock_now_us(void) {
  return read_clock_us(CLOCK_REALTIME);
}

int64_t kz_clock_monotonic_us(void) {
  return read_clock_us(CLOCK_MONOTONIC);
}

static bool is_leap(int32_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days of `year` before `month`, 1..13. */
static int32_t days_into_year(int32_t year, uint32_t month) {
  return days_before[month - 1] + (month > 2 && is_leap(year));
}

kz_rc kz_clock_days(struct kz_date date, int32_t *ret_days) {
  if (date.year < 1 || date.year > YEAR_MAX || date.month < 1 ||
      date.month > 12 || date.day < 1 || date.day > 31) {
    return KZ_E_INPUT;
  }
  int32_t start = days_into_year(date.year, date.month);
  int32_t next = days_into_year(date.year, date.month + 1);
  int32_t day = (int32_t)date.day;
  if (day > next - start) {
    return KZ_E_INPUT;
  }
  int32_t years = date.year - 1;
  *ret_days = years * YEAR_DAYS + years / 4 - years / 100 + years / 400 +
              start + day - 1 + KZ_DAYS_MIN;
  return KZ_OK;
}

static int32_t clamp_days(int32_t days) {
  return days < KZ_DAYS_MIN   ? KZ_DAYS_MIN
         : days > KZ_DAYS_MAX ? KZ_DAYS_MAX
                              : days;
}

static int64_t clamp_time(int64_t us) {
  return us < KZ_TIME_MIN_US   ? KZ_TIME_MIN_US
         : us > KZ_TIME_MAX_US ? KZ_TIME_MAX_US
                               : us;
}

struct kz_date kz_clock_date(int32_t days) {
  int32_t left = clamp_days(days) - KZ_DAYS_MIN;
  int32_t years = left / YEARS400_DAYS * 400;
  left %= YEARS400_DAYS;
  /* The last century and the last year of a cycle are a day longer. */
  int32_t centuries = left / YEARS100_DAYS < 3 ? left / YEARS100_DAYS : 3;
  left -= centuries * YEARS100_DAYS;
  years += centuries * 100 + left / YEARS4_DAYS * 4;
  left %= YEARS4_DAYS;
  int32_t single = left / YEAR_DAYS < 3 ? left / YEAR_DAYS : 3;
  left -= single * YEAR_DAYS;
  struct kz_date date = {.year = years + single + 1, .month = 1};
  while (days_into_year(date.year, date.month + 1) <= left) {
    date.month++;
  }
  date.day = (uint32_t)(left - days_into_year(date.year, date.month) + 1);
  return date;
}

int32_t kz_clock_day_of(int64_t us) {
  int64_t since_start = clamp_time(us) - KZ_TIME_MIN_US;
  return (int32_t)(since_start / KZ_DAY_US) + KZ_DAYS_MIN;
}

/* Takes exactly `count` digits (at most nine) off the front. */
static bool take_digits(kz_str *rest, size_t count, int32_t *ret) {
  if (rest->len < count) {
    return false;
  }
  int32_t number = 0;
  for (size_t i = 0; i < count; i++) {
    if (!kz_is_digit(rest->ptr[i])) {
      return false;
    }
    number = number * 10 + (rest->ptr[i] - '0');
  }
  *rest = kz_str_from(*rest, count);
  *ret = number;
  return true;
}

/* Takes one character if it is among `wanted`. */
static bool take_any(kz_str *rest, const char *wanted) {
  if (rest->len == 0 || rest->ptr[0] == '\0' || !strchr(wanted, rest->ptr[0])) {
    return false;
  }
  *rest = kz_str_from(*rest, 1);
  return true;
}

static bool take_date(kz_str *rest, int32_t *ret_days) {
  int32_t year = 0;
  int32_t month = 0;
  int32_t day = 0;
  if (!take_digits(rest, 4, &year) || !take_any(rest, "-") ||
      !take_digits(rest, 2, &month) || !take_any(rest, "-") ||
      !take_digits(rest, 2, &day)) {
    return false;
  }
  struct kz_date date = {year, (uint32_t)month, (uint32_t)day};
  return kz_clock_days(date, ret_days) == KZ_OK;
}

/* Digits after the point, at least one; those past the sixth are dropped. */
static bool take_fraction(kz_str *rest, int64_t *ret_us) {
  int64_t us = 0;
  size_t count = 0;
  while (count < rest->len && kz_is_digit(rest->ptr[count])) {
    if (count < FRACTION_DIGITS) {
      us = us * 10 + (rest->ptr[count] - '0');
    }
    count++;
  }
  for (size_t i = count; i < FRACTION_DIGITS; i++) {
    us *= 10;
  }
  *rest = kz_str_from(*rest, count);
  *ret_us = us;
  return count > 0;
}

/* hh:mm, hh:mm:ss or hh:mm:ss.fraction */
static bool take_time_of_day(kz_str *rest, int64_t *ret_us) {
  int32_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int64_t fraction_us = 0;
  if (!take_digits(rest, 2, &hour) || !take_any(rest, ":") ||
      !take_digits(rest, 2, &minute)) {
    return false;
  }
  if (take_any(rest, ":")) {
    if (!take_digits(rest, 2, &second)) {
      return false;
    }
    if (take_any(rest, ".,") && !take_fraction(rest, &fraction_us)) {
      return false;
    }
  }
  if (hour > 23 || minute > 59 || second > 60) {
    return false;
  }
  *ret_us = hour * KZ_HOUR_US + minute * KZ_MINUTE_US + second * KZ_SECOND_US +
            fraction_us;
  return true;
}

/* What has to be taken off a local time to have UTC. */
static bool take_zone(kz_str *rest, int64_t *ret_us) {
  *ret_us = 0;
  if (rest->len == 0 || take_any(rest, "Zz")) {
    return true;
  }
  bool is_west = rest->ptr[0] == '-';
  int32_t hours = 0;
  int32_t minutes = 0;
  if (!take_any(rest, "+-") || !take_digits(rest, 2, &hours)) {
    return false;
  }
  bool has_colon = take_any(rest, ":");
  if ((has_colon || rest->len > 0) && !take_digits(rest, 2, &minutes)) {
    return false;
  }
  if (hours > 23 || minutes > 59) {
    return false;
  }
  int64_t offset_us = hours * KZ_HOUR_US + minutes * KZ_MINUTE_US;
  *ret_us = is_west ? -offset_us : offset_us;
  return true;
}

kz_rc kz_clock_parse_date(kz_str text, int32_t *ret_days) {
  int32_t days = 0;
  if (!take_date(&text, &days) || text.len > 0) {
    return KZ_E_INPUT;
  }
  *ret_days = days;
  return KZ_OK;
}

static kz_rc check_time(int64_t us, int64_t *ret_us) {
  if (us < KZ_TIME_MIN_US || us > KZ_TIME_MAX_US) {
    return KZ_E_INPUT;
  }
  *ret_us = us;
  return KZ_OK;
}

kz_rc kz_clock_parse_time(kz_str text, int64_t *ret_us) {
  int32_t days = 0;
  int64_t time_us = 0;
  int64_t zone_us = 0;
  if (!take_date(&text, &days)) {
    return KZ_E_INPUT;
  }
  if (text.len > 0 &&
      (!take_any(&text, "Tt ") || !take_time_of_day(&text, &time_us) ||
       !take_zone(&text, &zone_us))) {
    return KZ_E_INPUT;
  }
  if (text.len > 0) {
    return KZ_E_INPUT;
  }
  return check_time(days * KZ_DAY_US + time_us - zone_us, ret_us);
}

kz_rc kz_clock_parse_epoch(kz_str text, int64_t *ret_us) {
  bool is_negative = take_any(&text, "-");
  size_t point = kz_str_find_byte(text, '.');
  uint64_t seconds = 0;
  int64_t fraction_us = 0;
  if (kz_str_u64(kz_str_head(text, point), &seconds) != KZ_OK ||
      seconds > (uint64_t)(KZ_TIME_MAX_US / KZ_SECOND_US)) {
    return KZ_E_INPUT;
  }
  if (point != SIZE_MAX) {
    text = kz_str_from(text, point + 1);
    if (!take_fraction(&text, &fraction_us) || text.len > 0) {
      return KZ_E_INPUT;
    }
  }
  int64_t us = (int64_t)seconds * KZ_SECOND_US + fraction_us;
  return check_time(is_negative ? -us : us, ret_us);
}

static int64_t span_unit_us(char unit) {
  switch (unit) {
  case 'w':
    return 7 * KZ_DAY_US;
  case 'd':
    return KZ_DAY_US;
  case 'h':
    return KZ_HOUR_US;
  case 'm':
    return KZ_MINUTE_US;
  case 's':
    return KZ_SECOND_US;
  default:
    return 0;
  }
}

kz_rc kz_clock_parse_span(kz_str text, int64_t *ret_us) {
  if (text.len == 0) {
    return KZ_E_INPUT;
  }
  int64_t unit_us = span_unit_us(text.ptr[text.len - 1]);
  uint64_t count = 0;
  if (unit_us == 0 ||
      kz_str_u64(kz_str_head(text, text.len - 1), &count) != KZ_OK ||
      count > (uint64_t)(INT64_MAX / unit_us)) {
    return KZ_E_INPUT;
  }
  *ret_us = (int64_t)count * unit_us;
  return KZ_OK;
}

kz_rc kz_clock_parse_when(kz_str text, int64_t now_us, int64_t *ret_us) {
  int64_t span_us = 0;
  if (kz_clock_parse_span(text, &span_us) == KZ_OK) {
    /* A span longer than history ends where the calendar begins. */
    int64_t history_us = clamp_time(now_us) - KZ_TIME_MIN_US;
    *ret_us = span_us < history_us ? KZ_TIME_MIN_US + history_us - span_us
                                   : KZ_TIME_MIN_US;
    return KZ_OK;
  }
  if (kz_clock_parse_epoch(text, ret_us) == KZ_OK) {
    return KZ_OK;
  }
  return kz_clock_parse_time(text, ret_us);
}

/* Writes exactly `digits` digits; returns the place after them. */
static char *put_digits(char *out, int64_t number, size_t digits) {
  for (size_t i = digits; i > 0; i--) {
    out[i - 1] = (char)('0' + number % 10);
    number /= 10;
  }
  return out + digits;
}

static char *put_date(char *out, int32_t days) {
  struct kz_date date = kz_clock_date(days);
  out = put_digits(out, date.year, 4);
  *out++ = '-';
  out = put_digits(out, date.month, 2);
  *out++ = '-';
  return put_digits(out, date.day, 2);
}

/* Up to the seconds. */
static char *put_time(char *out, int64_t us) {
  int32_t days = kz_clock_day_of(us);
  int64_t seconds = (us - days * KZ_DAY_US) / KZ_SECOND_US;
  out = put_date(out, days);
  *out++ = 'T';
  out = put_digits(out, seconds / 3600, 2);
  *out++ = ':';
  out = put_digits(out, seconds / 60 % 60, 2);
  *out++ = ':';
  return put_digits(out, seconds % 60, 2);
}

static kz_str end_text(const char *out, char *end, const char *last) {
  size_t len = strlen(last);
  memcpy(end, last, len + 1);
  return (kz_str){out, (size_t)(end - out) + len};
}

kz_str kz_clock_format_date(int32_t days, char out[KZ_DATE_TEXT]) {
  return end_text(out, put_date(out, days), "");
}

kz_str kz_clock_format_time(int64_t us, char out[KZ_TIME_TEXT]) {
  us = clamp_time(us);
  char *at = put_time(out, us);
  *at++ = '.';
  at = put_digits(at, (us - KZ_TIME_MIN_US) % KZ_SECOND_US, FRACTION_DIGITS);
  return end_text(out, at, "+00:00");
}

kz_str kz_clock_format_seconds(int64_t us, char out[KZ_TIME_TEXT]) {
  return end_text(out, put_time(out, clamp_time(us)), "Z");
}

kz_str kz_clock_format_sql(int64_t us, char out[KZ_TIME_TEXT]) {
  kz_str text = end_text(out, put_time(out, clamp_time(us)), "");
  out[KZ_DATE_TEXT - 1] = ' ';
  return text;
}
