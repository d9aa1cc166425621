/* Custom clusters: names and versions are compared first. A cluster needs its
 * galaxy, which comes from a library and not from the other side. */
#include <stdio.h>

#include "store/store.h"
#include "work/cluster.h"
#include "work/sync_more.h"

enum { PATH_BYTES = 256 };

struct clusters {
  struct kz_link *link;
  uint64_t taken;
  uint64_t homeless; /* whose galaxy is not here */
};

static struct kz_galaxies *galaxies_of(const struct clusters *c) {
  return c->link->house->galaxies;
}

/* The number of a cluster that is here and may be replaced by this version, 0
 * for a new one; false when it is not wanted. */
static bool is_wanted(struct clusters *c, const struct kz_jsonv *offered,
                      uint64_t *ret_id) {
  struct kz_shelf *shelf = kz_clusters_shelf(galaxies_of(c));
  struct kz_uuid uuid;
  struct kz_jsonv *known = NULL;
  *ret_id = 0;
  if (kz_uuid_parse(kz_jsonv_text(offered, KZ_STR("uuid")), &uuid) != KZ_OK) {
    return false;
  }
  if (kz_shelf_by_uuid(shelf, &uuid, ret_id) != KZ_OK) {
    *ret_id = 0;
    return true;
  }
  return kz_shelf_get(shelf, *ret_id, c->link->arena, &known, NULL) == KZ_OK &&
         !kz_jsonv_flag(known, KZ_STR("default"), false) &&
         kz_jsonv_flag(known, KZ_STR("locked"), false) &&
         kz_jsonv_u64(known, KZ_STR("version"), 0) <
             kz_jsonv_u64(offered, KZ_STR("version"), 0);
}

static uint64_t nearer(const struct kz_link *link, const struct kz_jsonv *v) {
  uint64_t level = kz_jsonv_u64(v, KZ_STR("distribution"), KZ_DIST_ORG);
  if (level == KZ_DIST_GROUP || level > KZ_DIST_INHERIT) {
    return KZ_DIST_ORG; /* their group is none of ours */
  }
  return !link->is_internal &&
                 (level == KZ_DIST_CONNECTED || level == KZ_DIST_COMMUNITY)
             ? level - 1
             : level;
}

static bool set_text(struct kz_jsonv *d, const char *name,
                     const struct kz_jsonv *from, struct kz_arena *arena) {
  kz_str text = kz_jsonv_text(from, kz_str_of(name));
  return kz_jsonv_set_str(d, kz_str_of(name), text.ptr ? text : KZ_STR(""),
                          arena);
}

/* [{"key":k,"value":v}] as {k:[v, ...]}. */
static struct kz_jsonv *meta_of(const struct kz_jsonv *cluster,
                                struct kz_arena *arena) {
  const struct kz_jsonv *elements =
      kz_jsonv_get(cluster, KZ_STR("GalaxyElement"));
  struct kz_jsonv *meta = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  for (const struct kz_jsonv *e = elements ? elements->first : NULL; meta && e;
       e = e->next) {
    kz_str key = kz_jsonv_text(e, KZ_STR("key"));
    struct kz_jsonv *list = kz_jsonv_get(meta, key);
    struct kz_jsonv *text = kz_jsonv_new(arena, KZ_JSON_STRING);
    if (!list) {
      list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
      if (!kz_jsonv_set(meta, key, list, arena)) {
        return NULL;
      }
    }
    if (!text) {
      return NULL;
    }
    text->text = kz_jsonv_text(e, KZ_STR("value"));
    kz_jsonv_push(list, text);
  }
  return meta;
}

/* A list of texts, or of what objects have as `member`, as a list of its own;
 * NULL: out of memory. */
static struct kz_jsonv *texts_of(const struct kz_jsonv *list, kz_str member,
                                 struct kz_arena *arena) {
  struct kz_jsonv *texts = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  for (const struct kz_jsonv *v = list ? list->first : NULL; texts && v;
       v = v->next) {
    struct kz_jsonv *text = kz_jsonv_new(arena, KZ_JSON_STRING);
    if (!text) {
      return NULL;
    }
    text->text = member.len > 0 ? kz_jsonv_text(v, member) : v->text;
    kz_jsonv_push(texts, text);
  }
  return texts;
}

static struct kz_jsonv *relations_of(struct clusters *c,
                                     const struct kz_jsonv *cluster) {
  static const char *const texts[] = {"galaxy_cluster_uuid",
                                      "referenced_galaxy_cluster_uuid",
                                      "referenced_galaxy_cluster_type"};
  struct kz_arena *arena = c->link->arena;
  const struct kz_jsonv *sent =
      kz_jsonv_get(cluster, KZ_STR("GalaxyClusterRelation"));
  struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  for (const struct kz_jsonv *r = sent ? sent->first : NULL; list && r;
       r = r->next) {
    struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
    bool good = d && kz_jsonv_set_bool(d, KZ_STR("default"), false, arena) &&
                kz_jsonv_set_u64(d, KZ_STR("org_id"), c->link->org.id, arena) &&
                kz_jsonv_set_u64(d, KZ_STR("distribution"), nearer(c->link, r),
                                 arena) &&
                kz_jsonv_set(d, KZ_STR("tags"),
                             texts_of(kz_jsonv_get(r, KZ_STR("Tag")),
                                      KZ_STR("name"), arena),
                             arena);
    for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++) {
      good = set_text(d, texts[i], r, arena);
    }
    if (!good) {
      return NULL;
    }
    kz_jsonv_push(list, d);
  }
  return list;
}

