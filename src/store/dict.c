/* Three tables of one shape: a map from the spelling to the number and an
 * array from the number to the entry. One lock for all: interning a known name
 * is a read. */
#include "store/dict.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/wire.h"
#include "store/keys.h"

enum {
  ENTRIES_MAX = 16 << 20,
  TEXT_MAX = 1 << 30,
  ENTRY_MAX = 1 << 20, /* bytes of one entry on disk */
};

enum which { ORGS, TAGS, WORDS, WHICH_COUNT };

static const char letters[WHICH_COUNT] = {'o', 't', 'w'};

struct org_entry {
  struct kz_org org;
  bool removed;
};

union entry {
  struct org_entry org;
  struct kz_tag tag;
  kz_str word;
};

struct table {
  struct kz_strmap *ids;
  union entry **entries; /* [id - 1] */
  bool *dirty;           /* [id - 1] */
  uint32_t count;
  uint32_t capacity;
  uint32_t given; /* ids that the commit under way writes */
  bool any_dirty;
};

struct kz_dict {
  pthread_rwlock_t lock;
  struct kz_arena *arena;
  struct kz_strmap *org_names;
  struct table tables[WHICH_COUNT];
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "dictionary: out of memory");
}

static kz_str keep(struct kz_dict *dict, kz_str s, kz_rc *rc) {
  kz_str copy = KZ_STR_NONE;
  if (s.ptr && *rc == KZ_OK) {
    *rc = kz_arena_dup(dict->arena, s, &copy);
  }
  return copy;
}

/* Room for one more entry; its place in `*ret`. */
static kz_rc grow(struct kz_dict *dict, struct table *t, union entry **ret,
                  struct kz_err *err) {
  if (t->count >= ENTRIES_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "dictionary: more than %d entries",
                      ENTRIES_MAX);
  }
  if (t->count == t->capacity) {
    uint32_t capacity = t->capacity ? t->capacity * 2 : 64;
    union entry **entries =
        realloc(t->entries, capacity * sizeof(union entry *));
    if (!entries) {
      return no_memory(err);
    }
    t->entries = entries;
    bool *dirty = realloc(t->dirty, capacity * sizeof *dirty);
    if (!dirty) {
      return no_memory(err);
    }
    t->dirty = dirty;
    t->capacity = capacity;
  }
  union entry *entry = kz_arena_alloc(dict->arena, sizeof *entry);
  if (!entry) {
    return no_memory(err);
  }
  t->entries[t->count] = entry;
  t->dirty[t->count] = false;
  *ret = entry;
  return KZ_OK;
}

