/* Parcels of event texts go from the reading thread to the parsing threads; a
 * parsing thread keeps its parcels until the batch that was made of them has
 * been taken in, because events that turn out to be known are read again from
 * their text. */
#include "work/ingest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "base/queue.h"
#include "base/stream.h"
#include "format/misp_read.h"
#include "format/misp_split.h"
#include "store/edit.h"
#include "work/blocks.h"
#include "work/ingest_report.h"
#include "work/sharing.h"
#include "work/warninglist.h"

enum {
  PARCEL_BYTES = 4 << 20, /* texts in one parcel */
  PARCELS_WAITING = 8,
  BATCH_ROWS = 256 * 1024, /* attributes taken in at once */
  BATCH_TEXT = 256 << 20,  /* bytes of texts held for one batch */
  EVENT_BYTES = 1 << 30,   /* one event's text */
  ARENA_BYTES = 0x7fffffff,
  STREAM_PIECE = 1 << 20,
  WORKERS_MAX = 4,
};

#define FILE_BYTES_MAX ((uint64_t)1 << 42)

struct source {
  size_t at; /* in the parcel's text */
  size_t len;
  struct kz_json_place place;
  size_t first_row; /* in the parcel's rows: where its lines came from */
  size_t row_count; /* 0: from the file, as they are */
};

struct parcel {
  struct parcel *next; /* in a worker's list */
  kz_str file;         /* borrowed from the import's arena */
  struct kz_buf text;
  struct source *sources;
  size_t count;
  size_t room;
  struct kz_json_place *rows;
  size_t rows_used;
  size_t rows_room;
};

/* What an event of a batch was read from. */
struct origin {
  struct parcel *parcel;
  size_t source;
};

struct import {
  struct kz_house *house;
  const struct kz_ingest_options *options;
  struct kz_ingest_progress *progress;
  struct kz_actor actor; /* whose import it is */
  struct kz_queue *parcels;
  struct kz_warn_eye *warn; /* the lists in force when it began */
  pthread_mutex_t lock;     /* guards what follows */
  struct kz_ingest_report *report;
  struct kz_arena *arena; /* the report's texts */
  uint64_t *warned;       /* attributes by list of `warn` */
  kz_rc rc;               /* first failure of the store */
  struct kz_err err;
  /* The reading thread's own: */
  struct parcel *open;
  kz_str file;
  const struct kz_stream *stream;
  uint64_t bytes_before;
};

static bool is_stopped(struct import *im) {
  return atomic_load(&im->progress->stop);
}

static void fail(struct import *im, kz_rc rc, const struct kz_err *err) {
  pthread_mutex_lock(&im->lock);
  if (im->rc == KZ_OK) {
    im->rc = rc;
    im->err = *err;
  }
  pthread_mutex_unlock(&im->lock);
  atomic_store(&im->progress->stop, true);
}

static void add_error(struct import *im, kz_str file,
                      const struct kz_json_place *place, const char *message) {
  pthread_mutex_lock(&im->lock);
  kz_ingest_report_tell(im->report, file, place, message);
  pthread_mutex_unlock(&im->lock);
}

/* --- the parsing threads ---------------------------------------------------
 */

struct worker {
  struct import *im;
  pthread_t thread;
  struct kz_misp_reader *reader;
  struct kz_arena *arena;   /* of one event */
  struct kz_arena *origins; /* of one batch */
  struct kz_prepared batch;
  struct parcel *held; /* parcels of the batch */
  size_t held_bytes;
  kz_str file;                      /* of the event being read */
  const struct kz_json_place *rows; /* of its lines; NULL: as they are */
  size_t row_count;
  uint64_t repeated;
  struct kz_warn_eye *warn;
  uint64_t *warned; /* as in the import */
};

static void free_parcel(struct parcel *p) {
  if (p) {
    kz_buf_done(&p->text);
    free(p->sources);
    free(p->rows);
    free(p);
  }
}

