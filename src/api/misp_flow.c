#include "api/misp_flow.h"

#include <stdlib.h>

#include "api/misp_shape.h"
#include "base/log.h"

enum { ITEM_BYTES = 1 << 30, SLICE_BYTES = 1 << 20 };

struct kz_misp_flow {
  struct kz_misp_source source;
  struct kz_buf pending;
  size_t sent; /* of what is pending */
  bool is_over;
};

/* Makes items until there is a slice's worth of them. */
static kz_rc pump(struct kz_misp_flow *flow) {
  struct kz_err err = KZ_ERR_NONE;
  kz_buf_clear(&flow->pending);
  flow->sent = 0;
  while (!flow->is_over && flow->pending.len < KZ_STREAM_CHUNK) {
    kz_rc rc = flow->source.next(flow->source.ctx, &flow->pending, &err);
    if (rc == KZ_OK && kz_buf_failed(&flow->pending)) {
      rc = kz_err_set(&err, KZ_E_LIMIT, "an item is too large");
    }
    if (rc != KZ_OK && rc != KZ_END) {
      KZ_LOG(KZ_LOG_ERROR, kz_log_event("misp"), kz_log_err(&err));
      return rc > 0 ? KZ_E_INTERNAL : rc;
    }
    flow->is_over = rc == KZ_END;
  }
  return KZ_OK;
}

static kz_rc fill(void *ctx, struct kz_buf *out) {
  struct kz_misp_flow *flow = ctx;
  kz_rc rc = KZ_OK;
  if (flow->sent == flow->pending.len) {
    rc = pump(flow);
  }
  size_t left = flow->pending.len - flow->sent;
  size_t len = left < SLICE_BYTES ? left : SLICE_BYTES;
  if (rc == KZ_OK && len > 0 &&
      !kz_buf_add(out, flow->pending.ptr + flow->sent, len)) {
    return KZ_E_MEMORY;
  }
  flow->sent += len;
  return rc == KZ_OK && flow->is_over && flow->sent == flow->pending.len
             ? KZ_END
             : rc;
}

static void end(void *ctx, kz_rc how) {
  (void)how;
  struct kz_misp_flow *flow = ctx;
  flow->source.close(flow->source.ctx);
  kz_buf_done(&flow->pending);
  free(flow);
}

void kz_misp_flow(struct kz_misp_call *call, kz_str type,
                  const struct kz_misp_source *source) {
  struct kz_misp_flow *flow = calloc(1, sizeof *flow);
  if (!flow) {
    const struct kz_err err = {.rc = KZ_E_MEMORY, .text = "out of memory"};
    source->close(source->ctx);
    kz_misp_fail(call, "Request", KZ_E_MEMORY, &err);
    return;
  }
  flow->source = *source;
  kz_buf_init(&flow->pending, ITEM_BYTES);
  const struct kz_stream stream = {.ctx = flow, .fill = fill, .close = end};
  kz_reply_stream(call->reply, type, &stream);
}
