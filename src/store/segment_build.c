/* Two sweeps over the rows, one to count and one to write their columns; what
 * is random then are the values.
 *
 * Parts of values are sorted by (class, hash) as pairs that carry all but the
 * text: row, part, kind and whether they correlate. Texts are looked at where
 * hashes agree (two that collide are split by their bytes) and once for each
 * distinct value, both with prefetching: at 2 M rows a text that is not in the
 * cache costs about 0.1 us, more than all else that is done with it. The orders
 * of addresses and names are made from the distinct values (build_orders.c). */
#define _GNU_SOURCE /* qsort_r */

#include "store/segment_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/kind.h"
#include "store/build_orders.h"
#include "store/draft.h"
#include "store/order.h"

enum {
  AHEAD = 16,       /* pairs: how far rows are prefetched, texts half as far */
  INSERTION_MAX = 8 /* longer runs of colliding texts are sorted by qsort */
};

/* A pair's payload: row * 2 + part, whether it is silent, the kind. */
enum { SILENT_SHIFT = 32, KIND_SHIFT = 40 };

struct columns {
  size_t words;
  uint64_t *slice_event;
  uint64_t *slice_attr;
  uint32_t *slice_start;
  uint32_t *attr;
  uint32_t *time;
  uint32_t *known;
  uint16_t *code;
  uint64_t *flags;
  uint32_t *tag_row;
  uint32_t *tag_id;
  struct kz_limited_row *limited;
  size_t slices;
  size_t tags;
  size_t limiteds;
};

struct build {
  struct kz_draft draft;
  const struct kz_row *rows;
  size_t row_count;
  const struct kz_row_other *others;
  size_t other_count;
  struct columns columns;
  size_t pair_count; /* parts of values */
  size_t text_bytes; /* of all parts together */
  struct kz_pair *pairs;
  struct kz_pair *scratch; /* as many, and as many as there are uuids */
  size_t
      class_from[KZ_CLASS_COUNT + 1]; /* where each class begins in `pairs` */
  uint32_t *value_pair;               /* first pair of each value */
  uint8_t *value_kind;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "index: no memory for a segment");
}

static bool begins_slice(const struct build *b, size_t i, uint64_t base) {
  return i == 0 || b->rows[i].event != b->rows[i - 1].event ||
         b->rows[i].attribute - base > UINT32_MAX;
}

/* The first sweep: how much room there must be. */
static void count_rows(struct build *b) {
  uint64_t base = 0;
  for (size_t i = 0; i < b->row_count; i++) {
    const struct kz_row *row = &b->rows[i];
    if (begins_slice(b, i, base)) {
      base = row->attribute;
      b->columns.slices++;
    }
    b->columns.tags += row->tag_count;
    b->columns.limiteds += row->flags >> KZ_FLAG_LIMITED & 1;
    b->pair_count += row->part_count;
    for (unsigned p = 0; p < row->part_count; p++) {
      b->text_bytes += row->part[p].len;
    }
  }
}

static kz_rc make_room(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  struct columns *c = &b->columns;
  size_t n = b->row_count;
  size_t uuids = n + b->other_count;
  size_t scratch = b->pair_count > uuids ? b->pair_count : uuids;
  c->words = (n + KZ_WORD_BITS - 1) / KZ_WORD_BITS;
  c->slice_event = kz_draft_array(d, c->slices, sizeof *c->slice_event);
  c->slice_attr = kz_draft_array(d, c->slices, sizeof *c->slice_attr);
  c->slice_start = kz_draft_array(d, c->slices + 1, sizeof *c->slice_start);
  c->attr = kz_draft_array(d, n, sizeof *c->attr);
  c->time = kz_draft_array(d, n, sizeof *c->time);
  c->known = kz_draft_array(d, n, sizeof *c->known);
  c->code = kz_draft_array(d, n, sizeof *c->code);
  c->flags = kz_draft_array(d, c->words * KZ_FLAG_COUNT, sizeof *c->flags);
  c->tag_row = kz_draft_array(d, c->tags, sizeof *c->tag_row);
  c->tag_id = kz_draft_array(d, c->tags, sizeof *c->tag_id);
  c->limited = kz_draft_array(d, c->limiteds, sizeof *c->limited);
  b->pairs = kz_draft_array(d, b->pair_count, sizeof *b->pairs);
  b->scratch = kz_draft_array(d, scratch, sizeof *b->scratch);
  return c->slice_event && c->slice_attr && c->slice_start && c->attr &&
                 c->time && c->known && c->code && c->flags && c->tag_row &&
                 c->tag_id && c->limited && b->pairs && b->scratch
             ? KZ_OK
             : no_memory(err);
}

