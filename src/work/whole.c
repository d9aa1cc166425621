#include "work/whole.h"

#include <stdlib.h>

#include "format/misp_write.h"
#include "store/sight.h"
#include "store/store.h"
#include "work/opinions.h"
#include "work/show.h"

enum {
  SMALL = 2000,             /* attributes of an event that is read at once */
  PIECE = 64 << 10,         /* bytes written before coming back */
  ARENA_BYTES = 0x7fffffff, /* of one event's frame or of a small event */
};

enum stage { STAGE_ATTRIBUTES, STAGE_OBJECTS, STAGE_REST };

/* An attribute that belongs to an object. */
struct member {
  uint64_t object;
  uint64_t attribute;
};

struct kz_whole {
  struct kz_house *house;
  const struct kz_view *view;
  struct kz_viewer viewer;
  enum kz_deleted wanted;
  struct kz_sightrule sightings; /* of the event */
  struct kz_opinion_eye opinions;
  struct kz_arena *frame;   /* the event */
  struct kz_arena *passing; /* its attributes, one after another */
  struct kz_kv_iter *children;
  struct kz_event event;
  enum stage stage;
  uint64_t next; /* attribute to go on with */
  size_t object; /* to go on with */
  struct member *members;
  size_t member_count;
  size_t member_room;
  struct kz_jsonw *w; /* while a piece is being written */
};

static const struct kz_misp_style style = {.ids = true};
static const struct kz_read_options everything = {.with_sightings = true,
                                                  .with_data = true};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "the event does not fit into memory");
}

struct kz_whole *kz_whole_new(struct kz_house *house,
                              const struct kz_view *view,
                              const struct kz_viewer *viewer,
                              enum kz_deleted wanted) {
  struct kz_whole *whole = calloc(1, sizeof *whole);
  if (!whole) {
    return NULL;
  }
  whole->house = house;
  whole->view = view;
  whole->viewer = *viewer;
  whole->opinions = kz_opinion_eye_of(house, &whole->viewer);
  whole->wanted = wanted;
  whole->frame = kz_arena_new(ARENA_BYTES);
  whole->passing = kz_arena_new(ARENA_BYTES);
  struct kz_reading reading = kz_store_reading(house->store, view, NULL);
  whole->children = kz_read_children(&reading);
  if (!whole->frame || !whole->passing || !whole->children) {
    kz_whole_free(whole);
    return NULL;
  }
  return whole;
}

void kz_whole_free(struct kz_whole *whole) {
  if (whole) {
    kz_arena_free(whole->frame);
    kz_arena_free(whole->passing);
    kz_kv_iter_free(whole->children);
    free(whole->members);
    free(whole);
  }
}

static struct kz_reading reading_into(const struct kz_whole *whole,
                                      struct kz_arena *arena) {
  struct kz_reading reading =
      kz_store_reading(whole->house->store, whole->view, arena);
  reading.children = whole->children;
  return reading;
}

