/* Numbers come from the index's facets, so they are exact and of what the
 * caller may see. */
#include "api/misp_statistics.h"

#include <stdlib.h>

#include "api/misp_shape.h"
#include "base/clock.h"
#include "store/facet.h"
#include "store/query.h"
#include "store/sight.h"
#include "store/store.h"
#include "work/result.h"

enum {
  TOP = 10,              /* events in the list of those most sighted */
  HISTOGRAM_ORGS = 100,  /* organisations with a histogram of their own */
  SIGHTED_MAX = 1 << 20, /* events whose sightings are counted */
};
#define MONTH_US (INT64_C(30) * 86400 * KZ_SECOND_US)

/* --- what the tables say ---------------------------------------------------
 */

/* What one walk over the table of events counts. */
struct tally {
  uint64_t events;
  uint64_t month;   /* events that were added in the last 30 days */
  uint64_t *by_org; /* creators, by id */
  uint64_t *by_tag; /* events with it, by id */
};

static kz_rc count_events(struct kz_misp_call *call, struct tally *t) {
  const struct kz_misp_eye *eye = &call->eye;
  struct kz_dict *dict = kz_store_dict(eye->house->store);
  uint32_t orgs = kz_dict_org_count(dict);
  uint32_t tags = kz_dict_tag_count(dict);
  uint64_t end = kz_events_end(eye->view->events);
  int64_t since = (kz_clock_now_us() - MONTH_US) / KZ_SECOND_US;
  t->by_org = kz_arena_array(call->work, (size_t)orgs + 1, sizeof *t->by_org);
  t->by_tag = kz_arena_array(call->work, (size_t)tags + 1, sizeof *t->by_tag);
  if (!t->by_org || !t->by_tag) {
    return KZ_E_MEMORY;
  }
  for (uint64_t id = 0; id < end; id++) {
    struct kz_event_entry e;
    if (kz_events_get(eye->view->events, id, &e) != KZ_OK ||
        !kz_sight_event(eye->view, &eye->user->viewer, id)) {
      continue;
    }
    t->events++;
    t->month += (int64_t)e.known_s >= since;
    t->by_org[e.orgc <= orgs ? e.orgc : 0]++;
    for (uint32_t i = 0; i < e.tag_count; i++) {
      t->by_tag[e.tags[i] <= tags ? e.tags[i] : 0]++;
    }
  }
  return KZ_OK;
}

/* Facets of all that fulfils `where` (NULL: everything). */
static kz_rc count_attributes(struct kz_misp_call *call,
                              const struct kz_cond *where,
                              struct kz_facets *ret, struct kz_err *err) {
  const struct kz_search search = {.where = where};
  return kz_result_facets(call->eye.house, &call->eye.user->viewer, &search,
                          call->work, ret, err);
}

/* --- data ------------------------------------------------------------------
 */

static uint64_t local_orgs(const struct kz_misp_call *call) {
  struct kz_dict *dict = kz_store_dict(call->eye.house->store);
  uint64_t local = 0;
  for (uint32_t id = 1; id <= kz_dict_org_count(dict); id++) {
    struct kz_org org;
    local += kz_dict_org_get(dict, id, &org) == KZ_OK && org.local;
  }
  return local;
}

