/* Written from RFC 1321: four rounds of sixteen steps over blocks of 64 bytes,
 * the rest padded with a one bit, zeros and the length in bits. The sines of
 * the RFC's table T are constants here, as they need no libm then. */
#include "base/md5.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_AT = 56, STEPS = 64 };

static const uint32_t sines[STEPS] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
    0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
    0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
    0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
    0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
    0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
    0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static const uint8_t turns[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t turn_left(uint32_t n, unsigned by) {
  return n << by | n >> (32 - by);
}

static uint32_t word_at(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
         (uint32_t)at[3] << 24;
}

/* The RFC's F, G, H, I of the step, and which word of the block it takes. */
static uint32_t mix(unsigned step, const uint32_t s[4], unsigned *ret_word) {
  switch (step / 16) {
  case 0:
    *ret_word = step;
    return (s[1] & s[2]) | (~s[1] & s[3]);
  case 1:
    *ret_word = (5 * step + 1) % 16;
    return (s[1] & s[3]) | (s[2] & ~s[3]);
  case 2:
    *ret_word = (3 * step + 5) % 16;
    return s[1] ^ s[2] ^ s[3];
  }
  *ret_word = 7 * step % 16;
  return s[2] ^ (s[1] | ~s[3]);
}

static void take_block(uint32_t state[4], const uint8_t *block) {
  uint32_t s[4] = {state[0], state[1], state[2], state[3]};
  for (unsigned step = 0; step < STEPS; step++) {
    unsigned word = 0;
    uint32_t sum = s[0] + mix(step, s, &word) + sines[step];
    sum += word_at(block + (size_t)word * 4);
    uint32_t next = s[1] + turn_left(sum, turns[step / 16][step % 4]);
    s[0] = s[3];
    s[3] = s[2];
    s[2] = s[1];
    s[1] = next;
  }
  for (unsigned i = 0; i < 4; i++) {
    state[i] += s[i];
  }
}

void kz_md5(kz_str data, uint8_t ret[KZ_MD5_BYTES]) {
  uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const uint8_t *at = (const uint8_t *)data.ptr;
  size_t left = data.len;
  for (; left >= BLOCK; left -= BLOCK, at += BLOCK) {
    take_block(state, at);
  }
  uint8_t tail[2 * BLOCK] = {0};
  size_t blocks = left < LENGTH_AT ? 1 : 2;
  if (left > 0) {
    memcpy(tail, at, left);
  }
  tail[left] = 0x80;
  uint64_t bits = (uint64_t)data.len * 8;
  for (unsigned i = 0; i < 8; i++) {
    tail[blocks * BLOCK - 8 + i] = (uint8_t)(bits >> (8 * i));
  }
  for (size_t i = 0; i < blocks; i++) {
    take_block(state, tail + i * BLOCK);
  }
  for (unsigned i = 0; i < KZ_MD5_BYTES; i++) {
    ret[i] = (uint8_t)(state[i / 4] >> (8 * (i % 4)));
  }
}

kz_str kz_md5_hex(kz_str data, char out[KZ_MD5_TEXT]) {
  static const char digits[] = "0123456789abcdef";
  uint8_t sum[KZ_MD5_BYTES];
  kz_md5(data, sum);
  for (unsigned i = 0; i < KZ_MD5_BYTES; i++) {
    out[2 * i] = digits[sum[i] >> 4];
    out[2 * i + 1] = digits[sum[i] & 15];
  }
  out[KZ_MD5_TEXT - 1] = '\0';
  return (kz_str){out, KZ_MD5_TEXT - 1};
}
