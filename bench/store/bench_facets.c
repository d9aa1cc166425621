/* Makes an index of invented rows, asks it the questions whose time is
 * promised and prints one line of JSON.
 *
 * usage: bench_facets [--attributes N] [--folder FOLDER]
 *
 * Without them 2,000,000 rows, in $TMPDIR or /tmp.
 *
 * The rows have the shape of bench/gen. They are built into segments of a
 * million and merged into one, as an idle index is; a thousand events of about
 * 43 rows also get records, so that they can be asked what they share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/random.h"
#include "gen/invent.h"
#include "gen/shape.h"
#include "model/value.h"
#include "store/facet.h"
#include "store/keys.h"
#include "store/questions.h"
#include "store/record.h"
#include "store/row.h"
#include "store/segment_merge.h"

enum {
  LIMITED = 16,    /* one row of so many is a sharing group's */
  BATCH = 1000000, /* rows of a segment before merging */
  PARTS_MAX = 128,
  WITH_RECORDS = 1000, /* events, of about the mean size: */
  RECORD_ROWS_MIN = 38,
  RECORD_ROWS_MAX = 48,
  SAMPLES = 1000000, /* values */
  TAGS = 200,
  ORGS = 200,
  PATH_BYTES = 4096,
  FIRST_YEAR = 2020,
};

struct maker {
  char folder[PATH_BYTES - 64];
  struct kz_shape *shape;
  struct kz_shape_params params;
  struct kz_random random;
  struct kz_kv *kv;
  struct kz_dict *dict;
  struct kz_arena *kept;  /* for the whole run */
  struct kz_arena *batch; /* for one segment */
  struct kz_row *rows;
  size_t row_count;
  struct kz_part parts[PARTS_MAX];
  size_t part_count;
  struct kz_event_entry *events;
  size_t event_count;
  size_t event_room;
  kz_str *values;
  uint64_t recorded[WITH_RECORDS];
  size_t recorded_count;
  uint64_t rows_made;
  double build_s;
};

static double now(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(kz_rc rc, const char *what, const struct kz_err *err) {
  if (rc != KZ_OK) {
    (void)fprintf(stderr, "bench_facets: %s: %s %s\n", what, kz_rc_name(rc),
                  err->text);
    exit(1);
  }
}

static void *need(void *memory) {
  if (!memory) {
    (void)fprintf(stderr, "bench_facets: out of memory\n");
    exit(1);
  }
  return memory;
}

static const char *path_of(const struct maker *m, const char *name,
                           size_t number, char out[PATH_BYTES]) {
  (void)snprintf(out, PATH_BYTES, "%s/%s-%zu", m->folder, name, number);
  return out;
}

static void flush_rows(struct maker *m) {
  char path[PATH_BYTES];
  struct kz_err err = KZ_ERR_NONE;
  double start = now();
  if (m->row_count == 0) {
    return;
  }
  check(m->part_count < PARTS_MAX ? KZ_OK : KZ_E_LIMIT, "segments", &err);
  check(kz_segment_build(m->rows, m->row_count, NULL, 0,
                         path_of(m, "part", m->part_count, path),
                         &m->parts[m->part_count].segment, &err),
        "build", &err);
  m->part_count++;
  m->row_count = 0;
  m->build_s += now() - start;
  kz_arena_reset(m->batch);
}

static void add_event(struct maker *m, const struct kz_shape_event *e) {
  if (m->event_count == m->event_room) {
    m->event_room = m->event_room ? m->event_room * 2 : 1 << 16;
    m->events = need(realloc(m->events, m->event_room * sizeof *m->events));
  }
  struct kz_date date = {FIRST_YEAR + (int32_t)(e->month / 12),
                         e->month % 12 + 1, e->day + 1};
  int32_t days = 0;
  check(kz_clock_days(date, &days), "date", &KZ_ERR_NONE);
  uint32_t *tags = need(kz_arena_array(m->kept, e->tag_count + 1, 4));
  for (uint32_t i = 0; i < e->tag_count; i++) {
    tags[i] = e->tags[i] + 1;
  }
  m->events[m->event_count++] = (struct kz_event_entry){
      .id = e->number + 1,
      .flags = KZ_EVENT_EXISTS | KZ_EVENT_PUBLISHED,
      .org = 1,
      .orgc = e->org + 1,
      .date_days = days,
      .time_s = kz_row_seconds(days * KZ_DAY_US),
      .distribution = 3,
      .tags = tags,
      .tag_count = e->tag_count,
  };
}

static void add_tags(struct maker *m, const struct kz_shape_row *from,
                     struct kz_row *row) {
  uint32_t *tags = need(kz_arena_array(m->batch, from->tag_count + 1u, 4));
  for (unsigned i = 0; i < from->tag_count; i++) {
    tags[i] = from->tags[i] + 1;
  }
  row->tags = tags;
  row->tag_count = from->tag_count;
}

static void add_row(struct maker *m, const struct kz_shape_row *from,
                    const struct kz_event_entry *event, kz_str value) {
  struct kz_row *row = &m->rows[m->row_count++];
  uint64_t id = ++m->rows_made;
  *row = (struct kz_row){
      .event = event->id,
      .attribute = id,
      .uuid_hash = kz_random_next(&m->random),
      .time_s = event->time_s + (uint32_t)(id % 86400),
      .known_s = event->time_s + 86400,
      .code = kz_row_code(from->type, kz_type_default_category(from->type)),
      .flags = (uint8_t)(from->to_ids << KZ_FLAG_TO_IDS),
      .distribution = KZ_DIST_INHERIT,
  };
  if (id % LIMITED == 0) {
    row->distribution = KZ_DIST_GROUP;
    row->group = 1;
  }
  kz_row_limit(row, KZ_DIST_INHERIT, 0);
  row->part_count =
      (uint8_t)kz_row_parts(from->type, value, m->batch, row->part);
  for (unsigned i = 0; i < row->part_count; i++) {
    row->hash[i] = kz_value_hash(row->part[i]);
    row->silent[i] = !kz_type_correlates(from->type);
  }
  add_tags(m, from, row);
}

/* Adds an attribute to the records of its event. */
static void add_record(struct maker *m, struct kz_chunk *chunk,
                       const struct kz_shape_row *from, kz_str value) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_attribute attribute = {
      .id = m->rows_made,
      .type = from->type,
      .category = kz_type_default_category(from->type),
      .distribution = KZ_DIST_INHERIT,
      .to_ids = from->to_ids,
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
      .value = value,
  };
  check(kz_chunk_add(chunk, m->dict, &attribute, &err), "record", &err);
}

