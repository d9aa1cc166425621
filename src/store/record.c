#include "store/record.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/wire.h"

enum {
  HAS_TO_IDS = 1u << 0,
  HAS_DELETED = 1u << 1,
  HAS_SILENT = 1u << 2,
  HAS_OBJECT = 1u << 3,
  HAS_COMMENT = 1u << 4,
  HAS_RELATION = 1u << 5,
  HAS_FIRST_SEEN = 1u << 6,
  HAS_LAST_SEEN = 1u << 7,
  HAS_TAGS = 1u << 8,
  HAS_EXTRA = 1u << 9,
  HAS_DISTRIBUTION = 1u << 10, /* other than 5, inherit */
  HAS_GROUP = 1u << 11,
  HAS_DATA = 1u << 12,
  HAS_FRACTION = 1u << 13, /* the timestamp is not a whole second */
  HAS_SIGHTINGS = 1u << 14,
};

enum { TAGS_MAX = 1 << 16 };

static kz_rc too_long(struct kz_err *err) {
  return kz_err_set(err, KZ_E_LIMIT, "a record is longer than the store takes");
}

static kz_rc damaged(const char *what, uint64_t id, struct kz_err *err) {
  return kz_err_set(err, KZ_E_CORRUPT, "%s %llu: its record is damaged", what,
                    (unsigned long long)id);
}

static kz_rc put_word(struct kz_buf *out, struct kz_dict *dict, kz_str word,
                      struct kz_err *err) {
  uint32_t id = 0;
  kz_rc rc = kz_dict_word(dict, word, &id, err);
  if (rc == KZ_OK) {
    kz_write_varint(out, id);
  }
  return rc;
}

static kz_str get_word(struct kz_reader *in, struct kz_dict *dict) {
  kz_str word = KZ_STR_NONE;
  if (kz_dict_word_get(dict, (uint32_t)kz_read_varint_max(in, UINT32_MAX),
                       &word) != KZ_OK) {
    kz_reader_fail(in);
  }
  return word;
}

static kz_rc put_tags(struct kz_buf *out, struct kz_dict *dict,
                      const struct kz_tag_use *tags, size_t count,
                      struct kz_err *err) {
  kz_write_varint(out, count);
  for (size_t i = 0; i < count; i++) {
    uint32_t id = tags[i].tag.id;
    if (id == 0) {
      kz_rc rc = kz_dict_tag(dict, &tags[i].tag, &id, err);
      if (rc != KZ_OK) {
        return rc;
      }
    }
    bool related = tags[i].relationship.ptr != NULL;
    kz_write_varint(out, (uint64_t)id << 2 | (related ? 2u : 0u) |
                             (tags[i].local ? 1u : 0u));
    if (related) {
      kz_rc rc = put_word(out, dict, tags[i].relationship, err);
      if (rc != KZ_OK) {
        return rc;
      }
    }
  }
  return KZ_OK;
}

static void get_tags(struct kz_reader *in, struct kz_dict *dict,
                     struct kz_arena *arena, struct kz_tag_use **ret_tags,
                     size_t *ret_count) {
  size_t count = (size_t)kz_read_varint_max(in, TAGS_MAX);
  if (count > kz_reader_left(in)) {
    kz_reader_fail(in);
    return;
  }
  struct kz_tag_use *tags =
      count > 0 ? kz_arena_array(arena, count, sizeof *tags) : NULL;
  if (count > 0 && !tags) {
    kz_reader_fail(in);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    uint64_t coded = kz_read_varint_max(in, (uint64_t)UINT32_MAX << 2);
    if (kz_dict_tag_get(dict, (uint32_t)(coded >> 2), &tags[i].tag) != KZ_OK) {
      kz_reader_fail(in);
      return;
    }
    tags[i].local = coded & 1;
    tags[i].relationship = coded & 2 ? get_word(in, dict) : KZ_STR_NONE;
  }
  *ret_tags = tags;
  *ret_count = count;
}

