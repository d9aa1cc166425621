/* What a check needs of each key lies in an array in the order of ids; the
 * table leads from a keyed prefix of the hash to the place in it. A key that
 * ended leaves its place with user 0. */
#include "work/keyring.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "model/addr.h"

enum {
  HASH_BYTES = 32,
  HASH_TEXT = HASH_BYTES * 2 + 1,
  PREFIX_BYTES = 16,
  KEYS_MAX = 1 << 22,
  TABLE_BYTES = 256 << 20,
  ARENA_BYTES = 1 << 30,
  NETWORKS_MAX = 256,
  ENDS = 4, /* characters that are kept of a key's start and end */
};

struct entry {
  uint64_t id;
  uint64_t user;      /* 0: the key has ended */
  int64_t expires_us; /* 0: never */
  bool read_only;
  unsigned char hash[HASH_BYTES];
  struct kz_addr *networks; /* owned; NULL: from anywhere */
  size_t network_count;
};

struct kz_keyring {
  struct kz_shelf *shelf;
  pthread_mutex_t change; /* one change at a time */
  pthread_rwlock_t lock;  /* guards all below */
  unsigned char secret[crypto_generichash_KEYBYTES];
  struct kz_strmap *places; /* prefix -> place + 1 */
  struct entry *entries;
  size_t count;
  size_t room;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_KEY, .noun = "API key", .name = NULL, .parent = "user_id"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "API keys: out of memory");
}

static void make_key(char key[KZ_KEY_TEXT]) {
  static const char letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (size_t i = 0; i + 1 < KZ_KEY_TEXT; i++) {
    key[i] = letters[randombytes_uniform(sizeof letters - 1)];
  }
  key[KZ_KEY_TEXT - 1] = '\0';
}

static void hash_key(kz_str key, unsigned char hash[HASH_BYTES]) {
  crypto_generichash(hash, HASH_BYTES, (const unsigned char *)key.ptr, key.len,
                     NULL, 0);
}

static kz_str prefix_of(const struct kz_keyring *keys,
                        const unsigned char hash[HASH_BYTES],
                        unsigned char prefix[PREFIX_BYTES]) {
  crypto_generichash(prefix, PREFIX_BYTES, hash, HASH_BYTES, keys->secret,
                     sizeof keys->secret);
  return (kz_str){(const char *)prefix, PREFIX_BYTES};
}

/* --- terms -----------------------------------------------------------------
 */

static kz_rc read_networks(const struct kz_jsonv *document, struct entry *e,
                           struct kz_err *err) {
  const struct kz_jsonv *list = kz_jsonv_get(document, KZ_STR("allowed_ips"));
  if (!list || list->kind != KZ_JSON_ARRAY || list->count == 0) {
    return KZ_OK;
  }
  if (list->count > NETWORKS_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "allowed_ips: at most %d networks",
                      NETWORKS_MAX);
  }
  e->networks = calloc(list->count, sizeof *e->networks);
  if (!e->networks) {
    return no_memory(err);
  }
  for (const struct kz_jsonv *v = list->first; v; v = v->next) {
    if (v->kind != KZ_JSON_STRING ||
        kz_addr_parse(kz_str_trim(v->text), &e->networks[e->network_count]) !=
            KZ_OK) {
      free(e->networks);
      return kz_err_set(err, KZ_E_INPUT,
                        "allowed_ips: \"%.*s\" is no address or network",
                        KZ_STR_ARG(v->text));
    }
    e->network_count++;
  }
  return KZ_OK;
}

/* Reads a document; what it owns is the caller's on KZ_OK. */
static kz_rc read_entry(uint64_t id, const struct kz_jsonv *document,
                        struct entry *ret, struct kz_err *err) {
  struct entry e = {.id = id};
  kz_str hash = kz_jsonv_text(document, KZ_STR("hash"));
  size_t len = 0;
  e.user = kz_jsonv_u64(document, KZ_STR("user_id"), 0);
  e.read_only = kz_jsonv_flag(document, KZ_STR("read_only"), false);
  uint64_t expires = kz_jsonv_u64(document, KZ_STR("expiration"), 0);
  e.expires_us = expires < (uint64_t)(KZ_TIME_MAX_US / KZ_SECOND_US)
                     ? (int64_t)expires * KZ_SECOND_US
                     : 0;
  if (sodium_hex2bin(e.hash, sizeof e.hash, hash.ptr, hash.len, NULL, &len,
                     NULL) != 0 ||
      len != sizeof e.hash || e.user == 0) {
    return kz_err_set(err, KZ_E_CORRUPT, "API key %llu: damaged document",
                      (unsigned long long)id);
  }
  kz_rc rc = read_networks(document, &e, err);
  if (rc == KZ_OK) {
    *ret = e;
  }
  return rc;
}

