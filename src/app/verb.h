/* The verbs of the command line, one row each: how it is called, what it does,
 * how its request is made. `kizashi help` is printed from the rows. */
#ifndef KZ_APP_VERB_H
#define KZ_APP_VERB_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

struct kz_verb {
  const char *name;
  const char *words;        /* what follows the name, for people */
  const char *summary;      /* one line */
  const char *help;         /* options and examples */
  const char *const *flags; /* options without a value, ended by NULL */
  kz_rc (*run)(const struct kz_args *args, const struct kz_config *config,
               struct kz_err *err);
};

/* The verb of a name, NULL when there is none. */
const struct kz_verb *kz_verb_find(kz_str name);
const struct kz_verb *kz_verb_list(size_t *ret_count);

#endif
