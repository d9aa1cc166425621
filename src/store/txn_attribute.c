/* Attributes lie in chunks; changing one means rewriting its chunk. Changes
 * are given in ascending order of ids, so that each chunk is rewritten once
 * for all of them. A new attribute behind a full chunk opens a new one. */
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "store/record.h"
#include "store/txn.h"
#include "store/txn_inner.h"

struct change {
  uint64_t id;
  const struct kz_attribute *attribute; /* with tag ids; NULL: it goes */
  bool has_data;
  bool found; /* there was an earlier version */
};

struct rewrite {
  struct kz_txn *txn;
  uint64_t event;
  struct change *next; /* the first that is not dealt with */
  struct change *end;
  struct kz_chunk chunk;
};

/* A chunk as it was, copied out of the store. */
struct old_chunk {
  bool exists;
  uint64_t first;
  uint64_t limit; /* the first id of the chunk behind it */
  kz_str value;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "change: out of memory");
}

static kz_rc write_chunk(struct rewrite *w, struct kz_err *err) {
  if (w->chunk.count == 0) {
    return KZ_OK;
  }
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  uint64_t first = w->chunk.first_id;
  kz_chunk_close(&w->chunk, &value);
  if (kz_buf_failed(&value)) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "a record is longer than the store "
                      "takes");
  }
  kz_txn_put_key(w->txn, kz_key_child(w->event, KZ_CHILD_ATTRIBUTES, first),
                 kz_buf_str(&value));
  return KZ_OK;
}

static kz_rc add_to_chunk(struct rewrite *w, const struct kz_attribute *a,
                          bool has_data, struct kz_err *err) {
  struct kz_attribute copy = *a;
  copy.data = has_data ? KZ_STR("") : KZ_STR_NONE;
  kz_rc rc = kz_chunk_is_full(&w->chunk) ? write_chunk(w, err) : KZ_OK;
  return rc == KZ_OK ? kz_chunk_add(&w->chunk, w->txn->dict, &copy, err) : rc;
}

static kz_rc place(struct rewrite *w, struct kz_err *err) {
  const struct change *c = w->next++;
  return c->attribute ? add_to_chunk(w, c->attribute, c->has_data, err) : KZ_OK;
}

static kz_rc keep_past(struct rewrite *w, const struct kz_attribute *old,
                       struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  struct kz_chunk chunk;
  kz_chunk_init(&chunk);
  kz_rc rc = kz_chunk_add(&chunk, w->txn->dict, old, err);
  if (rc == KZ_OK) {
    kz_chunk_close(&chunk, &value);
    rc = kz_txn_keep_past(w->txn, w->event, KZ_CHILD_ATTRIBUTES, old->id, 0,
                          kz_buf_str(&value));
    rc = rc == KZ_OK ? KZ_OK : no_memory(err);
  }
  kz_chunk_done(&chunk);
  return rc;
}

/* Copies the attributes of an old chunk, with the changed ones in place. */
static kz_rc copy_chunk(struct rewrite *w, const struct old_chunk *old,
                        struct kz_err *err) {
  struct kz_chunk_walk walk;
  kz_rc rc = kz_chunk_walk_init(&walk, w->txn->dict, w->txn->scratch,
                                old->first, old->value, err);
  while (rc == KZ_OK) {
    struct kz_attribute a;
    bool has_data = false;
    rc = kz_chunk_walk_next(&walk, &a, &has_data, err);
    while (rc == KZ_OK && w->next < w->end && w->next->id < a.id) {
      rc = place(w, err);
    }
    if (rc != KZ_OK) {
      break;
    }
    if (w->next < w->end && w->next->id == a.id) {
      w->next->found = true;
      rc = keep_past(w, &a, err);
      rc = rc == KZ_OK ? place(w, err) : rc;
    } else {
      rc = add_to_chunk(w, &a, has_data, err);
    }
  }
  return rc == KZ_END ? KZ_OK : rc;
}

