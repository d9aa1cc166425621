/* objectTemplates/...: what objects are made of. */
#ifndef KZ_API_MISP_TEMPLATE_H
#define KZ_API_MISP_TEMPLATE_H

#include "api/misp_call.h"
#include "model/event.h"

kz_misp_action kz_misp_template_index;
kz_misp_action kz_misp_template_view;
kz_misp_action kz_misp_template_raw; /* getRaw */
kz_misp_action kz_misp_template_update;

/* Adds to an object that was saved the member "warnings", words on how it does
 * not fit its template; nothing when it fits or the template is not known. */
void kz_misp_template_warn(struct kz_misp_call *call, struct kz_object *object,
                           struct kz_arena *arena);

#endif
