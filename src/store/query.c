/* A tree is evaluated segment by segment with one scratch bitset a level. AND
 * stops when nothing is left; its cheap children come first. */
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#include "store/leaf.h"

enum { DEPTH_MAX = 32 };

/* What evaluation of one segment needs. */
struct run {
  struct kz_leaf leaf;
  const struct kz_viewer *viewer;
  uint64_t *scratch[DEPTH_MAX]; /* made when first needed */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
}

/* 0 for what is read off bitsets, more for what scans. */
static unsigned cost_of(const struct kz_cond *cond) {
  switch (cond->kind) {
  case KZ_COND_VALUE:
  case KZ_COND_UUID:
  case KZ_COND_WITHIN:
  case KZ_COND_AROUND:
  case KZ_COND_UNDER:
  case KZ_COND_EVENT:
    return 0;
  case KZ_COND_ALL:
  case KZ_COND_TYPE:
  case KZ_COND_CATEGORY:
  case KZ_COND_TO_IDS:
  case KZ_COND_IN_OBJECT:
  case KZ_COND_SIGHTED:
    return 1;
  case KZ_COND_OWNER:
  case KZ_COND_ORG:
  case KZ_COND_TAG_EVENT:
  case KZ_COND_THREAT_LEVEL:
  case KZ_COND_ANALYSIS:
  case KZ_COND_DISTRIBUTION:
  case KZ_COND_DATE:
  case KZ_COND_EVENT_TIME:
  case KZ_COND_PUBLISH_TIME:
  case KZ_COND_PUBLISHED:
    return 2;
  case KZ_COND_AND:
  case KZ_COND_OR:
  case KZ_COND_NOT:
  case KZ_COND_TAG:
  case KZ_COND_TAG_OWN:
  case KZ_COND_ATTRIBUTE:
  case KZ_COND_TIME:
  case KZ_COND_KNOWN:
  case KZ_COND_INFO:
    return 3;
  case KZ_COND_PREFIX:
  case KZ_COND_SUFFIX:
  case KZ_COND_SUBSTRING:
    return 4;
  case KZ_COND_REGEX:
    return 5;
  }
  return 5;
}

static bool is_empty(const uint64_t *bits, size_t words) {
  uint64_t any = 0;
  for (size_t i = 0; i < words && !any; i++) {
    any |= bits[i];
  }
  return any == 0;
}

static kz_rc fill(struct run *run, const struct kz_cond *cond, unsigned depth,
                  uint64_t *bits, struct kz_err *err);

/* Evaluates a child into this depth's scratch bitset. */
static kz_rc fill_scratch(struct run *run, const struct kz_cond *cond,
                          unsigned depth, struct kz_err *err) {
  size_t words = run->leaf.segment->words;
  if (!run->scratch[depth]) {
    run->scratch[depth] = calloc(words + 1, sizeof(uint64_t));
    if (!run->scratch[depth]) {
      return no_memory(err);
    }
  } else {
    memset(run->scratch[depth], 0, words * sizeof(uint64_t));
  }
  return fill(run, cond, depth + 1, run->scratch[depth], err);
}

static kz_rc fill_and(struct run *run, const struct kz_cond *cond,
                      unsigned depth, uint64_t *bits, struct kz_err *err) {
  size_t words = run->leaf.segment->words;
  bool first = true;
  for (unsigned cost = 0; cost <= 5; cost++) {
    for (size_t i = 0; i < cond->child_count; i++) {
      if (cost_of(cond->children[i]) != cost) {
        continue;
      }
      if (!first && is_empty(bits, words)) {
        return KZ_OK;
      }
      kz_rc rc = first ? fill(run, cond->children[i], depth + 1, bits, err)
                       : fill_scratch(run, cond->children[i], depth, err);
      if (rc != KZ_OK) {
        return rc;
      }
      for (size_t w = 0; !first && w < words; w++) {
        bits[w] &= run->scratch[depth][w];
      }
      first = false;
    }
  }
  return first ? kz_leaf_fill(&run->leaf,
                              &(struct kz_cond){.kind = KZ_COND_ALL}, bits, err)
               : KZ_OK;
}

static kz_rc fill_or(struct run *run, const struct kz_cond *cond,
                     unsigned depth, uint64_t *bits, struct kz_err *err) {
  size_t words = run->leaf.segment->words;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < cond->child_count; i++) {
    rc = fill_scratch(run, cond->children[i], depth, err);
    for (size_t w = 0; rc == KZ_OK && w < words; w++) {
      bits[w] |= run->scratch[depth][w];
    }
  }
  return rc;
}

static kz_rc fill_not(struct run *run, const struct kz_cond *cond,
                      unsigned depth, uint64_t *bits, struct kz_err *err) {
  kz_rc rc = cond->child_count == 1
                 ? fill_scratch(run, cond->children[0], depth, err)
                 : kz_err_set(err, KZ_E_INPUT, "NOT takes one condition");
  if (rc != KZ_OK) {
    return rc;
  }
  kz_leaf_set_range(bits, 0, run->leaf.segment->rows);
  for (size_t w = 0; w < run->leaf.segment->words; w++) {
    bits[w] &= ~run->scratch[depth][w];
  }
  return KZ_OK;
}

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

