#include "test.h"

#include <string.h>

#include "scene.h"
#include "store/edit.h"
#include "work/audit.h"
#include "work/galaxy.h"
#include "work/people.h"

enum { ARENA = 64 << 20, SEEN_MAX = 64 };

struct seen {
  struct kz_audit entries[SEEN_MAX];
  char details[SEEN_MAX][1024];
  size_t count;
};

static kz_rc keep(void *ctx, const struct kz_audit *e, struct kz_err *err) {
  struct seen *seen = ctx;
  (void)err;
  assert_true(seen->count < SEEN_MAX);
  assert_true(e->detail.len < sizeof seen->details[0]);
  if (e->detail.len > 0) {
    memcpy(seen->details[seen->count], e->detail.ptr, e->detail.len);
  }
  seen->details[seen->count][e->detail.len] = '\0';
  seen->entries[seen->count++] = *e;
  return KZ_OK;
}

static void ask(struct scene *s, const struct kz_audit_question *question,
                struct seen *seen) {
  const struct kz_user *owner = kz_people_owner(s->house->people);
  memset(seen, 0, sizeof *seen);
  assert_int_equal(kz_audit_ask(s->house, owner, question, keep, seen, NULL),
                   KZ_OK);
  kz_user_unref(owner);
}

struct change {
  uint64_t event;
  uint64_t attribute;
  struct kz_attribute given;
};

static kz_rc comment(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_attribute(txn, c->event, c->attribute, &c->given, err);
}

static kz_rc publish(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  return kz_edit_publish(txn, *(uint64_t *)ctx, true, err);
}

static kz_rc drop_event(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  return kz_edit_delete_event(txn, *(uint64_t *)ctx, err);
}

static void an_import_is_one_entry(void **state) {
  (void)state;
  SCENE(s);
  struct seen seen;
  struct kz_audit_question q = KZ_AUDIT_ANY;
  q.subjects = "E";
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 1);
  assert_int_equal(seen.entries[0].count, 3);
  assert_int_equal(seen.entries[0].action, KZ_AUDIT_ADD);
  assert_int_equal(seen.entries[0].added, 9);
  for (uint64_t event = 1; event <= 4; event++) {
    q = KZ_AUDIT_ANY;
    q.subjects = "e";
    q.id = event;
    ask(&s, &q, &seen);
    assert_int_equal(seen.count, event <= 3 ? 1 : 0);
  }
}

static void change_as(struct scene *s, uint64_t user, uint64_t attribute,
                      const char *words) {
  struct change c = {
      .event = 1,
      .attribute = attribute,
      .given = {.given = KZ_GAVE_COMMENT, .comment = kz_str_of(words)}};
  const struct kz_actor actor = kz_actor_of(user, 1, 7, KZ_STR("192.0.2.9"));
  kz_actor_set(&actor);
  assert_int_equal(kz_store_run(s->house->store, comment, &c, NULL), KZ_OK);
  kz_actor_set(NULL);
}

static void changes_of_events_are_counted_and_named(void **state) {
  (void)state;
  SCENE(s);
  struct seen seen;
  uint64_t event = 2;
  struct kz_audit_question q = KZ_AUDIT_ANY;
  change_as(&s, 1, 2, "first");
  assert_int_equal(kz_store_run(s.house->store, publish, &event, NULL), KZ_OK);
  assert_int_equal(kz_store_run(s.house->store, drop_event, &event, NULL),
                   KZ_OK);
  q.subjects = "e";
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 3);
  assert_int_equal(seen.entries[0].action, KZ_AUDIT_REMOVE);
  assert_int_equal(seen.entries[1].action, KZ_AUDIT_PUBLISH);
  assert_int_equal(seen.entries[1].id, 2);
  assert_int_equal(seen.entries[1].actor.user, 0);
  assert_int_equal(seen.entries[2].action, KZ_AUDIT_EDIT);
  assert_int_equal(seen.entries[2].changed, 1);
  assert_int_equal(seen.entries[2].added + seen.entries[2].removed, 0);
  assert_int_equal(seen.entries[2].actor.user, 1);
  assert_int_equal(seen.entries[2].actor.key, 7);
  assert_string_equal(seen.entries[2].actor.address, "192.0.2.9");
  q.user = 1;
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 1);
  q = KZ_AUDIT_ANY;
  q.subjects = "e";
  q.generation = seen.entries[0].generation + 1;
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 1);
}

