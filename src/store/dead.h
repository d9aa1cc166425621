/* Dead bits: which rows of a segment no longer count.
 *
 * A set is immutable; killing rows makes a new one that shares all untouched
 * blocks. Reading is safe from any thread. NULL stands for "none is dead". */
#ifndef KZ_STORE_DEAD_H
#define KZ_STORE_DEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  KZ_DEAD_BLOCK_WORDS = 1024, /* 65,536 rows, 8 KiB */
};

struct kz_dead {
  uint64_t count; /* dead rows */
  size_t block_count;
  uint64_t **blocks; /* NULL: none dead in the block */
};

struct kz_dead *kz_dead_ref(struct kz_dead *dead);
void kz_dead_unref(struct kz_dead *dead);

/* The set with `rows` (any order, duplicates allowed) added to `dead` (may be
 * NULL), over a segment of `row_count` rows. NULL when out of memory. */
struct kz_dead *kz_dead_with(const struct kz_dead *dead, uint32_t row_count,
                             const uint32_t *rows, size_t count);

static inline bool kz_dead_has(const struct kz_dead *dead, uint32_t row) {
  if (!dead) {
    return false;
  }
  const uint64_t *block = dead->blocks[row / 64 / KZ_DEAD_BLOCK_WORDS];
  return block &&
         (block[row / 64 % KZ_DEAD_BLOCK_WORDS] >> (row % 64) & 1) != 0;
}

/* words[i] &= ~dead, for a bitset of `word_count` words over the rows. */
void kz_dead_clear_from(const struct kz_dead *dead, uint64_t *words,
                        size_t word_count);

#endif
