/* Values as no door would let them in: the writers stand alone. */
#include "test.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "format/exporter.h"

enum { CEILING = 1 << 22 };

#define NEWLINE_HOST "evil.example CNAME .\n*.bank.example"

#define TAG(text, is_for_export)                                               \
  {                                                                            \
    .tag = {.name = {text, sizeof(text) - 1}, .exportable = (is_for_export) }  \
  }

static struct kz_tag_use tags[] = {
    TAG("tlp:green", true),
    TAG("x\"; sid:1;) alert", true),
    TAG("secret", false),
    TAG("misp-galaxy:mitre-attack-pattern=\"Phishing - T1566.001\"", true),
};

static struct kz_event event_of(void) {
  struct kz_event event = {
      .id = 7,
      .info = KZ_STR("Lantern \"; --> <b> \n */"),
      .threat_level = 2,
      .date_days = 20000,
      .orgc.name = KZ_STR("A & B"),
      .tags = tags,
      .tag_count = sizeof tags / sizeof *tags,
  };
  memset(event.uuid.bytes, 0x5a, sizeof event.uuid.bytes);
  return event;
}

static struct kz_attribute attribute_of(uint64_t id, kz_type type,
                                        const char *value) {
  struct kz_attribute a = {.id = id, .type = type, .value = kz_str_of(value)};
  memset(a.uuid.bytes, (int)id, sizeof a.uuid.bytes);
  return a;
}

static struct kz_exporter_settings settings_of(void) {
  struct kz_exporter_settings settings = KZ_EXPORTER_SETTINGS;
  settings.now_us = 1772366400 * KZ_SECOND_US;
  settings.base_url = KZ_STR("https://kizashi.example");
  settings.is_distinct = true;
  return settings;
}

static void export_with(const char *name,
                        const struct kz_exporter_settings *settings,
                        const struct kz_attribute *list, size_t count,
                        struct kz_buf *out) {
  const struct kz_exporter *exporter = kz_exporter_find(kz_str_of(name));
  assert_non_null(exporter);
  struct kz_exporting *x = kz_exporter_open(exporter, settings);
  const struct kz_event event = event_of();
  assert_int_equal(kz_exporter_begin(x, out), KZ_OK);
  for (size_t i = 0; i < count; i++) {
    const struct kz_export_row row = {.event = &event, .attribute = &list[i]};
    assert_int_equal(kz_exporter_row(x, out, &row), KZ_OK);
  }
  assert_int_equal(kz_exporter_end(x, out), KZ_OK);
  assert_false(kz_buf_failed(out));
  kz_exporter_close(x);
}

static void export_one(const char *name, kz_type type, const char *value,
                       struct kz_buf *out) {
  const struct kz_exporter_settings settings = settings_of();
  const struct kz_attribute a = attribute_of(3, type, value);
  kz_buf_clear(out);
  export_with(name, &settings, &a, 1, out);
}

static bool has(const struct kz_buf *out, const char *text) {
  return kz_str_find(kz_buf_str(out), kz_str_of(text)) != SIZE_MAX;
}

static void expect_has(const char *name, kz_type type, const char *value,
                       const char *text) {
  KZ_BUF(out, CEILING);
  export_one(name, type, value, &out);
  if (!has(&out, text)) {
    fail_msg("%s: no \"%s\" in\n%.*s", name, text,
             KZ_STR_ARG(kz_buf_str(&out)));
  }
}

/* The value is left out, and that is said. */
static void expect_left_out(const char *name, kz_type type, const char *value) {
  expect_has(name, type, value, "1 values left out");
}

static void values_that_are_no_names_stay_out_of_lists_of_names(void **state) {
  (void)state;
  static const char *const bad[] = {
      NEWLINE_HOST,
      "evil.example\r\n0.0.0.0 bank.example",
      "evil.example 80",
      "a..example",
      ".example",
      "example.",
      "single",
      "192.0.2.1",
      "*.example",
      "evil.example;x",
      "$INCLUDE x.y",
      "@.example",
      "(.example",
      "evil\\.example",
      "",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_left_out("hosts", KZ_TYPE_DOMAIN, bad[i]);
    expect_left_out("rpz", KZ_TYPE_DOMAIN, bad[i]);
    expect_left_out("rpz", KZ_TYPE_HOSTNAME, bad[i]);
    expect_left_out("suricata", KZ_TYPE_DOMAIN, bad[i]);
    expect_left_out("snort", KZ_TYPE_HOSTNAME, bad[i]);
  }
  expect_has("hosts", KZ_TYPE_DOMAIN, "evil.example",
             "\n0.0.0.0 evil.example\n");
}

