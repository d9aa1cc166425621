#include "test.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "scene.h"
#include "work/org.h"
#include "work/password.h"
#include "work/people.h"

enum { ARENA = 64 << 20 };

static struct kz_jsonv *tree(struct kz_arena *arena, const char *text) {
  struct kz_jsonv *v = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(text), arena, &v, NULL), KZ_OK);
  return v;
}

static uint64_t add_user(struct scene *s, struct kz_arena *arena,
                         const char *text) {
  uint64_t id = 0;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_people_save(s->house->people, &id, tree(arena, text), arena, &err) !=
      KZ_OK) {
    fail_msg("%s", err.text);
  }
  return id;
}

static kz_rc try_user(struct scene *s, struct kz_arena *arena,
                      const char *text) {
  uint64_t id = 0;
  return kz_people_save(s->house->people, &id, tree(arena, text), arena, NULL);
}

/* The permissions that a key gives; UINT32_MAX: it is refused. */
static uint32_t perms_of(struct scene *s, const char *key, const char *peer) {
  const struct kz_user *user = NULL;
  uint64_t id = 0;
  if (kz_people_check(s->house->people, kz_str_of(key), kz_str_of(peer), &user,
                      &id) != KZ_OK) {
    return UINT32_MAX;
  }
  uint32_t perms = user->role.perms;
  kz_user_unref(user);
  return perms;
}

static void reopen(struct scene *s) {
  char path[512];
  char first[KZ_KEY_TEXT];
  kz_house_close(s->house);
  assert_int_equal(kz_house_open(temp_path(&s->temp, "store", path), false,
                                 first, &s->house, NULL),
                   KZ_OK);
  assert_string_equal(first, "");
}

static void the_six_roles_may_what_misp_says(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_role role;
  uint64_t id = 0;
  static const struct {
    uint64_t id;
    uint32_t may;
    uint32_t may_not;
  } cases[] = {
      {1, KZ_PERM_SITE_ADMIN | KZ_PERM_WARNINGLIST | KZ_PERM_FULL, 0},
      {2, KZ_PERM_ADMIN | KZ_PERM_TAG_EDITOR | KZ_PERM_DELEGATE,
       KZ_PERM_SITE_ADMIN | KZ_PERM_SYNC},
      {3, KZ_PERM_ADD | KZ_PERM_SIGHTING | KZ_PERM_ANALYST_DATA,
       KZ_PERM_PUBLISH | KZ_PERM_DELEGATE | KZ_PERM_TAG_EDITOR},
      {4, KZ_PERM_PUBLISH | KZ_PERM_DELEGATE, KZ_PERM_SYNC | KZ_PERM_ADMIN},
      {5, KZ_PERM_SYNC | KZ_PERM_SHARING_GROUP | KZ_PERM_TAG_EDITOR,
       KZ_PERM_ADMIN | KZ_PERM_SITE_ADMIN},
      {6, KZ_PERM_AUDIT | KZ_PERM_AUTH,
       KZ_PERM_ALL & ~(KZ_PERM_AUDIT | KZ_PERM_AUTH)},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(
        kz_role_get(s.house->roles, cases[i].id, arena, &role, NULL), KZ_OK);
    assert_int_equal(role.perms & cases[i].may, cases[i].may);
    assert_int_equal(role.perms & cases[i].may_not, 0);
  }
  assert_int_equal(kz_role_default(s.house->roles, &id, NULL), KZ_OK);
  assert_int_equal(id, 3);
  assert_int_equal(kz_role_set_default(s.house->roles, 99, NULL), KZ_NOT_FOUND);
  assert_int_equal(kz_role_set_default(s.house->roles, 4, NULL), KZ_OK);
  assert_int_equal(kz_role_default(s.house->roles, &id, NULL), KZ_OK);
  assert_int_equal(id, 4);
}

