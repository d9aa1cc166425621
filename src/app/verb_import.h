/* The verb "import" on the command line: absolute paths, a progress bar. */
#ifndef KZ_APP_VERB_IMPORT_H
#define KZ_APP_VERB_IMPORT_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_import(const struct kz_args *args,
                                 const struct kz_config *config,
                                 struct kz_err *err);

#endif
