#include "work/totp.h"

#include <nettle/hmac.h>
#include <string.h>

#include "base/random.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

kz_rc kz_totp_make(char text[KZ_TOTP_SECRET_TEXT]) {
  uint8_t secret[KZ_TOTP_SECRET];
  kz_rc rc = kz_random_secret(secret, sizeof secret);
  if (rc != KZ_OK) {
    return rc;
  }
  /* Five bytes are eight letters, without a rest. */
  for (size_t i = 0; i < KZ_TOTP_SECRET_TEXT - 1; i++) {
    size_t bit = i * 5;
    unsigned pair = (unsigned)secret[bit / 8] << 8 |
                    (bit / 8 + 1 < sizeof secret ? secret[bit / 8 + 1] : 0u);
    text[i] = letters[pair >> (11 - bit % 8) & 31];
  }
  text[KZ_TOTP_SECRET_TEXT - 1] = '\0';
  return KZ_OK;
}

kz_rc kz_totp_read(kz_str text, uint8_t secret[KZ_TOTP_SECRET]) {
  uint8_t bytes[KZ_TOTP_SECRET] = {0};
  if (text.len != KZ_TOTP_SECRET_TEXT - 1) {
    return KZ_E_INPUT;
  }
  for (size_t i = 0; i < text.len; i++) {
    const char *at = memchr(letters, kz_to_upper(text.ptr[i]), 32);
    size_t bit = i * 5;
    if (!at) {
      return KZ_E_INPUT;
    }
    unsigned pair = (unsigned)(at - letters) << (11 - bit % 8);
    bytes[bit / 8] |= (uint8_t)(pair >> 8);
    if (bit / 8 + 1 < sizeof bytes) {
      bytes[bit / 8 + 1] |= (uint8_t)(pair & 0xFF);
    }
  }
  memcpy(secret, bytes, sizeof bytes);
  return KZ_OK;
}

/* RFC 4226, section 5.3. */
uint32_t kz_totp_code(const uint8_t secret[KZ_TOTP_SECRET], uint64_t step) {
  struct hmac_sha1_ctx hmac;
  uint8_t digest[SHA1_DIGEST_SIZE];
  uint64_t big = __builtin_bswap64(step);
  hmac_sha1_set_key(&hmac, KZ_TOTP_SECRET, secret);
  hmac_sha1_update(&hmac, sizeof big, (const uint8_t *)&big);
  hmac_sha1_digest(&hmac, sizeof digest, digest);
  const uint8_t *at = digest + (digest[sizeof digest - 1] & 15);
  uint32_t number = (uint32_t)(at[0] & 0x7F) << 24 | (uint32_t)at[1] << 16 |
                    (uint32_t)at[2] << 8 | at[3];
  return number % 1000000;
}

kz_rc kz_totp_match(const uint8_t secret[KZ_TOTP_SECRET], kz_str code,
                    uint64_t now_s, uint64_t after, uint64_t *ret_step) {
  uint64_t number = 0;
  uint64_t now = now_s / KZ_TOTP_STEP_S;
  uint64_t found = 0;
  if (code.len != 6 || kz_str_u64(code, &number) != KZ_OK || now == 0) {
    return KZ_NOT_FOUND;
  }
  for (uint64_t step = now - 1; step <= now + 1; step++) {
    if (step > after && kz_totp_code(secret, step) == number) {
      found = step;
    }
  }
  if (found == 0) {
    return KZ_NOT_FOUND;
  }
  *ret_step = found;
  return KZ_OK;
}
