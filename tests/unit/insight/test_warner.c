#include "test.h"

#include <string.h>

#include "insight/warner.h"

enum { RESOLVERS, ALEXA, EXACT, PIECES, MAILS, HASHES, LISTS };

static struct kz_warner *make(void) {
  static const struct kz_warn_entry resolvers[] = {
      {.value = {"192.0.2.8", 9}},
      {.value = {"198.51.100.0/24", 15}},
      {.value = {"2001:db8::/32", 13}},
      {.value = {"no address", 10}},
  };
  static const struct kz_warn_entry alexa[] = {
      {.value = {".Popular.example", 16}},
      {.value = {"www.shop.example.", 17}},
      {.value = {"", 0}},
  };
  static const struct kz_warn_entry exact[] = {
      {.value = {"shop.example", 12}},
      {.value = {"http://shop.example/", 20}},
  };
  static const struct kz_warn_entry pieces[] = {{.value = {"sinkhole", 8}}};
  static const struct kz_warn_entry mails[] = {
      {.value = {"/^abuse\\@.*$/i", 14}}, {.value = {"/(/", 3}}};
  static const struct kz_warn_entry hashes[] = {
      {.value = {"D41D8CD98F00B204E9800998ECF8427E", 32}}};
  static const kz_str addresses[] = {
      {"ip-src", 6}, {"ip-dst", 6}, {"ip-dst|port", 11}, {"domain|ip", 9}};
  static const kz_str names[] = {
      {"domain", 6}, {"hostname", 8}, {"url", 3}, {"hostname|port", 13}};
  static const kz_str digests[] = {{"md5", 3},
                                   {"filename|md5", 12},
                                   {"malware-sample", 14},
                                   {"no-such-type", 12}};
  static const kz_str all[] = {{"ALL", 3}};
  struct kz_warninglist lists[LISTS] = {
      {.way = KZ_WARN_CIDR, .entries = resolvers, .entry_count = 4},
      {.way = KZ_WARN_HOSTNAME, .entries = alexa, .entry_count = 3},
      {.way = KZ_WARN_STRING, .entries = exact, .entry_count = 2},
      {.way = KZ_WARN_SUBSTRING, .entries = pieces, .entry_count = 1},
      {.way = KZ_WARN_REGEX, .entries = mails, .entry_count = 2},
      {.way = KZ_WARN_STRING, .entries = hashes, .entry_count = 1},
  };
  kz_warninglist_set_types(&lists[RESOLVERS], addresses, 4);
  kz_warninglist_set_types(&lists[ALEXA], names, 4);
  kz_warninglist_set_types(&lists[EXACT], names, 4);
  kz_warninglist_set_types(&lists[PIECES], NULL, 0);
  kz_warninglist_set_types(&lists[MAILS], all, 1);
  kz_warninglist_set_types(&lists[HASHES], digests, 4);
  struct kz_warner *warner = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_warner_new(lists, LISTS, &warner, &err), KZ_OK);
  assert_int_equal(kz_warner_left_out(warner), 3);
  return warner;
}

static unsigned lists_of(struct kz_warner_eye *eye, unsigned type,
                         const char *value) {
  const struct kz_warner_hit *hits = NULL;
  size_t count = kz_warner_check(eye, type, kz_str_of(value), &hits);
  unsigned found = 0;
  for (size_t i = 0; i < count; i++) {
    assert_false(found & 1u << hits[i].list); /* each once */
    found |= 1u << hits[i].list;
  }
  return found;
}

