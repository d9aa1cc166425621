#include "store/dead.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct block {
  uint64_t words[KZ_DEAD_BLOCK_WORDS]; /* first: what `blocks` point to */
  atomic_uint references;
};

struct owned_dead {
  struct kz_dead dead; /* first: the public part */
  atomic_uint references;
};

static void unref_block(uint64_t *words) {
  struct block *b = (struct block *)(void *)words;
  if (b && atomic_fetch_sub(&b->references, 1) == 1) {
    free(b);
  }
}

struct kz_dead *kz_dead_ref(struct kz_dead *dead) {
  if (dead) {
    atomic_fetch_add(&((struct owned_dead *)dead)->references, 1);
  }
  return dead;
}

void kz_dead_unref(struct kz_dead *dead) {
  struct owned_dead *o = (struct owned_dead *)dead;
  if (!o || atomic_fetch_sub(&o->references, 1) != 1) {
    return;
  }
  for (size_t i = 0; i < dead->block_count; i++) {
    unref_block(dead->blocks[i]);
  }
  free(dead->blocks);
  free(o);
}

static struct kz_dead *copy_of(const struct kz_dead *dead, uint32_t row_count) {
  struct owned_dead *o = calloc(1, sizeof *o);
  size_t words = ((size_t)row_count + 63) / 64;
  size_t blocks = (words + KZ_DEAD_BLOCK_WORDS - 1) / KZ_DEAD_BLOCK_WORDS;
  uint64_t **pointers = calloc(blocks + 1, sizeof(uint64_t *));
  if (!o || !pointers) {
    free(o);
    free(pointers);
    return NULL;
  }
  atomic_init(&o->references, 1);
  o->dead.block_count = blocks;
  o->dead.blocks = pointers;
  for (size_t i = 0; dead && i < blocks; i++) {
    pointers[i] = dead->blocks[i];
    if (pointers[i]) {
      atomic_fetch_add(&((struct block *)(void *)pointers[i])->references, 1);
    }
  }
  o->dead.count = dead ? dead->count : 0;
  return &o->dead;
}

/* Makes block `i` this set's own, so that it may be written. */
static uint64_t *own_block(struct kz_dead *dead, size_t i) {
  struct block *old = (struct block *)(void *)dead->blocks[i];
  if (old && atomic_load(&old->references) == 1) {
    return old->words;
  }
  struct block *b = calloc(1, sizeof *b);
  if (!b) {
    return NULL;
  }
  atomic_init(&b->references, 1);
  if (old) {
    memcpy(b->words, old->words, sizeof b->words);
    unref_block(old->words);
  }
  dead->blocks[i] = b->words;
  return b->words;
}

struct kz_dead *kz_dead_with(const struct kz_dead *dead, uint32_t row_count,
                             const uint32_t *rows, size_t count) {
  struct kz_dead *made = copy_of(dead, row_count);
  for (size_t i = 0; made && i < count; i++) {
    size_t word = rows[i] / 64;
    uint64_t *words = own_block(made, word / KZ_DEAD_BLOCK_WORDS);
    if (!words) {
      kz_dead_unref(made);
      return NULL;
    }
    uint64_t bit = 1ull << (rows[i] % 64);
    made->count += (words[word % KZ_DEAD_BLOCK_WORDS] & bit) == 0;
    words[word % KZ_DEAD_BLOCK_WORDS] |= bit;
  }
  return made;
}

void kz_dead_clear_from(const struct kz_dead *dead, uint64_t *words,
                        size_t word_count) {
  for (size_t b = 0; dead && b < dead->block_count; b++) {
    if (!dead->blocks[b]) {
      continue;
    }
    size_t from = b * KZ_DEAD_BLOCK_WORDS;
    for (size_t i = 0; i < KZ_DEAD_BLOCK_WORDS && from + i < word_count; i++) {
      words[from + i] &= ~dead->blocks[b][i];
    }
  }
}
