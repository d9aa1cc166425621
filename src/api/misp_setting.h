/* Server settings and what an administrator asks about the server itself: its
 * version of the tables, its workers, its list of rights. */
#ifndef KZ_API_MISP_SETTING_H
#define KZ_API_MISP_SETTING_H

#include "api/misp_call.h"

kz_misp_action kz_misp_setting_list;
kz_misp_action kz_misp_setting_view;
kz_misp_action kz_misp_setting_edit;
kz_misp_action kz_misp_server_update;
kz_misp_action kz_misp_server_schema;
kz_misp_action kz_misp_server_acl;
kz_misp_action kz_misp_worker_list;
kz_misp_action kz_misp_worker_signal;

#endif
