/* Where a verb runs: in the server that owns the store, over its Unix socket,
 * or, when none runs, in this process. Either way it is the same request to the
 * same handler. */
#ifndef KZ_APP_CALLER_H
#define KZ_APP_CALLER_H

#include <stdbool.h>

#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "net/request.h"

struct kz_caller;

/* Connects or opens. `create`: a missing store is made. When a first
 * administrator was made, his key is printed on standard error. */
KZ_MUST_USE kz_rc kz_caller_open(const struct kz_config *config, bool create,
                                 struct kz_caller **ret_caller,
                                 struct kz_err *err);
void kz_caller_close(struct kz_caller *caller);

/* Takes the answer's body piece by piece. */
typedef kz_rc kz_caller_sink(void *ctx, unsigned status, kz_str part);

/* Runs one request. `type` is the body's Content-Type, `accept` what is wanted
 * ("" for JSON). KZ_OK with any status. */
KZ_MUST_USE kz_rc kz_caller_run(struct kz_caller *caller, enum kz_method method,
                                const char *target, kz_str type, kz_str body,
                                kz_caller_sink *sink, void *ctx,
                                unsigned *ret_status, struct kz_err *err);

#endif
