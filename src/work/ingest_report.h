/* What became of an import (work/ingest.h): counts, and what could not be
 * imported with its place. */
#ifndef KZ_WORK_INGEST_REPORT_H
#define KZ_WORK_INGEST_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

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
  uint64_t orgs;       /* these only by work/move_in.h: what was new of them */
  uint64_t users;
  uint64_t groups;
  uint64_t proposals;
  uint64_t clusters; /* custom ones of galaxies */
  uint64_t error_count;
  struct kz_ingest_error *errors; /* the first KZ_INGEST_ERRORS */
  size_t listed;
  struct kz_ingest_warning *warnings; /* of lists that know any */
  size_t warning_count;
};

enum { KZ_INGEST_ERRORS = 10000 };

/* An empty report and the arena that its texts live in. NULL when out of
 * memory. */
struct kz_ingest_report *kz_ingest_report_new(struct kz_arena **ret_arena);
void kz_ingest_report_done(struct kz_ingest_report *report);

/* Adds an error to a report that nobody else writes to; the texts are copied.
 * `place` may be NULL. */
void kz_ingest_report_tell(struct kz_ingest_report *report, kz_str file,
                           const struct kz_json_place *place,
                           const char *message);

#endif