static kz_rc last_id_of(struct rewrite *w, const struct old_chunk *old,
                        uint64_t *ret_last, struct kz_err *err) {
  struct kz_chunk_walk walk;
  struct kz_attribute a;
  kz_rc rc = kz_chunk_walk_init(&walk, w->txn->dict, w->txn->scratch,
                                old->first, old->value, err);
  while (rc == KZ_OK) {
    rc = kz_chunk_walk_next(&walk, &a, NULL, err);
    if (rc == KZ_OK) {
      *ret_last = a.id;
    }
  }
  return rc == KZ_END ? KZ_OK : rc;
}

/* Whether all changes come behind a chunk that has enough in it. */
static kz_rc is_behind_full(struct rewrite *w, const struct old_chunk *old,
                            bool *ret_behind, struct kz_err *err) {
  struct kz_reader in = kz_reader_of(old->value);
  uint64_t last = UINT64_MAX;
  kz_rc rc = KZ_OK;
  if (kz_read_varint(&in) >= KZ_CHUNK_ATTRIBUTES ||
      old->value.len >= KZ_CHUNK_BYTES) {
    rc = last_id_of(w, old, &last, err);
  }
  *ret_behind = last < w->next->id;
  return rc;
}

/* The chunk that holds or precedes `id`. */
static kz_rc find_chunk(struct rewrite *w, uint64_t id, struct old_chunk *old,
                        struct kz_err *err) {
  struct kz_key prefix = kz_key_children(w->event, KZ_CHILD_ATTRIBUTES);
  struct kz_key wanted = kz_key_child(w->event, KZ_CHILD_ATTRIBUTES, id);
  struct kz_kv_iter *iter =
      kz_kv_txn_iter_new(w->txn->changes, kz_key_str(&prefix));
  if (!iter) {
    return no_memory(err);
  }
  *old = (struct old_chunk){.limit = UINT64_MAX};
  kz_kv_iter_seek_back(iter, kz_key_str(&wanted));
  kz_str key;
  kz_str value;
  kz_rc rc = KZ_OK;
  if (kz_kv_iter_at(iter, &key, &value) && key.len == 18) {
    old->exists = true;
    old->first = kz_key_read_u64(key, 10);
    rc = kz_arena_dup(w->txn->scratch, value, &old->value) == KZ_OK
             ? KZ_OK
             : no_memory(err);
    kz_kv_iter_next(iter);
  } else {
    kz_kv_iter_seek(iter, kz_key_str(&prefix));
  }
  if (rc == KZ_OK && kz_kv_iter_at(iter, &key, NULL) && key.len == 18) {
    old->limit = kz_key_read_u64(key, 10);
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc;
}

/* Deals with the changes that belong to one chunk. */
static kz_rc rewrite_one(struct rewrite *w, struct kz_err *err) {
  struct old_chunk old;
  bool behind = true;
  kz_arena_reset(w->txn->scratch);
  kz_rc rc = find_chunk(w, w->next->id, &old, err);
  if (rc == KZ_OK && old.exists) {
    rc = is_behind_full(w, &old, &behind, err);
  }
  struct change *all_end = w->end;
  struct change *end = w->next;
  while (end < all_end && end->id < old.limit) {
    end++;
  }
  w->end = end;
  if (rc == KZ_OK && !behind) {
    kz_txn_erase_key(w->txn,
                     kz_key_child(w->event, KZ_CHILD_ATTRIBUTES, old.first));
    rc = copy_chunk(w, &old, err);
  }
  while (rc == KZ_OK && w->next < w->end) {
    rc = place(w, err);
  }
  w->end = all_end;
  return rc == KZ_OK ? write_chunk(w, err) : rc;
}

static kz_rc rewrite_all(struct kz_txn *txn, uint64_t event,
                         struct change *changes, size_t count,
                         struct kz_err *err) {
  struct rewrite w = {
      .txn = txn, .event = event, .next = changes, .end = changes + count};
  kz_chunk_init(&w.chunk);
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && w.next < w.end) {
    rc = rewrite_one(&w, err);
  }
  kz_chunk_done(&w.chunk);
  return rc;
}

