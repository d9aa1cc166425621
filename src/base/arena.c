/* Blocks are chained newest first and double in size, so an arena of n bytes
 * costs O(log n) calls to malloc. A request larger than the next block gets a
 * block of its own size. Blocks never move: pointers stay good until free.
 *
 * Bytes are zeroed when they are handed out, not when a block is made: text is
 * never zeroed in vain, and a block that kz_arena_reset keeps needs no care. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  BLOCK_FIRST = 4096,   /* bytes */
  BLOCK_MAX = 64 << 20, /* bytes; where doubling stops */
  ALIGN = alignof(max_align_t),
};

struct block {
  struct block *older;
  size_t size;
  size_t used;
  alignas(max_align_t) char bytes[];
};

struct kz_arena {
  struct block *newest;
  size_t left; /* bytes of the ceiling that are in no block yet */
  size_t held; /* bytes in blocks */
  size_t next_size;
};

struct kz_arena *kz_arena_new(size_t ceiling) {
  struct kz_arena *arena = calloc(1, sizeof *arena);
  if (!arena) {
    return NULL;
  }
  arena->left = ceiling;
  arena->next_size = BLOCK_FIRST;
  return arena;
}

/* Frees the chain from `b` on and gives its bytes back to the ceiling. */
static void free_blocks(struct kz_arena *arena, struct block *b) {
  while (b) {
    struct block *older = b->older;
    arena->held -= b->size;
    arena->left += b->size;
    free(b);
    b = older;
  }
}

void kz_arena_free(struct kz_arena *arena) {
  if (!arena) {
    return;
  }
  free_blocks(arena, arena->newest);
  free(arena);
}

void kz_arena_reset(struct kz_arena *arena) {
  if (!arena->newest) {
    return;
  }
  free_blocks(arena, arena->newest->older);
  arena->newest->older = NULL;
  arena->newest->used = 0;
}

static struct block *add_block(struct kz_arena *arena, size_t at_least) {
  if (at_least > arena->left || at_least > SIZE_MAX - sizeof(struct block)) {
    return NULL;
  }
  size_t size = at_least > arena->next_size ? at_least : arena->next_size;
  if (size > arena->left) {
    size = arena->left; /* the last block before the ceiling takes the rest */
  }
  struct block *b = malloc(sizeof *b + size);
  if (!b) {
    return NULL;
  }
  b->older = arena->newest;
  b->size = size;
  b->used = 0;
  arena->newest = b;
  arena->left -= size;
  arena->held += size;
  if (arena->next_size < BLOCK_MAX) {
    arena->next_size *= 2;
  }
  return b;
}

/* `align` is a power of two, at most ALIGN. */
static char *take(struct kz_arena *arena, size_t size, size_t align) {
  struct block *b = arena->newest;
  if (b) {
    size_t gap = (align - b->used % align) % align;
    size_t left = b->size - b->used;
    if (gap <= left && size <= left - gap) {
      char *bytes = b->bytes + b->used + gap;
      b->used += gap + size;
      return bytes;
    }
  }
  b = add_block(arena, size);
  if (!b) {
    return NULL;
  }
  b->used = size;
  return b->bytes;
}

void *kz_arena_alloc(struct kz_arena *arena, size_t size) {
  char *bytes = take(arena, size, ALIGN);
  if (bytes) {
    memset(bytes, 0, size);
  }
  return bytes;
}

void *kz_arena_array(struct kz_arena *arena, size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    return NULL;
  }
  return kz_arena_alloc(arena, bytes);
}

char *kz_arena_text(struct kz_arena *arena, size_t size) {
  return take(arena, size, 1);
}

kz_rc kz_arena_dup(struct kz_arena *arena, kz_str s, kz_str *ret) {
  char *text = kz_arena_text(arena, s.len);
  if (!text) {
    return KZ_E_MEMORY;
  }
  if (s.len > 0) {
    memcpy(text, s.ptr, s.len);
  }
  *ret = (kz_str){text, s.len};
  return KZ_OK;
}

size_t kz_arena_used(const struct kz_arena *arena) {
  return arena->held;
}
