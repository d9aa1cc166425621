/* A value: one observable in normalised form, whatever it was called where it
 * came from.
 *
 * Normalisation and validation are MISP's, per attribute type
 * (AttributeValidationTool's observable behaviour, where we know better on
 * purpose it is listed in docs/developer/values.md); what a value is by its
 * bytes alone is in kind.h. Pure functions, any thread. */
#ifndef KZ_MODEL_VALUE_H
#define KZ_MODEL_VALUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/addr.h" /* this and kind.h: who has values asks what they are */
#include "model/kind.h"
#include "model/type.h"

/* Brings `value` into MISP's normal form for `type`. Text that need not change
 * is returned as it is (borrowed: without white space around it), otherwise it
 * lives in `arena`. Never refuses: what it cannot normalise it leaves to
 * kz_value_check. KZ_E_MEMORY is the one failure. Doing it twice changes
 * nothing more. */
KZ_MUST_USE kz_rc kz_value_normalise(kz_type type, kz_str value,
                                     struct kz_arena *arena, kz_str *ret);

/* Whether a normalised value is valid for `type`; KZ_E_INPUT with MISP's words
 * in `err` when not. */
KZ_MUST_USE kz_rc kz_value_check(kz_type type, kz_str value,
                                 struct kz_err *err);

/* The parts of a value: for a composite type the text before and after its
 * first '|' (two parts, without white space around them, as nobody who asks
 * writes it), otherwise the value itself (one). Returns 1 or 2. */
unsigned kz_value_parts(kz_type type, kz_str value, kz_str ret_parts[2]);

/* Folds for comparison and correlation: lower case of ASCII letters only,
 * other bytes kept. Writes value.len bytes to `out`, which may be value.ptr. */
void kz_value_fold(kz_str value, char *out);

/* The host part of a URL value (without user, port, brackets), or of a name or
 * IPv4 address with port; the value itself for a plain name or address; empty
 * when there is none. */
kz_str kz_value_host(kz_str folded);

#endif