static void put_chunk(struct kz_kv_txn *txn, uint64_t event,
                      struct kz_chunk *chunk) {
  KZ_BUF(bytes, 1 << 24);
  if (chunk->count == 0) {
    return;
  }
  struct kz_key key = kz_key_child(event, KZ_CHILD_ATTRIBUTES, chunk->first_id);
  kz_chunk_close(chunk, &bytes);
  kz_kv_txn_put(txn, kz_key_str(&key), kz_buf_str(&bytes));
}

/* Makes the rows of one event, and its records when it is one of those. */
static void make_event(struct maker *m, const struct kz_shape_event *e) {
  char text[KZ_INVENT_MAX];
  struct kz_shape_row row;
  struct kz_chunk chunk;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_kv_txn *txn = kz_kv_txn_new(m->kv);
  bool record = m->recorded_count < WITH_RECORDS &&
                e->rows >= RECORD_ROWS_MIN && e->rows <= RECORD_ROWS_MAX;
  kz_chunk_init(&chunk);
  add_event(m, e);
  while (kz_shape_next_row(m->shape, &row)) {
    kz_str value = {text, kz_invent_value(&row, text)};
    if (m->row_count == BATCH) {
      flush_rows(m);
    }
    add_row(m, &row, &m->events[m->event_count - 1], value);
    if (record) {
      add_record(m, &chunk, &row, value);
      if (kz_chunk_is_full(&chunk)) {
        put_chunk(txn, e->number + 1, &chunk);
      }
    }
  }
  if (record) {
    put_chunk(txn, e->number + 1, &chunk);
    check(kz_kv_txn_commit(txn, &err), "records", &err);
    m->recorded[m->recorded_count++] = e->number + 1;
  }
  kz_kv_txn_free(txn);
  kz_chunk_done(&chunk);
}

static struct kz_view *make_view(struct maker *m) {
  struct kz_part merged = {.dead = NULL};
  struct kz_err err = KZ_ERR_NONE;
  char path[PATH_BYTES];
  check(kz_segment_merge(m->parts, m->part_count, path_of(m, "merged", 0, path),
                         m->folder, &merged.segment, &err),
        "merge", &err);
  for (size_t i = 0; i < m->part_count; i++) {
    kz_segment_unref(m->parts[i].segment);
    (void)remove(path_of(m, "part", i, path));
  }
  struct kz_events *none = need(kz_events_new());
  struct kz_events *events =
      need(kz_events_with(none, m->events, m->event_count));
  struct kz_view *view = need(kz_view_new(1, m->kv, events, &merged, 1));
  kz_segment_unref(merged.segment);
  kz_events_unref(none);
  kz_events_unref(events);
  return view;
}

