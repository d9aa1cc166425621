#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "store/events.h"

enum { IDS = 1000 };

static struct kz_event_entry invent_entry(struct kz_random *random,
                                          struct kz_arena *arena, uint64_t id) {
  uint32_t *tags = kz_arena_array(arena, 5, sizeof *tags);
  char *info = kz_arena_text(arena, 40);
  size_t len = (size_t)kz_random_below(random, 40);
  memset(info, 'a' + (int)kz_random_below(random, 26), len);
  struct kz_event_entry entry = {
      .id = id,
      .flags = KZ_EVENT_EXISTS | (uint32_t)kz_random_below(random, 32),
      .org = (uint32_t)kz_random_next(random),
      .orgc = (uint32_t)kz_random_next(random),
      .date_days = (int32_t)kz_random_below(random, 40000) - 20000,
      .time_s = (uint32_t)kz_random_next(random),
      .publish_s = (uint32_t)kz_random_next(random),
      .known_s = (uint32_t)kz_random_next(random),
      .threat_level = (uint8_t)kz_random_below(random, 5),
      .analysis = (uint8_t)kz_random_below(random, 3),
      .distribution = (uint8_t)kz_random_below(random, 5),
      .group = kz_random_next(random),
      .info = {info, len},
      .tags = tags,
      .tag_count = (uint32_t)kz_random_below(random, 6),
  };
  for (size_t i = 0; i < 16; i++) {
    entry.uuid.bytes[i] = (uint8_t)kz_random_next(random);
  }
  for (uint32_t i = 0; i < entry.tag_count; i++) {
    tags[i] = (uint32_t)kz_random_below(random, 1000);
  }
  return entry;
}

static void assert_same_entry(const struct kz_event_entry *a,
                              const struct kz_event_entry *b) {
  assert_true(a->id == b->id);
  assert_true(kz_uuid_eq(&a->uuid, &b->uuid));
  assert_int_equal(a->flags, b->flags);
  assert_int_equal(a->org, b->org);
  assert_int_equal(a->orgc, b->orgc);
  assert_int_equal(a->date_days, b->date_days);
  assert_int_equal(a->time_s, b->time_s);
  assert_int_equal(a->publish_s, b->publish_s);
  assert_int_equal(a->known_s, b->known_s);
  assert_int_equal(a->threat_level, b->threat_level);
  assert_int_equal(a->analysis, b->analysis);
  assert_int_equal(a->distribution, b->distribution);
  assert_true(a->group == b->group);
  assert_true(kz_str_eq(a->info, b->info));
  assert_int_equal(a->tag_count, b->tag_count);
  for (uint32_t i = 0; i < a->tag_count; i++) {
    assert_int_equal(a->tags[i], b->tags[i]);
  }
}

static void assert_table_is(const struct kz_events *events,
                            const struct kz_event_entry *model, size_t ids) {
  uint64_t count = 0;
  for (uint64_t id = 0; id < ids; id++) {
    struct kz_event_entry entry;
    bool exists = (model[id].flags & KZ_EVENT_EXISTS) != 0;
    assert_int_equal(kz_events_get(events, id, &entry),
                     exists ? KZ_OK : KZ_NOT_FOUND);
    if (exists) {
      assert_same_entry(&entry, &model[id]);
      count++;
    }
  }
  assert_int_equal(events->count, count);
}

/* Changes some entries of the model and gives the new table. */
static struct kz_events *change(const struct kz_events *events,
                                struct kz_event_entry *model,
                                struct kz_random *random,
                                struct kz_arena *arena) {
  struct kz_event_entry *entries = kz_arena_array(arena, IDS, sizeof *entries);
  size_t count = 0;
  uint64_t one_in = 1 + kz_random_below(random, 200);
  for (uint64_t id = 1; id < IDS; id++) {
    if (kz_random_below(random, one_in) != 0) {
      continue;
    }
    struct kz_event_entry entry = invent_entry(random, arena, id);
    if (kz_random_below(random, 4) == 0) {
      entry = (struct kz_event_entry){.id = id};
    }
    model[id] = entry;
    entries[count++] = entry;
  }
  struct kz_events *next = kz_events_with(events, entries, count);
  assert_non_null(next);
  return next;
}

