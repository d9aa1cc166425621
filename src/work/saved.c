/* New is what has an id that the look does not cover: exact, whatever the clock
 * does. The index's times of knowing only narrow the question; they may be off
 * by CLOCK_SLACK_S. */
#include "work/saved.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "store/meta.h"
#include "work/filter.h"

enum { CLOCK_SLACK_S = 3600, NAME_BYTES = 32, ARENA_BYTES = 64 << 20 };

static const struct kz_shelf_shape search_shape = {.kind = KZ_SHELF_SEARCH,
                                                   .noun = "saved search",
                                                   .name = "name",
                                                   .parent = "user_id"};
static const struct kz_shelf_shape look_shape = {
    .kind = KZ_SHELF_LOOK, .noun = "look", .name = "name"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "saved searches: out of memory");
}

kz_rc kz_saved_open(struct kz_store *store, struct kz_saved **ret_saved,
                    struct kz_err *err) {
  struct kz_saved *saved = calloc(1, sizeof *saved);
  kz_rc rc = saved ? kz_shelf_open(store, &search_shape, &saved->searches, err)
                   : no_memory(err);
  if (rc == KZ_OK) {
    rc = kz_shelf_open(store, &look_shape, &saved->looks, err);
  }
  if (rc != KZ_OK) {
    kz_saved_close(saved);
    return rc;
  }
  *ret_saved = saved;
  return KZ_OK;
}

void kz_saved_close(struct kz_saved *saved) {
  if (saved) {
    kz_shelf_close(saved->searches);
    kz_shelf_close(saved->looks);
    free(saved);
  }
}

/* --- whose it is -----------------------------------------------------------
 */

bool kz_saved_is_his(const struct kz_jsonv *search,
                     const struct kz_user *user) {
  return user->viewer.sees_all ||
         kz_jsonv_u64(search, KZ_STR("user_id"), 0) == user->id;
}

bool kz_saved_is_seen(const struct kz_jsonv *search, const struct kz_user *by) {
  kz_str share = kz_jsonv_text(search, KZ_STR("share"));
  return kz_saved_is_his(search, by) || kz_str_eq(share, KZ_STR("all")) ||
         (kz_str_eq(share, KZ_STR("org")) && by->org.id != 0 &&
          kz_jsonv_u64(search, KZ_STR("org_id"), 0) == by->org.id);
}

kz_rc kz_saved_get(struct kz_saved *saved, uint64_t id,
                   const struct kz_user *user, bool to_change,
                   struct kz_arena *arena, struct kz_jsonv **ret_search,
                   struct kz_err *err) {
  struct kz_jsonv *search = NULL;
  kz_rc rc = kz_shelf_get(saved->searches, id, arena, &search, err);
  if (rc == KZ_NOT_FOUND || (rc == KZ_OK && !kz_saved_is_seen(search, user))) {
    return kz_err_set(err, KZ_NOT_FOUND, "there is no such saved search");
  }
  if (rc == KZ_OK && to_change && !kz_saved_is_his(search, user)) {
    return kz_err_set(err, KZ_E_DENIED, "this saved search is somebody else's");
  }
  *ret_search = search;
  return rc;
}

kz_rc kz_saved_list(struct kz_saved *saved, const struct kz_user *user,
                    struct kz_arena *arena, struct kz_jsonv **ret_list,
                    struct kz_err *err) {
  struct kz_shelf *shelf = saved->searches;
  struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc =
      list ? kz_shelf_cards(shelf, 0, arena, &cards, &count) : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *search = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, arena, &search, err);
    if (rc == KZ_OK && kz_saved_is_seen(search, user)) {
      kz_jsonv_push(list, search);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* removed meanwhile */
  }
  *ret_list = list;
  return rc;
}

/* --- changing --------------------------------------------------------------
 */

static kz_rc query_text(const struct kz_jsonv *query, struct kz_buf *out,
                        struct kz_err *err) {
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonv_write(query, &w);
  return kz_buf_failed(out)
             ? kz_err_set(err, KZ_E_LIMIT, "query: at most %d bytes",
                          KZ_SAVED_QUERY_MAX)
             : KZ_OK;
}