static void take_problem(void *ctx, const struct kz_misp_problem *problem) {
  struct worker *w = ctx;
  if (problem->skipped) {
    w->repeated++;
    return;
  }
  char message[KZ_ERR_TEXT];
  snprintf(message, sizeof message, "%s: %s", problem->noun, problem->message);
  const struct kz_json_place *place = &problem->place;
  if (w->row_count > 0) {
    uint64_t line = place->line < w->row_count ? place->line : w->row_count;
    place = &w->rows[line > 0 ? line - 1 : 0];
  }
  add_error(w->im, w->file, place, message);
}

static kz_rc read_source(struct worker *w, const struct parcel *p, size_t i,
                         struct kz_event *ret) {
  const struct source *s = &p->sources[i];
  w->file = p->file;
  w->rows = s->row_count > 0 ? p->rows + s->first_row : NULL;
  w->row_count = s->row_count;
  const struct kz_json_place start = {.line = 1, .column = 1};
  struct kz_misp_input input = {
      .text = {p->text.ptr + s->at, s->len},
      .arena = w->arena,
      .need_uuid = true,
      .origin = s->row_count > 0 ? start : s->place,
      .ctx = w,
      .report = take_problem,
  };
  return kz_misp_read_event(w->reader, &input, ret, NULL);
}

/* An event that is known, or that shares a uuid with what is known. */
struct careful {
  struct worker *worker;
  const struct parcel *parcel;
  size_t source;
  struct kz_edit_report report;
  struct kz_event event;
};

static kz_rc import_careful(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct careful *c = ctx;
  return kz_edit_import_event(txn, &c->event, &c->report, err);
}

static void count_careful(struct import *im, const struct careful *c,
                          kz_rc rc) {
  for (size_t i = 0; i < c->report.refusal_count; i++) {
    const struct kz_edit_refusal *refusal = &c->report.refusals[i];
    char message[KZ_ERR_TEXT];
    char uuid[KZ_UUID_TEXT];
    snprintf(message, sizeof message, "%s %.*s: %s", refusal->noun,
             KZ_STR_ARG(kz_uuid_format(&refusal->uuid, uuid)),
             refusal->message);
    add_error(im, c->parcel->file, &c->parcel->sources[c->source].place,
              message);
  }
  pthread_mutex_lock(&im->lock);
  im->report->attributes += c->report.attributes;
  im->report->objects += c->report.objects;
  if (rc == KZ_UNCHANGED) {
    im->report->skipped++;
  } else if (c->report.is_new) {
    im->report->events++;
  } else {
    im->report->updated++;
  }
  pthread_mutex_unlock(&im->lock);
}

/* Whether the event may come in; its sharing groups become ours. */
static kz_rc admit(struct worker *w, struct kz_event *event,
                   struct kz_err *err) {
  const struct kz_sharing sharing = {.groups = w->im->house->groups,
                                     .sees_all = true,
                                     .may_add = true,
                                     .is_foreign = !w->im->options->is_ours,
                                     .arena = w->arena};
  kz_rc rc =
      kz_blocks_check(w->im->house->blocks, &event->uuid, &event->orgc, err);
  return rc == KZ_OK ? kz_sharing_event(&sharing, event, err) : rc;
}

/* Completes an event and lets the caller have his say. */
static kz_rc make_ready(struct worker *w, struct kz_event *event,
                        struct kz_err *err) {
  const struct kz_ingest_options *options = w->im->options;
  const struct kz_completion completion = {.known_at = options->known_at,
                                           .org = &options->org,
                                           .keeps_owner = options->is_ours};
  kz_complete_event(&completion, event);
  kz_rc rc = admit(w, event, err);
  return rc == KZ_OK && options->adapt
             ? options->adapt(options->ctx, event, w->arena, err)
             : rc;
}

