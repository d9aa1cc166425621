/* Verifying one event: its records against each other and against what the
 * index shows of it. Used by verify.c; one thread. */
#ifndef KZ_STORE_VERIFY_EVENT_H
#define KZ_STORE_VERIFY_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/delta.h"
#include "store/meta.h"
#include "store/read.h"
#include "store/view.h"

enum { KZ_VERIFY_LISTED = 100 };

struct kz_verify_report {
  uint64_t keys;                      /* read with checksums */
  uint64_t events;                    /* checked */
  uint64_t attributes;                /* checked */
  uint64_t segments;                  /* checked */
  uint64_t problems;                  /* found */
  char listed[KZ_VERIFY_LISTED][192]; /* the first of them, in words */
};

/* The ids that one transaction gave to children of one event. */
struct kz_verify_extent {
  uint64_t first;
  uint64_t count;
  uint64_t event;
};

struct kz_verifying {
  const struct kz_view *view;
  struct kz_reading reading; /* of the view; its arena is reset at will */
  struct kz_meta meta;       /* of the view */
  struct kz_verify_report *report;
  struct kz_delta delta;          /* what the index should know of one event */
  struct kz_verify_extent extent; /* the last one used */
  uint64_t rows;                  /* live rows of the events so far */
  bool is_damaged; /* the index: it is not compared with the records then */
};

/* Counts a problem and lists it while there is room. */
void kz_verify_note(struct kz_verify_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Checks an event that has a header. A failure means that the check could not
 * be made; what is wrong with the event is noted. */
KZ_MUST_USE kz_rc kz_verify_event(struct kz_verifying *v, uint64_t event,
                                  struct kz_err *err);

/* The second half: the rows, uuids and entry in v->delta against the view. */
KZ_MUST_USE kz_rc kz_verify_rows(struct kz_verifying *v, uint64_t event);

#endif
