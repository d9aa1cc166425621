/* The rules of changing events, as MISP has them, over a transaction.
 *
 * All functions run on the writer thread inside a job (store/writer.h); a
 * failure undoes the job. Changing a child bumps its event's timestamp and
 * unpublishes the event, except for local tags and sightings. Earlier versions
 * are kept (store/past.h). What the caller gives is borrowed for the call and
 * may get ids. New records are known since the transaction's moment unless
 * they say otherwise (known_at_us > 0).
 *
 * Whether the editor may do this is decided by work/ (roles); here stands only
 * what holds for everybody. */
#ifndef KZ_STORE_EDIT_H
#define KZ_STORE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/txn.h"

/* To whom an event goes (kz_edit_give_event). */
struct kz_edit_gift {
  const struct kz_org *org;
  kz_str email; /* of who is its creator from then on */
  bool has_distribution;
  uint8_t distribution;
  uint64_t sharing_group;
};

/* A child that could not be taken, while the rest of its event was. */
struct kz_edit_refusal {
  const char *noun; /* "attribute", "object" ...; static */
  struct kz_uuid uuid;
  size_t index; /* in the list it came in */
  kz_rc rc;
  char message[160];
};

/* What became of an event or a list of children. The array is malloc'ed by
 * these functions; kz_edit_report_done frees it. */
struct kz_edit_report {
  uint64_t event;      /* its id */
  bool is_new;         /* the event was not known before */
  uint64_t attributes; /* added */
  uint64_t objects;    /* added */
  uint64_t changed;    /* attributes, objects, reports ... replaced */
  struct kz_edit_refusal *refusals;
  size_t refusal_count;
  size_t refusal_room;
};
void kz_edit_report_done(struct kz_edit_report *report);

/* A new event with all that is in it. A uuid is made where none was given.
 * KZ_E_CONFLICT when its uuid is known (report->event is the known one). */
KZ_MUST_USE kz_rc kz_edit_add_event(struct kz_txn *txn, struct kz_event *event,
                                    struct kz_edit_report *report,
                                    struct kz_err *err);

/* An event that may be known: added when it is not; merged by uuids when its
 * timestamp is newer (children absent from it stay); KZ_UNCHANGED otherwise.
 * report->event is set in all three cases. */
KZ_MUST_USE kz_rc kz_edit_import_event(struct kz_txn *txn,
                                       struct kz_event *event,
                                       struct kz_edit_report *report,
                                       struct kz_err *err);

/* Another organisation owns and has created the event from now on; it is
 * unpublished. */
KZ_MUST_USE kz_rc kz_edit_give_event(struct kz_txn *txn, uint64_t event,
                                     const struct kz_edit_gift *gift,
                                     struct kz_err *err);

/* The members that `changes->given` names replace those of event `id`, and its
 * children are merged by uuid as in an import. `published` that was not given
 * means unpublish. KZ_E_CONFLICT "Event could not be saved: Event in the
 * request not newer than the local copy." when a timestamp was given that is
 * not newer. */
KZ_MUST_USE kz_rc kz_edit_event(struct kz_txn *txn, uint64_t id,
                                struct kz_event *changes,
                                struct kz_edit_report *report,
                                struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_publish(struct kz_txn *txn, uint64_t id,
                                  bool published, struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_delete_event(struct kz_txn *txn, uint64_t id,
                                       struct kz_err *err);

/* Adds attributes to an event, outside objects. Each gets its id or a refusal
 * (by index). With `update_similar` an attribute whose (value, type, category)
 * stands already is changed instead of refused with "A similar attribute
 * already exists for this event.". */
KZ_MUST_USE kz_rc kz_edit_add_attributes(struct kz_txn *txn, uint64_t event,
                                         struct kz_attribute *attributes,
                                         size_t count, bool update_similar,
                                         struct kz_edit_report *report,
                                         struct kz_err *err);
/* The members that `changes->given` names replace those of the attribute
 * (value, type and category must be settled by the caller). */
KZ_MUST_USE kz_rc kz_edit_attribute(struct kz_txn *txn, uint64_t event,
                                    uint64_t attribute,
                                    const struct kz_attribute *changes,
                                    struct kz_err *err);
/* Softly: marked deleted and kept. Hard: removed. */
KZ_MUST_USE kz_rc kz_edit_delete_attribute(struct kz_txn *txn, uint64_t event,
                                           uint64_t attribute, bool hard,
                                           struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_restore_attribute(struct kz_txn *txn, uint64_t event,
                                            uint64_t attribute,
                                            struct kz_err *err);

/* An object with its attributes and references. With `refuse_similar` one with
 * the same template and the same attributes is KZ_E_CONFLICT "Duplicate object
 * found". */
KZ_MUST_USE kz_rc kz_edit_add_object(struct kz_txn *txn, uint64_t event,
                                     struct kz_object *object,
                                     bool refuse_similar,
                                     struct kz_edit_report *report,
                                     struct kz_err *err);
/* Members by `given`; its attributes are merged by uuid. */
KZ_MUST_USE kz_rc kz_edit_object(struct kz_txn *txn, uint64_t event,
                                 uint64_t object, struct kz_object *changes,
                                 struct kz_edit_report *report,
                                 struct kz_err *err);
/* The object, its attributes and references. */
KZ_MUST_USE kz_rc kz_edit_delete_object(struct kz_txn *txn, uint64_t event,
                                        uint64_t object, bool hard,
                                        struct kz_err *err);

KZ_MUST_USE kz_rc kz_edit_add_reference(struct kz_txn *txn, uint64_t event,
                                        uint64_t object,
                                        struct kz_reference *reference,
                                        struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_delete_reference(struct kz_txn *txn, uint64_t event,
                                           uint64_t reference, bool hard,
                                           struct kz_err *err);

KZ_MUST_USE kz_rc kz_edit_add_report(struct kz_txn *txn, uint64_t event,
                                     struct kz_report *report,
                                     struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_report_change(struct kz_txn *txn, uint64_t event,
                                        uint64_t report,
                                        const struct kz_report *changes,
                                        struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_delete_report(struct kz_txn *txn, uint64_t event,
                                        uint64_t report, bool hard,
                                        struct kz_err *err);

/* Tags on an event, attribute or report (thing and id). Attaching what is
 * there, or detaching what is not, is KZ_UNCHANGED. */
KZ_MUST_USE kz_rc kz_edit_attach_tag(struct kz_txn *txn, uint64_t event,
                                     enum kz_thing thing, uint64_t id,
                                     const struct kz_tag_use *tag,
                                     struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_detach_tag(struct kz_txn *txn, uint64_t event,
                                     enum kz_thing thing, uint64_t id,
                                     uint32_t tag, struct kz_err *err);

KZ_MUST_USE kz_rc kz_edit_add_sighting(struct kz_txn *txn, uint64_t event,
                                       uint64_t attribute,
                                       struct kz_sighting *sighting,
                                       struct kz_err *err);
/* Many in one event, each on the attribute of the same place in `attributes`;
 * those that are known are passed over. A writer's job: kz_edit_sightings. */
struct kz_edit_bulk {
  uint64_t event;
  struct kz_sighting *sightings;
  uint64_t *attributes;
  size_t count;
  size_t saved; /* out */
};
KZ_MUST_USE kz_rc kz_edit_sightings(void *bulk, struct kz_txn *txn,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_edit_delete_sighting(struct kz_txn *txn, uint64_t event,
                                          uint64_t attribute, uint64_t sighting,
                                          struct kz_err *err);

#endif
