/* A segment: an immutable, searchable index of some attribute rows.
 *
 * The derived index is nothing but segments (store/view.h): a commit makes a
 * small one in memory, a bulk batch makes a large one in a file, and several
 * are merged into one in the background. All have this one shape: a header
 * and flat arrays ("sections"), the same bytes in memory and in a file, so a
 * file is searched where it is mapped. Rows have dense ordinals in the order
 * (event id, attribute id); a run of rows of one event is a slice. What
 * changes after the making (a row is replaced or deleted) is not written here:
 * a view keeps dead bits beside the segment.
 *
 * Values are the distinct folded texts of the rows (both parts of a
 * composite). They are ordered by (class, hash, text) and numbered; each has
 * its postings, the ordinals where it stands. Hex digests are kept as raw
 * bytes.
 *
 * Layout on disk: docs/developer/format.md. A segment is shared by reference
 * count; reading is safe from any thread. */
#ifndef KZ_STORE_SEGMENT_H
#define KZ_STORE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/uuid.h"
#include "model/kind.h"

struct kz_addr; /* model/addr.h */

/* The sections, in the order of the header. Appending is a new format
 * version. */
enum kz_section {
  KZ_SEC_SLICE_EVENT,   /* u64[slices] event id */
  KZ_SEC_SLICE_START,   /* u32[slices + 1] first ordinal */
  KZ_SEC_SLICE_ATTR,    /* u64[slices] what ATTR is relative to */
  KZ_SEC_ATTR,          /* u32[rows] attribute id - SLICE_ATTR */
  KZ_SEC_TIME,          /* u32[rows] timestamp, seconds */
  KZ_SEC_KNOWN,         /* u32[rows] known_at, seconds, rounded up */
  KZ_SEC_CODE,          /* u16[rows] type * 16 + category */
  KZ_SEC_FLAGS,         /* u64[KZ_FLAG_COUNT][words] one flat bitset a flag */
  KZ_SEC_CODE_LIST,     /* struct kz_code_entry[codes] by code */
  KZ_SEC_CODE_BITS,     /* u64[][words] bitsets of the frequent codes */
  KZ_SEC_CODE_ROWS,     /* u32[] ordinals of the rare codes, by code */
  KZ_SEC_TAG_ROW,       /* u32[tag uses] ordinal, ascending */
  KZ_SEC_TAG_ID,        /* u32[tag uses] tag id */
  KZ_SEC_LIMITED,       /* struct kz_limited_row[] rows not for everyone */
  KZ_SEC_VALUE_HASH,    /* u64[values] */
  KZ_SEC_VALUE_DIR,     /* u32[] directory of hash prefixes, per class */
  KZ_SEC_VALUE_TEXT_AT, /* u64[values + 1] where the text begins */
  KZ_SEC_VALUE_TEXT,    /* bytes */
  KZ_SEC_VALUE_POST_AT, /* u32[values + 1] first posting */
  KZ_SEC_POSTING,       /* u32[postings] ordinal | KZ_POSTING_SILENT */
  KZ_SEC_IP4_ADDR,      /* u32[ip4] ascending, host order */
  KZ_SEC_IP4_VALUE,     /* u32[ip4] value number */
  KZ_SEC_IP6_ADDR,      /* struct kz_ip6[ip6] ascending */
  KZ_SEC_IP6_VALUE,     /* u32[ip6] */
  KZ_SEC_NET,           /* struct kz_net_entry[nets] ascending */
  KZ_SEC_NAME_KEY,      /* u64[names] first 8 bytes of the reversed name */
  KZ_SEC_NAME_VALUE,    /* u32[names] value number, by reversed name */
  KZ_SEC_UUID_HASH,     /* u64[uuids] ascending */
  KZ_SEC_UUID_DIR,      /* u32[] directory of hash prefixes */
  KZ_SEC_UUID_REF,      /* u32[uuids] ordinal, then KZ_UUID_OTHER | index */
  KZ_SEC_OTHER,         /* struct kz_other_entry[], in the order of uuids */
  KZ_SEC_COUNT
};

enum {
  KZ_SEGMENT_VERSION = 2,
  KZ_SEGMENT_ROWS_MAX = 0x7fffffff,
  KZ_WORD_BITS = 64,
  KZ_CODES = 4096, /* type * 16 + category is less */
};

/* Set in a posting that does not correlate (by type, by the attribute's or
 * the position's rule: ports of ip|port). */
#define KZ_POSTING_SILENT 0x80000000u
#define KZ_UUID_OTHER 0x80000000u

