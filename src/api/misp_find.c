#include "api/misp_find.h"

#include "api/misp_shape.h"
#include "api/misp_sightrule.h"
#include "store/sight.h"
#include "store/store.h"

/* What the uuid index offers while it is looked through. */
struct search {
  struct kz_misp_call *call;
  enum kz_thing thing;
  const struct kz_uuid *uuid; /* NULL: by number */
  struct kz_misp_place found;
  uint64_t attribute; /* of a sighting */
  uint32_t org;       /* the same */
  struct kz_err *err;
};

static bool is_it(const struct search *s, const struct kz_uuid *uuid) {
  return !s->uuid || kz_uuid_eq(s->uuid, uuid);
}

/* By its rule, and what is softly deleted by its state. */
static bool sees_child(const struct search *s, uint64_t event,
                       uint8_t distribution, uint64_t group, bool deleted) {
  struct kz_event_entry entry;
  const struct kz_misp_eye *eye = &s->call->eye;
  const struct kz_viewer *viewer = &eye->user->viewer;
  return kz_events_get(eye->view->events, event, &entry) == KZ_OK &&
         kz_viewer_sees_child(viewer, entry.org, distribution, group) &&
         (!deleted || kz_viewer_sees_deleted(viewer, entry.org));
}

static kz_rc check_object(struct search *s, const struct kz_reading *r,
                          uint64_t event, uint64_t id, bool by_uuid) {
  struct kz_object object;
  kz_rc rc = kz_read_object(r, event, id, &object, s->err);
  if (rc != KZ_OK) {
    return rc;
  }
  return (!by_uuid || is_it(s, &object.uuid)) &&
                 sees_child(s, event, object.distribution,
                            object.sharing_group_id, object.deleted)
             ? KZ_OK
             : KZ_NOT_FOUND;
}

