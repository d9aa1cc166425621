/* A shelf: the documents of one kind (roles, sharing groups, feeds, clusters
 * ...), which are small JSON objects in the store.
 *
 * In memory is a card of each - id, uuid, name, parent - by which documents are
 * found; the document itself is read from the store when it is asked for. Ids
 * begin with 1 in each kind, only grow, and are never used again. Any thread;
 * who was answered after a change reads it. */
#ifndef KZ_WORK_SHELF_H
#define KZ_WORK_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/uuid.h"
#include "store/store.h"

/* What kinds of documents there are: the byte after 'n' in their keys, so part
 * of the format on disk. A new kind gets a letter that was never used. */
enum kz_shelf_kind {
  KZ_SHELF_ANALYST = 'a', /* notes, opinions, relationships */
  KZ_SHELF_EVENT_BLOCK = 'b',
  KZ_SHELF_CLUSTER = 'c',
  KZ_SHELF_DELEGATION = 'd',
  KZ_SHELF_FEED = 'f',
  KZ_SHELF_GROUP = 'g', /* sharing groups */
  KZ_SHELF_HOOK = 'h',
  KZ_SHELF_DELIVERY = 'i', /* of a hook */
  KZ_SHELF_JOB = 'j',
  KZ_SHELF_KEY = 'k',     /* API keys */
  KZ_SHELF_LIBRARY = 'l', /* files that libraries were taken from */
  KZ_SHELF_MODEL = 'm',   /* decaying models */
  KZ_SHELF_NOTICELIST = 'n',
  KZ_SHELF_ORG = 'o', /* what the dictionary does not keep of it */
  KZ_SHELF_PROPOSAL = 'p',
  KZ_SHELF_SEARCH = 'q', /* saved ones and watches */
  KZ_SHELF_ROLE = 'r',
  KZ_SHELF_SETTING = 's', /* of the server */
  KZ_SHELF_TAXONOMY = 't',
  KZ_SHELF_USER = 'u',
  KZ_SHELF_SERVER = 'v', /* others, for sync */
  KZ_SHELF_WARNINGLIST = 'w',
  KZ_SHELF_EXCLUSION = 'x', /* from correlation */
  KZ_SHELF_ORG_BLOCK = 'B',
  KZ_SHELF_RELATION = 'C', /* between clusters */
  KZ_SHELF_FALSE_POSITIVE = 'F',
  KZ_SHELF_GALAXY = 'G',
  KZ_SHELF_LOOK = 'L', /* how far watches and users have looked */
  KZ_SHELF_REGISTRATION = 'R',
  KZ_SHELF_USER_SETTING = 'S',
  KZ_SHELF_TEMPLATE = 'T',        /* of objects */
  KZ_SHELF_WARNING_ENTRIES = 'W', /* of a warninglist */
};

/* Which members of a document the card is made of. NULL: none. The parent is a
 * number, or a string of digits. */
struct kz_shelf_shape {
  enum kz_shelf_kind kind;
  const char *noun; /* for words: "sharing group" */
  const char *name;
  const char *parent;
};

struct kz_card {
  uint64_t id;
  uint64_t parent;
  struct kz_uuid uuid; /* nil: none */
  kz_str name;
};

struct kz_shelf;

/* Reads the cards. `shape` and its texts are static. */
KZ_MUST_USE kz_rc kz_shelf_open(struct kz_store *store,
                                const struct kz_shelf_shape *shape,
                                struct kz_shelf **ret_shelf,
                                struct kz_err *err);
void kz_shelf_close(struct kz_shelf *shelf); /* NULL is fine */

size_t kz_shelf_count(struct kz_shelf *shelf);
struct kz_store *kz_shelf_store(const struct kz_shelf *shelf);

/* The document of an id, as a tree in `arena`; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_shelf_get(struct kz_shelf *shelf, uint64_t id,
                               struct kz_arena *arena,
                               struct kz_jsonv **ret_document,
                               struct kz_err *err);

/* The id of a uuid or a name (bytes compared; of two with one name the one that
 * was put last); KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_shelf_by_uuid(struct kz_shelf *shelf,
                                   const struct kz_uuid *uuid,
                                   uint64_t *ret_id);
KZ_MUST_USE kz_rc kz_shelf_by_name(struct kz_shelf *shelf, kz_str name,
                                   uint64_t *ret_id);
/* The id that a reference of a request means: a number or a uuid. */
KZ_MUST_USE kz_rc kz_shelf_by_ref(struct kz_shelf *shelf, kz_str ref,
                                  uint64_t *ret_id);

/* The cards of all documents, or with `parent` (not 0) of its children, in
 * order of ids. The array and the names live in `arena`. */
KZ_MUST_USE kz_rc kz_shelf_cards(struct kz_shelf *shelf, uint64_t parent,
                                 struct kz_arena *arena,
                                 struct kz_card **ret_cards, size_t *ret_count);

/* The same for all documents of one name. */
KZ_MUST_USE kz_rc kz_shelf_named(struct kz_shelf *shelf, kz_str name,
                                 struct kz_arena *arena,
                                 struct kz_card **ret_cards, size_t *ret_count);

/* A document to be put or, where `document` is NULL, removed. With id 0 a new
 * one; its id is written here and into the document's member "id". */
struct kz_shelf_change {
  struct kz_shelf *shelf;
  uint64_t id;
  struct kz_jsonv *document;
  struct kz_arena *arena; /* of the document */
};

/* Makes all changes in one commit, or none. */
KZ_MUST_USE kz_rc kz_shelf_apply(struct kz_shelf_change *changes, size_t count,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_shelf_put(struct kz_shelf *shelf, uint64_t *id,
                               struct kz_jsonv *document,
                               struct kz_arena *arena, struct kz_err *err);
KZ_MUST_USE kz_rc kz_shelf_remove(struct kz_shelf *shelf, uint64_t id,
                                  struct kz_err *err);

/* For a job that changes other things too: kz_shelf_write inside it, and once
 * the job's commit succeeded kz_shelf_learn for the same change. */
KZ_MUST_USE kz_rc kz_shelf_write(struct kz_shelf_change *change,
                                 struct kz_txn *txn, struct kz_err *err);
KZ_MUST_USE kz_rc kz_shelf_learn(const struct kz_shelf_change *change,
                                 struct kz_err *err);

#endif
