#include "test.h"

#include "base/base64.h"

static void the_vectors_of_the_standard_hold(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    const char *text;
  } rows[] = {{"", ""},
              {"f", "Zg=="},
              {"fo", "Zm8="},
              {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="},
              {"fooba", "Zm9vYmE="},
              {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    KZ_BUF(text, 100);
    KZ_BUF(bytes, 100);
    assert_true(kz_base64_encode(kz_str_of(rows[i].bytes), &text));
    assert_true(kz_str_eq(kz_buf_str(&text), kz_str_of(rows[i].text)));
    assert_int_equal(kz_base64_decode(kz_buf_str(&text), &bytes), KZ_OK);
    assert_true(kz_str_eq(kz_buf_str(&bytes), kz_str_of(rows[i].bytes)));
  }
}

static void every_byte_comes_back(void **state) {
  (void)state;
  char all[256];
  KZ_BUF(text, 1000);
  KZ_BUF(bytes, 1000);
  for (int i = 0; i < 256; i++) {
    all[i] = (char)i;
  }
  assert_true(kz_base64_encode((kz_str){all, sizeof all}, &text));
  assert_int_equal(kz_base64_decode(kz_buf_str(&text), &bytes), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&bytes), (kz_str){all, sizeof all}));
}

static void what_is_none_is_refused(void **state) {
  (void)state;
  static const char *const good[] = {"Zm8", "Z m\n8=", "Zg"};
  static const char *const bad[] = {"Z", "Zm8=x", "Zm9v*", "Zg===", "Zh=="};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    KZ_BUF(bytes, 100);
    assert_int_equal(kz_base64_decode(kz_str_of(good[i]), &bytes), KZ_OK);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    KZ_BUF(bytes, 100);
    assert_int_equal(kz_base64_decode(kz_str_of(bad[i]), &bytes), KZ_E_INPUT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_vectors_of_the_standard_hold),
      cmocka_unit_test(every_byte_comes_back),
      cmocka_unit_test(what_is_none_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
