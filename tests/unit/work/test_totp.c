#include "test.h"

#include "work/totp.h"

/* RFC 6238, appendix B, SHA-1; the last six of its eight digits. */
static void the_vectors_of_the_standard_hold(void **state) {
  (void)state;
  static const uint8_t secret[KZ_TOTP_SECRET] = "12345678901234567890";
  static const struct {
    uint64_t time_s;
    uint32_t code;
    const char *text;
  } vectors[] = {
      {59, 287082, "287082"},         {1111111109, 81804, "081804"},
      {1111111111, 50471, "050471"},  {1234567890, 5924, "005924"},
      {2000000000, 279037, "279037"}, {20000000000, 353130, "353130"},
  };
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    uint64_t step = 0;
    assert_int_equal(kz_totp_code(secret, vectors[i].time_s / KZ_TOTP_STEP_S),
                     vectors[i].code);
    assert_int_equal(kz_totp_match(secret, kz_str_of(vectors[i].text),
                                   vectors[i].time_s, 0, &step),
                     KZ_OK);
    assert_int_equal(step, vectors[i].time_s / KZ_TOTP_STEP_S);
  }
}

static void a_code_counts_once_and_near_its_time(void **state) {
  (void)state;
  static const uint8_t secret[KZ_TOTP_SECRET] = "12345678901234567890";
  const kz_str code = KZ_STR("050471"); /* of 1111111111 */
  uint64_t step = 0;
  assert_int_equal(kz_totp_match(secret, code, 1111111111 + 30, 0, &step),
                   KZ_OK);
  assert_int_equal(kz_totp_match(secret, code, 1111111111 - 30, 0, &step),
                   KZ_OK);
  assert_int_equal(kz_totp_match(secret, code, 1111111111 + 60, 0, &step),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_totp_match(secret, code, 1111111111, step, &step),
                   KZ_NOT_FOUND);
  assert_int_equal(kz_totp_match(secret, KZ_STR("50471"), 1111111111, 0, &step),
                   KZ_NOT_FOUND);
  assert_int_equal(
      kz_totp_match(secret, KZ_STR("05047x"), 1111111111, 0, &step),
      KZ_NOT_FOUND);
}

static void secrets_are_read_as_they_are_written(void **state) {
  (void)state;
  uint8_t secret[KZ_TOTP_SECRET];
  char text[KZ_TOTP_SECRET_TEXT];
  char other[KZ_TOTP_SECRET_TEXT];
  assert_int_equal(
      kz_totp_read(KZ_STR("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), secret), KZ_OK);
  assert_memory_equal(secret, "12345678901234567890", sizeof secret);
  assert_int_equal(
      kz_totp_read(KZ_STR("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1"), secret),
      KZ_E_INPUT);
  assert_int_equal(kz_totp_read(KZ_STR("GEZD"), secret), KZ_E_INPUT);
  assert_int_equal(kz_totp_make(text), KZ_OK);
  assert_int_equal(kz_totp_make(other), KZ_OK);
  assert_string_not_equal(text, other);
  assert_int_equal(kz_totp_read(kz_str_of(text), secret), KZ_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_vectors_of_the_standard_hold),
      cmocka_unit_test(a_code_counts_once_and_near_its_time),
      cmocka_unit_test(secrets_are_read_as_they_are_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
