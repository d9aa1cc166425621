#include "test.h"

#include "base/clock.h"
#include "base/random.h"
#include "shelter.h"
#include "store/past.h"

/* One call of store/edit.h with what it needs, as a job. */
struct call {
  kz_rc (*run)(struct call *c, struct kz_txn *txn, struct kz_err *err);
  uint64_t event;
  uint64_t id;
  bool flag;
  bool fail; /* afterwards */
  struct kz_event *changes;
  struct kz_attribute *attributes;
  size_t count;
  struct kz_object *object;
  struct kz_reference *reference;
  struct kz_report *note;
  struct kz_sighting *sighting;
  struct kz_tag_use tag;
  enum kz_thing thing;
  struct kz_edit_report report;
  struct kz_err err;
};

static kz_rc call_job(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct call *c = ctx;
  kz_rc rc = c->run(c, txn, err);
  return rc == KZ_OK && c->fail ? kz_err_set(err, KZ_E_DENIED, "no") : rc;
}

static kz_rc call(const struct shelter *s, struct call *c) {
  return kz_store_run(s->store, call_job, c, &c->err);
}

static kz_rc run_attribute(struct call *c, struct kz_txn *txn,
                           struct kz_err *err) {
  return kz_edit_attribute(txn, c->event, c->id, c->attributes, err);
}

static kz_rc run_add(struct call *c, struct kz_txn *txn, struct kz_err *err) {
  return kz_edit_add_attributes(txn, c->event, c->attributes, c->count, c->flag,
                                &c->report, err);
}

static kz_rc run_delete(struct call *c, struct kz_txn *txn,
                        struct kz_err *err) {
  return kz_edit_delete_attribute(txn, c->event, c->id, c->flag, err);
}

static kz_rc run_restore(struct call *c, struct kz_txn *txn,
                         struct kz_err *err) {
  return kz_edit_restore_attribute(txn, c->event, c->id, err);
}

static kz_rc run_publish(struct call *c, struct kz_txn *txn,
                         struct kz_err *err) {
  return kz_edit_publish(txn, c->event, c->flag, err);
}

static kz_rc run_event(struct call *c, struct kz_txn *txn, struct kz_err *err) {
  return kz_edit_event(txn, c->event, c->changes, &c->report, err);
}

static kz_rc run_delete_event(struct call *c, struct kz_txn *txn,
                              struct kz_err *err) {
  return kz_edit_delete_event(txn, c->event, err);
}

static kz_rc run_add_object(struct call *c, struct kz_txn *txn,
                            struct kz_err *err) {
  return kz_edit_add_object(txn, c->event, c->object, c->flag, &c->report, err);
}

static kz_rc run_object(struct call *c, struct kz_txn *txn,
                        struct kz_err *err) {
  return kz_edit_object(txn, c->event, c->id, c->object, &c->report, err);
}

static kz_rc run_delete_object(struct call *c, struct kz_txn *txn,
                               struct kz_err *err) {
  return kz_edit_delete_object(txn, c->event, c->id, c->flag, err);
}

static kz_rc run_add_reference(struct call *c, struct kz_txn *txn,
                               struct kz_err *err) {
  return kz_edit_add_reference(txn, c->event, c->id, c->reference, err);
}

static kz_rc run_delete_reference(struct call *c, struct kz_txn *txn,
                                  struct kz_err *err) {
  return kz_edit_delete_reference(txn, c->event, c->id, c->flag, err);
}

static kz_rc run_add_report(struct call *c, struct kz_txn *txn,
                            struct kz_err *err) {
  return kz_edit_add_report(txn, c->event, c->note, err);
}

static kz_rc run_report(struct call *c, struct kz_txn *txn,
                        struct kz_err *err) {
  return kz_edit_report_change(txn, c->event, c->id, c->note, err);
}

static kz_rc run_delete_report(struct call *c, struct kz_txn *txn,
                               struct kz_err *err) {
  return kz_edit_delete_report(txn, c->event, c->id, c->flag, err);
}

static kz_rc run_attach(struct call *c, struct kz_txn *txn,
                        struct kz_err *err) {
  return kz_edit_attach_tag(txn, c->event, c->thing, c->id, &c->tag, err);
}

