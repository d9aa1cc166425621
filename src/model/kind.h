/* What a value is, read off its bytes alone, whatever type it came under.
 *
 * All functions take folded text (kz_value_fold), are pure and may be called
 * from any thread. */
#ifndef KZ_MODEL_KIND_H
#define KZ_MODEL_KIND_H

#include <stdbool.h>

#include "base/str.h"

/* Stored on disk: only ever appended. */
enum kz_kind {
  KZ_KIND_TEXT, /* anything else */
  KZ_KIND_IPV4,
  KZ_KIND_IPV6,
  KZ_KIND_CIDR4,
  KZ_KIND_CIDR6,
  KZ_KIND_NAME, /* domain or host name: labels, plausible top level */
  KZ_KIND_URL,  /* scheme://host... */
  KZ_KIND_EMAIL,
  KZ_KIND_HASH, /* 32, 40, 48, 56, 64, 96 or 128 hex digits */
  KZ_KIND_CVE,
  KZ_KIND_COUNT
};

enum kz_kind kz_kind_of(kz_str folded);

/* The kind's name in JSON ("ipv4", "domain" for NAME ...); static. */
kz_str kz_kind_name(enum kz_kind kind);

/* The kind by that name; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_kind_by_name(kz_str name, enum kz_kind *ret);

/* Whether `folded` could be a name in the DNS: two or more labels of
 * [a-z0-9_-], at most 63 bytes each and 253 in all, the last one alphabetic or
 * "xn--", two bytes or more. Whether its top level exists is the business of
 * name.h. */
bool kz_kind_is_name(kz_str folded);

#endif
