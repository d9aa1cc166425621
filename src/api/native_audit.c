#include "api/native_audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/audit_read.h"
#include "api/call.h"
#include "api/shape.h"
#include "format/misp_write.h"
#include "store/sight.h"

enum { PAGE = 100, EXPORT_STEP = 500, LINE_BYTES = 1 << 24 };

/* Whether the caller may ask at all; refuses otherwise. */
static bool may_ask(const struct kz_call *call, struct kz_reply *reply) {
  if (kz_user_may(call->user, KZ_PERM_AUDIT)) {
    return true;
  }
  kz_shape_refuse(reply, 403, KZ_E_DENIED,
                  KZ_STR("your role may not see the audit log"));
  return false;
}

/* --- entries ---------------------------------------------------------------
 */

/* Users of other organisations are not named to who is no administrator. */
static void write_actor(struct kz_jsonw *w, struct kz_house *house,
                        const struct kz_viewer *asker,
                        const struct kz_actor *actor) {
  const struct kz_user *user = NULL;
  struct kz_org org;
  kz_jsonw_key(w, KZ_STR("by"));
  if (actor->user == 0) {
    kz_jsonw_null(w);
    return;
  }
  bool may_name = asker->sees_all || actor->org == asker->org;
  kz_jsonw_object(w);
  if (may_name) {
    kz_jsonw_member_u64(w, KZ_STR("user"), actor->user);
  }
  if (may_name && kz_people_get(house->people, actor->user, &user) == KZ_OK) {
    kz_jsonw_member_str(w, KZ_STR("email"), user->email);
    kz_user_unref(user);
  }
  kz_jsonw_member_u64(w, KZ_STR("org"), actor->org);
  if (kz_dict_org_get(kz_store_dict(house->store), actor->org, &org) == KZ_OK) {
    kz_jsonw_member_str(w, KZ_STR("org_name"), org.name);
  }
  if (may_name && actor->key != 0) {
    kz_jsonw_member_u64(w, KZ_STR("key"), actor->key);
  }
  if (may_name && actor->address[0]) {
    kz_jsonw_member_str(w, KZ_STR("address"), kz_str_of(actor->address));
  }
  kz_jsonw_object_end(w);
}

static void write_counts(struct kz_jsonw *w, const struct kz_audit *e) {
  const struct {
    const char *name;
    uint64_t count;
  } counts[] = {
      {"attributes_added", e->added},
      {"attributes_changed", e->changed},
      {"attributes_removed", e->removed},
      {"others_added", e->others},
  };
  if (e->count > 1 || e->subject == KZ_AUDIT_EVENTS) {
    kz_jsonw_member_u64(w, KZ_STR("count"), e->count);
  }
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    if (counts[i].count > 0) {
      kz_jsonw_member_u64(w, kz_str_of(counts[i].name), counts[i].count);
    }
  }
}

static void write_entry(struct kz_jsonw *w, struct kz_house *house,
                        const struct kz_viewer *asker,
                        const struct kz_audit *e) {
  char cursor[48];
  snprintf(cursor, sizeof cursor, "%llu.%lu", (unsigned long long)e->generation,
           (unsigned long)e->number);
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("entry"), kz_str_of(cursor));
  kz_shape_time(w, KZ_STR("time"), e->time_us);
  kz_jsonw_member_str(w, KZ_STR("about"),
                      kz_str_of(kz_audit_subject_of(e->subject)->name));
  kz_jsonw_member_u64(w, KZ_STR("id"), e->id);
  kz_jsonw_member_str(w, KZ_STR("action"), kz_audit_action_name(e->action));
  write_actor(w, house, asker, &e->actor);
  write_counts(w, e);
  if (e->detail.len > 0) {
    kz_jsonw_key(w, KZ_STR("changes"));
    kz_jsonw_raw(w, e->detail);
  }
  kz_jsonw_object_end(w);
}

/* --- a page ----------------------------------------------------------------
 */

struct page {
  struct kz_house *house;
  const struct kz_viewer *asker;
  struct kz_jsonw *w;
  size_t left;
  uint64_t generation; /* of the last that was written */
  uint32_t number;
  bool is_cut;
};

