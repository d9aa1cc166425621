/* An arena hands out memory that is all given back at once.
 *
 * One arena lives as long as one job (a request, a fetched document, a batch):
 * what is made for the job is never freed piece by piece. An arena belongs to
 * one thread at a time and has a ceiling, so hostile input can exhaust its own
 * job and nothing else. */
#ifndef KZ_BASE_ARENA_H
#define KZ_BASE_ARENA_H

#include <stddef.h>

#include "base/rc.h"
#include "base/str.h"

struct kz_arena;

/* Makes an empty arena that will never hold more than `ceiling` bytes. The
 * caller owns it. Returns NULL when out of memory. */
struct kz_arena *kz_arena_new(size_t ceiling);

/* Frees the arena and all it handed out. NULL is fine. */
void kz_arena_free(struct kz_arena *arena);

/* Takes back all that was handed out but keeps the newest (largest) block for
 * the next job. */
void kz_arena_reset(struct kz_arena *arena);

/* Returns `size` zeroed bytes, aligned for any type; they live as long as the
 * arena. NULL when the ceiling or the machine's memory is reached. */
void *kz_arena_alloc(struct kz_arena *arena, size_t size);

/* The same for `count` things of `size` bytes; the product cannot wrap. */
void *kz_arena_array(struct kz_arena *arena, size_t count, size_t size);

/* Returns `size` bytes that are neither zeroed nor aligned, for text. */
char *kz_arena_text(struct kz_arena *arena, size_t size);

/* Copies `s` into the arena. On failure `*ret` is untouched. */
KZ_MUST_USE kz_rc kz_arena_dup(struct kz_arena *arena, kz_str s, kz_str *ret);

/* How many bytes the arena holds now, blocks included. */
size_t kz_arena_used(const struct kz_arena *arena);

/* KZ_ARENA(a, n): a local arena that is freed when its block is left. */
static inline void kz_arena_freep(struct kz_arena **p) {
  kz_arena_free(*p);
}
#define KZ_ARENA(name, ceiling)                                                \
  __attribute__((cleanup(kz_arena_freep))) struct kz_arena *name =             \
      kz_arena_new(ceiling)

#endif
