#include "text/coin.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>

enum {
  BASE58_MIN = 26,
  BASE58_MAX = 35,
  PAYLOAD = 21, /* version and 160 bits */
  CHECKSUM = 4,
  BECH32_MIN = 14,
  BECH32_MAX = 90,
  BECH32_SUM = 1,
  BECH32M_SUM = 0x2bc830a3,
};

/* The digit's place in `alphabet`; -1 when it is none. */
static int place_of(const char *alphabet, char c) {
  const char *at = c ? strchr(alphabet, c) : NULL;
  return at ? (int)(at - alphabet) : -1;
}

/* Writes the number that `word` is in base 58 to 25 bytes; false when it has
 * other digits or does not fit. */
static bool read_base58(kz_str word, uint8_t out[PAYLOAD + CHECKSUM]) {
  static const char alphabet[] =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  memset(out, 0, PAYLOAD + CHECKSUM);
  for (size_t i = 0; i < word.len; i++) {
    int digit = place_of(alphabet, word.ptr[i]);
    if (digit < 0) {
      return false;
    }
    unsigned carry = (unsigned)digit;
    for (size_t n = PAYLOAD + CHECKSUM; n > 0; n--) {
      carry += out[n - 1] * 58u;
      out[n - 1] = (uint8_t)carry;
      carry >>= 8;
    }
    if (carry != 0) {
      return false;
    }
  }
  return true;
}

static bool is_base58(kz_str word) {
  uint8_t bytes[PAYLOAD + CHECKSUM];
  uint8_t once[crypto_hash_sha256_BYTES];
  uint8_t twice[crypto_hash_sha256_BYTES];
  if (word.len < BASE58_MIN || word.len > BASE58_MAX ||
      (word.ptr[0] != '1' && word.ptr[0] != '3') || !read_base58(word, bytes) ||
      (bytes[0] != 0 && bytes[0] != 5)) {
    return false;
  }
  (void)crypto_hash_sha256(once, bytes, PAYLOAD);
  (void)crypto_hash_sha256(twice, once, sizeof once);
  return memcmp(twice, bytes + PAYLOAD, CHECKSUM) == 0;
}

static uint32_t add_to_sum(uint32_t sum, uint32_t digit) {
  static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                       0x3d4233dd, 0x2a1462b3};
  uint32_t top = sum >> 25;
  sum = (sum & 0x1ffffff) << 5 ^ digit;
  for (unsigned i = 0; i < 5; i++) {
    if (top >> i & 1) {
      sum ^= generator[i];
    }
  }
  return sum;
}

static bool is_bech32(kz_str word) {
  static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  if (!kz_str_eq_nocase(kz_str_head(word, 3), KZ_STR("bc1"))) {
    return false;
  }
  bool has_lower = false;
  bool has_upper = false;
  uint32_t sum = 1;
  for (const char *c = "\x03\x03"; *c; c++) { /* upper bits of "bc", then 0, */
    sum = add_to_sum(sum, (uint32_t)*c);
  }
  sum = add_to_sum(sum, 0);
  sum = add_to_sum(sum, 'b' & 31); /* then their lower bits */
  sum = add_to_sum(sum, 'c' & 31);
  for (size_t i = 0; i < word.len; i++) {
    char c = word.ptr[i];
    has_lower |= c >= 'a' && c <= 'z';
    has_upper |= c >= 'A' && c <= 'Z';
    int digit = i < 3 ? 0 : place_of(alphabet, kz_to_lower(c));
    if (digit < 0) {
      return false;
    }
    sum = i < 3 ? sum : add_to_sum(sum, (uint32_t)digit);
  }
  return !(has_lower && has_upper) && (sum == BECH32_SUM || sum == BECH32M_SUM);
}

bool kz_coin_is_btc(kz_str word) {
  if (word.len < BECH32_MIN || word.len > BECH32_MAX) {
    return false;
  }
  return is_base58(word) || is_bech32(word);
}
