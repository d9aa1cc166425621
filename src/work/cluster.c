#include "work/cluster.h"

#include "format/library_galaxy.h"
#include "work/cluster_batch.h"

enum { DOCUMENT_BYTES = 64 << 20 };

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "clusters: out of memory");
}

/* Whether the id is a document that is not default. */
static kz_rc find_custom(struct kz_shelf *shelf, uint64_t id,
                         struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *d = NULL;
  kz_rc rc = kz_shelf_get(shelf, id, arena, &d, err);
  return rc == KZ_OK && kz_jsonv_flag(d, KZ_STR("default"), false)
             ? KZ_NOT_FOUND
             : rc;
}

static bool set_copy(struct kz_jsonv *d, const char *name, kz_str text,
                     struct kz_arena *arena) {
  kz_str copy;
  return kz_arena_dup(arena, text, &copy) == KZ_OK &&
         kz_jsonv_set_str(d, kz_str_of(name), copy, arena);
}

/* Gives a new cluster its uuid and with it its tag. */
static kz_rc name_cluster(struct kz_galaxies *g, struct kz_jsonv *d,
                          struct kz_arena *arena, struct kz_err *err) {
  char text[KZ_UUID_TEXT];
  struct kz_uuid uuid;
  uint64_t known = 0;
  kz_str given = kz_jsonv_text(d, KZ_STR("uuid"));
  if (given.len > 0 && kz_uuid_parse(given, &uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "uuid: Invalid UUID.");
  }
  if (given.len == 0 && kz_uuid_make(&uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_IO, "no randomness");
  }
  if (kz_shelf_by_uuid(kz_clusters_shelf(g), &uuid, &known) == KZ_OK) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "uuid: The UUID provided is not unique");
  }
  kz_str written = kz_uuid_format(&uuid, text);
  kz_str tag =
      kz_library_cluster_tag(kz_jsonv_text(d, KZ_STR("type")), written, arena);
  return tag.ptr && set_copy(d, "uuid", written, arena) &&
                 kz_jsonv_set_str(d, KZ_STR("tag_name"), tag, arena)
             ? KZ_OK
             : no_memory(err);
}

static kz_rc check_relation(const struct kz_jsonv *r, struct kz_err *err) {
  struct kz_uuid uuid;
  if (kz_uuid_parse(kz_jsonv_text(r, KZ_STR("referenced_galaxy_cluster_uuid")),
                    &uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT,
                      "referenced_galaxy_cluster_uuid: Invalid UUID.");
  }
  if (kz_jsonv_text(r, KZ_STR("referenced_galaxy_cluster_type")).len == 0) {
    return kz_err_set(err, KZ_E_INPUT,
                      "referenced_galaxy_cluster_type: This field cannot be "
                      "left blank.");
  }
  return KZ_OK;
}

static bool is_among(const struct kz_card *cards, size_t count, uint64_t id) {
  for (size_t i = 0; i < count; i++) {
    if (cards[i].id == id) {
      return true;
    }
  }
  return false;
}

static bool is_kept(const struct kz_jsonv *relations, uint64_t id) {
  for (const struct kz_jsonv *v = relations->first; v; v = v->next) {
    if (kz_jsonv_u64(v, KZ_STR("id"), 0) == id) {
      return true;
    }
  }
  return false;
}

/* Adds the relations to the batch whose change `at` is their cluster's. */
static kz_rc put_relations(struct kz_galaxies *g, struct kz_cluster_batch *b,
                           size_t at, const struct kz_jsonv *relations,
                           struct kz_err *err) {
  struct kz_shelf *shelf = kz_relations_shelf(g);
  const struct kz_shelf_change cluster = b->changes[at];
  kz_str uuid = kz_jsonv_text(cluster.document, KZ_STR("uuid"));
  struct kz_card *old = NULL;
  size_t count = 0;
  kz_rc rc = KZ_OK;
  if (cluster.id != 0) {
    rc = kz_shelf_cards(shelf, cluster.id, b->arena, &old, &count);
  }
  struct kz_jsonv *after = NULL;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    if (!is_kept(relations, old[i].id) &&
        !kz_cluster_batch_add(b, shelf, old[i].id, NULL)) {
      rc = no_memory(err);
    }
  }
  for (struct kz_jsonv *v = relations->first; rc == KZ_OK && v; v = after) {
    after = v->next;
    v->next = NULL; /* a document of its own from here on */
    rc = check_relation(v, err);
    uint64_t id = kz_jsonv_u64(v, KZ_STR("id"), 0);
    if (rc == KZ_OK &&
        (!kz_jsonv_set_str(v, KZ_STR("galaxy_cluster_uuid"), uuid, b->arena) ||
         !kz_cluster_batch_tie(b, at) ||
         !kz_cluster_batch_add(b, shelf, is_among(old, count, id) ? id : 0,
                               v))) {
      rc = no_memory(err);
    }
  }
  return rc;
}

