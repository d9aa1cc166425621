/* Two buffers change places: `ready` is filled by a worker, `sending` emptied
 * by the sender. A worker is asked for the next piece when the sender takes the
 * one before, so at most one job of a flow is ever under way, and the buffer it
 * fills is its own until it publishes it under the lock. Park and wake are
 * called under the lock too: a wake can then never come before its park. */
#include "net/flow.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/coding.h"

struct kz_flow {
  struct kz_flow_config config;
  pthread_mutex_t lock;
  struct kz_gzip *gzip;
  struct kz_buf raw; /* before packing */
  struct kz_buf ready;
  struct kz_buf sending;
  size_t sent;     /* bytes of `sending` */
  kz_rc made;      /* what the last fill said; not KZ_OK: the last one */
  bool has_ready;  /* `ready` waits for the sender */
  bool is_filling; /* a job is under way, `raw` and `ready` are its own */
  bool is_parked;
  bool is_left;
};

static void end_flow(struct kz_flow *flow) {
  struct kz_flow_config config = flow->config;
  kz_rc how = flow->made;
  if (how == KZ_OK) {
    how = atomic_load(config.stop) ? KZ_E_STOPPED : KZ_E_IO;
  }
  kz_gzip_free(flow->gzip);
  kz_buf_done(&flow->raw);
  kz_buf_done(&flow->ready);
  kz_buf_done(&flow->sending);
  (void)pthread_mutex_destroy(&flow->lock);
  free(flow);
  config.stream.close(config.stream.ctx, how);
  config.gone(config.ctx);
}

struct kz_flow *kz_flow_new(const struct kz_flow_config *config) {
  struct kz_flow *flow = calloc(1, sizeof *flow);
  struct kz_gzip *gzip = flow && config->is_packed ? kz_gzip_new() : NULL;
  if (!flow || (config->is_packed && !gzip)) {
    free(flow);
    config->stream.close(config->stream.ctx, KZ_E_MEMORY);
    return NULL;
  }
  flow->config = *config;
  flow->gzip = gzip;
  (void)pthread_mutex_init(&flow->lock, NULL);
  /* Packing what cannot be packed adds a little. */
  size_t max = gzip ? 2 * KZ_STREAM_CHUNK_MAX : KZ_STREAM_CHUNK_MAX;
  kz_buf_init(&flow->raw, KZ_STREAM_CHUNK_MAX);
  kz_buf_init(&flow->ready, max);
  kz_buf_init(&flow->sending, max);
  return flow;
}

static kz_rc fill_once(struct kz_flow *flow) {
  struct kz_buf *out = flow->gzip ? &flow->raw : &flow->ready;
  kz_buf_clear(out);
  kz_rc rc = flow->config.stream.fill(flow->config.stream.ctx, out);
  if (rc != KZ_OK && rc != KZ_END) {
    return rc;
  }
  if (kz_buf_failed(out)) {
    return KZ_E_MEMORY;
  }
  if (!flow->gzip) {
    return rc;
  }
  kz_rc packed =
      kz_gzip_add(flow->gzip, kz_buf_str(&flow->raw),
                  rc == KZ_END ? KZ_GZIP_END : KZ_GZIP_SEND, &flow->ready);
  return packed == KZ_OK ? rc : packed;
}

/* Until there is something to send or nothing more will come. */
static kz_rc fill(struct kz_flow *flow) {
  kz_rc rc = KZ_OK;
  kz_buf_clear(&flow->ready);
  while (rc == KZ_OK && flow->ready.len == 0) {
    rc = atomic_load(flow->config.stop) ? KZ_E_STOPPED : fill_once(flow);
  }
  return rc;
}

kz_rc kz_flow_begin(struct kz_flow *flow, kz_str *ret_whole) {
  flow->made = fill(flow);
  if (flow->made == KZ_END) {
    *ret_whole = kz_buf_str(&flow->ready);
    return KZ_END;
  }
  flow->has_ready = flow->made == KZ_OK;
  return flow->made;
}

static void make_next(void *ctx) {
  struct kz_flow *flow = ctx;
  kz_rc rc = fill(flow);
  (void)pthread_mutex_lock(&flow->lock);
  flow->made = rc;
  flow->has_ready = (rc == KZ_OK || rc == KZ_END) && flow->ready.len > 0;
  flow->is_filling = false;
  if (flow->is_left) {
    (void)pthread_mutex_unlock(&flow->lock);
    end_flow(flow);
    return;
  }
  if (flow->is_parked) {
    flow->is_parked = false;
    flow->config.wake(flow->config.ctx);
  }
  /* The sender may free the flow as soon as the lock is open. */
  (void)pthread_mutex_unlock(&flow->lock);
}

/* Takes over the piece that is ready and has the next one made. */
static void take_ready(struct kz_flow *flow) {
  struct kz_buf empty = flow->sending;
  flow->sending = flow->ready;
  flow->ready = empty;
  flow->sent = 0;
  flow->has_ready = false;
  if (flow->made != KZ_OK) {
    return;
  }
  flow->is_filling = true;
  kz_rc rc = kz_pool_submit(flow->config.workers, NULL, make_next, flow);
  if (rc != KZ_OK) {
    flow->is_filling = false;
    flow->made = rc;
  }
}

static kz_rc read_locked(struct kz_flow *flow, char *out, size_t max,
                         size_t *ret_len) {
  if (flow->sent == flow->sending.len && flow->has_ready) {
    take_ready(flow);
  }
  size_t left = flow->sending.len - flow->sent;
  if (left > 0) {
    size_t now = left < max ? left : max;
    memcpy(out, flow->sending.ptr + flow->sent, now);
    flow->sent += now;
    *ret_len = now;
    return KZ_OK;
  }
  if (flow->is_filling) {
    flow->is_parked = true;
    flow->config.park(flow->config.ctx);
    return KZ_UNCHANGED;
  }
  return flow->made;
}

kz_rc kz_flow_read(struct kz_flow *flow, char *out, size_t max,
                   size_t *ret_len) {
  (void)pthread_mutex_lock(&flow->lock);
  kz_rc rc = read_locked(flow, out, max, ret_len);
  (void)pthread_mutex_unlock(&flow->lock);
  return rc;
}

void kz_flow_leave(struct kz_flow *flow) {
  (void)pthread_mutex_lock(&flow->lock);
  flow->is_left = true;
  bool is_filling = flow->is_filling;
  (void)pthread_mutex_unlock(&flow->lock);
  if (!is_filling) {
    end_flow(flow);
  }
}
