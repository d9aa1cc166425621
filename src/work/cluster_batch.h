/* Changes of clusters and their relations in one commit: a relation of a new
 * cluster learns the cluster's id while it is written, since it is given there.
 * Filled on one thread; all lives in its arena. */
#ifndef KZ_WORK_CLUSTER_BATCH_H
#define KZ_WORK_CLUSTER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "store/store.h"
#include "work/shelf.h"

/* A relation that waits for the id of its cluster: places among the changes. */
struct kz_cluster_tie {
  size_t relation;
  size_t cluster;
};

/* All zero but the arena. */
struct kz_cluster_batch {
  struct kz_arena *arena;
  struct kz_shelf_change *changes;
  size_t count;
  size_t room;
  struct kz_cluster_tie *ties; /* ascending */
  size_t tie_count;
  size_t tie_room;
};

/* Adds a change (`document` NULL: a removal); false when out of memory. */
bool kz_cluster_batch_add(struct kz_cluster_batch *batch,
                          struct kz_shelf *shelf, uint64_t id,
                          struct kz_jsonv *document);
/* The change that is added next is of a relation that begins at the cluster of
 * the change number `cluster`. */
bool kz_cluster_batch_tie(struct kz_cluster_batch *batch, size_t cluster);

/* Makes all changes or none. */
KZ_MUST_USE kz_rc kz_cluster_batch_run(struct kz_cluster_batch *batch,
                                       struct kz_store *store,
                                       struct kz_err *err);

#endif
