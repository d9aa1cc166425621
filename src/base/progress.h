/* How far a long job is, drawn on a terminal.
 *
 * One line on stderr, redrawn at most five times a second; when stderr is no
 * terminal nothing is written. Any thread may add; the one that is due draws.
 */
#ifndef KZ_BASE_PROGRESS_H
#define KZ_BASE_PROGRESS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct kz_progress;

/* `title` ("import") and `unit` ("attributes") are borrowed until the end;
 * `total` 0: unknown. The caller owns it. NULL when out of memory; all
 * functions here take NULL and do nothing. */
struct kz_progress *kz_progress_new(const char *title, const char *unit,
                                    uint64_t total);
/* Draws the last state, ends the line and frees. */
void kz_progress_free(struct kz_progress *progress);

void kz_progress_add(struct kz_progress *progress, uint64_t count);
/* What `total` turned out to be. */
void kz_progress_set_total(struct kz_progress *progress, uint64_t total);

/* One state, for the pure part. */
struct kz_progress_state {
  const char *title;
  const char *unit;
  uint64_t done;
  uint64_t total; /* 0: unknown */
  int64_t elapsed_us;
};

/* Appends "import  42 %  840,000 of 2,000,000 attributes  310,000/s  4 s left".
 */
void kz_progress_format(const struct kz_progress_state *state,
                        struct kz_buf *out);

#endif
