/* Registrations: accounts that strangers ask for, until an administrator takes
 * or drops them. Documents {email, ip, message, data {...}, timestamp}; `data`
 * is what was asked for, under MISP's names. Any thread. */
#ifndef KZ_WORK_REGISTRATION_H
#define KZ_WORK_REGISTRATION_H

#include <stdint.h>

#include "work/shelf.h"

enum { KZ_REGISTRATIONS_MAX = 1000 /* that wait */ };

KZ_MUST_USE kz_rc kz_registrations_open(struct kz_store *store,
                                        struct kz_shelf **ret_registrations,
                                        struct kz_err *err);

/* Notes a request of a client at `peer`: members email, org_name, org_uuid,
 * message, custom_perms, perm_sync, perm_publish, perm_admin of `from` are
 * kept. One more from the same e-mail address replaces the one that waits.
 * KZ_E_INPUT with words: no e-mail address, something too long; KZ_E_LIMIT: too
 * many wait. */
KZ_MUST_USE kz_rc kz_registration_add(struct kz_shelf *registrations,
                                      const struct kz_jsonv *from, kz_str peer,
                                      struct kz_arena *arena, uint64_t *ret_id,
                                      struct kz_err *err);

#endif
