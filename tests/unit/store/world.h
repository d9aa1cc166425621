/* An invented view with everything that makes questions hard, and the same
 * facts as a plain list for answering them slowly.
 *
 * Rows of one event lie in several segments, some rows are dead, some events
 * removed, some rows and events for few eyes only; tags stand on rows, on
 * their events and on both. */
#ifndef KZ_TESTS_UNIT_STORE_WORLD_H
#define KZ_TESTS_UNIT_STORE_WORLD_H

#include "rows.h"
#include "store/view.h"
#include "temp.h"

enum { WORLD_PARTS = 4, WORLD_TAGS = 60, WORLD_ORGS = 7, WORLD_GROUPS = 9 };

/* A row, where it lies, and its event. */
struct fact {
  struct kz_row row;
  const struct kz_event_entry *event; /* NULL: removed */
  uint32_t part;
  uint32_t place; /* its ordinal there */
  bool dead;
};

struct world {
  struct temp temp;
  struct invented in;
  struct fact *facts; /* by (event, attribute) */
  size_t fact_count;
  struct kz_event_entry *events; /* by id, gaps left out */
  size_t event_count;
  struct kz_kv *kv;
  struct kz_view *view;
};

static inline uint32_t world_below(struct world *w, uint32_t n) {
  return (uint32_t)kz_random_below(&w->in.random, n);
}

static inline struct kz_uuid world_uuid(uint64_t number) {
  uint8_t bytes[16] = {0};
  memcpy(bytes, &number, sizeof number);
  return kz_uuid_of_bytes(bytes);
}

/* 0 .. 3 different tags of those that rows have too. */
static inline void world_tag(struct world *w, struct kz_event_entry *e) {
  uint32_t *tags = kz_arena_array(w->in.arena, 3, sizeof *tags);
  e->tag_count = world_below(w, 4);
  for (uint32_t i = 0; i < e->tag_count; i++) {
    tags[i] = i * 1000 + world_below(w, 50);
  }
  e->tags = tags;
}

static inline void world_add_event(struct world *w, uint64_t id) {
  struct kz_event_entry *e = &w->events[w->event_count++];
  char *info = kz_arena_text(w->in.arena, 64);
  int len = snprintf(info, 64, "Invented %s number %u",
                     id % 2 ? "Campaign" : "report", (unsigned)id);
  *e = (struct kz_event_entry){
      .id = id,
      .uuid = world_uuid(id),
      .flags = KZ_EVENT_EXISTS |
               (world_below(w, 2) ? (unsigned)KZ_EVENT_PUBLISHED : 0u) |
               (world_below(w, 10) ? 0u : (unsigned)KZ_EVENT_SILENT),
      .org = 1 + world_below(w, WORLD_ORGS),
      .orgc = 1 + world_below(w, WORLD_ORGS),
      .date_days = world_below(w, 20) ? (int32_t)(18000 + world_below(w, 900))
                                      : (int32_t)world_below(w, 200000) - 90000,
      .time_s = world_below(w, 1000),
      .publish_s = world_below(w, 1000),
      .threat_level = (uint8_t)(1 + world_below(w, 4)),
      .analysis = (uint8_t)world_below(w, 3),
      .distribution = (uint8_t)world_below(w, 5),
      .info = {info, (size_t)len},
  };
  e->group = e->distribution == 4 ? world_below(w, WORLD_GROUPS) : 0;
  world_tag(w, e);
}

/* One entry for each event of the rows, but for some that are removed. */
static inline void world_add_events(struct world *w) {
  w->events = kz_arena_array(w->in.arena, w->in.count + 1, sizeof *w->events);
  for (size_t i = 0; i < w->in.count; i++) {
    bool first = i == 0 || w->in.rows[i].event != w->in.rows[i - 1].event;
    if (first && world_below(w, 25) > 0) {
      world_add_event(w, w->in.rows[i].event);
    }
  }
}

