/* Opening, checking and reading a segment. Making one: segment_build.c and
 * segment_merge.c.
 *
 * Look-ups by hash go through a directory of the first bits of the hash, one
 * for each class: one cache miss for the bucket, one or two for the hashes. */
#include "store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "model/addr.h"
#include "model/kind.h"

enum {
  ENTRIES_A_BUCKET_BITS = 3,
  DIR_BITS_MAX = 28,
  LINEAR_MAX = 16, /* entries: fewer are looked through one by one */
};

static const char segment_magic[8] = "KZSEGMT\n";

struct owned {
  struct kz_segment segment; /* first: the public part */
  char *bytes;
  size_t len;
  bool mapped;
  atomic_uint references;
};

unsigned kz_segment_dir_bits(size_t entries) {
  unsigned bits = 0;
  while (bits < DIR_BITS_MAX &&
         ((size_t)1 << (bits + ENTRIES_A_BUCKET_BITS)) < entries) {
    bits++;
  }
  return bits;
}

static size_t dir_entries(unsigned bits) {
  return ((size_t)1 << bits) + 1;
}

/* What the header's counts say a section must hold, in bytes; SIZE_MAX where
 * the section's own length is the count. */
static size_t expected_bytes(const struct kz_segment_header *h,
                             enum kz_section section) {
  size_t rows = h->rows;
  size_t words = (rows + KZ_WORD_BITS - 1) / KZ_WORD_BITS;
  switch ((int)section) {
  case KZ_SEC_SLICE_EVENT:
  case KZ_SEC_SLICE_ATTR:
    return (size_t)h->slices * 8;
  case KZ_SEC_SLICE_START:
    return ((size_t)h->slices + 1) * 4;
  case KZ_SEC_ATTR:
  case KZ_SEC_TIME:
  case KZ_SEC_KNOWN:
    return rows * 4;
  case KZ_SEC_CODE:
    return rows * 2;
  case KZ_SEC_FLAGS:
    return words * 8 * KZ_FLAG_COUNT;
  case KZ_SEC_VALUE_HASH:
    return (size_t)h->values * 8;
  case KZ_SEC_VALUE_TEXT_AT:
    return ((size_t)h->values + 1) * 8;
  case KZ_SEC_VALUE_POST_AT:
    return ((size_t)h->values + 1) * 4;
  case KZ_SEC_UUID_DIR:
    return dir_entries(h->uuid_dir_bits) * 4;
  default:
    return SIZE_MAX;
  }
}

static size_t element_bytes(enum kz_section section) {
  switch ((int)section) {
  case KZ_SEC_CODE_LIST:
  case KZ_SEC_IP6_ADDR:
    return 16;
  case KZ_SEC_LIMITED:
  case KZ_SEC_NET:
  case KZ_SEC_OTHER:
    return 24;
  case KZ_SEC_CODE_BITS:
  case KZ_SEC_NAME_KEY:
  case KZ_SEC_UUID_HASH:
    return 8;
  case KZ_SEC_CODE:
    return 2;
  case KZ_SEC_VALUE_TEXT:
    return 1;
  default:
    return 4;
  }
}

