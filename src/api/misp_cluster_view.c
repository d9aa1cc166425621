/* An event with many attributes names few clusters many times, so the answer is
 * put together from documents that are read for each: some microseconds, and
 * nothing that would have to be kept true. */
#include "api/misp_cluster_view.h"

#include "api/misp_like.h"
#include "api/misp_tidy.h"
#include "format/misp_write.h"
#include "store/store.h"
#include "work/galaxy.h"

#define STYLE ((struct kz_misp_style){.ids = true})
#define NO_GALAXIES KZ_STR("\"Galaxy\":[]")

enum {
  ELEMENTS = 10000,        /* of a cluster, as far as their numbers go */
  MEMBER_BYTES = 64 << 20, /* of the galaxies of one thing */
  READ_BYTES = 256 << 20,
};

bool kz_misp_is_cluster_tag(kz_str name) {
  return kz_str_starts(name, KZ_STR("misp-galaxy:"));
}

static void copy_texts(struct kz_jsonw *w, const struct kz_jsonv *from,
                       const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    kz_str name = kz_str_of(names[i]);
    kz_jsonw_member_str(w, name, kz_jsonv_text(from, name));
  }
}

static void copy_number(struct kz_jsonw *w, const struct kz_jsonv *from,
                        const char *name, uint64_t otherwise) {
  kz_jsonw_member_u64_str(w, kz_str_of(name),
                          kz_jsonv_u64(from, kz_str_of(name), otherwise));
}

static void copy_flag(struct kz_jsonw *w, const struct kz_jsonv *from,
                      const char *name) {
  kz_jsonw_member_bool(w, kz_str_of(name),
                       kz_jsonv_flag(from, kz_str_of(name), false));
}

static void write_galaxy_members(struct kz_jsonw *w, const struct kz_jsonv *g) {
  static const char *const texts[] = {"uuid",        "name", "type",
                                      "description", "icon", "namespace"};
  const struct kz_jsonv *order = kz_jsonv_get(g, KZ_STR("kill_chain_order"));
  copy_number(w, g, "id", 0);
  copy_texts(w, g, texts, sizeof texts / sizeof *texts);
  copy_number(w, g, "version", 0);
  copy_flag(w, g, "enabled");
  copy_flag(w, g, "default");
  copy_flag(w, g, "local_only");
  kz_jsonw_key(w, KZ_STR("kill_chain_order"));
  if (order) {
    kz_jsonv_write(order, w);
  } else {
    kz_jsonw_null(w);
  }
}

void kz_misp_write_galaxy(struct kz_jsonw *w, const struct kz_jsonv *galaxy) {
  kz_jsonw_object(w);
  write_galaxy_members(w, galaxy);
  kz_jsonw_object_end(w);
}

/* --- relations -------------------------------------------------------------
 */

/* A tag by its name: as the dictionary has it, or as it would be. */
static void write_tag_of(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                         kz_str name, struct kz_arena *arena) {
  struct kz_dict *dict = kz_store_dict(eye->house->store);
  struct kz_tag tag = {.name = name, .exportable = true};
  uint32_t id = 0;
  if (kz_dict_tag_find(dict, name, &id) == KZ_OK &&
      kz_dict_tag_get(dict, id, &tag) != KZ_OK) {
    tag = (struct kz_tag){.name = name, .exportable = true};
  }
  kz_misp_tidy_colour(&tag, arena);
  kz_misp_write_tag(w, &tag, STYLE);
}

static void write_level(struct kz_jsonw *w, const struct kz_jsonv *d,
                        uint64_t otherwise) {
  copy_number(w, d, "distribution", otherwise);
  copy_number(w, d, "sharing_group_id", 0);
}

/* The id of the cluster that a relation leads to; 0: it is not here, or not for
 * these eyes. What a library refers to is a library's and everybody's. */