enum kz_flag {
  KZ_FLAG_TO_IDS,
  KZ_FLAG_DELETED,
  KZ_FLAG_LIMITED, /* stands in KZ_SEC_LIMITED */
  KZ_FLAG_SIGHTED, /* has sightings (in the records) */
  KZ_FLAG_OBJECT,  /* belongs to an object */
  KZ_FLAG_COUNT
};

/* Classes of values: areas of the text that a substring search may skip. */
enum kz_value_class {
  KZ_CLASS_NAME, /* addresses and names */
  KZ_CLASS_URL,
  KZ_CLASS_HEX, /* digests, stored as raw bytes */
  KZ_CLASS_TEXT,
  KZ_CLASS_COUNT
};

/* What carries a uuid and is not an attribute. */
enum kz_thing {
  KZ_THING_EVENT = 0,
  KZ_THING_OBJECT = 1,
  KZ_THING_REFERENCE = 2,
  KZ_THING_REPORT = 3,
  KZ_THING_SIGHTING = 4,
  KZ_THING_ATTRIBUTE = 5, /* never in KZ_SEC_OTHER */
};

struct kz_code_entry {
  uint16_t code;
  uint16_t dense; /* 1: a bitset, 0: a list */
  uint32_t count; /* rows */
  uint64_t at;    /* word in CODE_BITS, or entry in CODE_ROWS */
};

/* Its own rule and that of the object it lies in (KZ_DIST_INHERIT: none): who
 * sees the row passes both. */
struct kz_limited_row {
  uint32_t row;
  uint16_t distribution;
  uint16_t object_distribution;
  uint64_t group;
  uint64_t object_group;
};

struct kz_ip6 {
  uint8_t bytes[16]; /* network order */
};

struct kz_net_entry {
  uint8_t base[16]; /* network address; IPv4 as ::ffff:a.b.c.d */
  uint32_t bits;    /* prefix length within the 128 bits */
  uint32_t value;
};

struct kz_other_entry {
  uint64_t event;
  uint64_t id;
  uint32_t thing; /* enum kz_thing */
  uint32_t unused;
};

struct kz_section_place {
  uint64_t at;    /* bytes from the start of the segment */
  uint64_t bytes; /* without padding */
};

struct kz_segment_header {
  char magic[8]; /* "KZSEGMT\n" */
  uint32_t version;
  uint32_t rows;
  uint32_t slices;
  uint32_t values;
  uint64_t bytes;    /* the whole segment */
  uint64_t checksum; /* hash of all bytes after the header */
  uint64_t first_event;
  uint64_t last_event;
  uint32_t class_start[KZ_CLASS_COUNT + 1];
  uint8_t class_dir_bits[KZ_CLASS_COUNT];
  uint8_t uuid_dir_bits;
  uint8_t unused[7];
  struct kz_section_place sections[KZ_SEC_COUNT];
};

/* An open segment: typed pointers into its bytes. All public for reading. */
struct kz_segment {
  const struct kz_segment_header *head;
  uint32_t rows;
  uint32_t slices;
  uint32_t values;
  size_t words; /* of a bitset over the rows */
  const uint64_t *slice_event;
  const uint32_t *slice_start;
  const uint64_t *slice_attr;
  const uint32_t *attr;
  const uint32_t *time;
  const uint32_t *known;
  const uint16_t *code;
  const uint64_t *flags[KZ_FLAG_COUNT];
  const struct kz_code_entry *codes;
  size_t code_count;
  const uint64_t *code_bits;
  const uint32_t *code_rows;
  const uint32_t *tag_row;
  const uint32_t *tag_id;
  size_t tag_uses;
  const struct kz_limited_row *limited;
  size_t limited_count;
  const uint64_t *value_hash;
  const uint32_t *value_dir[KZ_CLASS_COUNT];
  const uint64_t *value_text_at;
  const char *value_text;
  const uint32_t *value_post_at;
  const uint32_t *posting;
  const uint32_t *ip4_addr;
  const uint32_t *ip4_value;
  size_t ip4_count;
  const struct kz_ip6 *ip6_addr;
  const uint32_t *ip6_value;
  size_t ip6_count;
  const struct kz_net_entry *nets;
  size_t net_count;
  const uint64_t *name_key;
  const uint32_t *name_value;
  size_t name_count;
  const uint64_t *uuid_hash;
  const uint32_t *uuid_dir;
  const uint32_t *uuid_ref;
  size_t uuid_count;
  const struct kz_other_entry *others;
  size_t other_count;
  char *path; /* of its file; NULL: in memory */
};

