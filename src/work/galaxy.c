#include "work/galaxy.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "format/library_galaxy.h"
#include "work/cluster_batch.h"

enum {
  DOCUMENT_BYTES = 64 << 20,
  CARDS_BYTES = 1 << 30,
  CLUSTERS_MAX = 1 << 22,
  KEYS_BYTES = 1 << 28,
};

struct kz_galaxies {
  struct kz_shelf *galaxies;
  struct kz_shelf *clusters;
  struct kz_shelf *relations;
  pthread_mutex_t changing;
};

static const struct kz_shelf_shape galaxy_shape = {
    .kind = KZ_SHELF_GALAXY, .noun = "galaxy", .name = "type"};
static const struct kz_shelf_shape cluster_shape = {.kind = KZ_SHELF_CLUSTER,
                                                    .noun = "cluster",
                                                    .name = "tag_name",
                                                    .parent = "galaxy_id"};
static const struct kz_shelf_shape relation_shape = {
    .kind = KZ_SHELF_RELATION,
    .noun = "relation of clusters",
    .name = "referenced_galaxy_cluster_uuid",
    .parent = "galaxy_cluster_id"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "galaxies: out of memory");
}

kz_rc kz_galaxies_open(struct kz_store *store, struct kz_galaxies **ret,
                       struct kz_err *err) {
  struct kz_galaxies *g = calloc(1, sizeof *g);
  if (!g) {
    return no_memory(err);
  }
  pthread_mutex_init(&g->changing, NULL);
  kz_rc rc = kz_shelf_open(store, &galaxy_shape, &g->galaxies, err);
  if (rc == KZ_OK) {
    rc = kz_shelf_open(store, &cluster_shape, &g->clusters, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_open(store, &relation_shape, &g->relations, err);
  }
  if (rc != KZ_OK) {
    kz_galaxies_close(g);
    return rc;
  }
  *ret = g;
  return KZ_OK;
}

void kz_galaxies_close(struct kz_galaxies *g) {
  if (g) {
    kz_shelf_close(g->galaxies);
    kz_shelf_close(g->clusters);
    kz_shelf_close(g->relations);
    pthread_mutex_destroy(&g->changing);
    free(g);
  }
}

struct kz_shelf *kz_galaxies_shelf(struct kz_galaxies *g) {
  return g->galaxies;
}

struct kz_shelf *kz_clusters_shelf(struct kz_galaxies *g) {
  return g->clusters;
}

struct kz_shelf *kz_relations_shelf(struct kz_galaxies *g) {
  return g->relations;
}

void kz_galaxies_lock(struct kz_galaxies *g) {
  pthread_mutex_lock(&g->changing);
}

void kz_galaxies_unlock(struct kz_galaxies *g) {
  pthread_mutex_unlock(&g->changing);
}

bool kz_cluster_is_visible(const struct kz_jsonv *document,
                           const struct kz_viewer *viewer) {
  if (kz_jsonv_flag(document, KZ_STR("default"), false)) {
    return true;
  }
  uint64_t org = kz_jsonv_u64(document, KZ_STR("org_id"), 0);
  uint64_t level = kz_jsonv_u64(document, KZ_STR("distribution"), 0);
  return kz_viewer_sees_event(
      viewer, (uint32_t)org, level <= UINT8_MAX ? (uint8_t)level : 0,
      kz_jsonv_u64(document, KZ_STR("sharing_group_id"), 0));
}

bool kz_cluster_is_custom(const struct kz_card *card) {
  char uuid[KZ_UUID_TEXT];
  kz_str name = card->name;
  if (name.len < KZ_UUID_TEXT + 1) {
    return false;
  }
  kz_str value =
      kz_str_head(kz_str_from(name, name.len - KZ_UUID_TEXT), KZ_UUID_TEXT - 1);
  return kz_str_eq_nocase(value, kz_uuid_format(&card->uuid, uuid));
}

/* --- galaxies --------------------------------------------------------------
 */

kz_rc kz_galaxy_take(struct kz_galaxies *g, const struct kz_library_file *file,
                     struct kz_arena *arena, struct kz_library_taken *ret,
                     struct kz_err *err) {
  struct kz_jsonv *d = NULL;
  struct kz_jsonv *old = NULL;
  uint64_t id = 0;
  kz_str version = KZ_STR("version");
  kz_rc rc = kz_library_galaxy_read(file->text, arena, &d, err);
  if (rc != KZ_OK) {
    return rc;
  }
  ret->name = kz_jsonv_text(d, KZ_STR("name"));
  ret->version = kz_jsonv_u64(d, version, 0);
  ret->entries = 1;
  kz_galaxies_lock(g);
  if (kz_shelf_by_name(g->galaxies, kz_jsonv_text(d, KZ_STR("type")), &id) ==
      KZ_OK) {
    rc = kz_shelf_get(g->galaxies, id, arena, &old, err);
  }
  if (rc == KZ_OK && old && kz_jsonv_u64(old, version, 0) > ret->version) {
    rc = KZ_UNCHANGED;
  }
  if (rc == KZ_OK &&
      (!kz_jsonv_set_bool(d, KZ_STR("enabled"),
                          kz_jsonv_flag(old, KZ_STR("enabled"), true), arena) ||
       !kz_jsonv_set_bool(d, KZ_STR("default"), true, arena) ||
       !kz_jsonv_set_str(d, KZ_STR("key"), file->key, arena))) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(g->galaxies, &id, d, arena, err);
  }
  kz_galaxies_unlock(g);
  return rc;
}

