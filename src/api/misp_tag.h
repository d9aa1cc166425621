/* tags/...: the dictionary of tags, and what they hang on. */
#ifndef KZ_API_MISP_TAG_H
#define KZ_API_MISP_TAG_H

#include "api/misp_call.h"

kz_misp_action kz_misp_tag_attach;
kz_misp_action kz_misp_tag_detach;
kz_misp_action kz_misp_tag_index;
kz_misp_action kz_misp_tag_view;
kz_misp_action kz_misp_tag_add;
kz_misp_action kz_misp_tag_edit;
kz_misp_action kz_misp_tag_delete;
kz_misp_action kz_misp_tag_search;

#endif
