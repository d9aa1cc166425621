/* Who sees what: a store of invented events with objects of every
 * distribution, changed again and again, against a naive reading of the
 * records. */
#include "test.h"

#include "base/random.h"
#include "shelter.h"
#include "store/lookup.h"
#include "store/query.h"
#include "store/sight.h"

enum {
  ORGS = 3,
  GROUPS = 4,
  VALUES = 40,
  EVENTS = 60,
  CHANGES = 250,
  OBJECTS_MAX = 4,
  MEMBERS_MAX = 5,
};

struct sights {
  struct shelter shelter;
  struct kz_random random;
  uint32_t number; /* of the next uuid */
};

static uint32_t below(struct sights *w, uint32_t n) {
  return (uint32_t)kz_random_below(&w->random, n);
}

/* Org only, a group's or for all who see the event. */
static uint8_t child_rule(struct sights *w, uint64_t *ret_group) {
  static const uint8_t rules[] = {0, 1, 2, 3, 4, 4, 5, 5, 5};
  uint8_t rule = rules[below(w, sizeof rules)];
  *ret_group = rule == KZ_DIST_GROUP ? 1 + below(w, GROUPS) : 0;
  return rule;
}

static struct kz_attribute invent_attribute(struct sights *w) {
  struct kz_attribute a = attribute_of(
      w->number++, "url",
      textf(&w->shelter, "http://host%u.example/a", below(w, VALUES)), 0);
  a.distribution = child_rule(w, &a.sharing_group_id);
  a.given |= KZ_GAVE_DISTRIBUTION | KZ_GAVE_GROUP;
  a.deleted = below(w, 10) == 0;
  return a;
}

static void invent_members(struct sights *w, struct kz_attribute **ret,
                           size_t *ret_count) {
  *ret_count = below(w, MEMBERS_MAX);
  *ret = kz_arena_array(w->shelter.arena, *ret_count + 1, sizeof **ret);
  for (size_t i = 0; i < *ret_count; i++) {
    (*ret)[i] = invent_attribute(w);
  }
}

static struct kz_object invent_object(struct sights *w) {
  struct kz_object o = {
      .uuid = uuid_of(w->number++),
      .given = KZ_GAVE_DISTRIBUTION | KZ_GAVE_GROUP,
      .name = KZ_STR("file"),
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
  };
  o.distribution = child_rule(w, &o.sharing_group_id);
  invent_members(w, &o.attributes, &o.attribute_count);
  return o;
}

/* Values outside objects are different, as they must be. */
static struct kz_event invent_event(struct sights *w) {
  struct kz_event e = event_of(w->number++, "invented", 0);
  e.org.name = textf(&w->shelter, "Org %u", below(w, ORGS));
  e.distribution = (uint8_t)below(w, 5);
  e.published = below(w, 2);
  e.sharing_group_id =
      e.distribution == KZ_DIST_GROUP ? 1 + below(w, GROUPS) : 0;
  fill(&w->shelter, &e, w->number, below(w, 4), 0);
  w->number += 4;
  for (size_t i = 0; i < e.attribute_count; i++) {
    struct kz_attribute *a = &e.attributes[i];
    a->distribution = child_rule(w, &a->sharing_group_id);
  }
  e.object_count = below(w, OBJECTS_MAX);
  e.objects =
      kz_arena_array(w->shelter.arena, e.object_count + 1, sizeof *e.objects);
  for (size_t i = 0; i < e.object_count; i++) {
    e.objects[i] = invent_object(w);
  }
  return e;
}

/* By the log, or as a prepared batch, which a large event sends to a file. */
static void add_events(struct sights *w) {
  struct kz_prepared batch;
  assert_int_equal(kz_prepare_init(&batch, kz_store_dict(w->shelter.store)),
                   KZ_OK);
  for (unsigned i = 0; i < EVENTS; i++) {
    struct kz_event e = invent_event(w);
    if (i % 3 == 0) {
      (void)add_event(&w->shelter, &e);
    } else {
      assert_int_equal(kz_prepare_add(&batch, &e, NULL, NULL), KZ_OK);
    }
  }
  assert_int_equal(kz_store_take(w->shelter.store, &batch, NULL), KZ_OK);
  kz_prepare_done(&batch);
}

