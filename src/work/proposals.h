/* Proposals (MISP: shadow attributes): what somebody would add to an event that
 * is not his, or change or delete in it. The event's owner accepts or discards.
 *
 * A proposal is a document that reads as MISP's ShadowAttribute; once it was
 * accepted or discarded it stays, marked deleted, so that other servers learn
 * of it. It cannot be changed. Any thread.
 *
 * Who may propose, accept or see is the caller's to decide. */
#ifndef KZ_WORK_PROPOSALS_H
#define KZ_WORK_PROPOSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/store.h"

struct kz_proposals;

/* What is proposed. Texts are borrowed. */
struct kz_proposal {
  uint64_t event;
  struct kz_uuid event_uuid;
  uint32_t event_org; /* who owns the event */
  uint64_t old_id;    /* the attribute to be changed or deleted; 0: a new one */
  uint32_t org;       /* who proposes */
  kz_str email;
  bool to_delete;
  const struct kz_attribute *attribute; /* as it would be: settled */
};

KZ_MUST_USE kz_rc kz_proposals_open(struct kz_store *store,
                                    struct kz_proposals **ret,
                                    struct kz_err *err);
void kz_proposals_close(struct kz_proposals *proposals); /* NULL is fine */

/* Keeps the proposal; `*ret_id` is its number. */
KZ_MUST_USE kz_rc kz_proposals_add(struct kz_proposals *proposals,
                                   const struct kz_proposal *proposal,
                                   struct kz_arena *arena, uint64_t *ret_id,
                                   struct kz_err *err);

/* The document of a number or uuid; KZ_NOT_FOUND. A proposed change has the
 * uuid of its attribute, so of several with one uuid it is the last. */
KZ_MUST_USE kz_rc kz_proposals_get(struct kz_proposals *proposals, kz_str ref,
                                   struct kz_arena *arena,
                                   struct kz_jsonv **ret_document,
                                   struct kz_err *err);

/* The documents of an event (0: of all), in order of ids, those that were
 * accepted or discarded among them. */
KZ_MUST_USE kz_rc kz_proposals_of(struct kz_proposals *proposals,
                                  uint64_t event, struct kz_arena *arena,
                                  struct kz_jsonv ***ret_documents,
                                  size_t *ret_count, struct kz_err *err);

/* Whether one of the event's waits for an answer. */
bool kz_proposals_wait(struct kz_proposals *proposals, uint64_t event);
/* All events where one does, ascending, in `arena`. */
KZ_MUST_USE kz_rc kz_proposals_events(struct kz_proposals *proposals,
                                      struct kz_arena *arena,
                                      uint64_t **ret_events, size_t *ret_count,
                                      struct kz_err *err);

/* Members of a document. */
uint64_t kz_proposal_id(const struct kz_jsonv *document);
uint64_t kz_proposal_event(const struct kz_jsonv *document);
uint64_t kz_proposal_old_id(const struct kz_jsonv *document);
uint32_t kz_proposal_org(const struct kz_jsonv *document);
bool kz_proposal_is_live(const struct kz_jsonv *document);

/* Does what is proposed and closes the proposal in one commit. KZ_NOT_FOUND
 * when it was closed before or its attribute is gone, KZ_E_CONFLICT when the
 * event has such an attribute. */
KZ_MUST_USE kz_rc kz_proposals_accept(struct kz_proposals *proposals,
                                      uint64_t id, struct kz_arena *arena,
                                      struct kz_err *err);
/* Closes it; KZ_NOT_FOUND as above. */
KZ_MUST_USE kz_rc kz_proposals_discard(struct kz_proposals *proposals,
                                       uint64_t id, struct kz_arena *arena,
                                       struct kz_err *err);

/* Removes all proposals of an event that is gone. */
KZ_MUST_USE kz_rc kz_proposals_forget(struct kz_proposals *proposals,
                                      uint64_t event, struct kz_arena *arena,
                                      struct kz_err *err);

#endif
