/* The verb "false-positive": values that were called harmless. */
#ifndef KZ_APP_VERB_FALSE_POSITIVE_H
#define KZ_APP_VERB_FALSE_POSITIVE_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_false_positive(const struct kz_args *args,
                                         const struct kz_config *config,
                                         struct kz_err *err);

#endif
