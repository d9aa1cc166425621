/* The table of tags is made anew from the documents when something changed and
 * somebody asks: an update brings hundreds of changes and then one question. */
#include "work/taxonomy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "format/library_taxonomy.h"

enum {
  TAGS_MAX = 4 << 20,
  TAG_BYTES = 4096, /* of one name */
  DOCUMENT_BYTES = 64 << 20,
  NAMES_BYTES = 1 << 30,
};

/* An enabled and required taxonomy. */
struct demand {
  uint64_t id;
  kz_str name;
};

struct kz_taxonomies {
  struct kz_shelf *shelf;
  pthread_mutex_t changing; /* one change of a document at a time */
  pthread_rwlock_t lock;    /* guards all below */
  bool is_stale;
  struct kz_strmap *by_name; /* lower case -> place in tags */
  struct kz_taxonomy_tag *tags;
  size_t tag_count;
  size_t tag_room;
  struct demand *demands;
  size_t demand_count;
  struct kz_arena *names; /* of the demands */
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_TAXONOMY, .noun = "taxonomy", .name = "namespace"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "taxonomies: out of memory");
}

kz_rc kz_taxonomies_open(struct kz_store *store, struct kz_taxonomies **ret,
                         struct kz_err *err) {
  struct kz_taxonomies *t = calloc(1, sizeof *t);
  if (!t) {
    return no_memory(err);
  }
  pthread_mutex_init(&t->changing, NULL);
  pthread_rwlock_init(&t->lock, NULL);
  t->is_stale = true;
  kz_rc rc = kz_shelf_open(store, &shape, &t->shelf, err);
  if (rc != KZ_OK) {
    kz_taxonomies_close(t);
    return rc;
  }
  *ret = t;
  return KZ_OK;
}

/* Forgets the table. */
static void clear(struct kz_taxonomies *t) {
  kz_strmap_free(t->by_name);
  kz_arena_free(t->names);
  free(t->tags);
  t->by_name = NULL;
  t->names = NULL;
  t->tags = NULL;
  t->demands = NULL;
  t->tag_count = t->tag_room = t->demand_count = 0;
}

void kz_taxonomies_close(struct kz_taxonomies *t) {
  if (t) {
    clear(t);
    kz_shelf_close(t->shelf);
    pthread_mutex_destroy(&t->changing);
    pthread_rwlock_destroy(&t->lock);
    free(t);
  }
}

struct kz_shelf *kz_taxonomies_shelf(struct kz_taxonomies *t) {
  return t->shelf;
}

kz_rc kz_taxonomy_find(struct kz_taxonomies *t, kz_str ref, uint64_t *ret_id) {
  kz_rc rc = kz_shelf_by_ref(t->shelf, ref, ret_id);
  return rc == KZ_NOT_FOUND ? kz_shelf_by_name(t->shelf, ref, ret_id) : rc;
}

/* --- the table -------------------------------------------------------------
 */

static void write_lower(kz_str name, struct kz_buf *out) {
  char *room = kz_buf_room(out, name.len);
  for (size_t i = 0; room && i < name.len; i++) {
    room[i] = kz_to_lower(name.ptr[i]);
  }
  out->len += room ? name.len : 0;
}

static struct kz_taxonomy_tag tag_of(uint64_t id,
                                     const struct kz_taxonomy_walk *walk) {
  const struct kz_jsonv *document = walk->document;
  const struct kz_jsonv *term = walk->entry ? walk->entry : walk->predicate;
  struct kz_taxonomy_tag tag = {
      .taxonomy = id,
      .predicate = walk->predicate_index,
      .is_enabled = kz_jsonv_flag(document, KZ_STR("enabled"), false),
      .only_one = kz_jsonv_flag(document, KZ_STR("exclusive"), false),
      .only_one_of_predicate =
          walk->entry &&
          kz_jsonv_flag(walk->predicate, KZ_STR("exclusive"), false),
  };
  kz_str member = KZ_STR("numerical_value");
  tag.number = kz_jsonv_u64(term, member,
                            kz_jsonv_u64(walk->predicate, member, UINT64_MAX));
  tag.has_number = tag.number != UINT64_MAX;
  kz_str colour = kz_jsonv_text(term, KZ_STR("colour"));
  colour = colour.len == 7 ? colour
                           : kz_jsonv_text(walk->predicate, KZ_STR("colour"));
  if (colour.len == 7 && colour.ptr[0] == '#') {
    memcpy(tag.colour, colour.ptr, colour.len);
  }
  return tag;
}

