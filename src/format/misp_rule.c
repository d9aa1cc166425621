/* MISP's own words are used where it is known to use them; where it says only
 * that something is wrong, ours say what. */
#include "format/misp_rule.h"

#include <string.h>

#include "base/hash.h"
#include "format/misp_reader.h"
#include "format/misp_settle.h"
#include "format/sample.h"
#include "model/event.h"
#include "model/type.h"

/* MISP's defaults. A community's own events are shared within it. */
enum {
  EVENT_DISTRIBUTION = KZ_DIST_COMMUNITY,
  CHILD_DISTRIBUTION = KZ_DIST_INHERIT,
  THREAT_UNDEFINED = 4,
};

static kz_rc refuse(struct kz_misp_reader *reader, enum kz_member field,
                    enum kz_member *ret_field, const char *words) {
  *ret_field = field;
  return kz_err_set(&reader->err, KZ_E_INPUT, "%s", words);
}

/* Whether a whole thing (not an edit) lacks a member. */
static bool lacks(const struct kz_misp_reader *reader, uint32_t given,
                  uint32_t member) {
  return !reader->input->partial && (given & member) == 0;
}

/* No two things of an event have one uuid. */
static kz_rc claim_uuid(struct kz_misp_reader *reader, uint32_t given,
                        const struct kz_uuid *uuid, enum kz_member *ret_field) {
  if ((given & KZ_GAVE_UUID) == 0) {
    return KZ_OK;
  }
  kz_rc rc = kz_misp_reader_claim(reader, uuid);
  if (rc == KZ_UNCHANGED) {
    return refuse(reader, KZ_MEMBER_UUID, ret_field,
                  "the uuid stands twice in the event");
  }
  return rc;
}

static kz_rc check_moments(struct kz_misp_reader *reader, int64_t first_us,
                           int64_t last_us, enum kz_member *ret_field) {
  if (first_us != KZ_TIME_NONE && last_us != KZ_TIME_NONE &&
      last_us < first_us) {
    return refuse(reader, KZ_MEMBER_LAST_SEEN, ret_field,
                  "last_seen is before first_seen");
  }
  return KZ_OK;
}

void kz_misp_begin_event(void *thing) {
  struct kz_event *event = thing;
  event->distribution = EVENT_DISTRIBUTION;
  event->threat_level = THREAT_UNDEFINED;
}

kz_rc kz_misp_finish_event(struct kz_misp_reader *reader, void *thing,
                           enum kz_member *ret_field) {
  const struct kz_event *event = thing;
  if (lacks(reader, event->given, KZ_GAVE_VALUE)) {
    return refuse(reader, KZ_MEMBER_INFO, ret_field,
                  "not an event: it has no info");
  }
  if ((event->given & KZ_GAVE_VALUE) != 0 &&
      kz_str_trim(event->info).len == 0) {
    return refuse(reader, KZ_MEMBER_INFO, ret_field, "the info is empty");
  }
  if (reader->input->need_uuid && (event->given & KZ_GAVE_UUID) == 0) {
    return refuse(reader, KZ_MEMBER_UUID, ret_field, "the event has no uuid");
  }
  if (event->threat_level == 0) {
    return refuse(reader, KZ_MEMBER_THREAT_LEVEL_ID, ret_field,
                  "the value is not one of the permitted levels");
  }
  return KZ_OK;
}

void kz_misp_begin_attribute(void *thing) {
  struct kz_attribute *attribute = thing;
  attribute->distribution = CHILD_DISTRIBUTION;
  attribute->first_seen_us = KZ_TIME_NONE;
  attribute->last_seen_us = KZ_TIME_NONE;
}

/* What holds for attributes everywhere. */
static kz_rc finish_any_attribute(struct kz_misp_reader *reader,
                                  struct kz_attribute *attribute,
                                  enum kz_member *ret_field) {
  enum { WHAT_IT_IS = KZ_GAVE_TYPE | KZ_GAVE_VALUE };
  if (lacks(reader, attribute->given, KZ_GAVE_TYPE)) {
    return refuse(reader, KZ_MEMBER_TYPE, ret_field,
                  "the attribute has no type");
  }
  if (lacks(reader, attribute->given, KZ_GAVE_VALUE)) {
    return refuse(reader, KZ_MEMBER_VALUE, ret_field,
                  "the attribute has no value");
  }
  size_t file_max = reader->input->file_max;
  if (file_max > 0 && attribute->data.len / 4 * 3 > file_max) {
    *ret_field = KZ_MEMBER_DATA;
    return kz_err_set(&reader->err, KZ_E_INPUT,
                      "the attachment has more than the %zu bytes that are "
                      "allowed",
                      file_max);
  }
  kz_rc rc = check_moments(reader, attribute->first_seen_us,
                           attribute->last_seen_us, ret_field);
  if (rc == KZ_OK && attribute->encrypt && attribute->data.ptr &&
      (attribute->given & WHAT_IT_IS) == WHAT_IT_IS &&
      attribute->type == KZ_TYPE_MALWARE_SAMPLE) {
    rc = kz_sample_pack(attribute, reader->input->arena, &reader->err);
    *ret_field = KZ_MEMBER_DATA;
  }
  if (rc == KZ_OK && (attribute->given & WHAT_IT_IS) == WHAT_IT_IS) {
    kz_str field = KZ_STR_NONE;
    rc = kz_misp_settle(attribute, reader->input->arena, &field, &reader->err);
    *ret_field = kz_member_by_name(field);
  }
  return rc;
}