/* --- changes ---------------------------------------------------------------
 */

struct change {
  struct sights *w;
  struct kz_event before; /* as it is */
};

static kz_rc change_object(struct change *c, struct kz_txn *txn,
                           struct kz_edit_report *report, struct kz_err *err) {
  struct sights *w = c->w;
  size_t count = c->before.object_count;
  struct kz_object changes = invent_object(w);
  if (count == 0) {
    return kz_edit_add_object(txn, c->before.id, &changes, false, report, err);
  }
  const struct kz_object *old = &c->before.objects[below(w, (uint32_t)count)];
  if (below(w, 8) == 0) {
    return kz_edit_delete_object(txn, c->before.id, old->id, below(w, 2), err);
  }
  if (below(w, 2)) {
    changes.attribute_count = 0;
  }
  return kz_edit_object(txn, c->before.id, old->id, &changes, report, err);
}

static kz_rc change_attribute(struct change *c, struct kz_txn *txn,
                              struct kz_err *err) {
  struct sights *w = c->w;
  for (size_t i = 0; i < c->before.object_count; i++) {
    const struct kz_object *o = &c->before.objects[i];
    if (o->attribute_count > 0) {
      struct kz_attribute changes = invent_attribute(w);
      return kz_edit_attribute(
          txn, c->before.id,
          o->attributes[below(w, (uint32_t)o->attribute_count)].id, &changes,
          err);
    }
  }
  return KZ_OK;
}

/* The whole event once more, with other rules for all its objects. */
static kz_rc change_event(struct change *c, struct kz_txn *txn,
                          struct kz_edit_report *report, struct kz_err *err) {
  struct kz_event e = c->before;
  e.given = KZ_GAVE_DISTRIBUTION | KZ_GAVE_GROUP;
  e.distribution = (uint8_t)below(c->w, 5);
  e.sharing_group_id =
      e.distribution == KZ_DIST_GROUP ? 1 + below(c->w, GROUPS) : 0;
  e.attribute_count = 0;
  for (size_t i = 0; i < e.object_count; i++) {
    struct kz_object *o = &e.objects[i];
    o->distribution = child_rule(c->w, &o->sharing_group_id);
    o->given = KZ_GAVE_DISTRIBUTION | KZ_GAVE_GROUP;
    o->timestamp_us = 0;
    o->attribute_count = 0;
  }
  return kz_edit_event(txn, e.id, &e, report, err);
}

static kz_rc change_job(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  struct kz_edit_report report = {.event = 0};
  kz_rc rc = KZ_OK;
  switch (below(c->w, 8)) {
  case 0:
    rc = kz_edit_delete_event(txn, c->before.id, err);
    break;
  case 1:
  case 2:
    rc = change_attribute(c, txn, err);
    break;
  case 3:
    rc = change_event(c, txn, &report, err);
    break;
  default:
    rc = change_object(c, txn, &report, err);
    break;
  }
  if (rc == KZ_OK && below(c->w, 3) == 0) { /* twice in one commit */
    rc = kz_edit_object(txn, c->before.id,
                        c->before.object_count ? c->before.objects[0].id : 0,
                        &(struct kz_object){.given = KZ_GAVE_DISTRIBUTION,
                                            .distribution = KZ_DIST_ORG},
                        &report, err);
  }
  kz_edit_report_done(&report);
  return rc;
}

/* --- the naive reading -----------------------------------------------------
 */

struct seen {
  uint64_t *ids; /* of attributes, ascending */
  size_t count;
};

