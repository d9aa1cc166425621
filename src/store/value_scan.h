/* Finds a short text in much text, at the speed of memory.
 *
 * The first and the last byte of the needle are compared at many places at
 * once, and what passes is compared whole. In raw digests half bytes count, so
 * the first and the last byte may be compared in part. Texts are compared as
 * they are: fold before. Pure functions, any thread. */
#ifndef KZ_STORE_VALUE_SCAN_H
#define KZ_STORE_VALUE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { KZ_NEEDLE_MAX = 8192 /* bytes */ };

struct kz_needle {
  size_t len; /* at least 1 */
  unsigned char first_mask;
  unsigned char last_mask;
  unsigned char bytes[KZ_NEEDLE_MAX]; /* the first and last are masked */
};

/* The needle for a text. False when it is empty or too long. */
bool kz_needle_of_text(struct kz_needle *ret_needle, kz_str text);

/* The needle for digits among raw bytes: the first digit is the high half of a
 * byte, or the low one when `from_low`. False when `digits` is empty, too long
 * or has anything but 0-9 and a-f. */
bool kz_needle_of_digits(struct kz_needle *ret_needle, kz_str digits,
                         bool from_low);

/* Whether the needle stands at the start of `text`. */
bool kz_needle_fits(const struct kz_needle *needle, kz_str text);

/* Where the needle first stands at or after `from`; SIZE_MAX: nowhere. */
typedef size_t kz_scan_find(const struct kz_needle *needle, kz_str text,
                            size_t from);

/* One way to find; all give the same. */
struct kz_scan_way {
  const char *name;
  kz_scan_find *find;
};

/* The ways this machine can go, the best first; the last is plain. */
const struct kz_scan_way *kz_scan_ways(size_t *ret_count);
/* The best. */
kz_scan_find *kz_scan_best(void);

#endif
