/* The verbs "user" and "audit": accounts, and who changed what. */
#ifndef KZ_APP_VERB_USER_H
#define KZ_APP_VERB_USER_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_user(const struct kz_args *args,
                               const struct kz_config *config,
                               struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_audit(const struct kz_args *args,
                                const struct kz_config *config,
                                struct kz_err *err);

#endif
