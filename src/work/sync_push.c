#include "work/sync_push.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "format/misp_write.h"
#include "store/store.h"
#include "work/opinions.h"
#include "work/show.h"
#include "work/sync_hop.h"
#include "work/sync_link.h"
#include "work/sync_more.h"

enum {
  ARENA_BYTES = 0x7fffffff,
  EVENT_BYTES = 0x7fffffff,
  OFFER_BYTES = 0x7fffffff,
  OFFERED = 5000, /* events of one question */
  EVENTS_MAX = 1 << 24,
  READY_MAX = 128,
};

/* One event on its way: first it is asked whether it is there, then it is added
 * or changed. */
struct item {
  uint64_t event;
  char uuid[KZ_UUID_TEXT];
  kz_str url;
  struct kz_buf body;
  bool is_there;
};

struct push {
  struct kz_link *link;
  struct kz_view *view;
  struct kz_hop hop;
  struct item *items;
  size_t count;
  size_t room;
  size_t wanted;           /* the first `wanted` of the items */
  size_t next;             /* to be asked about */
  size_t ready[READY_MAX]; /* items that wait to be sent: as many as are in
                              flight at most */
  size_t ready_count;
  size_t open; /* that have not ended */
  uint64_t sent;
  uint64_t failed;
  struct kz_err *err;
};

/* --- which -----------------------------------------------------------------
 */

static kz_rc add_item(struct push *push, const struct kz_event_entry *e) {
  if (push->count == push->room) {
    size_t room = push->room ? push->room * 2 : 256;
    struct item *grown = room <= EVENTS_MAX
                             ? reallocarray(push->items, room, sizeof *grown)
                             : NULL;
    if (!grown) {
      return KZ_E_LIMIT;
    }
    push->items = grown;
    push->room = room;
  }
  struct item *item = &push->items[push->count++];
  *item = (struct item){.event = e->id};
  kz_buf_init(&item->body, EVENT_BYTES);
  (void)kz_uuid_format(&e->uuid, item->uuid);
  return KZ_OK;
}

/* Whether an event may go there: published, of a distribution that leaves, and
 * as the rules have it. */
static kz_rc may_go(struct push *push, const struct kz_event_entry *e,
                    bool *ret) {
  struct kz_dict *dict = kz_store_dict(push->link->house->store);
  struct kz_org orgc = {.id = 0};
  *ret = false;
  if (!(e->flags & KZ_EVENT_PUBLISHED) ||
      !kz_hop_leaves(&push->hop, e->distribution, e->group)) {
    return KZ_OK;
  }
  KZ_ARENA(arena, 64 << 20);
  struct kz_tag_use *tags =
      arena ? kz_arena_array(arena, e->tag_count + 1U, sizeof *tags) : NULL;
  if (!tags) {
    return KZ_E_MEMORY;
  }
  for (uint32_t i = 0; i < e->tag_count; i++) {
    if (kz_dict_tag_get(dict, e->tags[i], &tags[i].tag) != KZ_OK) {
      tags[i].tag = (struct kz_tag){.name = KZ_STR("")};
    }
  }
  if (kz_dict_org_get(dict, e->orgc, &orgc) != KZ_OK) {
    orgc = (struct kz_org){.name = KZ_STR("")};
  }
  *ret = kz_rules_allow(&push->link->push_rules, tags, e->tag_count, &orgc);
  return KZ_OK;
}

static kz_rc offer_one(struct push *push, uint64_t id) {
  struct kz_event_entry e;
  bool goes = false;
  if (kz_events_get(push->view->events, id, &e) != KZ_OK) {
    return KZ_OK;
  }
  kz_rc rc = may_go(push, &e, &goes);
  return rc == KZ_OK && goes ? add_item(push, &e) : rc;
}

static kz_rc gather(struct push *push) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  kz_str detail = kz_errand_detail(push->link->errand);
  uint64_t one = 0;
  kz_rc rc = KZ_OK;
  if (detail.len > 0) {
    rc = kz_show_find(push->view, &owner, detail, &one, push->err);
    return rc == KZ_OK ? offer_one(push, one) : rc;
  }
  uint64_t end = kz_events_end(push->view->events);
  for (uint64_t id = 1; rc == KZ_OK && id < end; id++) {
    rc = offer_one(push, id);
  }
  return rc;
}

