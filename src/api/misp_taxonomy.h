/* taxonomies/...: MISP's routes for the vocabularies of tags. */
#ifndef KZ_API_MISP_TAXONOMY_H
#define KZ_API_MISP_TAXONOMY_H

#include "api/misp_call.h"

kz_misp_action kz_misp_taxonomy_index;
kz_misp_action kz_misp_taxonomy_view;
kz_misp_action kz_misp_taxonomy_export;
kz_misp_action kz_misp_taxonomy_enable;
kz_misp_action kz_misp_taxonomy_disable;
kz_misp_action kz_misp_taxonomy_require;
kz_misp_action kz_misp_taxonomy_highlight;
kz_misp_action kz_misp_taxonomy_add_tags;
kz_misp_action kz_misp_taxonomy_hide_tags;
kz_misp_action kz_misp_taxonomy_show_tags;
kz_misp_action kz_misp_taxonomy_update;
kz_misp_action kz_misp_taxonomy_delete;

#endif
