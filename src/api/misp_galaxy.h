/* galaxies/...: MISP's routes for galaxies and for attaching clusters. */
#ifndef KZ_API_MISP_GALAXY_H
#define KZ_API_MISP_GALAXY_H

#include "api/misp_call.h"

kz_misp_action kz_misp_galaxy_index;
kz_misp_action kz_misp_galaxy_view;
kz_misp_action kz_misp_galaxy_update;
kz_misp_action kz_misp_galaxy_enable;
kz_misp_action kz_misp_galaxy_disable;
kz_misp_action kz_misp_galaxy_delete;
kz_misp_action kz_misp_galaxy_attach;
kz_misp_action kz_misp_cluster_detach;

#endif