static void take_carefully(struct worker *w, const struct origin *origin) {
  struct careful c = {
      .worker = w, .parcel = origin->parcel, .source = origin->source};
  struct kz_err err = KZ_ERR_NONE;
  kz_arena_reset(w->arena);
  /* Without report: its problems were reported when it was read first. */
  struct kz_misp_input input = {
      .text = {origin->parcel->text.ptr +
                   origin->parcel->sources[origin->source].at,
               origin->parcel->sources[origin->source].len},
      .arena = w->arena,
      .need_uuid = true,
  };
  kz_rc rc = kz_misp_read_event(w->reader, &input, &c.event, &err);
  if (rc == KZ_OK) {
    rc = make_ready(w, &c.event, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(w->im->house->store, import_careful, &c, &err);
  }
  if (rc == KZ_OK || rc == KZ_UNCHANGED) {
    count_careful(w->im, &c, rc);
  } else if (rc == KZ_E_CONFLICT || rc == KZ_E_INPUT || rc == KZ_E_LIMIT ||
             rc == KZ_E_DENIED) {
    add_error(w->im, c.parcel->file, &c.parcel->sources[c.source].place,
              err.text);
  } else {
    fail(w->im, rc, &err);
  }
  kz_edit_report_done(&c.report);
}

static void release(struct worker *w) {
  kz_prepare_clear(&w->batch);
  while (w->held) {
    struct parcel *p = w->held;
    w->held = p->next;
    free_parcel(p);
  }
  w->held_bytes = 0;
  kz_arena_reset(w->origins);
}

/* Hands the batch to the writer, then the refused events one by one. */
static void take_batch(struct worker *w) {
  struct import *im = w->im;
  struct kz_err err = KZ_ERR_NONE;
  if (w->batch.count > 0 && !is_stopped(im)) {
    kz_rc rc = kz_store_take(im->house->store, &w->batch, &err);
    if (rc != KZ_OK) {
      fail(im, rc, &err);
    }
    uint64_t events = 0;
    uint64_t attributes = 0;
    uint64_t objects = 0;
    for (size_t i = 0; rc == KZ_OK && i < w->batch.count; i++) {
      const struct kz_prepared_event *e = &w->batch.events[i];
      if (!e->refused) {
        events++;
        attributes += e->row_count;
        objects += e->objects;
      }
    }
    pthread_mutex_lock(&im->lock);
    im->report->events += events;
    im->report->attributes += attributes;
    im->report->objects += objects;
    im->report->repeated += w->repeated;
    pthread_mutex_unlock(&im->lock);
    w->repeated = 0;
    for (size_t i = 0; rc == KZ_OK && i < w->batch.count; i++) {
      if (w->batch.events[i].refused && !is_stopped(im)) {
        take_carefully(w, w->batch.events[i].source);
      }
    }
  }
  release(w);
}

static void prepare_source(struct worker *w, struct parcel *p, size_t i) {
  struct kz_event event;
  struct kz_err err = KZ_ERR_NONE;
  kz_arena_reset(w->arena);
  if (read_source(w, p, i, &event) != KZ_OK) {
    return; /* reported */
  }
  kz_rc rc = make_ready(w, &event, &err);
  if (rc == KZ_UNCHANGED) {
    pthread_mutex_lock(&w->im->lock);
    w->im->report->left_out++;
    pthread_mutex_unlock(&w->im->lock);
    return;
  }
  struct origin *origin =
      rc == KZ_OK ? kz_arena_alloc(w->origins, sizeof *origin) : NULL;
  if (rc == KZ_OK && !origin) {
    rc = KZ_E_MEMORY;
  }
  if (rc == KZ_OK) {
    kz_warn_count(w->warn, &event, w->warned);
    *origin = (struct origin){.parcel = p, .source = i};
    rc = kz_prepare_add(&w->batch, &event, origin, &err);
  }
  if (rc != KZ_OK) {
    add_error(w->im, p->file, &p->sources[i].place,
              err.text[0] ? err.text : "out of memory");
  }
  atomic_fetch_add(&w->im->progress->attributes,
                   kz_event_attributes_total(&event));
}

static void *parse(void *ctx) {
  struct worker *w = ctx;
  void *item = NULL;
  kz_actor_set(&w->im->actor);
  while (kz_queue_pop(w->im->parcels, &item) == KZ_OK) {
    struct parcel *p = item;
    p->next = w->held;
    w->held = p;
    w->held_bytes += p->text.len;
    for (size_t i = 0; i < p->count && !is_stopped(w->im); i++) {
      prepare_source(w, p, i);
    }
    if (w->batch.delta.row_count >= BATCH_ROWS || w->held_bytes >= BATCH_TEXT ||
        is_stopped(w->im)) {
      take_batch(w);
    }
  }
  take_batch(w);
  return NULL;
}

static void worker_done(struct worker *w) {
  size_t lists = kz_warn_eye_lists(w->im->warn);
  pthread_mutex_lock(&w->im->lock);
  for (size_t i = 0; w->warned && i < lists; i++) {
    w->im->warned[i] += w->warned[i];
  }
  pthread_mutex_unlock(&w->im->lock);
  release(w);
  kz_warn_eye_free(w->warn);
  free(w->warned);
  kz_prepare_done(&w->batch);
  kz_misp_reader_free(w->reader);
  kz_arena_free(w->arena);
  kz_arena_free(w->origins);
}

static kz_rc worker_init(struct worker *w, struct import *im) {
  *w = (struct worker){.im = im};
  w->reader = kz_misp_reader_new(ARENA_BYTES);
  w->arena = kz_arena_new(ARENA_BYTES);
  w->origins = kz_arena_new(ARENA_BYTES);
  kz_rc rc = kz_prepare_init(&w->batch, kz_store_dict(im->house->store));
  w->warn = kz_warn_eye_again(im->warn);
  w->warned = calloc(kz_warn_eye_lists(im->warn) + 1, sizeof *w->warned);
  if (rc != KZ_OK || !w->reader || !w->arena || !w->origins || !w->warn ||
      !w->warned) {
    worker_done(w);
    return KZ_E_MEMORY;
  }
  return KZ_OK;
}

/* --- the reading thread ----------------------------------------------------
 */

static kz_rc send_parcel(struct import *im) {
  struct parcel *p = im->open;
  im->open = NULL;
  if (p && p->count > 0 && kz_queue_push(im->parcels, p) == KZ_OK) {
    return KZ_OK;
  }
  free_parcel(p);
  return KZ_OK;
}

static kz_rc open_parcel(struct import *im) {
  if (!im->open) {
    im->open = calloc(1, sizeof *im->open);
    if (!im->open) {
      return KZ_E_MEMORY;
    }
    kz_buf_init(&im->open->text, (size_t)EVENT_BYTES * 2);
    im->open->file = im->file;
  }
  struct parcel *p = im->open;
  if (p->count == p->room) {
    size_t room = p->room ? p->room * 2 : 64;
    struct source *sources = reallocarray(p->sources, room, sizeof *sources);
    if (!sources) {
      return KZ_E_MEMORY;
    }
    p->sources = sources;
    p->room = room;
  }
  return KZ_OK;
}

static kz_rc add_source(struct import *im, struct source source, kz_str text) {
  struct parcel *p = im->open;
  source.at = p->text.len;
  source.len = text.len;
  p->sources[p->count++] = source;
  if (!kz_buf_add_str(&p->text, text)) {
    return KZ_E_MEMORY;
  }
  return p->text.len >= PARCEL_BYTES ? send_parcel(im) : KZ_OK;
}

static kz_rc take_event(void *ctx, kz_str text,
                        const struct kz_json_place *place) {
  struct import *im = ctx;
  if (is_stopped(im)) {
    return KZ_E_STOPPED;
  }
  atomic_store(&im->progress->bytes,
               im->bytes_before + kz_stream_taken(im->stream));
  kz_rc rc = open_parcel(im);
  return rc == KZ_OK ? add_source(im, (struct source){.place = *place}, text)
                     : rc;
}

static void take_split_problem(void *ctx, const struct kz_json_place *place,
                               const char *message) {
  struct import *im = ctx;
  add_error(im, im->file, place, message);
}

static kz_rc feed_stream(struct kz_stream *stream, struct kz_misp_split *split,
                         struct kz_err *err) {
  char *piece = malloc(STREAM_PIECE);
  kz_rc rc = piece ? KZ_OK : KZ_E_MEMORY;
  while (rc == KZ_OK) {
    size_t len = 0;
    rc = kz_stream_read(stream, piece, STREAM_PIECE, &len, err);
    if (rc == KZ_OK) {
      rc = kz_misp_split_feed(split, (kz_str){piece, len});
    }
  }
  free(piece);
  return rc == KZ_END ? kz_misp_split_end(split) : rc;
}

static kz_rc read_file(struct import *im, const char *path) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_stream *stream = NULL;
  if (kz_arena_dup(im->arena, kz_str_of(path), &im->file) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  kz_rc rc = kz_stream_open(path, FILE_BYTES_MAX, &stream, &err);
  if (rc == KZ_OK) {
    const struct kz_misp_split_sink sink = {
        .ctx = im, .event = take_event, .problem = take_split_problem};
    struct kz_misp_split *split = kz_misp_split_new(&sink, EVENT_BYTES);
    im->stream = stream;
    rc = split ? feed_stream(stream, split, &err) : KZ_E_MEMORY;
    kz_misp_split_free(split);
    im->bytes_before += kz_stream_size(stream);
    im->stream = NULL;
    atomic_store(&im->progress->bytes, im->bytes_before);
  }
  kz_stream_close(stream);
  pthread_mutex_lock(&im->lock);
  im->report->files++;
  pthread_mutex_unlock(&im->lock);
  if (rc == KZ_E_MEMORY || rc == KZ_E_STOPPED) {
    return rc;
  }
  if (rc != KZ_OK) {
    add_error(im, im->file, NULL, err.text);
  }
  return send_parcel(im);
}

/* What in a folder is not events: a feed's own files. */
static bool is_importable(kz_str path) {
  size_t slash = kz_str_rfind_byte(path, '/');
  kz_str name = slash == SIZE_MAX ? path : kz_str_from(path, slash + 1);
  if (kz_str_eq(name, KZ_STR("manifest.json"))) {
    return false;
  }
  const kz_str ends[] = {KZ_STR(".gz"), KZ_STR(".zst")};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    if (kz_str_ends(name, ends[i])) {
      name.len -= ends[i].len;
    }
  }
  return kz_str_ends(name, KZ_STR(".json")) ||
         kz_str_ends(name, KZ_STR(".ndjson")) ||
         kz_str_ends(name, KZ_STR(".jsonl"));
}

