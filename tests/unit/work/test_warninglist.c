#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "scene.h"
#include "work/warninglist.h"

enum { ARENA = 8 << 20, ROUNDS = 50 };

static kz_rc take(struct scene *s, const char *text,
                  struct kz_library_taken *taken, struct kz_err *err) {
  KZ_ARENA(arena, ARENA);
  const struct kz_library_file file = {.kind = KZ_LIBRARY_WARNINGLIST,
                                       .key = KZ_STR("k"),
                                       .path = KZ_STR("lists/k/list.json"),
                                       .text = kz_str_of(text)};
  return kz_warninglists_take(s->house->warninglists, &file, arena, taken, err);
}

static void must_take(struct scene *s, const char *text) {
  struct kz_library_taken taken;
  assert_int_equal(take(s, text, &taken, NULL), KZ_OK);
}

static void turn(struct scene *s, uint64_t id, enum kz_warn_switch how) {
  assert_int_equal(
      kz_warninglists_switch(s->house->warninglists, &id, 1, how, NULL), KZ_OK);
}

static struct kz_warn_eye *open_eye(struct scene *s) {
  struct kz_warn_eye *eye = NULL;
  assert_int_equal(kz_warn_eye_new(s->house->warninglists, &eye, NULL), KZ_OK);
  return eye;
}

static bool knows(struct scene *s, const char *value) {
  const struct kz_warner_hit *hits = NULL;
  struct kz_warn_eye *eye = open_eye(s);
  size_t count = kz_warn_check(eye, KZ_WARNER_ANY, kz_str_of(value), &hits);
  kz_warn_eye_free(eye);
  return count > 0;
}

#define NETS(version, list)                                                    \
  "{\"name\":\"Nets\",\"type\":\"cidr\",\"version\":" version                  \
  ",\"matching_attributes\":[\"ip-dst\"],\"list\":" list "}"

static void a_list_counts_once_it_is_switched_on(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  must_take(&s, NETS("1", "[\"192.0.2.0/24\"]"));
  assert_false(knows(&s, "192.0.2.1"));
  turn(&s, 1, KZ_WARN_ON);
  assert_true(knows(&s, "192.0.2.1"));
  turn(&s, 1, KZ_WARN_TOGGLE);
  assert_false(knows(&s, "192.0.2.1"));
  const uint64_t ids[] = {1, 7};
  assert_int_equal(
      kz_warninglists_switch(s.house->warninglists, ids, 2, KZ_WARN_ON, NULL),
      KZ_NOT_FOUND);
  assert_false(knows(&s, "192.0.2.1")); /* all or nothing */
}

static void a_newer_file_replaces_the_entries_and_nothing_else(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_library_taken taken;
  must_take(&s, NETS("2", "[\"192.0.2.0/24\"]"));
  turn(&s, 1, KZ_WARN_ON);
  assert_int_equal(take(&s, NETS("1", "[\"203.0.113.0/24\"]"), &taken, NULL),
                   KZ_UNCHANGED);
  assert_true(knows(&s, "192.0.2.1"));
  assert_int_equal(
      take(&s, NETS("3", "[\"203.0.113.0/24\",\"203.0.113.7\"]"), &taken, NULL),
      KZ_OK);
  assert_int_equal(taken.entries, 2);
  assert_int_equal(taken.version, 3);
  assert_false(knows(&s, "192.0.2.1"));
  assert_true(knows(&s, "203.0.113.1")); /* still switched on */
  assert_int_equal(kz_shelf_count(kz_warninglists_shelf(s.house->warninglists)),
                   1);
}

static void a_broken_file_leaves_what_was(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_library_taken taken;
  struct kz_err err = KZ_ERR_NONE;
  must_take(&s, "{\"name\":\"R\",\"type\":\"regex\",\"list\":[\"/^a+$/\"]}");
  turn(&s, 1, KZ_WARN_ON);
  assert_int_equal(take(&s,
                        "{\"name\":\"R\",\"type\":\"regex\",\"version\":9,"
                        "\"list\":[\"/^b$/\",\n\"/(/\"]}",
                        &taken, &err),
                   KZ_E_INPUT);
  assert_non_null(strstr(err.text, "line 2, column 5"));
  assert_true(knows(&s, "aaa"));
  assert_false(knows(&s, "b"));
}

