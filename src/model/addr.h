/* IP addresses and networks: text to bytes and back.
 *
 * Pure functions, any thread. */
#ifndef KZ_MODEL_ADDR_H
#define KZ_MODEL_ADDR_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

/* An IPv4 address is 4 bytes in network order, an IPv6 address 16. */
struct kz_addr {
  uint8_t bytes[16];
  uint8_t length; /* 4 or 16 */
  uint8_t prefix; /* bits: 32 or 128 for a single address */
};

/* Reads "a.b.c.d", "a.b.c.d/n", IPv6 in any RFC 4291 form, "v6/n". Strict: no
 * leading zeros in IPv4 numbers and prefixes, no zone, no white space.
 * KZ_E_INPUT otherwise and `*ret` untouched. Bits after the prefix are kept. */
KZ_MUST_USE kz_rc kz_addr_parse(kz_str text, struct kz_addr *ret);

/* Writes the canonical form (RFC 5952 for IPv6; "/n" only when it is a
 * network) without a NUL; `out` needs KZ_ADDR_TEXT bytes. Returns the length.
 */
enum { KZ_ADDR_TEXT = 50 };
size_t kz_addr_format(const struct kz_addr *addr, char *out);

#endif
