/* Who may ask: users, their organisation and their API keys.
 *
 * Users are documents in the store; a key is 40 random letters and digits of
 * which only a BLAKE2b hash is kept. All are in memory as well; checking a key
 * takes some microseconds and constant time in the key. */
#ifndef KZ_WORK_PEOPLE_H
#define KZ_WORK_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"
#include "model/viewer.h"
#include "store/store.h"

enum { KZ_KEY_TEXT = 41 /* bytes: 40 characters and the NUL */ };

struct kz_user {
  uint64_t id;
  kz_str email;
  struct kz_uuid uuid;
  struct kz_org org; /* its id is the store's */
  unsigned role;     /* 1: administrator */
  struct kz_viewer viewer;
};

struct kz_people;

/* Reads the users from the store; makes the first administrator (organisation
 * ORGNAME, user admin@admin.test) when there is none and writes the key to
 * `first_key`, which is "" otherwise. */
KZ_MUST_USE kz_rc kz_people_open(struct kz_store *store, char *first_key,
                                 struct kz_people **ret_people,
                                 struct kz_err *err);
void kz_people_close(struct kz_people *people);

/* How many users there are. */
uint64_t kz_people_count(struct kz_people *people);

/* Whose key this is: KZ_OK, or KZ_E_DENIED. The user is borrowed and lives as
 * long as `people`. */
KZ_MUST_USE kz_rc kz_people_check(struct kz_people *people, kz_str key,
                                  const struct kz_user **ret_user);

/* The first administrator: what the machine's owner acts as. */
const struct kz_user *kz_people_admin(struct kz_people *people);

/* A new key for the administrator; all earlier keys of his end. */
KZ_MUST_USE kz_rc kz_people_reset(struct kz_people *people,
                                  char ret_key[KZ_KEY_TEXT],
                                  struct kz_err *err);

#endif