/* `key` with ptr NULL: the caller leads to it. */
static kz_rc add(struct kz_dict *dict, enum which which, kz_str key,
                 const union entry *entry, bool dirty, uint32_t *ret_id,
                 struct kz_err *err) {
  struct table *t = &dict->tables[which];
  union entry *place = NULL;
  kz_rc rc = grow(dict, t, &place, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (key.ptr && kz_strmap_add(t->ids, key, t->count + 1, NULL) < 0) {
    return no_memory(err);
  }
  *place = *entry;
  t->dirty[t->count] = dirty;
  t->any_dirty = t->any_dirty || dirty;
  t->count++;
  *ret_id = t->count;
  return KZ_OK;
}

static kz_rc keep_tag(struct kz_dict *dict, const struct kz_tag *tag,
                      struct kz_tag *out, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  *out = *tag;
  out->name = keep(dict, tag->name, &rc);
  out->colour = keep(dict, tag->colour, &rc);
  out->extra = keep(dict, tag->extra, &rc);
  return rc == KZ_OK ? KZ_OK : no_memory(err);
}

static kz_rc keep_org(struct kz_dict *dict, const struct kz_org *org,
                      struct kz_org *out, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  *out = *org;
  out->name = keep(dict, org->name, &rc);
  out->extra = keep(dict, org->extra, &rc);
  return rc == KZ_OK ? KZ_OK : no_memory(err);
}

static bool find(struct kz_dict *dict, enum which which, kz_str key,
                 uint32_t *ret_id) {
  uint64_t id = 0;
  pthread_rwlock_rdlock(&dict->lock);
  bool found = kz_strmap_get(dict->tables[which].ids, key, &id) && id != 0;
  pthread_rwlock_unlock(&dict->lock);
  if (found) {
    *ret_id = (uint32_t)id;
  }
  return found;
}

static bool find_locked(struct kz_dict *dict, enum which which, kz_str key,
                        uint32_t *ret_id) {
  uint64_t id = 0; /* stays so where an organisation was removed */
  if (!kz_strmap_get(dict->tables[which].ids, key, &id) || id == 0) {
    return false;
  }
  *ret_id = (uint32_t)id;
  return true;
}

static kz_rc add_tag(struct kz_dict *dict, const struct kz_tag *tag, bool dirty,
                     uint32_t *ret_id, struct kz_err *err) {
  union entry entry;
  kz_rc rc = keep_tag(dict, tag, &entry.tag, err);
  if (rc != KZ_OK) {
    return rc;
  }
  entry.tag.id = dict->tables[TAGS].count + 1;
  return add(dict, TAGS, tag->name, &entry, dirty, ret_id, err);
}

kz_rc kz_dict_tag(struct kz_dict *dict, const struct kz_tag *tag,
                  uint32_t *ret_id, struct kz_err *err) {
  if (find(dict, TAGS, tag->name, ret_id)) {
    return KZ_OK;
  }
  pthread_rwlock_wrlock(&dict->lock);
  kz_rc rc = find_locked(dict, TAGS, tag->name, ret_id)
                 ? KZ_OK
                 : add_tag(dict, tag, true, ret_id, err);
  pthread_rwlock_unlock(&dict->lock);
  return rc;
}

/* Organisations are known by uuid; those without one by "name:" + name. */
static kz_str org_key(const struct kz_org *org, char *room, size_t size) {
  if (org->has_uuid) {
    return kz_uuid_format(&org->uuid, room);
  }
  size_t len = org->name.len < size - 5 ? org->name.len : size - 5;
  memcpy(room, "name:", 5);
  if (len > 0) {
    memcpy(room + 5, org->name.ptr, len);
  }
  return (kz_str){room, len + 5};
}

enum { ORG_KEY = 512 };

/* Leads the keys of an organisation to it. Of two with one name the first is
 * found by it. */
static kz_rc map_org(struct kz_dict *dict, const struct kz_org *org,
                     uint32_t id, struct kz_err *err) {
  char room[ORG_KEY];
  uint64_t known = 0;
  kz_rc rc = kz_strmap_put(dict->tables[ORGS].ids,
                           org_key(org, room, sizeof room), id);
  if (rc == KZ_OK &&
      (!kz_strmap_get(dict->org_names, org->name, &known) || known == 0)) {
    rc = kz_strmap_put(dict->org_names, org->name, id);
  }
  return rc == KZ_OK ? rc : no_memory(err);
}

/* Takes a key back; overwriting what is there cannot fail. */
static void strike(struct kz_strmap *map, kz_str key, uint32_t id) {
  uint64_t known = 0;
  size_t index = 0;
  if (kz_strmap_get(map, key, &known) && known == id &&
      kz_strmap_add(map, key, 0, &index) == KZ_UNCHANGED) {
    kz_strmap_set(map, index, 0);
  }
}

static void unmap_org(struct kz_dict *dict, const struct kz_org *org,
                      uint32_t id) {
  char room[ORG_KEY];
  strike(dict->tables[ORGS].ids, org_key(org, room, sizeof room), id);
  strike(dict->org_names, org->name, id);
}

static kz_rc add_org(struct kz_dict *dict, const struct kz_org *org,
                     bool removed, bool dirty, uint32_t *ret_id,
                     struct kz_err *err) {
  union entry entry = {.org = {.removed = removed}};
  kz_rc rc = keep_org(dict, org, &entry.org.org, err);
  if (rc != KZ_OK) {
    return rc;
  }
  entry.org.org.id = dict->tables[ORGS].count + 1;
  rc = add(dict, ORGS, KZ_STR_NONE, &entry, dirty, ret_id, err);
  return rc == KZ_OK && !removed ? map_org(dict, org, *ret_id, err) : rc;
}

static bool find_org(struct kz_dict *dict, const struct kz_org *org,
                     uint32_t *ret_id) {
  char room[ORG_KEY];
  if (find_locked(dict, ORGS, org_key(org, room, sizeof room), ret_id)) {
    return true;
  }
  uint64_t id = 0;
  if (!org->has_uuid && kz_strmap_get(dict->org_names, org->name, &id) &&
      id != 0) {
    *ret_id = (uint32_t)id;
    return true;
  }
  return false;
}

kz_rc kz_dict_org(struct kz_dict *dict, const struct kz_org *org,
                  uint32_t *ret_id, struct kz_err *err) {
  pthread_rwlock_rdlock(&dict->lock);
  bool found = find_org(dict, org, ret_id);
  pthread_rwlock_unlock(&dict->lock);
  if (found) {
    return KZ_OK;
  }
  pthread_rwlock_wrlock(&dict->lock);
  kz_rc rc = find_org(dict, org, ret_id)
                 ? KZ_OK
                 : add_org(dict, org, false, true, ret_id, err);
  pthread_rwlock_unlock(&dict->lock);
  return rc;
}

static kz_rc add_word(struct kz_dict *dict, kz_str word, bool dirty,
                      uint32_t *ret_id, struct kz_err *err) {
  union entry entry;
  kz_rc rc = KZ_OK;
  entry.word = keep(dict, word, &rc);
  if (rc != KZ_OK) {
    return no_memory(err);
  }
  return add(dict, WORDS, word, &entry, dirty, ret_id, err);
}

kz_rc kz_dict_word(struct kz_dict *dict, kz_str word, uint32_t *ret_id,
                   struct kz_err *err) {
  if (find(dict, WORDS, word, ret_id)) {
    return KZ_OK;
  }
  pthread_rwlock_wrlock(&dict->lock);
  kz_rc rc = find_locked(dict, WORDS, word, ret_id)
                 ? KZ_OK
                 : add_word(dict, word, true, ret_id, err);
  pthread_rwlock_unlock(&dict->lock);
  return rc;
}

static const union entry *get(struct kz_dict *dict, enum which which,
                              uint32_t id) {
  pthread_rwlock_rdlock(&dict->lock);
  const struct table *t = &dict->tables[which];
  const union entry *entry =
      id >= 1 && id <= t->count ? t->entries[id - 1] : NULL;
  pthread_rwlock_unlock(&dict->lock);
  return entry;
}

kz_rc kz_dict_tag_get(struct kz_dict *dict, uint32_t id,
                      struct kz_tag *ret_tag) {
  const union entry *entry = get(dict, TAGS, id);
  if (!entry) {
    return KZ_NOT_FOUND;
  }
  *ret_tag = entry->tag;
  return KZ_OK;
}

kz_rc kz_dict_org_get(struct kz_dict *dict, uint32_t id,
                      struct kz_org *ret_org) {
  const union entry *entry = get(dict, ORGS, id);
  if (!entry) {
    return KZ_NOT_FOUND;
  }
  *ret_org = entry->org.org;
  return KZ_OK;
}

kz_rc kz_dict_word_get(struct kz_dict *dict, uint32_t id, kz_str *ret_word) {
  const union entry *entry = get(dict, WORDS, id);
  if (!entry) {
    return KZ_NOT_FOUND;
  }
  *ret_word = entry->word;
  return KZ_OK;
}

kz_rc kz_dict_tag_find(struct kz_dict *dict, kz_str name, uint32_t *ret_id) {
  return find(dict, TAGS, name, ret_id) ? KZ_OK : KZ_NOT_FOUND;
}

kz_rc kz_dict_org_find(struct kz_dict *dict, kz_str name_or_uuid,
                       uint32_t *ret_id) {
  struct kz_org org = {.name = name_or_uuid};
  org.has_uuid = kz_uuid_parse(name_or_uuid, &org.uuid) == KZ_OK;
  pthread_rwlock_rdlock(&dict->lock);
  bool found = find_org(dict, &org, ret_id);
  pthread_rwlock_unlock(&dict->lock);
  return found ? KZ_OK : KZ_NOT_FOUND;
}

/* Entries are replaced, not changed: readers may still hold the old one. */
static kz_rc replace(struct kz_dict *dict, enum which which, uint32_t id,
                     const union entry *entry, struct kz_err *err) {
  struct table *t = &dict->tables[which];
  if (id < 1 || id > t->count) {
    return KZ_NOT_FOUND;
  }
  union entry *place = kz_arena_alloc(dict->arena, sizeof *place);
  if (!place) {
    return no_memory(err);
  }
  *place = *entry;
  t->entries[id - 1] = place;
  t->dirty[id - 1] = true;
  t->any_dirty = true;
  return KZ_OK;
}

kz_rc kz_dict_tag_put(struct kz_dict *dict, const struct kz_tag *tag,
                      struct kz_err *err) {
  union entry entry;
  pthread_rwlock_wrlock(&dict->lock);
  kz_rc rc = keep_tag(dict, tag, &entry.tag, err);
  if (rc == KZ_OK &&
      kz_strmap_put(dict->tables[TAGS].ids, tag->name, tag->id) != KZ_OK) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    rc = replace(dict, TAGS, tag->id, &entry, err);
  }
  pthread_rwlock_unlock(&dict->lock);
  return rc;
}

