#include "api/misp_opinions.h"

#include "work/opinions.h"

struct kz_analyst_author kz_misp_author(const struct kz_misp_eye *eye) {
  const struct kz_user *user = eye->user;
  return (struct kz_analyst_author){.org = user->org.uuid,
                                    .email = user->email,
                                    .for_others =
                                        kz_user_may(user, KZ_PERM_SYNC),
                                    .any = kz_misp_is_admin(user)};
}

static struct kz_opinion_eye looking(const struct kz_misp_eye *eye) {
  return (struct kz_opinion_eye){.house = eye->house,
                                 .viewer = &eye->user->viewer,
                                 .org = eye->user->org.uuid};
}

bool kz_misp_sees_opinion(const struct kz_misp_eye *eye,
                          const struct kz_jsonv *document) {
  const struct kz_opinion_eye look = looking(eye);
  return kz_opinion_sees(&look, document);
}

kz_rc kz_misp_write_opinion(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            const struct kz_jsonv *document,
                            struct kz_arena *arena, struct kz_err *err) {
  const struct kz_opinion_eye look = looking(eye);
  return kz_opinion_write(w, &look, document, arena, err);
}

kz_rc kz_misp_show_opinions(const struct kz_misp_eye *eye,
                            const struct kz_uuid *thing, kz_str *extra,
                            struct kz_arena *arena, struct kz_err *err) {
  const struct kz_opinion_eye look = looking(eye);
  return kz_opinions_show(&look, thing, extra, arena, err);
}

/* --- coming in -------------------------------------------------------------
 */

struct kz_misp_taken_one {
  enum kz_analyst_type type;
  const struct kz_jsonv *sent;
  const struct kz_uuid *thing; /* its uuid may not be known yet */
  const char *noun;
};

static kz_rc push(struct kz_misp_taken *taken,
                  const struct kz_misp_taken_one *one, struct kz_arena *arena) {
  if (taken->count == taken->room) {
    size_t room = taken->room ? taken->room * 2 : 16;
    struct kz_misp_taken_one *grown =
        kz_arena_array(arena, room, sizeof *grown);
    if (!grown) {
      return KZ_E_MEMORY;
    }
    for (size_t i = 0; i < taken->count; i++) {
      grown[i] = taken->items[i];
    }
    taken->items = grown;
    taken->room = room;
  }
  taken->items[taken->count++] = *one;
  return KZ_OK;
}

static kz_rc take(struct kz_misp_taken *taken, kz_str *extra,
                  const struct kz_uuid *thing, const char *noun,
                  struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *found[KZ_ANALYST_TYPES];
  kz_rc rc = kz_opinions_cut(extra, found, arena, err);
  for (int i = 0; rc == KZ_OK && i < KZ_ANALYST_TYPES; i++) {
    for (const struct kz_jsonv *at = found[i] ? found[i]->first : NULL;
         rc == KZ_OK && at; at = at->next) {
      const struct kz_misp_taken_one one = {(enum kz_analyst_type)i, at, thing,
                                            noun};
      rc = push(taken, &one, arena);
    }
  }
  return rc;
}

kz_rc kz_misp_take_attributes(struct kz_misp_taken *taken,
                              struct kz_attribute *attributes, size_t count,
                              struct kz_arena *arena, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_attribute *a = &attributes[i];
    rc = take(taken, &a->extra, &a->uuid, "Attribute", arena, err);
  }
  return rc;
}

kz_rc kz_misp_take_object(struct kz_misp_taken *taken, struct kz_object *object,
                          struct kz_arena *arena, struct kz_err *err) {
  kz_rc rc = take(taken, &object->extra, &object->uuid, "Object", arena, err);
  return rc == KZ_OK
             ? kz_misp_take_attributes(taken, object->attributes,
                                       object->attribute_count, arena, err)
             : rc;
}

kz_rc kz_misp_take_event(struct kz_misp_taken *taken, struct kz_event *event,
                         struct kz_arena *arena, struct kz_err *err) {
  kz_rc rc = take(taken, &event->extra, &event->uuid, "Event", arena, err);
  if (rc == KZ_OK) {
    rc = kz_misp_take_attributes(taken, event->attributes,
                                 event->attribute_count, arena, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < event->object_count; i++) {
    rc = kz_misp_take_object(taken, &event->objects[i], arena, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < event->report_count; i++) {
    struct kz_report *report = &event->reports[i];
    rc = take(taken, &report->extra, &report->uuid, "EventReport", arena, err);
  }
  return rc;
}

/* The pieces whose things have been stored. */
static size_t pieces_of(const struct kz_misp_taken *taken,
                        struct kz_analyst_piece *pieces,
                        struct kz_arena *arena) {
  size_t count = 0;
  for (size_t i = 0; i < taken->count; i++) {
    const struct kz_misp_taken_one *one = &taken->items[i];
    char uuid[KZ_UUID_TEXT];
    struct kz_analyst_piece piece = {.type = one->type,
                                     .sent = one->sent,
                                     .object_type = kz_str_of(one->noun)};
    if (!kz_uuid_is_nil(one->thing) &&
        kz_arena_dup(arena, kz_uuid_format(one->thing, uuid),
                     &piece.object_uuid) == KZ_OK) {
      pieces[count++] = piece;
    }
  }
  return count;
}

kz_rc kz_misp_keep_taken(struct kz_misp_call *call,
                         const struct kz_misp_taken *taken,
                         struct kz_err *err) {
  struct kz_analyst_author author = kz_misp_author(&call->eye);
  uint64_t id = 0;
  kz_str field = KZ_STR_NONE;
  if (taken->count == 0 || !kz_user_may(call->eye.user, KZ_PERM_ANALYST_DATA)) {
    return KZ_OK;
  }
  struct kz_analyst_piece *pieces =
      kz_arena_array(call->work, taken->count, sizeof *pieces);
  if (!pieces) {
    return kz_err_set(err, KZ_E_MEMORY, "analyst data: out of memory");
  }
  size_t count = pieces_of(taken, pieces, call->work);
  return kz_analyst_add(call->eye.house->analyst, &author, pieces, count,
                        KZ_ANALYST_ANY, call->work, &id, &field, err);
}
