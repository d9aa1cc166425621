#include "test.h"

#include "model/event.h"

static void attributes_in_and_outside_objects_are_counted(void **state) {
  (void)state;
  struct kz_object objects[] = {{.attribute_count = 2}, {.attribute_count = 3}};
  struct kz_event event = {
      .attribute_count = 4, .objects = objects, .object_count = 2};
  assert_int_equal(kz_event_attributes_total(&event), 9);
  struct kz_event empty = {0};
  assert_int_equal(kz_event_attributes_total(&empty), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(attributes_in_and_outside_objects_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
