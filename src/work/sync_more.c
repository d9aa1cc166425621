#include "work/sync_more.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "format/misp_read.h"
#include "format/misp_write.h"
#include "store/edit.h"
#include "store/store.h"
#include "work/settings.h"
#include "work/show.h"

enum {
  ARENA_BYTES = 0x7fffffff,
  TEXT_BYTES = 0x7fffffff,
  PATH_BYTES = 4096,
  UUIDS_BYTES = 1 << 28,
};

static void tell(struct kz_link *link, const char *what,
                 const struct kz_err *err) {
  if (link->errand) {
    kz_errand_log(link->errand, "%s: %s", what,
                  err->text[0] ? err->text : "not exchanged");
  }
}

/* What the other side does not offer is no failure; what stops us is. */
static kz_rc forgive(struct kz_link *link, const char *what, kz_rc rc,
                     const struct kz_err *said, struct kz_err *err) {
  if (rc >= 0) {
    return KZ_OK;
  }
  if (rc == KZ_E_STOPPED || rc == KZ_E_MEMORY || rc == KZ_E_FULL) {
    return kz_err_set(err, rc, "%s", said->text);
  }
  tell(link, what, said);
  return KZ_OK;
}

static struct kz_org org_of(struct kz_link *link, const struct kz_jsonv *said) {
  struct kz_org org = {.name = kz_jsonv_text(said, KZ_STR("name"))};
  org.has_uuid =
      kz_uuid_parse(kz_jsonv_text(said, KZ_STR("uuid")), &org.uuid) == KZ_OK;
  if (org.name.len == 0 && !org.has_uuid) {
    org = link->org;
  }
  return org;
}

/* --- attributes by uuid ----------------------------------------------------
 */

/* The attribute of a uuid within an event. */
struct sought {
  struct kz_reading *reading;
  const struct kz_uuid *uuid;
  uint64_t event;
  uint64_t attribute;
};

static kz_rc check_attribute(void *ctx, enum kz_thing thing, uint64_t event,
                             uint64_t id) {
  struct sought *s = ctx;
  struct kz_attribute a;
  if (thing != KZ_THING_ATTRIBUTE || event != s->event ||
      kz_read_attribute(s->reading, event, id,
                        (struct kz_read_options){.from = 0}, &a,
                        NULL) != KZ_OK ||
      !kz_uuid_eq(&a.uuid, s->uuid)) {
    return KZ_NOT_FOUND;
  }
  s->attribute = id;
  return KZ_OK;
}

static uint64_t find_attribute(struct kz_link *link, struct kz_view *view,
                               uint64_t event, kz_str text,
                               struct kz_arena *arena) {
  struct kz_uuid uuid;
  struct kz_reading r = kz_store_reading(link->house->store, view, arena);
  struct sought sought = {.reading = &r, .uuid = &uuid, .event = event};
  return kz_uuid_parse(text, &uuid) == KZ_OK &&
                 kz_view_uuid(view, &uuid, check_attribute, &sought) == KZ_OK
             ? sought.attribute
             : 0;
}

/* --- sightings in ----------------------------------------------------------
 */

struct sightings {
  struct kz_link *link;
  const kz_str *events;
  size_t count;
  size_t next;
  kz_str url;
  kz_str *bodies;
  uint64_t taken;
  struct kz_err *err;
};

static kz_rc learn_known(void *ctx, const struct kz_attribute *a,
                         struct kz_err *err) {
  struct kz_strmap *known = ctx;
  kz_rc rc = KZ_OK;
  (void)err;
  for (size_t i = 0; rc == KZ_OK && i < a->sighting_count; i++) {
    rc = kz_strmap_put(known,
                       (kz_str){(const char *)&a->sightings[i].uuid,
                                sizeof a->sightings[i].uuid},
                       1);
  }
  return rc;
}

