#include "store/postings.h"

#include "store/bitset.h"
#include "store/sight.h"
#include "store/slice_walk.h"

static void enter_event(const struct kz_postings *p,
                        struct kz_postings_cursor *c, uint32_t row) {
  c->here.slice = kz_slice_gallop(c->segment, c->here.slice, row);
  uint64_t event = c->segment->slice_event[c->here.slice];
  const struct kz_event_page *page = kz_events_page(p->view->events, event);
  c->here.event = event;
  c->seen = kz_sight_event(p->view, p->viewer, event);
  c->silent =
      !page || (page->flags[event % KZ_PAGE_EVENTS] & KZ_EVENT_SILENT) != 0;
}

/* Moves to the next place that counts; false at the end. */
static bool step(struct kz_postings *p, struct kz_postings_cursor *c) {
  const struct kz_segment *s = c->segment;
  const struct kz_dead *dead = p->view->parts[c->here.part].dead;
  while (c->at < c->end) {
    uint32_t posting = s->posting[c->at++];
    uint32_t row = posting & ~KZ_POSTING_SILENT;
    if (kz_dead_has(dead, row) ||
        kz_bitset_has(s->flags[KZ_FLAG_DELETED], row)) {
      continue;
    }
    if (row >= s->slice_start[c->here.slice + 1] || c->here.row == UINT32_MAX) {
      enter_event(p, c, row);
    }
    c->here.row = row;
    if (c->seen && kz_sight_row(p->view, p->viewer, s, c->here.event, row)) {
      c->here.attribute = kz_segment_attribute(s, c->here.slice, row);
      c->here.silent = c->silent || (posting & KZ_POSTING_SILENT) != 0;
      return true;
    }
  }
  return false;
}

kz_rc kz_postings_init(struct kz_postings *p, const struct kz_view *view,
                       const struct kz_viewer *viewer,
                       const struct kz_value_key *key) {
  p->view = view;
  p->viewer = viewer;
  p->count = 0;
  for (size_t i = 0; i < view->part_count; i++) {
    const struct kz_segment *s = view->parts[i].segment;
    uint32_t value = 0;
    if (kz_segment_value_in(s, key->value_class, key->folded, key->hash,
                            &value) != KZ_OK) {
      continue;
    }
    if (p->count == KZ_POSTINGS_PARTS) {
      return KZ_E_LIMIT;
    }
    struct kz_postings_cursor *c = &p->cursors[p->count];
    *c = (struct kz_postings_cursor){
        .segment = s,
        .at = s->value_post_at[value],
        .end = s->value_post_at[value + 1],
        .here = {.part = (uint32_t)i, .row = UINT32_MAX},
    };
    p->count += step(p, c);
  }
  return p->count > 0 ? KZ_OK : KZ_NOT_FOUND;
}

static bool comes_before(const struct kz_posting *a,
                         const struct kz_posting *b) {
  return a->event != b->event ? a->event < b->event
                              : a->attribute < b->attribute;
}

kz_rc kz_postings_next(struct kz_postings *p, struct kz_posting *ret_posting) {
  if (p->count == 0) {
    return KZ_END;
  }
  size_t least = 0;
  for (size_t i = 1; i < p->count; i++) {
    if (comes_before(&p->cursors[i].here, &p->cursors[least].here)) {
      least = i;
    }
  }
  *ret_posting = p->cursors[least].here;
  if (!step(p, &p->cursors[least])) {
    p->cursors[least] = p->cursors[--p->count];
  }
  return KZ_OK;
}
