/* A list's values become a text in MISP's JSON that is imported like any other
 * file; what is added to an event that is there goes through the writer in
 * pieces. */
#include "work/feed_take.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "format/misp_write.h"
#include "store/edit.h"
#include "store/store.h"
#include "work/feed_cache.h"
#include "work/feed_misp.h"
#include "work/ingest.h"
#include "work/spool.h"

enum {
  ARENA_BYTES = 0x7fffffff,
  TEXT_BYTES = 0x7fffffff,
  VALUES_MAX = 1 << 23,
  KEYS_BYTES = 1 << 30,
  AT_ONCE = 2000, /* attributes of one change: short enough not to hold up
                     others, long enough that commits do not count */
};

/* --- values ----------------------------------------------------------------
 */

/* The values of a feed, each once. */
struct list {
  struct kz_feed *feed;
  struct kz_attribute *values; /* type, value, comment */
  size_t count;
  size_t room;
  struct kz_strmap *keys; /* "type value" -> 0, or 1 when it is in the event */
  uint64_t problems;
};

/* What tells attributes apart: type and value. */
static kz_str key_of(kz_type type, kz_str value, struct kz_buf *out) {
  kz_buf_clear(out);
  (void)kz_buf_add_str(out, kz_type_name(type));
  (void)kz_buf_add_byte(out, ' ');
  (void)kz_buf_add_str(out, value);
  return kz_buf_str(out);
}

static bool is_excluded(const struct kz_feed *feed, kz_str value) {
  KZ_BUF(text, 1 << 20);
  return feed->has_exclude && kz_buf_add_str(&text, value) &&
         kz_buf_add_byte(&text, '\0') &&
         regexec(&feed->exclude, text.ptr, 0, NULL, 0) == 0;
}

static bool decides_ids(const struct kz_feed *feed, kz_type type) {
  return feed->forces_ids ||
         (!feed->overrides_ids && kz_type_default_to_ids(type));
}

static kz_rc take_item(void *ctx, const struct kz_feed_item *item) {
  struct list *list = ctx;
  KZ_BUF(key, 1 << 20);
  KZ_BUF(comment, 64);
  size_t index = 0;
  if (list->feed->errand && kz_errand_is_stopped(list->feed->errand)) {
    return KZ_E_STOPPED;
  }
  if (is_excluded(list->feed, item->value)) {
    return KZ_OK;
  }
  kz_rc rc = kz_strmap_add(list->keys, key_of(item->type, item->value, &key), 0,
                           &index);
  if (rc != KZ_OK) {
    return rc == KZ_UNCHANGED ? KZ_OK : rc;
  }
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 256;
    struct kz_attribute *grown =
        room <= VALUES_MAX ? reallocarray(list->values, room, sizeof *grown)
                           : NULL;
    if (!grown) {
      return KZ_E_LIMIT;
    }
    list->values = grown;
    list->room = room;
  }
  struct kz_attribute *a = &list->values[list->count];
  *a = (struct kz_attribute){
      .type = item->type,
      .category = kz_type_default_category(item->type),
      .distribution = KZ_DIST_INHERIT,
      .to_ids = decides_ids(list->feed, item->type),
      .disable_correlation = list->feed->is_silent,
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
  };
  if (item->port > 0) {
    (void)kz_buf_add_format(&comment, "On port %u", (unsigned)item->port);
  }
  rc = kz_arena_dup(list->feed->arena, item->value, &a->value);
  if (rc == KZ_OK) {
    rc = kz_arena_dup(list->feed->arena, kz_buf_str(&comment), &a->comment);
  }
  list->count += rc == KZ_OK;
  return rc;
}

static void take_problem(void *ctx, uint64_t line, const char *words) {
  struct list *list = ctx;
  list->problems++;
  if (list->feed->errand) {
    kz_errand_log(list->feed->errand, "line %llu: %s", (unsigned long long)line,
                  words);
  }
}

static kz_rc read_list(struct kz_feed *feed, kz_str text, struct list *ret,
                       struct kz_err *err) {
  *ret = (struct list){.feed = feed,
                       .keys = kz_strmap_new(VALUES_MAX, KEYS_BYTES)};
  const struct kz_feed_sink sink = {
      .ctx = ret, .item = take_item, .problem = take_problem};
  if (!ret->keys) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc = feed->plug->read(text, &feed->options, &sink, err);
  return rc == KZ_E_LIMIT
             ? kz_err_set(err, rc, "the feed has more than %d values",
                          VALUES_MAX)
             : rc;
}

