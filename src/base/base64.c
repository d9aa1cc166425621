#include "base/base64.h"

#include <stdint.h>

static int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (kz_is_digit(c)) {
    return c - '0' + 52;
  }
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

kz_rc kz_base64_decode(kz_str text, struct kz_buf *out) {
  uint32_t bits = 0;
  unsigned have = 0;   /* bits that wait */
  unsigned digits = 0; /* of the last group of four */
  unsigned padding = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (kz_is_space(c)) {
      continue;
    }
    if (c == '=') {
      padding++;
      continue;
    }
    int digit = digit_of(c);
    if (digit < 0 || padding > 0) {
      return KZ_E_INPUT;
    }
    bits = (bits << 6 | (uint32_t)digit) & 0x3fff;
    have += 6;
    digits = (digits + 1) % 4;
    if (have >= 8) {
      have -= 8;
      if (!kz_buf_add_byte(out, (char)(bits >> have & 0xff))) {
        return KZ_E_MEMORY;
      }
    }
  }
  bool is_whole =
      digits != 1 && padding <= 2 && (bits & ((1u << have) - 1)) == 0;
  return is_whole ? KZ_OK : KZ_E_INPUT;
}

bool kz_base64_encode(kz_str bytes, struct kz_buf *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.len; i += 3) {
    size_t left = bytes.len - i;
    uint32_t group = (uint32_t)(uint8_t)bytes.ptr[i] << 16;
    group |= left > 1 ? (uint32_t)(uint8_t)bytes.ptr[i + 1] << 8 : 0;
    group |= left > 2 ? (uint32_t)(uint8_t)bytes.ptr[i + 2] : 0;
    const char four[4] = {digits[group >> 18], digits[group >> 12 & 63],
                          left > 1 ? digits[group >> 6 & 63] : '=',
                          left > 2 ? digits[group & 63] : '='};
    kz_buf_add(out, four, sizeof four);
  }
  return !kz_buf_failed(out);
}
