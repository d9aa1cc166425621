/* What a viewer sees of a view: events, and single rows in them.
 *
 * An event that is not in the table of events is seen by nobody, the machine's
 * owner included: it has been removed. A row that is not for everyone
 * (KZ_SEC_LIMITED) is seen by who sees the event and passes the row's rule and
 * that of its object.
 * Pure functions, any thread. */
#ifndef KZ_STORE_SIGHT_H
#define KZ_STORE_SIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/viewer.h"
#include "store/view.h"

bool kz_sight_event(const struct kz_view *view, const struct kz_viewer *viewer,
                    uint64_t event);

/* Whether the viewer, who sees the row's event, sees the row. */
bool kz_sight_row(const struct kz_view *view, const struct kz_viewer *viewer,
                  const struct kz_segment *segment, uint64_t event,
                  uint32_t row);

/* Whether the viewer sees an attribute of any event: the event, the attribute's
 * rule and its object's, and that it is not softly deleted by another. */
bool kz_sight_attribute(const struct kz_view *view,
                        const struct kz_viewer *viewer, uint64_t event,
                        uint64_t attribute);

/* How many live rows of an event, which the viewer sees, he does not see. */
uint64_t kz_sight_hidden(const struct kz_view *view,
                         const struct kz_viewer *viewer, uint64_t event);

/* Whether an event or a live attribute belongs to a sharing group. */
bool kz_sight_uses_group(const struct kz_view *view, uint64_t group);

/* Clears the bits of the softly deleted rows that are others' business. */
void kz_sight_clear_deleted(const struct kz_view *view,
                            const struct kz_viewer *viewer,
                            const struct kz_segment *segment, uint64_t *bits);

/* Clears the bits of all rows that the viewer does not see. */
void kz_sight_clear(const struct kz_view *view, const struct kz_viewer *viewer,
                    const struct kz_segment *segment, uint64_t *bits);

#endif
