/* Passwords: argon2id, as libsodium does it, in its text form
 * ("$argon2id$v=19$m=...", which carries salt and cost). One takes some 90 ms
 * and 64 MiB, so that guessing is dear: callers limit how often it is asked
 * for. Any thread. */
#ifndef KZ_WORK_PASSWORD_H
#define KZ_WORK_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum { KZ_PASSWORD_MAX = 1024 /* bytes */ };

/* The text to keep, in `arena`. KZ_E_INPUT with words: shorter than `least`
 * bytes, or too long. */
KZ_MUST_USE kz_rc kz_password_hash(kz_str password, size_t least,
                                   struct kz_arena *arena, kz_str *ret_text,
                                   struct kz_err *err);

/* Whether it is the password of that text. With an empty text (there is no such
 * user, or he has none) the answer is no and takes as long. */
bool kz_password_fits(kz_str password, kz_str text);

#endif
