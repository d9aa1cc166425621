/* Nesting is walked with a stack of few levels, as deep as MISP shows it. */
#include "api/misp_opinions.h"

#include "api/misp_tidy.h"
#include "format/misp_write.h"
#include "store/store.h"

enum {
  LEVELS = 4, /* of notes on notes that are shown */
  MEMBERS_BYTES = 64 << 20,
};

struct kz_analyst_author kz_misp_author(const struct kz_misp_eye *eye) {
  const struct kz_user *user = eye->user;
  return (struct kz_analyst_author){.org = user->org.uuid,
                                    .email = user->email,
                                    .for_others =
                                        kz_user_may(user, KZ_PERM_SYNC),
                                    .any = kz_misp_is_admin(user)};
}

bool kz_misp_sees_opinion(const struct kz_misp_eye *eye,
                          const struct kz_jsonv *document) {
  return kz_analyst_sees(&eye->user->viewer, &eye->user->org.uuid, document);
}

/* --- showing ---------------------------------------------------------------
 */

static void write_org(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                      const struct kz_jsonv *document, kz_str member,
                      kz_str key) {
  struct kz_dict *dict = kz_store_dict(eye->house->store);
  struct kz_org org;
  uint32_t id = 0;
  kz_str uuid = kz_jsonv_text(document, member);
  if (uuid.len > 0 && kz_dict_org_find(dict, uuid, &id) == KZ_OK &&
      kz_dict_org_get(dict, id, &org) == KZ_OK) {
    kz_misp_write_org_member(w, key, &org, (struct kz_misp_style){.ids = true});
  }
}

static bool is_nested(kz_str name) {
  enum kz_analyst_type type;
  return kz_analyst_type_by_name(name, &type) == KZ_OK ||
         kz_str_eq(name, KZ_STR("Org")) || kz_str_eq(name, KZ_STR("Orgc"));
}

/* Opens the document's object and writes its own members. */
static void open_document(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                          const struct kz_jsonv *document) {
  kz_jsonw_object(w);
  for (const struct kz_jsonv *at = document->first; at; at = at->next) {
    if (is_nested(at->name)) {
      continue;
    }
    kz_jsonw_key(w, at->name);
    if (kz_str_eq(at->name, KZ_STR("id"))) {
      kz_jsonw_u64_str(w, kz_analyst_id(document));
    } else {
      kz_jsonv_write(at, w);
    }
  }
  write_org(w, eye, document, KZ_STR("org_uuid"), KZ_STR("Org"));
  write_org(w, eye, document, KZ_STR("orgc_uuid"), KZ_STR("Orgc"));
}

/* What hangs on one thing while it is written: type by type. */
struct level {
  struct kz_jsonv **documents;
  size_t count;
  size_t at;
  int type; /* being written */
  bool is_list_open;
};

static kz_rc enter(struct level *level, const struct kz_misp_eye *eye,
                   kz_str thing, struct kz_arena *arena, struct kz_err *err) {
  *level = (struct level){.type = 0};
  return kz_analyst_of(eye->house->analyst, thing, arena, &level->documents,
                       &level->count, err);
}

/* The next of the level that the eye sees; NULL at the end. Opens and closes
 * the lists of the types. */
static const struct kz_jsonv *step(struct level *level, struct kz_jsonw *w,
                                   const struct kz_misp_eye *eye) {
  for (; level->type < KZ_ANALYST_TYPES; level->type++, level->at = 0) {
    while (level->at < level->count) {
      const struct kz_jsonv *document = level->documents[level->at++];
      if (kz_analyst_type_of(document) != (enum kz_analyst_type)level->type ||
          !kz_misp_sees_opinion(eye, document)) {
        continue;
      }
      if (!level->is_list_open) {
        kz_jsonw_key(w,
                     kz_analyst_type_name((enum kz_analyst_type)level->type));
        kz_jsonw_array(w);
        level->is_list_open = true;
      }
      return document;
    }
    if (level->is_list_open) {
      kz_jsonw_array_end(w);
      level->is_list_open = false;
    }
  }
  return NULL;
}

/* Writes the lists of `first` as members of the object that is open, each
 * document with what hangs on it. */
static kz_rc write_lists(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                         const struct level *first, struct kz_arena *arena,
                         struct kz_err *err) {
  struct level levels[LEVELS];
  size_t depth = 1;
  kz_rc rc = KZ_OK;
  levels[0] = *first;
  while (rc == KZ_OK && depth > 0) {
    const struct kz_jsonv *document = step(&levels[depth - 1], w, eye);
    if (!document) {
      depth--;
      if (depth > 0) {
        kz_jsonw_object_end(w);
      }
      continue;
    }
    open_document(w, eye, document);
    if (depth == LEVELS) {
      kz_jsonw_object_end(w);
      continue;
    }
    rc = enter(&levels[depth++], eye, kz_jsonv_text(document, KZ_STR("uuid")),
               arena, err);
  }
  return rc;
}