static kz_rc write_small(struct kz_whole *whole,
                         const struct kz_reading *reading, uint64_t event,
                         struct kz_jsonw *w, struct kz_err *err) {
  kz_rc rc = kz_read_event(reading, event, everything, &whole->event, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_show_filter(&whole->viewer, &whole->sightings, whole->wanted,
                 &whole->event);
  rc = kz_opinions_show_all(&whole->opinions, &whole->event, whole->frame, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_misp_write_event(w, &whole->event, style);
  return KZ_END;
}

/* The head counts the attributes; the rest of the frame has none yet. */
static kz_rc begin_large(struct kz_whole *whole,
                         const struct kz_reading *reading, uint64_t event,
                         uint64_t attributes, struct kz_jsonw *w,
                         struct kz_err *err) {
  kz_rc rc = kz_read_frame(reading, event, &whole->event, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_show_filter(&whole->viewer, &whole->sightings, whole->wanted,
                 &whole->event);
  rc = kz_opinions_show_all(&whole->opinions, &whole->event, whole->frame, err);
  if (rc != KZ_OK) {
    return rc;
  }
  whole->event.attribute_count =
      (size_t)(attributes -
               kz_sight_hidden(whole->view, &whole->viewer, event));
  whole->stage = STAGE_ATTRIBUTES;
  whole->next = 1;
  whole->object = 0;
  whole->member_count = 0;
  kz_misp_write_event_head(w, &whole->event, style);
  whole->event.attribute_count = 0;
  kz_jsonw_key(w, KZ_STR("Attribute"));
  kz_jsonw_array(w);
  return KZ_OK;
}

kz_rc kz_whole_begin(struct kz_whole *whole, uint64_t event, struct kz_jsonw *w,
                     struct kz_err *err) {
  uint64_t attributes = 0;
  kz_arena_reset(whole->frame);
  struct kz_reading reading = reading_into(whole, whole->frame);
  kz_rc rc = kz_read_header(&reading, event, &whole->event, &attributes, err);
  if (rc == KZ_OK) {
    const struct kz_sightrule_eye eye = {
        .house = whole->house, .view = whole->view, .viewer = &whole->viewer};
    rc = kz_sightrule_make(&eye, event, &whole->sightings, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  return attributes <= SMALL
             ? write_small(whole, &reading, event, w, err)
             : begin_large(whole, &reading, event, attributes, w, err);
}

static kz_rc remember(struct kz_whole *whole, const struct kz_attribute *a,
                      struct kz_err *err) {
  if (whole->member_count == whole->member_room) {
    size_t room = whole->member_room ? whole->member_room * 2 : 4096;
    struct member *members =
        reallocarray(whole->members, room, sizeof *members);
    if (!members) {
      return no_memory(err);
    }
    whole->members = members;
    whole->member_room = room;
  }
  whole->members[whole->member_count++] =
      (struct member){.object = a->object_id, .attribute = a->id};
  return KZ_OK;
}

static kz_rc pass_attribute(void *ctx, const struct kz_attribute *attribute,
                            struct kz_err *err) {
  struct kz_whole *whole = ctx;
  whole->next = attribute->id + 1;
  if (!kz_show_wants(&whole->viewer, &whole->event, whole->wanted,
                     attribute->deleted) ||
      !kz_show_sees(&whole->viewer, &whole->event, attribute->distribution,
                    attribute->sharing_group_id)) {
    return KZ_OK;
  }
  if (attribute->object_id != 0) {
    return remember(whole, attribute, err);
  }
  struct kz_attribute seen = *attribute;
  kz_sightrule_filter(&whole->sightings, &seen);
  kz_rc rc = kz_opinions_show(&whole->opinions, &seen.uuid, &seen.extra,
                              whole->passing, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_misp_write_attribute(whole->w, &seen, whole->event.id, style);
  return whole->w->out->len >= PIECE ? KZ_UNCHANGED : KZ_OK;
}

static int compare_members(const void *a, const void *b) {
  const struct member *x = a;
  const struct member *y = b;
  if (x->object != y->object) {
    return x->object < y->object ? -1 : 1;
  }
  return (x->attribute > y->attribute) - (x->attribute < y->attribute);
}

static kz_rc write_attributes(struct kz_whole *whole, struct kz_jsonw *w,
                              struct kz_err *err) {
  struct kz_reading reading = reading_into(whole, whole->passing);
  struct kz_read_options options = everything;
  options.from = whole->next;
  whole->w = w;
  kz_rc rc = kz_read_attributes(&reading, whole->event.id, options,
                                pass_attribute, whole, err);
  if (rc == KZ_UNCHANGED) {
    return KZ_OK;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (whole->member_count > 0) {
    qsort(whole->members, whole->member_count, sizeof *whole->members,
          compare_members);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("Object"));
  kz_jsonw_array(w);
  whole->stage = STAGE_OBJECTS;
  return KZ_OK;
}

/* The first member of an object, by binary search. */
static size_t first_member(const struct kz_whole *whole, uint64_t object) {
  size_t low = 0;
  size_t high = whole->member_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (whole->members[middle].object < object) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static kz_rc write_object(struct kz_whole *whole, struct kz_object object,
                          struct kz_jsonw *w, struct kz_err *err) {
  size_t first = first_member(whole, object.id);
  size_t count = 0;
  while (first + count < whole->member_count &&
         whole->members[first + count].object == object.id) {
    count++;
  }
  kz_arena_reset(whole->passing);
  struct kz_reading reading = reading_into(whole, whole->passing);
  object.attributes =
      kz_arena_array(whole->passing, count + 1, sizeof *object.attributes);
  kz_rc rc = object.attributes ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = kz_read_attribute(&reading, whole->event.id,
                           whole->members[first + i].attribute, everything,
                           &object.attributes[i], err);
    if (rc == KZ_OK) {
      struct kz_attribute *a = &object.attributes[i];
      kz_sightrule_filter(&whole->sightings, a);
      rc = kz_opinions_show(&whole->opinions, &a->uuid, &a->extra,
                            whole->passing, err);
    }
  }
  object.attribute_count = count;
  if (rc == KZ_OK) {
    kz_misp_write_object(w, &object, whole->event.id, style);
  }
  return rc;
}

static kz_rc write_objects(struct kz_whole *whole, struct kz_jsonw *w,
                           struct kz_err *err) {
  while (whole->object < whole->event.object_count) {
    kz_rc rc = write_object(whole, whole->event.objects[whole->object], w, err);
    if (rc != KZ_OK) {
      return rc;
    }
    whole->object++;
    if (w->out->len >= PIECE) {
      return KZ_OK;
    }
  }
  kz_jsonw_array_end(w);
  whole->stage = STAGE_REST;
  return KZ_OK;
}

static kz_rc write_rest(struct kz_whole *whole, struct kz_jsonw *w) {
  kz_jsonw_key(w, KZ_STR("EventReport"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < whole->event.report_count; i++) {
    kz_misp_write_report(w, &whole->event.reports[i], whole->event.id, style);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  return KZ_END;
}

kz_rc kz_whole_next(struct kz_whole *whole, struct kz_jsonw *w,
                    struct kz_err *err) {
  switch (whole->stage) {
  case STAGE_ATTRIBUTES:
    return write_attributes(whole, w, err);
  case STAGE_OBJECTS:
    return write_objects(whole, w, err);
  case STAGE_REST:
    break;
  }
  return write_rest(whole, w);
}
