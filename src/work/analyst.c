/* What is sent is checked member by member into a document of known members
 * only. What hangs on it comes in through a list of work, not by recursion. */
#include "work/analyst.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "work/shelf.h"

enum {
  PIECES_MAX = 10000, /* of one call */
  TEXT_MAX = 1 << 20,
  OPINION_MAX = 100,
};

/* An organisation that no viewer is of. */
#define NOBODY UINT32_MAX

struct kz_analyst {
  struct kz_shelf *shelf;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_ANALYST, .noun = "analyst data", .name = "object_uuid"};

static const char *const type_names[KZ_ANALYST_TYPES] = {"Note", "Opinion",
                                                         "Relationship"};

/* What they may be kept on. */
static const char *const things[] = {
    "Attribute",    "Event",        "EventReport", "GalaxyCluster",
    "Galaxy",       "Object",       "Note",        "Opinion",
    "Relationship", "Organisation", "SharingGroup"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "analyst data: out of memory");
}

kz_str kz_analyst_type_name(enum kz_analyst_type type) {
  return kz_str_of(type_names[type]);
}

kz_rc kz_analyst_type_by_name(kz_str name, enum kz_analyst_type *ret) {
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    if (kz_str_eq(name, kz_str_of(type_names[i]))) {
      *ret = (enum kz_analyst_type)i;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

kz_rc kz_analyst_open(struct kz_store *store, struct kz_analyst **ret,
                      struct kz_err *err) {
  struct kz_analyst *analyst = calloc(1, sizeof *analyst);
  if (!analyst) {
    return no_memory(err);
  }
  kz_rc rc = kz_shelf_open(store, &shape, &analyst->shelf, err);
  if (rc != KZ_OK) {
    kz_analyst_close(analyst);
    return rc;
  }
  *ret = analyst;
  return KZ_OK;
}

void kz_analyst_close(struct kz_analyst *analyst) {
  if (analyst) {
    kz_shelf_close(analyst->shelf);
    free(analyst);
  }
}

/* --- reading ---------------------------------------------------------------
 */

uint64_t kz_analyst_id(const struct kz_jsonv *document) {
  return kz_jsonv_u64(document, KZ_STR("id"), 0);
}

enum kz_analyst_type kz_analyst_type_of(const struct kz_jsonv *document) {
  enum kz_analyst_type type = KZ_ANALYST_NOTE;
  (void)!kz_analyst_type_by_name(
      kz_jsonv_text(document, KZ_STR("note_type_name")), &type);
  return type;
}

bool kz_analyst_is_empty(struct kz_analyst *analyst) {
  return kz_shelf_count(analyst->shelf) == 0;
}

kz_rc kz_analyst_get(struct kz_analyst *analyst, kz_str ref,
                     struct kz_arena *arena, struct kz_jsonv **ret_document,
                     struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = kz_shelf_by_ref(analyst->shelf, ref, &id);
  return rc == KZ_OK
             ? kz_shelf_get(analyst->shelf, id, arena, ret_document, err)
             : rc;
}

kz_rc kz_analyst_of(struct kz_analyst *analyst, kz_str thing,
                    struct kz_arena *arena, struct kz_jsonv ***ret_documents,
                    size_t *ret_count, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t kept = 0;
  kz_rc rc = thing.ptr
                 ? kz_shelf_named(analyst->shelf, thing, arena, &cards, &count)
                 : kz_shelf_cards(analyst->shelf, 0, arena, &cards, &count);
  struct kz_jsonv **documents =
      kz_arena_array(arena, count + 1, sizeof *documents);
  if (rc != KZ_OK || !documents) {
    return no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc =
        kz_shelf_get(analyst->shelf, cards[i].id, arena, &documents[kept], err);
    kept += rc == KZ_OK;
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* removed meanwhile */
  }
  if (rc == KZ_OK) {
    *ret_documents = documents;
    *ret_count = kept;
  }
  return rc;
}

static bool is_org(const struct kz_jsonv *document, kz_str member,
                   const struct kz_uuid *org) {
  struct kz_uuid uuid;
  return kz_uuid_parse(kz_jsonv_text(document, member), &uuid) == KZ_OK &&
         !kz_uuid_is_nil(org) && kz_uuid_eq(&uuid, org);
}

bool kz_analyst_is_his(const struct kz_analyst_author *author,
                       const struct kz_jsonv *document) {
  return author->any || is_org(document, KZ_STR("orgc_uuid"), &author->org);
}

bool kz_analyst_sees(const struct kz_viewer *viewer, const struct kz_uuid *org,
                     const struct kz_jsonv *document) {
  if (viewer->sees_all || is_org(document, KZ_STR("org_uuid"), org) ||
      is_org(document, KZ_STR("orgc_uuid"), org)) {
    return true;
  }
  uint64_t distribution = kz_jsonv_u64(document, KZ_STR("distribution"), 0);
  return distribution <= KZ_DIST_INHERIT &&
         kz_viewer_sees_child(
             viewer, NOBODY, (uint8_t)distribution,
             kz_jsonv_u64(document, KZ_STR("sharing_group_id"), 0));
}

static int64_t moment_of(kz_str text) {
  int64_t us = 0;
  return kz_clock_parse_when(text, 0, &us) == KZ_OK ? us : 0;
}

bool kz_analyst_is_newer(kz_str modified, kz_str than) {
  return moment_of(modified) / KZ_SECOND_US > moment_of(than) / KZ_SECOND_US;
}

/* --- writing ---------------------------------------------------------------
 */

/* A call that writes. */
struct writing {
  struct kz_analyst *analyst;
  const struct kz_analyst_author *author;
  struct kz_arena *arena;
  int64_t now_us;
  struct kz_analyst_piece *queue; /* what is yet to be written, and was */
  size_t queued;
  struct kz_shelf_change *changes;
  size_t change_count;
  kz_str field; /* at fault */
  struct kz_err *err;
};

static kz_rc wrong(struct writing *w, kz_str field, const char *words) {
  w->field = field;
  return kz_err_set(w->err, KZ_E_INPUT, "%s", words);
}

static kz_rc put_text(struct writing *w, struct kz_jsonv *document, kz_str name,
                      kz_str text) {
  kz_str copy = KZ_STR("");
  return kz_arena_dup(w->arena, text, &copy) == KZ_OK &&
                 kz_jsonv_set_str(document, name, copy, w->arena)
             ? KZ_OK
             : no_memory(w->err);
}

static kz_rc put_number(struct writing *w, struct kz_jsonv *document,
                        kz_str name, uint64_t number) {
  KZ_BUF(text, 32);
  kz_buf_add_format(&text, "%llu", (unsigned long long)number);
  return put_text(w, document, name, kz_buf_str(&text));
}

/* "2026-01-31 10:20:30", as MISP writes these. */
static kz_rc put_moment(struct writing *w, struct kz_jsonv *document,
                        kz_str name, int64_t us) {
  char text[KZ_TIME_TEXT];
  return put_text(w, document, name, kz_clock_format_sql(us, text));
}

/* A text that is at most so long, when it was sent. */
static kz_rc take_text(struct writing *w, const struct kz_jsonv *sent,
                       struct kz_jsonv *document, kz_str name) {
  kz_str text = kz_jsonv_text(sent, name);
  if (!text.ptr) {
    return KZ_OK;
  }
  if (text.len > TEXT_MAX) {
    return wrong(w, name, "The text is too long.");
  }
  return put_text(w, document, name, text);
}

static kz_rc take_uuid(struct writing *w, kz_str text,
                       struct kz_jsonv *document, kz_str name) {
  struct kz_uuid uuid;
  char out[KZ_UUID_TEXT];
  if (kz_uuid_parse(text, &uuid) != KZ_OK) {
    return wrong(w, name, "Please provide a valid RFC 4122 UUID");
  }
  return put_text(w, document, name, kz_uuid_format(&uuid, out));
}

static kz_rc take_thing(struct writing *w, kz_str text,
                        struct kz_jsonv *document, kz_str name) {
  for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
    if (kz_str_eq(text, kz_str_of(things[i]))) {
      return put_text(w, document, name, text);
    }
  }
  return wrong(w, name, "Invalid object type");
}

static kz_rc take_sharing(struct writing *w, const struct kz_jsonv *sent,
                          struct kz_jsonv *document) {
  const struct kz_jsonv *given = kz_jsonv_get(sent, KZ_STR("distribution"));
  uint64_t old =
      kz_jsonv_u64(document, KZ_STR("distribution"), KZ_DIST_COMMUNITY);
  uint64_t level = given && given->kind != KZ_JSON_NULL
                       ? kz_jsonv_u64(sent, KZ_STR("distribution"), UINT64_MAX)
                       : old;
  uint64_t group =
      kz_jsonv_u64(sent, KZ_STR("sharing_group_id"),
                   kz_jsonv_u64(document, KZ_STR("sharing_group_id"), 0));
  if (level > KZ_DIST_INHERIT) {
    return wrong(w, KZ_STR("distribution"), "Invalid distribution");
  }
  if (level == KZ_DIST_GROUP && group == 0) {
    return wrong(w, KZ_STR("sharing_group_id"),
                 "If the distribution is set to \"Sharing Group\", a sharing "
                 "group has to be selected.");
  }
  kz_rc rc = put_number(w, document, KZ_STR("distribution"), level);
  return rc == KZ_OK ? put_number(w, document, KZ_STR("sharing_group_id"),
                                  level == KZ_DIST_GROUP ? group : 0)
                     : rc;
}

static kz_rc take_note(struct writing *w, const struct kz_jsonv *sent,
                       struct kz_jsonv *document) {
  kz_rc rc = take_text(w, sent, document, KZ_STR("note"));
  if (rc == KZ_OK) {
    rc = take_text(w, sent, document, KZ_STR("language"));
  }
  return rc == KZ_OK && kz_jsonv_text(document, KZ_STR("note")).len == 0
             ? wrong(w, KZ_STR("note"), "A note may not be empty")
             : rc;
}

static kz_rc take_opinion(struct writing *w, const struct kz_jsonv *sent,
                          struct kz_jsonv *document) {
  uint64_t opinion =
      kz_jsonv_u64(sent, KZ_STR("opinion"),
                   kz_jsonv_u64(document, KZ_STR("opinion"), UINT64_MAX));
  if (opinion > OPINION_MAX) {
    return wrong(w, KZ_STR("opinion"),
                 "The opinion value must be between 0 and 100 included.");
  }
  kz_rc rc = put_number(w, document, KZ_STR("opinion"), opinion);
  return rc == KZ_OK ? take_text(w, sent, document, KZ_STR("comment")) : rc;
}

static kz_rc take_relationship(struct writing *w, const struct kz_jsonv *sent,
                               struct kz_jsonv *document) {
  static const kz_str uuid = {"related_object_uuid", 19};
  static const kz_str type = {"related_object_type", 19};
  kz_str target = kz_jsonv_text(sent, uuid);
  kz_str thing = kz_jsonv_text(sent, type);
  kz_rc rc = take_text(w, sent, document, KZ_STR("relationship_type"));
  if (rc == KZ_OK) {
    rc = take_uuid(w, target.ptr ? target : kz_jsonv_text(document, uuid),
                   document, uuid);
  }
  return rc == KZ_OK
             ? take_thing(w, thing.ptr ? thing : kz_jsonv_text(document, type),
                          document, type)
             : rc;
}

/* What may be changed later. */
static kz_rc take_content(struct writing *w, enum kz_analyst_type type,
                          const struct kz_jsonv *sent,
                          struct kz_jsonv *document) {
  kz_rc rc = take_text(w, sent, document, KZ_STR("authors"));
  if (rc == KZ_OK) {
    rc = take_sharing(w, sent, document);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  switch (type) {
  case KZ_ANALYST_NOTE:
    return take_note(w, sent, document);
  case KZ_ANALYST_OPINION:
    return take_opinion(w, sent, document);
  case KZ_ANALYST_RELATIONSHIP:
    return take_relationship(w, sent, document);
  }
  return KZ_E_INTERNAL;
}

/* Whose it is: the author's, unless he may say otherwise. */
static kz_rc take_orgs(struct writing *w, const struct kz_jsonv *sent,
                       struct kz_jsonv *document) {
  char own[KZ_UUID_TEXT];
  kz_str author = kz_uuid_format(&w->author->org, own);
  kz_str said = kz_jsonv_text(sent, KZ_STR("orgc_uuid"));
  kz_str orgc =
      kz_jsonv_text(kz_jsonv_get(sent, KZ_STR("Orgc")), KZ_STR("uuid"));
  said = orgc.len > 0 ? orgc : said;
  kz_rc rc = take_uuid(w, author, document, KZ_STR("org_uuid"));
  return rc == KZ_OK
             ? take_uuid(w,
                         w->author->for_others && said.len > 0 ? said : author,
                         document, KZ_STR("orgc_uuid"))
             : rc;
}

static int64_t sent_moment(const struct writing *w, const struct kz_jsonv *sent,
                           kz_str name) {
  int64_t us = 0;
  kz_str text = kz_jsonv_text(sent, name);
  return text.len > 0 && kz_clock_parse_when(text, w->now_us, &us) == KZ_OK
             ? us
             : w->now_us;
}

static kz_rc push_change(struct writing *w, uint64_t id,
                         struct kz_jsonv *document) {
  w->changes[w->change_count++] =
      (struct kz_shelf_change){.shelf = w->analyst->shelf,
                               .id = id,
                               .document = document,
                               .arena = w->arena};
  return KZ_OK;
}

/* Puts what hangs on a document behind the others that are to be written. */
static kz_rc queue_children(struct writing *w, enum kz_analyst_type type,
                            const struct kz_jsonv *sent, kz_str uuid) {
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    const struct kz_jsonv *list = kz_jsonv_get(sent, kz_str_of(type_names[i]));
    if (!list || list->kind != KZ_JSON_ARRAY) {
      continue;
    }
    for (const struct kz_jsonv *at = list->first; at; at = at->next) {
      if (w->queued == PIECES_MAX) {
        return kz_err_set(w->err, KZ_E_LIMIT, "too much analyst data at once");
      }
      w->queue[w->queued++] =
          (struct kz_analyst_piece){.type = (enum kz_analyst_type)i,
                                    .sent = at,
                                    .object_uuid = uuid,
                                    .object_type = kz_analyst_type_name(type)};
    }
  }
  return KZ_OK;
}

static kz_rc make(struct writing *w, const struct kz_analyst_piece *piece,
                  kz_str uuid, struct kz_jsonv **ret) {
  const struct kz_jsonv *sent = piece->sent;
  struct kz_jsonv *document = kz_jsonv_new(w->arena, KZ_JSON_OBJECT);
  kz_str thing = piece->object_uuid.ptr
                     ? piece->object_uuid
                     : kz_jsonv_text(sent, KZ_STR("object_uuid"));
  kz_str type = piece->object_type.ptr
                    ? piece->object_type
                    : kz_jsonv_text(sent, KZ_STR("object_type"));
  if (!document) {
    return no_memory(w->err);
  }
  kz_rc rc = put_text(w, document, KZ_STR("uuid"), uuid);
  if (rc == KZ_OK) {
    rc = take_uuid(w, thing, document, KZ_STR("object_uuid"));
  }
  if (rc == KZ_OK &&
      kz_str_eq(kz_jsonv_text(document, KZ_STR("object_uuid")), uuid)) {
    rc = wrong(w, KZ_STR("object_uuid"), "Nothing can be kept on itself");
  }
  if (rc == KZ_OK) {
    rc = take_thing(w, type, document, KZ_STR("object_type"));
  }
  if (rc == KZ_OK) {
    rc = put_text(w, document, KZ_STR("authors"), w->author->email);
  }
  if (rc == KZ_OK) {
    rc = take_orgs(w, sent, document);
  }
  if (rc == KZ_OK) {
    rc = put_moment(w, document, KZ_STR("created"),
                    sent_moment(w, sent, KZ_STR("created")));
  }
  if (rc == KZ_OK) {
    rc = put_moment(w, document, KZ_STR("modified"),
                    sent_moment(w, sent, KZ_STR("modified")));
  }
  bool locked =
      w->author->for_others && kz_jsonv_flag(sent, KZ_STR("locked"), false);
  if (rc == KZ_OK &&
      !kz_jsonv_set_bool(document, KZ_STR("locked"), locked, w->arena)) {
    rc = no_memory(w->err);
  }
  *ret = document;
  return rc;
}

static kz_rc add_new(struct writing *w, const struct kz_analyst_piece *piece,
                     kz_str uuid) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = make(w, piece, uuid, &document);
  if (rc == KZ_OK) {
    rc = put_number(w, document, KZ_STR("note_type"), (uint64_t)piece->type);
  }
  if (rc == KZ_OK) {
    rc = put_text(w, document, KZ_STR("note_type_name"),
                  kz_analyst_type_name(piece->type));
  }
  if (rc == KZ_OK) {
    rc = take_content(w, piece->type, piece->sent, document);
  }
  return rc == KZ_OK ? push_change(w, 0, document) : rc;
}

