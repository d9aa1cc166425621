/* The keys of the store: which families there are and how a key is spelt.
 *
 * All numbers are big-endian, so that byte order is numeric order. This is the
 * format on disk (docs/developer/format.md): changing it needs a new store
 * version. */
#ifndef KZ_STORE_KEYS_H
#define KZ_STORE_KEYS_H

#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* No family stands before the children, which are most of a store: what small
 * commits write is flushed to one file from the first to the last of its keys,
 * and were the children between, no bulk file of theirs could go to the bottom
 * level as it is any more (an import took 40 % more CPU). */
enum kz_family {
  KZ_FAMILY_CHILD = 'c',  /* event, kind, id: what lies in an event */
  KZ_FAMILY_DICT = 'd',   /* dictionary, id: tags, organisations ... */
  KZ_FAMILY_EVENT = 'e',  /* event: its header */
  KZ_FAMILY_AUDIT = 'f',  /* who changed what (store/audit.c) */
  KZ_FAMILY_CHANGE = 'g', /* generation: which events a commit touched */
  KZ_FAMILY_META = 'm',   /* name: format version, counters */
  KZ_FAMILY_NOTE = 'n',   /* kind, id: small documents of work/ (keys ...) */
  KZ_FAMILY_PAST = 'v',   /* event, generation, number: earlier versions */
  KZ_FAMILY_EXTENT = 'x', /* first child id: event, count */
};

/* Kinds of children, in the order in which they lie in an event. */
enum kz_child {
  KZ_CHILD_ATTRIBUTES = 'a', /* id of the first: a chunk of attributes */
  KZ_CHILD_DATA = 'b',       /* attribute id: its file, base64 */
  KZ_CHILD_OBJECT = 'o',
  KZ_CHILD_REFERENCE = 'r',
  KZ_CHILD_SIGHTING = 's', /* attribute id, sighting id */
  KZ_CHILD_REPORT = 't',
};

enum { KZ_KEY_MAX = 32 };

/* A key under construction; `len` bytes are in use. */
struct kz_key {
  char bytes[KZ_KEY_MAX];
  size_t len;
};

static inline kz_str kz_key_str(const struct kz_key *key) {
  return (kz_str){key->bytes, key->len};
}

static inline void kz_key_byte(struct kz_key *key, char byte) {
  key->bytes[key->len++] = byte;
}

static inline void kz_key_u64(struct kz_key *key, uint64_t number) {
  uint64_t big = __builtin_bswap64(number);
  memcpy(key->bytes + key->len, &big, 8);
  key->len += 8;
}

static inline void kz_key_u32(struct kz_key *key, uint32_t number) {
  uint32_t big = __builtin_bswap32(number);
  memcpy(key->bytes + key->len, &big, 4);
  key->len += 4;
}

/* The number at `at`; the caller has checked the key's length. */
static inline uint64_t kz_key_read_u64(kz_str key, size_t at) {
  uint64_t big = 0;
  memcpy(&big, key.ptr + at, 8);
  return __builtin_bswap64(big);
}

static inline struct kz_key kz_key_family(enum kz_family family) {
  struct kz_key key = {.len = 0};
  kz_key_byte(&key, (char)family);
  return key;
}

/* family + one number: event, change, extent. */
static inline struct kz_key kz_key_one(enum kz_family family, uint64_t id) {
  struct kz_key key = kz_key_family(family);
  kz_key_u64(&key, id);
  return key;
}

/* All children of one kind: 'c' event kind. */
static inline struct kz_key kz_key_children(uint64_t event,
                                            enum kz_child kind) {
  struct kz_key key = kz_key_one(KZ_FAMILY_CHILD, event);
  kz_key_byte(&key, (char)kind);
  return key;
}

static inline struct kz_key kz_key_child(uint64_t event, enum kz_child kind,
                                         uint64_t id) {
  struct kz_key key = kz_key_children(event, kind);
  kz_key_u64(&key, id);
  return key;
}

static inline struct kz_key kz_key_sighting(uint64_t event, uint64_t attribute,
                                            uint64_t id) {
  struct kz_key key = kz_key_child(event, KZ_CHILD_SIGHTING, attribute);
  kz_key_u64(&key, id);
  return key;
}

static inline struct kz_key kz_key_dict(char dictionary, uint32_t id) {
  struct kz_key key = kz_key_family(KZ_FAMILY_DICT);
  kz_key_byte(&key, dictionary);
  kz_key_u32(&key, id);
  return key;
}

static inline struct kz_key kz_key_note(char kind, uint64_t id) {
  struct kz_key key = kz_key_family(KZ_FAMILY_NOTE);
  kz_key_byte(&key, kind);
  kz_key_u64(&key, id);
  return key;
}

static inline struct kz_key kz_key_meta(char name) {
  struct kz_key key = kz_key_family(KZ_FAMILY_META);
  kz_key_byte(&key, name);
  return key;
}

static inline struct kz_key kz_key_past(uint64_t event, uint64_t generation,
                                        uint32_t number) {
  struct kz_key key = kz_key_one(KZ_FAMILY_PAST, event);
  kz_key_u64(&key, generation);
  kz_key_u32(&key, number);
  return key;
}

/* The audit log: 'f' order ... */
static inline struct kz_key kz_key_audit(char order) {
  struct kz_key key = kz_key_family(KZ_FAMILY_AUDIT);
  kz_key_byte(&key, order);
  return key;
}

static inline struct kz_key kz_key_audit_entry(uint64_t generation,
                                               uint32_t number) {
  struct kz_key key = kz_key_audit('t');
  kz_key_u64(&key, generation);
  kz_key_u32(&key, number);
  return key;
}

static inline struct kz_key kz_key_audit_subject(char subject, uint64_t id) {
  struct kz_key key = kz_key_audit('i');
  kz_key_byte(&key, subject);
  kz_key_u64(&key, id);
  return key;
}

static inline struct kz_key kz_key_audit_index(char subject, uint64_t id,
                                               uint64_t generation,
                                               uint32_t number) {
  struct kz_key key = kz_key_audit_subject(subject, id);
  kz_key_u64(&key, generation);
  kz_key_u32(&key, number);
  return key;
}

static inline struct kz_key kz_key_audit_range(uint64_t last_event) {
  struct kz_key key = kz_key_audit('r');
  kz_key_u64(&key, last_event);
  return key;
}

#endif
