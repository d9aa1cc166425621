/* The leaves of a question: one condition over one segment to a bitset.
 *
 * Used by query.c. A leaf sets the bits of all rows that match, dead and
 * invisible ones included; query.c takes those away once at the end. Bits that
 * are set already stay, so the children of an OR share one bitset. */
#ifndef KZ_STORE_LEAF_H
#define KZ_STORE_LEAF_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/cond.h"
#include "store/leaf_scene.h"

/* Frees what was kept. */
void kz_leaf_done(struct kz_leaf *leaf);

/* Sets the bits of `cond` (not AND, OR, NOT) in `bits`, which has
 * segment->words words. KZ_E_INPUT with words when it is malformed. */
KZ_MUST_USE kz_rc kz_leaf_fill(struct kz_leaf *leaf, const struct kz_cond *cond,
                               uint64_t *bits, struct kz_err *err);

/* Clears the bits of rows that do not match a condition on tags (KZ_COND_TAG,
 * KZ_COND_TAG_OWN), looking at each row whose bit is set: for few rows quicker
 * than finding all that match. */
void kz_leaf_keep_tagged(const struct kz_leaf *leaf, const struct kz_cond *cond,
                         uint64_t *bits);

#endif
