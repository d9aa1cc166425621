/* Segments may hold rows of the same events, so hits are merged by (event,
 * attribute). Mostly they do not interleave: the merge reads on from one
 * segment as long as its hits come before the next of any other. An offset is
 * found by halving the range of events and counting bits, which touches each
 * word about once. */
#include <stdlib.h>

#include "store/answer_time.h"
#include "store/bitset.h"
#include "store/query.h"
#include "store/slice_walk.h"

/* A place among the hits of one part. */
struct kz_cursor {
  const struct kz_segment *segment;
  const uint64_t *bits; /* NULL: none */
  uint32_t part;
  uint32_t slice;
  uint32_t row;
  bool over;
  uint64_t event;
  uint64_t attribute;
};

/* Moves to the first hit at or after `row`, which is not before the place. */
static void move_to(struct kz_cursor *c, uint32_t row) {
  const struct kz_segment *s = c->segment;
  c->row = c->bits ? kz_bitset_next(c->bits, row, s->rows) : s->rows;
  c->over = c->row >= s->rows;
  if (!c->over) {
    if (c->row >= s->slice_start[c->slice + 1]) {
      c->slice = kz_slice_gallop(s, c->slice, c->row);
    }
    c->event = s->slice_event[c->slice];
    c->attribute = kz_segment_attribute(s, c->slice, c->row);
  }
}

static bool comes_before(const struct kz_cursor *a, const struct kz_cursor *b) {
  if (a->over || b->over) {
    return !a->over;
  }
  return a->event != b->event ? a->event < b->event
                              : a->attribute < b->attribute;
}

/* Finds the part whose hit is next, and the one whose hit comes after. */
static void choose(struct kz_answer_walk *walk) {
  size_t count = walk->answer->view->part_count;
  walk->current = NULL;
  walk->rival = NULL;
  for (size_t i = 0; i < count; i++) {
    struct kz_cursor *c = &walk->cursors[i];
    if (c->over) {
      continue;
    }
    if (!walk->current || comes_before(c, walk->current)) {
      walk->rival = walk->current;
      walk->current = c;
    } else if (!walk->rival || comes_before(c, walk->rival)) {
      walk->rival = c;
    }
  }
}

kz_rc kz_answer_walk_init(struct kz_answer_walk *walk,
                          const struct kz_answer *answer) {
  size_t count = answer->view->part_count;
  struct kz_cursor *cursors = calloc(count + 1, sizeof *cursors);
  if (!cursors) {
    return KZ_E_MEMORY;
  }
  *walk = (struct kz_answer_walk){.answer = answer, .cursors = cursors};
  for (size_t i = 0; i < count; i++) {
    cursors[i] = (struct kz_cursor){
        .segment = answer->view->parts[i].segment,
        .bits = answer->bits[i],
        .part = (uint32_t)i,
    };
    move_to(&cursors[i], 0);
  }
  choose(walk);
  return KZ_OK;
}

void kz_answer_walk_done(struct kz_answer_walk *walk) {
  free(walk->cursors);
  *walk = (struct kz_answer_walk){.cursors = NULL};
}

kz_rc kz_answer_walk_next(struct kz_answer_walk *walk, struct kz_hit *ret_hit) {
  struct kz_cursor *c = walk->current;
  if (!c) {
    return KZ_END;
  }
  *ret_hit = (struct kz_hit){.event = c->event,
                             .attribute = c->attribute,
                             .part = c->part,
                             .row = c->row};
  move_to(c, c->row + 1);
  if (c->over || (walk->rival && !comes_before(c, walk->rival))) {
    choose(walk);
  }
  return KZ_OK;
}

/* The first row of an event at or after `event`. */
static uint32_t row_of_event(const struct kz_segment *s, uint64_t event) {
  return s->slice_start[kz_segment_slice_at(s, event)];
}

/* Hits of events in [from, to). */
static uint64_t count_events(const struct kz_answer *answer, uint64_t from,
                             uint64_t to) {
  uint64_t count = 0;
  for (size_t i = 0; i < answer->view->part_count; i++) {
    const struct kz_segment *s = answer->view->parts[i].segment;
    if (answer->bits[i]) {
      count += kz_bitset_count_range(answer->bits[i], row_of_event(s, from),
                                     row_of_event(s, to));
    }
  }
  return count;
}

/* Moves a new walk past `offset` hits: to the last event with no more than so
 * many before it, then hit by hit. */
static void pass_over(struct kz_answer_walk *walk, uint64_t offset) {
  const struct kz_answer *answer = walk->answer;
  uint64_t low = 0;
  uint64_t high = kz_events_end(answer->view->events);
  uint64_t passed = 0;
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    uint64_t more = count_events(answer, low, middle);
    if (passed + more <= offset) {
      passed += more;
      low = middle;
    } else {
      high = middle;
    }
  }
  for (size_t i = 0; i < answer->view->part_count; i++) {
    struct kz_cursor *c = &walk->cursors[i];
    if (!c->over) {
      move_to(c, row_of_event(c->segment, low));
    }
  }
  choose(walk);
  struct kz_hit hit;
  while (passed < offset && kz_answer_walk_next(walk, &hit) == KZ_OK) {
    passed++;
  }
}

