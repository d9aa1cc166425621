/* The verb "serve": opens the house, listens, and stops in order. */
#ifndef KZ_APP_SERVE_H
#define KZ_APP_SERVE_H

#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

/* Serves until SIGINT or SIGTERM. */
KZ_MUST_USE kz_rc kz_serve_run(const struct kz_config *config,
                               struct kz_err *err);

#endif
