#include "test.h"

#include <arpa/inet.h>

#include "base/random.h"
#include "model/addr.h"

static void assert_canonical(const char *text, const char *expected) {
  struct kz_addr addr;
  char out[KZ_ADDR_TEXT];
  if (kz_addr_parse(kz_str_of(text), &addr) != KZ_OK) {
    fail_msg("%s is no address", text);
  }
  kz_str got = {out, kz_addr_format(&addr, out)};
  if (!kz_str_eq(got, kz_str_of(expected))) {
    fail_msg("%s became %.*s", text, KZ_STR_ARG(got));
  }
}

static void addresses_have_one_canonical_form(void **state) {
  (void)state;
  static const char *const forms[][2] = {
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"192.0.2.1/32", "192.0.2.1"},
      {"192.0.2.1/24", "192.0.2.1/24"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"::/0", "::/0"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"::ffff:c000:201", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
      {"2001:db8::/32", "2001:db8::/32"},
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    assert_canonical(forms[i][0], forms[i][1]);
  }
}

static void what_is_no_address_is_refused(void **state) {
  (void)state;
  static const char *const strangers[] = {
      "",
      "1",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "1.2.3.04",
      "1.2.3.",
      ".1.2.3",
      "1.2.3.4/",
      "1.2.3.4/33",
      "1.2.3.4/08",
      "1.2.3.4/8/8",
      "1.2.3.4 ",
      "1.2.3.4a",
      "+1.2.3.4",
      "1.2.3.0001",
      ":",
      ":::",
      "1:",
      ":1",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "1::2:3:4:5:6:7:8",
      "::1:2:3:4:5:6:7:8",
      "12345::",
      "g::",
      "::1/129",
      "::1/",
      "::1%eth0",
      "[::1]",
      "::192.0.2",
      "::192.0.2.1:1",
      "a:192.0.2.1::",
      "1:2:3:4:5:6:7:192.0.2.1",
      "::192.0.2.256",
      "1:2",
  };
  for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
    struct kz_addr addr = {.length = 99};
    if (kz_addr_parse(kz_str_of(strangers[i]), &addr) != KZ_E_INPUT) {
      fail_msg("'%s' is taken for an address", strangers[i]);
    }
    assert_int_equal(addr.length, 99);
  }
}

/* Half of the groups are zero, so that gaps of all sizes come up. */
static void make_v6(struct kz_random *random, struct kz_addr *ret) {
  *ret = (struct kz_addr){.length = 16, .prefix = 128};
  for (size_t i = 0; i < 16; i += 2) {
    uint64_t draw = kz_random_next(random);
    if (draw & 1) {
      ret->bytes[i] = (uint8_t)(draw >> 8);
      ret->bytes[i + 1] = (uint8_t)(draw >> 16);
    }
  }
}

static void the_c_library_reads_the_same_addresses(void **state) {
  (void)state;
  struct kz_random random;
  kz_random_init(&random, 6);
  for (int i = 0; i < 20000; i++) {
    struct kz_addr addr;
    struct kz_addr back;
    char text[KZ_ADDR_TEXT + 1];
    uint8_t bytes[16];
    make_v6(&random, &addr);
    size_t len = kz_addr_format(&addr, text);
    text[len] = '\0';
    assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
    assert_memory_equal(bytes, addr.bytes, 16);
    assert_int_equal(kz_addr_parse((kz_str){text, len}, &back), KZ_OK);
    assert_memory_equal(&back, &addr, sizeof addr);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_have_one_canonical_form),
      cmocka_unit_test(what_is_no_address_is_refused),
      cmocka_unit_test(the_c_library_reads_the_same_addresses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
