#include "work/sync_link.h"

#include "store/store.h"
#include "work/fetching.h"
#include "work/settings.h"

enum { URL_BYTES = 8 << 10, ANSWER_BYTES = 0x7fffffff };

static kz_str text_of(const struct kz_jsonv *document, const char *name) {
  return kz_form_text(&kz_peer_form, document, name);
}

static bool flag_of(const struct kz_jsonv *document, const char *name) {
  return kz_form_flag(&kz_peer_form, document, name);
}

static void read_flags(struct kz_link *link, const struct kz_jsonv *d) {
  struct kz_dict *dict = kz_store_dict(link->house->store);
  uint64_t org = kz_form_number(&kz_peer_form, d, "org_id");
  link->name = text_of(d, "name");
  link->url = text_of(d, "url");
  while (kz_str_ends(link->url, KZ_STR("/"))) {
    link->url.len--;
  }
  link->push = flag_of(d, "push");
  link->pull = flag_of(d, "pull");
  link->push_sightings = flag_of(d, "push_sightings");
  link->push_analyst = flag_of(d, "push_analyst_data");
  link->pull_analyst = flag_of(d, "pull_analyst_data");
  link->push_clusters = flag_of(d, "push_galaxy_clusters");
  link->pull_clusters = flag_of(d, "pull_galaxy_clusters");
  link->unpublishes = flag_of(d, "unpublish_event");
  link->is_internal = flag_of(d, "internal");
  link->remote_org =
      (uint32_t)kz_form_number(&kz_peer_form, d, "remote_org_id");
  link->etag = kz_jsonv_text(d, KZ_STR("pull_etag"));
  if (org > UINT32_MAX ||
      kz_dict_org_get(dict, (uint32_t)org, &link->org) != KZ_OK) {
    link->org = (struct kz_org){.id = 0};
  }
}

static kz_rc read_rules(struct kz_link *link, const struct kz_jsonv *d,
                        struct kz_err *err) {
  struct kz_jsonv *rules = NULL;
  kz_rc rc =
      kz_rules_read(text_of(d, "push_rules"), kz_store_dict(link->house->store),
                    link->arena, &link->push_rules, err);
  if (rc == KZ_OK && text_of(d, "pull_rules").len > 0) {
    rc = kz_jsonv_parse(text_of(d, "pull_rules"), link->arena, &rules, err);
    link->pull_rules = rules;
  }
  return rc;
}

kz_rc kz_link_open(struct kz_house *house, uint64_t id, struct kz_arena *arena,
                   struct kz_errand *errand, struct kz_link *ret,
                   struct kz_err *err) {
  struct kz_jsonv *d = NULL;
  struct kz_link link = {
      .house = house, .arena = arena, .errand = errand, .id = id};
  kz_rc rc = kz_shelf_get(kz_binder_shelf(house->peers), id, arena, &d, err);
  if (rc != KZ_OK) {
    return rc;
  }
  read_flags(&link, d);
  const struct kz_fetching how = {
      .parallel = (unsigned)kz_settings_number(house->settings,
                                               KZ_SETTING_sync_parallel),
      .takes_any_cert = flag_of(d, "self_signed"),
      .skips_proxy = flag_of(d, "skip_proxy")};
  const struct kz_param headers[] = {
      {KZ_STR("Authorization"), text_of(d, "authkey")},
      {KZ_STR("Accept"), KZ_STR("application/json")},
      {KZ_STR("Content-Type"), KZ_STR("application/json")},
  };
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    link.headers[link.header_count++] = headers[i];
  }
  rc = read_rules(&link, d, err);
  if (rc == KZ_OK) {
    rc = kz_fetching_new(house->settings, &how, &link.fetch, err);
  }
  if (rc == KZ_OK) {
    *ret = link;
  }
  return rc;
}

void kz_link_done(struct kz_link *link) {
  kz_fetch_free(link->fetch);
  link->fetch = NULL;
}

kz_rc kz_link_url(const struct kz_link *link, kz_str path, kz_str *ret_url,
                  struct kz_err *err) {
  KZ_BUF(url, URL_BYTES);
  (void)kz_buf_add_str(&url, link->url);
  (void)kz_buf_add_byte(&url, '/');
  (void)kz_buf_add_str(&url, path);
  return kz_buf_failed(&url) ||
                 kz_arena_dup(link->arena, kz_buf_str(&url), ret_url) != KZ_OK
             ? kz_err_set(err, KZ_E_MEMORY, "out of memory")
             : KZ_OK;
}

kz_rc kz_link_ask(struct kz_link *link, const char *path, kz_str body,
                  unsigned *ret_status, struct kz_buf *out,
                  struct kz_err *err) {
  struct kz_fetch_ask ask = {
      .method = body.ptr ? KZ_METHOD_POST : KZ_METHOD_GET,
      .headers = link->headers,
      .header_count = link->header_count,
      .body = body,
  };
  kz_rc rc = kz_link_url(link, kz_str_of(path), &ask.url, err);
  return rc == KZ_OK
             ? kz_fetch_one(link->fetch, &ask,
                            link->errand ? kz_errand_is_stopped : NULL,
                            link->errand, ret_status, out, NULL, NULL, err)
             : rc;
}

/* What the other server says is wrong. */
static kz_rc explain(struct kz_link *link, const char *path, unsigned status,
                     kz_str text, struct kz_err *err) {
  struct kz_jsonv *said = NULL;
  kz_str words = KZ_STR("");
  if (kz_jsonv_parse(text, link->arena, &said, NULL) == KZ_OK) {
    words = kz_jsonv_text(said, KZ_STR("message"));
  }
  return kz_err_set(err, status == 401 || status == 403 ? KZ_E_DENIED : KZ_E_IO,
                    "%.*s/%s: answered %u %.*s", KZ_STR_ARG(link->url), path,
                    status, KZ_STR_ARG(kz_str_head(words, 200)));
}

kz_rc kz_link_tree(struct kz_link *link, const char *path, kz_str body,
                   struct kz_jsonv **ret, struct kz_err *err) {
  KZ_BUF(text, ANSWER_BYTES);
  unsigned status = 0;
  kz_rc rc = kz_link_ask(link, path, body, &status, &text, err);
  if (rc == KZ_OK && status != 200) {
    rc = explain(link, path, status, kz_buf_str(&text), err);
  }
  if (rc == KZ_OK) {
    rc = kz_jsonv_parse(kz_buf_str(&text), link->arena, ret, err);
  }
  return rc;
}