static kz_rc run_detach(struct call *c, struct kz_txn *txn,
                        struct kz_err *err) {
  uint32_t tag = 0;
  if (kz_dict_tag_find(kz_txn_dict(txn), c->tag.tag.name, &tag) != KZ_OK) {
    return KZ_UNCHANGED;
  }
  return kz_edit_detach_tag(txn, c->event, c->thing, c->id, tag, err);
}

static kz_rc run_sight(struct call *c, struct kz_txn *txn, struct kz_err *err) {
  return kz_edit_add_sighting(txn, c->event, c->id, c->sighting, err);
}

static kz_rc run_unsight(struct call *c, struct kz_txn *txn,
                         struct kz_err *err) {
  return kz_edit_delete_sighting(txn, c->event, c->id, c->sighting->id, err);
}

/* An event of `count` attributes, published long ago. */
static uint64_t plant(const struct shelter *s, uint32_t number, size_t count) {
  struct kz_event e = event_of(number, "seed", 1000);
  e.published = true;
  fill(s, &e, number + 1, count, 1000);
  return add_event(s, &e);
}

static void a_new_event_comes_back_as_it_was(void **state) {
  (void)state;
  SHELTER(s);
  struct kz_event e = event_of(1, "first", 1000);
  fill(&s, &e, 100, 200, 1000);
  struct kz_sighting sighting = {.uuid = uuid_of(9),
                                 .org = {.name = KZ_STR("Example")}};
  e.attributes[7].sightings = &sighting;
  e.attributes[7].sighting_count = 1;
  e.attributes[8].data = KZ_STR("QUJD");
  struct kz_reference reference = {.uuid = uuid_of(10),
                                   .target = uuid_of(100),
                                   .relationship = KZ_STR("drops"),
                                   .comment = KZ_STR("")};
  struct kz_attribute inner =
      attribute_of(11, "md5", KZ_STR("d41d8cd98f00b204e9800998ecf8427e"), 1000);
  struct kz_object object = {
      .uuid = uuid_of(12),
      .name = KZ_STR("file"),
      .meta_category = KZ_STR("file"),
      .distribution = 5,
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
      .attributes = &inner,
      .attribute_count = 1,
      .references = &reference,
      .reference_count = 1,
  };
  e.objects = &object;
  e.object_count = 1;
  struct kz_report note = {.uuid = uuid_of(13),
                           .name = KZ_STR("n"),
                           .content = KZ_STR("text"),
                           .distribution = 5};
  e.reports = &note;
  e.report_count = 1;
  uint64_t id = add_event(&s, &e);
  for (int round = 0; round < 2; round++) {
    struct kz_event back = get_event(&s, id);
    assert_int_equal(back.attribute_count, 200);
    assert_int_equal(back.attributes[7].sighting_count, 1);
    assert_true(kz_str_eq(back.attributes[8].data, KZ_STR("QUJD")));
    assert_int_equal(back.object_count, 1);
    assert_int_equal(back.objects[0].attribute_count, 1);
    assert_int_equal(back.objects[0].reference_count, 1);
    assert_int_equal(back.report_count, 1);
    assert_int_equal(live_count(&s, id), 201);
    assert_whole(&s);
    shelter_reopen(&s);
  }
}

static void a_known_uuid_is_a_conflict_that_names_the_event(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 3);
  struct kz_event again = event_of(1, "again", 2000);
  struct whole_event w = {.event = &again};
  assert_int_equal(kz_store_run(s.store, add_event_job, &w, NULL),
                   KZ_E_CONFLICT);
  assert_int_equal(w.report.event, id);
  kz_edit_report_done(&w.report);
  assert_whole(&s);
}

static void a_child_of_another_event_is_refused_alone(void **state) {
  (void)state;
  SHELTER(s);
  (void)plant(&s, 1, 3); /* attributes 2, 3, 4 */
  struct kz_event e = event_of(50, "other", 1000);
  fill(&s, &e, 4, 3, 1000); /* 4, 5, 6 */
  struct whole_event w = {.event = &e};
  assert_int_equal(kz_store_run(s.store, add_event_job, &w, NULL), KZ_OK);
  assert_int_equal(w.report.refusal_count, 1);
  assert_int_equal(w.report.refusals[0].index, 0);
  assert_int_equal(w.report.refusals[0].rc, KZ_E_CONFLICT);
  assert_string_equal(w.report.refusals[0].noun, "attribute");
  assert_int_equal(w.report.attributes, 2);
  kz_edit_report_done(&w.report);
  assert_whole(&s);
}

