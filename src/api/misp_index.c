/* A row of the list needs the event's record for a few of its members; they are
 * read while the rows are sent. */
#define _GNU_SOURCE
#include "api/misp_index.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/misp_cluster_view.h"
#include "api/misp_flow.h"
#include "api/misp_match.h"
#include "api/misp_org.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_sync.h"
#include "api/misp_tidy.h"
#include "api/misp_view.h"
#include "base/clock.h"
#include "format/misp_write.h"
#include "store/sight.h"
#include "store/store.h"

#define STYLE ((struct kz_misp_style){.ids = true})

enum { ATTRIBUTES_A_PAGE = 60 };

void kz_misp_result_count(struct kz_misp_call *call, uint64_t count) {
  char text[32];
  snprintf(text, sizeof text, "%llu", (unsigned long long)count);
  kz_reply_header(call->reply, KZ_STR("X-Result-Count"), kz_str_of(text));
}

void kz_misp_page(const struct kz_misp_call *call, uint64_t unless,
                  size_t count, size_t *ret_first, size_t *ret_count) {
  uint64_t limit = kz_misp_param_number(call, KZ_STR("limit"), unless);
  uint64_t page = kz_misp_param_number(call, KZ_STR("page"), 1);
  limit = limit == 0 ? UINT64_MAX : limit;
  page = page == 0 ? 1 : page;
  uint64_t skipped = page - 1 > count / limit ? count : (page - 1) * limit;
  size_t first = skipped < count ? (size_t)skipped : count;
  *ret_first = first;
  *ret_count = count - first < limit ? count - first : (size_t)limit;
}

/* --- order -----------------------------------------------------------------
 */

enum order { BY_ID, BY_INFO, BY_DATE, BY_TIME, BY_PUBLISH_TIME, BY_ORG };

struct sorting {
  const struct kz_events *events;
  enum order order;
  bool descends;
};

static int compare_numbers(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

static int compare(const void *left, const void *right, void *ctx) {
  const struct sorting *s = ctx;
  struct kz_event_entry a;
  struct kz_event_entry b;
  uint64_t x = *(const uint64_t *)left;
  uint64_t y = *(const uint64_t *)right;
  int order = 0;
  if (kz_events_get(s->events, x, &a) == KZ_OK &&
      kz_events_get(s->events, y, &b) == KZ_OK) {
    switch (s->order) {
    case BY_ID:
      break;
    case BY_INFO:
      order = kz_str_cmp(a.info, b.info);
      break;
    case BY_DATE:
      order = compare_numbers(a.date_days, b.date_days);
      break;
    case BY_TIME:
      order = compare_numbers(a.time_s, b.time_s);
      break;
    case BY_PUBLISH_TIME:
      order = compare_numbers(a.publish_s, b.publish_s);
      break;
    case BY_ORG:
      order = compare_numbers(a.orgc, b.orgc);
      break;
    }
  }
  order = order ? order : (x > y) - (x < y);
  return s->descends ? -order : order;
}

static enum order order_by(kz_str name) {
  static const struct {
    const char *name;
    enum order order;
  } rows[] = {
      {"info", BY_INFO},      {"date", BY_DATE},
      {"timestamp", BY_TIME}, {"publish_timestamp", BY_PUBLISH_TIME},
      {"orgc_id", BY_ORG},    {"org", BY_ORG},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (kz_str_eq_nocase(name, kz_str_of(rows[i].name))) {
      return rows[i].order;
    }
  }
  return BY_ID;
}

static void sort(const struct kz_misp_call *call, uint64_t *ids, size_t count) {
  kz_str name = kz_misp_param_text(call, KZ_STR("sort"));
  kz_str way = kz_misp_param_text(call, KZ_STR("direction"));
  struct sorting s = {
      .events = call->eye.view->events,
      .order = order_by(name),
      .descends = kz_str_eq_nocase(way, KZ_STR("desc")) ||
                  kz_misp_param_flag(call, KZ_STR("desc"), false),
  };
  if (name.len > 0 || s.descends) {
    qsort_r(ids, count, sizeof *ids, compare, &s);
  }
}

/* --- rows ------------------------------------------------------------------
 */

struct rows {
  struct kz_misp_eye eye; /* its view is ours */
  struct kz_arena *arena; /* the ids, and below them one row */
  struct kz_arena *row;
  struct kz_jsonw w;
  const uint64_t *ids;
  size_t count;
  size_t at;
  bool minimal;
  bool is_begun;
};

static void write_minimal(struct rows *rows, const struct kz_event *e) {
  struct kz_jsonw *w = &rows->w;
  char text[KZ_UUID_TEXT];
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), e->id);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), e->timestamp_us);
  kz_misp_write_seconds(w, KZ_STR("sighting_timestamp"),
                        e->sighting_timestamp_us);
  kz_jsonw_member_bool(w, KZ_STR("published"), e->published);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&e->uuid, text));
  kz_jsonw_member_str(w, KZ_STR("orgc_uuid"),
                      e->orgc.has_uuid ? kz_uuid_format(&e->orgc.uuid, text)
                                       : KZ_STR(""));
  kz_jsonw_object_end(w);
}

