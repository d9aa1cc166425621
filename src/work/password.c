#include "work/password.h"

#include <sodium.h>

/* libsodium's advice for where a person waits: 88 ms of one core, measured on a
 * 2-core machine that was busy. */
enum {
  COST = crypto_pwhash_OPSLIMIT_INTERACTIVE,
  MEMORY = crypto_pwhash_MEMLIMIT_INTERACTIVE,
};

kz_rc kz_password_hash(kz_str password, size_t least, struct kz_arena *arena,
                       kz_str *ret_text, struct kz_err *err) {
  char text[crypto_pwhash_STRBYTES];
  if (password.len < least || password.len > KZ_PASSWORD_MAX) {
    return kz_err_set(err, KZ_E_INPUT,
                      "password: between %zu and %d characters are due", least,
                      KZ_PASSWORD_MAX);
  }
  if (crypto_pwhash_str(text, password.ptr, password.len, COST, MEMORY) != 0 ||
      kz_arena_dup(arena, kz_str_of(text), ret_text) != KZ_OK) {
    return kz_err_set(err, KZ_E_MEMORY, "password: out of memory");
  }
  return KZ_OK;
}

bool kz_password_fits(kz_str password, kz_str text) {
  char kept[crypto_pwhash_STRBYTES] = "";
  if (password.len > KZ_PASSWORD_MAX || text.len >= sizeof kept) {
    return false;
  }
  if (text.len == 0) {
    (void)!crypto_pwhash_str(kept, "no such user", 12, COST, MEMORY);
    return false;
  }
  memcpy(kept, text.ptr, text.len);
  return crypto_pwhash_str_verify(kept, password.ptr, password.len) == 0;
}
