/* Fetching as the settings have it: sizes, times, proxy, authorities. */
#ifndef KZ_WORK_FETCHING_H
#define KZ_WORK_FETCHING_H

#include "base/err.h"
#include "base/rc.h"
#include "net/fetch.h"
#include "work/settings.h"

struct kz_fetching {
  unsigned parallel;   /* transfers in flight */
  bool takes_any_cert; /* of a self-signed server */
  bool skips_proxy;
};

/* Makes a fetch; with KIZASHI_OFFLINE=1 in the environment it reaches nothing
 * but this machine. */
KZ_MUST_USE kz_rc kz_fetching_new(struct kz_settings *settings,
                                  const struct kz_fetching *how,
                                  struct kz_fetch **ret_fetch,
                                  struct kz_err *err);

#endif