static void add_sighting(struct kz_link *link, struct kz_view *view,
                         const struct kz_strmap *known,
                         const struct kz_jsonv *said, struct kz_edit_bulk *b,
                         struct kz_arena *arena) {
  struct kz_sighting *s = &b->sightings[b->count];
  uint64_t seen = 0;
  kz_str attribute = kz_jsonv_text(said, KZ_STR("attribute_uuid"));
  if (attribute.len == 0) {
    attribute =
        kz_jsonv_text(kz_jsonv_get(said, KZ_STR("Attribute")), KZ_STR("uuid"));
  }
  *s = (struct kz_sighting){
      .kind =
          (enum kz_sighting_kind)(kz_jsonv_u64(said, KZ_STR("type"), 0) % 3),
      .seen_us = (int64_t)(kz_jsonv_u64(said, KZ_STR("date_sighting"), 0) %
                           UINT32_MAX) *
                 KZ_SECOND_US,
      .org = org_of(link, kz_jsonv_get(said, KZ_STR("Organisation"))),
      .source = kz_jsonv_text(said, KZ_STR("source")),
  };
  if (kz_uuid_parse(kz_jsonv_text(said, KZ_STR("uuid")), &s->uuid) != KZ_OK ||
      kz_strmap_get(known, (kz_str){(const char *)&s->uuid, sizeof s->uuid},
                    &seen)) {
    return;
  }
  uint64_t id = find_attribute(link, view, b->event, attribute, arena);
  if (id > 0) {
    b->attributes[b->count++] = id;
  }
}

static kz_rc take_list(struct kz_link *link, kz_str event, kz_str text,
                       uint64_t *taken, struct kz_err *err) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  KZ_ARENA(arena, ARENA_BYTES);
  KZ_ARENA(walk, ARENA_BYTES);
  struct kz_jsonv *root = NULL;
  struct kz_edit_bulk b = {.count = 0};
  struct kz_strmap *known = kz_strmap_new(KZ_MAP_MAX, UUIDS_BYTES);
  struct kz_view *view = kz_store_view(link->house->store);
  kz_rc rc = arena && walk && known ? kz_jsonv_parse(text, arena, &root, err)
                                    : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = kz_show_find(view, &owner, event, &b.event, err);
  }
  const struct kz_jsonv *list = kz_jsonv_get(root, KZ_STR("response"));
  list = list ? list : root;
  if (rc == KZ_OK) {
    struct kz_reading r = kz_store_reading(link->house->store, view, walk);
    rc = kz_read_attributes(&r, b.event,
                            (struct kz_read_options){.with_sightings = true},
                            learn_known, known, err);
    b.sightings = kz_arena_array(arena, list->count + 1, sizeof *b.sightings);
    b.attributes = kz_arena_array(arena, list->count + 1, sizeof *b.attributes);
    rc = b.sightings && b.attributes ? rc : KZ_E_MEMORY;
  }
  for (const struct kz_jsonv *v = rc == KZ_OK ? list->first : NULL; v;
       v = v->next) {
    const struct kz_jsonv *inner = kz_jsonv_get(v, KZ_STR("Sighting"));
    add_sighting(link, view, known, inner ? inner : v, &b, arena);
  }
  if (rc == KZ_OK && b.count > 0) {
    rc = kz_store_run(link->house->store, kz_edit_sightings, &b, err);
    *taken += b.saved;
  }
  kz_view_unref(view);
  kz_strmap_free(known);
  return rc < 0 ? rc : KZ_OK;
}