kz_rc kz_saved_read(struct kz_saved *saved, const struct kz_jsonv *search,
                    struct kz_arena *arena, struct kz_search *ret,
                    struct kz_err *err) {
  const struct kz_jsonv *query = kz_jsonv_get(search, KZ_STR("query"));
  KZ_BUF(text, KZ_SAVED_QUERY_MAX);
  kz_str copy = KZ_STR("");
  if (!query || query->kind != KZ_JSON_OBJECT) {
    return kz_err_set(err, KZ_E_INPUT,
                      "query: an object, as /api/search takes it");
  }
  kz_rc rc = query_text(query, &text, err);
  if (rc == KZ_OK) { /* what is read borrows from it */
    rc = kz_arena_dup(arena, kz_buf_str(&text), &copy);
  }
  if (rc == KZ_OK) {
    rc = kz_search_of_json(kz_store_dict(kz_shelf_store(saved->searches)), copy,
                           arena, ret, err);
  }
  return rc;
}

static kz_rc check_watch(const struct kz_jsonv *watch, struct kz_err *err) {
  static const char *const names[] = {"enabled", "mail", "interval",
                                      "per_hour"};
  if (!watch || watch->kind == KZ_JSON_NULL) {
    return KZ_OK;
  }
  if (watch->kind != KZ_JSON_OBJECT) {
    return kz_err_set(err, KZ_E_INPUT, "watch: an object");
  }
  for (const struct kz_jsonv *m = watch->first; m; m = m->next) {
    bool is_known = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
      is_known = is_known || kz_str_eq(m->name, kz_str_of(names[i]));
    }
    if (!is_known) {
      return kz_err_set(err, KZ_E_INPUT,
                        "watch: enabled, mail, interval or "
                        "per_hour");
    }
  }
  uint64_t per_hour = kz_jsonv_u64(
      watch, KZ_STR("per_hour"),
      kz_jsonv_get(watch, KZ_STR("per_hour")) ? 0 : KZ_WATCH_PER_HOUR);
  if (per_hour < 1 || per_hour > KZ_WATCH_PER_HOUR_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "per_hour: 1 to %d",
                      KZ_WATCH_PER_HOUR_MAX);
  }
  if (kz_jsonv_u64(watch, KZ_STR("interval"),
                   kz_jsonv_get(watch, KZ_STR("interval")) ? UINT64_MAX : 0) >
      KZ_WATCH_INTERVAL_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "interval: 0 to %d seconds",
                      KZ_WATCH_INTERVAL_MAX);
  }
  return KZ_OK;
}

bool kz_saved_is_watched(const struct kz_jsonv *search) {
  const struct kz_jsonv *watch = kz_jsonv_get(search, KZ_STR("watch"));
  return watch && watch->kind == KZ_JSON_OBJECT &&
         kz_jsonv_flag(watch, KZ_STR("enabled"), true);
}

static kz_rc check(struct kz_saved *saved, const struct kz_jsonv *search,
                   struct kz_arena *arena, struct kz_err *err) {
  kz_str name = kz_jsonv_text(search, KZ_STR("name"));
  kz_str share = kz_jsonv_text(search, KZ_STR("share"));
  struct kz_search ignored;
  if (name.len == 0 || name.len > KZ_SAVED_NAME_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "name: 1 to %d bytes",
                      KZ_SAVED_NAME_MAX);
  }
  if (!kz_str_eq(share, KZ_STR("none")) && !kz_str_eq(share, KZ_STR("org")) &&
      !kz_str_eq(share, KZ_STR("all"))) {
    return kz_err_set(err, KZ_E_INPUT, "share: none, org or all");
  }
  kz_rc rc = kz_saved_read(saved, search, arena, &ignored, err);
  return rc == KZ_OK ? check_watch(kz_jsonv_get(search, KZ_STR("watch")), err)
                     : rc;
}

/* The members that people may set, into `search`; others are refused. */
static kz_rc take(struct kz_jsonv *search, const struct kz_jsonv *from,
                  struct kz_arena *arena, struct kz_err *err) {
  static const char *const names[] = {"name", "query", "share", "watch"};
  if (!from || from->kind != KZ_JSON_OBJECT) {
    return kz_err_set(err, KZ_E_INPUT, "a JSON object is due");
  }
  for (const struct kz_jsonv *m = from->first; m; m = m->next) {
    bool is_known = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
      is_known = is_known || kz_str_eq(m->name, kz_str_of(names[i]));
    }
    if (!is_known) {
      return kz_err_set(err, KZ_E_INPUT, "\"%.*s\": no member of a search",
                        KZ_STR_ARG(kz_str_head(m->name, 100)));
    }
    struct kz_jsonv *copy = kz_arena_alloc(arena, sizeof *copy);
    if (!copy) {
      return no_memory(err);
    }
    *copy = *m; /* the children are shared: nobody changes them */
    copy->next = NULL;
    if (!kz_jsonv_set(search, m->name, copy, arena)) {
      return no_memory(err);
    }
  }
  return KZ_OK;
}

