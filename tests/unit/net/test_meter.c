#include "test.h"

#include "net/meter.h"

static void replies_are_counted_by_class_and_by_bucket(void **state) {
  (void)state;
  struct kz_meter meter = {0};
  kz_meter_reply(&meter, 200, 100);
  kz_meter_reply(&meter, 204, 101);
  kz_meter_reply(&meter, 503, INT64_MAX);
  kz_meter_reply(&meter, 0, -5);
  struct kz_serve_stats stats;
  kz_meter_read(&meter, &stats);
  assert_int_equal(stats.replies[2], 2);
  assert_int_equal(stats.replies[5], 1);
  assert_int_equal(stats.replies[0], 1);
  assert_int_equal(stats.latency[0], 2);
  assert_int_equal(stats.latency[1], 1);
  assert_int_equal(stats.latency[KZ_METER_BUCKETS - 1], 1);
}

static void bounds_rise_to_the_end(void **state) {
  (void)state;
  for (unsigned i = 1; i < KZ_METER_BUCKETS; i++) {
    assert_true(kz_meter_bound_us(i) > kz_meter_bound_us(i - 1));
  }
  assert_true(kz_meter_bound_us(KZ_METER_BUCKETS - 1) == INT64_MAX);
  assert_true(kz_meter_bound_us(1000) == INT64_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(replies_are_counted_by_class_and_by_bucket),
      cmocka_unit_test(bounds_rise_to_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
