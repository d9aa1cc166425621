#include "work/complete.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/uuid.h"

static int64_t known_at(enum kz_known_at when, const struct kz_event *e,
                        int64_t now) {
  int64_t then = now;
  if (when == KZ_KNOWN_DATE) {
    then = (int64_t)e->date_days * KZ_DAY_US;
  } else if (when == KZ_KNOWN_PUBLISH) {
    then =
        e->publish_timestamp_us > 0 ? e->publish_timestamp_us : e->timestamp_us;
  }
  return then > 0 && then < now ? then : now;
}

static void complete_attribute(struct kz_attribute *a, int64_t known,
                               int64_t event_time) {
  if (kz_uuid_is_nil(&a->uuid) && kz_uuid_make(&a->uuid) != KZ_OK) {
    a->uuid = KZ_UUID_NIL;
  }
  a->known_at_us = known;
  a->timestamp_us = a->timestamp_us > 0 ? a->timestamp_us : event_time;
  for (size_t i = 0; i < a->sighting_count; i++) {
    struct kz_sighting *s = &a->sightings[i];
    s->known_at_us = known;
    if (kz_uuid_is_nil(&s->uuid) && kz_uuid_make(&s->uuid) != KZ_OK) {
      s->uuid = KZ_UUID_NIL;
    }
  }
}

static void complete_object(struct kz_object *o, int64_t known,
                            int64_t event_time) {
  if (kz_uuid_is_nil(&o->uuid) && kz_uuid_make(&o->uuid) != KZ_OK) {
    o->uuid = KZ_UUID_NIL;
  }
  o->known_at_us = known;
  o->timestamp_us = o->timestamp_us > 0 ? o->timestamp_us : event_time;
  for (size_t i = 0; i < o->attribute_count; i++) {
    complete_attribute(&o->attributes[i], known, event_time);
  }
  for (size_t i = 0; i < o->reference_count; i++) {
    struct kz_reference *r = &o->references[i];
    if (kz_uuid_is_nil(&r->uuid) && kz_uuid_make(&r->uuid) != KZ_OK) {
      r->uuid = KZ_UUID_NIL;
    }
    r->timestamp_us = r->timestamp_us > 0 ? r->timestamp_us : event_time;
  }
}

void kz_complete_event(const struct kz_completion *c, struct kz_event *e) {
  int64_t now = kz_clock_now_us();
  if (e->timestamp_us <= 0) {
    e->timestamp_us = now / KZ_SECOND_US * KZ_SECOND_US;
  }
  if (!(e->given & KZ_GAVE_DATE)) {
    e->date_days = kz_clock_day_of(e->timestamp_us);
  }
  if (!e->orgc.has_uuid && e->orgc.name.len == 0) {
    e->orgc = *c->org;
  }
  bool has_owner = e->org.has_uuid || e->org.name.len > 0;
  if (!c->keeps_owner || !has_owner) {
    e->org = *c->org;
  }
  int64_t known = known_at(c->known_at, e, now);
  e->known_at_us = known;
  for (size_t i = 0; i < e->attribute_count; i++) {
    complete_attribute(&e->attributes[i], known, e->timestamp_us);
  }
  for (size_t i = 0; i < e->object_count; i++) {
    complete_object(&e->objects[i], known, e->timestamp_us);
  }
  for (size_t i = 0; i < e->report_count; i++) {
    struct kz_report *r = &e->reports[i];
    r->known_at_us = known;
    r->timestamp_us = r->timestamp_us > 0 ? r->timestamp_us : e->timestamp_us;
    if (kz_uuid_is_nil(&r->uuid) && kz_uuid_make(&r->uuid) != KZ_OK) {
      r->uuid = KZ_UUID_NIL;
    }
  }
}
