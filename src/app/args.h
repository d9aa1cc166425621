/* The words of a command line, sorted: a verb, options, and what is left. */
#ifndef KZ_APP_ARGS_H
#define KZ_APP_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum { KZ_ARGS_MAX = 4096 /* words */ };

/* An option that is not a setting: "--type ip-dst". */
struct kz_option {
  kz_str name;  /* without the dashes */
  kz_str value; /* ptr NULL: a flag */
};

struct kz_args {
  kz_str verb;
  struct kz_config_flags flags;
  bool json;
  bool help;
  bool quiet;
  struct kz_option options[KZ_ARGS_MAX];
  size_t option_count;
  kz_str words[KZ_ARGS_MAX];
  size_t word_count;
};

/* Sorts `argv`. `flags` lists the verb's options that take no value, ended by
 * NULL; all other options take one ("--x v" or "--x=v"). "--" ends the
 * options. KZ_E_INPUT when a value is missing. Texts are borrowed. */
KZ_MUST_USE kz_rc kz_args_parse(int argc, char **argv, const char *const *flags,
                                struct kz_args *ret_args, struct kz_err *err);

/* The last value of an option; ptr NULL when it is not there. */
kz_str kz_args_option(const struct kz_args *args, const char *name);
bool kz_args_has(const struct kz_args *args, const char *name);

#endif
