#include "api/gate.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "net/limit.h"
#include "store/actor.h"
#include "work/settings.h"

/* MISP's limits of roles count in windows of this length. */
#define WINDOW_US (15 * KZ_MINUTE_US)

enum { USERS_MAX = 1 << 22 };
enum { ADDRESSES = 4096 /* that are remembered for wrong keys */ };

struct kz_gate {
  struct kz_house *house;
  struct kz_people *people;
  struct kz_door *door;
  struct kz_limit *limit;
  struct kz_limit *strangers;
  pthread_mutex_t lock;    /* guards what follows */
  struct kz_intmap *usage; /* user -> requests in this window */
  int64_t window;          /* number of the window */
};

kz_rc kz_gate_new(struct kz_house *house, struct kz_gate **ret_gate,
                  struct kz_err *err) {
  const struct kz_limit_config config = {
      .buckets = ADDRESSES,
      .burst = KZ_GATE_TRIES,
      .refill_us = KZ_GATE_REFILL_S * KZ_SECOND_US,
  };
  struct kz_gate *gate = calloc(1, sizeof *gate);
  if (!gate) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  gate->house = house;
  gate->people = house->people;
  kz_rc rc = kz_limit_new(&config, &gate->limit, err);
  const struct kz_limit_config of_strangers = {
      .buckets = ADDRESSES,
      .burst = KZ_GATE_STRANGER_TRIES,
      .refill_us = KZ_GATE_STRANGER_REFILL_S * KZ_SECOND_US,
  };
  if (rc == KZ_OK) {
    rc = kz_limit_new(&of_strangers, &gate->strangers, err);
  }
  pthread_mutex_init(&gate->lock, NULL);
  gate->usage = kz_intmap_new(USERS_MAX);
  if (rc == KZ_OK && !gate->usage) {
    rc = kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  if (rc == KZ_OK) {
    rc = kz_door_new(&gate->door, err);
  }
  if (rc != KZ_OK) {
    kz_gate_free(gate);
    return rc;
  }
  *ret_gate = gate;
  return KZ_OK;
}

void kz_gate_free(struct kz_gate *gate) {
  if (gate) {
    kz_limit_free(gate->limit);
    kz_limit_free(gate->strangers);
    kz_door_free(gate->door);
    kz_intmap_free(gate->usage);
    pthread_mutex_destroy(&gate->lock);
    free(gate);
  }
}

static kz_str key_of(const struct kz_request *request) {
  static const char bearer[] = "bearer ";
  kz_str key = kz_request_header(request, KZ_STR("Authorization"));
  if (key.len == 0) {
    key = kz_request_header(request, KZ_STR("X-MISP-AUTH"));
  }
  key = kz_str_trim(key);
  if (kz_str_eq_nocase(kz_str_head(key, sizeof bearer - 1),
                       kz_str_of(bearer))) {
    key = kz_str_trim(kz_str_from(key, sizeof bearer - 1));
  }
  return key;
}

static void act_for(const struct kz_gate *gate, const struct kz_user *user,
                    uint64_t key, kz_str peer) {
  bool tells =
      kz_settings_flag(gate->house->settings, KZ_SETTING_log_client_ip);
  const struct kz_actor actor =
      kz_actor_of(user->id, user->org.id, key, tells ? peer : KZ_STR_NONE);
  kz_actor_set(&actor);
}

kz_rc kz_gate_stranger(struct kz_gate *gate, const struct kz_request *request,
                       int64_t *ret_wait_us) {
  char address[INET6_ADDRSTRLEN];
  if (request->is_local) {
    return KZ_OK;
  }
  *ret_wait_us =
      kz_limit_take(gate->strangers, kz_limit_name(request->peer, address),
                    kz_clock_monotonic_us());
  return *ret_wait_us > 0 ? KZ_E_BUSY : KZ_OK;
}

struct kz_door *kz_gate_door(struct kz_gate *gate) {
  return gate->door;
}

kz_str kz_gate_cookie(const struct kz_request *request) {
  kz_str rest = kz_request_header(request, KZ_STR("Cookie"));
  kz_str piece;
  while (kz_str_next(&rest, ';', &piece)) {
    kz_str name = KZ_STR(KZ_GATE_COOKIE "=");
    piece = kz_str_trim(piece);
    if (kz_str_starts(piece, name)) {
      return kz_str_from(piece, name.len);
    }
  }
  return KZ_STR_NONE;
}

/* Who still has to set up one-time codes gets no further than that. */
static bool is_for_limited(const struct kz_request *request) {
  static const char *const names[] = {"me", "logout", "totp"};
  if (request->segment_count < 2 ||
      !kz_str_eq(request->segments[0], KZ_STR("api"))) {
    return false;
  }
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (kz_str_eq(request->segments[1], kz_str_of(names[i]))) {
      return true;
    }
  }
  return false;
}