static void a_value_stands_once_in_a_new_event(void **state) {
  (void)state;
  SHELTER(s);
  struct kz_event e = event_of(1, "twice", 1000);
  fill(&s, &e, 100, 3, 1000);
  e.attributes[2].value = e.attributes[0].value;
  struct whole_event w = {.event = &e};
  assert_int_equal(kz_store_run(s.store, add_event_job, &w, NULL), KZ_OK);
  assert_int_equal(w.report.refusal_count, 1);
  assert_int_equal(w.report.attributes, 2);
  kz_edit_report_done(&w.report);
}

static void an_older_import_changes_nothing(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 5);
  struct kz_event e = event_of(1, "older", 1000);
  fill(&s, &e, 2, 5, 2000);
  struct whole_event w = {.event = &e};
  assert_int_equal(kz_store_run(s.store, import_event_job, &w, NULL),
                   KZ_UNCHANGED);
  assert_int_equal(w.report.event, id);
  assert_true(kz_str_eq(get_event(&s, id).info, KZ_STR("seed")));
}

static void a_newer_import_merges_and_keeps_what_is_absent(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 300); /* attributes 2 .. 301 */
  struct kz_event e = event_of(1, "newer", 3000);
  fill(&s, &e, 202, 200, 2000); /* 202 .. 401: 100 known, 100 new */
  e.attributes[0].comment = KZ_STR("changed");
  e.attributes[1].timestamp_us = 500 * KZ_SECOND_US; /* older: stays */
  e.attributes[1].comment = KZ_STR("not taken");
  struct kz_sighting sighting = {.uuid = uuid_of(9000),
                                 .org = {.name = KZ_STR("Example")}};
  e.attributes[1].sightings = &sighting;
  e.attributes[1].sighting_count = 1;
  struct whole_event w = {.event = &e};
  assert_int_equal(kz_store_run(s.store, import_event_job, &w, NULL), KZ_OK);
  assert_int_equal(w.report.refusal_count, 0);
  assert_int_equal(w.report.attributes, 100);
  assert_int_equal(w.report.changed, 99);
  struct kz_event back = get_event(&s, id);
  assert_int_equal(back.attribute_count, 400);
  assert_int_equal(live_count(&s, id), 400);
  assert_true(kz_str_eq(back.info, KZ_STR("newer")));
  assert_true(kz_str_eq(back.attributes[200].comment, KZ_STR("changed")));
  assert_true(kz_str_eq(back.attributes[201].comment, KZ_STR("")));
  assert_int_equal(back.attributes[201].sighting_count, 1);
  assert_int_equal(back.timestamp_us, 3000 * KZ_SECOND_US);
  assert_whole(&s);
  shelter_reopen(&s);
  assert_whole(&s);
}

static void a_large_merge_is_quick(void **state) {
  (void)state;
  enum { SIZE = 40000 };
  SHELTER(s);
  uint64_t id = plant(&s, 1, SIZE);
  struct kz_event e = event_of(1, "newer", 3000);
  fill(&s, &e, 2 + SIZE / 2, SIZE, 2000);
  struct whole_event w = {.event = &e};
  int64_t start = kz_clock_monotonic_us();
  assert_int_equal(kz_store_run(s.store, import_event_job, &w, NULL), KZ_OK);
  int64_t took = kz_clock_monotonic_us() - start;
  print_message("# merge of %d attributes: %lld ms\n", (int)SIZE,
                (long long)took / 1000);
  assert_int_equal(w.report.attributes, SIZE / 2);
  assert_int_equal(w.report.changed, SIZE / 2);
  assert_int_equal(live_count(&s, id), SIZE + SIZE / 2);
  assert_true(took < 60 * KZ_SECOND_US);
  assert_whole(&s);
}

static void an_edit_takes_what_was_given_and_unpublishes(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 3);
  struct kz_event old = get_event(&s, id);
  struct kz_attribute change = {.given = KZ_GAVE_COMMENT,
                                .comment = KZ_STR("seen at the gate")};
  struct call c = {.run = run_attribute,
                   .event = id,
                   .id = old.attributes[1].id,
                   .attributes = &change};
  assert_int_equal(call(&s, &c), KZ_OK);
  struct kz_event back = get_event(&s, id);
  assert_true(
      kz_str_eq(back.attributes[1].comment, KZ_STR("seen at the gate")));
  assert_true(kz_str_eq(back.attributes[1].value, old.attributes[1].value));
  assert_true(back.attributes[1].timestamp_us > old.attributes[1].timestamp_us);
  assert_int_equal(back.attributes[1].known_at_us,
                   old.attributes[1].known_at_us);
  assert_true(back.timestamp_us > old.timestamp_us);
  assert_false(back.published);
  c.id = 99999;
  assert_int_equal(call(&s, &c), KZ_NOT_FOUND);
  assert_whole(&s);
}

