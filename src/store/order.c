#include "store/order.h"

#include <string.h>

#include "model/kind.h"
#include "model/value.h"

enum { DIGITS = 256, PASSES = 8 };

void kz_order_pairs(struct kz_pair *pairs, struct kz_pair *scratch,
                    size_t count) {
  size_t counts[PASSES][DIGITS];
  memset(counts, 0, sizeof counts);
  for (size_t i = 0; i < count; i++) {
    for (unsigned pass = 0; pass < PASSES; pass++) {
      counts[pass][(pairs[i].key >> (8 * pass)) & 0xff]++;
    }
  }
  struct kz_pair *from = pairs;
  struct kz_pair *to = scratch;
  for (unsigned pass = 0; pass < PASSES; pass++) {
    size_t *c = counts[pass];
    if (count == 0 || c[(from[0].key >> (8 * pass)) & 0xff] == count) {
      continue;
    }
    size_t sum = 0;
    for (size_t d = 0; d < DIGITS; d++) {
      size_t n = c[d];
      c[d] = sum;
      sum += n;
    }
    for (size_t i = 0; i < count; i++) {
      to[c[(from[i].key >> (8 * pass)) & 0xff]++] = from[i];
    }
    struct kz_pair *swap = from;
    from = to;
    to = swap;
  }
  if (from != pairs) {
    memcpy(pairs, from, count * sizeof *pairs);
  }
}

size_t kz_order_reverse_name(kz_str name, char *out) {
  if (name.len == 0 || name.len > KZ_NAME_MAX) {
    return 0;
  }
  size_t at = 0;
  size_t end = name.len;
  while (true) {
    size_t start = end;
    while (start > 0 && name.ptr[start - 1] != '.') {
      start--;
    }
    memcpy(out + at, name.ptr + start, end - start);
    at += end - start;
    if (start == 0) {
      return at;
    }
    out[at++] = '.';
    end = start - 1;
  }
}

uint64_t kz_order_prefix(const char *text, size_t len) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; i++) {
    prefix = prefix << 8 | (i < len ? (unsigned char)text[i] : 0);
  }
  return prefix;
}

kz_str kz_order_host(kz_str folded) {
  enum kz_kind kind = kz_kind_of(folded);
  if (kind == KZ_KIND_NAME) {
    return folded;
  }
  if (kind == KZ_KIND_URL) {
    kz_str host = kz_value_host(folded);
    if (kz_kind_of(host) == KZ_KIND_NAME) {
      return host;
    }
  }
  return KZ_STR_NONE;
}
