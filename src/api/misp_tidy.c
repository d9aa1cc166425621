#include "api/misp_tidy.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/uuid.h"
#include "store/store.h"

enum { COLOUR_TEXT = 8 /* bytes: #rrggbb and the NUL */ };

/* A custom cluster has its uuid for a value: misp-galaxy:TYPE="UUID". */
static void mark_cluster(struct kz_tag *tag) {
  struct kz_uuid uuid;
  kz_str name = tag->name;
  if (!kz_str_starts(name, KZ_STR("misp-galaxy:"))) {
    return;
  }
  tag->is_galaxy = true;
  if (name.len > KZ_UUID_TEXT) {
    kz_str value = kz_str_head(kz_str_from(name, name.len - KZ_UUID_TEXT),
                               KZ_UUID_TEXT - 1);
    tag->is_custom_galaxy |= kz_uuid_parse(value, &uuid) == KZ_OK;
  }
}

void kz_misp_tidy_colour(struct kz_tag *tag, struct kz_arena *arena) {
  mark_cluster(tag);
  if (tag->colour.len > 0) {
    return;
  }
  char *text = kz_arena_text(arena, COLOUR_TEXT);
  if (text) {
    uint64_t hash = kz_hash64(tag->name.ptr, tag->name.len);
    snprintf(text, COLOUR_TEXT, "#%06x", (unsigned)(hash & 0xffffff));
    tag->colour = (kz_str){text, COLOUR_TEXT - 1};
  }
}

/* Finds the member in "{members}" without building that text: each one is a
 * key and a value, read apart. */
bool kz_misp_has_member(kz_str members, kz_str name, kz_str *ret_raw) {
  KZ_BUF(braced, members.len + 2);
  KZ_ARENA(arena, 1 << 20);
  struct kz_json json;
  struct kz_json_token token;
  if (members.len == 0 || !arena || !kz_buf_add_byte(&braced, '{') ||
      !kz_buf_add_str(&braced, members) || !kz_buf_add_byte(&braced, '}')) {
    return false;
  }
  kz_json_init(&json, kz_buf_str(&braced), arena, KZ_JSON_LIMITS);
  kz_rc rc = kz_json_next(&json, &token);
  while (rc == KZ_OK) {
    kz_str raw;
    rc = kz_json_next(&json, &token);
    if (rc != KZ_OK || token.kind != KZ_JSON_KEY) {
      return false;
    }
    rc = kz_json_raw(&json, &raw);
    if (rc == KZ_OK && kz_str_eq(token.text, name)) {
      if (ret_raw) {
        size_t at = (size_t)(raw.ptr - braced.ptr) - 1;
        *ret_raw = kz_str_head(kz_str_from(members, at), raw.len);
      }
      return true;
    }
  }
  return false;
}

kz_str kz_misp_drop_member(kz_str members, kz_str name,
                           struct kz_arena *arena) {
  KZ_BUF(braced, members.len + 2);
  KZ_BUF(kept, members.len + 1);
  KZ_ARENA(work, 1 << 20);
  struct kz_json json;
  struct kz_json_token token;
  kz_buf_add_byte(&braced, '{');
  kz_buf_add_str(&braced, members);
  kz_buf_add_byte(&braced, '}');
  kz_json_init(&json, kz_buf_str(&braced), work, KZ_JSON_LIMITS);
  kz_rc rc = work ? kz_json_next(&json, &token) : KZ_E_MEMORY;
  while (rc == KZ_OK) {
    size_t from = kz_json_offset(&json);
    kz_str raw;
    rc = kz_json_next(&json, &token);
    if (rc != KZ_OK || token.kind != KZ_JSON_KEY) {
      break;
    }
    rc = kz_json_raw(&json, &raw);
    if (rc == KZ_OK && !kz_str_eq(token.text, name)) {
      kz_str member = {braced.ptr + from, kz_json_offset(&json) - from};
      member = kz_str_trim(member);
      bool has_comma = member.len > 0 && member.ptr[0] == ',';
      kz_buf_add_str(&kept, kept.len > 0 ? KZ_STR(",") : KZ_STR(""));
      kz_buf_add_str(&kept, kz_str_from(member, has_comma));
    }
  }
  kz_str ret = KZ_STR_NONE;
  return rc == KZ_OK && !kz_buf_failed(&kept) &&
                 kz_arena_dup(arena, kz_buf_str(&kept), &ret) == KZ_OK
             ? ret
             : members;
}

