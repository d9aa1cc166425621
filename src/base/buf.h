/* A growing byte buffer with a maximum.
 *
 * It owns its bytes; one thread at a time. After a failed append the content
 * is as before and the buffer remembers that it failed, so a long run of
 * appends may be checked once at its end with kz_buf_failed. */
#ifndef KZ_BASE_BUF_H
#define KZ_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

struct kz_buf {
  char *ptr;
  size_t len;
  size_t capacity;
  size_t max; /* bytes; an append past it fails with KZ_E_LIMIT */
  bool failed;
};

/* An empty buffer; allocates nothing yet. */
void kz_buf_init(struct kz_buf *buf, size_t max);
/* Frees the bytes; the buffer is empty and usable afterwards. */
void kz_buf_done(struct kz_buf *buf);
/* Forgets content and failure, keeps the memory. */
void kz_buf_clear(struct kz_buf *buf);

/* Makes room for `more` bytes and returns where they go; NULL on failure.
 * Then raise `len` by what was written. */
char *kz_buf_room(struct kz_buf *buf, size_t more);

/* Appends; false on failure (then `failed` is set as well). */
bool kz_buf_add(struct kz_buf *buf, const void *bytes, size_t len);
bool kz_buf_add_str(struct kz_buf *buf, kz_str s);
bool kz_buf_add_byte(struct kz_buf *buf, char c);
bool kz_buf_add_u64(struct kz_buf *buf, uint64_t number); /* decimal */
bool kz_buf_add_format(struct kz_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline kz_str kz_buf_str(const struct kz_buf *buf) {
  return (kz_str){buf->ptr, buf->len};
}
static inline bool kz_buf_failed(const struct kz_buf *buf) {
  return buf->failed;
}

/* KZ_BUF(name, max): a local buffer that is freed when its block is left. */
#define KZ_BUF(name, maximum)                                                  \
  __attribute__((cleanup(kz_buf_done))) struct kz_buf name = {.max = (maximum)}

#endif