static kz_rc check_header(const struct kz_segment_header *h, size_t len,
                          const char *name, struct kz_err *err) {
  if (len < sizeof *h || memcmp(h->magic, segment_magic, 8) != 0) {
    return kz_err_set(err, KZ_E_CORRUPT, "%s is not an index segment", name);
  }
  if (h->version != KZ_SEGMENT_VERSION) {
    return kz_err_set(err, KZ_E_UNSUPPORTED,
                      "%s has format version %u, this program knows %d", name,
                      h->version, KZ_SEGMENT_VERSION);
  }
  if (h->bytes != len || h->rows > KZ_SEGMENT_ROWS_MAX ||
      h->uuid_dir_bits > DIR_BITS_MAX) {
    return kz_err_set(err, KZ_E_CORRUPT, "%s: wrong version or length", name);
  }
  for (int i = 0; i < KZ_SEC_COUNT; i++) {
    const struct kz_section_place *p = &h->sections[i];
    size_t expected = expected_bytes(h, (enum kz_section)i);
    if (p->at % 8 != 0 || p->at < sizeof *h || p->at > len ||
        p->bytes > len - p->at ||
        (expected != SIZE_MAX && p->bytes != expected) ||
        p->bytes % element_bytes((enum kz_section)i) != 0) {
      return kz_err_set(err, KZ_E_CORRUPT, "%s: section %d is out of place",
                        name, i);
    }
  }
  size_t dirs = 0;
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    if (h->class_dir_bits[c] > DIR_BITS_MAX ||
        h->class_start[c] > h->class_start[c + 1]) {
      return kz_err_set(err, KZ_E_CORRUPT, "%s: wrong value classes", name);
    }
    dirs += dir_entries(h->class_dir_bits[c]);
  }
  if (h->class_start[0] != 0 || h->class_start[KZ_CLASS_COUNT] != h->values ||
      h->sections[KZ_SEC_VALUE_DIR].bytes != dirs * 4) {
    return kz_err_set(err, KZ_E_CORRUPT, "%s: wrong value directory", name);
  }
  return KZ_OK;
}

static const void *section(const struct kz_segment_header *h, int which) {
  return (const char *)h + h->sections[which].at;
}

static size_t count_of(const struct kz_segment_header *h, int which,
                       size_t size) {
  return (size_t)h->sections[which].bytes / size;
}

static void set_rows(struct kz_segment *s, const struct kz_segment_header *h) {
  s->rows = h->rows;
  s->slices = h->slices;
  s->words = ((size_t)h->rows + KZ_WORD_BITS - 1) / KZ_WORD_BITS;
  s->slice_event = section(h, KZ_SEC_SLICE_EVENT);
  s->slice_start = section(h, KZ_SEC_SLICE_START);
  s->slice_attr = section(h, KZ_SEC_SLICE_ATTR);
  s->attr = section(h, KZ_SEC_ATTR);
  s->time = section(h, KZ_SEC_TIME);
  s->known = section(h, KZ_SEC_KNOWN);
  s->code = section(h, KZ_SEC_CODE);
  const uint64_t *flags = section(h, KZ_SEC_FLAGS);
  for (size_t i = 0; i < KZ_FLAG_COUNT; i++) {
    s->flags[i] = flags + i * s->words;
  }
  s->codes = section(h, KZ_SEC_CODE_LIST);
  s->code_count = count_of(h, KZ_SEC_CODE_LIST, sizeof *s->codes);
  s->code_bits = section(h, KZ_SEC_CODE_BITS);
  s->code_rows = section(h, KZ_SEC_CODE_ROWS);
  s->tag_row = section(h, KZ_SEC_TAG_ROW);
  s->tag_id = section(h, KZ_SEC_TAG_ID);
  s->tag_uses = count_of(h, KZ_SEC_TAG_ROW, 4);
  s->limited = section(h, KZ_SEC_LIMITED);
  s->limited_count = count_of(h, KZ_SEC_LIMITED, sizeof *s->limited);
}

static void set_values(struct kz_segment *s,
                       const struct kz_segment_header *h) {
  s->values = h->values;
  s->value_hash = section(h, KZ_SEC_VALUE_HASH);
  const uint32_t *dir = section(h, KZ_SEC_VALUE_DIR);
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    s->value_dir[c] = dir;
    dir += dir_entries(h->class_dir_bits[c]);
  }
  s->value_text_at = section(h, KZ_SEC_VALUE_TEXT_AT);
  s->value_text = section(h, KZ_SEC_VALUE_TEXT);
  s->value_post_at = section(h, KZ_SEC_VALUE_POST_AT);
  s->posting = section(h, KZ_SEC_POSTING);
  s->ip4_addr = section(h, KZ_SEC_IP4_ADDR);
  s->ip4_value = section(h, KZ_SEC_IP4_VALUE);
  s->ip4_count = count_of(h, KZ_SEC_IP4_ADDR, 4);
  s->ip6_addr = section(h, KZ_SEC_IP6_ADDR);
  s->ip6_value = section(h, KZ_SEC_IP6_VALUE);
  s->ip6_count = count_of(h, KZ_SEC_IP6_ADDR, 16);
  s->nets = section(h, KZ_SEC_NET);
  s->net_count = count_of(h, KZ_SEC_NET, sizeof *s->nets);
  s->name_key = section(h, KZ_SEC_NAME_KEY);
  s->name_value = section(h, KZ_SEC_NAME_VALUE);
  s->name_count = count_of(h, KZ_SEC_NAME_KEY, 8);
  s->uuid_hash = section(h, KZ_SEC_UUID_HASH);
  s->uuid_dir = section(h, KZ_SEC_UUID_DIR);
  s->uuid_ref = section(h, KZ_SEC_UUID_REF);
  s->uuid_count = count_of(h, KZ_SEC_UUID_HASH, 8);
  s->others = section(h, KZ_SEC_OTHER);
  s->other_count = count_of(h, KZ_SEC_OTHER, sizeof *s->others);
}

