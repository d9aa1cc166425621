/* Leaves that scan the texts of the values: prefix, suffix, substring, regular
 * expression.
 *
 * The texts of a class lie packed one behind another, so a scan runs over
 * them at memory speed (store/value_scan.h) and only hits are looked at one by
 * one. */
#ifndef KZ_STORE_LEAF_TEXT_H
#define KZ_STORE_LEAF_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/query.h"

enum { KZ_LEAF_TEXT = 8192 /* bytes of a text in a condition */ };

/* Sets the rows of all values that match. */
KZ_MUST_USE kz_rc kz_leaf_text(const struct kz_segment *segment,
                               const struct kz_cond *cond, uint64_t *bits,
                               struct kz_err *err);

/* Whether `text` contains `needle`, A-Z equal to a-z. */
bool kz_leaf_contains(kz_str text, kz_str needle);

#endif
