/* Facts about domain names: which top levels exist, where a registrable domain
 * begins, and names of other scripts in their ASCII form.
 *
 * The facts are the Public Suffix List as libpsl carries it (built into the
 * library: no file is read). Pure functions, any thread. */
#ifndef KZ_MODEL_NAME_H
#define KZ_MODEL_NAME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/rc.h"
#include "base/str.h"

enum { KZ_NAME_MAX = 253 /* bytes of a name in the DNS, without a last dot */ };

/* Whether the last label of the folded ASCII name is a top-level domain that
 * exists. */
bool kz_name_tld_known(kz_str name);

/* The registrable domain of the folded ASCII name ("bbc.co.uk" of
 * "www.bbc.co.uk"), a tail of `name`; empty when the name is itself a public
 * suffix, an address, or no name. Names under an unknown top level have the
 * last two labels. */
kz_str kz_name_registrable(kz_str name);

/* The ASCII form (punycode, RFC 3492) of a name with other letters, mapped as
 * MISP maps it (UTS 46, transitional). ASCII is returned as it is, otherwise
 * the result lives in `arena`. KZ_E_INPUT when it has none. */
KZ_MUST_USE kz_rc kz_name_to_ascii(kz_str name, struct kz_arena *arena,
                                   kz_str *ret);

#endif