static uint64_t find_referenced(const struct kz_misp_eye *eye,
                                const struct kz_jsonv *r,
                                struct kz_arena *arena) {
  struct kz_shelf *shelf = kz_clusters_shelf(eye->house->galaxies);
  struct kz_jsonv *c = NULL;
  struct kz_uuid uuid;
  uint64_t id = 0;
  kz_str text = kz_jsonv_text(r, KZ_STR("referenced_galaxy_cluster_uuid"));
  if (kz_uuid_parse(text, &uuid) != KZ_OK ||
      kz_shelf_by_uuid(shelf, &uuid, &id) != KZ_OK) {
    return 0;
  }
  bool is_shown = kz_jsonv_flag(r, KZ_STR("default"), false) ||
                  (kz_shelf_get(shelf, id, arena, &c, NULL) == KZ_OK &&
                   kz_cluster_is_visible(c, &eye->user->viewer));
  return is_shown ? id : 0;
}

static void write_relation_members(struct kz_jsonw *w,
                                   const struct kz_misp_eye *eye,
                                   const struct kz_jsonv *r,
                                   struct kz_arena *arena) {
  static const char *const texts[] = {"galaxy_cluster_uuid",
                                      "referenced_galaxy_cluster_uuid",
                                      "referenced_galaxy_cluster_type"};
  copy_number(w, r, "id", 0);
  copy_number(w, r, "galaxy_cluster_id", 0);
  kz_jsonw_member_u64_str(w, KZ_STR("referenced_galaxy_cluster_id"),
                          find_referenced(eye, r, arena));
  copy_texts(w, r, texts, sizeof texts / sizeof *texts);
  write_level(w, r, KZ_DIST_ALL);
  copy_flag(w, r, "default");
  const struct kz_jsonv *tags = kz_jsonv_get(r, KZ_STR("tags"));
  kz_jsonw_key(w, KZ_STR("Tag"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *t = tags ? tags->first : NULL; t; t = t->next) {
    write_tag_of(w, eye, t->text, arena);
  }
  kz_jsonw_array_end(w);
}

void kz_misp_write_relation(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            const struct kz_jsonv *relation,
                            struct kz_arena *arena) {
  kz_jsonw_object(w);
  write_relation_members(w, eye, relation, arena);
  kz_jsonw_object_end(w);
}

static void write_relations(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            uint64_t cluster, struct kz_arena *arena) {
  struct kz_shelf *shelf = kz_relations_shelf(eye->house->galaxies);
  struct kz_card *cards = NULL;
  size_t count = 0;
  if (kz_shelf_cards(shelf, cluster, arena, &cards, &count) != KZ_OK) {
    count = 0;
  }
  kz_jsonw_key(w, KZ_STR("GalaxyClusterRelation"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count; i++) {
    struct kz_jsonv *r = NULL;
    if (kz_shelf_get(shelf, cards[i].id, arena, &r, NULL) == KZ_OK &&
        kz_cluster_is_visible(r, &eye->user->viewer)) {
      kz_misp_write_relation(w, eye, r, arena);
    }
  }
  kz_jsonw_array_end(w);
}

/* --- clusters --------------------------------------------------------------
 */

static void write_list(struct kz_jsonw *w, const struct kz_jsonv *d,
                       const char *name) {
  const struct kz_jsonv *list = kz_jsonv_get(d, kz_str_of(name));
  kz_jsonw_key(w, kz_str_of(name));
  if (list && list->kind == KZ_JSON_ARRAY) {
    kz_jsonv_write(list, w);
  } else {
    kz_jsonw_array(w);
    kz_jsonw_array_end(w);
  }
}

static void write_cluster_members(struct kz_jsonw *w,
                                  const struct kz_jsonv *c) {
  static const char *const head[] = {"uuid",  "collection_uuid", "type",
                                     "value", "tag_name",        "description",
                                     "source"};
  bool is_default = kz_jsonv_flag(c, KZ_STR("default"), false);
  copy_number(w, c, "id", 0);
  copy_texts(w, c, head, sizeof head / sizeof *head);
  copy_number(w, c, "galaxy_id", 0);
  write_list(w, c, "authors");
  copy_number(w, c, "version", 0);
  if (!is_default) { /* clients refuse a default one that has it */
    write_level(w, c, 0);
  }
  copy_number(w, c, "org_id", 0);
  copy_number(w, c, "orgc_id", 0);
  copy_flag(w, c, "default");
  copy_flag(w, c, "locked");
  kz_jsonw_member_str(w, KZ_STR("extends_uuid"),
                      kz_jsonv_text(c, KZ_STR("extends_uuid")));
  copy_number(w, c, "extends_version", 0);
  copy_flag(w, c, "published");
  copy_flag(w, c, "deleted");
}

static void write_elements(struct kz_jsonw *w, const struct kz_jsonv *c) {
  const struct kz_jsonv *meta = kz_jsonv_get(c, KZ_STR("meta"));
  uint64_t cluster = kz_jsonv_u64(c, KZ_STR("id"), 0);
  uint64_t next = cluster * ELEMENTS;
  kz_jsonw_key(w, KZ_STR("GalaxyElement"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *k = meta ? meta->first : NULL; k; k = k->next) {
    for (const struct kz_jsonv *v = k->first; v; v = v->next) {
      kz_jsonw_object(w);
      kz_jsonw_member_u64_str(w, KZ_STR("id"), next++);
      kz_jsonw_member_u64_str(w, KZ_STR("galaxy_cluster_id"), cluster);
      kz_jsonw_member_str(w, KZ_STR("key"), k->name);
      kz_jsonw_member_str(w, KZ_STR("value"), v->text);
      kz_jsonw_object_end(w);
    }
  }
  kz_jsonw_array_end(w);
}

/* Relations that lead to this cluster, each with the cluster it begins at. */
static void write_targeting(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            const struct kz_jsonv *c, struct kz_arena *arena) {
  struct kz_galaxies *g = eye->house->galaxies;
  const struct kz_viewer *viewer = &eye->user->viewer;
  struct kz_card *cards = NULL;
  size_t count = 0;
  if (kz_shelf_named(kz_relations_shelf(g), kz_jsonv_text(c, KZ_STR("uuid")),
                     arena, &cards, &count) != KZ_OK) {
    count = 0;
  }
  kz_jsonw_key(w, KZ_STR("TargetingClusterRelation"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count; i++) {
    struct kz_jsonv *r = NULL;
    struct kz_jsonv *source = NULL;
    if (kz_shelf_get(kz_relations_shelf(g), cards[i].id, arena, &r, NULL) !=
            KZ_OK ||
        kz_shelf_get(kz_clusters_shelf(g), cards[i].parent, arena, &source,
                     NULL) != KZ_OK ||
        !kz_cluster_is_visible(r, viewer) ||
        !kz_cluster_is_visible(source, viewer)) {
      continue;
    }
    kz_jsonw_object(w);
    write_relation_members(w, eye, r, arena);
    kz_jsonw_key(w, KZ_STR("GalaxyCluster"));
    kz_jsonw_object(w);
    write_cluster_members(w, source);
    kz_jsonw_object_end(w);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void write_org(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                      const char *member, uint64_t id) {
  struct kz_org org;
  if (kz_dict_org_get(kz_store_dict(eye->house->store), (uint32_t)id, &org) ==
      KZ_OK) {
    kz_misp_write_org_member(w, kz_str_of(member), &org, STYLE);
  }
}

static void write_around(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                         const struct kz_jsonv *c, struct kz_arena *arena) {
  struct kz_jsonv *galaxy = NULL;
  write_targeting(w, eye, c, arena);
  if (kz_shelf_get(kz_galaxies_shelf(eye->house->galaxies),
                   kz_jsonv_u64(c, KZ_STR("galaxy_id"), 0), arena, &galaxy,
                   NULL) == KZ_OK) {
    kz_jsonw_key(w, KZ_STR("Galaxy"));
    kz_misp_write_galaxy(w, galaxy);
  }
  if (!kz_jsonv_flag(c, KZ_STR("default"), false)) {
    write_org(w, eye, "Org", kz_jsonv_u64(c, KZ_STR("org_id"), 0));
    write_org(w, eye, "Orgc", kz_jsonv_u64(c, KZ_STR("orgc_id"), 0));
  }
}

void kz_misp_write_cluster(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                           const struct kz_jsonv *cluster,
                           enum kz_misp_cluster_depth depth,
                           struct kz_arena *arena) {
  kz_jsonw_object(w);
  write_cluster_members(w, cluster);
  write_elements(w, cluster);
  write_relations(w, eye, kz_jsonv_u64(cluster, KZ_STR("id"), 0), arena);
  if (depth == KZ_MISP_CLUSTER_WHOLE) {
    write_around(w, eye, cluster, arena);
  }
  kz_jsonw_object_end(w);
}

/* --- where they are attached -----------------------------------------------
 */

/* A cluster that a tag stands for. */
struct found {
  const struct kz_tag_use *use;
  struct kz_jsonv *cluster;
  uint64_t galaxy; /* 0: written already */
};

/* Reads what the tags stand for; how many there are. */
static size_t find_clusters(const struct kz_misp_eye *eye,
                            const struct kz_tag_use *tags, size_t count,
                            struct found *found, struct kz_arena *arena) {
  struct kz_shelf *shelf = kz_clusters_shelf(eye->house->galaxies);
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    struct kz_jsonv *c = NULL;
    uint64_t id = 0;
    if (!kz_misp_is_cluster_tag(tags[i].tag.name) ||
        kz_shelf_by_name(shelf, tags[i].tag.name, &id) != KZ_OK ||
        kz_shelf_get(shelf, id, arena, &c, NULL) != KZ_OK ||
        kz_jsonv_flag(c, KZ_STR("deleted"), false) ||
        !kz_cluster_is_visible(c, &eye->user->viewer)) {
      continue;
    }
    found[n++] = (struct found){
        .use = &tags[i],
        .cluster = c,
        .galaxy = kz_jsonv_u64(c, KZ_STR("galaxy_id"), 0),
    };
  }
  return n;
}

/* How the cluster is attached. */
static void write_use(struct kz_jsonw *w, const struct kz_tag_use *use) {
  kz_jsonw_member_u64_str(w, KZ_STR("tag_id"), use->tag.id);
  kz_jsonw_member_bool(w, KZ_STR("local"), use->local);
  kz_jsonw_member_str(w, KZ_STR("relationship_type"), use->relationship);
}

static void write_attached(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                           const struct found *f, struct kz_arena *arena) {
  const struct kz_jsonv *meta = kz_jsonv_get(f->cluster, KZ_STR("meta"));
  kz_jsonw_object(w);
  write_cluster_members(w, f->cluster);
  write_relations(w, eye, kz_jsonv_u64(f->cluster, KZ_STR("id"), 0), arena);
  kz_jsonw_key(w, KZ_STR("meta"));
  if (meta) {
    kz_jsonv_write(meta, w);
  } else {
    kz_jsonw_object(w);
    kz_jsonw_object_end(w);
  }
  write_use(w, f->use);
  kz_jsonw_object_end(w);
}

/* One galaxy with all of its clusters among those found. */
static void write_group(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                        struct found *found, size_t count,
                        struct kz_arena *arena) {
  struct kz_jsonv *galaxy = NULL;
  uint64_t id = found[0].galaxy;
  bool is_shown = kz_shelf_get(kz_galaxies_shelf(eye->house->galaxies), id,
                               arena, &galaxy, NULL) == KZ_OK &&
                  kz_jsonv_flag(galaxy, KZ_STR("enabled"), false);
  if (is_shown) {
    kz_jsonw_object(w);
    write_galaxy_members(w, galaxy);
    kz_jsonw_key(w, KZ_STR("GalaxyCluster"));
    kz_jsonw_array(w);
  }
  for (size_t i = 0; i < count; i++) {
    if (found[i].galaxy != id) {
      continue;
    }
    if (is_shown) {
      write_attached(w, eye, &found[i], arena);
    }
    found[i].galaxy = 0;
  }
  if (is_shown) {
    kz_jsonw_array_end(w);
    kz_jsonw_object_end(w);
  }
}

kz_str kz_misp_galaxies_member(const struct kz_misp_eye *eye,
                               const struct kz_tag_use *tags, size_t count,
                               struct kz_arena *arena) {
  size_t candidates = 0;
  for (size_t i = 0; i < count; i++) {
    candidates += kz_misp_is_cluster_tag(tags[i].tag.name);
  }
  if (candidates == 0) {
    return NO_GALAXIES;
  }
  KZ_ARENA(reading, READ_BYTES);
  KZ_BUF(text, MEMBER_BYTES);
  struct kz_jsonw w;
  kz_str member = NO_GALAXIES;
  struct found *found =
      reading ? kz_arena_array(reading, candidates, sizeof *found) : NULL;
  if (!found) {
    return member;
  }
  size_t n = find_clusters(eye, tags, count, found, reading);
  kz_buf_add_str(&text, KZ_STR("\"Galaxy\":"));
  kz_jsonw_init(&w, &text);
  kz_jsonw_array(&w);
  for (size_t i = 0; i < n; i++) {
    if (found[i].galaxy != 0) {
      write_group(&w, eye, &found[i], n - i, reading);
    }
  }
  kz_jsonw_array_end(&w);
  if (kz_buf_failed(&text) ||
      kz_arena_dup(arena, kz_buf_str(&text), &member) != KZ_OK) {
    return NO_GALAXIES;
  }
  return member;
}

void kz_misp_write_tag_clusters(struct kz_jsonw *w,
                                const struct kz_misp_eye *eye,
                                const struct kz_tag_use *tags, size_t count,
                                struct kz_arena *arena) {
  struct kz_shelf *galaxies = kz_galaxies_shelf(eye->house->galaxies);
  struct found *found = kz_arena_array(arena, count + 1, sizeof *found);
  size_t n = found ? find_clusters(eye, tags, count, found, arena) : 0;
  kz_jsonw_key(w, KZ_STR("GalaxyCluster"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < n; i++) {
    struct kz_jsonv *galaxy = NULL;
    if (kz_shelf_get(galaxies, found[i].galaxy, arena, &galaxy, NULL) !=
            KZ_OK ||
        !kz_jsonv_flag(galaxy, KZ_STR("enabled"), false)) {
      continue;
    }
    kz_jsonw_object(w);
    write_cluster_members(w, found[i].cluster);
    kz_jsonw_key(w, KZ_STR("Galaxy"));
    kz_misp_write_galaxy(w, galaxy);
    write_use(w, found[i].use);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static bool is_like(const struct kz_jsonv *cluster, kz_str key,
                    kz_str pattern) {
  static const char *const own[] = {"value", "uuid", "type", "description"};
  const struct kz_jsonv *meta = kz_jsonv_get(cluster, KZ_STR("meta"));
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    if (kz_str_eq(key, kz_str_of(own[i]))) {
      return kz_misp_like(kz_jsonv_text(cluster, key), pattern);
    }
  }
  const struct kz_jsonv *list = kz_jsonv_get(meta, key);
  for (const struct kz_jsonv *v = list ? list->first : NULL; v; v = v->next) {
    if (kz_misp_like(v->text, pattern)) {
      return true;
    }
  }
  return false;
}

kz_rc kz_misp_cluster_tags(const struct kz_misp_eye *eye, kz_str key,
                           kz_str pattern, struct kz_arena *arena,
                           uint32_t **ret_ids, size_t *ret_count) {
  struct kz_dict *dict = kz_store_dict(eye->house->store);
  uint32_t end = kz_dict_tag_count(dict);
  uint32_t *ids = kz_arena_array(arena, (size_t)end + 1, sizeof *ids);
  size_t count = 0;
  KZ_ARENA(reading, READ_BYTES);
  if (!ids || !reading) {
    return KZ_E_MEMORY;
  }
  for (uint32_t id = 1; id <= end; id++) {
    struct kz_tag_use use = {.local = false};
    struct found found;
    kz_arena_reset(reading);
    if (kz_dict_tag_get(dict, id, &use.tag) == KZ_OK &&
        find_clusters(eye, &use, 1, &found, reading) == 1 &&
        is_like(found.cluster, key, pattern)) {
      ids[count++] = id;
    }
  }
  *ret_ids = ids;
  *ret_count = count;
  return KZ_OK;
}
