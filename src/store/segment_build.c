/* Values are sorted by (class, hash) with a radix sort, then runs of equal
 * hash are split by their bytes, so two values that collide stand side by
 * side. All other orders (addresses, networks, names) are made from the
 * distinct values, not from the rows. */
#define _GNU_SOURCE /* qsort_r */

#include "store/segment_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/addr.h"
#include "model/kind.h"
#include "store/draft.h"
#include "store/order.h"

struct build {
  struct kz_draft draft;
  const struct kz_row *rows;
  size_t row_count;
  const struct kz_row_other *others;
  size_t other_count;
  struct kz_pair
      *pairs; /* one a value part: key hash, payload row * 2 + part */
  struct kz_pair *scratch;
  size_t pair_count;
  uint32_t *value_pair; /* first pair of each value */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "index: no memory for a segment");
}

static const struct kz_row *row_of(const struct build *b, uint64_t payload) {
  return &b->rows[payload / 2];
}

static kz_str text_of(const struct build *b, uint64_t payload) {
  return row_of(b, payload)->part[payload % 2];
}

static bool begins_slice(const struct build *b, size_t i, uint64_t base) {
  return i == 0 || b->rows[i].event != b->rows[i - 1].event ||
         b->rows[i].attribute - base > UINT32_MAX;
}

static kz_rc build_slices(struct build *b, struct kz_err *err) {
  size_t n = 0;
  uint64_t base = 0;
  for (size_t i = 0; i < b->row_count; i++) {
    if (begins_slice(b, i, base)) {
      base = b->rows[i].attribute;
      n++;
    }
  }
  struct kz_draft *d = &b->draft;
  uint64_t *event = kz_draft_array(d, n, sizeof *event);
  uint64_t *attr = kz_draft_array(d, n, sizeof *attr);
  uint32_t *start = kz_draft_array(d, n + 1, sizeof *start);
  uint32_t *offset = kz_draft_array(d, b->row_count, sizeof *offset);
  if (!event || !attr || !start || !offset) {
    return no_memory(err);
  }
  size_t at = 0;
  for (size_t i = 0; i < b->row_count; i++) {
    if (begins_slice(b, i, base)) {
      base = b->rows[i].attribute;
      event[at] = b->rows[i].event;
      attr[at] = base;
      start[at] = (uint32_t)i;
      at++;
    }
    offset[i] = (uint32_t)(b->rows[i].attribute - base);
  }
  assert(at <= n);
  start[at] = (uint32_t)b->row_count;
  d->slices = (uint32_t)at;
  kz_draft_set(d, KZ_SEC_SLICE_EVENT, event, at * sizeof *event);
  kz_draft_set(d, KZ_SEC_SLICE_ATTR, attr, at * sizeof *attr);
  kz_draft_set(d, KZ_SEC_SLICE_START, start, (at + 1) * sizeof *start);
  kz_draft_set(d, KZ_SEC_ATTR, offset, b->row_count * sizeof *offset);
  return KZ_OK;
}

static kz_rc build_columns(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  size_t n = b->row_count;
  size_t words = (n + KZ_WORD_BITS - 1) / KZ_WORD_BITS;
  uint32_t *time = kz_draft_array(d, n, sizeof *time);
  uint32_t *known = kz_draft_array(d, n, sizeof *known);
  uint16_t *code = kz_draft_array(d, n, sizeof *code);
  uint64_t *flags = kz_draft_array(d, words * KZ_FLAG_COUNT, sizeof *flags);
  if (!time || !known || !code || !flags) {
    return no_memory(err);
  }
  for (size_t i = 0; i < n; i++) {
    const struct kz_row *row = &b->rows[i];
    time[i] = row->time_s;
    known[i] = row->known_s;
    code[i] = row->code;
    for (unsigned f = 0; f < KZ_FLAG_COUNT; f++) {
      flags[f * words + i / KZ_WORD_BITS] |= (uint64_t)(row->flags >> f & 1)
                                             << (i % KZ_WORD_BITS);
    }
  }
  kz_draft_set(d, KZ_SEC_TIME, time, n * sizeof *time);
  kz_draft_set(d, KZ_SEC_KNOWN, known, n * sizeof *known);
  kz_draft_set(d, KZ_SEC_CODE, code, n * sizeof *code);
  kz_draft_set(d, KZ_SEC_FLAGS, flags, words * KZ_FLAG_COUNT * sizeof *flags);
  return KZ_OK;
}

