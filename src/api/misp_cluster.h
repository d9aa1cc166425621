/* galaxy_clusters/...: MISP's routes for clusters. */
#ifndef KZ_API_MISP_CLUSTER_H
#define KZ_API_MISP_CLUSTER_H

#include "api/misp_call.h"
#include "base/err.h"
#include "base/jsonv.h"

kz_misp_action kz_misp_cluster_index;
kz_misp_action kz_misp_cluster_view;
kz_misp_action kz_misp_cluster_search;
kz_misp_action kz_misp_cluster_add;
kz_misp_action kz_misp_cluster_edit;
kz_misp_action kz_misp_cluster_delete;
kz_misp_action kz_misp_cluster_restore;
kz_misp_action kz_misp_cluster_publish;
kz_misp_action kz_misp_cluster_unpublish;
/* galaxies/pushCluster: another server gives clusters. */
kz_misp_action kz_misp_cluster_push;

/* Whether the caller may edit the cluster or relation: it is his
 * organisation's, or he is an administrator. */
bool kz_misp_may_edit_cluster(const struct kz_misp_call *call,
                              const struct kz_jsonv *document);

/* A relation as a client sent it, as a document in the work arena that belongs
 * to the caller's organisation; `old` (may be NULL) is what is there of it.
 * Tags that are new become known. KZ_E_INPUT, KZ_E_MEMORY, failures of the
 * store. */
KZ_MUST_USE kz_rc kz_misp_read_relation(struct kz_misp_call *call,
                                        const struct kz_jsonv *from,
                                        const struct kz_jsonv *old,
                                        struct kz_jsonv **ret,
                                        struct kz_err *err);

#endif
