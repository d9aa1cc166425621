#include "store/read.h"

#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "store/keys.h"
#include "store/record.h"

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "read: the answer does not fit");
}

/* A value copied into the arena, so that texts may be borrowed from it. */
static kz_rc get(const struct kz_reading *r, const struct kz_key *key,
                 kz_str *ret_value, struct kz_err *err) {
  KZ_BUF(value, KZ_CHUNK_BYTES_MAX);
  kz_rc rc = r->txn
                 ? kz_kv_txn_get(r->txn, kz_key_str(key), &value, err)
                 : kz_kv_get(r->kv, r->snapshot, kz_key_str(key), &value, err);
  if (rc != KZ_OK) {
    return rc;
  }
  return kz_arena_dup(r->arena, kz_buf_str(&value), ret_value) == KZ_OK
             ? KZ_OK
             : no_memory(err);
}

static struct kz_kv_iter *iterate(const struct kz_reading *r,
                                  const struct kz_key *prefix, bool bulk) {
  return r->txn ? kz_kv_txn_iter_new(r->txn, kz_key_str(prefix))
                : kz_kv_iter_new(r->kv, r->snapshot, kz_key_str(prefix), bulk);
}

struct kz_kv_iter *kz_read_children(const struct kz_reading *r) {
  struct kz_key prefix = kz_key_family(KZ_FAMILY_CHILD);
  return iterate(r, &prefix, true);
}

/* Begins a walk over what lies in an event: on the reading's own iterator, if
 * it has one. */
static struct kz_kv_iter *begin_walk(const struct kz_reading *r,
                                     const struct kz_key *prefix) {
  if (!r->children) {
    return iterate(r, prefix, true);
  }
  kz_kv_iter_turn(r->children, kz_key_str(prefix));
  kz_kv_iter_seek(r->children, kz_key_str(prefix));
  return r->children;
}

static kz_rc end_walk(const struct kz_reading *r, struct kz_kv_iter *iter,
                      kz_rc rc, struct kz_err *err) {
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  if (iter != r->children) {
    kz_kv_iter_free(iter);
  }
  return rc;
}

kz_rc kz_read_header(const struct kz_reading *r, uint64_t event,
                     struct kz_event *ret_event, uint64_t *ret_attributes,
                     struct kz_err *err) {
  struct kz_key key = kz_key_one(KZ_FAMILY_EVENT, event);
  kz_str value;
  kz_rc rc = get(r, &key, &value, err);
  return rc == KZ_OK ? kz_record_get_event(value, r->dict, r->arena, event,
                                           ret_event, ret_attributes, err)
                     : rc;
}

kz_rc kz_read_event_of(const struct kz_reading *r, uint64_t child,
                       uint64_t *ret_event, struct kz_err *err) {
  struct kz_key prefix = kz_key_family(KZ_FAMILY_EXTENT);
  struct kz_kv_iter *iter = iterate(r, &prefix, false);
  if (!iter) {
    return no_memory(err);
  }
  struct kz_key key = kz_key_one(KZ_FAMILY_EXTENT, child);
  kz_kv_iter_seek_back(iter, kz_key_str(&key));
  kz_rc rc = KZ_NOT_FOUND;
  kz_str found;
  kz_str value;
  if (kz_kv_iter_at(iter, &found, &value) && found.len == 9) {
    struct kz_reader in = kz_reader_of(value);
    uint64_t event = kz_read_varint(&in);
    uint64_t count = kz_read_varint(&in);
    if (!in.failed && child - kz_key_read_u64(found, 1) < count) {
      *ret_event = event;
      rc = KZ_OK;
    }
  } else {
    kz_rc check = kz_kv_iter_check(iter, err);
    rc = check == KZ_OK ? KZ_NOT_FOUND : check;
  }
  kz_kv_iter_free(iter);
  return rc;
}

