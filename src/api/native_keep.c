#include "api/native_keep.h"

#include "api/call.h"
#include "api/shape.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/serve.h"
#include "work/stats.h"

/* Whether the machine's owner asks; refuses otherwise. */
static bool is_owner(const struct kz_call *call, struct kz_reply *reply) {
  if (!call->is_owner) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("only the owner of the machine may do this, over "
                           "the Unix socket"));
  }
  return call->is_owner;
}

void kz_native_health(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  (void)ctx;
  (void)request;
  (void)match;
  kz_reply_text(reply, KZ_STR("application/json"),
                KZ_STR("{\"status\":\"ok\"}\n"));
}

static void write_stats(struct kz_jsonw *w, const struct kz_call *call) {
  struct kz_stats stats;
  kz_stats_read(call->house, &stats);
  const struct kz_store_stats *s = &stats.store;
  int64_t up = kz_clock_monotonic_us() - call->started_us;
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("version"), KZ_STR(KZ_VERSION));
  kz_jsonw_member_str(w, KZ_STR("store"),
                      kz_str_of(kz_store_path(call->house->store)));
  kz_jsonw_member_u64(w, KZ_STR("generation"), s->generation);
  kz_jsonw_member_u64(w, KZ_STR("events"), s->events);
  kz_jsonw_member_u64(w, KZ_STR("attributes"), s->attributes);
  kz_jsonw_member_u64(w, KZ_STR("segment_values"), s->values);
  kz_jsonw_member_u64(w, KZ_STR("tags"), s->tags);
  kz_jsonw_member_u64(w, KZ_STR("organisations"), s->organisations);
  kz_jsonw_member_u64(w, KZ_STR("segments"), s->segments);
  kz_jsonw_member_u64(w, KZ_STR("record_bytes"), s->record_bytes);
  kz_jsonw_member_u64(w, KZ_STR("index_bytes"), s->index_bytes);
  kz_jsonw_member_u64(w, KZ_STR("commits"), s->commits);
  kz_jsonw_member_u64(w, KZ_STR("waiting"), s->waiting);
  kz_jsonw_member_u64(w, KZ_STR("resident_bytes"), stats.resident_bytes);
  kz_jsonw_member_u64(w, KZ_STR("private_bytes"), stats.private_bytes);
  kz_jsonw_member_i64(w, KZ_STR("uptime_s"), up / KZ_SECOND_US);
  kz_jsonw_object_end(w);
}

/* What is in the store counts what is hidden, too. */
static bool refuse_members(const struct kz_call *call, struct kz_reply *reply) {
  bool may = call->is_owner || (call->user && call->user->viewer.sees_all);
  if (!may) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("only an administrator may ask this"));
  }
  return !may;
}

void kz_native_stats(void *ctx, const struct kz_request *request,
                     const struct kz_route_match *match,
                     struct kz_reply *reply) {
  if (refuse_members(ctx, reply)) {
    return;
  }
  (void)request;
  (void)match;
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  write_stats(&w, ctx);
  kz_shape_answer(reply, &json);
}

/* --- metrics ---------------------------------------------------------------
 */

static void add_metric(struct kz_buf *out, const char *name, const char *type,
                       const char *help, uint64_t value) {
  kz_buf_add_format(out,
                    "# HELP kizashi_%s %s\n# TYPE kizashi_%s %s\n"
                    "kizashi_%s %llu\n",
                    name, help, name, type, name, (unsigned long long)value);
}

static void add_store(struct kz_buf *out, const struct kz_stats *stats) {
  const struct kz_store_stats *s = &stats->store;
  add_metric(out, "events", "gauge", "Events in the store.", s->events);
  add_metric(out, "attributes", "gauge",
             "Attributes in the store, deleted ones included.", s->attributes);
  add_metric(out, "tags", "gauge", "Tags in the dictionary.", s->tags);
  add_metric(out, "organisations", "gauge", "Organisations in the dictionary.",
             s->organisations);
  add_metric(out, "segments", "gauge", "Segments of the index.", s->segments);
  add_metric(out, "record_bytes", "gauge", "Bytes of records on disk.",
             s->record_bytes);
  add_metric(out, "index_bytes", "gauge", "Bytes of the index on disk.",
             s->index_bytes);
  add_metric(out, "generation", "counter", "Number of the last commit.",
             s->generation);
  add_metric(out, "commits_total", "counter", "Commits since the start.",
             s->commits);
  add_metric(out, "changes_waiting", "gauge", "Changes in the writer's queue.",
             s->waiting);
  add_metric(out, "resident_bytes", "gauge", "Resident memory.",
             stats->resident_bytes);
  add_metric(out, "private_bytes", "gauge",
             "Resident memory that is not mapped from files.",
             stats->private_bytes);
}

