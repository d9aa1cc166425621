/* Notes, opinions and relationships as MISP shows them, alone and on things,
 * and as they come in with things. */
#ifndef KZ_API_MISP_OPINIONS_H
#define KZ_API_MISP_OPINIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/jsonw.h"
#include "base/uuid.h"
#include "model/event.h"
#include "work/analyst.h"

/* Who the caller is when he writes. */
struct kz_analyst_author kz_misp_author(const struct kz_misp_eye *eye);

/* Whether the eye, which sees what the document is on, sees the document. */
bool kz_misp_sees_opinion(const struct kz_misp_eye *eye,
                          const struct kz_jsonv *document);

/* {"Note":{...}} with what hangs on it. */
KZ_MUST_USE kz_rc kz_misp_write_opinion(struct kz_jsonw *w,
                                        const struct kz_misp_eye *eye,
                                        const struct kz_jsonv *document,
                                        struct kz_arena *arena,
                                        struct kz_err *err);

/* Puts the members Note, Opinion and Relationship into a thing's `extra`, where
 * the eye sees any: those that are kept on it, and those that came with it in
 * an import. */
KZ_MUST_USE kz_rc kz_misp_show_opinions(const struct kz_misp_eye *eye,
                                        const struct kz_uuid *thing,
                                        kz_str *extra, struct kz_arena *arena,
                                        struct kz_err *err);

/* What came in with an event, attribute or object, until that is stored. */
struct kz_misp_taken {
  struct kz_misp_taken_one *items;
  size_t count;
  size_t room;
};

/* Takes the members out of the extras of a thing and all that is in it. The
 * thing must live until they are kept: it gets its uuids meanwhile. */
KZ_MUST_USE kz_rc kz_misp_take_event(struct kz_misp_taken *taken,
                                     struct kz_event *event,
                                     struct kz_arena *arena,
                                     struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_take_attributes(struct kz_misp_taken *taken,
                                          struct kz_attribute *attributes,
                                          size_t count, struct kz_arena *arena,
                                          struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_take_object(struct kz_misp_taken *taken,
                                      struct kz_object *object,
                                      struct kz_arena *arena,
                                      struct kz_err *err);
/* Keeps them on their things, which are stored. What is not valid is passed
 * over. */
KZ_MUST_USE kz_rc kz_misp_keep_taken(struct kz_misp_call *call,
                                     const struct kz_misp_taken *taken,
                                     struct kz_err *err);

#endif
