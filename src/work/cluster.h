/* Custom clusters: what an organisation adds to a galaxy of its own, and the
 * relations that it draws between clusters. Documents as work/galaxy.h says.
 * Whether the caller may is asked before. Any thread. */
#ifndef KZ_WORK_CLUSTER_H
#define KZ_WORK_CLUSTER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "work/galaxy.h"

/* Adds (`*id` 0) or replaces a custom cluster. `relations`, an array of
 * documents, replaces those that begin at it; one with the "id" of one that is
 * there keeps it, others are new. NULL: they stay. Of a new one the uuid is
 * made when it is not given. KZ_E_INPUT with "member: words": no value, a wrong
 * uuid. KZ_E_CONFLICT: the uuid is taken. KZ_NOT_FOUND: no such cluster, or a
 * default one. */
KZ_MUST_USE kz_rc kz_cluster_save(struct kz_galaxies *galaxies, uint64_t *id,
                                  struct kz_jsonv *document,
                                  struct kz_jsonv *relations,
                                  struct kz_arena *arena, struct kz_err *err);

/* Removes a custom cluster and the relations that begin at it. */
KZ_MUST_USE kz_rc kz_cluster_remove(struct kz_galaxies *galaxies, uint64_t id,
                                    struct kz_err *err);

/* Adds (`*id` 0) or replaces one relation, whose clusters' uuids are given: the
 * one it begins at has to be here. KZ_E_INPUT with "member: words";
 * KZ_NOT_FOUND: no such relation, or a default one. */
KZ_MUST_USE kz_rc kz_relation_save(struct kz_galaxies *galaxies, uint64_t *id,
                                   struct kz_jsonv *document,
                                   struct kz_arena *arena, struct kz_err *err);
KZ_MUST_USE kz_rc kz_relation_remove(struct kz_galaxies *galaxies, uint64_t id,
                                     struct kz_err *err);

#endif
