/* The rules that taxonomies bring, at the places where tags are attached and
 * events are published (work/taxonomy.h). */
#ifndef KZ_API_MISP_TAGRULE_H
#define KZ_API_MISP_TAGRULE_H

#include <stdbool.h>

#include "api/misp_call.h"
#include "api/misp_find.h"
#include "model/event.h"

/* Whether the tag may join those of the thing; otherwise, or when they cannot
 * be read, the refusal is sent. */
bool kz_misp_tag_fits(struct kz_misp_call *call,
                      const struct kz_misp_place *place, kz_str tag);

/* Whether an event has a tag of every required taxonomy; `event` (0: a new one)
 * is in the store, `more` (may be NULL) comes with the request. */
bool kz_misp_has_required_tags(struct kz_misp_call *call, uint64_t event,
                               const struct kz_event *more);

/* The same; when it has not, the refusal is sent. */
bool kz_misp_may_go_out(struct kz_misp_call *call, uint64_t event);

/* Gives a tag without a colour the one of its taxonomy, if that has one. */
void kz_misp_colour_by_taxonomy(struct kz_misp_call *call, struct kz_tag *tag);
/* Gives a tag that came without one the "numerical_value" of its taxonomy. */
void kz_misp_number_by_taxonomy(struct kz_misp_call *call, struct kz_tag *tag);

#endif
