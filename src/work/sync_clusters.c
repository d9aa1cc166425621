/* Custom clusters: names and versions are compared first. */
#include <stdio.h>

#include "format/misp_write.h"
#include "store/store.h"
#include "work/cluster_receive.h"
#include "work/galaxy.h"
#include "work/sync_more.h"

enum { PATH_BYTES = 256, BODY_BYTES = 0x7fffffff };

struct clusters {
  struct kz_link *link;
  struct kz_cluster_receiver receiver;
  uint64_t taken;
};

/* Whether it is worth asking for: new here, or newer than what came from
 * elsewhere. */
static bool is_wanted(struct clusters *c, const struct kz_jsonv *offered) {
  struct kz_shelf *shelf = kz_clusters_shelf(c->link->house->galaxies);
  struct kz_uuid uuid;
  struct kz_jsonv *known = NULL;
  uint64_t id = 0;
  if (kz_uuid_parse(kz_jsonv_text(offered, KZ_STR("uuid")), &uuid) != KZ_OK) {
    return false;
  }
  if (kz_shelf_by_uuid(shelf, &uuid, &id) != KZ_OK) {
    return true;
  }
  return kz_shelf_get(shelf, id, c->link->arena, &known, NULL) == KZ_OK &&
         !kz_jsonv_flag(known, KZ_STR("default"), false) &&
         kz_jsonv_flag(known, KZ_STR("locked"), false) &&
         kz_jsonv_u64(known, KZ_STR("version"), 0) <
             kz_jsonv_u64(offered, KZ_STR("version"), 0);
}

static kz_rc take_one(struct clusters *c, const struct kz_jsonv *offered,
                      struct kz_err *err) {
  char path[PATH_BYTES];
  struct kz_jsonv *answer = NULL;
  if (!is_wanted(c, offered)) {
    return KZ_OK;
  }
  (void)snprintf(path, sizeof path, "galaxy_clusters/view/%.*s",
                 KZ_STR_ARG(kz_jsonv_text(offered, KZ_STR("uuid"))));
  kz_rc rc = kz_link_tree(c->link, path, KZ_STR_NONE, &answer, err);
  if (rc == KZ_OK) {
    rc = kz_cluster_receive(&c->receiver, answer, c->link->arena, err);
    c->taken += rc == KZ_OK;
  }
  return rc > 0 ? KZ_OK : rc;
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
    if (rc == KZ_E_INPUT || rc == KZ_E_CONFLICT) {
      kz_errand_log(c->link->errand, "cluster: %s", err->text);
      rc = KZ_OK;
    }
  }
  return rc;
}

kz_rc kz_sync_take_clusters(struct kz_link *link, struct kz_err *err) {
  struct clusters c = {.link = link,
                       .receiver = {.house = link->house,
                                    .org = link->org.id,
                                    .is_pulled = !link->is_internal,
                                    .may_add_groups = true}};
  struct kz_err said = KZ_ERR_NONE;
  kz_rc rc = take_all(&c, &said);
  if (c.taken > 0) {
    kz_errand_log(link->errand, "%llu clusters new",
                  (unsigned long long)c.taken);
  }
  if (rc == KZ_E_STOPPED || rc == KZ_E_MEMORY) {
    return kz_err_set(err, rc, "clusters: %s", said.text);
  }
  if (rc < 0) {
    kz_errand_log(link->errand, "clusters: %s", said.text);
  }
  return KZ_OK;
}

/* --- out -------------------------------------------------------------------
 */

/* Whether a cluster may leave: custom, published, and of a distribution that
 * goes further than here. */
static bool leaves(const struct kz_link *link, const struct kz_jsonv *c) {
  uint64_t level = kz_jsonv_u64(c, KZ_STR("distribution"), KZ_DIST_ORG);
  return !kz_jsonv_flag(c, KZ_STR("default"), false) &&
         !kz_jsonv_flag(c, KZ_STR("deleted"), false) &&
         kz_jsonv_flag(c, KZ_STR("published"), false) &&
         (level == KZ_DIST_CONNECTED || level == KZ_DIST_ALL ||
          (link->is_internal && level == KZ_DIST_COMMUNITY));
}

