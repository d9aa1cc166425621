/* A view: all that the index knows at one generation.
 *
 * Segments with their dead bits, the table of events and a snapshot of the
 * records, taken together by the writer after a commit: a reader sees a batch
 * whole or not at all. A view is immutable and shared by reference count; hold
 * it for one request. */
#ifndef KZ_STORE_VIEW_H
#define KZ_STORE_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/uuid.h"
#include "store/dead.h"
#include "store/events.h"
#include "store/kv.h"
#include "store/segment.h"

/* One segment of a view. */
struct kz_part {
  struct kz_segment *segment;
  struct kz_dead *dead; /* NULL: none */
};

struct kz_view {
  uint64_t generation;
  struct kz_kv *kv;
  struct kz_kv_snapshot *snapshot;
  struct kz_events *events;
  size_t part_count;
  struct kz_part *parts; /* oldest first */
};

/* Makes a view of the newest records, so only when no commit can come between
 * them and what the parts show; the rest is copied by reference. NULL when out
 * of memory. */
struct kz_view *kz_view_new(uint64_t generation, struct kz_kv *kv,
                            struct kz_events *events,
                            const struct kz_part *parts, size_t part_count);
/* The same moment and events in other parts, which say the same. NULL when out
 * of memory. */
struct kz_view *kz_view_rearranged(const struct kz_view *view,
                                   const struct kz_part *parts,
                                   size_t part_count);
struct kz_view *kz_view_ref(struct kz_view *view);
void kz_view_unref(struct kz_view *view);

/* Rows that count, over all segments. */
uint64_t kz_view_rows(const struct kz_view *view);

/* Where an attribute's row stands now; KZ_NOT_FOUND. */
struct kz_place {
  size_t part;
  uint32_t row;
};
KZ_MUST_USE kz_rc kz_view_row(const struct kz_view *view, uint64_t event,
                              uint64_t attribute, struct kz_place *ret_place);

/* What a uuid belongs to. */
struct kz_found {
  enum kz_thing thing;
  uint64_t event;
  uint64_t id;
};

/* Candidates for a uuid: calls `visit` for each live entry with the uuid's
 * hash until it returns something other than KZ_NOT_FOUND, and returns that.
 * The visitor compares the uuid in the record (hashes may collide). */
typedef kz_rc kz_view_uuid_visit(void *ctx, enum kz_thing thing, uint64_t event,
                                 uint64_t id);
KZ_MUST_USE kz_rc kz_view_uuid(const struct kz_view *view,
                               const struct kz_uuid *uuid,
                               kz_view_uuid_visit *visit, void *ctx);

/* Whether any live entry has the uuid's hash: false means certainly not. */
bool kz_view_may_have_uuid(const struct kz_view *view, uint64_t uuid_hash);

#endif
