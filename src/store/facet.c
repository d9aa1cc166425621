/* Rows are cut into pieces, which threads count into tallies of their own.
 * What belongs to the event is counted once a slice, with the number of its
 * hits, and the attributes' own tags beside it; frequent codes by AND and
 * popcount of flat bitsets, rare ones by their lists, or, where hits are few,
 * hit by hit. Counting with one compressed bitmap a tag was
 * rejected: it was 20 to 60 times slower (docs/decisions/0002). */
#include "store/facet.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/bitset.h"
#include "store/crew.h"
#include "store/order.h"
#include "store/slice_walk.h"
#include "store/tally.h"

enum {
  PIECE_ROWS = 1 << 18,
  RARE_PIECES = 8,    /* the rare codes of a segment, dealt out */
  BLOCK_WORDS = 1024, /* 8 KB of hits stay in the nearest cache */
  SLICES = 256,       /* counted together */
  SUSPECTS = 1024,
  SPARSE = 64,          /* one hit in so many rows, or fewer: walk the hits */
  ALONE_ROWS = 1 << 18, /* counted in the time a thread needs to start */
  DAYS = 1 << 16,       /* from 1970 on: until 2149 */
};

/* What one thread has counted. */
struct worker {
  uint64_t codes[KZ_CODES];
  uint64_t to_ids;
  struct kz_tally tags;
  struct kz_tally orgs;
  struct kz_tally days;
  struct kz_tally months; /* of days that are not in `days` */
  uint64_t *events;       /* bit: has a hit */
};

/* Rows of a part, or one lot of its rare codes. */
struct piece {
  size_t part;
  bool rare;
  uint32_t from; /* first row; which lot */
  uint32_t to;
};

struct job {
  const struct kz_answer *answer;
  const struct kz_events *table;
  struct piece *pieces;
  size_t piece_count;
  struct worker *workers;
  unsigned worker_count;
};

/* A piece while it is counted. */
struct counting {
  const struct kz_events *table;
  const struct kz_segment *segment;
  const uint64_t *bits;
  uint32_t from;
  uint32_t to;
  struct worker *worker;
};

static uint32_t month_of(int32_t days) {
  struct kz_date date = kz_clock_date(days);
  return (uint32_t)date.year * 12 + date.month - 1;
}

/* A slice with hits, and its event in the table. */
struct place {
  const struct kz_event_page *page;
  size_t slot;
  uint32_t end; /* row after the slice */
};

static void count_event(const struct counting *c, uint64_t event,
                        const struct place *p, uint32_t hits) {
  const struct kz_event_page *page = p->page;
  struct worker *w = c->worker;
  w->events[event / 64] |= UINT64_C(1) << (event % 64);
  kz_tally_add(&w->orgs, page->orgc[p->slot], hits);
  int32_t days = page->date_days[p->slot];
  if (days >= 0 && days < DAYS) {
    kz_tally_add(&w->days, (uint32_t)days, hits);
  } else {
    kz_tally_add(&w->months, month_of(days), hits);
  }
  for (uint32_t t = page->tag_at[p->slot]; t < page->tag_at[p->slot + 1]; t++) {
    kz_tally_add(&w->tags, page->tags[t], hits);
  }
}

static bool event_has_tag(const struct place *p, uint32_t tag) {
  for (uint32_t t = p->page->tag_at[p->slot]; t < p->page->tag_at[p->slot + 1];
       t++) {
    if (p->page->tags[t] == tag) {
      return true;
    }
  }
  return false;
}

/* Pairs (of a row and a tag of its own) that are hits and whose tag the event
 * may carry, too. */
struct suspects {
  size_t count;
  size_t pairs[SUSPECTS];
  uint32_t slices[SUSPECTS];
};

/* A tag that the event carries has been counted there. */
static void settle(const struct counting *c, struct suspects *suspects) {
  const struct kz_segment *s = c->segment;
  for (size_t i = 0; i < suspects->count; i++) {
    uint64_t event = s->slice_event[suspects->slices[i]];
    uint32_t tag = s->tag_id[suspects->pairs[i]];
    const struct place place = {.page = kz_events_page(c->table, event),
                                .slot = event % KZ_PAGE_EVENTS};
    if (place.page && event_has_tag(&place, tag)) {
      c->worker->tags.counts[tag]--;
    }
  }
  suspects->count = 0;
}

/* Counts the tags of the slice's rows that are hits, from pair `i` on; returns
 * the pair after. Whether a row is a hit is as good as random, as is whether a
 * tag is suspect, so both are added and not branched on. */
