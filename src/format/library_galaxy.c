#include "format/library_galaxy.h"

#include "format/library_file.h"

#define TAG_HEAD KZ_STR("misp-galaxy:")

enum {
  META_MAX = 1000, /* keys of one cluster */
  ELEMENTS_MAX = 10000,
  TAGS_MAX = 100, /* of one relation */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "a galaxy: out of memory");
}

static bool copy_text(const struct kz_jsonv *from, struct kz_jsonv *to,
                      const char *name, struct kz_arena *arena) {
  return kz_jsonv_set_str(to, kz_str_of(name),
                          kz_jsonv_text(from, kz_str_of(name)), arena);
}

static bool is_plain(const struct kz_jsonv *v) {
  return v->kind == KZ_JSON_STRING || v->kind == KZ_JSON_NUMBER ||
         v->kind == KZ_JSON_TRUE || v->kind == KZ_JSON_FALSE;
}

static kz_str text_of(const struct kz_jsonv *v) {
  return v->kind == KZ_JSON_TRUE    ? KZ_STR("true")
         : v->kind == KZ_JSON_FALSE ? KZ_STR("false")
                                    : v->text;
}

static bool push_text(struct kz_jsonv *list, kz_str text,
                      struct kz_arena *arena) {
  struct kz_jsonv *copy = kz_jsonv_new(arena, KZ_JSON_STRING);
  if (copy) {
    copy->text = text;
    kz_jsonv_push(list, copy);
  }
  return copy != NULL;
}

/* A value or a list of values as a list of texts; NULL: out of memory. */
static struct kz_jsonv *list_of(const struct kz_jsonv *value,
                                struct kz_arena *arena) {
  struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  bool good = list != NULL;
  if (good && value && is_plain(value)) {
    good = push_text(list, text_of(value), arena);
  }
  const struct kz_jsonv *v =
      value && value->kind == KZ_JSON_ARRAY ? value->first : NULL;
  for (; good && v; v = v->next) {
    good = !is_plain(v) || push_text(list, text_of(v), arena);
  }
  return good ? list : NULL;
}

/* Lists that would be empty are left out. */
struct kz_jsonv *kz_library_meta(const struct kz_jsonv *meta,
                                 struct kz_arena *arena) {
  struct kz_jsonv *copy = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  const struct kz_jsonv *v =
      meta && meta->kind == KZ_JSON_OBJECT ? meta->first : NULL;
  for (; copy && v && copy->count < META_MAX; v = v->next) {
    struct kz_jsonv *list = list_of(v, arena);
    if (!list || (list->first && !kz_jsonv_set(copy, v->name, list, arena))) {
      return NULL;
    }
  }
  return copy;
}

/* Adds a value to the list of its key. */
static bool add_element(struct kz_jsonv *meta, kz_str key, kz_str value,
                        struct kz_arena *arena) {
  struct kz_jsonv *list = kz_jsonv_get(meta, key);
  struct kz_jsonv *text = kz_jsonv_new(arena, KZ_JSON_STRING);
  if (!text) {
    return false;
  }
  text->text = value;
  if (!list && meta->count == META_MAX) {
    return true;
  }
  if (!list) {
    list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
    if (!list || !kz_jsonv_set(meta, key, list, arena)) {
      return false;
    }
  }
  kz_jsonv_push(list, text);
  return true;
}

struct kz_jsonv *kz_library_elements(const struct kz_jsonv *elements,
                                     struct kz_arena *arena) {
  struct kz_jsonv *meta = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  size_t count = 0;
  for (const struct kz_jsonv *e = elements->first;
       meta && e && count < ELEMENTS_MAX; e = e->next, count++) {
    kz_str key = kz_jsonv_text(e, KZ_STR("key"));
    if (key.len > 0 &&
        !add_element(meta, key, kz_jsonv_text(e, KZ_STR("value")), arena)) {
      return NULL;
    }
  }
  return meta;
}

struct kz_jsonv *kz_library_tag_names(const struct kz_jsonv *tags,
                                      struct kz_arena *arena) {
  struct kz_jsonv *names = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  for (const struct kz_jsonv *t = tags->first;
       names && t && names->count < TAGS_MAX; t = t->next) {
    kz_str name =
        t->kind == KZ_JSON_OBJECT ? kz_jsonv_text(t, KZ_STR("name")) : t->text;
    struct kz_jsonv *copy = kz_jsonv_new(arena, KZ_JSON_STRING);
    if (!copy) {
      return NULL;
    }
    copy->text = name;
    if (name.len > 0) {
      kz_jsonv_push(names, copy);
    }
  }
  return names;
}

