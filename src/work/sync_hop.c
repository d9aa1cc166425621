#include "work/sync_hop.h"

enum { GROUP_BYTES = 16 << 20, TEXT_BYTES = 16 << 20 };

static uint8_t nearer(uint8_t distribution) {
  return distribution == KZ_DIST_CONNECTED   ? KZ_DIST_COMMUNITY
         : distribution == KZ_DIST_COMMUNITY ? KZ_DIST_ORG
                                             : distribution;
}

static void attributes_in(struct kz_attribute *attributes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    attributes[i].distribution = nearer(attributes[i].distribution);
  }
}

void kz_hop_in(struct kz_event *event, bool is_internal) {
  event->locked = true;
  if (is_internal) {
    return;
  }
  event->distribution = nearer(event->distribution);
  attributes_in(event->attributes, event->attribute_count);
  for (size_t i = 0; i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    o->distribution = nearer(o->distribution);
    attributes_in(o->attributes, o->attribute_count);
  }
  for (size_t i = 0; i < event->report_count; i++) {
    event->reports[i].distribution = nearer(event->reports[i].distribution);
  }
}

/* Whether a sharing group's servers are all, or name this one. */
static bool names_server(const struct kz_jsonv *group, uint64_t peer,
                         bool *ret_all_orgs) {
  const struct kz_jsonv *servers =
      kz_jsonv_get(group, KZ_STR("SharingGroupServer"));
  *ret_all_orgs = false;
  if (kz_jsonv_flag(group, KZ_STR("roaming"), false) || !servers ||
      servers->count == 0) {
    return true;
  }
  for (const struct kz_jsonv *v = servers->first; v; v = v->next) {
    if (kz_jsonv_u64(v, KZ_STR("server_id"), 0) == peer) {
      *ret_all_orgs = kz_jsonv_flag(v, KZ_STR("all_orgs"), false);
      return true;
    }
  }
  return false;
}

static bool reaches(const struct kz_hop *hop, uint64_t group) {
  KZ_ARENA(arena, GROUP_BYTES);
  struct kz_jsonv *document = NULL;
  bool all_orgs = false;
  return arena &&
         kz_shelf_get(kz_groups_shelf(hop->groups), group, arena, &document,
                      NULL) == KZ_OK &&
         names_server(document, hop->peer, &all_orgs) &&
         (all_orgs || kz_groups_has(hop->groups, group, hop->remote_org));
}

bool kz_hop_leaves(struct kz_hop *hop, uint8_t distribution, uint64_t group) {
  if (distribution == KZ_DIST_COMMUNITY) {
    return hop->is_internal;
  }
  if (distribution != KZ_DIST_GROUP) {
    return distribution == KZ_DIST_CONNECTED || distribution == KZ_DIST_ALL ||
           distribution == KZ_DIST_INHERIT;
  }
  if (hop->asked_group != group) {
    hop->reaches = reaches(hop, group);
    hop->asked_group = group;
  }
  return hop->reaches;
}

static uint8_t farther(const struct kz_hop *hop, uint8_t distribution) {
  return distribution == KZ_DIST_CONNECTED && !hop->is_internal
             ? KZ_DIST_COMMUNITY
             : distribution;
}

static size_t tags_out(struct kz_tag_use *tags, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (!tags[i].local && tags[i].tag.exportable && !tags[i].tag.local_only) {
      tags[kept++] = tags[i];
    }
  }
  return kept;
}

static size_t attributes_out(struct kz_hop *hop,
                             struct kz_attribute *attributes, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    struct kz_attribute *a = &attributes[i];
    if (!kz_hop_leaves(hop, a->distribution, a->sharing_group_id)) {
      continue;
    }
    a->distribution = farther(hop, a->distribution);
    a->tag_count = tags_out(a->tags, a->tag_count);
    a->sighting_count = 0;
    attributes[kept++] = *a;
  }
  return kept;
}

void kz_hop_out(struct kz_hop *hop, struct kz_event *event) {
  size_t kept = 0;
  event->distribution = farther(hop, event->distribution);
  event->tag_count = tags_out(event->tags, event->tag_count);
  event->creator_email = KZ_STR_NONE;
  event->org = (struct kz_org){.id = 0};
  event->locked = true;
  event->attribute_count =
      attributes_out(hop, event->attributes, event->attribute_count);
  for (size_t i = 0; i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    if (!kz_hop_leaves(hop, o->distribution, o->sharing_group_id)) {
      continue;
    }
    o->distribution = farther(hop, o->distribution);
    o->attribute_count = attributes_out(hop, o->attributes, o->attribute_count);
    event->objects[kept++] = *o;
  }
  event->object_count = kept;
  kept = 0;
  for (size_t i = 0; i < event->report_count; i++) {
    struct kz_report *r = &event->reports[i];
    if (kz_hop_leaves(hop, r->distribution, r->sharing_group_id)) {
      r->distribution = farther(hop, r->distribution);
      r->tag_count = tags_out(r->tags, r->tag_count);
      event->reports[kept++] = *r;
    }
  }
  event->report_count = kept;
}

