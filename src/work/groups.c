/* Membership is one array of (organisation, group) in the order of groups:
 * there are some hundreds, asked when a user is read and when something is put
 * into a group, and a change replaces one group's. */
#include "work/groups.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
  SCRATCH = 64 << 20,
  ORGS_MAX = 100000, /* of one group */
};

/* One organisation in one group; 0: all of this server. */
struct member {
  uint64_t group;
  uint32_t org;
  bool extends;
  bool owns; /* it is its group; being in it is another member */
};

struct kz_groups {
  struct kz_store *store;
  struct kz_shelf *shelf;
  pthread_mutex_t change; /* around reading and writing a document */
  pthread_rwlock_t lock;  /* around what follows */
  struct member *members; /* by group */
  size_t count;
  uint64_t version;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_GROUP, .noun = "sharing group", .name = "name"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "sharing group: out of memory");
}

/* --- who is in -------------------------------------------------------------
 */

static struct kz_jsonv *list_of(const struct kz_jsonv *document, kz_str name) {
  struct kz_jsonv *list = kz_jsonv_get(document, name);
  return list && list->kind == KZ_JSON_ARRAY ? list : NULL;
}

static const kz_str orgs_name = {"SharingGroupOrg", 15};
static const kz_str servers_name = {"SharingGroupServer", 18};

static uint32_t org_of(const struct kz_jsonv *entry) {
  uint64_t org = kz_jsonv_u64(entry, KZ_STR("org_id"), 0);
  return org <= UINT32_MAX ? (uint32_t)org : 0;
}

static bool takes_all(const struct kz_jsonv *server) {
  return kz_jsonv_u64(server, KZ_STR("server_id"), UINT64_MAX) == 0 &&
         kz_jsonv_flag(server, KZ_STR("all_orgs"), false);
}

/* The members of a document into `out`, which has room for all. */
static size_t read_members(const struct kz_jsonv *document, uint64_t id,
                           struct member *out) {
  size_t count = 0;
  uint32_t owner = org_of(document);
  if (owner != 0) {
    out[count++] = (struct member){.group = id, .org = owner, .owns = true};
  }
  struct kz_jsonv *list = list_of(document, orgs_name);
  for (struct kz_jsonv *e = list ? list->first : NULL; e; e = e->next) {
    uint32_t org = org_of(e);
    if (org != 0) {
      out[count++] = (struct member){
          .group = id,
          .org = org,
          .extends = kz_jsonv_flag(e, KZ_STR("extend"), false),
      };
    }
  }
  list = list_of(document, servers_name);
  for (struct kz_jsonv *e = list ? list->first : NULL; e; e = e->next) {
    if (takes_all(e)) {
      out[count++] = (struct member){.group = id};
    }
  }
  return count;
}

static size_t members_max(const struct kz_jsonv *document) {
  const struct kz_jsonv *orgs = list_of(document, orgs_name);
  const struct kz_jsonv *servers = list_of(document, servers_name);
  return 1 + (orgs ? orgs->count : 0) + (servers ? servers->count : 0);
}

/* Puts the members of a document (NULL: none) in place of the group's. */
static kz_rc learn(struct kz_groups *groups, uint64_t id,
                   const struct kz_jsonv *document) {
  size_t more = document ? members_max(document) : 0;
  pthread_rwlock_wrlock(&groups->lock);
  struct member *members = calloc(groups->count + more + 1, sizeof *members);
  size_t count = 0;
  size_t i = 0;
  for (; members && i < groups->count && groups->members[i].group < id; i++) {
    members[count++] = groups->members[i];
  }
  if (members && document) {
    count += read_members(document, id, members + count);
  }
  for (; members && i < groups->count; i++) {
    if (groups->members[i].group != id) {
      members[count++] = groups->members[i];
    }
  }
  if (members) {
    free(groups->members);
    groups->members = members;
    groups->count = count;
    groups->version++;
  }
  pthread_rwlock_unlock(&groups->lock);
  return members ? KZ_OK : KZ_E_MEMORY;
}

static kz_rc learn_all(struct kz_groups *groups, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  KZ_ARENA(one, SCRATCH);
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = arena && one
                 ? kz_shelf_cards(groups->shelf, 0, arena, &cards, &count)
                 : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    kz_arena_reset(one);
    rc = kz_shelf_get(groups->shelf, cards[i].id, one, &document, err);
    if (rc == KZ_OK) {
      rc = learn(groups, cards[i].id, document);
    }
  }
  return rc == KZ_E_MEMORY ? no_memory(err) : rc;
}