static void documents_tell_what_differs_but_no_secrets(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct seen seen;
  struct kz_jsonv *v = NULL;
  uint64_t id = 1;
  struct kz_shelf *users = kz_people_shelf(s.house->people);
  assert_int_equal(kz_shelf_get(users, id, arena, &v, NULL), KZ_OK);
  assert_true(
      kz_jsonv_set_str(v, KZ_STR("password"), KZ_STR("$argon2id$xyz"), arena));
  assert_true(kz_jsonv_set_bool(v, KZ_STR("autoalert"), true, arena));
  assert_int_equal(kz_people_save(s.house->people, &id, v, arena, NULL), KZ_OK);
  struct kz_audit_question q = KZ_AUDIT_ANY;
  q.subjects = "u";
  q.id = 1;
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 2);
  assert_int_equal(seen.entries[0].action, KZ_AUDIT_ADD);
  assert_int_equal(seen.entries[1].action, KZ_AUDIT_EDIT);
  assert_string_equal(
      seen.details[1],
      "{\"before\":{},\"after\":{\"password\":\"*****\",\"autoalert\":true}}");
  q = KZ_AUDIT_ANY;
  q.subjects = "k";
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 1);
  assert_non_null(strstr(seen.details[0], "\"hash\":\"*****\""));
  assert_int_equal(kz_people_save(s.house->people, &id, v, arena, NULL), KZ_OK);
  q.subjects = "u";
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 2); /* nothing has changed */
}

static kz_rc fail_after(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  (void)ctx;
  kz_rc rc = kz_txn_put_note(txn, 'u', 99, KZ_STR("{\"id\":99}"), NULL, err);
  return rc == KZ_OK ? KZ_E_DENIED : rc;
}

/* Puts `count` documents of a library's kind in one job. */
static void put_documents(struct kz_shelf *shelf, struct kz_arena *arena,
                          uint64_t id, const char *text, size_t count) {
  struct kz_shelf_change changes[2];
  for (size_t i = 0; i < count; i++) {
    struct kz_jsonv *d = NULL;
    assert_int_equal(kz_jsonv_parse(kz_str_of(text), arena, &d, NULL), KZ_OK);
    changes[i] = (struct kz_shelf_change){
        .shelf = shelf, .id = id, .document = d, .arena = arena};
  }
  assert_int_equal(kz_shelf_apply(changes, count, NULL), KZ_OK);
}

static void one_document_of_a_library_tells_what_differs(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct seen seen;
  struct kz_shelf *shelf = kz_clusters_shelf(s.house->galaxies);
  struct kz_audit_question q = KZ_AUDIT_ANY;
  q.subjects = "c";
  put_documents(shelf, arena, 0, "{\"value\":\"a\"}", 2);
  put_documents(shelf, arena, 1, "{\"value\":\"b\"}", 1);
  put_documents(shelf, arena, 1, "{\"value\":\"b\"}", 1);
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 2); /* the last one changed nothing */
  assert_int_equal(seen.entries[0].count, 1);
  assert_non_null(strstr(seen.details[0], "\"before\":{\"value\":\"a\"}"));
  assert_int_equal(seen.entries[1].count, 2);
  assert_string_equal(seen.details[1], "");
}

static void what_failed_leaves_no_entry(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct seen seen;
  struct kz_audit_question q = KZ_AUDIT_ANY;
  assert_int_equal(kz_store_run(s.house->store, fail_after, NULL, NULL),
                   KZ_E_DENIED);
  q.subjects = "u";
  q.id = 99;
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 0);
}

static kz_rc put_tag(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  return kz_txn_put_tag(txn, ctx, err);
}

