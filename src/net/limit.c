/* Sets of 8 buckets chosen by a seeded hash of the name: nobody outside knows
 * which names share a set. A bucket keeps the 64-bit hash, not the name; two
 * names of one hash share a bucket, which harms nobody but them. Instead of a
 * level that is refilled, it keeps the time at which it will be full again
 * (GCRA): one number, no rounding, and a bucket whose time is over is free. */
#include "net/limit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

enum {
  WAYS = 8,
  SETS_MAX = 1 << 20,
  BURST_MAX = 1000000,
};

struct bucket {
  uint64_t name; /* its hash */
  int64_t full_us;
};

struct set {
  struct bucket ways[WAYS];
};

struct kz_limit {
  pthread_mutex_t lock;
  uint64_t seed;
  size_t mask;
  int64_t refill_us;
  int64_t capacity_us; /* from empty to full */
  struct set *sets;
};

kz_rc kz_limit_new(const struct kz_limit_config *config, struct kz_limit **ret,
                   struct kz_err *err) {
  int64_t capacity_us = 0;
  if (config->burst == 0 || config->burst > BURST_MAX ||
      config->refill_us <= 0 ||
      __builtin_mul_overflow(config->refill_us, (int64_t)config->burst,
                             &capacity_us)) {
    return kz_err_set(err, KZ_E_INPUT, "a rate limit out of range");
  }
  size_t sets = 1;
  while (sets < SETS_MAX && sets * WAYS < config->buckets) {
    sets *= 2;
  }
  struct kz_limit *limit = calloc(1, sizeof *limit);
  struct set *table = calloc(sets, sizeof *table);
  uint64_t seed = 0;
  if (!limit || !table || kz_random_secret(&seed, sizeof seed) != KZ_OK) {
    free(limit);
    free(table);
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  *limit = (struct kz_limit){.seed = seed,
                             .mask = sets - 1,
                             .refill_us = config->refill_us,
                             .capacity_us = capacity_us,
                             .sets = table};
  (void)pthread_mutex_init(&limit->lock, NULL);
  *ret = limit;
  return KZ_OK;
}

void kz_limit_free(struct kz_limit *limit) {
  if (limit) {
    (void)pthread_mutex_destroy(&limit->lock);
    free(limit->sets);
    free(limit);
  }
}

/* The name's bucket, or the one it may have: the nearest to full. */
static struct bucket *find(struct kz_limit *limit, uint64_t name) {
  struct set *set = &limit->sets[name & limit->mask];
  struct bucket *fullest = &set->ways[0];
  for (size_t i = 0; i < WAYS; i++) {
    struct bucket *b = &set->ways[i];
    if (b->name == name) {
      return b;
    }
    if (b->full_us < fullest->full_us) {
      fullest = b;
    }
  }
  return fullest;
}

static int64_t ask(struct kz_limit *limit, kz_str name, int64_t now_us,
                   bool takes) {
  uint64_t hash = kz_hash64_seeded(name.ptr, name.len, limit->seed);
  (void)pthread_mutex_lock(&limit->lock);
  struct bucket *b = find(limit, hash);
  int64_t full_us =
      b->name == hash && b->full_us > now_us ? b->full_us : now_us;
  int64_t wait_us = full_us + limit->refill_us - now_us - limit->capacity_us;
  if (wait_us <= 0 && takes) {
    *b = (struct bucket){.name = hash, .full_us = full_us + limit->refill_us};
  }
  (void)pthread_mutex_unlock(&limit->lock);
  return wait_us > 0 ? wait_us : 0;
}

int64_t kz_limit_take(struct kz_limit *limit, kz_str name, int64_t now_us) {
  return ask(limit, name, now_us, true);
}

int64_t kz_limit_wait(struct kz_limit *limit, kz_str name, int64_t now_us) {
  return ask(limit, name, now_us, false);
}

kz_str kz_limit_name(kz_str peer, char out[INET6_ADDRSTRLEN]) {
  struct in6_addr address;
  char text[INET6_ADDRSTRLEN];
  if (peer.len >= sizeof text || kz_str_find_byte(peer, ':') == SIZE_MAX) {
    return peer;
  }
  memcpy(text, peer.ptr, peer.len);
  text[peer.len] = '\0';
  if (inet_pton(AF_INET6, text, &address) != 1 ||
      IN6_IS_ADDR_V4MAPPED(&address)) {
    return peer;
  }
  memset(&address.s6_addr[8], 0, 8);
  (void)inet_ntop(AF_INET6, &address, out, INET6_ADDRSTRLEN);
  return kz_str_of(out);
}