static void write_data(struct kz_misp_call *call, struct kz_jsonw *w,
                       const struct tally *t, const struct kz_facets *all,
                       const struct kz_facets *month) {
  uint64_t contributing = 0;
  uint32_t orgs = kz_dict_org_count(kz_store_dict(call->eye.house->store));
  for (uint32_t id = 1; id <= orgs; id++) {
    contributing += t->by_org[id] > 0;
  }
  const struct {
    const char *name;
    uint64_t value;
  } numbers[] = {
      {"event_count", t->events},
      {"event_count_month", t->month},
      {"attribute_count", all->total},
      {"attribute_count_month", month->total},
      {"attributes_per_event", t->events > 0 ? all->total / t->events : 0},
      {"org_count", orgs},
      {"local_org_count", local_orgs(call)},
      {"contributing_org_count", contributing},
  };
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("stats"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    kz_jsonw_member_u64(w, kz_str_of(numbers[i].name), numbers[i].value);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static kz_rc answer_data(struct kz_misp_call *call, struct kz_jsonw *w,
                         struct kz_err *err) {
  const struct kz_cond recent = {.kind = KZ_COND_KNOWN,
                                 .from = kz_clock_now_us() - MONTH_US,
                                 .to = INT64_MAX};
  struct tally tally = {0};
  struct kz_facets *facets = kz_arena_array(call->work, 2, sizeof *facets);
  kz_rc rc = facets ? count_events(call, &tally) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = count_attributes(call, NULL, &facets[0], err);
  }
  if (rc == KZ_OK) {
    rc = count_attributes(call, &recent, &facets[1], err);
  }
  if (rc == KZ_OK) {
    write_data(call, w, &tally, &facets[0], &facets[1]);
  }
  return rc;
}

/* --- organisations, users --------------------------------------------------
 */

static uint64_t count_of(const struct kz_facet_count *counts, size_t count,
                         uint64_t key) {
  for (size_t i = 0; i < count; i++) {
    if (counts[i].key == key) {
      return counts[i].count;
    }
  }
  return 0;
}

static kz_rc answer_orgs(struct kz_misp_call *call, struct kz_jsonw *w,
                         struct kz_err *err) {
  struct kz_dict *dict = kz_store_dict(call->eye.house->store);
  struct tally tally = {0};
  struct kz_facets *facets = kz_arena_alloc(call->work, sizeof *facets);
  kz_rc rc = facets ? count_events(call, &tally) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = count_attributes(call, NULL, facets, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  kz_jsonw_object(w);
  for (uint32_t id = 1; id <= kz_dict_org_count(dict); id++) {
    struct kz_org org;
    char uuid[KZ_UUID_TEXT];
    if (kz_dict_org_get(dict, id, &org) != KZ_OK ||
        (!org.local && tally.by_org[id] == 0)) {
      continue;
    }
    kz_jsonw_key(w, org.name);
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
    kz_jsonw_member_str(w, KZ_STR("name"), org.name);
    kz_jsonw_member_str(w, KZ_STR("uuid"),
                        org.has_uuid ? kz_uuid_format(&org.uuid, uuid)
                                     : KZ_STR(""));
    kz_jsonw_member_bool(w, KZ_STR("local"), org.local);
    kz_jsonw_member_u64_str(w, KZ_STR("eventCount"), tally.by_org[id]);
    kz_jsonw_member_u64_str(w, KZ_STR("attributeCount"),
                            count_of(facets->orgs, facets->org_count, id));
    kz_jsonw_object_end(w);
  }
  kz_jsonw_object_end(w);
  return KZ_OK;
}

static void write_total(struct kz_jsonw *w, const char *key, const char *title,
                        uint64_t total) {
  kz_jsonw_key(w, kz_str_of(key));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("title"), kz_str_of(title));
  kz_jsonw_key(w, KZ_STR("data"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("total"), total);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static kz_rc answer_users(struct kz_misp_call *call, struct kz_jsonw *w) {
  uint64_t orgs = kz_dict_org_count(kz_store_dict(call->eye.house->store));
  uint64_t local = local_orgs(call);
  kz_jsonw_object(w);
  write_total(w, "user", "Users", kz_people_count(call->eye.house->people));
  write_total(w, "org_local", "Organisations with users here", local);
  write_total(w, "org_external", "Other organisations",
              orgs > local ? orgs - local : 0);
  kz_jsonw_object_end(w);
  return KZ_OK;
}

/* --- tags ------------------------------------------------------------------
 */

/* Tags of one namespace in a row: sorted by name. */
struct named {
  kz_str name;
  kz_str colour;
  uint64_t count;
};

static int compare_names(const void *a, const void *b) {
  const struct named *x = a;
  const struct named *y = b;
  return kz_str_cmp(x->name, y->name);
}

static kz_str space_of(kz_str name) {
  size_t colon = kz_str_find_byte(name, ':');
  return colon == SIZE_MAX ? KZ_STR("custom") : kz_str_head(name, colon);
}

static void write_leaf(struct kz_jsonw *w, const struct named *tag) {
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("name"), tag->name);
  kz_jsonw_member_u64(w, KZ_STR("size"), tag->count);
  kz_jsonw_member_str(w, KZ_STR("colour"), tag->colour);
  kz_jsonw_object_end(w);
}

static void write_treemap(struct kz_jsonw *w, const struct named *tags,
                          size_t count) {
  kz_jsonw_key(w, KZ_STR("treemap"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("name"), KZ_STR("tags"));
  kz_jsonw_key(w, KZ_STR("children"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count;) {
    kz_str space = space_of(tags[i].name);
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("name"), space);
    kz_jsonw_key(w, KZ_STR("children"));
    kz_jsonw_array(w);
    for (; i < count && kz_str_eq(space_of(tags[i].name), space); i++) {
      write_leaf(w, &tags[i]);
    }
    kz_jsonw_array_end(w);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

/* The tags that events carry, by name. */
static kz_rc name_tags(struct kz_misp_call *call, struct named **ret,
                       size_t *ret_count) {
  struct kz_dict *dict = kz_store_dict(call->eye.house->store);
  uint32_t end = kz_dict_tag_count(dict);
  struct tally tally = {0};
  struct named *tags =
      kz_arena_array(call->work, (size_t)end + 1, sizeof *tags);
  size_t count = 0;
  kz_rc rc = tags ? count_events(call, &tally) : KZ_E_MEMORY;
  for (uint32_t id = 1; rc == KZ_OK && id <= end; id++) {
    struct kz_tag tag;
    if (tally.by_tag[id] > 0 && kz_dict_tag_get(dict, id, &tag) == KZ_OK) {
      tags[count++] = (struct named){tag.name, tag.colour, tally.by_tag[id]};
    }
  }
  if (rc == KZ_OK) {
    qsort(tags, count, sizeof *tags, compare_names);
    *ret = tags;
    *ret_count = count;
  }
  return rc;
}

static kz_rc answer_tags(struct kz_misp_call *call, struct kz_jsonw *w) {
  struct named *tags = NULL;
  size_t count = 0;
  kz_rc rc = name_tags(call, &tags, &count);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("flatData"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < count; i++) {
    kz_jsonw_key(w, tags[i].name);
    write_leaf(w, &tags[i]);
  }
  kz_jsonw_object_end(w);
  write_treemap(w, tags, count);
  kz_jsonw_object_end(w);
  return KZ_OK;
}

/* How often each technique of ATT&CK hangs on an event. */
static kz_rc answer_matrix(struct kz_misp_call *call, struct kz_jsonw *w) {
  struct named *tags = NULL;
  size_t count = 0;
  uint64_t most = 0;
  kz_rc rc = name_tags(call, &tags, &count);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("matrix"));
  kz_jsonw_object(w);
  kz_jsonw_object_end(w);
  kz_jsonw_key(w, KZ_STR("scores"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < count; i++) {
    if (kz_str_starts(tags[i].name,
                      KZ_STR("misp-galaxy:mitre-attack-pattern="))) {
      kz_jsonw_member_u64(w, tags[i].name, tags[i].count);
      most = tags[i].count > most ? tags[i].count : most;
    }
  }
  kz_jsonw_object_end(w);
  kz_jsonw_member_u64(w, KZ_STR("maxScore"), most);
  kz_jsonw_object_end(w);
  return KZ_OK;
}

/* --- types a organisation --------------------------------------------------
 */

static void write_histogram(struct kz_jsonw *w, const struct kz_org *org,
                            const struct kz_facets *f) {
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), org->id);
  kz_jsonw_member_str(w, KZ_STR("name"), org->name);
  kz_jsonw_member_u64_str(w, KZ_STR("total"), f->total);
  kz_jsonw_key(w, KZ_STR("data"));
  kz_jsonw_object(w);
  for (unsigned i = 0; i < KZ_TYPE_COUNT; i++) {
    if (f->types[i] > 0) {
      kz_jsonw_member_u64_str(w, kz_type_name((kz_type)i), f->types[i]);
    }
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static kz_rc answer_histogram(struct kz_misp_call *call, struct kz_jsonw *w,
                              struct kz_err *err) {
  struct kz_facets *facets = kz_arena_array(call->work, 2, sizeof *facets);
  kz_rc rc =
      facets ? count_attributes(call, NULL, &facets[0], err) : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    return rc;
  }
  kz_jsonw_array(w);
  for (size_t i = 0;
       rc == KZ_OK && i < facets[0].org_count && i < HISTOGRAM_ORGS; i++) {
    struct kz_org org;
    const uint64_t id = facets[0].orgs[i].key;
    const struct kz_cond its = {
        .kind = KZ_COND_ORG, .numbers = &id, .number_count = 1};
    if (kz_dict_org_get(kz_store_dict(call->eye.house->store), (uint32_t)id,
                        &org) != KZ_OK) {
      continue;
    }
    rc = count_attributes(call, &its, &facets[1], err);
    if (rc == KZ_OK) {
      write_histogram(w, &org, &facets[1]);
    }
  }
  kz_jsonw_array_end(w);
  return rc;
}

/* --- sightings -------------------------------------------------------------
 */

struct sighted {
  uint64_t event;
  uint64_t count;
};

static int compare_sighted(const void *a, const void *b) {
  const struct sighted *x = a;
  const struct sighted *y = b;
  if (x->count != y->count) {
    return x->count > y->count ? -1 : 1;
  }
  return (x->event > y->event) - (x->event < y->event);
}

/* The events with sighted attributes, and how many of these each has. */
static kz_rc find_sighted(struct kz_misp_call *call, struct sighted *events,
                          size_t *ret_count, struct kz_err *err) {
  const struct kz_misp_eye *eye = &call->eye;
  const struct kz_cond sighted = {.kind = KZ_COND_SIGHTED, .flag = true};
  const struct kz_query query = {.where = &sighted};
  struct kz_answer answer;
  struct kz_answer_walk walk;
  struct kz_hit hit;
  size_t count = 0;
  kz_rc rc = kz_query_run(eye->view, kz_store_dict(eye->house->store),
                          &eye->user->viewer, &query, &answer, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = kz_answer_walk_init(&walk, &answer);
  if (rc == KZ_OK) {
    while (kz_answer_walk_next(&walk, &hit) == KZ_OK) {
      if (count > 0 && events[count - 1].event == hit.event) {
        events[count - 1].count++;
      } else if (count < SIGHTED_MAX) {
        events[count++] = (struct sighted){hit.event, 1};
      }
    }
    kz_answer_walk_done(&walk);
  }
  kz_answer_done(&answer);
  *ret_count = count;
  return rc;
}

static kz_rc answer_sightings(struct kz_misp_call *call, struct kz_jsonw *w,
                              struct kz_err *err) {
  struct sighted *events =
      kz_arena_array(call->work, SIGHTED_MAX, sizeof *events);
  size_t count = 0;
  kz_rc rc = events ? find_sighted(call, events, &count, err) : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    return rc;
  }
  qsort(events, count, sizeof *events, compare_sighted);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("toplist"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count && i < TOP; i++) {
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("event_id"), events[i].event);
    kz_jsonw_member_u64_str(w, KZ_STR("count"), events[i].count);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("eventids"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count; i++) {
    kz_jsonw_u64_str(w, events[i].event);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  return KZ_OK;
}

/* --- which -----------------------------------------------------------------
 */

static kz_rc answer(struct kz_misp_call *call, kz_str what, struct kz_jsonw *w,
                    struct kz_err *err) {
  if (what.len == 0 || kz_str_eq(what, KZ_STR("data"))) {
    return answer_data(call, w, err);
  }
  if (kz_str_eq(what, KZ_STR("orgs"))) {
    return answer_orgs(call, w, err);
  }
  if (kz_str_eq(what, KZ_STR("users"))) {
    return answer_users(call, w);
  }
  if (kz_str_eq(what, KZ_STR("tags"))) {
    return answer_tags(call, w);
  }
  if (kz_str_eq(what, KZ_STR("attributehistogram"))) {
    return answer_histogram(call, w, err);
  }
  if (kz_str_eq(what, KZ_STR("sightings"))) {
    return answer_sightings(call, w, err);
  }
  if (kz_str_eq(what, KZ_STR("galaxyMatrix"))) {
    return answer_matrix(call, w);
  }
  return KZ_NOT_FOUND;
}

void kz_misp_statistics(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  KZ_MISP_OUT(out);
  kz_rc rc = answer(call, kz_misp_arg(call, 0), &out.w, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Statistics", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}