/* The attribute with dictionary ids in its tags, which live in the delta. */
static kz_rc with_tag_ids(struct kz_txn *txn, const struct kz_attribute *in,
                          struct kz_attribute *out, struct kz_err *err) {
  *out = *in;
  struct kz_tag_use *tags =
      kz_arena_array(txn->delta.arena, in->tag_count + 1, sizeof *tags);
  kz_rc rc = tags ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < in->tag_count; i++) {
    tags[i] = in->tags[i];
    rc = kz_dict_tag(txn->dict, &tags[i].tag, &tags[i].tag.id, err);
  }
  out->tags = tags;
  return rc;
}

/* What a written attribute means for its file and the index. */
static kz_rc tell(struct kz_txn *txn, uint64_t event, const struct change *c) {
  const struct kz_attribute *a = c->attribute;
  if (a->data.ptr) {
    kz_txn_put_key(txn, kz_key_child(event, KZ_CHILD_DATA, a->id), a->data);
  }
  kz_rc rc = c->found ? kz_delta_kill(&txn->delta, event, a->id)
                      : kz_txn_note_uuid(txn, kz_uuid_hash(&a->uuid),
                                         KZ_THING_ATTRIBUTE, event, a->id);
  return rc == KZ_OK
             ? kz_delta_attribute(&txn->delta, a, event, a->sighting_count > 0)
             : rc;
}

kz_rc kz_txn_put_attributes(struct kz_txn *txn, uint64_t event,
                            const struct kz_attribute *attributes,
                            const bool *has_data, size_t count,
                            struct kz_err *err) {
  struct kz_attribute *list = calloc(count + 1, sizeof *list);
  struct change *changes = calloc(count + 1, sizeof *changes);
  kz_rc rc = list && changes ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = with_tag_ids(txn, &attributes[i], &list[i], err);
    changes[i] = (struct change){
        .id = list[i].id,
        .attribute = &list[i],
        .has_data = has_data[i] || list[i].data.ptr,
    };
  }
  if (rc == KZ_OK) {
    rc = rewrite_all(txn, event, changes, count, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = tell(txn, event, &changes[i]) == KZ_OK ? KZ_OK : no_memory(err);
  }
  free(list);
  free(changes);
  if (rc == KZ_OK && kz_txn_touch(txn, event) != KZ_OK) {
    rc = no_memory(err);
  }
  return rc;
}

kz_rc kz_txn_put_attribute(struct kz_txn *txn, uint64_t event,
                           const struct kz_attribute *attribute, bool has_data,
                           struct kz_err *err) {
  return kz_txn_put_attributes(txn, event, attribute, &has_data, 1, err);
}

/* Sightings go the way of their attribute, into the past. */
static kz_rc bury_sighting(struct kz_txn *txn, kz_str key, struct kz_err *err) {
  if (key.len < 26) {
    return kz_err_set(err, KZ_E_CORRUPT, "the key of a sighting is damaged");
  }
  return kz_txn_remove_child(txn, kz_key_read_u64(key, 1), KZ_CHILD_SIGHTING,
                             kz_key_read_u64(key, 10), kz_key_read_u64(key, 18),
                             err);
}

kz_rc kz_txn_remove_attribute(struct kz_txn *txn, uint64_t event,
                              uint64_t attribute, struct kz_err *err) {
  struct change change = {.id = attribute};
  kz_rc rc = rewrite_all(txn, event, &change, 1, err);
  if (rc == KZ_OK && !change.found) {
    return KZ_NOT_FOUND;
  }
  kz_txn_erase_key(txn, kz_key_child(event, KZ_CHILD_DATA, attribute));
  if (rc == KZ_OK) {
    rc = kz_txn_each_key(txn, kz_key_child(event, KZ_CHILD_SIGHTING, attribute),
                         bury_sighting, err);
  }
  if (rc == KZ_OK &&
      (kz_delta_kill(&txn->delta, event, attribute) != KZ_OK ||
       kz_delta_withdraw(&txn->delta, event, attribute) != KZ_OK ||
       kz_txn_touch(txn, event) != KZ_OK)) {
    rc = no_memory(err);
  }
  return rc;
}
