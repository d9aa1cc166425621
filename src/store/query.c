/* A tree is evaluated segment by segment with one scratch bitset a level. The
 * cheap children of an AND come first, those that ask for the event are
 * decided together, and it stops when nothing is left. The children of an OR
 * that are leaves set their bits in one bitset. */
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#include "store/bitset.h"
#include "store/leaf.h"
#include "store/leaf_event.h"
#include "store/sight.h"

enum {
  DEPTH_MAX = 32,
  EVENT_CONDS_MAX = 16,
  FEW = 2048, /* one row in so many; an estimate, not measured yet */
  FEW_AT_LEAST = 16,
};

/* What evaluation of one segment needs. */
struct run {
  struct kz_leaf leaf;
  size_t words_max;             /* of the largest segment */
  uint64_t *scratch[DEPTH_MAX]; /* made when first needed */
};

/* How expensive a condition is, from what is read off an order of values to
 * what looks at each text. */
enum cost {
  COST_LOOKUP,
  COST_BITSET,
  COST_EVENT,
  COST_COLUMN,
  COST_TEXT,
  COST_REGEX,
  COST_COUNT
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
}

static enum cost cost_of(const struct kz_cond *cond) {
  if (kz_leaf_is_of_event(cond)) {
    return COST_EVENT;
  }
  switch ((int)cond->kind) {
  case KZ_COND_VALUE:
  case KZ_COND_UUID:
  case KZ_COND_WITHIN:
  case KZ_COND_AROUND:
  case KZ_COND_UNDER:
  case KZ_COND_EVENT:
    return COST_LOOKUP;
  case KZ_COND_ALL:
  case KZ_COND_TYPE:
  case KZ_COND_CATEGORY:
  case KZ_COND_TO_IDS:
  case KZ_COND_IN_OBJECT:
  case KZ_COND_SIGHTED:
    return COST_BITSET;
  case KZ_COND_PREFIX:
  case KZ_COND_SUFFIX:
  case KZ_COND_SUBSTRING:
    return COST_TEXT;
  case KZ_COND_REGEX:
    return COST_REGEX;
  default:
    return COST_COLUMN;
  }
}

static bool is_leaf(const struct kz_cond *cond) {
  return cond->kind != KZ_COND_AND && cond->kind != KZ_COND_OR &&
         cond->kind != KZ_COND_NOT;
}

static kz_rc fill(struct run *run, const struct kz_cond *cond, unsigned depth,
                  uint64_t *bits, struct kz_err *err);

/* Evaluates a child into this depth's scratch bitset. */
static kz_rc fill_scratch(struct run *run, const struct kz_cond *cond,
                          unsigned depth, struct kz_err *err) {
  size_t words = run->leaf.segment->words;
  if (!run->scratch[depth]) {
    run->scratch[depth] = calloc(run->words_max + 1, sizeof(uint64_t));
    if (!run->scratch[depth]) {
      return no_memory(err);
    }
  } else {
    memset(run->scratch[depth], 0, words * sizeof(uint64_t));
  }
  return fill(run, cond, depth + 1, run->scratch[depth], err);
}

/* Takes away the rows that have not the tags of `cond`, where few are left to
 * look at; false when it is another condition or there are many. */
static bool keeps_tagged(const struct run *run, const struct kz_cond *cond,
                         uint64_t *bits) {
  const struct kz_segment *s = run->leaf.segment;
  if ((cond->kind != KZ_COND_TAG && cond->kind != KZ_COND_TAG_OWN) ||
      kz_bitset_way()->count(bits, s->words) > s->rows / FEW + FEW_AT_LEAST) {
    return false;
  }
  kz_leaf_keep_tagged(&run->leaf, cond, bits);
  return true;
}

/* ANDs all children of one cost to `bits`; the first of all fills them. */
static kz_rc and_children(struct run *run, const struct kz_cond *cond,
                          enum cost cost, unsigned depth, bool *first,
                          uint64_t *bits, struct kz_err *err) {
  size_t words = run->leaf.segment->words;
  for (size_t i = 0; i < cond->child_count; i++) {
    if (cost_of(cond->children[i]) != cost) {
      continue;
    }
    if (!*first && kz_bitset_is_empty(bits, words)) {
      return KZ_OK;
    }
    if (!*first && keeps_tagged(run, cond->children[i], bits)) {
      continue;
    }
    kz_rc rc = *first ? fill(run, cond->children[i], depth + 1, bits, err)
                      : fill_scratch(run, cond->children[i], depth, err);
    if (rc != KZ_OK) {
      return rc;
    }
    if (!*first) {
      kz_bitset_and(bits, run->scratch[depth], words);
    }
    *first = false;
  }
  return KZ_OK;
}

/* Takes away the rows whose events do not match the children that ask for
 * them, some children at a time. */
static void and_events(const struct run *run, const struct kz_cond *cond,
                       bool *first, uint64_t *bits) {
  const struct kz_cond *conds[EVENT_CONDS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < cond->child_count; i++) {
    if (cost_of(cond->children[i]) == COST_EVENT) {
      conds[count++] = cond->children[i];
    }
    if (count == 0 || (count < EVENT_CONDS_MAX && i + 1 < cond->child_count)) {
      continue;
    }
    if (*first) {
      kz_bitset_set_range(bits, 0, run->leaf.segment->rows);
    }
    kz_leaf_keep_events(&run->leaf, conds, count, bits);
    *first = false;
    count = 0;
  }
}