static kz_rc replace_org(struct kz_dict *dict, const struct org_entry *entry,
                         struct kz_err *err) {
  const struct org_entry old =
      dict->tables[ORGS].entries[entry->org.id - 1]->org;
  const union entry whole = {.org = *entry};
  kz_rc rc = replace(dict, ORGS, entry->org.id, &whole, err);
  if (rc == KZ_OK && !old.removed) {
    unmap_org(dict, &old.org, entry->org.id);
  }
  return rc == KZ_OK && !entry->removed
             ? map_org(dict, &entry->org, entry->org.id, err)
             : rc;
}

kz_rc kz_dict_org_put(struct kz_dict *dict, const struct kz_org *org,
                      struct kz_err *err) {
  struct org_entry entry = {.removed = false};
  if (org->id < 1 || org->id > kz_dict_org_count(dict)) {
    return KZ_NOT_FOUND;
  }
  pthread_rwlock_wrlock(&dict->lock);
  kz_rc rc = keep_org(dict, org, &entry.org, err);
  if (rc == KZ_OK) {
    rc = replace_org(dict, &entry, err);
  }
  pthread_rwlock_unlock(&dict->lock);
  return rc;
}

kz_rc kz_dict_org_remove(struct kz_dict *dict, uint32_t id,
                         struct kz_err *err) {
  struct org_entry entry = {.removed = true};
  kz_rc rc = kz_dict_org_get(dict, id, &entry.org);
  if (rc == KZ_OK) {
    pthread_rwlock_wrlock(&dict->lock);
    rc = replace_org(dict, &entry, err);
    pthread_rwlock_unlock(&dict->lock);
  }
  return rc;
}

