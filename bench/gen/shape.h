/* The shape of generated data: which events there are, how large, from whom,
 * when, with which tags, and of which type each row is.
 *
 * It knows nothing of text: gen/invent makes the values and gen/generate the
 * JSON. A bench in memory takes rows from here directly and sees the same
 * distributions. The same parameters give the same rows on every machine.
 *
 * Sizes of events follow a bounded Pareto law; shared values are drawn from a
 * pool by a power law (a few stand in thousands of events); no event has the
 * same value twice. */
#ifndef KZ_BENCH_GEN_SHAPE_H
#define KZ_BENCH_GEN_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "model/type.h"

enum {
  KZ_SHAPE_TYPES = 190,         /* those that need no file and vary enough */
  KZ_SHAPE_EVENT_TAGS_MAX = 32, /* tags on one event, at most */
  KZ_SHAPE_ROW_TAGS_MAX = 2,    /* tags on one row, at most */
  KZ_SHAPE_EVENT_ROWS_MAX = 1000000,
};

struct kz_shape_params {
  uint64_t seed;
  uint64_t attributes; /* rows in all, exactly */
  double mean;      /* rows an event on average; 0: all events are one size */
  uint32_t largest; /* rows in the largest event */
  double share;     /* part of the rows whose value is from the pool */
  double tagged;    /* part of the rows with one or two tags of their own */
  double objects;   /* part of an event's rows that lie in objects */
  uint32_t types;   /* how many types occur; the first 12 make up 92 % */
  uint32_t tags;    /* different tags */
  uint32_t event_tags; /* tags on each event */
  uint32_t orgs;
  uint32_t months;
};

/* What the measurements in docs/ were made with, but for `attributes`. */
#define KZ_SHAPE_DEFAULTS                                                      \
  ((struct kz_shape_params){.seed = 1,                                         \
                            .attributes = 2000000,                             \
                            .mean = 43,                                        \
                            .largest = 100000,                                 \
                            .share = 0.30,                                     \
                            .tagged = 0.15,                                    \
                            .objects = 0,                                      \
                            .types = KZ_SHAPE_TYPES,                           \
                            .tags = 10000,                                     \
                            .event_tags = 5,                                   \
                            .orgs = 2000,                                      \
                            .months = 60})

struct kz_shape_event {
  uint64_t number; /* from 0 */
  uint32_t rows;
  uint32_t rows_in_objects; /* the last so many of them */
  uint32_t org;             /* 0 .. orgs-1; low numbers publish more */
  uint32_t month;           /* 0 .. months-1, each equally likely */
  uint32_t day;             /* 0 .. 27 in that month */
  uint32_t tag_count;
  uint32_t tags[KZ_SHAPE_EVENT_TAGS_MAX]; /* all different */
};

struct kz_shape_row {
  uint64_t number; /* of the row, from 0 over all events */
  uint64_t value;  /* which value: of the pool if `shared`, else a row's own */
  uint64_t key;    /* 64 bits that differ from value to value, to make it of */
  kz_type type;    /* given by the value */
  bool shared;
  bool to_ids;
  uint8_t tag_count;
  uint32_t tags[KZ_SHAPE_ROW_TAGS_MAX];
};

struct kz_shape;

/* The caller owns `*ret`, one thread at a time. KZ_E_INPUT when a parameter
 * makes no sense, KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_shape_new(const struct kz_shape_params *params,
                               struct kz_shape **ret, struct kz_err *err);
/* NULL is fine. */
void kz_shape_free(struct kz_shape *shape);

/* The next event; false when there are no more. Rows of the event before that
 * were not taken are skipped. */
bool kz_shape_next_event(struct kz_shape *shape, struct kz_shape_event *ret);

/* The next row of that event; false when it has no more. */
bool kz_shape_next_row(struct kz_shape *shape, struct kz_shape_row *ret);

#endif