/* Pairs of arrays that must have the same number of entries. */
static bool pairs_agree(const struct kz_segment_header *h) {
  return count_of(h, KZ_SEC_TAG_ROW, 4) == count_of(h, KZ_SEC_TAG_ID, 4) &&
         count_of(h, KZ_SEC_IP4_ADDR, 4) == count_of(h, KZ_SEC_IP4_VALUE, 4) &&
         count_of(h, KZ_SEC_IP6_ADDR, 16) == count_of(h, KZ_SEC_IP6_VALUE, 4) &&
         count_of(h, KZ_SEC_NAME_KEY, 8) == count_of(h, KZ_SEC_NAME_VALUE, 4) &&
         count_of(h, KZ_SEC_UUID_HASH, 8) == count_of(h, KZ_SEC_UUID_REF, 4);
}

static kz_rc adopt(char *bytes, size_t len, bool mapped, const char *path,
                   struct kz_segment **ret_segment, struct kz_err *err) {
  const struct kz_segment_header *h = (const void *)bytes;
  kz_rc rc = check_header(h, len, path ? path : "segment", err);
  if (rc == KZ_OK && !pairs_agree(h)) {
    rc = kz_err_set(err, KZ_E_CORRUPT, "%s: sections disagree",
                    path ? path : "segment");
  }
  struct owned *o = rc == KZ_OK ? calloc(1, sizeof *o) : NULL;
  char *copy = path && o ? strdup(path) : NULL;
  if (rc == KZ_OK && (!o || (path && !copy))) {
    rc = kz_err_set(err, KZ_E_MEMORY, "open segment: out of memory");
  }
  if (rc != KZ_OK) {
    free(o);
    if (mapped) {
      munmap(bytes, len);
    } else {
      free(bytes);
    }
    return rc;
  }
  o->bytes = bytes;
  o->len = len;
  o->mapped = mapped;
  atomic_init(&o->references, 1);
  o->segment.head = h;
  o->segment.path = copy;
  set_rows(&o->segment, h);
  set_values(&o->segment, h);
  *ret_segment = &o->segment;
  return KZ_OK;
}

kz_rc kz_segment_from_memory(char *bytes, size_t len,
                             struct kz_segment **ret_segment,
                             struct kz_err *err) {
  return adopt(bytes, len, false, NULL, ret_segment, err);
}

kz_rc kz_segment_open(const char *path, struct kz_segment **ret_segment,
                      struct kz_err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0) {
    kz_err_set(err, KZ_E_IO, "open %s: %s", path, strerror(errno));
    if (fd >= 0) {
      close(fd);
    }
    return KZ_E_IO;
  }
  size_t len = (size_t)st.st_size;
  if (len < sizeof(struct kz_segment_header)) {
    close(fd);
    return kz_err_set(err, KZ_E_CORRUPT, "%s is too short", path);
  }
  char *bytes = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (bytes == MAP_FAILED) {
    return kz_err_set(err, KZ_E_IO, "map %s: %s", path, strerror(errno));
  }
  return adopt(bytes, len, true, path, ret_segment, err);
}

struct kz_segment *kz_segment_ref(struct kz_segment *segment) {
  struct owned *o = (struct owned *)segment;
  atomic_fetch_add(&o->references, 1);
  return segment;
}