bool kz_dict_org_lives(struct kz_dict *dict, uint32_t id) {
  const union entry *entry = get(dict, ORGS, id);
  return entry && !entry->org.removed;
}

static uint32_t count(struct kz_dict *dict, enum which which) {
  pthread_rwlock_rdlock(&dict->lock);
  uint32_t n = dict->tables[which].count;
  pthread_rwlock_unlock(&dict->lock);
  return n;
}

uint32_t kz_dict_tag_count(struct kz_dict *dict) {
  return count(dict, TAGS);
}

uint32_t kz_dict_org_count(struct kz_dict *dict) {
  return count(dict, ORGS);
}

enum {
  TAG_COLOUR = 1,
  TAG_EXPORTABLE = 2,
  TAG_HIDDEN = 4,
  TAG_GALAXY = 8,
  TAG_CUSTOM = 16,
  TAG_LOCAL_ONLY = 32,
  ORG_UUID = 1,
  ORG_LOCAL = 2,
  ORG_REMOVED = 4,
};

static void encode(enum which which, const union entry *entry,
                   struct kz_buf *out) {
  if (which == WORDS) {
    kz_write_str(out, entry->word);
  } else if (which == TAGS) {
    const struct kz_tag *tag = &entry->tag;
    kz_write_u8(out, (uint8_t)((tag->colour.ptr ? TAG_COLOUR : 0) |
                               (tag->exportable ? TAG_EXPORTABLE : 0) |
                               (tag->hidden ? TAG_HIDDEN : 0) |
                               (tag->is_galaxy ? TAG_GALAXY : 0) |
                               (tag->is_custom_galaxy ? TAG_CUSTOM : 0) |
                               (tag->local_only ? TAG_LOCAL_ONLY : 0)));
    kz_write_str(out, tag->name);
    kz_write_str(out, tag->colour);
    kz_write_str(out, tag->extra);
  } else {
    const struct kz_org *org = &entry->org.org;
    kz_write_u8(out, (uint8_t)((org->has_uuid ? ORG_UUID : 0) |
                               (org->local ? ORG_LOCAL : 0) |
                               (entry->org.removed ? ORG_REMOVED : 0)));
    kz_buf_add(out, org->uuid.bytes, sizeof org->uuid.bytes);
    kz_write_str(out, org->name);
    kz_write_str(out, org->extra);
  }
}

