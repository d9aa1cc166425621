#include "store/sight.h"

#include "model/event.h"
#include "store/bitset.h"
#include "store/event_filter.h"
#include "store/slice_walk.h"

static bool sees_slot(const struct kz_viewer *viewer,
                      const struct kz_event_page *page, size_t slot) {
  return kz_viewer_sees_event(viewer, page->org[slot], page->distribution[slot],
                              page->group[slot]) &&
         ((page->flags[slot] & KZ_EVENT_PUBLISHED) ||
          kz_viewer_sees_unpublished(viewer, page->org[slot]));
}

bool kz_sight_event(const struct kz_view *view, const struct kz_viewer *viewer,
                    uint64_t event) {
  const struct kz_event_page *page = kz_events_page(view->events, event);
  size_t slot = event % KZ_PAGE_EVENTS;
  return page && (page->flags[slot] & KZ_EVENT_EXISTS) &&
         (viewer->sees_all || sees_slot(viewer, page, slot) ||
          kz_viewer_is_shown(viewer, event));
}

static bool sees_limited(const struct kz_view *view,
                         const struct kz_viewer *viewer, uint64_t event,
                         const struct kz_limited_row *limited) {
  const struct kz_event_page *page = kz_events_page(view->events, event);
  uint32_t owner = page ? page->org[event % KZ_PAGE_EVENTS] : 0;
  return kz_viewer_sees_child(viewer, owner, (uint8_t)limited->distribution,
                              limited->group) &&
         kz_viewer_sees_child(viewer, owner,
                              (uint8_t)limited->object_distribution,
                              limited->object_group);
}

