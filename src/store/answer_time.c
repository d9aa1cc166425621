/* Of n hits the best k are wanted, k small. First the k-th best time is found
 * (what is not better than the k best so far is passed over 64 rows at a
 * time), then the hits with better times are gathered and as many of those
 * with that very time, by id, as fill the page. A heap was rejected: rows that
 * come in the order of their times would each pass through it, and those of
 * equal times need their ids compared. The times are read three times, which
 * costs 4 bytes a row each. */
#include "store/answer_time.h"

#include <stdlib.h>

#include "store/bitset.h"

enum {
  BLOCK = 4096, /* rows */
  BLOCK_WORDS = BLOCK / 64,
  KEYS_MIN = 1024,
};

/* A hit and its key: its time, or what is left of the largest time, so that
 * the smaller key comes first. */
struct timed {
  uint32_t key;
  struct kz_hit hit;
};

/* The best keys so far. */
struct best {
  uint32_t *keys;
  size_t count;
  size_t room;
  size_t keep;
  bool newest_first;
  bool full;      /* `keep` were found: only better ones matter */
  uint32_t worst; /* of them */
};

/* Hits gathered so far. */
struct gathered {
  struct timed *at;
  size_t count;
};

static uint32_t key_of(bool newest_first, uint32_t time) {
  return newest_first ? UINT32_MAX - time : time;
}

/* The key of rank `rank` (from 0) among `count`, by its bytes from the top. */
static uint32_t key_of_rank(const uint32_t *keys, size_t count, size_t rank) {
  uint32_t prefix = 0;
  uint32_t known = 0; /* mask of the bits that are */
  for (unsigned shift = 32; shift > 0;) {
    size_t counts[256] = {0};
    shift -= 8;
    for (size_t i = 0; i < count; i++) {
      if ((keys[i] & known) == prefix) {
        counts[keys[i] >> shift & 0xff]++;
      }
    }
    uint32_t digit = 0;
    while (rank >= counts[digit]) {
      rank -= counts[digit++];
    }
    prefix |= digit << shift;
    known |= (uint32_t)0xff << shift;
  }
  return prefix;
}

/* Leaves the best `keep`; what equals the worst of them is interchangeable. */
static void shrink(struct best *b) {
  b->worst = key_of_rank(b->keys, b->count, b->keep - 1);
  size_t better = 0;
  for (size_t i = 0; i < b->count; i++) {
    if (b->keys[i] < b->worst) {
      b->keys[better++] = b->keys[i];
    }
  }
  while (better < b->keep) {
    b->keys[better++] = b->worst;
  }
  b->count = b->keep;
  b->full = true;
}

/* The hits of a block whose keys lie in [from, to]. */
static void find_in_block(const struct kz_segment *s, const uint64_t *bits,
                          size_t block, bool newest_first, uint32_t from,
                          uint32_t to, uint64_t found[BLOCK_WORDS]) {
  size_t at = block * BLOCK;
  size_t rows = s->rows - at < BLOCK ? s->rows - at : BLOCK;
  size_t words = (rows + 63) / 64;
  uint32_t first = newest_first ? UINT32_MAX - to : from;
  for (size_t w = 0; w < BLOCK_WORDS; w++) {
    found[w] = 0;
  }
  if (from <= to && !kz_bitset_is_empty(bits + at / 64, words)) {
    kz_bitset_way()->set_in_range(s->time + at, rows, first, to - from, found);
    kz_bitset_and(found, bits + at / 64, words);
  }
}

static size_t blocks_of(const struct kz_segment *s) {
  return ((size_t)s->rows + BLOCK - 1) / BLOCK;
}

static void take_best_of_block(struct best *b, const struct kz_segment *s,
                               const uint64_t *bits, size_t block) {
  uint64_t found[BLOCK_WORDS];
  if (b->full && b->worst == 0) {
    return; /* nothing can be better */
  }
  find_in_block(s, bits, block, b->newest_first, 0,
                b->full ? b->worst - 1 : UINT32_MAX, found);
  for (size_t w = 0; w < BLOCK_WORDS; w++) {
    for (uint64_t word = found[w]; word; word &= word - 1) {
      size_t row = block * BLOCK + w * 64 + (unsigned)__builtin_ctzll(word);
      b->keys[b->count++] = key_of(b->newest_first, s->time[row]);
      if (b->count == b->room) {
        shrink(b);
      }
    }
  }
}

/* New rows mostly have new times, so the end that is likely best is looked at
 * first. */
