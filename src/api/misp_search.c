/* A search is asked whole (bits, or ids of events) before the first byte goes
 * out, so that the count can stand in a header; the records are read one by one
 * afterwards. */
#include "api/misp_search.h"

#include <stdlib.h>

#include "api/misp_exporter.h"
#include "api/misp_flow.h"
#include "api/misp_index.h"
#include "api/misp_like.h"
#include "api/misp_match.h"
#include "api/misp_params.h"
#include "api/misp_related.h"
#include "api/misp_shape.h"
#include "api/misp_tidy.h"
#include "api/misp_view.h"
#include "format/misp_write.h"
#include "format/xml.h"
#include "store/store.h"
#include "work/mark.h"

#define STYLE ((struct kz_misp_style){.ids = true})

enum { HITS_AT_ONCE = 256, JSON_BYTES = 1 << 30 };

enum kind { KIND_JSON, KIND_XML, KIND_COUNT, KIND_ROWS };

struct format {
  enum kind kind;
  const struct kz_exporter *exporter; /* of rows */
};

/* One search while its answer is sent. */
struct search {
  struct kz_misp_eye eye; /* its view is ours */
  struct kz_misp_look look;
  struct kz_misp_memo memo;
  enum kz_misp_scope_of scope;
  struct format format;
  struct kz_arena *arena; /* what lives as long as the search */
  struct kz_arena *item;  /* what lives as long as one thing found */
  struct kz_jsonw w;
  struct kz_buf json; /* what becomes XML */
  struct kz_xml xml;
  struct kz_exporting *exporting;
  bool is_begun;
  kz_str object_name;
  const uint64_t *ids; /* events */
  size_t count;        /* of events, or of attributes to send */
  size_t at;
  struct kz_misp_parts *parts; /* of the large event that is being sent */
  struct kz_answer answer;     /* of attributes */
  bool has_answer;
  size_t first; /* attribute to send next, from the start of the answer */
  struct kz_hit hits[HITS_AT_ONCE];
  size_t hit_count;
  size_t hit;
};

static void close_search(void *ctx) {
  struct search *s = ctx;
  if (s->has_answer) {
    kz_answer_done(&s->answer);
  }
  kz_view_unref(s->eye.view);
  kz_exporter_close(s->exporting);
  kz_misp_parts_free(s->parts);
  kz_buf_done(&s->json);
  kz_warn_eye_free(s->look.warn);
  kz_arena_free(s->item);
  kz_arena_free(s->memo.arena);
  kz_arena_free(s->arena);
  free(s);
}

/* --- writing ---------------------------------------------------------------
 */

static enum kz_misp_scope scope_of(const struct search *s) {
  return s->scope == KZ_MISP_OF_ATTRIBUTES ? KZ_MISP_SCOPE_ATTRIBUTES
                                           : KZ_MISP_SCOPE_WRAPPED;
}

static kz_rc begin(struct search *s, struct kz_buf *out) {
  s->is_begun = true;
  kz_jsonw_init(&s->w, s->format.kind == KIND_XML ? &s->json : out);
  kz_xml_init(&s->xml, out);
  switch (s->format.kind) {
  case KIND_JSON:
    kz_misp_write_search_begin(&s->w, scope_of(s));
    return KZ_OK;
  case KIND_XML:
    kz_buf_add_str(out, KZ_XML_BEGIN);
    return KZ_OK;
  case KIND_ROWS:
    return kz_exporter_begin(s->exporting, out);
  case KIND_COUNT:
    break;
  }
  return KZ_OK;
}

static kz_rc finish(struct search *s, struct kz_buf *out) {
  kz_rc rc = KZ_OK;
  switch (s->format.kind) {
  case KIND_JSON:
    kz_misp_write_search_end(&s->w, scope_of(s));
    break;
  case KIND_XML:
    kz_buf_add_str(out, KZ_XML_END);
    break;
  case KIND_ROWS:
    rc = kz_exporter_end(s->exporting, out);
    break;
  case KIND_COUNT:
    break;
  }
  return rc == KZ_OK ? KZ_END : rc;
}

