#include "api/misp_related.h"

#include "api/misp_org.h"
#include "api/misp_tidy.h"
#include "base/clock.h"
#include "base/jsonw.h"
#include "format/misp_write.h"
#include "model/value.h"
#include "store/lookup.h"
#include "store/store.h"
#include "work/correlate.h"
#include "work/mark.h"

#define STYLE ((struct kz_misp_style){.ids = true})

enum { LIST_BYTES = 1 << 26 };

/* What the eye may not see, or what is gone, is left out. */
static kz_rc write_one(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                       const struct kz_hit *hit, struct kz_arena *arena,
                       struct kz_err *err) {
  struct kz_event_entry e;
  struct kz_attribute a;
  char uuid[KZ_UUID_TEXT];
  char date[KZ_DATE_TEXT];
  struct kz_reading r = kz_misp_reading(eye, arena);
  kz_rc rc = kz_events_get(eye->view->events, hit->event, &e);
  if (rc == KZ_OK) {
    rc = kz_read_attribute(&r, hit->event, hit->attribute,
                           (struct kz_read_options){0}, &a, err);
  }
  if (rc != KZ_OK) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), hit->attribute);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&a.uuid, uuid));
  kz_jsonw_member_str(w, KZ_STR("type"), kz_type_name(a.type));
  kz_jsonw_member_str(w, KZ_STR("category"), kz_category_name(a.category));
  kz_jsonw_member_str(w, KZ_STR("value"), a.value);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), e.org);
  kz_jsonw_member_str(w, KZ_STR("info"), e.info);
  kz_jsonw_member_u64_str(w, KZ_STR("event_id"), hit->event);
  kz_jsonw_key(w, KZ_STR("Event"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), hit->event);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&e.uuid, uuid));
  kz_jsonw_member_str(w, KZ_STR("info"), e.info);
  kz_jsonw_member_str(w, KZ_STR("date"),
                      kz_clock_format_date(e.date_days, date));
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), e.org);
  kz_jsonw_member_u64_str(w, KZ_STR("orgc_id"), e.orgc);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  return KZ_OK;
}

static kz_rc write_part(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                        uint64_t event, kz_str part, struct kz_arena *arena,
                        struct kz_err *err) {
  struct kz_hit *hits = NULL;
  size_t count = 0;
  uint64_t total = 0;
  if (kz_marks_find(eye->house->exclusions, part, NULL)) {
    return KZ_OK;
  }
  kz_rc rc =
      kz_lookup_hits(eye->view, &eye->user->viewer, part, KZ_MISP_RELATED_MAX,
                     arena, &hits, &count, &total, err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    if (hits[i].event != event) {
      rc = write_one(w, eye, &hits[i], arena, err);
    }
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

kz_rc kz_misp_related_attributes(const struct kz_misp_eye *eye, uint64_t event,
                                 struct kz_attribute *attribute,
                                 struct kz_arena *arena, struct kz_err *err) {
  KZ_BUF(list, LIST_BYTES);
  struct kz_jsonw w;
  kz_str parts[2];
  kz_str kept;
  if (attribute->disable_correlation || attribute->deleted ||
      !kz_type_correlates(attribute->type)) {
    return KZ_OK;
  }
  unsigned count = kz_value_parts(attribute->type, attribute->value, parts);
  count = kz_type_correlates_first_only(attribute->type) ? 1 : count;
  kz_buf_add_str(&list, KZ_STR("\"RelatedAttribute\":"));
  size_t empty = list.len + 2;
  kz_jsonw_init(&w, &list);
  kz_jsonw_array(&w);
  kz_rc rc = KZ_OK;
  for (unsigned i = 0; rc == KZ_OK && i < count; i++) {
    rc = write_part(&w, eye, event, parts[i], arena, err);
  }
  kz_jsonw_array_end(&w);
  if (rc != KZ_OK || list.len == empty) {
    return rc;
  }
  if (kz_buf_failed(&list) ||
      kz_arena_dup(arena, kz_buf_str(&list), &kept) != KZ_OK) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  attribute->extra = kz_misp_join_members(attribute->extra, kept, arena);
  return KZ_OK;
}

/* --- of an event -----------------------------------------------------------
 */

/* An event in short, as RelatedEvent has it. */
static void write_related(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                          uint64_t id) {
  struct kz_event_entry e;
  char text[KZ_UUID_TEXT];
  char date[KZ_DATE_TEXT];
  if (kz_events_get(eye->view->events, id, &e) != KZ_OK) {
    return;
  }
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Event"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_str(w, KZ_STR("date"),
                      kz_clock_format_date(e.date_days, date));
  kz_jsonw_member_u64_str(w, KZ_STR("threat_level_id"), e.threat_level);
  kz_jsonw_member_str(w, KZ_STR("info"), e.info);
  kz_jsonw_member_bool(w, KZ_STR("published"), e.flags & KZ_EVENT_PUBLISHED);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&e.uuid, text));
  kz_jsonw_member_u64_str(w, KZ_STR("analysis"), e.analysis);
  kz_jsonw_member_u64_str(w, KZ_STR("timestamp"), e.time_s);
  kz_jsonw_member_u64_str(w, KZ_STR("distribution"), e.distribution);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), e.org);
  kz_jsonw_member_u64_str(w, KZ_STR("orgc_id"), e.orgc);
  kz_misp_write_orgs(w, eye, e.org, e.orgc);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

/* The events that share a value are marked, so that each is written once. */
kz_rc kz_misp_related_events(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                             bool is_wanted, uint64_t event,
                             struct kz_arena *arena, struct kz_err *err) {
  struct kz_shared_value *shared = NULL;
  size_t count = 0;
  kz_jsonw_key(w, KZ_STR("RelatedEvent"));
  kz_jsonw_array(w);
  uint64_t end = kz_events_end(eye->view->events);
  uint64_t *marks = NULL;
  kz_rc rc = KZ_OK;
  if (is_wanted) {
    rc = kz_correlate_values(eye->house, eye->view, &eye->user->viewer, event,
                             arena, &shared, &count, err);
    marks = kz_arena_array(arena, (size_t)(end / 64 + 1), sizeof *marks);
    rc = rc == KZ_OK && !marks ? KZ_E_MEMORY : rc;
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    for (size_t k = 0; k < shared[i].event_count; k++) {
      uint64_t id = shared[i].events[k];
      if (id < end && !(marks[id / 64] >> (id % 64) & 1)) {
        marks[id / 64] |= UINT64_C(1) << (id % 64);
        write_related(w, eye, id);
      }
    }
  }
  kz_jsonw_array_end(w);
  return rc;
}
