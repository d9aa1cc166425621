/* Times and dates without locale or time zone data.
 *
 * A time is int64_t microseconds since 1970-01-01T00:00:00Z, a date int32_t
 * days since then, both in the proleptic Gregorian calendar, years 0001 to
 * 9999. Parsers take the whole text or nothing (KZ_E_INPUT, output untouched)
 * and cannot overflow. Pure functions, but for the two that read a clock. */
#ifndef KZ_BASE_CLOCK_H
#define KZ_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

#define KZ_SECOND_US INT64_C(1000000)
#define KZ_MINUTE_US (60 * KZ_SECOND_US)
#define KZ_HOUR_US (60 * KZ_MINUTE_US)
#define KZ_DAY_US (24 * KZ_HOUR_US)

/* 0001-01-01 and 9999-12-31 as days, and the first and last microsecond. */
enum { KZ_DAYS_MIN = -719162, KZ_DAYS_MAX = 2932896 };
#define KZ_TIME_MIN_US (KZ_DAYS_MIN * KZ_DAY_US)
#define KZ_TIME_MAX_US ((KZ_DAYS_MAX + 1) * KZ_DAY_US - 1)

enum {
  KZ_DATE_TEXT = 11, /* bytes: YYYY-MM-DD and the NUL */
  KZ_TIME_TEXT = 33, /* bytes: the longest form below and the NUL */
};

struct kz_date {
  int32_t year;   /* 1..9999 */
  uint32_t month; /* 1..12 */
  uint32_t day;   /* 1..31 */
};

/* The wall clock; it may jump. */
int64_t kz_clock_now_us(void);
/* A clock that only goes forward, from an unknown start. */
int64_t kz_clock_monotonic_us(void);

/* Days of a date that exists; KZ_E_INPUT for February 30th and its like. */
KZ_MUST_USE kz_rc kz_clock_days(struct kz_date date, int32_t *ret_days);
/* The date of a day within KZ_DAYS_MIN..KZ_DAYS_MAX (others are clamped). */
struct kz_date kz_clock_date(int32_t days);
/* The day a time within KZ_TIME_MIN_US..KZ_TIME_MAX_US falls on (others are
 * clamped). */
int32_t kz_clock_day_of(int64_t us);

/* "2020-01-04". */
KZ_MUST_USE kz_rc kz_clock_parse_date(kz_str text, int32_t *ret_days);

/* ISO 8601: a date, then optionally 'T' or a space, hours and minutes,
 * seconds (60 is taken as the next minute's start), a fraction after '.' or
 * ',' (digits past the sixth are dropped), and 'Z', +hh:mm, +hhmm or +hh.
 * Without a zone it is UTC, without a time midnight. */
KZ_MUST_USE kz_rc kz_clock_parse_time(kz_str text, int64_t *ret_us);

/* Seconds since the epoch, with an optional '-' and fraction: "1577836800",
 * "1577836800.25". */
KZ_MUST_USE kz_rc kz_clock_parse_epoch(kz_str text, int64_t *ret_us);

/* A span: "5d", "12h", "30m" or "10s" (weeks "2w"); never negative. */
KZ_MUST_USE kz_rc kz_clock_parse_span(kz_str text, int64_t *ret_us);

/* Any of the above as a person or a client writes it; a span counts back from
 * `now_us`, digits alone are epoch seconds. */
KZ_MUST_USE kz_rc kz_clock_parse_when(kz_str text, int64_t now_us,
                                      int64_t *ret_us);

/* Writes text and a NUL; returns the text in `out`. A day or time outside of
 * the calendar is clamped to its end. */
kz_str kz_clock_format_date(int32_t days, char out[KZ_DATE_TEXT]);
/* "2020-01-04T04:30:34.323242+00:00": always six digits, as MISP does. */
kz_str kz_clock_format_time(int64_t us, char out[KZ_TIME_TEXT]);
/* "2020-01-04T04:30:34Z": the fraction is dropped (towards the past). */
kz_str kz_clock_format_seconds(int64_t us, char out[KZ_TIME_TEXT]);
/* "2020-01-04 04:30:34", as SQL and MISP's lists have it: UTC, no fraction. */
kz_str kz_clock_format_sql(int64_t us, char out[KZ_TIME_TEXT]);

#endif