static kz_rc visit_file(void *ctx, const char *path, struct kz_err *err) {
  (void)err;
  return is_importable(kz_str_of(path)) ? read_file(ctx, path) : KZ_OK;
}

static kz_rc add_size(void *ctx, const char *path, struct kz_err *err) {
  (void)err;
  struct import *im = ctx;
  struct stat st;
  if (is_importable(kz_str_of(path)) && stat(path, &st) == 0) {
    atomic_fetch_add(&im->progress->total_bytes, (uint64_t)st.st_size);
  }
  return KZ_OK;
}

/* Walks a path: a folder's files, or the file itself whatever its name. */
static kz_rc read_path(struct import *im, kz_str path, bool only_size) {
  char *name = strndup(path.ptr, path.len);
  struct stat st;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = KZ_E_MEMORY;
  if (name && stat(name, &st) == 0 && S_ISDIR(st.st_mode)) {
    rc = kz_folder_walk(name, only_size ? add_size : visit_file, im, &err);
  } else if (name && only_size) {
    if (stat(name, &st) == 0) {
      atomic_fetch_add(&im->progress->total_bytes, (uint64_t)st.st_size);
    }
    rc = KZ_OK;
  } else if (name) {
    rc = read_file(im, name);
  }
  free(name);
  if (rc != KZ_OK && rc != KZ_E_MEMORY && rc != KZ_E_STOPPED) {
    if (!only_size) {
      add_error(im, path, NULL, err.text);
    }
    rc = KZ_OK;
  }
  return rc;
}

