/* What is made goes to a buffer of the export's own and from there out, because
 * one attribute with its file may be larger than a piece.
 *
 * Rows of an answer that covers a good part of the store are read by walking
 * through the records of each event; those of a thin answer one by one. */
#include "work/export.h"

#include <stdlib.h>

#include "base/clock.h"
#include "format/misp_write.h"
#include "format/xml.h"
#include "store/sight.h"
#include "work/mark.h"
#include "work/settings.h"
#include "work/show.h"
#include "work/whole.h"

enum {
  PIECE = 64 << 10,
  PIECE_MAX = 4 << 20, /* bytes appended by one fill */
  OWN_MAX = 0x7fffffff,
  ARENA_BYTES = 0x7fffffff,
  IDS = 256,        /* events asked for at once */
  DENSE_SHARE = 64, /* one row in so many found, as in a chunk: walk */
};

enum stage { STAGE_BEGIN, STAGE_BODY, STAGE_EVENT, STAGE_END, STAGE_DONE };

struct kz_export {
  struct kz_house *house;
  struct kz_viewer viewer;
  struct kz_view *view;
  struct kz_export_format format;
  enum stage stage;
  bool is_single; /* one event without what surrounds several */
  uint64_t skip;
  uint64_t left;
  struct kz_buf own;
  size_t sent; /* bytes of own that are out */
  struct kz_jsonw w;
  struct kz_buf json; /* what becomes XML */
  struct kz_xml xml;
  /* Whole events: */
  struct kz_whole *whole;
  bool is_all; /* every event, also those without attributes */
  uint64_t ids[IDS];
  size_t id_count;
  size_t id_at;
  uint64_t after;
  /* Rows: */
  struct kz_answer answer;
  struct kz_answer_walk walk;
  bool has_answer;
  bool has_walk;
  bool is_dense;
  struct kz_hit hit;
  bool has_hit;
  struct kz_exporting *exporting;
  struct kz_arena *passing;    /* attributes */
  bool drops_harmless;         /* what is marked as a false positive */
  struct kz_kv_iter *children; /* for a walk through events */
  struct kz_arena *headers;    /* the event they are of */
  struct kz_arena *objects;    /* the object they are of */
  struct kz_event event;
  struct kz_object object;
};

static const struct kz_misp_style style = {.ids = true};

kz_rc kz_export_format(kz_str name, struct kz_export_format *ret,
                       struct kz_err *err) {
  static const struct {
    const char *name;
    enum kz_export_kind kind;
  } names[] = {
      {"misp", KZ_EXPORT_EVENTS},   {"json", KZ_EXPORT_EVENTS},
      {"ndjson", KZ_EXPORT_NDJSON}, {"attributes", KZ_EXPORT_ATTRIBUTES},
      {"xml", KZ_EXPORT_XML},       {"count", KZ_EXPORT_COUNT},
  };
  struct kz_export_format format = {.kind = KZ_EXPORT_ROWS,
                                    .exporter = kz_exporter_find(name),
                                    .settings = KZ_EXPORTER_SETTINGS};
  format.settings.now_us = kz_clock_now_us();
  bool is_found = format.exporter != NULL;
  for (size_t i = 0; !is_found && i < sizeof names / sizeof *names; i++) {
    is_found = kz_str_eq(name, kz_str_of(names[i].name));
    format.kind = is_found ? names[i].kind : format.kind;
  }
  if (!is_found) {
    return kz_err_set(err, KZ_E_INPUT,
                      "format: \"%.*s\" is not misp, json, ndjson, xml, "
                      "attributes, count, nor one of those that "
                      "docs/user/export.md lists",
                      KZ_STR_ARG(kz_str_head(name, 100)));
  }
  *ret = format;
  return KZ_OK;
}

kz_str kz_export_type(const struct kz_export_format *format) {
  switch (format->kind) {
  case KZ_EXPORT_EVENTS:
  case KZ_EXPORT_ATTRIBUTES:
    return KZ_STR("application/json");
  case KZ_EXPORT_NDJSON:
    return KZ_STR("application/x-ndjson");
  case KZ_EXPORT_XML:
    return KZ_STR("application/xml");
  case KZ_EXPORT_COUNT:
    return KZ_STR("text/plain; charset=utf-8");
  case KZ_EXPORT_ROWS:
    break;
  }
  return kz_exporter_type(format->exporter);
}

