/* xxHash's header brings the function itself: the program then needs no shared
 * library for it, and short keys cost no call through one. */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t kz_hash64(const void *ptr, size_t len) {
  return XXH3_64bits(ptr ? ptr : "", len);
}

uint64_t kz_hash64_seeded(const void *ptr, size_t len, uint64_t seed) {
  return XXH3_64bits_withSeed(ptr ? ptr : "", len, seed);
}