static size_t count_own_tags(const struct counting *c, const struct place *p,
                             uint32_t slice, size_t i,
                             struct suspects *suspects) {
  const uint32_t *rows = c->segment->tag_row;
  const uint32_t *tags = c->segment->tag_id;
  const uint64_t *bits = c->bits;
  size_t end = c->segment->tag_uses;
  uint64_t mask = p->page->tag_mask[p->slot];
  uint32_t stop = p->end;
  uint64_t *counts = c->worker->tags.counts;
  size_t size = c->worker->tags.size;
  size_t n = suspects->count;
  for (; i < end && rows[i] < stop; i++) {
    uint32_t tag = tags[i];
    uint64_t hit = kz_bitset_has(bits, rows[i]);
    if (tag >= size) {
      if (!kz_tally_grow(&c->worker->tags, tag)) {
        continue;
      }
      counts = c->worker->tags.counts;
      size = c->worker->tags.size;
    }
    counts[tag] += hit;
    suspects->pairs[n] = i;
    suspects->slices[n] = slice;
    n += mask >> (tag % 64) & hit;
    if (n == SUSPECTS) {
      suspects->count = n;
      settle(c, suspects);
      n = 0;
    }
  }
  suspects->count = n;
  return i;
}

/* The first of the ascending numbers from `at` on that is >= `wanted`: by
 * steps that double, as the next is mostly near. */
static size_t gallop(const uint32_t *numbers, size_t at, size_t count,
                     uint32_t wanted) {
  size_t step = 1;
  while (count - at > step && numbers[at + step - 1] < wanted) {
    at += step;
    step *= 2;
  }
  size_t high = count - at > step ? at + step : count;
  while (at < high) {
    size_t middle = at + (high - at) / 2;
    if (numbers[middle] < wanted) {
      at = middle + 1;
    } else {
      high = middle;
    }
  }
  return at;
}

/* The first slice that begins at or after `row`. */
static uint32_t slice_from(const struct kz_segment *s, uint32_t row) {
  if (row >= s->rows) {
    return s->slices;
  }
  uint32_t slice = kz_segment_slice_of(s, row);
  return s->slice_start[slice] < row ? slice + 1 : slice;
}

/* Counts some slices; `pair` is at or before their first tag. Returns the
 * pair after those that were counted. */
static size_t count_some_slices(const struct counting *c, uint32_t first,
                                uint32_t count, size_t pair,
                                struct suspects *suspects) {
  const struct kz_segment *s = c->segment;
  const uint32_t *starts = s->slice_start + first;
  uint32_t counts[SLICES];
  if (kz_bitset_next(c->bits, starts[0], starts[count]) == starts[count]) {
    return pair;
  }
  kz_bitset_way()->count_ranges(c->bits, starts, count, counts);
  for (uint32_t k = 0; k < count; k++) {
    uint64_t event = s->slice_event[first + k];
    const struct place place = {.page = kz_events_page(c->table, event),
                                .slot = event % KZ_PAGE_EVENTS,
                                .end = starts[k + 1]};
    if (counts[k] == 0 || !place.page) {
      continue;
    }
    count_event(c, event, &place, counts[k]);
    pair = gallop(s->tag_row, pair, s->tag_uses, starts[k]);
    pair = count_own_tags(c, &place, first + k, pair, suspects);
  }
  return pair;
}

/* A slice belongs to the piece in which it begins. */
static void count_slices(const struct counting *c) {
  const struct kz_segment *s = c->segment;
  uint32_t end = slice_from(s, c->to);
  size_t pair = gallop(s->tag_row, 0, s->tag_uses, c->from);
  struct suspects suspects = {.count = 0};
  for (uint32_t i = slice_from(s, c->from); i < end; i += SLICES) {
    pair = count_some_slices(c, i, end - i < SLICES ? end - i : SLICES, pair,
                             &suspects);
  }
  settle(c, &suspects);
}

/* Bitsets, block by block, so that the hits are read from memory once. */
static void count_frequent(const struct counting *c) {
  const struct kz_segment *s = c->segment;
  const struct kz_bitset_way *way = kz_bitset_way();
  size_t end = ((size_t)c->to + 63) / 64;
  for (size_t at = c->from / 64; at < end; at += BLOCK_WORDS) {
    size_t n = end - at < BLOCK_WORDS ? end - at : BLOCK_WORDS;
    if (kz_bitset_is_empty(c->bits + at, n)) {
      continue;
    }
    for (size_t i = 0; i < s->code_count; i++) {
      const struct kz_code_entry *e = &s->codes[i];
      if (e->dense && e->code < KZ_CODES) {
        c->worker->codes[e->code] +=
            way->count_both(c->bits + at, s->code_bits + e->at + at, n);
      }
    }
    c->worker->to_ids +=
        way->count_both(c->bits + at, s->flags[KZ_FLAG_TO_IDS] + at, n);
  }
}

