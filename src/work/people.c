#include "work/people.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/jsonw.h"

enum {
  NOTE_USER = 'u',
  HASH_BYTES = 32,
  HASH_TEXT = HASH_BYTES * 2 + 1,
  NOTE_BYTES = 1 << 16,
  NAMES_BYTES = 64 << 20,
  ROLE_ADMIN = 1,
};

struct member {
  struct kz_user user;
  unsigned char key_hash[HASH_BYTES];
  struct member *next;
};

struct kz_people {
  struct kz_store *store;
  pthread_mutex_t lock; /* guards key hashes and the list */
  struct kz_arena *arena;
  struct member *first;
};

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

static void write_user(const struct member *m, struct kz_buf *out) {
  char uuid[KZ_UUID_TEXT];
  char hash[HASH_TEXT];
  sodium_bin2hex(hash, sizeof hash, m->key_hash, sizeof m->key_hash);
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("email"), m->user.email);
  kz_jsonw_member_str(&w, KZ_STR("uuid"), kz_uuid_format(&m->user.uuid, uuid));
  kz_jsonw_member_u64(&w, KZ_STR("org"), m->user.org.id);
  kz_jsonw_member_u64(&w, KZ_STR("role"), m->user.role);
  kz_jsonw_member_str(&w, KZ_STR("key"), kz_str_of(hash));
  kz_jsonw_object_end(&w);
}

/* Reads one member of a user's document. */
static kz_rc read_member(struct member *m, struct kz_arena *arena, kz_str name,
                         const struct kz_json_token *value) {
  uint64_t number = 0;
  kz_rc rc = KZ_OK;
  if (kz_str_eq(name, KZ_STR("email"))) {
    rc = kz_arena_dup(arena, value->text, &m->user.email);
  } else if (kz_str_eq(name, KZ_STR("uuid"))) {
    rc = kz_uuid_parse(value->text, &m->user.uuid);
  } else if (kz_str_eq(name, KZ_STR("org"))) {
    rc = kz_str_u64(value->text, &number);
    m->user.org.id = (uint32_t)number;
  } else if (kz_str_eq(name, KZ_STR("role"))) {
    rc = kz_str_u64(value->text, &number);
    m->user.role = (unsigned)number;
  } else if (kz_str_eq(name, KZ_STR("key"))) {
    size_t len = 0;
    if (sodium_hex2bin(m->key_hash, sizeof m->key_hash, value->text.ptr,
                       value->text.len, NULL, &len, NULL) != 0 ||
        len != sizeof m->key_hash) {
      rc = KZ_E_CORRUPT;
    }
  }
  return rc;
}

static kz_rc read_user(struct member *m, struct kz_arena *arena, kz_str text) {
  struct kz_json json;
  struct kz_json_token token;
  kz_json_init(&json, text, arena, KZ_JSON_LIMITS);
  kz_rc rc = kz_json_next(&json, &token);
  while (rc == KZ_OK) {
    rc = kz_json_next(&json, &token);
    if (rc != KZ_OK || token.kind == KZ_JSON_OBJECT_END) {
      break;
    }
    kz_str name = token.text;
    rc = kz_json_next(&json, &token);
    if (rc == KZ_OK) {
      rc = read_member(m, arena, name, &token);
    }
  }
  return rc;
}

static void complete(struct kz_people *people, struct member *m) {
  struct kz_org org;
  if (kz_dict_org_get(kz_store_dict(people->store), m->user.org.id, &org) ==
      KZ_OK) {
    m->user.org = org;
  }
  m->user.viewer = (struct kz_viewer){
      .sees_all = m->user.role == ROLE_ADMIN,
      .org = m->user.org.id,
  };
}

static kz_rc take_user(void *ctx, uint64_t id, kz_str bytes,
                       struct kz_err *err) {
  struct kz_people *people = ctx;
  struct member *m = kz_arena_alloc(people->arena, sizeof *m);
  kz_str text;
  if (!m || kz_arena_dup(people->arena, bytes, &text) != KZ_OK) {
    return kz_err_set(err, KZ_E_MEMORY, "users: out of memory");
  }
  m->user.id = id;
  if (read_user(m, people->arena, text) != KZ_OK) {
    return kz_err_set(err, KZ_E_CORRUPT, "user %llu: damaged document",
                      (unsigned long long)id);
  }
  complete(people, m);
  struct member **last = &people->first;
  while (*last) {
    last = &(*last)->next;
  }
  *last = m;
  return KZ_OK;
}

