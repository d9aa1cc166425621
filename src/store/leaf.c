#include "store/leaf.h"

#include <stdlib.h>
#include <string.h>

#include "model/addr.h"
#include "model/event.h"
#include "model/value.h"
#include "store/bitset.h"
#include "store/leaf_event.h"
#include "store/leaf_regex.h"
#include "store/leaf_text.h"
#include "store/order.h"
#include "store/read.h"
#include "store/sight.h"
#include "store/slice_walk.h"

enum {
  TAG_BLOCK = 4096,       /* pairs looked at together */
  RECORD_BYTES = 1 << 30, /* ceiling of one record that is read */
};

void kz_leaf_done(struct kz_leaf *leaf) {
  kz_leaf_regex_free(leaf->regexes);
  leaf->regexes = NULL;
}

/* Sets the rows where a value stands. */
static void set_value(const struct kz_segment *s, uint32_t value,
                      uint64_t *bits) {
  for (uint32_t i = s->value_post_at[value]; i < s->value_post_at[value + 1];
       i++) {
    kz_bitset_set(bits, s->posting[i] & ~KZ_POSTING_SILENT);
  }
}

static bool has_number(const struct kz_cond *cond, uint64_t number) {
  for (size_t i = 0; i < cond->number_count; i++) {
    if (cond->numbers[i] == number) {
      return true;
    }
  }
  return false;
}

static void fill_codes(const struct kz_segment *s, const struct kz_cond *cond,
                       uint64_t *bits) {
  for (size_t i = 0; i < s->code_count; i++) {
    const struct kz_code_entry *e = &s->codes[i];
    uint64_t part = cond->kind == KZ_COND_TYPE ? e->code / 16u : e->code % 16u;
    if (!has_number(cond, part)) {
      continue;
    }
    if (e->dense) {
      kz_bitset_or(bits, s->code_bits + e->at, s->words);
    } else {
      for (uint32_t k = 0; k < e->count; k++) {
        kz_bitset_set(bits, s->code_rows[e->at + k]);
      }
    }
  }
}

/* The rows that are set in `what`, or the others. */
static void fill_bits(const struct kz_segment *s, const uint64_t *what,
                      bool wanted, uint64_t *bits) {
  if (wanted) {
    kz_bitset_or(bits, what, s->words);
    return;
  }
  for (size_t w = 0; w < s->words; w++) {
    bits[w] |= ~what[w];
  }
  if (s->rows % KZ_WORD_BITS) {
    bits[s->words - 1] &=
        ~UINT64_C(0) >> (KZ_WORD_BITS - s->rows % KZ_WORD_BITS);
  }
}

static void fill_flag(const struct kz_segment *s, enum kz_flag flag,
                      bool wanted, uint64_t *bits) {
  fill_bits(s, s->flags[flag], wanted, bits);
}

static void fill_column(const struct kz_segment *s, const uint32_t *column,
                        const struct kz_cond *cond, uint64_t *bits) {
  uint32_t from = 0;
  uint32_t to = 0;
  if (kz_leaf_seconds(cond, &from, &to)) {
    kz_bitset_way()->set_in_range(column, s->rows, from, to - from, bits);
  }
}

