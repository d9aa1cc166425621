/* Lock order: `lock` guards the current view and what the thread is doing; it
 * is held for microseconds. Merging works on a view of its own, outside the
 * lock; rows that die meanwhile are remembered (`late`) and are put to death
 * in the merged segment when it is taken in. */
#include "store/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/file.h"
#include "base/folder.h"
#include "store/keys.h"
#include "store/manifest.h"
#include "store/meta.h"
#include "store/record.h"
#include "store/reindex.h"
#include "store/row.h"
#include "store/segment_merge.h"

enum {
  PATH_BYTES = 4096,
  PARTS_MAX = 128,           /* merged at once */
  FILE_FROM_ROWS = 32768,    /* smaller segments stay in memory */
  REBUILD_ROWS = 512 * 1024, /* a batch of rebuilding */
  DELTA_TEXT = 1 << 30,      /* bytes of texts in one rebuilt batch */
  FAN = 8,                   /* segments of one size that are merged */
  SAVE_AFTER_CHANGES = 8192, /* commits: bounds the replay after a crash */
  SAVE_AFTER_ROWS = 262144,  /* rows in memory: the same */
  IDLE_PARTS = 4,            /* what an idle index is merged to */
  IDLE_US = 1500 * 1000,     /* no commit for so long: idle */
};

struct kz_index {
  char path[PATH_BYTES];
  struct kz_kv *kv;
  struct kz_dict *dict;
  pthread_t thread;
  bool has_thread;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t wake;
  pthread_mutex_t work; /* one merge or save at a time */
  struct kz_view *view;
  uint64_t next_file;
  uint64_t building; /* number of the file that the writer makes; 0: none */
  uint64_t saved_generation;
  int64_t last_apply_us;
  bool stop;
  bool merging;
  struct kz_kill *late;
  size_t late_count;
  size_t late_room;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "index: out of memory");
}

static void new_file(struct kz_index *index, bool by_writer, char *out) {
  pthread_mutex_lock(&index->lock);
  uint64_t number = index->next_file++;
  if (by_writer) {
    index->building = number;
  }
  pthread_mutex_unlock(&index->lock);
  snprintf(out, PATH_BYTES, "%.4000s/%016" PRIx64 ".seg", index->path, number);
}

struct kz_view *kz_index_view(struct kz_index *index) {
  pthread_mutex_lock(&index->lock);
  struct kz_view *view = kz_view_ref(index->view);
  pthread_mutex_unlock(&index->lock);
  return view;
}

/* Puts a new view in place; the lock is held. */
static void publish(struct kz_index *index, struct kz_view *view) {
  struct kz_view *old = index->view;
  index->view = view;
  kz_view_unref(old);
}

struct row_list {
  uint32_t *rows;
  size_t count;
  size_t room;
};

static bool add_row(struct row_list *list, uint32_t row) {
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 64;
    uint32_t *rows = reallocarray(list->rows, room, sizeof *rows);
    if (!rows) {
      return false;
    }
    list->rows = rows;
    list->room = room;
  }
  list->rows[list->count++] = row;
  return true;
}

/* The rows of one segment that a kill means. */
static bool find_killed(const struct kz_segment *s, const struct kz_kill *kill,
                        struct row_list *list) {
  if (kill->event < s->head->first_event || kill->event > s->head->last_event) {
    return true;
  }
  uint32_t row = 0;
  if (kill->attribute != 0) {
    return kz_segment_row(s, kill->event, kill->attribute, &row) != KZ_OK ||
           add_row(list, row);
  }
  for (uint32_t i = kz_segment_slice_at(s, kill->event);
       i < s->slices && s->slice_event[i] == kill->event; i++) {
    for (row = s->slice_start[i]; row < s->slice_start[i + 1]; row++) {
      if (!add_row(list, row)) {
        return false;
      }
    }
  }
  return true;
}

/* Replaces the part's dead bits by ones with the kills. */
static kz_rc kill_in(struct kz_part *part, const struct kz_kill *kills,
                     size_t count, struct kz_err *err) {
  struct row_list list = {.rows = NULL};
  bool good = true;
  for (size_t i = 0; good && i < count; i++) {
    good = find_killed(part->segment, &kills[i], &list);
  }
  struct kz_dead *dead = part->dead;
  if (good && list.count > 0) {
    dead = kz_dead_with(part->dead, part->segment->rows, list.rows, list.count);
    good = dead != NULL;
  }
  free(list.rows);
  if (!good) {
    return no_memory(err);
  }
  if (dead != part->dead) {
    kz_dead_unref(part->dead);
    part->dead = dead;
  }
  return KZ_OK;
}