void kz_export_settings(struct kz_house *house, struct kz_arena *arena,
                        struct kz_exporter_settings *settings) {
  struct kz_rpz_settings *rpz = &settings->rpz;
  const struct {
    enum kz_setting setting;
    kz_str *to;
  } texts[] = {
      {KZ_SETTING_baseurl, &settings->base_url},
      {KZ_SETTING_rpz_walled_garden, &rpz->walled_garden},
      {KZ_SETTING_rpz_ns, &rpz->ns},
      {KZ_SETTING_rpz_ns_alt, &rpz->ns_alt},
      {KZ_SETTING_rpz_email, &rpz->email},
      {KZ_SETTING_rpz_serial, &rpz->serial},
      {KZ_SETTING_rpz_refresh, &rpz->refresh},
      {KZ_SETTING_rpz_retry, &rpz->retry},
      {KZ_SETTING_rpz_expiry, &rpz->expiry},
      {KZ_SETTING_rpz_minimum_ttl, &rpz->minimum_ttl},
      {KZ_SETTING_rpz_ttl, &rpz->ttl},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    *texts[i].to = kz_settings_text(house->settings, texts[i].setting, arena);
  }
  char digit =
      (char)('0' + kz_settings_number(house->settings, KZ_SETTING_rpz_policy));
  if (kz_rpz_policy_by_name((kz_str){&digit, 1}, &rpz->policy) != KZ_OK) {
    rpz->policy = KZ_RPZ_NXDOMAIN;
  }
}

static bool is_kind_of_events(enum kz_export_kind kind) {
  return kind == KZ_EXPORT_EVENTS || kind == KZ_EXPORT_NDJSON ||
         kind == KZ_EXPORT_XML;
}

static bool is_of_events(const struct kz_export *ex) {
  return is_kind_of_events(ex->format.kind);
}

void kz_export_free(struct kz_export *export) {
  if (!export) {
    return;
  }
  if (export->has_walk) {
    kz_answer_walk_done(&export->walk);
  }
  if (export->has_answer) {
    kz_answer_done(&export->answer);
  }
  kz_whole_free(export->whole);
  kz_arena_free(export->passing);
  kz_kv_iter_free(export->children);
  kz_arena_free(export->headers);
  kz_arena_free(export->objects);
  kz_buf_done(&export->own);
  kz_buf_done(&export->json);
  kz_exporter_close(export->exporting);
  kz_view_unref(export->view);
  free(export);
}

static struct kz_export *make(struct kz_house *house,
                              const struct kz_viewer *viewer,
                              const struct kz_export_format *format,
                              enum kz_deleted wanted) {
  struct kz_export *ex = calloc(1, sizeof *ex);
  if (!ex) {
    return NULL;
  }
  ex->house = house;
  ex->viewer = *viewer;
  ex->format = *format;
  ex->left = UINT64_MAX;
  ex->view = kz_store_view(house->store);
  kz_buf_init(&ex->own, OWN_MAX);
  kz_buf_init(&ex->json, OWN_MAX);
  kz_xml_init(&ex->xml, &ex->own);
  kz_jsonw_init(&ex->w, format->kind == KZ_EXPORT_XML ? &ex->json : &ex->own);
  if (format->exporter) {
    ex->exporting = kz_exporter_open(format->exporter, &format->settings);
  }
  ex->passing = kz_arena_new(ARENA_BYTES);
  struct kz_reading reading = kz_store_reading(house->store, ex->view, NULL);
  ex->children = kz_read_children(&reading);
  ex->headers = kz_arena_new(ARENA_BYTES);
  ex->objects = kz_arena_new(ARENA_BYTES);
  bool whole = is_of_events(ex);
  ex->whole = whole ? kz_whole_new(house, ex->view, &ex->viewer, wanted) : NULL;
  if (!ex->passing || !ex->headers || !ex->objects || !ex->children ||
      (whole && !ex->whole) || (format->exporter && !ex->exporting)) {
    kz_export_free(ex);
    return NULL;
  }
  return ex;
}

