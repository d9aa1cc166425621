/* Stages of an exchange:
 *
 *   HEAD  the request line is there        -> kz_exchange_begin
 *   BODY  the headers are there, body comes -> start_body, take_body
 *   RUN   suspended, a worker has it        -> run, MHD_resume_connection
 *   SENT  the reply is queued
 *
 * A reply is never queued when the headers have just come, or the library
 * closes the connection after it (measured elsewhere: 3 k instead of 33 k
 * requests a second): a refusal is remembered, the body read and dropped up to
 * DRAIN_MAX, and then answered. Only a request that must not be read on
 * (framing in doubt, a client waiting for 100-continue, too much to drop) is
 * answered early, which closes, as it should.
 *
 * Between MHD_suspend_connection and MHD_resume_connection the exchange belongs
 * to a worker. A stream may be filling on a worker when the client is gone; the
 * exchange, whose arena the stream may use, is freed when the flow is. */
#include "net/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/coding.h"
#include "net/flow.h"

enum {
  DRAIN_MAX = 4 << 20,   /* bytes of a refused body read to answer politely */
  RESERVE_MAX = 1 << 20, /* bytes set aside on a client's word */
  PACK_FROM = 1024,      /* bytes; gzip saves no packet below */
  SEND_BLOCK = 64 << 10, /* bytes the library asks a stream for at a time */
};

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_RUN, STAGE_SENT };

struct exchange {
  struct kz_host *host;
  struct kz_conn *conn;
  struct MHD_Connection *connection;
  enum stage stage;
  int64_t began_us;
  kz_str target;
  struct kz_request request;
  enum kz_coding coding;
  struct kz_buf packed; /* the body as received */
  struct kz_buf body;   /* unpacked, when it was packed */
  size_t held;          /* bytes of `packed` in host->bodies_held */
  size_t dropped;
  unsigned refusal; /* a status, 0: none */
  struct kz_err why;
  struct kz_reply reply;
  struct kz_flow *flow;
  bool is_flowing; /* the body comes from `flow` */
  bool is_coded;   /* the reply is gzip */
  struct MHD_Response *response;
};

static void free_exchange(void *ctx) {
  struct exchange *x = ctx;
  kz_reply_done(&x->reply, KZ_E_STOPPED);
  kz_buf_done(&x->packed);
  kz_buf_done(&x->body);
  (void)atomic_fetch_sub(&x->host->bodies_held, x->held);
  kz_arena_free(x->request.arena);
  (void)atomic_fetch_sub(&x->host->meter.in_flight, 1);
  free(x);
}

void kz_exchange_connection(void *host, struct MHD_Connection *connection,
                            void **conn,
                            enum MHD_ConnectionNotificationCode what) {
  struct kz_host *h = host;
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
    (void)atomic_fetch_sub(&h->meter.connections, 1);
    if (*conn) {
      kz_conns_remove(&h->conns, *conn);
      *conn = NULL;
    }
    return;
  }
  (void)atomic_fetch_add(&h->meter.connections, 1);
  const union MHD_ConnectionInfo *fd =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const union MHD_ConnectionInfo *tls =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (fd) {
    *conn = kz_conns_add(&h->conns, fd->connect_fd, tls && tls->tls_session);
  }
}

static struct kz_conn *conn_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

void *kz_exchange_begin(void *host, const char *target,
                        struct MHD_Connection *connection) {
  struct kz_host *h = host;
  struct kz_conn *conn = conn_of(connection);
  if (!conn || !kz_conn_enter(conn, KZ_PHASE_HEADERS)) {
    return NULL;
  }
  struct exchange *x = calloc(1, sizeof *x);
  struct kz_arena *arena = kz_arena_new(h->arena_max);
  if (!x || !arena ||
      kz_arena_dup(arena, kz_str_of(target), &x->target) != KZ_OK) {
    free(x);
    kz_arena_free(arena);
    return NULL;
  }
  x->host = h;
  x->conn = conn;
  x->connection = connection;
  x->request = (struct kz_request){
      .arena = arena,
      .peer = kz_str_of(conn->peer),
      .is_local = conn->is_local,
      .local_uid = conn->local_uid,
      .is_tls = conn->is_tls,
      .server = h->serve,
  };
  kz_reply_init(&x->reply, arena);
  kz_buf_init(&x->packed, h->body_max);
  kz_buf_init(&x->body, h->body_max);
  (void)atomic_fetch_add(&h->meter.in_flight, 1);
  return x;
}

static void refuse(struct exchange *x, unsigned status, const char *why) {
  if (x->refusal == 0) {
    x->refusal = status;
    (void)kz_err_set(&x->why, KZ_E_INPUT, "%s", why);
  }
}

