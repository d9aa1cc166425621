/* Who asks: an API key, or the machine's owner over the Unix socket.
 *
 * Wrong keys cost their address a token of a bucket (KZ_GATE_TRIES, one more
 * every KZ_GATE_REFILL_S seconds); without a token nothing is looked at. The
 * comparison itself takes constant time (work/people.h). Any thread. */
#ifndef KZ_API_GATE_H
#define KZ_API_GATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "net/request.h"
#include "work/people.h"

enum { KZ_GATE_TRIES = 20, KZ_GATE_REFILL_S = 3 };

struct kz_gate;

KZ_MUST_USE kz_rc kz_gate_new(struct kz_people *people,
                              struct kz_gate **ret_gate, struct kz_err *err);
void kz_gate_free(struct kz_gate *gate);

/* A reference to the user behind a request, by `Authorization: KEY`,
 * `Authorization: Bearer KEY` or `X-MISP-AUTH: KEY`. KZ_E_DENIED: no key or a
 * wrong one. KZ_E_BUSY: too many wrong ones came from that address, try again
 * after `*ret_wait_us`.
 * From then on the thread acts for him (store/actor.h). */
KZ_MUST_USE kz_rc kz_gate_check(struct kz_gate *gate,
                                const struct kz_request *request,
                                const struct kz_user **ret_user,
                                int64_t *ret_wait_us);

#endif
