/* Everything a segment says twice is compared, and every number that is used
 * as an index is held against its array. Each step may lean on what the steps
 * before it have made sure of: slices, codes, flags, uuids, values, orders. */
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "model/addr.h"
#include "model/kind.h"
#include "model/type.h"
#include "store/draft.h"
#include "store/order.h"
#include "store/segment.h"

static kz_rc wrong(const struct kz_segment *s, const char *what,
                   struct kz_err *err) {
  return kz_err_set(err, KZ_E_CORRUPT, "%s: %s",
                    s->path ? s->path : "segment in memory", what);
}

static size_t section_count(const struct kz_segment *s, enum kz_section which,
                            size_t size) {
  return (size_t)s->head->sections[which].bytes / size;
}

/* Sections follow each other; what is between them and unused is 0. */
static kz_rc verify_layout(const struct kz_segment *s, struct kz_err *err) {
  static const char zeros[8];
  const struct kz_segment_header *h = s->head;
  uint64_t at = sizeof *h;
  bool right = memcmp(h->unused, zeros, sizeof h->unused) == 0;
  for (int i = 0; right && i < KZ_SEC_COUNT; i++) {
    uint64_t bytes = h->sections[i].bytes;
    uint64_t padding = (8 - bytes % 8) % 8;
    right = h->sections[i].at == at && bytes + padding <= h->bytes - at &&
            memcmp((const char *)h + at + bytes, zeros, (size_t)padding) == 0;
    at += bytes + padding;
  }
  return right && at == h->bytes ? KZ_OK
                                 : wrong(s, "sections are out of place", err);
}

static kz_rc verify_checksum(const struct kz_segment *s, struct kz_err *err) {
  const void *data[KZ_SEC_COUNT];
  for (int i = 0; i < KZ_SEC_COUNT; i++) {
    data[i] = (const char *)s->head + s->head->sections[i].at;
  }
  return kz_draft_checksum(s->head, data) == s->head->checksum
             ? KZ_OK
             : wrong(s, "the checksum does not fit the bytes", err);
}

static bool is_slice_right(const struct kz_segment *s, uint32_t i) {
  uint32_t from = s->slice_start[i];
  uint32_t to = s->slice_start[i + 1];
  if (from >= to || to > s->rows || s->attr[from] != 0) {
    return false;
  }
  for (uint32_t row = from + 1; row < to; row++) {
    if (s->attr[row] <= s->attr[row - 1]) {
      return false;
    }
  }
  if (s->slice_attr[i] > UINT64_MAX - s->attr[to - 1]) {
    return false;
  }
  if (i == 0 || s->slice_event[i] != s->slice_event[i - 1]) {
    return i == 0 || s->slice_event[i] > s->slice_event[i - 1];
  }
  return s->slice_attr[i] > kz_segment_attribute(s, i - 1, from - 1);
}

static kz_rc verify_slices(const struct kz_segment *s, struct kz_err *err) {
  if (s->slice_start[0] != 0 || s->slice_start[s->slices] != s->rows) {
    return wrong(s, "slices do not cover the rows", err);
  }
  for (uint32_t i = 0; i < s->slices; i++) {
    if (!is_slice_right(s, i)) {
      return wrong(s, "a slice is out of order", err);
    }
  }
  uint64_t first = s->slices > 0 ? s->slice_event[0] : 0;
  uint64_t last = s->slices > 0 ? s->slice_event[s->slices - 1] : 0;
  return s->head->first_event == first && s->head->last_event == last
             ? KZ_OK
             : wrong(s, "the range of events is wrong", err);
}

static bool has_bit(const uint64_t *words, uint32_t row) {
  return (words[row / KZ_WORD_BITS] >> (row % KZ_WORD_BITS) & 1) != 0;
}

static uint64_t count_bits(const uint64_t *words, size_t count) {
  uint64_t n = 0;
  for (size_t i = 0; i < count; i++) {
    n += (unsigned)__builtin_popcountll(words[i]);
  }
  return n;
}

