/* Members come in the order in which MISP sends them. Unknown ones that came
 * with a thing go out as they came, after those we know.
 *
 * Not written, though a MISP server does: lists that are empty because we have
 * no such things (Galaxy, ShadowAttribute, RelatedEvent) and the short copy of
 * its target in a reference. */
#include "format/misp_write.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "model/type.h"

static void write_id(struct kz_jsonw *w, kz_str key, uint64_t id,
                     struct kz_misp_style style) {
  if (style.ids) {
    kz_jsonw_member_u64_str(w, key, id);
  }
}

/* A text that a sender may have left out: then it is left out here. */
static void write_text(struct kz_jsonw *w, kz_str key, kz_str text) {
  if (text.ptr) {
    kz_jsonw_member_str(w, key, text);
  }
}

/* A text that MISP always has. */
static void write_plain(struct kz_jsonw *w, kz_str key, kz_str text) {
  kz_jsonw_member_str(w, key, text.ptr ? text : KZ_STR(""));
}

static void write_text_or_null(struct kz_jsonw *w, kz_str key, kz_str text) {
  kz_jsonw_key(w, key);
  if (text.ptr) {
    kz_jsonw_str(w, text);
  } else {
    kz_jsonw_null(w);
  }
}

static void write_uuid(struct kz_jsonw *w, kz_str key,
                       const struct kz_uuid *uuid) {
  char text[KZ_UUID_TEXT];
  kz_jsonw_member_str(w, key, kz_uuid_format(uuid, text));
}

void kz_misp_write_seconds(struct kz_jsonw *w, kz_str key, int64_t us) {
  kz_jsonw_member_u64_str(w, key, us > 0 ? (uint64_t)(us / KZ_SECOND_US) : 0);
}

static void write_moment(struct kz_jsonw *w, kz_str key, int64_t us) {
  char text[KZ_TIME_TEXT];
  kz_str moment = KZ_STR_NONE;
  if (us != KZ_TIME_NONE) {
    moment = kz_clock_format_time(us, text);
  }
  write_text_or_null(w, key, moment);
}

/* In a feed each thing inherits; the rest of the world has its own rules. */
static void write_sharing(struct kz_jsonw *w, uint8_t distribution,
                          uint64_t group, struct kz_misp_style style) {
  if (!style.feed) {
    kz_jsonw_member_u64_str(w, KZ_STR("distribution"), distribution);
    kz_jsonw_member_u64_str(w, KZ_STR("sharing_group_id"), group);
  }
}

void kz_misp_write_org(struct kz_jsonw *w, const struct kz_org *org,
                       struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_id(w, KZ_STR("id"), org->id, style);
  write_plain(w, KZ_STR("name"), org->name);
  if (org->has_uuid) {
    write_uuid(w, KZ_STR("uuid"), &org->uuid);
  }
  if (!style.feed) {
    kz_jsonw_member_bool(w, KZ_STR("local"), org->local);
    kz_jsonw_raw_members(w, org->extra);
  }
  kz_jsonw_object_end(w);
}

void kz_misp_write_org_member(struct kz_jsonw *w, kz_str key,
                              const struct kz_org *org,
                              struct kz_misp_style style) {
  if (org->has_uuid || org->name.ptr) {
    kz_jsonw_key(w, key);
    kz_misp_write_org(w, org, style);
  }
}

static void write_tag_members(struct kz_jsonw *w, const struct kz_tag *tag,
                              struct kz_misp_style style) {
  write_id(w, KZ_STR("id"), tag->id, style);
  kz_jsonw_member_str(w, KZ_STR("name"), tag->name);
  write_text(w, KZ_STR("colour"), tag->colour);
  if (style.feed) {
    return;
  }
  kz_jsonw_member_bool(w, KZ_STR("exportable"), tag->exportable);
  kz_jsonw_member_bool(w, KZ_STR("hide_tag"), tag->hidden);
  kz_jsonw_member_bool(w, KZ_STR("is_galaxy"), tag->is_galaxy);
  kz_jsonw_member_bool(w, KZ_STR("is_custom_galaxy"), tag->is_custom_galaxy);
  kz_jsonw_member_bool(w, KZ_STR("local_only"), tag->local_only);
  kz_jsonw_raw_members(w, tag->extra);
}

