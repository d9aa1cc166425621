/* Regular expressions over the values of a segment.
 *
 * Hyperscan's syntax and meaning, case-insensitive, on the bytes of one value
 * at a time: ^ and $ are the value's ends. An expression may be used by
 * several threads, each with a worker of its own. */
#ifndef KZ_STORE_LEAF_REGEX_H
#define KZ_STORE_LEAF_REGEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "store/segment.h"

enum { KZ_REGEX_MAX = 1024 /* bytes of an expression */ };

struct kz_leaf_regex;
struct kz_leaf_regex_worker;

/* The compiled form of `text` in the list `*list`, which owns it; it is
 * compiled and added when it is new. KZ_E_INPUT with words when it is not a
 * regular expression or one that cannot be searched for. */
KZ_MUST_USE kz_rc kz_leaf_regex_get(struct kz_leaf_regex **list, kz_str text,
                                    const struct kz_leaf_regex **ret_regex,
                                    struct kz_err *err);
void kz_leaf_regex_free(struct kz_leaf_regex *list);

/* The caller owns the worker. NULL when out of memory. */
struct kz_leaf_regex_worker *
kz_leaf_regex_worker_new(const struct kz_leaf_regex *regex);
void kz_leaf_regex_worker_free(struct kz_leaf_regex_worker *worker);

/* Calls `visit` for each value in [from, to) that matches. False when the
 * engine failed. */
typedef void kz_leaf_regex_visit(void *ctx, uint32_t value);
bool kz_leaf_regex_values(struct kz_leaf_regex_worker *worker,
                          const struct kz_segment *segment, uint32_t from,
                          uint32_t to, kz_leaf_regex_visit *visit, void *ctx);

#endif
