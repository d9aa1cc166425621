/* What the program is told before it starts: by flags, the environment, a file,
 * or not at all.
 *
 * Precedence, highest first: a flag (--listen), the environment
 * (KIZASHI_LISTEN), the configuration file (listen = ...), the default. The
 * file is --config, else $KIZASHI_CONFIG, else /etc/kizashi/kizashi.conf when
 * it exists: one "name = value" a line, '#' begins a comment. */
#ifndef KZ_APP_CONFIG_H
#define KZ_APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum kz_setting {
  KZ_SET_STORE,     /* folder of the store */
  KZ_SET_LISTEN,    /* HOST:PORT; "none": only the Unix socket */
  KZ_SET_SOCKET,    /* path; default STORE/socket */
  KZ_SET_TLS_CERT,  /* PEM file */
  KZ_SET_TLS_KEY,   /* PEM file */
  KZ_SET_BODY_MAX,  /* bytes of one request's body */
  KZ_SET_WORKERS,   /* threads that answer */
  KZ_SET_LOG_LEVEL, /* debug, info, warning, error */
  KZ_SET_GRACE,     /* seconds for requests to finish at a stop */
  KZ_SET_LIBRARIES, /* folder that libraries are loaded from */
  KZ_SET_COUNT
};

/* The setting's name as flag and in the file ("log-level"), and a line that
 * explains it. Static. */
kz_str kz_config_name(enum kz_setting setting);
const char *kz_config_help(enum kz_setting setting);

struct kz_config {
  kz_str values[KZ_SET_COUNT]; /* texts end with a NUL after their length */
};

/* Flags given on the command line: ptr NULL where there is none. */
struct kz_config_flags {
  kz_str values[KZ_SET_COUNT];
  kz_str file; /* --config */
};

/* Resolves all settings; texts live in `arena`. KZ_E_INPUT with file and line
 * for a bad file. */
KZ_MUST_USE kz_rc kz_config_load(const struct kz_config_flags *flags,
                                 struct kz_arena *arena,
                                 struct kz_config *ret_config,
                                 struct kz_err *err);

#endif