static bool fits(const struct kz_addr *network, const struct kz_addr *peer) {
  if (network->length != peer->length) {
    return false;
  }
  size_t whole = network->prefix / 8u;
  unsigned rest = network->prefix % 8u;
  unsigned mask = (0xFFu << (8 - rest)) & 0xFFu;
  return memcmp(network->bytes, peer->bytes, whole) == 0 &&
         (rest == 0 ||
          ((unsigned)(network->bytes[whole] ^ peer->bytes[whole]) & mask) == 0);
}

/* An IPv4 address that came as "::ffff:192.0.2.1" is one. */
static void unmap(struct kz_addr *addr) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (addr->length == 16 && addr->prefix == 128 &&
      memcmp(addr->bytes, mapped, sizeof mapped) == 0) {
    memmove(addr->bytes, addr->bytes + sizeof mapped, 4);
    addr->length = 4;
    addr->prefix = 32;
  }
}

static bool may_come_from(const struct entry *e, kz_str peer) {
  struct kz_addr addr;
  if (!e->networks) {
    return true;
  }
  if (kz_addr_parse(peer, &addr) != KZ_OK) {
    return false;
  }
  unmap(&addr);
  for (size_t i = 0; i < e->network_count; i++) {
    if (fits(&e->networks[i], &addr)) {
      return true;
    }
  }
  return false;
}

/* --- the table; the lock is held for writing
 * -------------------------------------------------------------------------- */

