/* Two tables to 64-bit numbers: from text and from numbers.
 *
 * Entries are numbered from 0 in the order they came, nothing is ever removed:
 * walking by index gives the same order in every run. Keys may come from
 * outside (the hash is seeded at random). A table belongs to one thread at a
 * time; readers may share it while nobody adds. */
#ifndef KZ_BASE_MAP_H
#define KZ_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

struct kz_strmap;
struct kz_intmap;

enum { KZ_MAP_MAX = 0x7FFFFFFF /* entries, the most a table can hold */ };

/* Makes an empty table of at most `max_entries` (clamped to KZ_MAP_MAX) whose
 * keys take at most `max_key_bytes` together. The caller owns it. NULL when
 * out of memory. */
struct kz_strmap *kz_strmap_new(size_t max_entries, size_t max_key_bytes);
/* Frees the table and its copies of the keys. NULL is fine. */
void kz_strmap_free(struct kz_strmap *map);

/* Adds `key` (copied) with `value` when it is new: KZ_OK. KZ_UNCHANGED when it
 * is there: its value stays. `*ret_index`, if asked for, is the entry in both
 * cases. KZ_E_LIMIT or KZ_E_MEMORY: as before. */
KZ_MUST_USE kz_rc kz_strmap_add(struct kz_strmap *map, kz_str key,
                                uint64_t value, size_t *ret_index);
/* Adds or replaces: KZ_OK in both cases. */
KZ_MUST_USE kz_rc kz_strmap_put(struct kz_strmap *map, kz_str key,
                                uint64_t value);
/* The value of `key`; false (output untouched) when it is not there. */
bool kz_strmap_get(const struct kz_strmap *map, kz_str key,
                   uint64_t *ret_value);

/* Entries by index, below the count. Keys live as long as the table. */
size_t kz_strmap_count(const struct kz_strmap *map);
kz_str kz_strmap_key(const struct kz_strmap *map, size_t index);
uint64_t kz_strmap_value(const struct kz_strmap *map, size_t index);
void kz_strmap_set(struct kz_strmap *map, size_t index, uint64_t value);

/* The same with numbers as keys. */
struct kz_intmap *kz_intmap_new(size_t max_entries);
void kz_intmap_free(struct kz_intmap *map);
KZ_MUST_USE kz_rc kz_intmap_add(struct kz_intmap *map, uint64_t key,
                                uint64_t value, size_t *ret_index);
KZ_MUST_USE kz_rc kz_intmap_put(struct kz_intmap *map, uint64_t key,
                                uint64_t value);
bool kz_intmap_get(const struct kz_intmap *map, uint64_t key,
                   uint64_t *ret_value);
size_t kz_intmap_count(const struct kz_intmap *map);
uint64_t kz_intmap_key(const struct kz_intmap *map, size_t index);
uint64_t kz_intmap_value(const struct kz_intmap *map, size_t index);
void kz_intmap_set(struct kz_intmap *map, size_t index, uint64_t value);

#endif