static void users_and_their_keys_survive_a_restart(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  char key[KZ_KEY_TEXT];
  char second[KZ_KEY_TEXT];
  uint64_t id = add_user(
      &s, arena, "{\"email\":\"a@example.test\",\"org_id\":1,\"role_id\":3}");
  assert_int_equal(kz_people_reset(s.house->people, id, key, NULL), KZ_OK);
  for (int round = 0; round < 2; round++) {
    assert_true(perms_of(&s, key, "192.0.2.1") & KZ_PERM_ADD);
    assert_false(perms_of(&s, key, "192.0.2.1") & KZ_PERM_PUBLISH);
    assert_true(perms_of(&s, s.key, "192.0.2.1") & KZ_PERM_SITE_ADMIN);
    assert_int_equal(kz_people_count_of(s.house->people, 1, 0), 2);
    assert_int_equal(kz_people_count_of(s.house->people, 0, 3), 1);
    reopen(&s);
  }
  assert_int_equal(kz_people_reset(s.house->people, id, second, NULL), KZ_OK);
  assert_int_equal(perms_of(&s, key, "192.0.2.1"), UINT32_MAX);
  assert_int_equal(kz_people_remove(s.house->people, id, NULL), KZ_OK);
  assert_int_equal(kz_people_remove(s.house->people, id, NULL), KZ_NOT_FOUND);
  assert_int_equal(perms_of(&s, second, "192.0.2.1"), UINT32_MAX);
  reopen(&s);
  assert_int_equal(perms_of(&s, second, "192.0.2.1"), UINT32_MAX);
}

struct asking {
  struct scene *s;
  const char *key;
  atomic_bool stop;
  atomic_size_t times;
};

static void *keep_asking(void *ctx) {
  struct asking *a = ctx;
  while (!atomic_load(&a->stop)) {
    const struct kz_user *user = NULL;
    uint64_t key = 0;
    if (kz_people_check(a->s->house->people, kz_str_of(a->key),
                        KZ_STR("192.0.2.1"), &user, &key) == KZ_OK) {
      assert_true(kz_str_starts(user->email, KZ_STR("a@example.test")));
      assert_true(user->role.name.len > 0);
      kz_user_unref(user);
    }
    atomic_fetch_add(&a->times, 1);
  }
  return NULL;
}

static void users_change_while_they_are_asked_for(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  char key[KZ_KEY_TEXT];
  pthread_t threads[2];
  KZ_ARENA(arena, ARENA);
  uint64_t id = add_user(
      &s, arena, "{\"email\":\"a@example.test\",\"org_id\":1,\"role_id\":3}");
  assert_int_equal(kz_people_reset(s.house->people, id, key, NULL), KZ_OK);
  struct asking a = {.s = &s, .key = key};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, keep_asking, &a), 0);
  }
  for (int round = 0; round < 30; round++) {
    struct kz_jsonv *v = NULL;
    kz_arena_reset(arena);
    assert_int_equal(
        kz_shelf_get(kz_people_shelf(s.house->people), id, arena, &v, NULL),
        KZ_OK);
    assert_true(
        kz_jsonv_set_u64(v, KZ_STR("role_id"), 3 + (uint64_t)round % 3, arena));
    assert_int_equal(kz_people_save(s.house->people, &id, v, arena, NULL),
                     KZ_OK);
    assert_int_equal(kz_people_refresh(s.house->people, NULL), KZ_OK);
  }
  assert_int_equal(kz_people_remove(s.house->people, id, NULL), KZ_OK);
  atomic_store(&a.stop, true);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
  assert_true(atomic_load(&a.times) > 0);
}

static void users_that_cannot_be_are_refused(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  assert_int_equal(
      try_user(&s, arena, "{\"email\":\"nobody\",\"org_id\":1,\"role_id\":3}"),
      KZ_E_INPUT);
  assert_int_equal(
      try_user(&s, arena,
               "{\"email\":\"a@b.test\",\"org_id\":9,\"role_id\":3}"),
      KZ_E_INPUT);
  assert_int_equal(
      try_user(&s, arena,
               "{\"email\":\"a@b.test\",\"org_id\":1,\"role_id\":9}"),
      KZ_E_INPUT);
  assert_int_equal(try_user(&s, arena,
                            "{\"email\":\"ADMIN@admin.test\",\"org_id\":1,"
                            "\"role_id\":3}"),
                   KZ_E_CONFLICT);
}

static kz_rc put_old_user(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  return kz_txn_put_note(txn, 'u', 9, kz_str_of(ctx), NULL, err);
}

/* The first version kept a user's key in his document. */
static void users_of_the_first_version_keep_their_key(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  static const char key[] = "AbcdAbcdAbcdAbcdAbcdAbcdAbcdAbcdAbcd1234";
  unsigned char hash[32];
  char hex[65];
  char text[256];
  struct kz_jsonv *v = NULL;
  KZ_ARENA(arena, ARENA);
  crypto_generichash(hash, sizeof hash, (const unsigned char *)key,
                     sizeof key - 1, NULL, 0);
  sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
  (void)snprintf(text, sizeof text,
                 "{\"email\":\"old@example.test\",\"uuid\":"
                 "\"5b0e4d3c-0000-4000-8000-0000000000dd\",\"org\":1,"
                 "\"role\":4,\"key\":\"%s\"}",
                 hex);
  assert_int_equal(kz_store_run(s.house->store, put_old_user, text, NULL),
                   KZ_OK);
  for (int round = 0; round < 2; round++) {
    reopen(&s);
    assert_true(perms_of(&s, key, "192.0.2.1") & KZ_PERM_PUBLISH);
  }
  assert_int_equal(
      kz_shelf_get(kz_people_shelf(s.house->people), 9, arena, &v, NULL),
      KZ_OK);
  assert_null(kz_jsonv_get(v, KZ_STR("key")));
}

