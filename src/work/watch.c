#include "work/watch.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "work/courier.h"
#include "work/hooks.h"
#include "work/result.h"
#include "work/saved.h"
#include "work/settings.h"

enum {
  ARENA_BYTES = 256 << 20,
  MESSAGE_MAX = 16 << 20,
  CHANGES_MAX = 256, /* a look and its deliveries */
  NAME_BYTES = 32,
  HOUR_S = 3600,
  RETRY_S = 60, /* after a failure, unless something is added before */
};

/* One watch under way. */
struct watching {
  struct kz_house *house;
  struct kz_courier *courier;
  const struct kz_view *view;
  struct kz_look now; /* of who has seen all of the view */
  int64_t now_s;
  uint64_t id;
  const struct kz_jsonv *search;
  const struct kz_user *owner;
  struct kz_look look;
  char look_name[NAME_BYTES];
  struct kz_arena *arena;
};

/* --- messages --------------------------------------------------------------
 */

static void write_hit(struct kz_jsonw *w, const struct kz_result_row *row) {
  const struct kz_attribute *a = &row->attribute;
  char uuid[KZ_UUID_TEXT];
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), a->id);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&a->uuid, uuid));
  kz_jsonw_member_u64_str(w, KZ_STR("event_id"), row->event);
  kz_jsonw_member_str(w, KZ_STR("event_info"), row->event_info);
  kz_jsonw_member_str(w, KZ_STR("type"), kz_type_name(a->type));
  kz_jsonw_member_str(w, KZ_STR("category"), kz_category_name(a->category));
  kz_jsonw_member_str(w, KZ_STR("value"), a->value);
  kz_jsonw_member_bool(w, KZ_STR("to_ids"), a->to_ids);
  kz_jsonw_object_end(w);
}

/* "Event" and "Attribute" are of the first hit, for templates. */
static void write_message(const struct watching *t, const struct kz_news *news,
                          const struct kz_result_row *rows,
                          struct kz_buf *out) {
  struct kz_jsonw w;
  char uuid[KZ_UUID_TEXT];
  kz_jsonw_init(&w, out);
  kz_jsonw_object(&w);
  kz_jsonw_key(&w, KZ_STR("Watch"));
  kz_jsonw_object(&w);
  kz_jsonw_member_u64_str(&w, KZ_STR("id"), t->id);
  kz_jsonw_member_str(&w, KZ_STR("name"),
                      kz_jsonv_text(t->search, KZ_STR("name")));
  kz_jsonw_member_u64_str(&w, KZ_STR("org_id"), t->owner->org.id);
  kz_jsonw_member_u64(&w, KZ_STR("total"), news->total);
  kz_jsonw_member_u64(&w, KZ_STR("events"), news->events);
  kz_jsonw_member_u64(&w, KZ_STR("listed"), news->count);
  kz_jsonw_object_end(&w);
  kz_jsonw_key(&w, KZ_STR("Event"));
  kz_jsonw_object(&w);
  kz_jsonw_member_u64_str(&w, KZ_STR("id"), rows[0].event);
  kz_jsonw_member_str(&w, KZ_STR("uuid"),
                      kz_uuid_format(&rows[0].event_uuid, uuid));
  kz_jsonw_member_str(&w, KZ_STR("info"), rows[0].event_info);
  kz_jsonw_object_end(&w);
  kz_jsonw_key(&w, KZ_STR("Attribute"));
  write_hit(&w, &rows[0]);
  kz_jsonw_key(&w, KZ_STR("hits"));
  kz_jsonw_array(&w);
  for (size_t i = 0; i < news->count; i++) {
    write_hit(&w, &rows[i]);
  }
  kz_jsonw_array_end(&w);
  kz_jsonw_member_str(&w, KZ_STR("action"), KZ_STR("hits"));
  kz_jsonw_object_end(&w);
}

/* A line of a mail: control bytes become spaces. */
static void add_line(struct kz_buf *out, kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    kz_buf_add_byte(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
  }
}