static int compare_ids(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static bool may(const struct kz_viewer *v, const struct kz_event *e,
                uint8_t rule, uint64_t group) {
  bool member = false;
  for (size_t i = 0; i < v->group_count; i++) {
    member |= v->groups[i] == group;
  }
  return v->sees_all || v->org == e->org.id || (rule >= 1 && rule <= 3) ||
         rule == 5 || (rule == 4 && member);
}

/* An event by its own rule, by the server's, or because it is shown. */
static bool may_event(const struct kz_viewer *v, const struct kz_event *e) {
  for (size_t i = 0; i < v->event_count; i++) {
    if (v->events[i] == e->id) {
      return true;
    }
  }
  return may(v, e, e->distribution, e->sharing_group_id) &&
         (e->published || !v->published_only || v->sees_all ||
          v->org == e->org.id);
}

static void see(struct seen *s, const struct kz_viewer *v,
                const struct kz_event *e, const struct kz_attribute *list,
                size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!list[i].deleted &&
        may(v, e, list[i].distribution, list[i].sharing_group_id)) {
      s->ids[s->count++] = list[i].id;
    }
  }
}

static void see_event(struct seen *s, const struct kz_viewer *v,
                      const struct kz_event *e) {
  if (!may_event(v, e)) {
    return;
  }
  see(s, v, e, e->attributes, e->attribute_count);
  for (size_t i = 0; i < e->object_count; i++) {
    const struct kz_object *o = &e->objects[i];
    if (may(v, e, o->distribution, o->sharing_group_id)) {
      see(s, v, e, o->attributes, o->attribute_count);
    }
  }
}

/* All events as the records have them. */
static size_t read_all(struct sights *w, struct kz_event *events) {
  size_t count = 0;
  for (uint64_t id = 1; id <= EVENTS; id++) {
    count += read_event(&w->shelter, id, &events[count]) == KZ_OK;
  }
  return count;
}

static void assert_hits(const struct kz_view *view, const struct kz_viewer *v,
                        const struct seen *expected) {
  struct kz_answer answer;
  struct kz_answer_walk walk;
  struct kz_hit hit;
  assert_int_equal(kz_query_run(view, NULL, v,
                                &(struct kz_query){.where = NULL}, &answer,
                                NULL),
                   KZ_OK);
  assert_int_equal(answer.total, expected->count);
  assert_int_equal(kz_answer_walk_init(&walk, &answer), KZ_OK);
  while (kz_answer_walk_next(&walk, &hit) == KZ_OK) {
    const struct kz_segment *s = view->parts[hit.part].segment;
    assert_non_null(bsearch(&hit.attribute, expected->ids, expected->count,
                            sizeof *expected->ids, compare_ids));
    assert_true(kz_sight_row(view, v, s, hit.event, hit.row));
  }
  kz_answer_walk_done(&walk);
  kz_answer_done(&answer);
}

/* What is hidden and what is seen are all there is; of others' softly deleted
 * attributes nothing is seen. */
static void assert_counts(const struct kz_view *view, const struct kz_viewer *v,
                          const struct kz_event *e) {
  struct kz_answer answer;
  struct kz_cond of_event = {
      .kind = KZ_COND_EVENT, .numbers = &e->id, .number_count = 1};
  struct kz_query query = {.where = &of_event};
  uint64_t live = 0;
  size_t deleted = 0;
  for (size_t i = 0; i < e->attribute_count; i++) {
    live += !e->attributes[i].deleted;
  }
  for (size_t o = 0; o < e->object_count; o++) {
    for (size_t i = 0; i < e->objects[o].attribute_count; i++) {
      const struct kz_attribute *a = &e->objects[o].attributes[i];
      live += !a->deleted;
      deleted += a->deleted;
    }
  }
  if (may_event(v, e)) {
    assert_int_equal(kz_query_run(view, NULL, v, &query, &answer, NULL), KZ_OK);
    assert_int_equal(answer.total + kz_sight_hidden(view, v, e->id), live);
    kz_answer_done(&answer);
  }
  query.deleted = KZ_DELETED_ONLY;
  assert_int_equal(kz_query_run(view, NULL, v, &query, &answer, NULL), KZ_OK);
  assert_int_equal(answer.total,
                   v->sees_all || v->org == e->org.id ? deleted : 0);
  kz_answer_done(&answer);
}

