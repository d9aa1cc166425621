#include "store/leaf_text.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "store/crew.h"
#include "store/leaf_regex.h"
#include "store/value_scan.h"

enum {
  PIECE_VALUES = 1 << 16,
  THREADS = 2,           /* of one question: others ask at the same time */
  ALONE_BYTES = 4 << 20, /* scanned in the time two threads need to start */
};

/* What is looked for, in which form for which class. */
struct search {
  const struct kz_segment *segment;
  enum kz_cond_kind kind;
  bool in_class[KZ_CLASS_COUNT];
  struct kz_needle text;   /* all classes but digests */
  struct kz_needle hex[2]; /* digests: from the high half of a byte, the low */
  bool has_hex[2];
  bool everything; /* the empty text */
  struct kz_leaf_regex_worker *workers[THREADS];
  uint32_t piece_start[KZ_CLASS_COUNT + 1]; /* first piece of a class */
  uint64_t *bits;
  atomic_bool failed;
};

/* Several threads set bits, and their rows may share a word. */
static void set_value(void *ctx, uint32_t value) {
  struct search *search = ctx;
  const struct kz_segment *s = search->segment;
  for (uint32_t i = s->value_post_at[value]; i < s->value_post_at[value + 1];
       i++) {
    uint32_t row = s->posting[i] & ~KZ_POSTING_SILENT;
    __atomic_fetch_or(&search->bits[row / KZ_WORD_BITS],
                      UINT64_C(1) << (row % KZ_WORD_BITS), __ATOMIC_RELAXED);
  }
}

/* The value in [value, to) that holds byte `at` of the texts. */
static uint32_t value_at(const struct kz_segment *s, uint32_t value,
                         uint32_t to, uint64_t at) {
  uint32_t step = 1;
  while (to - value > step && s->value_text_at[value + step] <= at) {
    value += step;
    step *= 2;
  }
  uint32_t high = to - value > step ? value + step : to;
  while (high - value > 1) {
    uint32_t middle = value + (high - value) / 2;
    if (s->value_text_at[middle] <= at) {
      value = middle;
    } else {
      high = middle;
    }
  }
  return value;
}

/* Substrings: hits that reach into the next value are none. */
static void scan(struct search *search, const struct kz_needle *needle,
                 uint32_t from, uint32_t to) {
  const struct kz_segment *s = search->segment;
  kz_scan_find *find = kz_scan_best();
  uint64_t base = s->value_text_at[from];
  kz_str text = {s->value_text + base, (size_t)(s->value_text_at[to] - base)};
  uint32_t value = from;
  size_t at = find(needle, text, 0);
  while (at != SIZE_MAX) {
    value = value_at(s, value, to, base + at);
    size_t end = (size_t)(s->value_text_at[value + 1] - base);
    if (end - at >= needle->len) {
      set_value(search, value);
      at = find(needle, text, end);
    } else {
      at = find(needle, text, at + 1);
    }
  }
}

/* Prefixes and suffixes: one comparison a value. */
static void compare_ends(struct search *search, const struct kz_needle *needle,
                         uint32_t from, uint32_t to) {
  bool suffix = search->kind == KZ_COND_SUFFIX;
  for (uint32_t v = from; v < to; v++) {
    kz_str text = kz_segment_text(search->segment, v);
    if (suffix && text.len > needle->len) {
      text = kz_str_from(text, text.len - needle->len);
    }
    if (kz_needle_fits(needle, text)) {
      set_value(search, v);
    }
  }
}

static void look_for(struct search *search, const struct kz_needle *needle,
                     uint32_t from, uint32_t to) {
  if (search->kind == KZ_COND_SUBSTRING) {
    scan(search, needle, from, to);
  } else {
    compare_ends(search, needle, from, to);
  }
}

static void search_piece(void *ctx, unsigned worker, size_t piece) {
  struct search *search = ctx;
  unsigned c = 0;
  while (piece >= search->piece_start[c + 1]) {
    c++;
  }
  const uint32_t *start = search->segment->head->class_start;
  size_t at = (piece - search->piece_start[c]) * PIECE_VALUES;
  uint32_t from = start[c] + (uint32_t)at;
  uint32_t to = start[c + 1];
  to = to - from > PIECE_VALUES ? from + PIECE_VALUES : to;
  if (search->kind == KZ_COND_REGEX) {
    if (!kz_leaf_regex_values(search->workers[worker], search->segment, from,
                              to, set_value, search)) {
      atomic_store(&search->failed, true);
    }
  } else if (search->everything) {
    for (uint32_t v = from; v < to; v++) {
      set_value(search, v);
    }
  } else if (c != KZ_CLASS_HEX) {
    look_for(search, &search->text, from, to);
  } else {
    for (size_t i = 0; i < 2; i++) {
      if (search->has_hex[i]) {
        look_for(search, &search->hex[i], from, to);
      }
    }
  }
}

