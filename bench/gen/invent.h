/* Values for generated data: valid for their MISP type, already in its normal
 * form, and nobody's.
 *
 * Addresses are of 10.0.0.0/8 and 100.64.0.0/10 (values of the pool),
 * 240.0.0.0/4 and 2001:db8::/32 (a row's own: the documentation networks are
 * too small), names stand under .example, .test and .invalid. Pure functions.
 */
#ifndef KZ_BENCH_GEN_INVENT_H
#define KZ_BENCH_GEN_INVENT_H

#include <stddef.h>

#include "gen/shape.h"

enum { KZ_INVENT_MAX = 256 /* bytes of the longest value */ };

/* Writes the row's value to `out` (KZ_INVENT_MAX bytes, no NUL) and returns
 * its length. Different values of the shape give different text. */
size_t kz_invent_value(const struct kz_shape_row *row, char *out);

#endif