void kz_segment_unref(struct kz_segment *segment) {
  struct owned *o = (struct owned *)segment;
  if (!o || atomic_fetch_sub(&o->references, 1) != 1) {
    return;
  }
  if (o->mapped) {
    munmap(o->bytes, o->len);
  } else {
    free(o->bytes);
  }
  free(o->segment.path);
  free(o);
}

enum kz_value_class kz_value_class_of(kz_str folded) {
  return kz_value_class_of_kind(kz_kind_of(folded));
}

enum kz_value_class kz_value_class_of_kind(enum kz_kind kind) {
  switch (kind) {
  case KZ_KIND_IPV4:
  case KZ_KIND_IPV6:
  case KZ_KIND_CIDR4:
  case KZ_KIND_CIDR6:
  case KZ_KIND_NAME:
    return KZ_CLASS_NAME;
  case KZ_KIND_URL:
    return KZ_CLASS_URL;
  case KZ_KIND_HASH:
    return KZ_CLASS_HEX;
  case KZ_KIND_TEXT:
  case KZ_KIND_EMAIL:
  case KZ_KIND_CVE:
  case KZ_KIND_COUNT:
    break;
  }
  return KZ_CLASS_TEXT;
}

uint64_t kz_value_hash(kz_str folded) {
  return kz_hash64(folded.ptr, folded.len);
}

uint64_t kz_uuid_hash(const struct kz_uuid *uuid) {
  return kz_hash64(uuid->bytes, sizeof uuid->bytes);
}

static char hex_digit(unsigned nibble) {
  return (char)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);
}

kz_str kz_segment_folded(const struct kz_segment *segment, uint32_t value,
                         char *hex) {
  kz_str text = kz_segment_text(segment, value);
  if (kz_segment_class(segment, value) != KZ_CLASS_HEX ||
      text.len > KZ_HEX_TEXT / 2) {
    return text;
  }
  for (size_t i = 0; i < text.len; i++) {
    hex[2 * i] = hex_digit((unsigned char)text.ptr[i] >> 4);
    hex[2 * i + 1] = hex_digit((unsigned char)text.ptr[i] & 15);
  }
  return (kz_str){hex, text.len * 2};
}

enum kz_value_class kz_segment_class(const struct kz_segment *segment,
                                     uint32_t value) {
  unsigned c = 0;
  while (c + 1 < KZ_CLASS_COUNT && value >= segment->head->class_start[c + 1]) {
    c++;
  }
  return (enum kz_value_class)c;
}

/* Narrows [0, n) to the bucket of `hash`. A damaged directory leads nowhere
 * outside: opening a file does not read all of it. */
static void bucket(const uint32_t *dir, unsigned bits, uint64_t hash, size_t n,
                   size_t *from, size_t *to) {
  size_t slot = bits == 0 ? 0 : (size_t)(hash >> (64 - bits));
  *to = dir[slot + 1] < n ? dir[slot + 1] : n;
  *from = dir[slot] < *to ? dir[slot] : *to;
}

/* The first of the ascending hashes [from, to) that is >= `hash`. Buckets hold
 * about 8, unless somebody has chosen values that share the first bits. */