/* Over one that is there, if what was sent is newer. */
static kz_rc renew(struct writing *w, const struct kz_analyst_piece *piece,
                   uint64_t id) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_shelf_get(w->analyst->shelf, id, w->arena, &document, w->err);
  kz_str modified = kz_jsonv_text(piece->sent, KZ_STR("modified"));
  if (rc != KZ_OK || !kz_analyst_is_his(w->author, document) ||
      kz_analyst_type_of(document) != piece->type ||
      !kz_analyst_is_newer(modified,
                           kz_jsonv_text(document, KZ_STR("modified")))) {
    return rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  rc = take_content(w, piece->type, piece->sent, document);
  if (rc == KZ_OK) {
    rc = put_moment(w, document, KZ_STR("modified"), moment_of(modified));
  }
  return rc == KZ_OK ? push_change(w, id, document) : rc;
}

/* Whether this call makes a document of that uuid already. */
static bool is_made(const struct writing *w, kz_str uuid) {
  for (size_t i = 0; i < w->change_count; i++) {
    if (kz_str_eq(kz_jsonv_text(w->changes[i].document, KZ_STR("uuid")),
                  uuid)) {
      return true;
    }
  }
  return false;
}

static kz_rc write_piece(struct writing *w,
                         const struct kz_analyst_piece *piece, bool known_too) {
  struct kz_uuid uuid;
  char own[KZ_UUID_TEXT];
  kz_str text = KZ_STR_NONE;
  uint64_t id = 0;
  if (piece->sent->kind != KZ_JSON_OBJECT) {
    return wrong(w, kz_analyst_type_name(piece->type), "not an object");
  }
  kz_str sent = kz_jsonv_text(piece->sent, KZ_STR("uuid"));
  if (sent.len == 0 && kz_uuid_make(&uuid) != KZ_OK) {
    return kz_err_set(w->err, KZ_E_IO, "no randomness for a uuid");
  }
  if (sent.len > 0 && kz_uuid_parse(sent, &uuid) != KZ_OK) {
    return wrong(w, KZ_STR("uuid"), "Please provide a valid RFC 4122 UUID");
  }
  if (kz_arena_dup(w->arena, kz_uuid_format(&uuid, own), &text) != KZ_OK) {
    return no_memory(w->err);
  }
  kz_rc rc = KZ_OK;
  if (kz_shelf_by_uuid(w->analyst->shelf, &uuid, &id) == KZ_OK) {
    if (!known_too) {
      w->field = KZ_STR("uuid");
      return kz_err_set(w->err, KZ_E_CONFLICT,
                        "The UUID provided is not unique");
    }
    rc = renew(w, piece, id);
  } else if (!is_made(w, text)) {
    rc = add_new(w, piece, text);
  }
  return rc == KZ_OK ? queue_children(w, piece->type, piece->sent, text) : rc;
}

