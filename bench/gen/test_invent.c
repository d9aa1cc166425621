#include "test.h"

#include "gen/invent.h"

#include <stdio.h>
#include <string.h>

#include "model/value.h"

enum { ROWS = 100 };

/* A row of the type; half of them of the pool. */
static struct kz_shape_row row_of(kz_type type, uint64_t number) {
  return (struct kz_shape_row){.number = number,
                               .value = number,
                               .key = number * UINT64_C(0x9e3779b97f4a7c15),
                               .type = type,
                               .shared = number % 2};
}

static void expect_normal(kz_type type, kz_str value) {
  KZ_ARENA(arena, 1 << 16);
  kz_str normal = KZ_STR_NONE;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_value_normalise(type, value, arena, &normal), KZ_OK);
  if (!kz_str_eq(normal, value)) {
    fail_msg("%.*s: %.*s is not normal: %.*s", KZ_STR_ARG(kz_type_name(type)),
             KZ_STR_ARG(value), KZ_STR_ARG(normal));
  }
  if (kz_value_check(type, value, &err) != KZ_OK) {
    fail_msg("%.*s: %.*s: %s", KZ_STR_ARG(kz_type_name(type)),
             KZ_STR_ARG(value), err.text);
  }
}

static bool is_given_out(kz_type type) {
  return type != KZ_TYPE_BOOLEAN && type != KZ_TYPE_HTTP_METHOD &&
         !kz_type_is_attachment(type);
}

static void values_of_every_type_are_valid_and_normal(void **state) {
  (void)state;
  unsigned types = 0;
  for (kz_type type = 0; type < KZ_TYPE_COUNT; type++) {
    types += is_given_out(type);
    for (uint64_t n = 0; n < ROWS && is_given_out(type); n++) {
      struct kz_shape_row row = row_of(type, n);
      char text[KZ_INVENT_MAX];
      expect_normal(type, (kz_str){text, kz_invent_value(&row, text)});
    }
  }
  assert_int_equal(types, KZ_SHAPE_TYPES);
}

static void different_rows_have_different_values(void **state) {
  (void)state;
  static char texts[ROWS][KZ_INVENT_MAX];
  size_t lengths[ROWS];
  for (uint64_t n = 0; n < ROWS; n++) {
    struct kz_shape_row row = row_of(KZ_TYPE_IP_DST, n);
    lengths[n] = kz_invent_value(&row, texts[n]);
    for (uint64_t m = 0; m < n; m++) {
      assert_false(lengths[m] == lengths[n] &&
                   memcmp(texts[m], texts[n], lengths[n]) == 0);
    }
  }
}

static void as_many_rows_come_as_were_asked_for(void **state) {
  (void)state;
  struct kz_shape_params params = KZ_SHAPE_DEFAULTS;
  params.attributes = 12345;
  struct kz_shape *shape = NULL;
  assert_int_equal(kz_shape_new(&params, &shape, NULL), KZ_OK);
  uint64_t rows = 0;
  uint64_t promised = 0;
  struct kz_shape_event event;
  struct kz_shape_row row;
  while (kz_shape_next_event(shape, &event)) {
    promised += event.rows;
    while (kz_shape_next_row(shape, &row)) {
      assert_int_equal(row.number, rows);
      rows++;
    }
  }
  kz_shape_free(shape);
  assert_int_equal(rows, params.attributes);
  assert_int_equal(promised, params.attributes);
}

static void nonsense_is_refused(void **state) {
  (void)state;
  struct kz_shape *shape = NULL;
  struct kz_shape_params params = KZ_SHAPE_DEFAULTS;
  params.share = 1.5;
  assert_int_equal(kz_shape_new(&params, &shape, NULL), KZ_E_INPUT);
  params = KZ_SHAPE_DEFAULTS;
  params.attributes = 0;
  assert_int_equal(kz_shape_new(&params, &shape, NULL), KZ_E_INPUT);
  params = KZ_SHAPE_DEFAULTS;
  params.mean = 90000;
  assert_int_equal(kz_shape_new(&params, &shape, NULL), KZ_E_INPUT);
  assert_null(shape);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_of_every_type_are_valid_and_normal),
      cmocka_unit_test(different_rows_have_different_values),
      cmocka_unit_test(as_many_rows_come_as_were_asked_for),
      cmocka_unit_test(nonsense_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
