#include "work/org.h"

#include <stdlib.h>

#include "base/clock.h"

enum { NAME_MAX_BYTES = 255 };

struct kz_orgs {
  struct kz_store *store;
  struct kz_people *people;
  struct kz_shelf *shelf;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_ORG, .noun = "organisation", .name = "name"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "organisations: out of memory");
}

kz_rc kz_orgs_open(struct kz_store *store, struct kz_people *people,
                   struct kz_orgs **ret_orgs, struct kz_err *err) {
  struct kz_orgs *orgs = calloc(1, sizeof *orgs);
  if (!orgs) {
    return no_memory(err);
  }
  orgs->store = store;
  orgs->people = people;
  kz_rc rc = kz_shelf_open(store, &shape, &orgs->shelf, err);
  if (rc != KZ_OK) {
    kz_orgs_close(orgs);
    return rc;
  }
  *ret_orgs = orgs;
  return KZ_OK;
}

void kz_orgs_close(struct kz_orgs *orgs) {
  if (orgs) {
    kz_shelf_close(orgs->shelf);
    free(orgs);
  }
}

/* Writes what the dictionary has into a document. */
static bool put_identity(struct kz_jsonv *document, const struct kz_org *org,
                         struct kz_arena *arena) {
  char text[KZ_UUID_TEXT];
  kz_str uuid = KZ_STR_NONE;
  if (org->has_uuid &&
      kz_arena_dup(arena, kz_uuid_format(&org->uuid, text), &uuid) != KZ_OK) {
    return false;
  }
  if (!org->has_uuid) {
    kz_jsonv_drop(document, KZ_STR("uuid"));
  }
  return kz_jsonv_set_u64(document, KZ_STR("id"), org->id, arena) &&
         kz_jsonv_set_str(document, KZ_STR("name"), org->name, arena) &&
         (!org->has_uuid ||
          kz_jsonv_set_str(document, KZ_STR("uuid"), uuid, arena)) &&
         kz_jsonv_set_bool(document, KZ_STR("local"), org->local, arena);
}

kz_rc kz_org_get(struct kz_orgs *orgs, uint32_t id, struct kz_arena *arena,
                 struct kz_jsonv **ret_document, struct kz_err *err) {
  struct kz_org org;
  struct kz_jsonv *document = NULL;
  struct kz_dict *dict = kz_store_dict(orgs->store);
  if (!kz_dict_org_lives(dict, id) ||
      kz_dict_org_get(dict, id, &org) != KZ_OK) {
    return KZ_NOT_FOUND;
  }
  kz_rc rc = kz_shelf_get(orgs->shelf, id, arena, &document, err);
  if (rc == KZ_NOT_FOUND) {
    document = kz_jsonv_new(arena, KZ_JSON_OBJECT);
    rc = document ? KZ_OK : no_memory(err);
  }
  if (rc == KZ_OK && !put_identity(document, &org, arena)) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    *ret_document = document;
  }
  return rc;
}

kz_rc kz_org_find(struct kz_orgs *orgs, kz_str ref, uint32_t *ret_id) {
  uint64_t number = 0;
  struct kz_dict *dict = kz_store_dict(orgs->store);
  if (kz_str_u64(ref, &number) == KZ_OK && number <= UINT32_MAX &&
      kz_dict_org_lives(dict, (uint32_t)number)) {
    *ret_id = (uint32_t)number;
    return KZ_OK;
  }
  return kz_dict_org_find(dict, ref, ret_id);
}

/* --- changes ---------------------------------------------------------------
 */

struct saving {
  struct kz_org org;
  struct kz_shelf_change change;
};

/* Whether another organisation is found by that name or uuid. */
static bool is_taken(struct kz_dict *dict, kz_str ref, uint32_t but) {
  uint32_t id = 0;
  return kz_dict_org_find(dict, ref, &id) == KZ_OK && id != but;
}

/* On the writer's thread, so nobody takes the name between check and change. */
static kz_rc write_org(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct saving *s = ctx;
  struct kz_dict *dict = kz_txn_dict(txn);
  char uuid[KZ_UUID_TEXT];
  if (s->org.id != 0 && !kz_dict_org_lives(dict, s->org.id)) {
    return KZ_NOT_FOUND;
  }
  if (is_taken(dict, s->org.name, s->org.id)) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "name: there is an organisation of this name already");
  }
  if (is_taken(dict, kz_uuid_format(&s->org.uuid, uuid), s->org.id)) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "uuid: there is an organisation of this uuid already");
  }
  kz_rc rc =
      s->org.id != 0 ? KZ_OK : kz_dict_org(dict, &s->org, &s->org.id, err);
  s->change.id = s->org.id;
  if (rc == KZ_OK) {
    rc = kz_shelf_write(&s->change, txn, err);
  }
  return rc == KZ_OK ? kz_dict_org_put(dict, &s->org, err) : rc;
}

