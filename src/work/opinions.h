/* Notes, opinions and relationships (work/analyst.h) as they are shown, alone
 * and on things. */
#ifndef KZ_WORK_OPINIONS_H
#define KZ_WORK_OPINIONS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/jsonv.h"
#include "base/jsonw.h"
#include "base/uuid.h"
#include "model/event.h"
#include "model/viewer.h"
#include "work/analyst.h"
#include "work/house.h"

/* Who looks. */
struct kz_opinion_eye {
  struct kz_house *house;
  const struct kz_viewer *viewer;
  struct kz_uuid org; /* the viewer's; nil: none */
};
struct kz_opinion_eye kz_opinion_eye_of(struct kz_house *house,
                                        const struct kz_viewer *viewer);

/* Whether the eye, which sees what the document is on, sees the document. */
bool kz_opinion_sees(const struct kz_opinion_eye *eye,
                     const struct kz_jsonv *document);

/* {"Note":{...}} with what hangs on it. */
KZ_MUST_USE kz_rc kz_opinion_write(struct kz_jsonw *w,
                                   const struct kz_opinion_eye *eye,
                                   const struct kz_jsonv *document,
                                   struct kz_arena *arena, struct kz_err *err);

/* Puts the members Note, Opinion and Relationship into a thing's `extra`, where
 * the eye sees any: those that are kept on it, and those that came with it in
 * an import; of the latter those that it does not see are taken out. */
KZ_MUST_USE kz_rc kz_opinions_show(const struct kz_opinion_eye *eye,
                                   const struct kz_uuid *thing, kz_str *extra,
                                   struct kz_arena *arena, struct kz_err *err);
/* The same for an event and all that the struct has of it. */
KZ_MUST_USE kz_rc kz_opinions_show_all(const struct kz_opinion_eye *eye,
                                       struct kz_event *event,
                                       struct kz_arena *arena,
                                       struct kz_err *err);

/* Takes the three members out of `extra`; their trees go to `found` in the
 * order of the types, NULL where there is none. Where they are nested too deep
 * to be read, all of `extra` goes. */
KZ_MUST_USE kz_rc kz_opinions_cut(kz_str *extra,
                                  struct kz_jsonv *found[KZ_ANALYST_TYPES],
                                  struct kz_arena *arena, struct kz_err *err);
/* Takes them out of an event and all that the struct has of it: for other
 * servers, which get what they may see on its own. */
KZ_MUST_USE kz_rc kz_opinions_drop_all(struct kz_event *event,
                                       struct kz_arena *arena,
                                       struct kz_err *err);

#endif
