/* The small tables of a MISP database: organisations, roles, users, sharing
 * groups, custom galaxy clusters. Their rows are kept until all have come and
 * are then made here. Inside work/, for moving in. One thread at a time. */
#ifndef KZ_WORK_MOVE_LISTS_H
#define KZ_WORK_MOVE_LISTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/jsonv.h"
#include "base/map.h"
#include "base/rc.h"
#include "work/house.h"
#include "work/move_names.h"

enum kz_move_list {
  KZ_MOVE_ORGS,
  KZ_MOVE_ROLES,
  KZ_MOVE_USERS,
  KZ_MOVE_GROUPS,
  KZ_MOVE_GROUP_ORGS,
  KZ_MOVE_GROUP_SERVERS,
  KZ_MOVE_GALAXIES,
  KZ_MOVE_RELATIONS, /* these three only of custom clusters */
  KZ_MOVE_CLUSTERS,
  KZ_MOVE_ELEMENTS,
  KZ_MOVE_LIST_COUNT
};

struct kz_move_lists {
  struct kz_arena *arena;
  struct kz_intmap *custom; /* numbers of clusters whose elements are kept */
  struct kz_jsonv *rows[KZ_MOVE_LIST_COUNT]; /* arrays of objects by column;
                                                `at` of each is its line */
};

KZ_MUST_USE kz_rc kz_move_lists_init(struct kz_move_lists *lists);
void kz_move_lists_done(struct kz_move_lists *lists);

/* The list that is kept in a table of this name; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_move_list_find(kz_str table, enum kz_move_list *ret);

/* Keeps a row. Secrets of users (passwords, keys) are not kept, nor clusters
 * that libraries bring; elements come after their clusters, as they do in
 * dumps. A text that is not UTF-8 counts as NULL. */
KZ_MUST_USE kz_rc kz_move_lists_add(struct kz_move_lists *lists,
                                    enum kz_move_list list,
                                    const kz_str *columns, const kz_str *values,
                                    size_t count,
                                    const struct kz_json_place *place);

/* What became of them. */
struct kz_move_made {
  uint64_t orgs; /* new ones */
  uint64_t users;
  uint64_t groups;
  uint64_t clusters;
  void *ctx;
  void (*problem)(void *ctx, const struct kz_json_place *place,
                  const char *message);
};

/* Makes what is not here yet and notes all in `names`. What is known by its
 * uuid (a user by his address, a role by its name) stays as it is here. A
 * failure is one of the store. */
KZ_MUST_USE kz_rc kz_move_lists_make(const struct kz_move_lists *lists,
                                     struct kz_house *house,
                                     struct kz_move_names *names,
                                     struct kz_move_made *made,
                                     struct kz_err *err);

#endif