kz_str kz_library_cluster_tag(kz_str type, kz_str value,
                              struct kz_arena *arena) {
  KZ_BUF(name, TAG_HEAD.len + type.len + value.len + 3);
  kz_str copy = KZ_STR_NONE;
  kz_buf_add_str(&name, TAG_HEAD);
  kz_buf_add_str(&name, type);
  kz_buf_add_str(&name, KZ_STR("=\""));
  kz_buf_add_str(&name, value);
  kz_buf_add_byte(&name, '"');
  return !kz_buf_failed(&name) &&
                 kz_arena_dup(arena, kz_buf_str(&name), &copy) == KZ_OK
             ? copy
             : KZ_STR_NONE;
}

/* --- galaxies --------------------------------------------------------------
 */

static kz_rc check_uuid(kz_str text, const struct kz_jsonv *object,
                        const char *member, struct kz_uuid *ret,
                        struct kz_err *err) {
  kz_str uuid;
  kz_rc rc = kz_library_text(text, object, member, &uuid, err);
  if (rc == KZ_OK && kz_uuid_parse(uuid, ret) != KZ_OK) {
    rc = kz_library_wrong(text, kz_jsonv_get(object, kz_str_of(member)), err,
                          "\"%s\": not a uuid", member);
  }
  return rc;
}

/* A type becomes a part of tags' names. */
static kz_rc check_type(kz_str text, const struct kz_jsonv *object, kz_str *ret,
                        struct kz_err *err) {
  kz_rc rc = kz_library_text(text, object, "type", ret, err);
  for (size_t i = 0; rc == KZ_OK && i < ret->len; i++) {
    unsigned char c = (unsigned char)ret->ptr[i];
    if (c < ' ' || c == '"' || c == '=' || c == 0x7f) {
      rc = kz_library_wrong(text, kz_jsonv_get(object, KZ_STR("type")), err,
                            "\"type\": not fit for a tag");
    }
  }
  return rc;
}