/* The rare codes of one lot, over the whole segment. */
static void count_rare(const struct counting *c) {
  const struct kz_segment *s = c->segment;
  for (size_t i = c->from; i < s->code_count; i += RARE_PIECES) {
    const struct kz_code_entry *e = &s->codes[i];
    if (e->dense || e->code >= KZ_CODES) {
      continue;
    }
    uint64_t hits = 0;
    for (uint32_t k = 0; k < e->count; k++) {
      hits += kz_bitset_has(c->bits, s->code_rows[e->at + k]);
    }
    c->worker->codes[e->code] += hits;
  }
}

/* Where hits are few, their codes are read one by one. */
static void count_hits(const struct counting *c) {
  const struct kz_segment *s = c->segment;
  struct worker *w = c->worker;
  uint32_t row = kz_bitset_next(c->bits, c->from, c->to);
  while (row < c->to) {
    if (s->code[row] < KZ_CODES) {
      w->codes[s->code[row]]++;
    }
    w->to_ids += kz_bitset_has(s->flags[KZ_FLAG_TO_IDS], row);
    row = kz_bitset_next(c->bits, row + 1, c->to);
  }
}

static bool is_sparse(const struct kz_answer *answer, size_t part) {
  return answer->counts[part] <
         answer->view->parts[part].segment->rows / SPARSE;
}

static void count_piece(void *ctx, unsigned worker, size_t piece) {
  struct job *job = ctx;
  const struct piece *p = &job->pieces[piece];
  const struct counting c = {
      .table = job->table,
      .segment = job->answer->view->parts[p->part].segment,
      .bits = job->answer->bits[p->part],
      .from = p->from,
      .to = p->to,
      .worker = &job->workers[worker],
  };
  if (p->rare) {
    count_rare(&c);
    return;
  }
  count_slices(&c);
  if (is_sparse(job->answer, p->part)) {
    count_hits(&c);
  } else {
    count_frequent(&c);
  }
}

/* --- the whole -------------------------------------------------------------
 */

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "facets: out of memory");
}

static void cut_part(struct job *job, size_t part) {
  uint32_t rows = job->answer->view->parts[part].segment->rows;
  for (uint32_t at = 0; at < rows;) {
    uint32_t to = rows - at > PIECE_ROWS ? at + PIECE_ROWS : rows;
    job->pieces[job->piece_count++] =
        (struct piece){.part = part, .from = at, .to = to};
    at = to;
  }
  for (uint32_t i = 0; !is_sparse(job->answer, part) && i < RARE_PIECES; i++) {
    job->pieces[job->piece_count++] =
        (struct piece){.part = part, .rare = true, .from = i};
  }
}

static kz_rc cut(struct job *job, struct kz_err *err) {
  const struct kz_view *view = job->answer->view;
  size_t count = 0;
  for (size_t i = 0; i < view->part_count; i++) {
    count += view->parts[i].segment->rows / PIECE_ROWS + 1 + RARE_PIECES;
  }
  job->pieces = calloc(count + 1, sizeof *job->pieces);
  if (!job->pieces) {
    return no_memory(err);
  }
  for (size_t i = 0; i < view->part_count; i++) {
    if (job->answer->bits[i]) {
      cut_part(job, i);
    }
  }
  return KZ_OK;
}

static kz_rc hire(struct job *job, unsigned count, uint32_t tags, uint32_t orgs,
                  struct kz_err *err) {
  size_t words = (size_t)(kz_events_end(job->table) / 64) + 1;
  job->workers = calloc(count, sizeof *job->workers);
  if (!job->workers) {
    return no_memory(err);
  }
  job->worker_count = count;
  for (unsigned i = 0; i < count; i++) {
    struct worker *w = &job->workers[i];
    w->events = calloc(words, sizeof *w->events);
    if (!w->events || !kz_tally_grow(&w->tags, tags) ||
        !kz_tally_grow(&w->orgs, orgs)) {
      return no_memory(err);
    }
  }
  return KZ_OK;
}

static void dismiss(struct job *job) {
  for (unsigned i = 0; i < job->worker_count; i++) {
    struct worker *w = &job->workers[i];
    kz_tally_done(&w->tags);
    kz_tally_done(&w->orgs);
    kz_tally_done(&w->days);
    kz_tally_done(&w->months);
    free(w->events);
  }
  free(job->workers);
  free(job->pieces);
}