static kz_rc begin(struct kz_saved *saved, const struct kz_user *user,
                   struct kz_arena *arena, struct kz_jsonv **ret,
                   struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(saved->searches, user->id, arena, &cards, &count);
  if (rc == KZ_OK && count >= KZ_SAVED_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "at most %d saved searches a user",
                      KZ_SAVED_MAX);
  }
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  bool good =
      d && kz_jsonv_set_u64(d, KZ_STR("id"), 0, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("user_id"), user->id, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("org_id"), user->org.id, arena) &&
      kz_jsonv_set_str(d, KZ_STR("share"), KZ_STR("none"), arena) &&
      kz_jsonv_set_u64(d, KZ_STR("created"),
                       (uint64_t)(kz_clock_now_us() / KZ_SECOND_US), arena);
  *ret = d;
  return rc == KZ_OK && !good ? no_memory(err) : rc;
}

static kz_str look_name(uint64_t search, char out[NAME_BYTES]) {
  (void)snprintf(out, NAME_BYTES, "search:%llu", (unsigned long long)search);
  return kz_str_of(out);
}

/* The watch begins with what comes from now on. */
static kz_rc begin_watch(struct kz_saved *saved, uint64_t search,
                         struct kz_arena *arena, struct kz_err *err) {
  char name[NAME_BYTES];
  struct kz_look known;
  struct kz_look look;
  struct kz_view *view = kz_store_view(kz_shelf_store(saved->searches));
  kz_rc rc = kz_look_now(view, &look, err);
  kz_view_unref(view);
  if (rc == KZ_OK) {
    rc = kz_look_get(saved, look_name(search, name), arena, &known, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *d = kz_look_document(look_name(search, name), &look, arena);
  return d ? kz_shelf_put(saved->looks, &known.id, d, arena, err)
           : no_memory(err);
}

kz_rc kz_saved_put(struct kz_saved *saved, const struct kz_user *user,
                   uint64_t *id, const struct kz_jsonv *from,
                   struct kz_arena *arena, struct kz_jsonv **ret_search,
                   struct kz_err *err) {
  struct kz_jsonv *d = NULL;
  kz_rc rc = *id == 0 ? begin(saved, user, arena, &d, err)
                      : kz_saved_get(saved, *id, user, true, arena, &d, err);
  bool had_watch = rc == KZ_OK && *id > 0 && kz_saved_is_watched(d);
  if (rc == KZ_OK) {
    rc = take(d, from, arena, err);
  }
  if (rc == KZ_OK) {
    rc = check(saved, d, arena, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(saved->searches, id, d, arena, err);
  }
  if (rc == KZ_OK && kz_saved_is_watched(d) &&
      (!had_watch || kz_jsonv_get(from, KZ_STR("query")))) {
    rc = begin_watch(saved, *id, arena, err);
  }
  *ret_search = d;
  return rc;
}

kz_rc kz_saved_remove(struct kz_saved *saved, const struct kz_user *user,
                      uint64_t id, struct kz_err *err) {
  char name[NAME_BYTES];
  struct kz_jsonv *d = NULL;
  uint64_t look = 0;
  KZ_ARENA(arena, ARENA_BYTES);
  kz_rc rc = arena ? kz_saved_get(saved, id, user, true, arena, &d, err)
                   : no_memory(err);
  if (rc == KZ_OK) {
    struct kz_shelf_change changes[2] = {{.shelf = saved->searches, .id = id},
                                         {.shelf = saved->looks}};
    bool has_look =
        kz_shelf_by_name(saved->looks, look_name(id, name), &look) == KZ_OK;
    changes[1].id = look;
    rc = kz_shelf_apply(changes, has_look ? 2 : 1, err);
  }
  return rc;
}

/* --- looks -----------------------------------------------------------------
 */

kz_rc kz_look_get(struct kz_saved *saved, kz_str name, struct kz_arena *arena,
                  struct kz_look *ret, struct kz_err *err) {
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  *ret = (struct kz_look){.id = 0};
  kz_rc rc = kz_shelf_by_name(saved->looks, name, &id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(saved->looks, id, arena, &d, err);
  }
  if (rc == KZ_OK) {
    *ret = (struct kz_look){
        .id = id,
        .child = kz_jsonv_u64(d, KZ_STR("child"), 0),
        .looked_s = (int64_t)kz_jsonv_u64(d, KZ_STR("looked"), 0),
        .told_s = (int64_t)kz_jsonv_u64(d, KZ_STR("told"), 0),
        .hour = (int64_t)kz_jsonv_u64(d, KZ_STR("hour"), 0),
        .in_hour = kz_jsonv_u64(d, KZ_STR("in_hour"), 0)};
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

kz_rc kz_look_now(const struct kz_view *view, struct kz_look *ret,
                  struct kz_err *err) {
  struct kz_meta meta;
  kz_rc rc = kz_meta_load(view->kv, view->snapshot, &meta, err);
  if (rc == KZ_OK) {
    *ret = (struct kz_look){.child = meta.next_child,
                            .looked_s = kz_clock_now_us() / KZ_SECOND_US};
  }
  return rc;
}

struct kz_jsonv *kz_look_document(kz_str name, const struct kz_look *look,
                                  struct kz_arena *arena) {
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  const struct {
    const char *name;
    uint64_t number;
  } numbers[] = {{"id", look->id},
                 {"child", look->child},
                 {"looked", (uint64_t)look->looked_s},
                 {"told", (uint64_t)look->told_s},
                 {"hour", (uint64_t)look->hour},
                 {"in_hour", look->in_hour}};
  bool good = d && kz_arena_dup(arena, name, &name) == KZ_OK &&
              kz_jsonv_set_str(d, KZ_STR("name"), name, arena);
  for (size_t i = 0; good && i < sizeof numbers / sizeof *numbers; i++) {
    good = kz_jsonv_set_u64(d, kz_str_of(numbers[i].name), numbers[i].number,
                            arena);
  }
  return good ? d : NULL;
}

static const struct kz_cond *narrow(const struct kz_search *search,
                                    const struct kz_look *look,
                                    struct kz_arena *arena) {
  struct kz_cond *known = kz_arena_alloc(arena, sizeof *known);
  if (!known) {
    return NULL;
  }
  int64_t from = look->looked_s > CLOCK_SLACK_S
                     ? (look->looked_s - CLOCK_SLACK_S) * KZ_SECOND_US
                     : INT64_MIN;
  *known =
      (struct kz_cond){.kind = KZ_COND_KNOWN, .from = from, .to = INT64_MAX};
  const struct kz_cond *both[] = {known, search->where};
  return search->where ? kz_filter_join(arena, KZ_COND_AND, both, 2) : known;
}

static kz_rc sift(const struct kz_answer *answer, const struct kz_look *look,
                  uint64_t offset, size_t room, struct kz_news *news) {
  struct kz_answer_walk walk;
  struct kz_hit hit;
  uint64_t event = 0;
  kz_rc rc = kz_answer_walk_init(&walk, answer);
  if (rc != KZ_OK) {
    return rc;
  }
  while ((rc = kz_answer_walk_next(&walk, &hit)) == KZ_OK) {
    if (hit.attribute < look->child) {
      continue;
    }
    if (news->total >= offset && news->count < room) {
      news->hits[news->count++] = hit;
    }
    news->events += hit.event != event;
    event = hit.event;
    news->total++;
  }
  kz_answer_walk_done(&walk);
  return rc == KZ_END ? KZ_OK : rc;
}

kz_rc kz_look_news(struct kz_saved *saved, const struct kz_view *view,
                   const struct kz_viewer *viewer,
                   const struct kz_search *search, const struct kz_look *look,
                   uint64_t offset, size_t room, struct kz_arena *arena,
                   struct kz_news *ret, struct kz_err *err) {
  struct kz_answer answer;
  struct kz_news news = {
      .hits = kz_arena_array(arena, room + 1, sizeof *news.hits)};
  const struct kz_query query = {.where = narrow(search, look, arena),
                                 .deleted = search->deleted};
  if (!query.where || !news.hits) {
    return no_memory(err);
  }
  kz_rc rc = kz_query_run(view, kz_store_dict(kz_shelf_store(saved->searches)),
                          viewer, &query, &answer, err);
  if (rc == KZ_OK) {
    rc = sift(&answer, look, offset, room, &news);
    kz_answer_done(&answer);
  }
  *ret = news;
  return rc;
}
