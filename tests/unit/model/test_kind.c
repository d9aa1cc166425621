#include "test.h"

#include "model/kind.h"

struct row {
  const char *text;
  enum kz_kind kind;
};

static const struct row rows[] = {
    {"", KZ_KIND_TEXT},
    {"a", KZ_KIND_TEXT},
    {"plain text", KZ_KIND_TEXT},
    {"192.0.2.1", KZ_KIND_IPV4},
    {"192.0.2.01", KZ_KIND_TEXT},
    {"192.0.2", KZ_KIND_TEXT},
    {"192.0.2.1.example", KZ_KIND_NAME},
    {"192.0.2.0/24", KZ_KIND_CIDR4},
    {"192.0.2.1/32", KZ_KIND_CIDR4},
    {"192.0.2.1/33", KZ_KIND_TEXT},
    {"192.0.2.1:80", KZ_KIND_TEXT},
    {"2001:db8::1", KZ_KIND_IPV6},
    {"::", KZ_KIND_IPV6},
    {"::ffff:192.0.2.1", KZ_KIND_IPV6},
    {"2001:db8::/32", KZ_KIND_CIDR6},
    {"12:34", KZ_KIND_TEXT},
    {"example.com", KZ_KIND_NAME},
    {"_dmarc.example.com", KZ_KIND_NAME},
    {"xn--bcher-kva.xn--p1ai", KZ_KIND_NAME},
    {"a.b.c.d.example", KZ_KIND_NAME},
    {"example.com.", KZ_KIND_TEXT},
    {".example.com", KZ_KIND_TEXT},
    {"a..example", KZ_KIND_TEXT},
    {"localhost", KZ_KIND_TEXT},
    {"example.c", KZ_KIND_TEXT},
    {"example.c0m", KZ_KIND_TEXT},
    {"setup.exe", KZ_KIND_NAME}, /* by its bytes it may be one */
    {"http://example.com/a b", KZ_KIND_URL},
    {"hxxp://example.com", KZ_KIND_URL},
    {"ftp://x", KZ_KIND_URL},
    {"http://", KZ_KIND_TEXT},
    {"http:///path", KZ_KIND_TEXT},
    {"://x", KZ_KIND_TEXT},
    {"1a://x", KZ_KIND_TEXT},
    {"mailto:a@example.com", KZ_KIND_TEXT},
    {"user@example.com", KZ_KIND_EMAIL},
    {"first.last+tag@mail.example", KZ_KIND_EMAIL},
    {"user@localhost", KZ_KIND_TEXT},
    {"@example.com", KZ_KIND_TEXT},
    {"a b@example.com", KZ_KIND_TEXT},
    {"a@b@example.com", KZ_KIND_TEXT},
    {"0cc175b9c0f1b6a831c399e269772661", KZ_KIND_HASH},
    {"0cc175b9c0f1b6a831c399e26977266", KZ_KIND_TEXT},
    {"gcc175b9c0f1b6a831c399e269772661", KZ_KIND_TEXT},
    {"cve-2021-44228", KZ_KIND_CVE},
    {"cve-2021-1", KZ_KIND_TEXT},
    {"cve-20x1-44228", KZ_KIND_TEXT},
    {"cve-2021-44228a", KZ_KIND_TEXT},
};

static void every_text_has_its_kind(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum kz_kind kind = kz_kind_of(kz_str_of(rows[i].text));
    if (kind != rows[i].kind) {
      fail_msg("'%s' is taken for %s", rows[i].text, kz_kind_name(kind).ptr);
    }
  }
}

static void hashes_have_seven_lengths(void **state) {
  (void)state;
  char digits[130];
  memset(digits, 'a', sizeof digits);
  size_t hashes = 0;
  for (size_t len = 0; len <= sizeof digits; len++) {
    hashes += kz_kind_of((kz_str){digits, len}) == KZ_KIND_HASH;
  }
  assert_int_equal(hashes, 7);
}

static void names_have_limits(void **state) {
  (void)state;
  char text[300];
  memset(text, 'a', sizeof text);
  text[63] = '.';
  assert_int_equal(kz_kind_of((kz_str){text, 70}), KZ_KIND_NAME);
  text[63] = 'a';
  text[64] = '.';
  assert_int_equal(kz_kind_of((kz_str){text, 70}), KZ_KIND_TEXT);
  for (size_t i = 50; i < sizeof text; i += 50) {
    text[i] = '.';
  }
  text[64] = 'a';
  assert_int_equal(kz_kind_of((kz_str){text, 253}), KZ_KIND_NAME);
  assert_int_equal(kz_kind_of((kz_str){text, 254}), KZ_KIND_TEXT);
}

static void a_long_url_is_still_one(void **state) {
  (void)state;
  char text[4000];
  memset(text, 'a', sizeof text);
  memcpy(text, "https://", 8);
  assert_int_equal(kz_kind_of((kz_str){text, sizeof text}), KZ_KIND_URL);
}

static void names_of_kinds_lead_back(void **state) {
  (void)state;
  for (unsigned i = 0; i < KZ_KIND_COUNT; i++) {
    enum kz_kind kind = KZ_KIND_COUNT;
    assert_int_equal(kz_kind_by_name(kz_kind_name((enum kz_kind)i), &kind),
                     KZ_OK);
    assert_int_equal(kind, i);
  }
  enum kz_kind kind = KZ_KIND_TEXT;
  assert_int_equal(kz_kind_by_name(KZ_STR("name"), &kind), KZ_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_text_has_its_kind),
      cmocka_unit_test(hashes_have_seven_lengths),
      cmocka_unit_test(names_have_limits),
      cmocka_unit_test(a_long_url_is_still_one),
      cmocka_unit_test(names_of_kinds_lead_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