static void each_way_of_comparing_finds_its_own(void **state) {
  (void)state;
  static const struct {
    unsigned type;
    const char *value;
    unsigned lists;
  } cases[] = {
      {KZ_TYPE_IP_DST, "192.0.2.8", 1u << RESOLVERS},
      {KZ_TYPE_IP_DST, "192.0.2.9", 0},
      {KZ_TYPE_IP_DST, "198.51.100.200", 1u << RESOLVERS},
      {KZ_TYPE_IP_DST, "198.51.100.128/25", 1u << RESOLVERS},
      {KZ_TYPE_IP_DST, "198.51.0.0/16", 0},
      {KZ_TYPE_IP_SRC, "2001:db8::5", 1u << RESOLVERS},
      {KZ_TYPE_IP_DST_PORT, "192.0.2.8|53", 1u << RESOLVERS},
      {KZ_TYPE_DOMAIN_IP, "x.example|192.0.2.8", 1u << RESOLVERS},
      {KZ_TYPE_TEXT, "192.0.2.8", 0}, /* the list does not look at texts */
      {KZ_WARNER_ANY, "192.0.2.8", 1u << RESOLVERS},
      {KZ_TYPE_DOMAIN, "popular.example", 1u << ALEXA},
      {KZ_TYPE_HOSTNAME, "a.b.POPULAR.example.", 1u << ALEXA},
      {KZ_TYPE_DOMAIN, "unpopular.example", 0},
      {KZ_TYPE_DOMAIN, "example", 0},
      {KZ_TYPE_URL, "https://u:p@a.popular.example:8080/x?y", 1u << ALEXA},
      {KZ_TYPE_URL, "popular.example/path", 1u << ALEXA},
      {KZ_TYPE_URL, "http://evil.example/popular.example", 0},
      {KZ_TYPE_HOSTNAME_PORT, "www.shop.example|443", 1u << ALEXA},
      {KZ_TYPE_DOMAIN, "Shop.Example", 1u << EXACT},
      {KZ_TYPE_DOMAIN, "x.shop.example", 0},
      {KZ_TYPE_URL, "http://shop.example/", 1u << EXACT},
      {KZ_TYPE_COMMENT, "the SINKHOLE of somebody", 1u << PIECES},
      {KZ_TYPE_EMAIL_SRC, "Abuse@host.example", 1u << MAILS},
      {KZ_TYPE_MD5, "d41d8cd98f00b204e9800998ecf8427e", 1u << HASHES},
      {KZ_TYPE_FILENAME_MD5, "a.exe|d41d8cd98f00b204e9800998ecf8427e",
       1u << HASHES},
      {KZ_TYPE_MALWARE_SAMPLE, "sinkhole|d41d8cd98f00b204e9800998ecf8427e",
       1u << HASHES | 1u << PIECES},
      {KZ_TYPE_SHA1, "d41d8cd98f00b204e9800998ecf8427e", 0},
      {KZ_WARNER_ANY, "", 0},
  };
  struct kz_warner *warner = make();
  struct kz_warner_eye *eye = kz_warner_eye_new(warner);
  kz_warner_unref(warner); /* the eye holds it */
  assert_non_null(eye);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    unsigned lists = lists_of(eye, cases[i].type, cases[i].value);
    if (lists != cases[i].lists) {
      fail_msg("%s: lists %x", cases[i].value, lists);
    }
  }
  kz_warner_eye_free(eye);
}

static void a_hit_says_what_matched(void **state) {
  (void)state;
  struct kz_warner *warner = make();
  struct kz_warner_eye *eye = kz_warner_eye_new(warner);
  const struct kz_warner_hit *hits = NULL;
  assert_int_equal(kz_warner_check(eye, KZ_TYPE_IP_DST_PORT,
                                   KZ_STR("198.51.100.9|53"), &hits),
                   1);
  assert_true(kz_str_eq(hits[0].match, KZ_STR("198.51.100.0/24")));
  assert_true(kz_str_eq(hits[0].value, KZ_STR("198.51.100.9")));
  assert_int_equal(
      kz_warner_check(eye, KZ_TYPE_DOMAIN, KZ_STR("a.popular.example"), &hits),
      1);
  assert_true(kz_str_eq(hits[0].match, KZ_STR("popular.example")));
  kz_warner_eye_free(eye);
  kz_warner_unref(warner);
}

static void no_lists_and_long_values_warn_of_nothing(void **state) {
  (void)state;
  struct kz_warner *none = NULL;
  assert_int_equal(kz_warner_new(NULL, 0, &none, NULL), KZ_OK);
  struct kz_warner_eye *eye = kz_warner_eye_new(none);
  assert_int_equal(lists_of(eye, KZ_WARNER_ANY, "192.0.2.8"), 0);
  kz_warner_eye_free(eye);
  kz_warner_unref(none);
  struct kz_warner *warner = make();
  eye = kz_warner_eye_new(warner);
  static char text[70000];
  memset(text, 'a', sizeof text - 1);
  memcpy(text, "sinkhole", 8);
  assert_int_equal(lists_of(eye, KZ_TYPE_TEXT, text), 0);
  text[60000] = '\0';
  assert_int_equal(lists_of(eye, KZ_TYPE_TEXT, text), 1u << PIECES);
  kz_warner_eye_free(eye);
  kz_warner_unref(warner);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_way_of_comparing_finds_its_own),
      cmocka_unit_test(a_hit_says_what_matched),
      cmocka_unit_test(no_lists_and_long_values_warn_of_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
