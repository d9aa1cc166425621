/* Who is no administrator sees the feeds that are marked visible for lookups,
 * and changes none. */
#include "api/misp_feed.h"

#include "api/misp_form.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "format/misp_write.h"
#include "store/store.h"
#include "work/feed_cache.h"
#include "work/feed_run.h"
#include "work/feed_take.h"
#include "work/feeds.h"

enum {
  PREVIEW_ROWS = 60,
  COMPARED_MAX = 1000, /* feeds in the matrix */
};

static bool may_see(const struct kz_misp_call *call,
                    const struct kz_jsonv *document) {
  return kz_misp_is_admin(call->eye.user) ||
         kz_form_flag(&kz_feed_form, document, "lookup_visible");
}

/* {"Feed":{...},"Tag":{...}}: the tag that is put on what it brings. */
static void write_feed(struct kz_misp_call *call, struct kz_jsonw *w,
                       const struct kz_jsonv *document) {
  struct kz_tag tag;
  uint64_t tag_id = kz_form_number(&kz_feed_form, document, "tag_id");
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Feed"));
  kz_jsonw_object(w);
  kz_form_write(&kz_feed_form, document, w);
  kz_jsonw_object_end(w);
  if (tag_id > 0 && tag_id <= UINT32_MAX &&
      kz_dict_tag_get(kz_store_dict(call->eye.house->store), (uint32_t)tag_id,
                      &tag) == KZ_OK) {
    kz_jsonw_key(w, KZ_STR("Tag"));
    kz_misp_write_tag(w, &tag, (struct kz_misp_style){.ids = true});
  }
  kz_jsonw_object_end(w);
}

static void reply_feed(struct kz_misp_call *call,
                       const struct kz_jsonv *document) {
  KZ_MISP_OUT(out);
  write_feed(call, &out.w, document);
  kz_misp_send(call, &out);
}

void kz_misp_feed_index(struct kz_misp_call *call) {
  struct kz_shelf *shelf = kz_binder_shelf(call->eye.house->feeds);
  struct kz_card *cards = NULL;
  struct kz_err err = KZ_ERR_NONE;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK && may_see(call, document)) {
      write_feed(call, &out.w, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* removed meanwhile */
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Feed", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

void kz_misp_feed_view(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (!kz_misp_form_find(call, call->eye.house->feeds, "Feed", &id,
                         &document)) {
    return;
  }
  if (!may_see(call, document)) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid feed"));
    return;
  }
  reply_feed(call, document);
}

static void fill(struct kz_misp_call *call, uint64_t id,
                 const struct kz_jsonv *from, const char *verb) {
  struct kz_jsonv *document = NULL;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_binder_fill(call->eye.house->feeds, id, from, call->work,
                            &document, &err);
  if (rc != KZ_OK) {
    kz_misp_form_refuse(call, verb, "Feed", rc, &err);
    return;
  }
  reply_feed(call, document);
}

void kz_misp_feed_add(struct kz_misp_call *call) {
  struct kz_jsonv *from = NULL;
  if (kz_misp_form_may(call) && kz_misp_form_body(call, "Feed", &from)) {
    fill(call, 0, from, "add");
  }
}

/* The feed that the path names, for who may change it. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id) {
  struct kz_jsonv *document = NULL;
  return kz_misp_form_may(call) &&
         kz_misp_form_find(call, call->eye.house->feeds, "Feed", ret_id,
                           &document);
}

void kz_misp_feed_edit(struct kz_misp_call *call) {
  struct kz_jsonv *from = NULL;
  uint64_t id = 0;
  if (find(call, &id) && kz_misp_form_body(call, "Feed", &from)) {
    fill(call, id, from, "edit");
  }
}

static void set_enabled(struct kz_misp_call *call, bool enabled) {
  uint64_t id = 0;
  struct kz_jsonv *from = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  if (find(call, &id) && from &&
      kz_jsonv_set_bool(from, KZ_STR("enabled"), enabled, call->work)) {
    fill(call, id, from, "edit");
  }
}

void kz_misp_feed_enable(struct kz_misp_call *call) {
  set_enabled(call, true);
}

void kz_misp_feed_disable(struct kz_misp_call *call) {
  set_enabled(call, false);
}

void kz_misp_feed_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  if (!find(call, &id)) {
    return;
  }
  kz_rc rc = kz_shelf_remove(kz_binder_shelf(call->eye.house->feeds), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Feed", rc, &err);
    return;
  }
  kz_feed_cache_remove(kz_store_path(call->eye.house->store), id);
  kz_misp_done(call, KZ_STR("Feed deleted."), 0);
}

void kz_misp_feed_load(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  size_t added = 0;
  if (!kz_misp_form_may(call)) {
    return;
  }
  kz_rc rc = kz_feeds_load_known(call->eye.house->feeds, &added, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Feed", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Default feed metadata loaded."), 0);
}

/* --- fetching and caching --------------------------------------------------
 */

static void order_one(struct kz_misp_call *call, const char *kind, uint64_t id,
                      kz_str message) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_errand_order order = {
      .kind = kind, .subject = id, .user = call->eye.user->id};
  uint64_t errand = 0;
  kz_rc rc = kz_errands_add(call->eye.house->errands, &order, &errand, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Feed", rc, &err);
    return;
  }
  kz_misp_done(call, message, errand);
}