static bool is_list_right(const struct kz_segment *s,
                          const struct kz_code_entry *e) {
  size_t listed = section_count(s, KZ_SEC_CODE_ROWS, sizeof *s->code_rows);
  if (e->at > listed || e->count > listed - e->at) {
    return false;
  }
  const uint32_t *rows = s->code_rows + e->at;
  for (uint32_t i = 0; i < e->count; i++) {
    if (rows[i] >= s->rows || s->code[rows[i]] != e->code ||
        (i > 0 && rows[i] <= rows[i - 1])) {
      return false;
    }
  }
  return true;
}

static bool is_bitset_right(const struct kz_segment *s,
                            const struct kz_code_entry *e) {
  size_t words = section_count(s, KZ_SEC_CODE_BITS, sizeof *s->code_bits);
  return e->at <= words && s->words <= words - e->at &&
         count_bits(s->code_bits + e->at, s->words) == e->count;
}

struct codes {
  uint32_t counts[KZ_CODES];      /* rows that have the code */
  const uint64_t *bits[KZ_CODES]; /* NULL: the code has a list */
};

static bool are_entries_right(const struct kz_segment *s, struct codes *codes) {
  uint64_t total = 0;
  for (size_t i = 0; i < s->code_count; i++) {
    const struct kz_code_entry *e = &s->codes[i];
    if (e->code >= KZ_CODES || e->dense > 1 || e->count == 0 ||
        e->count != codes->counts[e->code] ||
        (i > 0 && e->code <= s->codes[i - 1].code) ||
        !(e->dense ? is_bitset_right(s, e) : is_list_right(s, e))) {
      return false;
    }
    codes->bits[e->code] = e->dense ? s->code_bits + e->at : NULL;
    total += e->count;
  }
  return total == s->rows;
}

/* A bitset has as many bits as its code has rows, so if each of these has its
 * bit there is no other; a list has as many different rows of its code. */
static bool are_codes_right(const struct kz_segment *s, struct codes *codes) {
  for (uint32_t row = 0; row < s->rows; row++) {
    uint16_t code = s->code[row];
    if (code / 16 >= KZ_TYPE_COUNT || code % 16 >= KZ_CATEGORY_COUNT) {
      return false;
    }
    codes->counts[code]++;
  }
  if (!are_entries_right(s, codes)) {
    return false;
  }
  for (uint32_t row = 0; row < s->rows; row++) {
    const uint64_t *bits = codes->bits[s->code[row]];
    if (bits && !has_bit(bits, row)) {
      return false;
    }
  }
  return true;
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "verify segment: out of memory");
}

static kz_rc verify_codes(const struct kz_segment *s, struct kz_err *err) {
  struct codes *codes = calloc(1, sizeof *codes);
  if (!codes) {
    return no_memory(err);
  }
  bool right = are_codes_right(s, codes);
  free(codes);
  return right ? KZ_OK : wrong(s, "types and their rows disagree", err);
}

static kz_rc verify_flags(const struct kz_segment *s, struct kz_err *err) {
  unsigned used = s->rows % KZ_WORD_BITS;
  for (size_t f = 0; used > 0 && f < KZ_FLAG_COUNT; f++) {
    if (s->flags[f][s->words - 1] >> used != 0) {
      return wrong(s, "flags past the last row", err);
    }
  }
  for (size_t i = 0; i < s->limited_count; i++) {
    uint32_t row = s->limited[i].row;
    if (row >= s->rows || (i > 0 && row <= s->limited[i - 1].row) ||
        !has_bit(s->flags[KZ_FLAG_LIMITED], row)) {
      return wrong(s, "the list of limited rows is wrong", err);
    }
  }
  if (count_bits(s->flags[KZ_FLAG_LIMITED], s->words) != s->limited_count) {
    return wrong(s, "limited rows are missing in their list", err);
  }
  for (size_t i = 0; i < s->tag_uses; i++) {
    if (s->tag_row[i] >= s->rows ||
        (i > 0 && s->tag_row[i] < s->tag_row[i - 1])) {
      return wrong(s, "tags are out of order", err);
    }
  }
  return KZ_OK;
}

