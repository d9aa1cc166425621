/* What the server counts of itself, for metrics.
 *
 * Any thread adds, any thread reads; single numbers are exact, a snapshot is
 * not taken at one instant. */
#ifndef KZ_NET_METER_H
#define KZ_NET_METER_H

#include <stdatomic.h>
#include <stdint.h>

enum {
  KZ_METER_CLASSES = 6,  /* status / 100; 0: cut off before a status */
  KZ_METER_BUCKETS = 16, /* of the latency histogram, the last has no end */
};

struct kz_meter {
  _Atomic uint64_t replies[KZ_METER_CLASSES];
  _Atomic uint64_t latency[KZ_METER_BUCKETS];
  _Atomic uint64_t latency_us;
  _Atomic uint64_t bytes_in;
  _Atomic uint64_t bytes_out;
  _Atomic uint64_t in_flight;
  _Atomic uint64_t connections;
  _Atomic uint64_t connections_ever;
  _Atomic uint64_t connections_refused;
  _Atomic uint64_t timed_out;
};

/* A copy to print. */
struct kz_serve_stats {
  uint64_t replies[KZ_METER_CLASSES];
  uint64_t latency[KZ_METER_BUCKETS]; /* replies no slower than the bound of
                                         the same index and slower than the one
                                         before */
  uint64_t latency_us;                /* sum over all replies */
  uint64_t bytes_in;                  /* of bodies, as received */
  uint64_t bytes_out;                 /* of bodies, as sent */
  uint64_t in_flight;                 /* requests being read or answered */
  uint64_t connections;               /* open now */
  uint64_t connections_ever;
  uint64_t connections_refused; /* one address had too many */
  uint64_t timed_out;           /* cut for being slow */
};

/* The upper end of a bucket in microseconds; INT64_MAX for the last. */
int64_t kz_meter_bound_us(unsigned bucket);

/* One reply; latency is from the end of its headers to the start of its
 * reply. */
void kz_meter_reply(struct kz_meter *meter, unsigned status, int64_t us);

void kz_meter_read(const struct kz_meter *meter, struct kz_serve_stats *ret);

#endif