kz_rc kz_groups_open(struct kz_store *store, struct kz_groups **ret_groups,
                     struct kz_err *err) {
  struct kz_groups *groups = calloc(1, sizeof *groups);
  if (!groups) {
    return no_memory(err);
  }
  groups->store = store;
  pthread_mutex_init(&groups->change, NULL);
  pthread_rwlock_init(&groups->lock, NULL);
  kz_rc rc = kz_shelf_open(store, &shape, &groups->shelf, err);
  if (rc == KZ_OK) {
    rc = learn_all(groups, err);
  }
  if (rc != KZ_OK) {
    kz_groups_close(groups);
    return rc;
  }
  *ret_groups = groups;
  return KZ_OK;
}

void kz_groups_close(struct kz_groups *groups) {
  if (groups) {
    kz_shelf_close(groups->shelf);
    free(groups->members);
    pthread_rwlock_destroy(&groups->lock);
    pthread_mutex_destroy(&groups->change);
    free(groups);
  }
}

struct kz_shelf *kz_groups_shelf(struct kz_groups *groups) {
  return groups->shelf;
}

uint64_t kz_groups_version(struct kz_groups *groups) {
  pthread_rwlock_rdlock(&groups->lock);
  uint64_t version = groups->version;
  pthread_rwlock_unlock(&groups->lock);
  return version;
}

kz_rc kz_groups_of(struct kz_groups *groups, uint32_t org,
                   struct kz_arena *arena, const uint64_t **ret_ids,
                   size_t *ret_count) {
  pthread_rwlock_rdlock(&groups->lock);
  uint64_t *ids = kz_arena_array(arena, groups->count + 1, sizeof *ids);
  size_t count = 0;
  for (size_t i = 0; ids && org != 0 && i < groups->count; i++) {
    const struct member *m = &groups->members[i];
    if (!m->owns && (m->org == org || m->org == 0) &&
        (count == 0 || ids[count - 1] != m->group)) {
      ids[count++] = m->group;
    }
  }
  pthread_rwlock_unlock(&groups->lock);
  if (!ids) {
    return KZ_E_MEMORY;
  }
  *ret_ids = ids;
  *ret_count = count;
  return KZ_OK;
}

enum question { IS_IN, MAY_EXTEND };

static bool ask(struct kz_groups *groups, uint64_t group, uint32_t org,
                enum question question) {
  bool yes = false;
  pthread_rwlock_rdlock(&groups->lock);
  for (size_t i = 0; org != 0 && !yes && i < groups->count; i++) {
    const struct member *m = &groups->members[i];
    if (m->group == group && (m->org == org || m->org == 0)) {
      yes = question == IS_IN ? !m->owns : m->owns || m->extends;
    }
  }
  pthread_rwlock_unlock(&groups->lock);
  return yes;
}

bool kz_groups_has(struct kz_groups *groups, uint64_t group, uint32_t org) {
  return ask(groups, group, org, IS_IN);
}

bool kz_groups_may_extend(struct kz_groups *groups, uint64_t group,
                          uint32_t org) {
  return ask(groups, group, org, MAY_EXTEND);
}

kz_rc kz_groups_get(struct kz_groups *groups, kz_str ref,
                    struct kz_arena *arena, struct kz_jsonv **ret_document,
                    struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = kz_shelf_by_ref(groups->shelf, ref, &id);
  return rc == KZ_OK ? kz_shelf_get(groups->shelf, id, arena, ret_document, err)
                     : rc;
}

/* --- changes; `change` is held ---------------------------------------------
 */

static kz_str moment(struct kz_arena *arena) {
  char text[KZ_TIME_TEXT];
  kz_str now;
  return kz_arena_dup(arena, kz_clock_format_sql(kz_clock_now_us(), text),
                      &now) == KZ_OK
             ? now
             : KZ_STR("");
}

static kz_rc check_name(struct kz_groups *groups, uint64_t id,
                        const struct kz_jsonv *document, struct kz_err *err) {
  uint64_t other = 0;
  kz_str name = kz_jsonv_text(document, KZ_STR("name"));
  if (name.len == 0) {
    return kz_err_set(err, KZ_E_INPUT, "name: it is empty");
  }
  if (kz_shelf_by_name(groups->shelf, name, &other) == KZ_OK && other != id) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "name: A sharing group with this name already exists.");
  }
  return KZ_OK;
}