/* Whether the directory over hash[from .. to) gives each hash its bucket. */
static bool is_directory_right(const uint64_t *hash, uint32_t from, uint32_t to,
                               unsigned bits, const uint32_t *dir) {
  size_t slots = (size_t)1 << bits;
  if (bits != kz_segment_dir_bits(to - from) || dir[0] != from ||
      dir[slots] != to) {
    return false;
  }
  for (size_t slot = 0; slot < slots; slot++) {
    if (dir[slot] > dir[slot + 1] || dir[slot + 1] > to) {
      return false;
    }
    for (uint32_t i = dir[slot]; bits > 0 && i < dir[slot + 1]; i++) {
      if (hash[i] >> (64 - bits) != slot) {
        return false;
      }
    }
  }
  return true;
}

/* Texts and lists of postings follow each other and fill their sections. */
static bool are_places_right(const struct kz_segment *s) {
  size_t posts = section_count(s, KZ_SEC_POSTING, sizeof *s->posting);
  if (s->value_text_at[0] != 0 || s->value_post_at[0] != 0 ||
      s->value_text_at[s->values] != section_count(s, KZ_SEC_VALUE_TEXT, 1) ||
      s->value_post_at[s->values] != posts) {
    return false;
  }
  for (uint32_t v = 0; v < s->values; v++) {
    if (s->value_text_at[v] > s->value_text_at[v + 1] ||
        s->value_post_at[v] >= s->value_post_at[v + 1]) {
      return false;
    }
  }
  return true;
}

static bool are_postings_right(const struct kz_segment *s, uint32_t value) {
  uint32_t last = 0;
  for (uint32_t i = s->value_post_at[value]; i < s->value_post_at[value + 1];
       i++) {
    uint32_t row = s->posting[i] & ~KZ_POSTING_SILENT;
    if (row >= s->rows || (i > s->value_post_at[value] && row <= last)) {
      return false;
    }
    last = row;
  }
  return true;
}

/* How many values each order must hold. */
struct kinds {
  size_t ip4;
  size_t ip6;
  size_t nets;
  size_t names;
};

/* A network of one address ("192.0.2.1/32") counts as the address. */
static bool is_single(const struct kz_addr *addr) {
  return addr->prefix == addr->length * 8;
}

static void count_kind(kz_str folded, struct kinds *kinds) {
  struct kz_addr addr;
  switch (kz_kind_of(folded)) {
  case KZ_KIND_IPV4:
  case KZ_KIND_IPV6:
  case KZ_KIND_CIDR4:
  case KZ_KIND_CIDR6:
    if (kz_addr_parse(folded, &addr) == KZ_OK) {
      kinds->ip4 += is_single(&addr) && addr.length == 4;
      kinds->ip6 += is_single(&addr) && addr.length == 16;
      kinds->nets += !is_single(&addr);
    }
    return;
  case KZ_KIND_NAME:
  case KZ_KIND_URL:
    kinds->names += kz_order_host(folded).len > 0;
    return;
  case KZ_KIND_TEXT:
  case KZ_KIND_EMAIL:
  case KZ_KIND_HASH:
  case KZ_KIND_CVE:
  case KZ_KIND_COUNT:
    return;
  }
}

