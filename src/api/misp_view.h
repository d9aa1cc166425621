/* Whole events, attributes and objects as MISP shows them to one pair of eyes.
 */
#ifndef KZ_API_MISP_VIEW_H
#define KZ_API_MISP_VIEW_H

#include <stdint.h>

#include "api/misp_call.h"
#include "api/misp_decay.h"
#include "api/misp_proposed.h"
#include "base/err.h"
#include "base/jsonw.h"
#include "model/event.h"
#include "store/query.h"
#include "work/sightrule.h"
#include "work/warninglist.h"

/* What is looked up once for each event while things of one event after another
 * are read. */
struct kz_misp_memo {
  struct kz_arena *arena; /* the owner's, of this alone */
  bool is_filled;
  uint64_t event;
  struct kz_misp_proposals proposals;
  struct kz_sightrule sightings;
};

struct kz_misp_look {
  struct kz_misp_memo *memo; /* NULL: all is looked up each time */
  enum kz_deleted deleted;
  bool sightings;
  bool data;         /* files of attachments */
  bool metadata;     /* no attributes and objects */
  bool correlations; /* RelatedEvent; RelatedAttribute of found attributes */
  bool event_uuid;   /* of found attributes */
  bool event_tags;   /* of found attributes */
  bool no_local_tags;
  bool no_galaxies;         /* no members "Galaxy" */
  int to_ids;               /* 0 or 1: only those; -1: all */
  const uint32_t *unwanted; /* attributes with these tags are left out */
  size_t unwanted_count;
  struct kz_warn_eye *warn; /* NULL: warninglists are not looked at */
  bool warnings;            /* members "warnings" */
  bool enforce_warnings;    /* what false-positive lists know is left out */
  bool drops_harmless;      /* what is marked as a false positive, too */
  struct kz_misp_decay decay;
};
#define KZ_MISP_LOOK                                                           \
  ((struct kz_misp_look){                                                      \
      .sightings = true, .data = true, .correlations = true, .to_ids = -1})

/* Reads the event into `arena` without what the eye may not see or the look
 * leaves out. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_misp_read_whole(const struct kz_misp_eye *eye,
                                     uint64_t event,
                                     const struct kz_misp_look *look,
                                     struct kz_arena *arena,
                                     struct kz_event *ret, struct kz_err *err);

/* {"Event":{...}} */
KZ_MUST_USE kz_rc kz_misp_write_whole(struct kz_jsonw *w,
                                      const struct kz_misp_eye *eye,
                                      const struct kz_misp_look *look,
                                      struct kz_event *event,
                                      struct kz_arena *arena,
                                      struct kz_err *err);

/* The same text for an event of any size, a part at a time, so that memory
 * holds one part: what a look shows whole and has no objects. */
enum { KZ_MISP_PART_ROWS = 2048 };
struct kz_misp_parts;

/* Writes what stands before the attributes. KZ_NOT_FOUND; KZ_UNCHANGED: this
 * one is small, or has to be read whole, and nothing was written. `eye` and
 * `look` (with a memo) are borrowed until kz_misp_parts_free. */
KZ_MUST_USE kz_rc kz_misp_parts_begin(struct kz_jsonw *w,
                                      const struct kz_misp_eye *eye,
                                      const struct kz_misp_look *look,
                                      uint64_t event, struct kz_arena *scratch,
                                      struct kz_misp_parts **ret,
                                      struct kz_err *err);
/* KZ_OK: there is more; KZ_END: that was the end of the event. */
KZ_MUST_USE kz_rc kz_misp_parts_next(struct kz_misp_parts *parts,
                                     struct kz_jsonw *w, struct kz_err *err);
void kz_misp_parts_free(struct kz_misp_parts *parts); /* NULL is fine */

/* One attribute with its sightings; deleted ones too. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_misp_read_one(const struct kz_misp_eye *eye,
                                   uint64_t event, uint64_t attribute,
                                   const struct kz_misp_look *look,
                                   struct kz_arena *arena,
                                   struct kz_attribute *ret,
                                   struct kz_err *err);

/* One object with its attributes. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_misp_read_object_whole(const struct kz_misp_eye *eye,
                                            uint64_t event, uint64_t object,
                                            const struct kz_misp_look *look,
                                            struct kz_arena *arena,
                                            struct kz_object *ret,
                                            struct kz_err *err);

/* Answers with the event, {"Attribute":{...}} or {"Object":{...}} as they are
 * now, or with the refusal. */
void kz_misp_reply_event(struct kz_misp_call *call, uint64_t event,
                         const struct kz_misp_look *look);
void kz_misp_reply_attribute(struct kz_misp_call *call, uint64_t event,
                             uint64_t attribute);
void kz_misp_reply_object(struct kz_misp_call *call, uint64_t event,
                          uint64_t object);

#endif
