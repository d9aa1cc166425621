#include "work/feed_run.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"
#include "work/feed_take.h"

enum { ARENA_BYTES = 0x7fffffff };
#define MINUTE_US (60 * KZ_SECOND_US)

/* --- what is kept ----------------------------------------------------------
 */

struct outcome {
  kz_rc rc;
  const char *words;
  int64_t began_us;
  bool is_cache;
  size_t cached;
  const struct kz_feed_result *result;
  const struct kz_feed_stamp *stamp;
};

static bool set_i64(struct kz_jsonv *d, const char *name, int64_t value,
                    struct kz_arena *arena) {
  return kz_jsonv_set_u64(d, kz_str_of(name), value > 0 ? (uint64_t)value : 0,
                          arena);
}

static bool set_text(struct kz_jsonv *d, const char *name, kz_str text,
                     struct kz_arena *arena) {
  kz_str kept;
  return kz_arena_dup(arena, text, &kept) == KZ_OK &&
         kz_jsonv_set_str(d, kz_str_of(name), kept, arena);
}

/* Adds a point to the sparkline; the oldest goes. */
static bool add_run(struct kz_jsonv *d, const struct outcome *o,
                    struct kz_arena *arena) {
  struct kz_jsonv *runs = kz_jsonv_get(d, KZ_STR("runs"));
  struct kz_jsonv *run = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  if (!runs || runs->kind != KZ_JSON_ARRAY) {
    runs = kz_jsonv_new(arena, KZ_JSON_ARRAY);
    if (!kz_jsonv_set(d, KZ_STR("runs"), runs, arena)) {
      return false;
    }
  }
  if (!run || !set_i64(run, "time", o->began_us / KZ_SECOND_US, arena) ||
      !kz_jsonv_set_u64(run, KZ_STR("new"), o->result->fresh, arena) ||
      !kz_jsonv_set_u64(run, KZ_STR("duplicate"), o->result->duplicate,
                        arena) ||
      !kz_jsonv_set_u64(run, KZ_STR("gone"), o->result->gone, arena)) {
    return false;
  }
  kz_jsonv_push(runs, run);
  while (runs->count > KZ_FEED_RUNS) {
    runs->first = runs->first->next;
    runs->count--;
  }
  return true;
}

static bool keep_success(struct kz_jsonv *d, const struct outcome *o,
                         struct kz_arena *arena) {
  if (o->is_cache) {
    return set_i64(d, "cache_timestamp", o->began_us / KZ_SECOND_US, arena) &&
           kz_jsonv_set_u64(d, KZ_STR("cached_elements"), o->cached, arena);
  }
  bool good =
      set_i64(d, "last_success_us", o->began_us, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("last_new"), o->result->fresh, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("last_duplicate"), o->result->duplicate,
                       arena) &&
      kz_jsonv_set_u64(d, KZ_STR("last_gone"), o->result->gone, arena);
  if (good && o->rc == KZ_OK) {
    good = add_run(d, o, arena) &&
           set_text(d, "etag", kz_buf_str(&o->stamp->etag), arena) &&
           set_text(d, "modified", kz_buf_str(&o->stamp->modified), arena);
  }
  if (good && o->result->event > 0) {
    good = kz_jsonv_set_u64(d, KZ_STR("event_id"), o->result->event, arena);
  }
  return good;
}

