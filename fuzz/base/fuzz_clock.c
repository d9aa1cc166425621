/* Whatever is accepted as a time lies in the calendar and survives being
 * written and read again. */
#include "target.h"

#include <stdlib.h>

#include "base/clock.h"

static void check_time(int64_t us) {
  char text[KZ_TIME_TEXT];
  int64_t back = 0;
  if (us < KZ_TIME_MIN_US || us > KZ_TIME_MAX_US ||
      kz_clock_parse_time(kz_clock_format_time(us, text), &back) != KZ_OK ||
      back != us) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  int64_t us = 0;
  int32_t days = 0;
  if (kz_clock_parse_when(text, KZ_DAY_US, &us) == KZ_OK) {
    check_time(us);
  }
  if (kz_clock_parse_time(text, &us) == KZ_OK) {
    check_time(us);
  }
  if (kz_clock_parse_span(text, &us) == KZ_OK && us < 0) {
    abort();
  }
  char date[KZ_DATE_TEXT];
  if (kz_clock_parse_date(text, &days) == KZ_OK &&
      !kz_str_eq(kz_clock_format_date(days, date), text)) {
    abort();
  }
  return 0;
}
