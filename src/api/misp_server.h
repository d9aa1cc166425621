/* What a client asks first: version and which types there are. */
#ifndef KZ_API_MISP_SERVER_H
#define KZ_API_MISP_SERVER_H

#include "api/misp_call.h"

kz_misp_action kz_misp_server_version;
kz_misp_action kz_misp_server_pymisp_version;
kz_misp_action kz_misp_describe_types;

#endif