/* The status for what a parser said, whose words are in `err`. */
static void refuse_by(struct exchange *x, kz_rc rc, const struct kz_err *err,
                      unsigned status_of_limit) {
  unsigned status = 400;
  if (rc == KZ_E_LIMIT) {
    status = status_of_limit;
  } else if (rc == KZ_E_UNSUPPORTED) {
    status = 415;
  } else if (rc == KZ_E_MEMORY) {
    status = 503;
  }
  refuse(x, status, err->text);
}

struct gathering {
  struct kz_param *headers;
  size_t count;
  bool too_many;
};

static enum MHD_Result gather(void *ctx, enum MHD_ValueKind kind,
                              const char *name, size_t name_len,
                              const char *value, size_t value_len) {
  (void)kind;
  struct gathering *g = ctx;
  if (g->count == KZ_REQUEST_HEADERS_MAX) {
    g->too_many = true;
    return MHD_NO;
  }
  g->headers[g->count++] = (struct kz_param){
      .name = {name, name_len}, .value = {value ? value : "", value_len}};
  return MHD_YES;
}

static void gather_headers(struct exchange *x) {
  struct kz_param all[KZ_REQUEST_HEADERS_MAX];
  struct gathering g = {.headers = all};
  (void)MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, gather, &g);
  struct kz_param *kept =
      kz_arena_array(x->request.arena, g.count, sizeof *kept);
  if (g.too_many || !kept) {
    refuse(x, g.too_many ? 431 : 503, "too many headers");
    return;
  }
  if (g.count > 0) {
    memcpy(kept, all, g.count * sizeof *kept);
  }
  x->request.headers = kept;
  x->request.header_count = g.count;
}

/* Looks at what the body will be; true when it must not be read. */
static bool check_body(struct exchange *x) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_request *r = &x->request;
  kz_rc rc = kz_headers_check(r->headers, r->header_count, &err);
  if (rc != KZ_OK) {
    refuse(x, rc == KZ_E_UNSUPPORTED ? 501 : 400, err.text);
    return true;
  }
  rc = kz_coding_of(kz_request_header(r, KZ_STR("Content-Encoding")),
                    &x->coding, &err);
  if (rc != KZ_OK) {
    refuse_by(x, rc, &err, 413);
  }
  uint64_t length = 0;
  kz_str declared = kz_request_header(r, KZ_STR("Content-Length"));
  bool is_known = declared.ptr && kz_str_u64(declared, &length) == KZ_OK;
  if (length > x->packed.max) {
    refuse(x, 413, "the body is too large");
  }
  if (is_known && length > 0 && x->refusal == 0) {
    size_t room = length < RESERVE_MAX ? (size_t)length : RESERVE_MAX;
    if (!kz_buf_room(&x->packed, room)) {
      refuse(x, 503, "out of memory");
    }
  }
  bool waits = kz_request_header(r, KZ_STR("Expect")).ptr != NULL;
  return x->refusal != 0 && (waits || length > DRAIN_MAX);
}

static enum MHD_Result answer(struct exchange *x);

/* The headers are there. */
static enum MHD_Result start_body(struct exchange *x, const char *method) {
  x->stage = STAGE_BODY;
  x->began_us = kz_clock_monotonic_us();
  atomic_store(&x->conn->body_bytes, 0);
  if (!kz_conn_enter(x->conn, KZ_PHASE_BODY)) {
    return MHD_NO;
  }
  x->request.method = kz_method_of(kz_str_of(method));
  gather_headers(x);
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_target_parse(x->target, &x->request, &err);
  if (rc != KZ_OK) {
    refuse_by(x, rc, &err, 414);
  }
  return check_body(x) ? answer(x) : MHD_YES;
}

/* Counts a part against what all bodies may hold. */
static bool hold(struct exchange *x, size_t more) {
  struct kz_host *h = x->host;
  uint64_t held = atomic_fetch_add(&h->bodies_held, more) + more;
  if (held > h->bodies_max) {
    (void)atomic_fetch_sub(&h->bodies_held, more);
    return false;
  }
  x->held += more;
  return true;
}

static enum MHD_Result take_body(struct exchange *x, kz_str part) {
  (void)atomic_fetch_add(&x->conn->body_bytes, part.len);
  (void)atomic_fetch_add(&x->host->meter.bytes_in, part.len);
  if (x->refusal == 0 && part.len > x->packed.max - x->packed.len) {
    refuse(x, 413, "the body is too large");
  } else if (x->refusal == 0 && !hold(x, part.len)) {
    refuse(x, 503, "too many large bodies at once");
  } else if (x->refusal == 0 && !kz_buf_add_str(&x->packed, part)) {
    refuse(x, 503, "out of memory");
  }
  if (x->refusal == 0) {
    return MHD_YES;
  }
  kz_buf_done(&x->packed);
  x->dropped += part.len;
  if (x->dropped > DRAIN_MAX) {
    kz_conn_say(x->conn, x->refusal == 413 ? "413 Content Too Large"
                                           : "400 Bad Request");
    return MHD_NO;
  }
  return MHD_YES;
}