/* Takes over `bytes` (malloc'ed) as a segment in memory. On failure the bytes
 * are freed. Checks every length, not the content. */
KZ_MUST_USE kz_rc kz_segment_from_memory(char *bytes, size_t len,
                                         struct kz_segment **ret_segment,
                                         struct kz_err *err);
/* Maps a segment file. KZ_E_CORRUPT when its header or lengths are wrong,
 * KZ_E_UNSUPPORTED for a newer version. */
KZ_MUST_USE kz_rc kz_segment_open(const char *path,
                                  struct kz_segment **ret_segment,
                                  struct kz_err *err);
struct kz_segment *kz_segment_ref(struct kz_segment *segment);
/* Gives a reference back; the last one frees or unmaps. NULL is fine. */
void kz_segment_unref(struct kz_segment *segment);

/* Compares the checksum with the bytes and every number that is used as an
 * index with its array's length. */
KZ_MUST_USE kz_rc kz_segment_verify(const struct kz_segment *segment,
                                    struct kz_err *err);

/* The class of a folded value or of its kind, and its hash. They are part of
 * the format. */
enum kz_value_class kz_value_class_of(kz_str folded);
enum kz_value_class kz_value_class_of_kind(enum kz_kind kind);
uint64_t kz_value_hash(kz_str folded);
uint64_t kz_uuid_hash(const struct kz_uuid *uuid);

/* The number of a folded value; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_segment_value(const struct kz_segment *segment,
                                   kz_str folded, uint64_t hash,
                                   uint32_t *ret_value);
/* The same when its class is known: for who asks many segments. */
KZ_MUST_USE kz_rc kz_segment_value_in(const struct kz_segment *segment,
                                      enum kz_value_class value_class,
                                      kz_str folded, uint64_t hash,
                                      uint32_t *ret_value);
/* Asks for the memory that kz_segment_value_in will read, in two steps that
 * each need the one before to have arrived. */
enum { KZ_SEGMENT_FETCHES = 2 };
void kz_segment_fetch(const struct kz_segment *segment,
                      enum kz_value_class value_class, uint64_t hash,
                      unsigned step);
/* The class a value number lies in. */
enum kz_value_class kz_segment_class(const struct kz_segment *segment,
                                     uint32_t value);
/* The stored bytes of a value (raw for KZ_CLASS_HEX), borrowed. */
static inline kz_str kz_segment_text(const struct kz_segment *segment,
                                     uint32_t value) {
  uint64_t at = segment->value_text_at[value];
  return (kz_str){segment->value_text + at,
                  (size_t)(segment->value_text_at[value + 1] - at)};
}
/* The folded text of a value; digests are spelled out into `hex` (room for
 * KZ_HEX_TEXT bytes), other texts are borrowed. */
enum { KZ_HEX_TEXT = 128 };
kz_str kz_segment_folded(const struct kz_segment *segment, uint32_t value,
                         char *hex);

/* The slice that holds an ordinal, by binary search. */
uint32_t kz_segment_slice_of(const struct kz_segment *segment, uint32_t row);
/* The first slice whose event is >= `event`. */
uint32_t kz_segment_slice_at(const struct kz_segment *segment, uint64_t event);
/* The ordinal of an attribute of an event, dead or not; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_segment_row(const struct kz_segment *segment,
                                 uint64_t event, uint64_t attribute,
                                 uint32_t *ret_row);
static inline uint64_t kz_segment_attribute(const struct kz_segment *segment,
                                            uint32_t slice, uint32_t row) {
  return segment->slice_attr[slice] + segment->attr[row];
}

/* The range of entries in UUID_HASH that equal `hash`: [*ret_from, *ret_to). */
void kz_segment_uuids(const struct kz_segment *segment, uint64_t hash,
                      size_t *ret_from, size_t *ret_to);

/* The order of others that have one hash: by thing, event, id. */
int kz_segment_compare_others(const struct kz_other_entry *a,
                              const struct kz_other_entry *b);

/* The order of KZ_SEC_NET: by length of the prefix, base, value. */
int kz_segment_compare_nets(const struct kz_net_entry *a,
                            const struct kz_net_entry *b);

/* The key of a network in KZ_SEC_NET: its masked base among the 128 bits.
 * Single addresses (full prefix) may be given, to look for networks around
 * them. */
void kz_segment_net_key(const struct kz_addr *addr, uint8_t base[16],
                        uint32_t *ret_bits);

/* Directory bits for n entries: about 8 entries a bucket. */
unsigned kz_segment_dir_bits(size_t entries);

#endif