static kz_rc load_tag(struct kz_dict *dict, struct kz_reader *in,
                      struct kz_err *err) {
  struct kz_tag tag = {.id = 0};
  uint8_t flags = kz_read_u8(in);
  tag.exportable = flags & TAG_EXPORTABLE;
  tag.hidden = flags & TAG_HIDDEN;
  tag.is_galaxy = flags & TAG_GALAXY;
  tag.is_custom_galaxy = flags & TAG_CUSTOM;
  tag.local_only = flags & TAG_LOCAL_ONLY;
  tag.name = kz_read_str(in);
  tag.colour = kz_read_str(in);
  tag.colour = flags & TAG_COLOUR ? tag.colour : KZ_STR_NONE;
  tag.extra = kz_read_str(in);
  uint32_t id = 0;
  return add_tag(dict, &tag, false, &id, err);
}

static kz_rc load_org(struct kz_dict *dict, struct kz_reader *in,
                      struct kz_err *err) {
  struct kz_org org = {.id = 0};
  uint8_t flags = kz_read_u8(in);
  org.has_uuid = flags & ORG_UUID;
  org.local = flags & ORG_LOCAL;
  const uint8_t *uuid = kz_read_bytes(in, sizeof org.uuid.bytes);
  if (uuid) {
    memcpy(org.uuid.bytes, uuid, sizeof org.uuid.bytes);
  }
  org.name = kz_read_str(in);
  org.extra = kz_read_str(in);
  uint32_t id = 0;
  return add_org(dict, &org, flags & ORG_REMOVED, false, &id, err);
}

static kz_rc load_word(struct kz_dict *dict, struct kz_reader *in,
                       struct kz_err *err) {
  uint32_t id = 0;
  return add_word(dict, kz_read_str(in), false, &id, err);
}