static bool is_same_attribute(const void *list, uint32_t a, uint32_t b) {
  const struct kz_attribute *attributes = list;
  return attributes[a].type == attributes[b].type &&
         attributes[a].category == attributes[b].category &&
         kz_str_eq(attributes[a].value, attributes[b].value);
}

kz_rc kz_misp_finish_attribute(struct kz_misp_reader *reader, void *thing,
                               enum kz_member *ret_field) {
  struct kz_attribute *attribute = thing;
  kz_rc rc = finish_any_attribute(reader, attribute, ret_field);
  if (rc != KZ_OK || reader->input->partial || attribute->deleted) {
    return rc == KZ_OK ? claim_uuid(reader, attribute->given, &attribute->uuid,
                                    ret_field)
                       : rc;
  }
  const struct kz_buf *list = &reader->lists[KZ_NOUN_ATTRIBUTE];
  uint32_t item = (uint32_t)(list->len / sizeof *attribute);
  uint64_t hash = kz_hash64_seeded(
      attribute->value.ptr, attribute->value.len,
      reader->seed + attribute->type * KZ_CATEGORY_COUNT + attribute->category);
  if (kz_seen_has(&reader->seen_values, hash, item, is_same_attribute,
                  list->ptr)) {
    *ret_field = KZ_MEMBER_VALUE;
    return kz_err_set(&reader->err, KZ_UNCHANGED,
                      "value, type and category stand in the event already");
  }
  rc = claim_uuid(reader, attribute->given, &attribute->uuid, ret_field);
  if (rc != KZ_OK) {
    return rc;
  }
  return kz_seen_add(&reader->seen_values, hash, item, is_same_attribute,
                     list->ptr);
}

kz_rc kz_misp_finish_object_attribute(struct kz_misp_reader *reader,
                                      void *thing, enum kz_member *ret_field) {
  struct kz_attribute *attribute = thing;
  kz_rc rc = finish_any_attribute(reader, attribute, ret_field);
  if (rc != KZ_OK) {
    return rc;
  }
  return claim_uuid(reader, attribute->given, &attribute->uuid, ret_field);
}

void kz_misp_begin_object(void *thing) {
  struct kz_object *object = thing;
  object->distribution = CHILD_DISTRIBUTION;
  object->first_seen_us = KZ_TIME_NONE;
  object->last_seen_us = KZ_TIME_NONE;
}

kz_rc kz_misp_finish_object(struct kz_misp_reader *reader, void *thing,
                            enum kz_member *ret_field) {
  const struct kz_object *object = thing;
  if (lacks(reader, object->given, KZ_GAVE_VALUE)) {
    return refuse(reader, KZ_MEMBER_NAME, ret_field, "the object has no name");
  }
  kz_rc rc = check_moments(reader, object->first_seen_us, object->last_seen_us,
                           ret_field);
  if (rc != KZ_OK) {
    return rc;
  }
  return claim_uuid(reader, object->given, &object->uuid, ret_field);
}

kz_rc kz_misp_finish_reference(struct kz_misp_reader *reader, void *thing,
                               enum kz_member *ret_field) {
  const struct kz_reference *reference = thing;
  if (!reader->input->partial && kz_uuid_is_nil(&reference->target)) {
    return refuse(reader, KZ_MEMBER_REFERENCED_UUID, ret_field,
                  "the reference points nowhere");
  }
  return claim_uuid(reader, reference->given, &reference->uuid, ret_field);
}

void kz_misp_begin_report(void *thing) {
  struct kz_report *report = thing;
  report->distribution = CHILD_DISTRIBUTION;
}

kz_rc kz_misp_finish_report(struct kz_misp_reader *reader, void *thing,
                            enum kz_member *ret_field) {
  const struct kz_report *report = thing;
  if (lacks(reader, report->given, KZ_GAVE_VALUE)) {
    return refuse(reader, KZ_MEMBER_NAME, ret_field, "the report has no name");
  }
  return claim_uuid(reader, report->given, &report->uuid, ret_field);
}

void kz_misp_begin_tag_use(void *thing) {
  struct kz_tag_use *use = thing;
  use->tag.exportable = true;
}

kz_rc kz_misp_finish_tag_use(struct kz_misp_reader *reader, void *thing,
                             enum kz_member *ret_field) {
  const struct kz_tag_use *use = thing;
  if (!reader->input->partial && use->tag.name.len == 0) {
    return refuse(reader, KZ_MEMBER_NAME, ret_field, "the tag has no name");
  }
  return KZ_OK;
}

kz_rc kz_misp_finish_sighting(struct kz_misp_reader *reader, void *thing,
                              enum kz_member *ret_field) {
  const struct kz_sighting *sighting = thing;
  return claim_uuid(reader, sighting->given, &sighting->uuid, ret_field);
}
