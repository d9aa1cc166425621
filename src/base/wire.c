#include "base/wire.h"

size_t kz_put_varint(void *to, uint64_t n) {
  uint8_t *at = to;
  size_t len = 0;
  while (n >= 0x80) {
    at[len++] = (uint8_t)(n | 0x80);
    n >>= 7;
  }
  at[len++] = (uint8_t)n;
  return len;
}

uint64_t kz_read_long_varint(struct kz_reader *r) {
  uint64_t n = 0;
  size_t left = kz_reader_left(r);
  size_t max = left < KZ_VARINT_MAX ? left : KZ_VARINT_MAX;
  for (size_t i = 0; i < max; i++) {
    uint8_t byte = r->ptr[i];
    n |= (uint64_t)(byte & 0x7F) << (7 * i);
    if (byte >= 0x80) {
      continue;
    }
    bool wraps = i == KZ_VARINT_MAX - 1 && byte > 1;
    bool is_padded = i > 0 && byte == 0;
    if (wraps || is_padded) {
      break;
    }
    r->ptr += i + 1;
    return n;
  }
  kz_reader_fail(r);
  return 0;
}

bool kz_write_long_varint(struct kz_buf *buf, uint64_t n) {
  if (!buf->failed && buf->capacity - buf->len >= KZ_VARINT_MAX) {
    buf->len += kz_put_varint(buf->ptr + buf->len, n);
    return true;
  }
  char bytes[KZ_VARINT_MAX]; /* it may just fit */
  return kz_buf_add(buf, bytes, kz_put_varint(bytes, n));
}

bool kz_write_str(struct kz_buf *buf, kz_str s) {
  return kz_write_varint(buf, s.len) && kz_buf_add_str(buf, s);
}
