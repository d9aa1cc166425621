#include "api/native_people.h"

#include <stdio.h>

#include "api/call.h"
#include "api/gate.h"
#include "api/shape.h"
#include "base/clock.h"
#include "work/audit.h"
#include "work/door.h"
#include "work/settings.h"

enum { COOKIE_BYTES = 256 };

static kz_str value_of(const struct kz_shape_member *member) {
  return member->count == 1 ? member->values[0] : KZ_STR("");
}

/* Over TLS the cookie never leaves it; without, there is only loopback or a
 * proxy that ends TLS. */
static void set_cookie(const struct kz_request *request, struct kz_reply *reply,
                       const char *token, bool is_end) {
  char cookie[COOKIE_BYTES];
  int len = snprintf(cookie, sizeof cookie,
                     "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
                     KZ_GATE_COOKIE, token, request->is_tls ? "; Secure" : "",
                     is_end ? "; Max-Age=0" : "");
  kz_reply_header(reply, KZ_STR("Set-Cookie"), (kz_str){cookie, (size_t)len});
}

static void refuse_wait(struct kz_reply *reply, int64_t wait_us) {
  char seconds[32];
  snprintf(seconds, sizeof seconds, "%lld",
           (long long)(wait_us / KZ_SECOND_US + 1));
  kz_shape_refuse(reply, 429, KZ_E_BUSY,
                  KZ_STR("too many failed attempts, try again later"));
  kz_reply_header(reply, KZ_STR("Retry-After"), kz_str_of(seconds));
}

static void write_user(struct kz_jsonw *w, const struct kz_user *user) {
  char uuid[KZ_UUID_TEXT];
  kz_jsonw_key(w, KZ_STR("user"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("id"), user->id);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&user->uuid, uuid));
  kz_jsonw_member_str(w, KZ_STR("email"), user->email);
  kz_jsonw_member_u64(w, KZ_STR("org"), user->org.id);
  kz_jsonw_member_str(w, KZ_STR("org_name"), user->org.name);
  kz_jsonw_member_u64(w, KZ_STR("role"), user->role.id);
  kz_jsonw_member_str(w, KZ_STR("role_name"), user->role.name);
  kz_jsonw_member_bool(w, KZ_STR("totp"), user->has_totp);
  kz_jsonw_key(w, KZ_STR("permissions"));
  kz_jsonw_array(w);
  for (unsigned i = 0; i < KZ_PERM_COUNT; i++) {
    if (user->role.perms >> i & 1) {
      kz_jsonw_str(w, kz_perm_name(i));
    }
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

/* {"user":{...},"csrf":"...","totp_due":false}; the last two of a session. */
static void answer_user(struct kz_reply *reply, const struct kz_user *user,
                        const struct kz_session *session) {
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  write_user(&w, user);
  if (session->user != 0) {
    kz_jsonw_member_str(&w, KZ_STR("csrf"), kz_str_of(session->csrf));
    kz_jsonw_member_bool(&w, KZ_STR("totp_due"), session->is_limited);
  }
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}

static void answer_done(struct kz_reply *reply) {
  kz_reply_text(reply, KZ_STR("application/json"), KZ_STR("{\"done\":true}\n"));
}

static void begin_session(const struct kz_call *call,
                          const struct kz_request *request,
                          const struct kz_user *user, struct kz_reply *reply) {
  char token[KZ_SESSION_TEXT];
  bool must = kz_settings_flag(call->house->settings, KZ_SETTING_otp_required);
  struct kz_session session = {
      .user = user->id,
      .password_tag = user->password_tag,
      .is_limited =
          must && !user->has_totp && !kz_user_may(user, KZ_PERM_SKIP_OTP),
  };
  kz_session_begin(kz_door_sessions(call->door), &session, token);
  answer_user(reply, user, &session);
  set_cookie(request, reply, token, false);
}

void kz_native_login(void *ctx, const struct kz_request *request,
                     const struct kz_route_match *match,
                     struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_shape_member members[] = {
      {.name = "email"}, {.name = "password"}, {.name = "code"}};
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_user *user = NULL;
  int64_t wait_us = 0;
  if (!kz_str_starts(kz_request_header(request, KZ_STR("Content-Type")),
                     KZ_STR("application/json"))) {
    /* A form of another site cannot say this, so none logs anybody in. */
    kz_shape_refuse(reply, 415, KZ_E_INPUT,
                    KZ_STR("Content-Type: application/json is due"));
    return;
  }
  kz_rc rc = kz_shape_read(request->body, request->arena, members, 3, &err);
  if (rc == KZ_OK) {
    const struct kz_login login = {
        .email = kz_str_trim(value_of(&members[0])),
        .password = value_of(&members[1]),
        .code = kz_str_trim(value_of(&members[2])),
        .peer = request->peer,
    };
    rc = kz_door_enter(call->house, call->door, &login, &user, &wait_us, &err);
  }
  if (rc == KZ_E_BUSY && wait_us > 0) {
    refuse_wait(reply, wait_us);
  } else if (rc == KZ_UNCHANGED) {
    kz_reply_status(reply, 401);
    kz_reply_text(reply, KZ_STR("application/json"),
                  KZ_STR("{\"error\":{\"code\":\"denied\",\"message\":\"a "
                         "one-time code is due\"},\"totp\":true}\n"));
  } else if (rc == KZ_E_DENIED) {
    kz_shape_refuse(reply, 401, rc, kz_str_of(err.text));
  } else if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
  } else {
    begin_session(call, request, user, reply);
    kz_user_unref(user);
  }
}

