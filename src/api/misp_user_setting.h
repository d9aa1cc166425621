/* userSettings/...: what users set for themselves. */
#ifndef KZ_API_MISP_USER_SETTING_H
#define KZ_API_MISP_USER_SETTING_H

#include "api/misp_call.h"
#include "base/jsonw.h"

kz_misp_action kz_misp_user_setting_index;
kz_misp_action kz_misp_user_setting_view;
kz_misp_action kz_misp_user_setting_get;
kz_misp_action kz_misp_user_setting_set;
kz_misp_action kz_misp_user_setting_delete;

/* "UserSetting":{name:value ...}, or [] when the user has none. */
KZ_MUST_USE kz_rc kz_misp_write_user_settings(struct kz_misp_call *call,
                                              struct kz_jsonw *w, uint64_t user,
                                              struct kz_err *err);

#endif
