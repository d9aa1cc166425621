/* Users come without password and key, so nobody can log in as one of them
 * until an administrator has set either; whether MISP had disabled him stays
 * as it was. */
#include "work/move_lists.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/jsonw.h"
#include "base/utf8.h"
#include "work/groups.h"
#include "work/org.h"
#include "work/people.h"
#include "work/role.h"

enum { SCRATCH_BYTES = 256 << 20, READ_ONLY_ROLE = 6 };
#define LISTS_BYTES ((size_t)1 << 30)

static const char *const tables[KZ_MOVE_LIST_COUNT] = {
    [KZ_MOVE_ORGS] = "organisations",
    [KZ_MOVE_ROLES] = "roles",
    [KZ_MOVE_USERS] = "users",
    [KZ_MOVE_GROUPS] = "sharing_groups",
    [KZ_MOVE_GROUP_ORGS] = "sharing_group_orgs",
    [KZ_MOVE_GROUP_SERVERS] = "sharing_group_servers",
    [KZ_MOVE_GALAXIES] = "galaxies",
    [KZ_MOVE_RELATIONS] = "galaxy_cluster_relations",
    [KZ_MOVE_CLUSTERS] = "galaxy_clusters",
    [KZ_MOVE_ELEMENTS] = "galaxy_elements",
};

kz_rc kz_move_lists_init(struct kz_move_lists *lists) {
  *lists = (struct kz_move_lists){.arena = kz_arena_new(LISTS_BYTES),
                                  .custom = kz_intmap_new(1 << 24)};
  for (size_t i = 0; lists->arena && i < KZ_MOVE_LIST_COUNT; i++) {
    lists->rows[i] = kz_jsonv_new(lists->arena, KZ_JSON_ARRAY);
    if (!lists->rows[i]) {
      return KZ_E_MEMORY;
    }
  }
  return lists->arena && lists->custom ? KZ_OK : KZ_E_MEMORY;
}

void kz_move_lists_done(struct kz_move_lists *lists) {
  kz_intmap_free(lists->custom);
  kz_arena_free(lists->arena);
}

kz_rc kz_move_list_find(kz_str table, enum kz_move_list *ret) {
  for (size_t i = 0; i < KZ_MOVE_LIST_COUNT; i++) {
    if (kz_str_eq(table, kz_str_of(tables[i]))) {
      *ret = (enum kz_move_list)i;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

static bool is_secret(kz_str column) {
  static const char *const names[] = {"password", "authkey", "totp",
                                      "hotp_counter"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (kz_str_eq(column, kz_str_of(names[i]))) {
      return true;
    }
  }
  return false;
}

static uint64_t number_at(const kz_str *columns, const kz_str *values,
                          size_t count, kz_str name) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; i++) {
    if (kz_str_eq(columns[i], name) && values[i].ptr &&
        kz_str_u64(values[i], &number) != KZ_OK) {
      number = 0;
    }
  }
  return number;
}

/* Whether a row is worth its memory. */
static kz_rc choose(struct kz_move_lists *lists, enum kz_move_list list,
                    const kz_str *columns, const kz_str *values, size_t count,
                    bool *ret_wanted) {
  bool is_cluster = list == KZ_MOVE_CLUSTERS || list == KZ_MOVE_RELATIONS;
  uint64_t is_default = 0;
  uint64_t cluster = 0;
  *ret_wanted = true;
  if (is_cluster) {
    is_default = number_at(columns, values, count, KZ_STR("default"));
    *ret_wanted = is_default == 0;
  }
  if (list == KZ_MOVE_CLUSTERS && *ret_wanted) {
    uint64_t id = number_at(columns, values, count, KZ_STR("id"));
    return kz_intmap_put(lists->custom, id, 1);
  }
  if (list == KZ_MOVE_ELEMENTS) {
    uint64_t of =
        number_at(columns, values, count, KZ_STR("galaxy_cluster_id"));
    *ret_wanted = kz_intmap_get(lists->custom, of, &cluster);
  }
  return KZ_OK;
}

kz_rc kz_move_lists_add(struct kz_move_lists *lists, enum kz_move_list list,
                        const kz_str *columns, const kz_str *values,
                        size_t count, const struct kz_json_place *place) {
  bool wanted = false;
  kz_rc rc = choose(lists, list, columns, values, count, &wanted);
  if (rc != KZ_OK || !wanted) {
    return rc;
  }
  struct kz_jsonv *row = kz_jsonv_new(lists->arena, KZ_JSON_OBJECT);
  for (size_t i = 0; i < count; i++) {
    kz_str name = KZ_STR_NONE;
    kz_str text = KZ_STR_NONE;
    if (!values[i].ptr || is_secret(columns[i]) ||
        !kz_utf8_is_valid(values[i])) {
      continue;
    }
    if (!row || kz_arena_dup(lists->arena, columns[i], &name) != KZ_OK ||
        kz_arena_dup(lists->arena, values[i], &text) != KZ_OK ||
        !kz_jsonv_set_str(row, name, text, lists->arena)) {
      return KZ_E_MEMORY;
    }
  }
  if (!row) {
    return KZ_E_MEMORY;
  }
  row->at = place->line ? (size_t)place->line
                        : (size_t)kz_jsonv_u64(row, KZ_STR("id"), 0);
  kz_jsonv_push(lists->rows[list], row);
  return KZ_OK;
}

/* --- making ----------------------------------------------------------------
 */

struct making {
  const struct kz_move_lists *lists;
  struct kz_house *house;
  struct kz_move_names *names;
  struct kz_move_made *made;
  struct kz_intmap *roles; /* MISP's number -> ours */
  struct kz_arena *arena;  /* of one row */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "moving in: out of memory");
}

