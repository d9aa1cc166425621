/* Found sightings in the format that a search asks for: json, xml or csv. */
#ifndef KZ_API_MISP_SIGHTING_AS_H
#define KZ_API_MISP_SIGHTING_AS_H

#include "api/misp_shape.h"

/* Sends {"response":[{"Sighting":{..}},..]}, which `out` holds, as the
 * parameter returnFormat says. */
void kz_misp_sightings_send(struct kz_misp_call *call, struct kz_misp_out *out);

#endif
