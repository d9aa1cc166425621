/* Who is no administrator sees the feeds that are marked visible for lookups,
 * and changes none. */
#include "api/misp_feed.h"

#include "api/misp_form.h"
#include "api/misp_shape.h"
#include "format/misp_write.h"
#include "store/store.h"
#include "work/feeds.h"

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
