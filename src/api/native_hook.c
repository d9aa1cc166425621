/* A hook's secret goes in and never comes out: "has_secret" says that there is
 * one. */
#include "api/native_hook.h"

#include "api/call.h"
#include "api/shape.h"
#include "work/courier.h"
#include "work/hook.h"
#include "work/hooks.h"
#include "work/role.h"

enum { WORK_BYTES = 64 << 20 };

/* The courier, for whom it is; otherwise the refusal is sent. */
static struct kz_courier *courier_for(const struct kz_call *call,
                                      struct kz_reply *reply) {
  struct kz_courier *courier = kz_hooks_courier(call->house->hooks);
  if (!kz_user_may(call->user, KZ_PERM_SITE_ADMIN)) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("hooks are for administrators"));
    return NULL;
  }
  if (!courier) {
    kz_shape_refuse(reply, 503, KZ_E_UNSUPPORTED,
                    KZ_STR("hooks run in the server alone"));
  }
  return courier;
}

static void answer(struct kz_reply *reply, const struct kz_jsonv *value) {
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonv_write(value, &w);
  kz_shape_answer(reply, &json);
}

/* Without its secret. */
static void hide_secret(struct kz_jsonv *hook, struct kz_arena *arena) {
  bool has = kz_jsonv_text(hook, KZ_STR("secret")).len > 0;
  kz_jsonv_drop(hook, KZ_STR("secret"));
  (void)kz_jsonv_set_bool(hook, KZ_STR("has_secret"), has, arena);
}

/* The documents of a shelf; `parent` 0: all. */
static void answer_list(struct kz_shelf *shelf, uint64_t parent, bool are_hooks,
                        struct kz_arena *arena, struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  kz_rc rc =
      list ? kz_shelf_cards(shelf, parent, arena, &cards, &count) : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *d = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, arena, &d, &err);
    if (rc == KZ_OK) {
      if (are_hooks) {
        hide_secret(d, arena);
      } else {
        kz_jsonv_drop(d, KZ_STR("body"));
      }
      kz_jsonv_push(list, d);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  answer(reply, list);
}

void kz_native_hook_list(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  struct kz_courier *courier = courier_for(ctx, reply);
  (void)match;
  if (courier) {
    answer_list(kz_courier_hooks(courier), 0, true, request->arena, reply);
  }
}

/* The number in the path; KZ_NOT_FOUND. */
static kz_rc find(struct kz_courier *courier,
                  const struct kz_route_match *match, uint64_t *ret_id,
                  struct kz_err *err) {
  kz_rc rc = kz_shelf_by_ref(kz_courier_hooks(courier),
                             kz_route_capture(match, KZ_STR("id")), ret_id);
  return rc == KZ_OK ? KZ_OK : kz_err_set(err, rc, "there is no such hook");
}

/* Reads the body, checks it and puts it under `id` (0: a new one). */
static void put(struct kz_courier *courier, const struct kz_request *request,
                uint64_t id, struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *d = NULL;
  struct kz_jsonv *old = NULL;
  struct kz_arena *arena = request->arena;
  struct kz_shelf *hooks = kz_courier_hooks(courier);
  kz_rc rc = kz_jsonv_parse(request->body, arena, &d, &err);
  if (rc == KZ_OK) {
    rc = kz_hook_check(d, &err);
  }
  if (rc == KZ_OK && id > 0 && !kz_jsonv_get(d, KZ_STR("secret"))) {
    rc = kz_shelf_get(hooks, id, arena, &old, &err);
    kz_str secret = kz_jsonv_text(old, KZ_STR("secret"));
    if (rc == KZ_OK && secret.len > 0 &&
        !kz_jsonv_set_str(d, KZ_STR("secret"), secret, arena)) {
      rc = KZ_E_MEMORY;
    }
  }
  if (rc == KZ_OK) {
    kz_jsonv_drop(d, KZ_STR("has_secret"));
    rc = kz_jsonv_set_u64(d, KZ_STR("id"), id, arena)
             ? kz_shelf_put(hooks, &id, d, arena, &err)
             : KZ_E_MEMORY;
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  hide_secret(d, arena);
  answer(reply, d);
}

void kz_native_hook_add(void *ctx, const struct kz_request *request,
                        const struct kz_route_match *match,
                        struct kz_reply *reply) {
  struct kz_courier *courier = courier_for(ctx, reply);
  (void)match;
  if (courier) {
    put(courier, request, 0, reply);
  }
}

void kz_native_hook_edit(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  struct kz_courier *courier = courier_for(ctx, reply);
  if (!courier) {
    return;
  }
  kz_rc rc = find(courier, match, &id, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  put(courier, request, id, reply);
}

static void answer_done(struct kz_reply *reply, kz_rc rc,
                        const struct kz_err *err) {
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, err);
    return;
  }
  kz_reply_text(reply, KZ_STR("application/json"), KZ_STR("{\"done\":true}"));
}

void kz_native_hook_remove(void *ctx, const struct kz_request *request,
                           const struct kz_route_match *match,
                           struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  struct kz_courier *courier = courier_for(ctx, reply);
  (void)request;
  if (!courier) {
    return;
  }
  kz_rc rc = find(courier, match, &id, &err);
  if (rc == KZ_OK) {
    rc = kz_shelf_remove(kz_courier_hooks(courier), id, &err);
  }
  answer_done(reply, rc, &err);
}

void kz_native_hook_test(void *ctx, const struct kz_request *request,
                         const struct kz_route_match *match,
                         struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  struct kz_courier *courier = courier_for(ctx, reply);
  (void)request;
  if (!courier) {
    return;
  }
  kz_rc rc = find(courier, match, &id, &err);
  if (rc == KZ_OK) {
    rc = kz_courier_test(courier, id, &err);
  }
  answer_done(reply, rc, &err);
}

void kz_native_hook_deliveries(void *ctx, const struct kz_request *request,
                               const struct kz_route_match *match,
                               struct kz_reply *reply) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  struct kz_courier *courier = courier_for(ctx, reply);
  if (!courier) {
    return;
  }
  kz_rc rc = find(courier, match, &id, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  answer_list(kz_courier_deliveries(courier), id, false, request->arena, reply);
}