static kz_rc stamp(struct kz_jsonv *document, bool is_new,
                   struct kz_arena *arena) {
  char text[KZ_TIME_TEXT];
  kz_str now;
  if (kz_arena_dup(arena, kz_clock_format_sql(kz_clock_now_us(), text), &now) !=
      KZ_OK) {
    return KZ_E_MEMORY;
  }
  return (!is_new ||
          kz_jsonv_set_str(document, KZ_STR("date_created"), now, arena)) &&
                 kz_jsonv_set_str(document, KZ_STR("date_modified"), now, arena)
             ? KZ_OK
             : KZ_E_MEMORY;
}

static kz_rc read_identity(struct kz_jsonv *document, struct kz_org *ret,
                           struct kz_err *err) {
  struct kz_org org = {
      .id = ret->id,
      .name = kz_str_trim(kz_jsonv_text(document, KZ_STR("name"))),
      .has_uuid = true,
      .local = kz_jsonv_flag(document, KZ_STR("local"), true),
  };
  kz_str uuid = kz_jsonv_text(document, KZ_STR("uuid"));
  if (org.name.len == 0 || org.name.len > NAME_MAX_BYTES) {
    return kz_err_set(err, KZ_E_INPUT,
                      "name: please choose a name of at most "
                      "%d bytes",
                      NAME_MAX_BYTES);
  }
  if (uuid.len > 0 ? kz_uuid_parse(uuid, &org.uuid) != KZ_OK
                   : kz_uuid_make(&org.uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "uuid: please provide a valid uuid");
  }
  *ret = org;
  return KZ_OK;
}

kz_rc kz_org_save(struct kz_orgs *orgs, uint32_t *id, struct kz_jsonv *document,
                  struct kz_arena *arena, struct kz_err *err) {
  bool is_new = *id == 0;
  struct saving s = {
      .org = {.id = *id},
      .change = {.shelf = orgs->shelf, .document = document, .arena = arena},
  };
  kz_rc rc = read_identity(document, &s.org, err);
  if (rc == KZ_OK && (!put_identity(document, &s.org, arena) ||
                      stamp(document, is_new, arena) != KZ_OK)) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(orgs->store, write_org, &s, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_learn(&s.change, err);
  }
  if (rc == KZ_OK && !is_new) {
    rc = kz_people_refresh(orgs->people, err);
  }
  if (rc == KZ_OK) {
    *id = s.org.id;
  }
  return rc;
}

/* Whether an event belongs to it or was made by it. */
static bool has_events(const struct kz_view *view, uint32_t org) {
  for (uint64_t first = 0; first < kz_events_end(view->events);
       first += KZ_PAGE_EVENTS) {
    const struct kz_event_page *page = kz_events_page(view->events, first);
    for (size_t i = 0; page && i < KZ_PAGE_EVENTS; i++) {
      if ((page->flags[i] & KZ_EVENT_EXISTS) &&
          (page->org[i] == org || page->orgc[i] == org)) {
        return true;
      }
    }
  }
  return false;
}

struct removing {
  uint32_t id;
  struct kz_shelf_change change;
};

static kz_rc erase_org(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct removing *r = ctx;
  if (!kz_dict_org_lives(kz_txn_dict(txn), r->id)) {
    return KZ_NOT_FOUND;
  }
  if (has_events(kz_txn_view(txn), r->id)) {
    return kz_err_set(err, KZ_E_CONFLICT, "the organisation still has events");
  }
  kz_rc rc = kz_shelf_write(&r->change, txn, err);
  return rc == KZ_OK ? kz_dict_org_remove(kz_txn_dict(txn), r->id, err) : rc;
}

kz_rc kz_org_remove(struct kz_orgs *orgs, uint32_t id, struct kz_err *err) {
  struct removing r = {.id = id, .change = {.shelf = orgs->shelf, .id = id}};
  if (id != 0 && kz_people_count_of(orgs->people, id, 0) > 0) {
    return kz_err_set(err, KZ_E_CONFLICT, "the organisation still has users");
  }
  kz_rc rc = kz_store_run(orgs->store, erase_org, &r, err);
  return rc == KZ_OK ? kz_shelf_learn(&r.change, err) : rc;
}