/* The first limited row whose ordinal is >= `row`. */
static size_t limited_from(const struct kz_segment *segment, uint32_t row) {
  size_t low = 0;
  size_t high = segment->limited_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (segment->limited[middle].row < row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool kz_sight_row(const struct kz_view *view, const struct kz_viewer *viewer,
                  const struct kz_segment *segment, uint64_t event,
                  uint32_t row) {
  if (viewer->sees_all ||
      !kz_bitset_has(segment->flags[KZ_FLAG_LIMITED], row)) {
    return true;
  }
  size_t at = limited_from(segment, row);
  return at < segment->limited_count && segment->limited[at].row == row &&
         sees_limited(view, viewer, event, &segment->limited[at]);
}

bool kz_sight_attribute(const struct kz_view *view,
                        const struct kz_viewer *viewer, uint64_t event,
                        uint64_t attribute) {
  struct kz_place place;
  if (!kz_sight_event(view, viewer, event) ||
      kz_view_row(view, event, attribute, &place) != KZ_OK) {
    return false;
  }
  const struct kz_segment *s = view->parts[place.part].segment;
  const struct kz_event_page *page = kz_events_page(view->events, event);
  bool deleted = kz_bitset_has(s->flags[KZ_FLAG_DELETED], place.row);
  return kz_sight_row(view, viewer, s, event, place.row) &&
         (!deleted ||
          kz_viewer_sees_deleted(viewer, page->org[event % KZ_PAGE_EVENTS]));
}

static uint64_t hidden_in(const struct kz_view *view,
                          const struct kz_viewer *viewer,
                          const struct kz_part *part, uint64_t event,
                          uint32_t slice) {
  const struct kz_segment *s = part->segment;
  uint32_t end = s->slice_start[slice + 1];
  uint64_t hidden = 0;
  for (size_t i = limited_from(s, s->slice_start[slice]);
       i < s->limited_count && s->limited[i].row < end; i++) {
    uint32_t row = s->limited[i].row;
    hidden += !kz_dead_has(part->dead, row) &&
              !kz_bitset_has(s->flags[KZ_FLAG_DELETED], row) &&
              !sees_limited(view, viewer, event, &s->limited[i]);
  }
  return hidden;
}

uint64_t kz_sight_hidden(const struct kz_view *view,
                         const struct kz_viewer *viewer, uint64_t event) {
  uint64_t hidden = 0;
  for (size_t p = 0; !viewer->sees_all && p < view->part_count; p++) {
    const struct kz_segment *s = view->parts[p].segment;
    if (s->limited_count == 0) {
      continue;
    }
    for (uint32_t i = kz_segment_slice_at(s, event);
         i < s->slices && s->slice_event[i] == event; i++) {
      hidden += hidden_in(view, viewer, &view->parts[p], event, i);
    }
  }
  return hidden;
}

static bool has_event_of(const struct kz_events *events, uint64_t group) {
  for (size_t p = 0; p < events->page_count; p++) {
    const struct kz_event_page *page = events->pages[p];
    for (size_t i = 0; page && i < KZ_PAGE_EVENTS; i++) {
      if ((page->flags[i] & KZ_EVENT_EXISTS) &&
          page->distribution[i] == KZ_DIST_GROUP && page->group[i] == group) {
        return true;
      }
    }
  }
  return false;
}

bool kz_sight_uses_group(const struct kz_view *view, uint64_t group) {
  for (size_t p = 0; p < view->part_count; p++) {
    const struct kz_segment *s = view->parts[p].segment;
    for (size_t i = 0; i < s->limited_count; i++) {
      const struct kz_limited_row *l = &s->limited[i];
      bool is_of =
          (l->distribution == KZ_DIST_GROUP && l->group == group) ||
          (l->object_distribution == KZ_DIST_GROUP && l->object_group == group);
      if (is_of && !kz_dead_has(view->parts[p].dead, l->row)) {
        return true;
      }
    }
  }
  return has_event_of(view->events, group);
}

/* Clears those bits of from..to that are set in `what`. */
static void clear_those(uint64_t *bits, const uint64_t *what, uint32_t from,
                        uint32_t to) {
  for (uint32_t word = from / 64; word * 64 < to; word++) {
    uint64_t mask = what[word];
    if (word == from / 64) {
      mask &= UINT64_MAX << (from % 64);
    }
    if (word == to / 64) {
      mask &= ~(UINT64_MAX << (to % 64));
    }
    bits[word] &= ~mask;
  }
}

void kz_sight_clear_deleted(const struct kz_view *view,
                            const struct kz_viewer *viewer,
                            const struct kz_segment *segment, uint64_t *bits) {
  for (uint32_t i = 0; !viewer->sees_all && i < segment->slices; i++) {
    uint64_t event = segment->slice_event[i];
    const struct kz_event_page *page = kz_events_page(view->events, event);
    uint32_t owner = page ? page->org[event % KZ_PAGE_EVENTS] : 0;
    if (!kz_viewer_sees_deleted(viewer, owner)) {
      clear_those(bits, segment->flags[KZ_FLAG_DELETED],
                  segment->slice_start[i], segment->slice_start[i + 1]);
    }
  }
}

struct looking {
  const struct kz_viewer *viewer;
  const struct kz_events *events;
};

/* Adds those of the page that are shown to the viewer one by one. */
static void add_shown(const struct looking *l, const struct kz_event_page *page,
                      uint64_t seen[KZ_PAGE_WORDS]) {
  for (size_t i = 0; i < l->viewer->event_count; i++) {
    uint64_t event = l->viewer->events[i];
    if (kz_events_page(l->events, event) == page) {
      size_t slot = event % KZ_PAGE_EVENTS;
      seen[slot / 64] |= UINT64_C(1) << (slot % 64);
    }
  }
}

/* Whether events are seen, a byte of 0 or 1 each, as if those of sharing groups
 * were not: without branches, so that it is done for many at once. */
static void judge_page(const struct kz_viewer *viewer,
                       const struct kz_event_page *page,
                       uint8_t seen[KZ_PAGE_EVENTS]) {
  uint8_t unpublished = !viewer->published_only;
  uint8_t is_member = viewer->org != 0;
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i++) {
    uint8_t owns = (uint8_t)((page->org[i] == viewer->org) & is_member);
    uint8_t is_for_all = (uint8_t)(page->distribution[i] - KZ_DIST_COMMUNITY) <=
                         KZ_DIST_ALL - KZ_DIST_COMMUNITY;
    uint8_t may =
        (uint8_t)(((page->flags[i] & KZ_EVENT_PUBLISHED) != 0) | unpublished);
    seen[i] = (uint8_t)(owns | (is_for_all & may));
  }
}

/* The events of a page that are seen. */
static void see_page(const void *ctx, const struct kz_event_page *page,
                     struct kz_page_bits *ret) {
  const struct looking *l = ctx;
  uint8_t judged[KZ_PAGE_EVENTS];
  struct kz_page_bits seen = {{0}};
  kz_event_filter_flag(page->flags, KZ_EVENT_EXISTS, ret);
  if (l->viewer->sees_all) {
    return;
  }
  judge_page(l->viewer, page, judged);
  for (size_t i = 0; l->viewer->group_count > 0 && i < KZ_PAGE_EVENTS; i++) {
    if (page->distribution[i] == KZ_DIST_GROUP) {
      judged[i] = sees_slot(l->viewer, page, i);
    }
  }
  kz_event_filter_flag(judged, 1, &seen);
  add_shown(l, page, seen.words);
  for (size_t w = 0; w < KZ_PAGE_WORDS; w++) {
    ret->words[w] &= seen.words[w];
  }
}

/* Whether a limited row is seen by who does not own its event. Rules repeat, so
 * the last one is kept. */
struct judged_rule {
  struct kz_limited_row rule;
  bool is_known;
  bool passes;
};

static bool passes_rule(struct judged_rule *last,
                        const struct kz_viewer *viewer,
                        const struct kz_limited_row *limited) {
  const struct kz_limited_row *rule = &last->rule;
  if (!last->is_known || rule->distribution != limited->distribution ||
      rule->group != limited->group ||
      rule->object_distribution != limited->object_distribution ||
      rule->object_group != limited->object_group) {
    last->rule = *limited;
    last->is_known = true;
    last->passes =
        kz_viewer_sees_child(viewer, 0, (uint8_t)limited->distribution,
                             limited->group) &&
        kz_viewer_sees_child(viewer, 0, (uint8_t)limited->object_distribution,
                             limited->object_group);
  }
  return last->passes;
}

static void clear_limited(const struct kz_view *view,
                          const struct kz_viewer *viewer,
                          const struct kz_segment *s, uint64_t *bits) {
  struct judged_rule last = {.is_known = false};
  uint32_t slice = 0;
  for (size_t i = 0; i < s->limited_count; i++) {
    const struct kz_limited_row *limited = &s->limited[i];
    if (!kz_bitset_has(bits, limited->row) ||
        passes_rule(&last, viewer, limited)) {
      continue;
    }
    slice = kz_slice_gallop(s, slice, limited->row);
    if (!sees_limited(view, viewer, s->slice_event[slice], limited)) {
      kz_bitset_clear_range(bits, limited->row, limited->row + 1);
    }
  }
}

void kz_sight_clear(const struct kz_view *view, const struct kz_viewer *viewer,
                    const struct kz_segment *segment, uint64_t *bits) {
  const struct looking looking = {.viewer = viewer, .events = view->events};
  kz_event_filter_keep(segment, view->events, see_page, &looking, bits);
  if (!viewer->sees_all) {
    clear_limited(view, viewer, segment, bits);
  }
}