static void order_many(struct kz_misp_call *call, const char *kind,
                       kz_feed_wants *wants, void *ctx, kz_str message) {
  struct kz_err err = KZ_ERR_NONE;
  size_t count = 0;
  kz_rc rc = kz_feed_order(call->eye.house, kind, wants, ctx,
                           call->eye.user->id, &count, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Feed", rc, &err);
    return;
  }
  kz_misp_done(call, message, 0);
}

void kz_misp_feed_fetch(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (!kz_misp_form_may(call) ||
      !kz_misp_form_find(call, call->eye.house->feeds, "Feed", &id,
                         &document)) {
    return;
  }
  if (!kz_form_flag(&kz_feed_form, document, "enabled")) {
    kz_misp_refuse(call, 403,
                   KZ_STR("Feed is currently not enabled. Make sure you "
                          "enable it."));
    return;
  }
  order_one(call, KZ_FEED_FETCH, id,
            KZ_STR("Pull queued for background execution."));
}

static bool is_enabled(void *ctx, const struct kz_jsonv *document) {
  (void)ctx;
  return kz_form_flag(&kz_feed_form, document, "enabled");
}

void kz_misp_feed_fetch_all(struct kz_misp_call *call) {
  if (kz_misp_form_may(call)) {
    order_many(call, KZ_FEED_FETCH, is_enabled, NULL,
               KZ_STR("Pull queued for background execution."));
  }
}

/* Of the format that is named, or all. */
static bool is_cached(void *ctx, const struct kz_jsonv *document) {
  const kz_str *scope = ctx;
  return kz_form_flag(&kz_feed_form, document, "caching_enabled") &&
         (kz_str_eq(*scope, KZ_STR("all")) ||
          kz_str_eq(*scope,
                    kz_form_text(&kz_feed_form, document, "source_format")));
}

void kz_misp_feed_cache(struct kz_misp_call *call) {
  const kz_str message = KZ_STR("Feed caching job initiated.");
  kz_str scope = kz_misp_arg(call, 0);
  uint64_t id = 0;
  if (!kz_misp_form_may(call)) {
    return;
  }
  if (kz_str_u64(scope, &id) == KZ_OK) {
    struct kz_jsonv *document = NULL;
    if (kz_misp_form_find(call, call->eye.house->feeds, "Feed", &id,
                          &document)) {
      order_one(call, KZ_FEED_CACHE, id, message);
    }
    return;
  }
  scope = scope.len > 0 ? scope : KZ_STR("all");
  order_many(call, KZ_FEED_CACHE, is_cached, &scope, message);
}

/* --- what is in the caches -------------------------------------------------
 */