static void a_similar_attribute_is_refused_or_changed(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 100);
  struct kz_attribute list[3] = {
      attribute_of(500, "url", KZ_STR("http://host5.example/a"), 0),
      attribute_of(501, "url", KZ_STR("http://new.example/a"), 0),
      attribute_of(502, "url", KZ_STR("http://new.example/a"), 0),
  };
  struct call c = {.run = run_add, .event = id, .attributes = list, .count = 3};
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(c.report.attributes, 1);
  assert_int_equal(c.report.refusal_count, 2);
  assert_string_equal(c.report.refusals[0].message,
                      "A similar attribute already exists for this event.");
  assert_int_equal(c.report.refusals[1].index, 2);
  kz_edit_report_done(&c.report);
  list[0] = attribute_of(503, "url", KZ_STR("http://host5.example/a"), 0);
  list[0].comment = KZ_STR("again");
  c = (struct call){.run = run_add,
                    .event = id,
                    .attributes = list,
                    .count = 1,
                    .flag = true};
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(c.report.changed, 1);
  struct kz_event back = get_event(&s, id);
  assert_int_equal(back.attribute_count, 101);
  assert_true(kz_str_eq(back.attributes[3].comment, KZ_STR("again")));
  assert_whole(&s);
}

static void deleting_softly_keeps_and_hard_removes(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 3);
  struct kz_event e = get_event(&s, id);
  struct call c = {.run = run_delete, .event = id, .id = e.attributes[0].id};
  assert_int_equal(call(&s, &c), KZ_OK);
  e = get_event(&s, id);
  assert_int_equal(e.attribute_count, 3);
  assert_true(e.attributes[0].deleted);
  assert_int_equal(live_count(&s, id), 2);
  c.run = run_restore;
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(live_count(&s, id), 3);
  c.run = run_delete;
  c.flag = true;
  assert_int_equal(call(&s, &c), KZ_OK);
  e = get_event(&s, id);
  assert_int_equal(e.attribute_count, 2);
  assert_int_equal(live_count(&s, id), 2);
  assert_int_equal(call(&s, &c), KZ_NOT_FOUND);
  assert_whole(&s);
}

static kz_rc count_past(void *ctx, const struct kz_past *past,
                        struct kz_err *err) {
  (void)err;
  unsigned *counts = ctx;
  counts[0] += past->header != NULL;
  counts[1] += past->attribute != NULL;
  counts[2] += past->sighting != NULL;
  assert_true(past->until_us > 0);
  assert_true(past->generation > 0);
  return KZ_OK;
}

static void earlier_versions_stay_even_of_a_deleted_event(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 70);
  struct kz_event e = get_event(&s, id);
  struct kz_attribute change = {.given = KZ_GAVE_COMMENT,
                                .comment = KZ_STR("x")};
  struct call c = {.run = run_attribute,
                   .event = id,
                   .id = e.attributes[1].id,
                   .attributes = &change};
  assert_int_equal(call(&s, &c), KZ_OK);
  struct kz_sighting sighting = {.org = {.name = KZ_STR("Example")}};
  c.sighting = &sighting;
  c.run = run_sight;
  assert_int_equal(call(&s, &c), KZ_OK);
  c.run = run_delete_event;
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(read_event(&s, id, &e), KZ_NOT_FOUND);
  assert_int_equal(call(&s, &c), KZ_NOT_FOUND);
  unsigned counts[3] = {0};
  struct kz_view *view = kz_store_view(s.store);
  struct kz_reading r = kz_store_reading(s.store, view, s.arena);
  assert_int_equal(kz_past_walk(&r, id, count_past, counts, NULL), KZ_OK);
  kz_view_unref(view);
  assert_true(counts[0] >= 2);             /* edited, deleted */
  assert_int_equal(counts[1], 1 + 1 + 70); /* edited, sighted, deleted */
  assert_int_equal(counts[2], 1);
  assert_whole(&s);
  /* Its uuids are free again. */
  assert_true(plant(&s, 1, 70) > id);
  assert_whole(&s);
}

