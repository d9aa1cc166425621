#include "work/ingest_report.h"

#include <stdlib.h>

enum { ERROR_TEXT = 64 << 20 /* bytes of all error texts together */ };

/* The report and the arena its texts live in, freed together. */
struct owned_report {
  struct kz_ingest_report report; /* first: the public part */
  struct kz_arena *arena;
};

struct kz_ingest_report *kz_ingest_report_new(struct kz_arena **ret_arena) {
  struct owned_report *o = calloc(1, sizeof *o);
  if (o) {
    o->arena = kz_arena_new(ERROR_TEXT);
    o->report.errors = calloc(KZ_INGEST_ERRORS, sizeof *o->report.errors);
    if (!o->arena || !o->report.errors) {
      kz_ingest_report_done(&o->report);
      return NULL;
    }
    *ret_arena = o->arena;
  }
  return o ? &o->report : NULL;
}

void kz_ingest_report_done(struct kz_ingest_report *report) {
  struct owned_report *o = (struct owned_report *)report;
  if (o) {
    free(report->errors);
    kz_arena_free(o->arena);
    free(o);
  }
}

/* The report outlives whoever named the file. Most errors are of the same one
 * as the error before. */
static kz_rc keep_file(struct owned_report *o, kz_str file, kz_str *ret) {
  const struct kz_ingest_report *r = &o->report;
  if (r->listed > 0 && kz_str_eq(r->errors[r->listed - 1].file, file)) {
    *ret = r->errors[r->listed - 1].file;
    return KZ_OK;
  }
  return kz_arena_dup(o->arena, file, ret);
}

void kz_ingest_report_tell(struct kz_ingest_report *report, kz_str file,
                           const struct kz_json_place *place,
                           const char *message) {
  struct owned_report *o = (struct owned_report *)report;
  struct kz_ingest_error e = {.line = 0};
  report->error_count++;
  if (report->listed == KZ_INGEST_ERRORS) {
    return;
  }
  if (place) {
    e.line = place->line;
    e.column = place->column;
    e.byte = place->byte;
  }
  if (keep_file(o, file, &e.file) == KZ_OK &&
      kz_arena_dup(o->arena, kz_str_of(message), &e.message) == KZ_OK) {
    report->errors[report->listed++] = e;
  }
}
