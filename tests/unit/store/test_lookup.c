#include "test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "model/value.h"
#include "store/keys.h"
#include "store/lookup.h"
#include "store/record.h"
#include "store/row.h"
#include "world.h"

enum { ROWS = 4000, TEXTS = 40, ROUNDS = 300 };

static bool has_part(const struct kz_row *row, kz_str text, bool *ret_silent) {
  bool has = false;
  *ret_silent = true;
  for (unsigned p = 0; p < row->part_count; p++) {
    if (kz_str_eq_nocase(row->part[p], text)) {
      has = true;
      *ret_silent = *ret_silent && row->silent[p];
    }
  }
  return has;
}

/* The summary of one row's facts joined to that of others. */
static void join(struct kz_value_summary *s, const struct fact *f, bool silent,
                 const struct fact *last, bool *correlates) {
  bool new_event = !last || last->row.event != f->row.event;
  int64_t time = (int64_t)f->row.time_s * KZ_SECOND_US;
  int64_t known = (int64_t)f->row.known_s * KZ_SECOND_US;
  int32_t date = f->event->date_days;
  bool first = s->attributes == 0;
  s->first_date_days =
      first || date < s->first_date_days ? date : s->first_date_days;
  s->last_date_days =
      first || date > s->last_date_days ? date : s->last_date_days;
  s->first_time_us = first || time < s->first_time_us ? time : s->first_time_us;
  s->last_time_us = first || time > s->last_time_us ? time : s->last_time_us;
  s->first_known_us =
      first || known < s->first_known_us ? known : s->first_known_us;
  s->sighted |= f->row.flags >> KZ_FLAG_SIGHTED & 1;
  s->to_ids |= f->row.flags >> KZ_FLAG_TO_IDS & 1;
  s->attributes++;
  s->events += new_event;
  *correlates = !new_event && *correlates;
  if (!*correlates && !silent && !(f->event->flags & KZ_EVENT_SILENT)) {
    *correlates = true;
    s->correlating++;
  }
}

static struct kz_value_summary sum_plainly(const struct world *w,
                                           const struct kz_viewer *viewer,
                                           kz_str value) {
  struct kz_value_summary sum = {.attributes = 0};
  const struct fact *last = NULL;
  bool correlates = false;
  for (size_t i = 0; i < w->fact_count; i++) {
    const struct fact *f = &w->facts[i];
    bool silent = false;
    if (world_live(f, viewer) && has_part(&f->row, value, &silent)) {
      join(&sum, f, silent, last, &correlates);
      last = f;
    }
  }
  return sum;
}

static void assert_summary(const struct kz_value_summary *a,
                           const struct kz_value_summary *b) {
  assert_int_equal(a->attributes, b->attributes);
  assert_int_equal(a->events, b->events);
  assert_int_equal(a->correlating, b->correlating);
  assert_int_equal(a->first_date_days, b->first_date_days);
  assert_int_equal(a->last_date_days, b->last_date_days);
  assert_true(a->first_time_us == b->first_time_us);
  assert_true(a->last_time_us == b->last_time_us);
  assert_true(a->first_known_us == b->first_known_us);
  assert_int_equal(a->sighted, b->sighted);
  assert_int_equal(a->to_ids, b->to_ids);
}

/* A value of some row in capitals, now and then one that is nowhere. */
static kz_str any_value(struct world *w) {
  const struct fact *f = &w->facts[world_below(w, (uint32_t)w->fact_count)];
  if (f->row.part_count == 0) {
    return KZ_STR("stranger.example");
  }
  kz_str part = f->row.part[world_below(w, f->row.part_count)];
  char *text = kz_arena_text(w->in.arena, part.len + 1);
  for (size_t i = 0; i < part.len; i++) {
    text[i] = kz_to_upper(part.ptr[i]);
  }
  return (kz_str){text, part.len};
}

