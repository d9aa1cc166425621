#include "api/misp_sync.h"

#include <stdio.h>

#include "api/misp_form.h"
#include "api/misp_shape.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/store.h"
#include "work/show.h"
#include "work/sync_link.h"
#include "work/sync_pull.h"
#include "work/sync_push.h"

enum { WORDS = 200, RULES_MAX = 100000 };

/* --- what an administrator asks for ----------------------------------------
 */

/* The server that the path names, for who may use it. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id) {
  struct kz_jsonv *document = NULL;
  return kz_misp_form_may(call) &&
         kz_misp_form_find(call, call->eye.house->peers, "Server", ret_id,
                           &document);
}

static void order(struct kz_misp_call *call, const char *kind, uint64_t peer,
                  kz_str detail, const char *what) {
  struct kz_err err = KZ_ERR_NONE;
  char words[WORDS];
  uint64_t id = 0;
  const struct kz_errand_order order = {.kind = kind,
                                        .subject = peer,
                                        .detail = detail,
                                        .user = call->eye.user->id};
  kz_rc rc = kz_errands_add(call->eye.house->errands, &order, &id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Server", rc, &err);
    return;
  }
  (void)snprintf(words, sizeof words,
                 "%s queued for background execution. Job ID: %llu", what,
                 (unsigned long long)id);
  kz_misp_done(call, kz_str_of(words), id);
}

void kz_misp_sync_pull(struct kz_misp_call *call) {
  uint64_t id = 0;
  if (find(call, &id)) {
    order(call, KZ_SYNC_PULL, id, kz_misp_arg(call, 1), "Pull");
  }
}

void kz_misp_sync_push(struct kz_misp_call *call) {
  kz_str what = kz_misp_arg(call, 1);
  uint64_t id = 0;
  if (!find(call, &id)) {
    return;
  }
  if (kz_str_eq(what, KZ_STR("full")) || kz_str_eq(what, KZ_STR("update"))) {
    what = KZ_STR_NONE;
  }
  order(call, KZ_SYNC_PUSH, id, what, "Push");
}

/* MISP's codes: 1 well, 2 cannot be reached, 3 answers oddly, 4 does not know
 * our key. */
static unsigned code_of(kz_rc rc) {
  return rc == KZ_OK ? 1 : rc == KZ_E_DENIED ? 4 : rc == KZ_E_INPUT ? 3 : 2;
}

static void write_test(struct kz_jsonw *w, kz_rc rc,
                       const struct kz_jsonv *version, kz_rc echo,
                       const struct kz_err *err) {
  kz_str there = kz_jsonv_text(version, KZ_STR("version"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("status"), code_of(rc));
  if (rc == KZ_OK) {
    kz_jsonw_member_str(w, KZ_STR("local_version"), there);
    kz_jsonw_member_str(w, KZ_STR("version"), there);
    kz_jsonw_member_bool(w, KZ_STR("mismatch"), false);
    kz_jsonw_member_str(w, KZ_STR("newer"), KZ_STR(""));
    kz_jsonw_member_u64(w, KZ_STR("post"), echo == KZ_OK ? 1 : 3);
    kz_jsonw_member_bool(w, KZ_STR("perm_sync"),
                         kz_jsonv_flag(version, KZ_STR("perm_sync"), false));
    kz_jsonw_member_bool(
        w, KZ_STR("perm_sighting"),
        kz_jsonv_flag(version, KZ_STR("perm_sighting"), false));
  } else {
    kz_jsonw_member_str(w, KZ_STR("message"), kz_str_of(err->text));
  }
  kz_jsonw_object_end(w);
}

/* Asks the other side who it is and lets it repeat what we say. */
void kz_misp_sync_test(struct kz_misp_call *call) {
  const kz_str said = KZ_STR("{\"testString\":\"kizashi \\u00e4 \\u5146\"}");
  struct kz_err err = KZ_ERR_NONE;
  struct kz_link link;
  struct kz_jsonv *version = NULL;
  struct kz_jsonv *echo = NULL;
  uint64_t id = 0;
  kz_rc heard = KZ_E_IO;
  if (!find(call, &id)) {
    return;
  }
  kz_rc rc = kz_link_open(call->eye.house, id, call->work, NULL, &link, &err);
  if (rc == KZ_OK) {
    rc = kz_link_tree(&link, "servers/getVersion", KZ_STR_NONE, &version, &err);
    if (rc == KZ_OK) {
      heard = kz_link_tree(&link, "servers/postTest", said, &echo, NULL);
    }
    kz_link_done(&link);
  }
  if (heard == KZ_OK &&
      !kz_str_eq(kz_jsonv_text(kz_jsonv_get(echo, KZ_STR("body")),
                               KZ_STR("testString")),
                 KZ_STR("kizashi \xc3\xa4 \xe5\x85\x86"))) {
    heard = KZ_E_INPUT;
  }
  KZ_MISP_OUT(out);
  write_test(&out.w, rc, version, heard, &err);
  kz_misp_send(call, &out);
}

/* --- what another server asks ----------------------------------------------
 */

/* Whether another server asks; otherwise the refusal is sent. */
static bool may_sync(struct kz_misp_call *call) {
  if (!kz_misp_is_admin(call->eye.user) &&
      !kz_user_may(call->eye.user, KZ_PERM_SYNC)) {
    kz_misp_not_allowed(call);
    return false;
  }
  return true;
}

/* Whether we want an event: one we have not, or have older and from others.
 * That a uuid is taken by an event that the asker may not see is told by not
 * wanting it, as MISP does. */
static bool is_wanted(const struct kz_misp_call *call,
                      const struct kz_jsonv *offered) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  const struct kz_view *view = call->eye.view;
  kz_str uuid = kz_jsonv_text(offered, KZ_STR("uuid"));
  struct kz_event_entry entry;
  struct kz_uuid parsed;
  uint64_t id = 0;
  if (kz_uuid_parse(uuid, &parsed) != KZ_OK) {
    return false;
  }
  if (kz_show_find(view, &owner, uuid, &id, NULL) != KZ_OK ||
      kz_events_get(view->events, id, &entry) != KZ_OK) {
    return true;
  }
  return (entry.flags & KZ_EVENT_LOCKED) &&
         entry.time_s < kz_jsonv_u64(offered, KZ_STR("timestamp"), 0);
}

