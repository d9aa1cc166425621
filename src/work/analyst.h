/* Analyst data: notes, opinions and relationships that somebody keeps on a
 * thing
 * - an event, attribute, object, report, cluster, organisation, or on another
 * note. They belong to who made them, not to the owner of the thing, and the
 * thing need not be here.
 *
 * Each is a document that reads as MISP's, found by its uuid and by that of its
 * thing. Any thread. Whether the viewer sees the thing is the caller's to know.
 */
#ifndef KZ_WORK_ANALYST_H
#define KZ_WORK_ANALYST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/uuid.h"
#include "model/viewer.h"
#include "store/store.h"

struct kz_analyst;

enum kz_analyst_type {
  KZ_ANALYST_NOTE,
  KZ_ANALYST_OPINION,
  KZ_ANALYST_RELATIONSHIP,
};
enum { KZ_ANALYST_TYPES = 3 };

/* "Note" ...; static. */
kz_str kz_analyst_type_name(enum kz_analyst_type type);
KZ_MUST_USE kz_rc kz_analyst_type_by_name(kz_str name,
                                          enum kz_analyst_type *ret);

KZ_MUST_USE kz_rc kz_analyst_open(struct kz_store *store,
                                  struct kz_analyst **ret, struct kz_err *err);
void kz_analyst_close(struct kz_analyst *analyst); /* NULL is fine */

/* Who writes. */
struct kz_analyst_author {
  struct kz_uuid org;
  kz_str email;
  bool for_others; /* may write in the name of other organisations */
  bool any;        /* may change what is not his */
};

/* What is written: one document as MISP's clients send it, in the arena of the
 * call. Those that hang on it (members Note, Opinion, Relationship) are written
 * with it. */
struct kz_analyst_piece {
  enum kz_analyst_type type;
  const struct kz_jsonv *sent;
  kz_str object_uuid; /* NULL ptr: as sent */
  kz_str object_type;
};

/* What a piece may be. */
enum kz_analyst_mode {
  KZ_ANALYST_NEW,   /* one whose uuid is known is KZ_E_CONFLICT */
  KZ_ANALYST_NEWER, /* such a one replaces what is there, if it is newer and the
                       author may; else it is passed over */
  KZ_ANALYST_ANY,   /* the same, and what is not valid is passed over */
};

/* Writes the pieces in one commit; `*ret_id` is the number of the first, 0 when
 * nothing was written. What hangs on a piece is treated by KZ_ANALYST_NEWER at
 * least. KZ_E_INPUT with words and `*ret_field` (static) when one is not valid.
 */
KZ_MUST_USE kz_rc kz_analyst_add(struct kz_analyst *analyst,
                                 const struct kz_analyst_author *author,
                                 const struct kz_analyst_piece *pieces,
                                 size_t count, enum kz_analyst_mode mode,
                                 struct kz_arena *arena, uint64_t *ret_id,
                                 kz_str *ret_field, struct kz_err *err);

/* The members that may be changed and that `sent` has replace those of document
 * `id`; what hangs on it is written, too. KZ_E_DENIED when it is not the
 * author's. */
KZ_MUST_USE kz_rc kz_analyst_edit(struct kz_analyst *analyst,
                                  const struct kz_analyst_author *author,
                                  uint64_t id, const struct kz_jsonv *sent,
                                  struct kz_arena *arena, kz_str *ret_field,
                                  struct kz_err *err);

/* What hangs on it stays. */
KZ_MUST_USE kz_rc kz_analyst_remove(struct kz_analyst *analyst, uint64_t id,
                                    struct kz_err *err);

/* The document of a number or uuid; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_analyst_get(struct kz_analyst *analyst, kz_str ref,
                                 struct kz_arena *arena,
                                 struct kz_jsonv **ret_document,
                                 struct kz_err *err);

/* The documents on a thing (uuid in lower case; NULL ptr: all there are), in
 * order of ids. */
KZ_MUST_USE kz_rc kz_analyst_of(struct kz_analyst *analyst, kz_str thing,
                                struct kz_arena *arena,
                                struct kz_jsonv ***ret_documents,
                                size_t *ret_count, struct kz_err *err);
bool kz_analyst_is_empty(struct kz_analyst *analyst);

/* Members of a document. */
uint64_t kz_analyst_id(const struct kz_jsonv *document);
enum kz_analyst_type kz_analyst_type_of(const struct kz_jsonv *document);

/* Whether the author may change it. */
bool kz_analyst_is_his(const struct kz_analyst_author *author,
                       const struct kz_jsonv *document);

/* Whether a viewer of organisation `org`, who sees the thing, sees the
 * document. */
bool kz_analyst_sees(const struct kz_viewer *viewer, const struct kz_uuid *org,
                     const struct kz_jsonv *document);

/* Whether a document's time `modified` (a text) is later than another's. */
bool kz_analyst_is_newer(kz_str modified, kz_str than);

#endif