static kz_rc read_data(const struct kz_reading *r, uint64_t event,
                       struct kz_attribute *attribute, struct kz_err *err) {
  struct kz_key key = kz_key_child(event, KZ_CHILD_DATA, attribute->id);
  kz_rc rc = get(r, &key, &attribute->data, err);
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

static kz_rc read_sightings(const struct kz_reading *r, uint64_t event,
                            struct kz_attribute *attribute,
                            struct kz_err *err) {
  size_t room = attribute->sighting_count;
  struct kz_sighting *list = kz_arena_array(r->arena, room, sizeof *list);
  struct kz_key prefix = kz_key_child(event, KZ_CHILD_SIGHTING, attribute->id);
  struct kz_kv_iter *iter = iterate(r, &prefix, false);
  if (!list || !iter) {
    kz_kv_iter_free(iter);
    return no_memory(err);
  }
  size_t count = 0;
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && count < room && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    kz_str copy;
    if (key.len < 26 || kz_arena_dup(r->arena, value, &copy) != KZ_OK) {
      rc = no_memory(err);
      break;
    }
    rc = kz_record_get_sighting(copy, r->dict, kz_key_read_u64(key, 18),
                                &list[count], err);
    count += rc == KZ_OK;
  }
  kz_kv_iter_free(iter);
  attribute->sightings = list;
  attribute->sighting_count = count;
  return rc;
}

static kz_rc complete(const struct kz_reading *r, uint64_t event,
                      struct kz_read_options options, bool has_data,
                      struct kz_attribute *attribute, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  if (options.with_data && has_data) {
    rc = read_data(r, event, attribute, err);
  }
  if (rc == KZ_OK && options.with_sightings && attribute->sighting_count > 0) {
    rc = read_sightings(r, event, attribute, err);
  }
  return rc;
}

kz_rc kz_read_attribute(const struct kz_reading *r, uint64_t event,
                        uint64_t attribute, struct kz_read_options options,
                        struct kz_attribute *ret_attribute,
                        struct kz_err *err) {
  struct kz_key prefix = kz_key_children(event, KZ_CHILD_ATTRIBUTES);
  struct kz_kv_iter *iter =
      r->children ? r->children : iterate(r, &prefix, false);
  if (!iter) {
    return no_memory(err);
  }
  struct kz_key key = kz_key_child(event, KZ_CHILD_ATTRIBUTES, attribute);
  kz_kv_iter_turn(iter, kz_key_str(&prefix));
  kz_kv_iter_seek_back(iter, kz_key_str(&key));
  kz_rc rc = KZ_NOT_FOUND;
  bool has_data = false;
  kz_str found;
  kz_str value;
  if (kz_kv_iter_at(iter, &found, &value) && found.len == 18) {
    kz_str copy;
    struct kz_chunk_walk walk;
    rc = kz_arena_dup(r->arena, value, &copy) == KZ_OK ? KZ_OK : no_memory(err);
    if (rc == KZ_OK) {
      rc = kz_chunk_walk_init(&walk, r->dict, r->arena,
                              kz_key_read_u64(found, 10), copy, err);
    }
    if (rc == KZ_OK) {
      rc = kz_chunk_walk_find(&walk, attribute, ret_attribute, &has_data, err);
    }
  } else {
    kz_rc check = kz_kv_iter_check(iter, err);
    rc = check == KZ_OK ? KZ_NOT_FOUND : check;
  }
  if (iter != r->children) {
    kz_kv_iter_free(iter);
  }
  return rc == KZ_OK ? complete(r, event, options, has_data, ret_attribute, err)
                     : rc;
}

static kz_rc visit_chunk(const struct kz_reading *r, uint64_t event,
                         struct kz_read_options options, uint64_t first,
                         kz_str value, kz_read_visit *visit, void *ctx,
                         struct kz_err *err) {
  struct kz_chunk_walk walk;
  kz_rc rc = kz_chunk_walk_init(&walk, r->dict, r->arena, first, value, err);
  while (rc == KZ_OK) {
    struct kz_attribute attribute;
    bool has_data = false;
    rc = kz_chunk_walk_next(&walk, &attribute, &has_data, err);
    if (rc == KZ_OK && attribute.id < options.from) {
      continue;
    }
    if (rc == KZ_OK) {
      rc = complete(r, event, options, has_data, &attribute, err);
    }
    if (rc == KZ_OK) {
      rc = visit(ctx, &attribute, err);
    }
  }
  return rc;
}

/* To the chunk in which an attribute would lie: the last that begins before or
 * at it, else the first. */
static void seek_chunk(struct kz_kv_iter *iter, uint64_t event,
                       uint64_t attribute) {
  struct kz_key key = kz_key_child(event, KZ_CHILD_ATTRIBUTES, attribute);
  kz_str found;
  kz_kv_iter_seek_back(iter, kz_key_str(&key));
  if (!kz_kv_iter_at(iter, &found, NULL)) {
    kz_kv_iter_seek(iter, kz_key_str(&key));
  }
}

