/* What the records of an event call for, held against the view. */
#include <stdlib.h>
#include <string.h>

#include "store/verify_event.h"

/* Where a live row of the event stands. */
struct live {
  uint64_t attribute;
  const struct kz_part *part;
  uint32_t row;
};

struct live_list {
  struct live *list;
  size_t count;
  size_t room;
};

static bool add_live(struct live_list *l, const struct live *live) {
  if (l->count == l->room) {
    size_t room = l->room ? l->room * 2 : 256;
    struct live *list = reallocarray(l->list, room, sizeof *list);
    if (!list) {
      return false;
    }
    l->list = list;
    l->room = room;
  }
  l->list[l->count++] = *live;
  return true;
}

static int compare_live(const void *a, const void *b) {
  const struct live *x = a;
  const struct live *y = b;
  return (x->attribute > y->attribute) - (x->attribute < y->attribute);
}

static kz_rc gather(const struct kz_view *view, uint64_t event,
                    struct live_list *l) {
  for (size_t p = 0; p < view->part_count; p++) {
    const struct kz_part *part = &view->parts[p];
    const struct kz_segment *s = part->segment;
    for (uint32_t i = kz_segment_slice_at(s, event);
         i < s->slices && s->slice_event[i] == event; i++) {
      for (uint32_t row = s->slice_start[i]; row < s->slice_start[i + 1];
           row++) {
        struct live live = {kz_segment_attribute(s, i, row), part, row};
        if (!kz_dead_has(part->dead, row) && !add_live(l, &live)) {
          return KZ_E_MEMORY;
        }
      }
    }
  }
  if (l->count > 1) {
    qsort(l->list, l->count, sizeof *l->list, compare_live);
  }
  return KZ_OK;
}

static unsigned flags_of(const struct kz_segment *s, uint32_t row) {
  unsigned flags = 0;
  for (unsigned f = 0; f < KZ_FLAG_COUNT; f++) {
    flags |= (unsigned)(s->flags[f][row / 64] >> (row % 64) & 1) << f;
  }
  return flags;
}

/* The first place in an ascending array whose number is >= `row`. */
static size_t place_of(const uint32_t *numbers, size_t count, uint32_t row,
                       uint32_t mask) {
  size_t from = 0;
  while (from < count) {
    size_t middle = from + (count - from) / 2;
    if ((numbers[middle] & mask) < row) {
      from = middle + 1;
    } else {
      count = middle;
    }
  }
  return from;
}

static bool are_tags_same(const struct kz_segment *s, uint32_t at,
                          const struct kz_row *row) {
  size_t from = place_of(s->tag_row, s->tag_uses, at, UINT32_MAX);
  size_t to = from;
  while (to < s->tag_uses && s->tag_row[to] == at) {
    to++;
  }
  if (to - from != row->tag_count) {
    return false;
  }
  for (uint32_t i = 0; i < row->tag_count; i++) {
    size_t k = from;
    while (k < to && s->tag_id[k] != row->tags[i]) {
      k++;
    }
    if (k == to) {
      return false;
    }
  }
  return true;
}

static bool is_limit_same(const struct kz_segment *s, uint32_t at,
                          const struct kz_row *row) {
  if (!(row->flags & 1u << KZ_FLAG_LIMITED)) {
    return true;
  }
  size_t from = 0;
  size_t to = s->limited_count;
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    if (s->limited[middle].row < at) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from < s->limited_count && s->limited[from].row == at &&
         s->limited[from].distribution == row->distribution &&
         s->limited[from].group == row->group &&
         s->limited[from].object_distribution == row->object_distribution &&
         s->limited[from].object_group == row->object_group;
}

static bool has_uuid(const struct kz_segment *s, uint32_t at, uint64_t hash) {
  size_t from = 0;
  size_t to = 0;
  kz_segment_uuids(s, hash, &from, &to);
  while (from < to && s->uuid_ref[from] != at) {
    from++;
  }
  return from < to;
}

/* The part's posting is there and correlates as it should. */
static bool has_posting(const struct kz_segment *s, uint32_t at,
                        const struct kz_row *row, unsigned part) {
  uint32_t value = 0;
  if (kz_segment_value(s, row->part[part], row->hash[part], &value) != KZ_OK) {
    return false;
  }
  uint32_t first = s->value_post_at[value];
  size_t count = s->value_post_at[value + 1] - first;
  size_t i = place_of(s->posting + first, count, at, ~KZ_POSTING_SILENT);
  if (i == count || (s->posting[first + i] & ~KZ_POSTING_SILENT) != at) {
    return false;
  }
  bool twice = row->part_count == 2 && kz_str_eq(row->part[0], row->part[1]);
  return twice || ((s->posting[first + i] & KZ_POSTING_SILENT) != 0) ==
                      row->silent[part];
}

