/* A feed as it is worked on, and its files: from disk or over HTTP. */
#ifndef KZ_WORK_FEED_SOURCE_H
#define KZ_WORK_FEED_SOURCE_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "net/fetch.h"
#include "plug/feed/feed.h"
#include "work/errands.h"
#include "work/feeds.h"
#include "work/house.h"
#include "work/rules.h"
#include "work/settings.h"

enum { KZ_FEED_HEADERS_MAX = 32 };

struct kz_feed {
  struct kz_house *house;
  struct kz_arena *arena;
  struct kz_errand *errand; /* NULL: nobody waits */
  uint64_t id;
  kz_str name;
  kz_str url;
  const struct kz_feed_plug *plug;
  struct kz_feed_options options;
  struct kz_rules rules;
  bool is_local;
  bool is_fixed;
  bool is_delta;
  bool publishes;
  bool overrides_ids; /* to_ids off */
  bool forces_ids;    /* to_ids on */
  bool is_silent;     /* disable_correlation */
  bool unpublishes;
  bool is_cached;
  bool is_enabled;
  uint8_t distribution;
  uint64_t group;
  uint64_t event; /* the fixed one; 0: none yet */
  bool has_tag;
  struct kz_tag tag;
  struct kz_org org; /* who takes in */
  kz_str etag;       /* of the copy that was taken in last */
  kz_str modified;
  bool has_exclude;
  regex_t exclude;
  struct kz_param headers[KZ_FEED_HEADERS_MAX];
  size_t header_count;
  struct kz_fetch *fetch; /* made when first needed */
};

/* What came of it. */
struct kz_feed_result {
  uint64_t events;    /* new or changed */
  uint64_t fresh;     /* attributes that were added */
  uint64_t duplicate; /* that were there already */
  uint64_t gone;      /* softly deleted, for they vanished from the feed */
  uint64_t problems;
  uint64_t event; /* the fixed event; 0: none */
};

/* Reads feed `id` into `ret`, in `arena`; give it back with kz_feed_done.
 * KZ_NOT_FOUND; KZ_E_INPUT when a setting of it cannot be understood. */
KZ_MUST_USE kz_rc kz_feed_open(struct kz_house *house, uint64_t id,
                               struct kz_arena *arena, struct kz_errand *errand,
                               struct kz_feed *ret, struct kz_err *err);
void kz_feed_done(struct kz_feed *feed);

/* The path or URL of a file of a feed of several. */
KZ_MUST_USE kz_rc kz_feed_file(const struct kz_feed *feed, kz_str name,
                               kz_str *ret_path, struct kz_err *err);

/* What came with an answer, to be asked with the next time. */
struct kz_feed_stamp {
  struct kz_buf etag;
  struct kz_buf modified;
};

/* Reads one file (a path or URL as above). KZ_UNCHANGED when it is as it was
 * by `feed->etag` and `feed->modified`, which are only asked with where a stamp
 * is wanted. Any status but 200 is KZ_E_IO with the status in the words. */
KZ_MUST_USE kz_rc kz_feed_read(struct kz_feed *feed, kz_str path,
                               struct kz_buf *out, struct kz_feed_stamp *stamp,
                               struct kz_err *err);

/* The feed's fetch, made with settings. */
KZ_MUST_USE kz_rc kz_feed_fetch(struct kz_feed *feed,
                                struct kz_fetch **ret_fetch,
                                struct kz_err *err);

#endif
