/* What a format of feeds is: bytes in, values or heads of events out.
 *
 * A plug is pure: it fetches nothing, keeps nothing and looks at no clock. Each
 * has a folder here and a row in roster.def. Any thread. */
#ifndef KZ_PLUG_FEED_FEED_H
#define KZ_PLUG_FEED_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"

enum {
  KZ_FEED_COLUMNS_MAX = 64,
  KZ_FEED_TEXT_MAX = 0x7fffffff, /* bytes of one feed's text */
};

/* One value as it stood in the feed. Borrowed for the call. */
struct kz_feed_item {
  kz_type type;
  kz_str value;  /* in normal form */
  uint16_t port; /* that stood behind it; 0: none */
};

struct kz_feed_sink {
  void *ctx;
  /* Not KZ_OK ends the reading with that code. */
  kz_rc (*item)(void *ctx, const struct kz_feed_item *item);
  kz_rc (*head)(void *ctx, const struct kz_event *event);
  /* What was left out and why. */
  void (*problem)(void *ctx, uint64_t line, const char *words);
};

struct kz_feed_options {
  unsigned columns[KZ_FEED_COLUMNS_MAX]; /* from 1; none: all */
  size_t column_count;
  char delimiter; /* of csv */
};

struct kz_feed_plug {
  const char *name;  /* MISP's source_format */
  const char *index; /* the file that lists its events, below the feed's URL;
                        NULL: the URL itself holds values */
  kz_rc (*read)(kz_str text, const struct kz_feed_options *options,
                const struct kz_feed_sink *sink, struct kz_err *err);
};

/* The plug of that name; NULL. */
const struct kz_feed_plug *kz_feed_plug_find(kz_str name);

/* For plugs: gives the values that are recognised in `text` to the sink. */
KZ_MUST_USE kz_rc kz_feed_recognise(kz_str text,
                                    const struct kz_feed_sink *sink,
                                    struct kz_err *err);

#endif