static void long_names_stay_out(void **state) {
  (void)state;
  char label[80] = "";
  memset(label, 'a', 64);
  memcpy(label + 64, ".example", 9);
  expect_left_out("rpz", KZ_TYPE_DOMAIN, label);
  expect_has("rpz", KZ_TYPE_DOMAIN, label + 1, ".example CNAME .\n");
  char name[256] = "";
  for (unsigned i = 0; i < 200; i += 2) {
    memcpy(name + i, "a.", 2);
  }
  memcpy(name + 200, "example", 8);
  expect_left_out("rpz", KZ_TYPE_DOMAIN, name);
}

static void addresses_are_written_anew(void **state) {
  (void)state;
  static const char *const bad[] = {
      "192.0.2.1; reboot", "192.0.2.1 -j ACCEPT", "$(id)",
      "192.0.2.256",       "192.0.2.1\n",         ""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_left_out("netfilter", KZ_TYPE_IP_DST, bad[i]);
    expect_left_out("rpz", KZ_TYPE_IP_SRC, bad[i]);
    expect_left_out("suricata", KZ_TYPE_IP_DST, bad[i]);
    expect_left_out("snort", KZ_TYPE_IP_DST, bad[i]);
  }
  expect_has("netfilter", KZ_TYPE_IP_SRC, "2001:DB8:0::1",
             "ip6tables -A INPUT -s 2001:db8::1 -j DROP\n");
  expect_has("netfilter", KZ_TYPE_IP_DST_PORT, "192.0.2.0/24|443",
             "iptables -A OUTPUT -d 192.0.2.0/24 -j DROP\n");
}

/* What says that it has two parts but has not. */
static void a_pair_of_one_part_is_left_out(void **state) {
  (void)state;
  expect_left_out("netfilter", KZ_TYPE_DOMAIN_IP, "evil.example");
  expect_left_out("rpz", KZ_TYPE_DOMAIN_IP, "evil.example");
  expect_left_out("suricata", KZ_TYPE_IP_DST_PORT, "192.0.2.1");
}

static void rpz_has_the_triggers_of_the_draft(void **state) {
  (void)state;
  expect_has("rpz", KZ_TYPE_IP_DST, "192.0.2.77/24",
             "\n24.0.2.0.192.rpz-ip CNAME .\n");
  expect_has("rpz", KZ_TYPE_IP_DST, "192.0.2.1",
             "\n32.1.2.0.192.rpz-ip CNAME .\n");
  expect_has("rpz", KZ_TYPE_IP_DST, "2001:db8:0:0:1::3",
             "\n128.3.0.0.1.zz.db8.2001.rpz-ip CNAME .\n");
  expect_has("rpz", KZ_TYPE_IP_DST, "2001:db8::/32",
             "\n32.zz.db8.2001.rpz-ip CNAME .\n");
  expect_left_out("rpz", KZ_TYPE_IP_DST, "0.0.0.0/0");
  expect_has("rpz", KZ_TYPE_DOMAIN, "evil.example",
             "\nevil.example CNAME .\n*.evil.example CNAME .\n");
}

static void rpzs_head_takes_names_and_times_alone(void **state) {
  (void)state;
  struct kz_exporter_settings settings = settings_of();
  const struct kz_attribute a = attribute_of(3, KZ_TYPE_HOSTNAME, "a.example");
  settings.rpz = (struct kz_rpz_settings){
      .policy = KZ_RPZ_LOCAL_DATA,
      .walled_garden = KZ_STR("garden.example.\n$INCLUDE /etc/passwd"),
      .ns = KZ_STR("ns.example"),
      .ns_alt = KZ_STR("ns 2"),
      .email = KZ_STR("soc@kizashi.example"),
      .serial = KZ_STR("12)"),
      .refresh = KZ_STR("1h"),
      .ttl = KZ_STR("1w;\n"),
  };
  KZ_BUF(out, CEILING);
  export_with("rpz", &settings, &a, 1, &out);
  assert_true(kz_str_eq(
      kz_buf_str(&out),
      KZ_STR("$TTL 1w\n@ IN SOA ns.example. soc.kizashi.example. (2026030100 "
             "1h 30m 30d 1h)\n  IN NS ns.example.\n  IN NS localhost.\n"
             "; What is named below gets: the walled garden\n"
             "a.example CNAME localhost.\n")));
}