/* Whether the search says something of that kind at its top. */
static bool says(const struct kz_cond *where, enum kz_cond_kind kind) {
  if (!where || where->kind != KZ_COND_AND) {
    return where && where->kind == kind;
  }
  for (size_t i = 0; i < where->child_count; i++) {
    if (where->children[i]->kind == kind) {
      return true;
    }
  }
  return false;
}

/* Formats that block things by themselves; text is for pipes. */
static bool is_restrictive(const struct kz_export *ex) {
  const struct kz_exporter *exporter = ex->format.exporter;
  return exporter && kz_exporter_is_restrictive(exporter) &&
         !kz_str_eq(kz_exporter_name(exporter), KZ_STR("text"));
}

/* Whether the question is for things to detect or block: then what somebody
 * called harmless is left out. */
static bool is_for_detection(const struct kz_export *ex,
                             const struct kz_cond *where) {
  if (is_restrictive(ex)) {
    return true;
  }
  if (!where || (where->kind == KZ_COND_TO_IDS && where->flag)) {
    return where != NULL;
  }
  for (size_t i = 0; where->kind == KZ_COND_AND && i < where->child_count;
       i++) {
    const struct kz_cond *child = where->children[i];
    if (child->kind == KZ_COND_TO_IDS && child->flag) {
      return true;
    }
  }
  return false;
}

static kz_rc ask(struct kz_export *ex, const struct kz_search *search,
                 struct kz_err *err) {
  static const struct kz_cond to_ids = {.kind = KZ_COND_TO_IDS, .flag = true};
  static const struct kz_cond published = {.kind = KZ_COND_PUBLISHED,
                                           .flag = true};
  const struct kz_cond *parts[3];
  struct kz_cond both = {.kind = KZ_COND_AND, .children = parts};
  if (search->where) {
    parts[both.child_count++] = search->where;
  }
  if (is_restrictive(ex) && !says(search->where, KZ_COND_TO_IDS)) {
    parts[both.child_count++] = &to_ids;
  }
  if (is_restrictive(ex) && !says(search->where, KZ_COND_PUBLISHED)) {
    parts[both.child_count++] = &published;
  }
  const struct kz_query query = {.where = both.child_count > 0 ? &both : NULL,
                                 .deleted = search->deleted};
  kz_rc rc = kz_query_run(ex->view, kz_store_dict(ex->house->store),
                          &ex->viewer, &query, &ex->answer, err);
  if (rc != KZ_OK) {
    return rc;
  }
  ex->has_answer = true;
  ex->drops_harmless = is_for_detection(ex, search->where);
  ex->is_dense = ex->answer.total >= kz_view_rows(ex->view) / DENSE_SHARE;
  if (!is_of_events(ex)) {
    rc = kz_answer_walk_init(&ex->walk, &ex->answer);
    ex->has_walk = rc == KZ_OK;
  }
  return rc == KZ_OK ? KZ_OK : kz_err_set(err, rc, "export: out of memory");
}

kz_rc kz_export_new(struct kz_house *house, const struct kz_viewer *viewer,
                    const struct kz_search *search,
                    const struct kz_export_format *format,
                    struct kz_export **ret_export, struct kz_err *err) {
  struct kz_search asked = *search;
  bool whole = is_kind_of_events(format->kind);
  if (whole && !asked.gave_deleted) {
    asked.deleted = KZ_DELETED_BOTH;
  }
  if (asked.sort != KZ_SORT_ID) {
    return kz_err_set(err, KZ_E_INPUT, "sort: an export is in order of ids");
  }
  struct kz_export *ex = make(house, viewer, format, asked.deleted);
  if (!ex) {
    return kz_err_set(err, KZ_E_MEMORY, "export: out of memory");
  }
  ex->skip = asked.offset;
  ex->left = asked.gave_limit ? asked.limit : UINT64_MAX;
  ex->is_all = whole && !asked.where && asked.deleted != KZ_DELETED_ONLY;
  kz_rc rc = ex->is_all ? KZ_OK : ask(ex, &asked, err);
  if (rc != KZ_OK) {
    kz_export_free(ex);
    return rc;
  }
  *ret_export = ex;
  return KZ_OK;
}