kz_rc kz_misp_write_opinion(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            const struct kz_jsonv *document,
                            struct kz_arena *arena, struct kz_err *err) {
  struct level level;
  kz_jsonw_object(w);
  kz_jsonw_key(w, kz_analyst_type_name(kz_analyst_type_of(document)));
  open_document(w, eye, document);
  kz_rc rc =
      enter(&level, eye, kz_jsonv_text(document, KZ_STR("uuid")), arena, err);
  if (rc == KZ_OK) {
    rc = write_lists(w, eye, &level, arena, err);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  return rc;
}

/* --- on things -------------------------------------------------------------
 */

/* Takes the three members out of `extra`; their trees go to `found`, in the
 * order of the types. */
static kz_rc cut_members(kz_str *extra,
                         struct kz_jsonv *found[KZ_ANALYST_TYPES],
                         struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *tree = NULL;
  KZ_BUF(text, MEMBERS_BYTES);
  struct kz_jsonw w;
  bool is_any = false;
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    kz_str name = kz_analyst_type_name((enum kz_analyst_type)i);
    found[i] = NULL;
    is_any = is_any || kz_str_find(*extra, name) < extra->len;
  }
  if (!is_any) {
    return KZ_OK;
  }
  kz_buf_add_byte(&text, '{');
  kz_buf_add_str(&text, *extra);
  kz_buf_add_byte(&text, '}');
  kz_rc rc = kz_buf_failed(&text)
                 ? KZ_E_MEMORY
                 : kz_jsonv_parse(kz_buf_str(&text), arena, &tree, err);
  if (rc != KZ_OK) {
    return rc == KZ_E_MEMORY ? rc : KZ_OK; /* too deep: it stays as it is */
  }
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    kz_str name = kz_analyst_type_name((enum kz_analyst_type)i);
    found[i] = kz_jsonv_get(tree, name);
    kz_jsonv_drop(tree, name);
  }
  kz_buf_clear(&text);
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(tree, &w);
  kz_str rest = kz_buf_str(&text);
  rest = kz_str_head(kz_str_from(rest, 1), rest.len - 2);
  return kz_buf_failed(&text) ? KZ_E_MEMORY : kz_arena_dup(arena, rest, extra);
}

/* Adds to the level what came with the thing. */
static kz_rc join_sent(struct level *level,
                       struct kz_jsonv *found[KZ_ANALYST_TYPES],
                       struct kz_arena *arena, struct kz_err *err) {
  size_t more = 0;
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    more += found[i] ? found[i]->count : 0;
  }
  struct kz_jsonv **all =
      kz_arena_array(arena, level->count + more + 1, sizeof *all);
  if (!all) {
    return kz_err_set(err, KZ_E_MEMORY, "analyst data: out of memory");
  }
  for (size_t i = 0; i < level->count; i++) {
    all[i] = level->documents[i];
  }
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    for (struct kz_jsonv *at = found[i] ? found[i]->first : NULL; at;
         at = at->next) {
      kz_str name = kz_analyst_type_name((enum kz_analyst_type)i);
      if (at->kind == KZ_JSON_OBJECT &&
          kz_jsonv_set_str(at, KZ_STR("note_type_name"), name, arena)) {
        all[level->count++] = at;
      }
    }
  }
  level->documents = all;
  return KZ_OK;
}

kz_rc kz_misp_show_opinions(const struct kz_misp_eye *eye,
                            const struct kz_uuid *thing, kz_str *extra,
                            struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *found[KZ_ANALYST_TYPES];
  struct level level = {.count = 0};
  char uuid[KZ_UUID_TEXT];
  kz_rc rc = cut_members(extra, found, arena, err);
  if (rc == KZ_OK && !kz_analyst_is_empty(eye->house->analyst)) {
    rc = enter(&level, eye, kz_uuid_format(thing, uuid), arena, err);
  }
  if (rc == KZ_OK && (found[0] || found[1] || found[2])) {
    rc = join_sent(&level, found, arena, err);
  }
  if (rc != KZ_OK || level.count == 0) {
    return rc;
  }
  KZ_BUF(text, MEMBERS_BYTES);
  struct kz_jsonw w;
  kz_str members = KZ_STR_NONE;
  kz_jsonw_init(&w, &text);
  kz_jsonw_object(&w);
  rc = write_lists(&w, eye, &level, arena, err);
  kz_jsonw_object_end(&w);
  kz_str braced = kz_buf_str(&text);
  if (rc == KZ_OK && kz_buf_failed(&text)) {
    rc = KZ_E_MEMORY;
  }
  if (rc == KZ_OK) {
    rc = kz_arena_dup(
        arena, kz_str_head(kz_str_from(braced, 1), braced.len - 2), &members);
  }
  if (rc == KZ_OK) {
    *extra = kz_misp_join_members(*extra, members, arena);
  }
  return rc;
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
  kz_rc rc = cut_members(extra, found, arena, err);
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
