/* The verbs that ask about single things: ask, event, correlate. */
#ifndef KZ_APP_VERB_ASK_H
#define KZ_APP_VERB_ASK_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_ask(const struct kz_args *args,
                              const struct kz_config *config,
                              struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_event(const struct kz_args *args,
                                const struct kz_config *config,
                                struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_correlate(const struct kz_args *args,
                                    const struct kz_config *config,
                                    struct kz_err *err);

#endif