/* Adds what the others have counted to the first, and its days to months. */
static struct worker *add_up(const struct job *job) {
  struct worker *all = &job->workers[0];
  size_t words = (size_t)(kz_events_end(job->table) / 64) + 1;
  for (unsigned i = 1; i < job->worker_count; i++) {
    const struct worker *w = &job->workers[i];
    for (size_t c = 0; c < KZ_CODES; c++) {
      all->codes[c] += w->codes[c];
    }
    all->to_ids += w->to_ids;
    kz_tally_merge(&all->tags, &w->tags);
    kz_tally_merge(&all->orgs, &w->orgs);
    kz_tally_merge(&all->days, &w->days);
    kz_tally_merge(&all->months, &w->months);
    kz_bitset_or(all->events, w->events, words);
  }
  for (size_t d = 0; d < all->days.size; d++) {
    if (all->days.counts[d] > 0) {
      kz_tally_add(&all->months, month_of((int32_t)d), all->days.counts[d]);
    }
  }
  return all;
}

/* The numbers that were met, by number or, if `by_count`, highest first. */
static kz_rc list(const struct kz_tally *tally, bool by_count,
                  struct kz_arena *arena, struct kz_facet_count **ret_counts,
                  size_t *ret_count, struct kz_err *err) {
  size_t count = 0;
  for (size_t i = 0; i < tally->size; i++) {
    count += tally->counts[i] > 0;
  }
  struct kz_facet_count *counts =
      kz_arena_array(arena, count + 1, sizeof *counts);
  struct kz_pair *pairs = calloc(2 * count + 1, sizeof *pairs);
  if (!counts || !pairs || tally->failed) {
    free(pairs);
    return no_memory(err);
  }
  size_t n = 0;
  for (size_t i = 0; i < tally->size; i++) {
    if (tally->counts[i] > 0) {
      pairs[n++] =
          (struct kz_pair){.key = UINT64_MAX - tally->counts[i], .payload = i};
    }
  }
  if (by_count) {
    kz_order_pairs(pairs, pairs + count, count);
  }
  for (size_t i = 0; i < count; i++) {
    counts[i] = (struct kz_facet_count){.key = pairs[i].payload,
                                        .count = UINT64_MAX - pairs[i].key};
  }
  free(pairs);
  *ret_counts = counts;
  *ret_count = count;
  return KZ_OK;
}

static kz_rc report(const struct job *job, struct kz_arena *arena,
                    struct kz_facets *ret_facets, struct kz_err *err) {
  const struct worker *all = add_up(job);
  size_t words = (size_t)(kz_events_end(job->table) / 64) + 1;
  struct kz_facets f = {.total = job->answer->total, .to_ids = all->to_ids};
  f.events = kz_bitset_way()->count(all->events, words);
  for (size_t c = 0; c < KZ_CODES; c++) {
    if (c / 16 < KZ_TYPE_COUNT && c % 16 < KZ_CATEGORY_COUNT) {
      f.types[c / 16] += all->codes[c];
      f.categories[c % 16] += all->codes[c];
    }
  }
  kz_rc rc = list(&all->tags, true, arena, &f.tags, &f.tag_count, err);
  if (rc == KZ_OK) {
    rc = list(&all->orgs, true, arena, &f.orgs, &f.org_count, err);
  }
  if (rc == KZ_OK) {
    rc = list(&all->months, false, arena, &f.months, &f.month_count, err);
  }
  if (rc == KZ_OK) {
    *ret_facets = f;
  }
  return rc;
}

kz_rc kz_facets_count(const struct kz_answer *answer, struct kz_dict *dict,
                      unsigned threads, struct kz_arena *arena,
                      struct kz_facets *ret_facets, struct kz_err *err) {
  struct job job = {.answer = answer, .table = answer->view->events};
  bool small = kz_view_rows(answer->view) < ALONE_ROWS;
  unsigned workers = small ? 1 : kz_crew_size(threads);
  kz_rc rc = cut(&job, err);
  if (rc == KZ_OK) {
    rc = hire(&job, workers, dict ? kz_dict_tag_count(dict) : 0,
              dict ? kz_dict_org_count(dict) : 0, err);
  }
  if (rc == KZ_OK) {
    kz_crew_run(workers, job.piece_count, count_piece, &job);
    rc = report(&job, arena, ret_facets, err);
  }
  dismiss(&job);
  return rc;
}
