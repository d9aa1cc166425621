#include "work/sync_pull.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/store.h"
#include "work/blocks.h"
#include "work/feed_run.h"
#include "work/show.h"
#include "work/spool.h"
#include "work/sync_hop.h"
#include "work/sync_link.h"
#include "work/sync_more.h"
#include "work/sync_push.h"

enum {
  ARENA_BYTES = 0x7fffffff,
  LIST_BYTES = 0x7fffffff,
  BODY_BYTES = 1 << 20,
  EVENTS_MAX = 1 << 24,
};

#define VIEW_TAIL                                                              \
  "/deleted%5B%5D:0/deleted%5B%5D:1/excludeGalaxy:1/"                          \
  "includeEventCorrelations:0/includeFeedCorrelations:0/"                      \
  "includeWarninglistHits:0/excludeLocalTags:1"

struct pull {
  struct kz_link *link;
  struct kz_view *view; /* what we have before it begins */
  bool only_known;
  bool is_all;  /* not one event alone */
  kz_str *refs; /* uuids, or what the user named */
  size_t count;
  size_t room;
  size_t next;
  kz_str *urls;    /* by the place of the ref */
  kz_str *sighted; /* events that are here and were sighted there since */
  size_t sighted_count;
  size_t sighted_room;
  uint64_t known;
  uint64_t failed;
  struct kz_spool *spool;
  struct kz_ingest_options options;
  struct kz_err *err;
};

/* --- the list --------------------------------------------------------------
 */

/* A row of the remote list. */
struct row {
  kz_str uuid;
  kz_str orgc_uuid;
  int64_t time_s;
  int64_t sighted_s;
  bool published;
};

static kz_rc add_ref(struct kz_arena *arena, kz_str **refs, size_t *count,
                     size_t *room, kz_str ref) {
  if (*count == *room) {
    size_t more = *room ? *room * 2 : 1024;
    kz_str *grown =
        more <= EVENTS_MAX ? reallocarray(*refs, more, sizeof *grown) : NULL;
    if (!grown) {
      return KZ_E_LIMIT;
    }
    *refs = grown;
    *room = more;
  }
  kz_rc rc = kz_arena_dup(arena, ref, &(*refs)[*count]);
  *count += rc == KZ_OK;
  return rc;
}

static kz_rc want(struct pull *pull, kz_str ref) {
  return add_ref(pull->link->arena, &pull->refs, &pull->count, &pull->room,
                 ref);
}

/* Remembers an event of ours that was sighted there later than here. */
static kz_rc look_at_sightings(struct pull *pull, const struct row *row) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  struct kz_event header;
  uint64_t id = 0;
  KZ_ARENA(arena, 64 << 20);
  if (row->sighted_s == 0 || !arena ||
      kz_show_find(pull->view, &owner, row->uuid, &id, NULL) != KZ_OK) {
    return KZ_OK;
  }
  struct kz_reading r =
      kz_store_reading(pull->link->house->store, pull->view, arena);
  if (kz_read_header(&r, id, &header, NULL, NULL) != KZ_OK ||
      header.sighting_timestamp_us >= row->sighted_s * KZ_SECOND_US) {
    return KZ_OK;
  }
  return add_ref(pull->link->arena, &pull->sighted, &pull->sighted_count,
                 &pull->sighted_room, row->uuid);
}

/* Whether we take the event: new ones, and newer ones that came by sync. */
static bool is_wanted(const struct pull *pull, const struct row *row) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  struct kz_event_entry entry;
  uint64_t id = 0;
  if (kz_show_find(pull->view, &owner, row->uuid, &id, NULL) != KZ_OK ||
      kz_events_get(pull->view->events, id, &entry) != KZ_OK) {
    return !pull->only_known;
  }
  return (entry.flags & KZ_EVENT_LOCKED) && (int64_t)entry.time_s < row->time_s;
}

