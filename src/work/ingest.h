/* The verb "import": MISP's JSON in every wrapping, files and folders, plain or
 * compressed, into the store.
 *
 * One thread reads and cuts the streams into events, several parse and prepare
 * batches of new events, the writer takes the batches in. What is known
 * already goes the careful way, event by event. An interrupted import is
 * resumed by running it again: what is in is skipped. */
#ifndef KZ_WORK_INGEST_H
#define KZ_WORK_INGEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"
#include "work/complete.h"
#include "work/house.h"
#include "work/ingest_report.h"

/* How far an import is; any thread may read it. */
struct kz_ingest_progress {
  atomic_uint_fast64_t bytes; /* of the files, as they lie on disk */
  atomic_uint_fast64_t total_bytes;
  atomic_uint_fast64_t attributes;
  atomic_bool stop; /* set it to stop after what is under way */
};

struct kz_ingest_options {
  enum kz_known_at known_at;
  struct kz_org org; /* who imports: owner of events that name none */
  /* Asked for each event before it is taken in, on any of the parsing threads:
   * may change it, with memory of `arena`. KZ_UNCHANGED leaves the event out;
   * KZ_E_INPUT and `err` leave it out as an error. NULL: all as they are. */
  kz_rc (*adapt)(void *ctx, struct kz_event *event, struct kz_arena *arena,
                 struct kz_err *err);
  void *ctx; /* adapt's */
  /* The events' owners stay and numbers of sharing groups are ours. */
  bool is_ours;
};

/* Imports `paths`. Errors of single files and events are in the report and do
 * not end the import; the return code is a failure only when the store itself
 * failed or it was stopped (KZ_E_STOPPED; what was taken in stays). The report
 * is malloc'ed memory: free it with kz_ingest_report_done. */
KZ_MUST_USE kz_rc kz_ingest(struct kz_house *house, const kz_str *paths,
                            size_t path_count,
                            const struct kz_ingest_options *options,
                            struct kz_ingest_progress *progress,
                            struct kz_ingest_report **ret_report,
                            struct kz_err *err);
/* Events that do not lie in files as MISP's JSON: `feed` makes their texts and
 * gives them one after another, on the caller's thread, with kz_ingest_give. */
struct kz_ingest_run;
struct kz_ingest_source {
  kz_str file; /* what errors name */
  kz_rc (*feed)(void *ctx, struct kz_ingest_run *run, struct kz_err *err);
  void *ctx;
};
KZ_MUST_USE kz_rc kz_ingest_from(struct kz_house *house,
                                 const struct kz_ingest_source *source,
                                 const struct kz_ingest_options *options,
                                 struct kz_ingest_progress *progress,
                                 struct kz_ingest_report **ret_report,
                                 struct kz_err *err);

/* One event's text (copied). Its line i was made of what stands at
 * rows[i - 1]: that is the place of an error in that line. KZ_E_STOPPED when
 * nothing more is wanted; KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_ingest_give(struct kz_ingest_run *run, kz_str text,
                                 const struct kz_json_place *rows,
                                 size_t row_count);
/* Something that could not be made an event of, or a part of one. */
void kz_ingest_tell(struct kz_ingest_run *run,
                    const struct kz_json_place *place, const char *message);

#endif
