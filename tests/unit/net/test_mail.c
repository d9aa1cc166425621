#include "test.h"

#include <string.h>

#include "base/clock.h"
#include "net/mail.h"

enum { CEILING = 1 << 20 };

static void addresses_are_plain(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",      "a",       "@b",     "a@", "a@b@c", "a b@c", "a@b\r\nBcc: c@d",
      "<a@b>", "a@b,c@d", "\"a\"@b"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(kz_mail_is_address(kz_str_of(bad[i])));
  }
  assert_true(kz_mail_is_address(KZ_STR("soc+x@cert.example")));
}

static void a_mail_has_its_headers_and_its_body_in_base64(void **state) {
  (void)state;
  KZ_BUF(out, CEILING);
  const kz_str to[] = {KZ_STR("a@x.example"), KZ_STR("b@x.example")};
  const struct kz_mail mail = {
      .from = KZ_STR("k@x.example"),
      .to = to,
      .to_count = 2,
      .subject = KZ_STR("Hello\r\nBcc: c@d"),
      .body = KZ_STR(".\nbody"),
      .now_us = 1772366400 * KZ_SECOND_US,
  };
  kz_mail_write(&mail, &out);
  assert_true(kz_str_eq(
      kz_buf_str(&out),
      KZ_STR("Date: Sun, 01 Mar 2026 12:00:00 +0000\r\nFrom: <k@x.example>\r\n"
             "To: <a@x.example>,\r\n <b@x.example>\r\n"
             "Subject: =?UTF-8?B?SGVsbG8NCkJjYzogY0Bk?=\r\n"
             "MIME-Version: 1.0\r\n"
             "Content-Type: text/plain; charset=UTF-8\r\n"
             "Content-Transfer-Encoding: base64\r\n"
             "Auto-Submitted: auto-generated\r\n\r\nLgpib2R5\r\n")));
}

/* Words of at most 75 bytes that hold whole characters. */
static void a_long_subject_is_folded_between_characters(void **state) {
  (void)state;
  KZ_BUF(out, CEILING);
  KZ_BUF(subject, CEILING);
  for (unsigned i = 0; i < 40; i++) {
    kz_buf_add_str(&subject, KZ_STR("\xE6\x97\xA5"));
  }
  const kz_str to = KZ_STR("a@x.example");
  const struct kz_mail mail = {
      .from = to, .to = &to, .to_count = 1, .subject = kz_buf_str(&subject)};
  kz_mail_write(&mail, &out);
  kz_str rest = kz_buf_str(&out);
  kz_str line;
  size_t words = 0;
  while (kz_str_next_line(&rest, &line)) {
    assert_true(line.len <= 88);
    words += kz_str_find(line, KZ_STR("=?UTF-8?B?")) != SIZE_MAX;
  }
  assert_int_equal(words, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_plain),
      cmocka_unit_test(a_mail_has_its_headers_and_its_body_in_base64),
      cmocka_unit_test(a_long_subject_is_folded_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