kz_str kz_misp_join_members(kz_str members, kz_str more,
                            struct kz_arena *arena) {
  if (members.len == 0) {
    return more;
  }
  if (more.len == 0) {
    return members;
  }
  size_t len = members.len + 1 + more.len;
  char *text = kz_arena_text(arena, len);
  if (!text) {
    return members;
  }
  memcpy(text, members.ptr, members.len);
  text[members.len] = ',';
  memcpy(text + members.len + 1, more.ptr, more.len);
  return (kz_str){text, len};
}

static bool is_removed(const struct kz_tag_use *use) {
  kz_str raw;
  return kz_misp_has_member(use->tag.extra, KZ_STR("deleted"), &raw) &&
         (kz_str_eq(raw, KZ_STR("true")) || kz_str_eq(raw, KZ_STR("1")));
}

uint64_t kz_misp_tag_restriction(const struct kz_tag *tag, kz_str member) {
  kz_str raw;
  uint64_t id = 0;
  if (!kz_misp_has_member(tag->extra, member, &raw)) {
    return 0;
  }
  if (raw.len > 2 && raw.ptr[0] == '"') {
    raw = (kz_str){raw.ptr + 1, raw.len - 2};
  }
  return kz_str_u64(raw, &id) == KZ_OK ? id : 0;
}

bool kz_misp_may_use_tag(const struct kz_user *user, const struct kz_tag *tag) {
  uint64_t org = kz_misp_tag_restriction(tag, KZ_STR("org_id"));
  uint64_t who = kz_misp_tag_restriction(tag, KZ_STR("user_id"));
  return kz_misp_is_admin(user) ||
         ((org == 0 || org == user->org.id) && (who == 0 || who == user->id));
}

/* Whether the caller may use a tag of this name or, if there is none, make it.
 */
static bool is_permitted(const struct kz_misp_call *call, kz_str name) {
  struct kz_dict *dict = kz_store_dict(call->eye.house->store);
  struct kz_tag known;
  uint32_t id = 0;
  if (kz_dict_tag_find(dict, name, &id) != KZ_OK ||
      kz_dict_tag_get(dict, id, &known) != KZ_OK) {
    return kz_user_may(call->eye.user, KZ_PERM_TAG_EDITOR);
  }
  return kz_misp_may_use_tag(call->eye.user, &known);
}

void kz_misp_tidy_tags(struct kz_misp_call *call, struct kz_tag_use *tags,
                       size_t *count) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++) {
    if (is_removed(&tags[i]) || !is_permitted(call, tags[i].tag.name)) {
      continue;
    }
    tags[kept] = tags[i];
    kz_misp_tidy_colour(&tags[kept++].tag, call->work);
  }
  *count = kept;
}

void kz_misp_tidy_attributes(struct kz_misp_call *call,
                             struct kz_attribute *attributes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    kz_misp_tidy_tags(call, attributes[i].tags, &attributes[i].tag_count);
  }
}

void kz_misp_tidy_object(struct kz_misp_call *call, struct kz_object *object) {
  kz_misp_tidy_attributes(call, object->attributes, object->attribute_count);
}

void kz_misp_tidy_event(struct kz_misp_call *call, struct kz_event *event) {
  kz_misp_tidy_tags(call, event->tags, &event->tag_count);
  kz_misp_tidy_attributes(call, event->attributes, event->attribute_count);
  for (size_t i = 0; i < event->object_count; i++) {
    kz_misp_tidy_object(call, &event->objects[i]);
  }
  for (size_t i = 0; i < event->report_count; i++) {
    struct kz_report *report = &event->reports[i];
    kz_misp_tidy_tags(call, report->tags, &report->tag_count);
  }
}
