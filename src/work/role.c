#include "work/role.h"

enum {
  ARENA_BYTES = 16 << 20,
  USER_PERMS = KZ_PERM_ADD | KZ_PERM_MODIFY | KZ_PERM_MODIFY_ORG |
               KZ_PERM_AUDIT | KZ_PERM_AUTH | KZ_PERM_TAGGER |
               KZ_PERM_SIGHTING | KZ_PERM_DECAYING | KZ_PERM_GALAXY_EDITOR |
               KZ_PERM_ANALYST_DATA,
  PUBLISHER_PERMS = USER_PERMS | KZ_PERM_PUBLISH | KZ_PERM_PUBLISH_ZMQ |
                    KZ_PERM_PUBLISH_KAFKA | KZ_PERM_DELEGATE,
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_ROLE, .noun = "role", .name = "name"};

/* MISP's roles in the order of their ids, from 1. */
static const struct {
  const char *name;
  uint32_t perms;
} defaults[] = {
    {"admin", KZ_PERM_ALL & ~KZ_PERM_SKIP_OTP},
    {"Org Admin", PUBLISHER_PERMS | KZ_PERM_ADMIN | KZ_PERM_TEMPLATE |
                      KZ_PERM_SHARING_GROUP | KZ_PERM_TAG_EDITOR},
    {"User", USER_PERMS},
    {"Publisher", PUBLISHER_PERMS},
    {"Sync user", PUBLISHER_PERMS | KZ_PERM_SYNC | KZ_PERM_SHARING_GROUP |
                      KZ_PERM_TAG_EDITOR},
    {"Read Only", KZ_PERM_AUDIT | KZ_PERM_AUTH},
};
enum { DEFAULT_COUNT = sizeof defaults / sizeof defaults[0], DEFAULT_ROLE = 2 };

kz_str kz_perm_name(unsigned number) {
  static const char *const names[] = {
#define NAME(name, text) text,
      KZ_PERM_LIST(NAME)
#undef NAME
  };
  return number < KZ_PERM_COUNT ? kz_str_of(names[number]) : KZ_STR_NONE;
}

static struct kz_jsonv *default_document(size_t i, struct kz_arena *arena) {
  struct kz_jsonv *v = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  bool is_made = v && kz_jsonv_set_str(v, KZ_STR("name"),
                                       kz_str_of(defaults[i].name), arena);
  for (unsigned p = 0; is_made && p < KZ_PERM_COUNT; p++) {
    is_made = kz_jsonv_set_bool(v, kz_perm_name(p), defaults[i].perms >> p & 1,
                                arena);
  }
  if (is_made) {
    is_made =
        kz_jsonv_set_bool(v, KZ_STR("default_role"), i == DEFAULT_ROLE, arena);
  }
  return is_made ? v : NULL;
}

static kz_rc make_defaults(struct kz_shelf *roles, struct kz_err *err) {
  struct kz_shelf_change changes[DEFAULT_COUNT];
  KZ_ARENA(arena, ARENA_BYTES);
  for (size_t i = 0; i < DEFAULT_COUNT; i++) {
    changes[i] = (struct kz_shelf_change){
        .shelf = roles,
        .document = arena ? default_document(i, arena) : NULL,
        .arena = arena,
    };
    if (!changes[i].document) {
      return kz_err_set(err, KZ_E_MEMORY, "roles: out of memory");
    }
  }
  return kz_shelf_apply(changes, DEFAULT_COUNT, err);
}

kz_rc kz_roles_open(struct kz_store *store, struct kz_shelf **ret_roles,
                    struct kz_err *err) {
  struct kz_shelf *roles = NULL;
  kz_rc rc = kz_shelf_open(store, &shape, &roles, err);
  if (rc == KZ_OK && kz_shelf_count(roles) == 0) {
    rc = make_defaults(roles, err);
  }
  if (rc != KZ_OK) {
    kz_shelf_close(roles);
    return rc;
  }
  *ret_roles = roles;
  return KZ_OK;
}

