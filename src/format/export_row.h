/* What one line of an export is about: an attribute where it stands. */
#ifndef KZ_FORMAT_EXPORT_ROW_H
#define KZ_FORMAT_EXPORT_ROW_H

#include "model/event.h"

struct kz_export_row {
  const struct kz_event *event;
  const struct kz_object *object; /* NULL outside objects */
  const struct kz_attribute *attribute;
};

#endif
