#include "work/cluster_receive.h"

#include "format/library_galaxy.h"
#include "store/store.h"
#include "work/cluster.h"
#include "work/galaxy.h"
#include "work/groups.h"

enum { RELATIONS_MAX = 10000 };

/* A cluster on its way in. */
struct arrival {
  const struct kz_cluster_receiver *to;
  const struct kz_jsonv *sent;
  struct kz_jsonv *document;
  struct kz_arena *arena;
  struct kz_err *err;
};

static struct kz_galaxies *galaxies_of(const struct arrival *a) {
  return a->to->house->galaxies;
}

static kz_rc no_memory(const struct arrival *a) {
  return kz_err_set(a->err, KZ_E_MEMORY, "a cluster: out of memory");
}

static kz_str text_of(const struct kz_jsonv *v, const char *name) {
  kz_str text = kz_jsonv_text(v, kz_str_of(name));
  return text.ptr ? text : KZ_STR("");
}

/* --- its galaxy ------------------------------------------------------------
 */

/* Adds the galaxy as it was sent. */
static kz_rc add_galaxy(const struct arrival *a, const struct kz_jsonv *sent,
                        uint64_t *ret_id) {
  KZ_BUF(text, 1 << 20);
  struct kz_jsonw w;
  struct kz_jsonv *d = NULL;
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(sent, &w);
  kz_rc rc =
      kz_buf_failed(&text)
          ? no_memory(a)
          : kz_library_galaxy_read(kz_buf_str(&text), a->arena, &d, a->err);
  if (rc == KZ_OK &&
      (!kz_jsonv_set_bool(d, KZ_STR("enabled"), true, a->arena) ||
       !kz_jsonv_set_bool(d, KZ_STR("default"), false, a->arena))) {
    rc = no_memory(a);
  }
  *ret_id = 0;
  return rc == KZ_OK ? kz_shelf_put(kz_galaxies_shelf(galaxies_of(a)), ret_id,
                                    d, a->arena, a->err)
                     : rc;
}

static kz_rc find_galaxy(const struct arrival *a, uint64_t *ret_id,
                         kz_str *ret_type) {
  struct kz_shelf *shelf = kz_galaxies_shelf(galaxies_of(a));
  const struct kz_jsonv *sent = kz_jsonv_get(a->sent, KZ_STR("Galaxy"));
  struct kz_jsonv *d = NULL;
  kz_str type = text_of(sent ? sent : a->sent, "type");
  kz_galaxies_lock(galaxies_of(a));
  kz_rc rc = kz_shelf_by_ref(shelf, text_of(sent, "uuid"), ret_id);
  if (rc == KZ_NOT_FOUND) {
    rc = kz_shelf_by_name(shelf, type, ret_id);
  }
  if (rc == KZ_NOT_FOUND && sent) {
    rc = add_galaxy(a, sent, ret_id);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, *ret_id, a->arena, &d, a->err);
  }
  kz_galaxies_unlock(galaxies_of(a));
  if (rc == KZ_NOT_FOUND) {
    return kz_err_set(a->err, KZ_E_INPUT, "type: there is no galaxy \"%.*s\"",
                      KZ_STR_ARG(type));
  }
  *ret_type = kz_jsonv_text(d, KZ_STR("type"));
  return rc;
}

/* --- whose it is and who sees it -------------------------------------------
 */

static kz_rc find_maker(const struct arrival *a, uint32_t *ret_org) {
  const struct kz_jsonv *sent = kz_jsonv_get(a->sent, KZ_STR("Orgc"));
  struct kz_org org = {.name = text_of(sent, "name")};
  org.has_uuid = kz_uuid_parse(text_of(sent, "uuid"), &org.uuid) == KZ_OK;
  *ret_org = a->to->org;
  return org.has_uuid && org.name.len > 0
             ? kz_dict_org(kz_store_dict(a->to->house->store), &org, ret_org,
                           a->err)
             : KZ_OK;
}