void kz_native_logout(void *ctx, const struct kz_request *request,
                      const struct kz_route_match *match,
                      struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_err err = KZ_ERR_NONE;
  if (call->session.user != 0) {
    kz_session_end(kz_door_sessions(call->door), kz_gate_cookie(request));
    (void)!kz_audit_access(call->house, KZ_AUDIT_LOGOUT, call->user->id,
                           KZ_STR_NONE, &err);
  }
  answer_done(reply);
  set_cookie(request, reply, "", true);
}

void kz_native_me(void *ctx, const struct kz_request *request,
                  const struct kz_route_match *match, struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  (void)match;
  answer_user(reply, call->user, &call->session);
}

/* Whether the caller may change his ways in: not with a key that only reads.
 * Refuses otherwise. */
static bool may_change(const struct kz_call *call, struct kz_reply *reply) {
  if (call->user->read_only) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("this key may change nothing"));
    return false;
  }
  return true;
}

void kz_native_password(void *ctx, const struct kz_request *request,
                        const struct kz_route_match *match,
                        struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_shape_member members[] = {{.name = "old"}, {.name = "new"}};
  struct kz_err err = KZ_ERR_NONE;
  int64_t wait_us = 0;
  if (!may_change(call, reply)) {
    return;
  }
  kz_rc rc = kz_shape_read(request->body, request->arena, members, 2, &err);
  if (rc == KZ_OK) {
    rc = kz_door_change(call->house, call->door, call->user,
                        value_of(&members[0]), value_of(&members[1]),
                        request->peer, &wait_us, &err);
  }
  if (rc == KZ_E_BUSY && wait_us > 0) {
    refuse_wait(reply, wait_us);
  } else if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
  } else {
    answer_done(reply);
    set_cookie(request, reply, "", true);
  }
}

void kz_native_totp(void *ctx, const struct kz_request *request,
                    const struct kz_route_match *match,
                    struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  (void)match;
  struct kz_err err = KZ_ERR_NONE;
  char secret[KZ_TOTP_SECRET_TEXT];
  char uri[KZ_DOOR_URI];
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_jsonw w;
  if (!may_change(call, reply)) {
    return;
  }
  kz_rc rc = kz_door_totp_begin(call->house, call->user, secret, uri, &err);
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("secret"), kz_str_of(secret));
  kz_jsonw_member_str(&w, KZ_STR("uri"), kz_str_of(uri));
  kz_jsonw_object_end(&w);
  kz_shape_answer(reply, &json);
}

void kz_native_totp_confirm(void *ctx, const struct kz_request *request,
                            const struct kz_route_match *match,
                            struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  struct kz_shape_member member = {.name = "code"};
  struct kz_err err = KZ_ERR_NONE;
  if (!may_change(call, reply)) {
    return;
  }
  kz_rc rc = kz_shape_read(request->body, request->arena, &member, 1, &err);
  if (rc == KZ_OK) {
    rc = kz_door_totp_confirm(call->house, call->door, call->user,
                              kz_str_trim(value_of(&member)), &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_session_end_user(kz_door_sessions(call->door), call->user->id,
                      KZ_STR_NONE);
  answer_done(reply);
}

/* One's own, or another's by an administrator of the site: who lost his device
 * asks one. */
void kz_native_totp_remove(void *ctx, const struct kz_request *request,
                           const struct kz_route_match *match,
                           struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)request;
  struct kz_err err = KZ_ERR_NONE;
  uint64_t user = 0;
  if (!may_change(call, reply)) {
    return;
  }
  if (kz_str_u64(kz_route_capture(match, KZ_STR("user")), &user) != KZ_OK ||
      (user != call->user->id &&
       !kz_user_may(call->user, KZ_PERM_SITE_ADMIN))) {
    kz_shape_refuse(reply, 404, KZ_NOT_FOUND, KZ_STR("there is no such user"));
    return;
  }
  kz_rc rc = kz_door_totp_remove(call->house, user, &err);
  if (rc == KZ_NOT_FOUND) {
    kz_shape_refuse(reply, 404, rc, KZ_STR("there is no such user"));
    return;
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  answer_done(reply);
}