static size_t lower_bound(const uint64_t *hashes, size_t from, size_t to,
                          uint64_t hash) {
  while (to - from > LINEAR_MAX) {
    size_t middle = from + (to - from) / 2;
    if (hashes[middle] < hash) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  while (from < to && hashes[from] < hash) {
    from++;
  }
  return from;
}

/* Narrows a bucket to the entries that equal `hash`. */
static void equal_range(const uint64_t *hashes, uint64_t hash, size_t *from,
                        size_t *to) {
  *from = lower_bound(hashes, *from, *to, hash);
  if (hash < UINT64_MAX) {
    *to = lower_bound(hashes, *from, *to, hash + 1);
  }
}

kz_rc kz_segment_value(const struct kz_segment *s, kz_str folded, uint64_t hash,
                       uint32_t *ret_value) {
  return kz_segment_value_in(s, kz_value_class_of(folded), folded, hash,
                             ret_value);
}

void kz_segment_fetch(const struct kz_segment *s,
                      enum kz_value_class value_class, uint64_t hash,
                      unsigned step) {
  const uint32_t *dir = s->value_dir[value_class];
  unsigned bits = s->head->class_dir_bits[value_class];
  size_t slot = bits == 0 ? 0 : (size_t)(hash >> (64 - bits));
  if (step == 0) {
    __builtin_prefetch(dir + slot);
  } else {
    __builtin_prefetch(s->value_hash + dir[slot]);
  }
}

kz_rc kz_segment_value_in(const struct kz_segment *s,
                          enum kz_value_class value_class, kz_str folded,
                          uint64_t hash, uint32_t *ret_value) {
  size_t from = 0;
  size_t to = 0;
  bucket(s->value_dir[value_class], s->head->class_dir_bits[value_class], hash,
         s->values, &from, &to);
  equal_range(s->value_hash, hash, &from, &to);
  while (from < to) { /* one, or texts that collide, in order */
    size_t middle = from + (to - from) / 2;
    char hex[KZ_HEX_TEXT];
    int order = kz_str_cmp(kz_segment_folded(s, (uint32_t)middle, hex), folded);
    if (order == 0) {
      *ret_value = (uint32_t)middle;
      return KZ_OK;
    }
    if (order < 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return KZ_NOT_FOUND;
}

void kz_segment_uuids(const struct kz_segment *s, uint64_t hash,
                      size_t *ret_from, size_t *ret_to) {
  bucket(s->uuid_dir, s->head->uuid_dir_bits, hash, s->uuid_count, ret_from,
         ret_to);
  equal_range(s->uuid_hash, hash, ret_from, ret_to);
}

uint32_t kz_segment_slice_of(const struct kz_segment *s, uint32_t row) {
  uint32_t low = 0;
  uint32_t high = s->slices;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (s->slice_start[middle] <= row) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

uint32_t kz_segment_slice_at(const struct kz_segment *s, uint64_t event) {
  uint32_t low = 0;
  uint32_t high = s->slices;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (s->slice_event[middle] < event) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

kz_rc kz_segment_row(const struct kz_segment *s, uint64_t event,
                     uint64_t attribute, uint32_t *ret_row) {
  for (uint32_t i = kz_segment_slice_at(s, event);
       i < s->slices && s->slice_event[i] == event; i++) {
    if (attribute < s->slice_attr[i] ||
        attribute - s->slice_attr[i] > UINT32_MAX) {
      continue;
    }
    uint32_t wanted = (uint32_t)(attribute - s->slice_attr[i]);
    uint32_t low = s->slice_start[i];
    uint32_t high = s->slice_start[i + 1];
    while (low < high) {
      uint32_t middle = low + (high - low) / 2;
      if (s->attr[middle] < wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low < s->slice_start[i + 1] && s->attr[low] == wanted) {
      *ret_row = low;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

int kz_segment_compare_others(const struct kz_other_entry *a,
                              const struct kz_other_entry *b) {
  if (a->thing != b->thing) {
    return a->thing < b->thing ? -1 : 1;
  }
  if (a->event != b->event) {
    return a->event < b->event ? -1 : 1;
  }
  return (a->id > b->id) - (a->id < b->id);
}

int kz_segment_compare_nets(const struct kz_net_entry *a,
                            const struct kz_net_entry *b) {
  if (a->bits != b->bits) {
    return a->bits < b->bits ? -1 : 1;
  }
  int order = memcmp(a->base, b->base, sizeof a->base);
  return order != 0 ? order : (a->value > b->value) - (a->value < b->value);
}

void kz_segment_net_key(const struct kz_addr *addr, uint8_t base[16],
                        uint32_t *ret_bits) {
  memset(base, 0, 16);
  if (addr->length == 4) {
    base[10] = 0xff;
    base[11] = 0xff;
    memcpy(base + 12, addr->bytes, 4);
    *ret_bits = addr->prefix + 96u;
  } else {
    memcpy(base, addr->bytes, 16);
    *ret_bits = addr->prefix;
  }
  for (uint32_t bit = *ret_bits; bit < 128; bit++) {
    base[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
  }
}
