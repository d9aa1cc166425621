#include "store/leaf.h"

#include <string.h>

#include "base/clock.h"
#include "store/leaf_text.h"
#include "store/order.h"
#include "store/row.h"

enum { CODES = 4096, TEXT_MAX = 1 << 20 };

void kz_leaf_set_range(uint64_t *bits, uint32_t from, uint32_t to) {
  if (from >= to) {
    return;
  }
  size_t first = from / KZ_WORD_BITS;
  size_t last = (to - 1) / KZ_WORD_BITS;
  uint64_t head = ~0ull << (from % KZ_WORD_BITS);
  uint64_t tail = ~0ull >> (KZ_WORD_BITS - 1 - (to - 1) % KZ_WORD_BITS);
  if (first == last) {
    bits[first] |= head & tail;
    return;
  }
  bits[first] |= head;
  for (size_t i = first + 1; i < last; i++) {
    bits[i] = ~0ull;
  }
  bits[last] |= tail;
}

static void set(uint64_t *bits, uint32_t row) {
  bits[row / KZ_WORD_BITS] |= 1ull << (row % KZ_WORD_BITS);
}

void kz_leaf_set_value(const struct kz_segment *s, uint32_t value,
                       uint64_t *bits) {
  for (uint32_t i = s->value_post_at[value]; i < s->value_post_at[value + 1];
       i++) {
    set(bits, s->posting[i] & ~KZ_POSTING_SILENT);
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

/* --- codes, flags, columns -------------------------------------------------
 */

static void fill_codes(const struct kz_segment *s, const struct kz_cond *cond,
                       uint64_t *bits) {
  for (size_t i = 0; i < s->code_count; i++) {
    const struct kz_code_entry *e = &s->codes[i];
    uint64_t part = cond->kind == KZ_COND_TYPE ? e->code / 16u : e->code % 16u;
    if (!has_number(cond, part)) {
      continue;
    }
    if (e->dense) {
      for (size_t w = 0; w < s->words; w++) {
        bits[w] |= s->code_bits[e->at + w];
      }
    } else {
      for (uint32_t k = 0; k < e->count; k++) {
        set(bits, s->code_rows[e->at + k]);
      }
    }
  }
}

static void fill_all(const struct kz_segment *s, uint64_t *bits) {
  kz_leaf_set_range(bits, 0, s->rows);
}

static void fill_flag(const struct kz_segment *s, enum kz_flag flag,
                      bool wanted, uint64_t *bits) {
  memcpy(bits, s->flags[flag], s->words * sizeof *bits);
  if (!wanted) {
    for (size_t w = 0; w < s->words; w++) {
      bits[w] = ~bits[w];
    }
    if (s->rows % KZ_WORD_BITS) {
      bits[s->words - 1] &= ~0ull >> (KZ_WORD_BITS - s->rows % KZ_WORD_BITS);
    }
  }
}

/* Ends of a range in the index's seconds: whole seconds inside the range. */
static bool seconds_of(const struct kz_cond *cond, uint32_t *ret_from,
                       uint32_t *ret_to) {
  if (cond->to < 0 || cond->from > cond->to) {
    return false;
  }
  int64_t from = cond->from <= 0 ? 0 : cond->from;
  int64_t up = from / KZ_SECOND_US + (from % KZ_SECOND_US != 0);
  *ret_from = up > UINT32_MAX ? UINT32_MAX : (uint32_t)up;
  *ret_to = kz_row_seconds(cond->to);
  return *ret_from <= *ret_to;
}

static void fill_column(const struct kz_segment *s, const uint32_t *column,
                        const struct kz_cond *cond, uint64_t *bits) {
  uint32_t from = 0;
  uint32_t to = 0;
  if (!seconds_of(cond, &from, &to)) {
    return;
  }
  uint32_t span = to - from;
  for (size_t w = 0; w < s->words; w++) {
    size_t n = s->rows - w * KZ_WORD_BITS;
    n = n < KZ_WORD_BITS ? n : KZ_WORD_BITS;
    const uint32_t *values = column + w * KZ_WORD_BITS;
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++) {
      word |= (uint64_t)(values[i] - from <= span) << i;
    }
    bits[w] = word;
  }
}

static void fill_attributes(const struct kz_segment *s,
                            const struct kz_cond *cond, uint64_t *bits) {
  for (uint32_t i = 0; i < s->slices; i++) {
    for (size_t k = 0; k < cond->number_count; k++) {
      uint64_t id = cond->numbers[k];
      uint32_t row = 0;
      if (id >= s->slice_attr[i] &&
          kz_segment_row(s, s->slice_event[i], id, &row) == KZ_OK) {
        set(bits, row);
      }
    }
  }
}

/* --- the event's own -------------------------------------------------------
 */

static bool page_has_tag(const struct kz_event_page *page, size_t slot,
                         const struct kz_cond *cond) {
  for (size_t k = 0; k < cond->number_count; k++) {
    if (!(page->tag_mask[slot] >> (cond->numbers[k] % 64) & 1)) {
      continue;
    }
    for (uint32_t t = page->tag_at[slot]; t < page->tag_at[slot + 1]; t++) {
      if (page->tags[t] == cond->numbers[k]) {
        return true;
      }
    }
  }
  return false;
}

static bool in_seconds(const struct kz_cond *cond, uint32_t seconds) {
  uint32_t from = 0;
  uint32_t to = 0;
  return seconds_of(cond, &from, &to) && seconds >= from && seconds <= to;
}

static bool event_matches(const struct kz_cond *cond,
                          const struct kz_event_page *page, size_t slot,
                          uint64_t id) {
  switch ((int)cond->kind) {
  case KZ_COND_TAG:
  case KZ_COND_TAG_EVENT:
    return page_has_tag(page, slot, cond);
  case KZ_COND_ORG:
    return has_number(cond, page->orgc[slot]);
  case KZ_COND_OWNER:
    return has_number(cond, page->org[slot]);
  case KZ_COND_EVENT:
    return has_number(cond, id);
  case KZ_COND_THREAT_LEVEL:
    return has_number(cond, page->threat_level[slot]);
  case KZ_COND_ANALYSIS:
    return has_number(cond, page->analysis[slot]);
  case KZ_COND_DISTRIBUTION:
    return has_number(cond, page->distribution[slot]);
  case KZ_COND_DATE:
    return page->date_days[slot] >= cond->from &&
           page->date_days[slot] <= cond->to;
  case KZ_COND_EVENT_TIME:
    return in_seconds(cond, page->time_s[slot]);
  case KZ_COND_PUBLISH_TIME:
    return in_seconds(cond, page->publish_s[slot]);
  case KZ_COND_PUBLISHED:
    return ((page->flags[slot] & KZ_EVENT_PUBLISHED) != 0) == cond->flag;
  case KZ_COND_UUID:
    return kz_uuid_eq(&page->uuid[slot], &cond->uuid);
  case KZ_COND_INFO:
    return kz_leaf_contains(
        (kz_str){page->info + page->info_at[slot],
                 page->info_at[slot + 1] - page->info_at[slot]},
        cond->text);
  default:
    return false;
  }
}

static void fill_events(const struct kz_leaf *leaf, const struct kz_cond *cond,
                        uint64_t *bits) {
  const struct kz_segment *s = leaf->segment;
  for (uint32_t i = 0; i < s->slices; i++) {
    uint64_t id = s->slice_event[i];
    const struct kz_event_page *page = kz_events_page(leaf->view->events, id);
    if (page && event_matches(cond, page, id % KZ_PAGE_EVENTS, id)) {
      kz_leaf_set_range(bits, s->slice_start[i], s->slice_start[i + 1]);
    }
  }
}

static void fill_own_tags(const struct kz_segment *s,
                          const struct kz_cond *cond, uint64_t *bits) {
  for (size_t k = 0; k < cond->number_count; k++) {
    uint64_t tag = cond->numbers[k];
    for (size_t i = 0; i < s->tag_uses; i++) {
      if (s->tag_id[i] == tag) {
        set(bits, s->tag_row[i]);
      }
    }
  }
}

/* --- values ----------------------------------------------------------------
 */

static kz_rc fold(const struct kz_cond *cond, char *room, kz_str *ret,
                  struct kz_err *err) {
  if (cond->text.len > KZ_LEAF_TEXT) {
    return kz_err_set(err, KZ_E_LIMIT, "a value of more than %d bytes",
                      KZ_LEAF_TEXT);
  }
  kz_value_fold(cond->text, room);
  *ret = (kz_str){room, cond->text.len};
  return KZ_OK;
}

static kz_rc fill_value(const struct kz_segment *s, const struct kz_cond *cond,
                        uint64_t *bits, struct kz_err *err) {
  char room[KZ_LEAF_TEXT];
  kz_str text;
  uint32_t value = 0;
  kz_rc rc = fold(cond, room, &text, err);
  if (rc == KZ_OK &&
      kz_segment_value(s, text, kz_value_hash(text), &value) == KZ_OK) {
    kz_leaf_set_value(s, value, bits);
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
  uint64_t size = 1ull << (32 - net->prefix);
  uint64_t from = base & ~(size - 1);
  size_t end = ip4_at_least(s, from + size);
  for (size_t i = ip4_at_least(s, from); i < end; i++) {
    kz_leaf_set_value(s, s->ip4_value[i], bits);
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
    if (memcmp(s->ip6_addr[middle], base, 16) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < s->ip6_count && shares_prefix(s->ip6_addr[low], base, prefix);
       low++) {
    kz_leaf_set_value(s, s->ip6_value[low], bits);
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
  for (size_t i = 0; i < s->net_count; i++) {
    if (s->nets[i].bits >= prefix &&
        shares_prefix(s->nets[i].base, base, prefix)) {
      kz_leaf_set_value(s, s->nets[i].value, bits);
    }
  }
  return KZ_OK;
}

/* Networks are ordered by (bits, base): one binary search a prefix length. */
static void around_bits(const struct kz_segment *s, const uint8_t *address,
                        uint32_t prefix, uint64_t *bits) {
  uint8_t base[16] = {0};
  memcpy(base, address, prefix / 8);
  if (prefix % 8) {
    base[prefix / 8] = (uint8_t)(address[prefix / 8] & (0xff00u >> prefix % 8));
  }
  size_t low = 0;
  size_t high = s->net_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct kz_net_entry *e = &s->nets[middle];
    if (e->bits < prefix ||
        (e->bits == prefix && memcmp(e->base, base, 16) < 0)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < s->net_count && s->nets[low].bits == prefix &&
         memcmp(s->nets[low].base, base, 16) == 0;
       low++) {
    kz_leaf_set_value(s, s->nets[low].value, bits);
  }
}

static kz_rc fill_around(const struct kz_segment *s, const struct kz_cond *cond,
                         uint64_t *bits, struct kz_err *err) {
  struct kz_addr addr;
  uint8_t base[16];
  uint32_t prefix = 0;
  kz_rc rc = parse_net(cond, &addr, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_segment_net_key(&addr, base, &prefix);
  uint32_t widest = addr.length == 4 ? 96 : 0;
  for (uint32_t p = widest; s->net_count > 0 && p <= prefix; p++) {
    around_bits(s, base, p, bits);
  }
  return KZ_OK;
}

static size_t reversed_name(const struct kz_segment *s, size_t at, char *out) {
  kz_str host = kz_order_host(kz_segment_text(s, s->name_value[at]));
  return kz_order_reverse_name(host, out);
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

void kz_leaf_names_under(const struct kz_segment *s, kz_str name,
                         size_t *ret_from, size_t *ret_to) {
  char wanted[KZ_NAME_MAX + 1];
  size_t len = kz_order_reverse_name(name, wanted);
  *ret_from = 0;
  *ret_to = 0;
  if (len == 0) {
    return;
  }
  /* "com.example" itself, then all that begins with "com.example."; '/' is
   * the byte after '.'. What lies between ("com.example-x") is passed over by
   * fill_under. */
  *ret_from = name_at_least(s, (kz_str){wanted, len});
  wanted[len] = '/';
  *ret_to = name_at_least(s, (kz_str){wanted, len + 1});
}

static kz_rc fill_under(const struct kz_segment *s, const struct kz_cond *cond,
                        uint64_t *bits, struct kz_err *err) {
  char room[KZ_LEAF_TEXT];
  char wanted[KZ_NAME_MAX + 1];
  char found[KZ_NAME_MAX];
  kz_str name;
  kz_rc rc = fold(cond, room, &name, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (name.len > 0 && name.ptr[0] == '.') {
    name = kz_str_from(name, 1);
  }
  size_t from = 0;
  size_t to = 0;
  kz_leaf_names_under(s, name, &from, &to);
  size_t len = kz_order_reverse_name(name, wanted);
  for (size_t i = from; i < to; i++) {
    size_t n = reversed_name(s, i, found);
    if (n == len || (n > len && found[len] == '.')) {
      kz_leaf_set_value(s, s->name_value[i], bits);
    }
  }
  return KZ_OK;
}

static void fill_uuid(const struct kz_leaf *leaf, const struct kz_cond *cond,
                      uint64_t *bits) {
  const struct kz_segment *s = leaf->segment;
  size_t from = 0;
  size_t to = 0;
  fill_events(leaf, cond, bits);
  kz_segment_uuids(s, kz_uuid_hash(&cond->uuid), &from, &to);
  for (size_t i = from; i < to; i++) {
    if (!(s->uuid_ref[i] & KZ_UUID_OTHER)) {
      set(bits, s->uuid_ref[i]);
    }
  }
}

kz_rc kz_leaf_fill(const struct kz_leaf *leaf, const struct kz_cond *cond,
                   uint64_t *bits, struct kz_err *err) {
  const struct kz_segment *s = leaf->segment;
  switch (cond->kind) {
  case KZ_COND_ALL:
    fill_all(s, bits);
    return KZ_OK;
  case KZ_COND_TYPE:
  case KZ_COND_CATEGORY:
    fill_codes(s, cond, bits);
    return KZ_OK;
  case KZ_COND_TAG:
    fill_events(leaf, cond, bits);
    fill_own_tags(s, cond, bits);
    return KZ_OK;
  case KZ_COND_TAG_OWN:
    fill_own_tags(s, cond, bits);
    return KZ_OK;
  case KZ_COND_TAG_EVENT:
  case KZ_COND_ORG:
  case KZ_COND_OWNER:
  case KZ_COND_EVENT:
  case KZ_COND_THREAT_LEVEL:
  case KZ_COND_ANALYSIS:
  case KZ_COND_DISTRIBUTION:
  case KZ_COND_DATE:
  case KZ_COND_EVENT_TIME:
  case KZ_COND_PUBLISH_TIME:
  case KZ_COND_PUBLISHED:
  case KZ_COND_INFO:
    fill_events(leaf, cond, bits);
    return KZ_OK;
  case KZ_COND_ATTRIBUTE:
    fill_attributes(s, cond, bits);
    return KZ_OK;
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
    fill_flag(s, KZ_FLAG_SIGHTED, cond->flag, bits);
    return KZ_OK;
  case KZ_COND_VALUE:
    return fill_value(s, cond, bits, err);
  case KZ_COND_PREFIX:
  case KZ_COND_SUFFIX:
  case KZ_COND_SUBSTRING:
  case KZ_COND_REGEX:
    return kz_leaf_text(s, cond, bits, err);
  case KZ_COND_WITHIN:
    return fill_within(s, cond, bits, err);
  case KZ_COND_AROUND:
    return fill_around(s, cond, bits, err);
  case KZ_COND_UNDER:
    return fill_under(s, cond, bits, err);
  case KZ_COND_UUID:
    fill_uuid(leaf, cond, bits);
    return KZ_OK;
  case KZ_COND_AND:
  case KZ_COND_OR:
  case KZ_COND_NOT:
    break;
  }
  return kz_err_set(err, KZ_E_INTERNAL, "not a leaf");
}
