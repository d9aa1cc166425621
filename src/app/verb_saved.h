/* The verb "saved": saved searches and their watches. */
#ifndef KZ_APP_VERB_SAVED_H
#define KZ_APP_VERB_SAVED_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_saved(const struct kz_args *args,
                                const struct kz_config *config,
                                struct kz_err *err);

#endif