static void list_done(struct list *list) {
  free(list->values);
  kz_strmap_free(list->keys);
}

/* --- a new event -----------------------------------------------------------
 */

/* Imports the event as if it had come as a file. */
static kz_rc import_event(struct kz_feed *feed, const struct kz_event *event,
                          struct kz_feed_result *ret, struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  struct kz_jsonw w;
  struct kz_spool *spool = NULL;
  const struct kz_ingest_options options = {.known_at = KZ_KNOWN_NOW,
                                            .org = feed->org};
  kz_jsonw_init(&w, &text);
  kz_misp_write_event(&w, event, (struct kz_misp_style){.ids = false});
  if (kz_buf_failed(&text)) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc = kz_spool_open(feed->house, "feed", feed->id, &spool, err);
  if (rc == KZ_OK) {
    rc = kz_spool_add(spool, kz_buf_str(&text), err);
  }
  if (rc == KZ_OK) {
    rc = kz_spool_import(spool, &options, feed->errand, err);
  }
  if (rc == KZ_OK) {
    kz_feed_count(kz_spool_counts(spool), ret);
  }
  kz_spool_close(spool);
  return rc;
}

static void name_event(const struct kz_feed *feed, struct kz_buf *out) {
  (void)kz_buf_add_str(out, feed->name);
  (void)kz_buf_add_str(out, KZ_STR(" feed"));
}

static kz_rc add_event(struct list *list, struct kz_feed_result *ret,
                       struct kz_err *err) {
  struct kz_feed *feed = list->feed;
  KZ_BUF(info, 1 << 10);
  int64_t now = kz_clock_now_us() / KZ_SECOND_US * KZ_SECOND_US;
  struct kz_tag_use tag = {.tag = feed->tag};
  name_event(feed, &info);
  struct kz_event event = {
      .threat_level = 4,
      .analysis = 2,
      .distribution =
          feed->distribution > KZ_DIST_GROUP ? KZ_DIST_ORG : feed->distribution,
      .sharing_group_id = feed->group,
      .published = feed->publishes,
      .publish_timestamp_us = feed->publishes ? now : 0,
      .date_days = kz_clock_day_of(now),
      .timestamp_us = now,
      .info = kz_buf_str(&info),
      .org = feed->org,
      .orgc = feed->org,
      .disable_correlation = feed->is_silent,
      .tags = &tag,
      .tag_count = feed->has_tag ? 1 : 0,
      .attributes = list->values,
      .attribute_count = list->count,
  };
  kz_rc rc = kz_uuid_make(&event.uuid);
  for (size_t i = 0; rc == KZ_OK && i < list->count; i++) {
    list->values[i].timestamp_us = now;
    rc = kz_uuid_make(&list->values[i].uuid);
  }
  if (rc == KZ_OK) {
    rc = import_event(feed, &event, ret, err);
  }
  if (rc == KZ_OK && feed->is_fixed) {
    rc = kz_feed_misp_find(feed->house, &event.uuid, &ret->event);
  }
  return rc;
}

/* --- the fixed event -------------------------------------------------------
 */

/* What is to be done with attributes that are in the event. */
struct difference {
  struct list *list;
  uint64_t *vanished; /* live ones that the feed has no more */
  size_t vanished_count;
  size_t vanished_room;
  uint64_t *back; /* deleted ones that it has again */
  size_t back_count;
  size_t back_room;
};

static kz_rc note_id(uint64_t **ids, size_t *count, size_t *room, uint64_t id) {
  if (*count == *room) {
    size_t more = *room ? *room * 2 : 256;
    uint64_t *grown = reallocarray(*ids, more, sizeof *grown);
    if (!grown) {
      return KZ_E_MEMORY;
    }
    *ids = grown;
    *room = more;
  }
  (*ids)[(*count)++] = id;
  return KZ_OK;
}

static kz_rc compare_one(void *ctx, const struct kz_attribute *a,
                         struct kz_err *err) {
  struct difference *d = ctx;
  KZ_BUF(key, 1 << 20);
  size_t index = 0;
  (void)err;
  if (a->object_id != 0) {
    return KZ_OK;
  }
  kz_str text = key_of(a->type, a->value, &key);
  uint64_t seen = 0;
  if (!kz_strmap_get(d->list->keys, text, &seen)) {
    return a->deleted || !d->list->feed->is_delta
               ? KZ_OK
               : note_id(&d->vanished, &d->vanished_count, &d->vanished_room,
                         a->id);
  }
  if (seen == 1) {
    return KZ_OK;
  }
  if (kz_strmap_add(d->list->keys, text, 1, &index) == KZ_UNCHANGED) {
    kz_strmap_set(d->list->keys, index, 1);
  }
  return a->deleted ? note_id(&d->back, &d->back_count, &d->back_room, a->id)
                    : KZ_OK;
}

