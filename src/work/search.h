/* A search as it is asked: one grammar for the command line, the query of a URL
 * and a JSON body.
 *
 *   type=ip-dst&tag=tlp:amber&tag=!tlp:red&timestamp=5d&limit=20
 *   {"type":["ip-dst","ip-src"],"or":[{"tag":"a"},{"not":{"org":"b"}}]}
 *
 * Filters (work/filter.h) of one object all have to hold; the values of one
 * filter are alternatives. `and` and `or` hold lists of objects, `not` holds
 * one. Beside them, at the top: sort, limit, page, offset, deleted, format. */
#ifndef KZ_WORK_SEARCH_H
#define KZ_WORK_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "net/request.h"
#include "store/dict.h"
#include "store/query.h"

enum {
  KZ_SEARCH_ROWS = 60,        /* of a page, unless a limit is given */
  KZ_SEARCH_ROWS_MAX = 10000, /* of a page; who wants more exports */
};

struct kz_search {
  const struct kz_cond *where; /* NULL: all */
  enum kz_deleted deleted;
  bool gave_deleted;
  enum kz_sort sort;
  uint64_t offset;
  uint64_t limit;
  bool gave_limit;
  kz_str format; /* ptr NULL: not given */
};

/* Reads a search; all of it lives in `arena` or is borrowed from the input.
 * KZ_E_INPUT with words for unknown filters and bad values, KZ_E_LIMIT when it
 * is nested too deeply or too long. `dict` as in struct kz_filter_scope. */
KZ_MUST_USE kz_rc kz_search_of_params(struct kz_dict *dict,
                                      const struct kz_param *params,
                                      size_t count, struct kz_arena *arena,
                                      struct kz_search *ret_search,
                                      struct kz_err *err);
KZ_MUST_USE kz_rc kz_search_of_json(struct kz_dict *dict, kz_str json,
                                    struct kz_arena *arena,
                                    struct kz_search *ret_search,
                                    struct kz_err *err);

#endif
