#include "api/native_library.h"

#include "api/call.h"
#include "api/shape.h"
#include "work/library.h"
#include "work/library_update.h"

enum { WORK_BYTES = 256 << 20, PATH_BYTES = 1 << 16 };

/* --- list ------------------------------------------------------------------
 */

static kz_rc write_record(struct kz_jsonw *w, struct kz_shelf *records,
                          uint64_t id, struct kz_err *err) {
  struct kz_jsonv *d = NULL;
  KZ_ARENA(arena, 1 << 20);
  kz_rc rc = arena ? kz_shelf_get(records, id, arena, &d, err) : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  static const char *const texts[] = {"kind", "key", "name", "source"};
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kz_jsonw_member_str(w, kz_str_of(texts[i]),
                        kz_jsonv_text(d, kz_str_of(texts[i])));
  }
  kz_jsonw_member_u64(w, KZ_STR("version"),
                      kz_jsonv_u64(d, KZ_STR("version"), 0));
  kz_jsonw_member_u64(w, KZ_STR("entries"),
                      kz_jsonv_u64(d, KZ_STR("entries"), 0));
  kz_shape_time(w, KZ_STR("taken"),
                (int64_t)kz_jsonv_u64(d, KZ_STR("taken"), 0) * 1000000);
  kz_jsonw_object_end(w);
  return KZ_OK;
}

void kz_native_library_list(void *ctx, const struct kz_request *request,
                            const struct kz_route_match *match,
                            struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_jsonw w;
  struct kz_shelf *records = kz_library_records(call->house->library);
  kz_rc rc = kz_shelf_cards(records, 0, request->arena, &cards, &count);
  kz_jsonw_init(&w, &json);
  kz_jsonw_array(&w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = write_record(&w, records, cards[i].id, &err);
  }
  kz_jsonw_array_end(&w);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_shape_answer(reply, &json);
}

/* --- update ----------------------------------------------------------------
 */

static void write_count(struct kz_jsonw *w, enum kz_library_kind kind,
                        const struct kz_library_count *count) {
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("kind"), kz_library_kind_name(kind));
  kz_jsonw_member_u64(w, KZ_STR("files"), count->files);
  kz_jsonw_member_u64(w, KZ_STR("taken"), count->taken);
  kz_jsonw_member_u64(w, KZ_STR("unchanged"), count->unchanged);
  kz_jsonw_member_u64(w, KZ_STR("broken"), count->broken);
  kz_jsonw_object_end(w);
}

static void write_report(struct kz_jsonw *w,
                         const struct kz_library_report *report) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("kinds"));
  kz_jsonw_array(w);
  for (int k = 0; k < KZ_LIBRARY_KINDS; k++) {
    if (report->counts[k].files > 0) {
      write_count(w, (enum kz_library_kind)k, &report->counts[k]);
    }
  }
  kz_jsonw_array_end(w);
  kz_jsonw_member_u64(w, KZ_STR("problem_count"), report->problem_count);
  kz_jsonw_key(w, KZ_STR("problems"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < report->problem_count && i < KZ_LIBRARY_PROBLEMS;
       i++) {
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("file"), report->problems[i].file);
    kz_jsonw_member_str(w, KZ_STR("message"), report->problems[i].words);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

/* The path of the request, or the one of the configuration. */
static kz_rc read_source(const struct kz_call *call,
                         const struct kz_request *request, struct kz_buf *path,
                         struct kz_err *err) {
  struct kz_shape_member member = {.name = "path"};
  kz_rc rc = kz_shape_read(request->body, request->arena, &member, 1, err);
  if (rc != KZ_OK) {
    return rc;
  }
  const char *configured = call->house->libraries;
  kz_str source = member.count > 0 ? member.values[0]
                                   : kz_str_of(configured ? configured : "");
  if (source.len == 0) {
    return kz_err_set(err, KZ_E_INPUT,
                      "say what to load, or configure a folder (libraries)");
  }
  if (kz_str_find_byte(source, '\0') != SIZE_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "path: that is none");
  }
  return kz_buf_add_str(path, source) && kz_buf_add_byte(path, '\0')
             ? KZ_OK
             : kz_err_set(err, KZ_E_INPUT, "path: it is too long");
}

void kz_native_library_update(void *ctx, const struct kz_request *request,
                              const struct kz_route_match *match,
                              struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_library_report report;
  if (!call->is_owner && !call->user->viewer.sees_all) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("only an administrator may load libraries"));
    return;
  }
  KZ_ARENA(arena, WORK_BYTES);
  KZ_BUF(path, PATH_BYTES);
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_rc rc = arena ? read_source(call, request, &path, &err)
                   : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    rc = kz_library_update(call->house, path.ptr, KZ_LIBRARY_ALL, arena,
                           &report, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_jsonw_init(&w, &json);
  write_report(&w, &report);
  kz_shape_answer(reply, &json);
}