void kz_chunk_init(struct kz_chunk *chunk) {
  memset(chunk, 0, sizeof *chunk);
  kz_buf_init(&chunk->body, KZ_CHUNK_BYTES_MAX);
}

void kz_chunk_done(struct kz_chunk *chunk) {
  kz_buf_done(&chunk->body);
}

bool kz_chunk_is_full(const struct kz_chunk *chunk) {
  return chunk->count >= KZ_CHUNK_ATTRIBUTES ||
         chunk->body.len >= KZ_CHUNK_BYTES;
}

static unsigned flags_of(const struct kz_attribute *a) {
  return (a->to_ids ? HAS_TO_IDS : 0u) | (a->deleted ? HAS_DELETED : 0u) |
         (a->disable_correlation ? HAS_SILENT : 0u) |
         (a->object_id ? HAS_OBJECT : 0u) |
         (a->comment.len > 0 ? HAS_COMMENT : 0u) |
         (a->relation.ptr ? HAS_RELATION : 0u) |
         (a->first_seen_us != KZ_TIME_NONE ? HAS_FIRST_SEEN : 0u) |
         (a->last_seen_us != KZ_TIME_NONE ? HAS_LAST_SEEN : 0u) |
         (a->tag_count > 0 ? HAS_TAGS : 0u) |
         (a->extra.len > 0 ? HAS_EXTRA : 0u) |
         (a->distribution != KZ_DIST_INHERIT ? HAS_DISTRIBUTION : 0u) |
         (a->sharing_group_id ? HAS_GROUP : 0u) |
         (a->data.ptr ? HAS_DATA : 0u) |
         (a->timestamp_us % KZ_SECOND_US != 0 ? HAS_FRACTION : 0u) |
         (a->sighting_count > 0 ? HAS_SIGHTINGS : 0u);
}

static kz_rc put_optional(struct kz_buf *out, struct kz_dict *dict,
                          const struct kz_attribute *a, unsigned flags,
                          struct kz_err *err) {
  kz_rc rc = KZ_OK;
  if (flags & HAS_OBJECT) {
    kz_write_svarint(out, (int64_t)(a->object_id - a->id));
  }
  if (flags & HAS_COMMENT) {
    kz_write_str(out, a->comment);
  }
  if (flags & HAS_RELATION) {
    rc = put_word(out, dict, a->relation, err);
  }
  if (flags & HAS_FIRST_SEEN) {
    kz_write_svarint(out, a->first_seen_us);
  }
  if (flags & HAS_LAST_SEEN) {
    kz_write_svarint(out, a->last_seen_us);
  }
  if (rc == KZ_OK && flags & HAS_TAGS) {
    rc = put_tags(out, dict, a->tags, a->tag_count, err);
  }
  if (flags & HAS_EXTRA) {
    kz_write_str(out, a->extra);
  }
  if (flags & HAS_DISTRIBUTION) {
    kz_write_u8(out, a->distribution);
  }
  if (flags & HAS_GROUP) {
    kz_write_varint(out, a->sharing_group_id);
  }
  if (flags & HAS_SIGHTINGS) {
    kz_write_varint(out, a->sighting_count);
  }
  return rc;
}

