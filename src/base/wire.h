/* Fixed-width integers and varints between memory and bytes.
 *
 * Keys are big-endian, so that byte order is number order; fields of records
 * are LEB128 varints. A kz_reader is bounded and remembers that it failed:
 * read a whole record, then ask kz_reader_done once. After a failure every
 * read gives 0 or the empty string. A varint has one form only: needless
 * trailing zero groups are a failure, so equal records are equal bytes. */
#ifndef KZ_BASE_WIRE_H
#define KZ_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum { KZ_VARINT_MAX = 10 /* bytes of the longest uint64_t */ };

/* Numbers at a place that has room for them, whatever its alignment. */
static inline void kz_put_be16(void *to, uint16_t n) {
  n = __builtin_bswap16(n);
  memcpy(to, &n, sizeof n);
}
static inline void kz_put_be32(void *to, uint32_t n) {
  n = __builtin_bswap32(n);
  memcpy(to, &n, sizeof n);
}
static inline void kz_put_be64(void *to, uint64_t n) {
  n = __builtin_bswap64(n);
  memcpy(to, &n, sizeof n);
}
static inline uint16_t kz_get_be16(const void *from) {
  uint16_t n = 0;
  memcpy(&n, from, sizeof n);
  return __builtin_bswap16(n);
}
static inline uint32_t kz_get_be32(const void *from) {
  uint32_t n = 0;
  memcpy(&n, from, sizeof n);
  return __builtin_bswap32(n);
}
static inline uint64_t kz_get_be64(const void *from) {
  uint64_t n = 0;
  memcpy(&n, from, sizeof n);
  return __builtin_bswap64(n);
}
static inline void kz_put_le32(void *to, uint32_t n) {
  memcpy(to, &n, sizeof n);
}
static inline uint32_t kz_get_le32(const void *from) {
  uint32_t n = 0;
  memcpy(&n, from, sizeof n);
  return n;
}
static inline uint64_t kz_get_le64(const void *from) {
  uint64_t n = 0;
  memcpy(&n, from, sizeof n);
  return n;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "wire.h copies little-endian numbers as they stand");

/* Writes at most KZ_VARINT_MAX bytes to `to`; returns how many. */
size_t kz_put_varint(void *to, uint64_t n);

/* Signed numbers near zero as small unsigned ones: 0, -1, 1, -2 ... */
static inline uint64_t kz_zigzag(int64_t n) {
  return ((uint64_t)n << 1) ^ (n < 0 ? UINT64_MAX : 0);
}
static inline int64_t kz_unzigzag(uint64_t n) {
  return (int64_t)((n >> 1) ^ ((n & 1) ? UINT64_MAX : 0));
}

/* Reads bytes that somebody else keeps alive; strings point into them. */
struct kz_reader {
  const uint8_t *ptr;
  const uint8_t *end;
  bool failed;
};

static inline struct kz_reader kz_reader_of(kz_str bytes) {
  const uint8_t *ptr = (const uint8_t *)bytes.ptr;
  return (struct kz_reader){ptr, bytes.len ? ptr + bytes.len : ptr, false};
}

static inline size_t kz_reader_left(const struct kz_reader *r) {
  return (size_t)(r->end - r->ptr);
}

/* Whether all was read and nothing failed. */
static inline bool kz_reader_done(const struct kz_reader *r) {
  return !r->failed && r->ptr == r->end;
}

/* Makes this and every further read fail; for values that are wrong only by
 * their meaning. */
static inline void kz_reader_fail(struct kz_reader *r) {
  r->failed = true;
  r->ptr = r->end;
}

/* The next `n` bytes, or NULL and a failure. */
static inline const uint8_t *kz_read_bytes(struct kz_reader *r, size_t n) {
  if (n > kz_reader_left(r)) {
    kz_reader_fail(r);
    return NULL;
  }
  const uint8_t *bytes = r->ptr;
  r->ptr = n > 0 ? bytes + n : bytes;
  return bytes;
}

