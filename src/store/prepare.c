#include "store/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "store/record.h"
#include "store/row.h"

enum { DELTA_TEXT_MAX = 0x7fffffff };

kz_rc kz_prepare_init(struct kz_prepared *batch, struct kz_dict *dict) {
  memset(batch, 0, sizeof *batch);
  batch->dict = dict;
  kz_buf_init(&batch->bytes, KZ_PREPARED_BYTES_MAX);
  return kz_delta_init(&batch->delta, DELTA_TEXT_MAX);
}

void kz_prepare_done(struct kz_prepared *batch) {
  kz_buf_done(&batch->bytes);
  kz_delta_done(&batch->delta);
  free(batch->events);
  free(batch->records);
  memset(batch, 0, sizeof *batch);
}

void kz_prepare_clear(struct kz_prepared *batch) {
  kz_buf_clear(&batch->bytes);
  kz_delta_clear(&batch->delta);
  batch->count = 0;
  batch->record_count = 0;
}

/* What is being made of one event. */
struct making {
  struct kz_prepared *batch;
  struct kz_event *event;
  const struct kz_object *object; /* whose attribute it is; NULL: none */
  struct kz_chunk chunk;
  uint64_t index; /* of the event in the batch: its local id */
  uint64_t next;  /* local id of the next child */
  uint64_t live;  /* attributes that are not deleted */
};

static kz_rc add_record(struct kz_prepared *batch, enum kz_child kind,
                        uint64_t id, uint64_t sub, size_t at) {
  if (kz_buf_failed(&batch->bytes)) {
    return KZ_E_LIMIT;
  }
  if (batch->record_count == batch->record_room) {
    size_t room = batch->record_room ? batch->record_room * 2 : 64;
    struct kz_prepared_record *records =
        reallocarray(batch->records, room, sizeof *records);
    if (!records) {
      return KZ_E_MEMORY;
    }
    batch->records = records;
    batch->record_room = room;
  }
  batch->records[batch->record_count++] = (struct kz_prepared_record){
      .kind = kind,
      .id = (uint32_t)id,
      .sub = (uint32_t)sub,
      .at = at,
      .len = batch->bytes.len - at,
  };
  return KZ_OK;
}

/* Local ids: attributes first, so that they lie together, then the rest. */
static uint64_t give_ids(struct kz_event *e) {
  uint64_t next = 1;
  for (size_t i = 0; i < e->attribute_count; i++) {
    e->attributes[i].id = next++;
    e->attributes[i].object_id = 0;
  }
  for (size_t o = 0; o < e->object_count; o++) {
    for (size_t i = 0; i < e->objects[o].attribute_count; i++) {
      e->objects[o].attributes[i].id = next++;
    }
  }
  for (size_t o = 0; o < e->object_count; o++) {
    struct kz_object *object = &e->objects[o];
    object->id = next++;
    for (size_t i = 0; i < object->attribute_count; i++) {
      object->attributes[i].object_id = object->id;
    }
  }
  for (size_t o = 0; o < e->object_count; o++) {
    for (size_t i = 0; i < e->objects[o].reference_count; i++) {
      e->objects[o].references[i].id = next++;
    }
  }
  for (size_t i = 0; i < e->report_count; i++) {
    e->reports[i].id = next++;
  }
  return next;
}

static kz_rc intern_tags(struct kz_prepared *batch, struct kz_tag_use *tags,
                         size_t count, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = kz_dict_tag(batch->dict, &tags[i].tag, &tags[i].tag.id, err);
  }
  return rc;
}

static kz_rc close_chunk(struct making *m) {
  if (m->chunk.count == 0) {
    return KZ_OK;
  }
  size_t at = m->batch->bytes.len;
  uint64_t first = m->chunk.first_id;
  kz_chunk_close(&m->chunk, &m->batch->bytes);
  return add_record(m->batch, KZ_CHILD_ATTRIBUTES, first, 0, at);
}

static kz_rc make_attribute(struct making *m, struct kz_attribute *a,
                            struct kz_err *err) {
  kz_rc rc = intern_tags(m->batch, a->tags, a->tag_count, err);
  if (rc == KZ_OK) {
    rc = kz_chunk_add(&m->chunk, m->batch->dict, a, err);
  }
  if (rc == KZ_OK) {
    rc = kz_delta_attribute(&m->batch->delta, a, m->index,
                            a->sighting_count > 0);
  }
  if (rc == KZ_OK && m->object) {
    kz_row_limit(&m->batch->delta.rows[m->batch->delta.row_count - 1],
                 m->object->distribution, m->object->sharing_group_id);
  }
  m->live += !a->deleted;
  return rc == KZ_OK && kz_chunk_is_full(&m->chunk) ? close_chunk(m) : rc;
}