/* The feeds that the caller may see. */
static kz_rc list_feeds(struct kz_misp_call *call, struct kz_jsonv ***ret,
                        size_t *ret_count, struct kz_err *err) {
  struct kz_shelf *shelf = kz_binder_shelf(call->eye.house->feeds);
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t seen = 0;
  kz_rc rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  struct kz_jsonv **feeds =
      kz_arena_array(call->work, count + 1, sizeof *feeds);
  rc = feeds ? rc : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = kz_shelf_get(shelf, cards[i].id, call->work, &feeds[seen], err);
    if (rc == KZ_OK && may_see(call, feeds[seen])) {
      seen++;
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  *ret = feeds;
  *ret_count = seen;
  return rc;
}

static uint64_t id_of(const struct kz_jsonv *feed) {
  return kz_jsonv_u64(feed, KZ_STR("id"), 0);
}

static void write_short(struct kz_jsonw *w, const struct kz_jsonv *feed) {
  static const char *const names[] = {"name", "provider", "url",
                                      "source_format", "input_source"};
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id_of(feed));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    kz_jsonw_member_str(w, kz_str_of(names[i]),
                        kz_form_text(&kz_feed_form, feed, names[i]));
  }
}

static void write_hit(struct kz_jsonw *w, const struct kz_jsonv *feed,
                      kz_str value, const struct kz_uuid *event) {
  char uuid[KZ_UUID_TEXT];
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Feed"));
  kz_jsonw_object(w);
  write_short(w, feed);
  kz_jsonw_member_str(w, KZ_STR("type"), KZ_STR("Feed"));
  kz_jsonw_member_str(w, KZ_STR("value"), value);
  kz_jsonw_key(w, KZ_STR("event_uuids"));
  kz_jsonw_array(w);
  if (!kz_uuid_is_nil(event)) {
    kz_jsonw_str(w, kz_uuid_format(event, uuid));
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_feed_search(struct kz_misp_call *call) {
  const char *store = kz_store_path(call->eye.house->store);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_terms terms = {.any_count = 0};
  struct kz_jsonv **feeds = NULL;
  size_t count = 0;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_param_terms(call, KZ_STR("value"), &terms, &err);
  }
  if (rc == KZ_OK) {
    rc = list_feeds(call, &feeds, &count, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Feed", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t t = 0; t < terms.any_count; t++) {
    for (size_t i = 0; i < count; i++) {
      struct kz_uuid event;
      if (kz_feed_cache_find(store, id_of(feeds[i]), terms.any[t], &event) ==
          KZ_OK) {
        write_hit(&out.w, feeds[i], terms.any[t], &event);
      }
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* One feed's row of the matrix. */
static void write_compared(struct kz_jsonw *w, const char *store,
                           struct kz_jsonv **feeds, size_t count, size_t own) {
  size_t values = kz_feed_cache_count(store, id_of(feeds[own]));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Feed"));
  kz_jsonw_object(w);
  write_short(w, feeds[own]);
  kz_jsonw_member_u64(w, KZ_STR("values"), values);
  kz_jsonw_key(w, KZ_STR("ComparedFeed"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count && values > 0; i++) {
    if (i == own || kz_feed_cache_count(store, id_of(feeds[i])) == 0) {
      continue;
    }
    size_t shared =
        kz_feed_cache_overlap(store, id_of(feeds[own]), id_of(feeds[i]));
    kz_jsonw_object(w);
    write_short(w, feeds[i]);
    kz_jsonw_member_u64(w, KZ_STR("overlap_count"), shared);
    kz_jsonw_member_u64(w, KZ_STR("overlap_percentage"),
                        (shared * 100 + values / 2) / values);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_feed_compare(struct kz_misp_call *call) {
  const char *store = kz_store_path(call->eye.house->store);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv **feeds = NULL;
  size_t count = 0;
  kz_rc rc = list_feeds(call, &feeds, &count, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Feed", rc, &err);
    return;
  }
  count = count < COMPARED_MAX ? count : COMPARED_MAX;
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; i < count; i++) {
    write_compared(&out.w, store, feeds, count, i);
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_feed_preview(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_feed feed;
  uint64_t id = 0;
  if (!find(call, &id)) {
    return;
  }
  KZ_MISP_OUT(out);
  kz_rc rc = kz_feed_open(call->eye.house, id, call->work, NULL, &feed, &err);
  if (rc == KZ_OK) {
    rc = kz_feed_preview(&feed, PREVIEW_ROWS, &out.w, &err);
    kz_feed_done(&feed);
  }
  if (rc != KZ_OK) {
    kz_misp_not_saved(call, KZ_STR("Could not fetch the feed"), KZ_STR_NONE,
                      kz_str_of(err.text));
    return;
  }
  kz_misp_send(call, &out);
}
