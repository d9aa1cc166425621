/* The first who asks gets the export while it is made and written to a file;
 * a file that cannot be written stops nobody's answer. */
#include "api/native_export.h"

#include <stdlib.h>
#include <unistd.h>

#include "api/call.h"
#include "api/shape.h"
#include "base/file.h"
#include "base/log.h"
#include "work/export.h"
#include "work/export_file.h"

enum { SLICE = 256 << 10 };

/* --- sending ---------------------------------------------------------------
 */

/* An answer on its way: out of an export, or out of a file. */
struct sending {
  struct kz_arena *arena; /* the settings' texts */
  struct kz_export *export;
  struct kz_export_file *file; /* being written; NULL: not any more */
  int fd;                      /* being read; -1: none */
};

static void end_file(struct sending *s, const struct kz_err *err) {
  if (err) {
    KZ_LOG(KZ_LOG_WARNING, kz_log_event("export-file"), kz_log_err(err));
  }
  kz_export_file_free(s->file);
  s->file = NULL;
}

static kz_rc fill_export(struct sending *s, struct kz_buf *out) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_export_fill(s->export, out, &err);
  if (rc < 0) {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("export"), kz_log_err(&err));
    return rc;
  }
  if (s->file && kz_export_file_add(s->file, kz_buf_str(out), &err) != KZ_OK) {
    end_file(s, &err);
  }
  if (rc == KZ_END && s->file) {
    kz_rc kept = kz_export_file_keep(s->file, &err);
    end_file(s, kept < 0 ? &err : NULL);
  }
  return rc;
}

static kz_rc fill(void *ctx, struct kz_buf *out) {
  struct sending *s = ctx;
  if (s->fd < 0) {
    return fill_export(s, out);
  }
  char *room = kz_buf_room(out, SLICE);
  if (!room) {
    return KZ_E_MEMORY;
  }
  ssize_t n = read(s->fd, room, SLICE);
  if (n < 0) {
    return KZ_E_IO;
  }
  out->len += (size_t)n;
  return n == 0 ? KZ_END : KZ_OK;
}

static void end(void *ctx, kz_rc how) {
  struct sending *s = ctx;
  (void)how;
  kz_export_free(s->export);
  kz_export_file_free(s->file);
  kz_arena_free(s->arena);
  if (s->fd >= 0) {
    (void)close(s->fd);
  }
  free(s);
}

/* Begins an export of everything that the caller sees, and its file. */
static kz_rc begin_export(const struct kz_call *call,
                          const struct kz_export_name *name, struct sending *s,
                          struct kz_export_format *format, struct kz_err *err) {
  static const struct kz_search everything = {.where = NULL};
  struct kz_err why = KZ_ERR_NONE;
  s->arena = kz_arena_new(1 << 20);
  if (!s->arena) {
    return kz_err_set(err, KZ_E_MEMORY, "export: out of memory");
  }
  kz_export_settings(call->house, s->arena, &format->settings);
  kz_rc rc = kz_export_new(call->house, &call->user->viewer, &everything,
                           format, &s->export, err);
  if (rc == KZ_OK &&
      kz_export_file_new(call->house, name, &s->file, &why) != KZ_OK) {
    end_file(s, &why);
  }
  return rc;
}

void kz_native_export_saved(void *ctx, const struct kz_request *request,
                            const struct kz_route_match *match,
                            struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_export_format format;
  uint64_t bytes = 0;
  KZ_BUF(tag, 256);
  const struct kz_export_name name = {
      .user = call->user->id,
      .format = kz_route_capture(match, KZ_STR("format")),
      .generation = kz_export_file_now(call->house),
  };
  struct sending *s = calloc(1, sizeof *s);
  kz_rc rc = s ? kz_export_format(name.format, &format, &err) : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    free(s);
    kz_shape_fail(reply, rc, &err);
    return;
  }
  s->fd = -1;
  kz_buf_add_format(&tag, "%llu-%llu-%.*s", (unsigned long long)name.generation,
                    (unsigned long long)name.user, KZ_STR_ARG(name.format));
  if (kz_reply_etag(reply, request, kz_buf_str(&tag))) {
    end(s, KZ_END);
    return;
  }
  if (kz_export_file_open(call->house, &name, &s->fd, &bytes, NULL) != KZ_OK) {
    rc = begin_export(call, &name, s, &format, &err);
  }
  if (rc != KZ_OK) {
    end(s, rc);
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_reply_stream(reply, kz_export_type(&format),
                  &(struct kz_stream){.ctx = s, .fill = fill, .close = end});
}

/* --- list ------------------------------------------------------------------
 */

static void write_format(struct kz_jsonw *w, const struct kz_call *call,
                         kz_str format, uint64_t generation) {
  const struct kz_export_name name = {
      .user = call->user->id, .format = format, .generation = generation};
  KZ_BUF(path, 256);
  uint64_t bytes = 0;
  int fd = -1;
  bool is_ready =
      kz_export_file_open(call->house, &name, &fd, &bytes, NULL) == KZ_OK;
  kz_file_closep(&fd);
  kz_buf_add_str(&path, KZ_STR("/api/exports/"));
  kz_buf_add_str(&path, format);
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("format"), format);
  kz_jsonw_member_str(w, KZ_STR("path"), kz_buf_str(&path));
  kz_jsonw_member_bool(w, KZ_STR("ready"), is_ready);
  kz_jsonw_key(w, KZ_STR("bytes"));
  if (is_ready) {
    kz_jsonw_u64(w, bytes);
  } else {
    kz_jsonw_null(w);
  }
  kz_jsonw_object_end(w);
}

void kz_native_export_list(void *ctx, const struct kz_request *request,
                           const struct kz_route_match *match,
                           struct kz_reply *reply) {
  static const char *const whole[] = {"misp", "ndjson", "xml", "attributes",
                                      "count"};
  const struct kz_call *call = ctx;
  uint64_t generation = kz_export_file_now(call->house);
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  (void)request;
  (void)match;
  kz_jsonw_init(&w, &json);
  kz_jsonw_array(&w);
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
    write_format(&w, call, kz_str_of(whole[i]), generation);
  }
  for (size_t i = 0; kz_exporter_at(i); i++) {
    write_format(&w, call, kz_exporter_name(kz_exporter_at(i)), generation);
  }
  kz_jsonw_array_end(&w);
  kz_shape_answer(reply, &json);
}
