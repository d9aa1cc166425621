#include "store/tally.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE_MIN = 1024 };

bool kz_tally_grow(struct kz_tally *tally, uint32_t number) {
  size_t size = tally->size ? tally->size : SIZE_MIN;
  while (size <= number && size < KZ_TALLY_MAX) {
    size *= 2;
  }
  if (size <= number) {
    return false;
  }
  uint64_t *grown = realloc(tally->counts, size * sizeof *grown);
  if (!grown) {
    tally->failed = true;
    return false;
  }
  memset(grown + tally->size, 0, (size - tally->size) * sizeof *grown);
  tally->counts = grown;
  tally->size = size;
  return true;
}

void kz_tally_done(struct kz_tally *tally) {
  free(tally->counts);
  *tally = (struct kz_tally){.counts = NULL};
}

void kz_tally_merge(struct kz_tally *tally, const struct kz_tally *other) {
  tally->failed |= other->failed;
  if (other->size > tally->size &&
      !kz_tally_grow(tally, (uint32_t)(other->size - 1))) {
    return;
  }
  for (size_t i = 0; i < other->size; i++) {
    tally->counts[i] += other->counts[i];
  }
}