/* A piece of the changes, for the writer. */
struct piece {
  uint64_t event;
  const uint64_t *ids;
  struct kz_attribute *attributes;
  size_t count;
  bool restores;
  struct kz_edit_report report;
};

static kz_rc apply_ids(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct piece *p = ctx;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc >= 0 && i < p->count; i++) {
    rc = p->restores
             ? kz_edit_restore_attribute(txn, p->event, p->ids[i], err)
             : kz_edit_delete_attribute(txn, p->event, p->ids[i], false, err);
  }
  return rc;
}

static kz_rc apply_new(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct piece *p = ctx;
  return kz_edit_add_attributes(txn, p->event, p->attributes, p->count, false,
                                &p->report, err);
}

static kz_rc change_ids(struct kz_feed *feed, uint64_t event,
                        const uint64_t *ids, size_t count, bool restores,
                        struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t at = 0; rc >= 0 && at < count; at += AT_ONCE) {
    struct piece piece = {.event = event,
                          .ids = ids + at,
                          .count = count - at < AT_ONCE ? count - at : AT_ONCE,
                          .restores = restores};
    rc = kz_store_run(feed->house->store, apply_ids, &piece, err);
  }
  return rc < 0 ? rc : KZ_OK;
}

static kz_rc add_new(struct list *list, uint64_t event,
                     struct kz_feed_result *ret, struct kz_err *err) {
  struct kz_feed *feed = list->feed;
  KZ_BUF(key, 1 << 20);
  size_t fresh = 0;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; i < list->count; i++) {
    uint64_t seen = 0;
    const struct kz_attribute *a = &list->values[i];
    if (kz_strmap_get(list->keys, key_of(a->type, a->value, &key), &seen) &&
        seen == 0) {
      list->values[fresh++] = *a;
    }
  }
  ret->duplicate += list->count - fresh;
  for (size_t at = 0; rc >= 0 && at < fresh; at += AT_ONCE) {
    struct piece piece = {.event = event,
                          .attributes = list->values + at,
                          .count = fresh - at < AT_ONCE ? fresh - at : AT_ONCE};
    rc = kz_store_run(feed->house->store, apply_new, &piece, err);
    ret->fresh += piece.report.attributes;
    ret->problems += piece.report.refusal_count;
    kz_edit_report_done(&piece.report);
    if (feed->errand) {
      kz_errand_set_done(feed->errand, at + piece.count);
      rc = kz_errand_is_stopped(feed->errand) ? KZ_E_STOPPED : rc;
    }
  }
  return rc < 0 ? rc : KZ_OK;
}

struct publishing {
  uint64_t event;
};

static kz_rc apply_publish(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct publishing *p = ctx;
  return kz_edit_publish(txn, p->event, true, err);
}

static kz_rc change_event(struct list *list, uint64_t event,
                          struct kz_feed_result *ret, struct kz_err *err) {
  struct kz_feed *feed = list->feed;
  struct difference d = {.list = list};
  KZ_ARENA(walk, ARENA_BYTES);
  struct kz_view *view = kz_store_view(feed->house->store);
  kz_rc rc = KZ_E_MEMORY;
  if (walk) {
    struct kz_reading r = kz_store_reading(feed->house->store, view, walk);
    rc = kz_read_attributes(&r, event, (struct kz_read_options){.from = 0},
                            compare_one, &d, err);
  }
  kz_view_unref(view);
  if (rc == KZ_OK) {
    rc = add_new(list, event, ret, err);
  }
  if (rc == KZ_OK) {
    rc = change_ids(feed, event, d.back, d.back_count, true, err);
    ret->fresh += d.back_count;
    ret->duplicate -= d.back_count;
  }
  if (rc == KZ_OK) {
    rc = change_ids(feed, event, d.vanished, d.vanished_count, false, err);
    ret->gone += d.vanished_count;
  }
  if (rc == KZ_OK && feed->publishes && ret->fresh + ret->gone > 0) {
    struct publishing p = {.event = event};
    rc = kz_store_run(feed->house->store, apply_publish, &p, err);
    rc = rc < 0 ? rc : KZ_OK;
  }
  ret->events += rc == KZ_OK && ret->fresh + ret->gone > 0;
  free(d.vanished);
  free(d.back);
  return rc;
}

