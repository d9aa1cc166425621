/* The rule of who sees a sighting, for who asks over MISP's API. */
#ifndef KZ_API_MISP_SIGHTRULE_H
#define KZ_API_MISP_SIGHTRULE_H

#include "api/misp_call.h"
#include "work/sightrule.h"

KZ_MUST_USE static inline kz_rc
kz_misp_sightrule_make(const struct kz_misp_eye *eye, uint64_t event,
                       struct kz_sightrule *ret, struct kz_err *err) {
  const struct kz_sightrule_eye look = {
      .house = eye->house, .view = eye->view, .viewer = &eye->user->viewer};
  return kz_sightrule_make(&look, event, ret, err);
}

#endif
