/* Token buckets: how often somebody may do something, one bucket a name.
 *
 * Meant for what should rarely happen (a wrong key from one address). The table
 * has a fixed size, so an attacker with many addresses costs no memory; when it
 * is crowded, the bucket nearest to full is forgotten, which forgives the
 * least. Any thread. */
#ifndef KZ_NET_LIMIT_H
#define KZ_NET_LIMIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_limit;

struct kz_limit_config {
  size_t buckets;    /* how many names are remembered; rounded up */
  uint32_t burst;    /* tokens of a full bucket, 1..1000000 */
  int64_t refill_us; /* time in which one token comes back, at least 1 */
};

/* The caller owns it. */
KZ_MUST_USE kz_rc kz_limit_new(const struct kz_limit_config *config,
                               struct kz_limit **ret, struct kz_err *err);
void kz_limit_free(struct kz_limit *limit);

/* Takes a token. 0, or in how many microseconds there will be one: then nothing
 * is taken. `now_us` is the monotonic clock. */
int64_t kz_limit_take(struct kz_limit *limit, kz_str name, int64_t now_us);

/* The same answer without taking: to refuse before work is done, when only
 * failures cost a token. */
int64_t kz_limit_wait(struct kz_limit *limit, kz_str name, int64_t now_us);

/* The name to count an address under: itself, for IPv6 its /64 ("2001:db8::"),
 * of which one client has every address. Text that is no address is returned as
 * it is. The result points into `peer` or `out`. */
kz_str kz_limit_name(kz_str peer, char out[INET6_ADDRSTRLEN]);

#endif
