#include "work/feed_misp.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/store.h"
#include "work/blocks.h"
#include "work/ingest.h"
#include "work/show.h"
#include "work/spool.h"

enum {
  TEXT_BYTES = 0x7fffffff,
  EVENTS_MAX = 1 << 24,
  NAME_BYTES = 64,
};

/* Which events of the manifest are wanted. */
struct wanted {
  struct kz_feed *feed;
  struct kz_view *view;
  kz_str *files; /* paths or URLs */
  size_t count;
  size_t room;
  size_t next; /* to be asked for */
  uint64_t known;
  uint64_t ruled_out;
  struct kz_spool *spool;
  const struct kz_ingest_options *options;
  struct kz_feed_result *result;
  struct kz_err *err;
};

static kz_rc find_in(struct kz_view *view, const struct kz_uuid *uuid,
                     uint64_t *ret_event) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  char text[KZ_UUID_TEXT];
  return kz_show_find(view, &owner, kz_uuid_format(uuid, text), ret_event,
                      NULL);
}

kz_rc kz_feed_misp_find(struct kz_house *house, const struct kz_uuid *uuid,
                        uint64_t *ret_event) {
  struct kz_view *view = kz_store_view(house->store);
  kz_rc rc = find_in(view, uuid, ret_event);
  kz_view_unref(view);
  return rc;
}

/* Whether we have the event as new as the manifest says it is. */
static bool is_known(const struct wanted *wanted, const struct kz_event *head) {
  struct kz_event_entry entry;
  uint64_t id = 0;
  return find_in(wanted->view, &head->uuid, &id) == KZ_OK &&
         kz_events_get(wanted->view->events, id, &entry) == KZ_OK &&
         (int64_t)entry.time_s * KZ_SECOND_US >= head->timestamp_us;
}

static kz_rc want(struct wanted *wanted, const struct kz_event *head) {
  char uuid[KZ_UUID_TEXT];
  KZ_BUF(name, NAME_BYTES);
  if (wanted->count == wanted->room) {
    size_t room = wanted->room ? wanted->room * 2 : 256;
    kz_str *grown = room <= EVENTS_MAX
                        ? reallocarray(wanted->files, room, sizeof *grown)
                        : NULL;
    if (!grown) {
      return KZ_E_LIMIT;
    }
    wanted->files = grown;
    wanted->room = room;
  }
  (void)kz_buf_add_str(&name, kz_uuid_format(&head->uuid, uuid));
  (void)kz_buf_add_str(&name, KZ_STR(".json"));
  kz_rc rc = kz_feed_file(wanted->feed, kz_buf_str(&name),
                          &wanted->files[wanted->count], wanted->err);
  wanted->count += rc == KZ_OK;
  return rc;
}

static kz_rc take_head(void *ctx, const struct kz_event *head) {
  struct wanted *wanted = ctx;
  if (!kz_rules_allow(&wanted->feed->rules, head->tags, head->tag_count,
                      &head->orgc) ||
      kz_blocks_check(wanted->feed->house->blocks, &head->uuid, &head->orgc,
                      NULL) != KZ_OK) {
    wanted->ruled_out++;
    return KZ_OK;
  }
  if (is_known(wanted, head)) {
    wanted->known++;
    return KZ_OK;
  }
  return want(wanted, head);
}

static void take_problem(void *ctx, uint64_t line, const char *words) {
  struct wanted *wanted = ctx;
  wanted->result->problems++;
  if (wanted->feed->errand) {
    kz_errand_log(wanted->feed->errand, "manifest.json, line %llu: %s",
                  (unsigned long long)line, words);
  }
}

/* --- what an event of a feed becomes ---------------------------------------
 */

static void adapt_attribute(const struct kz_feed *feed,
                            struct kz_attribute *a) {
  a->distribution = KZ_DIST_INHERIT;
  a->sharing_group_id = 0;
  a->to_ids = feed->forces_ids || (a->to_ids && !feed->overrides_ids);
  a->disable_correlation = a->disable_correlation || feed->is_silent;
}

static kz_rc add_tag(const struct kz_feed *feed, struct kz_event *event,
                     struct kz_arena *arena) {
  struct kz_tag_use *tags =
      kz_arena_array(arena, event->tag_count + 1, sizeof *tags);
  if (!tags) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < event->tag_count; i++) {
    tags[i] = event->tags[i];
    if (kz_str_eq(tags[i].tag.name, feed->tag.name)) {
      return KZ_OK;
    }
  }
  tags[event->tag_count] = (struct kz_tag_use){.tag = feed->tag};
  event->tags = tags;
  event->tag_count++;
  return KZ_OK;
}

