/* A merge is a chain of sequential passes: rows by (event, attribute), values
 * by (class, hash, text), addresses and names by key, uuids by hash. The first
 * two write down the new number of every row and value, and the later passes
 * look those up; these look-ups are the only random accesses (4 bytes a row
 * and a value, prefetched).
 *
 * Rows are copied in runs: the part with the least head gives rows until the
 * head of the second is reached. Parts mostly hold events of their own, so a
 * run is long. */
#include "store/segment_merge.h"

#include <assert.h>
#include <string.h>

#include "store/merge_orders.h"
#include "store/merge_state.h"
#include "store/merge_uuids.h"
#include "store/merge_values.h"
#include "store/view.h"

/* Where a part's input stands. */
struct feed {
  const struct kz_segment *segment;
  const struct kz_dead *dead;
  uint32_t *row_of;
  uint32_t slice;
  uint32_t row;
  size_t tag;
  size_t limited;
};

/* The columns under construction. */
struct columns {
  size_t words; /* of a bitset, before it is known how many rows there are */
  uint32_t rows;
  uint32_t slices;
  size_t tags;
  size_t limiteds;
  uint64_t base; /* what the attributes of the last slice are relative to */
  uint64_t *slice_event;
  uint32_t *slice_start;
  uint64_t *slice_attr;
  uint32_t *attr;
  uint32_t *time;
  uint32_t *known;
  uint16_t *code;
  uint64_t *flags;
  uint32_t *tag_row;
  uint32_t *tag_id;
  struct kz_limited_row *limited;
};

static uint64_t attribute_at(const struct feed *f) {
  return kz_segment_attribute(f->segment, f->slice, f->row);
}

/* By attribute: the race's key is the event. */
static int compare_feeds(const void *ctx, uint32_t a, uint32_t b) {
  const struct feed *feeds = ctx;
  uint64_t x = attribute_at(&feeds[a]);
  uint64_t y = attribute_at(&feeds[b]);
  return (x > y) - (x < y);
}

static void open_slice(struct columns *c, uint64_t event, uint64_t attribute) {
  if (c->slices > 0 && c->slice_event[c->slices - 1] == event &&
      attribute - c->base <= UINT32_MAX) {
    return;
  }
  c->base = attribute;
  c->slice_event[c->slices] = event;
  c->slice_attr[c->slices] = attribute;
  c->slice_start[c->slices] = c->rows;
  c->slices++;
}

static void copy_tags(struct columns *c, struct feed *f) {
  const struct kz_segment *s = f->segment;
  while (f->tag < s->tag_uses && s->tag_row[f->tag] < f->row) {
    f->tag++;
  }
  while (f->tag < s->tag_uses && s->tag_row[f->tag] == f->row) {
    c->tag_row[c->tags] = c->rows;
    c->tag_id[c->tags] = s->tag_id[f->tag];
    c->tags++;
    f->tag++;
  }
}

static void copy_limited(struct columns *c, struct feed *f) {
  const struct kz_segment *s = f->segment;
  while (f->limited < s->limited_count && s->limited[f->limited].row < f->row) {
    f->limited++;
  }
  if (f->limited < s->limited_count && s->limited[f->limited].row == f->row) {
    c->limited[c->limiteds] = s->limited[f->limited];
    c->limited[c->limiteds].row = c->rows;
    c->limiteds++;
  }
}

static void copy_flags(struct columns *c, const struct feed *f) {
  size_t from = f->row / KZ_WORD_BITS;
  size_t to = c->rows / KZ_WORD_BITS;
  for (size_t i = 0; i < KZ_FLAG_COUNT; i++) {
    uint64_t bit = f->segment->flags[i][from] >> (f->row % KZ_WORD_BITS) & 1;
    c->flags[i * c->words + to] |= bit << (c->rows % KZ_WORD_BITS);
  }
}

static void copy_row(struct columns *c, struct feed *f) {
  const struct kz_segment *s = f->segment;
  uint32_t n = c->rows;
  uint64_t attribute = attribute_at(f);
  open_slice(c, s->slice_event[f->slice], attribute);
  f->row_of[f->row] = n;
  c->attr[n] = (uint32_t)(attribute - c->base);
  c->time[n] = s->time[f->row];
  c->known[n] = s->known[f->row];
  c->code[n] = s->code[f->row];
  copy_flags(c, f);
  copy_tags(c, f);
  copy_limited(c, f);
  c->rows++;
}

/* Goes to the first row at or after where the feed stands that lives; false at
 * the end. The rows passed over are gone. */
