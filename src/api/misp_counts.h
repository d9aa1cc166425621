/* attributes/attributeStatistics and tags/tagStatistics: how many there are of
 * each kind, as the caller sees it. */
#ifndef KZ_API_MISP_COUNTS_H
#define KZ_API_MISP_COUNTS_H

#include "api/misp_call.h"

/* .../(type|category)[/true]: {"ip-dst":"2"}, or in per cent. */
kz_misp_action kz_misp_attribute_counts;
/* .../PERCENT/BY_NAME: {"tags":{...},"taxonomies":{...}}, of events. */
kz_misp_action kz_misp_tag_counts;

#endif