static kz_rc check_attribute(struct search *s, const struct kz_reading *r,
                             uint64_t event, uint64_t id) {
  struct kz_attribute a;
  kz_rc rc =
      kz_read_attribute(r, event, id, (struct kz_read_options){0}, &a, s->err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (!is_it(s, &a.uuid) ||
      !sees_child(s, event, a.distribution, a.sharing_group_id, a.deleted)) {
    return KZ_NOT_FOUND;
  }
  return a.object_id ? check_object(s, r, event, a.object_id, false) : KZ_OK;
}

static kz_rc check_reference(struct search *s, const struct kz_reading *r,
                             uint64_t event, uint64_t id) {
  struct kz_reference reference;
  uint64_t object = 0;
  kz_rc rc = kz_read_reference(r, event, id, &reference, &object, s->err);
  if (rc != KZ_OK) {
    return rc;
  }
  return is_it(s, &reference.uuid) &&
                 sees_child(s, event, KZ_DIST_INHERIT, 0, reference.deleted)
             ? check_object(s, r, event, object, false)
             : KZ_NOT_FOUND;
}

static kz_rc check_report(struct search *s, const struct kz_reading *r,
                          uint64_t event, uint64_t id) {
  struct kz_report report;
  kz_rc rc = kz_read_report(r, event, id, &report, s->err);
  if (rc != KZ_OK) {
    return rc;
  }
  return is_it(s, &report.uuid) &&
                 sees_child(s, event, report.distribution,
                            report.sharing_group_id, report.deleted)
             ? KZ_OK
             : KZ_NOT_FOUND;
}

struct sighting_search {
  struct search *s;
  const struct kz_reading *reading;
  struct kz_sightrule rule;
  uint64_t id;
  uint64_t event;
};

static kz_rc visit_attribute(void *ctx, const struct kz_attribute *a,
                             struct kz_err *err) {
  (void)err;
  struct sighting_search *look = ctx;
  for (size_t i = 0; i < a->sighting_count; i++) {
    const struct kz_sighting *sighting = &a->sightings[i];
    if (sighting->id == look->id && is_it(look->s, &sighting->uuid) &&
        kz_sightrule_sees(&look->rule, sighting->org.id) &&
        sees_child(look->s, look->event, a->distribution, a->sharing_group_id,
                   a->deleted) &&
        (a->object_id == 0 || check_object(look->s, look->reading, look->event,
                                           a->object_id, false) == KZ_OK)) {
      look->s->attribute = a->id;
      look->s->org = sighting->org.id;
      return KZ_END;
    }
  }
  return KZ_OK;
}

static kz_rc check_sighting(struct search *s, const struct kz_reading *r,
                            uint64_t event, uint64_t id) {
  struct sighting_search look = {
      .s = s, .reading = r, .id = id, .event = event};
  KZ_ARENA(walk, KZ_MISP_WORK_BYTES);
  struct kz_reading reading = *r;
  reading.arena = walk;
  if (!walk) {
    return KZ_E_MEMORY;
  }
  kz_rc rc = kz_misp_sightrule_make(&s->call->eye, event, &look.rule, s->err);
  if (rc == KZ_OK) {
    rc = kz_read_attributes(&reading, event,
                            (struct kz_read_options){.with_sightings = true},
                            visit_attribute, &look, s->err);
  }
  if (rc < 0 || !s->attribute) {
    return rc < 0 ? rc : KZ_NOT_FOUND;
  }
  const struct kz_uuid *uuid = s->uuid;
  s->uuid = NULL; /* that was the sighting's */
  rc = check_attribute(s, r, event, s->attribute);
  s->uuid = uuid;
  return rc;
}

static kz_rc check(struct search *s, uint64_t event, uint64_t id) {
  const struct kz_misp_eye *eye = &s->call->eye;
  if (!kz_sight_event(eye->view, &eye->user->viewer, event)) {
    return KZ_NOT_FOUND;
  }
  struct kz_reading r = kz_misp_reading(eye, s->call->work);
  struct kz_event_entry entry;
  switch (s->thing) {
  case KZ_THING_EVENT:
    return kz_events_get(eye->view->events, event, &entry) == KZ_OK &&
                   is_it(s, &entry.uuid)
               ? KZ_OK
               : KZ_NOT_FOUND;
  case KZ_THING_ATTRIBUTE:
    return check_attribute(s, &r, event, id);
  case KZ_THING_OBJECT:
    return check_object(s, &r, event, id, true);
  case KZ_THING_REFERENCE:
    return check_reference(s, &r, event, id);
  case KZ_THING_REPORT:
    return check_report(s, &r, event, id);
  case KZ_THING_SIGHTING:
    return check_sighting(s, &r, event, id);
  }
  return KZ_NOT_FOUND;
}

static kz_rc visit_uuid(void *ctx, enum kz_thing thing, uint64_t event,
                        uint64_t id) {
  struct search *s = ctx;
  if (thing != s->thing) {
    return KZ_NOT_FOUND;
  }
  kz_rc rc = check(s, event, id);
  if (rc == KZ_OK) {
    s->found = (struct kz_misp_place){thing, event, id};
  }
  return rc;
}

static kz_rc by_number(struct search *s, uint64_t id) {
  uint64_t event = id;
  struct kz_reading r = kz_misp_reading(&s->call->eye, s->call->work);
  if (s->thing != KZ_THING_EVENT) {
    kz_rc rc = kz_read_event_of(&r, id, &event, s->err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  kz_rc rc = check(s, event, id);
  s->found = (struct kz_misp_place){s->thing, event, id};
  return rc;
}

static kz_rc find(struct search *s, kz_str ref) {
  struct kz_uuid uuid;
  uint64_t number = 0;
  if (kz_str_u64(ref, &number) == KZ_OK) {
    return by_number(s, number);
  }
  if (kz_uuid_parse(ref, &uuid) != KZ_OK) {
    return KZ_NOT_FOUND;
  }
  s->uuid = &uuid;
  kz_rc rc = kz_view_uuid(s->call->eye.view, &uuid, visit_uuid, s);
  s->uuid = NULL;
  return rc;
}

kz_rc kz_misp_find(struct kz_misp_call *call, enum kz_thing thing, kz_str ref,
                   struct kz_misp_place *ret, struct kz_err *err) {
  struct search s = {.call = call, .thing = thing, .err = err};
  kz_rc rc = find(&s, ref);
  if (rc == KZ_OK) {
    *ret = s.found;
  }
  return rc;
}

kz_rc kz_misp_find_event(struct kz_misp_call *call, kz_str ref, uint64_t *ret,
                         struct kz_err *err) {
  struct kz_misp_place place;
  kz_rc rc = kz_misp_find(call, KZ_THING_EVENT, ref, &place, err);
  if (rc == KZ_OK) {
    *ret = place.event;
  }
  return rc;
}

kz_rc kz_misp_find_sighting(struct kz_misp_call *call, kz_str ref,
                            struct kz_misp_place *ret, uint64_t *ret_attribute,
                            uint32_t *ret_org, struct kz_err *err) {
  struct search s = {.call = call, .thing = KZ_THING_SIGHTING, .err = err};
  kz_rc rc = find(&s, ref);
  if (rc == KZ_OK) {
    *ret = s.found;
    *ret_attribute = s.attribute;
    *ret_org = s.org;
  }
  return rc;
}

/* Whether the event was added by this very user: MISP keeps his address. */
static bool is_creator(struct kz_misp_call *call, uint64_t event) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_event header;
  struct kz_reading r = kz_misp_reading(&call->eye, call->work);
  return kz_read_header(&r, event, &header, NULL, &err) == KZ_OK &&
         kz_str_eq_nocase(header.creator_email, call->eye.user->email);
}

/* Whether another server may change what came from servers. */
static bool may_sync(struct kz_misp_call *call, uint64_t event) {
  struct kz_event_entry entry;
  return kz_user_may(call->eye.user, KZ_PERM_SYNC | KZ_PERM_ADD) &&
         kz_events_get(call->eye.view->events, event, &entry) == KZ_OK &&
         (entry.flags & KZ_EVENT_LOCKED);
}

bool kz_misp_may_edit(struct kz_misp_call *call, uint64_t event) {
  const struct kz_user *user = call->eye.user;
  struct kz_event_entry entry;
  if (kz_misp_is_admin(user) || may_sync(call, event)) {
    return true;
  }
  if (kz_events_get(call->eye.view->events, event, &entry) == KZ_OK &&
      entry.orgc == user->org.id &&
      (kz_user_may(user, KZ_PERM_MODIFY_ORG) ||
       (kz_user_may(user, KZ_PERM_MODIFY) && is_creator(call, event)))) {
    return true;
  }
  kz_misp_not_yours(call);
  return false;
}