/* What of a row is not as its record says; NULL when all is. */
static const char *find_difference(const struct live *live,
                                   const struct kz_row *row) {
  const struct kz_segment *s = live->part->segment;
  uint32_t at = live->row;
  if (s->code[at] != row->code) {
    return "type or category";
  }
  if (flags_of(s, at) != row->flags) {
    return "flags";
  }
  if (s->time[at] != row->time_s || s->known[at] != row->known_s) {
    return "times";
  }
  if (!is_limit_same(s, at, row)) {
    return "distribution";
  }
  if (!are_tags_same(s, at, row)) {
    return "tags";
  }
  if (!has_uuid(s, at, row->uuid_hash)) {
    return "uuid";
  }
  for (unsigned part = 0; part < row->part_count; part++) {
    if (!has_posting(s, at, row, part)) {
      return "value";
    }
  }
  return NULL;
}

/* Both lists ascend by attribute; they are walked side by side. */
static void compare_rows(struct kz_verifying *v, uint64_t event,
                         const struct live_list *l) {
  size_t i = 0;
  size_t k = 0;
  while (i < v->delta.row_count || k < l->count) {
    const struct kz_row *row = &v->delta.rows[i];
    const struct live *live = &l->list[k];
    if (k == l->count ||
        (i < v->delta.row_count && row->attribute < live->attribute)) {
      kz_verify_note(
          v->report, "event %llu: attribute %llu is not in the index",
          (unsigned long long)event, (unsigned long long)row->attribute);
      i++;
    } else if (i == v->delta.row_count || live->attribute < row->attribute) {
      kz_verify_note(v->report,
                     "event %llu: the index has attribute %llu, the records "
                     "have not, or not twice",
                     (unsigned long long)event,
                     (unsigned long long)live->attribute);
      k++;
    } else {
      const char *what = find_difference(live, row);
      if (what) {
        kz_verify_note(v->report,
                       "event %llu: attribute %llu has another %s in the index",
                       (unsigned long long)event,
                       (unsigned long long)row->attribute, what);
      }
      i++;
      k++;
    }
  }
}

static bool has_other(const struct kz_view *view,
                      const struct kz_row_other *other) {
  for (size_t p = view->part_count; p > 0; p--) {
    const struct kz_segment *s = view->parts[p - 1].segment;
    size_t from = 0;
    size_t to = 0;
    kz_segment_uuids(s, other->uuid_hash, &from, &to);
    for (; from < to; from++) {
      uint32_t ref = s->uuid_ref[from];
      const struct kz_other_entry *o = &s->others[ref & ~KZ_UUID_OTHER];
      if (ref & KZ_UUID_OTHER && o->event == other->event &&
          o->id == other->id && o->thing == other->thing) {
        return true;
      }
    }
  }
  return false;
}

static bool are_entries_same(const struct kz_event_entry *a,
                             const struct kz_event_entry *b) {
  return kz_uuid_eq(&a->uuid, &b->uuid) && a->flags == b->flags &&
         a->org == b->org && a->orgc == b->orgc &&
         a->date_days == b->date_days && a->time_s == b->time_s &&
         a->publish_s == b->publish_s && a->known_s == b->known_s &&
         a->threat_level == b->threat_level && a->analysis == b->analysis &&
         a->distribution == b->distribution && a->group == b->group &&
         kz_str_eq(a->info, b->info) && a->tag_count == b->tag_count &&
         (a->tag_count == 0 ||
          memcmp(a->tags, b->tags, a->tag_count * sizeof *a->tags) == 0);
}

kz_rc kz_verify_rows(struct kz_verifying *v, uint64_t event) {
  struct live_list l = {.list = NULL};
  kz_rc rc = gather(v->view, event, &l);
  if (rc == KZ_OK) {
    v->rows += l.count;
    compare_rows(v, event, &l);
  }
  free(l.list);
  for (size_t i = 0; i < v->delta.other_count; i++) {
    if (!has_other(v->view, &v->delta.others[i])) {
      kz_verify_note(
          v->report, "event %llu: the uuid of %llu is not in the index",
          (unsigned long long)event, (unsigned long long)v->delta.others[i].id);
    }
  }
  struct kz_event_entry entry;
  if (kz_events_get(v->view->events, event, &entry) != KZ_OK ||
      !are_entries_same(&entry, &v->delta.entries[0])) {
    kz_verify_note(v->report,
                   "event %llu: it is another in the table of "
                   "events",
                   (unsigned long long)event);
  }
  return rc;
}