static void a_table_holds_the_last_entry_of_each_event(void **state) {
  (void)state;
  KZ_ARENA(arena, 64 << 20);
  struct kz_random random;
  kz_random_init(&random, 3);
  struct kz_event_entry *model = kz_arena_array(arena, IDS, sizeof *model);
  struct kz_events *events = kz_events_new();
  for (int commit = 0; commit < 60; commit++) {
    struct kz_events *next = change(events, model, &random, arena);
    kz_events_unref(events);
    events = next;
    assert_table_is(events, model, IDS);
  }
  kz_events_unref(events);
}

static void an_older_table_keeps_its_moment(void **state) {
  (void)state;
  KZ_ARENA(arena, 64 << 20);
  struct kz_random random;
  kz_random_init(&random, 4);
  struct kz_event_entry *model = kz_arena_array(arena, IDS, sizeof *model);
  struct kz_event_entry *before = kz_arena_array(arena, IDS, sizeof *before);
  struct kz_events *empty = kz_events_new();
  struct kz_events *old = change(empty, model, &random, arena);
  memcpy(before, model, IDS * sizeof *model);
  struct kz_events *new = change(old, model, &random, arena);
  assert_table_is(old, before, IDS);
  assert_table_is(new, model, IDS);
  kz_events_unref(empty);
  kz_events_unref(new);
  struct kz_events *kept = kz_events_ref(old);
  kz_events_unref(old);
  assert_table_is(kept, before, IDS);
  kz_events_unref(kept);
}

static void untouched_pages_are_shared(void **state) {
  (void)state;
  const struct kz_event_entry entries[] = {
      {.id = 1, .flags = KZ_EVENT_EXISTS},
      {.id = 3 * KZ_PAGE_EVENTS, .flags = KZ_EVENT_EXISTS},
  };
  struct kz_events *empty = kz_events_new();
  struct kz_events *old = kz_events_with(empty, entries, 2);
  struct kz_events *new = kz_events_with(old, &entries[1], 1);
  assert_int_equal(old->page_count, 4);
  assert_null(old->pages[1]);
  assert_ptr_equal(old->pages[0], new->pages[0]);
  assert_ptr_not_equal(old->pages[3], new->pages[3]);
  assert_true(kz_events_end(new) == 4 * KZ_PAGE_EVENTS);
  assert_null(kz_events_page(new, 4 * KZ_PAGE_EVENTS));
  assert_null(kz_events_page(new, UINT64_MAX));
  struct kz_event_entry none;
  assert_int_equal(kz_events_get(new, UINT64_MAX, &none), KZ_NOT_FOUND);
  kz_events_unref(empty);
  kz_events_unref(old);
  kz_events_unref(new);
}

static void a_tag_sets_its_bit_in_the_mask(void **state) {
  (void)state;
  const uint32_t tags[] = {3, 64 + 5};
  const struct kz_event_entry entry = {
      .id = 2, .flags = KZ_EVENT_EXISTS, .tags = tags, .tag_count = 2};
  struct kz_events *empty = kz_events_new();
  struct kz_events *events = kz_events_with(empty, &entry, 1);
  assert_true(events->pages[0]->tag_mask[2] == (1u << 3 | 1u << 5));
  assert_true(events->pages[0]->tag_mask[1] == 0);
  struct kz_events *gone =
      kz_events_with(events, &(struct kz_event_entry){.id = 2}, 1);
  assert_true(gone->pages[0]->tag_mask[2] == 0);
  assert_int_equal(gone->count, 0);
  kz_events_unref(empty);
  kz_events_unref(events);
  kz_events_unref(gone);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_table_holds_the_last_entry_of_each_event),
      cmocka_unit_test(an_older_table_keeps_its_moment),
      cmocka_unit_test(untouched_pages_are_shared),
      cmocka_unit_test(a_tag_sets_its_bit_in_the_mask),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
