/* A file that events are gathered in while they are fetched, so that they are
 * imported in bulk. It lies in STORE/spool/ and is gone when it is closed; one
 * that a crash left behind is begun anew. One thread at a time. */
#ifndef KZ_WORK_SPOOL_H
#define KZ_WORK_SPOOL_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "work/errands.h"
#include "work/house.h"
#include "work/ingest.h"

enum { KZ_SPOOL_FULL = 64 << 20 /* bytes: then it should be imported */ };

struct kz_spool;

/* What all imports of a spool brought. */
struct kz_spool_counts {
  uint64_t events;
  uint64_t updated;
  uint64_t skipped;
  uint64_t left_out;
  uint64_t attributes;
  uint64_t repeated;
  uint64_t errors;
};

KZ_MUST_USE kz_rc kz_spool_open(struct kz_house *house, const char *what,
                                uint64_t number, struct kz_spool **ret_spool,
                                struct kz_err *err);
void kz_spool_close(struct kz_spool *spool); /* NULL is fine */

/* Adds the text of an event. */
KZ_MUST_USE kz_rc kz_spool_add(struct kz_spool *spool, kz_str text,
                               struct kz_err *err);
uint64_t kz_spool_bytes(const struct kz_spool *spool);

/* Imports what is in it and empties it. What could not be taken is told in the
 * errand's log (NULL: nowhere). */
KZ_MUST_USE kz_rc kz_spool_import(struct kz_spool *spool,
                                  const struct kz_ingest_options *options,
                                  struct kz_errand *errand, struct kz_err *err);
/* The same for files that lie somewhere already. */
KZ_MUST_USE kz_rc kz_spool_import_paths(struct kz_spool *spool,
                                        const kz_str *paths, size_t count,
                                        const struct kz_ingest_options *options,
                                        struct kz_errand *errand,
                                        struct kz_err *err);
const struct kz_spool_counts *kz_spool_counts(const struct kz_spool *spool);

#endif
