#include "model/moment.h"

#include <stdbool.h>
#include <string.h>

/* Takes exactly `digits` digits off the front of `*rest`. */
static bool take(kz_str *rest, size_t digits, unsigned *ret) {
  unsigned number = 0;
  if (rest->len < digits) {
    return false;
  }
  for (size_t i = 0; i < digits; i++) {
    if (!kz_is_digit(rest->ptr[i])) {
      return false;
    }
    number = number * 10 + (unsigned)(rest->ptr[i] - '0');
  }
  *rest = kz_str_from(*rest, digits);
  *ret = number;
  return true;
}

static bool take_byte(kz_str *rest, char c) {
  if (rest->len == 0 || rest->ptr[0] != c) {
    return false;
  }
  *rest = kz_str_from(*rest, 1);
  return true;
}

static bool take_word(kz_str *rest, kz_str word) {
  if (!kz_str_eq_nocase(kz_str_head(*rest, word.len), word)) {
    return false;
  }
  *rest = kz_str_from(*rest, word.len);
  return true;
}

static unsigned days_of(unsigned year, unsigned month) {
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (leap && month == 2 ? 1u : 0u);
}

static bool take_date(kz_str *rest, struct kz_moment *moment) {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (!take(rest, 4, &year)) {
    return false;
  }
  char mark = '-';
  bool marked = take_byte(rest, mark);
  if (!marked) {
    mark = '/';
    marked = take_byte(rest, mark);
  }
  if (!take(rest, 2, &month) || (marked && !take_byte(rest, mark)) ||
      !take(rest, 2, &day)) {
    return false;
  }
  moment->year = (uint16_t)year;
  moment->month = (uint8_t)month;
  moment->day = (uint8_t)day;
  return year > 0 && month >= 1 && month <= 12 && day >= 1 &&
         day <= days_of(year, month);
}

/* ".123456789": six digits count. */
static bool take_fraction(kz_str *rest, struct kz_moment *moment) {
  uint32_t unit = 100000;
  size_t n = 0;
  while (n < rest->len && kz_is_digit(rest->ptr[n])) {
    moment->microsecond += unit * (uint32_t)(rest->ptr[n] - '0');
    unit /= 10;
    n++;
  }
  *rest = kz_str_from(*rest, n);
  return n > 0;
}

static bool take_time(kz_str *rest, struct kz_moment *moment) {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!take(rest, 2, &hour)) {
    return false;
  }
  bool marked = take_byte(rest, ':');
  if (!take(rest, 2, &minute)) {
    return false;
  }
  bool has_seconds = marked ? take_byte(rest, ':')
                            : rest->len > 0 && kz_is_digit(rest->ptr[0]);
  if (has_seconds) {
    if (!take(rest, 2, &second)) {
      return false;
    }
    if ((take_byte(rest, '.') || take_byte(rest, ',')) &&
        !take_fraction(rest, moment)) {
      return false;
    }
  }
  moment->hour = (uint8_t)hour;
  moment->minute = (uint8_t)minute;
  moment->second = (uint8_t)second;
  return hour < 24 && minute < 60 && second < 60;
}

static bool take_offset(kz_str *rest, struct kz_moment *moment) {
  while (take_byte(rest, ' ')) {
  }
  if (rest->len == 0 || take_word(rest, KZ_STR("Z")) ||
      take_word(rest, KZ_STR("UTC")) || take_word(rest, KZ_STR("GMT"))) {
    return true;
  }
  bool west = take_byte(rest, '-');
  unsigned hours = 0;
  unsigned minutes = 0;
  if ((!west && !take_byte(rest, '+')) || !take(rest, 2, &hours)) {
    return false;
  }
  if (rest->len > 0) {
    (void)take_byte(rest, ':');
    if (!take(rest, 2, &minutes)) {
      return false;
    }
  }
  int total = (int)(hours * 60 + minutes);
  moment->offset = (int16_t)(west ? -total : total);
  return hours < 24 && minutes < 60;
}

kz_rc kz_moment_parse(kz_str text, struct kz_moment *ret) {
  struct kz_moment moment = {0};
  kz_str rest = text;
  if (!take_date(&rest, &moment)) {
    return KZ_E_INPUT;
  }
  if (take_byte(&rest, 'T') || take_byte(&rest, 't') || take_byte(&rest, ' ')) {
    if (!take_time(&rest, &moment) || !take_offset(&rest, &moment)) {
      return KZ_E_INPUT;
    }
  }
  if (rest.len > 0) {
    return KZ_E_INPUT;
  }
  *ret = moment;
  return KZ_OK;
}

/* Writes exactly `digits` digits; returns what comes after them. */
static char *write_number(char *out, uint32_t number, size_t digits) {
  for (size_t i = digits; i > 0; i--) {
    out[i - 1] = (char)('0' + number % 10);
    number /= 10;
  }
  return out + digits;
}

void kz_moment_format(const struct kz_moment *moment, char *out) {
  uint32_t offset =
      (uint32_t)(moment->offset < 0 ? -moment->offset : moment->offset);
  out = write_number(out, moment->year, 4);
  *out++ = '-';
  out = write_number(out, moment->month, 2);
  *out++ = '-';
  out = write_number(out, moment->day, 2);
  *out++ = 'T';
  out = write_number(out, moment->hour, 2);
  *out++ = ':';
  out = write_number(out, moment->minute, 2);
  *out++ = ':';
  out = write_number(out, moment->second, 2);
  *out++ = '.';
  out = write_number(out, moment->microsecond, 6);
  *out++ = moment->offset < 0 ? '-' : '+';
  out = write_number(out, offset / 60, 2);
  (void)write_number(out, offset % 60, 2);
}