static void a_tag_alone_is_durable_and_told(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct seen seen;
  char path[512];
  char first[KZ_KEY_TEXT];
  uint32_t id = 0;
  struct kz_tag tag = {.name = KZ_STR("case:lantern"),
                       .colour = KZ_STR("#112233"),
                       .exportable = true};
  struct kz_audit_question q = KZ_AUDIT_ANY;
  assert_int_equal(kz_store_run(s.house->store, put_tag, &tag, NULL), KZ_OK);
  tag.colour = KZ_STR("#445566");
  assert_int_equal(kz_store_run(s.house->store, put_tag, &tag, NULL), KZ_OK);
  kz_house_close(s.house);
  assert_int_equal(kz_house_open(temp_path(&s.temp, "store", path), false,
                                 first, &s.house, NULL),
                   KZ_OK);
  assert_int_equal(kz_dict_tag_find(kz_store_dict(s.house->store),
                                    KZ_STR("case:lantern"), &id),
                   KZ_OK);
  assert_int_equal(kz_dict_tag_get(kz_store_dict(s.house->store), id, &tag),
                   KZ_OK);
  assert_true(kz_str_eq(tag.colour, KZ_STR("#445566")));
  q.subjects = "#";
  q.id = id;
  ask(&s, &q, &seen);
  assert_int_equal(seen.count, 2);
  assert_string_equal(seen.details[1],
                      "{\"before\":{\"colour\":\"#112233\"},\"after\":{"
                      "\"colour\":\"#445566\"}}");
}

static void others_see_their_own_organisation(void **state) {
  (void)state;
  SCENE(s);
  struct seen seen = {.count = 0};
  struct kz_user guest = {.id = 5, .org = {.id = 4711}};
  const struct kz_audit_question q = KZ_AUDIT_ANY;
  change_as(&s, 1, 2, "by another");
  assert_int_equal(kz_audit_ask(s.house, &guest, &q, keep, &seen, NULL), KZ_OK);
  assert_int_equal(seen.count, 0);
  guest.org.id = 1;
  assert_int_equal(kz_audit_ask(s.house, &guest, &q, keep, &seen, NULL), KZ_OK);
  assert_int_equal(seen.count, 1);
}

struct versions {
  char comments[8][32];
  uint64_t users[8];
  size_t count;
};

static kz_rc keep_version(void *ctx, const struct kz_audit_version *version,
                          struct kz_err *err) {
  struct versions *v = ctx;
  kz_str text = version->attribute->comment;
  (void)err;
  assert_true(v->count < 8 && text.len < 32);
  if (text.len > 0) {
    memcpy(v->comments[v->count], text.ptr, text.len);
  }
  v->users[v->count++] = version->until ? version->until->actor.user : 0;
  return KZ_OK;
}

static void an_attribute_has_a_history(void **state) {
  (void)state;
  SCENE(s);
  struct versions v = {.count = 0};
  change_as(&s, 1, 2, "one");
  change_as(&s, 2, 3, "another attribute");
  change_as(&s, 3, 2, "two");
  assert_int_equal(kz_audit_history(s.house, 1, 2, keep_version, &v, NULL),
                   KZ_OK);
  assert_int_equal(v.count, 3);
  assert_string_equal(v.comments[0], "");
  assert_int_equal(v.users[0], 1);
  assert_string_equal(v.comments[1], "one");
  assert_int_equal(v.users[1], 3);
  assert_string_equal(v.comments[2], "two");
  assert_int_equal(v.users[2], 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_import_is_one_entry),
      cmocka_unit_test(changes_of_events_are_counted_and_named),
      cmocka_unit_test(documents_tell_what_differs_but_no_secrets),
      cmocka_unit_test(one_document_of_a_library_tells_what_differs),
      cmocka_unit_test(what_failed_leaves_no_entry),
      cmocka_unit_test(a_tag_alone_is_durable_and_told),
      cmocka_unit_test(others_see_their_own_organisation),
      cmocka_unit_test(an_attribute_has_a_history),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
