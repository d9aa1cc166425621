/* The values of an event are read from its records: the index leads from a
 * value to its rows, and keeping the way back for all rows would cost 4 to 8
 * bytes each, for a question that asks for some dozens. */
#include <stdlib.h>
#include <string.h>

#include "store/lookup.h"
#include "store/object_rules.h"
#include "store/postings.h"
#include "store/read.h"
#include "store/row.h"
#include "store/sight.h"

enum {
  CHUNK_BYTES = 1 << 30, /* ceiling of what is read at once */
  TOGETHER = 32,         /* values that are asked for together */
};

/* A value of the event. */
struct own {
  struct kz_value_key key;
  uint64_t attribute;
};

struct correlation {
  const struct kz_view *view;
  const struct kz_viewer *viewer;
  uint64_t event;
  uint32_t owner; /* of the event */
  struct kz_object_rules rules;
  struct kz_arena *arena;  /* of what is returned */
  struct kz_arena *folded; /* reset for each attribute */
  struct own *own;
  size_t own_count;
  size_t own_room;
  uint64_t *events; /* of one value */
  size_t event_room;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "correlate: out of memory");
}

static kz_rc add_own(struct correlation *c, kz_str folded, uint64_t hash,
                     uint64_t attribute, struct kz_err *err) {
  if (c->own_count == c->own_room) {
    size_t room = c->own_room ? c->own_room * 2 : 64;
    struct own *grown = realloc(c->own, room * sizeof *grown);
    if (!grown) {
      return no_memory(err);
    }
    c->own = grown;
    c->own_room = room;
  }
  struct own *own = &c->own[c->own_count];
  if (kz_arena_dup(c->arena, folded, &own->key.folded) != KZ_OK) {
    return no_memory(err);
  }
  own->key.hash = hash;
  own->key.value_class = kz_value_class_of(folded);
  own->attribute = attribute;
  c->own_count++;
  return KZ_OK;
}

static bool sees(const struct correlation *c, const struct kz_attribute *a) {
  const struct kz_object_rule *rule =
      kz_object_rules_find(&c->rules, a->object_id);
  return kz_viewer_sees_child(c->viewer, c->owner, a->distribution,
                              a->sharing_group_id) &&
         (!rule || kz_viewer_sees_child(c->viewer, c->owner, rule->distribution,
                                        rule->group));
}

/* Takes the parts of an attribute that correlate. */
static kz_rc take(void *ctx, const struct kz_attribute *attribute,
                  struct kz_err *err) {
  struct correlation *c = ctx;
  struct kz_row row;
  if (attribute->deleted || !sees(c, attribute)) {
    return KZ_OK;
  }
  kz_arena_reset(c->folded);
  kz_rc rc = kz_row_of(attribute, c->event, false, c->folded, &row);
  if (rc != KZ_OK) {
    return no_memory(err);
  }
  for (unsigned i = 0; rc == KZ_OK && i < row.part_count; i++) {
    if (!row.silent[i]) {
      rc = add_own(c, row.part[i], row.hash[i], attribute->id, err);
    }
  }
  return rc;
}

static int compare_own(const void *a, const void *b) {
  const struct own *x = a;
  const struct own *y = b;
  if (x->key.hash != y->key.hash) {
    return x->key.hash < y->key.hash ? -1 : 1;
  }
  int order = kz_str_cmp(x->key.folded, y->key.folded);
  return order ? order
               : (x->attribute > y->attribute) - (x->attribute < y->attribute);
}

/* Leaves each value once, with its first attribute. */
static void drop_duplicates(struct correlation *c) {
  size_t kept = 0;
  if (c->own_count > 0) {
    qsort(c->own, c->own_count, sizeof *c->own, compare_own);
  }
  for (size_t i = 0; i < c->own_count; i++) {
    if (kept == 0 ||
        !kz_str_eq(c->own[kept - 1].key.folded, c->own[i].key.folded)) {
      c->own[kept++] = c->own[i];
    }
  }
  c->own_count = kept;
}

static kz_rc add_event(struct correlation *c, size_t count, uint64_t event) {
  if (count == c->event_room) {
    size_t room = c->event_room ? c->event_room * 2 : 256;
    uint64_t *grown = realloc(c->events, room * sizeof *grown);
    if (!grown) {
      return KZ_E_MEMORY;
    }
    c->events = grown;
    c->event_room = room;
  }
  c->events[count] = event;
  return KZ_OK;
}

