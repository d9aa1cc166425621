/* The key that we show another server is never shown to anybody. */
#include "api/misp_peer.h"

#include "api/misp_form.h"
#include "api/misp_shape.h"
#include "format/misp_write.h"
#include "store/store.h"
#include "work/peers.h"
#include "work/settings.h"

static struct kz_binder *peers_of(const struct kz_misp_call *call) {
  return call->eye.house->peers;
}

static void write_org(struct kz_misp_call *call, struct kz_jsonw *w, kz_str key,
                      uint64_t id) {
  struct kz_org org;
  if (id > 0 && id <= UINT32_MAX &&
      kz_dict_org_get(kz_store_dict(call->eye.house->store), (uint32_t)id,
                      &org) == KZ_OK) {
    kz_misp_write_org_member(w, key, &org, (struct kz_misp_style){.ids = true});
  }
}

static void write_peer(struct kz_misp_call *call, struct kz_jsonw *w,
                       const struct kz_jsonv *document) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Server"));
  kz_jsonw_object(w);
  kz_form_write(&kz_peer_form, document, w);
  kz_jsonw_object_end(w);
  write_org(call, w, KZ_STR("Organisation"),
            kz_form_number(&kz_peer_form, document, "org_id"));
  write_org(call, w, KZ_STR("RemoteOrg"),
            kz_form_number(&kz_peer_form, document, "remote_org_id"));
  kz_jsonw_key(w, KZ_STR("User"));
  kz_jsonw_array(w);
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

static void reply_peer(struct kz_misp_call *call,
                       const struct kz_jsonv *document) {
  KZ_MISP_OUT(out);
  write_peer(call, &out.w, document);
  kz_misp_send(call, &out);
}

void kz_misp_peer_index(struct kz_misp_call *call) {
  struct kz_shelf *shelf = kz_binder_shelf(peers_of(call));
  struct kz_card *cards = NULL;
  struct kz_err err = KZ_ERR_NONE;
  size_t count = 0;
  if (!kz_misp_form_may(call)) {
    return;
  }
  kz_rc rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK) {
      write_peer(call, &out.w, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* removed meanwhile */
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Server", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* The server that the path names, for who may see it. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret_document) {
  return kz_misp_form_may(call) &&
         kz_misp_form_find(call, peers_of(call), "Server", ret_id,
                           ret_document);
}

void kz_misp_peer_view(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (find(call, &id, &document)) {
    reply_peer(call, document);
  }
}

static void fill(struct kz_misp_call *call, uint64_t id, struct kz_jsonv *from,
                 const char *verb) {
  struct kz_jsonv *document = NULL;
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_binder_fill(peers_of(call), id, from, call->work, &document, &err);
  if (rc != KZ_OK) {
    kz_misp_form_refuse(call, verb, "Server", rc, &err);
    return;
  }
  reply_peer(call, document);
}

/* A new server belongs to the organisation of who adds it. */
static void add(struct kz_misp_call *call, struct kz_jsonv *from) {
  kz_str url = kz_jsonv_text(from, KZ_STR("url"));
  bool good = kz_jsonv_set_u64(from, KZ_STR("org_id"), call->eye.user->org.id,
                               call->work);
  if (good && kz_jsonv_text(from, KZ_STR("name")).len == 0) {
    good = kz_jsonv_set_str(from, KZ_STR("name"), url, call->work);
  }
  if (!good) {
    kz_misp_refuse(call, 500, KZ_STR("out of memory"));
    return;
  }
  fill(call, 0, from, "add");
}

/* The organisation that the configuration brings along; made when it is not
 * known yet. 0: there is none. */
static kz_rc org_of(struct kz_misp_call *call, const struct kz_jsonv *from,
                    const char *member, uint32_t *ret, struct kz_err *err) {
  const struct kz_jsonv *said = kz_jsonv_get(from, kz_str_of(member));
  struct kz_org org = {.name = kz_jsonv_text(said, KZ_STR("name"))};
  org.has_uuid =
      kz_uuid_parse(kz_jsonv_text(said, KZ_STR("uuid")), &org.uuid) == KZ_OK;
  if (org.name.len == 0) {
    return KZ_OK;
  }
  return kz_dict_org(kz_store_dict(call->eye.house->store), &org, ret, err);
}

/* Adds with the organisation behind the server: named beside it, or in a
 * configuration as "Organisation". */
static void add_with_org(struct kz_misp_call *call, const char *member) {
  struct kz_jsonv *from = NULL;
  struct kz_err err = KZ_ERR_NONE;
  uint32_t org = 0;
  if (!kz_misp_form_may(call) || !kz_misp_form_body(call, "Server", &from)) {
    return;
  }
  kz_rc rc = org_of(call, from, member, &org, &err);
  if (rc == KZ_OK && org > 0 &&
      !kz_jsonv_set_u64(from, KZ_STR("remote_org_id"), org, call->work)) {
    rc = kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Server", rc, &err);
    return;
  }
  add(call, from);
}

void kz_misp_peer_add(struct kz_misp_call *call) {
  add_with_org(call, "RemoteOrg");
}

void kz_misp_peer_import(struct kz_misp_call *call) {
  add_with_org(call, "Organisation");
}

void kz_misp_peer_edit(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  struct kz_jsonv *from = NULL;
  uint64_t id = 0;
  if (find(call, &id, &document) && kz_misp_form_body(call, "Server", &from)) {
    fill(call, id, from, "edit");
  }
}

void kz_misp_peer_delete(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  if (!find(call, &id, &document)) {
    return;
  }
  kz_rc rc = kz_shelf_remove(kz_binder_shelf(peers_of(call)), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Server", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Server deleted"), 0);
}

