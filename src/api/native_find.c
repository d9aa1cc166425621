#include "api/native_find.h"

#include <stdlib.h>

#include "api/call.h"
#include "api/shape.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/row.h"
#include "work/correlate.h"
#include "work/export.h"
#include "work/result.h"
#include "work/search.h"

enum {
  FACETS_LISTED = 100,    /* tags and organisations, unless a limit is given */
  CORRELATED_LISTED = 20, /* events of one value, likewise */
  MONTHS = 12,
};

static kz_rc read_search(const struct kz_call *call,
                         const struct kz_request *request,
                         struct kz_search *ret, struct kz_err *err) {
  struct kz_dict *dict = kz_store_dict(call->house->store);
  return request->method == KZ_METHOD_POST && kz_str_trim(request->body).len > 0
             ? kz_search_of_json(dict, request->body, request->arena, ret, err)
             : kz_search_of_params(dict, request->query, request->query_count,
                                   request->arena, ret, err);
}

/* --- search ----------------------------------------------------------------
 */

static void write_uuid(struct kz_jsonw *w, kz_str key,
                       const struct kz_uuid *uuid) {
  char text[KZ_UUID_TEXT];
  kz_jsonw_member_str(w, key, kz_uuid_format(uuid, text));
}

static void write_own_tags(struct kz_jsonw *w, const struct kz_attribute *a) {
  kz_jsonw_key(w, KZ_STR("tags"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < a->tag_count; i++) {
    kz_jsonw_str(w, a->tags[i].tag.name);
  }
  kz_jsonw_array_end(w);
}

static void write_event(struct kz_jsonw *w, const struct kz_result_row *row) {
  kz_jsonw_key(w, KZ_STR("event"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("id"), row->event);
  write_uuid(w, KZ_STR("uuid"), &row->event_uuid);
  kz_jsonw_member_str(w, KZ_STR("info"), row->event_info);
  kz_shape_day(w, KZ_STR("date"), row->event_date_days);
  kz_jsonw_member_str(w, KZ_STR("organisation"), row->event_org);
  kz_shape_list(w, KZ_STR("tags"), row->event_tags, row->event_tag_count);
  kz_jsonw_object_end(w);
}

/* The plain members come first and name the event: tables are made of them. */
void kz_native_write_row(struct kz_jsonw *w, const struct kz_result_row *row) {
  const struct kz_attribute *a = &row->attribute;
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("event_id"), row->event);
  kz_jsonw_member_u64(w, KZ_STR("id"), a->id);
  kz_jsonw_member_str(w, KZ_STR("type"), kz_type_name(a->type));
  kz_jsonw_member_str(w, KZ_STR("value"), a->value);
  kz_jsonw_member_str(w, KZ_STR("category"), kz_category_name(a->category));
  kz_jsonw_member_bool(w, KZ_STR("to_ids"), a->to_ids);
  kz_shape_time(w, KZ_STR("timestamp"), a->timestamp_us);
  kz_shape_time(w, KZ_STR("first_seen"), a->first_seen_us);
  kz_shape_time(w, KZ_STR("last_seen"), a->last_seen_us);
  kz_shape_time(w, KZ_STR("known_since"),
                kz_row_known(a->known_at_us) * KZ_SECOND_US);
  kz_jsonw_member_str(w, KZ_STR("comment"), a->comment);
  kz_jsonw_member_bool(w, KZ_STR("deleted"), a->deleted);
  write_uuid(w, KZ_STR("uuid"), &a->uuid);
  kz_jsonw_member_u64(w, KZ_STR("object_id"), a->object_id);
  write_own_tags(w, a);
  write_event(w, row);
  kz_jsonw_object_end(w);
}

void kz_native_answer_search(const struct kz_call *call,
                             const struct kz_request *request,
                             const struct kz_search *search,
                             struct kz_reply *reply) {
  struct kz_result result;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_result_page(call->house, &call->user->viewer, search,
                            request->arena, &result, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_jsonw_member_u64(&w, KZ_STR("total"), result.total);
  kz_jsonw_member_u64(&w, KZ_STR("offset"), search->offset);
  kz_jsonw_member_u64(&w, KZ_STR("limit"), search->limit);
  kz_jsonw_key(&w, KZ_STR("rows"));
  kz_jsonw_array(&w);
  for (size_t i = 0; i < result.count; i++) {
    kz_native_write_row(&w, &result.rows[i]);
  }
  kz_jsonw_array_end(&w);
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}

void kz_native_search(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  struct kz_search search;
  struct kz_err err = KZ_ERR_NONE;
  (void)match;
  kz_rc rc = read_search(ctx, request, &search, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_native_answer_search(ctx, request, &search, reply);
}

/* --- facets ----------------------------------------------------------------
 */

static void write_count(struct kz_jsonw *w, kz_str key, kz_str name,
                        uint64_t count) {
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, key, name);
  kz_jsonw_member_u64(w, KZ_STR("count"), count);
  kz_jsonw_object_end(w);
}

static int compare_counts(const void *a, const void *b) {
  const struct kz_facet_count *x = a;
  const struct kz_facet_count *y = b;
  if (x->count != y->count) {
    return x->count > y->count ? -1 : 1;
  }
  return (x->key > y->key) - (x->key < y->key);
}

/* Types or categories, highest first. */
static void write_codes(struct kz_jsonw *w, const uint64_t *counts,
                        size_t count, bool are_types) {
  struct kz_facet_count sorted[KZ_TYPE_COUNT]; /* there are fewer categories */
  for (size_t i = 0; i < count; i++) {
    sorted[i] = (struct kz_facet_count){.key = i, .count = counts[i]};
  }
  qsort(sorted, count, sizeof *sorted, compare_counts);
  kz_jsonw_key(w, are_types ? KZ_STR("types") : KZ_STR("categories"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count && sorted[i].count > 0; i++) {
    if (are_types) {
      write_count(w, KZ_STR("type"), kz_type_name((kz_type)sorted[i].key),
                  sorted[i].count);
    } else {
      write_count(w, KZ_STR("category"),
                  kz_category_name((kz_category)sorted[i].key),
                  sorted[i].count);
    }
  }
  kz_jsonw_array_end(w);
}

static void write_tags(struct kz_jsonw *w, struct kz_dict *dict,
                       const struct kz_facets *f, size_t limit) {
  kz_jsonw_member_u64(w, KZ_STR("tag_total"), f->tag_count);
  kz_jsonw_key(w, KZ_STR("tags"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < f->tag_count && i < limit; i++) {
    struct kz_tag tag;
    if (kz_dict_tag_get(dict, (uint32_t)f->tags[i].key, &tag) == KZ_OK) {
      write_count(w, KZ_STR("tag"), tag.name, f->tags[i].count);
    }
  }
  kz_jsonw_array_end(w);
}

static void write_orgs(struct kz_jsonw *w, struct kz_dict *dict,
                       const struct kz_facets *f, size_t limit) {
  kz_jsonw_member_u64(w, KZ_STR("organisation_total"), f->org_count);
  kz_jsonw_key(w, KZ_STR("organisations"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < f->org_count && i < limit; i++) {
    struct kz_org org;
    if (kz_dict_org_get(dict, (uint32_t)f->orgs[i].key, &org) == KZ_OK) {
      write_count(w, KZ_STR("organisation"), org.name, f->orgs[i].count);
    }
  }
  kz_jsonw_array_end(w);
}

static void write_months(struct kz_jsonw *w, const struct kz_facets *f) {
  kz_jsonw_key(w, KZ_STR("months"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < f->month_count; i++) {
    KZ_BUF(name, 64);
    uint64_t key = f->months[i].key;
    kz_buf_add_format(&name, "%04u-%02u", (unsigned)(key / MONTHS),
                      (unsigned)(key % MONTHS) + 1);
    write_count(w, KZ_STR("month"), kz_buf_str(&name), f->months[i].count);
  }
  kz_jsonw_array_end(w);
}

static void write_facets(struct kz_jsonw *w, struct kz_dict *dict,
                         const struct kz_facets *f, size_t limit) {
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("total"), f->total);
  kz_jsonw_member_u64(w, KZ_STR("events"), f->events);
  kz_jsonw_key(w, KZ_STR("to_ids"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("true"), f->to_ids);
  kz_jsonw_member_u64(w, KZ_STR("false"), f->total - f->to_ids);
  kz_jsonw_object_end(w);
  write_codes(w, f->types, KZ_TYPE_COUNT, true);
  write_codes(w, f->categories, KZ_CATEGORY_COUNT, false);
  write_tags(w, dict, f, limit);
  write_orgs(w, dict, f, limit);
  write_months(w, f);
  kz_jsonw_object_end(w);
}

void kz_native_facets(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_search search;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_facets *facets = kz_arena_alloc(request->arena, sizeof *facets);
  kz_rc rc = facets ? read_search(call, request, &search, &err)
                    : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    rc = kz_result_facets(call->house, &call->user->viewer, &search,
                          request->arena, facets, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  write_facets(&w, kz_store_dict(call->house->store), facets,
               search.gave_limit ? (size_t)search.limit : FACETS_LISTED);
  kz_shape_answer(reply, &json);
}

/* --- export, one event -----------------------------------------------------
 */

static kz_rc fill_export(void *ctx, struct kz_buf *out) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_export_fill(ctx, out, &err);
  if (rc < 0) {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("export"), kz_log_err(&err));
  }
  return rc;
}

static void close_export(void *ctx, kz_rc how) {
  (void)how;
  kz_export_free(ctx);
}

static void stream_export(struct kz_reply *reply, kz_str type,
                          struct kz_export *export) {
  kz_reply_stream(reply, type,
                  &(struct kz_stream){.ctx = export,
                                      .fill = fill_export,
                                      .close = close_export});
}

void kz_native_export(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_search search;
  struct kz_export *export = NULL;
  struct kz_export_format format;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = read_search(call, request, &search, &err);
  if (rc == KZ_OK) {
    rc = kz_export_format(search.format.ptr ? search.format : KZ_STR("misp"),
                          &format, &err);
  }
  if (rc == KZ_OK) {
    kz_export_settings(call->house, request->arena, &format.settings);
  }
  if (rc == KZ_OK) {
    rc = kz_export_new(call->house, &call->user->viewer, &search, &format,
                       &export, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  stream_export(reply, kz_export_type(&format), export);
}

void kz_native_event(void *ctx, const struct kz_request *request,
                     const struct kz_route_match *match,
                     struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_export *export = NULL;
  struct kz_search search;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_search_of_params(NULL, request->query, request->query_count,
                                 request->arena, &search, &err);
  if (rc == KZ_OK) {
    rc = kz_export_event(call->house, &call->user->viewer,
                         kz_route_capture(match, KZ_STR("id")), search.deleted,
                         &export, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  stream_export(reply, KZ_STR("application/json"), export);
}

/* --- correlate -------------------------------------------------------------
 */

static void write_related(struct kz_jsonw *w, const struct kz_related *r) {
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("id"), r->id);
  write_uuid(w, KZ_STR("uuid"), &r->uuid);
  kz_shape_day(w, KZ_STR("date"), r->date_days);
  kz_jsonw_member_str(w, KZ_STR("organisation"), r->org);
  kz_jsonw_member_str(w, KZ_STR("info"), r->info);
  kz_jsonw_object_end(w);
}

static void write_correlation(struct kz_jsonw *w,
                              const struct kz_correlation *c) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("event"));
  write_related(w, &c->event);
  kz_jsonw_member_u64(w, KZ_STR("total"), c->count);
  kz_jsonw_key(w, KZ_STR("values"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < c->count; i++) {
    const struct kz_shared *s = &c->shared[i];
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("value"), s->value);
    kz_jsonw_member_str(w, KZ_STR("type"), s->type);
    kz_jsonw_member_u64(w, KZ_STR("attribute_id"), s->attribute);
    kz_jsonw_member_u64(w, KZ_STR("event_total"), s->total);
    kz_jsonw_key(w, KZ_STR("events"));
    kz_jsonw_array(w);
    for (size_t e = 0; e < s->event_count; e++) {
      write_related(w, &s->events[e]);
    }
    kz_jsonw_array_end(w);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

void kz_native_correlate(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_correlation correlation;
  struct kz_search search;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_search_of_params(NULL, request->query, request->query_count,
                                 request->arena, &search, &err);
  if (rc == KZ_OK) {
    rc = kz_correlate(
        call->house, &call->user->viewer, kz_route_capture(match, KZ_STR("id")),
        search.gave_limit ? (size_t)search.limit : CORRELATED_LISTED,
        request->arena, &correlation, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  write_correlation(&w, &correlation);
  kz_shape_answer(reply, &json);
}
