/* A set that says which of a growing list of items came before: the list is
 * the caller's, the set keeps hashes and item numbers.
 *
 * Made to be cleared and filled thousands of times a second (once an event).
 * Belongs to one thread at a time. */
#ifndef KZ_FORMAT_SEEN_H
#define KZ_FORMAT_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

struct kz_seen_slot;

struct kz_seen {
  struct kz_seen_slot *slots;
  size_t slot_count; /* a power of two, or 0 */
  size_t used;
  size_t slot_max;
  uint32_t round; /* a slot of another round is empty */
};

/* Whether the items `a` (in the set) and `b` (asked for) are equal. */
typedef bool kz_seen_same(const void *list, uint32_t a, uint32_t b);

/* An empty set that will never take more than `ceiling` bytes. */
void kz_seen_init(struct kz_seen *seen, size_t ceiling);
/* Frees the memory. */
void kz_seen_done(struct kz_seen *seen);
/* Forgets the items, keeps the memory. */
void kz_seen_clear(struct kz_seen *seen);

/* Whether an item equal to `item` is in the set. */
bool kz_seen_has(const struct kz_seen *seen, uint64_t hash, uint32_t item,
                 kz_seen_same *same, const void *list);

/* Puts `item` of `list` into the set unless an equal one is there: then
 * KZ_UNCHANGED. `hash` should come from a seeded hash, since it places the
 * item. KZ_E_LIMIT at the ceiling, KZ_E_MEMORY when the machine has none. */
KZ_MUST_USE kz_rc kz_seen_add(struct kz_seen *seen, uint64_t hash,
                              uint32_t item, kz_seen_same *same,
                              const void *list);

#endif