static kz_rc build_tags(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  size_t uses = 0;
  size_t limited = 0;
  for (size_t i = 0; i < b->row_count; i++) {
    uses += b->rows[i].tag_count;
    limited += b->rows[i].flags >> KZ_FLAG_LIMITED & 1;
  }
  uint32_t *tag_row = kz_draft_array(d, uses, sizeof *tag_row);
  uint32_t *tag_id = kz_draft_array(d, uses, sizeof *tag_id);
  struct kz_limited_row *rows = kz_draft_array(d, limited, sizeof *rows);
  if (!tag_row || !tag_id || !rows) {
    return no_memory(err);
  }
  size_t at = 0;
  size_t limited_at = 0;
  for (size_t i = 0; i < b->row_count; i++) {
    const struct kz_row *row = &b->rows[i];
    for (uint32_t t = 0; t < row->tag_count; t++) {
      tag_row[at] = (uint32_t)i;
      tag_id[at++] = row->tags[t];
    }
    if (row->flags >> KZ_FLAG_LIMITED & 1) {
      rows[limited_at++] = (struct kz_limited_row){
          .row = (uint32_t)i,
          .distribution = row->distribution,
          .group = row->group,
      };
    }
  }
  kz_draft_set(d, KZ_SEC_TAG_ROW, tag_row, uses * sizeof *tag_row);
  kz_draft_set(d, KZ_SEC_TAG_ID, tag_id, uses * sizeof *tag_id);
  kz_draft_set(d, KZ_SEC_LIMITED, rows, limited * sizeof *rows);
  return KZ_OK;
}

/* Orders a run of equal hashes by bytes. Runs hold one value nearly always,
 * so an insertion sort that moves nothing for equal texts will do. */
static void order_run(struct build *b, size_t from, size_t to) {
  for (size_t i = from + 1; i < to; i++) {
    struct kz_pair pair = b->pairs[i];
    kz_str text = text_of(b, pair.payload);
    size_t at = i;
    while (at > from &&
           kz_str_cmp(text_of(b, b->pairs[at - 1].payload), text) > 0) {
      b->pairs[at] = b->pairs[at - 1];
      at--;
    }
    b->pairs[at] = pair;
  }
}

/* Sorts the pairs of one class that stand in [from, to). */
static void order_class(struct build *b, size_t from, size_t to) {
  kz_order_pairs(b->pairs + from, b->scratch, to - from);
  size_t run = from;
  for (size_t i = from + 1; i <= to; i++) {
    if (i == to || b->pairs[i].key != b->pairs[run].key) {
      order_run(b, run, i);
      run = i;
    }
  }
}

static kz_rc collect_pairs(struct build *b, size_t class_from[],
                           struct kz_err *err) {
  size_t counts[KZ_CLASS_COUNT] = {0};
  uint8_t *class_of =
      kz_draft_array(&b->draft, b->row_count * 2, sizeof *class_of);
  if (!class_of) {
    return no_memory(err);
  }
  for (size_t i = 0; i < b->row_count; i++) {
    for (unsigned p = 0; p < b->rows[i].part_count; p++) {
      class_of[i * 2 + p] = (uint8_t)kz_value_class_of(b->rows[i].part[p]);
      counts[class_of[i * 2 + p]]++;
    }
  }
  size_t next[KZ_CLASS_COUNT];
  size_t sum = 0;
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    class_from[c] = sum;
    next[c] = sum;
    sum += counts[c];
  }
  class_from[KZ_CLASS_COUNT] = sum;
  b->pair_count = sum;
  b->pairs = kz_draft_array(&b->draft, sum, sizeof *b->pairs);
  b->scratch = kz_draft_array(&b->draft, sum, sizeof *b->scratch);
  if (!b->pairs || !b->scratch) {
    return no_memory(err);
  }
  for (size_t i = 0; i < b->row_count; i++) {
    for (unsigned p = 0; p < b->rows[i].part_count; p++) {
      b->pairs[next[class_of[i * 2 + p]]++] =
          (struct kz_pair){.key = b->rows[i].hash[p], .payload = i * 2 + p};
    }
  }
  return KZ_OK;
}