struct kz_role kz_role_read(const struct kz_jsonv *document) {
  struct kz_role role = {
      .id = kz_jsonv_u64(document, KZ_STR("id"), 0),
      .name = kz_jsonv_text(document, KZ_STR("name")),
      .restricted_to_site_admin =
          kz_jsonv_flag(document, KZ_STR("restricted_to_site_admin"), false),
  };
  for (unsigned i = 0; i < KZ_PERM_COUNT; i++) {
    role.perms |= (uint32_t)kz_jsonv_flag(document, kz_perm_name(i), false)
                  << i;
  }
  if (kz_jsonv_flag(document, KZ_STR("enforce_rate_limit"), false)) {
    uint64_t limit = kz_jsonv_u64(document, KZ_STR("rate_limit_count"), 0);
    role.rate_limit = limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
  }
  return role;
}

kz_rc kz_role_get(struct kz_shelf *roles, uint64_t id, struct kz_arena *arena,
                  struct kz_role *ret, struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_shelf_get(roles, id, arena, &document, err);
  if (rc == KZ_OK) {
    *ret = kz_role_read(document);
  }
  return rc;
}

/* All roles' documents in the order of their ids, with `id` as the default one
 * when it is not 0. */
struct walk {
  struct kz_shelf *roles;
  struct kz_arena *arena;
  struct kz_card *cards;
  size_t count;
};

static kz_rc begin(struct walk *walk, struct kz_shelf *roles,
                   struct kz_arena *arena, struct kz_err *err) {
  *walk = (struct walk){.roles = roles, .arena = arena};
  kz_rc rc = arena ? kz_shelf_cards(roles, 0, arena, &walk->cards, &walk->count)
                   : KZ_E_MEMORY;
  return rc == KZ_OK ? rc : kz_err_set(err, rc, "roles: out of memory");
}

static bool is_default(const struct kz_jsonv *document) {
  return kz_jsonv_flag(document, KZ_STR("default_role"), false);
}

kz_rc kz_role_default(struct kz_shelf *roles, uint64_t *ret_id,
                      struct kz_err *err) {
  struct walk walk;
  KZ_ARENA(arena, ARENA_BYTES);
  kz_rc rc = begin(&walk, roles, arena, err);
  for (size_t i = 0; rc == KZ_OK && i < walk.count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(roles, walk.cards[i].id, arena, &document, err);
    if (rc == KZ_OK && is_default(document)) {
      *ret_id = walk.cards[i].id;
      return KZ_OK;
    }
  }
  return rc == KZ_OK ? KZ_NOT_FOUND : rc;
}

kz_rc kz_role_set_default(struct kz_shelf *roles, uint64_t id,
                          struct kz_err *err) {
  struct walk walk;
  size_t count = 0;
  bool is_there = false;
  KZ_ARENA(arena, ARENA_BYTES);
  kz_rc rc = begin(&walk, roles, arena, err);
  struct kz_shelf_change *changes =
      rc == KZ_OK ? kz_arena_array(arena, walk.count + 1, sizeof *changes)
                  : NULL;
  for (size_t i = 0; changes && rc == KZ_OK && i < walk.count; i++) {
    struct kz_jsonv *document = NULL;
    bool is_it = walk.cards[i].id == id;
    is_there = is_there || is_it;
    rc = kz_shelf_get(roles, walk.cards[i].id, arena, &document, err);
    if (rc == KZ_OK && is_default(document) != is_it) {
      rc = kz_jsonv_set_bool(document, KZ_STR("default_role"), is_it, arena)
               ? KZ_OK
               : kz_err_set(err, KZ_E_MEMORY, "roles: out of memory");
      changes[count++] = (struct kz_shelf_change){.shelf = roles,
                                                  .id = walk.cards[i].id,
                                                  .document = document,
                                                  .arena = arena};
    }
  }
  if (rc == KZ_OK && !changes) {
    return kz_err_set(err, KZ_E_MEMORY, "roles: out of memory");
  }
  if (rc == KZ_OK && !is_there) {
    return KZ_NOT_FOUND;
  }
  return rc == KZ_OK ? kz_shelf_apply(changes, count, err) : rc;
}
