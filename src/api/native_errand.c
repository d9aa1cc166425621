#include "api/native_errand.h"

#include "api/call.h"
#include "api/misp_call.h"
#include "api/shape.h"
#include "work/errands.h"
#include "work/feeds.h"

enum { LISTED = 100, LISTED_MAX = 10000 };

/* An administrator sees all jobs, others those that they asked for. */
static bool may_see(const struct kz_call *call,
                    const struct kz_errand_view *v) {
  return kz_misp_is_admin(call->user) || v->user == call->user->id;
}

static void write_errand(struct kz_jsonw *w, const struct kz_errand_view *v) {
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("id"), v->id);
  kz_jsonw_member_str(w, KZ_STR("kind"), v->kind);
  kz_jsonw_member_u64(w, KZ_STR("subject"), v->subject);
  kz_jsonw_member_str(w, KZ_STR("detail"), v->detail);
  kz_jsonw_member_u64(w, KZ_STR("user"), v->user);
  kz_jsonw_member_str(w, KZ_STR("state"),
                      kz_str_of(kz_errand_state_name(v->state)));
  kz_jsonw_member_u64(w, KZ_STR("done"), v->done);
  kz_jsonw_member_u64(w, KZ_STR("total"), v->total);
  kz_jsonw_key(w, KZ_STR("rate"));
  kz_jsonw_double(w, v->rate);
  kz_jsonw_key(w, KZ_STR("seconds_left"));
  if (v->left_us < 0) {
    kz_jsonw_null(w);
  } else {
    kz_jsonw_double(w, (double)v->left_us / 1e6);
  }
  kz_shape_time(w, KZ_STR("asked"), v->asked_us);
  kz_shape_time(w, KZ_STR("began"), v->began_us);
  kz_shape_time(w, KZ_STR("ended"), v->ended_us);
  kz_jsonw_member_str(w, KZ_STR("message"), v->message);
}

void kz_native_errand_list(void *ctx, const struct kz_request *request,
                           const struct kz_route_match *match,
                           struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_errand_view *views = NULL;
  uint64_t limit = LISTED;
  size_t count = 0;
  (void)match;
  if (kz_str_u64(kz_request_query(request, KZ_STR("limit")), &limit) != KZ_OK ||
      limit > LISTED_MAX) {
    limit = LISTED;
  }
  kz_rc rc = kz_errands_list(call->house->errands, (size_t)limit,
                             request->arena, &views, &count, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_jsonw_key(&w, KZ_STR("jobs"));
  kz_jsonw_array(&w);
  for (size_t i = 0; i < count; i++) {
    if (may_see(call, &views[i])) {
      write_errand(&w, &views[i]);
      kz_jsonw_object_end(&w);
    }
  }
  kz_jsonw_array_end(&w);
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}

/* The job of the path; otherwise the refusal is made. */
static bool find(const struct kz_call *call, const struct kz_request *request,
                 const struct kz_route_match *match, struct kz_reply *reply,
                 struct kz_errand_view *ret) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  kz_rc rc = KZ_NOT_FOUND;
  if (kz_str_u64(kz_route_capture(match, KZ_STR("id")), &id) == KZ_OK) {
    rc = kz_errands_view(call->house->errands, id, request->arena, ret, &err);
  }
  if (rc == KZ_NOT_FOUND || (rc == KZ_OK && !may_see(call, ret))) {
    kz_shape_refuse(reply, 404, KZ_NOT_FOUND, KZ_STR("there is no such job"));
    return false;
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
  }
  return rc == KZ_OK;
}

void kz_native_errand_view(void *ctx, const struct kz_request *request,
                           const struct kz_route_match *match,
                           struct kz_reply *reply) {
  struct kz_errand_view view;
  if (!find(ctx, request, match, reply, &view)) {
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  write_errand(&w, &view);
  kz_shape_list(&w, KZ_STR("log"), view.lines, view.line_count);
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}

void kz_native_errand_cancel(void *ctx, const struct kz_request *request,
                             const struct kz_route_match *match,
                             struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_errand_view view;
  if (!find(ctx, request, match, reply, &view)) {
    return;
  }
  kz_rc rc = kz_errands_cancel(call->house->errands, view.id, &err);
  if (rc < 0) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_reply_text(reply, KZ_STR("application/json"),
                rc == KZ_OK ? KZ_STR("{\"cancelled\":true}\n")
                            : KZ_STR("{\"cancelled\":false}\n"));
}

/* --- feeds -----------------------------------------------------------------
 */

/* What the program keeps of a feed's fetches, beside its form. */
static void write_kept(struct kz_jsonw *w, const struct kz_jsonv *feed) {
  static const char *const times[] = {"last_try_us", "last_success_us",
                                      "cache_try_us"};
  static const char *const names[] = {"last_try", "last_success", "cache_try"};
  static const char *const counts[] = {"last_new", "last_duplicate",
                                       "last_gone"};
  static const char *const words[] = {"last_error", "cache_error"};
  for (size_t i = 0; i < 3; i++) {
    uint64_t us = kz_jsonv_u64(feed, kz_str_of(times[i]), 0);
    kz_shape_time(w, kz_str_of(names[i]), us > 0 ? (int64_t)us : KZ_TIME_NONE);
    kz_jsonw_member_u64(w, kz_str_of(counts[i]),
                        kz_jsonv_u64(feed, kz_str_of(counts[i]), 0));
  }
  for (size_t i = 0; i < 2; i++) {
    kz_jsonw_member_str(w, kz_str_of(words[i]),
                        kz_jsonv_text(feed, kz_str_of(words[i])));
  }
  const struct kz_jsonv *runs = kz_jsonv_get(feed, KZ_STR("runs"));
  kz_jsonw_key(w, KZ_STR("runs"));
  if (runs) {
    kz_jsonv_write(runs, w);
  } else {
    kz_jsonw_array(w);
    kz_jsonw_array_end(w);
  }
}

void kz_native_feed_list(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_shelf *shelf = kz_binder_shelf(call->house->feeds);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  (void)match;
  kz_rc rc = kz_shelf_cards(shelf, 0, request->arena, &cards, &count);
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_jsonw_key(&w, KZ_STR("feeds"));
  kz_jsonw_array(&w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *feed = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, request->arena, &feed, &err);
    if (rc == KZ_OK && (kz_misp_is_admin(call->user) ||
                        kz_form_flag(&kz_feed_form, feed, "lookup_visible"))) {
      kz_jsonw_object(&w);
      kz_form_write(&kz_feed_form, feed, &w);
      write_kept(&w, feed);
      kz_jsonw_object_end(&w);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&w);
  kz_jsonw_object_end(&w);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_shape_answer(reply, &json);
}
