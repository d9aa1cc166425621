#include "base/uuid.h"

#include "base/random.h"

enum {
  TEXT_LEN = 36,
  IS_HEX = 0x10, /* beside the digit's value, so that 0 says "no digit" */
};

/* Where the two digits of each byte begin. */
static const uint8_t places[16] = {0,  2,  4,  6,  9,  11, 14, 16,
                                   19, 21, 24, 26, 28, 30, 32, 34};

static const uint8_t hex_values[256] = {
    ['0'] = IS_HEX | 0,  ['1'] = IS_HEX | 1,  ['2'] = IS_HEX | 2,
    ['3'] = IS_HEX | 3,  ['4'] = IS_HEX | 4,  ['5'] = IS_HEX | 5,
    ['6'] = IS_HEX | 6,  ['7'] = IS_HEX | 7,  ['8'] = IS_HEX | 8,
    ['9'] = IS_HEX | 9,  ['a'] = IS_HEX | 10, ['b'] = IS_HEX | 11,
    ['c'] = IS_HEX | 12, ['d'] = IS_HEX | 13, ['e'] = IS_HEX | 14,
    ['f'] = IS_HEX | 15, ['A'] = IS_HEX | 10, ['B'] = IS_HEX | 11,
    ['C'] = IS_HEX | 12, ['D'] = IS_HEX | 13, ['E'] = IS_HEX | 14,
    ['F'] = IS_HEX | 15,
};

kz_rc kz_uuid_parse(kz_str text, struct kz_uuid *ret) {
  if (text.len != TEXT_LEN || text.ptr[8] != '-' || text.ptr[13] != '-' ||
      text.ptr[18] != '-' || text.ptr[23] != '-') {
    return KZ_E_INPUT;
  }
  struct kz_uuid uuid;
  unsigned all_hex = IS_HEX;
  for (size_t i = 0; i < sizeof uuid.bytes; i++) {
    unsigned high = hex_values[(unsigned char)text.ptr[places[i]]];
    unsigned low = hex_values[(unsigned char)text.ptr[places[i] + 1]];
    all_hex &= high & low;
    uuid.bytes[i] = (uint8_t)((high << 4) | (low & 0xF));
  }
  if (!all_hex) {
    return KZ_E_INPUT;
  }
  *ret = uuid;
  return KZ_OK;
}

kz_str kz_uuid_format(const struct kz_uuid *uuid, char out[KZ_UUID_TEXT]) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < sizeof uuid->bytes; i++) {
    out[places[i]] = digits[uuid->bytes[i] >> 4];
    out[places[i] + 1] = digits[uuid->bytes[i] & 0xF];
  }
  out[8] = out[13] = out[18] = out[23] = '-';
  out[TEXT_LEN] = '\0';
  return (kz_str){out, TEXT_LEN};
}

kz_rc kz_uuid_make(struct kz_uuid *ret) {
  uint8_t bytes[16];
  kz_rc rc = kz_random_secret(bytes, sizeof bytes);
  if (rc == KZ_OK) {
    *ret = kz_uuid_of_bytes(bytes);
  }
  return rc;
}

struct kz_uuid kz_uuid_of_bytes(const uint8_t bytes[16]) {
  struct kz_uuid uuid;
  memcpy(uuid.bytes, bytes, sizeof uuid.bytes);
  uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0F) | 0x40); /* version 4 */
  uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3F) | 0x80); /* RFC variant */
  return uuid;
}