/* Calls `each` for all attributes in the order of their ids. */
static kz_rc each_attribute(struct making *m,
                            kz_rc (*each)(struct making *,
                                          struct kz_attribute *,
                                          struct kz_err *),
                            struct kz_err *err) {
  struct kz_event *e = m->event;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < e->attribute_count; i++) {
    rc = each(m, &e->attributes[i], err);
  }
  for (size_t o = 0; rc == KZ_OK && o < e->object_count; o++) {
    struct kz_object *object = &e->objects[o];
    m->object = object;
    for (size_t i = 0; rc == KZ_OK && i < object->attribute_count; i++) {
      rc = each(m, &object->attributes[i], err);
    }
  }
  m->object = NULL;
  return rc;
}

static kz_rc make_data(struct making *m, struct kz_attribute *a,
                       struct kz_err *err) {
  (void)err;
  if (!a->data.ptr) {
    return KZ_OK;
  }
  size_t at = m->batch->bytes.len;
  kz_buf_add_str(&m->batch->bytes, a->data);
  return add_record(m->batch, KZ_CHILD_DATA, a->id, 0, at);
}

static kz_rc make_objects(struct making *m, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t o = 0; rc == KZ_OK && o < m->event->object_count; o++) {
    const struct kz_object *object = &m->event->objects[o];
    size_t at = m->batch->bytes.len;
    rc = kz_record_put_object(&m->batch->bytes, m->batch->dict, object, err);
    if (rc == KZ_OK) {
      rc = add_record(m->batch, KZ_CHILD_OBJECT, object->id, 0, at);
    }
    if (rc == KZ_OK) {
      rc = kz_delta_other(&m->batch->delta, &object->uuid, m->index, object->id,
                          KZ_THING_OBJECT);
    }
  }
  return rc;
}

static kz_rc make_references(struct making *m, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t o = 0; rc == KZ_OK && o < m->event->object_count; o++) {
    const struct kz_object *object = &m->event->objects[o];
    for (size_t i = 0; rc == KZ_OK && i < object->reference_count; i++) {
      const struct kz_reference *reference = &object->references[i];
      size_t at = m->batch->bytes.len;
      rc = kz_record_put_reference(&m->batch->bytes, m->batch->dict, reference,
                                   object->id, err);
      if (rc == KZ_OK) {
        rc = add_record(m->batch, KZ_CHILD_REFERENCE, reference->id, 0, at);
      }
      if (rc == KZ_OK) {
        rc = kz_delta_other(&m->batch->delta, &reference->uuid, m->index,
                            reference->id, KZ_THING_REFERENCE);
      }
    }
  }
  return rc;
}

static kz_rc make_sightings(struct making *m, struct kz_attribute *a,
                            struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < a->sighting_count; i++) {
    struct kz_sighting *s = &a->sightings[i];
    size_t at = m->batch->bytes.len;
    rc = kz_record_put_sighting(&m->batch->bytes, m->batch->dict, s, err);
    if (rc == KZ_OK) {
      rc = add_record(m->batch, KZ_CHILD_SIGHTING, a->id, s->id, at);
    }
    if (rc == KZ_OK) {
      rc = kz_delta_other(&m->batch->delta, &s->uuid, m->index, s->id,
                          KZ_THING_SIGHTING);
    }
  }
  return rc;
}

static kz_rc number_sightings(struct making *m, struct kz_attribute *a,
                              struct kz_err *err) {
  (void)err;
  for (size_t i = 0; i < a->sighting_count; i++) {
    a->sightings[i].id = m->next++;
  }
  return KZ_OK;
}

static kz_rc make_reports(struct making *m, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < m->event->report_count; i++) {
    struct kz_report *report = &m->event->reports[i];
    rc = intern_tags(m->batch, report->tags, report->tag_count, err);
    size_t at = m->batch->bytes.len;
    if (rc == KZ_OK) {
      rc = kz_record_put_report(&m->batch->bytes, m->batch->dict, report, err);
    }
    if (rc == KZ_OK) {
      rc = add_record(m->batch, KZ_CHILD_REPORT, report->id, 0, at);
    }
    if (rc == KZ_OK) {
      rc = kz_delta_other(&m->batch->delta, &report->uuid, m->index, report->id,
                          KZ_THING_REPORT);
    }
  }
  return rc;
}