static kz_rc adapt(void *ctx, struct kz_event *event, struct kz_arena *arena,
                   struct kz_err *err) {
  const struct kz_feed *feed = ctx;
  if (!kz_rules_allow(&feed->rules, event->tags, event->tag_count,
                      &event->orgc)) {
    return KZ_UNCHANGED;
  }
  if (feed->distribution != KZ_DIST_INHERIT) {
    event->distribution = feed->distribution;
    event->sharing_group_id =
        feed->distribution == KZ_DIST_GROUP ? feed->group : 0;
  } else if (event->distribution == KZ_DIST_GROUP) {
    event->distribution = KZ_DIST_ORG; /* their group is none of ours */
    event->sharing_group_id = 0;
  }
  event->disable_correlation = event->disable_correlation || feed->is_silent;
  event->published =
      !feed->unpublishes && (event->published || feed->publishes);
  event->locked = false;
  for (size_t i = 0; i < event->attribute_count; i++) {
    adapt_attribute(feed, &event->attributes[i]);
  }
  for (size_t i = 0; i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    o->distribution = KZ_DIST_INHERIT;
    o->sharing_group_id = 0;
    for (size_t k = 0; k < o->attribute_count; k++) {
      adapt_attribute(feed, &o->attributes[k]);
    }
  }
  for (size_t i = 0; i < event->report_count; i++) {
    event->reports[i].distribution = KZ_DIST_INHERIT;
    event->reports[i].sharing_group_id = 0;
  }
  return feed->has_tag && add_tag(feed, event, arena) != KZ_OK
             ? kz_err_set(err, KZ_E_MEMORY, "out of memory")
             : KZ_OK;
}

/* --- fetching --------------------------------------------------------------
 */

static kz_rc next_file(void *ctx, struct kz_fetch_ask *ret) {
  struct wanted *wanted = ctx;
  if (wanted->next == wanted->count) {
    return KZ_END;
  }
  *ret = (struct kz_fetch_ask){
      .method = KZ_METHOD_GET,
      .url = wanted->files[wanted->next],
      .headers = wanted->feed->headers,
      .header_count = wanted->feed->header_count,
      .tag = &wanted->files[wanted->next],
  };
  wanted->next++;
  return KZ_OK;
}

static kz_rc take_file(void *ctx, const struct kz_fetch_got *got) {
  struct wanted *wanted = ctx;
  const kz_str *file = got->tag;
  kz_rc rc = KZ_OK;
  if (got->rc == KZ_OK && got->status == 200) {
    rc = kz_spool_add(wanted->spool, got->body, wanted->err);
  } else {
    wanted->result->problems++;
    if (wanted->feed->errand) {
      kz_errand_log(wanted->feed->errand, "%.*s: %s (%u)",
                    KZ_STR_ARG(kz_str_head(*file, 200)),
                    got->words[0] ? got->words : "not there", got->status);
    }
  }
  if (wanted->feed->errand) {
    kz_errand_add_done(wanted->feed->errand, 1);
  }
  if (rc == KZ_OK && kz_spool_bytes(wanted->spool) >= KZ_SPOOL_FULL) {
    rc = kz_spool_import(wanted->spool, wanted->options, wanted->feed->errand,
                         wanted->err);
  }
  return rc;
}

static bool is_stopped(void *ctx) {
  const struct wanted *wanted = ctx;
  return wanted->feed->errand && kz_errand_is_stopped(wanted->feed->errand);
}

static kz_rc fetch_files(struct wanted *wanted) {
  struct kz_fetch *fetch = NULL;
  const struct kz_fetch_client client = {.ctx = wanted,
                                         .next = next_file,
                                         .take = take_file,
                                         .is_stopped = is_stopped};
  kz_rc rc = kz_feed_fetch(wanted->feed, &fetch, wanted->err);
  if (rc == KZ_OK) {
    rc = kz_fetch_run(fetch, &client, wanted->err);
  }
  return rc == KZ_OK ? kz_spool_import(wanted->spool, wanted->options,
                                       wanted->feed->errand, wanted->err)
                     : rc;
}

/* --- the verb --------------------------------------------------------------
 */

