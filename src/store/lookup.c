/* A look-up of many is a look-up of some at a time: while the memory that one
 * value needs is on its way, the others are asked for. MEASURED in
 * bench/store/bench_facets.c. */
#include "store/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/value.h"
#include "store/bitset.h"
#include "store/postings.h"

enum {
  FOLD_ROOM = 4096,   /* bytes of a value that is folded on the stack */
  TOGETHER = 32,      /* values that are looked up together */
  TAGS_MAX = 1 << 24, /* the dictionary holds no more */
};

/* A value in folded form, here or, when it is long, on the heap. */
struct folded {
  kz_str text;
  char *heap;
  char room[FOLD_ROOM];
};

static kz_rc fold(struct folded *f, kz_str value, struct kz_err *err) {
  char *to = f->room;
  f->heap = NULL;
  if (value.len > FOLD_ROOM) {
    f->heap = malloc(value.len);
    if (!f->heap) {
      return kz_err_set(err, KZ_E_MEMORY, "look up: out of memory");
    }
    to = f->heap;
  }
  kz_value_fold(value, to);
  f->text = (kz_str){to, value.len};
  return KZ_OK;
}

/* Begins to read the places of a value that may be in any case. */
static kz_rc begin(struct kz_postings *p, const struct kz_view *view,
                   const struct kz_viewer *viewer, kz_str value,
                   struct kz_err *err) {
  struct folded f;
  kz_rc rc = fold(&f, value, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_value_key key = kz_value_key_of(f.text);
  rc = kz_postings_init(p, view, viewer, &key);
  free(f.heap);
  return rc == KZ_E_LIMIT
             ? kz_err_set(err, rc, "look up: too many index segments")
             : rc;
}

static int64_t us_of(uint32_t seconds) {
  return (int64_t)seconds * KZ_SECOND_US;
}

static void add_event(const struct kz_view *view, uint64_t event,
                      struct kz_value_summary *sum) {
  const struct kz_event_page *page = kz_events_page(view->events, event);
  int32_t date = page ? page->date_days[event % KZ_PAGE_EVENTS] : 0;
  if (sum->events == 0 || date < sum->first_date_days) {
    sum->first_date_days = date;
  }
  if (sum->events == 0 || date > sum->last_date_days) {
    sum->last_date_days = date;
  }
  sum->events++;
}

static void add_row(const struct kz_segment *s, uint32_t row,
                    struct kz_value_summary *sum) {
  int64_t time = us_of(s->time[row]);
  int64_t known = us_of(s->known[row]);
  if (sum->attributes == 0 || time < sum->first_time_us) {
    sum->first_time_us = time;
  }
  if (sum->attributes == 0 || time > sum->last_time_us) {
    sum->last_time_us = time;
  }
  if (sum->attributes == 0 || known < sum->first_known_us) {
    sum->first_known_us = known;
  }
  sum->sighted |= kz_bitset_has(s->flags[KZ_FLAG_SIGHTED], row);
  sum->to_ids |= kz_bitset_has(s->flags[KZ_FLAG_TO_IDS], row);
  sum->attributes++;
}

static struct kz_value_summary sum_up(struct kz_postings *p) {
  struct kz_value_summary sum = {.attributes = 0};
  struct kz_posting here;
  uint64_t event = 0;
  bool correlates = false;
  while (kz_postings_next(p, &here) == KZ_OK) {
    if (sum.attributes == 0 || here.event != event) {
      event = here.event;
      correlates = false;
      add_event(p->view, event, &sum);
    }
    if (!correlates && !here.silent) {
      correlates = true;
      sum.correlating++;
    }
    add_row(p->view->parts[here.part].segment, here.row, &sum);
  }
  return sum;
}

kz_rc kz_lookup_summary(const struct kz_view *view,
                        const struct kz_viewer *viewer, kz_str value,
                        struct kz_value_summary *ret_summary,
                        struct kz_err *err) {
  struct kz_postings p;
  kz_rc rc = begin(&p, view, viewer, value, err);
  if (rc == KZ_OK) {
    *ret_summary = sum_up(&p);
  }
  return rc;
}

/* --- many at once ----------------------------------------------------------
 */

static void fetch(const struct kz_view *view, const struct kz_value_key *keys,
                  size_t count) {
  for (unsigned step = 0; step < KZ_SEGMENT_FETCHES; step++) {
    for (size_t i = 0; i < count; i++) {
      for (size_t p = 0; p < view->part_count; p++) {
        kz_segment_fetch(view->parts[p].segment, keys[i].value_class,
                         keys[i].hash, step);
      }
    }
  }
}

/* Looks up at most TOGETHER values. `room` takes their folded texts. */
static kz_rc look_up_some(const struct kz_view *view,
                          const struct kz_viewer *viewer, const kz_str *values,
                          size_t count, char *room,
                          struct kz_value_summary *ret_summaries) {
  struct kz_value_key keys[TOGETHER];
  struct kz_postings p;
  for (size_t i = 0; i < count; i++) {
    kz_value_fold(values[i], room);
    keys[i] = kz_value_key_of((kz_str){room, values[i].len});
    room += values[i].len;
  }
  fetch(view, keys, count);
  for (size_t i = 0; i < count; i++) {
    kz_rc rc = kz_postings_init(&p, view, viewer, &keys[i]);
    if (rc != KZ_OK && rc != KZ_NOT_FOUND) {
      return rc;
    }
    ret_summaries[i] = sum_up(&p);
  }
  return KZ_OK;
}

kz_rc kz_lookup_many(const struct kz_view *view, const struct kz_viewer *viewer,
                     const kz_str *values, size_t count,
                     struct kz_value_summary *ret_summaries,
                     struct kz_err *err) {
  kz_rc rc = KZ_OK;
  char *room = NULL;
  size_t size = 0;
  for (size_t at = 0; rc == KZ_OK && at < count; at += TOGETHER) {
    size_t n = count - at < TOGETHER ? count - at : TOGETHER;
    size_t need = 1;
    for (size_t i = 0; i < n; i++) {
      need += values[at + i].len;
    }
    if (need > size) {
      free(room);
      size = need * 2;
      room = malloc(size);
    }
    rc = room ? look_up_some(view, viewer, values + at, n, room,
                             ret_summaries + at)
              : KZ_E_MEMORY;
  }
  free(room);
  return rc == KZ_OK ? KZ_OK
                     : kz_err_set(err, rc, "look up many: %s", kz_rc_name(rc));
}

/* --- places, tags, types ---------------------------------------------------
 */

kz_rc kz_lookup_hits(const struct kz_view *view, const struct kz_viewer *viewer,
                     kz_str value, size_t limit, struct kz_arena *arena,
                     struct kz_hit **ret_hits, size_t *ret_count,
                     uint64_t *ret_total, struct kz_err *err) {
  struct kz_postings p;
  struct kz_posting here;
  uint64_t total = 0;
  size_t most = 0;
  kz_rc rc = begin(&p, view, viewer, value, err);
  for (size_t i = 0; rc == KZ_OK && i < p.count; i++) {
    most += p.cursors[i].end - p.cursors[i].at + 1;
  }
  most = most < limit ? most : limit;
  struct kz_hit *hits = NULL;
  if (rc == KZ_OK) {
    hits = kz_arena_array(arena, most + 1, sizeof *hits);
    rc = hits ? KZ_OK : kz_err_set(err, KZ_E_MEMORY, "look up: out of memory");
  }
  if (rc != KZ_OK) {
    return rc;
  }
  for (; kz_postings_next(&p, &here) == KZ_OK; total++) {
    if (total < most) {
      hits[total] = (struct kz_hit){.event = here.event,
                                    .attribute = here.attribute,
                                    .part = here.part,
                                    .row = here.row};
    }
  }
  *ret_hits = hits;
  *ret_count = total < most ? (size_t)total : most;
  *ret_total = total;
  return KZ_OK;
}

/* The tags that were met, a bit each: a frequent value has thousands of rows
 * with some dozens of tags. */
struct tag_set {
  uint64_t *bits;
  size_t words;
};

static bool make_room(struct tag_set *set, uint32_t tag) {
  size_t words = set->words ? set->words : 64;
  while (words <= tag / 64) {
    words *= 2;
  }
  uint64_t *grown =
      tag < TAGS_MAX ? realloc(set->bits, words * sizeof *grown) : NULL;
  if (!grown) {
    return false;
  }
  memset(grown + set->words, 0, (words - set->words) * sizeof *grown);
  set->bits = grown;
  set->words = words;
  return true;
}

static kz_rc add_tags(struct tag_set *set, const uint32_t *tags, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (tags[i] / 64 >= set->words && !make_room(set, tags[i])) {
      return KZ_E_MEMORY;
    }
    kz_bitset_set(set->bits, tags[i]);
  }
  return KZ_OK;
}

