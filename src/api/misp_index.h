/* events/index and attributes/index: lists. */
#ifndef KZ_API_MISP_INDEX_H
#define KZ_API_MISP_INDEX_H

#include "api/misp_call.h"

kz_misp_action kz_misp_event_index;
kz_misp_action kz_misp_attribute_index;

/* Sets the header X-Result-Count. */
void kz_misp_result_count(struct kz_misp_call *call, uint64_t count);

/* The parameters limit and page as a range of `count` things. */
void kz_misp_page(const struct kz_misp_call *call, uint64_t unless,
                  size_t count, size_t *ret_first, size_t *ret_count);

#endif
