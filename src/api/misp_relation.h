/* galaxy_cluster_relations/...: MISP's routes for relations of clusters. */
#ifndef KZ_API_MISP_RELATION_H
#define KZ_API_MISP_RELATION_H

#include "api/misp_call.h"

kz_misp_action kz_misp_relation_view;
kz_misp_action kz_misp_relation_add;
kz_misp_action kz_misp_relation_edit;
kz_misp_action kz_misp_relation_delete;

#endif
