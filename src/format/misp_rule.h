/* What MISP demands of each noun, and what it puts where a sender says
 * nothing: the functions that the rows of misp_noun.c name. Their contracts
 * are those of struct kz_noun.
 *
 * Inside format/ only. */
#ifndef KZ_FORMAT_MISP_RULE_H
#define KZ_FORMAT_MISP_RULE_H

#include "base/rc.h"
#include "format/misp_member.h"

struct kz_misp_reader;

void kz_misp_begin_event(void *thing);
void kz_misp_begin_attribute(void *thing);
void kz_misp_begin_object(void *thing);
void kz_misp_begin_report(void *thing);
void kz_misp_begin_tag_use(void *thing);

typedef kz_rc kz_misp_finish(struct kz_misp_reader *reader, void *thing,
                             enum kz_member *ret_field);
kz_misp_finish kz_misp_finish_event;
kz_misp_finish kz_misp_finish_attribute; /* outside objects */
kz_misp_finish kz_misp_finish_object_attribute;
kz_misp_finish kz_misp_finish_object;
kz_misp_finish kz_misp_finish_reference;
kz_misp_finish kz_misp_finish_report;
kz_misp_finish kz_misp_finish_tag_use;
kz_misp_finish kz_misp_finish_sighting;

#endif
