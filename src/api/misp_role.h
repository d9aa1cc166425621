/* roles/... and admin/roles/... */
#ifndef KZ_API_MISP_ROLE_H
#define KZ_API_MISP_ROLE_H

#include "api/misp_call.h"
#include "base/jsonw.h"

kz_misp_action kz_misp_role_index;
kz_misp_action kz_misp_role_view;
kz_misp_action kz_misp_role_add;
kz_misp_action kz_misp_role_edit;
kz_misp_action kz_misp_role_delete;
kz_misp_action kz_misp_role_set_default;

/* "Role":{...} with all its members; only the permissions that the user has
 * right now, which are none with a key that may only read. */
KZ_MUST_USE kz_rc kz_misp_write_role(struct kz_misp_call *call,
                                     struct kz_jsonw *w,
                                     const struct kz_user *user,
                                     struct kz_err *err);

#endif