static bool same_value(const struct build *b, size_t i, size_t j) {
  return b->pairs[i].key == b->pairs[j].key &&
         kz_str_eq(text_of(b, b->pairs[i].payload),
                   text_of(b, b->pairs[j].payload));
}

static size_t stored_length(kz_str text, int class) {
  return class == KZ_CLASS_HEX ? text.len / 2 : text.len;
}

static unsigned nibble(char c) {
  return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void store_text(char *out, kz_str text, int class) {
  if (class != KZ_CLASS_HEX) {
    memcpy(out, text.ptr, text.len);
    return;
  }
  for (size_t i = 0; i + 1 < text.len; i += 2) {
    out[i / 2] = (char)(nibble(text.ptr[i]) << 4 | nibble(text.ptr[i + 1]));
  }
}

static uint32_t posting_of(const struct build *b, uint64_t payload) {
  const struct kz_row *row = row_of(b, payload);
  uint32_t silent = row->silent[payload % 2] ? KZ_POSTING_SILENT : 0;
  return (uint32_t)(payload / 2) | silent;
}

/* Numbers the distinct values and remembers where each begins. */
static kz_rc number_values(struct build *b, const size_t class_from[],
                           size_t *ret_bytes, struct kz_err *err) {
  b->value_pair =
      kz_draft_array(&b->draft, b->pair_count + 1, sizeof *b->value_pair);
  if (!b->value_pair) {
    return no_memory(err);
  }
  size_t bytes = 0;
  uint32_t n = 0;
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    b->draft.class_start[c] = n;
    order_class(b, class_from[c], class_from[c + 1]);
    for (size_t i = class_from[c]; i < class_from[c + 1]; i++) {
      if (i == class_from[c] || !same_value(b, i, i - 1)) {
        b->value_pair[n++] = (uint32_t)i;
        bytes += stored_length(text_of(b, b->pairs[i].payload), c);
      }
    }
  }
  b->draft.class_start[KZ_CLASS_COUNT] = n;
  b->draft.values = n;
  b->value_pair[n] = (uint32_t)b->pair_count;
  *ret_bytes = bytes;
  return KZ_OK;
}