kz_rc kz_chunk_add(struct kz_chunk *chunk, struct kz_dict *dict,
                   const struct kz_attribute *a, struct kz_err *err) {
  if (chunk->count == 0) {
    chunk->first_id = a->id;
    chunk->last_id = a->id;
    chunk->base_time_us = a->timestamp_us / KZ_SECOND_US * KZ_SECOND_US;
    chunk->base_known_us = a->known_at_us;
  }
  assert(a->id >= chunk->last_id);
  struct kz_buf *out = &chunk->body;
  size_t before = out->len;
  unsigned flags = flags_of(a);
  kz_write_varint(out, a->id - chunk->last_id);
  size_t length_at = out->len;
  kz_write_le32(out, 0);
  kz_write_u8(out, (uint8_t)flags);
  kz_write_u8(out, (uint8_t)(flags >> 8));
  kz_write_u8(out, a->type);
  kz_write_u8(out, a->category);
  kz_buf_add(out, a->uuid.bytes, sizeof a->uuid.bytes);
  int64_t time = a->timestamp_us - chunk->base_time_us;
  kz_write_svarint(out, flags & HAS_FRACTION ? time : time / KZ_SECOND_US);
  kz_write_svarint(out, a->known_at_us - chunk->base_known_us);
  kz_write_str(out, a->value);
  kz_rc rc = put_optional(out, dict, a, flags, err);
  if (rc == KZ_OK && kz_buf_failed(out)) {
    rc = too_long(err);
  }
  if (rc != KZ_OK) {
    out->len = before;
    return rc;
  }
  kz_put_le32(out->ptr + length_at, (uint32_t)(out->len - length_at - 4));
  chunk->last_id = a->id;
  chunk->count++;
  return KZ_OK;
}

void kz_chunk_close(struct kz_chunk *chunk, struct kz_buf *out) {
  kz_write_varint(out, chunk->count);
  kz_write_svarint(out, chunk->base_time_us / KZ_SECOND_US);
  kz_write_svarint(out, chunk->base_known_us);
  kz_buf_add_str(out, kz_buf_str(&chunk->body));
  kz_buf_clear(&chunk->body);
  chunk->count = 0;
}

kz_rc kz_chunk_walk_init(struct kz_chunk_walk *walk, struct kz_dict *dict,
                         struct kz_arena *arena, uint64_t first_id,
                         kz_str value, struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  uint64_t count = kz_read_varint(&in);
  int64_t time_s = kz_read_svarint(&in);
  int64_t known = kz_read_svarint(&in);
  if (in.failed || time_s > INT64_MAX / KZ_SECOND_US / 2 ||
      time_s < INT64_MIN / KZ_SECOND_US / 2) {
    return damaged("attribute chunk", first_id, err);
  }
  *walk = (struct kz_chunk_walk){
      .dict = dict,
      .arena = arena,
      .ptr = in.ptr,
      .end = in.end,
      .id = first_id,
      .base_time_us = time_s * KZ_SECOND_US,
      .base_known_us = known,
      .left = count,
  };
  return KZ_OK;
}

