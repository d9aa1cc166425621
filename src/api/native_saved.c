#include "api/native_saved.h"

#include <stdio.h>

#include "api/call.h"
#include "api/native_find.h"
#include "api/shape.h"
#include "base/clock.h"
#include "store/query.h"
#include "work/filter.h"
#include "work/result.h"
#include "work/saved.h"

enum { NAME_BYTES = 32 };

/* --- saved searches --------------------------------------------------------
 */

static kz_rc read_id(const struct kz_route_match *match, uint64_t *ret_id,
                     struct kz_err *err) {
  kz_rc rc = kz_str_u64(kz_route_capture(match, KZ_STR("id")), ret_id);
  return rc == KZ_OK && *ret_id > 0
             ? KZ_OK
             : kz_err_set(err, KZ_NOT_FOUND, "there is no such saved search");
}

static void answer(struct kz_reply *reply, kz_rc rc, const struct kz_err *err,
                   const struct kz_jsonv *value) {
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, err);
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonv_write(value, &w);
  kz_shape_answer(reply, &json);
}

/* Who another user is stays in his organisation. */
static void show(struct kz_jsonv *search, const struct kz_user *user,
                 struct kz_arena *arena) {
  bool is_own = kz_jsonv_u64(search, KZ_STR("user_id"), 0) == user->id;
  if (!kz_saved_is_his(search, user)) {
    kz_jsonv_drop(search, KZ_STR("watch"));
    if (kz_jsonv_u64(search, KZ_STR("org_id"), 0) != user->org.id) {
      kz_jsonv_drop(search, KZ_STR("user_id"));
    }
  }
  (void)kz_jsonv_set_bool(search, KZ_STR("mine"), is_own, arena);
}

void kz_native_saved_list(void *ctx, const struct kz_request *request,
                          const struct kz_route_match *match,
                          struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *list = NULL;
  (void)match;
  kz_rc rc = kz_saved_list(call->house->saved, call->user, request->arena,
                           &list, &err);
  for (struct kz_jsonv *s = rc == KZ_OK ? list->first : NULL; s; s = s->next) {
    show(s, call->user, request->arena);
  }
  answer(reply, rc, &err, list);
}

void kz_native_saved_view(void *ctx, const struct kz_request *request,
                          const struct kz_route_match *match,
                          struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *search = NULL;
  uint64_t id = 0;
  kz_rc rc = read_id(match, &id, &err);
  if (rc == KZ_OK) {
    rc = kz_saved_get(call->house->saved, id, call->user, false, request->arena,
                      &search, &err);
  }
  if (rc == KZ_OK) {
    show(search, call->user, request->arena);
  }
  answer(reply, rc, &err, search);
}

static void put(const struct kz_call *call, const struct kz_request *request,
                uint64_t id, struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *search = NULL;
  kz_rc rc = kz_jsonv_parse(request->body, request->arena, &from, &err);
  if (rc == KZ_OK) {
    rc = kz_saved_put(call->house->saved, call->user, &id, from, request->arena,
                      &search, &err);
  }
  if (rc == KZ_OK) {
    show(search, call->user, request->arena);
  }
  answer(reply, rc, &err, search);
}

void kz_native_saved_add(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  (void)match;
  put(ctx, request, 0, reply);
}