static uint64_t farther(const struct kz_link *link, const struct kz_jsonv *v) {
  uint64_t level = kz_jsonv_u64(v, KZ_STR("distribution"), KZ_DIST_ORG);
  return level == KZ_DIST_CONNECTED && !link->is_internal ? KZ_DIST_COMMUNITY
                                                          : level;
}

static void write_elements(const struct kz_jsonv *meta, struct kz_jsonw *w) {
  kz_jsonw_key(w, KZ_STR("GalaxyElement"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *key = meta ? meta->first : NULL; key;
       key = key->next) {
    for (const struct kz_jsonv *v = key->first; v; v = v->next) {
      kz_jsonw_object(w);
      kz_jsonw_member_str(w, KZ_STR("key"), key->name);
      kz_jsonw_member_str(w, KZ_STR("value"), v->text);
      kz_jsonw_object_end(w);
    }
  }
  kz_jsonw_array_end(w);
}

static void write_relation(const struct kz_link *link, const struct kz_jsonv *r,
                           struct kz_jsonw *w) {
  static const char *const texts[] = {"galaxy_cluster_uuid",
                                      "referenced_galaxy_cluster_uuid",
                                      "referenced_galaxy_cluster_type"};
  const struct kz_jsonv *tags = kz_jsonv_get(r, KZ_STR("tags"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kz_jsonw_member_str(w, kz_str_of(texts[i]),
                        kz_jsonv_text(r, kz_str_of(texts[i])));
  }
  kz_jsonw_member_u64_str(w, KZ_STR("distribution"), farther(link, r));
  kz_jsonw_key(w, KZ_STR("Tag"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *t = tags ? tags->first : NULL; t; t = t->next) {
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("name"), t->text);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

static kz_rc write_relations(const struct kz_link *link, uint64_t cluster,
                             struct kz_jsonw *w, struct kz_err *err) {
  struct kz_shelf *shelf = kz_relations_shelf(link->house->galaxies);
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(shelf, cluster, link->arena, &cards, &count);
  kz_jsonw_key(w, KZ_STR("GalaxyClusterRelation"));
  kz_jsonw_array(w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *r = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, link->arena, &r, err);
    if (rc == KZ_OK && kz_jsonv_u64(r, KZ_STR("distribution"), 0) >= 2) {
      write_relation(link, r, w);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(w);
  return rc;
}

/* The galaxy that it is of, for a server that has it not. */
static void write_galaxy(const struct kz_link *link, uint64_t id,
                         struct kz_jsonw *w) {
  static const char *const texts[] = {
      "uuid", "name", "type", "description", "icon", "version", "namespace"};
  struct kz_jsonv *galaxy = NULL;
  if (kz_shelf_get(kz_galaxies_shelf(link->house->galaxies), id, link->arena,
                   &galaxy, NULL) != KZ_OK) {
    return;
  }
  kz_jsonw_key(w, KZ_STR("Galaxy"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kz_jsonw_member_str(w, kz_str_of(texts[i]),
                        kz_jsonv_text(galaxy, kz_str_of(texts[i])));
  }
  kz_jsonw_object_end(w);
}

static kz_rc write_cluster(const struct kz_link *link, const struct kz_jsonv *c,
                           struct kz_jsonw *w, struct kz_err *err) {
  static const char *const texts[] = {"uuid",        "type",   "value",
                                      "description", "source", "extends_uuid"};
  struct kz_org orgc;
  uint64_t orgc_id = kz_jsonv_u64(c, KZ_STR("orgc_id"), 0);
  const struct kz_jsonv *authors = kz_jsonv_get(c, KZ_STR("authors"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("GalaxyCluster"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    kz_jsonw_member_str(w, kz_str_of(texts[i]),
                        kz_jsonv_text(c, kz_str_of(texts[i])));
  }
  kz_jsonw_member_u64_str(w, KZ_STR("version"),
                          kz_jsonv_u64(c, KZ_STR("version"), 1));
  kz_jsonw_member_u64_str(w, KZ_STR("distribution"), farther(link, c));
  kz_jsonw_member_bool(w, KZ_STR("published"), true);
  if (authors) {
    kz_jsonw_key(w, KZ_STR("authors"));
    kz_jsonv_write(authors, w);
  }
  if (orgc_id > 0 && orgc_id <= UINT32_MAX &&
      kz_dict_org_get(kz_store_dict(link->house->store), (uint32_t)orgc_id,
                      &orgc) == KZ_OK) {
    kz_misp_write_org_member(w, KZ_STR("Orgc"), &orgc,
                             (struct kz_misp_style){.ids = false});
  }
  write_galaxy(link, kz_jsonv_u64(c, KZ_STR("galaxy_id"), 0), w);
  write_elements(kz_jsonv_get(c, KZ_STR("meta")), w);
  kz_rc rc = write_relations(link, kz_jsonv_u64(c, KZ_STR("id"), 0), w, err);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  return rc;
}

/* Whether the other side has this version or a later one. */
static bool is_there(const struct kz_jsonv *list, const struct kz_jsonv *c) {
  for (const struct kz_jsonv *v = list->first; v; v = v->next) {
    const struct kz_jsonv *inner = kz_jsonv_get(v, KZ_STR("GalaxyCluster"));
    const struct kz_jsonv *there = inner ? inner : v;
    if (kz_str_eq_nocase(kz_jsonv_text(there, KZ_STR("uuid")),
                         kz_jsonv_text(c, KZ_STR("uuid")))) {
      return kz_jsonv_u64(there, KZ_STR("version"), 0) >=
             kz_jsonv_u64(c, KZ_STR("version"), 0);
    }
  }
  return false;
}

/* Writes what may leave and is lacking there into a list. */
static kz_rc write_lacking(struct kz_link *link, const struct kz_jsonv *list,
                           struct kz_buf *out, uint64_t *ret_count,
                           struct kz_err *err) {
  struct kz_shelf *shelf = kz_clusters_shelf(link->house->galaxies);
  struct kz_card *cards = NULL;
  struct kz_jsonw w;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(shelf, 0, link->arena, &cards, &count);
  kz_jsonw_init(&w, out);
  kz_jsonw_array(&w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *c = NULL;
    if (!kz_cluster_is_custom(&cards[i])) {
      continue;
    }
    rc = kz_shelf_get(shelf, cards[i].id, link->arena, &c, err);
    if (rc == KZ_OK && leaves(link, c) && !is_there(list, c)) {
      rc = write_cluster(link, c, &w, err);
      (*ret_count)++;
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&w);
  return rc == KZ_OK && kz_buf_failed(out) ? KZ_E_MEMORY : rc;
}

kz_rc kz_sync_give_clusters(struct kz_link *link, struct kz_err *err) {
  KZ_BUF(body, BODY_BYTES);
  struct kz_jsonv *answer = NULL;
  struct kz_err said = KZ_ERR_NONE;
  uint64_t count = 0;
  kz_rc rc =
      kz_link_tree(link, "galaxy_clusters/restSearch",
                   KZ_STR("{\"minimal\":1,\"custom\":1}"), &answer, &said);
  const struct kz_jsonv *list = kz_jsonv_get(answer, KZ_STR("response"));
  if (rc == KZ_OK) {
    rc = write_lacking(link, list ? list : answer, &body, &count, &said);
  }
  if (rc == KZ_OK && count > 0) {
    rc = kz_link_tree(link, "galaxies/pushCluster", kz_buf_str(&body), &answer,
                      &said);
    kz_errand_log(link->errand, "%llu clusters sent",
                  (unsigned long long)(rc == KZ_OK ? count : 0));
  }
  if (rc == KZ_E_STOPPED || rc == KZ_E_MEMORY) {
    return kz_err_set(err, rc, "clusters: %s", said.text);
  }
  if (rc < 0) {
    kz_errand_log(link->errand, "clusters: %s", said.text);
  }
  return KZ_OK;
}