/* Walks the chunks; `keep` leaves what was read in the arena. */
static kz_rc visit_chunks(const struct kz_reading *r, uint64_t event,
                          struct kz_read_options options, bool keep,
                          kz_read_visit *visit, void *ctx, struct kz_err *err) {
  struct kz_key prefix = kz_key_children(event, KZ_CHILD_ATTRIBUTES);
  struct kz_kv_iter *iter = begin_walk(r, &prefix);
  if (!iter) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  if (options.from > 0) {
    seek_chunk(iter, event, options.from);
  }
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    kz_str text = value;
    if (!keep) {
      kz_arena_reset(r->arena);
    } else if (kz_arena_dup(r->arena, value, &text) != KZ_OK) {
      rc = no_memory(err);
      break;
    }
    rc = visit_chunk(r, event, options, kz_key_read_u64(key, 10), text, visit,
                     ctx, err);
    rc = rc == KZ_END ? KZ_OK : rc;
  }
  return end_walk(r, iter, rc, err);
}

kz_rc kz_read_attributes(const struct kz_reading *r, uint64_t event,
                         struct kz_read_options options, kz_read_visit *visit,
                         void *ctx, struct kz_err *err) {
  return visit_chunks(r, event, options, false, visit, ctx, err);
}

/* A growing array in an arena. */
struct list {
  struct kz_arena *arena;
  char *items;
  size_t count;
  size_t room;
  size_t size;
};

static void *push(struct list *list) {
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 8;
    char *items = kz_arena_array(list->arena, room, list->size);
    if (!items) {
      return NULL;
    }
    if (list->count > 0) {
      memcpy(items, list->items, list->count * list->size);
    }
    list->items = items;
    list->room = room;
  }
  return list->items + list->size * list->count++;
}

/* What the children of an event are sorted into. */
struct frame {
  const struct kz_reading *r;
  struct list objects;
  struct list references;
  struct list reference_objects;
  struct list reports;
};

static kz_rc add_object(struct frame *f, uint64_t id, kz_str value,
                        struct kz_err *err) {
  struct kz_object *object = push(&f->objects);
  return object ? kz_record_get_object(value, f->r->dict, id, object, err)
                : no_memory(err);
}

static kz_rc add_reference(struct frame *f, uint64_t id, kz_str value,
                           struct kz_err *err) {
  struct kz_reference *reference = push(&f->references);
  uint64_t *object = push(&f->reference_objects);
  return reference && object ? kz_record_get_reference(value, f->r->dict, id,
                                                       reference, object, err)
                             : no_memory(err);
}

static kz_rc add_report(struct frame *f, uint64_t id, kz_str value,
                        struct kz_err *err) {
  struct kz_report *report = push(&f->reports);
  return report ? kz_record_get_report(value, f->r->dict, f->r->arena, id,
                                       report, err)
                : no_memory(err);
}

static kz_rc add_child(struct frame *f, char kind, uint64_t id, kz_str value,
                       struct kz_err *err) {
  kz_str copy;
  if (kz_arena_dup(f->r->arena, value, &copy) != KZ_OK) {
    return no_memory(err);
  }
  return kind == KZ_CHILD_OBJECT      ? add_object(f, id, copy, err)
         : kind == KZ_CHILD_REFERENCE ? add_reference(f, id, copy, err)
                                      : add_report(f, id, copy, err);
}

/* Objects, references and reports lie behind each other, but for the
 * sightings, which are passed over. */
static kz_rc read_frame(struct frame *f, uint64_t event, struct kz_err *err) {
  struct kz_key prefix = kz_key_one(KZ_FAMILY_CHILD, event);
  struct kz_kv_iter *iter = begin_walk(f->r, &prefix);
  if (!iter) {
    return no_memory(err);
  }
  struct kz_key start = kz_key_children(event, KZ_CHILD_OBJECT);
  kz_kv_iter_seek(iter, kz_key_str(&start));
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  while (rc == KZ_OK && kz_kv_iter_at(iter, &key, &value)) {
    if (key.len > 9 && key.ptr[9] == KZ_CHILD_SIGHTING) {
      struct kz_key reports = kz_key_children(event, KZ_CHILD_REPORT);
      kz_kv_iter_seek(iter, kz_key_str(&reports));
      continue;
    }
    if (key.len == 18) {
      rc = add_child(f, key.ptr[9], kz_key_read_u64(key, 10), value, err);
    }
    kz_kv_iter_next(iter);
  }
  return end_walk(f->r, iter, rc, err);
}

