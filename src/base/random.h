/* Random numbers: a deterministic generator for tests, samples and generated
 * data (the same seed gives the same numbers on every machine and in every
 * version), and the system's for secrets and names. */
#ifndef KZ_BASE_RANDOM_H
#define KZ_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

/* xoshiro256**; one thread at a time. Not for secrets. */
struct kz_random {
  uint64_t state[4];
};

/* Begins the sequence of `seed`; any seed is good. */
void kz_random_init(struct kz_random *random, uint64_t seed);

/* The next 64 bits. */
uint64_t kz_random_next(struct kz_random *random);

/* A number from 0 to `n` - 1, each equally likely; 0 when `n` is 0. */
uint64_t kz_random_below(struct kz_random *random, uint64_t n);

/* A number in [0, 1), a multiple of 2^-53. */
double kz_random_unit(struct kz_random *random);

/* Fills `to` from the system's generator; fit for keys. Any thread. KZ_E_IO
 * when the system has none to give. */
KZ_MUST_USE kz_rc kz_random_secret(void *to, size_t len);

#endif