static void policies_are_known_by_name_and_number(void **state) {
  (void)state;
  enum kz_rpz_policy policy = KZ_RPZ_DROP;
  assert_int_equal(kz_rpz_policy_by_name(KZ_STR("nxdomain"), &policy), KZ_OK);
  assert_int_equal(policy, KZ_RPZ_NXDOMAIN);
  assert_int_equal(kz_rpz_policy_by_name(KZ_STR("5"), &policy), KZ_OK);
  assert_int_equal(policy, KZ_RPZ_TCP_ONLY);
  assert_int_equal(kz_rpz_policy_by_name(KZ_STR("no"), &policy), KZ_E_INPUT);
}

static void no_value_ends_the_content_of_a_rule(void **state) {
  (void)state;
  expect_has("suricata", KZ_TYPE_USER_AGENT, "x\"; sid:1;) drop any|41| \\",
             "content:\"x|22 3b| sid|3a|1|3b 29| drop any|7c|41|7c| |5c|\"; ");
  expect_has("snort", KZ_TYPE_USER_AGENT, "a\nb", "content:\"a|0a|b\"; ");
  expect_has("suricata", KZ_TYPE_URL, "http://evil.example:8080/a;b?c=\"#f",
             "http.host; content:\"evil.example\"; bsize:12; http.uri.raw; "
             "content:\"/a|3b|b|3f|c|3d 22|\"; startswith; ");
  expect_left_out("suricata", KZ_TYPE_URL, "https://evil.example/a");
  expect_left_out("suricata", KZ_TYPE_URL, "http://evil example/a");
  expect_has("suricata", KZ_TYPE_IP_DST, "192.0.2.1",
             "msg:\"MISP e7 [tlp:green,x.. sid:1.. alert,");
}

static void rules_carry_numbers_of_their_attribute(void **state) {
  (void)state;
  expect_has("suricata", KZ_TYPE_DOMAIN, "Evil.example",
             "dotprefix; content:\".evil.example\"; nocase; endswith; "
             "classtype:trojan-activity; sid:4000030; rev:1; priority:2; "
             "reference:url,kizashi.example/events/view/7;)\n");
  expect_has("suricata", KZ_TYPE_DOMAIN, "evil.example", "sid:4000032; ");
  KZ_BUF(out, CEILING);
  const struct kz_exporter_settings settings = settings_of();
  const struct kz_attribute far =
      attribute_of(UINT64_C(500000000), KZ_TYPE_IP_DST, "192.0.2.1");
  export_with("suricata", &settings, &far, 1, &out);
  assert_true(has(&out, "1 values left out"));
}

static void rules_of_others_only_alert(void **state) {
  (void)state;
  expect_has("suricata", KZ_TYPE_SURICATA,
             "alert dns any any -> any any (msg:\"theirs\"; dns.query; "
             "content:\"a\\\"b\\;c\"; sid:1; rev:9;)",
             "alert dns any any -> any any (msg:\"MISP e7 [");
  expect_has("suricata", KZ_TYPE_SURICATA,
             "alert dns any any -> any any (msg:\"theirs\"; dns.query; "
             "content:\"a\\\"b\\;c\"; sid:1; rev:9;)",
             "dns.query; content:\"a\\\"b\\;c\"; classtype:");
  static const char *const bad[] = {
      "pass ip any any -> any any (sid:1;)",
      "drop ip any any -> any any (sid:1;)",
      "alert ip any any -> any any (sid:1;)\npass ip any any -> any any (x;)",
      "alert ip any any -> any any (content:\"a; sid:1;)",
      "alert ip any any -> any any (content:\"a;b\"; sid:1;)",
      "alert ip any any -> any any (content:\"a\\\\\\\\;b\"; sid:1;)",
      "alert ip any any -> any any (content:\"a\")",
      "alert ip any any -> any any",
      "alert # ip any any -> any any (sid:1;)",
      "alert ip any any -> any any (lua:run.lua; sid:1;)",
      "alert ip any any -> any any (dataset:isset,x,load /etc/passwd; sid:1;)",
      "",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_left_out("suricata", KZ_TYPE_SURICATA, bad[i]);
    expect_left_out("snort", KZ_TYPE_SNORT, bad[i]);
  }
}

