/* The step of a merge that joins what is known by uuid. */
#ifndef KZ_STORE_MERGE_UUIDS_H
#define KZ_STORE_MERGE_UUIDS_H

#include "base/err.h"
#include "base/rc.h"

struct kz_merge; /* store/merge_state.h */

/* Needs row_of; fills KZ_SEC_UUID_HASH, KZ_SEC_UUID_REF and KZ_SEC_OTHER of the
 * draft. */
KZ_MUST_USE kz_rc kz_merge_uuids(struct kz_merge *merge, struct kz_err *err);

#endif
