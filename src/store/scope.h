/* An event that is being edited: its header and what must be renewed when its
 * children have changed. Used by the edit_*.c files; writer thread only. */
#ifndef KZ_STORE_SCOPE_H
#define KZ_STORE_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/edit.h"
#include "store/txn.h"

struct kz_scope {
  struct kz_txn *txn;
  struct kz_arena *arena;
  struct kz_event header;
  uint64_t live; /* attributes that are not deleted */
};

/* Reads the header of event `id` into the scope, whose texts live in `arena`.
 * KZ_NOT_FOUND with words. */
KZ_MUST_USE kz_rc kz_scope_open(struct kz_scope *scope, struct kz_txn *txn,
                                uint64_t id, struct kz_arena *arena,
                                struct kz_err *err);
/* Writes the header as it stands in the scope. */
KZ_MUST_USE kz_rc kz_scope_write(struct kz_scope *scope, struct kz_err *err);
/* The same after a child has changed: newer timestamp, not published. */
KZ_MUST_USE kz_rc kz_scope_bump(struct kz_scope *scope, struct kz_err *err);

/* The transaction's moment in whole seconds, as MISP stamps. */
int64_t kz_scope_stamp_us(const struct kz_txn *txn);

/* Where a uuid stands: KZ_OK (in this event), KZ_NOT_FOUND, or KZ_E_CONFLICT
 * with words (in another event, or as another thing). */
KZ_MUST_USE kz_rc kz_scope_find(struct kz_scope *scope,
                                const struct kz_uuid *uuid, enum kz_thing thing,
                                uint64_t *ret_id, struct kz_err *err);

/* Adds a refusal to a report (NULL: nobody asks). Returns KZ_E_MEMORY when it
 * cannot. */
KZ_MUST_USE kz_rc kz_scope_refuse(struct kz_edit_report *report,
                                  const char *noun, const struct kz_uuid *uuid,
                                  size_t index, const struct kz_err *why);

/* Gives a new attribute what it lacks: uuid, times, its id. */
KZ_MUST_USE kz_rc kz_scope_complete(struct kz_scope *scope,
                                    struct kz_attribute *attribute,
                                    struct kz_err *err);
/* Leaves out the sightings whose uuids are known. */
KZ_MUST_USE kz_rc kz_scope_new_sightings(struct kz_scope *scope,
                                         struct kz_attribute *attribute,
                                         struct kz_err *err);
/* Writes a new sighting with what it lacks. The attribute's count of sightings
 * is the caller's. */
KZ_MUST_USE kz_rc kz_scope_put_sighting(struct kz_scope *scope,
                                        uint64_t attribute,
                                        struct kz_sighting *sighting,
                                        struct kz_err *err);
/* Replaces what `changes->given` names; the timestamp is the caller's. */
void kz_scope_merge_fields(struct kz_attribute *attribute,
                           const struct kz_attribute *changes);

/* Changes one attribute by what `changes->given` names; adds one (what it
 * lacks is completed). Both keep `live`. */
KZ_MUST_USE kz_rc kz_scope_change_attribute(struct kz_scope *scope,
                                            uint64_t attribute,
                                            const struct kz_attribute *changes,
                                            struct kz_err *err);
KZ_MUST_USE kz_rc kz_scope_add_attribute(struct kz_scope *scope,
                                         struct kz_attribute *attribute,
                                         struct kz_err *err);

/* The attribute outside objects with the same value, type and category, in the
 * index or among what the transaction added; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_scope_similar(struct kz_scope *scope,
                                   const struct kz_attribute *attribute,
                                   uint64_t *ret_id, struct kz_err *err);

/* Replaces the members of an object that `changes->given` names, and the texts
 * that were given. */
void kz_scope_change_object(struct kz_object *object,
                            const struct kz_object *changes);

/* Merges a list of attributes by uuid (import, edit of an event or object):
 * unknown ones are added to `object` (0: none), known ones are replaced when
 * newer. */
KZ_MUST_USE kz_rc kz_scope_merge_attributes(struct kz_scope *scope,
                                            struct kz_attribute *attributes,
                                            size_t count, uint64_t object,
                                            struct kz_edit_report *report,
                                            struct kz_err *err);
KZ_MUST_USE kz_rc kz_scope_merge_objects(struct kz_scope *scope,
                                         struct kz_object *objects,
                                         size_t count,
                                         struct kz_edit_report *report,
                                         struct kz_err *err);
KZ_MUST_USE kz_rc kz_scope_merge_reports(struct kz_scope *scope,
                                         struct kz_report *reports,
                                         size_t count,
                                         struct kz_edit_report *report,
                                         struct kz_err *err);

#endif
