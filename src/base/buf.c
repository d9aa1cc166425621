/* Capacity doubles, so appending n bytes costs O(n) copies. One byte more than
 * the capacity is always allocated: printf wants room for its NUL, and a
 * content of exactly `max` bytes must still fit. A failure sticks until the
 * buffer is cleared; otherwise a short append after a long one that did not fit
 * would leave a hole that nobody sees. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 256 /* bytes */, DIGITS_MAX = 20 /* of a uint64_t */ };

void kz_buf_init(struct kz_buf *buf, size_t max) {
  *buf = (struct kz_buf){.max = max};
}

void kz_buf_done(struct kz_buf *buf) {
  free(buf->ptr);
  *buf = (struct kz_buf){.max = buf->max};
}

void kz_buf_clear(struct kz_buf *buf) {
  buf->len = 0;
  buf->failed = false;
}

static size_t next_capacity(const struct kz_buf *buf, size_t needed) {
  size_t doubled = buf->capacity > buf->max / 2 ? buf->max : buf->capacity * 2;
  size_t least = buf->max < CAPACITY_FIRST ? buf->max : CAPACITY_FIRST;
  size_t wanted = doubled > least ? doubled : least;
  return wanted > needed ? wanted : needed;
}

static bool grow(struct kz_buf *buf, size_t more) {
  if (buf->len > buf->max || more > buf->max - buf->len) {
    return false;
  }
  size_t capacity = next_capacity(buf, buf->len + more);
  if (capacity >= PTRDIFF_MAX) {
    return false;
  }
  char *ptr = realloc(buf->ptr, capacity + 1);
  if (!ptr) {
    return false;
  }
  buf->ptr = ptr;
  buf->capacity = capacity;
  return true;
}

char *kz_buf_room(struct kz_buf *buf, size_t more) {
  if (buf->failed) {
    return NULL;
  }
  bool fits = buf->ptr && more <= buf->capacity - buf->len;
  if (!fits && !grow(buf, more)) {
    buf->failed = true;
    return NULL;
  }
  return buf->ptr + buf->len;
}

bool kz_buf_add(struct kz_buf *buf, const void *bytes, size_t len) {
  char *to = kz_buf_room(buf, len);
  if (!to) {
    return false;
  }
  if (len > 0) {
    memcpy(to, bytes, len);
    buf->len += len;
  }
  return true;
}

bool kz_buf_add_str(struct kz_buf *buf, kz_str s) {
  return kz_buf_add(buf, s.ptr, s.len);
}

bool kz_buf_add_byte(struct kz_buf *buf, char c) {
  return kz_buf_add(buf, &c, 1);
}

bool kz_buf_add_u64(struct kz_buf *buf, uint64_t number) {
  char digits[DIGITS_MAX];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return kz_buf_add(buf, digits + at, sizeof digits - at);
}

bool kz_buf_add_format(struct kz_buf *buf, const char *format, ...) {
  va_list args;
  va_start(args, format);
  va_list again;
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  va_end(args);
  char *to = len < 0 ? NULL : kz_buf_room(buf, (size_t)len);
  if (to) {
    (void)vsnprintf(to, (size_t)len + 1, format, again);
    buf->len += (size_t)len;
  }
  va_end(again);
  buf->failed = buf->failed || len < 0;
  return to != NULL;
}