/* The tags of the set, ascending, in `arena`; NULL when out of memory. */
static uint32_t *list_tags(const struct tag_set *set, struct kz_arena *arena,
                           size_t *ret_count) {
  uint32_t end = (uint32_t)(set->words * 64);
  size_t count =
      set->bits ? (size_t)kz_bitset_way()->count(set->bits, set->words) : 0;
  uint32_t *tags = kz_arena_array(arena, count + 1, sizeof *tags);
  uint32_t tag = kz_bitset_next(set->bits, 0, end);
  for (size_t i = 0; tags && i < count; i++) {
    tags[i] = tag;
    tag = kz_bitset_next(set->bits, tag + 1, end);
  }
  *ret_count = count;
  return tags;
}

static kz_rc add_row_tags(const struct kz_segment *s, uint32_t row,
                          struct tag_set *tags) {
  size_t low = 0;
  size_t high = s->tag_uses;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->tag_row[middle] < row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  size_t end = low;
  while (end < s->tag_uses && s->tag_row[end] == row) {
    end++;
  }
  return add_tags(tags, s->tag_id + low, end - low);
}

static kz_rc add_event_tags(const struct kz_view *view, uint64_t event,
                            struct tag_set *tags) {
  struct kz_event_entry entry;
  return kz_events_get(view->events, event, &entry) == KZ_OK
             ? add_tags(tags, entry.tags, entry.tag_count)
             : KZ_OK;
}