static kz_rc note(void *ctx, struct kz_jsonv *d, struct kz_arena *arena,
                  struct kz_err *err) {
  const struct outcome *o = ctx;
  const char *tried = o->is_cache ? "cache_try_us" : "last_try_us";
  const char *failed = o->is_cache ? "cache_error" : "last_error";
  bool good = set_i64(d, tried, o->began_us, arena) &&
              set_text(d, failed, kz_str_of(o->rc < 0 ? o->words : ""), arena);
  if (good && o->rc >= 0) {
    good = keep_success(d, o, arena);
  }
  return good ? KZ_OK : kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

/* --- errands ---------------------------------------------------------------
 */

static void tell(struct kz_errand *errand, kz_rc rc,
                 const struct kz_feed_result *result) {
  if (rc == KZ_UNCHANGED) {
    kz_errand_log(errand, "the feed has not changed");
  } else if (rc == KZ_OK) {
    kz_errand_log(
        errand, "%llu events, %llu new attributes, %llu known, %llu gone",
        (unsigned long long)result->events, (unsigned long long)result->fresh,
        (unsigned long long)result->duplicate,
        (unsigned long long)result->gone);
  }
}

kz_rc kz_feed_run_fetch(void *ctx, struct kz_errand *errand,
                        struct kz_err *err) {
  struct kz_house *house = ctx;
  struct kz_feed feed;
  struct kz_feed_result result = {.events = 0};
  struct kz_feed_stamp stamp = {.etag = {.max = 0}};
  struct outcome outcome = {
      .began_us = kz_clock_now_us(), .result = &result, .stamp = &stamp};
  struct kz_err words = KZ_ERR_NONE;
  KZ_ARENA(arena, ARENA_BYTES);
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc = kz_feed_open(house, kz_errand_subject(errand), arena, errand,
                          &feed, &words);
  if (rc == KZ_OK) {
    rc = kz_feed_take(&feed, &stamp, &result, &words);
    kz_feed_done(&feed);
  }
  outcome.rc = rc;
  outcome.words = words.text;
  tell(errand, rc, &result);
  kz_rc kept = rc == KZ_E_STOPPED || rc == KZ_NOT_FOUND
                   ? KZ_OK
                   : kz_binder_note(house->feeds, kz_errand_subject(errand),
                                    note, &outcome, err);
  kz_buf_done(&stamp.etag);
  kz_buf_done(&stamp.modified);
  if (rc < 0) {
    return kz_err_set(err, rc, "%s", words.text);
  }
  return kept < 0 ? kept : KZ_OK;
}

kz_rc kz_feed_run_cache(void *ctx, struct kz_errand *errand,
                        struct kz_err *err) {
  struct kz_house *house = ctx;
  struct kz_feed feed;
  struct kz_feed_result result = {.events = 0};
  struct outcome outcome = {
      .began_us = kz_clock_now_us(), .is_cache = true, .result = &result};
  struct kz_err words = KZ_ERR_NONE;
  KZ_ARENA(arena, ARENA_BYTES);
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc = kz_feed_open(house, kz_errand_subject(errand), arena, errand,
                          &feed, &words);
  if (rc == KZ_OK) {
    rc = kz_feed_cache(&feed, &outcome.cached, &words);
    kz_feed_done(&feed);
  }
  outcome.rc = rc;
  outcome.words = words.text;
  if (rc == KZ_OK) {
    kz_errand_log(errand, "%llu values cached",
                  (unsigned long long)outcome.cached);
  }
  kz_rc kept = rc == KZ_E_STOPPED || rc == KZ_NOT_FOUND
                   ? KZ_OK
                   : kz_binder_note(house->feeds, kz_errand_subject(errand),
                                    note, &outcome, err);
  if (rc < 0) {
    return kz_err_set(err, rc, "%s", words.text);
  }
  return kept < 0 ? kept : KZ_OK;
}

/* --- asking for them -------------------------------------------------------
 */

kz_rc kz_feed_order(struct kz_house *house, const char *kind,
                    kz_feed_wants *wants, void *ctx, uint64_t user,
                    size_t *ret_count, struct kz_err *err) {
  struct kz_shelf *shelf = kz_binder_shelf(house->feeds);
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t ordered = 0;
  KZ_ARENA(arena, ARENA_BYTES);
  kz_rc rc = arena ? kz_shelf_cards(shelf, 0, arena, &cards, &count)
                   : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    uint64_t id = 0;
    rc = kz_shelf_get(shelf, cards[i].id, arena, &document, err);
    if (rc == KZ_NOT_FOUND) {
      rc = KZ_OK;
      continue;
    }
    if (rc == KZ_OK && wants(ctx, document)) {
      const struct kz_errand_order order = {
          .kind = kind, .subject = cards[i].id, .user = user};
      rc = kz_errands_add(house->errands, &order, &id, err);
      ordered++;
    }
  }
  *ret_count = ordered;
  return rc;
}

int64_t kz_feed_due_us(uint64_t feed, int64_t tried_us, uint64_t interval_min) {
  uint64_t interval = interval_min * (uint64_t)MINUTE_US;
  uint64_t seed = (feed + (uint64_t)tried_us) * UINT64_C(0x9e3779b97f4a7c15);
  uint64_t jitter = interval / 10 > 0 ? (seed >> 16) % (interval / 10) : 0;
  return tried_us + (int64_t)(interval + jitter);
}

struct due {
  int64_t now_us;
  const char *flag;
  const char *interval;
  const char *tried;
};

static bool is_due(void *ctx, const struct kz_jsonv *d) {
  const struct due *due = ctx;
  uint64_t interval = kz_form_number(&kz_feed_form, d, due->interval);
  int64_t tried = (int64_t)kz_jsonv_u64(d, kz_str_of(due->tried), 0);
  return interval > 0 && interval < INT32_MAX &&
         kz_form_flag(&kz_feed_form, d, due->flag) &&
         kz_feed_due_us(kz_jsonv_u64(d, KZ_STR("id"), 0), tried, interval) <=
             due->now_us;
}

kz_rc kz_feed_order_due(struct kz_house *house, int64_t now_us,
                        struct kz_err *err) {
  size_t count = 0;
  struct due fetch = {now_us, "enabled", "fetch_interval", "last_try_us"};
  struct due cache = {now_us, "caching_enabled", "cache_interval",
                      "cache_try_us"};
  kz_rc rc =
      kz_feed_order(house, KZ_FEED_FETCH, is_due, &fetch, 0, &count, err);
  return rc == KZ_OK ? kz_feed_order(house, KZ_FEED_CACHE, is_due, &cache, 0,
                                     &count, err)
                     : rc;
}