void kz_misp_sync_filter(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *offers = NULL;
  if (!may_sync(call)) {
    return;
  }
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &offers, &err);
  if (rc != KZ_OK || offers->kind != KZ_JSON_ARRAY) {
    kz_misp_fail(call, "Request", KZ_E_INPUT, &err);
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (const struct kz_jsonv *v = offers->first; v; v = v->next) {
    const struct kz_jsonv *inner = kz_jsonv_get(v, KZ_STR("Event"));
    const struct kz_jsonv *offer = inner ? inner : v;
    if (is_wanted(call, offer)) {
      kz_jsonw_str(&out.w, kz_jsonv_text(offer, KZ_STR("uuid")));
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* The names of organisations and tags here. */
void kz_misp_sync_rules(struct kz_misp_call *call) {
  struct kz_dict *dict = kz_store_dict(call->eye.house->store);
  if (!may_sync(call)) {
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("organisations"));
  kz_jsonw_array(&out.w);
  for (uint32_t id = 1; id <= kz_dict_org_count(dict) && id < RULES_MAX; id++) {
    struct kz_org org;
    if (kz_dict_org_get(dict, id, &org) == KZ_OK && org.local) {
      kz_jsonw_str(&out.w, org.name);
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("tags"));
  kz_jsonw_array(&out.w);
  for (uint32_t id = 1; id <= kz_dict_tag_count(dict) && id < RULES_MAX; id++) {
    struct kz_tag tag;
    if (kz_dict_tag_get(dict, id, &tag) == KZ_OK && tag.exportable &&
        !tag.local_only) {
      kz_jsonw_str(&out.w, tag.name);
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_sync_published(struct kz_misp_call *call, uint64_t event) {
  struct kz_err err = KZ_ERR_NONE;
  if (kz_sync_order_publish(call->eye.house, event, call->eye.user->id, &err) !=
      KZ_OK) {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("push"), kz_log_err(&err));
  }
}

bool kz_misp_sync_is_same(struct kz_misp_call *call, const uint64_t *ids,
                          size_t count) {
  char etag[32];
  uint64_t hash = count;
  for (size_t i = 0; i < count; i++) {
    struct kz_event_entry e;
    if (kz_events_get(call->eye.view->events, ids[i], &e) == KZ_OK) {
      const uint64_t parts[] = {hash, ids[i], e.time_s, e.publish_s, e.flags};
      hash = kz_hash64(parts, sizeof parts);
    }
  }
  (void)snprintf(etag, sizeof etag, "\"%016llx\"", (unsigned long long)hash);
  kz_reply_header(call->reply, KZ_STR("ETag"), kz_str_of(etag));
  if (!kz_str_eq(kz_request_header(call->request, KZ_STR("If-None-Match")),
                 kz_str_of(etag))) {
    return false;
  }
  kz_reply_status(call->reply, 304);
  return true;
}
