#include "api/native_job.h"

#include <stdlib.h>

#include "api/call.h"
#include "api/jobs.h"
#include "api/shape.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/sql_client.h"
#include "store/verify.h"
#include "work/ingest.h"
#include "work/move_in.h"

enum {
  OWN_MAX = 16 << 20,   /* bytes of one piece of an answer */
  PATHS_MAX = 64 << 20, /* bytes of all paths */
  PIECE = 64 << 10,
};

/* --- import ----------------------------------------------------------------
 */

struct import {
  struct kz_house *house;
  struct kz_arena *arena; /* the paths */
  kz_str *paths;
  size_t path_count;
  kz_str database; /* of a MISP, instead of paths; ptr NULL: none */
  struct kz_ingest_options options;
  struct kz_ingest_progress progress;
  int64_t started_us;
  struct kz_ingest_report *report; /* when it is done */
  kz_rc rc;
  struct kz_err err;
  /* The telling: */
  struct kz_buf own;
  struct kz_jsonw w;
  bool is_begun;
  size_t next_error;
};

static void run_import(void *ctx) {
  struct import *im = ctx;
  im->rc = im->database.ptr
               ? kz_move_in(im->house, im->database, &im->options,
                            &im->progress, &im->report, &im->err)
               : kz_ingest(im->house, im->paths, im->path_count, &im->options,
                           &im->progress, &im->report, &im->err);
  if (im->rc == KZ_OK) {
    KZ_LOG(KZ_LOG_INFO, kz_log_event("imported"),
           kz_log_count("files", (int64_t)im->report->files),
           kz_log_count("events", (int64_t)im->report->events),
           kz_log_count("attributes", (int64_t)im->report->attributes),
           kz_log_count("errors", (int64_t)im->report->error_count));
  } else {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("import"), kz_log_err(&im->err));
  }
}

static void stop_import(void *ctx) {
  struct import *im = ctx;
  atomic_store(&im->progress.stop, true);
}

static void free_import(void *ctx) {
  struct import *im = ctx;
  if (im) {
    kz_ingest_report_done(im->report);
    kz_arena_free(im->arena);
    kz_buf_done(&im->own);
    free(im);
  }
}

static void write_progress(struct import *im) {
  uint64_t bytes = atomic_load(&im->progress.bytes);
  uint64_t total = atomic_load(&im->progress.total_bytes);
  uint64_t attributes = atomic_load(&im->progress.attributes);
  double seconds = (double)(kz_clock_monotonic_us() - im->started_us) / 1e6;
  double left = bytes > 0 && total > bytes
                    ? seconds * (double)(total - bytes) / (double)bytes
                    : 0;
  struct kz_jsonw *w = &im->w;
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("progress"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("bytes"), bytes);
  kz_jsonw_member_u64(w, KZ_STR("total_bytes"), total);
  kz_jsonw_member_u64(w, KZ_STR("attributes"), attributes);
  kz_jsonw_member_u64(w, KZ_STR("rate"),
                      seconds > 0 ? (uint64_t)((double)attributes / seconds)
                                  : 0);
  kz_jsonw_member_u64(w, KZ_STR("eta_s"), (uint64_t)left);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static void write_failure(struct import *im) {
  kz_jsonw_object(&im->w);
  kz_shape_write_error(&im->w, im->rc, kz_str_of(im->err.text));
  kz_jsonw_object_end(&im->w);
}

static void begin_summary(struct import *im) {
  const struct kz_ingest_report *r = im->report;
  struct kz_jsonw *w = &im->w;
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("summary"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("files"), r->files);
  kz_jsonw_member_u64(w, KZ_STR("events"), r->events);
  kz_jsonw_member_u64(w, KZ_STR("attributes"), r->attributes);
  kz_jsonw_member_u64(w, KZ_STR("objects"), r->objects);
  kz_jsonw_member_u64(w, KZ_STR("updated"), r->updated);
  kz_jsonw_member_u64(w, KZ_STR("skipped"), r->skipped);
  kz_jsonw_member_u64(w, KZ_STR("repeated"), r->repeated);
  kz_jsonw_member_u64(w, KZ_STR("error_count"), r->error_count);
  if (r->warning_count > 0) {
    kz_jsonw_key(w, KZ_STR("warninglists"));
    kz_jsonw_array(w);
    for (size_t i = 0; i < r->warning_count; i++) {
      kz_jsonw_object(w);
      kz_jsonw_member_u64(w, KZ_STR("id"), r->warnings[i].list);
      kz_jsonw_member_str(w, KZ_STR("name"), r->warnings[i].name);
      kz_jsonw_member_u64(w, KZ_STR("attributes"), r->warnings[i].attributes);
      kz_jsonw_object_end(w);
    }
    kz_jsonw_array_end(w);
  }
  if (im->database.ptr) {
    kz_jsonw_member_u64(w, KZ_STR("organisations"), r->orgs);
    kz_jsonw_member_u64(w, KZ_STR("users"), r->users);
    kz_jsonw_member_u64(w, KZ_STR("sharing_groups"), r->groups);
    kz_jsonw_member_u64(w, KZ_STR("proposals"), r->proposals);
    kz_jsonw_member_u64(w, KZ_STR("clusters"), r->clusters);
  }
  kz_jsonw_key(w, KZ_STR("errors"));
  kz_jsonw_array(w);
}

/* The errors a piece at a time; whether all are written. */
static bool write_errors(struct import *im) {
  const struct kz_ingest_report *r = im->report;
  struct kz_jsonw *w = &im->w;
  while (im->next_error < r->listed && im->own.len < PIECE) {
    const struct kz_ingest_error *e = &r->errors[im->next_error++];
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("file"), e->file);
    kz_jsonw_member_u64(w, KZ_STR("line"), e->line);
    kz_jsonw_member_u64(w, KZ_STR("byte"), e->byte);
    kz_jsonw_member_str(w, KZ_STR("message"), e->message);
    kz_jsonw_object_end(w);
  }
  return im->next_error == r->listed;
}