static kz_rc add_entry(void *ctx, const struct kz_audit *e,
                       struct kz_err *err) {
  struct page *page = ctx;
  (void)err;
  if (page->left == 0) {
    page->is_cut = true;
    return KZ_END;
  }
  page->left--;
  page->generation = e->generation;
  page->number = e->number;
  write_entry(page->w, page->house, page->asker, e);
  return KZ_OK;
}

static kz_rc read_asked(const struct kz_call *call,
                        const struct kz_request *request,
                        struct kz_audit_asked *asked, struct kz_err *err) {
  kz_audit_asked_init(asked, PAGE);
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < request->query_count; i++) {
    kz_str name = request->query[i].name;
    rc = kz_audit_asked_take(call->house, asked, name, request->query[i].value,
                             err);
    if (rc == KZ_NOT_FOUND) {
      rc = kz_err_set(err, KZ_E_INPUT, "there is no parameter \"%.*s\"",
                      KZ_STR_ARG(name));
    }
  }
  return rc;
}

void kz_native_audit(void *ctx, const struct kz_request *request,
                     const struct kz_route_match *match,
                     struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_audit_asked asked;
  struct kz_err err = KZ_ERR_NONE;
  if (!may_ask(call, reply)) {
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_rc rc = read_asked(call, request, &asked, &err);
  struct page page = {.house = call->house,
                      .asker = &call->user->viewer,
                      .w = &w,
                      .left = asked.limit};
  kz_jsonw_object(&w);
  kz_jsonw_key(&w, KZ_STR("entries"));
  kz_jsonw_array(&w);
  if (rc == KZ_OK) {
    rc = kz_audit_ask(call->house, call->user, &asked.question, add_entry,
                      &page, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_jsonw_array_end(&w);
  if (page.is_cut) {
    char cursor[48];
    snprintf(cursor, sizeof cursor, "%llu.%lu",
             (unsigned long long)page.generation, (unsigned long)page.number);
    kz_jsonw_member_str(&w, KZ_STR("cursor"), kz_str_of(cursor));
  }
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}

/* --- export: the same as lines, all of it -----------------------------------
 */

struct lines {
  struct kz_house *house;
  const struct kz_user *user; /* held until the stream ends (api/api.c) */
  struct kz_audit_asked asked;
};

struct line_page {
  struct page page;
  struct kz_buf *out;
};

static kz_rc add_line(void *ctx, const struct kz_audit *e, struct kz_err *err) {
  struct line_page *p = ctx;
  kz_rc rc = add_entry(&p->page, e, err);
  if (rc == KZ_OK) {
    kz_buf_add_byte(p->out, '\n');
  }
  return rc;
}

static kz_rc fill(void *ctx, struct kz_buf *out) {
  struct lines *lines = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonw w;
  struct line_page p = {
      .page = {.house = lines->house,
               .asker = &lines->user->viewer,
               .w = &w,
               .left = EXPORT_STEP},
      .out = out,
  };
  kz_jsonw_init(&w, out);
  kz_rc rc = kz_audit_ask(lines->house, lines->user, &lines->asked.question,
                          add_line, &p, &err);
  lines->asked.question.generation = p.page.generation;
  lines->asked.question.number = p.page.number;
  if (rc == KZ_OK && kz_buf_failed(out)) {
    rc = KZ_E_MEMORY;
  }
  return rc == KZ_OK && !p.page.is_cut ? KZ_END : rc;
}

static void end(void *ctx, kz_rc how) {
  (void)how;
  free(ctx);
}

void kz_native_audit_export(void *ctx, const struct kz_request *request,
                            const struct kz_route_match *match,
                            struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_err err = KZ_ERR_NONE;
  if (!may_ask(call, reply)) {
    return;
  }
  struct lines *lines = calloc(1, sizeof *lines);
  kz_rc rc = lines ? read_asked(call, request, &lines->asked, &err)
                   : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc != KZ_OK) {
    free(lines);
    kz_shape_fail(reply, rc, &err);
    return;
  }
  lines->house = call->house;
  lines->user = call->user;
  if (lines->asked.question.subjects) {
    lines->asked.question.subjects = lines->asked.subjects;
  }
  const struct kz_stream stream = {.ctx = lines, .fill = fill, .close = end};
  kz_reply_stream(reply, KZ_STR("application/x-ndjson"), &stream);
}

/* --- the history of an attribute -------------------------------------------
 */

struct versions {
  struct kz_house *house;
  const struct kz_viewer *viewer;
  uint32_t owner; /* of the event */
  struct kz_jsonw *w;
  uint64_t event;
};

static kz_rc write_version(void *ctx, const struct kz_audit_version *version,
                           struct kz_err *err) {
  struct versions *v = ctx;
  struct kz_jsonw *w = v->w;
  const struct kz_attribute *a = version->attribute;
  (void)err;
  if (!kz_viewer_sees_child(v->viewer, v->owner, a->distribution,
                            a->sharing_group_id)) {
    return KZ_OK; /* it was hidden then */
  }
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("value"), a->value);
  kz_jsonw_member_str(w, KZ_STR("type"), kz_type_name(a->type));
  kz_jsonw_member_str(w, KZ_STR("category"), kz_category_name(a->category));
  kz_jsonw_member_str(w, KZ_STR("comment"), a->comment);
  kz_jsonw_member_bool(w, KZ_STR("to_ids"), a->to_ids);
  kz_jsonw_member_bool(w, KZ_STR("deleted"), a->deleted);
  kz_jsonw_member_u64(w, KZ_STR("distribution"), a->distribution);
  kz_shape_time(w, KZ_STR("timestamp"), a->timestamp_us);
  kz_jsonw_key(w, KZ_STR("tags"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < a->tag_count; i++) {
    kz_jsonw_str(w, a->tags[i].tag.name);
  }
  kz_jsonw_array_end(w);
  if (version->until_us != 0) {
    kz_shape_time(w, KZ_STR("until"), version->until_us);
  }
  if (version->until) {
    kz_jsonw_member_str(w, KZ_STR("action"),
                        kz_audit_action_name(version->until->action));
    write_actor(w, v->house, v->viewer, &version->until->actor);
  }
  kz_jsonw_object_end(w);
  return KZ_OK;
}

/* The attribute that a number means and its event, when the caller sees it. */
static kz_rc find(const struct kz_call *call, kz_str ref, uint64_t *ret_id,
                  struct versions *ret, struct kz_err *err) {
  struct kz_event_entry entry = {.org = 0};
  KZ_ARENA(arena, LINE_BYTES);
  if (!arena || kz_str_u64(ref, ret_id) != KZ_OK) {
    return KZ_NOT_FOUND;
  }
  struct kz_view *view = kz_store_view(call->house->store);
  struct kz_reading r = kz_store_reading(call->house->store, view, arena);
  kz_rc rc = kz_read_event_of(&r, *ret_id, &ret->event, err);
  if (rc == KZ_OK &&
      (!kz_sight_attribute(view, &call->user->viewer, ret->event, *ret_id) ||
       kz_events_get(view->events, ret->event, &entry) != KZ_OK)) {
    rc = KZ_NOT_FOUND;
  }
  ret->owner = entry.org;
  kz_view_unref(view);
  return rc;
}

void kz_native_history(void *ctx, const struct kz_request *request,
                       const struct kz_route_match *match,
                       struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  if (!may_ask(call, reply)) {
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  struct versions v = {
      .house = call->house, .viewer = &call->user->viewer, .w = &w};
  kz_jsonw_init(&w, &json);
  kz_rc rc = find(call, kz_route_capture(match, KZ_STR("id")), &id, &v, &err);
  kz_jsonw_object(&w);
  kz_jsonw_member_u64(&w, KZ_STR("event"), v.event);
  kz_jsonw_member_u64(&w, KZ_STR("attribute"), id);
  kz_jsonw_key(&w, KZ_STR("versions"));
  kz_jsonw_array(&w);
  if (rc == KZ_OK) {
    rc = kz_audit_history(call->house, v.event, id, write_version, &v, &err);
  }
  if (rc == KZ_NOT_FOUND) {
    kz_shape_refuse(reply, 404, rc, KZ_STR("there is no such attribute"));
    return;
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_jsonw_array_end(&w);
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}