static void park(void *ctx) {
  struct exchange *x = ctx;
  MHD_suspend_connection(x->connection);
}

static void wake(void *ctx) {
  struct exchange *x = ctx;
  MHD_resume_connection(x->connection);
}

static ssize_t read_flow(void *ctx, uint64_t at, char *out, size_t max) {
  (void)at;
  struct exchange *x = ctx;
  size_t len = 0;
  kz_rc rc = kz_flow_read(x->flow, out, max, &len);
  if (rc == KZ_OK) {
    (void)atomic_fetch_add(&x->host->meter.bytes_out, len);
    return (ssize_t)len;
  }
  if (rc == KZ_UNCHANGED) {
    return 0;
  }
  return rc == KZ_END ? MHD_CONTENT_READER_END_OF_STREAM
                      : MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct kz_pool *workers_of(const struct exchange *x) {
  return x->conn->is_local ? x->host->local_workers : x->host->workers;
}

/* Turns a refusal or a failed reply into an error's. */
static void explain(struct exchange *x) {
  if (x->refusal != 0) {
    kz_reply_error(&x->reply, x->refusal, kz_str_of(x->why.text));
  } else if (x->reply.failed) {
    kz_reply_error(&x->reply, 500, KZ_STR("the answer could not be made"));
  }
}

static bool wants_gzip(struct exchange *x) {
  struct kz_reply *reply = &x->reply;
  bool is_large = reply->kind == KZ_BODY_STREAM || reply->text.len >= PACK_FROM;
  if (!is_large || !kz_reply_is_packable(reply)) {
    return false;
  }
  kz_reply_header(reply, KZ_STR("Vary"), KZ_STR("Accept-Encoding"));
  return kz_accepts_gzip(
      kz_request_header(&x->request, KZ_STR("Accept-Encoding")));
}

static void pack_whole(struct exchange *x) {
  struct kz_reply *reply = &x->reply;
  struct kz_gzip *gzip = kz_gzip_new();
  struct kz_buf packed = {.max = reply->text.len};
  if (gzip && kz_gzip_add(gzip, reply->text, KZ_GZIP_END, &packed) == KZ_OK) {
    kz_buf_done(&reply->owned);
    reply->kind = KZ_BODY_OWNED;
    reply->owned = packed;
    reply->text = kz_buf_str(&reply->owned);
    x->is_coded = true;
  } else { /* it did not become smaller, or there is no memory: send it plain */
    kz_buf_done(&packed);
  }
  kz_gzip_free(gzip);
}

/* Makes the first piece; what is whole already is sent as a whole. */
static void begin_stream(struct exchange *x, bool is_packed) {
  struct kz_flow_config config = {
      .stream = x->reply.stream,
      .is_packed = is_packed,
      .workers = workers_of(x),
      .stop = &x->host->is_cut,
      .park = park,
      .wake = wake,
      .gone = free_exchange,
      .ctx = x,
  };
  x->reply.kind = KZ_BODY_NONE;
  x->flow = kz_flow_new(&config);
  kz_rc rc = x->flow ? kz_flow_begin(x->flow, &x->reply.text) : KZ_E_MEMORY;
  if (rc == KZ_OK || rc == KZ_END) {
    x->is_flowing = rc == KZ_OK;
    x->is_coded = is_packed;
  } else {
    x->reply.failed = true;
  }
}

static void encode(struct exchange *x) {
  struct kz_reply *reply = &x->reply;
  bool is_packed = wants_gzip(x);
  if (reply->kind != KZ_BODY_STREAM) {
    if (is_packed) {
      pack_whole(x);
    }
  } else if (x->request.method == KZ_METHOD_HEAD) {
    reply->kind = KZ_BODY_NONE;
    reply->stream.close(reply->stream.ctx, KZ_END);
    x->is_coded = is_packed;
  } else {
    begin_stream(x, is_packed);
  }
  if (x->is_coded) {
    kz_reply_header(reply, KZ_STR("Content-Encoding"), KZ_STR("gzip"));
  }
}

static struct MHD_Response *make_body(struct exchange *x) {
  struct kz_reply *reply = &x->reply;
  if (x->is_flowing) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SEND_BLOCK,
                                             read_flow, x, NULL);
  }
  /* The library asks for a pointer to bytes it may write, but only reads what
   * is MHD_RESPMEM_PERSISTENT. */
  void *bytes = NULL;
  memcpy(&bytes, &reply->text.ptr, sizeof bytes);
  return MHD_create_response_from_buffer(reply->text.len, bytes,
                                         MHD_RESPMEM_PERSISTENT);
}

