#include "work/cluster_batch.h"

#include <string.h>

static bool grow(struct kz_arena *arena, void **array, size_t count,
                 size_t *room, size_t size) {
  if (count < *room) {
    return true;
  }
  size_t more = *room ? *room * 2 : 64;
  void *grown = kz_arena_array(arena, more, size);
  if (!grown) {
    return false;
  }
  if (count > 0) {
    memcpy(grown, *array, count * size);
  }
  *array = grown;
  *room = more;
  return true;
}

bool kz_cluster_batch_add(struct kz_cluster_batch *b, struct kz_shelf *shelf,
                          uint64_t id, struct kz_jsonv *document) {
  void *changes = b->changes;
  if (!grow(b->arena, &changes, b->count, &b->room, sizeof *b->changes)) {
    return false;
  }
  b->changes = changes;
  b->changes[b->count++] = (struct kz_shelf_change){
      .shelf = shelf, .id = id, .document = document, .arena = b->arena};
  return true;
}

bool kz_cluster_batch_tie(struct kz_cluster_batch *b, size_t cluster) {
  void *ties = b->ties;
  if (!grow(b->arena, &ties, b->tie_count, &b->tie_room, sizeof *b->ties)) {
    return false;
  }
  b->ties = ties;
  b->ties[b->tie_count++] = (struct kz_cluster_tie){b->count, cluster};
  return true;
}

/* On the writer's thread; clusters come before their relations. */
static kz_rc write_batch(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct kz_cluster_batch *b = ctx;
  size_t next = 0;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < b->count; i++) {
    if (next < b->tie_count && b->ties[next].relation == i) {
      uint64_t id = b->changes[b->ties[next++].cluster].id;
      if (!kz_jsonv_set_u64(b->changes[i].document, KZ_STR("galaxy_cluster_id"),
                            id, b->arena)) {
        return kz_err_set(err, KZ_E_MEMORY, "clusters: out of memory");
      }
    }
    rc = kz_shelf_write(&b->changes[i], txn, err);
  }
  return rc;
}

kz_rc kz_cluster_batch_run(struct kz_cluster_batch *b, struct kz_store *store,
                           struct kz_err *err) {
  kz_rc rc = b->count > 0 ? kz_store_run(store, write_batch, b, err) : KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < b->count; i++) {
    rc = kz_shelf_learn(&b->changes[i], err);
  }
  return rc;
}
