/* Sorts more than fits in memory: records of any bytes, by three numbers.
 *
 * What does not fit goes, in sorted runs, to one file that has no name and
 * ends with the process, and is merged from there. Memory is what the caller
 * allows, plus the longest record. One thread at a time. */
#ifndef KZ_BASE_SORTER_H
#define KZ_BASE_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_sorter;

/* Compared from the first number on; equal keys keep the order they came in. */
struct kz_sort_key {
  uint64_t a;
  uint64_t b;
  uint64_t c;
};

/* `folder` is where the file may be made; `memory` bytes are used, at least
 * 1 MB. The caller owns it. */
KZ_MUST_USE kz_rc kz_sorter_new(const char *folder, size_t memory,
                                struct kz_sorter **ret_sorter,
                                struct kz_err *err);
void kz_sorter_free(struct kz_sorter *sorter); /* NULL is fine */

/* Adds a record (copied). KZ_E_LIMIT when it is longer than half the memory;
 * KZ_E_FULL, KZ_E_IO with words. */
KZ_MUST_USE kz_rc kz_sorter_add(struct kz_sorter *sorter,
                                const struct kz_sort_key *key, kz_str bytes,
                                struct kz_err *err);

/* Nothing more comes; from here on kz_sorter_next. */
KZ_MUST_USE kz_rc kz_sorter_sort(struct kz_sorter *sorter, struct kz_err *err);

/* The next record in order, until the next call; KZ_END after the last. */
KZ_MUST_USE kz_rc kz_sorter_next(struct kz_sorter *sorter,
                                 struct kz_sort_key *ret_key, kz_str *ret_bytes,
                                 struct kz_err *err);

/* Records that were added, and their bytes. */
uint64_t kz_sorter_count(const struct kz_sorter *sorter);
uint64_t kz_sorter_bytes(const struct kz_sorter *sorter);

#endif