static void one_site_administrator_stays(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *v = NULL;
  uint64_t id = 1;
  assert_int_equal(kz_people_remove(s.house->people, 1, NULL), KZ_E_CONFLICT);
  assert_int_equal(
      kz_shelf_get(kz_people_shelf(s.house->people), 1, arena, &v, NULL),
      KZ_OK);
  assert_true(kz_jsonv_set_bool(v, KZ_STR("disabled"), true, arena));
  assert_int_equal(kz_people_save(s.house->people, &id, v, arena, NULL),
                   KZ_E_CONFLICT);
  add_user(&s, arena,
           "{\"email\":\"b@example.test\",\"org_id\":1,\"role_id\":1}");
  assert_int_equal(kz_people_save(s.house->people, &id, v, arena, NULL), KZ_OK);
  assert_int_equal(perms_of(&s, s.key, "192.0.2.1"), UINT32_MAX);
  const struct kz_user *owner = kz_people_owner(s.house->people);
  assert_int_equal(owner->id, 2);
  kz_user_unref(owner);
}

static void a_user_in_hand_stays_as_he_was(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  const struct kz_user *user = NULL;
  uint64_t id = add_user(
      &s, arena, "{\"email\":\"a@example.test\",\"org_id\":1,\"role_id\":3}");
  assert_int_equal(kz_people_get(s.house->people, id, &user), KZ_OK);
  assert_int_equal(kz_people_remove(s.house->people, id, NULL), KZ_OK);
  assert_true(kz_str_eq(user->email, KZ_STR("a@example.test")));
  assert_true(kz_str_eq(user->role.name, KZ_STR("User")));
  kz_user_unref(user);
}

static void keys_keep_to_their_terms(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_keyring *keys = kz_people_keys(s.house->people);
  uint64_t id = 0;
  static const struct {
    const char *terms;
    const char *peer;
    bool may_come;
  } cases[] = {
      {"{}", "192.0.2.1", true},
      {"{\"expiration\":1000}", "192.0.2.1", false},
      {"{\"expiration\":32503680000}", "192.0.2.1", true},
      {"{\"allowed_ips\":[\"192.0.2.0/25\",\"2001:db8::/33\"]}", "192.0.2.127",
       true},
      {"{\"allowed_ips\":[\"192.0.2.0/25\"]}", "::ffff:192.0.2.1", true},
      {"{\"allowed_ips\":[\"192.0.2.0/25\"]}", "192.0.2.128", false},
      {"{\"allowed_ips\":[\"192.0.2.0/25\"]}", "2001:db8::1", false},
      {"{\"allowed_ips\":[\"2001:db8::/33\"]}", "2001:db8:7fff::1", true},
      {"{\"allowed_ips\":[\"2001:db8::/33\"]}", "2001:db8:8000::1", false},
  };
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
      char key[KZ_KEY_TEXT];
      assert_int_equal(kz_keyring_add(keys, 1, false,
                                      tree(arena, cases[i].terms), arena, key,
                                      &id, NULL),
                       KZ_OK);
      assert_int_equal(perms_of(&s, key, cases[i].peer) != UINT32_MAX,
                       cases[i].may_come);
      assert_int_equal(kz_keyring_remove(keys, id, NULL), KZ_OK);
      assert_int_equal(perms_of(&s, key, cases[i].peer), UINT32_MAX);
    }
    reopen(&s);
    keys = kz_people_keys(s.house->people);
  }
  char key[KZ_KEY_TEXT];
  assert_int_equal(kz_keyring_add(keys, 1, false,
                                  tree(arena, "{\"allowed_ips\":[\"all\"]}"),
                                  arena, key, &id, NULL),
                   KZ_E_INPUT);
  assert_int_equal(kz_keyring_add(keys, 1, false,
                                  tree(arena, "{\"read_only\":true}"), arena,
                                  key, &id, NULL),
                   KZ_OK);
  assert_int_equal(perms_of(&s, key, "192.0.2.1"), 0);
}

