/* An answer of any length, made item by item while it is sent: memory holds one
 * item. What makes the items decides how large one may be; the network takes
 * them in slices. */
#ifndef KZ_API_MISP_FLOW_H
#define KZ_API_MISP_FLOW_H

#include "api/misp_call.h"
#include "base/buf.h"

struct kz_misp_flow;

struct kz_misp_source {
  void *ctx;
  /* Appends the next item. KZ_OK: call again; KZ_END: that was all. */
  kz_rc (*next)(void *ctx, struct kz_buf *out, struct kz_err *err);
  void (*close)(void *ctx); /* once, at the end, whatever happened */
};

/* Answers the call with what the source makes, as Content-Type `type` (static).
 * Takes over the source, also on failure, which leaves a refusal. */
void kz_misp_flow(struct kz_misp_call *call, kz_str type,
                  const struct kz_misp_source *source);

#endif
