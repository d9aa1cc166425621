/* Conditions on the event of a row: decided once an event, not once a row.
 *
 * A condition is evaluated for a whole page of the table of events, column by
 * column; several of them (the children of an AND) together. */
#ifndef KZ_STORE_LEAF_EVENT_H
#define KZ_STORE_LEAF_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/cond.h"
#include "store/leaf_scene.h"

/* Whether it is a condition on the event alone that is decided here. */
bool kz_leaf_is_of_event(const struct kz_cond *cond);

/* Sets the rows of the events that match `cond` (TAG: by the event's tags). */
void kz_leaf_fill_events(const struct kz_leaf *leaf, const struct kz_cond *cond,
                         uint64_t *bits);

/* Clears the rows of the events that do not match each of `conds`. */
void kz_leaf_keep_events(const struct kz_leaf *leaf,
                         const struct kz_cond *const *conds, size_t count,
                         uint64_t *bits);

/* Whole seconds that lie in a condition's range of microseconds; false when
 * there are none. */
bool kz_leaf_seconds(const struct kz_cond *cond, uint32_t *ret_from,
                     uint32_t *ret_to);

#endif
