/* xoshiro256** by Blackman and Vigna, its state filled by splitmix64 as they
 * advise; the sequences are pinned by the tests, since generated data must be
 * the same for ever. */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/hash.h"

static uint64_t rotate(uint64_t n, unsigned by) {
  return (n << by) | (n >> (64 - by));
}

void kz_random_init(struct kz_random *random, uint64_t seed) {
  for (size_t i = 0; i < 4; i++) {
    seed += UINT64_C(0x9e3779b97f4a7c15);
    random->state[i] = kz_hash_mix(seed);
  }
}

uint64_t kz_random_next(struct kz_random *random) {
  uint64_t *s = random->state;
  uint64_t number = rotate(s[1] * 5, 7) * 9;
  uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate(s[3], 45);
  return number;
}

uint64_t kz_random_below(struct kz_random *random, uint64_t n) {
  if (n == 0) {
    return 0;
  }
  /* The first 2^64 mod n numbers would make the low results more likely. */
  uint64_t uneven = (UINT64_C(0) - n) % n;
  uint64_t number = kz_random_next(random);
  while (number < uneven) {
    number = kz_random_next(random);
  }
  return number % n;
}

double kz_random_unit(struct kz_random *random) {
  return (double)(kz_random_next(random) >> 11) * 0x1p-53;
}

kz_rc kz_random_secret(void *to, size_t len) {
  uint8_t *at = to;
  while (len > 0) {
    ssize_t got = getrandom(at, len, 0);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return KZ_E_IO;
    }
    at += got;
    len -= (size_t)got;
  }
  return KZ_OK;
}
