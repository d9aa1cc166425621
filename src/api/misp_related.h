/* Attributes of other events with the same value, and those events. */
#ifndef KZ_API_MISP_RELATED_H
#define KZ_API_MISP_RELATED_H

#include <stdint.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "base/jsonw.h"
#include "model/event.h"

enum { KZ_MISP_RELATED_MAX = 1000 /* for one attribute */ };

/* Adds a member "RelatedAttribute" to those of the attribute, when there are
 * any that the eye may see. */
KZ_MUST_USE kz_rc kz_misp_related_attributes(const struct kz_misp_eye *eye,
                                             uint64_t event,
                                             struct kz_attribute *attribute,
                                             struct kz_arena *arena,
                                             struct kz_err *err);

/* Writes the member "RelatedEvent": the events that share a value with this one
 * and that the eye may see, in short; none unless `is_wanted`. */
KZ_MUST_USE kz_rc kz_misp_related_events(struct kz_jsonw *w,
                                         const struct kz_misp_eye *eye,
                                         bool is_wanted, uint64_t event,
                                         struct kz_arena *arena,
                                         struct kz_err *err);

#endif