/* --- what the other side wants ---------------------------------------------
 */

static void write_offer(struct push *push, size_t from, size_t count,
                        struct kz_buf *out) {
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonw_array(&w);
  for (size_t i = from; i < from + count; i++) {
    struct kz_event_entry e;
    if (kz_events_get(push->view->events, push->items[i].event, &e) != KZ_OK) {
      continue;
    }
    kz_jsonw_object(&w);
    kz_jsonw_key(&w, KZ_STR("Event"));
    kz_jsonw_object(&w);
    kz_jsonw_member_str(&w, KZ_STR("uuid"), kz_str_of(push->items[i].uuid));
    kz_jsonw_member_u64_str(&w, KZ_STR("timestamp"), e.time_s);
    kz_jsonw_object_end(&w);
    kz_jsonw_object_end(&w);
  }
  kz_jsonw_array_end(&w);
}

/* Keeps those of a piece that are wanted, moved to the front. */
static kz_rc ask_piece(struct push *push, size_t from, size_t count,
                       struct kz_err *err) {
  KZ_BUF(offer, OFFER_BYTES);
  struct kz_jsonv *wanted = NULL;
  struct kz_strmap *names = kz_strmap_new(EVENTS_MAX, OFFER_BYTES);
  write_offer(push, from, count, &offer);
  kz_rc rc = names ? kz_link_tree(push->link, "events/filterEventIdsForPush",
                                  kz_buf_str(&offer), &wanted, err)
                   : KZ_E_MEMORY;
  for (const struct kz_jsonv *v = rc == KZ_OK ? wanted->first : NULL;
       rc == KZ_OK && v; v = v->next) {
    rc = kz_strmap_put(names, v->text, 1);
  }
  for (size_t i = from; rc == KZ_OK && i < from + count; i++) {
    uint64_t found = 0;
    if (kz_strmap_get(names, kz_str_of(push->items[i].uuid), &found)) {
      struct item other = push->items[push->wanted];
      push->items[push->wanted++] = push->items[i];
      push->items[i] = other;
    }
  }
  kz_strmap_free(names);
  return rc;
}

static kz_rc ask_which(struct push *push, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t at = 0; rc == KZ_OK && at < push->count; at += OFFERED) {
    size_t left = push->count - at;
    rc = ask_piece(push, at, left < OFFERED ? left : OFFERED, err);
  }
  return rc;
}

/* --- sending ---------------------------------------------------------------
 */

