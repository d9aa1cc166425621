#include "test.h"

#include "format/text.h"

static void a_value_is_a_line(void **state) {
  (void)state;
  KZ_BUF(out, 1000);
  kz_text_line(&out, KZ_STR("a.example"));
  kz_text_line(&out, KZ_STR(""));
  kz_text_line(&out, KZ_STR("rule x\r\n{\n}"));
  kz_buf_add_byte(&out, '\0');
  assert_string_equal(out.ptr, "a.example\n\nrule x  { }\n");
}

static void a_full_buffer_is_left_as_it_was(void **state) {
  (void)state;
  KZ_BUF(out, 5);
  kz_text_line(&out, KZ_STR("a\nb"));
  kz_text_line(&out, KZ_STR("long"));
  assert_true(kz_buf_failed(&out));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_value_is_a_line),
      cmocka_unit_test(a_full_buffer_is_left_as_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
