/* Open addressing, linear probing, at most half full. Clearing is a new round
 * number: an event of 40 attributes after one of a million costs nothing. */
#include "format/seen.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

struct kz_seen_slot {
  uint64_t hash;
  uint32_t item;
  uint32_t round;
};

void kz_seen_init(struct kz_seen *seen, size_t ceiling) {
  *seen = (struct kz_seen){
      .slot_max = ceiling / sizeof(struct kz_seen_slot),
      .round = 1,
  };
}

void kz_seen_done(struct kz_seen *seen) {
  free(seen->slots);
  kz_seen_init(seen, seen->slot_max * sizeof(struct kz_seen_slot));
}

void kz_seen_clear(struct kz_seen *seen) {
  seen->used = 0;
  seen->round++;
  if (seen->round == 0) {
    if (seen->slots) {
      memset(seen->slots, 0, seen->slot_count * sizeof *seen->slots);
    }
    seen->round = 1;
  }
}

/* The slot of an equal item, or the empty one where it belongs. */
static struct kz_seen_slot *find(const struct kz_seen *seen, uint64_t hash,
                                 uint32_t item, kz_seen_same *same,
                                 const void *list) {
  size_t mask = seen->slot_count - 1;
  size_t i = (size_t)hash & mask;
  for (;; i = (i + 1) & mask) {
    struct kz_seen_slot *slot = &seen->slots[i];
    if (slot->round != seen->round) {
      return slot;
    }
    if (slot->hash == hash && same && same(list, slot->item, item)) {
      return slot;
    }
  }
}

static kz_rc grow(struct kz_seen *seen) {
  size_t count = seen->slot_count ? seen->slot_count * 2 : FIRST_SLOTS;
  if (count > seen->slot_max) {
    return KZ_E_LIMIT;
  }
  struct kz_seen bigger = *seen;
  bigger.slot_count = count;
  bigger.slots = calloc(count, sizeof *bigger.slots);
  if (!bigger.slots) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < seen->slot_count; i++) {
    const struct kz_seen_slot *old = &seen->slots[i];
    if (old->round == seen->round) {
      *find(&bigger, old->hash, old->item, NULL, NULL) = *old;
    }
  }
  free(seen->slots);
  *seen = bigger;
  return KZ_OK;
}

bool kz_seen_has(const struct kz_seen *seen, uint64_t hash, uint32_t item,
                 kz_seen_same *same, const void *list) {
  return seen->used > 0 &&
         find(seen, hash, item, same, list)->round == seen->round;
}

kz_rc kz_seen_add(struct kz_seen *seen, uint64_t hash, uint32_t item,
                  kz_seen_same *same, const void *list) {
  if (seen->used >= seen->slot_count / 2) {
    kz_rc rc = grow(seen);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  struct kz_seen_slot *slot = find(seen, hash, item, same, list);
  if (slot->round == seen->round) {
    return KZ_UNCHANGED;
  }
  *slot = (struct kz_seen_slot){hash, item, seen->round};
  seen->used++;
  return KZ_OK;
}