static void organisations_change_their_names(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *v = NULL;
  uint32_t id = 0;
  uint32_t known = 0;
  assert_int_equal(kz_org_save(s.house->orgs, &id,
                               tree(arena, "{\"name\":\"Gamma\",\"sector\":"
                                           "\"energy\"}"),
                               arena, NULL),
                   KZ_OK);
  known = 0;
  assert_int_equal(kz_org_save(s.house->orgs, &known,
                               tree(arena, "{\"name\":\"Gamma\"}"), arena,
                               NULL),
                   KZ_E_CONFLICT);
  assert_int_equal(kz_org_save(s.house->orgs, &known,
                               tree(arena, "{\"name\":\" \"}"), arena, NULL),
                   KZ_E_INPUT);
  assert_int_equal(kz_org_get(s.house->orgs, id, arena, &v, NULL), KZ_OK);
  assert_true(kz_jsonv_set_str(v, KZ_STR("name"), KZ_STR("Delta"), arena));
  assert_int_equal(kz_org_save(s.house->orgs, &id, v, arena, NULL), KZ_OK);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(kz_org_find(s.house->orgs, KZ_STR("Gamma"), &known),
                     KZ_NOT_FOUND);
    assert_int_equal(kz_org_find(s.house->orgs, KZ_STR("Delta"), &known),
                     KZ_OK);
    assert_int_equal(known, id);
    assert_int_equal(kz_org_get(s.house->orgs, id, arena, &v, NULL), KZ_OK);
    assert_true(
        kz_str_eq(kz_jsonv_text(v, KZ_STR("sector")), KZ_STR("energy")));
    reopen(&s);
  }
}

static void organisations_in_use_stay(void **state) {
  (void)state;
  SCENE(s);
  KZ_ARENA(arena, ARENA);
  uint32_t id = 0;
  uint32_t again = 0;
  assert_int_equal(kz_org_remove(s.house->orgs, 1, NULL), KZ_E_CONFLICT);
  assert_int_equal(kz_org_find(s.house->orgs, KZ_STR("Alpha"), &id), KZ_OK);
  assert_int_equal(kz_org_remove(s.house->orgs, id, NULL), KZ_E_CONFLICT);
  id = 0;
  const char *text =
      "{\"name\":\"Gamma\",\"uuid\":\"5b0e4d3c-0000-4000-8000-0000000000cc\"}";
  assert_int_equal(
      kz_org_save(s.house->orgs, &id, tree(arena, text), arena, NULL), KZ_OK);
  assert_int_equal(kz_org_remove(s.house->orgs, id, NULL), KZ_OK);
  assert_int_equal(kz_org_remove(s.house->orgs, id, NULL), KZ_NOT_FOUND);
  reopen(&s);
  assert_int_equal(kz_org_find(s.house->orgs, KZ_STR("Gamma"), &again),
                   KZ_NOT_FOUND);
  assert_int_equal(
      kz_org_save(s.house->orgs, &again, tree(arena, text), arena, NULL),
      KZ_OK);
  assert_int_not_equal(again, id);
}

static void passwords_are_kept_as_hashes(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  kz_str text;
  assert_int_equal(
      kz_password_hash(KZ_STR("too short"), 12, arena, &text, NULL),
      KZ_E_INPUT);
  assert_int_equal(
      kz_password_hash(KZ_STR("correct horse"), 12, arena, &text, NULL), KZ_OK);
  assert_true(kz_str_starts(text, KZ_STR("$argon2id$")));
  assert_true(kz_password_fits(KZ_STR("correct horse"), text));
  assert_false(kz_password_fits(KZ_STR("correct horsf"), text));
  assert_false(kz_password_fits(KZ_STR(""), KZ_STR_NONE));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_six_roles_may_what_misp_says),
      cmocka_unit_test(users_and_their_keys_survive_a_restart),
      cmocka_unit_test(users_change_while_they_are_asked_for),
      cmocka_unit_test(users_that_cannot_be_are_refused),
      cmocka_unit_test(users_of_the_first_version_keep_their_key),
      cmocka_unit_test(one_site_administrator_stays),
      cmocka_unit_test(a_user_in_hand_stays_as_he_was),
      cmocka_unit_test(keys_keep_to_their_terms),
      cmocka_unit_test(organisations_change_their_names),
      cmocka_unit_test(organisations_in_use_stay),
      cmocka_unit_test(passwords_are_kept_as_hashes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
