/* Who sees a sighting: MISP's Sightings_policy. */
#ifndef KZ_WORK_SIGHTRULE_H
#define KZ_WORK_SIGHTRULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "model/viewer.h"
#include "store/view.h"
#include "work/house.h"

/* The rule for the sightings in one event. */
struct kz_sightrule {
  bool sees_all;
  uint32_t own;  /* the viewer's organisation */
  uint32_t host; /* whose sightings all see; 0: nobody's */
};

/* Whose eyes look at which moment. */
struct kz_sightrule_eye {
  const struct kz_house *house;
  const struct kz_view *view;
  const struct kz_viewer *viewer;
};

/* The administrator and the event's owner see all. Others see by policy 0 those
 * of their own organisation, 1 all once it has sighted something in the event,
 * 2 all, 3 its own and those of the organisation that hosts the server. */
KZ_MUST_USE kz_rc kz_sightrule_make(const struct kz_sightrule_eye *eye,
                                    uint64_t event, struct kz_sightrule *ret,
                                    struct kz_err *err);

/* Whether a sighting of organisation `by` is seen. */
static inline bool kz_sightrule_sees(const struct kz_sightrule *rule,
                                     uint32_t by) {
  return rule->sees_all || (rule->own && by == rule->own) ||
         (rule->host && by == rule->host);
}

/* Takes away, in place, the sightings that are not seen. */
static inline void kz_sightrule_filter(const struct kz_sightrule *rule,
                                       struct kz_attribute *attribute) {
  size_t kept = 0;
  for (size_t i = 0; i < attribute->sighting_count; i++) {
    if (kz_sightrule_sees(rule, attribute->sightings[i].org.id)) {
      attribute->sightings[kept++] = attribute->sightings[i];
    }
  }
  attribute->sighting_count = kept;
}

#endif