static kz_rc next_sightings(void *ctx, struct kz_fetch_ask *ret) {
  struct sightings *s = ctx;
  KZ_BUF(body, PATH_BYTES);
  if (s->next == s->count) {
    return KZ_END;
  }
  kz_str *text = &s->bodies[s->next];
  (void)kz_buf_add_format(&body,
                          "{\"returnFormat\":\"json\",\"id\":\"%.*s\","
                          "\"includeUuid\":true,\"includeAttribute\":true}",
                          KZ_STR_ARG(s->events[s->next]));
  if (kz_buf_failed(&body) ||
      kz_arena_dup(s->link->arena, kz_buf_str(&body), text) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  *ret = (struct kz_fetch_ask){.method = KZ_METHOD_POST,
                               .url = s->url,
                               .headers = s->link->headers,
                               .header_count = s->link->header_count,
                               .body = *text,
                               .tag = (void *)&s->bodies[s->next]};
  s->next++;
  return KZ_OK;
}

static kz_rc take_sightings(void *ctx, const struct kz_fetch_got *got) {
  struct sightings *s = ctx;
  size_t index = (size_t)((const kz_str *)got->tag - s->bodies);
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = got->rc;
  if (rc == KZ_OK && got->status == 200) {
    rc = take_list(s->link, s->events[index], got->body, &s->taken, &err);
  } else if (rc == KZ_OK) {
    rc = kz_err_set(&err, KZ_E_IO, "answered %u", got->status);
  } else {
    rc = kz_err_set(&err, rc, "%s", got->words);
  }
  return forgive(s->link, "sightings", rc, &err, s->err);
}

static bool is_stopped(void *ctx) {
  const struct sightings *s = ctx;
  return s->link->errand && kz_errand_is_stopped(s->link->errand);
}

kz_rc kz_sync_take_sightings(struct kz_link *link, const kz_str *events,
                             size_t count, struct kz_err *err) {
  struct sightings s = {
      .link = link, .events = events, .count = count, .err = err};
  const struct kz_fetch_client client = {.ctx = &s,
                                         .next = next_sightings,
                                         .take = take_sightings,
                                         .is_stopped = is_stopped};
  s.bodies = kz_arena_array(link->arena, count + 1, sizeof *s.bodies);
  if (!s.bodies) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc =
      kz_link_url(link, KZ_STR("sightings/restSearch/event"), &s.url, err);
  if (rc == KZ_OK) {
    rc = kz_fetch_run(link->fetch, &client, err);
  }
  if (rc == KZ_OK && link->errand && s.taken > 0) {
    kz_errand_log(link->errand, "%llu sightings new",
                  (unsigned long long)s.taken);
  }
  return rc;
}

/* --- sightings out ---------------------------------------------------------
 */

/* The sightings of an event: their uuids, and each as the other side takes it,
 * keyed by uuid. */
struct outgoing {
  struct kz_jsonw uuids;
  struct kz_buf uuid_text;
  struct kz_strmap *texts; /* uuid -> place in `all` */
  struct kz_buf all;       /* one after another, each with its length */
  kz_str *each;
  size_t count;
  size_t room;
  struct kz_arena *arena;
  bool is_anonymous; /* in whose name they go */
  struct kz_org stand_in;
};

static kz_rc write_out(void *ctx, const struct kz_attribute *a,
                       struct kz_err *err) {
  struct outgoing *out = ctx;
  (void)err;
  for (size_t i = 0; i < a->sighting_count && !a->deleted; i++) {
    KZ_BUF(text, 1 << 20);
    struct kz_jsonw w;
    struct kz_sighting one = a->sightings[i];
    one.org = out->is_anonymous ? out->stand_in : one.org;
    char uuid[KZ_UUID_TEXT];
    kz_str kept;
    if (out->count == out->room) {
      size_t room = out->room ? out->room * 2 : 64;
      kz_str *grown = reallocarray(out->each, room, sizeof *grown);
      if (!grown) {
        return KZ_E_MEMORY;
      }
      out->each = grown;
      out->room = room;
    }
    kz_jsonw_init(&w, &text);
    kz_jsonw_object(&w);
    kz_jsonw_member_str(&w, KZ_STR("attribute_uuid"),
                        kz_uuid_format(&a->uuid, uuid));
    kz_jsonw_member_str(&w, KZ_STR("uuid"), kz_uuid_format(&one.uuid, uuid));
    kz_jsonw_member_u64_str(&w, KZ_STR("type"), (uint64_t)one.kind);
    kz_jsonw_member_str(&w, KZ_STR("source"), one.source);
    kz_misp_write_seconds(&w, KZ_STR("date_sighting"), one.seen_us);
    kz_misp_write_org_member(&w, KZ_STR("Organisation"), &one.org,
                             (struct kz_misp_style){.ids = false});
    kz_jsonw_object_end(&w);
    if (kz_buf_failed(&text) ||
        kz_arena_dup(out->arena, kz_buf_str(&text), &kept) != KZ_OK ||
        kz_strmap_put(out->texts, kz_str_of(uuid), out->count) != KZ_OK) {
      return KZ_E_MEMORY;
    }
    out->each[out->count++] = kept;
    kz_jsonw_str(&out->uuids, kz_str_of(uuid));
  }
  return KZ_OK;
}

/* Sends those that are wanted. */
static kz_rc send_wanted(struct kz_link *link, const char *event,
                         struct outgoing *out, const struct kz_jsonv *wanted,
                         struct kz_err *err) {
  KZ_BUF(body, TEXT_BYTES);
  KZ_BUF(path, 256);
  struct kz_jsonw w;
  struct kz_jsonv *answer = NULL;
  size_t count = 0;
  kz_jsonw_init(&w, &body);
  kz_jsonw_array(&w);
  for (const struct kz_jsonv *v = wanted->first; v; v = v->next) {
    uint64_t at = 0;
    if (kz_strmap_get(out->texts, v->text, &at) && at < out->count) {
      kz_jsonw_raw(&w, out->each[at]);
      count++;
    }
  }
  kz_jsonw_array_end(&w);
  (void)kz_buf_add_format(&path, "sightings/bulkSaveSightings/%s", event);
  if (count == 0 || !kz_buf_add_byte(&path, '\0')) {
    return KZ_OK;
  }
  return kz_link_tree(link, path.ptr, kz_buf_str(&body), &answer, err);
}

static kz_rc give_sightings(struct kz_link *link, const char *uuid,
                            struct outgoing *out, struct kz_err *err) {
  KZ_BUF(path, 256);
  struct kz_jsonv *wanted = NULL;
  (void)kz_buf_add_format(&path, "sightings/filterSightingUuidsForPush/%s",
                          uuid);
  if (!kz_buf_add_byte(&path, '\0') || kz_buf_failed(&out->uuid_text)) {
    return KZ_E_MEMORY;
  }
  kz_rc rc =
      kz_link_tree(link, path.ptr, kz_buf_str(&out->uuid_text), &wanted, err);
  return rc == KZ_OK ? send_wanted(link, uuid, out, wanted, err) : rc;
}

/* As the settings have it: in the name of another organisation, or of none. */
static void choose_name(const struct kz_link *link, struct outgoing *out) {
  const struct kz_settings *settings = link->house->settings;
  uint64_t as =
      (uint64_t)kz_settings_number(settings, KZ_SETTING_sightings_anonymise_as);
  out->is_anonymous =
      kz_settings_flag(settings, KZ_SETTING_sightings_anonymise);
  if (as == 0 || kz_dict_org_get(kz_store_dict(link->house->store),
                                 (uint32_t)as, &out->stand_in) != KZ_OK) {
    out->stand_in = (struct kz_org){.id = 0};
  }
}

kz_rc kz_sync_give_sightings(struct kz_link *link, uint64_t event,
                             struct kz_err *err) {
  KZ_ARENA(walk, ARENA_BYTES);
  KZ_ARENA(arena, ARENA_BYTES);
  struct outgoing out = {.arena = arena,
                         .texts = kz_strmap_new(KZ_MAP_MAX, UUIDS_BYTES),
                         .uuid_text = {.max = TEXT_BYTES}};
  struct kz_view *view = kz_store_view(link->house->store);
  struct kz_event_entry entry;
  struct kz_err said = KZ_ERR_NONE;
  char uuid[KZ_UUID_TEXT];
  kz_rc rc = walk && arena && out.texts ? KZ_OK : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = kz_events_get(view->events, event, &entry);
  }
  choose_name(link, &out);
  kz_jsonw_init(&out.uuids, &out.uuid_text);
  kz_jsonw_array(&out.uuids);
  if (rc == KZ_OK) {
    struct kz_reading r = kz_store_reading(link->house->store, view, walk);
    rc = kz_read_attributes(&r, event,
                            (struct kz_read_options){.with_sightings = true},
                            write_out, &out, &said);
  }
  kz_jsonw_array_end(&out.uuids);
  if (rc == KZ_OK && out.count > 0) {
    (void)kz_uuid_format(&entry.uuid, uuid);
    rc = give_sightings(link, uuid, &out, &said);
  }
  kz_view_unref(view);
  kz_strmap_free(out.texts);
  kz_buf_done(&out.uuid_text);
  free(out.each);
  return forgive(link, "sightings", rc, &said, err);
}
