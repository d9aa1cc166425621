/* A change under way: what the writer thread hands to each job of a group.
 *
 * Records are changed through it, and it notes what the index must learn. All
 * jobs of a group share one transaction: a job that fails is rolled back to
 * where it began, the others are committed together. Reads through
 * kz_txn_reading see what the transaction has written. Writer thread only. */
#ifndef KZ_STORE_TXN_H
#define KZ_STORE_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/audit.h"
#include "store/delta.h"
#include "store/dict.h"
#include "store/keys.h"
#include "store/kv.h"
#include "store/meta.h"
#include "store/prepare.h"
#include "store/read.h"
#include "store/view.h"

struct kz_txn;

/* Where to read; what is read lives in `arena`. */
struct kz_reading kz_txn_reading(struct kz_txn *txn, struct kz_arena *arena);
/* The index as it was before the group (borrowed). It does not know what the
 * transaction changed. */
const struct kz_view *kz_txn_view(const struct kz_txn *txn);
struct kz_dict *kz_txn_dict(const struct kz_txn *txn);
/* The moment of the commit: one for all jobs of the group. */
int64_t kz_txn_now_us(const struct kz_txn *txn);

/* Ids for `count` children of an event; the first is returned. */
uint64_t kz_txn_new_children(struct kz_txn *txn, uint64_t event,
                             uint64_t count);

/* Takes in one prepared event (of index `index`) as a new one. Its uuids must
 * have been checked. */
KZ_MUST_USE kz_rc kz_txn_put_prepared(struct kz_txn *txn,
                                      const struct kz_prepared *batch,
                                      size_t index, uint64_t *ret_event,
                                      struct kz_err *err);

/* Writes an event's header (its id is set). */
KZ_MUST_USE kz_rc kz_txn_put_header(struct kz_txn *txn,
                                    const struct kz_event *event,
                                    uint64_t attribute_count,
                                    struct kz_err *err);

/* Adds or replaces one attribute; `data` is written when its ptr is set, left
 * as it is otherwise (`has_data` says whether there is some). The earlier
 * version, if any, is kept in the past. */
KZ_MUST_USE kz_rc kz_txn_put_attribute(struct kz_txn *txn, uint64_t event,
                                       const struct kz_attribute *attribute,
                                       bool has_data, struct kz_err *err);
/* The same for many, whose ids ascend: each chunk is rewritten once. */
KZ_MUST_USE kz_rc kz_txn_put_attributes(struct kz_txn *txn, uint64_t event,
                                        const struct kz_attribute *attributes,
                                        const bool *has_data, size_t count,
                                        struct kz_err *err);
/* Removes an attribute, its file and its sightings. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_txn_remove_attribute(struct kz_txn *txn, uint64_t event,
                                          uint64_t attribute,
                                          struct kz_err *err);

KZ_MUST_USE kz_rc kz_txn_put_object(struct kz_txn *txn, uint64_t event,
                                    const struct kz_object *object,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_txn_put_reference(struct kz_txn *txn, uint64_t event,
                                       const struct kz_reference *reference,
                                       uint64_t object, struct kz_err *err);
KZ_MUST_USE kz_rc kz_txn_put_report(struct kz_txn *txn, uint64_t event,
                                    const struct kz_report *report,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_txn_put_sighting(struct kz_txn *txn, uint64_t event,
                                      uint64_t attribute,
                                      const struct kz_sighting *sighting,
                                      struct kz_err *err);
/* Removes an object, reference, report or sighting record (not its
 * attributes). Earlier versions stay in the past. */
KZ_MUST_USE kz_rc kz_txn_remove_child(struct kz_txn *txn, uint64_t event,
                                      enum kz_child kind, uint64_t id,
                                      uint64_t sub, struct kz_err *err);

/* Removes an event with all that is in it. */
KZ_MUST_USE kz_rc kz_txn_remove_event(struct kz_txn *txn, uint64_t event,
                                      struct kz_err *err);

/* What a uuid belongs to now, changes of the transaction included. KZ_OK and
 * the outputs, or KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_txn_find_uuid(struct kz_txn *txn,
                                   const struct kz_uuid *uuid,
                                   struct kz_found *ret_found,
                                   struct kz_err *err);

/* Attributes outside objects that the transaction has written so far into the
 * event with this code (kz_row_code) and first part: calls `visit` with the id
 * of each candidate until it returns something other than KZ_NOT_FOUND, and
 * returns that. The visitor compares with the record. For finding what the
 * view does not know yet. */
typedef kz_rc kz_txn_similar_visit(void *ctx, uint64_t attribute,
                                   struct kz_err *err);
KZ_MUST_USE kz_rc kz_txn_similar(struct kz_txn *txn, uint64_t event,
                                 uint16_t code, uint64_t value_hash,
                                 kz_txn_similar_visit *visit, void *ctx,
                                 struct kz_err *err);

/* A small document of work/ (API keys, settings): raw bytes by kind and id.
 * `id` 0 gives it a new id. */
KZ_MUST_USE kz_rc kz_txn_put_note(struct kz_txn *txn, char kind, uint64_t id,
                                  kz_str bytes, uint64_t *ret_id,
                                  struct kz_err *err);
/* Removes it; nothing happens when it is not there. */
KZ_MUST_USE kz_rc kz_txn_erase_note(struct kz_txn *txn, char kind, uint64_t id,
                                    struct kz_err *err);

/* --- for the writer ------------------------------------------------------ */

struct kz_txn *kz_txn_new(struct kz_kv *kv, struct kz_dict *dict);
void kz_txn_free(struct kz_txn *txn);
/* Begins a group on `view` (borrowed until the end of the group). */
KZ_MUST_USE kz_rc kz_txn_begin(struct kz_txn *txn, const struct kz_meta *meta,
                               const struct kz_view *view, int64_t now_us,
                               struct kz_err *err);
/* Around each job: mark, then roll back if it failed. */
void kz_txn_mark(struct kz_txn *txn);
void kz_txn_rollback(struct kz_txn *txn);
/* Whether anything was changed since the beginning. */
bool kz_txn_is_empty(const struct kz_txn *txn);
/* Adds change record, counters and new dictionary entries, and commits.
 * On success `*ret_meta` is the new state and `*ret_delta` (borrowed until the
 * next begin) what the index must apply. */
KZ_MUST_USE kz_rc kz_txn_commit(struct kz_txn *txn, struct kz_meta *ret_meta,
                                struct kz_delta **ret_delta,
                                struct kz_err *err);

/* Adds an entry of its own to the audit log: something that changes nothing
 * else (store/audit.h has subjects and actions). */
KZ_MUST_USE kz_rc kz_txn_tell(struct kz_txn *txn, char subject,
                              enum kz_audit_action action, uint64_t id,
                              kz_str detail, struct kz_err *err);

/* Adds a tag (its id is 0 and gets set) or replaces what is stored of it, with
 * an entry in the audit log. As the job's last step: the dictionary is not
 * rolled back. */
KZ_MUST_USE kz_rc kz_txn_put_tag(struct kz_txn *txn, struct kz_tag *tag,
                                 struct kz_err *err);

/* For the writer, after a job: an entry for each event and document that it
 * changed; after the events of a batch were put: one for all. */
KZ_MUST_USE kz_rc kz_txn_audit(struct kz_txn *txn, const struct kz_actor *actor,
                               struct kz_err *err);
KZ_MUST_USE kz_rc kz_txn_audit_batch(struct kz_txn *txn,
                                     const struct kz_actor *actor,
                                     struct kz_err *err);

#endif