void kz_native_saved_edit(void *ctx, const struct kz_request *request,
                          const struct kz_route_match *match,
                          struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  kz_rc rc = read_id(match, &id, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  put(ctx, request, id, reply);
}

void kz_native_saved_remove(void *ctx, const struct kz_request *request,
                            const struct kz_route_match *match,
                            struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  (void)request;
  kz_rc rc = read_id(match, &id, &err);
  if (rc == KZ_OK) {
    rc = kz_saved_remove(call->house->saved, call->user, id, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_reply_text(reply, KZ_STR("application/json"), KZ_STR("{\"done\":true}"));
}

/* A number of the query; `*ret` stays when it is not given. */
static kz_rc read_number(const struct kz_request *request, const char *name,
                         uint64_t *ret, struct kz_err *err) {
  for (size_t i = 0; i < request->query_count; i++) {
    if (kz_str_eq(request->query[i].name, kz_str_of(name)) &&
        kz_str_u64(request->query[i].value, ret) != KZ_OK) {
      return kz_err_set(err, KZ_E_INPUT, "%s: a number", name);
    }
  }
  return KZ_OK;
}

void kz_native_saved_run(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *saved = NULL;
  struct kz_search search;
  uint64_t id = 0;
  kz_rc rc = read_id(match, &id, &err);
  if (rc == KZ_OK) {
    rc = kz_saved_get(call->house->saved, id, call->user, false, request->arena,
                      &saved, &err);
  }
  if (rc == KZ_OK) {
    rc =
        kz_saved_read(call->house->saved, saved, request->arena, &search, &err);
  }
  if (rc == KZ_OK) {
    rc = read_number(request, "limit", &search.limit, &err);
  }
  if (rc == KZ_OK) {
    rc = read_number(request, "offset", &search.offset, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_native_answer_search(call, request, &search, reply);
}

/* --- what changed ----------------------------------------------------------
 */

static kz_str look_name(const struct kz_user *user, char out[NAME_BYTES]) {
  (void)snprintf(out, NAME_BYTES, "user:%llu", (unsigned long long)user->id);
  return kz_str_of(out);
}

static kz_str param(const struct kz_request *request, const char *name) {
  for (size_t i = 0; i < request->query_count; i++) {
    if (kz_str_eq(request->query[i].name, kz_str_of(name))) {
      return request->query[i].value;
    }
  }
  return KZ_STR_NONE;
}

/* What is asked: since a time, or since the user's stored look. */
struct asked {
  struct kz_search search;
  struct kz_look look;
  uint64_t offset;
  uint64_t limit;
};

static kz_rc read_changes(const struct kz_call *call,
                          const struct kz_request *request, struct asked *ret,
                          struct kz_err *err) {
  char name[NAME_BYTES];
  kz_str since = param(request, "since");
  const struct kz_filter_scope scope = {.dict =
                                            kz_store_dict(call->house->store),
                                        .arena = request->arena,
                                        .now_us = kz_clock_now_us()};
  *ret = (struct asked){.limit = KZ_SEARCH_ROWS};
  kz_rc rc = since.len > 0
                 ? kz_filter_cond(&scope, KZ_STR("known_from"), &since, 1,
                                  &ret->search.where, err)
                 : kz_look_get(call->house->saved, look_name(call->user, name),
                               request->arena, &ret->look, err);
  if (rc == KZ_OK) {
    rc = read_number(request, "limit", &ret->limit, err);
  }
  if (rc == KZ_OK) {
    rc = read_number(request, "offset", &ret->offset, err);
  }
  if (rc == KZ_OK && ret->limit > KZ_SEARCH_ROWS_MAX) {
    rc = kz_err_set(err, KZ_E_LIMIT, "limit: at most %d rows a page",
                    KZ_SEARCH_ROWS_MAX);
  }
  return rc;
}

static void write_changes(const struct asked *asked, const struct kz_news *news,
                          const struct kz_result_row *rows, uint64_t mark,
                          struct kz_jsonw *w) {
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("total"), news->total);
  kz_jsonw_member_u64(w, KZ_STR("events"), news->events);
  if (asked->look.looked_s > 0) {
    kz_shape_time(w, KZ_STR("looked"), asked->look.looked_s * KZ_SECOND_US);
  } else {
    kz_jsonw_key(w, KZ_STR("looked"));
    kz_jsonw_null(w);
  }
  kz_jsonw_member_u64(w, KZ_STR("mark"), mark);
  kz_jsonw_member_u64(w, KZ_STR("offset"), asked->offset);
  kz_jsonw_member_u64(w, KZ_STR("limit"), asked->limit);
  kz_jsonw_key(w, KZ_STR("rows"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < news->count; i++) {
    kz_native_write_row(w, &rows[i]);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

static kz_rc find_changes(const struct kz_call *call,
                          const struct kz_request *request, struct kz_jsonw *w,
                          struct kz_err *err) {
  struct asked asked;
  struct kz_look now;
  struct kz_news news;
  struct kz_result_row *rows = NULL;
  struct kz_view *view = kz_store_view(call->house->store);
  kz_rc rc = read_changes(call, request, &asked, err);
  if (rc == KZ_OK) {
    rc = kz_look_now(view, &now, err);
  }
  if (rc == KZ_OK) {
    rc = kz_look_news(call->house->saved, view, &call->user->viewer,
                      &asked.search, &asked.look, asked.offset,
                      (size_t)asked.limit, request->arena, &news, err);
  }
  if (rc == KZ_OK) {
    rc = kz_result_rows(call->house, view, news.hits, news.count,
                        request->arena, &rows, err);
  }
  if (rc == KZ_OK) {
    write_changes(&asked, &news, rows, now.child, w);
  }
  kz_view_unref(view);
  return rc;
}

void kz_native_changes(void *ctx, const struct kz_request *request,
                       const struct kz_route_match *match,
                       struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonw w;
  (void)match;
  KZ_BUF(json, KZ_SHAPE_MAX);
  kz_jsonw_init(&w, &json);
  kz_rc rc = find_changes(ctx, request, &w, &err);
  if (rc == KZ_OK) {
    kz_shape_answer(reply, &json);
  } else {
    kz_shape_fail(reply, rc, &err);
  }
}

/* The look moves to the mark that an answer gave, or to now; never beyond. */
static kz_rc move_look(const struct kz_call *call,
                       const struct kz_request *request, struct kz_look *look,
                       struct kz_err *err) {
  char name[NAME_BYTES];
  struct kz_look known;
  struct kz_shape_member members[] = {{.name = "mark"}};
  uint64_t mark = UINT64_MAX;
  struct kz_view *view = kz_store_view(call->house->store);
  kz_rc rc = kz_look_now(view, look, err);
  kz_view_unref(view);
  if (rc == KZ_OK) {
    rc = kz_shape_read(request->body, request->arena, members, 1, err);
  }
  if (rc == KZ_OK && members[0].count == 1 &&
      kz_str_u64(members[0].values[0], &mark) != KZ_OK) {
    rc = kz_err_set(err, KZ_E_INPUT,
                    "mark: a number, as /api/changes gives "
                    "it");
  }
  if (rc == KZ_OK) {
    rc = kz_look_get(call->house->saved, look_name(call->user, name),
                     request->arena, &known, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (mark < look->child) { /* of a while ago: when is not known exactly */
    look->child = mark;
    look->looked_s = known.looked_s;
  }
  look->id = known.id;
  struct kz_jsonv *d =
      kz_look_document(look_name(call->user, name), look, request->arena);
  return d ? kz_shelf_put(call->house->saved->looks, &look->id, d,
                          request->arena, err)
           : kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

void kz_native_changes_seen(void *ctx, const struct kz_request *request,
                            const struct kz_route_match *match,
                            struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_look look;
  struct kz_jsonw w;
  (void)match;
  kz_rc rc = move_look(ctx, request, &look, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_jsonw_member_u64(&w, KZ_STR("mark"), look.child);
  kz_shape_time(&w, KZ_STR("looked"), look.looked_s * KZ_SECOND_US);
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}