static kz_rc fill_and(struct run *run, const struct kz_cond *cond,
                      unsigned depth, uint64_t *bits, struct kz_err *err) {
  bool first = true;
  kz_rc rc = KZ_OK;
  for (unsigned cost = 0; rc == KZ_OK && cost < COST_COUNT; cost++) {
    if (cost == COST_EVENT) {
      and_events(run, cond, &first, bits);
    } else {
      rc = and_children(run, cond, (enum cost)cost, depth, &first, bits, err);
    }
  }
  if (rc == KZ_OK && first) {
    kz_bitset_set_range(bits, 0, run->leaf.segment->rows);
  }
  return rc;
}

static kz_rc fill_or(struct run *run, const struct kz_cond *cond,
                     unsigned depth, uint64_t *bits, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < cond->child_count; i++) {
    const struct kz_cond *child = cond->children[i];
    if (is_leaf(child)) {
      rc = fill(run, child, depth + 1, bits, err);
      continue;
    }
    rc = fill_scratch(run, child, depth, err);
    if (rc == KZ_OK) {
      kz_bitset_or(bits, run->scratch[depth], run->leaf.segment->words);
    }
  }
  return rc;
}

static kz_rc fill_not(struct run *run, const struct kz_cond *cond,
                      unsigned depth, uint64_t *bits, struct kz_err *err) {
  kz_rc rc = cond->child_count == 1
                 ? fill_scratch(run, cond->children[0], depth, err)
                 : kz_err_set(err, KZ_E_INPUT, "NOT takes one condition");
  if (rc == KZ_OK) {
    kz_bitset_set_range(bits, 0, run->leaf.segment->rows);
    kz_bitset_and_not(bits, run->scratch[depth], run->leaf.segment->words);
  }
  return rc;
}

/* `bits` are all 0, but for a leaf, which adds to them. */
static kz_rc fill(struct run *run, const struct kz_cond *cond, unsigned depth,
                  uint64_t *bits, struct kz_err *err) {
  if (depth >= DEPTH_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "a question of more than %d levels",
                      DEPTH_MAX);
  }
  switch ((int)cond->kind) {
  case KZ_COND_AND:
    return fill_and(run, cond, depth, bits, err);
  case KZ_COND_OR:
    return fill_or(run, cond, depth, bits, err);
  case KZ_COND_NOT:
    return fill_not(run, cond, depth, bits, err);
  default:
    return kz_leaf_fill(&run->leaf, cond, bits, err);
  }
}

static void apply_deleted(const struct kz_segment *s, enum kz_deleted deleted,
                          uint64_t *bits) {
  switch (deleted) {
  case KZ_DELETED_NO:
    kz_bitset_and_not(bits, s->flags[KZ_FLAG_DELETED], s->words);
    break;
  case KZ_DELETED_ONLY:
    kz_bitset_and(bits, s->flags[KZ_FLAG_DELETED], s->words);
    break;
  case KZ_DELETED_BOTH:
    break;
  }
}

static kz_rc run_part(struct run *run, const struct kz_viewer *viewer,
                      const struct kz_part *part, const struct kz_query *query,
                      uint64_t **ret_bits, uint64_t *ret_count,
                      struct kz_err *err) {
  const struct kz_cond all = {.kind = KZ_COND_ALL};
  const struct kz_segment *s = part->segment;
  uint64_t *bits = calloc(s->words + 1, sizeof *bits);
  if (!bits) {
    return no_memory(err);
  }
  run->leaf.segment = s;
  kz_rc rc = fill(run, query->where ? query->where : &all, 0, bits, err);
  if (rc == KZ_OK) {
    apply_deleted(s, query->deleted, bits);
    kz_dead_clear_from(part->dead, bits, s->words);
    kz_sight_clear(run->leaf.view, viewer, s, bits);
    if (query->deleted != KZ_DELETED_NO) {
      kz_sight_clear_deleted(run->leaf.view, viewer, s, bits);
    }
    *ret_count = kz_bitset_way()->count(bits, s->words);
  }
  if (rc != KZ_OK || *ret_count == 0) {
    free(bits);
    bits = NULL;
  }
  *ret_bits = bits;
  return rc;
}

static void run_done(struct run *run) {
  for (size_t i = 0; i < DEPTH_MAX; i++) {
    free(run->scratch[i]);
  }
  kz_leaf_done(&run->leaf);
}

kz_rc kz_query_run(const struct kz_view *view, struct kz_dict *dict,
                   const struct kz_viewer *viewer, const struct kz_query *query,
                   struct kz_answer *ret_answer, struct kz_err *err) {
  struct kz_answer answer = {.view = view};
  answer.bits = calloc(view->part_count + 1, sizeof(uint64_t *));
  answer.counts = calloc(view->part_count + 1, sizeof *answer.counts);
  kz_rc rc = answer.bits && answer.counts ? KZ_OK : no_memory(err);
  struct run run = {.leaf = {.view = view, .viewer = viewer, .dict = dict}};
  for (size_t i = 0; i < view->part_count; i++) {
    size_t words = view->parts[i].segment->words;
    run.words_max = words > run.words_max ? words : run.words_max;
  }
  for (size_t i = 0; rc == KZ_OK && i < view->part_count; i++) {
    rc = run_part(&run, viewer, &view->parts[i], query, &answer.bits[i],
                  &answer.counts[i], err);
    answer.total += rc == KZ_OK ? answer.counts[i] : 0;
  }
  run_done(&run);
  if (rc != KZ_OK) {
    kz_answer_done(&answer);
    return rc;
  }
  *ret_answer = answer;
  return KZ_OK;
}

void kz_answer_done(struct kz_answer *answer) {
  for (size_t i = 0; answer->bits && i < answer->view->part_count; i++) {
    free(answer->bits[i]);
  }
  free(answer->bits);
  free(answer->counts);
  *answer = (struct kz_answer){.total = 0};
}