void kz_misp_write_tag(struct kz_jsonw *w, const struct kz_tag *tag,
                       struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_tag_members(w, tag, style);
  kz_jsonw_object_end(w);
}

void kz_misp_write_tag_use(struct kz_jsonw *w, const struct kz_tag_use *use,
                           struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_tag_members(w, &use->tag, style);
  if (!style.feed) {
    kz_jsonw_member_bool(w, KZ_STR("local"), use->local);
  }
  write_text(w, KZ_STR("relationship_type"), use->relationship);
  kz_jsonw_object_end(w);
}

static bool is_for(const struct kz_tag_use *use, struct kz_misp_style style) {
  return !style.feed || (!use->local && use->tag.exportable);
}

void kz_misp_write_tags(struct kz_jsonw *w, const struct kz_tag_use *tags,
                        size_t count, struct kz_misp_style style) {
  bool is_begun = false;
  for (size_t i = 0; i < count; i++) {
    if (!is_for(&tags[i], style)) {
      continue;
    }
    if (!is_begun) {
      kz_jsonw_key(w, KZ_STR("Tag"));
      kz_jsonw_array(w);
      is_begun = true;
    }
    kz_misp_write_tag_use(w, &tags[i], style);
  }
  if (is_begun) {
    kz_jsonw_array_end(w);
  }
}

void kz_misp_write_sighting(struct kz_jsonw *w,
                            const struct kz_sighting *sighting,
                            const struct kz_attribute *attribute,
                            uint64_t event_id, struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_id(w, KZ_STR("id"), sighting->id, style);
  if (attribute) {
    write_id(w, KZ_STR("attribute_id"), attribute->id, style);
  }
  write_id(w, KZ_STR("event_id"), event_id, style);
  write_id(w, KZ_STR("org_id"), sighting->org.id, style);
  kz_misp_write_seconds(w, KZ_STR("date_sighting"), sighting->seen_us);
  write_uuid(w, KZ_STR("uuid"), &sighting->uuid);
  write_plain(w, KZ_STR("source"), sighting->source);
  kz_jsonw_member_u64_str(w, KZ_STR("type"), (uint64_t)sighting->kind);
  kz_jsonw_raw_members(w, sighting->extra);
  kz_misp_write_org_member(w, KZ_STR("Organisation"), &sighting->org, style);
  kz_jsonw_object_end(w);
}

static void write_sightings(struct kz_jsonw *w,
                            const struct kz_attribute *attribute,
                            uint64_t event_id, struct kz_misp_style style) {
  bool are_there = attribute->sighting_count > 0 && attribute->sightings;
  if (!are_there || style.feed) {
    return;
  }
  kz_jsonw_key(w, KZ_STR("Sighting"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < attribute->sighting_count; i++) {
    kz_misp_write_sighting(w, &attribute->sightings[i], attribute, event_id,
                           style);
  }
  kz_jsonw_array_end(w);
}

static void write_attribute_members(struct kz_jsonw *w,
                                    const struct kz_attribute *attribute,
                                    uint64_t event_id,
                                    struct kz_misp_style style) {
  write_id(w, KZ_STR("id"), attribute->id, style);
  kz_jsonw_member_str(w, KZ_STR("type"), kz_type_name(attribute->type));
  kz_jsonw_member_str(w, KZ_STR("category"),
                      kz_category_name(attribute->category));
  kz_jsonw_member_bool(w, KZ_STR("to_ids"), attribute->to_ids);
  write_uuid(w, KZ_STR("uuid"), &attribute->uuid);
  write_id(w, KZ_STR("event_id"), event_id, style);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), attribute->timestamp_us);
  write_sharing(w, attribute->distribution, attribute->sharing_group_id, style);
  write_plain(w, KZ_STR("comment"), attribute->comment);
  kz_jsonw_member_bool(w, KZ_STR("deleted"), attribute->deleted);
  kz_jsonw_member_bool(w, KZ_STR("disable_correlation"),
                       attribute->disable_correlation);
  write_id(w, KZ_STR("object_id"), attribute->object_id, style);
  write_text_or_null(w, KZ_STR("object_relation"), attribute->relation);
  write_moment(w, KZ_STR("first_seen"), attribute->first_seen_us);
  write_moment(w, KZ_STR("last_seen"), attribute->last_seen_us);
  kz_jsonw_member_str(w, KZ_STR("value"), attribute->value);
  write_text(w, KZ_STR("data"), attribute->data);
  kz_jsonw_raw_members(w, attribute->extra);
  kz_misp_write_tags(w, attribute->tags, attribute->tag_count, style);
  write_sightings(w, attribute, event_id, style);
}

