#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "format/misp_read.h"
#include "store/store.h"
#include "work/proposals.h"
#include "work/show.h"
#include "work/sync_more.h"

enum {
  ARENA_BYTES = 0x7fffffff,
  READER_BYTES = 256 << 20,
  PAGE = 1000,
  PAGES_MAX = 1000,
  DAYS = 90,
};

/* Proposals as they come in. */
struct incoming {
  struct kz_link *link;
  struct kz_view *view;
  struct kz_misp_reader *reader;
  struct kz_arena *arena;
  uint64_t taken;
  uint64_t closed;
};

/* The one that is here already: of the same organisation about the same uuid
 * with the same value. NULL: none. */
static struct kz_jsonv *find_known(struct incoming *in, uint64_t event,
                                   const struct kz_jsonv *said, uint32_t org) {
  struct kz_jsonv **documents = NULL;
  size_t count = 0;
  if (kz_proposals_of(in->link->house->proposals, event, in->arena, &documents,
                      &count, NULL) != KZ_OK) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    static const char *const same[] = {"uuid", "type", "category", "value"};
    bool is_it = kz_proposal_org(documents[i]) == org;
    for (size_t k = 0; is_it && k < 4; k++) {
      is_it = kz_str_eq(kz_jsonv_text(documents[i], kz_str_of(same[k])),
                        kz_jsonv_text(said, kz_str_of(same[k])));
    }
    if (is_it) {
      return documents[i];
    }
  }
  return NULL;
}

/* The attribute here that a proposal wants to change. */
struct old {
  struct kz_reading *reading;
  const struct kz_uuid *uuid;
  uint64_t event;
  uint64_t id;
};

static kz_rc check_old(void *ctx, enum kz_thing thing, uint64_t event,
                       uint64_t id) {
  struct old *old = ctx;
  struct kz_attribute a;
  if (thing != KZ_THING_ATTRIBUTE || event != old->event ||
      kz_read_attribute(old->reading, event, id,
                        (struct kz_read_options){.from = 0}, &a,
                        NULL) != KZ_OK ||
      !kz_uuid_eq(&a.uuid, old->uuid)) {
    return KZ_NOT_FOUND;
  }
  old->id = id;
  return KZ_OK;
}

static uint64_t find_old(struct incoming *in, uint64_t event,
                         const struct kz_uuid *uuid) {
  struct kz_reading r =
      kz_store_reading(in->link->house->store, in->view, in->arena);
  struct old old = {.reading = &r, .uuid = uuid, .event = event};
  return kz_view_uuid(in->view, uuid, check_old, &old) == KZ_OK ? old.id : 0;
}

