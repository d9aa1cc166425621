/* The member names of MISP's JSON as numbers, found by a perfect hash: an
 * attribute has a dozen members and a feed a hundred million of them. Constant
 * tables, any thread. */
#ifndef KZ_FORMAT_MISP_MEMBER_H
#define KZ_FORMAT_MISP_MEMBER_H

#include "base/str.h"

enum kz_member {
  KZ_MEMBER_NONE, /* a name that is not ours */
#define KZ_MEMBER(slot, name, text) KZ_MEMBER_##name,
#include "format/misp_member.def"
#undef KZ_MEMBER
  KZ_MEMBER_TOTAL
};

/* The number of a name; KZ_MEMBER_NONE when it means nothing to us. */
enum kz_member kz_member_by_name(kz_str name);

/* The name; empty for KZ_MEMBER_NONE. Static. */
kz_str kz_member_name(enum kz_member member);

#endif
