/* A delta: what one commit changes in the index.
 *
 * The writer collects it while it changes records; rebuilding collects it from
 * records that are there. It owns its arrays and an arena for their texts; one
 * thread. */
#ifndef KZ_STORE_DELTA_H
#define KZ_STORE_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/events.h"
#include "store/segment_build.h"

/* A row that no longer counts; attribute 0: all rows of the event. */
struct kz_kill {
  uint64_t event;
  uint64_t attribute;
};

struct kz_delta {
  uint64_t generation; /* of the store after the commit */
  bool bulk;           /* the new rows go straight to a file */
  struct kz_arena *arena;
  struct kz_kill *kills;
  size_t kill_count;
  size_t kill_room;
  struct kz_row *rows;
  size_t row_count;
  size_t row_room;
  struct kz_row_other *others;
  size_t other_count;
  size_t other_room;
  struct kz_event_entry *entries;
  size_t entry_count;
  size_t entry_room;
};

/* An empty delta whose texts may take `ceiling` bytes. */
KZ_MUST_USE kz_rc kz_delta_init(struct kz_delta *delta, size_t ceiling);
void kz_delta_done(struct kz_delta *delta);
void kz_delta_clear(struct kz_delta *delta);

/* Each returns KZ_E_MEMORY when there is no room. Texts and tags must live in
 * the delta's arena or longer than it. */
KZ_MUST_USE kz_rc kz_delta_kill(struct kz_delta *delta, uint64_t event,
                                uint64_t attribute);
KZ_MUST_USE kz_rc kz_delta_row(struct kz_delta *delta,
                               const struct kz_row *row);
KZ_MUST_USE kz_rc kz_delta_other(struct kz_delta *delta,
                                 const struct kz_uuid *uuid, uint64_t event,
                                 uint64_t id, enum kz_thing thing);
KZ_MUST_USE kz_rc kz_delta_other_hash(struct kz_delta *delta,
                                      const struct kz_row_other *other);
KZ_MUST_USE kz_rc kz_delta_entry(struct kz_delta *delta,
                                 const struct kz_event_entry *entry);

/* An attribute becomes a row, an event's header an entry (copied whole). */
KZ_MUST_USE kz_rc kz_delta_attribute(struct kz_delta *delta,
                                     const struct kz_attribute *attribute,
                                     uint64_t event, bool with_sightings);
KZ_MUST_USE kz_rc kz_delta_event(struct kz_delta *delta,
                                 const struct kz_event *event);

/* Says that a row given before does not come to be after all. */
KZ_MUST_USE kz_rc kz_delta_withdraw(struct kz_delta *delta, uint64_t event,
                                    uint64_t attribute);

/* Sorts rows and entries into the order that the index wants, keeps the last
 * of those that were given twice and drops withdrawn rows. */
void kz_delta_order(struct kz_delta *delta);

#endif