/* Different values, as a list of indicators has them. */
static void take_samples(struct maker *m, const struct kz_segment *s) {
  char hex[KZ_HEX_TEXT];
  for (size_t i = 0; i < SAMPLES; i++) {
    uint32_t value = (uint32_t)kz_random_below(&m->random, s->values);
    check(
        kz_arena_dup(m->kept, kz_segment_folded(s, value, hex), &m->values[i]),
        "sample", &KZ_ERR_NONE);
  }
}

static void ask(const struct maker *m, const struct kz_view *view,
                struct kz_buf *out) {
  uint64_t tags[TAGS];
  uint64_t orgs[ORGS];
  for (size_t i = 0; i < TAGS; i++) {
    tags[i] = 1 + i * m->params.tags / TAGS;
  }
  for (size_t i = 0; i < ORGS; i++) {
    orgs[i] = 1 + i * m->params.orgs / ORGS;
  }
  const struct bench_samples samples = {
      .values = m->values,
      .value_count = SAMPLES,
      .events = m->recorded,
      .event_count = m->recorded_count,
      .tags = tags,
      .tag_count = TAGS,
      .orgs = orgs,
      .org_count = ORGS,
      .first_day = 18262,
      .last_day = 18262 + (int32_t)m->params.months * 365 / 12,
  };
  bench_ask(view, m->dict, &samples, out);
}

static void open_maker(struct maker *m, uint64_t rows, const char *folder) {
  struct kz_err err = KZ_ERR_NONE;
  char path[PATH_BYTES];
  (void)snprintf(m->folder, sizeof m->folder, "%s/bench-facets-XXXXXX", folder);
  need(mkdtemp(m->folder));
  m->params = KZ_SHAPE_DEFAULTS;
  m->params.attributes = rows;
  check(kz_shape_new(&m->params, &m->shape, &err), "shape", &err);
  kz_random_init(&m->random, 7);
  check(kz_kv_open(path_of(m, "records", 0, path), true, &m->kv, &err),
        "records", &err);
  check(kz_dict_open(m->kv, &m->dict, &err), "dictionary", &err);
  m->kept = need(kz_arena_new((size_t)8 << 30));
  m->batch = need(kz_arena_new((size_t)4 << 30));
  m->rows = need(calloc(BATCH, sizeof *m->rows));
  m->values = need(calloc(SAMPLES, sizeof *m->values));
}

static void close_maker(struct maker *m) {
  char path[PATH_BYTES];
  char *name = strrchr(m->folder, '/');
  kz_dict_close(m->dict);
  kz_kv_close(m->kv);
  kz_shape_free(m->shape);
  kz_arena_free(m->kept);
  kz_arena_free(m->batch);
  free(m->rows);
  free(m->values);
  free(m->events);
  (void)snprintf(path, sizeof path, "%s", m->folder);
  path[name - m->folder] = '\0';
  check(kz_folder_remove(path, name + 1, NULL), "clean up", &KZ_ERR_NONE);
}

/* The value of an option, or what stands for it. */
static const char *option(int argc, char **argv, const char *name,
                          const char *otherwise) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], name) == 0) {
      return argv[i + 1];
    }
  }
  return otherwise;
}

int main(int argc, char **argv) {
  const char *temporary = getenv("TMPDIR");
  uint64_t rows =
      strtoull(option(argc, argv, "--attributes", "2000000"), NULL, 10);
  struct maker *m = need(calloc(1, sizeof *m));
  struct kz_shape_event event;
  KZ_BUF(out, 1 << 16);
  open_maker(m, rows,
             option(argc, argv, "--folder", temporary ? temporary : "/tmp"));
  double start = now();
  while (kz_shape_next_event(m->shape, &event)) {
    make_event(m, &event);
  }
  flush_rows(m);
  double merge_start = now();
  struct kz_view *view = make_view(m);
  const struct kz_segment *s = view->parts[0].segment;
  take_samples(m, s);
  kz_buf_add_format(&out,
                    "{\"bench\":\"facets\",\"rows\":%llu,\"events\":%zu,"
                    "\"values\":%u,\"bytes_a_row\":%.1f,\"make_s\":%.1f,"
                    "\"build_s\":%.1f,\"merge_s\":%.1f,",
                    (unsigned long long)m->rows_made, m->event_count, s->values,
                    (double)s->head->bytes / (double)s->rows,
                    merge_start - start, m->build_s, now() - merge_start);
  ask(m, view, &out);
  (void)printf("%.*s}\n", (int)out.len - 1, out.ptr);
  kz_view_unref(view);
  close_maker(m);
  free(m);
  return 0;
}
