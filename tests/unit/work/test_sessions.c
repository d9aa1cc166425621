#include "test.h"

#include "base/clock.h"
#include "work/sessions.h"

static void a_token_finds_its_session_until_it_ends(void **state) {
  (void)state;
  struct kz_sessions *sessions = NULL;
  struct kz_session session = {.user = 7, .password_tag = 9};
  struct kz_session found;
  char token[KZ_SESSION_TEXT];
  char other[KZ_SESSION_TEXT];
  assert_int_equal(kz_sessions_new(&sessions, NULL), KZ_OK);
  kz_session_begin(sessions, &session, token);
  kz_session_begin(sessions, &session, other);
  assert_string_not_equal(token, other);
  assert_int_equal(
      kz_session_find(sessions, kz_str_of(token), KZ_HOUR_US, &found), KZ_OK);
  assert_int_equal(found.user, 7);
  assert_int_equal(found.password_tag, 9);
  assert_string_not_equal(found.csrf, token);
  assert_string_not_equal(found.csrf, session.csrf); /* the other's */
  kz_session_end(sessions, kz_str_of(token));
  assert_int_equal(
      kz_session_find(sessions, kz_str_of(token), KZ_HOUR_US, &found),
      KZ_E_DENIED);
  assert_int_equal(
      kz_session_find(sessions, kz_str_of(other), KZ_HOUR_US, &found), KZ_OK);
  assert_string_equal(found.csrf, session.csrf);
  kz_sessions_free(sessions);
}

static void unused_ones_end(void **state) {
  (void)state;
  struct kz_sessions *sessions = NULL;
  struct kz_session session = {.user = 7};
  char token[KZ_SESSION_TEXT];
  assert_int_equal(kz_sessions_new(&sessions, NULL), KZ_OK);
  kz_session_begin(sessions, &session, token);
  assert_int_equal(kz_session_find(sessions, kz_str_of(token), -1, &session),
                   KZ_E_DENIED);
  assert_int_equal(
      kz_session_find(sessions, kz_str_of(token), KZ_HOUR_US, &session),
      KZ_E_DENIED);
  assert_int_equal(kz_session_find(sessions, KZ_STR(""), KZ_HOUR_US, &session),
                   KZ_E_DENIED);
  kz_sessions_free(sessions);
}

static void a_users_end_together(void **state) {
  (void)state;
  struct kz_sessions *sessions = NULL;
  struct kz_session of[3] = {{.user = 7}, {.user = 7}, {.user = 8}};
  char token[3][KZ_SESSION_TEXT];
  static const kz_rc after[3] = {KZ_E_DENIED, KZ_OK, KZ_OK};
  assert_int_equal(kz_sessions_new(&sessions, NULL), KZ_OK);
  for (size_t i = 0; i < 3; i++) {
    kz_session_begin(sessions, &of[i], token[i]);
  }
  kz_session_end_user(sessions, 7, kz_str_of(token[1]));
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(
        kz_session_find(sessions, kz_str_of(token[i]), KZ_HOUR_US, &of[i]),
        after[i]);
  }
  kz_sessions_free(sessions);
}

static void the_oldest_makes_room(void **state) {
  (void)state;
  struct kz_sessions *sessions = NULL;
  struct kz_session session = {.user = 7};
  char first[KZ_SESSION_TEXT];
  char token[KZ_SESSION_TEXT];
  assert_int_equal(kz_sessions_new(&sessions, NULL), KZ_OK);
  kz_session_begin(sessions, &session, first);
  for (int i = 0; i < KZ_SESSIONS_MAX; i++) {
    kz_session_begin(sessions, &session, token);
  }
  assert_int_equal(
      kz_session_find(sessions, kz_str_of(first), KZ_HOUR_US, &session),
      KZ_E_DENIED);
  assert_int_equal(
      kz_session_find(sessions, kz_str_of(token), KZ_HOUR_US, &session), KZ_OK);
  kz_sessions_free(sessions);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_finds_its_session_until_it_ends),
      cmocka_unit_test(unused_ones_end),
      cmocka_unit_test(a_users_end_together),
      cmocka_unit_test(the_oldest_makes_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