static kz_rc write_end(struct import *im) {
  if (im->rc != KZ_OK) {
    write_failure(im);
    return KZ_END;
  }
  if (!im->is_begun) {
    begin_summary(im);
    im->is_begun = true;
  }
  if (!write_errors(im)) {
    return KZ_OK;
  }
  kz_jsonw_array_end(&im->w);
  kz_jsonw_object_end(&im->w);
  kz_jsonw_object_end(&im->w);
  return KZ_END;
}

static kz_rc tell_import(void *ctx, bool is_done, struct kz_buf *out) {
  struct import *im = ctx;
  kz_rc rc = KZ_OK;
  if (is_done) {
    rc = write_end(im);
  } else {
    write_progress(im);
  }
  if (!is_done || rc == KZ_END) {
    kz_buf_add_byte(&im->own, '\n');
  }
  if (kz_buf_failed(&im->own) || !kz_buf_add_str(out, kz_buf_str(&im->own))) {
    rc = KZ_E_MEMORY;
  }
  kz_buf_clear(&im->own);
  return rc;
}

static kz_rc read_known_at(const struct kz_shape_member *member,
                           enum kz_known_at *ret, struct kz_err *err) {
  static const char *const words[] = {"now", "publish", "date"};
  if (member->count == 0) {
    *ret = KZ_KNOWN_NOW;
    return KZ_OK;
  }
  for (unsigned i = 0; i < 3; i++) {
    if (kz_str_eq(member->values[0], kz_str_of(words[i]))) {
      *ret = (enum kz_known_at)i;
      return KZ_OK;
    }
  }
  return kz_err_set(err, KZ_E_INPUT, "known_at: now, publish or date is due");
}

/* A file of the server's, or with `or_address` a database's address. */
static kz_rc copy_path(struct import *im, kz_str path, bool or_address,
                       kz_str *ret, struct kz_err *err) {
  bool is_good =
      path.len > 0 && kz_str_find_byte(path, '\0') == SIZE_MAX &&
      (path.ptr[0] == '/' || (or_address && kz_sql_is_address(path)));
  if (!is_good) { /* an address that is not told may have a password in it */
    return kz_err_set(
        err, KZ_E_INPUT, "\"%.*s\" is not an absolute path",
        KZ_STR_ARG(or_address ? KZ_STR("misp_db") : kz_str_head(path, 200)));
  }
  return kz_arena_dup(im->arena, path, ret) == KZ_OK
             ? KZ_OK
             : kz_err_set(err, KZ_E_MEMORY, "too many paths");
}

