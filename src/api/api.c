/* The two tables become one when the API is made, so that finding, refusing
 * and printing see the same rows. */
#include "api/api.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/call.h"
#include "api/gate.h"
#include "api/jobs.h"
#include "api/misp.h"
#include "api/native.h"
#include "api/shape.h"
#include "base/clock.h"
#include "net/route.h"
#include "store/actor.h"
#include "work/settings.h"

struct kz_api {
  struct kz_house *house;
  struct kz_gate *gate;
  struct kz_jobs *jobs;
  int64_t started_us;
  struct kz_route_param *filters;
  struct kz_route *routes;
  struct kz_route_table table;  /* all of it */
  struct kz_route_table native; /* its rows under /api */
  struct kz_route_table misp;   /* the others */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

static kz_rc join_tables(struct kz_api *api, struct kz_err *err) {
  const struct kz_route_table *tables[] = {kz_native_routes(),
                                           kz_misp_routes()};
  size_t filter_count = kz_native_filters(NULL, 0);
  size_t room = tables[0]->count + tables[1]->count;
  size_t count = 0;
  api->filters = calloc(filter_count, sizeof *api->filters);
  api->routes = calloc(room, sizeof *api->routes);
  if (!api->filters || !api->routes) {
    return no_memory(err);
  }
  kz_native_filters(api->filters, filter_count);
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
    for (size_t i = 0; i < tables[t]->count; i++) {
      struct kz_route *route = &api->routes[count++];
      *route = tables[t]->routes[i];
      if (route->params == &kz_native_search_params) {
        route->params = api->filters;
        route->param_count = filter_count;
      }
    }
  }
  size_t native = tables[0]->count;
  api->table = (struct kz_route_table){.routes = api->routes, .count = count};
  api->native = (struct kz_route_table){.routes = api->routes, .count = native};
  api->misp = (struct kz_route_table){.routes = api->routes + native,
                                      .count = count - native};
  return KZ_OK;
}

kz_rc kz_api_new(struct kz_house *house, struct kz_api **ret_api,
                 struct kz_err *err) {
  struct kz_api *api = calloc(1, sizeof *api);
  if (!api) {
    return no_memory(err);
  }
  api->house = house;
  api->started_us = kz_clock_monotonic_us();
  api->jobs = kz_jobs_new();
  kz_rc rc = api->jobs ? join_tables(api, err) : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_gate_new(house, &api->gate, err);
  }
  if (rc != KZ_OK) {
    kz_api_free(api);
    return rc;
  }
  *ret_api = api;
  return KZ_OK;
}

void kz_api_free(struct kz_api *api) {
  if (api) {
    kz_jobs_free(api->jobs);
    kz_gate_free(api->gate);
    free(api->filters);
    free(api->routes);
    free(api);
  }
}

static bool is_native_path(const struct kz_request *request) {
  return request->segment_count > 0 &&
         kz_str_eq(request->segments[0], KZ_STR("api"));
}

/* MISP's rows have names where ours have text: each side is asked alone, so
 * that a wrong method on a path of ours is not taken for a controller. */
static const struct kz_route_table *
table_for(const struct kz_api *api, const struct kz_request *request) {
  return is_native_path(request) ? &api->native : &api->misp;
}

/* 404, 405 or the methods there are; ours has its own shape. */
static void refuse(const struct kz_api *api, const struct kz_request *request,
                   enum kz_route_found found, struct kz_reply *reply) {
  kz_route_refuse(table_for(api, request), request, reply);
  if (is_native_path(request) && reply->status >= 400) {
    kz_shape_refuse(reply, reply->status,
                    found == KZ_ROUTE_NO_PATH ? KZ_NOT_FOUND : KZ_E_UNSUPPORTED,
                    found == KZ_ROUTE_NO_PATH
                        ? KZ_STR("there is nothing at this path")
                        : KZ_STR("this path does not take that method"));
  }
}

static void write_misp_denial(const struct kz_request *request,
                              struct kz_reply *reply) {
  static const char words[] =
      "Authentication failed. Please make sure you pass the API key of an API "
      "enabled user along in the Authorization header.";
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("name"), kz_str_of(words));
  kz_jsonw_member_str(&w, KZ_STR("message"), kz_str_of(words));
  kz_jsonw_member_str(&w, KZ_STR("url"), request->path);
  kz_jsonw_object_end(&w);
  kz_reply_status(reply, 403);
  kz_shape_answer(reply, &json);
}

