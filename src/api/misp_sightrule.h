/* Who sees a sighting: MISP's Sightings_policy. */
#ifndef KZ_API_MISP_SIGHTRULE_H
#define KZ_API_MISP_SIGHTRULE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "base/rc.h"

/* The rule for the sightings in one event. */
struct kz_misp_sightrule {
  bool sees_all;
  uint32_t own;  /* the viewer's organisation */
  uint32_t host; /* whose sightings all see; 0: nobody's */
};

/* The administrator and the event's owner see all. Others see by policy 0 those
 * of their own organisation, 1 all once it has sighted something in the event,
 * 2 all, 3 its own and those of the organisation that hosts the server. */
KZ_MUST_USE kz_rc kz_misp_sightrule_make(const struct kz_misp_eye *eye,
                                         uint64_t event,
                                         struct kz_misp_sightrule *ret,
                                         struct kz_err *err);

/* Whether a sighting of organisation `by` is seen. */
static inline bool kz_misp_sightrule_sees(const struct kz_misp_sightrule *rule,
                                          uint32_t by) {
  return rule->sees_all || by == rule->own || (rule->host && by == rule->host);
}

#endif