static kz_rc read_paths(struct import *im, const kz_str *paths, size_t count) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = read_path(im, paths[i], true);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = read_path(im, paths[i], false);
  }
  return rc;
}

/* --- the verb --------------------------------------------------------------
 */

/* What reads: fills parcels until there is nothing more. */
typedef kz_rc read_all(void *ctx, struct import *im);

static kz_rc run_threads(struct import *im, read_all *read, void *ctx) {
  struct worker workers[WORKERS_MAX];
  size_t wanted = im->house->threads < 2             ? 2
                  : im->house->threads > WORKERS_MAX ? WORKERS_MAX
                                                     : im->house->threads;
  size_t started = 0;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && started < wanted) {
    rc = worker_init(&workers[started], im);
    if (rc == KZ_OK && pthread_create(&workers[started].thread, NULL, parse,
                                      &workers[started]) != 0) {
      worker_done(&workers[started]);
      rc = KZ_E_INTERNAL;
    }
    started += rc == KZ_OK;
  }
  if (rc == KZ_OK) {
    rc = read(ctx, im);
    free_parcel(im->open);
    im->open = NULL;
  }
  if (rc != KZ_OK) {
    atomic_store(&im->progress->stop, true);
  }
  kz_queue_close(im->parcels);
  for (size_t i = 0; i < started; i++) {
    pthread_join(workers[i].thread, NULL);
    worker_done(&workers[i]);
  }
  return rc;
}

