/* The places of one value in a view that a viewer sees: live attributes, by
 * (event, attribute), over all segments.
 *
 * Reading them allocates nothing. One thread at a time. */
#ifndef KZ_STORE_POSTINGS_H
#define KZ_STORE_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"
#include "model/viewer.h"
#include "store/segment.h"
#include "store/view.h"

/* What a value is looked up by. */
struct kz_value_key {
  kz_str folded; /* borrowed */
  uint64_t hash;
  enum kz_value_class value_class;
};

static inline struct kz_value_key kz_value_key_of(kz_str folded) {
  return (struct kz_value_key){folded, kz_value_hash(folded),
                               kz_value_class_of(folded)};
}

enum { KZ_POSTINGS_PARTS = 256 /* segments that hold one value, at most */ };

/* One place. */
struct kz_posting {
  uint64_t event;
  uint64_t attribute;
  uint32_t part;
  uint32_t row;
  uint32_t slice;
  bool silent; /* does not correlate, by itself or by its event */
};

/* Where the reading of one segment is. */
struct kz_postings_cursor {
  const struct kz_segment *segment;
  uint32_t at; /* the posting after `here` */
  uint32_t end;
  struct kz_posting here;
  bool seen;   /* the viewer sees here.event */
  bool silent; /* nothing correlates in here.event */
};

struct kz_postings {
  const struct kz_view *view;
  const struct kz_viewer *viewer;
  size_t count; /* cursors that are not at their end */
  struct kz_postings_cursor cursors[KZ_POSTINGS_PARTS];
};

/* Begins. KZ_NOT_FOUND when there is no place; KZ_E_LIMIT when more than
 * KZ_POSTINGS_PARTS segments hold the value (merging keeps far below). */
KZ_MUST_USE kz_rc kz_postings_init(struct kz_postings *postings,
                                   const struct kz_view *view,
                                   const struct kz_viewer *viewer,
                                   const struct kz_value_key *key);

/* The next place; KZ_END. */
KZ_MUST_USE kz_rc kz_postings_next(struct kz_postings *postings,
                                   struct kz_posting *ret_posting);

#endif
