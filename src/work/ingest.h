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
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"
#include "work/house.h"

/* Since when the store shall say that it knew what is imported. */
enum kz_known_at {
  KZ_KNOWN_NOW,
  KZ_KNOWN_PUBLISH, /* the event's publish_timestamp, else its timestamp */
  KZ_KNOWN_DATE,    /* the event's date */
};

/* One thing that could not be imported, with its place. */
struct kz_ingest_error {
  kz_str file;
  uint64_t line; /* 0: the file as a whole */
  uint64_t column;
  uint64_t byte;
  kz_str message;
};

/* A warninglist in force and how many of the attributes that were read it
 * knows. */
struct kz_ingest_warning {
  uint64_t list;
  kz_str name;
  uint64_t attributes;
};

struct kz_ingest_report {
  uint64_t files;
  uint64_t events;     /* new */
  uint64_t attributes; /* new, in new and updated events */
  uint64_t objects;    /* new */
  uint64_t updated;    /* events that were merged with a newer version */
  uint64_t skipped;    /* events that were known and not newer */
  uint64_t left_out;   /* events that `adapt` did not want */
  uint64_t repeated;   /* attributes that stood twice in their event */
  uint64_t error_count;
  struct kz_ingest_error *errors; /* the first KZ_INGEST_ERRORS */
  size_t listed;
  struct kz_ingest_warning *warnings; /* of lists that know any */
  size_t warning_count;
};

enum { KZ_INGEST_ERRORS = 10000 };

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
void kz_ingest_report_done(struct kz_ingest_report *report);

#endif