static inline const struct kz_event_entry *world_event(const struct world *w,
                                                       uint64_t id) {
  size_t low = 0;
  size_t high = w->event_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (w->events[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < w->event_count && w->events[low].id == id ? &w->events[low]
                                                         : NULL;
}

/* Times that often agree; uuids by number, so that they can be asked for. */
static inline void world_tame(struct kz_row *row) {
  struct kz_uuid uuid = world_uuid(1000000 + row->attribute % 500);
  row->time_s %= 200;
  row->known_s %= 5000;
  row->uuid_hash = kz_uuid_hash(&uuid);
}

/* Deals the rows to the segments, most to the first; an event mostly stays in
 * one. */
static inline void world_deal(struct world *w) {
  uint32_t part = 0;
  uint32_t places[WORLD_PARTS] = {0};
  const struct kz_event_entry *event = NULL;
  w->fact_count = w->in.count;
  w->facts = kz_arena_array(w->in.arena, w->in.count, sizeof *w->facts);
  for (size_t i = 0; i < w->in.count; i++) {
    struct fact *f = &w->facts[i];
    bool first = i == 0 || w->in.rows[i].event != w->in.rows[i - 1].event;
    if (first || world_below(w, 6) == 0) {
      part = world_below(w, 4) ? 0 : world_below(w, WORLD_PARTS);
    }
    if (first) {
      event = world_event(w, w->in.rows[i].event);
    }
    world_tame(&w->in.rows[i]);
    *f = (struct fact){.row = w->in.rows[i],
                       .event = event,
                       .part = part,
                       .place = places[part]++,
                       .dead = world_below(w, 12) == 0};
  }
}

static inline void world_others(struct world *w, struct kz_row_other *others) {
  for (size_t i = 0; i < w->event_count; i++) {
    others[i] = (struct kz_row_other){
        .uuid_hash = kz_uuid_hash(&w->events[i].uuid),
        .event = w->events[i].id,
        .thing = KZ_THING_EVENT,
    };
  }
}

static inline struct kz_part world_build(struct world *w, uint32_t part) {
  size_t count = 0;
  size_t dead = 0;
  struct kz_part built = {.dead = NULL};
  struct kz_row *rows =
      kz_arena_array(w->in.arena, w->fact_count + 1, sizeof *rows);
  uint32_t *kill = kz_arena_array(w->in.arena, w->fact_count + 1, sizeof *kill);
  struct kz_row_other *others =
      kz_arena_array(w->in.arena, w->event_count + 1, sizeof *others);
  world_others(w, others);
  for (size_t i = 0; i < w->fact_count; i++) {
    if (w->facts[i].part == part) {
      if (w->facts[i].dead) {
        kill[dead++] = (uint32_t)count;
      }
      rows[count++] = w->facts[i].row;
    }
  }
  if (kz_segment_build(rows, count, others, part == 1 ? w->event_count : 0,
                       NULL, &built.segment, NULL) != KZ_OK) {
    abort();
  }
  if (dead > 0) {
    built.dead = kz_dead_with(NULL, (uint32_t)count, kill, dead);
  }
  return built;
}

static inline struct world *world_new(uint64_t seed, uint32_t texts,
                                      size_t rows) {
  struct world *w = calloc(1, sizeof *w);
  struct kz_part parts[WORLD_PARTS];
  char path[512];
  if (!w) {
    abort();
  }
  w->temp = temp_make();
  w->in = invent(seed, texts, rows);
  world_add_events(w);
  world_deal(w);
  for (uint32_t i = 0; i < WORLD_PARTS; i++) {
    parts[i] = world_build(w, i);
  }
  struct kz_events *none = kz_events_new();
  struct kz_events *events = kz_events_with(none, w->events, w->event_count);
  if (!events || kz_kv_open(temp_path(&w->temp, "kv", path), true, &w->kv,
                            NULL) != KZ_OK) {
    abort();
  }
  w->view = kz_view_new(1, w->kv, events, parts, WORLD_PARTS);
  kz_events_unref(none);
  kz_events_unref(events);
  for (uint32_t i = 0; i < WORLD_PARTS; i++) {
    kz_segment_unref(parts[i].segment);
    kz_dead_unref(parts[i].dead);
  }
  return w;
}

static inline void world_free(struct world *w) {
  kz_view_unref(w->view);
  kz_kv_close(w->kv);
  temp_remove(&w->temp);
  forget(&w->in);
  free(w);
}

/* The machine's owner, or a member of one organisation and some groups. The
 * groups are borrowed. */
static inline struct kz_viewer world_viewer(struct world *w,
                                            uint64_t groups[WORLD_GROUPS]) {
  struct kz_viewer viewer = {.sees_all = world_below(w, 3) == 0,
                             .org = world_below(w, WORLD_ORGS + 1),
                             .groups = groups};
  for (uint64_t g = 0; g < WORLD_GROUPS; g++) {
    if (world_below(w, 2)) {
      groups[viewer.group_count++] = g;
    }
  }
  return viewer;
}

/* Whether a row counts at all and the viewer sees it; what is softly deleted is
 * its owner's. */
static inline bool world_sees(const struct fact *f,
                              const struct kz_viewer *viewer) {
  if (f->dead || !f->event ||
      !kz_viewer_sees_event(viewer, f->event->org, f->event->distribution,
                            f->event->group) ||
      ((f->row.flags >> KZ_FLAG_DELETED & 1) &&
       !kz_viewer_sees_deleted(viewer, f->event->org))) {
    return false;
  }
  return !(f->row.flags >> KZ_FLAG_LIMITED & 1) ||
         (kz_viewer_sees_child(viewer, f->event->org, f->row.distribution,
                               f->row.group) &&
          kz_viewer_sees_child(viewer, f->event->org,
                               f->row.object_distribution,
                               f->row.object_group));
}

static inline bool world_live(const struct fact *f,
                              const struct kz_viewer *viewer) {
  return world_sees(f, viewer) && !(f->row.flags >> KZ_FLAG_DELETED & 1);
}

static inline bool world_has(const uint32_t *tags, uint32_t count,
                             uint64_t tag) {
  for (uint32_t i = 0; i < count; i++) {
    if (tags[i] == tag) {
      return true;
    }
  }
  return false;
}

#endif