/* A copy of the view's parts with references, with room for one more. */
static struct kz_part *copy_parts(const struct kz_view *view) {
  struct kz_part *parts = calloc(view->part_count + 2, sizeof *parts);
  for (size_t i = 0; parts && i < view->part_count; i++) {
    parts[i].segment = kz_segment_ref(view->parts[i].segment);
    parts[i].dead = kz_dead_ref(view->parts[i].dead);
  }
  return parts;
}

static void free_parts(struct kz_part *parts, size_t count) {
  for (size_t i = 0; parts && i < count; i++) {
    kz_segment_unref(parts[i].segment);
    kz_dead_unref(parts[i].dead);
  }
  free(parts);
}

static bool remember_late(struct kz_index *index, const struct kz_delta *d) {
  for (size_t i = 0; index->merging && i < d->kill_count; i++) {
    if (index->late_count == index->late_room) {
      size_t room = index->late_room ? index->late_room * 2 : 64;
      struct kz_kill *late = reallocarray(index->late, room, sizeof *late);
      if (!late) {
        return false;
      }
      index->late = late;
      index->late_room = room;
    }
    index->late[index->late_count++] = d->kills[i];
  }
  return true;
}

/* The lock is held. Takes over the reference to `segment` (may be NULL). */
static kz_rc take_in(struct kz_index *index, const struct kz_delta *d,
                     struct kz_segment *segment, struct kz_err *err) {
  struct kz_part *parts = copy_parts(index->view);
  size_t count = index->view->part_count;
  struct kz_events *events =
      d->entry_count > 0
          ? kz_events_with(index->view->events, d->entries, d->entry_count)
          : kz_events_ref(index->view->events);
  kz_rc rc =
      parts && events && remember_late(index, d) ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && d->kill_count > 0 && i < count; i++) {
    rc = kill_in(&parts[i], d->kills, d->kill_count, err);
  }
  if (parts && segment) {
    parts[count++] = (struct kz_part){.segment = segment};
  } else {
    kz_segment_unref(segment);
  }
  struct kz_view *view =
      rc == KZ_OK ? kz_view_new(d->generation, index->kv, events, parts, count)
                  : NULL;
  if (rc == KZ_OK && !view) {
    rc = no_memory(err);
  }
  if (view) {
    publish(index, view);
  }
  free_parts(parts, count);
  kz_events_unref(events);
  return rc;
}

