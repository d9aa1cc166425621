/* Users lie in an array in the order of ids, each as two: as he is, and as he
 * is with a key that may only read. A user is one block of memory with his
 * texts behind him. Changes run one after another under `change`; readers take
 * a reference under `lock`. */
#include "work/people.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "work/user_setting.h"

enum { ARENA_BYTES = 1 << 30, EMAIL_MAX = 255, ROLE_ADMIN = 1 };

struct member {
  uint64_t id;
  const struct kz_user *user; /* NULL: removed */
  const struct kz_user *reader;
};

struct kz_people {
  struct kz_store *store;
  struct kz_shelf *roles;
  const struct kz_eyes *eyes; /* borrowed; NULL: not yet */
  _Atomic uint64_t seen;      /* their version that the users know */
  struct kz_shelf *shelf;
  struct kz_shelf *settings;
  struct kz_keyring *keys;
  pthread_mutex_t change;
  pthread_rwlock_t lock; /* guards all below */
  struct member *members;
  size_t count;
  size_t room;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_USER, .noun = "user", .name = "email", .parent = "org_id"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "users: out of memory");
}

/* --- one user --------------------------------------------------------------
 */

static struct kz_user *own(const struct kz_user *user) {
  return (struct kz_user *)(uintptr_t)user;
}

const struct kz_user *kz_user_ref(const struct kz_user *user) {
  own(user)->refs++;
  return user;
}

void kz_user_unref(const struct kz_user *user) {
  if (user && --own(user)->refs == 0) {
    free(own(user));
  }
}

static kz_str place_text(char **at, kz_str text) {
  kz_str placed = {*at, text.len};
  if (text.len > 0) {
    memcpy(*at, text.ptr, text.len);
  }
  *at += text.len;
  return placed;
}

/* The same for numbers, which come before the texts. */
static const uint64_t *place_numbers(char **at, const uint64_t *numbers,
                                     size_t count) {
  uint64_t *placed = (uint64_t *)(void *)*at;
  if (count > 0) {
    memcpy(placed, numbers, count * sizeof *placed);
  }
  *at += count * sizeof *placed;
  return placed;
}

/* A copy that owns its texts, with one reference. NULL when out of memory. */
static struct kz_user *copy_user(const struct kz_user *from) {
  const struct kz_viewer *viewer = &from->viewer;
  size_t numbers =
      (viewer->group_count + viewer->event_count) * sizeof(uint64_t);
  struct kz_user *user =
      malloc(sizeof *user + numbers + from->email.len + from->role.name.len);
  if (!user) {
    return NULL;
  }
  char *at = (char *)(user + 1);
  memcpy(user, from, sizeof *user);
  user->viewer.groups = place_numbers(&at, viewer->groups, viewer->group_count);
  user->viewer.events = place_numbers(&at, viewer->events, viewer->event_count);
  user->email = place_text(&at, from->email);
  user->role.name = place_text(&at, from->role.name);
  user->refs = 1;
  return user;
}

/* What sessions compare: another number for each password. */
static void tag_password(struct kz_user *user,
                         const struct kz_jsonv *document) {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  kz_str text = kz_jsonv_text(document, KZ_STR("password"));
  user->has_totp = kz_jsonv_text(document, KZ_STR("totp")).len > 0;
  if (text.len > 0) {
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text.ptr,
                       text.len, NULL, 0);
    memcpy(&user->password_tag, hash, sizeof user->password_tag);
  }
}

/* Reads a document; texts are borrowed from it. */
static kz_rc read_user(struct kz_people *people, uint64_t id,
                       const struct kz_jsonv *document, struct kz_arena *arena,
                       struct kz_user *ret, struct kz_err *err) {
  struct kz_user user = {
      .id = id,
      .email = kz_jsonv_text(document, KZ_STR("email")),
      .disabled = kz_jsonv_flag(document, KZ_STR("disabled"), false),
  };
  uint64_t org = kz_jsonv_u64(document, KZ_STR("org_id"), 0);
  uint64_t role = kz_jsonv_u64(document, KZ_STR("role_id"), 0);
  uint64_t expires = kz_jsonv_u64(document, KZ_STR("expiration"), 0);
  if (expires < (uint64_t)(KZ_TIME_MAX_US / KZ_SECOND_US)) {
    user.expires_us = (int64_t)expires * KZ_SECOND_US;
  }
  if (kz_uuid_parse(kz_jsonv_text(document, KZ_STR("uuid")), &user.uuid) !=
      KZ_OK) {
    user.uuid = KZ_UUID_NIL;
  }
  tag_password(&user, document);
  struct kz_dict *dict = kz_store_dict(people->store);
  if (org > UINT32_MAX || !kz_dict_org_lives(dict, (uint32_t)org) ||
      kz_dict_org_get(dict, (uint32_t)org, &user.org) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "org_id: there is no organisation %llu",
                      (unsigned long long)org);
  }
  kz_rc rc = kz_role_get(people->roles, role, arena, &user.role, err);
  if (rc == KZ_NOT_FOUND) {
    return kz_err_set(err, KZ_E_INPUT, "role_id: there is no role %llu",
                      (unsigned long long)role);
  }
  user.viewer = (struct kz_viewer){
      .sees_all = kz_user_may(&user, KZ_PERM_SITE_ADMIN),
      .sees_deleted = kz_user_may(&user, KZ_PERM_SYNC),
      .org = user.org.id,
  };
  if (rc == KZ_OK && people->eyes) {
    rc = kz_eyes_open(people->eyes, arena, &user.viewer);
  }
  if (rc == KZ_OK) {
    memcpy(ret, &user, sizeof user);
  }
  return rc;
}