static void a_summary_tells_of_all_that_the_viewer_sees(void **state) {
  (void)state;
  struct world *w = world_new(301, TEXTS, ROWS);
  uint64_t groups[WORLD_GROUPS];
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct kz_viewer viewer = world_viewer(w, groups);
    kz_str value = any_value(w);
    struct kz_value_summary plain = sum_plainly(w, &viewer, value);
    struct kz_value_summary sum = {.attributes = 0};
    assert_int_equal(kz_lookup_summary(w->view, &viewer, value, &sum, NULL),
                     plain.attributes ? KZ_OK : KZ_NOT_FOUND);
    assert_summary(&sum, &plain);
  }
  world_free(w);
}

static void many_at_once_are_the_same_as_one_by_one(void **state) {
  (void)state;
  struct world *w = world_new(302, TEXTS, ROWS);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  kz_str values[ROUNDS];
  struct kz_value_summary sums[ROUNDS];
  for (size_t i = 0; i < ROUNDS; i++) {
    values[i] = any_value(w);
  }
  assert_int_equal(kz_lookup_many(w->view, &owner, values, ROUNDS, sums, NULL),
                   KZ_OK);
  for (size_t i = 0; i < ROUNDS; i++) {
    struct kz_value_summary plain = sum_plainly(w, &owner, values[i]);
    assert_summary(&sums[i], &plain);
  }
  assert_int_equal(kz_lookup_many(w->view, &owner, NULL, 0, NULL, NULL), KZ_OK);
  world_free(w);
}

static void a_very_long_value_is_looked_up_whole(void **state) {
  (void)state;
  struct world *w = world_new(303, TEXTS, 50);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  struct kz_value_summary sum;
  char *text = kz_arena_text(w->in.arena, 1 << 20);
  memset(text, 'A', 1 << 20);
  assert_int_equal(
      kz_lookup_summary(w->view, &owner, (kz_str){text, 1 << 20}, &sum, NULL),
      KZ_NOT_FOUND);
  world_free(w);
}

static void hits_come_in_order_up_to_the_limit(void **state) {
  (void)state;
  struct world *w = world_new(304, TEXTS, ROWS);
  uint64_t groups[WORLD_GROUPS];
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct kz_viewer viewer = world_viewer(w, groups);
    kz_str value = any_value(w);
    struct kz_hit *hits = NULL;
    size_t count = 0;
    uint64_t total = 0;
    size_t limit = world_below(w, 20);
    uint64_t expected = 0;
    kz_rc rc = kz_lookup_hits(w->view, &viewer, value, limit, w->in.arena,
                              &hits, &count, &total, NULL);
    for (size_t i = 0; i < w->fact_count; i++) {
      const struct fact *f = &w->facts[i];
      bool silent = false;
      if (world_live(f, &viewer) && has_part(&f->row, value, &silent)) {
        if (expected < limit) {
          assert_true(hits[expected].event == f->row.event);
          assert_true(hits[expected].attribute == f->row.attribute);
          assert_int_equal(hits[expected].row, f->place);
        }
        expected++;
      }
    }
    assert_int_equal(rc, expected ? KZ_OK : KZ_NOT_FOUND);
    assert_int_equal(total, expected);
    assert_int_equal(count, expected < limit ? expected : limit);
  }
  world_free(w);
}

static void assert_tags(const struct world *w, const struct kz_viewer *viewer,
                        kz_str value, const uint32_t *tags, size_t tag_count,
                        const uint16_t *codes, size_t code_count) {
  bool *has_tag = kz_arena_array(w->in.arena, 3000, 1);
  bool *has_code = kz_arena_array(w->in.arena, KZ_CODES, 1);
  size_t tags_left = 0;
  size_t codes_left = 0;
  for (size_t i = 0; i < w->fact_count; i++) {
    const struct fact *f = &w->facts[i];
    bool silent = false;
    if (!world_live(f, viewer) || !has_part(&f->row, value, &silent)) {
      continue;
    }
    has_code[f->row.code] = true;
    for (uint32_t t = 0; t < f->row.tag_count; t++) {
      has_tag[f->row.tags[t]] = true;
    }
    for (uint32_t t = 0; t < f->event->tag_count; t++) {
      has_tag[f->event->tags[t]] = true;
    }
  }
  for (size_t i = 0; i < 3000; i++) {
    tags_left += has_tag[i];
  }
  for (size_t i = 0; i < KZ_CODES; i++) {
    codes_left += has_code[i];
  }
  assert_int_equal(tag_count, tags_left);
  assert_int_equal(code_count, codes_left);
  for (size_t i = 0; i < tag_count; i++) {
    assert_true(has_tag[tags[i]] && (i == 0 || tags[i - 1] < tags[i]));
  }
  for (size_t i = 0; i < code_count; i++) {
    assert_true(has_code[codes[i]] && (i == 0 || codes[i - 1] < codes[i]));
  }
}