static int compare_u64(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* The first of the ascending ids that is >= `wanted`. */
static size_t id_at_least(const uint64_t *ids, size_t count, uint64_t wanted) {
  size_t low = 0;
  size_t high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ids[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Sets the row of an attribute if it stands in the slice. */
static void set_in_slice(const struct kz_segment *s, uint32_t slice,
                         uint64_t id, uint64_t *bits) {
  uint32_t low = s->slice_start[slice];
  uint32_t high = s->slice_start[slice + 1];
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (kz_segment_attribute(s, slice, middle) < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < s->slice_start[slice + 1] &&
      kz_segment_attribute(s, slice, low) == id) {
    kz_bitset_set(bits, low);
  }
}

/* Ids ascend within a slice only, so each slice is asked for those of the
 * wanted ids that lie between its first and its last. */
static kz_rc fill_attributes(const struct kz_segment *s,
                             const struct kz_cond *cond, uint64_t *bits,
                             struct kz_err *err) {
  size_t count = cond->number_count;
  uint64_t *ids = calloc(count + 1, sizeof *ids);
  if (!ids) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  if (count > 0) {
    memcpy(ids, cond->numbers, count * sizeof *ids);
    qsort(ids, count, sizeof *ids, compare_u64);
  }
  for (uint32_t i = 0; i < s->slices; i++) {
    uint64_t last = kz_segment_attribute(s, i, s->slice_start[i + 1] - 1);
    size_t k =
        id_at_least(ids, count, kz_segment_attribute(s, i, s->slice_start[i]));
    for (; k < count && ids[k] <= last; k++) {
      set_in_slice(s, i, ids[k], bits);
    }
  }
  free(ids);
  return KZ_OK;
}

static void fill_event_ids(const struct kz_segment *s,
                           const struct kz_cond *cond, uint64_t *bits) {
  for (size_t k = 0; k < cond->number_count; k++) {
    uint32_t i = kz_segment_slice_at(s, cond->numbers[k]);
    for (; i < s->slices && s->slice_event[i] == cond->numbers[k]; i++) {
      kz_bitset_set_range(bits, s->slice_start[i], s->slice_start[i + 1]);
    }
  }
}

static void fill_own_tag(const struct kz_segment *s, uint32_t tag,
                         uint64_t *bits) {
  const struct kz_bitset_way *way = kz_bitset_way();
  for (size_t at = 0; at < s->tag_uses; at += TAG_BLOCK) {
    uint64_t found[TAG_BLOCK / KZ_WORD_BITS] = {0};
    size_t n = s->tag_uses - at < TAG_BLOCK ? s->tag_uses - at : TAG_BLOCK;
    way->set_in_range(s->tag_id + at, n, tag, 0, found);
    for (size_t w = 0; w < TAG_BLOCK / KZ_WORD_BITS; w++) {
      for (uint64_t word = found[w]; word; word &= word - 1) {
        size_t i = w * KZ_WORD_BITS + (unsigned)__builtin_ctzll(word);
        kz_bitset_set(bits, s->tag_row[at + i]);
      }
    }
  }
}

static void fill_own_tags(const struct kz_segment *s,
                          const struct kz_cond *cond, uint64_t *bits) {
  for (size_t k = 0; k < cond->number_count; k++) {
    if (cond->numbers[k] <= UINT32_MAX) {
      fill_own_tag(s, (uint32_t)cond->numbers[k], bits);
    }
  }
}

static bool is_listed(const struct kz_cond *cond, uint64_t number) {
  for (size_t i = 0; i < cond->number_count; i++) {
    if (cond->numbers[i] == number) {
      return true;
    }
  }
  return false;
}

static bool has_own_tag(const struct kz_segment *s, const struct kz_cond *cond,
                        uint32_t row) {
  size_t low = 0;
  size_t high = s->tag_uses;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->tag_row[middle] < row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < s->tag_uses && s->tag_row[low] == row; low++) {
    if (is_listed(cond, s->tag_id[low])) {
      return true;
    }
  }
  return false;
}

static bool has_event_tag(const struct kz_leaf *leaf,
                          const struct kz_cond *cond, uint64_t event) {
  const struct kz_event_page *page = kz_events_page(leaf->view->events, event);
  size_t slot = event % KZ_PAGE_EVENTS;
  for (uint32_t t = page ? page->tag_at[slot] : 0;
       page && t < page->tag_at[slot + 1]; t++) {
    if (is_listed(cond, page->tags[t])) {
      return true;
    }
  }
  return false;
}

void kz_leaf_keep_tagged(const struct kz_leaf *leaf, const struct kz_cond *cond,
                         uint64_t *bits) {
  const struct kz_segment *s = leaf->segment;
  uint32_t slice = 0;
  for (uint32_t row = kz_bitset_next(bits, 0, s->rows); row < s->rows;
       row = kz_bitset_next(bits, row + 1, s->rows)) {
    slice = kz_slice_gallop(s, slice, row);
    bool matches = has_own_tag(s, cond, row) ||
                   (cond->kind == KZ_COND_TAG &&
                    has_event_tag(leaf, cond, s->slice_event[slice]));
    if (!matches) {
      kz_bitset_clear_range(bits, row, row + 1);
    }
  }
}

/* Rows that are a group's by their own rule or their object's. */
static void fill_own_groups(const struct kz_segment *s,
                            const struct kz_cond *cond, uint64_t *bits) {
  for (size_t i = 0; i < s->limited_count; i++) {
    const struct kz_limited_row *l = &s->limited[i];
    if ((l->distribution == KZ_DIST_GROUP && is_listed(cond, l->group)) ||
        (l->object_distribution == KZ_DIST_GROUP &&
         is_listed(cond, l->object_group))) {
      kz_bitset_set_range(bits, l->row, l->row + 1);
    }
  }
}

/* --- values ----------------------------------------------------------------
 */

static kz_rc fill_value(const struct kz_segment *s, const struct kz_cond *cond,
                        uint64_t *bits, struct kz_err *err) {
  char room[KZ_LEAF_TEXT];
  kz_str text;
  uint32_t value = 0;
  kz_rc rc = kz_leaf_fold(cond, room, &text, err);
  if (rc == KZ_OK &&
      kz_segment_value(s, text, kz_value_hash(text), &value) == KZ_OK) {
    set_value(s, value, bits);
  }
  return rc;
}

static size_t ip4_at_least(const struct kz_segment *s, uint64_t addr) {
  size_t low = 0;
  size_t high = s->ip4_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->ip4_addr[middle] < addr) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static void within_ip4(const struct kz_segment *s, const struct kz_addr *net,
                       uint64_t *bits) {
  uint32_t base = (uint32_t)net->bytes[0] << 24 |
                  (uint32_t)net->bytes[1] << 16 | (uint32_t)net->bytes[2] << 8 |
                  net->bytes[3];
  uint64_t size = UINT64_C(1) << (32 - net->prefix);
  uint64_t from = base & ~(size - 1);
  size_t end = ip4_at_least(s, from + size);
  for (size_t i = ip4_at_least(s, from); i < end; i++) {
    set_value(s, s->ip4_value[i], bits);
  }
}

static bool shares_prefix(const uint8_t *a, const uint8_t *b, uint32_t bits) {
  return memcmp(a, b, bits / 8) == 0 &&
         (bits % 8 == 0 ||
          ((a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8)) == 0);
}

static void within_ip6(const struct kz_segment *s, const uint8_t *base,
                       uint32_t prefix, uint64_t *bits) {
  size_t low = 0;
  size_t high = s->ip6_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (memcmp(s->ip6_addr[middle].bytes, base, 16) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < s->ip6_count &&
         shares_prefix(s->ip6_addr[low].bytes, base, prefix);
       low++) {
    set_value(s, s->ip6_value[low], bits);
  }
}

/* The first network that is at or after (prefix, base) in their order. */
static size_t net_at_least(const struct kz_segment *s, uint32_t prefix,
                           const uint8_t *base) {
  struct kz_net_entry wanted = {.bits = prefix};
  memcpy(wanted.base, base, sizeof wanted.base);
  size_t low = 0;
  size_t high = s->net_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (kz_segment_compare_nets(&s->nets[middle], &wanted) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Networks are in the order of (length of the prefix, base): those inside
 * another lie together for each length. */
static void within_nets(const struct kz_segment *s, const struct kz_addr *net,
                        const uint8_t *base, uint32_t prefix, uint64_t *bits) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  bool no_ip4 = net->length == 16 && prefix < 96;
  for (uint32_t p = prefix; s->net_count > 0 && p <= 128; p++) {
    size_t i = net_at_least(s, p, base);
    for (; i < s->net_count && s->nets[i].bits == p &&
           shares_prefix(s->nets[i].base, base, prefix);
         i++) {
      bool is_ip4 = p >= 96 && memcmp(s->nets[i].base, mapped, 12) == 0;
      if (!(is_ip4 && no_ip4)) {
        set_value(s, s->nets[i].value, bits);
      }
    }
  }
}

static kz_rc parse_net(const struct kz_cond *cond, struct kz_addr *ret,
                       struct kz_err *err) {
  return kz_addr_parse(cond->text, ret) == KZ_OK
             ? KZ_OK
             : kz_err_set(err, KZ_E_INPUT,
                          "\"%.*s\" is not an address or network",
                          KZ_STR_ARG(cond->text));
}

static kz_rc fill_within(const struct kz_segment *s, const struct kz_cond *cond,
                         uint64_t *bits, struct kz_err *err) {
  struct kz_addr net;
  uint8_t base[16];
  uint32_t prefix = 0;
  kz_rc rc = parse_net(cond, &net, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_segment_net_key(&net, base, &prefix);
  if (net.length == 4) {
    within_ip4(s, &net, bits);
  } else {
    within_ip6(s, base, prefix, bits);
  }
  within_nets(s, &net, base, prefix, bits);
  return KZ_OK;
}

static kz_rc fill_around(const struct kz_segment *s, const struct kz_cond *cond,
                         uint64_t *bits, struct kz_err *err) {
  struct kz_addr addr;
  uint8_t base[16];
  uint32_t longest = 0;
  kz_rc rc = parse_net(cond, &addr, err);
  if (rc != KZ_OK) {
    return rc;
  }
  uint8_t prefix = addr.prefix;
  kz_segment_net_key(&addr, base, &longest);
  uint32_t offset = longest - prefix; /* 96 for IPv4 among the 128 bits */
  for (unsigned p = 0; s->net_count > 0 && p <= prefix; p++) {
    uint8_t around[16];
    uint32_t bits_of = 0;
    addr.prefix = (uint8_t)p;
    kz_segment_net_key(&addr, around, &bits_of);
    size_t i = net_at_least(s, p + offset, around);
    for (; i < s->net_count && s->nets[i].bits == bits_of &&
           memcmp(s->nets[i].base, around, 16) == 0;
         i++) {
      set_value(s, s->nets[i].value, bits);
    }
  }
  return KZ_OK;
}

static size_t reversed_name(const struct kz_segment *s, size_t at, char *out) {
  uint32_t value = s->name_value[at];
  kz_str text = kz_segment_text(s, value);
  bool is_name = kz_segment_class(s, value) == KZ_CLASS_NAME;
  return kz_order_reverse_name(is_name ? text : kz_value_host(text), out);
}

/* The first place in the order of names whose reversed name is >= `wanted`. */
static size_t name_at_least(const struct kz_segment *s, kz_str wanted) {
  uint64_t key = kz_order_prefix(wanted.ptr, wanted.len);
  char room[KZ_NAME_MAX];
  size_t low = 0;
  size_t high = s->name_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    bool before = s->name_key[middle] < key;
    if (s->name_key[middle] == key) {
      size_t len = reversed_name(s, middle, room);
      before = kz_str_cmp((kz_str){room, len}, wanted) < 0;
    }
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Sets the values whose reversed name begins with the `len` bytes of `wanted`
 * and then `next`; '\0' stands before all that names are made of, so that
 * gives the name itself. `wanted` has room for one more byte. */
static void set_names(const struct kz_segment *s, char *wanted, size_t len,
                      char next, uint64_t *bits) {
  kz_str key = {wanted, next == '\0' ? len : len + 1};
  wanted[len] = next;
  size_t from = name_at_least(s, key);
  wanted[len]++;
  size_t to = name_at_least(s, (kz_str){wanted, len + 1});
  for (size_t i = from; i < to; i++) {
    set_value(s, s->name_value[i], bits);
  }
}

static kz_rc fill_under(const struct kz_segment *s, const struct kz_cond *cond,
                        uint64_t *bits, struct kz_err *err) {
  char room[KZ_LEAF_TEXT];
  char wanted[KZ_NAME_MAX + 1];
  kz_str name;
  kz_rc rc = kz_leaf_fold(cond, room, &name, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (name.len > 0 && name.ptr[0] == '.') {
    name = kz_str_from(name, 1);
  }
  size_t len = kz_order_reverse_name(name, wanted);
  if (len > 0) {
    set_names(s, wanted, len, '\0', bits);
    set_names(s, wanted, len, '.', bits);
  }
  return KZ_OK;
}

static kz_rc fill_by_value(struct kz_leaf *leaf, const struct kz_cond *cond,
                           uint64_t *bits, struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  switch ((int)cond->kind) {
  case KZ_COND_VALUE:
    return fill_value(s, cond, bits, err);
  case KZ_COND_PREFIX:
  case KZ_COND_SUFFIX:
  case KZ_COND_SUBSTRING:
  case KZ_COND_REGEX:
    return kz_leaf_text(leaf, cond, bits, err);
  case KZ_COND_WITHIN:
    return fill_within(s, cond, bits, err);
  case KZ_COND_AROUND:
    return fill_around(s, cond, bits, err);
  case KZ_COND_UNDER:
    return fill_under(s, cond, bits, err);
  default:
    return kz_err_set(err, KZ_E_INPUT, "no such condition: %d",
                      (int)cond->kind);
  }
}

/* --- uuids -----------------------------------------------------------------
 */

/* Whether the record of a row has this uuid: hashes may collide. */
static kz_rc is_row_of(const struct kz_leaf *leaf, uint32_t row,
                       const struct kz_uuid *uuid, bool *ret_is,
                       struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  struct kz_attribute attribute;
  KZ_ARENA(arena, RECORD_BYTES);
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  struct kz_reading reading = {
      .kv = leaf->view->kv,
      .snapshot = leaf->view->snapshot,
      .dict = leaf->dict,
      .arena = arena,
  };
  uint32_t slice = kz_segment_slice_of(s, row);
  kz_rc rc = kz_read_attribute(
      &reading, s->slice_event[slice], kz_segment_attribute(s, slice, row),
      (struct kz_read_options){.with_data = false}, &attribute, err);
  *ret_is = rc == KZ_OK && kz_uuid_eq(&attribute.uuid, uuid);
  return rc == KZ_NOT_FOUND ? KZ_OK : rc; /* a dead row, its record gone */
}

struct uuid_fill {
  const struct kz_leaf *leaf;
  const struct kz_uuid *uuid;
  uint64_t *bits;
};

static kz_rc fill_event_of_uuid(void *ctx, enum kz_thing thing, uint64_t event,
                                uint64_t id) {
  const struct uuid_fill *f = ctx;
  const struct kz_event_page *page =
      kz_events_page(f->leaf->view->events, event);
  (void)id;
  if (thing == KZ_THING_EVENT && page &&
      kz_uuid_eq(&page->uuid[event % KZ_PAGE_EVENTS], f->uuid)) {
    const struct kz_cond one = {.numbers = &event, .number_count = 1};
    fill_event_ids(f->leaf->segment, &one, f->bits);
  }
  return KZ_NOT_FOUND; /* go on */
}

static kz_rc fill_uuid(const struct kz_leaf *leaf, const struct kz_cond *cond,
                       uint64_t *bits, struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  struct uuid_fill ctx = {.leaf = leaf, .uuid = &cond->uuid, .bits = bits};
  kz_rc rc = kz_view_uuid(leaf->view, &cond->uuid, fill_event_of_uuid, &ctx);
  if (rc != KZ_NOT_FOUND) {
    return rc;
  }
  size_t i = 0;
  size_t to = 0;
  kz_segment_uuids(s, kz_uuid_hash(&cond->uuid), &i, &to);
  for (rc = KZ_OK; rc == KZ_OK && i < to; i++) {
    bool is = (s->uuid_ref[i] & KZ_UUID_OTHER) == 0;
    if (is && leaf->dict) {
      rc = is_row_of(leaf, s->uuid_ref[i], &cond->uuid, &is, err);
    }
    if (is) {
      kz_bitset_set(bits, s->uuid_ref[i]);
    }
  }
  return rc;
}

/* Whether the viewer sees a sighting of a row: all in events of his own,
 * elsewhere those of his organisation, which are in the record. */
static kz_rc sees_sighting(const struct kz_leaf *leaf, uint32_t slice,
                           uint32_t row, struct kz_arena *arena, bool *ret,
                           struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  uint64_t event = s->slice_event[slice];
  const struct kz_event_page *page = kz_events_page(leaf->view->events, event);
  uint32_t org = leaf->viewer->org;
  struct kz_attribute a;
  *ret = page && org != 0 && page->org[event % KZ_PAGE_EVENTS] == org;
  if (*ret || !page || !kz_sight_event(leaf->view, leaf->viewer, event)) {
    return KZ_OK;
  }
  struct kz_reading reading = {
      .kv = leaf->view->kv,
      .snapshot = leaf->view->snapshot,
      .dict = leaf->dict,
      .arena = arena,
  };
  kz_arena_reset(arena);
  kz_rc rc = kz_read_attribute(
      &reading, event, kz_segment_attribute(s, slice, row),
      (struct kz_read_options){.with_sightings = true}, &a, err);
  for (size_t i = 0; rc == KZ_OK && !*ret && i < a.sighting_count; i++) {
    *ret = a.sightings[i].org.id == org;
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc; /* a dead row, its record gone */
}

/* The flag says that anybody has sighted the row. */
static kz_rc fill_sighted(const struct kz_leaf *leaf,
                          const struct kz_cond *cond, uint64_t *bits,
                          struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  const struct kz_viewer *viewer = leaf->viewer;
  if (viewer->sees_all || viewer->sees_sightings || !leaf->dict) {
    fill_flag(s, KZ_FLAG_SIGHTED, cond->flag, bits);
    return KZ_OK;
  }
  KZ_ARENA(arena, RECORD_BYTES);
  const uint64_t *flagged = s->flags[KZ_FLAG_SIGHTED];
  uint64_t *seen = calloc(s->words + 1, sizeof *seen);
  kz_rc rc = arena && seen
                 ? KZ_OK
                 : kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  uint32_t slice = 0;
  for (uint32_t row = kz_bitset_next(flagged, 0, s->rows);
       rc == KZ_OK && row < s->rows;
       row = kz_bitset_next(flagged, row + 1, s->rows)) {
    bool is = false;
    slice = kz_slice_gallop(s, slice, row);
    rc = sees_sighting(leaf, slice, row, arena, &is, err);
    if (is) {
      kz_bitset_set(seen, row);
    }
  }
  if (rc == KZ_OK) {
    fill_bits(s, seen, cond->flag, bits);
  }
  free(seen);
  return rc;
}

kz_rc kz_leaf_fill(struct kz_leaf *leaf, const struct kz_cond *cond,
                   uint64_t *bits, struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  if (kz_leaf_is_of_event(cond)) {
    kz_leaf_fill_events(leaf, cond, bits);
    return KZ_OK;
  }
  switch ((int)cond->kind) {
  case KZ_COND_ALL:
    kz_bitset_set_range(bits, 0, s->rows);
    return KZ_OK;
  case KZ_COND_TYPE:
  case KZ_COND_CATEGORY:
    fill_codes(s, cond, bits);
    return KZ_OK;
  case KZ_COND_TAG:
    kz_leaf_fill_events(leaf, cond, bits);
    fill_own_tags(s, cond, bits);
    return KZ_OK;
  case KZ_COND_TAG_OWN:
    fill_own_tags(s, cond, bits);
    return KZ_OK;
  case KZ_COND_GROUP:
    kz_leaf_fill_events(leaf, cond, bits);
    fill_own_groups(s, cond, bits);
    return KZ_OK;
  case KZ_COND_EVENT:
    fill_event_ids(s, cond, bits);
    return KZ_OK;
  case KZ_COND_ATTRIBUTE:
    return fill_attributes(s, cond, bits, err);
  case KZ_COND_TIME:
    fill_column(s, s->time, cond, bits);
    return KZ_OK;
  case KZ_COND_KNOWN:
    fill_column(s, s->known, cond, bits);
    return KZ_OK;
  case KZ_COND_TO_IDS:
    fill_flag(s, KZ_FLAG_TO_IDS, cond->flag, bits);
    return KZ_OK;
  case KZ_COND_IN_OBJECT:
    fill_flag(s, KZ_FLAG_OBJECT, cond->flag, bits);
    return KZ_OK;
  case KZ_COND_SIGHTED:
    return fill_sighted(leaf, cond, bits, err);
  case KZ_COND_UUID:
    return fill_uuid(leaf, cond, bits, err);
  default:
    return fill_by_value(leaf, cond, bits, err);
  }
}