/* What an event shares with others is seen on both sides. */
static void assert_shared(struct sights *w, const struct kz_view *view,
                          const struct kz_viewer *v, const struct kz_event *e,
                          const struct seen *expected) {
  struct kz_shared_value *shared = NULL;
  size_t count = 0;
  kz_rc rc =
      kz_lookup_correlate(view, kz_store_dict(w->shelter.store), v, e->id,
                          w->shelter.arena, &shared, &count, NULL);
  assert_int_equal(rc, may_event(v, e) ? KZ_OK : KZ_NOT_FOUND);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    assert_non_null(bsearch(&shared[i].attribute, expected->ids,
                            expected->count, sizeof *expected->ids,
                            compare_ids));
  }
}

/* One by one: the same attributes, and the deleted ones of one's own. */
static void assert_each(const struct kz_view *view, const struct kz_viewer *v,
                        const struct kz_event *e, const struct seen *expected) {
  for (size_t o = 0; o < e->object_count; o++) {
    for (size_t i = 0; i < e->objects[o].attribute_count; i++) {
      const struct kz_attribute *a = &e->objects[o].attributes[i];
      bool listed = bsearch(&a->id, expected->ids, expected->count,
                            sizeof *expected->ids, compare_ids) != NULL;
      bool own = a->deleted && (v->sees_all || v->org == e->org.id);
      assert_int_equal(kz_sight_attribute(view, v, e->id, a->id),
                       listed || own);
    }
  }
}

static void assert_sight(struct sights *w) {
  static const uint64_t groups[] = {2, 3};
  static const uint64_t shown[] = {1, 30, EVENTS};
  struct kz_event *events =
      kz_arena_array(w->shelter.arena, EVENTS, sizeof *events);
  size_t count = read_all(w, events);
  struct kz_view *view = kz_store_view(w->shelter.store);
  for (uint32_t org = 0; org <= ORGS + 1; org++) {
    struct kz_viewer v = {
        .sees_all = org > ORGS,
        .org = org,
        .groups = groups,
        .group_count = org % 3,
        .published_only = org % 2,
        .events = shown,
        .event_count = org == 2 ? 3 : 0,
    };
    struct seen seen = {
        .ids = kz_arena_array(w->shelter.arena, 100000, sizeof *seen.ids)};
    for (size_t i = 0; i < count; i++) {
      see_event(&seen, &v, &events[i]);
    }
    if (seen.count > 1) {
      qsort(seen.ids, seen.count, sizeof *seen.ids, compare_ids);
    }
    assert_hits(view, &v, &seen);
    for (size_t i = 0; i < count; i++) {
      assert_shared(w, view, &v, &events[i], &seen);
      assert_counts(view, &v, &events[i]);
      assert_each(view, &v, &events[i], &seen);
    }
  }
  kz_view_unref(view);
  assert_whole(&w->shelter);
}

static void change_some(struct sights *w) {
  for (unsigned i = 0; i < CHANGES; i++) {
    struct change c = {.w = w};
    if (read_event(&w->shelter, 1 + below(w, EVENTS), &c.before) == KZ_OK) {
      (void)!kz_store_run(w->shelter.store, change_job, &c, NULL);
    }
    if (i % 50 == 0) {
      assert_sight(w);
    }
  }
}

static void rows_follow_the_rules_of_their_objects(void **state) {
  (void)state;
  for (uint64_t seed = 901; seed < 904; seed++) {
    struct sights w = {.shelter = shelter_make(), .number = 1};
    kz_random_init(&w.random, seed);
    add_events(&w);
    assert_sight(&w);
    change_some(&w);
    shelter_reopen(&w.shelter);
    assert_sight(&w);
    assert_int_equal(kz_store_settle(w.shelter.store, NULL), KZ_OK);
    assert_sight(&w);
    char path[512];
    (void)snprintf(path, sizeof path, "%s", kz_store_path(w.shelter.store));
    kz_store_close(w.shelter.store);
    assert_int_equal(kz_store_repair(path, NULL), KZ_OK);
    shelter_open(&w.shelter);
    assert_sight(&w);
    shelter_done(&w.shelter);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_follow_the_rules_of_their_objects),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
