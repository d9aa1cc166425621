/* attributes/...: one attribute, or several of one event. */
#ifndef KZ_API_MISP_ATTRIBUTE_H
#define KZ_API_MISP_ATTRIBUTE_H

#include "api/misp_call.h"
#include "base/err.h"
#include "model/event.h"

kz_misp_action kz_misp_attribute_view;
kz_misp_action kz_misp_attribute_add;
kz_misp_action kz_misp_attribute_edit;
kz_misp_action kz_misp_attribute_delete;
kz_misp_action kz_misp_attribute_restore;

/* Completes in an edit what makes the value from what is stored, and judges it
 * anew. KZ_E_INPUT with words and the member at fault. */
KZ_MUST_USE kz_rc kz_misp_settle_edit(struct kz_misp_call *call,
                                      const struct kz_attribute *old,
                                      struct kz_attribute *changes,
                                      kz_str *ret_field, struct kz_err *err);

#endif
