/* A tally counts events, not attributes: a tag on all attributes of one event
 * is one event's opinion. Attributes come event by event, so the last event of
 * a name is enough to know. */
#include "format/exporting.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/value.h"

enum { PLAIN_MAX = 200, NAME_BYTES = 253, LABEL_BYTES = 63 };

static void stick(struct kz_exporting *x, kz_rc rc) {
  if (rc < 0 && x->rc == KZ_OK) {
    x->rc = rc;
  }
}

bool kz_exporting_is_new(struct kz_exporting *x, char kind, kz_str text) {
  uint64_t hash = kz_hash64_seeded(text.ptr, text.len, (uint64_t)kind);
  kz_rc rc = kz_intmap_add(x->seen, hash, 1, NULL);
  stick(x, rc);
  return rc == KZ_OK;
}

bool kz_exporting_has(const struct kz_exporting *x, char kind, kz_str text) {
  uint64_t hash = kz_hash64_seeded(text.ptr, text.len, (uint64_t)kind);
  uint64_t value = 0;
  return kz_intmap_get(x->seen, hash, &value);
}

void kz_exporting_tally(struct kz_exporting *x, uint64_t event, kz_str name) {
  size_t index = 0;
  uint64_t last = 0;
  kz_rc rc = kz_strmap_add(x->names, name, 0, &index);
  if (rc < 0) {
    stick(x, rc);
    return;
  }
  if (!kz_intmap_get(x->last, index, &last) || last != event) {
    kz_strmap_set(x->names, index, kz_strmap_value(x->names, index) + 1);
    stick(x, kz_intmap_put(x->last, index, event));
  }
}

struct entry {
  kz_str name;
  uint64_t count;
};

static int compare_entries(const void *left, const void *right) {
  const struct entry *a = left;
  const struct entry *b = right;
  if (a->count != b->count) {
    return a->count < b->count ? 1 : -1;
  }
  return kz_str_cmp(a->name, b->name);
}

void kz_exporting_each(struct kz_exporting *x, kz_str prefix,
                       kz_exporting_visit *visit) {
  size_t total = kz_strmap_count(x->names);
  struct entry *entries = calloc(total + 1, sizeof *entries);
  size_t count = 0;
  if (!entries) {
    stick(x, KZ_E_MEMORY);
    return;
  }
  for (size_t i = 0; i < total; i++) {
    kz_str name = kz_strmap_key(x->names, i);
    if (kz_str_starts(name, prefix)) {
      entries[count++] = (struct entry){name, kz_strmap_value(x->names, i)};
    }
  }
  qsort(entries, count, sizeof *entries, compare_entries);
  for (size_t i = 0; i < count; i++) {
    visit(x, entries[i].name, entries[i].count);
  }
  free(entries);
}

void kz_exporting_end_comment(struct kz_exporting *x, const char *before,
                              const char *after) {
  if (x->left_out > 0) {
    kz_buf_add_format(x->out,
                      "%s%llu values left out: this format cannot express "
                      "them%s\n",
                      before, (unsigned long long)x->left_out, after);
  }
}

void kz_exporting_plain(struct kz_buf *out, kz_str text) {
  kz_str head = kz_str_head(text, PLAIN_MAX);
  for (size_t i = 0; i < head.len; i++) {
    char c = head.ptr[i];
    bool is_plain = kz_is_alnum(c) || (c && strchr(" .,:/_-=@+", c));
    kz_buf_add_byte(out, is_plain ? c : '.');
  }
}

static bool is_label(kz_str label) {
  if (label.len == 0 || label.len > LABEL_BYTES) {
    return false;
  }
  for (size_t i = 0; i < label.len; i++) {
    char c = label.ptr[i];
    if (!kz_is_alnum(c) && c != '-' && c != '_') {
      return false;
    }
  }
  return true;
}

bool kz_exporting_is_name(kz_str text) {
  kz_str rest = text;
  kz_str label = KZ_STR_NONE;
  size_t labels = 0;
  uint64_t number = 0;
  if (text.len > NAME_BYTES || kz_str_ends(text, KZ_STR("."))) {
    return false;
  }
  for (; kz_str_next(&rest, '.', &label); labels++) {
    if (!is_label(label)) {
      return false;
    }
  }
  return labels > 1 && kz_str_u64(label, &number) != KZ_OK;
}

/* The type of the hash itself; KZ_TYPE_COUNT when it is none. */
static kz_type hash_of(kz_type type) {
  static const kz_type bare[] = {
      KZ_TYPE_MD5,        KZ_TYPE_SHA1,         KZ_TYPE_SHA256,
      KZ_TYPE_SHA224,     KZ_TYPE_SHA384,       KZ_TYPE_SHA512,
      KZ_TYPE_SHA512_224, KZ_TYPE_SHA512_256,   KZ_TYPE_SHA3_224,
      KZ_TYPE_SHA3_256,   KZ_TYPE_SHA3_384,     KZ_TYPE_SHA3_512,
      KZ_TYPE_SSDEEP,     KZ_TYPE_IMPHASH,      KZ_TYPE_TELFHASH,
      KZ_TYPE_PEHASH,     KZ_TYPE_IMPFUZZY,     KZ_TYPE_TLSH,
      KZ_TYPE_CDHASH,     KZ_TYPE_AUTHENTIHASH, KZ_TYPE_VHASH};
  for (size_t i = 0; i < sizeof bare / sizeof *bare; i++) {
    if (bare[i] == type) {
      return type;
    }
  }
  kz_str name = kz_type_name(type);
  kz_type kind = KZ_TYPE_COUNT;
  if (type == KZ_TYPE_MALWARE_SAMPLE) {
    return KZ_TYPE_MD5;
  }
  if (kz_str_starts(name, KZ_STR("filename|")) &&
      kz_type_by_name(kz_str_from(name, 9), &kind) == KZ_OK) {
    return kind;
  }
  return KZ_TYPE_COUNT;
}

bool kz_exporting_hash(kz_type type, kz_str value, kz_type *ret_kind,
                       kz_str *ret_hash) {
  kz_type kind = hash_of(type);
  if (kind == KZ_TYPE_COUNT) {
    return false;
  }
  size_t bar = kind == type ? SIZE_MAX : kz_str_rfind_byte(value, '|');
  *ret_kind = kind;
  *ret_hash = bar == SIZE_MAX ? value : kz_str_from(value, bar + 1);
  return true;
}