void kz_misp_write_attribute(struct kz_jsonw *w,
                             const struct kz_attribute *attribute,
                             uint64_t event_id, struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_attribute_members(w, attribute, event_id, style);
  kz_jsonw_object_end(w);
}

void kz_misp_write_reference(struct kz_jsonw *w,
                             const struct kz_reference *reference,
                             const struct kz_object *source, uint64_t event_id,
                             struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_id(w, KZ_STR("id"), reference->id, style);
  write_uuid(w, KZ_STR("uuid"), &reference->uuid);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), reference->timestamp_us);
  write_id(w, KZ_STR("object_id"), source->id, style);
  write_id(w, KZ_STR("event_id"), event_id, style);
  write_uuid(w, KZ_STR("object_uuid"), &source->uuid);
  write_uuid(w, KZ_STR("referenced_uuid"), &reference->target);
  write_plain(w, KZ_STR("relationship_type"), reference->relationship);
  write_plain(w, KZ_STR("comment"), reference->comment);
  kz_jsonw_member_bool(w, KZ_STR("deleted"), reference->deleted);
  kz_jsonw_raw_members(w, reference->extra);
  kz_jsonw_object_end(w);
}

void kz_misp_write_object(struct kz_jsonw *w, const struct kz_object *object,
                          uint64_t event_id, struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_id(w, KZ_STR("id"), object->id, style);
  kz_jsonw_member_str(w, KZ_STR("name"), object->name);
  write_text(w, KZ_STR("meta-category"), object->meta_category);
  write_text(w, KZ_STR("description"), object->description);
  write_text(w, KZ_STR("template_uuid"), object->template_uuid);
  write_text(w, KZ_STR("template_version"), object->template_version);
  write_id(w, KZ_STR("event_id"), event_id, style);
  write_uuid(w, KZ_STR("uuid"), &object->uuid);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), object->timestamp_us);
  write_sharing(w, object->distribution, object->sharing_group_id, style);
  write_plain(w, KZ_STR("comment"), object->comment);
  kz_jsonw_member_bool(w, KZ_STR("deleted"), object->deleted);
  write_moment(w, KZ_STR("first_seen"), object->first_seen_us);
  write_moment(w, KZ_STR("last_seen"), object->last_seen_us);
  kz_jsonw_raw_members(w, object->extra);
  kz_jsonw_key(w, KZ_STR("ObjectReference"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < object->reference_count; i++) {
    kz_misp_write_reference(w, &object->references[i], object, event_id, style);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("Attribute"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < object->attribute_count; i++) {
    kz_misp_write_attribute(w, &object->attributes[i], event_id, style);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_write_report(struct kz_jsonw *w, const struct kz_report *report,
                          uint64_t event_id, struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_id(w, KZ_STR("id"), report->id, style);
  write_uuid(w, KZ_STR("uuid"), &report->uuid);
  write_id(w, KZ_STR("event_id"), event_id, style);
  kz_jsonw_member_str(w, KZ_STR("name"), report->name);
  write_plain(w, KZ_STR("content"), report->content);
  write_sharing(w, report->distribution, report->sharing_group_id, style);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), report->timestamp_us);
  kz_jsonw_member_bool(w, KZ_STR("deleted"), report->deleted);
  kz_jsonw_raw_members(w, report->extra);
  kz_misp_write_tags(w, report->tags, report->tag_count, style);
  kz_jsonw_object_end(w);
}

/* What a server's answer has and a feed has not. */
static void write_event_keeping(struct kz_jsonw *w,
                                const struct kz_event *event,
                                struct kz_misp_style style) {
  write_id(w, KZ_STR("orgc_id"), event->orgc.id, style);
  write_id(w, KZ_STR("org_id"), event->org.id, style);
  write_id(w, KZ_STR("attribute_count"), kz_event_attributes_total(event),
           style);
  write_sharing(w, event->distribution, event->sharing_group_id, style);
  kz_jsonw_member_bool(w, KZ_STR("proposal_email_lock"),
                       event->proposal_email_lock);
  kz_jsonw_member_bool(w, KZ_STR("locked"), event->locked);
  kz_jsonw_member_bool(w, KZ_STR("disable_correlation"),
                       event->disable_correlation);
  kz_misp_write_seconds(w, KZ_STR("sighting_timestamp"),
                        event->sighting_timestamp_us);
  write_text(w, KZ_STR("event_creator_email"), event->creator_email);
  kz_misp_write_org_member(w, KZ_STR("Org"), &event->org, style);
}

void kz_misp_write_event_head(struct kz_jsonw *w, const struct kz_event *event,
                              struct kz_misp_style style) {
  char date[KZ_DATE_TEXT];
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Event"));
  kz_jsonw_object(w);
  write_id(w, KZ_STR("id"), event->id, style);
  write_uuid(w, KZ_STR("uuid"), &event->uuid);
  kz_jsonw_member_str(w, KZ_STR("date"),
                      kz_clock_format_date(event->date_days, date));
  kz_jsonw_member_str(w, KZ_STR("info"), event->info);
  kz_jsonw_member_u64_str(w, KZ_STR("threat_level_id"), event->threat_level);
  kz_jsonw_member_u64_str(w, KZ_STR("analysis"), event->analysis);
  kz_jsonw_member_bool(w, KZ_STR("published"), event->published);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), event->timestamp_us);
  kz_misp_write_seconds(w, KZ_STR("publish_timestamp"),
                        event->publish_timestamp_us);
  if (event->has_extends) {
    write_uuid(w, KZ_STR("extends_uuid"), &event->extends);
  } else {
    kz_jsonw_member_str(w, KZ_STR("extends_uuid"), KZ_STR(""));
  }
  if (!style.feed) {
    write_event_keeping(w, event, style);
  }
  kz_misp_write_org_member(w, KZ_STR("Orgc"), &event->orgc, style);
  kz_jsonw_raw_members(w, event->extra);
  kz_misp_write_tags(w, event->tags, event->tag_count, style);
}