static kz_rc write_event(struct push *push, struct item *item) {
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_event event;
  struct kz_jsonw w;
  if (!arena) {
    return KZ_E_MEMORY;
  }
  struct kz_reading r =
      kz_store_reading(push->link->house->store, push->view, arena);
  kz_rc rc = kz_read_event(&r, item->event,
                           (struct kz_read_options){.with_data = true}, &event,
                           push->err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_hop_out(&push->hop, &event);
  rc = kz_opinions_drop_all(&event, arena, push->err);
  if (rc != KZ_OK) {
    return rc;
  }
  event.published = !push->link->unpublishes;
  rc = kz_hop_groups(push->hop.groups, kz_store_dict(push->link->house->store),
                     &event, false, arena, push->err);
  if (rc == KZ_OK) {
    kz_jsonw_init(&w, &item->body);
    kz_misp_write_event(&w, &event, (struct kz_misp_style){.ids = false});
    rc = kz_buf_failed(&item->body) ? KZ_E_MEMORY : KZ_OK;
  }
  return rc;
}

static void end_item(struct push *push, struct item *item) {
  kz_buf_done(&item->body);
  push->open--;
  kz_errand_add_done(push->link->errand, 1);
}

static void fail_item(struct push *push, struct item *item, const char *words,
                      unsigned status) {
  push->failed++;
  kz_errand_log(push->link->errand, "event %s: %s (%u)", item->uuid, words,
                status);
  end_item(push, item);
}

/* Tells in whose words the other side refused. */
static void refuse_item(struct push *push, struct item *item,
                        const struct kz_fetch_got *got) {
  KZ_ARENA(arena, 1 << 20);
  struct kz_jsonv *said = NULL;
  char words[300];
  kz_str text = KZ_STR("refused");
  if (arena && kz_jsonv_parse(got->body, arena, &said, NULL) == KZ_OK) {
    kz_str errors = kz_jsonv_text(said, KZ_STR("errors"));
    text = errors.len > 0 ? errors : kz_jsonv_text(said, KZ_STR("message"));
  }
  (void)snprintf(words, sizeof words, "%.*s",
                 KZ_STR_ARG(kz_str_head(text, 250)));
  fail_item(push, item, words, got->status);
}

static kz_rc ask_about(struct push *push, struct item *item,
                       struct kz_fetch_ask *ret) {
  KZ_BUF(path, 256);
  (void)kz_buf_add_format(&path, "events/view/%s", item->uuid);
  kz_rc rc = kz_link_url(push->link, kz_buf_str(&path), &item->url, push->err);
  *ret = (struct kz_fetch_ask){.method = KZ_METHOD_HEAD,
                               .url = item->url,
                               .headers = push->link->headers,
                               .header_count = push->link->header_count,
                               .tag = item};
  return rc;
}

static kz_rc send_item(struct push *push, struct item *item,
                       struct kz_fetch_ask *ret) {
  KZ_BUF(path, 256);
  if (item->is_there) {
    (void)kz_buf_add_format(&path, "events/edit/%s/metadata:1", item->uuid);
  } else {
    (void)kz_buf_add_str(&path, KZ_STR("events/add/metadata:1"));
  }
  kz_rc rc = write_event(push, item);
  if (rc == KZ_OK) {
    rc = kz_link_url(push->link, kz_buf_str(&path), &item->url, push->err);
  }
  *ret = (struct kz_fetch_ask){.method = KZ_METHOD_POST,
                               .url = item->url,
                               .headers = push->link->headers,
                               .header_count = push->link->header_count,
                               .body = kz_buf_str(&item->body),
                               .tag = item};
  return rc;
}

/* What was found out about goes first: so few bodies are held at a time. */
static kz_rc next_ask(void *ctx, struct kz_fetch_ask *ret) {
  struct push *push = ctx;
  if (push->ready_count > 0) {
    return send_item(push, &push->items[push->ready[--push->ready_count]], ret);
  }
  if (push->next < push->wanted) {
    return ask_about(push, &push->items[push->next++], ret);
  }
  return push->open > 0 ? KZ_NOT_FOUND : KZ_END;
}

static kz_rc take_answer(void *ctx, const struct kz_fetch_got *got) {
  struct push *push = ctx;
  struct item *item = got->tag;
  if (got->rc != KZ_OK) {
    fail_item(push, item, got->words, got->status);
    return KZ_OK;
  }
  if (item->body.len > 0) {
    if (got->status == 200) {
      push->sent++;
      end_item(push, item);
    } else {
      refuse_item(push, item, got);
    }
    return KZ_OK;
  }
  if (got->status != 200 && got->status != 404) {
    fail_item(push, item, "not told whether it is there", got->status);
    return KZ_OK;
  }
  item->is_there = got->status == 200;
  if (push->ready_count == READY_MAX) {
    return KZ_E_INTERNAL;
  }
  push->ready[push->ready_count++] = (size_t)(item - push->items);
  return KZ_OK;
}

static bool is_stopped(void *ctx) {
  return kz_errand_is_stopped(((struct push *)ctx)->link->errand);
}

/* What is exchanged beside events. */
static kz_rc give_more(struct push *push, struct kz_err *err) {
  struct kz_link *link = push->link;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && link->push_sightings && i < push->count;
       i++) {
    rc = kz_errand_is_stopped(link->errand)
             ? KZ_E_STOPPED
             : kz_sync_give_sightings(link, push->items[i].event, err);
  }
  if (rc == KZ_OK && link->push_clusters) {
    rc = kz_sync_give_clusters(link, err);
  }
  return rc == KZ_OK && link->push_analyst ? kz_sync_give_analyst(link, err)
                                           : rc;
}

