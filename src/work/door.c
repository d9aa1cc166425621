#include "work/door.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "net/limit.h"
#include "work/audit.h"
#include "work/password.h"
#include "work/settings.h"

enum { BUCKETS = 4096, ARENA_BYTES = 16 << 20, USERS_MAX = 1 << 24 };

struct kz_door {
  struct kz_sessions *sessions;
  struct kz_limit *addresses;
  struct kz_limit *accounts;
  pthread_mutex_t hashing; /* one password at a time */
  pthread_mutex_t lock;    /* guards the steps */
  struct kz_intmap *steps; /* user -> last step of a code that was used */
};

kz_rc kz_door_new(struct kz_door **ret_door, struct kz_err *err) {
  const struct kz_limit_config config = {
      .buckets = BUCKETS,
      .burst = KZ_DOOR_TRIES,
      .refill_us = KZ_DOOR_REFILL_S * KZ_SECOND_US,
  };
  struct kz_door *door = calloc(1, sizeof *door);
  if (!door) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  pthread_mutex_init(&door->hashing, NULL);
  pthread_mutex_init(&door->lock, NULL);
  door->steps = kz_intmap_new(USERS_MAX);
  kz_rc rc = door->steps ? kz_sessions_new(&door->sessions, err)
                         : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    rc = kz_limit_new(&config, &door->addresses, err);
  }
  if (rc == KZ_OK) {
    rc = kz_limit_new(&config, &door->accounts, err);
  }
  if (rc != KZ_OK) {
    kz_door_free(door);
    return rc;
  }
  *ret_door = door;
  return KZ_OK;
}

void kz_door_free(struct kz_door *door) {
  if (door) {
    kz_sessions_free(door->sessions);
    kz_limit_free(door->addresses);
    kz_limit_free(door->accounts);
    kz_intmap_free(door->steps);
    pthread_mutex_destroy(&door->lock);
    pthread_mutex_destroy(&door->hashing);
    free(door);
  }
}

struct kz_sessions *kz_door_sessions(struct kz_door *door) {
  return door->sessions;
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

/* --- an attempt ------------------------------------------------------------
 */

/* What an attempt counts under. */
struct names {
  char room[INET6_ADDRSTRLEN];
  kz_str address;
  kz_str account; /* in lower case */
};

static kz_rc name_attempt(kz_str peer, kz_str email, struct kz_arena *arena,
                          struct names *ret) {
  char *account = kz_arena_text(arena, email.len + 1);
  if (!account) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < email.len; i++) {
    account[i] = kz_to_lower(email.ptr[i]);
  }
  ret->account = (kz_str){account, email.len};
  ret->address = kz_limit_name(peer, ret->room);
  return KZ_OK;
}

static int64_t wait_for(struct kz_door *door, const struct names *names) {
  int64_t now = kz_clock_monotonic_us();
  int64_t address = kz_limit_wait(door->addresses, names->address, now);
  int64_t account = kz_limit_wait(door->accounts, names->account, now);
  return address > account ? address : account;
}

static void pay(struct kz_door *door, const struct names *names) {
  int64_t now = kz_clock_monotonic_us();
  (void)kz_limit_take(door->addresses, names->address, now);
  (void)kz_limit_take(door->accounts, names->account, now);
}

static bool password_fits(struct kz_door *door, kz_str password, kz_str text) {
  pthread_mutex_lock(&door->hashing);
  bool fits = kz_password_fits(password, text);
  pthread_mutex_unlock(&door->hashing);
  return fits;
}

/* Whether the code is right and was not used before. */
static bool code_fits(struct kz_door *door, uint64_t user, kz_str text,
                      kz_str code) {
  uint8_t secret[KZ_TOTP_SECRET];
  uint64_t step = 0;
  uint64_t last = 0;
  if (kz_totp_read(text, secret) != KZ_OK) {
    return false;
  }
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  pthread_mutex_lock(&door->lock);
  (void)kz_intmap_get(door->steps, user, &last);
  bool fits = kz_totp_match(secret, code, now, last, &step) == KZ_OK &&
              kz_intmap_put(door->steps, user, step) == KZ_OK;
  pthread_mutex_unlock(&door->lock);
  return fits;
}