static void write_columns(struct columns *c, const struct kz_row *row,
                          size_t i) {
  c->time[i] = row->time_s;
  c->known[i] = row->known_s;
  c->code[i] = row->code;
  for (size_t f = 0; f < KZ_FLAG_COUNT; f++) {
    c->flags[f * c->words + i / KZ_WORD_BITS] |= (uint64_t)(row->flags >> f & 1)
                                                 << (i % KZ_WORD_BITS);
  }
  for (uint32_t t = 0; t < row->tag_count; t++) {
    c->tag_row[c->tags] = (uint32_t)i;
    c->tag_id[c->tags++] = row->tags[t];
  }
  if (row->flags >> KZ_FLAG_LIMITED & 1) {
    c->limited[c->limiteds++] = (struct kz_limited_row){
        .row = (uint32_t)i,
        .distribution = row->distribution,
        .object_distribution = row->object_distribution,
        .group = row->group,
        .object_group = row->object_group,
    };
  }
}

/* The second sweep. The pairs go to the scratch room, in the order of rows. */
static void write_rows(struct build *b, size_t counts[KZ_CLASS_COUNT]) {
  struct columns *c = &b->columns;
  uint64_t base = 0;
  size_t pairs = 0;
  c->slices = 0;
  c->tags = 0;
  c->limiteds = 0;
  for (size_t i = 0; i < b->row_count; i++) {
    const struct kz_row *row = &b->rows[i];
    if (begins_slice(b, i, base)) {
      base = row->attribute;
      c->slice_event[c->slices] = row->event;
      c->slice_attr[c->slices] = base;
      c->slice_start[c->slices++] = (uint32_t)i;
    }
    c->attr[i] = (uint32_t)(row->attribute - base);
    write_columns(c, row, i);
    for (unsigned p = 0; p < row->part_count; p++) {
      enum kz_kind kind = kz_kind_of(row->part[p]);
      b->scratch[pairs++] = (struct kz_pair){
          .key = row->hash[p],
          .payload = (i * 2 + p) | (uint64_t)row->silent[p] << SILENT_SHIFT |
                     (uint64_t)kind << KIND_SHIFT,
      };
      counts[kz_value_class_of_kind(kind)]++;
    }
  }
  c->slice_start[c->slices] = (uint32_t)b->row_count;
}

static void set_columns(struct build *b) {
  struct kz_draft *d = &b->draft;
  const struct columns *c = &b->columns;
  size_t n = b->row_count;
  d->rows = (uint32_t)n;
  d->slices = (uint32_t)c->slices;
  kz_draft_set(d, KZ_SEC_SLICE_EVENT, c->slice_event,
               c->slices * sizeof *c->slice_event);
  kz_draft_set(d, KZ_SEC_SLICE_ATTR, c->slice_attr,
               c->slices * sizeof *c->slice_attr);
  kz_draft_set(d, KZ_SEC_SLICE_START, c->slice_start,
               (c->slices + 1) * sizeof *c->slice_start);
  kz_draft_set(d, KZ_SEC_ATTR, c->attr, n * sizeof *c->attr);
  kz_draft_set(d, KZ_SEC_TIME, c->time, n * sizeof *c->time);
  kz_draft_set(d, KZ_SEC_KNOWN, c->known, n * sizeof *c->known);
  kz_draft_set(d, KZ_SEC_CODE, c->code, n * sizeof *c->code);
  kz_draft_set(d, KZ_SEC_FLAGS, c->flags,
               c->words * KZ_FLAG_COUNT * sizeof *c->flags);
  kz_draft_set(d, KZ_SEC_TAG_ROW, c->tag_row, c->tags * sizeof *c->tag_row);
  kz_draft_set(d, KZ_SEC_TAG_ID, c->tag_id, c->tags * sizeof *c->tag_id);
  kz_draft_set(d, KZ_SEC_LIMITED, c->limited, c->limiteds * sizeof *c->limited);
}

static enum kz_kind kind_of(const struct kz_pair *pair) {
  return (enum kz_kind)(pair->payload >> KIND_SHIFT);
}

static const kz_str *text_place(const struct build *b,
                                const struct kz_pair *pair) {
  uint32_t place = (uint32_t)pair->payload;
  return &b->rows[place / 2].part[place % 2];
}

static kz_str text_of(const struct build *b, const struct kz_pair *pair) {
  return *text_place(b, pair);
}