/* What the lists knew, into the report. */
static kz_rc tell_warnings(struct import *im) {
  size_t lists = kz_warn_eye_lists(im->warn);
  struct kz_ingest_report *r = im->report;
  r->warnings = kz_arena_array(im->arena, lists + 1, sizeof *r->warnings);
  if (!r->warnings) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < lists; i++) {
    const struct kz_warn_head *head = kz_warn_head_of(im->warn, (uint32_t)i);
    struct kz_ingest_warning *warning = &r->warnings[r->warning_count];
    if (im->warned[i] == 0) {
      continue;
    }
    *warning = (struct kz_ingest_warning){.list = head->id,
                                          .attributes = im->warned[i]};
    if (kz_arena_dup(im->arena, head->name, &warning->name) != KZ_OK) {
      return KZ_E_MEMORY;
    }
    r->warning_count++;
  }
  return KZ_OK;
}

static kz_rc run(struct import *im, read_all *read, void *ctx) {
  kz_rc rc = kz_warn_eye_new(im->house->warninglists, &im->warn, &im->err);
  if (rc != KZ_OK) {
    im->rc = rc;
    return rc;
  }
  im->warned = calloc(kz_warn_eye_lists(im->warn) + 1, sizeof *im->warned);
  rc = im->warned ? run_threads(im, read, ctx) : KZ_E_MEMORY;
  return rc == KZ_OK ? tell_warnings(im) : rc;
}

struct kz_ingest_run {
  struct import import;
};

