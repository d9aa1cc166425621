/* Which users a user may see and change: site administrators all, an
 * administrator of an organisation its users, everybody himself. */
#ifndef KZ_API_MISP_REACH_H
#define KZ_API_MISP_REACH_H

#include "api/misp_call.h"

bool kz_misp_may_reach(const struct kz_user *who, const struct kz_user *user);

/* A reference to the user that `ref` means (a number, uuid, e-mail address,
 * "me" or nothing),
 * if the caller may reach him; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_misp_reach_user(struct kz_misp_call *call, kz_str ref,
                                     const struct kz_user **ret);

#endif
