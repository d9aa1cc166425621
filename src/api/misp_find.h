/* From an id or uuid in a path to what it stands for, if the caller may see it.
 */
#ifndef KZ_API_MISP_FIND_H
#define KZ_API_MISP_FIND_H

#include <stdint.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "model/event.h"

struct kz_misp_place {
  enum kz_thing thing;
  uint64_t event;
  uint64_t id;
};

/* Finds a thing by number or uuid. KZ_NOT_FOUND also when it may not be seen:
 * nobody learns that it is there. */
KZ_MUST_USE kz_rc kz_misp_find(struct kz_misp_call *call, enum kz_thing thing,
                               kz_str ref, struct kz_misp_place *ret,
                               struct kz_err *err);

/* The number of the event that `ref` names. */
KZ_MUST_USE kz_rc kz_misp_find_event(struct kz_misp_call *call, kz_str ref,
                                     uint64_t *ret, struct kz_err *err);

/* Finds a sighting, the attribute it is of and the organisation that made it.
 */
KZ_MUST_USE kz_rc kz_misp_find_sighting(struct kz_misp_call *call, kz_str ref,
                                        struct kz_misp_place *ret,
                                        uint64_t *ret_attribute,
                                        uint32_t *ret_org, struct kz_err *err);

/* Whether the caller may change the event (which he sees). When he may not, or
 * on failure, the refusal is sent. */
bool kz_misp_may_edit(struct kz_misp_call *call, uint64_t event);

#endif
