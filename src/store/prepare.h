/* Prepared events: new events turned into records and index rows before they
 * reach the writer.
 *
 * Any thread may prepare; ids are given by the writer (all ids inside are
 * local: events count from 0 in the batch, children from 1 in their event).
 * A prepared batch owns all its memory; parsed events may be forgotten after
 * kz_prepare_add. One thread at a time. */
#ifndef KZ_STORE_PREPARE_H
#define KZ_STORE_PREPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/delta.h"
#include "store/dict.h"
#include "store/keys.h"

/* One key and value below an event. */
struct kz_prepared_record {
  enum kz_child kind;
  uint32_t id;  /* local: chunk's first attribute, object ... */
  uint32_t sub; /* local: sighting */
  uint64_t at;  /* in `bytes` */
  uint64_t len;
};

struct kz_prepared_event {
  struct kz_uuid uuid;
  uint64_t uuid_hash;
  uint64_t header_at; /* in `bytes` */
  uint64_t header_len;
  uint32_t objects;
  uint32_t children; /* local ids 1 .. children are in use */
  size_t first_record;
  size_t record_count;
  size_t first_row; /* in delta.rows, others, entries */
  size_t row_count;
  size_t first_other;
  size_t other_count;
  bool refused;  /* by a bulk load: a uuid of it is known already */
  uint64_t id;   /* given by the writer; 0 when refused */
  uint64_t base; /* its children are base + 1 ... */
  void *source;  /* the caller's: what the event was read from */
};

struct kz_prepared {
  struct kz_dict *dict;
  struct kz_buf bytes;
  struct kz_delta delta; /* rows, others, entries with local ids */
  struct kz_prepared_event *events;
  size_t count;
  size_t room;
  struct kz_prepared_record *records;
  size_t record_count;
  size_t record_room;
};

enum { KZ_PREPARED_BYTES_MAX = 0x7fffffff };

KZ_MUST_USE kz_rc kz_prepare_init(struct kz_prepared *batch,
                                  struct kz_dict *dict);
void kz_prepare_done(struct kz_prepared *batch);
void kz_prepare_clear(struct kz_prepared *batch);

/* Adds a new event. Gives local ids to its children and dictionary ids to its
 * tags and organisations (in place). KZ_E_LIMIT when the batch is full or the
 * event too large, and nothing of it stays in the batch. */
KZ_MUST_USE kz_rc kz_prepare_add(struct kz_prepared *batch,
                                 struct kz_event *event, void *source,
                                 struct kz_err *err);

#endif