static inline uint8_t kz_read_u8(struct kz_reader *r) {
  const uint8_t *at = kz_read_bytes(r, 1);
  return at ? *at : 0;
}
static inline uint16_t kz_read_be16(struct kz_reader *r) {
  const uint8_t *at = kz_read_bytes(r, sizeof(uint16_t));
  return at ? kz_get_be16(at) : 0;
}
static inline uint32_t kz_read_be32(struct kz_reader *r) {
  const uint8_t *at = kz_read_bytes(r, sizeof(uint32_t));
  return at ? kz_get_be32(at) : 0;
}
static inline uint64_t kz_read_be64(struct kz_reader *r) {
  const uint8_t *at = kz_read_bytes(r, sizeof(uint64_t));
  return at ? kz_get_be64(at) : 0;
}
static inline uint32_t kz_read_le32(struct kz_reader *r) {
  const uint8_t *at = kz_read_bytes(r, sizeof(uint32_t));
  return at ? kz_get_le32(at) : 0;
}
static inline uint64_t kz_read_le64(struct kz_reader *r) {
  const uint8_t *at = kz_read_bytes(r, sizeof(uint64_t));
  return at ? kz_get_le64(at) : 0;
}

/* A varint of two bytes and more; kz_read_varint is the one to call. */
uint64_t kz_read_long_varint(struct kz_reader *r);

static inline uint64_t kz_read_varint(struct kz_reader *r) {
  if (r->ptr != r->end && *r->ptr < 0x80) {
    return *r->ptr++;
  }
  return kz_read_long_varint(r);
}
static inline int64_t kz_read_svarint(struct kz_reader *r) {
  return kz_unzigzag(kz_read_varint(r));
}

/* A varint that must be at most `max`; more is a failure. */
static inline uint64_t kz_read_varint_max(struct kz_reader *r, uint64_t max) {
  uint64_t n = kz_read_varint(r);
  if (n > max) {
    kz_reader_fail(r);
    return 0;
  }
  return n;
}

/* A varint length and so many bytes. */
static inline kz_str kz_read_str(struct kz_reader *r) {
  uint64_t len = kz_read_varint(r);
  const uint8_t *bytes = kz_read_bytes(r, (size_t)len);
  return bytes ? (kz_str){(const char *)bytes, (size_t)len} : KZ_STR_NONE;
}
_Static_assert(sizeof(size_t) == sizeof(uint64_t),
               "a length on disk fits a length in memory");

/* Appends; false on failure, which sticks to the buffer. */
static inline bool kz_write_u8(struct kz_buf *buf, uint8_t n) {
  char *to = kz_buf_room(buf, 1);
  if (to) {
    *to = (char)n;
    buf->len += 1;
  }
  return to != NULL;
}
static inline bool kz_write_be16(struct kz_buf *buf, uint16_t n) {
  char *to = kz_buf_room(buf, sizeof n);
  if (to) {
    kz_put_be16(to, n);
    buf->len += sizeof n;
  }
  return to != NULL;
}
static inline bool kz_write_be32(struct kz_buf *buf, uint32_t n) {
  char *to = kz_buf_room(buf, sizeof n);
  if (to) {
    kz_put_be32(to, n);
    buf->len += sizeof n;
  }
  return to != NULL;
}
static inline bool kz_write_be64(struct kz_buf *buf, uint64_t n) {
  char *to = kz_buf_room(buf, sizeof n);
  if (to) {
    kz_put_be64(to, n);
    buf->len += sizeof n;
  }
  return to != NULL;
}
static inline bool kz_write_le32(struct kz_buf *buf, uint32_t n) {
  return kz_buf_add(buf, &n, sizeof n);
}
static inline bool kz_write_le64(struct kz_buf *buf, uint64_t n) {
  return kz_buf_add(buf, &n, sizeof n);
}
/* A varint of any length; kz_write_varint is the one to call. */
bool kz_write_long_varint(struct kz_buf *buf, uint64_t n);

static inline bool kz_write_varint(struct kz_buf *buf, uint64_t n) {
  if (n < 0x80 && buf->len < buf->capacity && !buf->failed) {
    buf->ptr[buf->len++] = (char)n;
    return true;
  }
  return kz_write_long_varint(buf, n);
}
static inline bool kz_write_svarint(struct kz_buf *buf, int64_t n) {
  return kz_write_varint(buf, kz_zigzag(n));
}
/* A varint length and the bytes. */
bool kz_write_str(struct kz_buf *buf, kz_str s);

#endif