/* What was written as JSON goes on as XML. */
static void translate(struct search *s, struct kz_buf *out) {
  if (s->format.kind == KIND_XML) {
    kz_xml_feed(&s->xml, kz_buf_str(&s->json));
    out->failed = out->failed || kz_buf_failed(&s->json);
    kz_buf_clear(&s->json);
  }
}

/* Writes an attribute in a format that has a line for each. */
static kz_rc write_line(struct search *s, struct kz_buf *out,
                        const struct kz_export_row *row, struct kz_err *err) {
  kz_rc rc = kz_exporter_row(s->exporting, out, row);
  return rc < 0 ? kz_err_set(err, rc, "search: too many values") : KZ_OK;
}

static kz_rc write_lines(struct search *s, struct kz_buf *out,
                         const struct kz_event *event, struct kz_err *err) {
  kz_rc rc = kz_exporter_event(s->exporting, out, event);
  for (size_t i = 0; rc == KZ_OK && i < event->attribute_count; i++) {
    const struct kz_export_row row = {.event = event,
                                      .attribute = &event->attributes[i]};
    rc = write_line(s, out, &row, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < event->object_count; i++) {
    const struct kz_object *o = &event->objects[i];
    for (size_t k = 0; rc == KZ_OK && k < o->attribute_count; k++) {
      const struct kz_export_row row = {
          .event = event, .object = o, .attribute = &o->attributes[k]};
      rc = write_line(s, out, &row, err);
    }
  }
  return rc;
}

/* Whether the search found the attribute itself. */
static bool is_hit(const struct search *s, uint64_t event, uint64_t attribute) {
  struct kz_place place;
  if (kz_view_row(s->eye.view, event, attribute, &place) != KZ_OK) {
    return false;
  }
  const uint64_t *bits = s->answer.bits[place.part];
  return bits && (bits[place.row / 64] >> (place.row % 64) & 1);
}

static bool is_object_found(const struct search *s, uint64_t event,
                            const struct kz_object *o) {
  if (s->object_name.len > 0 && !kz_misp_like(o->name, s->object_name)) {
    return false;
  }
  for (size_t i = 0; i < o->attribute_count; i++) {
    if (is_hit(s, event, o->attributes[i].id)) {
      return true;
    }
  }
  return false;
}

static void write_objects(struct search *s, const struct kz_event *event) {
  for (size_t i = 0; i < event->object_count; i++) {
    if (is_object_found(s, event->id, &event->objects[i])) {
      kz_jsonw_object(&s->w);
      kz_jsonw_key(&s->w, KZ_STR("Object"));
      kz_misp_write_object(&s->w, &event->objects[i], event->id, STYLE);
      kz_jsonw_object_end(&s->w);
    }
  }
}

/* A large event goes out in parts; KZ_UNCHANGED: this one does not. */
static kz_rc next_part(struct search *s, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  if (!s->parts) {
    if (s->format.kind != KIND_JSON || s->scope != KZ_MISP_OF_EVENTS) {
      return KZ_UNCHANGED;
    }
    kz_arena_reset(s->item);
    rc = kz_misp_parts_begin(&s->w, &s->eye, &s->look, s->ids[s->at], s->item,
                             &s->parts, err);
    s->at += rc != KZ_UNCHANGED;
    return rc;
  }
  rc = kz_misp_parts_next(s->parts, &s->w, err);
  if (rc == KZ_END) {
    kz_misp_parts_free(s->parts);
    s->parts = NULL;
    rc = KZ_OK;
  }
  return rc;
}

static kz_rc next_event(void *ctx, struct kz_buf *out, struct kz_err *err) {
  struct search *s = ctx;
  struct kz_event event;
  kz_rc rc = s->is_begun ? KZ_OK : begin(s, out);
  if (rc != KZ_OK || (s->at == s->count && !s->parts)) {
    return rc == KZ_OK ? finish(s, out) : rc;
  }
  rc = next_part(s, err);
  if (rc != KZ_UNCHANGED) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_arena_reset(s->item);
  rc = kz_misp_read_whole(&s->eye, s->ids[s->at++], &s->look, s->item, &event,
                          err);
  if (rc != KZ_OK) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  if (s->format.kind == KIND_ROWS) {
    return write_lines(s, out, &event, err);
  }
  if (s->scope == KZ_MISP_OF_OBJECTS) {
    write_objects(s, &event);
  } else {
    rc = kz_misp_write_whole(&s->w, &s->eye, &s->look, &event, s->item, err);
  }
  translate(s, out);
  return rc;
}

/* The next hit; KZ_END. */
static kz_rc take_hit(struct search *s, struct kz_hit *ret,
                      struct kz_err *err) {
  if (s->hit == s->hit_count) {
    size_t want = s->count < HITS_AT_ONCE ? s->count : HITS_AT_ONCE;
    if (want == 0) {
      return KZ_END;
    }
    kz_rc rc = kz_answer_page(&s->answer, KZ_SORT_ID, s->first, want, s->hits,
                              &s->hit_count, err);
    if (rc != KZ_OK || s->hit_count == 0) {
      return rc == KZ_OK ? KZ_END : rc;
    }
    s->hit = 0;
    s->first += s->hit_count;
    s->count -= s->hit_count;
  }
  *ret = s->hits[s->hit++];
  return KZ_OK;
}

/* The tags of the event in front of the attribute's own. */
static kz_rc add_event_tags(struct search *s, struct kz_attribute *a,
                            const struct kz_event *event, struct kz_err *err) {
  size_t count = a->tag_count;
  struct kz_tag_use *tags =
      kz_arena_array(s->item, count + event->tag_count + 1, sizeof *tags);
  if (!tags) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  for (size_t i = 0; i < count; i++) {
    tags[i] = a->tags[i];
  }
  for (size_t i = 0; i < event->tag_count; i++) {
    if (event->tags[i].tag.exportable) {
      tags[count] = event->tags[i];
      kz_misp_tidy_colour(&tags[count++].tag, s->item);
    }
  }
  a->tags = tags;
  a->tag_count = count;
  return KZ_OK;
}

/* What the search was asked to add to each attribute. */
static kz_rc add_context(struct search *s, struct kz_attribute *a,
                         const struct kz_event *event, struct kz_err *err) {
  if (s->look.event_uuid) {
    char uuid[KZ_UUID_TEXT];
    KZ_BUF(member, 128);
    kz_str kept = KZ_STR_NONE;
    kz_buf_add_format(&member, "\"event_uuid\":\"%s\"",
                      kz_uuid_format(&event->uuid, uuid).ptr);
    if (kz_arena_dup(s->item, kz_buf_str(&member), &kept) != KZ_OK) {
      return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
    }
    a->extra = kz_misp_join_members(a->extra, kept, s->item);
  }
  if (s->look.correlations) {
    kz_rc rc = kz_misp_related_attributes(&s->eye, event->id, a, s->item, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return s->look.event_tags ? add_event_tags(s, a, event, err) : KZ_OK;
}

static void write_found(struct search *s, const struct kz_attribute *a,
                        const struct kz_event *event) {
  if (s->format.kind == KIND_XML) { /* an element needs its name */
    kz_jsonw_object(&s->w);
    kz_jsonw_key(&s->w, KZ_STR("Attribute"));
  }
  kz_misp_write_found_attribute(&s->w, a, event, STYLE);
  if (s->format.kind == KIND_XML) {
    kz_jsonw_object_end(&s->w);
  }
}

/* Whether something that the index does not know leaves it out: warninglists,
 * false positives, decay. */
static bool is_left_out(const struct search *s, const struct kz_event *event,
                        struct kz_attribute *a) {
  return (s->look.drops_harmless &&
          kz_marks_find_any(s->eye.house->false_positives, a->type, a->value,
                            NULL)) ||
         (s->look.enforce_warnings &&
          kz_warn_trips(s->look.warn, a->type, a->value)) ||
         !kz_misp_decay_attribute(&s->look.decay, event, a, s->item);
}

/* Counts the attributes that would be sent. */
static kz_rc count_hits(struct search *s, uint64_t *ret, struct kz_err *err) {
  struct kz_hit hit;
  uint64_t count = 0;
  kz_rc rc = take_hit(s, &hit, err);
  while (rc == KZ_OK) {
    struct kz_event event;
    struct kz_attribute a;
    kz_arena_reset(s->item);
    struct kz_reading r = kz_misp_reading(&s->eye, s->item);
    rc = kz_read_header(&r, hit.event, &event, NULL, err);
    if (rc == KZ_OK) {
      rc = kz_misp_read_one(&s->eye, hit.event, hit.attribute, &s->look,
                            s->item, &a, err);
    }
    count += rc == KZ_OK && !is_left_out(s, &event, &a);
    rc = rc == KZ_OK || rc == KZ_NOT_FOUND ? take_hit(s, &hit, err) : rc;
  }
  *ret = count;
  return rc == KZ_END ? KZ_OK : rc;
}

static kz_rc write_hit(struct search *s, struct kz_buf *out,
                       const struct kz_hit *hit, struct kz_err *err) {
  struct kz_event event;
  struct kz_attribute a;
  struct kz_object object;
  struct kz_export_row row = {.event = &event, .attribute = &a};
  struct kz_reading r = kz_misp_reading(&s->eye, s->item);
  kz_rc rc = kz_read_header(&r, hit->event, &event, NULL, err);
  if (rc == KZ_OK) {
    rc = kz_misp_read_one(&s->eye, hit->event, hit->attribute, &s->look,
                          s->item, &a, err);
  }
  if (rc == KZ_OK && is_left_out(s, &event, &a)) {
    return KZ_OK;
  }
  if (rc == KZ_OK && s->format.kind != KIND_ROWS) {
    rc = add_context(s, &a, &event, err);
    if (rc == KZ_OK) {
      write_found(s, &a, &event);
      translate(s, out);
    }
    return rc;
  }
  if (rc == KZ_OK && a.object_id) {
    rc = kz_read_object(&r, hit->event, a.object_id, &object, err);
    row.object = rc == KZ_OK ? &object : NULL;
  }
  return rc == KZ_OK ? write_line(s, out, &row, err) : rc;
}

static kz_rc next_attribute(void *ctx, struct kz_buf *out, struct kz_err *err) {
  struct search *s = ctx;
  struct kz_hit hit;
  kz_rc rc = s->is_begun ? KZ_OK : begin(s, out);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = take_hit(s, &hit, err);
  if (rc != KZ_OK) {
    return rc == KZ_END ? finish(s, out) : rc;
  }
  kz_arena_reset(s->item);
  rc = write_hit(s, out, &hit, err);
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

/* --- asking ----------------------------------------------------------------
 */

/* By name, in a parameter or behind the action; "stix" and others that are not
 * here have words of their own. */
static kz_rc read_format(const struct kz_misp_call *call, struct format *ret,
                         struct kz_err *err) {
  kz_str name = kz_misp_param_text(call, KZ_STR("returnFormat"));
  if (name.len == 0) {
    name = kz_misp_arg(call, 0);
  }
  *ret = (struct format){.kind = KIND_ROWS};
  if (name.len == 0 || kz_str_eq_nocase(name, KZ_STR("json"))) {
    ret->kind = KIND_JSON;
  } else if (kz_str_eq_nocase(name, KZ_STR("xml"))) {
    ret->kind = KIND_XML;
  } else if (kz_str_eq_nocase(name, KZ_STR("count"))) {
    ret->kind = KIND_COUNT;
  } else {
    ret->exporter = kz_exporter_find(name);
  }
  if (ret->kind != KIND_ROWS || ret->exporter) {
    return KZ_OK;
  }
  KZ_BUF(names, 1024);
  for (size_t i = 0; kz_exporter_at(i); i++) {
    kz_buf_add_str(&names, KZ_STR(", "));
    kz_buf_add_str(&names, kz_exporter_name(kz_exporter_at(i)));
  }
  return kz_err_set(err, KZ_E_UNSUPPORTED,
                    "Invalid export format: there are json, xml, count%.*s.",
                    KZ_STR_ARG(kz_buf_str(&names)));
}

static void read_look(const struct kz_misp_call *call,
                      const struct kz_misp_plan *plan, struct search *s) {
  bool of_attributes = s->scope == KZ_MISP_OF_ATTRIBUTES;
  s->look = KZ_MISP_LOOK;
  s->look.memo = &s->memo;
  s->look.deleted = plan->deleted;
  s->look.data = kz_misp_param_flag(call, KZ_STR("withAttachments"), false);
  s->look.metadata = s->format.kind != KIND_ROWS && !of_attributes &&
                     kz_misp_param_flag(call, KZ_STR("metadata"), false);
  /* As MISP does: attributes have them when asked for, events unless. */
  s->look.no_galaxies =
      kz_misp_param_flag(call, KZ_STR("excludeGalaxy"), false) ||
      (of_attributes &&
       !kz_misp_param_flag(call, KZ_STR("includeGalaxy"), false));
  s->look.sightings =
      kz_misp_param_flag(call, KZ_STR("includeSightings"), !of_attributes);
  s->look.correlations =
      of_attributes
          ? kz_misp_param_flag(call, KZ_STR("includeCorrelations"), false)
          : kz_misp_param_flag(call, KZ_STR("includeEventCorrelations"), true);
  s->look.event_uuid =
      kz_misp_param_flag(call, KZ_STR("includeEventUuid"), false) ||
      kz_misp_param_flag(call, KZ_STR("includeContext"), false);
  s->look.event_tags =
      kz_misp_param_flag(call, KZ_STR("includeEventTags"), false);
  if (s->scope == KZ_MISP_OF_EVENTS) {
    s->look.to_ids = plan->to_ids;
  }
}

/* Warninglists are looked at when something is asked of them. */
static kz_rc read_warnings(const struct kz_misp_call *call,
                           const struct kz_misp_plan *plan, struct search *s,
                           struct kz_err *err) {
  s->look.drops_harmless = plan->to_ids == 1;
  s->look.enforce_warnings =
      kz_misp_param_flag(call, KZ_STR("enforceWarninglist"), false);
  s->look.warnings =
      kz_misp_param_flag(call, KZ_STR("includeWarninglistHits"), false);
  return s->look.enforce_warnings || s->look.warnings
             ? kz_warn_eye_new(call->eye.house->warninglists, &s->look.warn,
                               err)
             : KZ_OK;
}

static kz_rc keep_unwanted(struct search *s, const struct kz_misp_plan *plan,
                           struct kz_err *err) {
  uint32_t *ids =
      kz_arena_array(s->arena, plan->unwanted_count + 1, sizeof *ids);
  if (!ids) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  for (size_t i = 0; i < plan->unwanted_count; i++) {
    ids[i] = plan->unwanted[i];
  }
  s->look.unwanted = ids;
  s->look.unwanted_count = plan->unwanted_count;
  return KZ_OK;
}

/* A search may ask for one kind of object only. */
static kz_rc keep_name(struct kz_misp_call *call, struct search *s) {
  kz_str name = kz_misp_param_text(call, KZ_STR("object_name"));
  return kz_arena_dup(s->arena, name.ptr ? name : KZ_STR(""), &s->object_name);
}

static kz_rc ask_events(struct kz_misp_call *call, struct search *s,
                        const struct kz_misp_plan *plan, struct kz_err *err) {
  uint64_t *ids = NULL;
  size_t total = 0;
  size_t first = 0;
  kz_rc rc = kz_misp_plan_events(plan, s->arena, &ids, &total, err);
  if (rc == KZ_OK && s->scope == KZ_MISP_OF_OBJECTS) {
    rc = kz_misp_plan_answer(plan, &s->answer, err);
    s->has_answer = rc == KZ_OK;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  kz_misp_result_count(call, total);
  kz_misp_page(call, 0, total, &first, &s->count);
  s->ids = ids + first;
  return KZ_OK;
}

static kz_rc ask_attributes(struct kz_misp_call *call, struct search *s,
                            const struct kz_misp_plan *plan,
                            struct kz_err *err) {
  kz_rc rc = kz_misp_plan_answer(plan, &s->answer, err);
  if (rc != KZ_OK) {
    return rc;
  }
  s->has_answer = true;
  s->answer.view = s->eye.view; /* the same, and it stays */
  kz_misp_result_count(call, s->answer.total);
  kz_misp_page(call, 0, (size_t)s->answer.total, &s->first, &s->count);
  return KZ_OK;
}

static struct search *new_search(const struct kz_misp_call *call,
                                 enum kz_misp_scope_of scope,
                                 struct format format) {
  struct search *s = calloc(1, sizeof *s);
  if (!s) {
    return NULL;
  }
  s->eye = call->eye;
  s->eye.view = kz_view_ref(call->eye.view);
  s->scope = scope;
  s->format = format;
  s->arena = kz_arena_new(KZ_MISP_WORK_BYTES);
  s->item = kz_arena_new(KZ_MISP_WORK_BYTES);
  s->memo.arena = kz_arena_new(KZ_MISP_WORK_BYTES);
  kz_buf_init(&s->json, JSON_BYTES);
  if (!s->arena || !s->item || !s->memo.arena) {
    close_search(s);
    return NULL;
  }
  return s;
}

static kz_rc ask(struct kz_misp_call *call, struct search *s,
                 struct kz_err *err) {
  struct kz_misp_plan *plan = kz_arena_alloc(call->work, sizeof *plan);
  if (!plan) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  const struct kz_exporter *exporter = s->format.exporter;
  bool restrictive = exporter && kz_exporter_is_restrictive(exporter);
  kz_rc rc = kz_misp_plan_make(call, s->scope, restrictive, plan, err);
  if (rc == KZ_OK) {
    read_look(call, plan, s);
  }
  if (rc == KZ_OK && exporter) {
    rc = kz_misp_open_exporter(call, exporter, s->arena, &s->exporting, err);
  }
  if (rc == KZ_OK) {
    rc = read_warnings(call, plan, s, err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_decay_read(call, s->arena, &s->look.decay, err);
    s->look.sightings |= s->look.decay.models != NULL; /* they make it young */
  }
  if (rc == KZ_OK) {
    rc = keep_unwanted(s, plan, err);
  }
  if (rc == KZ_OK) {
    rc = keep_name(call, s);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  return s->scope == KZ_MISP_OF_ATTRIBUTES ? ask_attributes(call, s, plan, err)
                                           : ask_events(call, s, plan, err);
}

/* The number alone; attributes are gone through only when some may be left out.
 */
static void reply_count(struct kz_misp_call *call, struct search *s) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t count = s->count;
  bool is_read = s->scope == KZ_MISP_OF_ATTRIBUTES &&
                 (s->look.enforce_warnings || s->look.decay.excludes);
  kz_rc rc = is_read ? count_hits(s, &count, &err) : KZ_OK;
  close_search(s);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_u64(&out.w, count);
  kz_misp_send(call, &out);
}

static void reply(struct kz_misp_call *call, struct search *s) {
  if (s->format.kind == KIND_COUNT) {
    reply_count(call, s);
    return;
  }
  kz_str type = s->format.kind == KIND_JSON ? KZ_STR("application/json")
                : s->format.kind == KIND_XML
                    ? KZ_STR("application/xml")
                    : kz_exporter_type(s->format.exporter);
  const struct kz_misp_source source = {
      .ctx = s,
      .next = s->scope == KZ_MISP_OF_ATTRIBUTES ? next_attribute : next_event,
      .close = close_search,
  };
  kz_misp_flow(call, type, &source);
}

static void search(struct kz_misp_call *call, enum kz_misp_scope_of scope) {
  struct kz_err err = KZ_ERR_NONE;
  struct format format;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = read_format(call, &format, &err);
  }
  struct search *s = rc == KZ_OK ? new_search(call, scope, format) : NULL;
  if (s) {
    rc = ask(call, s, &err);
  } else if (rc == KZ_OK) {
    rc = KZ_E_MEMORY;
  }
  if (rc != KZ_OK) {
    if (s) {
      close_search(s);
    }
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  reply(call, s);
}

void kz_misp_event_search(struct kz_misp_call *call) {
  search(call, KZ_MISP_OF_EVENTS);
}

void kz_misp_attribute_search(struct kz_misp_call *call) {
  search(call, KZ_MISP_OF_ATTRIBUTES);
}

void kz_misp_object_search(struct kz_misp_call *call) {
  search(call, KZ_MISP_OF_OBJECTS);
}
