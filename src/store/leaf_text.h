/* Leaves that scan the texts of the values: prefix, suffix, substring, regular
 * expression.
 *
 * The texts of a class lie packed one behind another, so a scan runs over
 * them at memory speed (store/value_scan.h) and only hits are looked at one by
 * one. Large segments are shared among a few threads. */
#ifndef KZ_STORE_LEAF_TEXT_H
#define KZ_STORE_LEAF_TEXT_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/cond.h"
#include "store/leaf_scene.h"

/* Sets the rows of all values that match. */
KZ_MUST_USE kz_rc kz_leaf_text(struct kz_leaf *leaf, const struct kz_cond *cond,
                               uint64_t *bits, struct kz_err *err);

#endif
