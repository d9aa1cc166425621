/* Regular expressions of several lists, asked for those that match a text.
 *
 * All are searched for in one pass, whatever their number. The engine is
 * Hyperscan, which is linked for searches anyway: PCRE's syntax without
 * look-around and back-references, which no published list uses, and time that
 * is linear in the text whatever the expression, which PCRE does not promise.
 * Built once, then read by any thread with a scratch of its own. */
#ifndef KZ_INSIGHT_PATTERN_SET_H
#define KZ_INSIGHT_PATTERN_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum { KZ_PATTERN_MAX = 4096 /* bytes of a pattern */ };

struct kz_pattern {
  kz_str text; /* "/expression/flags" */
  uint32_t list;
};

struct kz_pattern_set;
struct kz_pattern_scratch;

/* The texts are copied. Expressions that are none, or that the engine cannot
 * do, are left out and counted. The caller owns the set. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_pattern_set_new(const struct kz_pattern *patterns,
                                     size_t count,
                                     struct kz_pattern_set **ret_set,
                                     size_t *ret_left_out);
void kz_pattern_set_free(struct kz_pattern_set *set); /* NULL is fine */

/* Whether "/expression/flags" can be had; KZ_E_INPUT with words when not.
 * Without slashes the whole is the expression. */
KZ_MUST_USE kz_rc kz_pattern_check(kz_str regex, struct kz_err *err);

/* NULL when out of memory. A scratch serves one set, one thread at a time. */
struct kz_pattern_scratch *
kz_pattern_scratch_new(const struct kz_pattern_set *set);
void kz_pattern_scratch_free(struct kz_pattern_scratch *scratch);

/* Calls `visit` once for each pattern that matches; its text lives as long as
 * the set. */
typedef void kz_pattern_visit(void *ctx, uint32_t list, kz_str pattern);
void kz_pattern_set_find(const struct kz_pattern_set *set,
                         struct kz_pattern_scratch *scratch, kz_str text,
                         kz_pattern_visit *visit, void *ctx);

#endif