static void take_best(struct best *b, const struct kz_answer *answer) {
  size_t parts = answer->view->part_count;
  for (size_t i = 0; i < parts; i++) {
    size_t p = b->newest_first ? parts - 1 - i : i;
    const struct kz_segment *s = answer->view->parts[p].segment;
    size_t blocks = answer->bits[p] ? blocks_of(s) : 0;
    for (size_t k = 0; k < blocks; k++) {
      take_best_of_block(b, s, answer->bits[p],
                         b->newest_first ? blocks - 1 - k : k);
    }
  }
}

static void add(struct gathered *g, const struct kz_segment *s, size_t part,
                uint32_t row, bool newest_first) {
  uint32_t slice = kz_segment_slice_of(s, row);
  g->at[g->count++] = (struct timed){
      .key = key_of(newest_first, s->time[row]),
      .hit = {.event = s->slice_event[slice],
              .attribute = kz_segment_attribute(s, slice, row),
              .part = (uint32_t)part,
              .row = row},
  };
}

/* Gathers the hits of a part whose keys lie in [from, to], the first `most`. */
static void gather_part(struct gathered *g, const struct kz_answer *answer,
                        size_t part, bool newest_first, uint32_t from,
                        uint32_t to, size_t most) {
  const struct kz_segment *s = answer->view->parts[part].segment;
  size_t blocks = answer->bits[part] ? blocks_of(s) : 0;
  size_t left = most;
  for (size_t k = 0; left > 0 && k < blocks; k++) {
    uint64_t found[BLOCK_WORDS];
    find_in_block(s, answer->bits[part], k, newest_first, from, to, found);
    for (size_t w = 0; w < BLOCK_WORDS; w++) {
      for (uint64_t word = found[w]; word && left > 0; word &= word - 1) {
        size_t row = k * BLOCK + w * 64 + (unsigned)__builtin_ctzll(word);
        add(g, s, part, (uint32_t)row, newest_first);
        left--;
      }
    }
  }
}

static int compare_timed(const void *a, const void *b) {
  const struct timed *x = a;
  const struct timed *y = b;
  if (x->key != y->key) {
    return x->key < y->key ? -1 : 1;
  }
  if (x->hit.event != y->hit.event) {
    return x->hit.event < y->hit.event ? -1 : 1;
  }
  return (x->hit.attribute > y->hit.attribute) -
         (x->hit.attribute < y->hit.attribute);
}

/* The `keep` first hits, sorted, when the key of the last one is `worst`. */
static void gather(struct gathered *g, const struct kz_answer *answer,
                   bool newest_first, size_t keep, uint32_t worst) {
  size_t parts = answer->view->part_count;
  for (size_t p = 0; worst > 0 && p < parts; p++) {
    gather_part(g, answer, p, newest_first, 0, worst - 1, keep);
  }
  size_t better = g->count;
  size_t needed = keep - better;
  struct gathered ties = {.at = g->at + better};
  for (size_t p = 0; p < parts; p++) {
    gather_part(&ties, answer, p, newest_first, worst, worst, needed);
    if (ties.count > needed) {
      qsort(ties.at, ties.count, sizeof *ties.at, compare_timed);
      ties.count = needed;
    }
  }
  g->count = better + ties.count;
  qsort(g->at, g->count, sizeof *g->at, compare_timed);
}

kz_rc kz_answer_time_page(const struct kz_answer *answer, bool newest_first,
                          uint64_t offset, size_t limit, struct kz_hit *hits,
                          size_t *ret_count, struct kz_err *err) {
  if (offset > KZ_TIME_HITS_MAX || limit > KZ_TIME_HITS_MAX - offset) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "by time only the first %d are given: ask a narrower "
                      "question",
                      KZ_TIME_HITS_MAX);
  }
  size_t keep = (size_t)offset + limit;
  keep = keep < answer->total ? keep : (size_t)answer->total;
  if (keep <= offset) {
    *ret_count = 0;
    return KZ_OK;
  }
  struct best best = {
      .keep = keep, .newest_first = newest_first, .room = 2 * keep + KEYS_MIN};
  struct gathered g = {.count = 0};
  best.keys = calloc(best.room, sizeof *best.keys);
  g.at = calloc(2 * keep, sizeof *g.at);
  kz_rc rc = KZ_OK;
  if (best.keys && g.at) {
    take_best(&best, answer);
    shrink(&best);
    gather(&g, answer, newest_first, keep, best.worst);
    for (size_t i = (size_t)offset; i < g.count; i++) {
      hits[i - (size_t)offset] = g.at[i].hit;
    }
    *ret_count = g.count - (size_t)offset;
  } else {
    rc = kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  free(best.keys);
  free(g.at);
  return rc;
}