static void yara_strings_are_quoted(void **state) {
  (void)state;
  expect_has("yara", KZ_TYPE_MUTEX, "a\"\\\n}b\xff",
             "$s = \"a\\\"\\\\\\x0a}b\\xff\" ascii wide nocase\n");
  expect_has("yara", KZ_TYPE_PATTERN_IN_FILE, "{ 4D 5A ?? 0? 00 }",
             "$s = { 4D 5A ?? 0? 00 }\n");
  expect_has("yara", KZ_TYPE_PATTERN_IN_FILE, "{ 4D } condition: true }",
             "$s = \"{ 4D } condition: true }\" ascii wide\n");
  expect_has("yara", KZ_TYPE_FILENAME_SHA256, "a\"|ab\"",
             "hash.sha256(0, filesize) == \"ab\\\"\"\n");
  expect_has("yara", KZ_TYPE_MUTEX, "abcd",
             "rule MISP_e7_a3\n{\n  meta:\n    event = \"Lantern .. --. .b. . "
             "./\"\n");
  expect_left_out("yara", KZ_TYPE_MUTEX, "abc");
}

static void rules_of_others_are_whole_or_left_out(void **state) {
  (void)state;
  static const char *const good[] = {
      "rule a { condition: true }",
      ("import \"pe\"\nprivate rule a : t1 t2 { // }\n strings: $a = /a\\/}\"/ "
       "$b = \"}\\\"\" $c = { 4D /* } */ 5A } condition: any of them }"),
      "/* a */ rule a { condition: false } rule b { condition: a } // end",
  };
  static const char *const bad[] = {
      "rule a { condition: true",
      "rule a { condition: true } }",
      "rule a { condition: true } junk",
      "rule a { strings: $a = \"x condition: $a }",
      "rule a { strings: $a = /x condition: $a }",
      "rule a { condition: true } /* open",
      "rule a { condition: true } rule a { condition: true }",
      "global rule a { condition: false }",
      "private global rule a { condition: false }",
      "include \"/etc/passwd\" rule a { condition: true }",
      "import \"cuckoo\" rule a { condition: true }",
      "rule MISP_e1_a1 { condition: true }",
      "rule 1a { condition: true }",
      "// nothing",
      "",
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    expect_has("yara", KZ_TYPE_YARA, good[i], good[i]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    expect_left_out("yara", KZ_TYPE_YARA, bad[i]);
  }
}

static void a_rules_name_is_taken_once(void **state) {
  (void)state;
  const struct kz_exporter_settings settings = settings_of();
  const struct kz_attribute list[] = {
      attribute_of(1, KZ_TYPE_YARA, "rule a { condition: true }"),
      attribute_of(2, KZ_TYPE_YARA,
                   "rule b { condition: true } rule a { condition: true }"),
      attribute_of(3, KZ_TYPE_YARA, "rule b { condition: false }"),
  };
  KZ_BUF(out, CEILING);
  export_with("yara", &settings, list, 3, &out);
  assert_true(has(&out, "rule a { condition: true }"));
  assert_true(has(&out, "rule b { condition: false }"));
  assert_true(has(&out, "// 1 values left out"));
}

static void openioc_escapes_what_xml_means(void **state) {
  (void)state;
  expect_has("openioc", KZ_TYPE_USER_AGENT, "</Content>&\"'\x01\xff",
             "<Content type=\"string\">&lt;/Content&gt;&amp;&quot;&#39;"
             "\xEF\xBF\xBD\xEF\xBF\xBD</Content>");
  expect_has("openioc", KZ_TYPE_FILENAME_MD5, "a.exe|0123",
             "<Content type=\"string\">a.exe</Content>");
  expect_has("openioc", KZ_TYPE_TEXT, "-->", "<!-- 1 values left out");
}

static void hashes_come_bare_and_once(void **state) {
  (void)state;
  const struct kz_exporter_settings settings = settings_of();
  const struct kz_attribute list[] = {
      attribute_of(1, KZ_TYPE_MD5, "0123456789abcdef0123456789abcdef"),
      attribute_of(2, KZ_TYPE_FILENAME_MD5,
                   "a|b|0123456789abcdef0123456789abcdef"),
      attribute_of(3, KZ_TYPE_MALWARE_SAMPLE, "x|00"),
      attribute_of(4, KZ_TYPE_SHA1, "12\n34"),
      attribute_of(5, KZ_TYPE_DOMAIN, "a.example"),
  };
  KZ_BUF(out, CEILING);
  export_with("hashes", &settings, list, 5, &out);
  assert_true(kz_str_eq(
      kz_buf_str(&out),
      KZ_STR("0123456789abcdef0123456789abcdef\n00\n# 1 values left out: this "
             "format cannot express them\n")));
}

static void cache_has_each_parts_sum(void **state) {
  (void)state;
  struct kz_exporter_settings settings = settings_of();
  const struct kz_attribute a = attribute_of(1, KZ_TYPE_FILENAME_MD5, "a|abc");
  KZ_BUF(out, CEILING);
  export_with("cache", &settings, &a, 1, &out);
  assert_true(kz_str_eq(kz_buf_str(&out),
                        KZ_STR("0cc175b9c0f1b6a831c399e269772661\n"
                               "900150983cd24fb0d6963f7d28e17f72\n")));
  settings.event_uuid = true;
  kz_buf_clear(&out);
  export_with("cache", &settings, &a, 1, &out);
  assert_true(
      has(&out, "399e269772661,5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a\n"));
}

static void tags_that_stay_here_are_in_no_export(void **state) {
  (void)state;
  for (size_t i = 0; kz_exporter_at(i); i++) {
    kz_str name = kz_exporter_name(kz_exporter_at(i));
    KZ_BUF(text, 64);
    kz_buf_add_str(&text, name);
    kz_buf_add_byte(&text, '\0');
    KZ_BUF(out, CEILING);
    if (!kz_str_eq(name, KZ_STR("csv"))) { /* is given no such tags */
      export_one(text.ptr, KZ_TYPE_IP_DST, "192.0.2.1", &out);
      assert_false(has(&out, "secret"));
    }
  }
}

static void context_counts_events(void **state) {
  (void)state;
  KZ_BUF(out, CEILING);
  export_one("context", KZ_TYPE_IP_DST, "192.0.2.1", &out);
  assert_true(has(&out, "{\"events\":1,\"attributes\":1,\"taxonomies\":["
                        "{\"tag\":\"tlp:green\",\"events\":1}"));
  export_one("context-markdown", KZ_TYPE_IP_DST, "192.0.2.1", &out);
  assert_true(has(&out, "\n- mitre\\-attack\\-pattern=\"Phishing \\- "
                        "T1566\\.001\" (1)\n"));
  export_one("attack", KZ_TYPE_IP_DST, "192.0.2.1", &out);
  assert_true(has(&out, "{\"techniqueID\":\"T1566.001\",\"score\":1}"));
  export_one("attack-sightings", KZ_TYPE_IP_DST, "192.0.2.1", &out);
  assert_true(
      has(&out, "{\"technique_id\":\"T1566.001\",\"name\":\"Phishing\"}"));
}

static void what_is_json_is_valid_json(void **state) {
  (void)state;
  static const char *const names[] = {"yara-json", "attack", "attack-sightings",
                                      "context", "opendata"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    KZ_BUF(out, CEILING);
    export_one(names[i], KZ_TYPE_YARA, "rule a { condition: true } // \"\\",
               &out);
    assert_true(kz_json_is_valid(kz_buf_str(&out), KZ_JSON_LIMITS));
    const struct kz_exporter_settings settings = settings_of();
    kz_buf_clear(&out);
    export_with(names[i], &settings, NULL, 0, &out);
    assert_true(kz_json_is_valid(kz_buf_str(&out), KZ_JSON_LIMITS));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_that_are_no_names_stay_out_of_lists_of_names),
      cmocka_unit_test(long_names_stay_out),
      cmocka_unit_test(addresses_are_written_anew),
      cmocka_unit_test(a_pair_of_one_part_is_left_out),
      cmocka_unit_test(rpz_has_the_triggers_of_the_draft),
      cmocka_unit_test(rpzs_head_takes_names_and_times_alone),
      cmocka_unit_test(policies_are_known_by_name_and_number),
      cmocka_unit_test(no_value_ends_the_content_of_a_rule),
      cmocka_unit_test(rules_carry_numbers_of_their_attribute),
      cmocka_unit_test(rules_of_others_only_alert),
      cmocka_unit_test(yara_strings_are_quoted),
      cmocka_unit_test(rules_of_others_are_whole_or_left_out),
      cmocka_unit_test(a_rules_name_is_taken_once),
      cmocka_unit_test(openioc_escapes_what_xml_means),
      cmocka_unit_test(hashes_come_bare_and_once),
      cmocka_unit_test(cache_has_each_parts_sum),
      cmocka_unit_test(tags_that_stay_here_are_in_no_export),
      cmocka_unit_test(context_counts_events),
      cmocka_unit_test(what_is_json_is_valid_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