static bool exists(struct kz_feed *feed, uint64_t event) {
  struct kz_view *view = kz_store_view(feed->house->store);
  struct kz_event_entry entry;
  bool is_there =
      event > 0 && kz_events_get(view->events, event, &entry) == KZ_OK;
  kz_view_unref(view);
  return is_there;
}

static kz_rc take_values(struct kz_feed *feed, struct kz_feed_stamp *stamp,
                         struct kz_feed_result *ret, struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  struct list list = {.count = 0};
  kz_rc rc = kz_feed_read(feed, feed->url, &text, stamp, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = read_list(feed, kz_buf_str(&text), &list, err);
  kz_buf_done(&text);
  if (rc == KZ_OK && feed->errand) {
    kz_errand_set_total(feed->errand, list.count);
    kz_errand_log(feed->errand, "%llu values", (unsigned long long)list.count);
  }
  ret->problems += list.problems;
  if (rc == KZ_OK && feed->is_fixed && exists(feed, feed->event)) {
    ret->event = feed->event;
    rc = change_event(&list, feed->event, ret, err);
  } else if (rc == KZ_OK && list.count > 0) {
    rc = add_event(&list, ret, err);
  }
  if (rc == KZ_OK && feed->errand) {
    kz_errand_set_done(feed->errand, list.count);
  }
  list_done(&list);
  return rc;
}

kz_rc kz_feed_take(struct kz_feed *feed, struct kz_feed_stamp *ret_stamp,
                   struct kz_feed_result *ret, struct kz_err *err) {
  return feed->plug->index ? kz_feed_misp_take(feed, ret_stamp, ret, err)
                           : take_values(feed, ret_stamp, ret, err);
}

/* --- preview, cache --------------------------------------------------------
 */

static void preview_values(const struct list *list, size_t limit,
                           struct kz_jsonw *w) {
  kz_jsonw_array(w);
  for (size_t i = 0; i < list->count && i < limit; i++) {
    const struct kz_attribute *a = &list->values[i];
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("type"), kz_type_name(a->type));
    kz_jsonw_member_str(w, KZ_STR("category"), kz_category_name(a->category));
    kz_jsonw_member_str(w, KZ_STR("value"), a->value);
    kz_jsonw_member_str(w, KZ_STR("comment"), a->comment);
    kz_jsonw_member_bool(w, KZ_STR("to_ids"), a->to_ids);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

kz_rc kz_feed_preview(struct kz_feed *feed, size_t limit, struct kz_jsonw *w,
                      struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  struct list list = {.count = 0};
  if (feed->plug->index) {
    return kz_feed_misp_preview(feed, limit, w, err);
  }
  kz_rc rc = kz_feed_read(feed, feed->url, &text, NULL, err);
  if (rc == KZ_OK) {
    rc = read_list(feed, kz_buf_str(&text), &list, err);
  }
  if (rc == KZ_OK) {
    preview_values(&list, limit, w);
  }
  list_done(&list);
  return rc;
}

static kz_rc sum_values(struct kz_feed *feed, struct kz_feed_sums *sums,
                        struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  struct list list = {.count = 0};
  kz_rc rc = kz_feed_read(feed, feed->url, &text, NULL, err);
  if (rc == KZ_OK) {
    rc = read_list(feed, kz_buf_str(&text), &list, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < list.count; i++) {
    rc = kz_feed_sums_add_value(sums, list.values[i].value);
  }
  list_done(&list);
  return rc;
}

static kz_rc sum_hashes(struct kz_feed *feed, struct kz_feed_sums *sums,
                        struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  kz_str path;
  kz_rc rc = kz_feed_file(feed, KZ_STR("hashes.csv"), &path, err);
  if (rc == KZ_OK) {
    rc = kz_feed_read(feed, path, &text, NULL, err);
  }
  return rc == KZ_OK ? kz_feed_sums_add_csv(sums, kz_buf_str(&text)) : rc;
}

kz_rc kz_feed_cache(struct kz_feed *feed, size_t *ret_count,
                    struct kz_err *err) {
  struct kz_feed_sums sums = {.count = 0};
  kz_rc rc = feed->plug->index ? sum_hashes(feed, &sums, err)
                               : sum_values(feed, &sums, err);
  if (rc == KZ_OK) {
    rc = kz_feed_cache_write(kz_store_path(feed->house->store), feed->id, &sums,
                             err);
    *ret_count = sums.count;
  }
  kz_feed_sums_done(&sums);
  return rc;
}
