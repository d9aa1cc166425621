/* The nouns as MISP knows them, in memory: an event and all that hangs on it.
 *
 * These are plain structs whose texts and arrays are borrowed from one arena
 * (the job's): whoever fills an event says which. Strings that a sender left
 * out have ptr NULL; an empty string that was sent has len 0 and a ptr.
 * Members that we do not model are kept in `extra` as raw JSON members
 * (`"a":1,"b":{}` without the braces) and are sent back as they came.
 *
 * Times are microseconds since 1970 (MISP's own `timestamp`s are whole
 * seconds: multiples of 1,000,000). */
#ifndef KZ_MODEL_EVENT_H
#define KZ_MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/uuid.h"
#include "model/type.h"

#define KZ_TIME_NONE INT64_MIN /* first_seen, last_seen: not given */

/* misp-core-format: distribution levels. */
enum kz_distribution {
  KZ_DIST_ORG = 0,
  KZ_DIST_COMMUNITY = 1,
  KZ_DIST_CONNECTED = 2,
  KZ_DIST_ALL = 3,
  KZ_DIST_GROUP = 4,
  KZ_DIST_INHERIT = 5, /* children only */
};

/* Which members the sender gave: an edit leaves the others as they are. */
enum {
  KZ_GAVE_UUID = 1u << 0,
  KZ_GAVE_VALUE = 1u << 1, /* value; info of an event; name of an object */
  KZ_GAVE_TYPE = 1u << 2,
  KZ_GAVE_CATEGORY = 1u << 3,
  KZ_GAVE_TO_IDS = 1u << 4,
  KZ_GAVE_TIMESTAMP = 1u << 5,
  KZ_GAVE_DISTRIBUTION = 1u << 6,
  KZ_GAVE_GROUP = 1u << 7,
  KZ_GAVE_COMMENT = 1u << 8, /* and description of an object */
  KZ_GAVE_DELETED = 1u << 9,
  KZ_GAVE_CORRELATION = 1u << 10,
  KZ_GAVE_FIRST_SEEN = 1u << 11,
  KZ_GAVE_LAST_SEEN = 1u << 12,
  KZ_GAVE_RELATION = 1u << 13,
  KZ_GAVE_DATA = 1u << 14,
  KZ_GAVE_DATE = 1u << 15,
  KZ_GAVE_THREAT = 1u << 16,
  KZ_GAVE_ANALYSIS = 1u << 17,
  KZ_GAVE_PUBLISHED = 1u << 18,
  KZ_GAVE_EXTENDS = 1u << 19,
  KZ_GAVE_ORGC = 1u << 20,
  KZ_GAVE_ORG = 1u << 21,
  KZ_GAVE_PUBLISH_TIME = 1u << 22,
  KZ_GAVE_SIGHTING_TIME = 1u << 23,
  KZ_GAVE_LOCKED = 1u << 24,
  KZ_GAVE_PROPOSAL_LOCK = 1u << 25,
  KZ_GAVE_TAGS = 1u << 26,
  KZ_GAVE_EMAIL = 1u << 27,
};

/* An organisation: the pair (uuid, name) is its identity across servers. */
struct kz_org {
  uint32_t id; /* ours; 0 until the store has given it one */
  struct kz_uuid uuid;
  bool has_uuid;
  bool local;
  kz_str name;
  kz_str extra;
};

/* A tag as the dictionary has it. */
struct kz_tag {
  uint32_t id; /* ours; 0 until the store has given it one */
  kz_str name;
  kz_str colour; /* "#rrggbb"; ptr NULL: not given */
  bool exportable;
  bool hidden;
  bool is_galaxy;
  bool is_custom_galaxy;
  bool local_only;
  kz_str extra; /* numerical_value, user_id, org_id ... as sent */
};

/* A tag on an event, attribute or report. */
struct kz_tag_use {
  struct kz_tag tag;
  bool local;
  kz_str relationship; /* relationship_type; ptr NULL: none */
};

