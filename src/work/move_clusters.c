/* Each is put together as another server would send it and received as such;
 * but what was made in the MISP that moves in is made here, so it is not
 * locked. */
#include "work/move_clusters.h"

#include <stdbool.h>
#include <stdio.h>

#include "work/cluster_receive.h"
#include "work/galaxy.h"

enum { SCRATCH_BYTES = 256 << 20 };

struct moving {
  const struct kz_move_lists *lists;
  struct kz_house *house;
  const struct kz_move_names *names;
  struct kz_move_made *made;
  struct kz_arena *arena; /* of one cluster */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "moving in: out of memory");
}

static uint64_t number_of(const struct kz_jsonv *row, const char *name) {
  return kz_jsonv_u64(row, kz_str_of(name), 0);
}

/* A row with all its columns; values are shared with the list. */
static struct kz_jsonv *copy_row(const struct moving *m,
                                 const struct kz_jsonv *row) {
  struct kz_jsonv *copy = kz_jsonv_new(m->arena, KZ_JSON_OBJECT);
  for (const struct kz_jsonv *v = row->first; copy && v; v = v->next) {
    if (!kz_jsonv_set_str(copy, v->name, v->text, m->arena)) {
      return NULL;
    }
  }
  return copy;
}

static const struct kz_jsonv *
find_row(const struct moving *m, enum kz_move_list list, uint64_t number) {
  const struct kz_jsonv *row = m->lists->rows[list]->first;
  while (row && number_of(row, "id") != number) {
    row = row->next;
  }
  return row;
}

/* The sharing group as it is sent: its uuid says which of ours it is. */
static bool put_group(const struct moving *m, struct kz_jsonv *to) {
  const struct kz_jsonv *group =
      find_row(m, KZ_MOVE_GROUPS, number_of(to, "sharing_group_id"));
  struct kz_jsonv *copy = group ? copy_row(m, group) : NULL;
  return !group ||
         (copy && kz_jsonv_set(to, KZ_STR("SharingGroup"), copy, m->arena));
}

/* The rows of a list that belong to the cluster, as a list in it. */
static bool put_rows(const struct moving *m, struct kz_jsonv *to,
                     enum kz_move_list list, kz_str name, uint64_t cluster) {
  struct kz_jsonv *array = kz_jsonv_new(m->arena, KZ_JSON_ARRAY);
  const struct kz_jsonv *row = m->lists->rows[list]->first;
  for (; array && row; row = row->next) {
    if (number_of(row, "galaxy_cluster_id") != cluster) {
      continue;
    }
    struct kz_jsonv *copy = copy_row(m, row);
    if (!copy || !put_group(m, copy)) {
      return false;
    }
    kz_jsonv_push(array, copy);
  }
  return array && kz_jsonv_set(to, name, array, m->arena);
}

/* MISP keeps lists and phases as JSON in a column. */
static bool open_column(const struct moving *m, struct kz_jsonv *to,
                        kz_str name) {
  struct kz_jsonv *value = NULL;
  kz_str text = kz_jsonv_text(to, name);
  if (!text.ptr) {
    return true;
  }
  kz_jsonv_drop(to, name);
  return kz_jsonv_parse(text, m->arena, &value, NULL) != KZ_OK ||
         kz_jsonv_set(to, name, value, m->arena);
}

static bool put_galaxy(const struct moving *m, struct kz_jsonv *to) {
  const struct kz_jsonv *row =
      find_row(m, KZ_MOVE_GALAXIES, number_of(to, "galaxy_id"));
  if (!row) {
    return true;
  }
  struct kz_jsonv *galaxy = copy_row(m, row);
  return galaxy && open_column(m, galaxy, KZ_STR("kill_chain_order")) &&
         kz_jsonv_set_u64(galaxy, KZ_STR("version"), number_of(row, "version"),
                          m->arena) &&
         kz_jsonv_set(to, KZ_STR("Galaxy"), galaxy, m->arena);
}

static bool put_maker(const struct moving *m, struct kz_jsonv *to) {
  const struct kz_move_org *org =
      kz_move_names_org(m->names, number_of(to, "orgc_id"));
  struct kz_jsonv *maker = NULL;
  return !org || kz_jsonv_parse(org->json, m->arena, &maker, NULL) != KZ_OK ||
         kz_jsonv_set(to, KZ_STR("Orgc"), maker, m->arena);
}

/* What the receiver takes for another server's is unlocked again. */
static kz_rc unlock(const struct moving *m, const struct kz_jsonv *row,
                    struct kz_err *err) {
  struct kz_shelf *shelf = kz_clusters_shelf(m->house->galaxies);
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  kz_rc rc = kz_shelf_by_ref(shelf, kz_jsonv_text(row, KZ_STR("uuid")), &id);
  if (kz_jsonv_flag(row, KZ_STR("locked"), false) || rc != KZ_OK) {
    return KZ_OK;
  }
  kz_galaxies_lock(m->house->galaxies);
  rc = kz_shelf_get(shelf, id, m->arena, &document, err);
  if (rc == KZ_OK) {
    rc = kz_jsonv_set_bool(document, KZ_STR("locked"), false, m->arena)
             ? kz_shelf_put(shelf, &id, document, m->arena, err)
             : no_memory(err);
  }
  kz_galaxies_unlock(m->house->galaxies);
  return rc;
}

static kz_rc move_one(const struct moving *m, const struct kz_jsonv *row,
                      struct kz_err *err) {
  const struct kz_move_org *owner =
      kz_move_names_org(m->names, number_of(row, "org_id"));
  const struct kz_cluster_receiver receiver = {
      .house = m->house, .org = owner ? owner->id : 0, .may_add_groups = false};
  uint64_t number = number_of(row, "id");
  struct kz_jsonv *sent = copy_row(m, row);
  if (!sent || !open_column(m, sent, KZ_STR("authors")) ||
      !put_galaxy(m, sent) || !put_maker(m, sent) || !put_group(m, sent) ||
      !put_rows(m, sent, KZ_MOVE_ELEMENTS, KZ_STR("GalaxyElement"), number) ||
      !put_rows(m, sent, KZ_MOVE_RELATIONS, KZ_STR("GalaxyClusterRelation"),
                number)) {
    return no_memory(err);
  }
  kz_rc rc = kz_cluster_receive(&receiver, sent, m->arena, err);
  m->made->clusters += rc == KZ_OK;
  if (rc == KZ_E_INPUT || rc == KZ_E_CONFLICT || rc == KZ_E_LIMIT) {
    char words[KZ_ERR_TEXT + 32];
    const struct kz_json_place place = {.line = row->at};
    snprintf(words, sizeof words, "galaxy cluster: %s", err->text);
    m->made->problem(m->made->ctx, &place, words);
    return KZ_OK;
  }
  return rc == KZ_OK ? unlock(m, row, err) : rc == KZ_UNCHANGED ? KZ_OK : rc;
}

kz_rc kz_move_clusters(const struct kz_move_lists *lists,
                       struct kz_house *house,
                       const struct kz_move_names *names,
                       struct kz_move_made *made, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH_BYTES);
  const struct moving m = {.lists = lists,
                           .house = house,
                           .names = names,
                           .made = made,
                           .arena = arena};
  kz_rc rc = arena ? KZ_OK : no_memory(err);
  const struct kz_jsonv *row = lists->rows[KZ_MOVE_CLUSTERS]->first;
  for (; rc == KZ_OK && row; row = row->next) {
    kz_arena_reset(arena);
    rc = move_one(&m, row, err);
  }
  return rc;
}