static kz_rc add_tag(struct kz_taxonomies *t, uint64_t id,
                     const struct kz_taxonomy_walk *walk) {
  KZ_BUF(name, TAG_BYTES);
  KZ_BUF(lower, TAG_BYTES);
  kz_taxonomy_name(walk, &name);
  write_lower(kz_buf_str(&name), &lower);
  if (kz_buf_failed(&name) || kz_buf_failed(&lower)) {
    return KZ_OK; /* longer than any tag can be */
  }
  if (t->tag_count == t->tag_room) {
    size_t room = t->tag_room ? t->tag_room * 2 : 1024;
    struct kz_taxonomy_tag *grown = reallocarray(t->tags, room, sizeof *grown);
    if (!grown) {
      return KZ_E_MEMORY;
    }
    t->tags = grown;
    t->tag_room = room;
  }
  t->tags[t->tag_count] = tag_of(id, walk);
  return kz_strmap_put(t->by_name, kz_buf_str(&lower), t->tag_count++);
}

static kz_rc add_document(struct kz_taxonomies *t, const struct kz_card *card) {
  KZ_ARENA(arena, DOCUMENT_BYTES);
  struct kz_taxonomy_walk walk = {.predicate = NULL};
  struct kz_jsonv *document = NULL;
  kz_rc rc = arena ? kz_shelf_get(t->shelf, card->id, arena, &document, NULL)
                   : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  walk.document = document;
  while (rc == KZ_OK && kz_taxonomy_next(&walk)) {
    rc = add_tag(t, card->id, &walk);
  }
  if (rc == KZ_OK && kz_jsonv_flag(document, KZ_STR("enabled"), false) &&
      kz_jsonv_flag(document, KZ_STR("required"), false)) {
    struct demand *d = &t->demands[t->demand_count++];
    d->id = card->id;
    d->name = card->name;
  }
  return rc;
}

/* Makes the table; the lock is held for writing. When memory is short the rules
 * are not known, and the next question tries again. */
static void make(struct kz_taxonomies *t) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  clear(t);
  t->by_name = kz_strmap_new(TAGS_MAX, NAMES_BYTES);
  t->names = kz_arena_new(NAMES_BYTES);
  kz_rc rc = t->by_name && t->names
                 ? kz_shelf_cards(t->shelf, 0, t->names, &cards, &count)
                 : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    t->demands = kz_arena_array(t->names, count + 1, sizeof *t->demands);
    rc = t->demands ? KZ_OK : KZ_E_MEMORY;
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = add_document(t, &cards[i]);
  }
  if (rc != KZ_OK) {
    clear(t);
  }
  t->is_stale = rc != KZ_OK;
}

/* Takes the lock for reading a table that is up to date. */
static void look(struct kz_taxonomies *t) {
  pthread_rwlock_rdlock(&t->lock);
  if (!t->is_stale) {
    return;
  }
  pthread_rwlock_unlock(&t->lock);
  pthread_rwlock_wrlock(&t->lock);
  if (t->is_stale) {
    make(t);
  }
  pthread_rwlock_unlock(&t->lock);
  pthread_rwlock_rdlock(&t->lock);
}

static void make_stale(struct kz_taxonomies *t) {
  pthread_rwlock_wrlock(&t->lock);
  t->is_stale = true;
  pthread_rwlock_unlock(&t->lock);
}

/* The lock is held. */
static const struct kz_taxonomy_tag *find_tag(const struct kz_taxonomies *t,
                                              kz_str name) {
  uint64_t at = 0;
  if (!t->by_name || name.len > TAG_BYTES) {
    return NULL;
  }
  KZ_BUF(lower, TAG_BYTES);
  write_lower(name, &lower);
  return kz_strmap_get(t->by_name, kz_buf_str(&lower), &at) ? &t->tags[at]
                                                            : NULL;
}

kz_rc kz_taxonomy_tag(struct kz_taxonomies *t, kz_str name,
                      struct kz_taxonomy_tag *ret) {
  look(t);
  const struct kz_taxonomy_tag *tag = find_tag(t, name);
  if (tag) {
    *ret = *tag;
  }
  pthread_rwlock_unlock(&t->lock);
  return tag ? KZ_OK : KZ_NOT_FOUND;
}

static bool are_in_conflict(const struct kz_taxonomy_tag *a,
                            const struct kz_taxonomy_tag *b) {
  if (a == b || a->taxonomy != b->taxonomy) {
    return false;
  }
  return a->only_one ||
         (a->only_one_of_predicate && a->predicate == b->predicate);
}