/* Whether a failure is that of one row; it has been told then. */
static bool is_rows(struct making *m, const struct kz_jsonv *row,
                    const char *noun, kz_rc rc, const struct kz_err *err) {
  char words[KZ_ERR_TEXT + 32];
  struct kz_json_place place = {.line = row->at};
  if (rc != KZ_E_INPUT && rc != KZ_E_CONFLICT && rc != KZ_E_LIMIT) {
    return false;
  }
  snprintf(words, sizeof words, "%s: %s", noun, err->text);
  m->made->problem(m->made->ctx, &place, words);
  return true;
}

static uint64_t number_of(const struct kz_jsonv *row, const char *name) {
  return kz_jsonv_u64(row, kz_str_of(name), 0);
}

/* How a column goes into a document. */
struct part {
  const char *name;
  bool is_flag;
};

static bool copy_parts(struct kz_jsonv *to, const struct kz_jsonv *row,
                       const struct part *parts, size_t count,
                       struct kz_arena *arena) {
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++) {
    kz_str name = kz_str_of(parts[i].name);
    kz_str text = kz_jsonv_text(row, name);
    if (!text.ptr) {
      continue;
    }
    ok = parts[i].is_flag
             ? kz_jsonv_set_bool(to, name, kz_jsonv_flag(row, name, false),
                                 arena)
             : kz_jsonv_set_str(to, name, text, arena);
  }
  return ok;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* --- organisations ---------------------------------------------------------
 */

/* MISP keeps a list as JSON in the column. */
static bool copy_domains(struct kz_jsonv *to, const struct kz_jsonv *row,
                         struct kz_arena *arena) {
  const kz_str name = KZ_STR("restricted_to_domain");
  struct kz_jsonv *list = NULL;
  kz_str text = kz_jsonv_text(row, name);
  if (text.len == 0 || kz_jsonv_parse(text, arena, &list, NULL) != KZ_OK ||
      list->kind != KZ_JSON_ARRAY) {
    return true;
  }
  return kz_jsonv_set(to, name, list, arena);
}

