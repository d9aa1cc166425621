#include "test.h"

#include "base/uuid.h"

static void text_of_either_case_comes_back_in_lower_case(void **state) {
  (void)state;
  struct kz_uuid uuid;
  char text[KZ_UUID_TEXT];
  assert_int_equal(
      kz_uuid_parse(KZ_STR("5A2E9B01-23cd-4EF5-89ab-0123456789aB"), &uuid),
      KZ_OK);
  assert_int_equal(uuid.bytes[0], 0x5A);
  assert_int_equal(uuid.bytes[15], 0xAB);
  assert_int_equal(kz_uuid_format(&uuid, text).len, 36);
  assert_string_equal(text, "5a2e9b01-23cd-4ef5-89ab-0123456789ab");
}

static void anything_but_the_one_form_is_refused(void **state) {
  (void)state;
  kz_str bad[] = {
      KZ_STR(""),
      KZ_STR_NONE,
      KZ_STR("5a2e9b01-23cd-4ef5-89ab-0123456789a"),
      KZ_STR("5a2e9b01-23cd-4ef5-89ab-0123456789abc"),
      KZ_STR("5a2e9b0123cd4ef589ab0123456789ab"),
      KZ_STR("{5a2e9b01-23cd-4ef5-89ab-0123456789}"),
      KZ_STR("5a2e9b01-23cd-4ef5-89ab-0123456789ag"),
      KZ_STR("5a2e9b01-23cd-4ef5-89ab 0123456789ab"),
      KZ_STR("5a2e9b01-23cd-4ef5-89ab-0123456789a\xff"),
      KZ_STR("-a2e9b01-23cd-4ef5-89ab-0123456789ab"),
  };
  struct kz_uuid uuid = KZ_UUID_NIL;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_uuid_parse(bad[i], &uuid), KZ_E_INPUT);
    assert_true(kz_uuid_is_nil(&uuid));
  }
}

static void each_of_the_32_digits_has_to_be_one(void **state) {
  (void)state;
  char text[] = "5a2e9b01-23cd-4ef5-89ab-0123456789ab";
  struct kz_uuid uuid;
  for (size_t i = 0; i < 36; i++) {
    char kept = text[i];
    text[i] = 'x';
    assert_int_equal(kz_uuid_parse(kz_str_of(text), &uuid), KZ_E_INPUT);
    text[i] = kept;
  }
  assert_int_equal(kz_uuid_parse(kz_str_of(text), &uuid), KZ_OK);
}

static void order_is_the_order_of_the_text(void **state) {
  (void)state;
  struct kz_uuid a;
  struct kz_uuid b;
  assert_int_equal(
      kz_uuid_parse(KZ_STR("00000000-0000-0000-0000-0000000000ff"), &a), KZ_OK);
  assert_int_equal(
      kz_uuid_parse(KZ_STR("00000000-0000-0000-0000-000000000100"), &b), KZ_OK);
  assert_true(kz_uuid_cmp(&a, &b) < 0);
  assert_false(kz_uuid_eq(&a, &b));
  assert_true(kz_uuid_eq(&a, &a));
}

static void new_ones_are_version_4_and_differ(void **state) {
  (void)state;
  struct kz_uuid a;
  struct kz_uuid b;
  assert_int_equal(kz_uuid_make(&a), KZ_OK);
  assert_int_equal(kz_uuid_make(&b), KZ_OK);
  assert_false(kz_uuid_eq(&a, &b));
  char text[KZ_UUID_TEXT];
  kz_uuid_format(&a, text);
  assert_int_equal(text[14], '4');
  assert_non_null(strchr("89ab", text[19]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_of_either_case_comes_back_in_lower_case),
      cmocka_unit_test(anything_but_the_one_form_is_refused),
      cmocka_unit_test(each_of_the_32_digits_has_to_be_one),
      cmocka_unit_test(order_is_the_order_of_the_text),
      cmocka_unit_test(new_ones_are_version_4_and_differ),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