static kz_rc save(struct kz_galaxies *g, uint64_t *id,
                  struct kz_jsonv *document, const struct kz_jsonv *relations,
                  struct kz_arena *arena, struct kz_err *err) {
  struct kz_cluster_batch b = {.arena = arena};
  kz_rc rc = KZ_OK;
  if (kz_jsonv_text(document, KZ_STR("value")).len == 0) {
    return kz_err_set(err, KZ_E_INPUT,
                      "value: This field cannot be left blank.");
  }
  if (*id != 0) {
    rc = find_custom(kz_clusters_shelf(g), *id, arena, err);
  } else {
    rc = name_cluster(g, document, arena, err);
  }
  if (rc == KZ_OK &&
      !kz_cluster_batch_add(&b, kz_clusters_shelf(g), *id, document)) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK && relations) {
    rc = put_relations(g, &b, 0, relations, err);
  }
  if (rc == KZ_OK) {
    rc = kz_cluster_batch_run(&b, kz_shelf_store(kz_clusters_shelf(g)), err);
  }
  if (rc == KZ_OK) {
    *id = b.changes[0].id;
  }
  return rc;
}

kz_rc kz_cluster_save(struct kz_galaxies *g, uint64_t *id,
                      struct kz_jsonv *document, struct kz_jsonv *relations,
                      struct kz_arena *arena, struct kz_err *err) {
  kz_galaxies_lock(g);
  kz_rc rc = save(g, id, document, relations, arena, err);
  kz_galaxies_unlock(g);
  return rc;
}

kz_rc kz_cluster_remove(struct kz_galaxies *g, uint64_t id,
                        struct kz_err *err) {
  KZ_ARENA(arena, DOCUMENT_BYTES);
  struct kz_cluster_batch b = {.arena = arena};
  struct kz_card *cards = NULL;
  size_t count = 0;
  if (!arena) {
    return no_memory(err);
  }
  kz_galaxies_lock(g);
  kz_rc rc = find_custom(kz_clusters_shelf(g), id, arena, err);
  if (rc == KZ_OK) {
    rc = kz_shelf_cards(kz_relations_shelf(g), id, arena, &cards, &count);
  }
  if (rc == KZ_OK &&
      !kz_cluster_batch_add(&b, kz_clusters_shelf(g), id, NULL)) {
    rc = no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    if (!kz_cluster_batch_add(&b, kz_relations_shelf(g), cards[i].id, NULL)) {
      rc = no_memory(err);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_cluster_batch_run(&b, kz_shelf_store(kz_clusters_shelf(g)), err);
  }
  kz_galaxies_unlock(g);
  return rc;
}

kz_rc kz_relation_save(struct kz_galaxies *g, uint64_t *id,
                       struct kz_jsonv *document, struct kz_arena *arena,
                       struct kz_err *err) {
  struct kz_uuid uuid;
  uint64_t cluster = 0;
  kz_rc rc = check_relation(document, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (kz_uuid_parse(kz_jsonv_text(document, KZ_STR("galaxy_cluster_uuid")),
                    &uuid) != KZ_OK ||
      kz_shelf_by_uuid(kz_clusters_shelf(g), &uuid, &cluster) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT,
                      "galaxy_cluster_uuid: there is no such cluster");
  }
  if (!kz_jsonv_set_u64(document, KZ_STR("galaxy_cluster_id"), cluster,
                        arena)) {
    return no_memory(err);
  }
  kz_galaxies_lock(g);
  if (*id != 0) {
    rc = find_custom(kz_relations_shelf(g), *id, arena, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(kz_relations_shelf(g), id, document, arena, err);
  }
  kz_galaxies_unlock(g);
  return rc;
}

kz_rc kz_relation_remove(struct kz_galaxies *g, uint64_t id,
                         struct kz_err *err) {
  KZ_ARENA(arena, DOCUMENT_BYTES);
  if (!arena) {
    return no_memory(err);
  }
  kz_galaxies_lock(g);
  kz_rc rc = find_custom(kz_relations_shelf(g), id, arena, err);
  if (rc == KZ_OK) {
    rc = kz_shelf_remove(kz_relations_shelf(g), id, err);
  }
  kz_galaxies_unlock(g);
  return rc;
}
