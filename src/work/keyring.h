/* API keys: which user a key lets in.
 *
 * A key is 40 random letters and digits; a document on a shelf keeps a BLAKE2b
 * hash of it (it has more than 200 random bits, so a slow hash would add
 * nothing), its first and last four characters for people, and its terms. All
 * hashes are in memory as well, in a table by a prefix that is keyed with a
 * secret of this process: a look-up walks no list, and its time tells nothing
 * about what is stored. Any thread. */
#ifndef KZ_WORK_KEYRING_H
#define KZ_WORK_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "work/shelf.h"

enum { KZ_KEY_TEXT = 41 /* bytes: 40 characters and the NUL */ };

struct kz_keyring;

KZ_MUST_USE kz_rc kz_keyring_open(struct kz_store *store,
                                  struct kz_keyring **ret_keys,
                                  struct kz_err *err);
void kz_keyring_close(struct kz_keyring *keys); /* NULL is fine */

/* The documents: user_id, comment, expiration (epoch seconds), read_only,
 * allowed_ips (array), start, end, created. Their members `hash`, `start`,
 * `end` and `user_id` are the keyring's own. */
struct kz_shelf *kz_keyring_shelf(struct kz_keyring *keys);

/* Whom a key lets in. */
struct kz_key_grant {
  uint64_t key;
  uint64_t user;
  bool read_only;
};

/* Looks a key up for a client at address `peer`. KZ_E_DENIED: there is none, it
 * has expired, or not from there. */
KZ_MUST_USE kz_rc kz_keyring_check(struct kz_keyring *keys, kz_str key,
                                   kz_str peer, struct kz_key_grant *ret);

/* Makes a key for a user with the terms in `document` (which is completed, and
 * whose id is written to `*ret_id`); with `only` all his earlier ones end in
 * the same commit. The key itself is told once, in `ret_key`. KZ_E_INPUT with
 * words: terms that cannot be. */
KZ_MUST_USE kz_rc kz_keyring_add(struct kz_keyring *keys, uint64_t user,
                                 bool only, struct kz_jsonv *document,
                                 struct kz_arena *arena,
                                 char ret_key[KZ_KEY_TEXT], uint64_t *ret_id,
                                 struct kz_err *err);

/* Takes in a key of which only the hash is known (hexadecimal). */
KZ_MUST_USE kz_rc kz_keyring_adopt(struct kz_keyring *keys, uint64_t user,
                                   kz_str hash, struct kz_err *err);

/* Changes the terms of a key: its document as read from the shelf. */
KZ_MUST_USE kz_rc kz_keyring_edit(struct kz_keyring *keys, uint64_t id,
                                  struct kz_jsonv *document,
                                  struct kz_arena *arena, struct kz_err *err);
KZ_MUST_USE kz_rc kz_keyring_remove(struct kz_keyring *keys, uint64_t id,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_keyring_remove_user(struct kz_keyring *keys, uint64_t user,
                                         struct kz_err *err);

#endif