/* --- the array; `change` is held -------------------------------------------
 */

static struct member *find(const struct kz_people *people, uint64_t id) {
  size_t low = 0;
  size_t high = people->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (people->members[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < people->count && people->members[low].id == id
             ? &people->members[low]
             : NULL;
}

static kz_rc grow(struct kz_people *people) {
  if (people->count < people->room) {
    return KZ_OK;
  }
  size_t room = people->room ? people->room * 2 : 16;
  struct member *grown = reallocarray(people->members, room, sizeof *grown);
  if (!grown) {
    return KZ_E_MEMORY;
  }
  people->members = grown;
  people->room = room;
  return KZ_OK;
}

/* Puts both in place of what is there; takes the references over. Ids of new
 * users only grow. */
static kz_rc replace(struct kz_people *people, uint64_t id,
                     const struct kz_user *user, const struct kz_user *reader) {
  struct member old = {.id = id};
  kz_rc rc = KZ_OK;
  pthread_rwlock_wrlock(&people->lock);
  struct member *m = find(people, id);
  if (!m) {
    rc = grow(people);
    m = rc == KZ_OK ? &people->members[people->count++] : NULL;
  } else {
    old = *m;
  }
  if (m) {
    *m = (struct member){.id = id, .user = user, .reader = reader};
  }
  pthread_rwlock_unlock(&people->lock);
  kz_user_unref(old.user);
  kz_user_unref(old.reader);
  if (rc != KZ_OK) {
    kz_user_unref(user);
    kz_user_unref(reader);
  }
  return rc;
}

static kz_rc learn(struct kz_people *people, const struct kz_user *as,
                   struct kz_err *err) {
  struct kz_user *user = copy_user(as);
  struct kz_user *reader = copy_user(as);
  if (!user || !reader) {
    free(user);
    free(reader);
    return no_memory(err);
  }
  reader->read_only = true;
  reader->role.perms = 0;
  return replace(people, as->id, user, reader) == KZ_OK ? KZ_OK
                                                        : no_memory(err);
}

static bool is_site_admin(const struct kz_user *user) {
  return user && !user->disabled && kz_user_may(user, KZ_PERM_SITE_ADMIN);
}

/* Whether there is a site administrator besides `id`. */
static bool has_other_admin(const struct kz_people *people, uint64_t id) {
  for (size_t i = 0; i < people->count; i++) {
    if (people->members[i].id != id && is_site_admin(people->members[i].user)) {
      return true;
    }
  }
  return false;
}

/* --- opening ---------------------------------------------------------------
 */

/* Documents of the first version had members org, role and key. */
static kz_rc renew_document(struct kz_people *people, uint64_t id,
                            struct kz_jsonv *document, struct kz_arena *arena,
                            struct kz_err *err) {
  kz_str hash = kz_jsonv_text(document, KZ_STR("key"));
  if (!hash.ptr) {
    return KZ_OK;
  }
  uint64_t org = kz_jsonv_u64(document, KZ_STR("org"), 0);
  uint64_t role = kz_jsonv_u64(document, KZ_STR("role"), 0);
  if (!kz_jsonv_set_u64(document, KZ_STR("org_id"), org, arena) ||
      !kz_jsonv_set_u64(document, KZ_STR("role_id"), role, arena)) {
    return no_memory(err);
  }
  kz_rc rc = kz_keyring_adopt(people->keys, id, hash, err);
  kz_jsonv_drop(document, KZ_STR("key"));
  kz_jsonv_drop(document, KZ_STR("org"));
  kz_jsonv_drop(document, KZ_STR("role"));
  return rc == KZ_OK ? kz_shelf_put(people->shelf, &id, document, arena, err)
                     : rc;
}

/* Reads all users anew. */
static kz_rc load(struct kz_people *people, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_user user;
  KZ_ARENA(list, ARENA_BYTES);
  KZ_ARENA(arena, ARENA_BYTES);
  if (!list || !arena ||
      kz_shelf_cards(people->shelf, 0, list, &cards, &count) != KZ_OK) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    kz_arena_reset(arena);
    rc = kz_shelf_get(people->shelf, cards[i].id, arena, &document, err);
    if (rc == KZ_OK) {
      rc = renew_document(people, cards[i].id, document, arena, err);
    }
    if (rc == KZ_OK) {
      rc = read_user(people, cards[i].id, document, arena, &user, err);
      rc = rc == KZ_E_INPUT ? KZ_E_CORRUPT : rc;
    }
    if (rc == KZ_OK) {
      rc = learn(people, &user, err);
    }
  }
  return rc;
}

static kz_rc make_org(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  uint32_t *id = ctx;
  struct kz_org org = {
      .name = KZ_STR("ORGNAME"), .has_uuid = true, .local = true};
  return kz_uuid_make(&org.uuid) == KZ_OK
             ? kz_dict_org(kz_txn_dict(txn), &org, id, err)
             : kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
}

static kz_rc make_admin(struct kz_people *people, char *first_key,
                        struct kz_err *err) {
  uint32_t org = 0;
  uint64_t id = 0;
  KZ_ARENA(arena, ARENA_BYTES);
  kz_rc rc = kz_store_run(people->store, make_org, &org, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *v = arena ? kz_jsonv_new(arena, KZ_JSON_OBJECT) : NULL;
  if (!v ||
      !kz_jsonv_set_str(v, KZ_STR("email"), KZ_STR("admin@admin.test"),
                        arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("org_id"), org, arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("role_id"), ROLE_ADMIN, arena) ||
      !kz_jsonv_set_bool(v, KZ_STR("termsaccepted"), true, arena)) {
    return no_memory(err);
  }
  rc = kz_people_save(people, &id, v, arena, err);
  return rc == KZ_OK ? kz_people_reset(people, id, first_key, err) : rc;
}

kz_rc kz_people_open(struct kz_store *store, struct kz_shelf *roles,
                     char *first_key, struct kz_people **ret_people,
                     struct kz_err *err) {
  struct kz_people *people = calloc(1, sizeof *people);
  if (!people) {
    return no_memory(err);
  }
  pthread_mutex_init(&people->change, NULL);
  pthread_rwlock_init(&people->lock, NULL);
  people->store = store;
  people->roles = roles;
  first_key[0] = '\0';
  kz_rc rc = kz_shelf_open(store, &shape, &people->shelf, err);
  if (rc == KZ_OK) {
    rc = kz_user_settings_open(store, &people->settings, err);
  }
  if (rc == KZ_OK) {
    rc = kz_keyring_open(store, &people->keys, err);
  }
  if (rc == KZ_OK) {
    rc = load(people, err);
  }
  if (rc == KZ_OK && !has_other_admin(people, 0)) {
    rc = make_admin(people, first_key, err);
  }
  if (rc != KZ_OK) {
    kz_people_close(people);
    return rc;
  }
  *ret_people = people;
  return KZ_OK;
}

void kz_people_close(struct kz_people *people) {
  if (!people) {
    return;
  }
  for (size_t i = 0; i < people->count; i++) {
    kz_user_unref(people->members[i].user);
    kz_user_unref(people->members[i].reader);
  }
  free(people->members);
  kz_keyring_close(people->keys);
  kz_shelf_close(people->settings);
  kz_shelf_close(people->shelf);
  pthread_rwlock_destroy(&people->lock);
  pthread_mutex_destroy(&people->change);
  free(people);
}

/* --- looking ---------------------------------------------------------------
 */

/* Groups change in many ways, also with events that bring them: who asks next
 * makes all users anew. */
static void look_again(struct kz_people *people) {
  if (people->eyes && kz_eyes_version(people->eyes) != people->seen &&
      kz_people_refresh(people, NULL) != KZ_OK) {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("people"),
           kz_log_text("what", KZ_STR("users are not up to date")));
  }
}

kz_rc kz_people_check(struct kz_people *people, kz_str key, kz_str peer,
                      const struct kz_user **ret_user, uint64_t *ret_key) {
  struct kz_key_grant grant;
  const struct kz_user *found = NULL;
  kz_rc rc = kz_keyring_check(people->keys, key, peer, &grant);
  if (rc != KZ_OK) {
    return rc;
  }
  look_again(people);
  pthread_rwlock_rdlock(&people->lock);
  const struct member *m = find(people, grant.user);
  bool may_use_keys = m && m->user && kz_user_may(m->user, KZ_PERM_AUTH);
  if (m && m->user) {
    found = kz_user_ref(grant.read_only ? m->reader : m->user);
  }
  pthread_rwlock_unlock(&people->lock);
  if (found &&
      (!may_use_keys || found->disabled ||
       (found->expires_us != 0 && found->expires_us <= kz_clock_now_us()))) {
    kz_user_unref(found);
    found = NULL;
  }
  if (!found) {
    return KZ_E_DENIED;
  }
  *ret_user = found;
  *ret_key = grant.key;
  return KZ_OK;
}

kz_rc kz_people_get(struct kz_people *people, uint64_t id,
                    const struct kz_user **ret_user) {
  const struct kz_user *found = NULL;
  look_again(people);
  pthread_rwlock_rdlock(&people->lock);
  const struct member *m = find(people, id);
  if (m && m->user) {
    found = kz_user_ref(m->user);
  }
  pthread_rwlock_unlock(&people->lock);
  if (!found) {
    return KZ_NOT_FOUND;
  }
  *ret_user = found;
  return KZ_OK;
}

kz_rc kz_people_find(struct kz_people *people, kz_str email,
                     const struct kz_user **ret_user) {
  const struct kz_user *found = NULL;
  pthread_rwlock_rdlock(&people->lock);
  for (size_t i = 0; !found && i < people->count; i++) {
    const struct kz_user *user = people->members[i].user;
    if (user && kz_str_eq_nocase(user->email, email)) {
      found = kz_user_ref(user);
    }
  }
  pthread_rwlock_unlock(&people->lock);
  if (!found) {
    return KZ_NOT_FOUND;
  }
  *ret_user = found;
  return KZ_OK;
}

const struct kz_user *kz_people_owner(struct kz_people *people) {
  const struct kz_user *found = NULL;
  pthread_rwlock_rdlock(&people->lock);
  for (size_t i = 0; !found && i < people->count; i++) {
    if (is_site_admin(people->members[i].user)) {
      found = kz_user_ref(people->members[i].user);
    }
  }
  pthread_rwlock_unlock(&people->lock);
  return found;
}

struct kz_shelf *kz_people_shelf(struct kz_people *people) {
  return people->shelf;
}

struct kz_shelf *kz_people_settings(struct kz_people *people) {
  return people->settings;
}

struct kz_keyring *kz_people_keys(struct kz_people *people) {
  return people->keys;
}

size_t kz_people_count_of(struct kz_people *people, uint32_t org,
                          uint64_t role) {
  size_t count = 0;
  pthread_rwlock_rdlock(&people->lock);
  for (size_t i = 0; i < people->count; i++) {
    const struct kz_user *user = people->members[i].user;
    count += user && (org == 0 || user->org.id == org) &&
             (role == 0 || user->role.id == role);
  }
  pthread_rwlock_unlock(&people->lock);
  return count;
}

uint64_t kz_people_count(struct kz_people *people) {
  return kz_people_count_of(people, 0, 0);
}

/* --- changes ---------------------------------------------------------------
 */

static bool is_address(kz_str email) {
  size_t at = kz_str_find_byte(email, '@');
  bool is_plain =
      at != SIZE_MAX && at > 0 && at + 1 < email.len && email.len <= EMAIL_MAX;
  for (size_t i = 0; is_plain && i < email.len; i++) {
    is_plain = (unsigned char)email.ptr[i] > ' ' && email.ptr[i] != 0x7F &&
               email.ptr[i] != '<' && email.ptr[i] != '>';
  }
  return is_plain;
}

static bool is_taken(const struct kz_people *people, kz_str email,
                     uint64_t but) {
  for (size_t i = 0; i < people->count; i++) {
    const struct member *m = &people->members[i];
    if (m->user && m->id != but && kz_str_eq_nocase(m->user->email, email)) {
      return true;
    }
  }
  return false;
}

static kz_rc check_user(struct kz_people *people, const struct kz_user *user,
                        struct kz_err *err) {
  if (!is_address(user->email)) {
    return kz_err_set(err, KZ_E_INPUT, "email: an e-mail address is due");
  }
  if (is_taken(people, user->email, user->id)) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "email: an account with this email address already "
                      "exists");
  }
  if (!is_site_admin(user) && !has_other_admin(people, user->id) &&
      people->count > 0) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "role_id: one site administrator has to stay");
  }
  return KZ_OK;
}