bool kz_taxonomy_forbids(struct kz_taxonomies *t, kz_str joining,
                         const kz_str *present, size_t count) {
  bool forbids = false;
  look(t);
  const struct kz_taxonomy_tag *tag = find_tag(t, joining);
  for (size_t i = 0; tag && tag->is_enabled && !forbids && i < count; i++) {
    const struct kz_taxonomy_tag *other = find_tag(t, present[i]);
    forbids = other && are_in_conflict(tag, other);
  }
  pthread_rwlock_unlock(&t->lock);
  return forbids;
}

size_t kz_taxonomy_missing(struct kz_taxonomies *t, const kz_str *present,
                           size_t count, struct kz_buf *out) {
  size_t missing = 0;
  look(t);
  for (size_t d = 0; d < t->demand_count; d++) {
    bool found = false;
    for (size_t i = 0; !found && i < count; i++) {
      const struct kz_taxonomy_tag *tag = find_tag(t, present[i]);
      found = tag && tag->taxonomy == t->demands[d].id;
    }
    if (!found) {
      kz_buf_add_str(out, missing++ > 0 ? KZ_STR(", ") : KZ_STR(""));
      kz_buf_add_str(out, t->demands[d].name);
    }
  }
  pthread_rwlock_unlock(&t->lock);
  return missing;
}

/* --- changes ---------------------------------------------------------------
 */

/* Puts the flags of the old document into the new one. */
static bool keep_flags(const struct kz_jsonv *old, struct kz_jsonv *document,
                       struct kz_arena *arena) {
  static const char *const flags[] = {"enabled", "required", "highlighted"};
  bool good = true;
  for (size_t i = 0; good && i < sizeof flags / sizeof *flags; i++) {
    kz_str flag = kz_str_of(flags[i]);
    good = kz_jsonv_set_bool(document, flag, kz_jsonv_flag(old, flag, false),
                             arena);
  }
  return good;
}

static size_t count_tags(const struct kz_jsonv *document) {
  struct kz_taxonomy_walk walk = {.document = document};
  size_t count = 0;
  while (kz_taxonomy_next(&walk)) {
    count++;
  }
  return count;
}

/* Puts a document that was read in the place of an older one. */
static kz_rc replace(struct kz_taxonomies *t, struct kz_jsonv *document,
                     struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *old = NULL;
  uint64_t id = 0;
  kz_str name = kz_jsonv_text(document, KZ_STR("namespace"));
  if (kz_shelf_by_name(t->shelf, name, &id) == KZ_OK) {
    kz_rc rc = kz_shelf_get(t->shelf, id, arena, &old, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  kz_str version = KZ_STR("version");
  if (old &&
      kz_jsonv_u64(old, version, 0) > kz_jsonv_u64(document, version, 0)) {
    return KZ_UNCHANGED;
  }
  if (!keep_flags(old, document, arena)) {
    return no_memory(err);
  }
  return kz_shelf_put(t->shelf, &id, document, arena, err);
}

kz_rc kz_taxonomy_take(struct kz_taxonomies *t,
                       const struct kz_library_file *file,
                       struct kz_arena *arena, struct kz_library_taken *ret,
                       struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_library_taxonomy_read(file->text, arena, &document, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (!kz_jsonv_set_str(document, KZ_STR("key"), file->key, arena)) {
    return no_memory(err);
  }
  ret->name = kz_jsonv_text(document, KZ_STR("namespace"));
  ret->version = kz_jsonv_u64(document, KZ_STR("version"), 0);
  ret->entries = count_tags(document);
  pthread_mutex_lock(&t->changing);
  rc = replace(t, document, arena, err);
  pthread_mutex_unlock(&t->changing);
  if (rc == KZ_OK) {
    make_stale(t);
  }
  return rc;
}

kz_rc kz_taxonomy_set(struct kz_taxonomies *t, uint64_t id, const char *flag,
                      bool on, struct kz_err *err) {
  KZ_ARENA(arena, DOCUMENT_BYTES);
  struct kz_jsonv *document = NULL;
  if (!arena) {
    return no_memory(err);
  }
  pthread_mutex_lock(&t->changing);
  kz_rc rc = kz_shelf_get(t->shelf, id, arena, &document, err);
  if (rc == KZ_OK && !kz_jsonv_set_bool(document, kz_str_of(flag), on, arena)) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(t->shelf, &id, document, arena, err);
  }
  pthread_mutex_unlock(&t->changing);
  make_stale(t);
  return rc;
}

kz_rc kz_taxonomy_remove(struct kz_taxonomies *t, uint64_t id,
                         struct kz_err *err) {
  pthread_mutex_lock(&t->changing);
  kz_rc rc = kz_shelf_remove(t->shelf, id, err);
  pthread_mutex_unlock(&t->changing);
  make_stale(t);
  return rc;
}
