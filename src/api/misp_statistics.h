/* What is in the store in numbers, as the caller sees it. */
#ifndef KZ_API_MISP_STATISTICS_H
#define KZ_API_MISP_STATISTICS_H

#include "api/misp_call.h"

/* users/statistics/(data|orgs|users|tags|attributehistogram|sightings|
 * galaxyMatrix) */
kz_misp_action kz_misp_statistics;

#endif