/* Writes a user on the writer thread; gives him an organisation when new. */
static kz_rc save_user(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct member *m = ctx;
  KZ_BUF(text, NOTE_BYTES);
  kz_rc rc = KZ_OK;
  if (m->user.org.id == 0) {
    rc = kz_dict_org(kz_txn_dict(txn), &m->user.org, &m->user.org.id, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  write_user(m, &text);
  return kz_buf_failed(&text)
             ? kz_err_set(err, KZ_E_MEMORY, "users: out of memory")
             : kz_txn_put_note(txn, NOTE_USER, m->user.id, kz_buf_str(&text),
                               &m->user.id, err);
}

static kz_rc make_admin(struct kz_people *people, char *first_key,
                        struct kz_err *err) {
  struct member *m = kz_arena_alloc(people->arena, sizeof *m);
  if (!m) {
    return kz_err_set(err, KZ_E_MEMORY, "users: out of memory");
  }
  m->user.email = KZ_STR("admin@admin.test");
  m->user.role = ROLE_ADMIN;
  m->user.org.name = KZ_STR("ORGNAME");
  m->user.org.has_uuid = true;
  m->user.org.local = true;
  if (kz_uuid_make(&m->user.uuid) != KZ_OK ||
      kz_uuid_make(&m->user.org.uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
  }
  make_key(first_key);
  hash_key(kz_str_of(first_key), m->key_hash);
  kz_rc rc = kz_store_run(people->store, save_user, m, err);
  if (rc == KZ_OK) {
    complete(people, m);
    people->first = m;
  }
  return rc;
}

kz_rc kz_people_open(struct kz_store *store, char *first_key,
                     struct kz_people **ret_people, struct kz_err *err) {
  struct kz_people *people = calloc(1, sizeof *people);
  if (!people) {
    return kz_err_set(err, KZ_E_MEMORY, "users: out of memory");
  }
  pthread_mutex_init(&people->lock, NULL);
  people->store = store;
  people->arena = kz_arena_new(NAMES_BYTES);
  first_key[0] = '\0';
  kz_rc rc = people->arena && sodium_init() >= 0
                 ? kz_store_notes(store, NOTE_USER, take_user, people, err)
                 : kz_err_set(err, KZ_E_MEMORY, "users: out of memory");
  if (rc == KZ_OK && !people->first) {
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
  if (people) {
    kz_arena_free(people->arena);
    pthread_mutex_destroy(&people->lock);
    free(people);
  }
}

kz_rc kz_people_check(struct kz_people *people, kz_str key,
                      const struct kz_user **ret_user) {
  unsigned char hash[HASH_BYTES];
  if (key.len != KZ_KEY_TEXT - 1) {
    return KZ_E_DENIED;
  }
  hash_key(key, hash);
  const struct kz_user *found = NULL;
  pthread_mutex_lock(&people->lock);
  for (struct member *m = people->first; m; m = m->next) {
    if (sodium_memcmp(hash, m->key_hash, sizeof hash) == 0) {
      found = &m->user;
    }
  }
  pthread_mutex_unlock(&people->lock);
  if (!found) {
    return KZ_E_DENIED;
  }
  *ret_user = found;
  return KZ_OK;
}

const struct kz_user *kz_people_admin(struct kz_people *people) {
  return &people->first->user;
}

kz_rc kz_people_reset(struct kz_people *people, char ret_key[KZ_KEY_TEXT],
                      struct kz_err *err) {
  struct member changed = *people->first;
  make_key(ret_key);
  hash_key(kz_str_of(ret_key), changed.key_hash);
  kz_rc rc = kz_store_run(people->store, save_user, &changed, err);
  if (rc == KZ_OK) {
    pthread_mutex_lock(&people->lock);
    memcpy(people->first->key_hash, changed.key_hash, sizeof changed.key_hash);
    pthread_mutex_unlock(&people->lock);
  }
  return rc;
}

uint64_t kz_people_count(struct kz_people *people) {
  uint64_t count = 0;
  pthread_mutex_lock(&people->lock);
  for (const struct member *m = people->first; m; m = m->next) {
    count++;
  }
  pthread_mutex_unlock(&people->lock);
  return count;
}
