/* What makes an attribute whole: MISP's defaults, its normal form of the value,
 * its judgement. Reading does it; an edit that was merged must do it again. */
#ifndef KZ_FORMAT_MISP_SETTLE_H
#define KZ_FORMAT_MISP_SETTLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"

/* Completes an attribute that has type and value: category and to_ids where
 * `given` lacks them, the value normalised (in `arena`) and checked, the type's
 * fit to the category. KZ_E_INPUT with words when MISP would refuse it;
 * `*ret_field` (static) then names the member. */
KZ_MUST_USE kz_rc kz_misp_settle(struct kz_attribute *attribute,
                                 struct kz_arena *arena, kz_str *ret_field,
                                 struct kz_err *err);

#endif