static void write_event_tags(struct rows *rows, const struct kz_event *e) {
  struct kz_jsonw *w = &rows->w;
  kz_jsonw_key(w, KZ_STR("EventTag"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < e->tag_count; i++) {
    struct kz_tag_use use = e->tags[i];
    if (!use.tag.exportable) {
      continue;
    }
    kz_misp_tidy_colour(&use.tag, rows->row);
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("event_id"), e->id);
    kz_jsonw_member_u64_str(w, KZ_STR("tag_id"), use.tag.id);
    kz_jsonw_member_bool(w, KZ_STR("local"), use.local);
    kz_jsonw_member_str(w, KZ_STR("relationship_type"),
                        use.relationship.ptr ? use.relationship : KZ_STR(""));
    kz_jsonw_key(w, KZ_STR("Tag"));
    kz_misp_write_tag(w, &use.tag, STYLE);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void write_row(struct rows *rows, const struct kz_event *e,
                      uint64_t live) {
  struct kz_jsonw *w = &rows->w;
  char text[KZ_UUID_TEXT];
  char date[KZ_DATE_TEXT];
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), e->id);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), e->org.id);
  kz_jsonw_member_str(w, KZ_STR("date"),
                      kz_clock_format_date(e->date_days, date));
  kz_jsonw_member_str(w, KZ_STR("info"), e->info);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&e->uuid, text));
  kz_jsonw_member_bool(w, KZ_STR("published"), e->published);
  kz_jsonw_member_u64_str(w, KZ_STR("analysis"), e->analysis);
  kz_jsonw_member_u64_str(w, KZ_STR("attribute_count"), live);
  kz_jsonw_member_u64_str(w, KZ_STR("orgc_id"), e->orgc.id);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), e->timestamp_us);
  kz_jsonw_member_u64_str(w, KZ_STR("distribution"), e->distribution);
  kz_jsonw_member_u64_str(w, KZ_STR("sharing_group_id"), e->sharing_group_id);
  kz_jsonw_member_bool(w, KZ_STR("proposal_email_lock"),
                       e->proposal_email_lock);
  kz_jsonw_member_bool(w, KZ_STR("locked"), e->locked);
  kz_jsonw_member_u64_str(w, KZ_STR("threat_level_id"), e->threat_level);
  kz_misp_write_seconds(w, KZ_STR("publish_timestamp"),
                        e->publish_timestamp_us);
  kz_misp_write_seconds(w, KZ_STR("sighting_timestamp"),
                        e->sighting_timestamp_us);
  kz_jsonw_member_bool(w, KZ_STR("disable_correlation"),
                       e->disable_correlation);
  kz_jsonw_member_str(w, KZ_STR("extends_uuid"),
                      e->has_extends ? kz_uuid_format(&e->extends, text)
                                     : KZ_STR(""));
  kz_misp_write_orgs(w, &rows->eye, e->org.id, e->orgc.id);
  write_event_tags(rows, e);
  kz_misp_write_tag_clusters(w, &rows->eye, e->tags, e->tag_count, rows->row);
  kz_jsonw_object_end(w);
}