kz_rc kz_library_galaxy_read(kz_str text, struct kz_arena *arena,
                             struct kz_jsonv **ret_document,
                             struct kz_err *err) {
  static const char *const texts[] = {"uuid",        "name", "type",
                                      "description", "icon", "namespace"};
  struct kz_jsonv *file = NULL;
  struct kz_uuid uuid;
  kz_str word;
  kz_rc rc = kz_library_read(text, arena, &file, err);
  if (rc == KZ_OK) {
    rc = check_uuid(text, file, "uuid", &uuid, err);
  }
  if (rc == KZ_OK) {
    rc = check_type(text, file, &word, err);
  }
  if (rc == KZ_OK) {
    rc = kz_library_text(text, file, "name", &word, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  bool good = d != NULL;
  for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++) {
    good = copy_text(file, d, texts[i], arena);
  }
  struct kz_jsonv *order =
      kz_library_meta(kz_jsonv_get(file, KZ_STR("kill_chain_order")), arena);
  good = good && order &&
         kz_jsonv_set_u64(d, KZ_STR("version"),
                          kz_jsonv_u64(file, KZ_STR("version"), 0), arena) &&
         (!order->first ||
          kz_jsonv_set(d, KZ_STR("kill_chain_order"), order, arena));
  if (!good) {
    return no_memory(err);
  }
  *ret_document = d;
  return KZ_OK;
}

/* --- clusters --------------------------------------------------------------
 */

/* A file of clusters on its way. */
struct reading {
  kz_str text;
  const struct kz_jsonv *file;
  struct kz_arena *arena;
  struct kz_library_clusters *into;
  struct kz_err *err;
};

/* A relation that leads nowhere is left out: public files have some. */
static kz_rc read_relation(const struct reading *r, const struct kz_jsonv *from,
                           struct kz_jsonv *list) {
  struct kz_uuid uuid;
  kz_str type;
  if (from->kind != KZ_JSON_OBJECT) {
    return kz_library_wrong(r->text, from, r->err, "an object is due");
  }
  if (kz_uuid_parse(kz_jsonv_text(from, KZ_STR("dest-uuid")), &uuid) != KZ_OK) {
    return KZ_OK;
  }
  kz_rc rc = kz_library_text(r->text, from, "type", &type, r->err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *relation = kz_jsonv_new(r->arena, KZ_JSON_OBJECT);
  struct kz_jsonv *tags = list_of(kz_jsonv_get(from, KZ_STR("tags")), r->arena);
  bool good =
      relation && tags &&
      kz_jsonv_set_str(relation, KZ_STR("referenced_galaxy_cluster_uuid"),
                       kz_jsonv_text(from, KZ_STR("dest-uuid")), r->arena) &&
      kz_jsonv_set_str(relation, KZ_STR("referenced_galaxy_cluster_type"), type,
                       r->arena) &&
      kz_jsonv_set(relation, KZ_STR("tags"), tags, r->arena);
  if (!good) {
    return no_memory(r->err);
  }
  kz_jsonv_push(list, relation);
  return KZ_OK;
}

static kz_rc read_relations(const struct reading *r,
                            const struct kz_jsonv *from,
                            struct kz_jsonv **ret) {
  struct kz_jsonv *related = NULL;
  kz_rc rc = kz_library_array(r->text, from, "related", &related, r->err);
  if (rc != KZ_OK || !related || !related->first) {
    return rc;
  }
  struct kz_jsonv *list = kz_jsonv_new(r->arena, KZ_JSON_ARRAY);
  if (!list) {
    return no_memory(r->err);
  }
  for (const struct kz_jsonv *v = related->first; rc == KZ_OK && v;
       v = v->next) {
    rc = read_relation(r, v, list);
  }
  *ret = list;
  return rc;
}

static bool build(const struct reading *r, const struct kz_jsonv *from,
                  struct kz_library_cluster *c) {
  struct kz_arena *arena = r->arena;
  struct kz_jsonv *d = c->document = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  struct kz_jsonv *meta =
      kz_library_meta(kz_jsonv_get(from, KZ_STR("meta")), arena);
  struct kz_jsonv *authors =
      list_of(kz_jsonv_get(r->file, KZ_STR("authors")), arena);
  kz_str tag = kz_library_cluster_tag(r->into->type, c->value, arena);
  return d && meta && authors && tag.ptr && copy_text(from, d, "uuid", arena) &&
         kz_jsonv_set_str(d, KZ_STR("value"), c->value, arena) &&
         kz_jsonv_set_str(d, KZ_STR("tag_name"), tag, arena) &&
         copy_text(from, d, "description", arena) &&
         copy_text(r->file, d, "source", arena) &&
         kz_jsonv_set(d, KZ_STR("authors"), authors, arena) &&
         kz_jsonv_set_u64(d, KZ_STR("version"), r->into->version, arena) &&
         kz_jsonv_set_str(d, KZ_STR("collection_uuid"),
                          kz_jsonv_text(r->file, KZ_STR("uuid")), arena) &&
         kz_jsonv_set_str(d, KZ_STR("type"), r->into->type, arena) &&
         kz_jsonv_set(d, KZ_STR("meta"), meta, arena);
}

static kz_rc read_cluster(const struct reading *r, const struct kz_jsonv *from,
                          struct kz_library_cluster *c) {
  if (from->kind != KZ_JSON_OBJECT) {
    return kz_library_wrong(r->text, from, r->err, "an object is due");
  }
  kz_rc rc = kz_library_text(r->text, from, "value", &c->value, r->err);
  if (rc == KZ_OK) {
    rc = check_uuid(r->text, from, "uuid", &c->uuid, r->err);
  }
  if (rc == KZ_OK) {
    rc = read_relations(r, from, &c->relations);
  }
  return rc == KZ_OK && !build(r, from, c) ? no_memory(r->err) : rc;
}

kz_rc kz_library_clusters_read(kz_str text, struct kz_arena *arena,
                               struct kz_library_clusters *ret,
                               struct kz_err *err) {
  struct kz_library_clusters into = {.count = 0};
  struct kz_jsonv *file = NULL;
  struct kz_jsonv *values = NULL;
  kz_rc rc = kz_library_read(text, arena, &file, err);
  if (rc == KZ_OK) {
    rc = check_type(text, file, &into.type, err);
  }
  if (rc == KZ_OK) {
    rc = kz_library_array(text, file, "values", &values, err);
  }
  if (rc == KZ_OK && !values) {
    rc = kz_library_wrong(text, file, err, "\"values\" is missing");
  }
  if (rc != KZ_OK) {
    return rc;
  }
  into.name = kz_jsonv_text(file, KZ_STR("name"));
  into.version = kz_jsonv_u64(file, KZ_STR("version"), 0);
  into.clusters =
      kz_arena_array(arena, values->count + 1, sizeof *into.clusters);
  if (!into.clusters) {
    return no_memory(err);
  }
  const struct reading r = {
      .text = text, .file = file, .arena = arena, .into = &into, .err = err};
  for (const struct kz_jsonv *v = values->first; rc == KZ_OK && v;
       v = v->next) {
    rc = read_cluster(&r, v, &into.clusters[into.count]);
    into.count += rc == KZ_OK;
  }
  if (rc == KZ_OK) {
    *ret = into;
  }
  return rc;
}