/* The user of an e-mail address and his document; both NULL when there is
 * none. */
static kz_rc find_user(struct kz_house *house, kz_str email,
                       struct kz_arena *arena, const struct kz_user **ret_user,
                       struct kz_jsonv **ret_document, struct kz_err *err) {
  *ret_user = NULL;
  *ret_document = NULL;
  kz_rc rc = kz_people_find(house->people, email, ret_user);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(kz_people_shelf(house->people), (*ret_user)->id, arena,
                      ret_document, err);
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

static bool may_enter(const struct kz_user *user) {
  return !user->disabled &&
         (user->expires_us == 0 || user->expires_us > kz_clock_now_us());
}

/* Notes the attempt; the log's failure does not keep anybody out. */
static void tell(struct kz_house *house, const struct kz_login *login,
                 const struct kz_user *user, enum kz_audit_action action) {
  KZ_BUF(detail, 1 << 16);
  struct kz_jsonw w;
  struct kz_err err = KZ_ERR_NONE;
  bool tells = kz_settings_flag(house->settings, KZ_SETTING_log_client_ip);
  const struct kz_actor actor =
      kz_actor_of(user ? user->id : 0, user ? user->org.id : 0, 0,
                  tells ? login->peer : KZ_STR_NONE);
  kz_jsonw_init(&w, &detail);
  kz_jsonw_object(&w);
  if (!user) {
    kz_jsonw_member_str(&w, KZ_STR("email"), kz_str_head(login->email, 255));
  }
  kz_jsonw_object_end(&w);
  kz_actor_set(&actor);
  (void)!kz_audit_access(house, action, user ? user->id : 0,
                         kz_buf_str(&detail), &err);
  kz_actor_set(NULL);
}

/* Password, account and code, in this order. */
static kz_rc judge(struct kz_door *door, const struct kz_login *login,
                   const struct kz_user *user, const struct kz_jsonv *document,
                   struct kz_err *err) {
  kz_str text = kz_jsonv_text(document, KZ_STR("password"));
  kz_str totp = kz_jsonv_text(document, KZ_STR("totp"));
  if (!password_fits(door, login->password, text) || !user ||
      !may_enter(user)) {
    return kz_err_set(err, KZ_E_DENIED, "wrong e-mail address or password");
  }
  if (totp.len == 0) {
    return KZ_OK;
  }
  if (login->code.len == 0) {
    return KZ_UNCHANGED;
  }
  return code_fits(door, user->id, totp, login->code)
             ? KZ_OK
             : kz_err_set(err, KZ_E_DENIED, "wrong one-time code");
}

kz_rc kz_door_enter(struct kz_house *house, struct kz_door *door,
                    const struct kz_login *login,
                    const struct kz_user **ret_user, int64_t *ret_wait_us,
                    struct kz_err *err) {
  struct names names;
  const struct kz_user *user = NULL;
  struct kz_jsonv *document = NULL;
  KZ_ARENA(arena, ARENA_BYTES);
  if (!arena ||
      name_attempt(login->peer, login->email, arena, &names) != KZ_OK) {
    return no_memory(err);
  }
  *ret_wait_us = wait_for(door, &names);
  if (*ret_wait_us > 0) {
    return kz_err_set(err, KZ_E_BUSY, "too many failed attempts");
  }
  kz_rc rc = find_user(house, login->email, arena, &user, &document, err);
  if (rc == KZ_OK) {
    rc = judge(door, login, user, document, err);
  }
  if (rc == KZ_E_DENIED) {
    pay(door, &names);
    tell(house, login, user, KZ_AUDIT_LOGIN_FAILED);
  }
  if (rc != KZ_OK) {
    kz_user_unref(user);
    return rc;
  }
  tell(house, login, user, KZ_AUDIT_LOGIN);
  *ret_user = user;
  return KZ_OK;
}

/* --- what a user changes of his ways in -------------------------------------
 */

static size_t least_length(struct kz_house *house) {
  return (size_t)kz_settings_number(house->settings,
                                    KZ_SETTING_password_length);
}

kz_rc kz_door_change(struct kz_house *house, struct kz_door *door,
                     const struct kz_user *user, kz_str old, kz_str new,
                     kz_str peer, int64_t *ret_wait_us, struct kz_err *err) {
  struct names names;
  struct kz_jsonv *document = NULL;
  kz_str text;
  uint64_t id = user->id;
  KZ_ARENA(arena, ARENA_BYTES);
  if (!arena || name_attempt(peer, user->email, arena, &names) != KZ_OK) {
    return no_memory(err);
  }
  *ret_wait_us = wait_for(door, &names);
  if (*ret_wait_us > 0) {
    return kz_err_set(err, KZ_E_BUSY, "too many failed attempts");
  }
  kz_rc rc =
      kz_shelf_get(kz_people_shelf(house->people), id, arena, &document, err);
  if (rc == KZ_OK &&
      !password_fits(door, old, kz_jsonv_text(document, KZ_STR("password")))) {
    pay(door, &names);
    return kz_err_set(err, KZ_E_DENIED, "the old password is wrong");
  }
  if (rc == KZ_OK) {
    rc = kz_password_hash(new, least_length(house), arena, &text, err);
  }
  if (rc == KZ_OK &&
      (!kz_jsonv_set_str(document, KZ_STR("password"), text, arena) ||
       !kz_jsonv_set_bool(document, KZ_STR("change_pw"), false, arena))) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    rc = kz_people_save(house->people, &id, document, arena, err);
  }
  if (rc == KZ_OK) {
    kz_session_end_user(door->sessions, id, KZ_STR_NONE);
  }
  return rc;
}

