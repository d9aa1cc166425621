#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/order.h"

static int compare_keys(const void *a, const void *b) {
  const struct kz_pair *x = a;
  const struct kz_pair *y = b;
  if (x->key != y->key) {
    return x->key < y->key ? -1 : 1;
  }
  return (x->payload > y->payload) - (x->payload < y->payload);
}

/* Payloads ascend before, so a stable sort is one by (key, payload). */
static void assert_sorted_like_qsort(uint64_t seed, size_t count,
                                     uint64_t mask) {
  struct kz_random random;
  kz_random_init(&random, seed);
  struct kz_pair *pairs = calloc(count + 1, sizeof *pairs);
  struct kz_pair *expected = calloc(count + 1, sizeof *expected);
  struct kz_pair *scratch = calloc(count + 1, sizeof *scratch);
  assert_true(pairs && expected && scratch);
  for (size_t i = 0; i < count; i++) {
    pairs[i] =
        (struct kz_pair){.key = kz_random_next(&random) & mask, .payload = i};
  }
  memcpy(expected, pairs, count * sizeof *pairs);
  qsort(expected, count, sizeof *expected, compare_keys);
  kz_order_pairs(pairs, scratch, count);
  assert_memory_equal(pairs, expected, count * sizeof *pairs);
  free(scratch);
  free(expected);
  free(pairs);
}

static void pairs_are_sorted_stably_by_key(void **state) {
  (void)state;
  const uint64_t masks[] = {UINT64_MAX, 0xff,
                            0xff00ff,   UINT64_C(0xffffffff00000000),
                            0,          UINT64_C(0x8000000000000001)};
  for (uint64_t seed = 0; seed < 60; seed++) {
    size_t count = seed < 10 ? seed : seed * seed * 5;
    assert_sorted_like_qsort(seed, count,
                             masks[seed % (sizeof masks / sizeof *masks)]);
  }
  assert_sorted_like_qsort(99, 300000, UINT64_MAX);
  assert_sorted_like_qsort(98, 300000, UINT64_C(0xffffffff));
}

static void assert_reversed(const char *name, const char *expected) {
  char out[KZ_NAME_MAX];
  size_t len = kz_order_reverse_name(kz_str_of(name), out);
  assert_int_equal(len, strlen(expected));
  assert_memory_equal(out, expected, len);
}

static void names_are_reversed_by_label(void **state) {
  (void)state;
  assert_reversed("www.example.com", "com.example.www");
  assert_reversed("example", "example");
  assert_reversed("a..b", "b..a");
  assert_reversed(".a", "a.");
  assert_reversed("a.", ".a");
  assert_reversed(".", ".");
  assert_reversed("", "");
}

static void names_longer_than_the_dns_allows_are_not_reversed(void **state) {
  (void)state;
  char name[KZ_NAME_MAX + 1];
  char out[KZ_NAME_MAX];
  memset(name, 'a', sizeof name);
  name[100] = '.';
  assert_int_equal(kz_order_reverse_name((kz_str){name, KZ_NAME_MAX}, out),
                   KZ_NAME_MAX);
  assert_int_equal(out[KZ_NAME_MAX - 101], '.');
  assert_int_equal(kz_order_reverse_name((kz_str){name, sizeof name}, out), 0);
}

static void prefixes_order_like_their_texts(void **state) {
  (void)state;
  assert_true(kz_order_prefix("com.exam", 8) == UINT64_C(0x636f6d2e6578616d));
  assert_true(kz_order_prefix("com.example", 11) ==
              kz_order_prefix("com.exam", 8));
  assert_true(kz_order_prefix("", 0) == 0);
  assert_true(kz_order_prefix("a", 1) == UINT64_C(0x61) << 56);
  assert_true(kz_order_prefix("a", 1) < kz_order_prefix("a.", 2));
  assert_true(kz_order_prefix("\xe3\x81", 2) > kz_order_prefix("z", 1));
}

static void only_names_and_urls_with_a_name_have_a_host(void **state) {
  (void)state;
  const char *const hosts[][2] = {
      {"www.example.com", "www.example.com"},
      {"https://www.example.com:8443/a?b", "www.example.com"},
      {"ftp://user@files.example.net/", "files.example.net"},
      {"https://192.0.2.1/", ""},
      {"https://[2001:db8::1]/", ""},
      {"192.0.2.1", ""},
      {"someone@example.org", ""},
      {"some text", ""},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    kz_str host = kz_order_host(kz_str_of(hosts[i][0]));
    assert_true(kz_str_eq(host, kz_str_of(hosts[i][1])));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_are_sorted_stably_by_key),
      cmocka_unit_test(names_are_reversed_by_label),
      cmocka_unit_test(names_longer_than_the_dns_allows_are_not_reversed),
      cmocka_unit_test(prefixes_order_like_their_texts),
      cmocka_unit_test(only_names_and_urls_with_a_name_have_a_host),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
