/* The paths that MISP had for exports before restSearch, as scripts still use
 * them: /events/csv/download/..., /attributes/text/download/ip-dst and others.
 * Parameters stand in the path, by their place or by name. */
#ifndef KZ_API_MISP_DOWNLOAD_H
#define KZ_API_MISP_DOWNLOAD_H

#include "api/misp_call.h"

kz_misp_action kz_misp_download_csv;
kz_misp_action kz_misp_download_xml;
kz_misp_action kz_misp_download_nids;
kz_misp_action kz_misp_download_hids;
kz_misp_action kz_misp_download_rpz;
kz_misp_action kz_misp_download_text;
kz_misp_action kz_misp_download_openioc;
kz_misp_action kz_misp_download_event; /* restSearchExport/ID/FORMAT */

#endif
