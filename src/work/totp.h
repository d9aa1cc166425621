/* One-time codes (RFC 6238): six digits of an HMAC-SHA1 over the half minute,
 * as all authenticator apps know them. Pure functions. */
#ifndef KZ_WORK_TOTP_H
#define KZ_WORK_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

enum {
  KZ_TOTP_SECRET = 20,      /* bytes */
  KZ_TOTP_SECRET_TEXT = 33, /* in base32 (RFC 4648), and the NUL */
  KZ_TOTP_STEP_S = 30,
};

/* A new secret's text. KZ_E_IO when the system has no randomness. */
KZ_MUST_USE kz_rc kz_totp_make(char text[KZ_TOTP_SECRET_TEXT]);

/* The bytes of a secret's text; KZ_E_INPUT. */
KZ_MUST_USE kz_rc kz_totp_read(kz_str text, uint8_t secret[KZ_TOTP_SECRET]);

/* The code of a step (half minutes since 1970) as a number below 1000000. */
uint32_t kz_totp_code(const uint8_t secret[KZ_TOTP_SECRET], uint64_t step);

/* The step that `code` (six digits) is of, among that of `now_s` and its two
 * neighbours, later than `after`; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_totp_match(const uint8_t secret[KZ_TOTP_SECRET],
                                kz_str code, uint64_t now_s, uint64_t after,
                                uint64_t *ret_step);

#endif
