#include "store/view.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A snapshot of the records, shared by the views of one generation. */
struct moment {
  struct kz_kv *kv;
  struct kz_kv_snapshot *snapshot;
  atomic_uint references;
};

struct owned_view {
  struct kz_view view; /* first: the public part */
  struct moment *moment;
  atomic_uint references;
};

static struct moment *take_moment(struct kz_kv *kv) {
  struct moment *moment = calloc(1, sizeof *moment);
  if (moment) {
    moment->kv = kv;
    moment->snapshot = kz_kv_snapshot_new(kv);
    atomic_init(&moment->references, 1);
  }
  return moment;
}

static void let_go(struct moment *moment) {
  if (moment && atomic_fetch_sub(&moment->references, 1) == 1) {
    kz_kv_snapshot_free(moment->kv, moment->snapshot);
    free(moment);
  }
}

/* Takes over the reference to `moment`, which may be NULL. */
static struct kz_view *make_view(uint64_t generation, struct moment *moment,
                                 struct kz_events *events,
                                 const struct kz_part *parts,
                                 size_t part_count) {
  struct owned_view *o = calloc(1, sizeof *o);
  struct kz_part *copy = calloc(part_count + 1, sizeof *copy);
  if (!o || !copy || !moment) {
    free(o);
    free(copy);
    let_go(moment);
    return NULL;
  }
  for (size_t i = 0; i < part_count; i++) {
    copy[i].segment = kz_segment_ref(parts[i].segment);
    copy[i].dead = kz_dead_ref(parts[i].dead);
  }
  atomic_init(&o->references, 1);
  o->moment = moment;
  o->view = (struct kz_view){
      .generation = generation,
      .kv = moment->kv,
      .snapshot = moment->snapshot,
      .events = kz_events_ref(events),
      .part_count = part_count,
      .parts = copy,
  };
  return &o->view;
}

struct kz_view *kz_view_new(uint64_t generation, struct kz_kv *kv,
                            struct kz_events *events,
                            const struct kz_part *parts, size_t part_count) {
  return make_view(generation, take_moment(kv), events, parts, part_count);
}

struct kz_view *kz_view_rearranged(const struct kz_view *view,
                                   const struct kz_part *parts,
                                   size_t part_count) {
  struct moment *moment = ((const struct owned_view *)view)->moment;
  atomic_fetch_add(&moment->references, 1);
  return make_view(view->generation, moment, view->events, parts, part_count);
}

struct kz_view *kz_view_ref(struct kz_view *view) {
  atomic_fetch_add(&((struct owned_view *)view)->references, 1);
  return view;
}

void kz_view_unref(struct kz_view *view) {
  struct owned_view *o = (struct owned_view *)view;
  if (!o || atomic_fetch_sub(&o->references, 1) != 1) {
    return;
  }
  for (size_t i = 0; i < view->part_count; i++) {
    kz_segment_unref(view->parts[i].segment);
    kz_dead_unref(view->parts[i].dead);
  }
  free(view->parts);
  kz_events_unref(view->events);
  let_go(o->moment);
  free(o);
}

uint64_t kz_view_rows(const struct kz_view *view) {
  uint64_t rows = 0;
  for (size_t i = 0; i < view->part_count; i++) {
    rows += view->parts[i].segment->rows;
    rows -= view->parts[i].dead ? view->parts[i].dead->count : 0;
  }
  return rows;
}

kz_rc kz_view_row(const struct kz_view *view, uint64_t event,
                  uint64_t attribute, struct kz_place *ret_place) {
  for (size_t i = view->part_count; i > 0; i--) {
    const struct kz_part *part = &view->parts[i - 1];
    uint32_t row = 0;
    if (event < part->segment->head->first_event ||
        event > part->segment->head->last_event) {
      continue;
    }
    if (kz_segment_row(part->segment, event, attribute, &row) == KZ_OK &&
        !kz_dead_has(part->dead, row)) {
      *ret_place = (struct kz_place){.part = i - 1, .row = row};
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

/* One entry of a segment's uuids; KZ_NOT_FOUND when its row is dead. */
static kz_rc visit_entry(const struct kz_part *part, uint32_t ref,
                         kz_view_uuid_visit *visit, void *ctx) {
  const struct kz_segment *s = part->segment;
  if (ref & KZ_UUID_OTHER) {
    const struct kz_other_entry *o = &s->others[ref & ~KZ_UUID_OTHER];
    return visit(ctx, (enum kz_thing)o->thing, o->event, o->id);
  }
  if (kz_dead_has(part->dead, ref)) {
    return KZ_NOT_FOUND;
  }
  uint32_t slice = kz_segment_slice_of(s, ref);
  return visit(ctx, KZ_THING_ATTRIBUTE, s->slice_event[slice],
               kz_segment_attribute(s, slice, ref));
}

static kz_rc visit_hash(const struct kz_view *view, uint64_t hash,
                        kz_view_uuid_visit *visit, void *ctx) {
  for (size_t i = view->part_count; i > 0; i--) {
    const struct kz_part *part = &view->parts[i - 1];
    size_t from = 0;
    size_t to = 0;
    kz_segment_uuids(part->segment, hash, &from, &to);
    for (size_t e = from; e < to; e++) {
      kz_rc rc = visit_entry(part, part->segment->uuid_ref[e], visit, ctx);
      if (rc != KZ_NOT_FOUND) {
        return rc;
      }
    }
  }
  return KZ_NOT_FOUND;
}

kz_rc kz_view_uuid(const struct kz_view *view, const struct kz_uuid *uuid,
                   kz_view_uuid_visit *visit, void *ctx) {
  return visit_hash(view, kz_uuid_hash(uuid), visit, ctx);
}

static kz_rc say_found(void *ctx, enum kz_thing thing, uint64_t event,
                       uint64_t id) {
  (void)ctx;
  (void)thing;
  (void)event;
  (void)id;
  return KZ_OK;
}

bool kz_view_may_have_uuid(const struct kz_view *view, uint64_t uuid_hash) {
  return visit_hash(view, uuid_hash, say_found, NULL) == KZ_OK;
}
