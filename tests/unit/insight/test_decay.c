#include "test.h"

#include <math.h>

#include "insight/decay.h"

static void near(double found, double expected) {
  if (fabs(found - expected) > 0.001) {
    fail_msg("%f, %f is due", found, expected);
  }
}

static void scores_fall_from_the_base_to_nothing(void **state) {
  (void)state;
  const struct kz_decay d = {.lifetime_days = 120, .speed = 2};
  near(kz_decay_score(&d, 80, 0), 80);
  near(kz_decay_score(&d, 80, -5), 80); /* of tomorrow: fresh */
  near(kz_decay_score(&d, 80, 30), 40); /* 80 * (1 - sqrt(1/4)) */
  near(kz_decay_score(&d, 100, 120), 0);
  near(kz_decay_score(&d, 100, 500), 0);
  const struct kz_decay straight = {.lifetime_days = 10, .speed = 1};
  near(kz_decay_score(&straight, 100, 3), 70);
  double before = 100;
  for (int day = 0; day <= 130; day++) {
    double now = kz_decay_score(&d, 100, day);
    assert_true(now <= before && now >= 0);
    before = now;
  }
}

static void what_makes_no_sense_does_not_decay(void **state) {
  (void)state;
  const struct kz_decay no_life = {.lifetime_days = 0, .speed = 2};
  const struct kz_decay no_speed = {.lifetime_days = 5, .speed = -1};
  near(kz_decay_score(&no_life, 50, 9), 50);
  near(kz_decay_score(&no_speed, 50, 9), 50);
  near(kz_decay_score(&no_speed, 50, NAN), 50);
}

static void the_base_is_a_weighted_mean(void **state) {
  (void)state;
  const struct kz_decay_part parts[] = {{100, 0.75}, {20, 0.25}};
  near(kz_decay_base(parts, 2, 5), 80);
  near(kz_decay_base(parts, 1, 5), 100);
  near(kz_decay_base(parts, 0, 5), 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scores_fall_from_the_base_to_nothing),
      cmocka_unit_test(what_makes_no_sense_does_not_decay),
      cmocka_unit_test(the_base_is_a_weighted_mean),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
