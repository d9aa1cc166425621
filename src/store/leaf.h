/* The leaves of a question: one condition over one segment to a bitset.
 *
 * Used by query.c. A leaf sets bits for all rows that match, dead and
 * invisible ones included; query.c takes those away once at the end. */
#ifndef KZ_STORE_LEAF_H
#define KZ_STORE_LEAF_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/query.h"

/* What a leaf may look at. */
struct kz_leaf {
  const struct kz_view *view;
  const struct kz_segment *segment;
  struct kz_dict *dict;
};

/* Sets the bits of `cond` (not AND, OR, NOT) in `bits`, which is all 0 and has
 * segment->words words. KZ_E_INPUT with words when it is malformed. */
KZ_MUST_USE kz_rc kz_leaf_fill(const struct kz_leaf *leaf,
                               const struct kz_cond *cond, uint64_t *bits,
                               struct kz_err *err);

/* Sets the bits [from, to). */
void kz_leaf_set_range(uint64_t *bits, uint32_t from, uint32_t to);

/* Sets the rows where a value (by number) stands. */
void kz_leaf_set_value(const struct kz_segment *segment, uint32_t value,
                       uint64_t *bits);

/* The range [*ret_from, *ret_to) of the order of names that lies at or below
 * a (folded) name. */
void kz_leaf_names_under(const struct kz_segment *segment, kz_str name,
                         size_t *ret_from, size_t *ret_to);

#endif
