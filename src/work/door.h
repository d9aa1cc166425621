/* The door: logging in with e-mail address, password and one-time code.
 *
 * Failures cost the address they came from and the account a token each; with
 * none left nothing is looked at. A wrong address and a wrong password take the
 * same time and give the same answer. Passwords are hashed one at a time, so
 * that a flood of attempts cannot take the machine's memory. Each attempt is in
 * the audit log. Any thread. */
#ifndef KZ_WORK_DOOR_H
#define KZ_WORK_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "work/house.h"
#include "work/people.h"
#include "work/sessions.h"
#include "work/totp.h"

enum {
  KZ_DOOR_TRIES = 10,    /* in a row */
  KZ_DOOR_REFILL_S = 30, /* until there is one more */
  KZ_DOOR_URI = 512,     /* bytes of an otpauth URI */
};

struct kz_door;

KZ_MUST_USE kz_rc kz_door_new(struct kz_door **ret_door, struct kz_err *err);
void kz_door_free(struct kz_door *door); /* NULL is fine */

struct kz_sessions *kz_door_sessions(struct kz_door *door);

struct kz_login {
  kz_str email;
  kz_str password;
  kz_str code; /* one-time; empty: none */
  kz_str peer;
};

/* A reference to the user. KZ_E_DENIED with words. KZ_UNCHANGED: address and
 * password are right, a one-time code is due. KZ_E_BUSY: too many failures, try
 * again after `*ret_wait_us`. */
KZ_MUST_USE kz_rc kz_door_enter(struct kz_house *house, struct kz_door *door,
                                const struct kz_login *login,
                                const struct kz_user **ret_user,
                                int64_t *ret_wait_us, struct kz_err *err);

/* Changes one's own password: KZ_E_DENIED when `old` is wrong, KZ_E_INPUT when
 * the new one cannot be, KZ_E_BUSY as above. All sessions end. */
KZ_MUST_USE kz_rc kz_door_change(struct kz_house *house, struct kz_door *door,
                                 const struct kz_user *user, kz_str old,
                                 kz_str new, kz_str peer, int64_t *ret_wait_us,
                                 struct kz_err *err);

/* One-time codes: makes a secret, which counts once a code of it was given;
 * takes it away. KZ_E_DENIED: a wrong code. */
KZ_MUST_USE kz_rc kz_door_totp_begin(struct kz_house *house,
                                     const struct kz_user *user,
                                     char ret_secret[KZ_TOTP_SECRET_TEXT],
                                     char ret_uri[KZ_DOOR_URI],
                                     struct kz_err *err);
KZ_MUST_USE kz_rc kz_door_totp_confirm(struct kz_house *house,
                                       struct kz_door *door,
                                       const struct kz_user *user, kz_str code,
                                       struct kz_err *err);
KZ_MUST_USE kz_rc kz_door_totp_remove(struct kz_house *house, uint64_t user,
                                      struct kz_err *err);

#endif
