#include "store/row.h"

#include "base/clock.h"
#include "model/value.h"

uint32_t kz_row_seconds(int64_t us) {
  if (us <= 0) {
    return 0;
  }
  int64_t seconds = us / KZ_SECOND_US;
  return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

uint32_t kz_row_known(int64_t us) {
  uint32_t seconds = kz_row_seconds(us);
  return us > 0 && us % KZ_SECOND_US != 0 && seconds < UINT32_MAX ? seconds + 1
                                                                  : seconds;
}

unsigned kz_row_parts(kz_type type, kz_str value, struct kz_arena *arena,
                      kz_str ret_parts[2]) {
  kz_str parts[2];
  unsigned count = kz_value_parts(type, value, parts);
  for (unsigned i = 0; i < count; i++) {
    char *folded = kz_arena_text(arena, parts[i].len + 1);
    if (!folded) {
      return 0;
    }
    kz_value_fold(parts[i], folded);
    ret_parts[i] = (kz_str){folded, parts[i].len};
  }
  return count;
}

static kz_rc copy_tags(const struct kz_tag_use *uses, size_t count,
                       struct kz_arena *arena, const uint32_t **ret_tags,
                       uint32_t *ret_count) {
  uint32_t *tags = NULL;
  uint32_t n = 0;
  if (count > 0) {
    tags = kz_arena_array(arena, count, sizeof *tags);
    if (!tags) {
      return KZ_E_MEMORY;
    }
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t k = 0;
    while (k < n && tags[k] != uses[i].tag.id) {
      k++;
    }
    if (k == n) {
      tags[n++] = uses[i].tag.id;
    }
  }
  *ret_tags = tags;
  *ret_count = n;
  return KZ_OK;
}

kz_rc kz_row_of(const struct kz_attribute *a, uint64_t event_id,
                bool with_sightings, struct kz_arena *arena,
                struct kz_row *ret_row) {
  bool limited = kz_row_is_limited(a->distribution);
  struct kz_row row = {
      .event = event_id,
      .attribute = a->id,
      .uuid_hash = kz_uuid_hash(&a->uuid),
      .group = a->sharing_group_id,
      .object = a->object_id,
      .time_s = kz_row_seconds(a->timestamp_us),
      .known_s = kz_row_known(a->known_at_us),
      .code = kz_row_code(a->type, a->category),
      .flags = (uint8_t)((unsigned)a->to_ids << KZ_FLAG_TO_IDS |
                         (unsigned)a->deleted << KZ_FLAG_DELETED |
                         (unsigned)limited << KZ_FLAG_LIMITED |
                         (unsigned)with_sightings << KZ_FLAG_SIGHTED |
                         (unsigned)(a->object_id != 0) << KZ_FLAG_OBJECT),
      .distribution = a->distribution,
      .object_distribution = KZ_DIST_INHERIT,
  };
  row.part_count = (uint8_t)kz_row_parts(a->type, a->value, arena, row.part);
  if (row.part_count == 0) {
    return KZ_E_MEMORY;
  }
  bool silent = a->disable_correlation || !kz_type_correlates(a->type);
  for (unsigned i = 0; i < row.part_count; i++) {
    row.hash[i] = kz_value_hash(row.part[i]);
    row.silent[i] =
        silent || (i == 1 && kz_type_correlates_first_only(a->type));
  }
  kz_rc rc = copy_tags(a->tags, a->tag_count, arena, &row.tags, &row.tag_count);
  if (rc == KZ_OK) {
    *ret_row = row;
  }
  return rc;
}

void kz_row_limit(struct kz_row *row, uint8_t object_distribution,
                  uint64_t object_group) {
  bool is_rule = kz_row_is_limited(object_distribution);
  unsigned limited = is_rule || kz_row_is_limited(row->distribution);
  row->object = 0;
  row->object_distribution = is_rule ? object_distribution : KZ_DIST_INHERIT;
  row->object_group = is_rule ? object_group : 0;
  row->flags = (uint8_t)((row->flags & ~(1u << KZ_FLAG_LIMITED)) |
                         limited << KZ_FLAG_LIMITED);
}

kz_rc kz_row_of_event(const struct kz_event *e, struct kz_arena *arena,
                      struct kz_event_entry *ret_entry) {
  struct kz_event_entry entry = {
      .id = e->id,
      .uuid = e->uuid,
      .flags = KZ_EVENT_EXISTS | (e->published ? KZ_EVENT_PUBLISHED : 0u) |
               (e->locked ? KZ_EVENT_LOCKED : 0u) |
               (e->disable_correlation ? KZ_EVENT_SILENT : 0u) |
               (e->proposal_email_lock ? KZ_EVENT_PROPOSAL_LOCK : 0u),
      .org = e->org.id,
      .orgc = e->orgc.id,
      .date_days = e->date_days,
      .time_s = kz_row_seconds(e->timestamp_us),
      .publish_s = kz_row_seconds(e->publish_timestamp_us),
      .known_s = kz_row_known(e->known_at_us),
      .threat_level = e->threat_level,
      .analysis = e->analysis,
      .distribution = e->distribution,
      .group = e->sharing_group_id,
      .info = e->info,
  };
  kz_rc rc =
      copy_tags(e->tags, e->tag_count, arena, &entry.tags, &entry.tag_count);
  if (rc == KZ_OK) {
    *ret_entry = entry;
  }
  return rc;
}
