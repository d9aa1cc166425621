/* Some threads for one piece of work, for as long as it lasts.
 *
 * A question over millions of rows is cut into pieces that do not depend on
 * each other; the caller and a few helpers take them one after another. The
 * helpers end with the call: starting one costs about 20 us, so work below
 * some hundred microseconds is better done alone. base/pool cannot serve here:
 * the caller may itself be one of a pool's threads. */
#ifndef KZ_STORE_CREW_H
#define KZ_STORE_CREW_H

#include <stddef.h>

enum { KZ_CREW_MAX = 16 /* threads, the caller included */ };

/* Does piece `piece`; `worker` (0 is the caller, less than the number of
 * threads) says whose private memory to use. */
typedef void kz_crew_job(void *ctx, unsigned worker, size_t piece);

/* Runs `job` once for each piece 0 .. pieces-1 and returns when all are done.
 * `threads` is clamped to 1 .. KZ_CREW_MAX; when no thread can be started the
 * caller does all of it. */
void kz_crew_run(unsigned threads, size_t pieces, kz_crew_job *job, void *ctx);

/* `threads`, but no more than this machine has cores nor the crew holds; at
 * least 1. */
unsigned kz_crew_size(unsigned threads);

#endif
