/* Who may ask: users, their organisation, role and API keys.
 *
 * Users are documents on a shelf. What each request needs of them is in memory:
 * a `struct kz_user` never changes; a change makes a new one, and the old one
 * lives until the last request that holds it has ended. Any thread. */
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
#include "work/eyes.h"
#include "work/keyring.h"
#include "work/role.h"

struct kz_user {
  uint64_t id;
  kz_str email;
  struct kz_uuid uuid;
  struct kz_org org; /* its id is the store's, its texts the dictionary's */
  struct kz_role role;
  struct kz_viewer viewer;
  int64_t expires_us;    /* 0: never */
  uint64_t password_tag; /* changes with the password; 0: there is none */
  bool has_totp;         /* logs in with one-time codes */
  bool disabled;
  bool read_only;        /* came with a key that may change nothing */
  _Atomic uint32_t refs; /* people.c's */
};

/* Whether his role has all of these permissions (KZ_PERM_...). */
static inline bool kz_user_may(const struct kz_user *user, uint32_t perms) {
  return (user->role.perms & perms) == perms;
}

const struct kz_user *kz_user_ref(const struct kz_user *user);
void kz_user_unref(const struct kz_user *user); /* NULL is fine */

struct kz_people;

/* Reads the users from the store; makes the first administrator (organisation
 * ORGNAME, user admin@admin.test) when there is none and writes the key to
 * `first_key`, which is "" otherwise. The roles stay the caller's. */
KZ_MUST_USE kz_rc kz_people_open(struct kz_store *store, struct kz_shelf *roles,
                                 char *first_key, struct kz_people **ret_people,
                                 struct kz_err *err);
void kz_people_close(struct kz_people *people);

/* Whose key this is, for a client at address `peer`: KZ_OK, a reference to the
 * user and the key's id, or KZ_E_DENIED (also when he is disabled,
 * his time is over or his role may not use keys). */
KZ_MUST_USE kz_rc kz_people_check(struct kz_people *people, kz_str key,
                                  kz_str peer, const struct kz_user **ret_user,
                                  uint64_t *ret_key);

/* A reference to the user of an id, whether he may log in or not;
 * KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_people_get(struct kz_people *people, uint64_t id,
                                const struct kz_user **ret_user);

/* The same by e-mail address, in any case. */
KZ_MUST_USE kz_rc kz_people_find(struct kz_people *people, kz_str email,
                                 const struct kz_user **ret_user);

/* A reference to the first site administrator: what the machine's owner acts
 * as. There always is one. */
const struct kz_user *kz_people_owner(struct kz_people *people);

/* The documents: members have MISP's names (email, uuid, org_id, role_id,
 * disabled, expiration in epoch seconds, autoalert ...). */
struct kz_shelf *kz_people_shelf(struct kz_people *people);
struct kz_keyring *kz_people_keys(struct kz_people *people);
/* work/user_setting.h; they end with the user. */
struct kz_shelf *kz_people_settings(struct kz_people *people);

/* Adds a user (`*id` 0) or replaces one. KZ_E_INPUT with words: no e-mail
 * address, organisation or role. KZ_E_CONFLICT with words: somebody else has
 * the address, or no site administrator would be left. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_people_save(struct kz_people *people, uint64_t *id,
                                 struct kz_jsonv *document,
                                 struct kz_arena *arena, struct kz_err *err);
/* Removes a user, his keys and settings. KZ_E_CONFLICT, KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_people_remove(struct kz_people *people, uint64_t id,
                                   struct kz_err *err);

/* What viewers see beyond their organisation, from now on. For who opens the
 * house: nobody asks yet. `eyes` are borrowed. */
KZ_MUST_USE kz_rc kz_people_use_eyes(struct kz_people *people,
                                     const struct kz_eyes *eyes,
                                     struct kz_err *err);

/* Takes in what changed of roles, organisations and what they see. */
KZ_MUST_USE kz_rc kz_people_refresh(struct kz_people *people,
                                    struct kz_err *err);

/* How many users there are, in all or of an organisation and a role (0: of
 * any). */
uint64_t kz_people_count(struct kz_people *people);
size_t kz_people_count_of(struct kz_people *people, uint32_t org,
                          uint64_t role);

/* A new key for the user; all earlier keys of his end. */
KZ_MUST_USE kz_rc kz_people_reset(struct kz_people *people, uint64_t user,
                                  char ret_key[KZ_KEY_TEXT],
                                  struct kz_err *err);

#endif