void kz_misp_write_event(struct kz_jsonw *w, const struct kz_event *event,
                         struct kz_misp_style style) {
  kz_misp_write_event_head(w, event, style);
  kz_jsonw_key(w, KZ_STR("Attribute"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < event->attribute_count; i++) {
    kz_misp_write_attribute(w, &event->attributes[i], event->id, style);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("Object"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < event->object_count; i++) {
    kz_misp_write_object(w, &event->objects[i], event->id, style);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("EventReport"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < event->report_count; i++) {
    kz_misp_write_report(w, &event->reports[i], event->id, style);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_write_found_attribute(struct kz_jsonw *w,
                                   const struct kz_attribute *attribute,
                                   const struct kz_event *event,
                                   struct kz_misp_style style) {
  kz_jsonw_object(w);
  write_attribute_members(w, attribute, event->id, style);
  kz_jsonw_key(w, KZ_STR("Event"));
  kz_jsonw_object(w);
  write_id(w, KZ_STR("org_id"), event->org.id, style);
  kz_jsonw_member_u64_str(w, KZ_STR("distribution"), event->distribution);
  kz_misp_write_seconds(w, KZ_STR("publish_timestamp"),
                        event->publish_timestamp_us);
  write_id(w, KZ_STR("id"), event->id, style);
  kz_jsonw_member_str(w, KZ_STR("info"), event->info);
  write_id(w, KZ_STR("orgc_id"), event->orgc.id, style);
  write_uuid(w, KZ_STR("uuid"), &event->uuid);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_write_search_begin(struct kz_jsonw *w, enum kz_misp_scope scope) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("response"));
  if (scope == KZ_MISP_SCOPE_ATTRIBUTES) {
    kz_jsonw_object(w);
    kz_jsonw_key(w, KZ_STR("Attribute"));
  }
  kz_jsonw_array(w);
}

void kz_misp_write_search_end(struct kz_jsonw *w, enum kz_misp_scope scope) {
  kz_jsonw_array_end(w);
  if (scope == KZ_MISP_SCOPE_ATTRIBUTES) {
    kz_jsonw_object_end(w);
  }
  kz_jsonw_object_end(w);
}
