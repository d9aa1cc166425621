/* Who asks: an API key, a session of somebody who logged in, or the machine's
 * owner over the Unix socket.
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
#include "work/door.h"
#include "work/house.h"
#include "work/people.h"

enum { KZ_GATE_TRIES = 20, KZ_GATE_REFILL_S = 3 };
enum { KZ_GATE_STRANGER_TRIES = 10, KZ_GATE_STRANGER_REFILL_S = 60 };

/* The cookie that carries a session's token, and the header that repeats its
 * second token. */
#define KZ_GATE_COOKIE "kizashi_session"
#define KZ_GATE_CSRF "X-CSRF-Token"

struct kz_gate;

KZ_MUST_USE kz_rc kz_gate_new(struct kz_house *house, struct kz_gate **ret_gate,
                              struct kz_err *err);
void kz_gate_free(struct kz_gate *gate);

struct kz_door *kz_gate_door(struct kz_gate *gate);

/* Whether a stranger may ask for something that needs no key, which costs his
 * address a token of KZ_GATE_STRANGER_TRIES: KZ_OK, or KZ_E_BUSY and the time
 * until there is one. */
KZ_MUST_USE kz_rc kz_gate_stranger(struct kz_gate *gate,
                                   const struct kz_request *request,
                                   int64_t *ret_wait_us);

/* The session's token that a request brought; empty when none. */
kz_str kz_gate_cookie(const struct kz_request *request);

/* A reference to the user behind a request, by `Authorization: KEY`,
 * `Authorization: Bearer KEY` or `X-MISP-AUTH: KEY`, else by the cookie of a
 * session (`*ret_session` says which; its user is 0 for a key). KZ_E_DENIED: no
 * key or a wrong one, no session, or one that lacks the second token where
 * something is to be changed. KZ_E_BUSY: too many wrong keys came from that
 * address, try again after `*ret_wait_us`; KZ_E_LIMIT likewise: his role has
 * used up its requests. From then on the thread acts for him (store/actor.h).
 */
KZ_MUST_USE kz_rc kz_gate_check(struct kz_gate *gate,
                                const struct kz_request *request,
                                const struct kz_user **ret_user,
                                struct kz_session *ret_session,
                                int64_t *ret_wait_us);

#endif
