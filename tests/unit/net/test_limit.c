#include "test.h"

#include <stdio.h>

#include "net/limit.h"

static struct kz_limit *make(size_t buckets, uint32_t burst,
                             int64_t refill_us) {
  struct kz_limit_config config = {
      .buckets = buckets, .burst = burst, .refill_us = refill_us};
  struct kz_limit *limit = NULL;
  assert_int_equal(kz_limit_new(&config, &limit, NULL), KZ_OK);
  return limit;
}

static void burst_is_granted_and_then_one_a_refill(void **state) {
  (void)state;
  struct kz_limit *limit = make(64, 3, 1000);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(kz_limit_take(limit, KZ_STR("a"), 5000), 0);
  }
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), 5000), 1000);
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), 5600), 400);
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), 6000), 0);
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), 6000), 1000);
  kz_limit_free(limit);
}

static void names_do_not_pay_for_each_other(void **state) {
  (void)state;
  struct kz_limit *limit = make(1024, 1, 1000);
  assert_int_equal(kz_limit_take(limit, KZ_STR("192.0.2.1"), 10), 0);
  assert_int_not_equal(kz_limit_take(limit, KZ_STR("192.0.2.1"), 10), 0);
  assert_int_equal(kz_limit_take(limit, KZ_STR("192.0.2.2"), 10), 0);
  kz_limit_free(limit);
}

static void asking_costs_nothing(void **state) {
  (void)state;
  struct kz_limit *limit = make(64, 1, 1000);
  for (int i = 0; i < 10; i++) {
    assert_int_equal(kz_limit_wait(limit, KZ_STR("a"), 10), 0);
  }
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), 10), 0);
  assert_int_equal(kz_limit_wait(limit, KZ_STR("a"), 10), 1000);
  kz_limit_free(limit);
}

static void a_rest_fills_the_bucket_and_no_more(void **state) {
  (void)state;
  struct kz_limit *limit = make(64, 2, 1000);
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), 10), 0);
  int64_t later = INT64_C(1000000000);
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), later), 0);
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), later), 0);
  assert_int_equal(kz_limit_take(limit, KZ_STR("a"), later), 1000);
  kz_limit_free(limit);
}

static void crowd_cannot_wash_away_who_is_deepest_in_debt(void **state) {
  (void)state;
  struct kz_limit *limit = make(64, 100, 1000);
  for (int i = 0; i < 100; i++) {
    assert_int_equal(kz_limit_take(limit, KZ_STR("attacker"), 10), 0);
  }
  for (int i = 0; i < 10000; i++) {
    char name[32];
    (void)snprintf(name, sizeof name, "passer-by %d", i);
    assert_int_equal(kz_limit_take(limit, kz_str_of(name), 10), 0);
  }
  assert_int_not_equal(kz_limit_wait(limit, KZ_STR("attacker"), 10), 0);
  kz_limit_free(limit);
}

static void ipv6_clients_are_their_network(void **state) {
  (void)state;
  char a[INET6_ADDRSTRLEN];
  char b[INET6_ADDRSTRLEN];
  kz_str one = kz_limit_name(KZ_STR("2001:db8:0:1::1"), a);
  kz_str two = kz_limit_name(KZ_STR("2001:db8:0:1:ffff::2"), b);
  assert_true(kz_str_eq(one, KZ_STR("2001:db8:0:1::")));
  assert_true(kz_str_eq(one, two));
  assert_true(
      kz_str_eq(kz_limit_name(KZ_STR("192.0.2.7"), a), KZ_STR("192.0.2.7")));
  assert_true(kz_str_eq(kz_limit_name(KZ_STR("not:an:address"), a),
                        KZ_STR("not:an:address")));
}

static void senseless_limits_are_refused(void **state) {
  (void)state;
  struct kz_limit *limit = NULL;
  struct kz_limit_config none = {.buckets = 1, .burst = 0, .refill_us = 1};
  struct kz_limit_config never = {.buckets = 1, .burst = 1, .refill_us = 0};
  struct kz_limit_config wraps = {
      .buckets = 1, .burst = 3, .refill_us = INT64_MAX / 2};
  assert_int_equal(kz_limit_new(&none, &limit, NULL), KZ_E_INPUT);
  assert_int_equal(kz_limit_new(&never, &limit, NULL), KZ_E_INPUT);
  assert_int_equal(kz_limit_new(&wraps, &limit, NULL), KZ_E_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(burst_is_granted_and_then_one_a_refill),
      cmocka_unit_test(names_do_not_pay_for_each_other),
      cmocka_unit_test(asking_costs_nothing),
      cmocka_unit_test(a_rest_fills_the_bucket_and_no_more),
      cmocka_unit_test(crowd_cannot_wash_away_who_is_deepest_in_debt),
      cmocka_unit_test(ipv6_clients_are_their_network),
      cmocka_unit_test(senseless_limits_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