static bool is_value_right(const struct kz_segment *s, uint32_t v,
                           enum kz_value_class class, struct kinds *kinds) {
  char hex[KZ_HEX_TEXT];
  kz_str folded = kz_segment_folded(s, v, hex);
  if (class == KZ_CLASS_HEX && folded.ptr != hex) {
    return false; /* too long to be a digest */
  }
  if (kz_value_class_of(folded) != class ||
      kz_value_hash(folded) != s->value_hash[v] || !are_postings_right(s, v)) {
    return false;
  }
  count_kind(folded, kinds);
  if (v == s->head->class_start[class] ||
      s->value_hash[v] > s->value_hash[v - 1]) {
    return true;
  }
  return s->value_hash[v] == s->value_hash[v - 1] &&
         kz_str_cmp(kz_segment_text(s, v - 1), kz_segment_text(s, v)) < 0;
}

static kz_rc verify_values(const struct kz_segment *s, struct kinds *kinds,
                           struct kz_err *err) {
  if (!are_places_right(s)) {
    return wrong(s, "texts or postings of values are out of place", err);
  }
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    uint32_t from = s->head->class_start[c];
    uint32_t to = s->head->class_start[c + 1];
    if (!is_directory_right(s->value_hash, from, to, s->head->class_dir_bits[c],
                            s->value_dir[c])) {
      return wrong(s, "the directory of values is wrong", err);
    }
    for (uint32_t v = from; v < to; v++) {
      if (!is_value_right(s, v, (enum kz_value_class)c, kinds)) {
        return wrong(s, "a value is wrong or out of order", err);
      }
    }
  }
  return KZ_OK;
}

/* The address that a value is; false when there is no such value among the
 * names and addresses or it is no address. */
static bool address_of(const struct kz_segment *s, uint32_t value,
                       struct kz_addr *ret) {
  return value < s->head->class_start[KZ_CLASS_NAME + 1] &&
         kz_addr_parse(kz_segment_text(s, value), ret) == KZ_OK;
}

static bool is_ip4_right(const struct kz_segment *s, size_t i) {
  struct kz_addr addr;
  if (!address_of(s, s->ip4_value[i], &addr) || addr.length != 4 ||
      !is_single(&addr) || kz_get_be32(addr.bytes) != s->ip4_addr[i]) {
    return false;
  }
  return i == 0 || s->ip4_addr[i] > s->ip4_addr[i - 1] ||
         (s->ip4_addr[i] == s->ip4_addr[i - 1] &&
          s->ip4_value[i] > s->ip4_value[i - 1]);
}

static bool is_ip6_right(const struct kz_segment *s, size_t i) {
  struct kz_addr addr;
  if (!address_of(s, s->ip6_value[i], &addr) || addr.length != 16 ||
      !is_single(&addr) || memcmp(addr.bytes, s->ip6_addr[i].bytes, 16) != 0) {
    return false;
  }
  int order = i == 0 ? 1
                     : memcmp(s->ip6_addr[i].bytes, s->ip6_addr[i - 1].bytes,
                              sizeof(struct kz_ip6));
  return order > 0 || (order == 0 && s->ip6_value[i] > s->ip6_value[i - 1]);
}

static bool is_net_right(const struct kz_segment *s, size_t i) {
  const struct kz_net_entry *net = &s->nets[i];
  struct kz_addr addr;
  uint8_t base[16];
  uint32_t bits = 0;
  if (!address_of(s, net->value, &addr) || is_single(&addr)) {
    return false;
  }
  kz_segment_net_key(&addr, base, &bits);
  if (bits != net->bits || memcmp(base, net->base, sizeof base) != 0) {
    return false;
  }
  return i == 0 || kz_segment_compare_nets(net - 1, net) < 0;
}

static kz_rc verify_addresses(const struct kz_segment *s,
                              const struct kinds *kinds, struct kz_err *err) {
  bool right = s->ip4_count == kinds->ip4 && s->ip6_count == kinds->ip6 &&
               s->net_count == kinds->nets;
  for (size_t i = 0; right && i < s->ip4_count; i++) {
    right = is_ip4_right(s, i);
  }
  for (size_t i = 0; right && i < s->ip6_count; i++) {
    right = is_ip6_right(s, i);
  }
  for (size_t i = 0; right && i < s->net_count; i++) {
    right = is_net_right(s, i);
  }
  return right ? KZ_OK : wrong(s, "the order of addresses is wrong", err);
}

