/* The rows of values.def, and by name what they do not show. */
#include "test.h"

#include "model/type.h"
#include "model/value.h"

struct row {
  const char *type;
  const char *raw;
  const char *normal;
  const char *bad;
};

static const struct row rows[] = {
#define ROW(type, raw, normal, bad) {type, raw, normal, bad},
#include "values.def"
#undef ROW
};

enum { ROWS = sizeof rows / sizeof *rows };

static kz_type type_of(const char *name) {
  kz_type type = 0;
  assert_int_equal(kz_type_by_name(kz_str_of(name), &type), KZ_OK);
  return type;
}

static kz_str normalise(const char *type, kz_str value,
                        struct kz_arena *arena) {
  kz_str normal = KZ_STR_NONE;
  assert_int_equal(kz_value_normalise(type_of(type), value, arena, &normal),
                   KZ_OK);
  return normal;
}

static void assert_text(const char *type, kz_str got, const char *expected) {
  if (!kz_str_eq(got, kz_str_of(expected))) {
    fail_msg("%s: '%.*s' instead of '%s'", type, KZ_STR_ARG(got), expected);
  }
}

static void assert_normal(const char *type, const char *raw,
                          const char *expected) {
  KZ_ARENA(arena, 1 << 16);
  assert_text(type, normalise(type, kz_str_of(raw), arena), expected);
}

/* The verdict on the normal form of `raw`. */
static kz_rc verdict(const char *type, const char *raw, struct kz_err *err) {
  KZ_ARENA(arena, 1 << 16);
  return kz_value_check(type_of(type), normalise(type, kz_str_of(raw), arena),
                        err);
}

static void assert_good(const char *type, const char *raw) {
  struct kz_err err = KZ_ERR_NONE;
  if (verdict(type, raw, &err) != KZ_OK) {
    fail_msg("%s '%s' is refused: %s", type, raw, err.text);
  }
}

static void assert_bad(const char *type, const char *raw) {
  struct kz_err err = KZ_ERR_NONE;
  if (verdict(type, raw, &err) != KZ_E_INPUT || err.text[0] == '\0') {
    fail_msg("%s '%s' is not refused in words", type, raw);
  }
}

static void every_type_has_a_row(void **state) {
  (void)state;
  bool seen[KZ_TYPE_COUNT] = {false};
  for (size_t i = 0; i < ROWS; i++) {
    seen[type_of(rows[i].type)] = true;
  }
  for (kz_type i = 0; i < KZ_TYPE_COUNT; i++) {
    assert_true(seen[i]);
  }
}

static void every_type_has_its_normal_form(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    assert_normal(rows[i].type, rows[i].raw, rows[i].normal);
  }
}

static void a_normal_form_is_returned_as_it_is(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    KZ_ARENA(arena, 1 << 16);
    kz_str value = kz_str_of(rows[i].normal);
    kz_str again = normalise(rows[i].type, value, arena);
    assert_ptr_equal(again.ptr, value.ptr);
    assert_int_equal(again.len, value.len);
  }
}

static void every_type_accepts_good_values(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    assert_good(rows[i].type, rows[i].raw);
  }
}

static void every_type_refuses_bad_values(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    assert_bad(rows[i].type, rows[i].bad);
  }
}

static void addresses_with_port_have_seven_spellings(void **state) {
  (void)state;
  static const char *const spellings[] = {
      "[2001:DB8::1]:80",    "2001:db8::1|80",  "2001:db8::1.80",
      "2001:db8::1 port 80", "2001:db8::1p80",  "2001:db8::1#80",
      "2001:db8::1:80",      "[2001:db8::1]80", "2001:db8::1/128|80",
  };
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
    assert_normal("ip-dst|port", spellings[i], "2001:db8::1|80");
  }
  assert_normal("ip-dst|port", "192.0.2.1 | 80", "192.0.2.1|80");
  assert_normal("ip-dst|port", "192.0.2.1", "192.0.2.1");
  assert_good("ip-dst|port", "192.0.2.0/24|80");
}

static void networks_keep_their_prefix_and_hosts_lose_it(void **state) {
  (void)state;
  assert_normal("ip-src", "192.0.2.0/24", "192.0.2.0/24");
  assert_normal("ip-src", "192.0.2.1/32", "192.0.2.1");
  assert_normal("ip-src", "2001:DB8::/32", "2001:db8::/32");
  assert_normal("ip-src", "2001:db8::0/128", "2001:db8::");
  assert_good("ip-src", "192.0.2.0/08");
  assert_bad("ip-src", "192.0.2.0/");
  assert_bad("ip-src", "192.0.2.0/24/1");
  assert_bad("ip-src", "2001:db8::/129");
  assert_bad("ip-src", "192.0.2.01");
  assert_bad("ip-src", "fe80::1%eth0");
}

static void names_are_as_loose_as_in_misp(void **state) {
  (void)state;
  assert_good("domain", "_dmarc.example.com");
  assert_good("hostname", "192.0.2.10");
  assert_good("domain", "a..example");
  assert_bad("domain", "localhost");
  assert_bad("domain", "example.c");
  assert_bad("domain", "example.c_m");
  assert_normal("domain", "EVIL[.]example", "evil.example");
  assert_normal("domain", "b\u00fccher.example", "xn--bcher-kva.example");
  assert_normal("hostname", "b\u00fccher.example", "b\u00fccher.example");
}

static void only_misps_own_defanging_is_undone(void **state) {
  (void)state;
  assert_normal("url", "hXXp://evil(dot)example", "http://evil.example");
  assert_normal("url", "[hxxp://]evil.example", "http://evil.example");
  assert_normal("url", "http://evil{.}example", "http://evil{.}example");
  assert_normal("url", "meow.example/x", "meow.example/x");
  assert_normal("text", "evil[.]example", "evil[.]example");
  assert_normal("email", "a[at]b.example", "a@b.example");
  assert_normal("domain", "a[at]b.example", "a[at]b.example");
}