static kz_rc next_row(void *ctx, struct kz_buf *out, struct kz_err *err) {
  struct rows *rows = ctx;
  struct kz_event event;
  uint64_t live = 0;
  if (!rows->is_begun) {
    kz_jsonw_init(&rows->w, out);
    kz_jsonw_array(&rows->w);
    rows->is_begun = true;
  }
  if (rows->at == rows->count) {
    kz_jsonw_array_end(&rows->w);
    return KZ_END;
  }
  kz_arena_reset(rows->row);
  struct kz_reading r = kz_misp_reading(&rows->eye, rows->row);
  kz_rc rc = kz_read_header(&r, rows->ids[rows->at++], &event, &live, err);
  if (rc == KZ_OK && rows->minimal) {
    write_minimal(rows, &event);
  } else if (rc == KZ_OK) {
    live -= kz_sight_hidden(rows->eye.view, &rows->eye.user->viewer, event.id);
    write_row(rows, &event, live);
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

static void close_rows(void *ctx) {
  struct rows *rows = ctx;
  kz_view_unref(rows->eye.view);
  kz_arena_free(rows->row);
  kz_arena_free(rows->arena);
  free(rows);
}

static struct rows *new_rows(const struct kz_misp_call *call) {
  struct rows *rows = calloc(1, sizeof *rows);
  if (!rows) {
    return NULL;
  }
  rows->eye = call->eye;
  rows->eye.view = kz_view_ref(call->eye.view);
  rows->arena = kz_arena_new(KZ_MISP_WORK_BYTES);
  rows->row = kz_arena_new(KZ_MISP_WORK_BYTES);
  rows->minimal = kz_misp_param_flag(call, KZ_STR("minimal"), false);
  if (!rows->arena || !rows->row) {
    close_rows(rows);
    return NULL;
  }
  return rows;
}

/* MISP takes "searchinfo" for "info" and so on. */
static void drop_prefixes(struct kz_misp_call *call) {
  static const kz_str prefix = {"search", 6};
  for (size_t i = 0; i < call->param_count; i++) {
    struct kz_misp_param *param = &call->params[i];
    if (kz_str_starts(param->name, prefix) && param->name.len > prefix.len &&
        !kz_str_eq(param->name, KZ_STR("searchall"))) {
      param->name = kz_str_from(param->name, prefix.len);
    }
  }
}

void kz_misp_event_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_plan plan;
  uint64_t *ids = NULL;
  size_t count = 0;
  size_t first = 0;
  kz_rc rc = kz_misp_params_body(call, &err);
  drop_prefixes(call);
  if (rc == KZ_OK) {
    rc = kz_misp_plan_make(call, KZ_MISP_OF_EVENTS, false, &plan, &err);
  }
  struct rows *rows = rc == KZ_OK ? new_rows(call) : NULL;
  if (rows) {
    rc = kz_misp_plan_events(&plan, rows->arena, &ids, &count, &err);
  } else if (rc == KZ_OK) {
    rc = KZ_E_MEMORY;
  }
  if (rc != KZ_OK) {
    if (rows) {
      close_rows(rows);
    }
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  sort(call, ids, count);
  kz_misp_result_count(call, count);
  kz_misp_page(call, 0, count, &first, &rows->count);
  rows->ids = ids + first;
  if (rows->minimal && kz_misp_sync_is_same(call, rows->ids, rows->count)) {
    close_rows(rows);
    return;
  }
  const struct kz_misp_source source = {rows, next_row, close_rows};
  kz_misp_flow(call, KZ_STR("application/json"), &source);
}

void kz_misp_attribute_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_eye *eye = &call->eye;
  const struct kz_query query = {.deleted = KZ_DELETED_NO};
  struct kz_answer answer;
  kz_rc rc = kz_query_run(eye->view, kz_store_dict(eye->house->store),
                          &eye->user->viewer, &query, &answer, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  size_t first = 0;
  size_t count = 0;
  kz_misp_page(call, ATTRIBUTES_A_PAGE, (size_t)answer.total, &first, &count);
  struct kz_hit *hits = kz_arena_array(call->work, count + 1, sizeof *hits);
  rc = hits ? kz_answer_page(&answer, KZ_SORT_ID, first, count, hits, &count,
                             &err)
            : KZ_E_MEMORY;
  kz_answer_done(&answer);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_attribute a;
    struct kz_misp_look look = KZ_MISP_LOOK;
    look.data = false;
    rc = kz_misp_read_one(eye, hits[i].event, hits[i].attribute, &look,
                          call->work, &a, &err);
    if (rc == KZ_OK) {
      kz_misp_write_attribute(&out.w, &a, hits[i].event, STYLE);
    }
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Attribute", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}
