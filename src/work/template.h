/* Object templates: which attributes an object of a kind may and must have.
 *
 * An object that does not fit its template is taken all the same, as MISP's
 * senders have templates of their own; what does not fit is told of. */
#ifndef KZ_WORK_TEMPLATE_H
#define KZ_WORK_TEMPLATE_H

#include "model/event.h"
#include "work/catalog.h"

/* Documents as the files have them. */
extern const struct kz_catalog_form kz_template_form;

/* Calls `tell` with words for each way in which the object does not fit the
 * template: a relation or type it does not have, a second attribute of a
 * relation that is to be single, a required one that is missing. */
typedef void kz_template_tell(void *ctx, kz_str words);
void kz_template_judge(const struct kz_jsonv *template,
                       const struct kz_object *object, kz_template_tell *tell,
                       void *ctx);

#endif