static void write_mail(const struct watching *t, const struct kz_news *news,
                       const struct kz_result_row *rows, kz_str base,
                       struct kz_buf *subject, struct kz_buf *out) {
  kz_buf_add_str(subject, KZ_STR("[kizashi] "));
  add_line(subject, kz_jsonv_text(t->search, KZ_STR("name")));
  kz_buf_add_format(subject, ": %llu new", (unsigned long long)news->total);
  for (size_t i = 0; i < news->count; i++) {
    kz_buf_add_format(out, "%s\t", kz_type_name(rows[i].attribute.type).ptr);
    add_line(out, rows[i].attribute.value);
    kz_buf_add_byte(out, '\t');
    add_line(out, rows[i].event_info);
    kz_buf_add_byte(out, '\t');
    kz_buf_add_str(out, base);
    kz_buf_add_format(out, "/events/view/%llu\n",
                      (unsigned long long)rows[i].event);
  }
  if (news->total > news->count) {
    kz_buf_add_format(out, "and %llu more\n",
                      (unsigned long long)(news->total - news->count));
  }
}

static kz_rc draw(struct watching *t, const struct kz_news *news,
                  struct kz_shelf_change *changes, size_t *count,
                  struct kz_err *err) {
  struct kz_result_row *rows = NULL;
  const struct kz_jsonv *watch = kz_jsonv_get(t->search, KZ_STR("watch"));
  KZ_BUF(message, MESSAGE_MAX);
  KZ_BUF(text, MESSAGE_MAX);
  KZ_BUF(subject, 4096);
  KZ_BUF(url, 4096);
  kz_rc rc = kz_result_rows(t->house, t->view, news->hits, news->count,
                            t->arena, &rows, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_str base =
      kz_settings_text(t->house->settings, KZ_SETTING_baseurl, t->arena);
  write_message(t, news, rows, &message);
  write_mail(t, news, rows, base, &subject, &text);
  kz_buf_add_str(&url, base);
  kz_buf_add_format(&url, "/events/view/%llu",
                    (unsigned long long)rows[0].event);
  if (kz_buf_failed(&message) || kz_buf_failed(&text)) {
    return kz_err_set(err, KZ_E_LIMIT, "the message of watch %llu is too large",
                      (unsigned long long)t->id);
  }
  const struct kz_courier_news it = {
      .notice = KZ_STR("watch.hits"),
      .message = kz_buf_str(&message),
      .url = kz_buf_str(&url),
      .org = t->owner->org.id,
      .mail_to = kz_jsonv_flag(watch, KZ_STR("mail"), false) ? t->owner->email
                                                             : KZ_STR(""),
      .subject = kz_buf_str(&subject),
      .text = kz_buf_str(&text)};
  return kz_courier_draw(t->courier, &it, t->arena, changes, CHANGES_MAX, count,
                         err);
}

/* --- looking ---------------------------------------------------------------
 */

/* Whether the watch may not send yet. */
static bool has_to_wait(const struct watching *t) {
  const struct kz_jsonv *watch = kz_jsonv_get(t->search, KZ_STR("watch"));
  uint64_t interval = kz_jsonv_u64(watch, KZ_STR("interval"), 0);
  uint64_t per_hour =
      kz_jsonv_u64(watch, KZ_STR("per_hour"), KZ_WATCH_PER_HOUR);
  return (t->look.told_s > 0 &&
          t->now_s < t->look.told_s + (int64_t)interval) ||
         (t->look.hour == t->now_s / HOUR_S && t->look.in_hour >= per_hour);
}

/* Moves the look to the view; `has_told`: with a message. */
static kz_rc keep(struct watching *t, bool has_told,
                  struct kz_shelf_change *changes, size_t count,
                  struct kz_err *err) {
  struct kz_look look = t->look;
  look.child = t->now.child;
  look.looked_s = t->now.looked_s;
  if (has_told) {
    look.in_hour = look.hour == t->now_s / HOUR_S ? look.in_hour + 1 : 1;
    look.hour = t->now_s / HOUR_S;
    look.told_s = t->now_s;
  }
  struct kz_jsonv *d =
      kz_look_document(kz_str_of(t->look_name), &look, t->arena);
  if (!d) {
    return kz_err_set(err, KZ_E_MEMORY, "watches: out of memory");
  }
  changes[count++] = (struct kz_shelf_change){.shelf = t->house->saved->looks,
                                              .id = look.id,
                                              .document = d,
                                              .arena = t->arena};
  return kz_shelf_apply(changes, count, err);
}

/* One whose look does not cover the view and who may send. */
static kz_rc tell(struct watching *t, struct kz_err *err) {
  struct kz_search search;
  struct kz_news news = {.total = 0};
  struct kz_shelf_change *changes =
      kz_arena_array(t->arena, CHANGES_MAX + 1, sizeof *changes);
  size_t count = 0;
  kz_rc rc = changes ? kz_saved_read(t->house->saved, t->search, t->arena,
                                     &search, err)
                     : kz_err_set(err, KZ_E_MEMORY, "watches: out of memory");
  if (rc == KZ_OK) {
    rc = kz_look_news(t->house->saved, t->view, &t->owner->viewer, &search,
                      &t->look, 0, KZ_WATCH_LISTED, t->arena, &news, err);
  }
  if (rc == KZ_OK && news.total > 0) {
    rc = draw(t, &news, changes, &count, err);
  }
  if (rc == KZ_OK) {
    rc = keep(t, news.total > 0, changes, count, err);
  }
  if (rc == KZ_OK && count > 0) {
    kz_courier_ring(t->courier);
  }
  return rc;
}

static kz_rc look_at(struct watching *t, struct kz_watch_round *round,
                     struct kz_err *err) {
  (void)snprintf(t->look_name, sizeof t->look_name, "search:%llu",
                 (unsigned long long)t->id);
  kz_rc rc = kz_look_get(t->house->saved, kz_str_of(t->look_name), t->arena,
                         &t->look, err);
  if (rc != KZ_OK || (t->look.id > 0 && t->look.child >= t->now.child)) {
    return rc;
  }
  if (t->look.id == 0) { /* it begins now */
    struct kz_shelf_change change[1];
    return keep(t, false, change, 0, err);
  }
  if (has_to_wait(t)) {
    round->has_waiting = true;
    return KZ_OK;
  }
  return tell(t, err);
}

/* Whether he may look: who may not log in is told nothing. */
static bool is_active(const struct kz_user *user, int64_t now_us) {
  return !user->disabled &&
         (user->expires_us == 0 || user->expires_us > now_us);
}

static kz_rc look_at_search(struct watching *t, int64_t now_us,
                            struct kz_watch_round *round, struct kz_err *err) {
  struct kz_jsonv *search = NULL;
  kz_rc rc =
      kz_shelf_get(t->house->saved->searches, t->id, t->arena, &search, err);
  if (rc != KZ_OK || !kz_saved_is_watched(search)) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  rc = kz_people_get(t->house->people,
                     kz_jsonv_u64(search, KZ_STR("user_id"), 0), &t->owner);
  if (rc != KZ_OK) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc; /* there is no owner any more */
  }
  t->search = search;
  if (is_active(t->owner, now_us)) {
    rc = look_at(t, round, err);
  }
  kz_user_unref(t->owner);
  return rc;
}

