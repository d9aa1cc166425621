#include "store/event_filter.h"

#include <string.h>

#include "store/bitset.h"
#include "store/slice_walk.h"

enum { BLOCK_WORDS = 512, BLOCK_ROWS = BLOCK_WORDS * 64 };

/* A filter and the page that it decided last. */
struct decider {
  const struct kz_segment *segment;
  const struct kz_events *events;
  kz_event_filter *filter;
  const void *ctx;
  uint64_t page; /* its number; UINT64_MAX: none yet */
  struct kz_page_bits bits;
};

static void decide_page(struct decider *d, uint64_t number) {
  const struct kz_event_page *page =
      kz_events_page(d->events, number << KZ_PAGE_BITS);
  d->page = number;
  d->bits = (struct kz_page_bits){{0}};
  if (page) {
    d->filter(d->ctx, page, &d->bits);
  }
}

/* 1 when the slice's event passes. */
static inline uint64_t passes(struct decider *d, uint32_t slice) {
  uint64_t event = d->segment->slice_event[slice];
  if (event >> KZ_PAGE_BITS != d->page) {
    decide_page(d, event >> KZ_PAGE_BITS);
  }
  size_t slot = event % KZ_PAGE_EVENTS;
  return d->bits.words[slot / 64] >> (slot % 64) & 1;
}

/* Whether all events of the slices [first, end) pass, found page by page; false
 * also when that would take longer than looking at the slices. */
static bool all_pass(struct decider *d, uint32_t first, uint32_t end) {
  uint64_t from = d->segment->slice_event[first] >> KZ_PAGE_BITS;
  uint64_t to = d->segment->slice_event[end - 1] >> KZ_PAGE_BITS;
  if (to - from > (end - first) / 16) {
    return false;
  }
  for (uint64_t page = from; page <= to; page++) {
    if (page != d->page) {
      decide_page(d, page);
    }
    for (size_t w = 0; w < KZ_PAGE_WORDS; w++) {
      if (d->bits.words[w] != UINT64_MAX) {
        return false;
      }
    }
  }
  return true;
}

/* Turns marks of changes into what lies between them; `state` is how it begins:
 * 0 or all bits. */
static void spread(uint64_t *changes, size_t words, uint64_t state) {
  for (size_t w = 0; w < words; w++) {
    uint64_t x = changes[w];
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    x ^= x << 32;
    x ^= state;
    changes[w] = x;
    state = 0 - (x >> 63);
  }
}

/* The bits of the rows [base, end) into `rows`; the slices [first, last) are
 * those they lie in. */
static void decide_rows(struct decider *d, uint32_t base, uint32_t end,
                        uint32_t first, uint32_t last,
                        uint64_t rows[BLOCK_WORDS]) {
  const uint32_t *start = d->segment->slice_start;
  size_t words = ((size_t)end - base + 63) / 64;
  uint64_t before = passes(d, first);
  uint64_t state = 0 - before;
  memset(rows, 0, words * sizeof *rows);
  for (uint32_t i = first + 1; i < last; i++) {
    uint64_t now = passes(d, i);
    uint32_t at = start[i] - base;
    rows[at / 64] ^= (now ^ before) << (at % 64);
    before = now;
  }
  if ((end - base) % 64) { /* the last word ends with the rows */
    uint32_t at = end - base;
    rows[at / 64] ^= before << (at % 64);
  }
  spread(rows, words, state);
}

static struct decider decider_of(const struct kz_segment *segment,
                                 const struct kz_events *events,
                                 kz_event_filter *filter, const void *ctx) {
  return (struct decider){.segment = segment,
                          .events = events,
                          .filter = filter,
                          .ctx = ctx,
                          .page = UINT64_MAX};
}

static uint32_t end_of_block(const struct kz_segment *s, uint32_t base) {
  return s->rows - base < BLOCK_ROWS ? s->rows : base + BLOCK_ROWS;
}

void kz_event_filter_keep(const struct kz_segment *s,
                          const struct kz_events *events,
                          kz_event_filter *filter, const void *ctx,
                          uint64_t *bits) {
  struct decider d = decider_of(s, events, filter, ctx);
  uint64_t rows[BLOCK_WORDS];
  uint32_t end = 0;
  uint32_t slice = 0;
  for (uint32_t base = 0; base < s->rows; base = end) {
    end = end_of_block(s, base);
    size_t words = ((size_t)end - base + 63) / 64;
    if (kz_bitset_is_empty(bits + base / 64, words)) {
      continue;
    }
    slice = kz_slice_gallop(s, slice, base);
    uint32_t last = kz_slice_gallop(s, slice, end - 1) + 1;
    if (!all_pass(&d, slice, last)) {
      decide_rows(&d, base, end, slice, last, rows);
      kz_bitset_and(bits + base / 64, rows, words);
    }
  }
}

void kz_event_filter_add(const struct kz_segment *s,
                         const struct kz_events *events,
                         kz_event_filter *filter, const void *ctx,
                         uint64_t *bits) {
  struct decider d = decider_of(s, events, filter, ctx);
  uint64_t rows[BLOCK_WORDS];
  uint32_t end = 0;
  uint32_t slice = 0;
  for (uint32_t base = 0; base < s->rows; base = end) {
    end = end_of_block(s, base);
    slice = kz_slice_gallop(s, slice, base);
    uint32_t last = kz_slice_gallop(s, slice, end - 1) + 1;
    decide_rows(&d, base, end, slice, last, rows);
    kz_bitset_or(bits + base / 64, rows, ((size_t)end - base + 63) / 64);
  }
}

void kz_event_filter_flag(const uint8_t flags[KZ_PAGE_EVENTS], uint8_t flag,
                          struct kz_page_bits *ret) {
  /* Eight bytes of 0 or 1 become eight bits by one multiplication. */
  const uint64_t ones = UINT64_C(0x0101010101010101);
  unsigned shift = (unsigned)__builtin_ctz(flag);
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i += 8) {
    uint64_t eight = 0;
    memcpy(&eight, flags + i, sizeof eight);
    eight = (eight >> shift & ones) * UINT64_C(0x0102040810204080) >> 56;
    ret->words[i / 64] |= eight << (i % 64);
  }
}
