#include "work/sharing.h"

#include "base/buf.h"
#include "base/jsonv.h"
#include "base/jsonw.h"

enum { EXTRA_MAX = 64 << 20 };

/* The parts of a thing that say who it is for. */
struct part {
  uint32_t *given;
  uint8_t *distribution;
  uint64_t *group;
  kz_str *extra;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "sharing group: out of memory");
}

static kz_rc deny(struct kz_err *err) {
  return kz_err_set(err, KZ_E_DENIED,
                    "Invalid Sharing Group or not authorised.");
}

/* Takes "SharingGroup" out of raw members; `*ret` is NULL when there is none.
 */
static kz_rc take_out(const struct kz_sharing *s, kz_str *extra,
                      struct kz_jsonv **ret, struct kz_err *err) {
  static const kz_str name = {"SharingGroup", 12};
  struct kz_jsonv *members = NULL;
  *ret = NULL;
  if (kz_str_find(*extra, name) == SIZE_MAX) {
    return KZ_OK;
  }
  KZ_BUF(braced, EXTRA_MAX);
  KZ_BUF(rest, EXTRA_MAX);
  struct kz_jsonw w;
  if (!kz_buf_add_byte(&braced, '{') || !kz_buf_add_str(&braced, *extra) ||
      !kz_buf_add_byte(&braced, '}')) {
    return no_memory(err);
  }
  kz_rc rc = kz_jsonv_parse(kz_buf_str(&braced), s->arena, &members, err);
  if (rc != KZ_OK) {
    return rc;
  }
  *ret = kz_jsonv_get(members, name);
  kz_jsonv_drop(members, name);
  kz_jsonw_init(&w, &rest);
  kz_jsonv_write(members, &w);
  kz_str text = kz_buf_str(&rest);
  return text.len >= 2 &&
                 kz_arena_dup(s->arena, (kz_str){text.ptr + 1, text.len - 2},
                              extra) == KZ_OK
             ? KZ_OK
             : no_memory(err);
}

static bool may_use(const struct kz_sharing *s, uint64_t group) {
  struct kz_jsonv *document = NULL;
  return s->sees_all ? kz_shelf_get(kz_groups_shelf(s->groups), group, s->arena,
                                    &document, NULL) == KZ_OK
                     : kz_groups_has(s->groups, group, s->org) ||
                           kz_groups_may_extend(s->groups, group, s->org);
}

static kz_rc choose(const struct kz_sharing *s, const struct kz_jsonv *sent,
                    uint64_t *group, struct kz_err *err) {
  uint64_t id = s->is_foreign ? 0 : *group;
  kz_rc rc = KZ_OK;
  if (sent && sent->kind == KZ_JSON_OBJECT &&
      kz_jsonv_text(sent, KZ_STR("uuid")).len > 0) {
    rc =
        kz_groups_take(s->groups, sent, s->org, s->may_add, s->arena, &id, err);
    id = rc == KZ_OK ? id : 0;
  }
  if (rc == KZ_E_MEMORY) {
    return rc;
  }
  if (id == 0 || !may_use(s, id)) {
    *group = 0;
    return s->is_foreign ? KZ_OK : deny(err);
  }
  *group = id;
  return KZ_OK;
}

static kz_rc settle(const struct kz_sharing *s, const struct part *part,
                    struct kz_err *err) {
  struct kz_jsonv *sent = NULL;
  kz_rc rc = take_out(s, part->extra, &sent, err);
  bool says = !s->is_partial || (*part->given & KZ_GAVE_DISTRIBUTION);
  if (rc != KZ_OK || !says) {
    bool names = (*part->given & KZ_GAVE_GROUP) && *part->group != 0;
    return rc == KZ_OK && names ? choose(s, sent, part->group, err) : rc;
  }
  if (*part->distribution != KZ_DIST_GROUP) {
    *part->group = 0;
    *part->given |= KZ_GAVE_GROUP;
    return KZ_OK;
  }
  if (s->is_partial && !sent && !(*part->given & KZ_GAVE_GROUP)) {
    return KZ_OK; /* the one it has */
  }
  *part->given |= KZ_GAVE_GROUP;
  return choose(s, sent, part->group, err);
}

kz_rc kz_sharing_attributes(const struct kz_sharing *s,
                            struct kz_attribute *attributes, size_t count,
                            struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_attribute *a = &attributes[i];
    const struct part part = {&a->given, &a->distribution, &a->sharing_group_id,
                              &a->extra};
    rc = settle(s, &part, err);
  }
  return rc;
}

kz_rc kz_sharing_object(const struct kz_sharing *s, struct kz_object *o,
                        struct kz_err *err) {
  const struct part part = {&o->given, &o->distribution, &o->sharing_group_id,
                            &o->extra};
  kz_rc rc = settle(s, &part, err);
  return rc == KZ_OK
             ? kz_sharing_attributes(s, o->attributes, o->attribute_count, err)
             : rc;
}

kz_rc kz_sharing_report(const struct kz_sharing *s, struct kz_report *r,
                        struct kz_err *err) {
  const struct part part = {&r->given, &r->distribution, &r->sharing_group_id,
                            &r->extra};
  return settle(s, &part, err);
}

kz_rc kz_sharing_event(const struct kz_sharing *s, struct kz_event *e,
                       struct kz_err *err) {
  const struct part part = {&e->given, &e->distribution, &e->sharing_group_id,
                            &e->extra};
  kz_rc rc = settle(s, &part, err);
  if (rc == KZ_OK) {
    rc = kz_sharing_attributes(s, e->attributes, e->attribute_count, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < e->object_count; i++) {
    rc = kz_sharing_object(s, &e->objects[i], err);
  }
  for (size_t i = 0; rc == KZ_OK && i < e->report_count; i++) {
    rc = kz_sharing_report(s, &e->reports[i], err);
  }
  return rc;
}