kz_rc kz_export_event(struct kz_house *house, const struct kz_viewer *viewer,
                      kz_str ref, enum kz_deleted wanted,
                      struct kz_export **ret_export, struct kz_err *err) {
  const struct kz_export_format format = {.kind = KZ_EXPORT_EVENTS};
  struct kz_export *ex = make(house, viewer, &format, wanted);
  if (!ex) {
    return kz_err_set(err, KZ_E_MEMORY, "export: out of memory");
  }
  kz_rc rc = kz_show_find(ex->view, viewer, ref, &ex->ids[0], err);
  if (rc != KZ_OK) {
    kz_export_free(ex);
    return rc;
  }
  ex->id_count = 1;
  ex->is_single = true;
  ex->left = 1;
  *ret_export = ex;
  return KZ_OK;
}

/* --- whole events ----------------------------------------------------------
 */

/* The next events of the table that the viewer may see. */
static void list_all(struct kz_export *ex) {
  uint64_t end = kz_events_end(ex->view->events);
  uint64_t id = ex->after + 1;
  for (; id < end && ex->id_count < IDS; id++) {
    if (kz_sight_event(ex->view, &ex->viewer, id)) {
      ex->ids[ex->id_count++] = id;
    }
  }
  ex->after = id - 1;
}

/* KZ_END when there are no more. */
static kz_rc next_id(struct kz_export *ex, uint64_t *ret, struct kz_err *err) {
  if (ex->id_at == ex->id_count && ex->is_single) {
    return KZ_END;
  }
  if (ex->id_at == ex->id_count) {
    ex->id_at = 0;
    ex->id_count = 0;
    if (ex->is_all) {
      list_all(ex);
    } else {
      kz_rc rc = kz_answer_events(&ex->answer, ex->after, IDS, ex->ids,
                                  &ex->id_count, err);
      if (rc < 0) {
        return rc;
      }
      ex->after = ex->id_count > 0 ? ex->ids[ex->id_count - 1] : ex->after;
    }
  }
  if (ex->id_at == ex->id_count) {
    return KZ_END;
  }
  *ret = ex->ids[ex->id_at++];
  return KZ_OK;
}

/* After a call of kz_whole: goes on, or ends the event. */
static kz_rc settle_event(struct kz_export *ex, kz_rc rc) {
  if (rc == KZ_NOT_FOUND) {
    ex->stage = STAGE_BODY;
    return KZ_OK;
  }
  if (rc < 0) {
    return rc;
  }
  ex->stage = rc == KZ_END ? STAGE_BODY : STAGE_EVENT;
  if (rc == KZ_END) {
    ex->left--;
    if (ex->format.kind == KZ_EXPORT_NDJSON) {
      kz_buf_add_byte(&ex->own, '\n');
    }
  }
  return KZ_OK;
}

static kz_rc make_events(struct kz_export *ex, struct kz_err *err) {
  uint64_t id = 0;
  if (ex->stage == STAGE_EVENT) {
    return settle_event(ex, kz_whole_next(ex->whole, &ex->w, err));
  }
  kz_rc rc = ex->left > 0 ? next_id(ex, &id, err) : KZ_END;
  if (rc == KZ_OK && ex->skip > 0) {
    ex->skip--;
    return KZ_OK;
  }
  if (rc == KZ_OK) {
    return settle_event(ex, kz_whole_begin(ex->whole, id, &ex->w, err));
  }
  return rc;
}

/* --- rows ------------------------------------------------------------------
 */

static kz_rc next_hit(struct kz_export *ex) {
  kz_rc rc = kz_answer_walk_next(&ex->walk, &ex->hit);
  ex->has_hit = rc == KZ_OK;
  return rc;
}

static kz_rc read_event_of(struct kz_export *ex, uint64_t event,
                           struct kz_err *err) {
  if (ex->event.id == event) {
    return KZ_OK;
  }
  kz_arena_reset(ex->headers);
  struct kz_reading reading =
      kz_store_reading(ex->house->store, ex->view, ex->headers);
  return kz_read_header(&reading, event, &ex->event, NULL, err);
}