/* Sets a member of the user's document, or takes it away (`text` ptr NULL), and
 * takes away "totp_pending" when that is not the one. */
static kz_rc put_secret(struct kz_house *house, uint64_t user, kz_str name,
                        kz_str text, struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  KZ_ARENA(arena, ARENA_BYTES);
  kz_rc rc = arena ? kz_shelf_get(kz_people_shelf(house->people), user, arena,
                                  &document, err)
                   : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_jsonv_drop(document, KZ_STR("totp_pending"));
  if (!text.ptr) {
    kz_jsonv_drop(document, name);
  } else if (!kz_jsonv_set_str(document, name, text, arena)) {
    return no_memory(err);
  }
  return kz_people_save(house->people, &user, document, arena, err);
}

kz_rc kz_door_totp_begin(struct kz_house *house, const struct kz_user *user,
                         char ret_secret[KZ_TOTP_SECRET_TEXT],
                         char ret_uri[KZ_DOOR_URI], struct kz_err *err) {
  if (kz_totp_make(ret_secret) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
  }
  /* An e-mail address has no byte that a URI's path cannot, but '%' and '?'. */
  char label[256] = "";
  size_t len = 0;
  for (size_t i = 0; i < user->email.len && len + 1 < sizeof label; i++) {
    char c = user->email.ptr[i];
    label[len++] = kz_is_alnum(c) || c == '@' || c == '.' || c == '-' ? c : '_';
  }
  label[len] = '\0';
  snprintf(ret_uri, KZ_DOOR_URI,
           "otpauth://totp/kizashi:%s?secret=%s&issuer=kizashi", label,
           ret_secret);
  return put_secret(house, user->id, KZ_STR("totp_pending"),
                    kz_str_of(ret_secret), err);
}

kz_rc kz_door_totp_confirm(struct kz_house *house, struct kz_door *door,
                           const struct kz_user *user, kz_str code,
                           struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  KZ_ARENA(arena, ARENA_BYTES);
  kz_rc rc = arena ? kz_shelf_get(kz_people_shelf(house->people), user->id,
                                  arena, &document, err)
                   : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_str secret = kz_jsonv_text(document, KZ_STR("totp_pending"));
  if (!code_fits(door, user->id, secret, code)) {
    return kz_err_set(err, KZ_E_DENIED, "wrong one-time code");
  }
  return put_secret(house, user->id, KZ_STR("totp"), secret, err);
}

kz_rc kz_door_totp_remove(struct kz_house *house, uint64_t user,
                          struct kz_err *err) {
  return put_secret(house, user, KZ_STR("totp"), KZ_STR_NONE, err);
}