/* A watch that fails holds up no other. */
static kz_rc look_at_all(struct watching *t, int64_t now_us,
                         struct kz_watch_round *round, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(list, ARENA_BYTES);
  KZ_ARENA(one, ARENA_BYTES);
  kz_rc rc =
      list && one
          ? kz_shelf_cards(t->house->saved->searches, 0, list, &cards, &count)
          : kz_err_set(err, KZ_E_MEMORY, "watches: out of memory");
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    kz_arena_reset(one);
    t->arena = one;
    t->id = cards[i].id;
    if (look_at_search(t, now_us, round, &why) != KZ_OK) {
      round->retry_us = now_us + RETRY_S * KZ_SECOND_US;
      KZ_LOG(KZ_LOG_WARNING, kz_log_event("watch-failed"),
             kz_log_count("search", (int64_t)t->id), kz_log_err(&why));
    }
  }
  return rc;
}

kz_rc kz_watch_look(struct kz_house *house, int64_t now_us,
                    struct kz_watch_round *round, struct kz_err *err) {
  struct watching t = {.house = house,
                       .courier = kz_hooks_courier(house->hooks),
                       .now_s = now_us / KZ_SECOND_US};
  if (!t.courier) {
    return KZ_OK;
  }
  struct kz_view *view = kz_store_view(house->store);
  kz_rc rc = kz_look_now(view, &t.now, err);
  bool is_due = t.now.child != round->child || round->has_waiting ||
                (round->retry_us > 0 && round->retry_us <= now_us);
  if (rc == KZ_OK && is_due) {
    t.view = view;
    round->has_waiting = false;
    round->retry_us = 0;
    rc = kz_people_refresh(house->people, err);
    if (rc == KZ_OK) {
      rc = look_at_all(&t, now_us, round, err);
    }
    round->child = rc == KZ_OK ? t.now.child : round->child;
  }
  kz_view_unref(view);
  return rc;
}