/* The distribution that it has here; sets it and the group in `to`. */
static kz_rc set_level(const struct arrival *a, const struct kz_jsonv *sent,
                       struct kz_jsonv *to) {
  uint64_t level = kz_jsonv_u64(sent, KZ_STR("distribution"), KZ_DIST_ORG);
  uint64_t group = 0;
  if (a->to->is_pulled &&
      (level == KZ_DIST_COMMUNITY || level == KZ_DIST_CONNECTED)) {
    level--;
  }
  if (level == KZ_DIST_GROUP) {
    const struct kz_jsonv *g = kz_jsonv_get(sent, KZ_STR("SharingGroup"));
    kz_rc rc =
        g ? kz_groups_take(a->to->house->groups, g, a->to->org,
                           a->to->may_add_groups, a->arena, &group, a->err)
          : KZ_NOT_FOUND;
    if (rc != KZ_OK && rc != KZ_NOT_FOUND) {
      return rc;
    }
    level = rc == KZ_OK ? level : KZ_DIST_ORG;
  }
  level = level <= KZ_DIST_GROUP ? level : KZ_DIST_ORG;
  return kz_jsonv_set_u64(to, KZ_STR("distribution"), level, a->arena) &&
                 kz_jsonv_set_u64(to, KZ_STR("sharing_group_id"), group,
                                  a->arena)
             ? KZ_OK
             : no_memory(a);
}

/* --- its relations ---------------------------------------------------------
 */

static kz_rc read_relation(const struct arrival *a, const struct kz_jsonv *from,
                           struct kz_jsonv *list) {
  struct kz_uuid uuid;
  struct kz_jsonv *r = kz_jsonv_new(a->arena, KZ_JSON_OBJECT);
  kz_str target = text_of(from, "referenced_galaxy_cluster_uuid");
  kz_str type = text_of(from, "referenced_galaxy_cluster_type");
  const struct kz_jsonv *tags = kz_jsonv_get(from, KZ_STR("Tag"));
  if (kz_uuid_parse(target, &uuid) != KZ_OK || type.len == 0) {
    return KZ_OK; /* it leads nowhere */
  }
  bool good =
      r &&
      kz_jsonv_set_str(r, KZ_STR("referenced_galaxy_cluster_uuid"), target,
                       a->arena) &&
      kz_jsonv_set_str(r, KZ_STR("referenced_galaxy_cluster_type"), type,
                       a->arena) &&
      kz_jsonv_set_u64(r, KZ_STR("org_id"), a->to->org, a->arena) &&
      kz_jsonv_set_bool(r, KZ_STR("default"), false, a->arena) &&
      (!tags || kz_jsonv_set(r, KZ_STR("tags"),
                             kz_library_tag_names(tags, a->arena), a->arena));
  kz_rc rc = good ? set_level(a, from, r) : no_memory(a);
  if (rc == KZ_OK) {
    kz_jsonv_push(list, r);
  }
  return rc;
}

static kz_rc read_relations(const struct arrival *a, struct kz_jsonv **ret) {
  const struct kz_jsonv *sent =
      kz_jsonv_get(a->sent, KZ_STR("GalaxyClusterRelation"));
  struct kz_jsonv *list = kz_jsonv_new(a->arena, KZ_JSON_ARRAY);
  kz_rc rc = list ? KZ_OK : no_memory(a);
  const struct kz_jsonv *v =
      sent && sent->kind == KZ_JSON_ARRAY ? sent->first : NULL;
  for (size_t i = 0; rc == KZ_OK && v && i < RELATIONS_MAX; i++, v = v->next) {
    rc = read_relation(a, v, list);
  }
  *ret = list;
  return rc;
}

/* --- the cluster -----------------------------------------------------------
 */

/* Whether what is here, if anything, gives way to what was sent. */
static kz_rc find_present(const struct arrival *a, uint64_t *ret_id) {
  struct kz_shelf *shelf = kz_clusters_shelf(galaxies_of(a));
  struct kz_jsonv *d = NULL;
  struct kz_uuid uuid;
  kz_str version = KZ_STR("version");
  if (kz_uuid_parse(text_of(a->sent, "uuid"), &uuid) != KZ_OK) {
    return kz_err_set(a->err, KZ_E_INPUT, "uuid: Invalid UUID.");
  }
  *ret_id = 0;
  if (kz_shelf_by_uuid(shelf, &uuid, ret_id) != KZ_OK) {
    return KZ_OK;
  }
  kz_rc rc = kz_shelf_get(shelf, *ret_id, a->arena, &d, a->err);
  if (rc != KZ_OK) {
    return rc;
  }
  bool gives_way =
      !kz_jsonv_flag(d, KZ_STR("default"), false) &&
      kz_jsonv_flag(d, KZ_STR("locked"), false) &&
      kz_jsonv_u64(d, version, 0) < kz_jsonv_u64(a->sent, version, 0);
  return gives_way ? KZ_OK : KZ_UNCHANGED;
}