static kz_rc begin(struct writing *w, struct kz_analyst *analyst,
                   const struct kz_analyst_author *author,
                   struct kz_arena *arena, struct kz_err *err) {
  int64_t now = kz_clock_now_us();
  *w = (struct writing){
      .analyst = analyst,
      .author = author,
      .arena = arena,
      .now_us = now - now % KZ_SECOND_US,
      .queue = kz_arena_array(arena, PIECES_MAX, sizeof *w->queue),
      .changes = kz_arena_array(arena, PIECES_MAX + 1, sizeof *w->changes),
      .err = err,
  };
  return w->queue && w->changes ? KZ_OK : no_memory(err);
}

/* Works through the queue, which grows meanwhile, and commits. */
static kz_rc finish(struct writing *w, size_t first_ones,
                    enum kz_analyst_mode mode, kz_str *ret_field) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < w->queued; i++) {
    const struct kz_analyst_piece piece = w->queue[i];
    rc = write_piece(w, &piece, mode != KZ_ANALYST_NEW || i >= first_ones);
    rc = rc == KZ_E_INPUT && mode == KZ_ANALYST_ANY ? KZ_OK : rc;
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_apply(w->changes, w->change_count, w->err);
  }
  *ret_field = w->field;
  return rc;
}

kz_rc kz_analyst_add(struct kz_analyst *analyst,
                     const struct kz_analyst_author *author,
                     const struct kz_analyst_piece *pieces, size_t count,
                     enum kz_analyst_mode mode, struct kz_arena *arena,
                     uint64_t *ret_id, kz_str *ret_field, struct kz_err *err) {
  struct writing w;
  if (count > PIECES_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "too much analyst data at once");
  }
  kz_rc rc = begin(&w, analyst, author, arena, err);
  if (rc != KZ_OK) {
    return rc;
  }
  for (size_t i = 0; i < count; i++) {
    w.queue[w.queued++] = pieces[i];
  }
  rc = finish(&w, count, mode, ret_field);
  if (rc == KZ_OK) {
    *ret_id = w.change_count > 0 ? w.changes[0].id : 0;
  }
  return rc;
}