/* MISP: 0 sighting, 1 false positive, 2 expiration. */
enum kz_sighting_kind {
  KZ_SIGHTING_SEEN = 0,
  KZ_SIGHTING_FALSE_POSITIVE = 1,
  KZ_SIGHTING_EXPIRATION = 2,
};

struct kz_sighting {
  uint64_t id;
  struct kz_uuid uuid;
  uint32_t given;
  enum kz_sighting_kind kind;
  int64_t seen_us; /* date_sighting */
  int64_t known_at_us;
  struct kz_org org;
  kz_str source;
  kz_str extra;
};

struct kz_attribute {
  uint64_t id;
  struct kz_uuid uuid;
  uint32_t given; /* KZ_GAVE_... */
  kz_type type;
  kz_category category;
  uint8_t distribution;
  bool to_ids;
  bool deleted;
  bool disable_correlation;
  bool encrypt;       /* the file is bare: to be packed while it is read */
  uint64_t object_id; /* 0: none */
  uint64_t sharing_group_id;
  int64_t timestamp_us;
  int64_t known_at_us; /* when this store first learnt it */
  int64_t first_seen_us;
  int64_t last_seen_us;
  kz_str value;
  kz_str comment;
  kz_str relation; /* object_relation; ptr NULL: null */
  kz_str data;     /* base64 as sent; ptr NULL: none */
  kz_str extra;
  struct kz_tag_use *tags;
  size_t tag_count;
  struct kz_sighting *sightings; /* NULL: not read, whatever the count says */
  size_t sighting_count;
};

struct kz_reference {
  uint64_t id;
  struct kz_uuid uuid;
  uint32_t given;
  struct kz_uuid target; /* referenced_uuid */
  bool deleted;
  int64_t timestamp_us;
  kz_str relationship;
  kz_str comment;
  kz_str extra;
};

struct kz_object {
  uint64_t id;
  struct kz_uuid uuid;
  uint32_t given;
  uint8_t distribution;
  bool deleted;
  uint64_t sharing_group_id;
  int64_t timestamp_us;
  int64_t known_at_us;
  int64_t first_seen_us;
  int64_t last_seen_us;
  kz_str name;
  kz_str meta_category;
  kz_str description;
  kz_str template_uuid;    /* as sent: some senders put no uuid there */
  kz_str template_version; /* as sent */
  kz_str comment;
  kz_str extra;
  struct kz_attribute *attributes;
  size_t attribute_count;
  struct kz_reference *references;
  size_t reference_count;
};

struct kz_report {
  uint64_t id;
  struct kz_uuid uuid;
  uint32_t given;
  uint8_t distribution;
  bool deleted;
  uint64_t sharing_group_id;
  int64_t timestamp_us;
  int64_t known_at_us;
  kz_str name;
  kz_str content;
  kz_str extra;
  struct kz_tag_use *tags;
  size_t tag_count;
};

struct kz_event {
  uint64_t id;
  struct kz_uuid uuid;
  uint32_t given;
  uint8_t threat_level; /* 1 high .. 4 undefined */
  uint8_t analysis;     /* 0 initial, 1 ongoing, 2 completed */
  uint8_t distribution;
  bool published;
  bool locked;
  bool proposal_email_lock;
  bool disable_correlation;
  bool has_extends;
  struct kz_uuid extends;
  uint64_t sharing_group_id;
  int32_t date_days; /* days since 1970-01-01 */
  int64_t timestamp_us;
  int64_t publish_timestamp_us;
  int64_t sighting_timestamp_us;
  int64_t known_at_us;
  kz_str info;
  kz_str creator_email;
  kz_str extra;
  struct kz_org org;
  struct kz_org orgc;
  struct kz_tag_use *tags;
  size_t tag_count;
  struct kz_attribute *attributes; /* those outside objects */
  size_t attribute_count;
  struct kz_object *objects;
  size_t object_count;
  struct kz_report *reports;
  size_t report_count;
};

/* All attributes of the event, inside and outside objects. */
size_t kz_event_attributes_total(const struct kz_event *event);

#endif
