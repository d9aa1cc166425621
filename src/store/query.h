/* Questions to the index: a tree of conditions over attributes.
 *
 * A question is evaluated over a whole view to one bitset a segment; the
 * answer is exact, and counts, pages and facets are read off it. Visibility is
 * part of the evaluation: rows that the viewer may not see are in no answer,
 * no count, no facet. The tree is plain data, so it can be printed as another
 * engine's query. Evaluation is pure and may run on any thread; an answer
 * belongs to one thread. */
#ifndef KZ_STORE_QUERY_H
#define KZ_STORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/value.h"
#include "model/viewer.h"
#include "store/cond.h"
#include "store/dict.h"
#include "store/view.h"

enum kz_deleted {
  KZ_DELETED_NO,   /* live attributes */
  KZ_DELETED_ONLY, /* softly deleted ones */
  KZ_DELETED_BOTH,
};

struct kz_query {
  const struct kz_cond *where; /* NULL: all */
  enum kz_deleted deleted;
};

/* The attributes that match, segment by segment. */
struct kz_answer {
  const struct kz_view *view; /* borrowed */
  uint64_t total;
  uint64_t **bits;  /* [part][word]; NULL: none in that part */
  uint64_t *counts; /* [part] */
};

/* Evaluates. The answer owns its bitsets; free it with kz_answer_done.
 * KZ_E_INPUT with words when the question is malformed (bad regular
 * expression, not a network ...). `dict` is for reading the records that
 * KZ_COND_UUID compares; without it (NULL) attributes are taken by the hash of
 * their uuid. */
KZ_MUST_USE kz_rc kz_query_run(const struct kz_view *view, struct kz_dict *dict,
                               const struct kz_viewer *viewer,
                               const struct kz_query *query,
                               struct kz_answer *ret_answer,
                               struct kz_err *err);
void kz_answer_done(struct kz_answer *answer);

enum kz_sort {
  KZ_SORT_ID, /* (event, attribute) ascending */
  KZ_SORT_ID_DOWN,
  KZ_SORT_TIME,      /* attribute's timestamp ascending, then id */
  KZ_SORT_TIME_DOWN, /* newest first, then id */
};

/* One hit of a page. */
struct kz_hit {
  uint64_t event;
  uint64_t attribute;
  uint32_t part;
  uint32_t row;
};

enum { KZ_TIME_HITS_MAX = 100000 };

/* Fills up to `limit` hits from `offset` on. `*ret_count` is how many. By id
 * any offset is quick. By time offset + limit may not pass KZ_TIME_HITS_MAX:
 * KZ_E_LIMIT, ask a narrower question. */
KZ_MUST_USE kz_rc kz_answer_page(const struct kz_answer *answer,
                                 enum kz_sort sort, uint64_t offset,
                                 size_t limit, struct kz_hit *hits,
                                 size_t *ret_count, struct kz_err *err);

/* Walks all hits in order of KZ_SORT_ID, for exports: constant memory. */
struct kz_answer_walk {
  const struct kz_answer *answer;
  struct kz_cursor *cursors; /* one a part; owned */
  struct kz_cursor *current; /* what is read from, as long as its hits come */
  struct kz_cursor *rival;   /* before this one's; NULL: there is no other */
};
KZ_MUST_USE kz_rc kz_answer_walk_init(struct kz_answer_walk *walk,
                                      const struct kz_answer *answer);
void kz_answer_walk_done(struct kz_answer_walk *walk);
/* The next hit; KZ_END. */
KZ_MUST_USE kz_rc kz_answer_walk_next(struct kz_answer_walk *walk,
                                      struct kz_hit *ret_hit);

/* Ids of the events that hold at least one hit, ascending; from `after` (not
 * included), at most `limit`. */
KZ_MUST_USE kz_rc kz_answer_events(const struct kz_answer *answer,
                                   uint64_t after, size_t limit, uint64_t *ids,
                                   size_t *ret_count, struct kz_err *err);

#endif
