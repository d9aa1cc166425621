/* Organisations: who makes and owns events.
 *
 * The store's dictionary has what every event needs (number, uuid, name,
 * local); what else is known of one lies on a shelf under the same number:
 * description, type, nationality, sector, contacts, date_created ... An
 * organisation that came with an event has no such document until it is
 * edited. Any thread. */
#ifndef KZ_WORK_ORG_H
#define KZ_WORK_ORG_H

#include <stdint.h>

#include "work/people.h"

struct kz_orgs;

/* `store` and `people` outlive it. */
KZ_MUST_USE kz_rc kz_orgs_open(struct kz_store *store, struct kz_people *people,
                               struct kz_orgs **ret_orgs, struct kz_err *err);
void kz_orgs_close(struct kz_orgs *orgs); /* NULL is fine */

/* All that is known of an organisation, as a document in `arena` with members
 * id, uuid, name, local and those of the shelf. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_org_get(struct kz_orgs *orgs, uint32_t id,
                             struct kz_arena *arena,
                             struct kz_jsonv **ret_document,
                             struct kz_err *err);

/* The organisation that a number, uuid or name means; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_org_find(struct kz_orgs *orgs, kz_str ref,
                              uint32_t *ret_id);

/* Adds an organisation (`*id` 0) or replaces what is known of one; the document
 * gets a uuid when it has none. KZ_E_INPUT with words that begin with a member:
 * no name, no uuid. KZ_E_CONFLICT likewise: the name or uuid is another's.
 * KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_org_save(struct kz_orgs *orgs, uint32_t *id,
                              struct kz_jsonv *document, struct kz_arena *arena,
                              struct kz_err *err);

/* KZ_E_CONFLICT when it still has users or events. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_org_remove(struct kz_orgs *orgs, uint32_t id,
                                struct kz_err *err);

#endif