static kz_rc note_org(struct making *m, uint64_t number, uint32_t id,
                      struct kz_err *err) {
  struct kz_org org;
  char uuid[KZ_UUID_TEXT];
  KZ_BUF(json, SCRATCH_BYTES);
  struct kz_jsonw w;
  if (kz_dict_org_get(kz_store_dict(m->house->store), id, &org) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "an organisation is gone");
  }
  kz_jsonw_init(&w, &json);
  kz_jsonw_object(&w);
  if (org.has_uuid) {
    kz_jsonw_member_str(&w, KZ_STR("uuid"), kz_uuid_format(&org.uuid, uuid));
  }
  kz_jsonw_member_str(&w, KZ_STR("name"), org.name);
  kz_jsonw_object_end(&w);
  const struct kz_move_org own = {.id = id, .json = kz_buf_str(&json)};
  return !kz_buf_failed(&json) &&
                 kz_move_names_add_org(m->names, number, &own) == KZ_OK
             ? KZ_OK
             : no_memory(err);
}

/* One whose name is another's: its events need it all the same, and what is
 * found by uuid may share a name. */
static kz_rc intern_org(struct making *m, const struct kz_jsonv *row,
                        uint32_t *ret_id, struct kz_err *err) {
  struct kz_org org = {
      .name = kz_jsonv_text(row, KZ_STR("name")),
      .local = kz_jsonv_flag(row, KZ_STR("local"), false),
  };
  org.has_uuid =
      kz_uuid_parse(kz_jsonv_text(row, KZ_STR("uuid")), &org.uuid) == KZ_OK;
  return kz_dict_org(kz_store_dict(m->house->store), &org, ret_id, err);
}

static kz_rc make_org(struct making *m, const struct kz_jsonv *row,
                      struct kz_err *err) {
  static const struct part parts[] = {
      {"uuid", false}, {"name", false},        {"description", false},
      {"type", false}, {"nationality", false}, {"sector", false},
      {"local", true}, {"contacts", false},    {"landingpage", false},
  };
  uint32_t id = 0;
  kz_str uuid = kz_jsonv_text(row, KZ_STR("uuid"));
  kz_str ref = uuid.len > 0 ? uuid : kz_jsonv_text(row, KZ_STR("name"));
  kz_rc rc = kz_dict_org_find(kz_store_dict(m->house->store), ref, &id);
  if (rc == KZ_NOT_FOUND) {
    struct kz_jsonv *document = kz_jsonv_new(m->arena, KZ_JSON_OBJECT);
    if (!document ||
        !copy_parts(document, row, parts, COUNT(parts), m->arena) ||
        !copy_domains(document, row, m->arena)) {
      return no_memory(err);
    }
    rc = kz_org_save(m->house->orgs, &id, document, m->arena, err);
    m->made->orgs += rc == KZ_OK;
    if (rc != KZ_OK && is_rows(m, row, "organisation", rc, err)) {
      rc = intern_org(m, row, &id, err);
    }
  }
  return rc == KZ_OK ? note_org(m, number_of(row, "id"), id, err) : rc;
}

static uint32_t org_of(const struct making *m, const struct kz_jsonv *row,
                       const char *name) {
  const struct kz_move_org *org =
      kz_move_names_org(m->names, number_of(row, name));
  return org ? org->id : 0;
}

/* --- roles and users -------------------------------------------------------
 */

static kz_rc make_role(struct making *m, const struct kz_jsonv *row,
                       struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  uint64_t id = 0;
  kz_str name = kz_str_trim(kz_jsonv_text(row, KZ_STR("name")));
  kz_rc rc = kz_shelf_cards(m->house->roles, 0, m->arena, &cards, &count);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    id = kz_str_eq_nocase(cards[i].name, name) ? cards[i].id : id;
  }
  if (rc == KZ_OK && id == 0 && name.len > 0) {
    struct kz_jsonv *v = kz_jsonv_new(m->arena, KZ_JSON_OBJECT);
    bool ok = v && kz_jsonv_set_str(v, KZ_STR("name"), name, m->arena);
    for (unsigned p = 0; ok && p < KZ_PERM_COUNT; p++) {
      ok = kz_jsonv_set_bool(v, kz_perm_name(p),
                             kz_jsonv_flag(row, kz_perm_name(p), false),
                             m->arena);
    }
    ok = ok && kz_jsonv_set_bool(v, KZ_STR("default_role"), false, m->arena);
    rc = ok ? kz_shelf_put(m->house->roles, &id, v, m->arena, err)
            : no_memory(err);
  }
  return rc == KZ_OK &&
                 kz_intmap_put(m->roles, number_of(row, "id"), id) != KZ_OK
             ? no_memory(err)
             : rc;
}