static kz_rc read_attribute(struct incoming *in, const struct kz_jsonv *said,
                            struct kz_attribute *ret, struct kz_err *err) {
  KZ_BUF(text, READER_BYTES);
  struct kz_jsonw w;
  struct kz_misp_attributes read = {.count = 0};
  struct kz_misp_input input = {.arena = in->arena};
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(said, &w);
  if (kz_buf_failed(&text) ||
      kz_arena_dup(in->arena, kz_buf_str(&text), &input.text) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  kz_rc rc = kz_misp_read_attributes(in->reader, &input, &read, err);
  if (rc == KZ_OK && read.count == 0) {
    rc = kz_err_set(err, KZ_E_INPUT, "no attribute");
  }
  if (rc == KZ_OK) {
    *ret = read.items[0];
  }
  return rc;
}

static kz_rc add(struct incoming *in, uint64_t event, uint32_t org,
                 const struct kz_jsonv *said, struct kz_err *err) {
  struct kz_attribute attribute;
  struct kz_event_entry entry;
  uint64_t id = 0;
  kz_rc rc = read_attribute(in, said, &attribute, err);
  if (rc == KZ_OK) {
    rc = kz_events_get(in->view->events, event, &entry);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  const struct kz_proposal proposal = {
      .event = event,
      .event_uuid = entry.uuid,
      .event_org = entry.org,
      .old_id = kz_jsonv_u64(said, KZ_STR("old_id"), 0) > 0
                    ? find_old(in, event, &attribute.uuid)
                    : 0,
      .org = org,
      .email = KZ_STR(""),
      .to_delete = kz_jsonv_flag(said, KZ_STR("proposal_to_delete"), false),
      .attribute = &attribute,
  };
  if (proposal.to_delete && proposal.old_id == 0) {
    return KZ_OK; /* it is gone already */
  }
  rc = kz_proposals_add(in->link->house->proposals, &proposal, in->arena, &id,
                        err);
  in->taken += rc == KZ_OK;
  return rc;
}

static kz_rc take_one(struct incoming *in, const struct kz_jsonv *said,
                      struct kz_err *err) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  struct kz_dict *dict = kz_store_dict(in->link->house->store);
  const struct kz_jsonv *org_said = kz_jsonv_get(said, KZ_STR("Org"));
  struct kz_org org = {.name = kz_jsonv_text(org_said, KZ_STR("name"))};
  uint32_t org_id = 0;
  uint64_t event = 0;
  bool is_closed = kz_jsonv_flag(said, KZ_STR("deleted"), false);
  org.has_uuid = kz_uuid_parse(kz_jsonv_text(org_said, KZ_STR("uuid")),
                               &org.uuid) == KZ_OK;
  if (org.name.len == 0 ||
      kz_show_find(in->view, &owner, kz_jsonv_text(said, KZ_STR("event_uuid")),
                   &event, NULL) != KZ_OK) {
    return KZ_OK;
  }
  kz_rc rc = kz_dict_org(dict, &org, &org_id, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *known = find_known(in, event, said, org_id);
  if (known) {
    if (is_closed && kz_proposal_is_live(known)) {
      rc = kz_proposals_discard(in->link->house->proposals,
                                kz_proposal_id(known), in->arena, err);
      in->closed += rc == KZ_OK;
    }
    return rc < 0 ? rc : KZ_OK;
  }
  return is_closed ? KZ_OK : add(in, event, org_id, said, err);
}

/* One page; `*ret_count` is how many were on it. */
static kz_rc take_page(struct incoming *in, int64_t since_s, unsigned page,
                       size_t *ret_count, struct kz_err *err) {
  char path[256];
  struct kz_jsonv *list = NULL;
  (void)snprintf(path, sizeof path,
                 "shadow_attributes/index/all:1/timestamp:%lld/limit:%d/"
                 "page:%u/deleted%%5B%%5D:0/deleted%%5B%%5D:1.json",
                 (long long)since_s, PAGE, page);
  kz_rc rc = kz_link_tree(in->link, path, KZ_STR_NONE, &list, err);
  *ret_count = rc == KZ_OK ? list->count : 0;
  for (const struct kz_jsonv *v = rc == KZ_OK ? list->first : NULL;
       rc == KZ_OK && v; v = v->next) {
    const struct kz_jsonv *inner = kz_jsonv_get(v, KZ_STR("ShadowAttribute"));
    rc = take_one(in, inner ? inner : v, err);
    rc = rc == KZ_E_INPUT || rc == KZ_E_CONFLICT ? KZ_OK : rc;
  }
  return rc;
}

kz_rc kz_sync_take_proposals(struct kz_link *link, struct kz_err *err) {
  KZ_ARENA(arena, ARENA_BYTES);
  struct incoming in = {.link = link,
                        .view = kz_store_view(link->house->store),
                        .reader = kz_misp_reader_new(READER_BYTES),
                        .arena = arena};
  struct kz_err said = KZ_ERR_NONE;
  int64_t since_s = kz_clock_now_us() / KZ_SECOND_US - DAYS * 86400;
  kz_rc rc = arena && in.reader ? KZ_OK : KZ_E_MEMORY;
  size_t count = PAGE;
  for (unsigned page = 1; rc == KZ_OK && count > 0 && page < PAGES_MAX;
       page++) {
    rc = take_page(&in, since_s, page, &count, &said);
  }
  if (link->errand && in.taken + in.closed > 0) {
    kz_errand_log(link->errand, "%llu proposals new, %llu closed",
                  (unsigned long long)in.taken, (unsigned long long)in.closed);
  }
  if (rc < 0 && link->errand) {
    kz_errand_log(link->errand, "proposals: %s", said.text);
  }
  kz_misp_reader_free(in.reader);
  kz_view_unref(in.view);
  return rc == KZ_E_STOPPED || rc == KZ_E_MEMORY
             ? kz_err_set(err, rc, "proposals: %s", said.text)
             : KZ_OK;
}
