/* Relaxed atomics: the counters order nothing, they only add up. */
#include "net/meter.h"

#include <stddef.h>

static const int64_t bounds_us[KZ_METER_BUCKETS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,    25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 10000000, INT64_MAX};

int64_t kz_meter_bound_us(unsigned bucket) {
  return bounds_us[bucket < KZ_METER_BUCKETS ? bucket : KZ_METER_BUCKETS - 1];
}

static void add(_Atomic uint64_t *counter, uint64_t n) {
  (void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void kz_meter_reply(struct kz_meter *meter, unsigned status, int64_t us) {
  unsigned class = status / 100 < KZ_METER_CLASSES ? status / 100 : 0;
  unsigned bucket = 0;
  while (us > bounds_us[bucket]) {
    bucket++;
  }
  add(&meter->replies[class], 1);
  add(&meter->latency[bucket], 1);
  add(&meter->latency_us, us > 0 ? (uint64_t)us : 0);
}

static uint64_t read_one(const _Atomic uint64_t *counter) {
  return atomic_load_explicit(counter, memory_order_relaxed);
}

void kz_meter_read(const struct kz_meter *meter, struct kz_serve_stats *ret) {
  for (size_t i = 0; i < KZ_METER_CLASSES; i++) {
    ret->replies[i] = read_one(&meter->replies[i]);
  }
  for (size_t i = 0; i < KZ_METER_BUCKETS; i++) {
    ret->latency[i] = read_one(&meter->latency[i]);
  }
  ret->latency_us = read_one(&meter->latency_us);
  ret->bytes_in = read_one(&meter->bytes_in);
  ret->bytes_out = read_one(&meter->bytes_out);
  ret->in_flight = read_one(&meter->in_flight);
  ret->connections = read_one(&meter->connections);
  ret->connections_ever = read_one(&meter->connections_ever);
  ret->connections_refused = read_one(&meter->connections_refused);
  ret->timed_out = read_one(&meter->timed_out);
}
