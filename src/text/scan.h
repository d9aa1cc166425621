/* Plain text -> the values in it, from left to right. */
#ifndef KZ_TEXT_SCAN_H
#define KZ_TEXT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rc.h"
#include "text/hit.h"
#include "text/plain.h"

/* Where hits go; the first failure ends the scan. */
struct kz_hit_sink {
  kz_rc (*put)(void *ctx, const struct kz_plain *plain,
               const struct kz_hit *hit);
  void *ctx;
};

/* Finds the values between start and end, which the plain text is cut at
 * lines or blanks. `whole_line` says that each line is meant to be one value:
 * paths and keys then reach to its end. `scratch` is the caller's to keep from
 * one scan to the next; what is in it does not matter. Time is linear in the
 * length. */
KZ_MUST_USE kz_rc kz_scan(struct kz_plain *plain, size_t start, size_t end,
                          bool whole_line, struct kz_hit *scratch,
                          const struct kz_hit_sink *sink);

#endif