static void entries_come_back_as_they_were(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_warn_entry *entries = NULL;
  size_t count = 0;
  must_take(&s, "{\"name\":\"C\",\"list\":[\"\",\"a\",{\"value\":\"b\\nc\","
                "\"comment\":\"of\\u001f d\"},\"\"]}");
  assert_int_equal(kz_warninglists_entries(s.house->warninglists, 1, arena,
                                           &entries, &count, NULL),
                   KZ_OK);
  assert_int_equal(count, 4);
  assert_int_equal(entries[0].value.len, 0);
  assert_true(kz_str_eq(entries[1].value, KZ_STR("a")));
  assert_null(entries[1].comment.ptr);
  assert_true(kz_str_eq(entries[2].value, KZ_STR("b c")));
  assert_true(kz_str_eq(entries[2].comment, KZ_STR("of  d")));
  assert_int_equal(kz_warninglists_entries(s.house->warninglists, 2, arena,
                                           &entries, &count, NULL),
                   KZ_NOT_FOUND);
}

static void false_and_known_are_not_the_same(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  must_take(&s, "{\"name\":\"K\",\"category\":\"known\",\"list\":[\"a\"]}");
  must_take(&s, "{\"name\":\"F\",\"list\":[\"b\"]}");
  turn(&s, 1, KZ_WARN_ON);
  turn(&s, 2, KZ_WARN_ON);
  struct kz_warn_eye *eye = open_eye(&s);
  const struct kz_warner_hit *hits = NULL;
  assert_int_equal(kz_warn_eye_lists(eye), 2);
  assert_int_equal(kz_warn_check(eye, KZ_TYPE_TEXT, KZ_STR("a"), &hits), 1);
  const struct kz_warn_head *head = kz_warn_head_of(eye, hits[0].list);
  assert_int_equal(head->id, 1);
  assert_true(head->is_known);
  assert_true(kz_str_eq(head->name, KZ_STR("K")));
  assert_false(kz_warn_trips(eye, KZ_TYPE_TEXT, KZ_STR("a")));
  assert_true(kz_warn_trips(eye, KZ_TYPE_TEXT, KZ_STR("b")));
  kz_warn_eye_free(eye);
}

static void an_open_eye_goes_on_with_what_it_has(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  const struct kz_warner_hit *hits = NULL;
  must_take(&s, NETS("1", "[\"192.0.2.0/24\"]"));
  turn(&s, 1, KZ_WARN_ON);
  struct kz_warn_eye *eye = open_eye(&s);
  turn(&s, 1, KZ_WARN_OFF);
  assert_int_equal(
      kz_warn_check(eye, KZ_TYPE_IP_DST, KZ_STR("192.0.2.1"), &hits), 1);
  kz_warn_eye_free(eye);
}

struct asking {
  struct scene *scene;
  atomic_bool is_over;
  atomic_size_t asked;
};

static void *ask_on(void *ctx) {
  struct asking *asking = ctx;
  while (!atomic_load(&asking->is_over)) {
    struct kz_warn_eye *eye = NULL;
    const struct kz_warner_hit *hits = NULL;
    if (kz_warn_eye_new(asking->scene->house->warninglists, &eye, NULL) ==
        KZ_OK) {
      (void)kz_warn_check(eye, KZ_TYPE_IP_DST, KZ_STR("192.0.2.1"), &hits);
      atomic_fetch_add(&asking->asked, 1);
    }
    kz_warn_eye_free(eye);
  }
  return NULL;
}

static void lists_change_while_others_ask(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct asking asking = {.scene = &s};
  pthread_t thread;
  must_take(&s, NETS("1", "[\"192.0.2.0/24\"]"));
  assert_int_equal(pthread_create(&thread, NULL, ask_on, &asking), 0);
  for (int i = 0; i < ROUNDS || atomic_load(&asking.asked) < ROUNDS; i++) {
    turn(&s, 1, KZ_WARN_TOGGLE);
    assert_int_equal(knows(&s, "192.0.2.1"), i % 2 == 0);
  }
  atomic_store(&asking.is_over, true);
  pthread_join(thread, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_list_counts_once_it_is_switched_on),
      cmocka_unit_test(a_newer_file_replaces_the_entries_and_nothing_else),
      cmocka_unit_test(a_broken_file_leaves_what_was),
      cmocka_unit_test(entries_come_back_as_they_were),
      cmocka_unit_test(false_and_known_are_not_the_same),
      cmocka_unit_test(an_open_eye_goes_on_with_what_it_has),
      cmocka_unit_test(lists_change_while_others_ask),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