/* The pairs by class; inside one they keep the order of rows. */
static void deal_pairs(struct build *b, const size_t counts[KZ_CLASS_COUNT]) {
  size_t next[KZ_CLASS_COUNT];
  size_t sum = 0;
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    b->class_from[c] = sum;
    next[c] = sum;
    sum += counts[c];
  }
  b->class_from[KZ_CLASS_COUNT] = sum;
  for (size_t i = 0; i < b->pair_count; i++) {
    const struct kz_pair *pair = &b->scratch[i];
    b->pairs[next[kz_value_class_of_kind(kind_of(pair))]++] = *pair;
  }
}

static kz_rc build_rows(struct build *b, struct kz_err *err) {
  size_t counts[KZ_CLASS_COUNT] = {0};
  count_rows(b);
  kz_rc rc = make_room(b, err);
  if (rc == KZ_OK) {
    write_rows(b, counts);
    set_columns(b);
    deal_pairs(b, counts);
  }
  return rc;
}

/* By text, then row. */
static int compare_texts(const void *x, const void *y, void *ctx) {
  const struct kz_pair *p = x;
  const struct kz_pair *q = y;
  int order = kz_str_cmp(text_of(ctx, p), text_of(ctx, q));
  uint32_t i = (uint32_t)p->payload;
  uint32_t j = (uint32_t)q->payload;
  return order != 0 ? order : (i > j) - (i < j);
}

typedef int compare_pairs(const void *, const void *, void *);

/* Orders pairs that have one hash. Few do, unless somebody wants it so. */
static void order_run(struct build *b, struct kz_pair *run, size_t count,
                      compare_pairs *compare) {
  if (count > INSERTION_MAX) {
    qsort_r(run, count, sizeof *run, compare, b);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    struct kz_pair pair = run[i];
    size_t at = i;
    while (at > 0 && compare(&run[at - 1], &pair, b) > 0) {
      run[at] = run[at - 1];
      at--;
    }
    run[at] = pair;
  }
}

static bool have_one_text(const struct build *b, const struct kz_pair *run,
                          size_t count) {
  kz_str first = text_of(b, &run[0]);
  for (size_t i = 1; i < count; i++) {
    if (!kz_str_eq(text_of(b, &run[i]), first)) {
      return false;
    }
  }
  return true;
}

static void begin_value(struct build *b, size_t pair) {
  b->value_pair[b->draft.values] = (uint32_t)pair;
  b->value_kind[b->draft.values] = (uint8_t)kind_of(&b->pairs[pair]);
  b->draft.values++;
}

/* Numbers the values of the pairs [from, to), which have one hash. */
static void number_run(struct build *b, size_t from, size_t to) {
  begin_value(b, from);
  if (to - from == 1 || have_one_text(b, b->pairs + from, to - from)) {
    return;
  }
  order_run(b, b->pairs + from, to - from, compare_texts);
  for (size_t i = from + 1; i < to; i++) {
    if (!kz_str_eq(text_of(b, &b->pairs[i]), text_of(b, &b->pairs[i - 1]))) {
      begin_value(b, i);
    }
  }
}

/* Fetches what number_run will look at: texts of pairs that share a hash. */
static void prefetch_twins(const struct build *b, size_t i, size_t end) {
  if (i + AHEAD < end &&
      b->pairs[i + AHEAD].key == b->pairs[i + AHEAD - 1].key) {
    __builtin_prefetch(text_place(b, &b->pairs[i + AHEAD]));
    __builtin_prefetch(text_place(b, &b->pairs[i + AHEAD - 1]));
  }
  size_t near = i + AHEAD / 2;
  if (near < end && b->pairs[near].key == b->pairs[near - 1].key) {
    __builtin_prefetch(text_of(b, &b->pairs[near]).ptr);
    __builtin_prefetch(text_of(b, &b->pairs[near - 1]).ptr);
  }
}

static void number_class(struct build *b, size_t from, size_t to) {
  kz_order_pairs(b->pairs + from, b->scratch, to - from);
  size_t run = from;
  for (size_t i = from + 1; i <= to; i++) {
    prefetch_twins(b, i, to);
    if (i == to || b->pairs[i].key != b->pairs[run].key) {
      number_run(b, run, i);
      run = i;
    }
  }
}

static kz_rc number_values(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  size_t room = b->pair_count + 1;
  b->value_pair = kz_draft_array(d, room, sizeof *b->value_pair);
  b->value_kind = kz_draft_array(d, room, sizeof *b->value_kind);
  if (!b->value_pair || !b->value_kind) {
    return no_memory(err);
  }
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    d->class_start[c] = d->values;
    if (b->class_from[c] < b->class_from[c + 1]) {
      number_class(b, b->class_from[c], b->class_from[c + 1]);
    }
  }
  d->class_start[KZ_CLASS_COUNT] = d->values;
  b->value_pair[d->values] = (uint32_t)b->pair_count;
  return KZ_OK;
}

