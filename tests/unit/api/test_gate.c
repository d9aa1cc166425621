#include "test.h"

#include "api/gate.h"
#include "scene.h"

static kz_rc check(struct kz_gate *gate, const char *name, const char *value,
                   const char *peer) {
  const struct kz_param header = {kz_str_of(name), kz_str_of(value)};
  const struct kz_request request = {
      .headers = &header, .header_count = 1, .peer = kz_str_of(peer)};
  const struct kz_user *user = NULL;
  struct kz_session session;
  int64_t wait_us = 0;
  kz_rc rc = kz_gate_check(gate, &request, &user, &session, &wait_us);
  assert_true((rc == KZ_OK) == (user != NULL));
  kz_user_unref(user);
  assert_true((rc == KZ_E_BUSY) == (wait_us > 0));
  return rc;
}

static void a_key_is_taken_in_three_ways(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_gate *gate = NULL;
  KZ_BUF(bearer, 100);
  kz_buf_add_format(&bearer, "bearer  %s ", s.key);
  kz_buf_add_byte(&bearer, '\0');
  assert_int_equal(kz_gate_new(s.house, &gate, NULL), KZ_OK);
  assert_int_equal(check(gate, "authorization", s.key, "192.0.2.1"), KZ_OK);
  assert_int_equal(check(gate, "Authorization", bearer.ptr, "192.0.2.1"),
                   KZ_OK);
  assert_int_equal(check(gate, "X-MISP-AUTH", s.key, "192.0.2.1"), KZ_OK);
  assert_int_equal(check(gate, "X-Key", s.key, "192.0.2.1"), KZ_E_DENIED);
  kz_gate_free(gate);
}

static void wrong_keys_hold_off_their_address_alone(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  struct kz_gate *gate = NULL;
  assert_int_equal(kz_gate_new(s.house, &gate, NULL), KZ_OK);
  for (int i = 0; i < KZ_GATE_TRIES; i++) {
    assert_int_equal(check(gate, "Authorization", "x", "192.0.2.1"),
                     KZ_E_DENIED);
  }
  assert_int_equal(check(gate, "Authorization", s.key, "192.0.2.1"), KZ_E_BUSY);
  assert_int_equal(check(gate, "Authorization", s.key, "192.0.2.2"), KZ_OK);
  kz_gate_free(gate);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_is_taken_in_three_ways),
      cmocka_unit_test(wrong_keys_hold_off_their_address_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