kz_rc kz_analyst_edit(struct kz_analyst *analyst,
                      const struct kz_analyst_author *author, uint64_t id,
                      const struct kz_jsonv *sent, struct kz_arena *arena,
                      kz_str *ret_field, struct kz_err *err) {
  struct writing w;
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_shelf_get(analyst->shelf, id, arena, &document, err);
  if (rc == KZ_OK && !kz_analyst_is_his(author, document)) {
    rc = KZ_E_DENIED;
  }
  if (rc == KZ_OK) {
    rc = begin(&w, analyst, author, arena, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  enum kz_analyst_type type = kz_analyst_type_of(document);
  rc = take_content(&w, type, sent, document);
  if (rc == KZ_OK) {
    rc = put_moment(&w, document, KZ_STR("modified"), w.now_us);
  }
  if (rc == KZ_OK) {
    rc = push_change(&w, id, document);
  }
  if (rc == KZ_OK) {
    rc =
        queue_children(&w, type, sent, kz_jsonv_text(document, KZ_STR("uuid")));
  }
  *ret_field = w.field;
  return rc == KZ_OK ? finish(&w, 0, KZ_ANALYST_NEWER, ret_field) : rc;
}

kz_rc kz_analyst_remove(struct kz_analyst *analyst, uint64_t id,
                        struct kz_err *err) {
  return kz_shelf_remove(analyst->shelf, id, err);
}