static unsigned nibble(char c) {
  return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Writes a text as the segment has it; returns how many bytes. */
static size_t store_text(char *out, kz_str text, enum kz_kind kind) {
  if (kind != KZ_KIND_HASH) {
    if (text.len > 0) {
      memcpy(out, text.ptr, text.len);
    }
    return text.len;
  }
  for (size_t i = 0; i + 1 < text.len; i += 2) {
    out[i / 2] = (char)(nibble(text.ptr[i]) << 4 | nibble(text.ptr[i + 1]));
  }
  return text.len / 2;
}

/* Appends the postings of the pairs [from, to); a row whose two parts are equal
 * has one posting. Returns the end. */
static uint32_t *write_postings(const struct build *b, uint32_t from,
                                uint32_t to, uint32_t *out) {
  const uint32_t *first = out;
  for (uint32_t i = from; i < to; i++) {
    uint64_t payload = b->pairs[i].payload;
    uint32_t post = (uint32_t)payload / 2;
    post |= payload >> SILENT_SHIFT & 1 ? KZ_POSTING_SILENT : 0;
    if (out > first && ((out[-1] ^ post) & ~KZ_POSTING_SILENT) == 0) {
      out[-1] &= post;
    } else {
      *out++ = post;
    }
  }
  return out;
}

struct values {
  uint64_t *hash;
  uint64_t *text_at;
  uint32_t *post_at;
  uint32_t *posting;
  char *text;
};

static void write_values(const struct build *b, struct values *v) {
  uint32_t n = b->draft.values;
  uint32_t *post = v->posting;
  size_t at = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (i + AHEAD < n) {
      __builtin_prefetch(text_place(b, &b->pairs[b->value_pair[i + AHEAD]]));
      __builtin_prefetch(
          text_of(b, &b->pairs[b->value_pair[i + AHEAD / 2]]).ptr);
    }
    const struct kz_pair *pair = &b->pairs[b->value_pair[i]];
    v->hash[i] = pair->key;
    v->text_at[i] = at;
    at += store_text(v->text + at, text_of(b, pair), kind_of(pair));
    v->post_at[i] = (uint32_t)(post - v->posting);
    post = write_postings(b, b->value_pair[i], b->value_pair[i + 1], post);
  }
  v->text_at[n] = at;
  v->post_at[n] = (uint32_t)(post - v->posting);
}

