/* MD5 (RFC 1321), because MISP names values and files by it. It resists nobody
 * who looks for collisions: never for secrets or signatures. Pure, any thread.
 */
#ifndef KZ_BASE_MD5_H
#define KZ_BASE_MD5_H

#include <stdint.h>

#include "base/str.h"

enum {
  KZ_MD5_BYTES = 16,
  KZ_MD5_TEXT = 33, /* bytes: 32 hexadecimal digits and the NUL */
};

void kz_md5(kz_str data, uint8_t ret[KZ_MD5_BYTES]);
/* Writes lower case and a NUL; returns the 32 digits in `out`. */
kz_str kz_md5_hex(kz_str data, char out[KZ_MD5_TEXT]);

#endif
