/* Pages of an answer in the order of the attributes' timestamps. */
#ifndef KZ_STORE_ANSWER_TIME_H
#define KZ_STORE_ANSWER_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/query.h"

/* kz_answer_page for KZ_SORT_TIME and, if `newest_first`, KZ_SORT_TIME_DOWN. */
KZ_MUST_USE kz_rc kz_answer_time_page(const struct kz_answer *answer,
                                      bool newest_first, uint64_t offset,
                                      size_t limit, struct kz_hit *hits,
                                      size_t *ret_count, struct kz_err *err);

#endif