static struct entry *find_entry(const struct kz_keyring *keys, uint64_t id) {
  size_t low = 0;
  size_t high = keys->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (keys->entries[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < keys->count && keys->entries[low].id == id ? &keys->entries[low]
                                                          : NULL;
}

static void end_entry(struct entry *e) {
  free(e->networks);
  *e = (struct entry){.id = e->id};
}

/* Takes the entry over, also on failure. Ids of new ones only grow. */
static kz_rc put_entry(struct kz_keyring *keys, struct entry *e) {
  unsigned char prefix[PREFIX_BYTES];
  struct entry *old = find_entry(keys, e->id);
  if (old) {
    end_entry(old);
    *old = *e;
    return KZ_OK;
  }
  if (keys->count == keys->room) {
    size_t room = keys->room ? keys->room * 2 : 16;
    struct entry *grown = reallocarray(keys->entries, room, sizeof *grown);
    if (!grown) {
      free(e->networks);
      return KZ_E_MEMORY;
    }
    keys->entries = grown;
    keys->room = room;
  }
  kz_rc rc = kz_strmap_put(keys->places, prefix_of(keys, e->hash, prefix),
                           keys->count + 1);
  if (rc != KZ_OK) {
    free(e->networks);
    return rc;
  }
  keys->entries[keys->count++] = *e;
  return KZ_OK;
}

static kz_rc learn(struct kz_keyring *keys, uint64_t id,
                   const struct kz_jsonv *document, struct kz_err *err) {
  struct entry e;
  kz_rc rc = read_entry(id, document, &e, err);
  if (rc != KZ_OK) {
    return rc;
  }
  pthread_rwlock_wrlock(&keys->lock);
  rc = put_entry(keys, &e);
  pthread_rwlock_unlock(&keys->lock);
  return rc == KZ_OK ? rc : no_memory(err);
}

static void forget(struct kz_keyring *keys, uint64_t id) {
  pthread_rwlock_wrlock(&keys->lock);
  struct entry *e = find_entry(keys, id);
  if (e) {
    end_entry(e);
  }
  pthread_rwlock_unlock(&keys->lock);
}

/* --- opening ---------------------------------------------------------------
 */

static kz_rc load(struct kz_keyring *keys, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(list, ARENA_BYTES);
  KZ_ARENA(arena, ARENA_BYTES);
  if (!list || !arena ||
      kz_shelf_cards(keys->shelf, 0, list, &cards, &count) != KZ_OK) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    kz_arena_reset(arena);
    rc = kz_shelf_get(keys->shelf, cards[i].id, arena, &document, err);
    if (rc == KZ_OK) {
      rc = learn(keys, cards[i].id, document, err);
    }
  }
  return rc;
}

kz_rc kz_keyring_open(struct kz_store *store, struct kz_keyring **ret_keys,
                      struct kz_err *err) {
  struct kz_keyring *keys = calloc(1, sizeof *keys);
  if (!keys) {
    return no_memory(err);
  }
  pthread_mutex_init(&keys->change, NULL);
  pthread_rwlock_init(&keys->lock, NULL);
  keys->places = kz_strmap_new(KEYS_MAX, TABLE_BYTES);
  kz_rc rc = keys->places && sodium_init() >= 0
                 ? kz_shelf_open(store, &shape, &keys->shelf, err)
                 : no_memory(err);
  if (rc == KZ_OK) {
    randombytes_buf(keys->secret, sizeof keys->secret);
    rc = load(keys, err);
  }
  if (rc != KZ_OK) {
    kz_keyring_close(keys);
    return rc;
  }
  *ret_keys = keys;
  return KZ_OK;
}

void kz_keyring_close(struct kz_keyring *keys) {
  if (!keys) {
    return;
  }
  for (size_t i = 0; i < keys->count; i++) {
    free(keys->entries[i].networks);
  }
  free(keys->entries);
  kz_strmap_free(keys->places);
  kz_shelf_close(keys->shelf);
  pthread_rwlock_destroy(&keys->lock);
  pthread_mutex_destroy(&keys->change);
  free(keys);
}

struct kz_shelf *kz_keyring_shelf(struct kz_keyring *keys) {
  return keys->shelf;
}

kz_rc kz_keyring_check(struct kz_keyring *keys, kz_str key, kz_str peer,
                       struct kz_key_grant *ret) {
  unsigned char hash[HASH_BYTES];
  unsigned char prefix[PREFIX_BYTES];
  uint64_t place = 0;
  struct kz_key_grant grant = {.user = 0};
  if (key.len != KZ_KEY_TEXT - 1) {
    return KZ_E_DENIED;
  }
  hash_key(key, hash);
  kz_str at = prefix_of(keys, hash, prefix);
  int64_t now = kz_clock_now_us();
  pthread_rwlock_rdlock(&keys->lock);
  if (kz_strmap_get(keys->places, at, &place)) {
    const struct entry *e = &keys->entries[place - 1];
    if (e->user != 0 && sodium_memcmp(hash, e->hash, sizeof hash) == 0 &&
        (e->expires_us == 0 || e->expires_us > now) && may_come_from(e, peer)) {
      grant = (struct kz_key_grant){
          .key = e->id, .user = e->user, .read_only = e->read_only};
    }
  }
  pthread_rwlock_unlock(&keys->lock);
  if (grant.user == 0) {
    return KZ_E_DENIED;
  }
  *ret = grant;
  return KZ_OK;
}

/* --- changes ---------------------------------------------------------------
 */

/* Checks the terms of a document by reading them. */
static kz_rc check_terms(const struct kz_jsonv *document, struct kz_err *err) {
  struct entry e;
  kz_rc rc = read_entry(0, document, &e, err);
  if (rc == KZ_OK) {
    free(e.networks);
  }
  return rc;
}

static kz_rc complete(struct kz_jsonv *document, uint64_t user, kz_str key,
                      struct kz_arena *arena, struct kz_err *err) {
  unsigned char hash[HASH_BYTES];
  char hex[HASH_TEXT];
  char uuid_text[KZ_UUID_TEXT];
  struct kz_uuid uuid;
  kz_str texts[4];
  if (kz_uuid_make(&uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
  }
  hash_key(key, hash);
  sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
  bool is_made =
      kz_arena_dup(arena, kz_str_of(hex), &texts[0]) == KZ_OK &&
      kz_arena_dup(arena, kz_str_head(key, ENDS), &texts[1]) == KZ_OK &&
      kz_arena_dup(arena, kz_str_from(key, key.len - ENDS), &texts[2]) ==
          KZ_OK &&
      kz_arena_dup(arena, kz_uuid_format(&uuid, uuid_text), &texts[3]) ==
          KZ_OK &&
      kz_jsonv_set_str(document, KZ_STR("uuid"), texts[3], arena) &&
      kz_jsonv_set_u64(document, KZ_STR("user_id"), user, arena) &&
      kz_jsonv_set_str(document, KZ_STR("hash"), texts[0], arena) &&
      kz_jsonv_set_str(document, KZ_STR("start"), texts[1], arena) &&
      kz_jsonv_set_str(document, KZ_STR("end"), texts[2], arena) &&
      kz_jsonv_set_u64(document, KZ_STR("created"),
                       (uint64_t)(kz_clock_now_us() / KZ_SECOND_US), arena);
  return is_made ? check_terms(document, err) : no_memory(err);
}

/* The removal of all keys of a user, behind `first` other changes. */
static kz_rc list_removals(struct kz_keyring *keys, uint64_t user, size_t first,
                           struct kz_arena *arena,
                           struct kz_shelf_change **ret_changes,
                           size_t *ret_count, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  if (kz_shelf_cards(keys->shelf, user, arena, &cards, &count) != KZ_OK) {
    return no_memory(err);
  }
  struct kz_shelf_change *changes =
      kz_arena_array(arena, first + count + 1, sizeof *changes);
  if (!changes) {
    return no_memory(err);
  }
  for (size_t i = 0; i < count; i++) {
    changes[first + i] =
        (struct kz_shelf_change){.shelf = keys->shelf, .id = cards[i].id};
  }
  *ret_changes = changes;
  *ret_count = first + count;
  return KZ_OK;
}

/* Applies the first `puts` changes, which put, and the others, which remove. */
static kz_rc apply(struct kz_keyring *keys, struct kz_shelf_change *changes,
                   size_t puts, size_t count, struct kz_err *err) {
  kz_rc rc = kz_shelf_apply(changes, count, err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    if (i < puts) {
      rc = learn(keys, changes[i].id, changes[i].document, err);
    } else {
      forget(keys, changes[i].id);
    }
  }
  return rc;
}

static kz_rc add_document(struct kz_keyring *keys, uint64_t user, bool only,
                          struct kz_jsonv *document, struct kz_arena *arena,
                          uint64_t *ret_id, struct kz_err *err) {
  struct kz_shelf_change *changes = NULL;
  size_t count = 1;
  kz_rc rc = list_removals(keys, user, 1, arena, &changes, &count, err);
  if (rc == KZ_OK) {
    changes[0] = (struct kz_shelf_change){
        .shelf = keys->shelf, .document = document, .arena = arena};
    rc = apply(keys, changes, 1, only ? count : 1, err);
  }
  if (rc == KZ_OK) {
    *ret_id = changes[0].id;
  }
  return rc;
}

kz_rc kz_keyring_add(struct kz_keyring *keys, uint64_t user, bool only,
                     struct kz_jsonv *document, struct kz_arena *arena,
                     char ret_key[KZ_KEY_TEXT], uint64_t *ret_id,
                     struct kz_err *err) {
  char key[KZ_KEY_TEXT];
  make_key(key);
  kz_rc rc = complete(document, user, kz_str_of(key), arena, err);
  if (rc == KZ_OK) {
    pthread_mutex_lock(&keys->change);
    rc = add_document(keys, user, only, document, arena, ret_id, err);
    pthread_mutex_unlock(&keys->change);
  }
  if (rc == KZ_OK) {
    memcpy(ret_key, key, sizeof key);
  }
  sodium_memzero(key, sizeof key);
  return rc;
}

kz_rc kz_keyring_adopt(struct kz_keyring *keys, uint64_t user, kz_str hash,
                       struct kz_err *err) {
  uint64_t id = 0;
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_jsonv *document =
      arena ? kz_jsonv_new(arena, KZ_JSON_OBJECT) : NULL;
  if (!document ||
      !kz_jsonv_set_u64(document, KZ_STR("user_id"), user, arena) ||
      !kz_jsonv_set_str(document, KZ_STR("hash"), hash, arena)) {
    return no_memory(err);
  }
  kz_rc rc = check_terms(document, err);
  if (rc == KZ_OK) {
    pthread_mutex_lock(&keys->change);
    rc = add_document(keys, user, false, document, arena, &id, err);
    pthread_mutex_unlock(&keys->change);
  }
  return rc;
}

kz_rc kz_keyring_edit(struct kz_keyring *keys, uint64_t id,
                      struct kz_jsonv *document, struct kz_arena *arena,
                      struct kz_err *err) {
  struct kz_shelf_change change = {
      .shelf = keys->shelf, .id = id, .document = document, .arena = arena};
  kz_rc rc = check_terms(document, err);
  if (rc == KZ_OK) {
    pthread_mutex_lock(&keys->change);
    rc = apply(keys, &change, 1, 1, err);
    pthread_mutex_unlock(&keys->change);
  }
  return rc;
}

kz_rc kz_keyring_remove(struct kz_keyring *keys, uint64_t id,
                        struct kz_err *err) {
  struct kz_shelf_change change = {.shelf = keys->shelf, .id = id};
  pthread_mutex_lock(&keys->change);
  kz_rc rc = apply(keys, &change, 0, 1, err);
  pthread_mutex_unlock(&keys->change);
  return rc;
}

kz_rc kz_keyring_remove_user(struct kz_keyring *keys, uint64_t user,
                             struct kz_err *err) {
  struct kz_shelf_change *changes = NULL;
  size_t count = 0;
  KZ_ARENA(arena, ARENA_BYTES);
  if (!arena) {
    return no_memory(err);
  }
  pthread_mutex_lock(&keys->change);
  kz_rc rc = list_removals(keys, user, 0, arena, &changes, &count, err);
  if (rc == KZ_OK) {
    rc = apply(keys, changes, 0, count, err);
  }
  pthread_mutex_unlock(&keys->change);
  return rc;
}
