/* The verb "warninglist": which lists there are, and which are in force. */
#ifndef KZ_APP_VERB_WARNINGLIST_H
#define KZ_APP_VERB_WARNINGLIST_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_warninglist(const struct kz_args *args,
                                      const struct kz_config *config,
                                      struct kz_err *err);

#endif