/* Whether the caller is another server, or may act as one. */
static bool may_sync(const struct kz_misp_call *call) {
  return kz_user_may(call->eye.user, KZ_PERM_SYNC);
}

/* --- what another server asks ----------------------------------------------
 */

/* The key that this request came with. */
static kz_str key_of(const struct kz_misp_call *call) {
  kz_str key = kz_request_header(call->request, KZ_STR("Authorization"));
  return kz_str_trim(
      key.len > 0 ? key
                  : kz_request_header(call->request, KZ_STR("X-MISP-AUTH")));
}

/* The address that this request was sent to, as far as it says. */
static kz_str reached_at(struct kz_misp_call *call) {
  KZ_BUF(url, 1024);
  kz_str kept = KZ_STR("");
  kz_str host = kz_request_header(call->request, KZ_STR("Host"));
  kz_buf_add_str(&url, KZ_STR("http://"));
  kz_buf_add_str(&url, host);
  return host.len > 0 && !kz_buf_failed(&url) &&
                 kz_arena_dup(call->work, kz_buf_str(&url), &kept) == KZ_OK
             ? kept
             : KZ_STR("");
}

/* What an administrator elsewhere needs to connect to us as this user. */
void kz_misp_peer_config(struct kz_misp_call *call) {
  const struct kz_user *user = call->eye.user;
  struct kz_settings *settings = call->eye.house->settings;
  kz_str url =
      kz_settings_text(settings, KZ_SETTING_external_baseurl, call->work);
  struct kz_org host = user->org;
  int64_t host_id = kz_settings_number(settings, KZ_SETTING_host_org_id);
  if (!may_sync(call)) {
    kz_misp_not_allowed(call);
    return;
  }
  if (url.len == 0) {
    url = kz_settings_text(settings, KZ_SETTING_baseurl, call->work);
  }
  if (url.len == 0) {
    url = reached_at(call);
  }
  if (kz_dict_org_get(kz_store_dict(call->eye.house->store), (uint32_t)host_id,
                      &host) != KZ_OK) {
    host = user->org;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Server"));
  kz_jsonw_object(&out.w);
  kz_jsonw_member_str(&out.w, KZ_STR("url"), url);
  kz_jsonw_member_str(&out.w, KZ_STR("uuid"),
                      kz_settings_text(settings, KZ_SETTING_uuid, call->work));
  kz_jsonw_member_str(&out.w, KZ_STR("authkey"), key_of(call));
  kz_misp_write_org_member(&out.w, KZ_STR("Organisation"), &host,
                           (struct kz_misp_style){.ids = false});
  kz_jsonw_object_end(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* Says back what came, so that the other side sees that nothing between us
 * changes it. */
void kz_misp_peer_echo(struct kz_misp_call *call) {
  static const char *const headers[] = {"Accept", "Content-Type", "Host",
                                        "User-Agent"};
  struct kz_jsonv *from = NULL;
  if (!may_sync(call)) {
    kz_misp_not_allowed(call);
    return;
  }
  if (!kz_misp_form_body(call, "Server", &from)) {
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("body"));
  kz_jsonw_object(&out.w);
  kz_jsonw_member_str(&out.w, KZ_STR("testString"),
                      kz_jsonv_text(from, KZ_STR("testString")));
  kz_jsonw_object_end(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("headers"));
  kz_jsonw_object(&out.w);
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    kz_jsonw_member_str(
        &out.w, kz_str_of(headers[i]),
        kz_request_header(call->request, kz_str_of(headers[i])));
  }
  kz_jsonw_object_end(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}