static void publishing_sets_its_time_and_editing_unpublishes(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 1);
  struct call c = {.run = run_publish, .event = id, .flag = true};
  assert_int_equal(call(&s, &c), KZ_OK);
  struct kz_event e = get_event(&s, id);
  assert_true(e.published);
  assert_true(e.publish_timestamp_us > 0);
  struct kz_event changes = {.given = KZ_GAVE_VALUE, .info = KZ_STR("new")};
  c.run = run_event;
  c.changes = &changes;
  assert_int_equal(call(&s, &c), KZ_OK);
  e = get_event(&s, id);
  assert_false(e.published);
  assert_int_equal(e.date_days, 18000);
  assert_true(kz_str_eq(e.info, KZ_STR("new")));
  changes.given |= KZ_GAVE_TIMESTAMP;
  changes.timestamp_us = e.timestamp_us;
  assert_int_equal(call(&s, &c), KZ_E_CONFLICT);
  assert_string_equal(c.err.text,
                      "Event could not be saved: Event in the request not "
                      "newer than the local copy.");
  assert_whole(&s);
}

static void a_local_tag_bumps_nothing(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 3);
  struct kz_event before = get_event(&s, id);
  struct call c = {
      .run = run_attach,
      .event = id,
      .id = before.attributes[0].id,
      .thing = KZ_THING_ATTRIBUTE,
      .tag = {.tag = {.name = KZ_STR("tlp:red")}, .local = true},
  };
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(call(&s, &c), KZ_UNCHANGED);
  struct kz_event e = get_event(&s, id);
  assert_int_equal(e.attributes[0].tag_count, 1);
  assert_int_equal(e.timestamp_us, before.timestamp_us);
  assert_true(e.published);
  c.tag = (struct kz_tag_use){.tag = {.name = KZ_STR("tlp:amber")}};
  assert_int_equal(call(&s, &c), KZ_OK);
  e = get_event(&s, id);
  assert_false(e.published);
  assert_true(e.timestamp_us > before.timestamp_us);
  c.run = run_detach;
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(get_event(&s, id).attributes[0].tag_count, 1);
  assert_whole(&s);
}

static void sightings_are_counted_and_not_taken_twice(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 3);
  struct kz_event e = get_event(&s, id);
  struct kz_sighting sighting = {.uuid = uuid_of(77),
                                 .org = {.name = KZ_STR("Example")}};
  struct call c = {.run = run_sight,
                   .event = id,
                   .id = e.attributes[0].id,
                   .sighting = &sighting};
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(call(&s, &c), KZ_UNCHANGED);
  e = get_event(&s, id);
  assert_int_equal(e.attributes[0].sighting_count, 1);
  assert_true(e.published);
  c.run = run_unsight;
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(get_event(&s, id).attributes[0].sighting_count, 0);
  assert_int_equal(call(&s, &c), KZ_NOT_FOUND);
  assert_whole(&s);
}

static struct kz_object object_of(uint32_t number, struct kz_attribute *list,
                                  size_t count) {
  return (struct kz_object){
      .uuid = uuid_of(number),
      .name = KZ_STR("domain-ip"),
      .meta_category = KZ_STR("network"),
      .template_uuid = KZ_STR("t"),
      .template_version = KZ_STR("1"),
      .distribution = 5,
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
      .attributes = list,
      .attribute_count = count,
  };
}

