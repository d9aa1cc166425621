/* One filter of a search, as people and programs write it, and the condition
 * it stands for.
 *
 * A filter is a name and one or more values: `type=ip-dst`, `tag=!tlp:red`,
 * `timestamp=5d`. Several values of one filter mean "or"; of names, one with a
 * '!' in front means "and not". docs/user/search.md lists the filters; the
 * table they are listed from is in filter.c. Pure but for the dictionary. */
#ifndef KZ_WORK_FILTER_H
#define KZ_WORK_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "store/dict.h"
#include "store/query.h"

/* What filters are read against. */
struct kz_filter_scope {
  struct kz_dict *dict; /* NULL: no tag and no organisation is known */
  struct kz_arena *arena;
  int64_t now_us; /* spans ("5d") count back from here */
};

/* The condition of a filter, in the scope's arena; it may borrow from `values`.
 * KZ_NOT_FOUND when there is no filter of that name; KZ_E_INPUT with words that
 * name filter and value when a value does not fit. Tags and organisations that
 * nobody has heard of match nothing; unknown types and categories are errors.
 */
KZ_MUST_USE kz_rc kz_filter_cond(const struct kz_filter_scope *scope,
                                 kz_str name, const kz_str *values,
                                 size_t count, const struct kz_cond **ret_cond,
                                 struct kz_err *err);

/* The filter by number, for documentation: NULL past the last one. */
struct kz_filter_info {
  const char *name;
  const char *summary;
};
const struct kz_filter_info *kz_filter_list(size_t index);

/* AND or OR of conditions; a single one stays what it is, none is everything
 * (AND) or nothing (OR). The list is copied. NULL when out of memory. */
const struct kz_cond *kz_filter_join(struct kz_arena *arena,
                                     enum kz_cond_kind kind,
                                     const struct kz_cond *const *conds,
                                     size_t count);
const struct kz_cond *kz_filter_not(struct kz_arena *arena,
                                    const struct kz_cond *cond);

/* "true", "1", "yes", "" or "false", "0", "no"; KZ_E_INPUT. */
KZ_MUST_USE kz_rc kz_filter_flag(kz_str text, bool *ret);

#endif