static void clear_range(uint64_t *bits, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to;) {
    if (i % KZ_WORD_BITS == 0 && to - i >= KZ_WORD_BITS) {
      bits[i / KZ_WORD_BITS] = 0;
      i += KZ_WORD_BITS;
    } else {
      bits[i / KZ_WORD_BITS] &= ~(1ull << (i % KZ_WORD_BITS));
      i++;
    }
  }
}

static bool sees_event(const struct run *run, uint64_t id) {
  const struct kz_event_page *page = kz_events_page(run->leaf.view->events, id);
  size_t slot = id % KZ_PAGE_EVENTS;
  return page && (page->flags[slot] & KZ_EVENT_EXISTS) &&
         (run->viewer->sees_all ||
          kz_viewer_sees_event(run->viewer, page->org[slot],
                               page->distribution[slot], page->group[slot]));
}

/* Takes away what the viewer may not see: whole events, then single rows with
 * a distribution of their own. */
static void apply_sight(const struct run *run, uint64_t *bits) {
  const struct kz_segment *s = run->leaf.segment;
  for (uint32_t i = 0; !run->viewer->sees_all && i < s->slices; i++) {
    if (!sees_event(run, s->slice_event[i])) {
      clear_range(bits, s->slice_start[i], s->slice_start[i + 1]);
    }
  }
  for (size_t i = 0; !run->viewer->sees_all && i < s->limited_count; i++) {
    const struct kz_limited_row *row = &s->limited[i];
    uint64_t event = s->slice_event[kz_segment_slice_of(s, row->row)];
    const struct kz_event_page *page =
        kz_events_page(run->leaf.view->events, event);
    uint32_t owner = page ? page->org[event % KZ_PAGE_EVENTS] : 0;
    if (!kz_viewer_sees_child(run->viewer, owner, (uint8_t)row->distribution,
                              row->group)) {
      clear_range(bits, row->row, row->row + 1);
    }
  }
}

static void apply_deleted(const struct run *run, enum kz_deleted deleted,
                          uint64_t *bits) {
  const struct kz_segment *s = run->leaf.segment;
  const uint64_t *flag = s->flags[KZ_FLAG_DELETED];
  switch (deleted) {
  case KZ_DELETED_NO:
    for (size_t w = 0; w < s->words; w++) {
      bits[w] &= ~flag[w];
    }
    break;
  case KZ_DELETED_ONLY:
    for (size_t w = 0; w < s->words; w++) {
      bits[w] &= flag[w];
    }
    break;
  case KZ_DELETED_BOTH:
    break;
  }
}

static uint64_t count_bits(const uint64_t *bits, size_t words) {
  uint64_t n = 0;
  for (size_t i = 0; i < words; i++) {
    n += (unsigned)__builtin_popcountll(bits[i]);
  }
  return n;
}

static kz_rc run_part(struct run *run, const struct kz_part *part,
                      const struct kz_query *query, uint64_t **ret_bits,
                      uint64_t *ret_count, struct kz_err *err) {
  const struct kz_cond all = {.kind = KZ_COND_ALL};
  size_t words = part->segment->words;
  uint64_t *bits = calloc(words + 1, sizeof *bits);
  if (!bits) {
    return no_memory(err);
  }
  run->leaf.segment = part->segment;
  kz_rc rc = fill(run, query->where ? query->where : &all, 0, bits, err);
  for (size_t i = 0; i < DEPTH_MAX; i++) {
    free(run->scratch[i]);
    run->scratch[i] = NULL;
  }
  if (rc == KZ_OK) {
    apply_deleted(run, query->deleted, bits);
    kz_dead_clear_from(part->dead, bits, words);
    apply_sight(run, bits);
    *ret_count = count_bits(bits, words);
  }
  if (rc != KZ_OK || *ret_count == 0) {
    free(bits);
    bits = NULL;
  }
  *ret_bits = bits;
  return rc;
}

kz_rc kz_query_run(const struct kz_view *view, struct kz_dict *dict,
                   const struct kz_viewer *viewer, const struct kz_query *query,
                   struct kz_answer *ret_answer, struct kz_err *err) {
  struct kz_answer answer = {.view = view};
  answer.bits = calloc(view->part_count + 1, sizeof(uint64_t *));
  answer.counts = calloc(view->part_count + 1, sizeof *answer.counts);
  kz_rc rc = answer.bits && answer.counts ? KZ_OK : no_memory(err);
  struct run run = {.leaf = {.view = view, .dict = dict}, .viewer = viewer};
  for (size_t i = 0; rc == KZ_OK && i < view->part_count; i++) {
    rc = run_part(&run, &view->parts[i], query, &answer.bits[i],
                  &answer.counts[i], err);
    answer.total += rc == KZ_OK ? answer.counts[i] : 0;
  }
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