static kz_rc build(struct arrival *a, uint64_t galaxy, kz_str type) {
  static const char *const texts[] = {"value", "description", "source",
                                      "extends_uuid", "collection_uuid"};
  static const char *const numbers[] = {"version", "extends_version"};
  const struct kz_jsonv *elements =
      kz_jsonv_get(a->sent, KZ_STR("GalaxyElement"));
  const struct kz_jsonv *authors = kz_jsonv_get(a->sent, KZ_STR("authors"));
  struct kz_arena *arena = a->arena;
  struct kz_jsonv *d = a->document;
  char text[KZ_UUID_TEXT];
  struct kz_uuid uuid;
  uint32_t maker = 0;
  kz_str written = KZ_STR_NONE;
  kz_rc rc = find_maker(a, &maker);
  if (rc == KZ_OK) {
    rc = set_level(a, a->sent, d);
  }
  if (rc != KZ_OK || kz_uuid_parse(text_of(a->sent, "uuid"), &uuid) != KZ_OK) {
    return rc;
  }
  bool good =
      kz_arena_dup(arena, kz_uuid_format(&uuid, text), &written) == KZ_OK;
  for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++) {
    good = kz_jsonv_set_str(d, kz_str_of(texts[i]), text_of(a->sent, texts[i]),
                            arena);
  }
  for (size_t i = 0; good && i < sizeof numbers / sizeof *numbers; i++) {
    kz_str name = kz_str_of(numbers[i]);
    good = kz_jsonv_set_u64(d, name, kz_jsonv_u64(a->sent, name, 0), arena);
  }
  bool has_elements = elements && elements->kind == KZ_JSON_ARRAY;
  struct kz_jsonv *meta =
      has_elements
          ? kz_library_elements(elements, arena)
          : kz_library_meta(kz_jsonv_get(a->sent, KZ_STR("meta")), arena);
  good =
      good && kz_jsonv_set_str(d, KZ_STR("uuid"), written, arena) &&
      kz_jsonv_set_str(d, KZ_STR("tag_name"),
                       kz_library_cluster_tag(type, written, arena), arena) &&
      kz_jsonv_set_str(d, KZ_STR("type"), type, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("galaxy_id"), galaxy, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("org_id"), a->to->org, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("orgc_id"), maker, arena) &&
      kz_jsonv_set_bool(d, KZ_STR("default"), false, arena) &&
      kz_jsonv_set_bool(d, KZ_STR("locked"), true, arena) &&
      kz_jsonv_set_bool(d, KZ_STR("published"),
                        kz_jsonv_flag(a->sent, KZ_STR("published"), false),
                        arena) &&
      kz_jsonv_set_bool(d, KZ_STR("deleted"),
                        kz_jsonv_flag(a->sent, KZ_STR("deleted"), false),
                        arena) &&
      kz_jsonv_set(d, KZ_STR("meta"), meta, arena) &&
      (!authors || authors->kind != KZ_JSON_ARRAY ||
       kz_jsonv_set(d, KZ_STR("authors"), kz_library_tag_names(authors, arena),
                    arena));
  return good ? KZ_OK : no_memory(a);
}

kz_rc kz_cluster_receive(const struct kz_cluster_receiver *receiver,
                         const struct kz_jsonv *sent, struct kz_arena *arena,
                         struct kz_err *err) {
  const struct kz_jsonv *inner = kz_jsonv_get(sent, KZ_STR("GalaxyCluster"));
  struct arrival a = {.to = receiver,
                      .sent = inner ? inner : sent,
                      .document = kz_jsonv_new(arena, KZ_JSON_OBJECT),
                      .arena = arena,
                      .err = err};
  struct kz_jsonv *relations = NULL;
  uint64_t galaxy = 0;
  uint64_t id = 0;
  kz_str type = KZ_STR("");
  if (!a.document) {
    return no_memory(&a);
  }
  if (kz_jsonv_flag(a.sent, KZ_STR("default"), false)) {
    return KZ_UNCHANGED;
  }
  kz_rc rc = find_present(&a, &id);
  if (rc == KZ_OK) {
    rc = find_galaxy(&a, &galaxy, &type);
  }
  if (rc == KZ_OK) {
    rc = build(&a, galaxy, type);
  }
  if (rc == KZ_OK) {
    rc = read_relations(&a, &relations);
  }
  return rc == KZ_OK ? kz_cluster_save(galaxies_of(&a), &id, a.document,
                                       relations, arena, err)
                     : rc;
}