kz_rc kz_index_apply(struct kz_index *index, const struct kz_delta *d,
                     struct kz_err *err) {
  struct kz_segment *segment = NULL;
  kz_rc rc = KZ_OK;
  if (d->row_count > 0 || d->other_count > 0) {
    char path[PATH_BYTES];
    bool in_file = d->bulk || d->row_count >= FILE_FROM_ROWS;
    if (in_file) {
      new_file(index, true, path);
    }
    rc = kz_segment_build(d->rows, d->row_count, d->others, d->other_count,
                          in_file ? path : NULL, &segment, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  kz_crash_point(d->bulk ? "after-segment" : "after-memory-segment");
  pthread_mutex_lock(&index->lock);
  rc = take_in(index, d, segment, err);
  index->building = 0;
  index->last_apply_us = kz_clock_monotonic_us();
  pthread_cond_signal(&index->wake);
  pthread_mutex_unlock(&index->lock);
  return rc;
}

static uint64_t live_rows(const struct kz_part *part) {
  return part->segment->rows - (part->dead ? part->dead->count : 0);
}

/* 0 for up to 512 rows, then one more for each factor of FAN. */
static unsigned size_class(uint64_t rows) {
  unsigned class = 0;
  for (uint64_t limit = 512; rows > limit && class < 10; limit *= FAN) {
    class ++;
  }
  return class;
}

/* Chooses what to merge next: FAN segments of one size, or, when `all`, the
 * small ones of an idle index. Marks them and returns how many. */
static size_t choose(const struct kz_view *view, bool all, bool *marked) {
  size_t in_class[16] = {0};
  uint64_t total = kz_view_rows(view);
  for (size_t i = 0; i < view->part_count; i++) {
    in_class[size_class(live_rows(&view->parts[i]))]++;
  }
  unsigned chosen = 0;
  while (chosen < 16 && in_class[chosen] < FAN) {
    chosen++;
  }
  size_t count = 0;
  for (size_t i = 0; i < view->part_count; i++) {
    uint64_t rows = live_rows(&view->parts[i]);
    bool wanted =
        chosen < 16 ? size_class(rows) == chosen
                    : all && view->part_count > IDLE_PARTS && rows <= total / 2;
    marked[i] = wanted && count < PARTS_MAX;
    count += marked[i];
  }
  return count >= 2 ? count : 0;
}

/* What is in memory must go to a file before the manifest is written. */
static size_t choose_memory(const struct kz_view *view, bool *marked) {
  size_t count = 0;
  for (size_t i = 0; i < view->part_count; i++) {
    marked[i] = view->parts[i].segment->path == NULL && count < PARTS_MAX;
    count += marked[i];
  }
  return count;
}

static bool is_part_of(const struct kz_view *view, const bool *marked,
                       const struct kz_segment *segment) {
  for (size_t i = 0; i < view->part_count; i++) {
    if (marked[i] && view->parts[i].segment == segment) {
      return true;
    }
  }
  return false;
}

/* The lock is held: puts `merged` in the place of the marked parts of `from`.
 */
static kz_rc swap_in(struct kz_index *index, const struct kz_view *from,
                     const bool *marked, struct kz_segment *merged,
                     struct kz_err *err) {
  struct kz_part *parts = copy_parts(index->view);
  if (!parts) {
    kz_segment_unref(merged);
    return no_memory(err);
  }
  size_t kept = 0;
  for (size_t i = 0; i < index->view->part_count; i++) {
    if (is_part_of(from, marked, parts[i].segment)) {
      kz_segment_unref(parts[i].segment);
      kz_dead_unref(parts[i].dead);
    } else {
      parts[kept++] = parts[i];
    }
  }
  memmove(parts + 1, parts, kept * sizeof *parts);
  parts[0] = (struct kz_part){.segment = merged};
  kz_rc rc = kill_in(&parts[0], index->late, index->late_count, err);
  struct kz_view *view =
      rc == KZ_OK ? kz_view_rearranged(index->view, parts, kept + 1) : NULL;
  free_parts(parts, kept + 1);
  if (!view) {
    return rc == KZ_OK ? no_memory(err) : rc;
  }
  publish(index, view);
  return KZ_OK;
}

/* Merges the marked parts of `view` and takes the result in. `work` is held.
 * The caller has set `merging` before it took the view. */
static kz_rc merge_marked(struct kz_index *index, const struct kz_view *view,
                          const bool *marked, bool to_file,
                          struct kz_err *err) {
  struct kz_part parts[PARTS_MAX];
  size_t count = 0;
  uint64_t rows = 0;
  for (size_t i = 0; i < view->part_count && count < PARTS_MAX; i++) {
    if (marked[i]) {
      parts[count++] = view->parts[i];
      rows += live_rows(&view->parts[i]);
    }
  }
  char path[PATH_BYTES];
  to_file = to_file || rows >= FILE_FROM_ROWS;
  if (to_file) {
    new_file(index, false, path);
  }
  struct kz_segment *merged = NULL;
  kz_rc rc = kz_segment_merge(parts, count, to_file ? path : NULL, index->path,
                              &merged, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_crash_point("after-merge");
  pthread_mutex_lock(&index->lock);
  rc = swap_in(index, view, marked, merged, err);
  pthread_mutex_unlock(&index->lock);
  return rc;
}

static struct kz_view *begin_merge(struct kz_index *index) {
  pthread_mutex_lock(&index->lock);
  index->merging = true;
  index->late_count = 0;
  struct kz_view *view = kz_view_ref(index->view);
  pthread_mutex_unlock(&index->lock);
  return view;
}

static void end_merge(struct kz_index *index, struct kz_view *view) {
  pthread_mutex_lock(&index->lock);
  index->merging = false;
  pthread_mutex_unlock(&index->lock);
  kz_view_unref(view);
}

/* One round of merging; KZ_UNCHANGED when nothing is to be done. */
static kz_rc merge_once(struct kz_index *index, bool all, struct kz_err *err) {
  struct kz_view *view = begin_merge(index);
  bool *marked = calloc(view->part_count + 1, sizeof *marked);
  kz_rc rc = marked ? KZ_UNCHANGED : no_memory(err);
  if (marked && choose(view, all, marked) > 0) {
    rc = merge_marked(index, view, marked, false, err);
  }
  free(marked);
  end_merge(index, view);
  return rc;
}

static kz_rc sync_file(const char *path, struct kz_err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  kz_rc rc = KZ_OK;
  if (fd < 0 || fsync(fd) != 0) {
    rc = kz_file_explain(path, "sync", errno, err);
  }
  if (fd >= 0) {
    close(fd);
  }
  return rc;
}

/* Everything up to the view's generation lies in files: writes that down. */
static kz_rc write_manifest(struct kz_index *index, uint64_t generation,
                            struct kz_err *err) {
  struct kz_view *view = kz_index_view(index);
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < view->part_count; i++) {
    if (view->parts[i].segment->path) {
      rc = sync_file(view->parts[i].segment->path, err);
    }
  }
  kz_crash_point("before-manifest");
  if (rc == KZ_OK) {
    rc = kz_manifest_save(index->path, generation, view->parts,
                          view->part_count, err);
  }
  if (rc == KZ_OK) {
    pthread_mutex_lock(&index->lock);
    index->saved_generation = generation;
    kz_crash_point("after-manifest");
    kz_manifest_sweep(index->path, index->view->parts, index->view->part_count,
                      index->building ? index->building : UINT64_MAX);
    pthread_mutex_unlock(&index->lock);
    struct kz_key from = kz_key_one(KZ_FAMILY_CHANGE, 0);
    struct kz_key to = kz_key_one(KZ_FAMILY_CHANGE, generation + 1);
    kz_crash_point("after-sweep");
    rc = kz_kv_delete_range(index->kv, kz_key_str(&from), kz_key_str(&to), err);
    kz_crash_point("after-trim");
  }
  kz_view_unref(view);
  return rc;
}

static kz_rc save_locked(struct kz_index *index, struct kz_err *err) {
  struct kz_view *view = begin_merge(index);
  uint64_t generation = view->generation;
  bool *marked = calloc(view->part_count + 1, sizeof *marked);
  kz_rc rc = marked ? KZ_OK : no_memory(err);
  if (marked && choose_memory(view, marked) > 0) {
    rc = merge_marked(index, view, marked, true, err);
  }
  free(marked);
  end_merge(index, view);
  return rc == KZ_OK ? write_manifest(index, generation, err) : rc;
}

kz_rc kz_index_save(struct kz_index *index, struct kz_err *err) {
  pthread_mutex_lock(&index->work);
  kz_rc rc = save_locked(index, err);
  pthread_mutex_unlock(&index->work);
  return rc;
}

kz_rc kz_index_settle(struct kz_index *index, struct kz_err *err) {
  pthread_mutex_lock(&index->work);
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK) {
    rc = merge_once(index, true, err);
  }
  if (rc == KZ_UNCHANGED) {
    rc = save_locked(index, err);
  }
  pthread_mutex_unlock(&index->work);
  return rc;
}

/* Whether the change log or what is in memory has grown enough for a save. The
 * lock is held. */
static bool is_save_due(const struct kz_index *index) {
  uint64_t rows = 0;
  for (size_t i = 0; i < index->view->part_count; i++) {
    const struct kz_segment *s = index->view->parts[i].segment;
    rows += s->path ? 0 : s->rows;
  }
  return rows > SAVE_AFTER_ROWS ||
         index->view->generation - index->saved_generation > SAVE_AFTER_CHANGES;
}

/* A round of the background thread: what is due, and more when idle. A failure
 * (disk full) is tried again in the next round: nothing depends on it. */
static bool tend(struct kz_index *index, bool idle) {
  pthread_mutex_lock(&index->lock);
  bool save = is_save_due(index) ||
              (idle && index->view->generation != index->saved_generation);
  bool crowded = index->view->part_count > PARTS_MAX / 4;
  bool bulk = !idle && index->view->part_count > 0 &&
              index->view->parts[index->view->part_count - 1].segment->path;
  pthread_mutex_unlock(&index->lock);
  bool worked = false;
  pthread_mutex_lock(&index->work);
  if (!bulk || crowded) {
    worked = merge_once(index, idle, NULL) == KZ_OK;
  }
  if (save && !worked) {
    worked = save_locked(index, NULL) == KZ_OK;
  }
  pthread_mutex_unlock(&index->work);
  return worked;
}

static void *run(void *ctx) {
  struct kz_index *index = ctx;
  bool worked = false;
  pthread_mutex_lock(&index->lock);
  while (!index->stop) {
    if (!worked) {
      struct timespec until;
      clock_gettime(CLOCK_REALTIME, &until);
      until.tv_sec += 2;
      pthread_cond_timedwait(&index->wake, &index->lock, &until);
    }
    if (index->stop) {
      break;
    }
    bool idle = kz_clock_monotonic_us() - index->last_apply_us > IDLE_US;
    pthread_mutex_unlock(&index->lock);
    worked = tend(index, idle);
    pthread_mutex_lock(&index->lock);
  }
  pthread_mutex_unlock(&index->lock);
  return NULL;
}

/* Applies a rebuilt batch and empties it. */
static kz_rc flush_batch(struct kz_index *index, struct kz_delta *delta,
                         uint64_t generation, struct kz_err *err) {
  delta->generation = generation;
  delta->bulk = delta->row_count >= FILE_FROM_ROWS;
  kz_delta_order(delta);
  kz_rc rc = kz_index_apply(index, delta, err);
  kz_delta_clear(delta);
  return rc;
}

/* Brings the events of the runs to what the records say. */
static kz_rc reindex_runs(struct kz_index *index, const struct kz_run *runs,
                          size_t count, uint64_t generation,
                          struct kz_err *err) {
  struct kz_delta delta;
  kz_rc rc = kz_delta_init(&delta, DELTA_TEXT * (size_t)4);
  for (size_t r = 0; rc == KZ_OK && r < count; r++) {
    for (uint64_t i = 0; rc == KZ_OK && i < runs[r].count; i++) {
      uint64_t id = runs[r].first + i;
      rc = kz_delta_kill(&delta, id, 0);
      if (rc == KZ_OK) {
        rc = kz_reindex_event(index->kv, NULL, index->dict, id, &delta, err);
      }
      if (rc == KZ_NOT_FOUND) {
        rc = kz_delta_entry(&delta, &(struct kz_event_entry){.id = id});
      }
      if (rc == KZ_OK && (delta.row_count >= REBUILD_ROWS ||
                          kz_arena_used(delta.arena) > DELTA_TEXT / 4)) {
        rc = flush_batch(index, &delta, index->view->generation, err);
      }
    }
  }
  if (rc == KZ_OK) {
    rc = flush_batch(index, &delta, generation, err);
  }
  kz_delta_done(&delta);
  return rc;
}

kz_rc kz_index_catch_up(struct kz_index *index, struct kz_err *err) {
  struct kz_meta meta;
  kz_rc rc = kz_meta_load(index->kv, NULL, &meta, err);
  if (rc != KZ_OK || meta.generation == index->view->generation) {
    return rc;
  }
  struct kz_run *runs = NULL;
  size_t count = 0;
  uint64_t last = 0;
  rc = kz_reindex_changes(index->kv, index->view->generation, &runs, &count,
                          &last, err);
  if (rc == KZ_OK && last != meta.generation) {
    free(runs);
    rc = KZ_NOT_FOUND;
  }
  if (rc == KZ_NOT_FOUND) {
    struct kz_run all = {.first = 1, .count = meta.next_event - 1};
    return reindex_runs(index, &all, 1, meta.generation, err);
  }
  if (rc == KZ_OK) {
    rc = reindex_runs(index, runs, count, meta.generation, err);
    free(runs);
  }
  return rc;
}

/* The table of events from the headers, for the segments of the manifest. */
static kz_rc load_events(struct kz_index *index, struct kz_events **events,
                         struct kz_err *err) {
  struct kz_key prefix = kz_key_family(KZ_FAMILY_EVENT);
  struct kz_kv_iter *iter =
      kz_kv_iter_new(index->kv, NULL, kz_key_str(&prefix), true);
  struct kz_delta delta;
  KZ_ARENA(scratch, DELTA_TEXT);
  kz_rc rc = iter && scratch ? kz_delta_init(&delta, (size_t)DELTA_TEXT * 4)
                             : KZ_E_MEMORY;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    struct kz_event header;
    kz_arena_reset(scratch);
    uint64_t id = key.len == 9 ? kz_key_read_u64(key, 1) : 0;
    if (kz_record_get_event(value, index->dict, scratch, id, &header, NULL,
                            NULL) == KZ_OK) {
      rc = kz_delta_event(&delta, &header);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  if (rc == KZ_OK) {
    struct kz_events *all =
        kz_events_with(*events, delta.entries, delta.entry_count);
    kz_events_unref(*events);
    *events = all;
    rc = all ? KZ_OK : no_memory(err);
  }
  if (iter && scratch) {
    kz_delta_done(&delta);
  }
  kz_kv_iter_free(iter);
  return rc;
}

static uint64_t highest_file(const char *path) {
  uint64_t highest = 0;
  DIR *folder = opendir(path);
  for (struct dirent *d = folder ? readdir(folder) : NULL; d;
       d = readdir(folder)) {
    char *end = NULL;
    uint64_t number = strtoull(d->d_name, &end, 16);
    if (end && strcmp(end, ".seg") == 0 && number > highest) {
      highest = number;
    }
  }
  if (folder) {
    closedir(folder);
  }
  return highest;
}

/* The first view: what the manifest holds, or nothing when it is missing or
 * damaged (then all is rebuilt from the records). */
static kz_rc load(struct kz_index *index, struct kz_err *err) {
  uint64_t generation = 0;
  struct kz_part *parts = NULL;
  size_t count = 0;
  struct kz_events *events = kz_events_new();
  kz_rc rc = kz_manifest_load(index->path, &generation, &parts, &count, err);
  if (rc == KZ_OK && events) {
    rc = load_events(index, &events, err);
  } else if (rc == KZ_NOT_FOUND || rc == KZ_E_CORRUPT ||
             rc == KZ_E_UNSUPPORTED || rc == KZ_E_IO) {
    rc = KZ_OK;
  }
  index->next_file = highest_file(index->path) + 1;
  index->saved_generation = generation;
  if (rc == KZ_OK && events) {
    index->view = kz_view_new(generation, index->kv, events, parts, count);
  }
  free_parts(parts, count);
  kz_events_unref(events);
  return rc != KZ_OK || index->view ? rc : no_memory(err);
}

/* The index is saved after its records are synced, so it is never ahead of
 * them: unless records were lost. What is left is not taken for the whole. */
static kz_rc check_records(const struct kz_index *index, struct kz_err *err) {
  struct kz_meta meta;
  kz_rc rc = kz_meta_load(index->kv, NULL, &meta, err);
  if (rc != KZ_OK || meta.generation >= index->saved_generation) {
    return rc;
  }
  return kz_err_set(err, KZ_E_CORRUPT,
                    "records are lost: they end at change %llu, the index has "
                    "seen %llu; restore a backup, or remove %s to go on with "
                    "what is left",
                    (unsigned long long)meta.generation,
                    (unsigned long long)index->saved_generation, index->path);
}

kz_rc kz_index_open(const char *path, struct kz_kv *kv, struct kz_dict *dict,
                    struct kz_index **ret_index, struct kz_err *err) {
  struct kz_index *index = calloc(1, sizeof *index);
  if (!index || strlen(path) >= PATH_BYTES - 64) {
    free(index);
    return kz_err_set(err, KZ_E_LIMIT, "index path is too long: %s", path);
  }
  memcpy(index->path, path, strlen(path) + 1);
  index->kv = kv;
  index->dict = dict;
  pthread_mutex_init(&index->lock, NULL);
  pthread_mutex_init(&index->work, NULL);
  pthread_cond_init(&index->wake, NULL);
  kz_rc rc = kz_folder_make(path, 0750, err);
  if (rc == KZ_OK) {
    rc = load(index, err);
  }
  if (rc == KZ_OK) {
    rc = check_records(index, err);
  }
  if (rc == KZ_OK) {
    rc = kz_index_catch_up(index, err);
  }
  if (rc == KZ_OK) {
    index->last_apply_us = kz_clock_monotonic_us();
    index->has_thread = pthread_create(&index->thread, NULL, run, index) == 0;
    rc = index->has_thread ? KZ_OK
                           : kz_err_set(err, KZ_E_INTERNAL, "index: no thread");
  }
  if (rc != KZ_OK) {
    kz_index_close(index, false);
    return rc;
  }
  *ret_index = index;
  return KZ_OK;
}

void kz_index_close(struct kz_index *index, bool save) {
  if (!index) {
    return;
  }
  if (index->has_thread) {
    pthread_mutex_lock(&index->lock);
    index->stop = true;
    pthread_cond_signal(&index->wake);
    pthread_mutex_unlock(&index->lock);
    pthread_join(index->thread, NULL);
  }
  if (save && index->view &&
      index->view->generation != index->saved_generation &&
      kz_index_save(index, NULL) != KZ_OK) {
    /* The change log still has it: the next start replays. */
    index->saved_generation = 0;
  }
  kz_view_unref(index->view);
  free(index->late);
  pthread_cond_destroy(&index->wake);
  pthread_mutex_destroy(&index->work);
  pthread_mutex_destroy(&index->lock);
  free(index);
}