/* Whether the event or its maker is on a blocklist here: not even asked for. */
static bool is_blocked(const struct pull *pull, const struct kz_uuid *uuid,
                       kz_str orgc_uuid) {
  struct kz_org orgc = {.name = KZ_STR("")};
  orgc.has_uuid = kz_uuid_parse(orgc_uuid, &orgc.uuid) == KZ_OK;
  return kz_blocks_check(pull->link->house->blocks, uuid, &orgc, NULL) != KZ_OK;
}

static kz_rc take_row(struct pull *pull, const struct row *row) {
  struct kz_uuid uuid;
  if (kz_uuid_parse(row->uuid, &uuid) != KZ_OK || !row->published ||
      is_blocked(pull, &uuid, row->orgc_uuid)) {
    return KZ_OK;
  }
  if (!is_wanted(pull, row)) {
    pull->known++;
    return look_at_sightings(pull, row);
  }
  return want(pull, row->uuid);
}

static kz_rc read_row(struct kz_json *json, struct row *row) {
  struct kz_json_token t;
  kz_rc rc = kz_json_next(json, &t);
  *row = (struct row){.published = true};
  for (; rc == KZ_OK && t.kind == KZ_JSON_KEY; rc = kz_json_next(json, &t)) {
    kz_str name = t.text;
    rc = kz_json_next(json, &t);
    if (rc != KZ_OK) {
      return rc;
    }
    if (kz_str_eq(name, KZ_STR("uuid")) && t.kind == KZ_JSON_STRING) {
      row->uuid = t.text;
    } else if (kz_str_eq(name, KZ_STR("orgc_uuid")) &&
               t.kind == KZ_JSON_STRING) {
      row->orgc_uuid = t.text;
    } else if (kz_str_eq(name, KZ_STR("timestamp"))) {
      if (kz_str_i64(t.text, &row->time_s) != KZ_OK) {
        row->time_s = 0;
      }
    } else if (kz_str_eq(name, KZ_STR("sighting_timestamp"))) {
      if (kz_str_i64(t.text, &row->sighted_s) != KZ_OK) {
        row->sighted_s = 0;
      }
    } else if (kz_str_eq(name, KZ_STR("published"))) {
      row->published = t.kind == KZ_JSON_TRUE || kz_str_eq(t.text, KZ_STR("1"));
    } else {
      rc = kz_json_skip(json, &t);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return rc;
}

static kz_rc read_list(struct pull *pull, kz_str text, struct kz_err *err) {
  struct kz_json json;
  struct kz_json_token t;
  struct row row;
  kz_json_init(&json, text, pull->link->arena, KZ_JSON_LIMITS);
  kz_rc rc = kz_json_next(&json, &t);
  if (rc == KZ_OK && t.kind != KZ_JSON_ARRAY) {
    return kz_err_set(err, KZ_E_INPUT, "events/index: a list is due");
  }
  while (rc == KZ_OK) {
    rc = kz_json_next(&json, &t);
    if (rc != KZ_OK || t.kind == KZ_JSON_ARRAY_END) {
      break;
    }
    if (t.kind != KZ_JSON_OBJECT) {
      rc = kz_json_skip(&json, &t);
      continue;
    }
    rc = read_row(&json, &row);
    rc = rc == KZ_OK ? take_row(pull, &row) : rc;
  }
  if (rc < 0 && kz_json_problem(&json)) {
    rc = kz_json_explain(&json, err);
    kz_err_prefix(err, "events/index");
  }
  return rc;
}

/* Adds a list of what is wanted and, with '!', what is not. */
static void add_rule(struct kz_jsonw *w, const char *name,
                     const struct kz_jsonv *sides) {
  const struct kz_jsonv *lists[] = {kz_jsonv_get(sides, KZ_STR("OR")),
                                    kz_jsonv_get(sides, KZ_STR("NOT"))};
  if ((!lists[0] || !lists[0]->count) && (!lists[1] || !lists[1]->count)) {
    return;
  }
  kz_jsonw_key(w, kz_str_of(name));
  kz_jsonw_array(w);
  for (size_t i = 0; i < 2; i++) {
    for (const struct kz_jsonv *v = lists[i] ? lists[i]->first : NULL; v;
         v = v->next) {
      KZ_BUF(text, 4096);
      (void)kz_buf_add_str(&text, i == 1 ? KZ_STR("!") : KZ_STR(""));
      (void)kz_buf_add_str(&text, v->text);
      kz_jsonw_str(w, kz_buf_str(&text));
    }
  }
  kz_jsonw_array_end(w);
}

static void write_filter(const struct kz_link *link, struct kz_buf *out) {
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonw_object(&w);
  kz_jsonw_member_u64(&w, KZ_STR("minimal"), 1);
  kz_jsonw_member_u64(&w, KZ_STR("published"), 1);
  add_rule(&w, "tag", kz_jsonv_get(link->pull_rules, KZ_STR("tags")));
  add_rule(&w, "org", kz_jsonv_get(link->pull_rules, KZ_STR("orgs")));
  kz_jsonw_object_end(&w);
}

/* KZ_UNCHANGED when the list is as it was the last time. */
static kz_rc ask_list(struct pull *pull, struct kz_buf *etag,
                      struct kz_err *err) {
  struct kz_link *link = pull->link;
  KZ_BUF(body, BODY_BYTES);
  KZ_BUF(text, LIST_BYTES);
  unsigned status = 0;
  struct kz_fetch_ask ask = {.method = KZ_METHOD_POST,
                             .headers = link->headers,
                             .header_count = link->header_count,
                             .etag =
                                 pull->only_known ? KZ_STR_NONE : link->etag};
  write_filter(link, &body);
  ask.body = kz_buf_str(&body);
  kz_rc rc = kz_link_url(link, KZ_STR("events/index"), &ask.url, err);
  if (rc == KZ_OK) {
    rc = kz_fetch_one(link->fetch, &ask, kz_errand_is_stopped, link->errand,
                      &status, &text, etag, NULL, err);
  }
  if (rc == KZ_OK && status == 304) {
    return KZ_UNCHANGED;
  }
  if (rc == KZ_OK && status != 200) {
    rc = kz_err_set(err, KZ_E_IO, "%.*s: events/index answered %u",
                    KZ_STR_ARG(link->url), status);
  }
  return rc == KZ_OK ? read_list(pull, kz_buf_str(&text), err) : rc;
}

/* --- the events ------------------------------------------------------------
 */

static kz_rc adapt(void *ctx, struct kz_event *event, struct kz_arena *arena,
                   struct kz_err *err) {
  const struct pull *pull = ctx;
  (void)arena;
  (void)err;
  if (event->attribute_count + event->object_count + event->report_count == 0) {
    return KZ_UNCHANGED;
  }
  event->creator_email = KZ_STR_NONE;
  kz_hop_in(event, pull->link->is_internal);
  if (pull->link->unpublishes) {
    event->published = false;
  }
  return KZ_OK;
}

static kz_rc next_event(void *ctx, struct kz_fetch_ask *ret) {
  struct pull *pull = ctx;
  KZ_BUF(path, 1 << 12);
  if (pull->next == pull->count) {
    return KZ_END;
  }
  kz_str *url = &pull->urls[pull->next];
  (void)kz_buf_add_str(&path, KZ_STR("events/view/"));
  (void)kz_buf_add_str(&path, pull->refs[pull->next]);
  (void)kz_buf_add_str(&path, KZ_STR(VIEW_TAIL));
  kz_rc rc = kz_link_url(pull->link, kz_buf_str(&path), url, pull->err);
  *ret = (struct kz_fetch_ask){.method = KZ_METHOD_GET,
                               .url = *url,
                               .headers = pull->link->headers,
                               .header_count = pull->link->header_count,
                               .tag = &pull->refs[pull->next]};
  pull->next++;
  return rc;
}

static kz_rc take_event(void *ctx, const struct kz_fetch_got *got) {
  struct pull *pull = ctx;
  struct kz_errand *errand = pull->link->errand;
  const kz_str *ref = got->tag;
  kz_rc rc = KZ_OK;
  if (got->rc == KZ_OK && got->status == 200) {
    rc = kz_spool_add(pull->spool, got->body, pull->err);
  } else {
    pull->failed++;
    kz_errand_log(errand, "event %.*s: %s (%u)",
                  KZ_STR_ARG(kz_str_head(*ref, 64)),
                  got->words[0] ? got->words : "not given", got->status);
  }
  kz_errand_add_done(errand, 1);
  if (rc == KZ_OK && kz_spool_bytes(pull->spool) >= KZ_SPOOL_FULL) {
    rc = kz_spool_import(pull->spool, &pull->options, errand, pull->err);
  }
  return rc;
}

static bool is_stopped(void *ctx) {
  return kz_errand_is_stopped(((struct pull *)ctx)->link->errand);
}

static kz_rc fetch_events(struct pull *pull) {
  const struct kz_fetch_client client = {.ctx = pull,
                                         .next = next_event,
                                         .take = take_event,
                                         .is_stopped = is_stopped};
  pull->urls =
      kz_arena_array(pull->link->arena, pull->count + 1, sizeof *pull->urls);
  if (!pull->urls) {
    return kz_err_set(pull->err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc = kz_spool_open(pull->link->house, "pull", pull->link->id,
                           &pull->spool, pull->err);
  if (rc == KZ_OK) {
    rc = kz_fetch_run(pull->link->fetch, &client, pull->err);
  }
  if (rc == KZ_OK) {
    rc = kz_spool_import(pull->spool, &pull->options, pull->link->errand,
                         pull->err);
  }
  return rc;
}

/* --- the errand ------------------------------------------------------------
 */

struct kept {
  const struct pull *pull;
  kz_str etag; /* ptr NULL: not to be kept */
  uint64_t events;
};

static kz_rc keep(void *ctx, struct kz_jsonv *d, struct kz_arena *arena,
                  struct kz_err *err) {
  const struct kept *kept = ctx;
  kz_str etag;
  bool good =
      kz_jsonv_set_u64(d, KZ_STR("last_pull_us"), (uint64_t)kz_clock_now_us(),
                       arena) &&
      kz_jsonv_set_u64(d, KZ_STR("last_pull_events"), kept->events, arena);
  if (good && kept->etag.ptr) {
    good = kz_arena_dup(arena, kept->etag, &etag) == KZ_OK &&
           kz_jsonv_set_str(d, KZ_STR("pull_etag"), etag, arena);
  }
  return good ? KZ_OK : kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

static kz_rc choose(struct pull *pull, struct kz_buf *etag,
                    struct kz_err *err) {
  kz_str detail = kz_errand_detail(pull->link->errand);
  pull->only_known = kz_str_eq(detail, KZ_STR("update"));
  pull->is_all =
      detail.len == 0 || pull->only_known || kz_str_eq(detail, KZ_STR("full"));
  return pull->is_all ? ask_list(pull, etag, err) : want(pull, detail);
}

/* What is exchanged beside events, when more than one event was asked for. */
static kz_rc take_more(struct pull *pull, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  if (pull->sighted_count > 0) {
    rc = kz_sync_take_sightings(pull->link, pull->sighted, pull->sighted_count,
                                err);
  }
  if (rc == KZ_OK) {
    rc = kz_sync_take_proposals(pull->link, err);
  }
  if (rc == KZ_OK && pull->link->pull_clusters) {
    rc = kz_sync_take_clusters(pull->link, err);
  }
  return rc == KZ_OK && pull->link->pull_analyst
             ? kz_sync_take_analyst(pull->link, err)
             : rc;
}

/* What came goes on to others. */
static kz_rc pass_on(struct pull *pull, uint64_t events, struct kz_err *err) {
  return events > 0 ? kz_sync_order_push(pull->link->house, pull->link->id, err)
                    : KZ_OK;
}

static kz_rc run(struct pull *pull, struct kz_err *err) {
  struct kz_errand *errand = pull->link->errand;
  KZ_BUF(etag, 4096);
  struct kept kept = {.pull = pull};
  kz_rc rc = choose(pull, &etag, err);
  if (rc == KZ_UNCHANGED) {
    rc = take_more(pull, err);
    kz_errand_log(errand, "no event has changed there");
    return rc;
  }
  if (rc == KZ_OK) {
    kz_errand_set_total(errand, pull->count);
    kz_errand_log(errand, "%llu events to pull, %llu known",
                  (unsigned long long)pull->count,
                  (unsigned long long)pull->known);
    rc = pull->count > 0 ? fetch_events(pull) : KZ_OK;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (pull->spool) {
    const struct kz_spool_counts *c = kz_spool_counts(pull->spool);
    kept.events = c->events + c->updated;
    kz_errand_log(errand,
                  "%llu events new, %llu changed, %llu left out, %llu "
                  "attributes new, %llu errors",
                  (unsigned long long)c->events, (unsigned long long)c->updated,
                  (unsigned long long)c->left_out,
                  (unsigned long long)c->attributes,
                  (unsigned long long)(c->errors + pull->failed));
    pull->failed += c->errors;
  }
  if (pull->is_all) {
    rc = take_more(pull, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (etag.len > 0 && pull->failed == 0 && !pull->only_known) {
    kept.etag = kz_buf_str(&etag);
  }
  rc = kz_binder_note(pull->link->house->peers, pull->link->id, keep, &kept,
                      err);
  return rc == KZ_OK ? pass_on(pull, kept.events, err) : rc;
}

/* Also a pull that fails is not tried again before its time. */
static kz_rc keep_try(void *ctx, struct kz_jsonv *d, struct kz_arena *arena,
                      struct kz_err *err) {
  (void)ctx;
  return kz_jsonv_set_u64(d, KZ_STR("last_try_us"), (uint64_t)kz_clock_now_us(),
                          arena)
             ? KZ_OK
             : kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

kz_rc kz_sync_pull(void *ctx, struct kz_errand *errand, struct kz_err *err) {
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
  struct pull pull = {
      .link = &link, .view = kz_store_view(house->store), .err = err};
  pull.options = (struct kz_ingest_options){
      .known_at = KZ_KNOWN_NOW, .org = link.org, .adapt = adapt, .ctx = &pull};
  rc = kz_binder_note(house->peers, link.id, keep_try, NULL, err);
  rc = rc == KZ_OK ? run(&pull, err) : rc;
  kz_spool_close(pull.spool);
  kz_view_unref(pull.view);
  free(pull.refs);
  free(pull.sighted);
  kz_link_done(&link);
  return rc;
}

/* --- when it is due --------------------------------------------------------
 */

static bool is_due(const struct kz_jsonv *peer, int64_t now_us) {
  uint64_t interval = kz_form_number(&kz_peer_form, peer, "pull_interval");
  int64_t last = (int64_t)kz_jsonv_u64(peer, KZ_STR("last_try_us"), 0);
  return interval > 0 && interval < INT32_MAX &&
         kz_form_flag(&kz_peer_form, peer, "pull") &&
         kz_feed_due_us(kz_jsonv_u64(peer, KZ_STR("id"), 0), last, interval) <=
             now_us;
}

kz_rc kz_sync_order_due(struct kz_house *house, int64_t now_us,
                        struct kz_err *err) {
  struct kz_shelf *shelf = kz_binder_shelf(house->peers);
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(arena, 64 << 20);
  kz_rc rc = arena ? kz_shelf_cards(shelf, 0, arena, &cards, &count)
                   : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *peer = NULL;
    uint64_t id = 0;
    rc = kz_shelf_get(shelf, cards[i].id, arena, &peer, err);
    if (rc == KZ_OK && is_due(peer, now_us)) {
      const struct kz_errand_order order = {.kind = KZ_SYNC_PULL,
                                            .subject = cards[i].id};
      rc = kz_errands_add(house->errands, &order, &id, err);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  return rc;
}
