/* A member that a table does not name is not modelled and kept as it came, so
 * that new versions of MISP lose nothing here. */
#include "format/misp_noun.h"

#include "format/misp_rule.h"
#include "model/event.h"

/* FIELD(member, kind, part of the struct, given) and its relatives; OF is the
 * struct that the table describes. */
#define FIELD(member, how, part, gave)                                         \
  [KZ_MEMBER_##member] = {                                                     \
      .kind = KZ_FIELD_##how, .offset = offsetof(OF, part), .given = (gave)}
#define LEVEL(member, part, highest, gave)                                     \
  [KZ_MEMBER_##member] = {.kind = KZ_FIELD_LEVEL,                              \
                          .most = (highest),                                   \
                          .offset = offsetof(OF, part),                        \
                          .given = (gave)}
#define OPTIONAL_UUID(member, how, part, flag, gave)                           \
  [KZ_MEMBER_##member] = {.kind = KZ_FIELD_UUID_OR_##how,                      \
                          .offset = offsetof(OF, part),                        \
                          .second = offsetof(OF, flag),                        \
                          .given = (gave)}
#define THING(member, part, what, gave)                                        \
  [KZ_MEMBER_##member] = {.kind = KZ_FIELD_THING,                              \
                          .noun = KZ_NOUN_##what,                              \
                          .offset = offsetof(OF, part),                        \
                          .given = (gave)}
#define LIST(member, items, count, what, gave)                                 \
  [KZ_MEMBER_##member] = {.kind = KZ_FIELD_LIST,                               \
                          .noun = KZ_NOUN_##what,                              \
                          .offset = offsetof(OF, items),                       \
                          .second = offsetof(OF, count),                       \
                          .given = (gave)}
#define DROP(member) [KZ_MEMBER_##member] = {.kind = KZ_FIELD_DROP}

#define OF struct kz_event
static const struct kz_field event_fields[KZ_MEMBER_TOTAL] = {
    FIELD(ID, LOCAL_ID, id, 0),
    FIELD(UUID, UUID, uuid, KZ_GAVE_UUID),
    FIELD(INFO, TEXT, info, KZ_GAVE_VALUE),
    FIELD(DATE, DATE, date_days, KZ_GAVE_DATE),
    LEVEL(THREAT_LEVEL_ID, threat_level, 4, KZ_GAVE_THREAT),
    LEVEL(ANALYSIS, analysis, 2, KZ_GAVE_ANALYSIS),
    LEVEL(DISTRIBUTION, distribution, KZ_DIST_GROUP, KZ_GAVE_DISTRIBUTION),
    FIELD(SHARING_GROUP_ID, ID, sharing_group_id, KZ_GAVE_GROUP),
    FIELD(PUBLISHED, FLAG, published, KZ_GAVE_PUBLISHED),
    FIELD(LOCKED, FLAG, locked, KZ_GAVE_LOCKED),
    FIELD(PROPOSAL_EMAIL_LOCK, FLAG, proposal_email_lock,
          KZ_GAVE_PROPOSAL_LOCK),
    FIELD(DISABLE_CORRELATION, FLAG, disable_correlation, KZ_GAVE_CORRELATION),
    FIELD(TIMESTAMP, SECONDS, timestamp_us, KZ_GAVE_TIMESTAMP),
    FIELD(PUBLISH_TIMESTAMP, SECONDS, publish_timestamp_us,
          KZ_GAVE_PUBLISH_TIME),
    FIELD(SIGHTING_TIMESTAMP, SECONDS, sighting_timestamp_us,
          KZ_GAVE_SIGHTING_TIME),
    OPTIONAL_UUID(EXTENDS_UUID, NONE, extends, has_extends, KZ_GAVE_EXTENDS),
    FIELD(EVENT_CREATOR_EMAIL, TEXT, creator_email, KZ_GAVE_EMAIL),
    THING(ORG, org, ORG, KZ_GAVE_ORG),
    THING(ORGC, orgc, ORG, KZ_GAVE_ORGC),
    LIST(TAG, tags, tag_count, TAG_USE, KZ_GAVE_TAGS),
    LIST(ATTRIBUTE, attributes, attribute_count, ATTRIBUTE, 0),
    LIST(OBJECT, objects, object_count, OBJECT, 0),
    LIST(EVENT_REPORT, reports, report_count, REPORT, 0),
    DROP(EVENT_ID),
    DROP(ORG_ID),
    DROP(ORGC_ID),
    DROP(USER_ID),
    DROP(ATTRIBUTE_COUNT),
    DROP(RELATED_EVENT),
    DROP(EXTENSION_EVENTS),
    DROP(FEED),
    DROP(WARNINGS),
};
#undef OF

#define OF struct kz_attribute
static const struct kz_field attribute_fields[KZ_MEMBER_TOTAL] = {
    FIELD(ID, LOCAL_ID, id, 0),
    FIELD(UUID, UUID, uuid, KZ_GAVE_UUID),
    FIELD(TYPE, TYPE, type, KZ_GAVE_TYPE),
    FIELD(CATEGORY, CATEGORY, category, KZ_GAVE_CATEGORY),
    FIELD(VALUE, TEXT, value, KZ_GAVE_VALUE),
    FIELD(TO_IDS, FLAG, to_ids, KZ_GAVE_TO_IDS),
    FIELD(DELETED, FLAG, deleted, KZ_GAVE_DELETED),
    FIELD(DISABLE_CORRELATION, FLAG, disable_correlation, KZ_GAVE_CORRELATION),
    LEVEL(DISTRIBUTION, distribution, KZ_DIST_INHERIT, KZ_GAVE_DISTRIBUTION),
    FIELD(SHARING_GROUP_ID, ID, sharing_group_id, KZ_GAVE_GROUP),
    FIELD(TIMESTAMP, SECONDS, timestamp_us, KZ_GAVE_TIMESTAMP),
    FIELD(FIRST_SEEN, MOMENT, first_seen_us, KZ_GAVE_FIRST_SEEN),
    FIELD(LAST_SEEN, MOMENT, last_seen_us, KZ_GAVE_LAST_SEEN),
    FIELD(COMMENT, TEXT, comment, KZ_GAVE_COMMENT),
    FIELD(OBJECT_RELATION, TEXT_OR_NULL, relation, KZ_GAVE_RELATION),
    FIELD(DATA, TEXT_OR_NULL, data, KZ_GAVE_DATA),
    FIELD(ENCRYPT, FLAG, encrypt, 0),
    LIST(TAG, tags, tag_count, TAG_USE, KZ_GAVE_TAGS),
    LIST(SIGHTING, sightings, sighting_count, SIGHTING, 0),
    FIELD(OBJECT_ID, LOCAL_ID, object_id, 0),
    DROP(EVENT_ID),
    DROP(EVENT_UUID),
    DROP(EVENT),
    DROP(OBJECT),
    DROP(RELATED_ATTRIBUTE),
    DROP(DECAY_SCORE),
    DROP(MALWARE_FILENAME), /* of PyMISP; stands in the value */
    DROP(FEED),
    DROP(WARNINGS),
};
#undef OF

#define OF struct kz_object
static const struct kz_field object_fields[KZ_MEMBER_TOTAL] = {
    FIELD(ID, LOCAL_ID, id, 0),
    FIELD(UUID, UUID, uuid, KZ_GAVE_UUID),
    FIELD(NAME, TEXT, name, KZ_GAVE_VALUE),
    FIELD(META_CATEGORY, TEXT, meta_category, 0),
    FIELD(DESCRIPTION, TEXT, description, 0),
    FIELD(TEMPLATE_UUID, TEXT, template_uuid, 0),
    FIELD(TEMPLATE_VERSION, TEXT, template_version, 0),
    FIELD(COMMENT, TEXT, comment, KZ_GAVE_COMMENT),
    FIELD(DELETED, FLAG, deleted, KZ_GAVE_DELETED),
    LEVEL(DISTRIBUTION, distribution, KZ_DIST_INHERIT, KZ_GAVE_DISTRIBUTION),
    FIELD(SHARING_GROUP_ID, ID, sharing_group_id, KZ_GAVE_GROUP),
    FIELD(TIMESTAMP, SECONDS, timestamp_us, KZ_GAVE_TIMESTAMP),
    FIELD(FIRST_SEEN, MOMENT, first_seen_us, KZ_GAVE_FIRST_SEEN),
    FIELD(LAST_SEEN, MOMENT, last_seen_us, KZ_GAVE_LAST_SEEN),
    LIST(ATTRIBUTE, attributes, attribute_count, OBJECT_ATTRIBUTE, 0),
    LIST(OBJECT_REFERENCE, references, reference_count, REFERENCE, 0),
    DROP(EVENT_ID),
    DROP(EVENT_UUID),
    DROP(EVENT),
    DROP(BREAK_ON_DUPLICATE),
    DROP(WARNINGS),
};
#undef OF

#define OF struct kz_reference
static const struct kz_field reference_fields[KZ_MEMBER_TOTAL] = {
    FIELD(ID, LOCAL_ID, id, 0),
    FIELD(UUID, UUID, uuid, KZ_GAVE_UUID),
    FIELD(REFERENCED_UUID, UUID, target, 0),
    FIELD(RELATIONSHIP_TYPE, TEXT, relationship, KZ_GAVE_RELATION),
    FIELD(COMMENT, TEXT, comment, KZ_GAVE_COMMENT),
    FIELD(DELETED, FLAG, deleted, KZ_GAVE_DELETED),
    FIELD(TIMESTAMP, SECONDS, timestamp_us, KZ_GAVE_TIMESTAMP),
    DROP(EVENT_ID),
    DROP(EVENT),
    DROP(OBJECT_ID),
    DROP(OBJECT_UUID),
    DROP(SOURCE_UUID),
    DROP(REFERENCED_ID),
    DROP(REFERENCED_TYPE),
    DROP(OBJECT),
    DROP(ATTRIBUTE),
};
#undef OF

#define OF struct kz_report
static const struct kz_field report_fields[KZ_MEMBER_TOTAL] = {
    FIELD(ID, LOCAL_ID, id, 0),
    FIELD(UUID, UUID, uuid, KZ_GAVE_UUID),
    FIELD(NAME, TEXT, name, KZ_GAVE_VALUE),
    FIELD(CONTENT, TEXT, content, KZ_GAVE_COMMENT),
    FIELD(DELETED, FLAG, deleted, KZ_GAVE_DELETED),
    LEVEL(DISTRIBUTION, distribution, KZ_DIST_INHERIT, KZ_GAVE_DISTRIBUTION),
    FIELD(SHARING_GROUP_ID, ID, sharing_group_id, KZ_GAVE_GROUP),
    FIELD(TIMESTAMP, SECONDS, timestamp_us, KZ_GAVE_TIMESTAMP),
    LIST(TAG, tags, tag_count, TAG_USE, KZ_GAVE_TAGS),
    DROP(EVENT_ID),
    DROP(EVENT_UUID),
    DROP(EVENT),
};
#undef OF

#define OF struct kz_tag_use
static const struct kz_field tag_fields[KZ_MEMBER_TOTAL] = {
    FIELD(NAME, TEXT, tag.name, 0),
    FIELD(COLOUR, TEXT, tag.colour, 0),
    FIELD(EXPORTABLE, FLAG, tag.exportable, 0),
    FIELD(HIDE_TAG, FLAG, tag.hidden, 0),
    FIELD(IS_GALAXY, FLAG, tag.is_galaxy, 0),
    FIELD(IS_CUSTOM_GALAXY, FLAG, tag.is_custom_galaxy, 0),
    FIELD(LOCAL_ONLY, FLAG, tag.local_only, 0),
    FIELD(LOCAL, FLAG, local, 0),
    FIELD(RELATIONSHIP_TYPE, TEXT, relationship, 0),
    DROP(ID),
    DROP(INHERITED),
    DROP(COUNT),
    DROP(ATTRIBUTE_COUNT),
};
#undef OF

#define OF struct kz_sighting
static const struct kz_field sighting_fields[KZ_MEMBER_TOTAL] = {
    FIELD(ID, LOCAL_ID, id, 0),
    FIELD(UUID, UUID, uuid, KZ_GAVE_UUID),
    FIELD(TYPE, SIGHTING_KIND, kind, KZ_GAVE_TYPE),
    FIELD(DATE_SIGHTING, SECONDS, seen_us, KZ_GAVE_TIMESTAMP),
    FIELD(SOURCE, TEXT, source, KZ_GAVE_VALUE),
    THING(ORGANISATION, org, ORG, KZ_GAVE_ORG),
    DROP(ATTRIBUTE_ID),
    DROP(ATTRIBUTE_UUID),
    DROP(EVENT_ID),
    DROP(EVENT_UUID),
    DROP(ORG_ID),
    DROP(EVENT),
    DROP(ATTRIBUTE),
};
#undef OF

#define OF struct kz_org
static const struct kz_field org_fields[KZ_MEMBER_TOTAL] = {
    OPTIONAL_UUID(UUID, JUNK, uuid, has_uuid, 0),
    FIELD(NAME, TEXT, name, 0),
    FIELD(LOCAL, FLAG, local, 0),
    DROP(ID),
};
#undef OF

/* The words for it, its wrapper, its struct and where `given` and `extra` are
 * in it. */
#define NOUN(text, wrapped_in, of, given_at, extra_part)                       \
  .name = (text), .wrapper = {wrapped_in, sizeof wrapped_in - 1},              \
  .size = sizeof(of), .given = (given_at), .extra = offsetof(of, extra_part)

static const struct kz_noun nouns[KZ_NOUN_COUNT] = {
    [KZ_NOUN_EVENT] = {NOUN("event", "Event", struct kz_event,
                            offsetof(struct kz_event, given), extra),
                       .fields = event_fields, .begin = kz_misp_begin_event,
                       .finish = kz_misp_finish_event},
    [KZ_NOUN_ATTRIBUTE] = {NOUN("attribute", "Attribute", struct kz_attribute,
                                offsetof(struct kz_attribute, given), extra),
                           .fields = attribute_fields,
                           .begin = kz_misp_begin_attribute,
                           .finish = kz_misp_finish_attribute},
    [KZ_NOUN_OBJECT_ATTRIBUTE] =
        {NOUN("attribute", "Attribute", struct kz_attribute,
              offsetof(struct kz_attribute, given), extra),
         .fields = attribute_fields, .begin = kz_misp_begin_attribute,
         .finish = kz_misp_finish_object_attribute},
    [KZ_NOUN_OBJECT] = {NOUN("object", "Object", struct kz_object,
                             offsetof(struct kz_object, given), extra),
                        .fields = object_fields, .begin = kz_misp_begin_object,
                        .finish = kz_misp_finish_object},
    [KZ_NOUN_REFERENCE] = {NOUN("reference", "ObjectReference",
                                struct kz_reference,
                                offsetof(struct kz_reference, given), extra),
                           .fields = reference_fields, .begin = NULL,
                           .finish = kz_misp_finish_reference},
    [KZ_NOUN_REPORT] = {NOUN("event report", "EventReport", struct kz_report,
                             offsetof(struct kz_report, given), extra),
                        .fields = report_fields, .begin = kz_misp_begin_report,
                        .finish = kz_misp_finish_report},
    [KZ_NOUN_TAG_USE] = {NOUN("tag", "Tag", struct kz_tag_use, KZ_NO_OFFSET,
                              tag.extra),
                         .fields = tag_fields, .begin = kz_misp_begin_tag_use,
                         .finish = kz_misp_finish_tag_use},
    [KZ_NOUN_SIGHTING] = {NOUN("sighting", "Sighting", struct kz_sighting,
                               offsetof(struct kz_sighting, given), extra),
                          .fields = sighting_fields, .begin = NULL,
                          .finish = kz_misp_finish_sighting},
    [KZ_NOUN_ORG] = {NOUN("organisation", "Organisation", struct kz_org,
                          KZ_NO_OFFSET, extra),
                     .fields = org_fields, .begin = NULL, .finish = NULL},
};

const struct kz_noun *kz_misp_nouns(void) {
  return nouns;
}
