/* A point in time as the type datetime has it: the sender's own clock and
 * offset, which base/clock.h would turn into UTC.
 *
 * Pure functions, any thread. */
#ifndef KZ_MODEL_MOMENT_H
#define KZ_MODEL_MOMENT_H

#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

struct kz_moment {
  uint16_t year; /* 1 .. 9999 */
  uint8_t month;
  uint8_t day;
  uint8_t hour;
  uint8_t minute;
  uint8_t second;
  uint32_t microsecond;
  int16_t offset; /* minutes east of UTC */
};

/* Reads ISO 8601: a date (2020-01-31, 2020/01/31, 20200131), alone or followed
 * by 'T' or a space and a time (09:08, 09:08:07, 09:08:07.123456, 090807), then
 * an offset (Z, UTC, GMT, +02:00, +0200, +02; UTC when absent). Digits after
 * the microseconds are dropped. KZ_E_INPUT otherwise and for dates that do not
 * exist. */
KZ_MUST_USE kz_rc kz_moment_parse(kz_str text, struct kz_moment *ret);

/* Writes 2020-01-31T09:08:07.123456+0000 without a NUL; `out` needs
 * KZ_MOMENT_TEXT bytes, which are all written. */
enum { KZ_MOMENT_TEXT = 31 };
void kz_moment_format(const struct kz_moment *moment, char *out);

#endif