static kz_rc run(struct push *push, struct kz_err *err) {
  struct kz_errand *errand = push->link->errand;
  const struct kz_fetch_client client = {.ctx = push,
                                         .next = next_ask,
                                         .take = take_answer,
                                         .is_stopped = is_stopped};
  kz_rc rc = gather(push);
  if (rc == KZ_OK && push->count > 0) {
    rc = ask_which(push, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  kz_errand_set_total(errand, push->wanted);
  push->open = push->wanted;
  if (push->wanted > 0) {
    rc = kz_fetch_run(push->link->fetch, &client, err);
  }
  rc = rc == KZ_OK ? give_more(push, err) : rc;
  kz_errand_log(
      errand,
      "%.*s: %llu events may go there, %llu are wanted, %llu "
      "sent, %llu refused",
      KZ_STR_ARG(kz_str_head(push->link->name, 100)),
      (unsigned long long)push->count, (unsigned long long)push->wanted,
      (unsigned long long)push->sent, (unsigned long long)push->failed);
  return rc;
}

kz_rc kz_sync_push(void *ctx, struct kz_errand *errand, struct kz_err *err) {
  struct kz_house *house = ctx;
  struct kz_link link;
  KZ_ARENA(arena, ARENA_BYTES);
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc =
      kz_link_open(house, kz_errand_subject(errand), arena, errand, &link, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct push push = {.link = &link,
                      .view = kz_store_view(house->store),
                      .hop = {.groups = house->groups,
                              .peer = link.id,
                              .remote_org = link.remote_org,
                              .is_internal = link.is_internal},
                      .err = err};
  rc = run(&push, err);
  for (size_t i = 0; i < push.count; i++) {
    kz_buf_done(&push.items[i].body);
  }
  free(push.items);
  kz_view_unref(push.view);
  kz_link_done(&link);
  return rc;
}

/* --- asking for it ---------------------------------------------------------
 */

/* Asks for a push to each server that is pushed to. */
static kz_rc order(struct kz_house *house, kz_str detail, uint64_t except,
                   uint64_t user, size_t *ret_count, struct kz_err *err) {
  struct kz_shelf *shelf = kz_binder_shelf(house->peers);
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(arena, 64 << 20);
  kz_rc rc = arena ? kz_shelf_cards(shelf, 0, arena, &cards, &count)
                   : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  *ret_count = 0;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *peer = NULL;
    uint64_t id = 0;
    rc = kz_shelf_get(shelf, cards[i].id, arena, &peer, err);
    if (rc == KZ_NOT_FOUND) {
      rc = KZ_OK;
      continue;
    }
    if (rc == KZ_OK && cards[i].id != except &&
        kz_form_flag(&kz_peer_form, peer, "push")) {
      const struct kz_errand_order push = {.kind = KZ_SYNC_PUSH,
                                           .subject = cards[i].id,
                                           .detail = detail,
                                           .user = user};
      rc = kz_errands_add(house->errands, &push, &id, err);
      (*ret_count)++;
    }
  }
  return rc;
}

kz_rc kz_sync_order_push(struct kz_house *house, uint64_t except,
                         struct kz_err *err) {
  size_t count = 0;
  return order(house, KZ_STR_NONE, except, 0, &count, err);
}

kz_rc kz_sync_order_publish(struct kz_house *house, uint64_t event,
                            uint64_t user, struct kz_err *err) {
  KZ_BUF(detail, 32);
  size_t count = 0;
  if (kz_shelf_count(kz_binder_shelf(house->peers)) == 0) {
    return KZ_OK;
  }
  (void)kz_buf_add_u64(&detail, event);
  return order(house, kz_buf_str(&detail), 0, user, &count, err);
}
