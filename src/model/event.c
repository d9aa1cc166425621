/* What can be said of a whole event without knowing where it is kept. */
#include "model/event.h"

size_t kz_event_attributes_total(const struct kz_event *event) {
  size_t total = event->attribute_count;
  for (size_t i = 0; i < event->object_count; i++) {
    total += event->objects[i].attribute_count;
  }
  return total;
}
