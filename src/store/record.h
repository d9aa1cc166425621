/* Records: how the nouns of an event are spelt as bytes in the store.
 *
 * Attributes lie together in chunks of some dozens, so that an event is a few
 * keys and not one for each attribute (docs/decisions/0001). Numbers of other
 * children are kept relative to the record's own id, so a record can be made
 * before its event has been given ids. Tags, organisations and words are
 * dictionary numbers. The format is docs/developer/format.md. Decoding
 * trusts nothing: a damaged record is KZ_E_CORRUPT.
 *
 * Decoded texts are borrowed from the bytes (or the dictionary), arrays from
 * the arena. Any thread. */
#ifndef KZ_STORE_RECORD_H
#define KZ_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/dict.h"

enum {
  KZ_CHUNK_ATTRIBUTES = 64,    /* at most in one chunk */
  KZ_CHUNK_BYTES = 16 << 10,   /* a chunk is closed past this */
  KZ_CHUNK_BYTES_MAX = 1 << 30 /* one value may be large */
};

/* A chunk under construction. */
struct kz_chunk {
  struct kz_buf body;
  uint64_t first_id;
  uint64_t last_id;
  int64_t base_time_us;
  int64_t base_known_us;
  uint32_t count;
};

void kz_chunk_init(struct kz_chunk *chunk);
void kz_chunk_done(struct kz_chunk *chunk);
/* Appends an attribute (ids ascending). `data` is not part of it, only whether
 * there is any. */
KZ_MUST_USE kz_rc kz_chunk_add(struct kz_chunk *chunk, struct kz_dict *dict,
                               const struct kz_attribute *attribute,
                               struct kz_err *err);
bool kz_chunk_is_full(const struct kz_chunk *chunk);
/* Writes the chunk's value to `out` (appended) and empties the chunk. */
void kz_chunk_close(struct kz_chunk *chunk, struct kz_buf *out);

/* Walks the attributes of a chunk's value. */
struct kz_chunk_walk {
  struct kz_dict *dict;
  struct kz_arena *arena;
  const uint8_t *ptr;
  const uint8_t *end;
  uint64_t id;
  int64_t base_time_us;
  int64_t base_known_us;
  uint64_t left;
};

KZ_MUST_USE kz_rc kz_chunk_walk_init(struct kz_chunk_walk *walk,
                                     struct kz_dict *dict,
                                     struct kz_arena *arena, uint64_t first_id,
                                     kz_str value, struct kz_err *err);
/* The next attribute; KZ_END. Its data is left out: `ret_has_data` (may be
 * NULL) says whether there is some. */
KZ_MUST_USE kz_rc kz_chunk_walk_next(struct kz_chunk_walk *walk,
                                     struct kz_attribute *ret_attribute,
                                     bool *ret_has_data, struct kz_err *err);
/* Passes over attributes until the one with this id; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_chunk_walk_find(struct kz_chunk_walk *walk, uint64_t id,
                                     struct kz_attribute *ret_attribute,
                                     bool *ret_has_data, struct kz_err *err);

/* The header of an event: all that is not a child, and how many live
 * attributes it has. */
KZ_MUST_USE kz_rc kz_record_put_event(struct kz_buf *out, struct kz_dict *dict,
                                      const struct kz_event *event,
                                      uint64_t attribute_count,
                                      struct kz_err *err);
KZ_MUST_USE kz_rc kz_record_get_event(kz_str value, struct kz_dict *dict,
                                      struct kz_arena *arena, uint64_t id,
                                      struct kz_event *ret_event,
                                      uint64_t *ret_attribute_count,
                                      struct kz_err *err);

/* Objects without their attributes and references; `id` must be set. */
KZ_MUST_USE kz_rc kz_record_put_object(struct kz_buf *out, struct kz_dict *dict,
                                       const struct kz_object *object,
                                       struct kz_err *err);
KZ_MUST_USE kz_rc kz_record_get_object(kz_str value, struct kz_dict *dict,
                                       uint64_t id,
                                       struct kz_object *ret_object,
                                       struct kz_err *err);

/* A reference and the object it starts from. */
KZ_MUST_USE kz_rc kz_record_put_reference(struct kz_buf *out,
                                          struct kz_dict *dict,
                                          const struct kz_reference *reference,
                                          uint64_t object_id,
                                          struct kz_err *err);
KZ_MUST_USE kz_rc kz_record_get_reference(kz_str value, struct kz_dict *dict,
                                          uint64_t id,
                                          struct kz_reference *ret_reference,
                                          uint64_t *ret_object_id,
                                          struct kz_err *err);

KZ_MUST_USE kz_rc kz_record_put_report(struct kz_buf *out, struct kz_dict *dict,
                                       const struct kz_report *report,
                                       struct kz_err *err);
KZ_MUST_USE kz_rc kz_record_get_report(kz_str value, struct kz_dict *dict,
                                       struct kz_arena *arena, uint64_t id,
                                       struct kz_report *ret_report,
                                       struct kz_err *err);

KZ_MUST_USE kz_rc kz_record_put_sighting(struct kz_buf *out,
                                         struct kz_dict *dict,
                                         const struct kz_sighting *sighting,
                                         struct kz_err *err);
KZ_MUST_USE kz_rc kz_record_get_sighting(kz_str value, struct kz_dict *dict,
                                         uint64_t id,
                                         struct kz_sighting *ret_sighting,
                                         struct kz_err *err);

#endif