static kz_rc add_uuid(struct kz_jsonv *document, struct kz_arena *arena,
                      struct kz_err *err) {
  struct kz_uuid uuid;
  char text[KZ_UUID_TEXT];
  kz_str kept;
  if (kz_uuid_parse(kz_jsonv_text(document, KZ_STR("uuid")), &uuid) == KZ_OK) {
    return KZ_OK;
  }
  return kz_uuid_make(&uuid) == KZ_OK &&
                 kz_arena_dup(arena, kz_uuid_format(&uuid, text), &kept) ==
                     KZ_OK &&
                 kz_jsonv_set_str(document, KZ_STR("uuid"), kept, arena)
             ? KZ_OK
             : no_memory(err);
}

static kz_rc save(struct kz_people *people, uint64_t *id,
                  struct kz_jsonv *document, struct kz_arena *arena,
                  struct kz_err *err) {
  struct kz_user user;
  const struct member *known = find(people, *id);
  if (*id != 0 && (!known || !known->user)) {
    return KZ_NOT_FOUND;
  }
  kz_rc rc = read_user(people, *id, document, arena, &user, err);
  if (rc == KZ_OK) {
    rc = check_user(people, &user, err);
  }
  if (rc == KZ_OK) {
    rc = add_uuid(document, arena, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(people->shelf, id, document, arena, err);
  }
  if (rc == KZ_OK) {
    rc = read_user(people, *id, document, arena, &user, err);
  }
  return rc == KZ_OK ? learn(people, &user, err) : rc;
}

kz_rc kz_people_save(struct kz_people *people, uint64_t *id,
                     struct kz_jsonv *document, struct kz_arena *arena,
                     struct kz_err *err) {
  pthread_mutex_lock(&people->change);
  kz_rc rc = save(people, id, document, arena, err);
  pthread_mutex_unlock(&people->change);
  return rc;
}

/* Removes the user's document and settings. */
static kz_rc remove_documents(struct kz_people *people, uint64_t id,
                              struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(arena, ARENA_BYTES);
  if (!arena ||
      kz_shelf_cards(people->settings, id, arena, &cards, &count) != KZ_OK) {
    return no_memory(err);
  }
  struct kz_shelf_change *changes =
      kz_arena_array(arena, count + 1, sizeof *changes);
  if (!changes) {
    return no_memory(err);
  }
  changes[0] = (struct kz_shelf_change){.shelf = people->shelf, .id = id};
  for (size_t i = 0; i < count; i++) {
    changes[i + 1] =
        (struct kz_shelf_change){.shelf = people->settings, .id = cards[i].id};
  }
  return kz_shelf_apply(changes, count + 1, err);
}

kz_rc kz_people_remove(struct kz_people *people, uint64_t id,
                       struct kz_err *err) {
  pthread_mutex_lock(&people->change);
  const struct member *known = find(people, id);
  kz_rc rc = known && known->user ? KZ_OK : KZ_NOT_FOUND;
  if (rc == KZ_OK && !has_other_admin(people, id)) {
    rc = kz_err_set(err, KZ_E_CONFLICT, "one site administrator has to stay");
  }
  if (rc == KZ_OK) {
    rc = kz_keyring_remove_user(people->keys, id, err);
  }
  if (rc == KZ_OK) {
    rc = remove_documents(people, id, err);
  }
  if (rc == KZ_OK) {
    rc = replace(people, id, NULL, NULL);
  }
  pthread_mutex_unlock(&people->change);
  return rc;
}

kz_rc kz_people_use_eyes(struct kz_people *people, const struct kz_eyes *eyes,
                         struct kz_err *err) {
  people->eyes = eyes;
  return kz_people_refresh(people, err);
}

kz_rc kz_people_refresh(struct kz_people *people, struct kz_err *err) {
  pthread_mutex_lock(&people->change);
  uint64_t version = people->eyes ? kz_eyes_version(people->eyes) : 0;
  kz_rc rc = load(people, err);
  people->seen = rc == KZ_OK ? version : people->seen;
  pthread_mutex_unlock(&people->change);
  return rc;
}

kz_rc kz_people_reset(struct kz_people *people, uint64_t user,
                      char ret_key[KZ_KEY_TEXT], struct kz_err *err) {
  uint64_t id = 0;
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_jsonv *document =
      arena ? kz_jsonv_new(arena, KZ_JSON_OBJECT) : NULL;
  return document ? kz_keyring_add(people->keys, user, true, document, arena,
                                   ret_key, &id, err)
                  : no_memory(err);
}