static bool settle(struct feed *f) {
  const struct kz_segment *s = f->segment;
  while (f->row < s->rows && kz_dead_has(f->dead, f->row)) {
    f->row_of[f->row] = KZ_MERGE_GONE;
    f->row++;
  }
  if (f->row >= s->rows) {
    return false;
  }
  while (s->slice_start[f->slice + 1] <= f->row) {
    f->slice++;
  }
  return true;
}

/* Whether the feed's row comes before that of `next` (NULL: nothing more). */
static bool comes_before(const struct feed *f, const struct feed *next) {
  if (!next) {
    return true;
  }
  uint64_t event = f->segment->slice_event[f->slice];
  uint64_t other = next->segment->slice_event[next->slice];
  return event != other ? event < other : attribute_at(f) < attribute_at(next);
}

/* Copies rows until `next` must have its turn; false when the feed has ended.
 * The leader is not after `next`: if they show the same row, it is older and
 * its row is gone. */
static bool copy_run(struct columns *c, struct feed *f,
                     const struct feed *next) {
  if (!comes_before(f, next)) {
    f->row_of[f->row] = KZ_MERGE_GONE;
    f->row++;
    return settle(f);
  }
  do {
    copy_row(c, f);
    f->row++;
    if (!settle(f)) {
      return false;
    }
  } while (comes_before(f, next));
  return true;
}

static void race_rows(struct kz_merge *m, struct feed *feeds,
                      struct columns *c) {
  struct kz_race race;
  kz_race_init(&race, m->heap, compare_feeds, feeds);
  for (size_t i = 0; i < m->count; i++) {
    struct feed *f = &feeds[i];
    f->segment = m->parts[i].segment;
    f->dead = m->parts[i].dead;
    f->row_of = m->row_of + m->row_base[i];
    if (settle(f)) {
      kz_race_enter(&race, (uint32_t)i, f->segment->slice_event[f->slice]);
    }
  }
  const struct kz_runner *leader = NULL;
  while ((leader = kz_race_leader(&race)) != NULL) {
    struct feed *f = &feeds[leader->number];
    const struct kz_runner *second = kz_race_second(&race);
    if (copy_run(c, f, second ? &feeds[second->number] : NULL)) {
      kz_race_advance(&race, f->segment->slice_event[f->slice]);
    } else {
      kz_race_leave(&race);
    }
  }
}

/* The most that the result can hold. */
struct totals {
  size_t rows;
  size_t live;
  size_t slices;
  size_t values;
  size_t tags;
  size_t limited;
};

static kz_rc count_totals(const struct kz_part *parts, size_t count,
                          struct totals *t, struct kz_err *err) {
  for (size_t i = 0; i < count; i++) {
    const struct kz_segment *s = parts[i].segment;
    t->rows += s->rows;
    t->live += s->rows - (parts[i].dead ? (size_t)parts[i].dead->count : 0);
    t->slices += s->slices;
    t->values += s->values;
    t->tags += s->tag_uses;
    t->limited += s->limited_count;
  }
  if (t->live > KZ_SEGMENT_ROWS_MAX || t->values >= KZ_MERGE_GONE ||
      t->tags > SIZE_MAX / 8) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "index: segments too large to be merged (%zu rows)",
                      t->live);
  }
  return KZ_OK;
}

static kz_rc make_room(struct kz_merge *m, const struct totals *t,
                       struct columns *c, struct kz_err *err) {
  struct kz_draft *d = &m->draft;
  size_t *row_base = kz_draft_array(d, m->count, sizeof *row_base);
  size_t *value_base = kz_draft_array(d, m->count, sizeof *value_base);
  m->heap = kz_draft_array(d, m->count, sizeof *m->heap);
  m->row_of = kz_draft_array(d, t->rows, sizeof *m->row_of);
  m->value_of = kz_draft_array(d, t->values, sizeof *m->value_of);
  c->words = (t->live + KZ_WORD_BITS - 1) / KZ_WORD_BITS;
  c->slice_event = kz_draft_array(d, t->slices, sizeof *c->slice_event);
  c->slice_attr = kz_draft_array(d, t->slices, sizeof *c->slice_attr);
  c->slice_start = kz_draft_array(d, t->slices + 1, sizeof *c->slice_start);
  c->attr = kz_draft_array(d, t->live, sizeof *c->attr);
  c->time = kz_draft_array(d, t->live, sizeof *c->time);
  c->known = kz_draft_array(d, t->live, sizeof *c->known);
  c->code = kz_draft_array(d, t->live, sizeof *c->code);
  c->flags = kz_draft_array(d, c->words * KZ_FLAG_COUNT, sizeof *c->flags);
  c->tag_row = kz_draft_array(d, t->tags, sizeof *c->tag_row);
  c->tag_id = kz_draft_array(d, t->tags, sizeof *c->tag_id);
  c->limited = kz_draft_array(d, t->limited, sizeof *c->limited);
  if (!row_base || !value_base || !m->heap || !m->row_of || !m->value_of ||
      !c->slice_event || !c->slice_attr || !c->slice_start || !c->attr ||
      !c->time || !c->known || !c->code || !c->flags || !c->tag_row ||
      !c->tag_id || !c->limited) {
    return kz_merge_no_room(err);
  }
  size_t rows = 0;
  size_t values = 0;
  for (size_t i = 0; i < m->count; i++) {
    row_base[i] = rows;
    value_base[i] = values;
    rows += m->parts[i].segment->rows;
    values += m->parts[i].segment->values;
  }
  m->row_base = row_base;
  m->value_base = value_base;
  return KZ_OK;
}