struct reversed {
  size_t len;
  char text[KZ_NAME_MAX];
};

/* Writes the reversed name of entry `i`; false when it has none or another key.
 */
static bool reverse_entry(const struct kz_segment *s, size_t i,
                          struct reversed *out) {
  if (s->name_value[i] >= s->head->class_start[KZ_CLASS_URL + 1]) {
    return false;
  }
  kz_str host = kz_order_host(kz_segment_text(s, s->name_value[i]));
  out->len = kz_order_reverse_name(host, out->text);
  return out->len > 0 && kz_order_prefix(out->text, out->len) == s->name_key[i];
}

static kz_rc verify_names(const struct kz_segment *s, const struct kinds *kinds,
                          struct kz_err *err) {
  struct reversed names[2];
  bool right = s->name_count == kinds->names;
  for (size_t i = 0; right && i < s->name_count; i++) {
    struct reversed *name = &names[i % 2];
    struct reversed *before = &names[(i + 1) % 2];
    right = reverse_entry(s, i, name);
    if (right && i > 0) {
      int order = kz_str_cmp((kz_str){before->text, before->len},
                             (kz_str){name->text, name->len});
      right =
          order < 0 || (order == 0 && s->name_value[i] > s->name_value[i - 1]);
    }
  }
  return right ? KZ_OK : wrong(s, "the order of names is wrong", err);
}

/* Each row has one uuid; `seen` has a bit for each. Others are numbered as they
 * come. */
static bool are_uuids_right(const struct kz_segment *s, uint64_t *seen) {
  uint32_t others = 0;
  for (size_t i = 0; i < s->uuid_count; i++) {
    uint32_t ref = s->uuid_ref[i];
    if (i > 0 && (s->uuid_hash[i] < s->uuid_hash[i - 1] ||
                  (s->uuid_hash[i] == s->uuid_hash[i - 1] &&
                   ref <= s->uuid_ref[i - 1]))) {
      return false;
    }
    if (ref & KZ_UUID_OTHER) {
      if ((ref & ~KZ_UUID_OTHER) != others || others >= s->other_count ||
          s->others[others].thing >= KZ_THING_ATTRIBUTE) {
        return false;
      }
      others++;
    } else {
      if (ref >= s->rows || has_bit(seen, ref)) {
        return false;
      }
      seen[ref / KZ_WORD_BITS] |= 1ull << (ref % KZ_WORD_BITS);
    }
  }
  return true;
}

static kz_rc verify_uuids(const struct kz_segment *s, struct kz_err *err) {
  if (s->uuid_count != (size_t)s->rows + s->other_count ||
      s->uuid_count > UINT32_MAX ||
      !is_directory_right(s->uuid_hash, 0, (uint32_t)s->uuid_count,
                          s->head->uuid_dir_bits, s->uuid_dir)) {
    return wrong(s, "the directory of uuids is wrong", err);
  }
  uint64_t *seen = calloc(s->words + 1, sizeof *seen);
  if (!seen) {
    return no_memory(err);
  }
  bool right = are_uuids_right(s, seen);
  free(seen);
  return right ? KZ_OK : wrong(s, "the order of uuids is wrong", err);
}

kz_rc kz_segment_verify(const struct kz_segment *segment, struct kz_err *err) {
  kz_rc (*const steps[])(const struct kz_segment *, struct kz_err *) = {
      verify_layout, verify_checksum, verify_slices,
      verify_codes,  verify_flags,    verify_uuids,
  };
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    kz_rc rc = steps[i](segment, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  struct kinds kinds = {.ip4 = 0};
  kz_rc rc = verify_values(segment, &kinds, err);
  if (rc == KZ_OK) {
    rc = verify_addresses(segment, &kinds, err);
  }
  return rc == KZ_OK ? verify_names(segment, &kinds, err) : rc;
}
