/* organisations/... and admin/organisations/... */
#ifndef KZ_API_MISP_ORG_H
#define KZ_API_MISP_ORG_H

#include <stdint.h>

#include "api/misp_call.h"
#include "base/jsonw.h"

kz_misp_action kz_misp_org_index;
kz_misp_action kz_misp_org_view;
kz_misp_action kz_misp_org_add;
kz_misp_action kz_misp_org_edit;
kz_misp_action kz_misp_org_delete;

/* Members Org and Orgc in short, {"id","name","uuid"}, of the organisations. */
void kz_misp_write_orgs(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                        uint32_t org, uint32_t orgc);

#endif