/* Makes what will be queued, on whatever thread; NULL when out of memory. */
static void make_response(struct exchange *x) {
  struct kz_reply *reply = &x->reply;
  explain(x);
  encode(x);
  if (reply->failed) {
    x->is_coded = false;
    x->is_flowing = false;
    explain(x);
  }
  x->response = make_body(x);
  if (!x->response) {
    return;
  }
  for (size_t i = 0; i < reply->header_count; i++) {
    (void)MHD_add_response_header(x->response, reply->headers[i].name.ptr,
                                  reply->headers[i].value.ptr);
  }
  if (atomic_load(&x->host->is_closing)) {
    (void)MHD_add_response_header(x->response, "Connection", "close");
  }
}

static enum MHD_Result queue(struct exchange *x) {
  if (!x->response || atomic_load(&x->host->is_cut)) {
    return MHD_NO;
  }
  enum MHD_Result queued =
      MHD_queue_response(x->connection, x->reply.status, x->response);
  MHD_destroy_response(x->response);
  x->response = NULL;
  x->stage = STAGE_SENT;
  kz_meter_reply(&x->host->meter, x->reply.status,
                 kz_clock_monotonic_us() - x->began_us);
  if (x->request.method != KZ_METHOD_HEAD && !x->is_flowing) {
    (void)atomic_fetch_add(&x->host->meter.bytes_out, x->reply.text.len);
  }
  return queued;
}

static enum MHD_Result answer(struct exchange *x) {
  make_response(x);
  return queue(x);
}

static void handle(struct exchange *x) {
  struct kz_err err = KZ_ERR_NONE;
  x->request.body = kz_buf_str(&x->packed);
  if (x->coding != KZ_CODING_IDENTITY && x->packed.len > 0) {
    kz_rc rc = kz_unpack(kz_buf_str(&x->packed), x->coding, &x->body, &err);
    if (rc != KZ_OK) {
      refuse_by(x, rc, &err, 413);
      return;
    }
    x->request.body = kz_buf_str(&x->body);
  }
  x->host->handle(x->host->ctx, &x->request, &x->reply);
}

/* On a worker. After the last line the exchange is the I/O thread's again. */
static void work(void *ctx) {
  struct exchange *x = ctx;
  if (atomic_load(&x->host->is_cut)) {
    refuse(x, 503, "the server is stopping");
  } else {
    handle(x);
  }
  make_response(x);
  MHD_resume_connection(x->connection);
}

/* The whole request is there. */
static enum MHD_Result dispatch(struct exchange *x) {
  struct kz_host *h = x->host;
  if (!kz_conn_enter(x->conn, KZ_PHASE_BUSY) || atomic_load(&h->is_cut)) {
    return MHD_NO;
  }
  if (x->refusal != 0) {
    return answer(x);
  }
  if (h->quick && h->quick(h->ctx, &x->request)) {
    handle(x);
    return answer(x);
  }
  x->stage = STAGE_RUN;
  MHD_suspend_connection(x->connection);
  if (kz_pool_submit(workers_of(x), NULL, work, x) != KZ_OK) {
    refuse(x, 503, "out of memory");
    make_response(x);
    MHD_resume_connection(x->connection);
  }
  return MHD_YES;
}

enum MHD_Result kz_exchange_step(void *host, struct MHD_Connection *connection,
                                 const char *url, const char *method,
                                 const char *version, const char *data,
                                 size_t *size, void **exchange) {
  (void)host;
  (void)connection;
  (void)url;
  (void)version;
  struct exchange *x = *exchange;
  if (!x) {
    return MHD_NO;
  }
  switch (x->stage) {
  case STAGE_HEAD:
    return start_body(x, method);
  case STAGE_BODY:
    if (*size == 0) {
      return dispatch(x);
    }
    kz_str part = {data, *size};
    *size = 0;
    return take_body(x, part);
  case STAGE_RUN:
    return queue(x);
  case STAGE_SENT:
    return MHD_YES;
  }
  return MHD_NO;
}

void kz_exchange_end(void *host, struct MHD_Connection *connection,
                     void **exchange, enum MHD_RequestTerminationCode why) {
  (void)connection;
  (void)why;
  struct kz_host *h = host;
  struct exchange *x = *exchange;
  *exchange = NULL;
  if (!x) {
    return;
  }
  if (x->stage != STAGE_SENT) {
    kz_meter_reply(&h->meter, 0, 0);
  }
  if (x->response) {
    MHD_destroy_response(x->response);
  }
  (void)kz_conn_enter(x->conn, KZ_PHASE_IDLE);
  if (x->flow) {
    kz_flow_leave(x->flow);
  } else {
    free_exchange(x);
  }
}