static kz_rc load_table(struct kz_dict *dict, struct kz_kv *kv,
                        enum which which, struct kz_err *err) {
  static kz_rc (*const load[WHICH_COUNT])(struct kz_dict *, struct kz_reader *,
                                          struct kz_err *) = {
      load_org, load_tag, load_word};
  const char prefix[2] = {KZ_FAMILY_DICT, letters[which]};
  struct kz_kv_iter *iter =
      kz_kv_iter_new(kv, NULL, (kz_str){prefix, sizeof prefix}, false);
  if (!iter) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    struct kz_reader in = kz_reader_of(value);
    uint32_t expected = dict->tables[which].count + 1;
    rc = load[which](dict, &in, err);
    if (rc == KZ_OK &&
        (in.failed || key.len != 6 || kz_get_be32(key.ptr + 2) != expected)) {
      rc = kz_err_set(err, KZ_E_CORRUPT, "dictionary %c: entry %u is damaged",
                      letters[which], expected);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc;
}

kz_rc kz_dict_open(struct kz_kv *kv, struct kz_dict **ret_dict,
                   struct kz_err *err) {
  struct kz_dict *dict = calloc(1, sizeof *dict);
  if (!dict) {
    return no_memory(err);
  }
  pthread_rwlock_init(&dict->lock, NULL);
  dict->arena = kz_arena_new((size_t)TEXT_MAX * 4);
  dict->org_names = kz_strmap_new(ENTRIES_MAX, TEXT_MAX);
  kz_rc rc = dict->arena && dict->org_names ? KZ_OK : no_memory(err);
  for (int i = 0; rc == KZ_OK && i < WHICH_COUNT; i++) {
    dict->tables[i].ids = kz_strmap_new(ENTRIES_MAX, TEXT_MAX);
    rc = dict->tables[i].ids ? load_table(dict, kv, (enum which)i, err)
                             : no_memory(err);
  }
  if (rc != KZ_OK) {
    kz_dict_close(dict);
    return rc;
  }
  *ret_dict = dict;
  return KZ_OK;
}

void kz_dict_close(struct kz_dict *dict) {
  if (!dict) {
    return;
  }
  for (int i = 0; i < WHICH_COUNT; i++) {
    kz_strmap_free(dict->tables[i].ids);
    free(dict->tables[i].entries);
    free(dict->tables[i].dirty);
  }
  kz_strmap_free(dict->org_names);
  kz_arena_free(dict->arena);
  pthread_rwlock_destroy(&dict->lock);
  free(dict);
}

static kz_rc give_table(struct kz_dict *dict, enum which which,
                        kz_dict_put *put, void *ctx, struct kz_err *err) {
  struct table *t = &dict->tables[which];
  t->given = t->count;
  KZ_BUF(buf, ENTRY_MAX);
  kz_rc rc = KZ_OK;
  for (uint32_t i = 0; t->any_dirty && rc == KZ_OK && i < t->given; i++) {
    if (!t->dirty[i]) {
      continue;
    }
    kz_buf_clear(&buf);
    encode(which, t->entries[i], &buf);
    if (kz_buf_failed(&buf)) {
      return kz_err_set(err, KZ_E_LIMIT, "dictionary: an entry is too long");
    }
    struct kz_key key = kz_key_dict(letters[which], i + 1);
    rc = put(ctx, kz_key_str(&key), kz_buf_str(&buf), err);
  }
  return rc;
}

kz_rc kz_dict_pending(struct kz_dict *dict, kz_dict_put *put, void *ctx,
                      struct kz_err *err) {
  kz_rc rc = KZ_OK;
  pthread_rwlock_rdlock(&dict->lock);
  for (int i = 0; rc == KZ_OK && i < WHICH_COUNT; i++) {
    rc = give_table(dict, (enum which)i, put, ctx, err);
  }
  pthread_rwlock_unlock(&dict->lock);
  return rc;
}

void kz_dict_saved(struct kz_dict *dict) {
  pthread_rwlock_wrlock(&dict->lock);
  for (int i = 0; i < WHICH_COUNT; i++) {
    struct table *t = &dict->tables[i];
    for (uint32_t e = 0; t->any_dirty && e < t->given; e++) {
      t->dirty[e] = false;
    }
    t->any_dirty = t->any_dirty && t->given < t->count;
  }
  pthread_rwlock_unlock(&dict->lock);
}
