/* The verb "stats": what is in the store and what the program takes. */
#ifndef KZ_WORK_STATS_H
#define KZ_WORK_STATS_H

#include <stdint.h>

#include "store/store.h"
#include "work/house.h"

struct kz_stats {
  struct kz_store_stats store;
  uint64_t resident_bytes; /* of the process; 0: not known */
  uint64_t private_bytes;  /* of these, not mapped from files */
};

void kz_stats_read(struct kz_house *house, struct kz_stats *ret_stats);

#endif