/* Rows that were in two parts leave the bitsets wider than they must be. */
static void narrow_flags(struct columns *c) {
  size_t words = ((size_t)c->rows + KZ_WORD_BITS - 1) / KZ_WORD_BITS;
  for (size_t i = 1; words < c->words && i < KZ_FLAG_COUNT; i++) {
    memmove(c->flags + i * words, c->flags + i * c->words,
            words * sizeof *c->flags);
  }
  c->words = words;
}

static void set_columns(struct kz_draft *d, const struct columns *c) {
  size_t n = c->rows;
  d->rows = c->rows;
  d->slices = c->slices;
  c->slice_start[c->slices] = c->rows;
  kz_draft_set(d, KZ_SEC_SLICE_EVENT, c->slice_event,
               c->slices * sizeof *c->slice_event);
  kz_draft_set(d, KZ_SEC_SLICE_ATTR, c->slice_attr,
               c->slices * sizeof *c->slice_attr);
  kz_draft_set(d, KZ_SEC_SLICE_START, c->slice_start,
               ((size_t)c->slices + 1) * sizeof *c->slice_start);
  kz_draft_set(d, KZ_SEC_ATTR, c->attr, n * sizeof *c->attr);
  kz_draft_set(d, KZ_SEC_TIME, c->time, n * sizeof *c->time);
  kz_draft_set(d, KZ_SEC_KNOWN, c->known, n * sizeof *c->known);
  kz_draft_set(d, KZ_SEC_CODE, c->code, n * sizeof *c->code);
  kz_draft_set(d, KZ_SEC_FLAGS, c->flags,
               c->words * KZ_FLAG_COUNT * sizeof *c->flags);
  kz_draft_set(d, KZ_SEC_TAG_ROW, c->tag_row, c->tags * sizeof *c->tag_row);
  kz_draft_set(d, KZ_SEC_TAG_ID, c->tag_id, c->tags * sizeof *c->tag_id);
  kz_draft_set(d, KZ_SEC_LIMITED, c->limited, c->limiteds * sizeof *c->limited);
}

static kz_rc merge_rows(struct kz_merge *m, struct kz_err *err) {
  struct totals totals = {.rows = 0};
  struct columns columns = {.rows = 0};
  struct feed *feeds = kz_draft_array(&m->draft, m->count, sizeof *feeds);
  kz_rc rc = feeds ? count_totals(m->parts, m->count, &totals, err)
                   : kz_merge_no_room(err);
  if (rc == KZ_OK) {
    rc = make_room(m, &totals, &columns, err);
  }
  if (rc == KZ_OK) {
    race_rows(m, feeds, &columns);
    narrow_flags(&columns);
    set_columns(&m->draft, &columns);
  }
  return rc;
}

kz_rc kz_segment_merge(const struct kz_part *parts, size_t count,
                       const char *path, const char *temporary,
                       struct kz_segment **ret_segment, struct kz_err *err) {
  struct kz_merge m = {.parts = parts, .count = count};
  kz_draft_init(&m.draft, temporary);
  kz_rc (*const steps[])(struct kz_merge *, struct kz_err *) = {
      merge_rows,
      kz_merge_values,
      kz_merge_orders,
      kz_merge_uuids,
  };
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < sizeof steps / sizeof *steps; i++) {
    rc = steps[i](&m, err);
  }
  if (rc == KZ_OK) {
    rc = kz_draft_finish(&m.draft, path, ret_segment, err);
  }
  kz_draft_done(&m.draft);
  return rc;
}
