/* Files of attachments. */
#ifndef KZ_API_MISP_SAMPLE_H
#define KZ_API_MISP_SAMPLE_H

#include "api/misp_call.h"
#include "net/route.h"

/* attributes/downloadAttachment/ID: the file as it was sent, of a malware
 * sample its zip; with zip:1 always a zip. */
kz_misp_action kz_misp_attribute_download;
/* /api/attributes/ID/file: always a zip. */
kz_route_handler kz_native_file;

#endif