static kz_rc note_user(struct making *m, const struct kz_jsonv *row,
                       struct kz_err *err) {
  KZ_BUF(json, SCRATCH_BYTES);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &json);
  kz_jsonw_str(&w, kz_jsonv_text(row, KZ_STR("email")));
  return !kz_buf_failed(&json) &&
                 kz_move_names_add_text(m->names, m->names->users,
                                        number_of(row, "id"),
                                        kz_buf_str(&json)) == KZ_OK
             ? KZ_OK
             : no_memory(err);
}

static kz_rc make_user(struct making *m, const struct kz_jsonv *row,
                       struct kz_err *err) {
  static const struct part parts[] = {
      {"email", false},
      {"autoalert", true},
      {"contactalert", true},
      {"termsaccepted", true},
      {"disabled", true},
      {"expiration", false},
      {"nids_sid", false},
      {"gpgkey", false},
      {"certif_public", false},
      {"notification_daily", true},
      {"notification_weekly", true},
      {"notification_monthly", true},
      {"date_created", false},
      {"date_modified", false},
  };
  uint64_t id = 0;
  uint64_t role = READ_ONLY_ROLE;
  kz_str email = kz_jsonv_text(row, KZ_STR("email"));
  kz_rc rc = note_user(m, row, err);
  if (rc != KZ_OK || kz_shelf_by_name(kz_people_shelf(m->house->people), email,
                                      &id) == KZ_OK) {
    return rc;
  }
  (void)kz_intmap_get(m->roles, number_of(row, "role_id"), &role);
  struct kz_jsonv *v = kz_jsonv_new(m->arena, KZ_JSON_OBJECT);
  if (!v || !copy_parts(v, row, parts, COUNT(parts), m->arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("org_id"), org_of(m, row, "org_id"),
                        m->arena) ||
      !kz_jsonv_set_u64(v, KZ_STR("role_id"), role, m->arena) ||
      !kz_jsonv_set_bool(v, KZ_STR("change_pw"), true, m->arena)) {
    return no_memory(err);
  }
  rc = kz_people_save(m->house->people, &id, v, m->arena, err);
  m->made->users += rc == KZ_OK;
  return rc != KZ_OK && is_rows(m, row, "user", rc, err) ? KZ_OK : rc;
}

/* --- sharing groups --------------------------------------------------------
 */

/* Those in the group; organisations that are not known are left out. */
static bool put_group_orgs(struct making *m, struct kz_jsonv *document,
                           uint64_t group) {
  struct kz_jsonv *list = kz_jsonv_new(m->arena, KZ_JSON_ARRAY);
  const struct kz_jsonv *rows = m->lists->rows[KZ_MOVE_GROUP_ORGS];
  for (const struct kz_jsonv *row = rows->first; list && row; row = row->next) {
    uint32_t org = org_of(m, row, "org_id");
    if (number_of(row, "sharing_group_id") != group || org == 0) {
      continue;
    }
    struct kz_jsonv *e = kz_jsonv_new(m->arena, KZ_JSON_OBJECT);
    if (!e || !kz_jsonv_set_u64(e, KZ_STR("org_id"), org, m->arena) ||
        !kz_jsonv_set_bool(e, KZ_STR("extend"),
                           kz_jsonv_flag(row, KZ_STR("extend"), false),
                           m->arena)) {
      return false;
    }
    kz_jsonv_push(list, e);
  }
  return list &&
         kz_jsonv_set(document, KZ_STR("SharingGroupOrg"), list, m->arena);
}

/* Whether all organisations of this server are in it. Other servers are not
 * moved, so they have no numbers here. */