/* --- groups that go along --------------------------------------------------
 */

static void write_orgs(const struct kz_jsonv *list, struct kz_dict *dict,
                       struct kz_jsonw *w) {
  kz_jsonw_key(w, KZ_STR("SharingGroupOrg"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *v = list ? list->first : NULL; v; v = v->next) {
    struct kz_org org;
    char uuid[KZ_UUID_TEXT];
    uint64_t id = kz_jsonv_u64(v, KZ_STR("org_id"), 0);
    if (id > UINT32_MAX || kz_dict_org_get(dict, (uint32_t)id, &org) != KZ_OK ||
        !org.has_uuid) {
      continue;
    }
    kz_jsonw_object(w);
    kz_jsonw_member_bool(w, KZ_STR("extend"),
                         kz_jsonv_flag(v, KZ_STR("extend"), false));
    kz_jsonw_key(w, KZ_STR("Organisation"));
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&org.uuid, uuid));
    kz_jsonw_member_str(w, KZ_STR("name"), org.name);
    kz_jsonw_object_end(w);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void write_group(const struct kz_jsonv *group, struct kz_dict *dict,
                        struct kz_jsonw *w) {
  static const char *const names[] = {
      "uuid",   "name",     "releasability", "description", "organisation_uuid",
      "active", "modified", "created",       "roaming"};
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct kz_jsonv *v = kz_jsonv_get(group, kz_str_of(names[i]));
    if (v) {
      kz_jsonw_key(w, kz_str_of(names[i]));
      kz_jsonv_write(v, w);
    }
  }
  write_orgs(kz_jsonv_get(group, KZ_STR("SharingGroupOrg")), dict, w);
  kz_jsonw_object_end(w);
}

/* Adds the group's member to `extra`. */
static kz_rc attach(struct kz_groups *groups, struct kz_dict *dict,
                    uint8_t distribution, uint64_t id, kz_str *extra,
                    struct kz_arena *arena) {
  KZ_BUF(text, TEXT_BYTES);
  struct kz_jsonv *group = NULL;
  struct kz_jsonw w;
  if (distribution != KZ_DIST_GROUP ||
      kz_shelf_get(kz_groups_shelf(groups), id, arena, &group, NULL) != KZ_OK) {
    return KZ_OK;
  }
  (void)kz_buf_add_str(&text, *extra);
  (void)kz_buf_add_str(&text, extra->len > 0 ? KZ_STR(",") : KZ_STR(""));
  (void)kz_buf_add_str(&text, KZ_STR("\"SharingGroup\":"));
  kz_jsonw_init(&w, &text);
  write_group(group, dict, &w);
  return kz_buf_failed(&text) ? KZ_E_MEMORY
                              : kz_arena_dup(arena, kz_buf_str(&text), extra);
}

static kz_rc attach_all(struct kz_groups *groups, struct kz_dict *dict,
                        struct kz_attribute *attributes, size_t count,
                        struct kz_arena *arena) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_attribute *a = &attributes[i];
    rc = attach(groups, dict, a->distribution, a->sharing_group_id, &a->extra,
                arena);
  }
  return rc;
}

kz_rc kz_hop_groups(struct kz_groups *groups, struct kz_dict *dict,
                    struct kz_event *event, bool within, struct kz_arena *arena,
                    struct kz_err *err) {
  kz_rc rc = within ? KZ_OK
                    : attach(groups, dict, event->distribution,
                             event->sharing_group_id, &event->extra, arena);
  if (rc == KZ_OK) {
    rc = attach_all(groups, dict, event->attributes, event->attribute_count,
                    arena);
  }
  for (size_t i = 0; rc == KZ_OK && i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    rc = attach(groups, dict, o->distribution, o->sharing_group_id, &o->extra,
                arena);
    if (rc == KZ_OK) {
      rc = attach_all(groups, dict, o->attributes, o->attribute_count, arena);
    }
  }
  for (size_t i = 0; rc == KZ_OK && i < event->report_count; i++) {
    struct kz_report *r = &event->reports[i];
    rc = attach(groups, dict, r->distribution, r->sharing_group_id, &r->extra,
                arena);
  }
  return rc == KZ_OK ? rc : kz_err_set(err, rc, "out of memory");
}