/* Reads all places into a set of tags and one of codes. */
static kz_rc collect(struct kz_postings *p, struct tag_set *tags,
                     uint64_t codes[KZ_CODES / 64]) {
  struct kz_posting here;
  uint64_t event = 0;
  bool any = false;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && kz_postings_next(p, &here) == KZ_OK) {
    const struct kz_segment *s = p->view->parts[here.part].segment;
    if (s->code[here.row] < KZ_CODES) {
      kz_bitset_set(codes, s->code[here.row]);
    }
    if (!any || here.event != event) {
      rc = add_event_tags(p->view, here.event, tags);
    }
    any = true;
    event = here.event;
    if (rc == KZ_OK) {
      rc = add_row_tags(s, here.row, tags);
    }
  }
  return rc;
}

kz_rc kz_lookup_tags(const struct kz_view *view, const struct kz_viewer *viewer,
                     kz_str value, struct kz_arena *arena, uint32_t **ret_tags,
                     size_t *ret_tag_count, uint16_t **ret_codes,
                     size_t *ret_code_count, struct kz_err *err) {
  uint64_t codes[KZ_CODES / 64] = {0};
  struct tag_set set = {.bits = NULL};
  size_t tag_count = 0;
  struct kz_postings p;
  kz_rc rc = begin(&p, view, viewer, value, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = collect(&p, &set, codes);
  size_t code_count = (size_t)kz_bitset_way()->count(codes, KZ_CODES / 64);
  uint32_t *tags = list_tags(&set, arena, &tag_count);
  uint16_t *list = kz_arena_array(arena, code_count + 1, sizeof *list);
  free(set.bits);
  if (rc != KZ_OK || !tags || !list) {
    return kz_err_set(err, KZ_E_MEMORY, "look up: out of memory");
  }
  uint32_t code = kz_bitset_next(codes, 0, KZ_CODES);
  for (size_t i = 0; i < code_count; i++) {
    list[i] = (uint16_t)code;
    code = kz_bitset_next(codes, code + 1, KZ_CODES);
  }
  *ret_tags = tags;
  *ret_tag_count = tag_count;
  *ret_codes = list;
  *ret_code_count = code_count;
  return KZ_OK;
}