static kz_rc read_object_of(struct kz_export *ex, uint64_t event,
                            uint64_t object, struct kz_err *err) {
  if (object == 0 || ex->object.id == object) {
    return KZ_OK;
  }
  kz_arena_reset(ex->objects);
  struct kz_reading reading =
      kz_store_reading(ex->house->store, ex->view, ex->objects);
  kz_rc rc = kz_read_object(&reading, event, object, &ex->object, err);
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

static kz_rc export_row(struct kz_export *ex, const struct kz_event *event,
                        const struct kz_attribute *a, struct kz_err *err) {
  const struct kz_export_row row = {
      .event = event,
      .object =
          a->object_id && ex->object.id == a->object_id ? &ex->object : NULL,
      .attribute = a,
  };
  kz_rc rc = kz_exporter_row(ex->exporting, &ex->own, &row);
  return rc == KZ_OK ? KZ_OK : kz_err_set(err, rc, "export: too many values");
}

static kz_rc write_row(struct kz_export *ex, const struct kz_attribute *a,
                       struct kz_err *err) {
  if (ex->exporting && kz_exporter_is_bare(ex->format.exporter)) {
    const struct kz_event event = {.id = ex->hit.event};
    return export_row(ex, &event, a, err);
  }
  kz_rc rc = read_event_of(ex, ex->hit.event, err);
  if (rc == KZ_OK && !ex->exporting) {
    kz_misp_write_found_attribute(&ex->w, a, &ex->event, style);
    return KZ_OK;
  }
  if (rc == KZ_OK) {
    rc = read_object_of(ex, ex->hit.event, a->object_id, err);
  }
  return rc == KZ_OK ? export_row(ex, &ex->event, a, err) : rc;
}

/* Writes the hit's attribute unless it is to be skipped, and goes on. */
static kz_rc take_row(struct kz_export *ex, const struct kz_attribute *a,
                      struct kz_err *err) {
  kz_rc rc = KZ_OK;
  bool is_dropped =
      ex->drops_harmless &&
      kz_marks_find_any(ex->house->false_positives, a->type, a->value, NULL);
  if (is_dropped) {
    /* neither written nor counted */
  } else if (ex->skip > 0) {
    ex->skip--;
  } else {
    rc = write_row(ex, a, err);
    ex->left--;
  }
  kz_rc next = rc == KZ_OK ? next_hit(ex) : KZ_OK;
  return next < 0 ? next : rc;
}

/* A record on the way: the hit's own, one that was not asked for, or one past
 * it when the hit has no record. KZ_UNCHANGED: enough for now. */
static kz_rc pass_row(void *ctx, const struct kz_attribute *a,
                      struct kz_err *err) {
  struct kz_export *ex = ctx;
  uint64_t event = ex->hit.event;
  while (ex->has_hit && ex->hit.event == event && ex->hit.attribute < a->id) {
    kz_rc rc = next_hit(ex);
    if (rc < 0) {
      return rc;
    }
  }
  if (!ex->has_hit || ex->hit.event != event) {
    return KZ_UNCHANGED;
  }
  if (ex->hit.attribute != a->id) {
    return KZ_OK;
  }
  kz_rc rc = take_row(ex, a, err);
  bool goes_on = ex->has_hit && ex->hit.event == event && ex->left > 0 &&
                 ex->own.len < PIECE;
  return rc == KZ_OK && !goes_on ? KZ_UNCHANGED : rc;
}

static kz_rc walk_event(struct kz_export *ex, struct kz_err *err) {
  uint64_t event = ex->hit.event;
  struct kz_reading reading =
      kz_store_reading(ex->house->store, ex->view, ex->passing);
  reading.children = ex->children;
  kz_rc rc = kz_read_attributes(
      &reading, event, (struct kz_read_options){.from = ex->hit.attribute},
      pass_row, ex, err);
  while (rc == KZ_OK && ex->has_hit && ex->hit.event == event) {
    rc = next_hit(ex); /* no record is left for it */
    rc = rc == KZ_END ? KZ_OK : rc;
  }
  return rc == KZ_UNCHANGED ? KZ_OK : rc;
}

static kz_rc take_one(struct kz_export *ex, struct kz_err *err) {
  struct kz_attribute attribute;
  kz_arena_reset(ex->passing);
  struct kz_reading reading =
      kz_store_reading(ex->house->store, ex->view, ex->passing);
  reading.children = ex->children;
  kz_rc rc =
      kz_read_attribute(&reading, ex->hit.event, ex->hit.attribute,
                        (struct kz_read_options){.from = 0}, &attribute, err);
  if (rc == KZ_NOT_FOUND) {
    rc = next_hit(ex);
    return rc == KZ_END ? KZ_OK : rc;
  }
  return rc == KZ_OK ? take_row(ex, &attribute, err) : rc;
}

static kz_rc make_rows(struct kz_export *ex, struct kz_err *err) {
  if (ex->left == 0) {
    return KZ_END;
  }
  if (!ex->has_hit) {
    kz_rc rc = next_hit(ex);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return ex->is_dense ? walk_event(ex, err) : take_one(ex, err);
}

/* --- pieces ----------------------------------------------------------------
 */

static enum kz_misp_scope scope_of(const struct kz_export *ex) {
  return ex->format.kind == KZ_EXPORT_EVENTS ? KZ_MISP_SCOPE_WRAPPED
                                             : KZ_MISP_SCOPE_ATTRIBUTES;
}

static kz_rc begin(struct kz_export *ex) {
  switch (ex->format.kind) {
  case KZ_EXPORT_EVENTS:
  case KZ_EXPORT_ATTRIBUTES:
    if (!ex->is_single) {
      kz_misp_write_search_begin(&ex->w, scope_of(ex));
    }
    return KZ_OK;
  case KZ_EXPORT_XML:
    kz_buf_add_str(&ex->own, KZ_XML_BEGIN);
    return KZ_OK;
  case KZ_EXPORT_COUNT:
    kz_buf_add_u64(&ex->own, ex->answer.total);
    kz_buf_add_byte(&ex->own, '\n');
    return KZ_OK;
  case KZ_EXPORT_ROWS:
    return kz_exporter_begin(ex->exporting, &ex->own);
  case KZ_EXPORT_NDJSON:
    break;
  }
  return KZ_OK;
}

static kz_rc end(struct kz_export *ex) {
  switch (ex->format.kind) {
  case KZ_EXPORT_EVENTS:
  case KZ_EXPORT_ATTRIBUTES:
    if (!ex->is_single) {
      kz_misp_write_search_end(&ex->w, scope_of(ex));
    }
    kz_buf_add_byte(&ex->own, '\n');
    return KZ_OK;
  case KZ_EXPORT_XML:
    kz_buf_add_str(&ex->own, KZ_XML_END);
    return KZ_OK;
  case KZ_EXPORT_ROWS:
    return kz_exporter_end(ex->exporting, &ex->own);
  case KZ_EXPORT_NDJSON:
  case KZ_EXPORT_COUNT:
    break;
  }
  return KZ_OK;
}

/* What was written as JSON goes on as XML. */
static void translate(struct kz_export *ex) {
  if (ex->format.kind == KZ_EXPORT_XML) {
    kz_xml_feed(&ex->xml, kz_buf_str(&ex->json));
    ex->own.failed = ex->own.failed || kz_buf_failed(&ex->json);
    kz_buf_clear(&ex->json);
  }
}

static kz_rc step(struct kz_export *ex, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  switch (ex->stage) {
  case STAGE_BEGIN:
    ex->stage = ex->format.kind == KZ_EXPORT_COUNT ? STAGE_END : STAGE_BODY;
    return begin(ex);
  case STAGE_BODY:
  case STAGE_EVENT:
    rc = is_of_events(ex) ? make_events(ex, err) : make_rows(ex, err);
    translate(ex);
    if (rc == KZ_END) {
      ex->stage = STAGE_END;
      rc = KZ_OK;
    }
    return rc;
  case STAGE_END:
    ex->stage = STAGE_DONE;
    return end(ex);
  case STAGE_DONE:
    break;
  }
  return KZ_END;
}

kz_rc kz_export_fill(struct kz_export *export, struct kz_buf *out,
                     struct kz_err *err) {
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && export->own.len < PIECE) {
    rc = step(export, err);
  }
  if (rc < 0) {
    return rc;
  }
  kz_str ready = kz_str_from(kz_buf_str(&export->own), export->sent);
  kz_str part = kz_str_head(ready, PIECE_MAX);
  if (kz_buf_failed(&export->own) || !kz_buf_add_str(out, part)) {
    return kz_err_set(err, KZ_E_MEMORY, "export: one thing is too large");
  }
  export->sent += part.len;
  if (part.len < ready.len) {
    return KZ_OK;
  }
  export->sent = 0;
  kz_buf_clear(&export->own);
  return rc;
}
