/* UUIDs (RFC 9562) as 16 bytes in the order they are written. Pure functions,
 * but for kz_uuid_make. */
#ifndef KZ_BASE_UUID_H
#define KZ_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/rc.h"
#include "base/str.h"

struct kz_uuid {
  uint8_t bytes[16];
};

enum { KZ_UUID_TEXT = 37 /* bytes: 36 characters and the NUL */ };

#define KZ_UUID_NIL ((struct kz_uuid){{0}})

/* Exactly 8-4-4-4-12 hexadecimal digits of either case, of any version; else
 * KZ_E_INPUT and `*ret` is untouched. */
KZ_MUST_USE kz_rc kz_uuid_parse(kz_str text, struct kz_uuid *ret);

/* Writes lower case and a NUL; returns the 36 characters in `out`. */
kz_str kz_uuid_format(const struct kz_uuid *uuid, char out[KZ_UUID_TEXT]);

/* A new random one (version 4). KZ_E_IO when the system has no randomness. */
KZ_MUST_USE kz_rc kz_uuid_make(struct kz_uuid *ret);

/* Turns 16 bytes from anywhere (a generator, a hash) into a valid version 4. */
struct kz_uuid kz_uuid_of_bytes(const uint8_t bytes[16]);

static inline bool kz_uuid_eq(const struct kz_uuid *a,
                              const struct kz_uuid *b) {
  return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
/* The order of the bytes, which is the order of the text. */
static inline int kz_uuid_cmp(const struct kz_uuid *a,
                              const struct kz_uuid *b) {
  return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}
static inline bool kz_uuid_is_nil(const struct kz_uuid *uuid) {
  return kz_uuid_eq(uuid, &KZ_UUID_NIL);
}

#endif