static kz_rc build_values(struct build *b, struct kz_err *err) {
  size_t class_from[KZ_CLASS_COUNT + 1];
  size_t bytes = 0;
  kz_rc rc = collect_pairs(b, class_from, err);
  if (rc == KZ_OK) {
    rc = number_values(b, class_from, &bytes, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_draft *d = &b->draft;
  size_t n = d->values;
  uint64_t *hash = kz_draft_array(d, n, sizeof *hash);
  uint64_t *text_at = kz_draft_array(d, n + 1, sizeof *text_at);
  uint32_t *post_at = kz_draft_array(d, n + 1, sizeof *post_at);
  uint32_t *posting = kz_draft_array(d, b->pair_count, sizeof *posting);
  char *text = kz_draft_array(d, bytes, 1);
  if (!hash || !text_at || !post_at || !posting || !text) {
    return no_memory(err);
  }
  size_t at = 0;
  size_t posts = 0;
  int class = 0;
  for (uint32_t v = 0; v < n; v++) {
    while (v >= d->class_start[class + 1]) {
      class ++;
    }
    kz_str folded = text_of(b, b->pairs[b->value_pair[v]].payload);
    hash[v] = b->pairs[b->value_pair[v]].key;
    text_at[v] = at;
    store_text(text + at, folded, class);
    at += stored_length(folded, class);
    post_at[v] = (uint32_t)posts;
    for (uint32_t i = b->value_pair[v]; i < b->value_pair[v + 1]; i++) {
      uint32_t post = posting_of(b, b->pairs[i].payload);
      if (posts > post_at[v] &&
          ((posting[posts - 1] ^ post) & ~KZ_POSTING_SILENT) == 0) {
        posting[posts - 1] &= post; /* both parts are equal: one posting */
      } else {
        posting[posts++] = post;
      }
    }
  }
  text_at[n] = at;
  post_at[n] = (uint32_t)posts;
  kz_draft_set(d, KZ_SEC_VALUE_HASH, hash, n * sizeof *hash);
  kz_draft_set(d, KZ_SEC_VALUE_TEXT_AT, text_at, (n + 1) * sizeof *text_at);
  kz_draft_set(d, KZ_SEC_VALUE_TEXT, text, at);
  kz_draft_set(d, KZ_SEC_VALUE_POST_AT, post_at, (n + 1) * sizeof *post_at);
  kz_draft_set(d, KZ_SEC_POSTING, posting, posts * sizeof *posting);
  return KZ_OK;
}

static int compare_nets(const void *a, const void *b) {
  return kz_segment_compare_nets(a, b);
}

struct address16 {
  uint8_t bytes[16];
  uint32_t value;
};

static int compare_ip6(const void *a, const void *b) {
  const struct address16 *x = a;
  const struct address16 *y = b;
  int order = memcmp(x->bytes, y->bytes, sizeof x->bytes);
  return order != 0 ? order : (x->value > y->value) - (x->value < y->value);
}

struct addresses {
  struct kz_pair *ip4;
  size_t ip4_count;
  struct address16 *ip6;
  size_t ip6_count;
  struct kz_net_entry *nets;
  size_t net_count;
};

static void add_address(struct addresses *all, kz_str folded, uint32_t value) {
  struct kz_addr addr;
  if (kz_addr_parse(folded, &addr) != KZ_OK) {
    return;
  }
  if (addr.length == 4 && addr.prefix == 32) {
    uint32_t host = (uint32_t)addr.bytes[0] << 24 |
                    (uint32_t)addr.bytes[1] << 16 |
                    (uint32_t)addr.bytes[2] << 8 | addr.bytes[3];
    all->ip4[all->ip4_count++] =
        (struct kz_pair){.key = host, .payload = value};
  } else if (addr.length == 16 && addr.prefix == 128) {
    struct address16 *a = &all->ip6[all->ip6_count++];
    memcpy(a->bytes, addr.bytes, sizeof a->bytes);
    a->value = value;
  } else {
    struct kz_net_entry *net = &all->nets[all->net_count++];
    *net = (struct kz_net_entry){.value = value};
    kz_segment_net_key(&addr, net->base, &net->bits);
  }
}

static kz_rc set_addresses(struct build *b, struct addresses *all,
                           struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  kz_order_pairs(all->ip4, b->scratch, all->ip4_count);
  qsort(all->ip6, all->ip6_count, sizeof *all->ip6, compare_ip6);
  qsort(all->nets, all->net_count, sizeof *all->nets, compare_nets);
  uint32_t *ip4 = kz_draft_array(d, all->ip4_count, sizeof *ip4);
  uint32_t *ip4_value = kz_draft_array(d, all->ip4_count, sizeof *ip4_value);
  uint8_t(*ip6)[16] = kz_draft_array(d, all->ip6_count, sizeof *ip6);
  uint32_t *ip6_value = kz_draft_array(d, all->ip6_count, sizeof *ip6_value);
  if (!ip4 || !ip4_value || !ip6 || !ip6_value) {
    return no_memory(err);
  }
  for (size_t i = 0; i < all->ip4_count; i++) {
    ip4[i] = (uint32_t)all->ip4[i].key;
    ip4_value[i] = (uint32_t)all->ip4[i].payload;
  }
  for (size_t i = 0; i < all->ip6_count; i++) {
    memcpy(ip6[i], all->ip6[i].bytes, 16);
    ip6_value[i] = all->ip6[i].value;
  }
  kz_draft_set(d, KZ_SEC_IP4_ADDR, ip4, all->ip4_count * sizeof *ip4);
  kz_draft_set(d, KZ_SEC_IP4_VALUE, ip4_value,
               all->ip4_count * sizeof *ip4_value);
  kz_draft_set(d, KZ_SEC_IP6_ADDR, ip6, all->ip6_count * sizeof *ip6);
  kz_draft_set(d, KZ_SEC_IP6_VALUE, ip6_value,
               all->ip6_count * sizeof *ip6_value);
  kz_draft_set(d, KZ_SEC_NET, all->nets, all->net_count * sizeof *all->nets);
  return KZ_OK;
}

static kz_rc build_addresses(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  uint32_t n = d->class_start[KZ_CLASS_NAME + 1];
  size_t ip4 = 0;
  size_t ip6 = 0;
  size_t nets = 0;
  for (uint32_t v = 0; v < n; v++) {
    enum kz_kind kind =
        kz_kind_of(text_of(b, b->pairs[b->value_pair[v]].payload));
    ip4 += kind == KZ_KIND_IPV4;
    ip6 += kind == KZ_KIND_IPV6;
    nets += kind == KZ_KIND_CIDR4 || kind == KZ_KIND_CIDR6;
  }
  size_t all_addresses = ip4 + ip6 + nets;
  struct addresses all = {
      .ip4 = kz_draft_array(d, all_addresses, sizeof *all.ip4),
      .ip6 = kz_draft_array(d, ip6 + nets, sizeof *all.ip6),
      .nets = kz_draft_array(d, all_addresses, sizeof *all.nets),
  };
  if (!all.ip4 || !all.ip6 || !all.nets) {
    return no_memory(err);
  }
  for (uint32_t v = 0; v < n; v++) {
    kz_str folded = text_of(b, b->pairs[b->value_pair[v]].payload);
    if (kz_kind_of(folded) != KZ_KIND_NAME) {
      add_address(&all, folded, v);
    }
  }
  return set_addresses(b, &all, err);
}

struct name {
  uint64_t key;
  uint32_t value;
  uint32_t at; /* of the reversed text in the pool */
  uint32_t len;
};

static int compare_names(const void *a, const void *b, void *ctx) {
  const char *pool = ctx;
  const struct name *x = a;
  const struct name *y = b;
  if (x->key != y->key) {
    return x->key < y->key ? -1 : 1;
  }
  int order = kz_str_cmp((kz_str){pool + x->at, x->len},
                         (kz_str){pool + y->at, y->len});
  return order != 0 ? order : (x->value > y->value) - (x->value < y->value);
}

/* Fills `names` (NULL: only counts) and the pool of reversed texts. */
static size_t collect_names(const struct build *b, struct name *names,
                            char *pool, size_t *ret_pool_len) {
  size_t n = 0;
  size_t pool_len = 0;
  uint32_t end = b->draft.class_start[KZ_CLASS_URL + 1];
  for (uint32_t v = 0; v < end; v++) {
    kz_str host = kz_order_host(text_of(b, b->pairs[b->value_pair[v]].payload));
    if (host.len == 0 || host.len > KZ_NAME_MAX) {
      continue;
    }
    if (names) {
      size_t len = kz_order_reverse_name(host, pool + pool_len);
      names[n] = (struct name){
          .key = kz_order_prefix(pool + pool_len, len),
          .value = v,
          .at = (uint32_t)pool_len,
          .len = (uint32_t)len,
      };
    }
    pool_len += host.len;
    n++;
  }
  *ret_pool_len = pool_len;
  return n;
}

static kz_rc build_names(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  size_t pool_len = 0;
  size_t n = collect_names(b, NULL, NULL, &pool_len);
  if (pool_len > UINT32_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "index: a batch with too many names");
  }
  struct name *names = kz_draft_array(d, n, sizeof *names);
  char *pool = kz_draft_array(d, pool_len, 1);
  uint64_t *key = kz_draft_array(d, n, sizeof *key);
  uint32_t *value = kz_draft_array(d, n, sizeof *value);
  if (!names || !pool || !key || !value) {
    return no_memory(err);
  }
  collect_names(b, names, pool, &pool_len);
  qsort_r(names, n, sizeof *names, compare_names, pool);
  for (size_t i = 0; i < n; i++) {
    key[i] = names[i].key;
    value[i] = names[i].value;
  }
  kz_draft_set(d, KZ_SEC_NAME_KEY, key, n * sizeof *key);
  kz_draft_set(d, KZ_SEC_NAME_VALUE, value, n * sizeof *value);
  return KZ_OK;
}

static struct kz_other_entry entry_of(const struct kz_row_other *other) {
  return (struct kz_other_entry){
      .event = other->event,
      .id = other->id,
      .thing = (uint32_t)other->thing,
  };
}

static int compare_others(const struct build *b, uint64_t x, uint64_t y) {
  const struct kz_other_entry p = entry_of(&b->others[x & ~KZ_UUID_OTHER]);
  const struct kz_other_entry q = entry_of(&b->others[y & ~KZ_UUID_OTHER]);
  return kz_segment_compare_others(&p, &q);
}

/* Orders the others in a run of equal hashes; they stand after the rows. */
static void order_others(const struct build *b, struct kz_pair *pairs,
                         size_t from, size_t to) {
  for (size_t i = from + 1; i < to; i++) {
    struct kz_pair pair = pairs[i];
    size_t at = i;
    while (at > from && pairs[at - 1].payload & KZ_UUID_OTHER &&
           compare_others(b, pairs[at - 1].payload, pair.payload) > 0) {
      pairs[at] = pairs[at - 1];
      at--;
    }
    pairs[at] = pair;
  }
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

static void order_uuids(const struct build *b, struct kz_pair *pairs,
                        struct kz_pair *scratch, size_t n) {
  for (size_t i = 0; i < b->row_count; i++) {
    pairs[i] = (struct kz_pair){.key = b->rows[i].uuid_hash, .payload = i};
  }
  for (size_t i = 0; i < b->other_count; i++) {
    pairs[b->row_count + i] = (struct kz_pair){
        .key = b->others[i].uuid_hash,
        .payload = KZ_UUID_OTHER | (uint64_t)i,
    };
  }
  kz_order_pairs(pairs, scratch, n);
  size_t run = 0;
  for (size_t i = 1; i <= n; i++) {
    if (i == n || pairs[i].key != pairs[run].key) {
      order_others(b, pairs, run, i);
      run = i;
    }
  }
}

static kz_rc build_uuids(struct build *b, struct kz_err *err) {
  struct kz_draft *d = &b->draft;
  size_t n = b->row_count + b->other_count;
  struct kz_pair *pairs = kz_draft_array(d, n, sizeof *pairs);
  struct kz_pair *scratch = kz_draft_array(d, n, sizeof *scratch);
  struct uuids u = {
      .hash = kz_draft_array(d, n, sizeof *u.hash),
      .ref = kz_draft_array(d, n, sizeof *u.ref),
      .others = kz_draft_array(d, b->other_count, sizeof *u.others),
  };
  if (!pairs || !scratch || !u.hash || !u.ref || !u.others) {
    return no_memory(err);
  }
  order_uuids(b, pairs, scratch, n);
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
  b.draft.rows = (uint32_t)row_count;
  kz_rc (*const steps[])(struct build *, struct kz_err *) = {
      build_slices,    build_columns, build_tags,  build_values,
      build_addresses, build_names,   build_uuids,
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