static void tags_and_types_of_a_value_are_gathered_once_each(void **state) {
  (void)state;
  struct world *w = world_new(305, 6, ROWS);
  uint64_t groups[WORLD_GROUPS];
  for (unsigned round = 0; round < 60; round++) {
    struct kz_viewer viewer = world_viewer(w, groups);
    kz_str value = any_value(w);
    uint32_t *tags = NULL;
    uint16_t *codes = NULL;
    size_t tag_count = 0;
    size_t code_count = 0;
    kz_rc rc = kz_lookup_tags(w->view, &viewer, value, w->in.arena, &tags,
                              &tag_count, &codes, &code_count, NULL);
    assert_true(rc == KZ_OK || rc == KZ_NOT_FOUND);
    assert_tags(w, &viewer, value, tags, tag_count, codes, code_count);
  }
  world_free(w);
}

/* --- correlation -----------------------------------------------------------
 */

enum { EVENTS = 40, PER_EVENT = 30, ALL = EVENTS * PER_EVENT };

/* Events with records, so that they can be asked what they share. */
struct circle {
  struct temp temp;
  struct kz_random random;
  struct kz_arena *arena;
  struct kz_kv *kv;
  struct kz_dict *dict;
  struct kz_attribute attributes[ALL];
  struct kz_row rows[ALL];
  struct kz_event_entry events[EVENTS];
  struct kz_view *view;
};

static unsigned below(struct circle *c, unsigned n) {
  return (unsigned)kz_random_below(&c->random, n);
}

static void invent_attribute(struct circle *c, struct kz_attribute *a,
                             uint64_t id) {
  static const kz_type types[] = {KZ_TYPE_IP_DST,      KZ_TYPE_DOMAIN,
                                  KZ_TYPE_DOMAIN_IP,   KZ_TYPE_COMMENT,
                                  KZ_TYPE_IP_DST_PORT, KZ_TYPE_FILENAME};
  char *text = kz_arena_text(c->arena, 64);
  unsigned n = below(c, 60);
  kz_type type = types[below(c, 6)];
  int len = 0;
  if (type == KZ_TYPE_DOMAIN_IP) {
    len = snprintf(text, 64, "Host%u.example|192.0.2.%u", n % 9, n);
  } else if (type == KZ_TYPE_IP_DST_PORT) {
    len = snprintf(text, 64, "192.0.2.%u|%u", n, 443 + n % 2);
  } else if (type == KZ_TYPE_IP_DST) {
    len = snprintf(text, 64, "192.0.2.%u", n);
  } else {
    len = snprintf(text, 64, "%sost%u.example", n % 2 ? "h" : "H", n % 9);
  }
  *a = (struct kz_attribute){
      .id = id,
      .uuid = world_uuid(id),
      .type = type,
      .distribution = (uint8_t)(below(c, 4) ? KZ_DIST_INHERIT : KZ_DIST_ORG),
      .deleted = below(c, 8) == 0,
      .disable_correlation = below(c, 8) == 0,
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
      .value = {text, (size_t)len},
  };
}

static void invent_event(struct circle *c, struct kz_event_entry *e,
                         uint64_t id) {
  *e = (struct kz_event_entry){
      .id = id,
      .flags =
          KZ_EVENT_EXISTS | (below(c, 10) ? 0u : (unsigned)KZ_EVENT_SILENT),
      .org = 1 + below(c, 2),
      .distribution = (uint8_t)(below(c, 4) ? KZ_DIST_COMMUNITY : KZ_DIST_ORG),
  };
}