static int64_t add_wrapping(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t seconds_to_us(int64_t seconds) {
  return (int64_t)((uint64_t)seconds * (uint64_t)KZ_SECOND_US);
}

static void get_optional(struct kz_reader *in, struct kz_chunk_walk *walk,
                         unsigned flags, struct kz_attribute *a) {
  a->object_id = flags & HAS_OBJECT ? a->id + (uint64_t)kz_read_svarint(in) : 0;
  a->comment = flags & HAS_COMMENT ? kz_read_str(in) : KZ_STR("");
  a->relation = flags & HAS_RELATION ? get_word(in, walk->dict) : KZ_STR_NONE;
  a->first_seen_us =
      flags & HAS_FIRST_SEEN ? kz_read_svarint(in) : KZ_TIME_NONE;
  a->last_seen_us = flags & HAS_LAST_SEEN ? kz_read_svarint(in) : KZ_TIME_NONE;
  if (flags & HAS_TAGS) {
    get_tags(in, walk->dict, walk->arena, &a->tags, &a->tag_count);
  }
  a->extra = flags & HAS_EXTRA ? kz_read_str(in) : KZ_STR_NONE;
  a->distribution =
      flags & HAS_DISTRIBUTION ? kz_read_u8(in) : (uint8_t)KZ_DIST_INHERIT;
  a->sharing_group_id = flags & HAS_GROUP ? kz_read_varint(in) : 0;
  a->sighting_count =
      flags & HAS_SIGHTINGS ? (size_t)kz_read_varint_max(in, UINT32_MAX) : 0;
}

static bool decode(struct kz_chunk_walk *walk, struct kz_reader *in,
                   struct kz_attribute *a, bool *ret_has_data) {
  *a = (struct kz_attribute){.id = walk->id};
  unsigned flags = kz_read_u8(in);
  flags |= (unsigned)kz_read_u8(in) << 8;
  a->type = kz_read_u8(in);
  a->category = kz_read_u8(in);
  const uint8_t *uuid = kz_read_bytes(in, sizeof a->uuid.bytes);
  if (!uuid || a->type >= KZ_TYPE_COUNT || a->category >= KZ_CATEGORY_COUNT) {
    return false;
  }
  memcpy(a->uuid.bytes, uuid, sizeof a->uuid.bytes);
  int64_t time = kz_read_svarint(in);
  a->timestamp_us = add_wrapping(
      walk->base_time_us, flags & HAS_FRACTION ? time : seconds_to_us(time));
  a->known_at_us = add_wrapping(walk->base_known_us, kz_read_svarint(in));
  a->value = kz_read_str(in);
  a->to_ids = flags & HAS_TO_IDS;
  a->deleted = flags & HAS_DELETED;
  a->disable_correlation = flags & HAS_SILENT;
  get_optional(in, walk, flags, a);
  if (ret_has_data) {
    *ret_has_data = flags & HAS_DATA;
  }
  return kz_reader_done(in);
}

/* Takes the next record's bytes off the walk; its id becomes walk->id. */
static bool next_record(struct kz_chunk_walk *walk, struct kz_reader *ret) {
  struct kz_reader in = {walk->ptr, walk->end, false};
  walk->id += kz_read_varint(&in);
  uint32_t len = kz_read_le32(&in);
  const uint8_t *bytes = kz_read_bytes(&in, len);
  if (in.failed) {
    return false;
  }
  *ret = (struct kz_reader){bytes, bytes + len, false};
  walk->ptr = in.ptr;
  walk->left--;
  return true;
}

kz_rc kz_chunk_walk_next(struct kz_chunk_walk *walk,
                         struct kz_attribute *ret_attribute, bool *ret_has_data,
                         struct kz_err *err) {
  if (walk->left == 0) {
    return KZ_END;
  }
  struct kz_reader in;
  if (!next_record(walk, &in) ||
      !decode(walk, &in, ret_attribute, ret_has_data)) {
    return damaged("attribute", walk->id, err);
  }
  return KZ_OK;
}

kz_rc kz_chunk_walk_find(struct kz_chunk_walk *walk, uint64_t id,
                         struct kz_attribute *ret_attribute, bool *ret_has_data,
                         struct kz_err *err) {
  while (walk->left > 0) {
    struct kz_reader in;
    if (!next_record(walk, &in)) {
      return damaged("attribute", walk->id, err);
    }
    if (walk->id == id) {
      return decode(walk, &in, ret_attribute, ret_has_data)
                 ? KZ_OK
                 : damaged("attribute", id, err);
    }
    if (walk->id > id) {
      break;
    }
  }
  return KZ_NOT_FOUND;
}

enum {
  EVENT_PUBLISHED = 1,
  EVENT_LOCKED = 2,
  EVENT_PROPOSAL_LOCK = 4,
  EVENT_SILENT = 8,
  EVENT_EXTENDS = 16,
};

kz_rc kz_record_put_event(struct kz_buf *out, struct kz_dict *dict,
                          const struct kz_event *e, uint64_t attribute_count,
                          struct kz_err *err) {
  uint32_t org = e->org.id;
  uint32_t orgc = e->orgc.id;
  kz_rc rc = org ? KZ_OK : kz_dict_org(dict, &e->org, &org, err);
  if (rc == KZ_OK && !orgc) {
    rc = kz_dict_org(dict, &e->orgc, &orgc, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  kz_write_u8(out,
              (uint8_t)((e->published ? EVENT_PUBLISHED : 0) |
                        (e->locked ? EVENT_LOCKED : 0) |
                        (e->proposal_email_lock ? EVENT_PROPOSAL_LOCK : 0) |
                        (e->disable_correlation ? EVENT_SILENT : 0) |
                        (e->has_extends ? EVENT_EXTENDS : 0)));
  kz_buf_add(out, e->uuid.bytes, sizeof e->uuid.bytes);
  kz_write_u8(out, e->threat_level);
  kz_write_u8(out, e->analysis);
  kz_write_u8(out, e->distribution);
  kz_write_varint(out, e->sharing_group_id);
  kz_write_svarint(out, e->date_days);
  kz_write_svarint(out, e->timestamp_us);
  kz_write_svarint(out, e->publish_timestamp_us);
  kz_write_svarint(out, e->sighting_timestamp_us);
  kz_write_svarint(out, e->known_at_us);
  if (e->has_extends) {
    kz_buf_add(out, e->extends.bytes, sizeof e->extends.bytes);
  }
  kz_write_varint(out, org);
  kz_write_varint(out, orgc);
  kz_write_str(out, e->info);
  kz_write_str(out, e->creator_email);
  kz_write_str(out, e->extra);
  kz_write_varint(out, attribute_count);
  rc = put_tags(out, dict, e->tags, e->tag_count, err);
  return rc == KZ_OK && kz_buf_failed(out) ? too_long(err) : rc;
}

static struct kz_uuid get_uuid(struct kz_reader *in) {
  struct kz_uuid uuid = KZ_UUID_NIL;
  const uint8_t *bytes = kz_read_bytes(in, sizeof uuid.bytes);
  if (bytes) {
    memcpy(uuid.bytes, bytes, sizeof uuid.bytes);
  }
  return uuid;
}

static void get_org(struct kz_reader *in, struct kz_dict *dict,
                    struct kz_org *ret_org) {
  if (kz_dict_org_get(dict, (uint32_t)kz_read_varint_max(in, UINT32_MAX),
                      ret_org) != KZ_OK) {
    kz_reader_fail(in);
  }
}

kz_rc kz_record_get_event(kz_str value, struct kz_dict *dict,
                          struct kz_arena *arena, uint64_t id,
                          struct kz_event *ret_event,
                          uint64_t *ret_attribute_count, struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  struct kz_event e = {.id = id};
  uint8_t flags = kz_read_u8(&in);
  e.published = flags & EVENT_PUBLISHED;
  e.locked = flags & EVENT_LOCKED;
  e.proposal_email_lock = flags & EVENT_PROPOSAL_LOCK;
  e.disable_correlation = flags & EVENT_SILENT;
  e.has_extends = flags & EVENT_EXTENDS;
  e.uuid = get_uuid(&in);
  e.threat_level = kz_read_u8(&in);
  e.analysis = kz_read_u8(&in);
  e.distribution = kz_read_u8(&in);
  e.sharing_group_id = kz_read_varint(&in);
  e.date_days = (int32_t)kz_read_svarint(&in);
  e.timestamp_us = kz_read_svarint(&in);
  e.publish_timestamp_us = kz_read_svarint(&in);
  e.sighting_timestamp_us = kz_read_svarint(&in);
  e.known_at_us = kz_read_svarint(&in);
  if (e.has_extends) {
    e.extends = get_uuid(&in);
  }
  get_org(&in, dict, &e.org);
  get_org(&in, dict, &e.orgc);
  e.info = kz_read_str(&in);
  e.creator_email = kz_read_str(&in);
  if (e.creator_email.len == 0) {
    e.creator_email = KZ_STR_NONE;
  }
  e.extra = kz_read_str(&in);
  uint64_t count = kz_read_varint(&in);
  get_tags(&in, dict, arena, &e.tags, &e.tag_count);
  if (!kz_reader_done(&in)) {
    return damaged("event", id, err);
  }
  *ret_event = e;
  if (ret_attribute_count) {
    *ret_attribute_count = count;
  }
  return KZ_OK;
}

enum { OBJECT_DELETED = 1, OBJECT_FIRST_SEEN = 2, OBJECT_LAST_SEEN = 4 };

kz_rc kz_record_put_object(struct kz_buf *out, struct kz_dict *dict,
                           const struct kz_object *o, struct kz_err *err) {
  kz_write_u8(
      out,
      (uint8_t)((o->deleted ? OBJECT_DELETED : 0) |
                (o->first_seen_us != KZ_TIME_NONE ? OBJECT_FIRST_SEEN : 0) |
                (o->last_seen_us != KZ_TIME_NONE ? OBJECT_LAST_SEEN : 0)));
  kz_buf_add(out, o->uuid.bytes, sizeof o->uuid.bytes);
  kz_write_u8(out, o->distribution);
  kz_write_varint(out, o->sharing_group_id);
  kz_write_svarint(out, o->timestamp_us);
  kz_write_svarint(out, o->known_at_us);
  if (o->first_seen_us != KZ_TIME_NONE) {
    kz_write_svarint(out, o->first_seen_us);
  }
  if (o->last_seen_us != KZ_TIME_NONE) {
    kz_write_svarint(out, o->last_seen_us);
  }
  const kz_str words[] = {o->name, o->meta_category, o->description,
                          o->template_uuid, o->template_version};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    kz_rc rc = put_word(out, dict, words[i], err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  kz_write_str(out, o->comment);
  kz_write_str(out, o->extra);
  return kz_buf_failed(out) ? too_long(err) : KZ_OK;
}

kz_rc kz_record_get_object(kz_str value, struct kz_dict *dict, uint64_t id,
                           struct kz_object *ret_object, struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  struct kz_object o = {.id = id};
  uint8_t flags = kz_read_u8(&in);
  o.deleted = flags & OBJECT_DELETED;
  o.uuid = get_uuid(&in);
  o.distribution = kz_read_u8(&in);
  o.sharing_group_id = kz_read_varint(&in);
  o.timestamp_us = kz_read_svarint(&in);
  o.known_at_us = kz_read_svarint(&in);
  o.first_seen_us =
      flags & OBJECT_FIRST_SEEN ? kz_read_svarint(&in) : KZ_TIME_NONE;
  o.last_seen_us =
      flags & OBJECT_LAST_SEEN ? kz_read_svarint(&in) : KZ_TIME_NONE;
  kz_str *const words[] = {&o.name, &o.meta_category, &o.description,
                           &o.template_uuid, &o.template_version};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    *words[i] = get_word(&in, dict);
  }
  o.comment = kz_read_str(&in);
  o.extra = kz_read_str(&in);
  if (!kz_reader_done(&in)) {
    return damaged("object", id, err);
  }
  *ret_object = o;
  return KZ_OK;
}

kz_rc kz_record_put_reference(struct kz_buf *out, struct kz_dict *dict,
                              const struct kz_reference *r, uint64_t object_id,
                              struct kz_err *err) {
  kz_write_u8(out, r->deleted ? 1 : 0);
  kz_buf_add(out, r->uuid.bytes, sizeof r->uuid.bytes);
  kz_buf_add(out, r->target.bytes, sizeof r->target.bytes);
  kz_write_svarint(out, (int64_t)(object_id - r->id));
  kz_write_svarint(out, r->timestamp_us);
  kz_rc rc = put_word(out, dict, r->relationship, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_write_str(out, r->comment);
  kz_write_str(out, r->extra);
  return kz_buf_failed(out) ? too_long(err) : KZ_OK;
}

kz_rc kz_record_get_reference(kz_str value, struct kz_dict *dict, uint64_t id,
                              struct kz_reference *ret_reference,
                              uint64_t *ret_object_id, struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  struct kz_reference r = {.id = id};
  r.deleted = kz_read_u8(&in) & 1;
  r.uuid = get_uuid(&in);
  r.target = get_uuid(&in);
  uint64_t object_id = id + (uint64_t)kz_read_svarint(&in);
  r.timestamp_us = kz_read_svarint(&in);
  r.relationship = get_word(&in, dict);
  r.comment = kz_read_str(&in);
  r.extra = kz_read_str(&in);
  if (!kz_reader_done(&in)) {
    return damaged("reference", id, err);
  }
  *ret_reference = r;
  *ret_object_id = object_id;
  return KZ_OK;
}

kz_rc kz_record_put_report(struct kz_buf *out, struct kz_dict *dict,
                           const struct kz_report *r, struct kz_err *err) {
  kz_write_u8(out, r->deleted ? 1 : 0);
  kz_buf_add(out, r->uuid.bytes, sizeof r->uuid.bytes);
  kz_write_u8(out, r->distribution);
  kz_write_varint(out, r->sharing_group_id);
  kz_write_svarint(out, r->timestamp_us);
  kz_write_svarint(out, r->known_at_us);
  kz_write_str(out, r->name);
  kz_write_str(out, r->content);
  kz_write_str(out, r->extra);
  kz_rc rc = put_tags(out, dict, r->tags, r->tag_count, err);
  return rc == KZ_OK && kz_buf_failed(out) ? too_long(err) : rc;
}

kz_rc kz_record_get_report(kz_str value, struct kz_dict *dict,
                           struct kz_arena *arena, uint64_t id,
                           struct kz_report *ret_report, struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  struct kz_report r = {.id = id};
  r.deleted = kz_read_u8(&in) & 1;
  r.uuid = get_uuid(&in);
  r.distribution = kz_read_u8(&in);
  r.sharing_group_id = kz_read_varint(&in);
  r.timestamp_us = kz_read_svarint(&in);
  r.known_at_us = kz_read_svarint(&in);
  r.name = kz_read_str(&in);
  r.content = kz_read_str(&in);
  r.extra = kz_read_str(&in);
  get_tags(&in, dict, arena, &r.tags, &r.tag_count);
  if (!kz_reader_done(&in)) {
    return damaged("report", id, err);
  }
  *ret_report = r;
  return KZ_OK;
}

kz_rc kz_record_put_sighting(struct kz_buf *out, struct kz_dict *dict,
                             const struct kz_sighting *s, struct kz_err *err) {
  uint32_t org = s->org.id;
  kz_rc rc = org ? KZ_OK : kz_dict_org(dict, &s->org, &org, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_write_u8(out, (uint8_t)s->kind);
  kz_buf_add(out, s->uuid.bytes, sizeof s->uuid.bytes);
  kz_write_svarint(out, s->seen_us);
  kz_write_svarint(out, s->known_at_us);
  kz_write_varint(out, org);
  kz_write_str(out, s->source);
  kz_write_str(out, s->extra);
  return kz_buf_failed(out) ? too_long(err) : KZ_OK;
}

kz_rc kz_record_get_sighting(kz_str value, struct kz_dict *dict, uint64_t id,
                             struct kz_sighting *ret_sighting,
                             struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  struct kz_sighting s = {.id = id};
  uint8_t kind = kz_read_u8(&in);
  s.kind = (enum kz_sighting_kind)(kind <= 2 ? kind : 0);
  s.uuid = get_uuid(&in);
  s.seen_us = kz_read_svarint(&in);
  s.known_at_us = kz_read_svarint(&in);
  get_org(&in, dict, &s.org);
  s.source = kz_read_str(&in);
  s.extra = kz_read_str(&in);
  if (!kz_reader_done(&in) || kind > 2) {
    return damaged("sighting", id, err);
  }
  *ret_sighting = s;
  return KZ_OK;
}