static void an_object_comes_and_goes_with_its_attributes(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 3);
  struct kz_attribute list[2] = {
      attribute_of(500, "domain", KZ_STR("a.example"), 0),
      attribute_of(501, "ip-dst", KZ_STR("192.0.2.1"), 0),
  };
  struct kz_object o = object_of(600, list, 2);
  struct call c = {.run = run_add_object, .event = id, .object = &o};
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(live_count(&s, id), 5);
  struct kz_attribute same[2] = {
      attribute_of(510, "ip-dst", KZ_STR("192.0.2.1"), 0),
      attribute_of(511, "domain", KZ_STR("a.example"), 0),
  };
  struct kz_object twin = object_of(601, same, 2);
  c.object = &twin;
  c.flag = true;
  assert_int_equal(call(&s, &c), KZ_E_CONFLICT);
  assert_string_equal(c.err.text, "Duplicate object found");
  struct kz_event e = get_event(&s, id);
  struct kz_reference reference = {.target = uuid_of(2),
                                   .relationship = KZ_STR("uses"),
                                   .comment = KZ_STR("")};
  c = (struct call){.run = run_add_reference,
                    .event = id,
                    .id = e.objects[0].id,
                    .reference = &reference};
  assert_int_equal(call(&s, &c), KZ_OK);
  c.run = run_delete_object;
  assert_int_equal(call(&s, &c), KZ_OK);
  e = get_event(&s, id);
  assert_true(e.objects[0].deleted);
  assert_true(e.objects[0].attributes[0].deleted);
  assert_true(e.objects[0].references[0].deleted);
  assert_int_equal(live_count(&s, id), 3);
  assert_whole(&s);
  c.flag = true;
  assert_int_equal(call(&s, &c), KZ_OK);
  e = get_event(&s, id);
  assert_int_equal(e.object_count, 0);
  assert_int_equal(e.attribute_count, 3);
  assert_whole(&s);
}

static void a_failed_job_leaves_no_trace(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t id = plant(&s, 1, 3);
  struct kz_attribute a = attribute_of(500, "domain", KZ_STR("b.example"), 0);
  struct call c = {
      .run = run_add, .event = id, .attributes = &a, .count = 1, .fail = true};
  assert_int_equal(call(&s, &c), KZ_E_DENIED);
  assert_int_equal(get_event(&s, id).attribute_count, 3);
  assert_true(get_event(&s, id).published);
  c.fail = false;
  a = attribute_of(500, "domain", KZ_STR("b.example"), 0);
  assert_int_equal(call(&s, &c), KZ_OK);
  assert_int_equal(get_event(&s, id).attribute_count, 4);
  assert_whole(&s);
}

/* --- anything, in any order ------------------------------------------------
 */

struct chaos {
  struct shelter *s;
  struct kz_random random;
  uint64_t events[8];
  uint32_t number; /* of the next uuid */
};

static uint64_t below(struct chaos *x, uint64_t n) {
  return kz_random_below(&x->random, n);
}

static void choose_child(struct chaos *x, const struct kz_event *e,
                         struct call *c) {
  bool inside = e->object_count > 0 && below(x, 3) == 0;
  const struct kz_object *o =
      inside ? &e->objects[below(x, e->object_count)] : NULL;
  const struct kz_attribute *list = o ? o->attributes : e->attributes;
  size_t count = o ? o->attribute_count : e->attribute_count;
  const struct kz_attribute *a = count ? &list[below(x, count)] : NULL;
  c->id = a ? a->id : 1;
  c->thing = KZ_THING_ATTRIBUTE;
  c->sighting->id =
      a && a->sighting_count ? a->sightings[a->sighting_count - 1].id : 1;
  if (c->run == run_object || c->run == run_delete_object ||
      c->run == run_add_reference) {
    c->id = e->object_count ? e->objects[below(x, e->object_count)].id : 1;
  } else if (c->run == run_delete_reference) {
    c->id = o && o->reference_count ? o->references[0].id : 1;
  } else if (c->run == run_report || c->run == run_delete_report) {
    c->id = e->report_count ? e->reports[below(x, e->report_count)].id : 1;
  } else if (c->run == run_attach || c->run == run_detach) {
    uint64_t n = below(x, 4);
    c->thing = n == 0 ? KZ_THING_EVENT : n == 1 ? KZ_THING_REPORT : c->thing;
    c->id = n == 0                      ? e->id
            : n == 1 && e->report_count ? e->reports[0].id
                                        : c->id;
  }
}

/* Another event in the place of one that goes. */
static void replant(struct chaos *x, size_t which) {
  struct call gone = {.run = run_delete_event, .event = x->events[which]};
  if (x->events[which]) {
    assert_int_equal(call(x->s, &gone), KZ_OK);
  }
  x->events[which] = plant(x->s, x->number, (size_t)below(x, 150));
  x->number += 200;
}

static void invent(struct chaos *x, struct kz_attribute *list, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    kz_str value = textf(x->s, "http://r%u.example/", (unsigned)below(x, 200));
    list[i] = attribute_of(x->number++, "url", value, 0);
    list[i].deleted = below(x, 9) == 0;
    list[i].given |= KZ_GAVE_DELETED;
  }
}

