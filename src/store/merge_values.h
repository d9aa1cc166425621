/* The step of a merge that joins values and their postings. */
#ifndef KZ_STORE_MERGE_VALUES_H
#define KZ_STORE_MERGE_VALUES_H

#include "base/err.h"
#include "base/rc.h"

struct kz_merge; /* store/merge_state.h */

/* Needs row_of; fills value_of and the value sections of the draft. */
KZ_MUST_USE kz_rc kz_merge_values(struct kz_merge *merge, struct kz_err *err);

#endif