kz_rc kz_galaxy_enable(struct kz_galaxies *g, uint64_t id, bool on,
                       struct kz_err *err) {
  KZ_ARENA(arena, DOCUMENT_BYTES);
  struct kz_jsonv *d = NULL;
  if (!arena) {
    return no_memory(err);
  }
  kz_galaxies_lock(g);
  kz_rc rc = kz_shelf_get(g->galaxies, id, arena, &d, err);
  if (rc == KZ_OK && !kz_jsonv_set_bool(d, KZ_STR("enabled"), on, arena)) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(g->galaxies, &id, d, arena, err);
  }
  kz_galaxies_unlock(g);
  return rc;
}

/* Adds the removal of a cluster and of the relations that begin at it. */
static kz_rc remove_cluster(struct kz_galaxies *g, struct kz_cluster_batch *b,
                            uint64_t cluster) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(g->relations, cluster, b->arena, &cards, &count);
  bool good =
      rc == KZ_OK && kz_cluster_batch_add(b, g->clusters, cluster, NULL);
  for (size_t i = 0; good && i < count; i++) {
    good = kz_cluster_batch_add(b, g->relations, cards[i].id, NULL);
  }
  return good ? KZ_OK : KZ_E_MEMORY;
}

static kz_rc remove_galaxy(struct kz_galaxies *g, struct kz_store *store,
                           uint64_t id, struct kz_arena *arena,
                           struct kz_err *err) {
  struct kz_cluster_batch b = {.arena = arena};
  struct kz_jsonv *d = NULL;
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_get(g->galaxies, id, arena, &d, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = kz_shelf_cards(g->clusters, id, arena, &cards, &count);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = remove_cluster(g, &b, cards[i].id);
  }
  if (rc != KZ_OK || !kz_cluster_batch_add(&b, g->galaxies, id, NULL)) {
    return no_memory(err);
  }
  return kz_cluster_batch_run(&b, store, err);
}

kz_rc kz_galaxy_remove(struct kz_galaxies *g, uint64_t id, struct kz_err *err) {
  KZ_ARENA(arena, CARDS_BYTES);
  if (!arena) {
    return no_memory(err);
  }
  kz_galaxies_lock(g);
  kz_rc rc = remove_galaxy(g, kz_shelf_store(g->galaxies), id, arena, err);
  kz_galaxies_unlock(g);
  return rc;
}

/* --- files of clusters -----------------------------------------------------
 */

/* A file that is put in the place of what its galaxy had. */
struct filing {
  struct kz_galaxies *g;
  uint64_t galaxy;
  const struct kz_library_clusters *file;
  struct kz_card *cards; /* default clusters that are there, by uuid below */
  size_t card_count;
  struct kz_strmap *known; /* uuid -> place in cards */
  struct kz_strmap *filed; /* uuids of the file so far */
  bool *stays;             /* by place in cards */
  struct kz_cluster_batch batch;
};

static kz_str uuid_key(const struct kz_uuid *uuid) {
  return (kz_str){(const char *)uuid, sizeof *uuid};
}

static kz_rc find_present(struct filing *f, struct kz_err *err) {
  struct kz_arena *arena = f->batch.arena;
  kz_rc rc = kz_shelf_cards(f->g->clusters, f->galaxy, arena, &f->cards,
                            &f->card_count);
  f->stays = kz_arena_array(arena, f->card_count + 1, sizeof *f->stays);
  if (rc != KZ_OK || !f->stays || !f->known || !f->filed) {
    return no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < f->card_count; i++) {
    if (kz_cluster_is_custom(&f->cards[i])) {
      f->stays[i] = true;
    } else {
      rc = kz_strmap_put(f->known, uuid_key(&f->cards[i].uuid), i);
    }
  }
  return rc == KZ_OK ? rc : no_memory(err);
}