static kz_rc check_uuid(struct kz_groups *groups, uint64_t id,
                        struct kz_jsonv *document, struct kz_arena *arena,
                        struct kz_err *err) {
  struct kz_uuid uuid;
  uint64_t other = 0;
  kz_str text = kz_jsonv_text(document, KZ_STR("uuid"));
  if (text.len == 0) {
    char made[KZ_UUID_TEXT];
    kz_str kept = KZ_STR_NONE;
    if (kz_uuid_make(&uuid) != KZ_OK) {
      return kz_err_set(err, KZ_E_INTERNAL, "no random numbers");
    }
    return kz_arena_dup(arena, kz_uuid_format(&uuid, made), &kept) == KZ_OK &&
                   kz_jsonv_set_str(document, KZ_STR("uuid"), kept, arena)
               ? KZ_OK
               : no_memory(err);
  }
  if (kz_uuid_parse(text, &uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "uuid: it is none");
  }
  if (kz_shelf_by_uuid(groups->shelf, &uuid, &other) == KZ_OK && other != id) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "uuid: A sharing group with this uuid already exists.");
  }
  return KZ_OK;
}

static kz_rc check_orgs(struct kz_groups *groups,
                        const struct kz_jsonv *document, struct kz_err *err) {
  struct kz_jsonv *list = list_of(document, orgs_name);
  if (list && list->count > ORGS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "SharingGroupOrg: too many");
  }
  for (struct kz_jsonv *e = list ? list->first : NULL; e; e = e->next) {
    struct kz_org org;
    if (kz_dict_org_get(kz_store_dict(groups->store), org_of(e), &org) !=
        KZ_OK) {
      return kz_err_set(err, KZ_E_INPUT,
                        "SharingGroupOrg: there is no organisation %u",
                        org_of(e));
    }
  }
  return KZ_OK;
}

/* What a document must have and was not given. */
static bool complete(struct kz_jsonv *document, struct kz_arena *arena) {
  kz_str now = moment(arena);
  const kz_str lists[] = {orgs_name, servers_name};
  bool done = kz_jsonv_set_str(document, KZ_STR("modified"), now, arena);
  if (kz_jsonv_text(document, KZ_STR("created")).len == 0) {
    done = done && kz_jsonv_set_str(document, KZ_STR("created"), now, arena);
  }
  for (size_t i = 0; done && i < 2; i++) {
    if (!list_of(document, lists[i])) {
      struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
      done = list && kz_jsonv_set(document, lists[i], list, arena);
    }
  }
  return done;
}

static kz_rc put(struct kz_groups *groups, uint64_t *id,
                 struct kz_jsonv *document, struct kz_arena *arena,
                 struct kz_err *err) {
  if (!complete(document, arena)) {
    return no_memory(err);
  }
  kz_rc rc = kz_shelf_put(groups->shelf, id, document, arena, err);
  if (rc == KZ_OK && learn(groups, *id, document) != KZ_OK) {
    rc = no_memory(err);
  }
  return rc;
}

static kz_rc save(struct kz_groups *groups, uint64_t *id,
                  struct kz_jsonv *document, struct kz_arena *arena,
                  struct kz_err *err) {
  kz_rc rc = check_name(groups, *id, document, err);
  if (rc == KZ_OK) {
    rc = check_uuid(groups, *id, document, arena, err);
  }
  if (rc == KZ_OK) {
    rc = check_orgs(groups, document, err);
  }
  return rc == KZ_OK ? put(groups, id, document, arena, err) : rc;
}

kz_rc kz_groups_save(struct kz_groups *groups, uint64_t *id,
                     struct kz_jsonv *document, struct kz_arena *arena,
                     struct kz_err *err) {
  pthread_mutex_lock(&groups->change);
  kz_rc rc = save(groups, id, document, arena, err);
  pthread_mutex_unlock(&groups->change);
  return rc;
}

kz_rc kz_groups_remove(struct kz_groups *groups, uint64_t id,
                       struct kz_err *err) {
  pthread_mutex_lock(&groups->change);
  kz_rc rc = kz_shelf_remove(groups->shelf, id, err);
  if (rc == KZ_OK && learn(groups, id, NULL) != KZ_OK) {
    rc = no_memory(err);
  }
  pthread_mutex_unlock(&groups->change);
  return rc;
}

/* An entry of a list that is to be there, with a flag, or not to be. */
struct entry {
  kz_str list;
  kz_str key;
  uint64_t number;
  kz_str flag;
  bool value;
  bool goes;
};

static struct kz_jsonv *find_entry(const struct kz_jsonv *list,
                                   const struct entry *entry) {
  struct kz_jsonv *e = list->first;
  while (e && kz_jsonv_u64(e, entry->key, UINT64_MAX) != entry->number) {
    e = e->next;
  }
  return e;
}

