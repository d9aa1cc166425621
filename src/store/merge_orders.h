/* The step of a merge that joins the orders of addresses, networks and names.
 */
#ifndef KZ_STORE_MERGE_ORDERS_H
#define KZ_STORE_MERGE_ORDERS_H

#include "base/err.h"
#include "base/rc.h"

struct kz_merge; /* store/merge_state.h */

/* Needs value_of; fills KZ_SEC_IP4_ADDR to KZ_SEC_NAME_VALUE of the draft. */
KZ_MUST_USE kz_rc kz_merge_orders(struct kz_merge *merge, struct kz_err *err);

#endif
