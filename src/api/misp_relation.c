#include "api/misp_relation.h"

#include "api/misp_cluster.h"
#include "api/misp_cluster_view.h"
#include "api/misp_fields.h"
#include "api/misp_shape.h"
#include "work/cluster.h"
#include "work/galaxy.h"

static struct kz_galaxies *galaxies_of(const struct kz_misp_call *call) {
  return call->eye.house->galaxies;
}

/* Reads the relation of the path, if it and the cluster it begins at are for
 * these eyes; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_viewer *viewer = &call->eye.user->viewer;
  struct kz_shelf *shelf = kz_relations_shelf(galaxies_of(call));
  struct kz_jsonv *cluster = NULL;
  kz_rc rc = kz_shelf_by_ref(shelf, kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, *ret_id, call->work, ret, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_get(kz_clusters_shelf(galaxies_of(call)),
                      kz_jsonv_u64(*ret, KZ_STR("galaxy_cluster_id"), 0),
                      call->work, &cluster, &err);
  }
  if (rc == KZ_OK && (!kz_cluster_is_visible(*ret, viewer) ||
                      !kz_cluster_is_visible(cluster, viewer))) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster relation", rc, &err);
  }
  return rc == KZ_OK;
}

static void reply_relation(struct kz_misp_call *call,
                           const struct kz_jsonv *relation) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("GalaxyClusterRelation"));
  kz_misp_write_relation(&out.w, &call->eye, relation, call->work);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_relation_view(struct kz_misp_call *call) {
  struct kz_jsonv *r = NULL;
  uint64_t id = 0;
  if (find(call, &id, &r)) {
    reply_relation(call, r);
  }
}

/* Whether a relation may begin at the cluster that the document names: it is
 * the caller's to edit. An administrator's may begin at any. */
static bool may_begin(struct kz_misp_call *call, const struct kz_jsonv *d) {
  struct kz_shelf *shelf = kz_clusters_shelf(galaxies_of(call));
  struct kz_jsonv *cluster = NULL;
  struct kz_uuid uuid;
  uint64_t id = 0;
  if (kz_uuid_parse(kz_jsonv_text(d, KZ_STR("galaxy_cluster_uuid")), &uuid) !=
          KZ_OK ||
      kz_shelf_by_uuid(shelf, &uuid, &id) != KZ_OK ||
      kz_shelf_get(shelf, id, call->work, &cluster, NULL) != KZ_OK ||
      !kz_cluster_is_visible(cluster, &call->eye.user->viewer)) {
    kz_misp_fail(call, "Galaxy cluster", KZ_NOT_FOUND,
                 &(struct kz_err){.rc = KZ_NOT_FOUND});
    return false;
  }
  if (!kz_misp_is_admin(call->eye.user) &&
      !kz_misp_may_edit_cluster(call, cluster)) {
    kz_misp_not_yours(call);
    return false;
  }
  return true;
}

static void save(struct kz_misp_call *call, uint64_t id,
                 const struct kz_jsonv *old, const char *verb) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *d = NULL;
  if (!kz_misp_body_tree(call, "GalaxyClusterRelation", &from)) {
    return;
  }
  kz_rc rc = kz_misp_read_relation(call, from, old, &d, &err);
  if (rc == KZ_OK && !may_begin(call, d)) {
    return;
  }
  if (rc == KZ_OK) {
    rc = kz_relation_save(galaxies_of(call), &id, d, call->work, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, verb, "GalaxyClusterRelation", rc, &err);
    return;
  }
  reply_relation(call, d);
}

void kz_misp_relation_add(struct kz_misp_call *call) {
  save(call, 0, NULL, "add");
}

/* The relation of the path, if it is his to change. */
static bool find_own(struct kz_misp_call *call, uint64_t *ret_id,
                     struct kz_jsonv **ret) {
  if (!find(call, ret_id, ret)) {
    return false;
  }
  if (!kz_misp_may_edit_cluster(call, *ret)) {
    kz_misp_not_yours(call);
    return false;
  }
  return true;
}

void kz_misp_relation_edit(struct kz_misp_call *call) {
  struct kz_jsonv *old = NULL;
  uint64_t id = 0;
  if (find_own(call, &id, &old)) {
    save(call, id, old, "edit");
  }
}

void kz_misp_relation_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *r = NULL;
  uint64_t id = 0;
  if (!find_own(call, &id, &r)) {
    return;
  }
  kz_rc rc = kz_relation_remove(galaxies_of(call), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster relation", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Galaxy cluster relationship deleted."), 0);
}