/* The list without one of its values, which are borrowed. */
static struct kz_jsonv *without(const struct kz_jsonv *list,
                                const struct kz_jsonv *gone,
                                struct kz_arena *arena) {
  struct kz_jsonv *kept = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  struct kz_jsonv *next = NULL;
  for (struct kz_jsonv *e = kept ? list->first : NULL; e; e = next) {
    next = e->next;
    if (e != gone) {
      e->next = NULL;
      kz_jsonv_push(kept, e);
    }
  }
  return kept;
}

static kz_rc change_entry(struct kz_jsonv *document, const struct entry *entry,
                          struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *list = list_of(document, entry->list);
  struct kz_jsonv *e = list ? find_entry(list, entry) : NULL;
  if (entry->goes) {
    struct kz_jsonv *kept = e ? without(list, e, arena) : NULL;
    if (!e) {
      return KZ_NOT_FOUND;
    }
    return kept && kz_jsonv_set(document, entry->list, kept, arena)
               ? KZ_OK
               : no_memory(err);
  }
  if (e && kz_jsonv_flag(e, entry->flag, false) == entry->value) {
    return KZ_UNCHANGED;
  }
  if (!list) {
    list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
    if (!list || !kz_jsonv_set(document, entry->list, list, arena)) {
      return no_memory(err);
    }
  }
  if (!e) {
    e = kz_jsonv_new(arena, KZ_JSON_OBJECT);
    if (!e || !kz_jsonv_set_u64(e, entry->key, entry->number, arena)) {
      return no_memory(err);
    }
    kz_jsonv_push(list, e);
  }
  return kz_jsonv_set_bool(e, entry->flag, entry->value, arena)
             ? KZ_OK
             : no_memory(err);
}

static kz_rc change(struct kz_groups *groups, uint64_t id,
                    const struct entry *entry, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_jsonv *document = NULL;
  if (!arena) {
    return no_memory(err);
  }
  pthread_mutex_lock(&groups->change);
  kz_rc rc = kz_shelf_get(groups->shelf, id, arena, &document, err);
  if (rc == KZ_OK) {
    rc = change_entry(document, entry, arena, err);
  }
  if (rc == KZ_OK) {
    rc = put(groups, &id, document, arena, err);
  }
  pthread_mutex_unlock(&groups->change);
  return rc;
}

kz_rc kz_groups_add_org(struct kz_groups *groups, uint64_t id, uint32_t org,
                        bool extend, struct kz_err *err) {
  const struct entry entry = {.list = orgs_name,
                              .key = KZ_STR("org_id"),
                              .number = org,
                              .flag = KZ_STR("extend"),
                              .value = extend};
  return change(groups, id, &entry, err);
}

kz_rc kz_groups_remove_org(struct kz_groups *groups, uint64_t id, uint32_t org,
                           struct kz_err *err) {
  const struct entry entry = {
      .list = orgs_name, .key = KZ_STR("org_id"), .number = org, .goes = true};
  return change(groups, id, &entry, err);
}

kz_rc kz_groups_add_server(struct kz_groups *groups, uint64_t id,
                           uint64_t server, bool all_orgs, struct kz_err *err) {
  const struct entry entry = {.list = servers_name,
                              .key = KZ_STR("server_id"),
                              .number = server,
                              .flag = KZ_STR("all_orgs"),
                              .value = all_orgs};
  return change(groups, id, &entry, err);
}

kz_rc kz_groups_remove_server(struct kz_groups *groups, uint64_t id,
                              uint64_t server, struct kz_err *err) {
  const struct entry entry = {.list = servers_name,
                              .key = KZ_STR("server_id"),
                              .number = server,
                              .goes = true};
  return change(groups, id, &entry, err);
}

/* --- what came from elsewhere ----------------------------------------------
 */

/* Organisations of a group that was sent, on their way to the dictionary. */
struct learning {
  struct kz_dict *dict;
  struct kz_org *orgs;
  size_t count;
};

static kz_rc learn_orgs(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct learning *l = ctx;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < l->count; i++) {
    rc = kz_dict_org(kz_txn_dict(txn), &l->orgs[i], &l->orgs[i].id, err);
  }
  return rc;
}

/* Reads {Organisation:{uuid,name}}; false when there is no name. */
static bool read_org(const struct kz_jsonv *entry, struct kz_org *ret) {
  const struct kz_jsonv *org = kz_jsonv_get(entry, KZ_STR("Organisation"));
  *ret = (struct kz_org){.name = kz_jsonv_text(org, KZ_STR("name"))};
  ret->has_uuid =
      kz_uuid_parse(kz_jsonv_text(org, KZ_STR("uuid")), &ret->uuid) == KZ_OK;
  return ret->name.len > 0;
}

