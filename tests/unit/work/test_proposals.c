#include "test.h"

#include "scene.h"
#include "work/proposals.h"

enum { ARENA = 64 << 20 };

static uint64_t propose(struct scene *s, struct kz_arena *arena,
                        uint64_t old_id, const char *value, bool to_delete) {
  struct kz_attribute a = {.first_seen_us = KZ_TIME_NONE,
                           .last_seen_us = KZ_TIME_NONE,
                           .value = kz_str_of(value),
                           .to_ids = true};
  const struct kz_proposal proposal = {.event = 1,
                                       .old_id = old_id,
                                       .org = 7,
                                       .email = KZ_STR("a@b.example"),
                                       .to_delete = to_delete,
                                       .attribute = &a};
  uint64_t id = 0;
  assert_int_equal(kz_type_by_name(KZ_STR("domain"), &a.type), KZ_OK);
  a.category = kz_type_default_category(a.type);
  assert_int_equal(
      kz_proposals_add(s->house->proposals, &proposal, arena, &id, NULL),
      KZ_OK);
  return id;
}

static size_t waiting(struct scene *s, struct kz_arena *arena) {
  struct kz_jsonv **documents = NULL;
  size_t count = 0;
  size_t live = 0;
  assert_int_equal(
      kz_proposals_of(s->house->proposals, 1, arena, &documents, &count, NULL),
      KZ_OK);
  for (size_t i = 0; i < count; i++) {
    live += kz_proposal_is_live(documents[i]);
  }
  return live;
}

static void an_accepted_one_is_in_the_event_and_closed(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_event header;
  uint64_t before = 0;
  uint64_t after = 0;
  struct kz_view *view = kz_store_view(s.house->store);
  struct kz_reading r = kz_store_reading(s.house->store, view, arena);
  assert_int_equal(kz_read_header(&r, 1, &header, &before, NULL), KZ_OK);
  kz_view_unref(view);
  uint64_t id = propose(&s, arena, 0, "new.example", false);
  assert_true(kz_proposals_wait(s.house->proposals, 1));
  assert_int_equal(kz_proposals_accept(s.house->proposals, id, arena, NULL),
                   KZ_OK);
  view = kz_store_view(s.house->store);
  r = kz_store_reading(s.house->store, view, arena);
  assert_int_equal(kz_read_header(&r, 1, &header, &after, NULL), KZ_OK);
  kz_view_unref(view);
  assert_int_equal(after, before + 1);
  assert_false(kz_proposals_wait(s.house->proposals, 1));
  assert_int_equal(kz_proposals_accept(s.house->proposals, id, arena, NULL),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_proposals_discard(s.house->proposals, id, arena, NULL),
                   KZ_NOT_FOUND);
}

static void one_that_cannot_be_done_stays_open(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_err err = KZ_ERR_NONE;
  uint64_t similar = propose(&s, arena, 0, "evil.example", false);
  uint64_t missing = propose(&s, arena, 999999, "x.example", true);
  assert_int_equal(
      kz_proposals_accept(s.house->proposals, similar, arena, &err),
      KZ_E_CONFLICT);
  assert_string_equal(err.text,
                      "A similar attribute already exists for this event.");
  assert_int_equal(
      kz_proposals_accept(s.house->proposals, missing, arena, &err),
      KZ_NOT_FOUND);
  assert_int_equal(waiting(&s, arena), 2);
  assert_int_equal(
      kz_proposals_discard(s.house->proposals, missing, arena, NULL), KZ_OK);
  assert_int_equal(waiting(&s, arena), 1);
  assert_int_equal(kz_proposals_forget(s.house->proposals, 1, arena, NULL),
                   KZ_OK);
  assert_int_equal(waiting(&s, arena), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_accepted_one_is_in_the_event_and_closed),
      cmocka_unit_test(one_that_cannot_be_done_stays_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
