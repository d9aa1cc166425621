/* The verbs search and export: options become the query of a request. */
#ifndef KZ_APP_VERB_SEARCH_H
#define KZ_APP_VERB_SEARCH_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_search(const struct kz_args *args,
                                 const struct kz_config *config,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_export(const struct kz_args *args,
                                 const struct kz_config *config,
                                 struct kz_err *err);

#endif