/* Addresses and names are made of few characters. */
static bool could_be_in_name(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (!kz_is_alnum(c) && c != '.' && c != '-' && c != '_' && c != ':' &&
        c != '/') {
      return false;
    }
  }
  return true;
}

/* Where a digit of the text can stand: a digest begins with the high half of a
 * byte and ends with the low one. */
static void choose_classes(struct search *search, kz_str text) {
  bool odd = text.len % 2 != 0;
  search->everything = text.len == 0;
  bool high = kz_needle_of_digits(&search->hex[0], text, false);
  bool low = kz_needle_of_digits(&search->hex[1], text, true);
  if (search->kind == KZ_COND_PREFIX) {
    low = false;
  } else if (search->kind == KZ_COND_SUFFIX) {
    high = high && !odd;
    low = low && odd;
  }
  search->has_hex[0] = high;
  search->has_hex[1] = low;
  bool any = kz_needle_of_text(&search->text, text);
  for (unsigned c = 0; c < KZ_CLASS_COUNT; c++) {
    search->in_class[c] = any || search->everything;
  }
  search->in_class[KZ_CLASS_HEX] = high || low || search->everything;
  search->in_class[KZ_CLASS_NAME] &= could_be_in_name(text);
}

static kz_rc prepare_regex(struct kz_leaf *leaf, const struct kz_cond *cond,
                           unsigned threads, struct search *search,
                           struct kz_err *err) {
  const struct kz_leaf_regex *regex = NULL;
  kz_rc rc = kz_leaf_regex_get(&leaf->regexes, cond->text, &regex, err);
  for (unsigned i = 0; rc == KZ_OK && i < threads; i++) {
    search->workers[i] = kz_leaf_regex_worker_new(regex);
    if (!search->workers[i]) {
      rc = kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
    }
  }
  for (unsigned c = 0; c < KZ_CLASS_COUNT; c++) {
    search->in_class[c] = true;
  }
  return rc;
}

static size_t cut(struct search *search) {
  const uint32_t *start = search->segment->head->class_start;
  size_t pieces = 0;
  for (unsigned c = 0; c < KZ_CLASS_COUNT; c++) {
    search->piece_start[c] = (uint32_t)pieces;
    size_t values = search->in_class[c] ? start[c + 1] - start[c] : 0;
    pieces += (values + PIECE_VALUES - 1) / PIECE_VALUES;
  }
  search->piece_start[KZ_CLASS_COUNT] = (uint32_t)pieces;
  return pieces;
}

kz_rc kz_leaf_text(struct kz_leaf *leaf, const struct kz_cond *cond,
                   uint64_t *bits, struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  bool small = s->value_text_at[s->values] < ALONE_BYTES;
  unsigned threads = small ? 1 : kz_crew_size(THREADS);
  char room[KZ_LEAF_TEXT];
  kz_str text;
  kz_rc rc = kz_leaf_fold(cond, room, &text, err);
  struct search *search = rc == KZ_OK ? calloc(1, sizeof *search) : NULL;
  if (!search) {
    return rc != KZ_OK ? rc
                       : kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  search->segment = s;
  search->kind = cond->kind;
  search->bits = bits;
  atomic_init(&search->failed, false);
  if (cond->kind == KZ_COND_REGEX) {
    rc = prepare_regex(leaf, cond, threads, search, err);
  } else {
    choose_classes(search, text);
  }
  if (rc == KZ_OK) {
    kz_crew_run(threads, cut(search), search_piece, search);
    if (atomic_load(&search->failed)) {
      rc = kz_err_set(err, KZ_E_INTERNAL, "regular expression: engine failed");
    }
  }
  for (unsigned i = 0; i < THREADS; i++) {
    kz_leaf_regex_worker_free(search->workers[i]);
  }
  free(search);
  return rc;
}