/* The other events in which a value correlates, copied into the arena. */
static kz_rc find_others(struct correlation *c, const struct own *own,
                         struct kz_shared_value *ret_shared) {
  struct kz_postings p;
  struct kz_posting here;
  size_t count = 0;
  kz_rc rc = kz_postings_init(&p, c->view, c->viewer, &own->key);
  if (rc != KZ_OK) {
    return rc;
  }
  while (rc == KZ_OK && kz_postings_next(&p, &here) == KZ_OK) {
    bool other = here.event != c->event && !here.silent &&
                 (count == 0 || c->events[count - 1] != here.event);
    if (other) {
      rc = add_event(c, count++, here.event);
    }
  }
  if (rc != KZ_OK || count == 0) {
    return rc == KZ_OK ? KZ_NOT_FOUND : rc;
  }
  uint64_t *events = kz_arena_array(c->arena, count, sizeof *events);
  if (!events) {
    return KZ_E_MEMORY;
  }
  memcpy(events, c->events, count * sizeof *events);
  *ret_shared = (struct kz_shared_value){.value = own->key.folded,
                                         .attribute = own->attribute,
                                         .events = events,
                                         .event_count = count};
  return KZ_OK;
}

static void fetch(const struct correlation *c, size_t from) {
  size_t to = c->own_count - from < TOGETHER ? c->own_count : from + TOGETHER;
  for (unsigned step = 0; step < KZ_SEGMENT_FETCHES; step++) {
    for (size_t i = from; i < to; i++) {
      for (size_t p = 0; p < c->view->part_count; p++) {
        kz_segment_fetch(c->view->parts[p].segment, c->own[i].key.value_class,
                         c->own[i].key.hash, step);
      }
    }
  }
}

static int compare_shared(const void *a, const void *b) {
  const struct kz_shared_value *x = a;
  const struct kz_shared_value *y = b;
  if (x->event_count != y->event_count) {
    return x->event_count < y->event_count ? -1 : 1;
  }
  return kz_str_cmp(x->value, y->value);
}

static kz_rc share(struct correlation *c, struct kz_shared_value **ret_shared,
                   size_t *ret_count, struct kz_err *err) {
  size_t count = 0;
  struct kz_shared_value *shared =
      kz_arena_array(c->arena, c->own_count + 1, sizeof *shared);
  if (!shared) {
    return no_memory(err);
  }
  for (size_t i = 0; i < c->own_count; i++) {
    if (i % TOGETHER == 0) {
      fetch(c, i);
    }
    kz_rc rc = find_others(c, &c->own[i], &shared[count]);
    if (rc == KZ_OK) {
      count++;
    } else if (rc != KZ_NOT_FOUND) {
      return kz_err_set(err, rc, "correlate: %s", kz_rc_name(rc));
    }
  }
  qsort(shared, count, sizeof *shared, compare_shared);
  *ret_shared = shared;
  *ret_count = count;
  return KZ_OK;
}

static kz_rc read_values(struct correlation *c, struct kz_dict *dict,
                         struct kz_err *err) {
  KZ_ARENA(records, CHUNK_BYTES);
  if (!records) {
    return no_memory(err);
  }
  struct kz_reading reading = {.kv = c->view->kv,
                               .snapshot = c->view->snapshot,
                               .dict = dict,
                               .arena = records};
  kz_rc rc = c->viewer->sees_all
                 ? KZ_OK
                 : kz_object_rules_read(&c->rules, &reading, c->event, err);
  if (rc == KZ_OK) {
    rc = kz_read_attributes(&reading, c->event,
                            (struct kz_read_options){.with_data = false}, take,
                            c, err);
  }
  kz_object_rules_done(&c->rules);
  return rc;
}

kz_rc kz_lookup_correlate(const struct kz_view *view, struct kz_dict *dict,
                          const struct kz_viewer *viewer, uint64_t event,
                          struct kz_arena *arena,
                          struct kz_shared_value **ret_shared,
                          size_t *ret_count, struct kz_err *err) {
  KZ_ARENA(folded, CHUNK_BYTES);
  const struct kz_event_page *page = kz_events_page(view->events, event);
  struct correlation c = {.view = view,
                          .viewer = viewer,
                          .event = event,
                          .arena = arena,
                          .folded = folded};
  if (!folded) {
    return no_memory(err);
  }
  if (!page || !kz_sight_event(view, viewer, event)) {
    return KZ_NOT_FOUND;
  }
  size_t slot = event % KZ_PAGE_EVENTS;
  c.owner = page->org[slot];
  bool silent = (page->flags[slot] & KZ_EVENT_SILENT) != 0;
  kz_rc rc = silent ? KZ_OK : read_values(&c, dict, err);
  if (rc == KZ_OK) {
    drop_duplicates(&c);
    rc = share(&c, ret_shared, ret_count, err);
  }
  free(c.own);
  free(c.events);
  return rc;
}