/* The references of all objects of an event. */
static kz_rc read_references(struct frame *f, uint64_t event,
                             struct kz_err *err) {
  struct kz_key prefix = kz_key_children(event, KZ_CHILD_REFERENCE);
  struct kz_kv_iter *iter = begin_walk(f->r, &prefix);
  if (!iter) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    rc = add_child(f, KZ_CHILD_REFERENCE, kz_key_read_u64(key, 10), value, err);
  }
  return end_walk(f->r, iter, rc, err);
}

static struct kz_object *find_object(struct kz_object *objects, size_t count,
                                     uint64_t id) {
  size_t low = 0;
  size_t high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (objects[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < count && objects[low].id == id ? &objects[low] : NULL;
}

/* Hands the references to their objects; they are in order of their own ids,
 * so counting first keeps each object's in order. */
static kz_rc give_references(struct frame *f, struct kz_err *err) {
  struct kz_object *objects = (struct kz_object *)(void *)f->objects.items;
  const struct kz_reference *all =
      (const struct kz_reference *)(void *)f->references.items;
  const uint64_t *owner = (const uint64_t *)(void *)f->reference_objects.items;
  for (size_t i = 0; i < f->references.count; i++) {
    struct kz_object *o = find_object(objects, f->objects.count, owner[i]);
    if (o) {
      o->reference_count++;
    }
  }
  for (size_t i = 0; i < f->objects.count; i++) {
    size_t n = objects[i].reference_count;
    objects[i].references =
        n ? kz_arena_array(f->r->arena, n, sizeof *all) : NULL;
    objects[i].reference_count = 0;
    if (n && !objects[i].references) {
      return no_memory(err);
    }
  }
  for (size_t i = 0; i < f->references.count; i++) {
    struct kz_object *o = find_object(objects, f->objects.count, owner[i]);
    if (o) {
      o->references[o->reference_count++] = all[i];
    }
  }
  return KZ_OK;
}

kz_rc kz_read_frame(const struct kz_reading *r, uint64_t event,
                    struct kz_event *ret_event, struct kz_err *err) {
  struct kz_event e;
  struct frame f = {
      .r = r,
      .objects = {.arena = r->arena, .size = sizeof(struct kz_object)},
      .references = {.arena = r->arena, .size = sizeof(struct kz_reference)},
      .reference_objects = {.arena = r->arena, .size = sizeof(uint64_t)},
      .reports = {.arena = r->arena, .size = sizeof(struct kz_report)},
  };
  kz_rc rc = kz_read_header(r, event, &e, NULL, err);
  if (rc == KZ_OK) {
    rc = read_frame(&f, event, err);
  }
  if (rc == KZ_OK) {
    rc = give_references(&f, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  e.objects = (struct kz_object *)(void *)f.objects.items;
  e.object_count = f.objects.count;
  e.reports = (struct kz_report *)(void *)f.reports.items;
  e.report_count = f.reports.count;
  *ret_event = e;
  return KZ_OK;
}

static kz_rc keep_attribute(void *ctx, const struct kz_attribute *attribute,
                            struct kz_err *err) {
  struct kz_attribute *place = push(ctx);
  if (!place) {
    return no_memory(err);
  }
  *place = *attribute;
  return KZ_OK;
}

/* Sorts the attributes into their objects; those of none stay in the event. */
static kz_rc give_attributes(const struct kz_reading *r, struct kz_event *e,
                             const struct kz_attribute *all, size_t count,
                             struct kz_err *err) {
  for (size_t i = 0; i < count; i++) {
    struct kz_object *o =
        all[i].object_id
            ? find_object(e->objects, e->object_count, all[i].object_id)
            : NULL;
    *(o ? &o->attribute_count : &e->attribute_count) += 1;
  }
  e->attributes = kz_arena_array(r->arena, e->attribute_count + 1, sizeof *all);
  bool good = e->attributes != NULL;
  for (size_t i = 0; good && i < e->object_count; i++) {
    e->objects[i].attributes = kz_arena_array(
        r->arena, e->objects[i].attribute_count + 1, sizeof *all);
    good = e->objects[i].attributes != NULL;
    e->objects[i].attribute_count = 0;
  }
  if (!good) {
    return no_memory(err);
  }
  e->attribute_count = 0;
  for (size_t i = 0; i < count; i++) {
    struct kz_object *o =
        all[i].object_id
            ? find_object(e->objects, e->object_count, all[i].object_id)
            : NULL;
    if (o) {
      o->attributes[o->attribute_count++] = all[i];
    } else {
      e->attributes[e->attribute_count++] = all[i];
    }
  }
  return KZ_OK;
}

kz_rc kz_read_event(const struct kz_reading *r, uint64_t event,
                    struct kz_read_options options, struct kz_event *ret_event,
                    struct kz_err *err) {
  struct kz_event e;
  kz_rc rc = kz_read_frame(r, event, &e, err);
  struct list all = {.arena = r->arena, .size = sizeof(struct kz_attribute)};
  if (rc == KZ_OK) {
    rc = visit_chunks(r, event, options, true, keep_attribute, &all, err);
  }
  if (rc == KZ_OK) {
    rc = give_attributes(r, &e, (const struct kz_attribute *)(void *)all.items,
                         all.count, err);
  }
  if (rc == KZ_OK) {
    *ret_event = e;
  }
  return rc;
}

kz_rc kz_read_object(const struct kz_reading *r, uint64_t event,
                     uint64_t object, struct kz_object *ret_object,
                     struct kz_err *err) {
  struct kz_key key = kz_key_child(event, KZ_CHILD_OBJECT, object);
  kz_str value;
  kz_rc rc = get(r, &key, &value, err);
  struct kz_object o;
  if (rc == KZ_OK) {
    rc = kz_record_get_object(value, r->dict, object, &o, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct frame f = {
      .r = r,
      .objects = {.arena = r->arena,
                  .items = (char *)&o,
                  .count = 1,
                  .size = sizeof o},
      .references = {.arena = r->arena, .size = sizeof(struct kz_reference)},
      .reference_objects = {.arena = r->arena, .size = sizeof(uint64_t)},
  };
  rc = read_references(&f, event, err);
  if (rc == KZ_OK) {
    rc = give_references(&f, err);
  }
  if (rc == KZ_OK) {
    *ret_object = o;
  }
  return rc;
}

kz_rc kz_read_reference(const struct kz_reading *r, uint64_t event,
                        uint64_t reference, struct kz_reference *ret_reference,
                        uint64_t *ret_object, struct kz_err *err) {
  struct kz_key key = kz_key_child(event, KZ_CHILD_REFERENCE, reference);
  kz_str value;
  kz_rc rc = get(r, &key, &value, err);
  return rc == KZ_OK ? kz_record_get_reference(value, r->dict, reference,
                                               ret_reference, ret_object, err)
                     : rc;
}

kz_rc kz_read_report(const struct kz_reading *r, uint64_t event,
                     uint64_t report, struct kz_report *ret_report,
                     struct kz_err *err) {
  struct kz_key key = kz_key_child(event, KZ_CHILD_REPORT, report);
  kz_str value;
  kz_rc rc = get(r, &key, &value, err);
  return rc == KZ_OK ? kz_record_get_report(value, r->dict, r->arena, report,
                                            ret_report, err)
                     : rc;
}

kz_rc kz_read_sighting(const struct kz_reading *r, uint64_t event,
                       uint64_t sighting, struct kz_sighting *ret_sighting,
                       uint64_t *ret_attribute, struct kz_err *err) {
  struct kz_key prefix = kz_key_children(event, KZ_CHILD_SIGHTING);
  struct kz_kv_iter *iter = iterate(r, &prefix, false);
  if (!iter) {
    return no_memory(err);
  }
  kz_rc rc = KZ_NOT_FOUND;
  kz_str key;
  kz_str value;
  for (; rc == KZ_NOT_FOUND && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    if (key.len == 26 && kz_key_read_u64(key, 18) == sighting) {
      kz_str copy;
      *ret_attribute = kz_key_read_u64(key, 10);
      rc = kz_arena_dup(r->arena, value, &copy) == KZ_OK
               ? kz_record_get_sighting(copy, r->dict, sighting, ret_sighting,
                                        err)
               : no_memory(err);
    }
  }
  if (rc == KZ_NOT_FOUND) {
    kz_rc check = kz_kv_iter_check(iter, err);
    rc = check == KZ_OK ? KZ_NOT_FOUND : check;
  }
  kz_kv_iter_free(iter);
  return rc;
}