static void add_latency(struct kz_buf *out, const struct kz_serve_stats *s) {
  uint64_t below = 0;
  kz_buf_add_str(out, KZ_STR("# HELP kizashi_http_seconds Time from a "
                             "request's head to the start of its reply.\n"
                             "# TYPE kizashi_http_seconds histogram\n"));
  for (unsigned b = 0; b < KZ_METER_BUCKETS; b++) {
    below += s->latency[b];
    if (b + 1 < KZ_METER_BUCKETS) {
      kz_buf_add_format(out, "kizashi_http_seconds_bucket{le=\"%.6f\"} %llu\n",
                        (double)kz_meter_bound_us(b) / 1e6,
                        (unsigned long long)below);
    }
  }
  kz_buf_add_format(out,
                    "kizashi_http_seconds_bucket{le=\"+Inf\"} %llu\n"
                    "kizashi_http_seconds_sum %.6f\n"
                    "kizashi_http_seconds_count %llu\n",
                    (unsigned long long)below, (double)s->latency_us / 1e6,
                    (unsigned long long)below);
}

static void add_server(struct kz_buf *out, const struct kz_serve *server) {
  struct kz_serve_stats s;
  kz_serve_stats(server, &s);
  kz_buf_add_str(out,
                 KZ_STR("# HELP kizashi_http_replies_total Replies by class of "
                        "status; 0: cut off.\n"
                        "# TYPE kizashi_http_replies_total counter\n"));
  for (unsigned i = 0; i < KZ_METER_CLASSES; i++) {
    kz_buf_add_format(out, "kizashi_http_replies_total{class=\"%u\"} %llu\n", i,
                      (unsigned long long)s.replies[i]);
  }
  add_latency(out, &s);
  add_metric(out, "http_bytes_in_total", "counter", "Bytes of bodies received.",
             s.bytes_in);
  add_metric(out, "http_bytes_out_total", "counter", "Bytes of bodies sent.",
             s.bytes_out);
  add_metric(out, "http_in_flight", "gauge", "Requests being answered.",
             s.in_flight);
  add_metric(out, "http_connections", "gauge", "Open connections.",
             s.connections);
  add_metric(out, "http_connections_total", "counter",
             "Connections since the start.", s.connections_ever);
  add_metric(out, "http_refused_total", "counter",
             "Connections refused: one address had too many.",
             s.connections_refused);
  add_metric(out, "http_timed_out_total", "counter",
             "Connections cut for being slow.", s.timed_out);
}

void kz_native_metrics(void *ctx, const struct kz_request *request,
                       const struct kz_route_match *match,
                       struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  if (refuse_members(call, reply)) {
    return;
  }
  (void)match;
  KZ_BUF(text, KZ_SHAPE_MAX);
  struct kz_stats stats;
  kz_stats_read(call->house, &stats);
  add_store(&text, &stats);
  if (request->server) {
    add_server(&text, request->server);
  }
  kz_reply_take(reply, KZ_STR("text/plain; version=0.0.4; charset=utf-8"),
                &text);
}

void kz_native_openapi(void *ctx, const struct kz_request *request,
                       const struct kz_route_match *match,
                       struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  (void)match;
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_route_openapi(
      call->table,
      &(struct kz_route_info){.title = "kizashi",
                              .version = KZ_VERSION,
                              .summary = "Threat intelligence: one store, "
                                         "exact answers"},
      &w);
  kz_shape_answer(reply, &json);
}

/* --- keeping ---------------------------------------------------------------
 */

static void answer_path(struct kz_reply *reply, kz_str key, kz_str text) {
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, key, text);
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}

void kz_native_backup(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_shape_member member = {.name = "path"};
  struct kz_err err = KZ_ERR_NONE;
  KZ_BUF(path, 1 << 16);
  if (!is_owner(call, reply)) {
    return;
  }
  kz_rc rc = kz_shape_read(request->body, request->arena, &member, 1, &err);
  if (rc == KZ_OK && (member.count != 1 || member.values[0].len == 0 ||
                      member.values[0].ptr[0] != '/' ||
                      kz_str_find_byte(member.values[0], '\0') != SIZE_MAX)) {
    rc = kz_err_set(&err, KZ_E_INPUT, "path: an absolute path is due");
  }
  if (rc == KZ_OK && (!kz_buf_add_str(&path, member.values[0]) ||
                      !kz_buf_add_byte(&path, '\0'))) {
    rc = kz_err_set(&err, KZ_E_INPUT, "path: it is too long");
  }
  if (rc == KZ_OK) {
    rc = kz_store_backup(call->house->store, path.ptr, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  KZ_LOG(KZ_LOG_INFO, kz_log_event("backup"),
         kz_log_text("path", member.values[0]));
  answer_path(reply, KZ_STR("path"), member.values[0]);
}

void kz_native_key_reset(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  (void)match;
  char key[KZ_KEY_TEXT];
  struct kz_err err = KZ_ERR_NONE;
  if (!is_owner(call, reply)) {
    return;
  }
  kz_rc rc = kz_people_reset(call->house->people, call->user->id, key, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  KZ_LOG(KZ_LOG_INFO, kz_log_event("key-reset"));
  answer_path(reply, KZ_STR("key"), kz_str_of(key));
}

void kz_native_settle(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  (void)match;
  struct kz_err err = KZ_ERR_NONE;
  if (!is_owner(call, reply)) {
    return;
  }
  kz_rc rc = kz_store_settle(call->house->store, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_reply_text(reply, KZ_STR("application/json"),
                KZ_STR("{\"settled\":true}\n"));
}