static kz_rc page_by_id(const struct kz_answer *answer, uint64_t offset,
                        size_t limit, struct kz_hit *hits, size_t *ret_count) {
  struct kz_answer_walk walk;
  size_t count = 0;
  kz_rc rc = kz_answer_walk_init(&walk, answer);
  if (rc != KZ_OK) {
    return rc;
  }
  if (offset > 0) {
    pass_over(&walk, offset);
  }
  while (count < limit && kz_answer_walk_next(&walk, &hits[count]) == KZ_OK) {
    count++;
  }
  kz_answer_walk_done(&walk);
  *ret_count = count;
  return KZ_OK;
}

/* The same page counted from the end, turned round. */
static kz_rc page_by_id_down(const struct kz_answer *answer, uint64_t offset,
                             size_t limit, struct kz_hit *hits,
                             size_t *ret_count) {
  uint64_t left = answer->total - offset;
  size_t count = left < limit ? (size_t)left : limit;
  kz_rc rc = page_by_id(answer, left - count, count, hits, ret_count);
  for (size_t i = 0; rc == KZ_OK && i < *ret_count / 2; i++) {
    struct kz_hit swap = hits[i];
    hits[i] = hits[*ret_count - 1 - i];
    hits[*ret_count - 1 - i] = swap;
  }
  return rc;
}

kz_rc kz_answer_page(const struct kz_answer *answer, enum kz_sort sort,
                     uint64_t offset, size_t limit, struct kz_hit *hits,
                     size_t *ret_count, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  *ret_count = 0;
  if (limit == 0 || offset >= answer->total) {
    return KZ_OK;
  }
  switch (sort) {
  case KZ_SORT_ID:
    rc = page_by_id(answer, offset, limit, hits, ret_count);
    break;
  case KZ_SORT_ID_DOWN:
    rc = page_by_id_down(answer, offset, limit, hits, ret_count);
    break;
  case KZ_SORT_TIME:
    return kz_answer_time_page(answer, false, offset, limit, hits, ret_count,
                               err);
  case KZ_SORT_TIME_DOWN:
    return kz_answer_time_page(answer, true, offset, limit, hits, ret_count,
                               err);
  }
  return rc == KZ_OK ? KZ_OK : kz_err_set(err, rc, "page: out of memory");
}

/* The next event of each part. */
struct event_cursor {
  struct kz_slice_walk walk;
  uint64_t event;
  bool over;
};

static void next_event(struct event_cursor *c) {
  uint32_t slice = 0;
  uint32_t row = 0;
  c->over = !kz_slice_next(&c->walk, &slice, &row);
  if (!c->over) {
    c->event = c->walk.segment->slice_event[slice];
  }
}

static size_t merge_events(struct event_cursor *cursors, size_t cursor_count,
                           size_t limit, uint64_t *ids) {
  size_t count = 0;
  while (count < limit) {
    const struct event_cursor *least = NULL;
    for (size_t i = 0; i < cursor_count; i++) {
      const struct event_cursor *c = &cursors[i];
      if (!c->over && (!least || c->event < least->event)) {
        least = c;
      }
    }
    if (!least) {
      break;
    }
    uint64_t event = least->event;
    ids[count++] = event;
    for (size_t i = 0; i < cursor_count; i++) {
      while (!cursors[i].over && cursors[i].event == event) {
        next_event(&cursors[i]);
      }
    }
  }
  return count;
}

kz_rc kz_answer_events(const struct kz_answer *answer, uint64_t after,
                       size_t limit, uint64_t *ids, size_t *ret_count,
                       struct kz_err *err) {
  const struct kz_view *view = answer->view;
  size_t cursor_count = 0;
  struct event_cursor *cursors = calloc(view->part_count + 1, sizeof *cursors);
  if (!cursors) {
    return kz_err_set(err, KZ_E_MEMORY, "events: out of memory");
  }
  for (size_t i = 0; after < UINT64_MAX && i < view->part_count; i++) {
    const struct kz_segment *s = view->parts[i].segment;
    uint32_t slice = kz_segment_slice_at(s, after + 1);
    if (answer->bits[i] && slice < s->slices) {
      cursors[cursor_count].walk = (struct kz_slice_walk){
          .segment = s,
          .bits = answer->bits[i],
          .row = s->slice_start[slice],
          .slice = slice,
      };
      next_event(&cursors[cursor_count++]);
    }
  }
  *ret_count = merge_events(cursors, cursor_count, limit, ids);
  free(cursors);
  return KZ_OK;
}
