/* The ways in which values are brought into normal form; type.def says which
 * type has which. Private to the values: others call kz_value_normalise.
 *
 * Each takes text without white space around it, returns it as it is when
 * nothing changes and otherwise puts the result into the arena; KZ_E_MEMORY is
 * the one failure. */
#ifndef KZ_MODEL_NORMALISE_H
#define KZ_MODEL_NORMALISE_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/str.h"

enum kz_normal {
  KZ_NORMAL_KEEP,
  KZ_NORMAL_LOWER,
  KZ_NORMAL_UPPER,
  KZ_NORMAL_HASH_PART,     /* lower case after the '|' */
  KZ_NORMAL_FINGERPRINT,   /* lower case without ':' */
  KZ_NORMAL_IP,            /* canonical IPv6, no /32 and /128 */
  KZ_NORMAL_IP_PORT,       /* "ip|port" from seven spellings */
  KZ_NORMAL_DOMAIN,        /* lower case, no dots around it, punycode */
  KZ_NORMAL_DOMAIN_IP,     /* both parts of "domain|ip" */
  KZ_NORMAL_NAME_PORT,     /* lower case, ':' to '|' */
  KZ_NORMAL_MAC,           /* lower case pairs with ':' */
  KZ_NORMAL_DIGITS,        /* digits alone */
  KZ_NORMAL_ALNUM_UPPER,   /* letters and digits alone, upper case */
  KZ_NORMAL_PHONE,         /* '+' and digits, 00 is '+' */
  KZ_NORMAL_VULNERABILITY, /* plain hyphens, CVE and GCVE in upper case */
  KZ_NORMAL_WEAKNESS,      /* plain hyphens, upper case */
  KZ_NORMAL_BOOLEAN,       /* 1 or 0 */
  KZ_NORMAL_MOMENT,        /* 2020-01-31T09:08:07.123456+0000 */
  KZ_NORMAL_AS,            /* a plain number */
};

/* Without white space and NULs at both ends. */
kz_str kz_normalise_trim(kz_str value);

KZ_MUST_USE kz_rc kz_normalise(enum kz_normal how, kz_str value,
                               struct kz_arena *arena, kz_str *ret);

#endif