static kz_rc make_children(struct making *m, struct kz_err *err) {
  kz_rc rc = each_attribute(m, make_attribute, err);
  if (rc == KZ_OK) {
    rc = close_chunk(m);
  }
  if (rc == KZ_OK) {
    rc = each_attribute(m, make_data, err);
  }
  if (rc == KZ_OK) {
    rc = make_objects(m, err);
  }
  if (rc == KZ_OK) {
    rc = make_references(m, err);
  }
  if (rc == KZ_OK) {
    rc = each_attribute(m, make_sightings, err);
  }
  return rc == KZ_OK ? make_reports(m, err) : rc;
}

static kz_rc make_header(struct making *m, struct kz_prepared_event *prepared,
                         struct kz_err *err) {
  struct kz_event *e = m->event;
  struct kz_prepared *batch = m->batch;
  e->id = m->index;
  kz_rc rc = intern_tags(batch, e->tags, e->tag_count, err);
  if (rc == KZ_OK) {
    rc = kz_dict_org(batch->dict, &e->org, &e->org.id, err);
  }
  if (rc == KZ_OK) {
    rc = kz_dict_org(batch->dict, &e->orgc, &e->orgc.id, err);
  }
  prepared->header_at = batch->bytes.len;
  if (rc == KZ_OK) {
    rc = kz_record_put_event(&batch->bytes, batch->dict, e, m->live, err);
  }
  prepared->header_len = batch->bytes.len - prepared->header_at;
  if (rc == KZ_OK) {
    rc = kz_delta_event(&batch->delta, e);
  }
  if (rc == KZ_OK) {
    rc = kz_delta_other(&batch->delta, &e->uuid, m->index, m->index,
                        KZ_THING_EVENT);
  }
  return rc == KZ_OK && kz_buf_failed(&batch->bytes) ? KZ_E_LIMIT : rc;
}

static kz_rc make(struct making *m, struct kz_prepared_event *prepared,
                  struct kz_err *err) {
  m->next = give_ids(m->event);
  kz_rc rc = each_attribute(m, number_sightings, err);
  if (rc != KZ_OK || m->next > UINT32_MAX) {
    return KZ_E_LIMIT;
  }
  prepared->children = (uint32_t)(m->next - 1);
  rc = make_children(m, err);
  return rc == KZ_OK ? make_header(m, prepared, err) : rc;
}

static kz_rc one_more(struct kz_prepared *batch) {
  if (batch->count < batch->room) {
    return KZ_OK;
  }
  size_t room = batch->room ? batch->room * 2 : 64;
  struct kz_prepared_event *events =
      reallocarray(batch->events, room, sizeof *events);
  if (!events) {
    return KZ_E_MEMORY;
  }
  batch->events = events;
  batch->room = room;
  return KZ_OK;
}

kz_rc kz_prepare_add(struct kz_prepared *batch, struct kz_event *event,
                     void *source, struct kz_err *err) {
  size_t bytes = batch->bytes.len;
  struct kz_prepared_event prepared = {
      .uuid = event->uuid,
      .uuid_hash = kz_uuid_hash(&event->uuid),
      .first_record = batch->record_count,
      .first_row = batch->delta.row_count,
      .first_other = batch->delta.other_count,
      .objects = (uint32_t)event->object_count,
      .source = source,
  };
  size_t entries = batch->delta.entry_count;
  struct making m = {.batch = batch, .event = event, .index = batch->count};
  kz_chunk_init(&m.chunk);
  kz_rc rc = one_more(batch);
  if (rc == KZ_OK) {
    rc = make(&m, &prepared, err);
  }
  kz_chunk_done(&m.chunk);
  if (rc != KZ_OK) {
    batch->bytes.len = bytes;
    batch->bytes.failed = false;
    batch->record_count = prepared.first_record;
    batch->delta.row_count = prepared.first_row;
    batch->delta.other_count = prepared.first_other;
    batch->delta.entry_count = entries;
    if (rc == KZ_E_LIMIT || rc == KZ_E_MEMORY) {
      kz_err_set(err, rc, "the event is too large for one batch");
    }
    return rc;
  }
  prepared.record_count = batch->record_count - prepared.first_record;
  prepared.row_count = batch->delta.row_count - prepared.first_row;
  prepared.other_count = batch->delta.other_count - prepared.first_other;
  batch->events[batch->count++] = prepared;
  return KZ_OK;
}