/* Copies the paths: the import may outlive its request. */
static kz_rc copy_paths(struct import *im, const struct kz_shape_member *paths,
                        struct kz_err *err) {
  if (paths->count == 0) {
    return kz_err_set(err, KZ_E_INPUT, "paths: at least one is due");
  }
  im->paths = kz_arena_array(im->arena, paths->count, sizeof *im->paths);
  im->path_count = paths->count;
  for (size_t i = 0; i < paths->count; i++) {
    if (!im->paths) {
      return kz_err_set(err, KZ_E_MEMORY, "too many paths");
    }
    kz_rc rc = copy_path(im, paths->values[i], false, &im->paths[i], err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return KZ_OK;
}

static kz_rc read_import(struct import *im, const struct kz_request *request,
                         bool is_owner, struct kz_err *err) {
  struct kz_shape_member members[] = {
      {.name = "paths"}, {.name = "known_at"}, {.name = "misp_db"}};
  kz_rc rc = kz_shape_read(request->body, request->arena, members, 3, err);
  if (rc == KZ_OK) {
    rc = read_known_at(&members[1], &im->options.known_at, err);
  }
  if (rc == KZ_OK && members[2].count == 1 && members[0].count == 0) {
    return is_owner
               ? copy_path(im, members[2].values[0], true, &im->database, err)
               : kz_err_set(err, KZ_E_DENIED,
                            "only the owner of the machine may move a "
                            "database in, over the Unix socket");
  }
  return rc == KZ_OK ? copy_paths(im, &members[0], err) : rc;
}

void kz_native_import(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_stream stream;
  struct kz_err err = KZ_ERR_NONE;
  if (!call->is_owner && !call->user->viewer.sees_all) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("only an administrator may import from the "
                           "server's own files"));
    return;
  }
  struct import *im = calloc(1, sizeof *im);
  kz_rc rc = im ? KZ_OK : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    kz_buf_init(&im->own, OWN_MAX);
    kz_jsonw_init(&im->w, &im->own);
    im->house = call->house;
    im->options.org = call->user->org;
    im->started_us = kz_clock_monotonic_us();
    im->arena = kz_arena_new(PATHS_MAX);
    rc = im->arena ? read_import(im, request, call->is_owner, &err)
                   : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  }
  if (rc != KZ_OK) {
    free_import(im);
  } else {
    rc = kz_jobs_start(call->jobs,
                       &(struct kz_job){.ctx = im,
                                        .run = run_import,
                                        .tell = tell_import,
                                        .stop = stop_import,
                                        .free = free_import},
                       &stream, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_reply_stream(reply, KZ_STR("application/x-ndjson"), &stream);
}

/* --- verify ----------------------------------------------------------------
 */

struct check {
  struct kz_house *house;
  struct kz_verify_report report;
  kz_rc rc;
  struct kz_err err;
};

static void run_check(void *ctx) {
  struct check *c = ctx;
  c->rc = kz_verify(c->house->store, NULL, NULL, &c->report, &c->err);
}

/* It cannot be cut short and is waited for. */
static void stop_check(void *ctx) {
  (void)ctx;
}

static void write_report(struct kz_jsonw *w, const struct check *c) {
  const struct kz_verify_report *r = &c->report;
  kz_jsonw_object(w);
  if (c->rc != KZ_OK) {
    kz_shape_write_error(w, c->rc, kz_str_of(c->err.text));
    kz_jsonw_object_end(w);
    return;
  }
  kz_jsonw_member_u64(w, KZ_STR("keys"), r->keys);
  kz_jsonw_member_u64(w, KZ_STR("events"), r->events);
  kz_jsonw_member_u64(w, KZ_STR("attributes"), r->attributes);
  kz_jsonw_member_u64(w, KZ_STR("segments"), r->segments);
  kz_jsonw_member_u64(w, KZ_STR("problems"), r->problems);
  kz_jsonw_key(w, KZ_STR("listed"));
  kz_jsonw_array(w);
  for (uint64_t i = 0; i < r->problems && i < KZ_VERIFY_LISTED; i++) {
    kz_jsonw_str(w, kz_str_of(r->listed[i]));
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

/* White space before the answer keeps the connection alive. */
static kz_rc tell_check(void *ctx, bool is_done, struct kz_buf *out) {
  struct kz_jsonw w;
  if (!is_done) {
    return kz_buf_add_byte(out, '\n') ? KZ_OK : KZ_E_MEMORY;
  }
  KZ_BUF(json, OWN_MAX);
  kz_jsonw_init(&w, &json);
  write_report(&w, ctx);
  kz_buf_add_byte(&json, '\n');
  return !kz_buf_failed(&json) && kz_buf_add_str(out, kz_buf_str(&json))
             ? KZ_END
             : KZ_E_MEMORY;
}

void kz_native_verify(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  (void)match;
  struct kz_stream stream;
  struct kz_err err = KZ_ERR_NONE;
  if (!call->is_owner) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("only the owner of the machine may do this, over "
                           "the Unix socket"));
    return;
  }
  struct check *c = calloc(1, sizeof *c);
  kz_rc rc = c ? KZ_OK : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    c->house = call->house;
    rc = kz_jobs_start(call->jobs,
                       &(struct kz_job){.ctx = c,
                                        .run = run_check,
                                        .tell = tell_check,
                                        .stop = stop_check,
                                        .free = free},
                       &stream, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_reply_stream(reply, KZ_STR("application/json"), &stream);
}