void kz_feed_count(const struct kz_spool_counts *counts,
                   struct kz_feed_result *result) {
  result->events += counts->events + counts->updated;
  result->fresh += counts->attributes;
  result->duplicate += counts->repeated;
  result->problems += counts->errors;
}

static kz_rc take_wanted(struct wanted *wanted) {
  struct kz_feed *feed = wanted->feed;
  const struct kz_ingest_options options = {
      .known_at = KZ_KNOWN_NOW, .org = feed->org, .adapt = adapt, .ctx = feed};
  wanted->options = &options;
  kz_rc rc =
      kz_spool_open(feed->house, "feed", feed->id, &wanted->spool, wanted->err);
  if (rc == KZ_OK && feed->is_local) {
    rc = kz_spool_import_paths(wanted->spool, wanted->files, wanted->count,
                               &options, feed->errand, wanted->err);
  } else if (rc == KZ_OK) {
    rc = fetch_files(wanted);
  }
  if (wanted->spool) {
    kz_feed_count(kz_spool_counts(wanted->spool), wanted->result);
  }
  kz_spool_close(wanted->spool);
  return rc;
}

static kz_rc read_manifest(struct kz_feed *feed, struct kz_feed_stamp *stamp,
                           const struct kz_feed_sink *sink,
                           struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  kz_str path;
  kz_rc rc = kz_feed_file(feed, kz_str_of(feed->plug->index), &path, err);
  if (rc == KZ_OK) {
    rc = kz_feed_read(feed, path, &text, stamp, err);
  }
  if (rc == KZ_OK) {
    rc = feed->plug->read(kz_buf_str(&text), &feed->options, sink, err);
  }
  if (rc < 0 && rc != KZ_E_STOPPED) {
    kz_err_prefix(err, "%s", feed->plug->index);
  }
  return rc;
}

kz_rc kz_feed_misp_take(struct kz_feed *feed, struct kz_feed_stamp *ret_stamp,
                        struct kz_feed_result *ret, struct kz_err *err) {
  struct wanted wanted = {.feed = feed,
                          .view = kz_store_view(feed->house->store),
                          .result = ret,
                          .err = err};
  const struct kz_feed_sink sink = {
      .ctx = &wanted, .head = take_head, .problem = take_problem};
  kz_rc rc = read_manifest(feed, ret_stamp, &sink, err);
  kz_view_unref(wanted.view);
  if (rc == KZ_OK && feed->errand) {
    kz_errand_set_total(feed->errand, wanted.count);
    kz_errand_log(
        feed->errand, "%llu events to take, %llu known, %llu ruled out",
        (unsigned long long)wanted.count, (unsigned long long)wanted.known,
        (unsigned long long)wanted.ruled_out);
  }
  if (rc == KZ_OK && wanted.count > 0) {
    rc = take_wanted(&wanted);
  }
  free(wanted.files);
  return rc;
}

/* --- preview ---------------------------------------------------------------
 */

struct glance {
  struct kz_jsonw *w;
  size_t limit;
  size_t count;
};

static kz_rc glance_at(void *ctx, const struct kz_event *head) {
  struct glance *glance = ctx;
  char uuid[KZ_UUID_TEXT];
  if (glance->count++ >= glance->limit) {
    return KZ_OK;
  }
  kz_jsonw_object(glance->w);
  kz_jsonw_member_str(glance->w, KZ_STR("uuid"),
                      kz_uuid_format(&head->uuid, uuid));
  kz_jsonw_member_str(glance->w, KZ_STR("info"), head->info);
  kz_jsonw_member_str(glance->w, KZ_STR("orgc"), head->orgc.name);
  kz_jsonw_member_i64(glance->w, KZ_STR("timestamp"),
                      head->timestamp_us / KZ_SECOND_US);
  kz_jsonw_object_end(glance->w);
  return KZ_OK;
}

static void pass_over(void *ctx, uint64_t line, const char *words) {
  (void)ctx;
  (void)line;
  (void)words;
}

kz_rc kz_feed_misp_preview(struct kz_feed *feed, size_t limit,
                           struct kz_jsonw *w, struct kz_err *err) {
  struct glance glance = {.w = w, .limit = limit};
  const struct kz_feed_sink sink = {
      .ctx = &glance, .head = glance_at, .problem = pass_over};
  kz_jsonw_array(w);
  kz_rc rc = read_manifest(feed, NULL, &sink, err);
  kz_jsonw_array_end(w);
  return rc;
}