/* The relations of one cluster: ids that are there are used again. */
static bool file_relations(struct filing *f, size_t cluster_change,
                           uint64_t cluster_id,
                           const struct kz_library_cluster *c) {
  struct kz_cluster_batch *b = &f->batch;
  struct kz_card *old = NULL;
  size_t old_count = 0;
  size_t next = 0;
  kz_str uuid = kz_jsonv_text(c->document, KZ_STR("uuid"));
  if (cluster_id != 0 && kz_shelf_cards(f->g->relations, cluster_id, b->arena,
                                        &old, &old_count) != KZ_OK) {
    return false;
  }
  bool good = true;
  struct kz_jsonv *after = NULL;
  for (struct kz_jsonv *v = c->relations ? c->relations->first : NULL;
       good && v; v = after) {
    after = v->next;
    v->next = NULL; /* a document of its own from here on */
    good = kz_jsonv_set_str(v, KZ_STR("galaxy_cluster_uuid"), uuid, b->arena) &&
           kz_jsonv_set_bool(v, KZ_STR("default"), true, b->arena) &&
           kz_cluster_batch_tie(b, cluster_change) &&
           kz_cluster_batch_add(b, f->g->relations,
                                next < old_count ? old[next].id : 0, v);
    next++;
  }
  for (; good && next < old_count; next++) {
    good = kz_cluster_batch_add(b, f->g->relations, old[next].id, NULL);
  }
  return good;
}

static bool file_cluster(struct filing *f, const struct kz_library_cluster *c) {
  struct kz_cluster_batch *b = &f->batch;
  uint64_t at = 0;
  size_t index = 0;
  kz_rc rc = kz_strmap_add(f->filed, uuid_key(&c->uuid), 0, &index);
  if (rc == KZ_UNCHANGED) {
    return true; /* a uuid twice in one file: the first counts */
  }
  bool is_known = kz_strmap_get(f->known, uuid_key(&c->uuid), &at);
  uint64_t id = is_known ? f->cards[at].id : 0;
  if (is_known) {
    f->stays[at] = true;
  }
  size_t change = b->count;
  return rc == KZ_OK &&
         kz_jsonv_set_u64(c->document, KZ_STR("galaxy_id"), f->galaxy,
                          b->arena) &&
         kz_jsonv_set_bool(c->document, KZ_STR("default"), true, b->arena) &&
         kz_cluster_batch_add(b, f->g->clusters, id, c->document) &&
         file_relations(f, change, id, c);
}

static kz_rc put_file(struct filing *f, struct kz_err *err) {
  kz_rc rc = find_present(f, err);
  for (size_t i = 0; rc == KZ_OK && i < f->file->count; i++) {
    rc = file_cluster(f, &f->file->clusters[i]) ? KZ_OK : no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < f->card_count; i++) {
    if (!f->stays[i] &&
        remove_cluster(f->g, &f->batch, f->cards[i].id) != KZ_OK) {
      rc = no_memory(err);
    }
  }
  return rc == KZ_OK ? kz_cluster_batch_run(&f->batch,
                                            kz_shelf_store(f->g->clusters), err)
                     : rc;
}

/* The version of the clusters that are there; 0: none are. */
static uint64_t present_version(struct kz_galaxies *g, uint64_t galaxy,
                                struct kz_arena *arena) {
  struct kz_card *cards = NULL;
  struct kz_jsonv *d = NULL;
  size_t count = 0;
  if (kz_shelf_cards(g->clusters, galaxy, arena, &cards, &count) != KZ_OK) {
    return 0;
  }
  for (size_t i = 0; i < count; i++) {
    if (!kz_cluster_is_custom(&cards[i]) &&
        kz_shelf_get(g->clusters, cards[i].id, arena, &d, NULL) == KZ_OK) {
      return kz_jsonv_u64(d, KZ_STR("version"), 0);
    }
  }
  return 0;
}

kz_rc kz_clusters_take(struct kz_galaxies *g,
                       const struct kz_library_file *file,
                       struct kz_arena *arena, struct kz_library_taken *ret,
                       struct kz_err *err) {
  struct kz_library_clusters clusters;
  struct filing f = {.g = g, .file = &clusters, .batch = {.arena = arena}};
  kz_rc rc = kz_library_clusters_read(file->text, arena, &clusters, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (kz_shelf_by_name(g->galaxies, clusters.type, &f.galaxy) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "there is no galaxy of type \"%.*s\"",
                      KZ_STR_ARG(clusters.type));
  }
  ret->name = clusters.name;
  ret->version = clusters.version;
  ret->entries = clusters.count;
  f.known = kz_strmap_new(CLUSTERS_MAX, KEYS_BYTES);
  f.filed = kz_strmap_new(CLUSTERS_MAX, KEYS_BYTES);
  kz_galaxies_lock(g);
  rc = present_version(g, f.galaxy, arena) > clusters.version
           ? KZ_UNCHANGED
           : put_file(&f, err);
  kz_galaxies_unlock(g);
  kz_strmap_free(f.known);
  kz_strmap_free(f.filed);
  return rc;
}