static void write_records(struct circle *c, size_t event) {
  const struct kz_attribute *a = &c->attributes[event * PER_EVENT];
  KZ_BUF(bytes, 1 << 20);
  struct kz_chunk chunk;
  struct kz_kv_txn *txn = kz_kv_txn_new(c->kv);
  kz_chunk_init(&chunk);
  for (size_t i = 0; i < PER_EVENT; i++) {
    assert_int_equal(kz_chunk_add(&chunk, c->dict, &a[i], NULL), KZ_OK);
  }
  kz_chunk_close(&chunk, &bytes);
  struct kz_key key =
      kz_key_child(c->events[event].id, KZ_CHILD_ATTRIBUTES, a[0].id);
  kz_kv_txn_put(txn, kz_key_str(&key), kz_buf_str(&bytes));
  assert_int_equal(kz_kv_txn_commit(txn, NULL), KZ_OK);
  kz_kv_txn_free(txn);
  kz_chunk_done(&chunk);
}

static void make_view(struct circle *c) {
  struct kz_part parts[2] = {{.dead = NULL}};
  size_t half = ALL / 2;
  assert_int_equal(
      kz_segment_build(c->rows, half, NULL, 0, NULL, &parts[0].segment, NULL),
      KZ_OK);
  assert_int_equal(kz_segment_build(c->rows + half, ALL - half, NULL, 0, NULL,
                                    &parts[1].segment, NULL),
                   KZ_OK);
  struct kz_events *none = kz_events_new();
  struct kz_events *events = kz_events_with(none, c->events, EVENTS);
  c->view = kz_view_new(1, c->kv, events, parts, 2);
  kz_events_unref(none);
  kz_events_unref(events);
  kz_segment_unref(parts[0].segment);
  kz_segment_unref(parts[1].segment);
}

static struct circle *circle_new(void) {
  struct circle *c = calloc(1, sizeof *c);
  char path[512];
  assert_non_null(c);
  c->temp = temp_make();
  c->arena = kz_arena_new(1 << 26);
  kz_random_init(&c->random, 401);
  assert_int_equal(
      kz_kv_open(temp_path(&c->temp, "kv", path), true, &c->kv, NULL), KZ_OK);
  assert_int_equal(kz_dict_open(c->kv, &c->dict, NULL), KZ_OK);
  for (size_t i = 0; i < ALL; i++) {
    size_t event = i / PER_EVENT;
    if (i % PER_EVENT == 0) {
      invent_event(c, &c->events[event], 1 + event);
    }
    invent_attribute(c, &c->attributes[i], 1 + i);
    assert_int_equal(
        kz_row_of(&c->attributes[i], 1 + event, false, c->arena, &c->rows[i]),
        KZ_OK);
  }
  for (size_t event = 0; event < EVENTS; event++) {
    write_records(c, event);
  }
  make_view(c);
  return c;
}

static void circle_free(struct circle *c) {
  kz_view_unref(c->view);
  kz_dict_close(c->dict);
  kz_kv_close(c->kv);
  kz_arena_free(c->arena);
  temp_remove(&c->temp);
  free(c);
}

static bool sees(const struct circle *c, const struct kz_viewer *viewer,
                 size_t row) {
  const struct kz_event_entry *e = &c->events[row / PER_EVENT];
  const struct kz_attribute *a = &c->attributes[row];
  return kz_viewer_sees_event(viewer, e->org, e->distribution, e->group) &&
         kz_viewer_sees_child(viewer, e->org, a->distribution, 0);
}

/* Whether an attribute correlates by a value, by MISP's rule. */
static bool correlates_by(const struct circle *c, size_t row, kz_str value) {
  const struct kz_attribute *a = &c->attributes[row];
  kz_str parts[2];
  unsigned count = kz_value_parts(a->type, a->value, parts);
  if (a->deleted || a->disable_correlation || a->type == KZ_TYPE_COMMENT ||
      (c->events[row / PER_EVENT].flags & KZ_EVENT_SILENT)) {
    return false;
  }
  count = a->type == KZ_TYPE_IP_DST_PORT ? 1 : count;
  return kz_str_eq_nocase(parts[0], value) ||
         (count == 2 && kz_str_eq_nocase(parts[1], value));
}