static bool copy_text(struct kz_jsonv *to, const struct kz_jsonv *from,
                      const char *name, struct kz_arena *arena) {
  kz_str text = kz_jsonv_text(from, kz_str_of(name));
  return text.len == 0 || kz_jsonv_set_str(to, kz_str_of(name), text, arena);
}

static bool copy_texts(struct kz_jsonv *to, const struct kz_jsonv *from,
                       struct kz_arena *arena) {
  static const char *const names[] = {"uuid",        "name",
                                      "created",     "releasability",
                                      "description", "organisation_uuid"};
  bool done = true;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    done = done && copy_text(to, from, names[i], arena);
  }
  return done &&
         kz_jsonv_set_bool(to, KZ_STR("roaming"),
                           kz_jsonv_flag(from, KZ_STR("roaming"), false),
                           arena) &&
         kz_jsonv_set_bool(to, KZ_STR("active"), true, arena) &&
         kz_jsonv_set_bool(to, KZ_STR("local"), false, arena);
}

/* The document of a group that was sent, with its organisations' numbers. */
static kz_rc translate(struct kz_groups *groups, const struct kz_jsonv *sent,
                       struct kz_arena *arena, struct kz_jsonv **ret,
                       struct kz_err *err) {
  const struct kz_jsonv *list = list_of(sent, orgs_name);
  size_t room = list ? list->count : 0;
  if (room > ORGS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "SharingGroupOrg: too many");
  }
  struct learning l = {.orgs = kz_arena_array(arena, room + 1, sizeof *l.orgs)};
  bool *extends = kz_arena_array(arena, room + 1, sizeof *extends);
  struct kz_jsonv *document = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  struct kz_jsonv *orgs = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  if (!l.orgs || !extends || !document || !orgs ||
      !copy_texts(document, sent, arena) ||
      !kz_jsonv_set(document, orgs_name, orgs, arena)) {
    return no_memory(err);
  }
  for (struct kz_jsonv *e = list ? list->first : NULL; e; e = e->next) {
    extends[l.count] = kz_jsonv_flag(e, KZ_STR("extend"), false);
    l.count += read_org(e, &l.orgs[l.count]);
  }
  kz_rc rc = kz_store_run(groups->store, learn_orgs, &l, err);
  for (size_t i = 0; rc == KZ_OK && i < l.count; i++) {
    struct kz_jsonv *e = kz_jsonv_new(arena, KZ_JSON_OBJECT);
    if (!e || !kz_jsonv_set_u64(e, KZ_STR("org_id"), l.orgs[i].id, arena) ||
        !kz_jsonv_set_bool(e, KZ_STR("extend"), extends[i], arena)) {
      return no_memory(err);
    }
    kz_jsonv_push(orgs, e);
  }
  *ret = document;
  return rc;
}

static bool names_org(struct kz_groups *groups, const struct kz_jsonv *sent,
                      uint32_t org) {
  const struct kz_jsonv *list = list_of(sent, orgs_name);
  for (struct kz_jsonv *e = list ? list->first : NULL; e; e = e->next) {
    struct kz_org named;
    struct kz_org own;
    if (read_org(e, &named) &&
        kz_dict_org_get(kz_store_dict(groups->store), org, &own) == KZ_OK &&
        (named.has_uuid && own.has_uuid ? kz_uuid_eq(&named.uuid, &own.uuid)
                                        : kz_str_eq(named.name, own.name))) {
      return true;
    }
  }
  return false;
}

kz_rc kz_groups_take(struct kz_groups *groups, const struct kz_jsonv *sent,
                     uint32_t org, bool may_add, struct kz_arena *arena,
                     uint64_t *ret_id, struct kz_err *err) {
  struct kz_uuid uuid;
  if (kz_uuid_parse(kz_jsonv_text(sent, KZ_STR("uuid")), &uuid) != KZ_OK) {
    return KZ_NOT_FOUND;
  }
  if (kz_shelf_by_uuid(groups->shelf, &uuid, ret_id) == KZ_OK) {
    return KZ_OK;
  }
  if (!may_add || (org != 0 && !names_org(groups, sent, org))) {
    return KZ_NOT_FOUND;
  }
  struct kz_jsonv *document = NULL;
  kz_rc rc = translate(groups, sent, arena, &document, err);
  uint64_t id = 0;
  if (rc == KZ_OK) {
    rc = kz_groups_save(groups, &id, document, arena, err);
  }
  if (rc == KZ_E_CONFLICT && /* another request made it meanwhile */
      kz_shelf_by_uuid(groups->shelf, &uuid, &id) == KZ_OK) {
    rc = KZ_OK;
  }
  if (rc == KZ_OK) {
    *ret_id = id;
  }
  return rc;
}
