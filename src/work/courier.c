#include "work/courier.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/queue.h"
#include "net/mail.h"
#include "work/fetching.h"
#include "work/hook.h"
#include "work/settings.h"

enum {
  BODY_MAX = 16 << 20,
  ARENA_BYTES = 256 << 20,
  TRIES_MAX = 10,
  FIRST_WAIT_S = 10,
  LONGEST_WAIT_S = 3600,
  FAILED_KEPT = 1000,
  MAIL_TIMEOUT_S = 60,
  TREE_MAX = 4 << 20, /* a larger message fills no names but json */
};

static const struct kz_shelf_shape delivery_shape = {
    .kind = KZ_SHELF_DELIVERY, .noun = "delivery", .parent = "hook"};

struct kz_courier {
  struct kz_house *house;
  struct kz_shelf *hooks;
  struct kz_shelf *deliveries;
  struct kz_queue *bell; /* closed: the end; an item: something is due */
  pthread_t thread;
  bool has_thread;
};

struct kz_shelf *kz_courier_hooks(struct kz_courier *courier) {
  return courier->hooks;
}

struct kz_shelf *kz_courier_deliveries(struct kz_courier *courier) {
  return courier->deliveries;
}

static uint64_t now_s(void) {
  return (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
}

/* --- making ----------------------------------------------------------------
 */

static void add_url(struct kz_courier *c, const struct kz_jsonv *message,
                    struct kz_arena *arena, struct kz_buf *out) {
  kz_str base = kz_settings_text(c->house->settings, KZ_SETTING_baseurl, arena);
  kz_buf_add_str(out, base);
  kz_buf_add_str(out, KZ_STR("/events/view/"));
  kz_buf_add_str(
      out, kz_jsonv_text(kz_jsonv_get(message, KZ_STR("Event")), KZ_STR("id")));
}

static kz_rc new_delivery(uint64_t hook, kz_str notice, kz_str subject,
                          kz_str body, struct kz_arena *arena,
                          struct kz_jsonv **ret, struct kz_err *err) {
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  if (!d || kz_arena_dup(arena, subject, &subject) != KZ_OK ||
      kz_arena_dup(arena, body, &body) != KZ_OK ||
      !kz_jsonv_set_u64(d, KZ_STR("id"), 0, arena) ||
      !kz_jsonv_set_u64(d, KZ_STR("hook"), hook, arena) ||
      !kz_jsonv_set_str(d, KZ_STR("notice"), notice, arena) ||
      !kz_jsonv_set_str(d, KZ_STR("subject"), subject, arena) ||
      !kz_jsonv_set_str(d, KZ_STR("body"), body, arena) ||
      !kz_jsonv_set_u64(d, KZ_STR("tries"), 0, arena) ||
      !kz_jsonv_set_u64(d, KZ_STR("due"), now_s(), arena)) {
    return kz_err_set(err, KZ_E_MEMORY, "hooks: out of memory");
  }
  *ret = d;
  return KZ_OK;
}

void kz_courier_ring(struct kz_courier *courier) {
  (void)!kz_queue_try_push(courier->bell, courier); /* full: it rings already */
}

static bool is_mail(const struct kz_jsonv *hook) {
  return kz_str_eq(kz_jsonv_text(hook, KZ_STR("kind")), KZ_STR("mail"));
}

static kz_str or_else(kz_str text, kz_str otherwise) {
  return text.len > 0 ? text : otherwise;
}

static kz_rc make_delivery(uint64_t id, const struct kz_jsonv *hook,
                           const struct kz_hook_values *values,
                           struct kz_arena *arena, struct kz_jsonv **ret,
                           struct kz_err *err) {
  KZ_BUF(subject, 4096);
  KZ_BUF(body, BODY_MAX);
  bool mail = is_mail(hook);
  kz_str type = or_else(kz_jsonv_text(hook, KZ_STR("content_type")),
                        KZ_STR("application/json"));
  kz_str text = or_else(kz_jsonv_text(hook, KZ_STR("template")),
                        mail ? KZ_STR("{{name}}: {{event.info}}\n\n{{url}}\n")
                             : KZ_STR("{{json}}"));
  kz_hook_fill(text, values,
               !mail && kz_str_find(type, KZ_STR("json")) != SIZE_MAX, &body);
  if (mail) {
    kz_hook_fill(or_else(kz_jsonv_text(hook, KZ_STR("subject")),
                         KZ_STR("[kizashi] {{name}}: {{event.info}}")),
                 values, false, &subject);
  }
  if (kz_buf_failed(&body)) {
    return kz_err_set(err, KZ_E_LIMIT, "hook %llu: the message is too large",
                      (unsigned long long)id);
  }
  return new_delivery(id, values->name, kz_buf_str(&subject), kz_buf_str(&body),
                      arena, ret, err);
}

/* For all hooks that want it, or the one alone. */
static kz_rc make_all(struct kz_courier *c, kz_str notice, kz_str message,
                      uint64_t only, struct kz_err *err) {
  KZ_ARENA(arena, ARENA_BYTES);
  KZ_BUF(url, 4096);
  struct kz_hook_values values = {.name = notice, .json = message};
  struct kz_card *cards = NULL;
  struct kz_jsonv *tree = NULL;
  size_t count = 0;
  size_t made = 0;
  kz_rc rc =
      arena ? kz_shelf_cards(c->hooks, 0, arena, &cards, &count) : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *hook = NULL;
    if ((only && cards[i].id != only) ||
        kz_shelf_get(c->hooks, cards[i].id, arena, &hook, err) != KZ_OK ||
        (!only && !kz_hook_wants(hook, notice))) {
      continue;
    }
    if (!values.message && message.len <= TREE_MAX &&
        kz_jsonv_parse(message, arena, &tree, NULL) == KZ_OK) {
      values.message = tree;
      add_url(c, tree, arena, &url);
      values.url = kz_buf_str(&url);
    }
    struct kz_jsonv *d = NULL;
    uint64_t id = 0;
    rc = make_delivery(cards[i].id, hook, &values, arena, &d, err);
    if (rc == KZ_OK) {
      rc = kz_shelf_put(c->deliveries, &id, d, arena, err);
      kz_courier_ring(c);
    }
    made++;
  }
  return rc == KZ_OK && only && made == 0 ? KZ_NOT_FOUND : rc;
}