static kz_rc ingest(struct import *im, read_all *read, void *ctx,
                    struct kz_ingest_report **ret_report, struct kz_err *err) {
  im->actor = kz_actor_now();
  im->parcels = kz_queue_new(PARCELS_WAITING);
  im->report = kz_ingest_report_new(&im->arena);
  kz_rc rc = im->report && im->parcels ? KZ_OK : KZ_E_MEMORY;
  pthread_mutex_init(&im->lock, NULL);
  if (rc == KZ_OK) {
    rc = run(im, read, ctx);
  }
  kz_warn_eye_free(im->warn);
  free(im->warned);
  kz_queue_free(im->parcels);
  pthread_mutex_destroy(&im->lock);
  if (im->rc != KZ_OK) {
    rc = im->rc;
  }
  if (rc != KZ_OK) {
    kz_ingest_report_done(im->report);
    return kz_err_set(err, rc, "import: %s",
                      im->rc != KZ_OK      ? im->err.text
                      : rc == KZ_E_STOPPED ? "stopped"
                                           : "out of memory");
  }
  *ret_report = im->report;
  return KZ_OK;
}

struct paths {
  const kz_str *items;
  size_t count;
};

static kz_rc read_all_paths(void *ctx, struct import *im) {
  const struct paths *paths = ctx;
  return read_paths(im, paths->items, paths->count);
}

kz_rc kz_ingest(struct kz_house *house, const kz_str *paths, size_t path_count,
                const struct kz_ingest_options *options,
                struct kz_ingest_progress *progress,
                struct kz_ingest_report **ret_report, struct kz_err *err) {
  struct paths all = {paths, path_count};
  struct import im = {.house = house, .options = options, .progress = progress};
  return ingest(&im, read_all_paths, &all, ret_report, err);
}

static kz_rc read_source_feed(void *ctx, struct import *im) {
  const struct kz_ingest_source *source = ctx;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_arena_dup(im->arena, source->file, &im->file) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  im->report->files = 1;
  kz_rc rc =
      source->feed(source->ctx, (struct kz_ingest_run *)(void *)im, &err);
  if (rc != KZ_OK && rc != KZ_E_STOPPED) {
    fail(im, rc, &err);
  }
  return rc == KZ_OK ? send_parcel(im) : rc;
}

kz_rc kz_ingest_from(struct kz_house *house,
                     const struct kz_ingest_source *source,
                     const struct kz_ingest_options *options,
                     struct kz_ingest_progress *progress,
                     struct kz_ingest_report **ret_report, struct kz_err *err) {
  struct kz_ingest_source own = *source;
  struct kz_ingest_run run = {
      {.house = house, .options = options, .progress = progress}};
  return ingest(&run.import, read_source_feed, &own, ret_report, err);
}

static kz_rc keep_rows(struct parcel *p, const struct kz_json_place *rows,
                       size_t count) {
  if (count > p->rows_room - p->rows_used) {
    size_t room = p->rows_room + count + p->rows_room / 2;
    struct kz_json_place *grown = reallocarray(p->rows, room, sizeof *grown);
    if (!grown) {
      return KZ_E_MEMORY;
    }
    p->rows = grown;
    p->rows_room = room;
  }
  memcpy(p->rows + p->rows_used, rows, count * sizeof *rows);
  p->rows_used += count;
  return KZ_OK;
}

kz_rc kz_ingest_give(struct kz_ingest_run *run, kz_str text,
                     const struct kz_json_place *rows, size_t row_count) {
  struct import *im = &run->import;
  if (is_stopped(im)) {
    return KZ_E_STOPPED;
  }
  kz_rc rc = open_parcel(im);
  struct source source = {.place = rows[0], .row_count = row_count};
  if (rc == KZ_OK) {
    source.first_row = im->open->rows_used;
    rc = keep_rows(im->open, rows, row_count);
  }
  return rc == KZ_OK ? add_source(im, source, text) : rc;
}

void kz_ingest_tell(struct kz_ingest_run *run,
                    const struct kz_json_place *place, const char *message) {
  add_error(&run->import, run->import.file, place, message);
}
