/* users/... and admin/users/... */
#ifndef KZ_API_MISP_USER_H
#define KZ_API_MISP_USER_H

#include "api/misp_call.h"

kz_misp_action kz_misp_user_view;
kz_misp_action kz_misp_user_index;
kz_misp_action kz_misp_user_add;
kz_misp_action kz_misp_user_edit;
kz_misp_action kz_misp_user_edit_self;
kz_misp_action kz_misp_user_delete;
kz_misp_action kz_misp_user_change_pw;
kz_misp_action kz_misp_user_reset_key;

#endif
