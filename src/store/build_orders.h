/* The part of building a segment that orders addresses, networks and names. */
#ifndef KZ_STORE_BUILD_ORDERS_H
#define KZ_STORE_BUILD_ORDERS_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"

struct kz_draft; /* store/draft.h */

/* Fills KZ_SEC_IP4_ADDR to KZ_SEC_NAME_VALUE of a draft whose texts of values
 * are set; `kinds` has the enum kz_kind of each value. */
KZ_MUST_USE kz_rc kz_build_orders(struct kz_draft *draft, const uint8_t *kinds,
                                  struct kz_err *err);

#endif
