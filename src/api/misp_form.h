/* What feeds and servers have in common over MISP's API: a body that is wrapped
 * or bare, documents that are shown, a refusal that names the field. */
#ifndef KZ_API_MISP_FORM_H
#define KZ_API_MISP_FORM_H

#include "api/misp_call.h"
#include "api/misp_shape.h"
#include "base/jsonv.h"
#include "work/form.h"

/* Reads the body, an object, out of its wrapping {"Feed":{...}} if it has one.
 * On failure the refusal is sent. */
bool kz_misp_form_body(struct kz_misp_call *call, const char *noun,
                       struct kz_jsonv **ret_from);

/* The document that the first argument means, by id or uuid, and its id. On
 * failure the refusal is sent. */
bool kz_misp_form_find(struct kz_misp_call *call, struct kz_binder *binder,
                       const char *noun, uint64_t *ret_id,
                       struct kz_jsonv **ret_document);

/* Refuses for a document that could not be saved; of an input error "field:
 * words" the field is named. `verb` is "add" or "edit". */
void kz_misp_form_refuse(struct kz_misp_call *call, const char *verb,
                         const char *noun, kz_rc rc, const struct kz_err *err);

/* Whether an administrator asks; otherwise the refusal is sent. */
bool kz_misp_form_may(struct kz_misp_call *call);

#endif