kz_rc kz_courier_send(struct kz_courier *courier, kz_str notice, kz_str message,
                      struct kz_err *err) {
  return make_all(courier, notice, message, 0, err);
}

kz_rc kz_courier_test(struct kz_courier *courier, uint64_t hook,
                      struct kz_err *err) {
  return make_all(courier, KZ_STR("test"),
                  KZ_STR("{\"Event\":{\"id\":\"0\",\"uuid\":\"\",\"info\":"
                         "\"A test of this hook\"},\"action\":\"test\"}"),
                  hook, err);
}

static kz_rc draw_mail(const struct kz_courier_news *news,
                       struct kz_arena *arena, struct kz_jsonv **ret,
                       struct kz_err *err) {
  struct kz_jsonv *via = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  struct kz_jsonv *to = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  struct kz_jsonv *address = kz_jsonv_new(arena, KZ_JSON_STRING);
  kz_rc rc =
      new_delivery(0, news->notice, news->subject, news->text, arena, ret, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (!via || !to || !address ||
      kz_arena_dup(arena, news->mail_to, &address->text) != KZ_OK ||
      !kz_jsonv_set_str(via, KZ_STR("kind"), KZ_STR("mail"), arena) ||
      !kz_jsonv_set(via, KZ_STR("to"), to, arena) ||
      !kz_jsonv_set(*ret, KZ_STR("via"), via, arena)) {
    return kz_err_set(err, KZ_E_MEMORY, "hooks: out of memory");
  }
  kz_jsonv_push(to, address);
  return KZ_OK;
}

/* Whether the hook is for messages of that organisation's watches. */
static bool is_open_to(const struct kz_jsonv *hook, uint64_t org) {
  uint64_t only = kz_jsonv_u64(hook, KZ_STR("org_id"), 0);
  return only == 0 || only == org;
}

kz_rc kz_courier_draw(struct kz_courier *courier,
                      const struct kz_courier_news *news,
                      struct kz_arena *arena, struct kz_shelf_change *changes,
                      size_t room, size_t *count, struct kz_err *err) {
  struct kz_hook_values values = {
      .name = news->notice, .json = news->message, .url = news->url};
  struct kz_card *cards = NULL;
  struct kz_jsonv *tree = NULL;
  struct kz_jsonv *d = NULL;
  size_t hooks = 0;
  kz_rc rc = kz_shelf_cards(courier->hooks, 0, arena, &cards, &hooks);
  if (rc == KZ_OK) {
    rc = kz_jsonv_parse(news->message, arena, &tree, err);
    values.message = tree;
  }
  for (size_t i = 0; rc == KZ_OK && i < hooks && *count < room; i++) {
    struct kz_jsonv *hook = NULL;
    if (kz_shelf_get(courier->hooks, cards[i].id, arena, &hook, err) != KZ_OK ||
        !kz_hook_wants(hook, news->notice) || !is_open_to(hook, news->org)) {
      continue;
    }
    rc = make_delivery(cards[i].id, hook, &values, arena, &d, err);
    changes[(*count)++] = (struct kz_shelf_change){
        .shelf = courier->deliveries, .document = d, .arena = arena};
  }
  if (rc == KZ_OK && news->mail_to.len > 0 && *count < room) {
    rc = draw_mail(news, arena, &d, err);
    changes[(*count)++] = (struct kz_shelf_change){
        .shelf = courier->deliveries, .document = d, .arena = arena};
  }
  return rc;
}

/* --- delivering ------------------------------------------------------------
 */

/* "sha256=" and the HMAC of the body under the hook's secret. */
static void sign(kz_str secret, kz_str body, struct kz_buf *out) {
  crypto_auth_hmacsha256_state state;
  unsigned char sum[crypto_auth_hmacsha256_BYTES];
  char hex[2 * crypto_auth_hmacsha256_BYTES + 1];
  (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.ptr,
                                    secret.len);
  (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.ptr,
                                      body.len);
  (void)crypto_auth_hmacsha256_final(&state, sum);
  (void)sodium_bin2hex(hex, sizeof hex, sum, sizeof sum);
  kz_buf_add_format(out, "sha256=%s", hex);
}

static kz_rc post(struct kz_courier *c, const struct kz_jsonv *hook,
                  const struct kz_jsonv *d, struct kz_err *err) {
  const struct kz_fetching how = {.parallel = 1};
  struct kz_fetch *fetch = NULL;
  unsigned status = 0;
  KZ_BUF(answer, BODY_MAX);
  KZ_BUF(signature, 128);
  kz_str secret = kz_jsonv_text(hook, KZ_STR("secret"));
  kz_str body = kz_jsonv_text(d, KZ_STR("body"));
  struct kz_param headers[3] = {
      {KZ_STR("Content-Type"),
       or_else(kz_jsonv_text(hook, KZ_STR("content_type")),
               KZ_STR("application/json"))},
      {KZ_STR("X-Kizashi-Notice"), kz_jsonv_text(d, KZ_STR("notice"))},
  };
  size_t count = 2;
  if (secret.len > 0) {
    sign(secret, body, &signature);
    headers[count++] = (struct kz_param){KZ_STR("X-Kizashi-Signature"),
                                         kz_buf_str(&signature)};
  }
  const struct kz_fetch_ask ask = {.method = KZ_METHOD_POST,
                                   .url = kz_jsonv_text(hook, KZ_STR("url")),
                                   .headers = headers,
                                   .header_count = count,
                                   .body = body};
  kz_rc rc = kz_fetching_new(c->house->settings, &how, &fetch, err);
  if (rc == KZ_OK) {
    rc = kz_fetch_one(fetch, &ask, NULL, NULL, &status, &answer, NULL, NULL,
                      err);
  }
  kz_fetch_free(fetch);
  if (rc == KZ_OK && (status < 200 || status > 299)) {
    return kz_err_set(err, KZ_E_IO, "the receiver answered %u", status);
  }
  return rc;
}

/* A text with a NUL behind it. */
static kz_str ended(kz_str text, struct kz_arena *arena) {
  char *copy = kz_arena_text(arena, text.len + 1);
  if (!copy) {
    return KZ_STR("");
  }
  if (text.len > 0) {
    memcpy(copy, text.ptr, text.len);
  }
  copy[text.len] = '\0';
  return (kz_str){copy, text.len};
}

static kz_rc mail(struct kz_courier *c, const struct kz_jsonv *hook,
                  const struct kz_jsonv *d, struct kz_arena *arena,
                  struct kz_err *err) {
  struct kz_settings *s = c->house->settings;
  const struct kz_jsonv *list = kz_jsonv_get(hook, KZ_STR("to"));
  kz_str *to = kz_arena_array(arena, list ? list->count : 1, sizeof *to);
  struct kz_mail_config config = {
      .url = ended(kz_settings_text(s, KZ_SETTING_smtp_url, arena), arena),
      .user = ended(kz_settings_text(s, KZ_SETTING_smtp_user, arena), arena),
      .ca_file =
          ended(kz_settings_text(s, KZ_SETTING_fetch_ca_file, arena), arena),
      .timeout_s = MAIL_TIMEOUT_S,
  };
  KZ_BUF(password, 4096);
  kz_str file =
      ended(kz_settings_text(s, KZ_SETTING_smtp_password_file, arena), arena);
  if (config.url.len == 0 || kz_settings_flag(s, KZ_SETTING_disable_emailing)) {
    return kz_err_set(err, KZ_E_UNSUPPORTED,
                      "no mail is sent here: see "
                      "Kizashi.smtp_url");
  }
  if (file.len > 0) {
    kz_rc rc = kz_file_read(file.ptr, &password, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  config.password = ended(kz_str_trim(kz_buf_str(&password)), arena);
  struct kz_mail m = {
      .from = kz_settings_text(s, KZ_SETTING_email, arena),
      .to = to,
      .subject = kz_jsonv_text(d, KZ_STR("subject")),
      .body = kz_jsonv_text(d, KZ_STR("body")),
      .now_us = kz_clock_now_us(),
  };
  for (const struct kz_jsonv *a = list && to ? list->first : NULL; a;
       a = a->next) {
    to[m.to_count++] = a->text;
  }
  return kz_mail_send(&config, &m, err);
}

/* Notes when it is tried again; after the last time never (0). */
static kz_rc postpone(struct kz_courier *c, uint64_t id, struct kz_jsonv *d,
                      const struct kz_err *why, struct kz_arena *arena,
                      struct kz_err *err) {
  uint64_t tries = kz_jsonv_u64(d, KZ_STR("tries"), 0) + 1;
  uint64_t wait = FIRST_WAIT_S;
  for (uint64_t i = 1; i < tries && wait < LONGEST_WAIT_S; i++) {
    wait *= 2;
  }
  wait = wait < LONGEST_WAIT_S ? wait : LONGEST_WAIT_S;
  uint64_t due = tries < TRIES_MAX ? now_s() + wait : 0;
  if (!kz_jsonv_set_u64(d, KZ_STR("tries"), tries, arena) ||
      !kz_jsonv_set_u64(d, KZ_STR("due"), due, arena) ||
      !kz_jsonv_set_str(d, KZ_STR("error"), kz_str_of(why->text), arena)) {
    return KZ_E_MEMORY;
  }
  return kz_shelf_put(c->deliveries, &id, d, arena, err);
}

static void deliver(struct kz_courier *c, uint64_t id, struct kz_jsonv *d,
                    struct kz_arena *arena) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_err why = KZ_ERR_NONE;
  struct kz_jsonv *hook = NULL;
  uint64_t hook_id = kz_jsonv_u64(d, KZ_STR("hook"), 0);
  kz_rc rc = KZ_NOT_FOUND;
  if (hook_id == 0) { /* by none: it says itself how */
    hook = kz_jsonv_get(d, KZ_STR("via"));
    rc = hook ? KZ_OK : KZ_NOT_FOUND;
  } else {
    rc = kz_shelf_get(c->hooks, hook_id, arena, &hook, &why);
  }
  if (rc == KZ_OK) {
    rc = is_mail(hook) ? mail(c, hook, d, arena, &why) : post(c, hook, d, &why);
  }
  if (rc == KZ_OK || rc == KZ_NOT_FOUND) { /* delivered, or the hook is gone */
    rc = kz_shelf_remove(c->deliveries, id, &err);
  } else {
    KZ_LOG(KZ_LOG_WARNING, kz_log_event("hook-failed"),
           kz_log_count("hook", (int64_t)hook_id), kz_log_err(&why));
    rc = postpone(c, id, d, &why, arena, &err);
  }
  if (rc < 0) {
    KZ_LOG(KZ_LOG_WARNING, kz_log_event("hooks"), kz_log_err(&err));
  }
}

static bool is_ended(struct kz_courier *c) {
  void *item = NULL;
  return kz_queue_pop_within(c->bell, 0, &item) == KZ_END;
}

/* Delivers what is due and forgets what failed long ago. */
static void round_of(struct kz_courier *c) {
  KZ_ARENA(list, ARENA_BYTES);
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t failed = 0;
  if (!list ||
      kz_shelf_cards(c->deliveries, 0, list, &cards, &count) != KZ_OK) {
    return;
  }
  for (size_t i = count; i > 0 && !is_ended(c); i--) {
    KZ_ARENA(arena, ARENA_BYTES);
    struct kz_jsonv *d = NULL;
    uint64_t id = cards[count - i].id;
    if (!arena || kz_shelf_get(c->deliveries, id, arena, &d, NULL) != KZ_OK) {
      continue;
    }
    uint64_t due = kz_jsonv_u64(d, KZ_STR("due"), 0);
    failed += due == 0;
    if (due == 0 && count > FAILED_KEPT && failed <= count - FAILED_KEPT) {
      (void)!kz_shelf_remove(c->deliveries, id, NULL);
    } else if (due > 0 && due <= now_s()) {
      deliver(c, id, d, arena);
    }
  }
}

static void *run(void *arg) {
  struct kz_courier *c = arg;
  void *item = NULL;
  kz_rc rc = KZ_OK;
  while (rc != KZ_END) {
    if (kz_shelf_count(c->deliveries) > 0) {
      round_of(c);
    }
    rc = kz_queue_pop_within(c->bell, KZ_SECOND_US, &item);
  }
  return NULL;
}

void kz_courier_close(struct kz_courier *courier) {
  if (!courier) {
    return;
  }
  if (courier->bell) {
    kz_queue_close(courier->bell);
  }
  if (courier->has_thread) {
    (void)pthread_join(courier->thread, NULL);
  }
  kz_queue_free(courier->bell);
  kz_shelf_close(courier->deliveries);
  kz_shelf_close(courier->hooks);
  free(courier);
}

kz_rc kz_courier_start(struct kz_house *house, struct kz_courier **ret_courier,
                       struct kz_err *err) {
  struct kz_courier *c = calloc(1, sizeof *c);
  if (!c) {
    return kz_err_set(err, KZ_E_MEMORY, "hooks: out of memory");
  }
  c->house = house;
  c->bell = kz_queue_new(1);
  kz_rc rc = c->bell
                 ? kz_shelf_open(house->store, &kz_hook_shape, &c->hooks, err)
                 : kz_err_set(err, KZ_E_MEMORY, "hooks: out of memory");
  if (rc == KZ_OK) {
    rc = kz_shelf_open(house->store, &delivery_shape, &c->deliveries, err);
  }
  if (rc == KZ_OK && pthread_create(&c->thread, NULL, run, c) != 0) {
    rc = kz_err_set(err, KZ_E_INTERNAL, "hooks: no thread");
  }
  c->has_thread = rc == KZ_OK;
  if (rc != KZ_OK) {
    kz_courier_close(c);
    return rc;
  }
  *ret_courier = c;
  return KZ_OK;
}