/* One random change; whatever it answers, the store must stay whole. */
static void stir(struct chaos *x) {
  static kz_rc (*const all[])(struct call *, struct kz_txn *,
                              struct kz_err *) = {run_attribute,
                                                  run_add,
                                                  run_delete,
                                                  run_restore,
                                                  run_publish,
                                                  run_event,
                                                  run_add_object,
                                                  run_object,
                                                  run_delete_object,
                                                  run_add_reference,
                                                  run_delete_reference,
                                                  run_add_report,
                                                  run_report,
                                                  run_delete_report,
                                                  run_attach,
                                                  run_detach,
                                                  run_sight,
                                                  run_unsight,
                                                  run_add,
                                                  run_add,
                                                  run_add_object};
  struct shelter *s = x->s;
  size_t which = (size_t)below(x, 8);
  if (x->events[which] == 0 || below(x, 60) == 0) {
    replant(x, which);
    return;
  }
  struct kz_event e = get_event(s, x->events[which]);
  struct kz_attribute list[4];
  invent(x, list, 4);
  struct kz_object o = object_of(x->number++, list, 1 + (size_t)below(x, 4));
  struct kz_reference ref = {.uuid = uuid_of(x->number++),
                             .target = uuid_of(1),
                             .relationship = KZ_STR("uses"),
                             .comment = KZ_STR("")};
  struct kz_report note = {.uuid = uuid_of(x->number++),
                           .name = KZ_STR("r"),
                           .content = KZ_STR("c"),
                           .distribution = 5};
  struct kz_sighting sighting = {.org = {.name = KZ_STR("Example")}};
  struct kz_event changes = event_of(1, "merged", 0);
  fill(s, &changes, x->number, (size_t)below(x, 90) + 1, 0);
  x->number += 100;
  struct call c = {.run = all[below(x, sizeof all / sizeof *all)],
                   .event = e.id,
                   .attributes = list,
                   .count = 4,
                   .flag = below(x, 2) == 0,
                   .fail = below(x, 10) == 0,
                   .object = &o,
                   .reference = &ref,
                   .note = &note,
                   .sighting = &sighting,
                   .changes = &changes};
  c.tag.tag.name = textf(s, "tag-%u", (unsigned)below(x, 5));
  c.tag.local = below(x, 2) == 0;
  choose_child(x, &e, &c);
  kz_rc rc = call(s, &c);
  kz_edit_report_done(&c.report);
  if (rc < 0 && rc != KZ_E_CONFLICT && rc != KZ_E_DENIED) {
    fail_msg("%s", c.err.text);
  }
}

static void random_edits_leave_a_whole_store(void **state) {
  (void)state;
  SHELTER(s);
  struct chaos x = {.s = &s, .number = 1};
  kz_random_init(&x.random, 7);
  for (int i = 1; i <= 900; i++) {
    stir(&x);
    if (i % 150 == 0) {
      assert_whole(&s);
    }
    if (i % 300 == 0) {
      assert_int_equal(kz_store_settle(s.store, NULL), KZ_OK);
      assert_whole(&s);
      shelter_reopen(&s);
      assert_whole(&s);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_event_comes_back_as_it_was),
      cmocka_unit_test(a_known_uuid_is_a_conflict_that_names_the_event),
      cmocka_unit_test(a_child_of_another_event_is_refused_alone),
      cmocka_unit_test(a_value_stands_once_in_a_new_event),
      cmocka_unit_test(an_older_import_changes_nothing),
      cmocka_unit_test(a_newer_import_merges_and_keeps_what_is_absent),
      cmocka_unit_test(a_large_merge_is_quick),
      cmocka_unit_test(an_edit_takes_what_was_given_and_unpublishes),
      cmocka_unit_test(a_similar_attribute_is_refused_or_changed),
      cmocka_unit_test(deleting_softly_keeps_and_hard_removes),
      cmocka_unit_test(earlier_versions_stay_even_of_a_deleted_event),
      cmocka_unit_test(publishing_sets_its_time_and_editing_unpublishes),
      cmocka_unit_test(a_local_tag_bumps_nothing),
      cmocka_unit_test(sightings_are_counted_and_not_taken_twice),
      cmocka_unit_test(an_object_comes_and_goes_with_its_attributes),
      cmocka_unit_test(a_failed_job_leaves_no_trace),
      cmocka_unit_test(random_edits_leave_a_whole_store),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
