#include "test.h"

#include <string.h>

#include "base/md5.h"

/* RFC 1321, appendix A.5. */
static void the_rfcs_texts_have_the_rfcs_sums(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "d41d8cd98f00b204e9800998ecf8427e"},
      {"a", "0cc175b9c0f1b6a831c399e269772661"},
      {"abc", "900150983cd24fb0d6963f7d28e17f72"},
      {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
       "d174ab98d277d9f5a5611c2c9f419d9f"},
      {"123456789012345678901234567890123456789012345678901234567890123456"
       "78901234567890",
       "57edf4a22be3c955ac49da2e2107b67a"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[KZ_MD5_TEXT];
    (void)kz_md5_hex(kz_str_of(cases[i][0]), text);
    assert_string_equal(text, cases[i][1]);
  }
}

/* One block more or less: the lengths around the padding, by md5sum. */
static void padding_takes_a_block_of_its_own_when_it_must(void **state) {
  (void)state;
  static const struct {
    size_t len;
    const char *sum;
  } cases[] = {
      {55, "ef1772b6dff9a122358552954ad0df65"},
      {56, "3b0c8ac703f828b04c6c197006d17218"},
      {63, "b06521f39153d618550606be297466d5"},
      {64, "014842d480b571495a4a0363793f7367"},
      {119, "8a7bd0732ed6a28ce75f6dabc90e1613"},
      {120, "5f61c0ccad4cac44c75ff505e1f1e537"},
  };
  char bytes[120];
  memset(bytes, 'a', sizeof bytes);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[KZ_MD5_TEXT];
    (void)kz_md5_hex((kz_str){bytes, cases[i].len}, text);
    assert_string_equal(text, cases[i].sum);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rfcs_texts_have_the_rfcs_sums),
      cmocka_unit_test(padding_takes_a_block_of_its_own_when_it_must),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
