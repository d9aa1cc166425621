#include "work/show.h"

#include "store/sight.h"

/* What a uuid is compared with. */
struct sought {
  const struct kz_view *view;
  const struct kz_uuid *uuid;
  uint64_t event;
};

static kz_rc compare_uuid(void *ctx, enum kz_thing thing, uint64_t event,
                          uint64_t id) {
  struct sought *s = ctx;
  struct kz_event_entry entry;
  (void)id;
  if (thing != KZ_THING_EVENT ||
      kz_events_get(s->view->events, event, &entry) != KZ_OK ||
      !kz_uuid_eq(&entry.uuid, s->uuid)) {
    return KZ_NOT_FOUND;
  }
  s->event = event;
  return KZ_OK;
}

kz_rc kz_show_find(const struct kz_view *view, const struct kz_viewer *viewer,
                   kz_str ref, uint64_t *ret_event, struct kz_err *err) {
  struct kz_uuid uuid;
  struct sought sought = {.view = view, .uuid = &uuid};
  kz_rc rc = kz_str_u64(ref, &sought.event) == KZ_OK ? KZ_OK : KZ_NOT_FOUND;
  if (rc != KZ_OK && kz_uuid_parse(ref, &uuid) == KZ_OK) {
    rc = kz_view_uuid(view, &uuid, compare_uuid, &sought);
  }
  if (rc != KZ_OK || !kz_sight_event(view, viewer, sought.event)) {
    return kz_err_set(err, KZ_NOT_FOUND, "there is no event \"%.*s\"",
                      KZ_STR_ARG(kz_str_head(ref, 100)));
  }
  *ret_event = sought.event;
  return KZ_OK;
}

bool kz_show_sees(const struct kz_viewer *viewer, const struct kz_event *event,
                  uint8_t distribution, uint64_t group) {
  return kz_viewer_sees_child(viewer, event->org.id, distribution, group);
}

bool kz_show_wants(const struct kz_viewer *viewer, const struct kz_event *event,
                   enum kz_deleted wanted, bool deleted) {
  return (wanted == KZ_DELETED_BOTH ||
          deleted == (wanted == KZ_DELETED_ONLY)) &&
         (!deleted || kz_viewer_sees_deleted(viewer, event->org.id));
}

bool kz_show_creator(const struct kz_viewer *viewer,
                     const struct kz_event *event) {
  return viewer->sees_all ||
         (viewer->org != 0 &&
          (viewer->org == event->org.id || viewer->org == event->orgc.id));
}

static size_t filter_attributes(const struct kz_viewer *viewer,
                                const struct kz_sightrule *sightings,
                                enum kz_deleted wanted,
                                const struct kz_event *event,
                                struct kz_attribute *attributes, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    const struct kz_attribute *a = &attributes[i];
    if (kz_show_wants(viewer, event, wanted, a->deleted) &&
        kz_show_sees(viewer, event, a->distribution, a->sharing_group_id)) {
      attributes[kept] = *a;
      kz_sightrule_filter(sightings, &attributes[kept++]);
    }
  }
  return kept;
}

static size_t filter_references(const struct kz_viewer *viewer,
                                enum kz_deleted wanted,
                                const struct kz_event *event,
                                struct kz_object *object) {
  size_t kept = 0;
  for (size_t i = 0; i < object->reference_count; i++) {
    if (kz_show_wants(viewer, event, wanted, object->references[i].deleted)) {
      object->references[kept++] = object->references[i];
    }
  }
  return kept;
}

/* An object stays when it is asked for, or when one of its attributes is. */
static void filter_objects(const struct kz_viewer *viewer,
                           const struct kz_sightrule *sightings,
                           enum kz_deleted wanted, struct kz_event *event) {
  size_t kept = 0;
  for (size_t i = 0; i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    if (!kz_show_sees(viewer, event, o->distribution, o->sharing_group_id)) {
      continue;
    }
    o->attribute_count = filter_attributes(viewer, sightings, wanted, event,
                                           o->attributes, o->attribute_count);
    o->reference_count = filter_references(viewer, wanted, event, o);
    if (kz_show_wants(viewer, event, wanted, o->deleted) ||
        (wanted == KZ_DELETED_ONLY && o->attribute_count > 0)) {
      event->objects[kept++] = *o;
    }
  }
  event->object_count = kept;
}

void kz_show_filter(const struct kz_viewer *viewer,
                    const struct kz_sightrule *sightings,
                    enum kz_deleted wanted, struct kz_event *event) {
  if (!kz_show_creator(viewer, event)) {
    event->creator_email = KZ_STR_NONE;
  }
  event->attribute_count =
      filter_attributes(viewer, sightings, wanted, event, event->attributes,
                        event->attribute_count);
  filter_objects(viewer, sightings, wanted, event);
  size_t kept = 0;
  for (size_t i = 0; i < event->report_count; i++) {
    const struct kz_report *r = &event->reports[i];
    if (kz_show_wants(viewer, event, wanted, r->deleted) &&
        kz_show_sees(viewer, event, r->distribution, r->sharing_group_id)) {
      event->reports[kept++] = *r;
    }
  }
  event->report_count = kept;
}