static bool is_reading(const struct kz_request *request) {
  return request->method == KZ_METHOD_GET || request->method == KZ_METHOD_HEAD;
}

/* Whether a user in hand may still use the session. */
static bool is_good(const struct kz_session *session,
                    const struct kz_user *user) {
  return !user->disabled && user->password_tag == session->password_tag &&
         (user->expires_us == 0 || user->expires_us > kz_clock_now_us());
}

static kz_rc check_session(struct kz_gate *gate,
                           const struct kz_request *request, kz_str token,
                           const struct kz_user **ret_user,
                           struct kz_session *ret_session) {
  struct kz_session session;
  const struct kz_user *user = NULL;
  int64_t idle =
      kz_settings_number(gate->house->settings, KZ_SETTING_session_timeout) *
      KZ_MINUTE_US;
  kz_str csrf = kz_request_header(request, KZ_STR(KZ_GATE_CSRF));
  kz_rc rc =
      kz_session_find(kz_door_sessions(gate->door), token, idle, &session);
  if (rc == KZ_OK && !is_reading(request) &&
      (csrf.len != KZ_SESSION_TEXT - 1 ||
       sodium_memcmp(csrf.ptr, session.csrf, csrf.len) != 0)) {
    rc = KZ_E_DENIED;
  }
  if (rc == KZ_OK && session.is_limited && !is_for_limited(request)) {
    rc = KZ_E_DENIED;
  }
  if (rc == KZ_OK &&
      kz_people_get(gate->people, session.user, &user) != KZ_OK) {
    rc = KZ_E_DENIED;
  }
  if (rc == KZ_OK && !is_good(&session, user)) {
    kz_user_unref(user);
    kz_session_end(kz_door_sessions(gate->door), token);
    rc = KZ_E_DENIED;
  }
  if (rc == KZ_OK) {
    act_for(gate, user, 0, request->peer);
    *ret_user = user;
    *ret_session = session;
  }
  return rc;
}

/* Counts a request of a user whose role has a limit. KZ_E_LIMIT and the time
 * until the window ends when it is one too many. */
static kz_rc count_use(struct kz_gate *gate, const struct kz_user *user,
                       int64_t now_us, int64_t *ret_wait_us) {
  uint64_t count = 0;
  int64_t window = now_us / WINDOW_US;
  if (user->role.rate_limit == 0) {
    return KZ_OK;
  }
  pthread_mutex_lock(&gate->lock);
  if (window != gate->window) {
    gate->window = window;
    for (size_t i = 0; i < kz_intmap_count(gate->usage); i++) {
      kz_intmap_set(gate->usage, i, 0);
    }
  }
  (void)kz_intmap_get(gate->usage, user->id, &count);
  bool fits = count < user->role.rate_limit &&
              kz_intmap_put(gate->usage, user->id, count + 1) == KZ_OK;
  pthread_mutex_unlock(&gate->lock);
  if (!fits) {
    *ret_wait_us = (window + 1) * WINDOW_US - now_us;
  }
  return fits ? KZ_OK : KZ_E_LIMIT;
}

kz_rc kz_gate_check(struct kz_gate *gate, const struct kz_request *request,
                    const struct kz_user **ret_user,
                    struct kz_session *ret_session, int64_t *ret_wait_us) {
  char address[INET6_ADDRSTRLEN];
  uint64_t id = 0;
  kz_str key = key_of(request);
  kz_str token = kz_gate_cookie(request);
  ret_session->user = 0;
  if (request->is_local) {
    *ret_user = kz_people_owner(gate->people);
    act_for(gate, *ret_user, 0, KZ_STR_NONE);
    return KZ_OK;
  }
  if (key.len == 0 && token.len > 0) {
    return check_session(gate, request, token, ret_user, ret_session);
  }
  kz_str name = kz_limit_name(request->peer, address);
  int64_t now = kz_clock_monotonic_us();
  int64_t wait = kz_limit_wait(gate->limit, name, now);
  if (wait > 0) {
    *ret_wait_us = wait;
    return KZ_E_BUSY;
  }
  kz_rc rc = kz_people_check(gate->people, key, request->peer, ret_user, &id);
  if (rc != KZ_OK) {
    (void)kz_limit_take(gate->limit, name, now);
    return rc;
  }
  rc = count_use(gate, *ret_user, now, ret_wait_us);
  if (rc != KZ_OK) {
    kz_user_unref(*ret_user);
    *ret_user = NULL;
    return rc;
  }
  act_for(gate, *ret_user, id, request->peer);
  return rc;
}
