/* Long jobs that run on a thread of their own while their answer is streamed:
 * imports, verification.
 *
 * A job is asked to stop when its client goes away or the program ends; it is
 * waited for before the house is closed. */
#ifndef KZ_API_JOBS_H
#define KZ_API_JOBS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "net/reply.h"

struct kz_jobs;

/* What a job is. `run` is called on the job's thread, `tell` on that of the
 * stream, about four times a second while it runs (`is_done` false) and, when
 * it has ended, until it returns KZ_END; it appends to `out` and must keep to
 * what may be read while the job runs. `stop` may come from any thread, also
 * when nothing runs any more. `free` is the last call. */
struct kz_job {
  void *ctx;
  void (*run)(void *ctx);
  kz_rc (*tell)(void *ctx, bool is_done, struct kz_buf *out);
  void (*stop)(void *ctx);
  void (*free)(void *ctx);
};

/* NULL when out of memory. */
struct kz_jobs *kz_jobs_new(void);
/* Stops all jobs, waits for them and frees; their streams are closed by then.
 * NULL is fine. */
void kz_jobs_free(struct kz_jobs *jobs);

/* Starts a job, which is freed in any case, and gives the stream that tells of
 * it. */
KZ_MUST_USE kz_rc kz_jobs_start(struct kz_jobs *jobs, const struct kz_job *job,
                                struct kz_stream *ret_stream,
                                struct kz_err *err);

#endif