static void identifiers_of_many_houses_are_vulnerabilities(void **state) {
  (void)state;
  assert_good("vulnerability", "GHSA-jfh8-c2jp-5v3q");
  assert_good("vulnerability", "cisco-sa-20190828-nxos");
  assert_normal("vulnerability", "cve-2021-44228", "CVE-2021-44228");
  assert_normal("vulnerability", "ghsa-jfh8-c2jp-5v3q", "ghsa-jfh8-c2jp-5v3q");
}

static void phones_lose_what_is_not_dialled(void **state) {
  (void)state;
  assert_normal("phone-number", "00123456", "+123456");
  assert_normal("phone-number", "+1 (23) 456", "+123456");
  assert_normal("phone-number", "-0049", "+49");
}

static void systems_are_numbers_in_any_notation(void **state) {
  (void)state;
  assert_normal("AS", "as64496", "64496");
  assert_normal("AS", "1.1", "65537");
  assert_normal("AS", "ASAS5", "ASAS5");
  assert_bad("AS", "1.2.3.4");
  assert_good("AS", "4294967295");
}

static void moments_keep_the_senders_offset(void **state) {
  (void)state;
  assert_normal("datetime", "2021-06-10T14:40:00.000000+0000",
                "2021-06-10T14:40:00.000000+0000");
  assert_normal("datetime", "2021-06-10T14:40:00+02:00",
                "2021-06-10T14:40:00.000000+0200");
}

static void a_fingerprint_may_leave_out_its_padding(void **state) {
  (void)state;
  assert_good("ssh-fingerprint",
              "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE");
  assert_good("ssh-fingerprint",
              "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE=");
  assert_bad("ssh-fingerprint",
             "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wX");
}

static void four_byte_characters_are_kept(void **state) {
  (void)state;
  assert_normal("text", "\U0001f600", "\U0001f600");
}

static void a_full_arena_is_a_failure_and_no_half_value(void **state) {
  (void)state;
  KZ_ARENA(arena, 16);
  kz_str normal = KZ_STR("untouched");
  kz_str value = KZ_STR("0CC175B9C0F1B6A831C399E269772661");
  assert_int_equal(kz_value_normalise(type_of("md5"), value, arena, &normal),
                   KZ_E_MEMORY);
  assert_true(kz_str_eq(normal, KZ_STR("untouched")));
}

static void composites_have_two_parts_and_others_one(void **state) {
  (void)state;
  kz_str parts[2];
  kz_str value = KZ_STR("a.exe|b");
  assert_int_equal(kz_value_parts(type_of("filename|vhash"), value, parts), 2);
  assert_text("first", parts[0], "a.exe");
  assert_text("second", parts[1], "b");
  assert_int_equal(
      kz_value_parts(type_of("regkey|value"), KZ_STR("a b | c"), parts), 2);
  assert_text("without space behind", parts[0], "a b");
  assert_text("without space before", parts[1], "c");
  assert_int_equal(kz_value_parts(type_of("filename"), value, parts), 1);
  assert_text("whole", parts[0], "a.exe|b");
  assert_int_equal(
      kz_value_parts(type_of("malware-sample"), KZ_STR("none"), parts), 1);
}

static void folding_touches_ascii_letters_only(void **state) {
  (void)state;
  char out[8];
  kz_str value = KZ_STR("A[z\u00c9");
  kz_value_fold(value, out);
  assert_text("folded", (kz_str){out, value.len}, "a[z\u00c9");
}

static void the_host_of_a_url_is_found(void **state) {
  (void)state;
  static const char *const hosts[][2] = {
      {"http://www.example.com/a?b", "www.example.com"},
      {"https://u:p@h@evil.example:8443/x", "evil.example"},
      {"http://[2001:db8::1]:80/", "2001:db8::1"},
      {"http://192.0.2.1?x=http://other.example", "192.0.2.1"},
      {"http://evil.example\\@other.example/", "evil.example"},
      {"www.example.com", "www.example.com"},
      {"www.example.com:443", "www.example.com"},
      {"192.0.2.1:80", "192.0.2.1"},
      {"2001:db8::1", "2001:db8::1"},
      {"user@example.com", ""},
      {"plain text", ""},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    assert_text(hosts[i][0], kz_value_host(kz_str_of(hosts[i][0])),
                hosts[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_type_has_a_row),
      cmocka_unit_test(every_type_has_its_normal_form),
      cmocka_unit_test(a_normal_form_is_returned_as_it_is),
      cmocka_unit_test(every_type_accepts_good_values),
      cmocka_unit_test(every_type_refuses_bad_values),
      cmocka_unit_test(addresses_with_port_have_seven_spellings),
      cmocka_unit_test(networks_keep_their_prefix_and_hosts_lose_it),
      cmocka_unit_test(names_are_as_loose_as_in_misp),
      cmocka_unit_test(only_misps_own_defanging_is_undone),
      cmocka_unit_test(identifiers_of_many_houses_are_vulnerabilities),
      cmocka_unit_test(phones_lose_what_is_not_dialled),
      cmocka_unit_test(systems_are_numbers_in_any_notation),
      cmocka_unit_test(moments_keep_the_senders_offset),
      cmocka_unit_test(a_fingerprint_may_leave_out_its_padding),
      cmocka_unit_test(four_byte_characters_are_kept),
      cmocka_unit_test(a_full_arena_is_a_failure_and_no_half_value),
      cmocka_unit_test(composites_have_two_parts_and_others_one),
      cmocka_unit_test(folding_touches_ascii_letters_only),
      cmocka_unit_test(the_host_of_a_url_is_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
