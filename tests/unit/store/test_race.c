#include "test.h"

#include <stdlib.h>

#include "base/random.h"
#include "store/race.h"

enum { RUNNERS = 130, LENGTH = 200 };

/* Sorted inputs of (key, rest). */
struct field {
  uint64_t keys[RUNNERS][LENGTH];
  uint64_t rests[RUNNERS][LENGTH];
  size_t lengths[RUNNERS];
  size_t at[RUNNERS];
};

static int compare_rests(const void *ctx, uint32_t a, uint32_t b) {
  const struct field *f = ctx;
  uint64_t x = f->rests[a][f->at[a]];
  uint64_t y = f->rests[b][f->at[b]];
  return (x > y) - (x < y);
}

static void fill(struct field *f, struct kz_random *random, uint64_t spread) {
  for (size_t r = 0; r < RUNNERS; r++) {
    f->lengths[r] = (size_t)kz_random_below(random, LENGTH);
    uint64_t key = 0;
    uint64_t rest = 0;
    for (size_t i = 0; i < f->lengths[r]; i++) {
      uint64_t step = kz_random_below(random, spread);
      key += step;
      rest = step > 0 ? kz_random_below(random, 3) : rest + 1;
      f->keys[r][i] = key;
      f->rests[r][i] = rest;
    }
  }
}

/* The runner whose head is least, by looking at all but `except`. */
static int find_least(const struct field *f, int except) {
  int least = -1;
  for (int r = 0; r < RUNNERS; r++) {
    if (r == except || f->at[r] >= f->lengths[r]) {
      continue;
    }
    if (least < 0 || f->keys[r][f->at[r]] < f->keys[least][f->at[least]] ||
        (f->keys[r][f->at[r]] == f->keys[least][f->at[least]] &&
         compare_rests(f, (uint32_t)r, (uint32_t)least) < 0)) {
      least = r;
    }
  }
  return least;
}

static void the_least_head_leads_and_the_next_is_second(void **state) {
  (void)state;
  struct field *f = calloc(1, sizeof *f);
  struct kz_runner heap[RUNNERS];
  struct kz_random random;
  assert_non_null(f);
  kz_random_init(&random, 5);
  fill(f, &random, 3);
  struct kz_race race;
  kz_race_init(&race, heap, compare_rests, f);
  for (uint32_t r = 0; r < RUNNERS; r++) {
    if (f->lengths[r] > 0) {
      kz_race_enter(&race, r, f->keys[r][0]);
    }
  }
  const struct kz_runner *leader = NULL;
  while ((leader = kz_race_leader(&race)) != NULL) {
    uint32_t r = leader->number;
    assert_int_equal(r, find_least(f, -1));
    const struct kz_runner *second = kz_race_second(&race);
    assert_int_equal(second ? (int)second->number : -1, find_least(f, (int)r));
    f->at[r]++;
    if (f->at[r] < f->lengths[r]) {
      kz_race_advance(&race, f->keys[r][f->at[r]]);
    } else {
      kz_race_leave(&race);
    }
  }
  assert_int_equal(find_least(f, -1), -1);
  free(f);
}

static void a_race_without_runners_has_no_leader(void **state) {
  (void)state;
  struct kz_race race;
  kz_race_init(&race, NULL, compare_rests, NULL);
  assert_null(kz_race_leader(&race));
  assert_null(kz_race_second(&race));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_least_head_leads_and_the_next_is_second),
      cmocka_unit_test(a_race_without_runners_has_no_leader),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
