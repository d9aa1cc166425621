/* Proposals as MISP shows them, alone and inside events. */
#ifndef KZ_API_MISP_PROPOSED_H
#define KZ_API_MISP_PROPOSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/jsonw.h"

/* Whether the eye is an administrator's, the proposer's or the event's owner's.
 */
bool kz_misp_proposal_is_own(const struct kz_misp_eye *eye,
                             const struct kz_jsonv *document);

/* {"ShadowAttribute":{...}} */
void kz_misp_proposal_write(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            const struct kz_jsonv *document);

/* The proposals of one event that wait for an answer, by the attributes they
 * are about. */
struct kz_misp_proposals {
  struct kz_misp_proposed *items;
  size_t count;
};

/* Reads them into `arena`; the eye sees the event. */
KZ_MUST_USE kz_rc kz_misp_proposals_read(const struct kz_misp_eye *eye,
                                         uint64_t event, struct kz_arena *arena,
                                         struct kz_misp_proposals *ret,
                                         struct kz_err *err);

/* `"ShadowAttribute":[...]` with those about the attribute `old_id` (0: about
 * new ones), in `arena`. */
kz_str kz_misp_proposals_member(const struct kz_misp_eye *eye,
                                const struct kz_misp_proposals *proposals,
                                uint64_t old_id, struct kz_arena *arena);

#endif