/* The document of a cluster as it will be here; NULL: out of memory. */
static struct kz_jsonv *document_of(struct clusters *c,
                                    const struct kz_jsonv *cluster,
                                    uint64_t galaxy, uint32_t orgc) {
  static const char *const texts[] = {"uuid",        "type",   "value",
                                      "description", "source", "extends_uuid"};
  struct kz_arena *arena = c->link->arena;
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  bool good =
      d && kz_jsonv_set_u64(d, KZ_STR("galaxy_id"), galaxy, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("version"),
                       kz_jsonv_u64(cluster, KZ_STR("version"), 1), arena) &&
      kz_jsonv_set_u64(d, KZ_STR("distribution"), nearer(c->link, cluster),
                       arena) &&
      kz_jsonv_set_u64(d, KZ_STR("org_id"), c->link->org.id, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("orgc_id"), orgc, arena) &&
      kz_jsonv_set_bool(d, KZ_STR("default"), false, arena) &&
      kz_jsonv_set_bool(d, KZ_STR("locked"), true, arena) &&
      kz_jsonv_set_bool(d, KZ_STR("published"), true, arena) &&
      kz_jsonv_set(d, KZ_STR("meta"), meta_of(cluster, arena), arena);
  for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++) {
    good = set_text(d, texts[i], cluster, arena);
  }
  return good && kz_jsonv_set(d, KZ_STR("authors"),
                              texts_of(kz_jsonv_get(cluster, KZ_STR("authors")),
                                       KZ_STR_NONE, arena),
                              arena)
             ? d
             : NULL;
}

static kz_rc save(struct clusters *c, const struct kz_jsonv *cluster,
                  uint64_t id, struct kz_err *err) {
  const struct kz_jsonv *said = kz_jsonv_get(cluster, KZ_STR("Orgc"));
  struct kz_org orgc = {.name = kz_jsonv_text(said, KZ_STR("name"))};
  uint32_t orgc_id = c->link->org.id;
  uint64_t galaxy = 0;
  orgc.has_uuid =
      kz_uuid_parse(kz_jsonv_text(said, KZ_STR("uuid")), &orgc.uuid) == KZ_OK;
  if (kz_shelf_by_name(kz_galaxies_shelf(galaxies_of(c)),
                       kz_jsonv_text(cluster, KZ_STR("type")),
                       &galaxy) != KZ_OK) {
    c->homeless++;
    return KZ_OK;
  }
  if (orgc.name.len > 0) {
    kz_rc rc =
        kz_dict_org(kz_store_dict(c->link->house->store), &orgc, &orgc_id, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  struct kz_jsonv *d = document_of(c, cluster, galaxy, orgc_id);
  struct kz_jsonv *relations = d ? relations_of(c, cluster) : NULL;
  if (!relations) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc =
      kz_cluster_save(galaxies_of(c), &id, d, relations, c->link->arena, err);
  c->taken += rc == KZ_OK;
  return rc;
}

static kz_rc take_one(struct clusters *c, const struct kz_jsonv *offered,
                      struct kz_err *err) {
  char path[PATH_BYTES];
  struct kz_jsonv *answer = NULL;
  uint64_t id = 0;
  if (!is_wanted(c, offered, &id)) {
    return KZ_OK;
  }
  (void)snprintf(path, sizeof path, "galaxy_clusters/view/%.*s",
                 KZ_STR_ARG(kz_jsonv_text(offered, KZ_STR("uuid"))));
  kz_rc rc = kz_link_tree(c->link, path, KZ_STR_NONE, &answer, err);
  const struct kz_jsonv *cluster =
      kz_jsonv_get(answer, KZ_STR("GalaxyCluster"));
  return rc == KZ_OK ? save(c, cluster ? cluster : answer, id, err) : rc;
}

static kz_rc take_all(struct clusters *c, struct kz_err *err) {
  struct kz_jsonv *answer = NULL;
  kz_rc rc = kz_link_tree(
      c->link, "galaxy_clusters/restSearch",
      KZ_STR("{\"published\":1,\"minimal\":1,\"custom\":1}"), &answer, err);
  const struct kz_jsonv *list = kz_jsonv_get(answer, KZ_STR("response"));
  list = list ? list : answer;
  for (const struct kz_jsonv *v = rc == KZ_OK ? list->first : NULL;
       rc == KZ_OK && v; v = v->next) {
    const struct kz_jsonv *inner = kz_jsonv_get(v, KZ_STR("GalaxyCluster"));
    if (kz_errand_is_stopped(c->link->errand)) {
      return KZ_E_STOPPED;
    }
    rc = take_one(c, inner ? inner : v, err);
    if (rc == KZ_E_INPUT || rc == KZ_E_CONFLICT || rc == KZ_NOT_FOUND) {
      kz_errand_log(c->link->errand, "cluster: %s", err->text);
      rc = KZ_OK;
    }
  }
  return rc;
}

kz_rc kz_sync_take_clusters(struct kz_link *link, struct kz_err *err) {
  struct clusters c = {.link = link};
  struct kz_err said = KZ_ERR_NONE;
  kz_rc rc = take_all(&c, &said);
  if (c.taken + c.homeless > 0) {
    kz_errand_log(link->errand, "%llu clusters new, %llu without a galaxy here",
                  (unsigned long long)c.taken, (unsigned long long)c.homeless);
  }
  if (rc == KZ_E_STOPPED || rc == KZ_E_MEMORY) {
    return kz_err_set(err, rc, "clusters: %s", said.text);
  }
  if (rc < 0) {
    kz_errand_log(link->errand, "clusters: %s", said.text);
  }
  return KZ_OK;
}