static void deny(const struct kz_request *request, kz_rc rc, int64_t wait_us,
                 struct kz_reply *reply) {
  if (rc == KZ_E_BUSY || rc == KZ_E_LIMIT) {
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%lld",
             (long long)(wait_us / KZ_SECOND_US + 1));
    kz_shape_refuse(reply, 429, rc,
                    rc == KZ_E_LIMIT
                        ? KZ_STR("Rate limit exceeded.")
                        : KZ_STR("too much came from this address, try "
                                 "again later"));
    kz_reply_header(reply, KZ_STR("Retry-After"), kz_str_of(seconds));
  } else if (is_native_path(request)) {
    kz_shape_refuse(reply, 401, KZ_E_DENIED,
                    KZ_STR("an API key that is in force is due: "
                           "Authorization: KEY"));
    kz_reply_header(reply, KZ_STR("WWW-Authenticate"), KZ_STR("Bearer"));
  } else {
    write_misp_denial(request, reply);
  }
}

/* A body that is made while it is sent may ask the user until its end: the
 * stream keeps a reference. */
struct held_stream {
  struct kz_stream inner;
  const struct kz_user *user;
};

static kz_rc fill_held(void *ctx, struct kz_buf *out) {
  struct held_stream *held = ctx;
  return held->inner.fill(held->inner.ctx, out);
}

static void close_held(void *ctx, kz_rc how) {
  struct held_stream *held = ctx;
  held->inner.close(held->inner.ctx, how);
  kz_user_unref(held->user);
  free(held);
}

/* Gives the reference to the user back, now or with the end of the stream. */
static void leave(const struct kz_user *user, struct kz_reply *reply) {
  if (!user || reply->kind != KZ_BODY_STREAM) {
    kz_user_unref(user);
    return;
  }
  struct held_stream *held = malloc(sizeof *held);
  if (!held) {
    kz_reply_error(reply, 503, KZ_STR("out of memory"));
    kz_user_unref(user);
    return;
  }
  *held = (struct held_stream){.inner = reply->stream, .user = user};
  reply->stream =
      (struct kz_stream){.ctx = held, .fill = fill_held, .close = close_held};
}

/* While the server is not live, nobody but administrators works; whether it
 * answers at all may be asked. Refuses otherwise. */
static bool is_live(const struct kz_api *api, const struct kz_call *call,
                    const struct kz_request *request, struct kz_reply *reply) {
  struct kz_settings *settings = api->house->settings;
  if (kz_settings_flag(settings, KZ_SETTING_live) ||
      (call->user ? call->user->viewer.sees_all : is_native_path(request))) {
    return true;
  }
  kz_shape_refuse(reply, 503, KZ_E_BUSY,
                  kz_settings_text(settings, KZ_SETTING_maintenance_message,
                                   request->arena));
  return false;
}

void kz_api_handle(void *ctx, const struct kz_request *request,
                   struct kz_reply *reply) {
  struct kz_api *api = ctx;
  struct kz_route_match match;
  struct kz_call call = {
      .house = api->house,
      .jobs = api->jobs,
      .door = kz_gate_door(api->gate),
      .is_owner = request->is_local,
      .started_us = api->started_us,
      .table = &api->table,
  };
  enum kz_route_found found =
      kz_route_find(table_for(api, request), request, &match);
  if (found != KZ_ROUTE_FOUND) {
    refuse(api, request, found, reply);
    return;
  }
  int64_t wait_us = 0;
  kz_rc rc = KZ_OK;
  if (match.route->needs_key) {
    rc = kz_gate_check(api->gate, request, &call.user, &call.session, &wait_us);
  } else if (!is_native_path(request)) {
    rc = kz_gate_stranger(api->gate, request, &wait_us);
  }
  if (rc != KZ_OK) {
    deny(request, rc, wait_us, reply);
    return;
  }
  bool answers = is_live(api, &call, request, reply);
  if (answers && is_native_path(request)) {
    match.route->handle(&call, request, &match, reply);
  } else if (answers) {
    kz_misp_answer(api->house, call.user, request, reply);
  }
  kz_actor_set(NULL);
  leave(call.user, reply);
}

bool kz_api_is_quick(void *ctx, const struct kz_request *request) {
  const struct kz_api *api = ctx;
  struct kz_route_match match;
  return kz_route_find(table_for(api, request), request, &match) ==
             KZ_ROUTE_FOUND &&
         match.route->is_quick;
}