static kz_rc build_values(struct build *b, struct kz_err *err) {
  kz_rc rc = number_values(b, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_draft *d = &b->draft;
  size_t n = d->values;
  struct values v = {
      .hash = kz_draft_array(d, n, sizeof *v.hash),
      .text_at = kz_draft_array(d, n + 1, sizeof *v.text_at),
      .post_at = kz_draft_array(d, n + 1, sizeof *v.post_at),
      .posting = kz_draft_array(d, b->pair_count, sizeof *v.posting),
      .text = kz_draft_array(d, b->text_bytes, 1),
  };
  if (!v.hash || !v.text_at || !v.post_at || !v.posting || !v.text) {
    return no_memory(err);
  }
  write_values(b, &v);
  kz_draft_set(d, KZ_SEC_VALUE_HASH, v.hash, n * sizeof *v.hash);
  kz_draft_set(d, KZ_SEC_VALUE_TEXT_AT, v.text_at, (n + 1) * sizeof *v.text_at);
  kz_draft_set(d, KZ_SEC_VALUE_TEXT, v.text, (size_t)v.text_at[n]);
  kz_draft_set(d, KZ_SEC_VALUE_POST_AT, v.post_at, (n + 1) * sizeof *v.post_at);
  kz_draft_set(d, KZ_SEC_POSTING, v.posting, v.post_at[n] * sizeof *v.posting);
  return KZ_OK;
}

static kz_rc build_orders(struct build *b, struct kz_err *err) {
  return kz_build_orders(&b->draft, b->value_kind, err);
}

static struct kz_other_entry entry_of(const struct kz_row_other *other) {
  return (struct kz_other_entry){
      .event = other->event,
      .id = other->id,
      .thing = (uint32_t)other->thing,
  };
}

/* Rows by ordinal, then others by what they are. */
static int compare_uuids(const void *x, const void *y, void *ctx) {
  const struct build *b = ctx;
  uint64_t i = ((const struct kz_pair *)x)->payload;
  uint64_t j = ((const struct kz_pair *)y)->payload;
  if (!(i & KZ_UUID_OTHER) || !(j & KZ_UUID_OTHER)) {
    return (i > j) - (i < j);
  }
  const struct kz_other_entry p = entry_of(&b->others[i & ~KZ_UUID_OTHER]);
  const struct kz_other_entry q = entry_of(&b->others[j & ~KZ_UUID_OTHER]);
  return kz_segment_compare_others(&p, &q);
}

struct uuids {
  uint64_t *hash;
  uint32_t *ref;
  size_t count;
  struct kz_other_entry *others;
  size_t other_count;
};

/* Appends a pair; an other that was given twice counts once. */
static void add_uuid(const struct build *b, struct uuids *u,
                     const struct kz_pair *pair) {
  uint32_t ref = (uint32_t)pair->payload;
  if (pair->payload & KZ_UUID_OTHER) {
    struct kz_other_entry entry =
        entry_of(&b->others[pair->payload & ~KZ_UUID_OTHER]);
    if (u->count > 0 && u->hash[u->count - 1] == pair->key &&
        u->ref[u->count - 1] & KZ_UUID_OTHER &&
        kz_segment_compare_others(&u->others[u->other_count - 1], &entry) ==
            0) {
      return;
    }
    ref = KZ_UUID_OTHER | (uint32_t)u->other_count;
    u->others[u->other_count++] = entry;
  }
  u->hash[u->count] = pair->key;
  u->ref[u->count] = ref;
  u->count++;
}

static void order_uuids(struct build *b, struct kz_pair *pairs, size_t n) {
  for (size_t i = 0; i < b->row_count; i++) {
    pairs[i] = (struct kz_pair){.key = b->rows[i].uuid_hash, .payload = i};
  }
  for (size_t i = 0; i < b->other_count; i++) {
    pairs[b->row_count + i] = (struct kz_pair){
        .key = b->others[i].uuid_hash,
        .payload = KZ_UUID_OTHER | (uint64_t)i,
    };
  }
  kz_order_pairs(pairs, b->scratch, n);
  size_t run = 0;
  for (size_t i = 1; i <= n; i++) {
    if (i == n || pairs[i].key != pairs[run].key) {
      order_run(b, pairs + run, i - run, compare_uuids);
      run = i;
    }
  }
}

static kz_rc build_uuids(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  size_t n = b->row_count + b->other_count;
  struct kz_pair *pairs = kz_draft_array(d, n, sizeof *pairs);
  struct uuids u = {
      .hash = kz_draft_array(d, n, sizeof *u.hash),
      .ref = kz_draft_array(d, n, sizeof *u.ref),
      .others = kz_draft_array(d, b->other_count, sizeof *u.others),
  };
  if (!pairs || !u.hash || !u.ref || !u.others) {
    return no_memory(err);
  }
  order_uuids(b, pairs, n);
  for (size_t i = 0; i < n; i++) {
    add_uuid(b, &u, &pairs[i]);
  }
  kz_draft_set(d, KZ_SEC_UUID_HASH, u.hash, u.count * sizeof *u.hash);
  kz_draft_set(d, KZ_SEC_UUID_REF, u.ref, u.count * sizeof *u.ref);
  kz_draft_set(d, KZ_SEC_OTHER, u.others, u.other_count * sizeof *u.others);
  return KZ_OK;
}

kz_rc kz_segment_build(const struct kz_row *rows, size_t row_count,
                       const struct kz_row_other *others, size_t other_count,
                       const char *path, struct kz_segment **ret_segment,
                       struct kz_err *err) {
  if (row_count > KZ_SEGMENT_ROWS_MAX / 2 ||
      other_count > KZ_SEGMENT_ROWS_MAX / 2) {
    return kz_err_set(err, KZ_E_LIMIT, "index: too many rows for a segment");
  }
  struct build b = {
      .rows = rows,
      .row_count = row_count,
      .others = others,
      .other_count = other_count,
  };
  kz_draft_init(&b.draft, NULL);
  kz_rc (*const steps[])(struct build *, struct kz_err *) = {
      build_rows,
      build_values,
      build_orders,
      build_uuids,
  };
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < sizeof steps / sizeof *steps; i++) {
    rc = steps[i](&b, err);
  }
  if (rc == KZ_OK) {
    rc = kz_draft_finish(&b.draft, path, ret_segment, err);
  }
  kz_draft_done(&b.draft);
  return rc;
}
