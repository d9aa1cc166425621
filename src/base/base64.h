/* Base64 (RFC 4648, section 4). Pure, any thread. */
#ifndef KZ_BASE_BASE64_H
#define KZ_BASE_BASE64_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/str.h"

/* Appends the bytes that the text stands for; white space is passed over and
 * the padding may be missing. KZ_E_INPUT: it is no base64; `out` then holds a
 * part. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_base64_decode(kz_str text, struct kz_buf *out);

/* Appends the text; false when out of memory (sticks to `out`). */
bool kz_base64_encode(kz_str bytes, struct kz_buf *out);

#endif