static bool event_correlates_by(const struct circle *c, size_t event,
                                const struct kz_viewer *viewer, kz_str value,
                                size_t *ret_first) {
  for (size_t i = 0; i < PER_EVENT; i++) {
    size_t row = event * PER_EVENT + i;
    if (sees(c, viewer, row) && correlates_by(c, row, value)) {
      *ret_first = row;
      return true;
    }
  }
  return false;
}

static void assert_shared(const struct circle *c,
                          const struct kz_viewer *viewer, size_t event,
                          const struct kz_shared_value *shared) {
  size_t first = 0;
  size_t at = 0;
  assert_true(event_correlates_by(c, event, viewer, shared->value, &first));
  assert_true(shared->attribute == c->attributes[first].id);
  for (size_t other = 0; other < EVENTS; other++) {
    if (other != event &&
        event_correlates_by(c, other, viewer, shared->value, &first)) {
      assert_true(at < shared->event_count);
      assert_true(shared->events[at++] == c->events[other].id);
    }
  }
  assert_int_equal(at, shared->event_count);
}

/* How many different values of the event stand in another one, too. */
static size_t count_shared(const struct circle *c,
                           const struct kz_viewer *viewer, size_t event) {
  size_t count = 0;
  for (unsigned n = 0; n < 60 + 9; n++) {
    char text[64];
    size_t first = 0;
    bool elsewhere = false;
    int len = n < 60 ? snprintf(text, sizeof text, "192.0.2.%u", n)
                     : snprintf(text, sizeof text, "host%u.example", n - 60);
    kz_str value = {text, (size_t)len};
    for (size_t other = 0; other < EVENTS; other++) {
      elsewhere |= other != event &&
                   event_correlates_by(c, other, viewer, value, &first);
    }
    count += elsewhere && event_correlates_by(c, event, viewer, value, &first);
  }
  return count;
}

static void assert_correlated(const struct circle *c,
                              const struct kz_viewer *viewer, size_t event) {
  struct kz_shared_value *shared = NULL;
  size_t count = 0;
  const struct kz_event_entry *e = &c->events[event];
  kz_rc rc = kz_lookup_correlate(c->view, c->dict, viewer, e->id, c->arena,
                                 &shared, &count, NULL);
  if (!kz_viewer_sees_event(viewer, e->org, e->distribution, e->group)) {
    assert_int_equal(rc, KZ_NOT_FOUND);
    return;
  }
  assert_int_equal(rc, KZ_OK);
  assert_int_equal(count, count_shared(c, viewer, event));
  for (size_t i = 0; i < count; i++) {
    assert_shared(c, viewer, event, &shared[i]);
    if (i > 0 && shared[i - 1].event_count == shared[i].event_count) {
      assert_true(kz_str_cmp(shared[i - 1].value, shared[i].value) < 0);
    } else if (i > 0) {
      assert_true(shared[i - 1].event_count < shared[i].event_count);
    }
  }
}

static void events_correlate_by_misps_rule(void **state) {
  (void)state;
  struct circle *c = circle_new();
  const struct kz_viewer viewers[] = {
      KZ_VIEWER_OWNER, {.org = 1}, {.org = 2}, {.org = 3}};
  for (size_t v = 0; v < 4; v++) {
    for (size_t event = 0; event < EVENTS; event++) {
      assert_correlated(c, &viewers[v], event);
    }
  }
  struct kz_shared_value *shared = NULL;
  size_t count = 0;
  assert_int_equal(kz_lookup_correlate(c->view, c->dict, &viewers[0], 999,
                                       c->arena, &shared, &count, NULL),
                   KZ_NOT_FOUND);
  circle_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_summary_tells_of_all_that_the_viewer_sees),
      cmocka_unit_test(many_at_once_are_the_same_as_one_by_one),
      cmocka_unit_test(a_very_long_value_is_looked_up_whole),
      cmocka_unit_test(hits_come_in_order_up_to_the_limit),
      cmocka_unit_test(tags_and_types_of_a_value_are_gathered_once_each),
      cmocka_unit_test(events_correlate_by_misps_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