static bool put_group_servers(struct making *m, struct kz_jsonv *document,
                              uint64_t group) {
  struct kz_jsonv *list = kz_jsonv_new(m->arena, KZ_JSON_ARRAY);
  const struct kz_jsonv *rows = m->lists->rows[KZ_MOVE_GROUP_SERVERS];
  for (const struct kz_jsonv *row = rows->first; list && row; row = row->next) {
    if (number_of(row, "sharing_group_id") != group ||
        number_of(row, "server_id") != 0) {
      continue;
    }
    struct kz_jsonv *e = kz_jsonv_new(m->arena, KZ_JSON_OBJECT);
    if (!e || !kz_jsonv_set_u64(e, KZ_STR("server_id"), 0, m->arena) ||
        !kz_jsonv_set_bool(e, KZ_STR("all_orgs"),
                           kz_jsonv_flag(row, KZ_STR("all_orgs"), false),
                           m->arena)) {
      return false;
    }
    kz_jsonv_push(list, e);
  }
  return list &&
         kz_jsonv_set(document, KZ_STR("SharingGroupServer"), list, m->arena);
}

static kz_rc make_group(struct making *m, const struct kz_jsonv *row,
                        struct kz_err *err) {
  static const struct part parts[] = {
      {"uuid", false},        {"name", false},
      {"description", false}, {"releasability", false},
      {"active", true},       {"local", true},
      {"roaming", true},      {"organisation_uuid", false},
      {"created", false},     {"modified", false},
  };
  uint64_t id = 0;
  struct kz_uuid uuid;
  uint64_t number = number_of(row, "id");
  kz_rc rc = kz_uuid_parse(kz_jsonv_text(row, KZ_STR("uuid")), &uuid);
  if (rc == KZ_OK) {
    rc = kz_shelf_by_uuid(kz_groups_shelf(m->house->groups), &uuid, &id);
  }
  if (rc != KZ_OK) {
    struct kz_jsonv *v = kz_jsonv_new(m->arena, KZ_JSON_OBJECT);
    if (!v || !copy_parts(v, row, parts, COUNT(parts), m->arena) ||
        !kz_jsonv_set_u64(v, KZ_STR("org_id"), org_of(m, row, "org_id"),
                          m->arena) ||
        !put_group_orgs(m, v, number) || !put_group_servers(m, v, number)) {
      return no_memory(err);
    }
    rc = kz_groups_save(m->house->groups, &id, v, m->arena, err);
    m->made->groups += rc == KZ_OK;
    if (rc != KZ_OK) {
      return is_rows(m, row, "sharing group", rc, err) ? KZ_OK : rc;
    }
  }
  return kz_intmap_put(m->names->groups, number, id) == KZ_OK ? KZ_OK
                                                              : no_memory(err);
}

/* --- all -------------------------------------------------------------------
 */

typedef kz_rc make(struct making *m, const struct kz_jsonv *row,
                   struct kz_err *err);

static kz_rc make_all(struct making *m, enum kz_move_list list, make *one,
                      struct kz_err *err) {
  kz_rc rc = KZ_OK;
  const struct kz_jsonv *row = m->lists->rows[list]->first;
  for (; rc == KZ_OK && row; row = row->next) {
    kz_arena_reset(m->arena);
    rc = one(m, row, err);
  }
  return rc;
}

kz_rc kz_move_lists_make(const struct kz_move_lists *lists,
                         struct kz_house *house, struct kz_move_names *names,
                         struct kz_move_made *made, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH_BYTES);
  struct making m = {.lists = lists,
                     .house = house,
                     .names = names,
                     .made = made,
                     .roles = kz_intmap_new(1 << 16),
                     .arena = arena};
  kz_rc rc = arena && m.roles ? KZ_OK : no_memory(err);
  rc = rc == KZ_OK ? make_all(&m, KZ_MOVE_ORGS, make_org, err) : rc;
  rc = rc == KZ_OK ? make_all(&m, KZ_MOVE_ROLES, make_role, err) : rc;
  rc = rc == KZ_OK ? make_all(&m, KZ_MOVE_USERS, make_user, err) : rc;
  rc = rc == KZ_OK ? make_all(&m, KZ_MOVE_GROUPS, make_group, err) : rc;
  kz_intmap_free(m.roles);
  return rc;
}
