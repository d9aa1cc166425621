/* Reading records back into nouns.
 *
 * All reads go through a reader that is bound to one moment (a view's
 * snapshot) or, in the writer, to a transaction that sees its own changes.
 * What is returned lives in the caller's arena. A reader belongs to one
 * thread. Visibility is the caller's (store/query.h, store/sight.h): these
 * functions return what is there. */
#ifndef KZ_STORE_READ_H
#define KZ_STORE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/dict.h"
#include "store/kv.h"

/* Where to read: `txn` when it is not NULL, else `snapshot` (NULL: newest). */
struct kz_reading {
  struct kz_kv *kv;
  const struct kz_kv_snapshot *snapshot;
  struct kz_kv_txn *txn;
  struct kz_dict *dict;
  struct kz_arena *arena;
  struct kz_kv_iter *children; /* kz_read_children; NULL: one for each call */
};

/* An iterator for `children` of readings of one snapshot that read many events,
 * which it makes several times faster. Free it with kz_kv_iter_free. NULL when
 * out of memory. */
struct kz_kv_iter *kz_read_children(const struct kz_reading *r);

/* The header of an event (no children) and its number of live attributes
 * (`ret_attributes` may be NULL). KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_read_header(const struct kz_reading *r, uint64_t event,
                                 struct kz_event *ret_event,
                                 uint64_t *ret_attributes, struct kz_err *err);

/* Which event a child (attribute, object, reference, sighting, report) of
 * this id belongs to; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_read_event_of(const struct kz_reading *r, uint64_t child,
                                   uint64_t *ret_event, struct kz_err *err);

/* One attribute, with its sightings when `with_sightings` and its file when
 * `with_data`. KZ_NOT_FOUND. */
struct kz_read_options {
  bool with_sightings;
  bool with_data;
  uint64_t from; /* kz_read_attributes: those with smaller ids are left out */
};
KZ_MUST_USE kz_rc kz_read_attribute(const struct kz_reading *r, uint64_t event,
                                    uint64_t attribute,
                                    struct kz_read_options options,
                                    struct kz_attribute *ret_attribute,
                                    struct kz_err *err);

/* One object with its references but without its attributes; one reference
 * and its object's id; one report. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_read_object(const struct kz_reading *r, uint64_t event,
                                 uint64_t object, struct kz_object *ret_object,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_read_reference(const struct kz_reading *r, uint64_t event,
                                    uint64_t reference,
                                    struct kz_reference *ret_reference,
                                    uint64_t *ret_object, struct kz_err *err);
KZ_MUST_USE kz_rc kz_read_report(const struct kz_reading *r, uint64_t event,
                                 uint64_t report, struct kz_report *ret_report,
                                 struct kz_err *err);

/* One sighting by its id alone, and its attribute's id: all sightings of the
 * event are passed over. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_read_sighting(const struct kz_reading *r, uint64_t event,
                                   uint64_t sighting,
                                   struct kz_sighting *ret_sighting,
                                   uint64_t *ret_attribute, struct kz_err *err);

/* Calls `visit` for each attribute of an event in order of ids, inside and
 * outside objects, as long as it returns KZ_OK; KZ_UNCHANGED or a failure ends
 * the walk and is returned. The attribute is borrowed for the call: the arena
 * is reset between chunks. For events of any size. */
typedef kz_rc kz_read_visit(void *ctx, const struct kz_attribute *attribute,
                            struct kz_err *err);
KZ_MUST_USE kz_rc kz_read_attributes(const struct kz_reading *r, uint64_t event,
                                     struct kz_read_options options,
                                     kz_read_visit *visit, void *ctx,
                                     struct kz_err *err);

/* The whole event: attributes in their objects, references, reports,
 * sightings, files. KZ_E_MEMORY when it does not fit into the arena. */
KZ_MUST_USE kz_rc kz_read_event(const struct kz_reading *r, uint64_t event,
                                struct kz_read_options options,
                                struct kz_event *ret_event, struct kz_err *err);

/* An event without its attributes but with objects (empty), references and
 * reports: for writers that stream the attributes of a large event. */
KZ_MUST_USE kz_rc kz_read_frame(const struct kz_reading *r, uint64_t event,
                                struct kz_event *ret_event, struct kz_err *err);

#endif
